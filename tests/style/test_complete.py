#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Is the reference complete? What the headers and sources have is looked for in the pages, by
other and simpler means than those that made them.

Usage: test_complete.py SOURCE_FOLDER REFERENCE_FOLDER
"""

import pathlib
import re
import sys
import unittest

SOURCE, PAGES = (pathlib.Path(argument) for argument in (sys.argv.pop(1), sys.argv.pop(1)))


def page(name):
    return re.sub(r'\\([<|*\[\]_`])', r'\1', (PAGES / name).read_text(encoding='utf-8'))


def sources(*folders):
    for folder in folders:
        for path in sorted((SOURCE / folder).rglob('*.[ch]')):
            yield path, re.sub(r'/\*.*?\*/', '', path.read_text(encoding='utf-8'), flags=re.DOTALL)


class Complete(unittest.TestCase):
    def look(self, wanted, text, least):
        missing = sorted({f'{where}: {name}' for where, name in wanted if name not in text})
        self.assertEqual(missing, [])
        self.assertGreater(len(wanted), least)      # or nothing was looked for

    def test_keys(self):
        self.look([(path, f'| `{name}` |') for path, text in sources('core', 'plugins')
                   for name in re.findall(r'\.name = "([\w-]+)",\s*\.type = EL4_CONFIG_', text)],
                  page('keys.md'), 150)

    def test_kit(self):
        for path, text in sources('include/el4'):
            names = re.findall(r'\(\*(\w+)\)\(', text)
            names += re.findall(r'^(?:struct|enum) (el4_\w+) \{', text, re.M)
            names += re.findall(r'^static inline [^(]*?(\w+)\(', text, re.M)
            names += re.findall(r'^    (EL4_\w+)\b(?: =|,|$)', text, re.M)
            names += re.findall(r'^#define (EL4_\w+)\b.+', text, re.M)
            self.look([(path.name, name) for name in names], page(path.stem + '.md'), 3)

    def test_messages(self):
        """The first words of each, up to what is filled in."""
        wanted = []
        for path, text in sources('core', 'plugins', 'cli'):
            for call in re.finditer(r'(?:fail|log|error)\(([^;]*?)\);', text):
                joined = re.sub(r'"\s*(?:G_\w+|PRI\w+)?\s*"', '', call.group(1))
                for said in re.findall(r'"((?:\\.|[^"\\])*)"', joined):
                    said = re.split(r'[%\\]', said)[0]
                    if len(re.findall(r'\b[a-z]+\b', said)) >= 4:
                        wanted.append((path, said.strip()))
                        break
        self.look(wanted, page('messages.md'), 80)


if __name__ == '__main__':
    unittest.main()
