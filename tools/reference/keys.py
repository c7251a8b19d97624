#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the reference of all configuration keys from what `el4 help` says.

Usage: keys.py OUTPUT_FILE EL4 [PLUGIN_MAP]
"""

import os
import pathlib
import re
import subprocess
import sys

ABOUT = """# Configuration keys

Every section and key that this el4 and its plugins know, from the tables by which files are checked:
`el4 help` prints the same. [configuration.md](../configuration.md) says how a file is written.
"""


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit('usage: keys.py OUTPUT_FILE EL4 [PLUGIN_MAP]')
    environment = dict(os.environ)
    if len(sys.argv) == 4:
        environment['EL4_PLUGIN_MAP'] = os.path.abspath(sys.argv[3])

    def ask(*topic):
        return subprocess.run([sys.argv[2], 'help', *topic], env=environment, check=True,
                              stdout=subprocess.PIPE, encoding='utf-8').stdout

    # The listing has a section's name, what it is about, and a line a key; a key by itself has
    # its type and default, too.
    sections = [part.split('\n') for part in re.split(r'\n(?=\[)', ask().strip())]
    details = {}
    for name in {line.split()[0] for lines in sections for line in lines[2:] if line}:
        for entry in re.findall(r'^(\S.*)\n((?:  .*\n)+)', ask(name), re.M):
            details[entry[0]] = entry[1]

    lines = [ABOUT]
    for section in sections:
        name = section[0].strip('[]')
        keys = [line.split()[0] for line in section[2:] if line]
        lines += [f'## [{name}]', '', section[1].strip(), '']
        if not keys:
            lines += ['It has no keys.', '']
            continue
        lines += ['| key | type | default | |', '| --- | --- | --- | --- |']
        for key in keys:
            help_text, facts = details[f'{name}.{key}'].split('\n', 1)
            fact = dict(re.findall(r'^  (\w+): +(.*)$', facts, re.M))
            kind = fact['type'] + (f": {fact['choices']}" if 'choices' in fact else '')
            row = [f'`{key}`', kind, fact['default'], help_text.strip()]
            lines.append('| ' + ' | '.join(re.sub(r'([<|*])', r'\\\1', text)
                                           for text in row) + ' |')
        lines.append('')
    lines += ['---', '[Contents of the reference](README.md)']
    pathlib.Path(sys.argv[1]).write_text('\n'.join(lines) + '\n', encoding='utf-8')


if __name__ == '__main__':
    main()
