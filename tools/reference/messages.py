#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the list of all messages that el4 and its plugins print, from the sources.

A message is the format string of a call of a function that prints or hands on a mistake: those
of GLib and of the host table that do, and those of el4's own that are declared as printf-like
with a name that says so (fail, error, refuse, report, log, warn). What stands in a variable called
`problem`, `reason` or the like is part of one, too. Any other string that reads like a sentence is
listed as a text, so that none is missing; help of keys and descriptions have pages of their own.

Usage: messages.py OUTPUT_FILE SOURCE_FOLDER
"""

import pathlib
import re
import sys

ABOUT = """# Messages

What el4 and its plugins say on standard error, by where in the source it comes from; `...` stands for
what is filled in. Messages about a configuration have the file, line and section in front, those of
`host->log` the name of the instance.

| kind | |
| --- | --- |
| error | the command line, the configuration, a plugin or a file can't be used: el4 ends with status 1 or 2 |
| part | filled into one of the others |
| text | the same, put together in another way; or what a command prints |
| internal | a fault of el4's own |
| log error, warning, info | logged while the machine is made or runs |
| guest error, unimplemented, debug | the same, shown with `G_MESSAGES_DEBUG=el4` |
"""

FIXED = {
    'g_set_error': 'error', 'g_set_error_literal': 'error', 'g_prefix_error': 'part',
    'host->fail': 'error', 'host->log': None, 'el4_instance_log': None,
    'g_warning': 'warning', 'g_message': 'info', 'g_critical': 'internal',
    'g_error': 'internal', 'g_printerr': 'error',
    # These take a sentence, not a format.
    'file_error': 'error', 'set_error': 'error', 'listen_error': 'error',
    'el4_instance_error': 'error', 'fail_call': 'warning',
}
SPEAKS = re.compile(r'fail|error|refuse|report|log$|warn|message')
ATTRIBUTE = r'(?:G_GNUC_PRINTF|__attribute__\(\(format\()'
LITERAL = re.compile(r'"((?:\\.|[^"\\])*)"')
CONVERSION = re.compile(r'%(?:[-+#0]*(?:\d+|\*)?(?:\.(?:\d+|\*))?(?:hh|h|ll|l|z|j|t)?'
                        r'[diouxXscpfgem]|(?=\x00))\x00?')
LEVELS = {'ERROR': 'log error', 'WARNING': 'warning', 'INFO': 'info', 'DEBUG': 'debug',
          'GUEST_ERROR': 'guest error', 'UNIMPLEMENTED': 'unimplemented'}
# Strings one after the other, as the compiler joins them.
RUN = re.compile(r'(?:"(?:\\.|[^"\\])*"|\b(?:PRI[a-zA-Z]+\d+|G_\w+_(?:FORMAT|MODIFIER))\b|\s|\\\n)+')
# What has a page of its own, or is said by the compiler.
ELSEWHERE = re.compile(r'(?:\.(?:help|description|name|version)\s*=|_Static_assert\([^;]*,|#include)\s*$')
PART = re.compile(r'\*?\b(?:problem|reason|refusal|why|hint)\b\s*=(?!=)([^;]*);')


def without_comments(text):
    """The text with blanks for comments and characters, so that lines stay where they are."""
    return re.sub(r"""/\*.*?\*/|'(?:\\.|[^'\\])+'|"(?:\\.|[^"\\])*\"""",
                  lambda m: m.group(0) if m.group(0)[0] == '"'
                  else re.sub(r'[^\n]', ' ', m.group(0)), text, flags=re.DOTALL)


def arguments(text, start):
    """The arguments of the call whose parenthesis opens before `start`, and where they begin."""
    found, depth, begin, position = [], 0, start, start
    while position < len(text):
        literal = LITERAL.match(text, position)
        if literal:
            position = literal.end()
            continue
        character = text[position]
        if depth == 0 and character in ',)':
            found.append((begin, text[begin:position]))
            begin = position + 1
            if character == ')':
                break
        depth += character in '([{'
        depth -= character in ')]}'
        position += 1
    return found


def sentences(text):
    """The strings of an expression, neighbours joined, conversions as three dots."""
    text = re.sub(r'\bG_\w+_MODIFIER\b', '"l"', text.replace('\\\n', ' '))
    text = re.sub(r'\b(PRI[a-zA-Z]+\d+|G_\w+_FORMAT)\b', '"\0"', text)
    joined = re.sub(r'"\s*"', '', text)
    for match in LITERAL.finditer(joined):
        said = match.group(1).replace('\\"', '"').replace('\\n', ' ').replace('\\\\', '\\')
        said = CONVERSION.sub('...', said).replace('%%', '%').strip()
        if re.search(r'[a-z]{2}', said):
            yield said


def speakers(texts):
    """Printf-like functions whose names say that they speak."""
    names = set()
    for text in texts:
        names.update(re.findall(ATTRIBUTE + r'[^;{]*?\b(\w+)\(struct', text))
        names.update(re.findall(r'\b(\w+)\([^;{}()]*\)\s*' + ATTRIBUTE, text))
        names.update(re.findall(r'G_GNUC_PRINTF\(\d, \d\)\s+(\w+)\(', text))
    return {name for name in names if SPEAKS.search(name)}


def messages(text, functions):
    """(offset, kind, sentence) of all messages of a source."""
    call = re.compile(r'(?<![\w>])(?:\w+->)*?(host->log|host->fail|' + '|'.join(functions) +
                      r')\(')
    for match in call.finditer(text):
        given = arguments(text, match.end())
        if given and re.match(r'\s*(const )?(struct \w+|char|GError) \*', given[0][1]):
            continue        # its declaration
        kind = functions.get(match.group(1), 'error')
        if kind is None:
            level = re.search(r'EL4_LOG_(\w+)', ' '.join(part for _, part in given))
            kind = LEVELS[level.group(1)] if level else 'warning'
        formats = [(begin, part) for begin, part in given
                   if LITERAL.search(part) and 'g_quark' not in part]
        # The words before a format are names of sections and keys.
        formats = [(begin, part) for begin, part in formats
                   if any(re.search('[ %]', said) for said in LITERAL.findall(part))] or formats
        for begin, part in formats[:1]:
            yield from ((begin, kind, said) for said in sentences(part))
    for match in PART.finditer(text):
        yield from ((match.start(1), 'part', said) for said in sentences(match.group(1)))


def texts(text):
    """(offset, sentence) of every string that reads like one: small letters, no full stop."""
    for match in RUN.finditer(text):
        if '"' not in match.group(0) or ELSEWHERE.search(text, 0, match.start()):
            continue
        for said in sentences(match.group(0)):
            if len(re.findall(r'[a-z]{2,}', said)) >= 3 and ' ' in said and \
                    not re.fullmatch(r'[A-Z].*\.', said):
                yield match.start(), said


def all_messages(text, functions):
    """messages(), and what texts() finds beside them."""
    found = list(messages(text, functions))
    told = {said for _, _, said in found}
    return found + [(offset, 'text', said) for offset, said in texts(text) if said not in told]


def main():
    if len(sys.argv) != 3:
        sys.exit('usage: messages.py OUTPUT_FILE SOURCE_FOLDER')
    root = pathlib.Path(sys.argv[2])
    sources = {path.relative_to(root): without_comments(path.read_text(encoding='utf-8'))
               for folder in ('cli', 'core', 'plugins')
               for path in sorted((root / folder).rglob('*.[ch]'))}
    functions = {**{name: 'error' for name in speakers(sources.values())}, **FIXED}
    modules = {}
    for path, text in sources.items():
        module = path.parent.as_posix()
        for offset, kind, said in all_messages(text, functions):
            line = text.count('\n', 0, offset + len(text[offset:]) -
                              len(text[offset:].lstrip())) + 1
            modules.setdefault(module, []).append((path.name, line, kind, said))
    lines = [ABOUT]
    for module, found in modules.items():
        lines += [f'## {module}', '', '| message | kind | where |', '| --- | --- | --- |']
        for name, line, kind, said in sorted(set(found)):
            shown = re.sub(r'([<|*\[\]_`])', r'\\\1', said)
            lines.append(f'| {shown} | {kind} | {name}:{line} |')
        lines.append('')
    lines += ['---', '[Contents of the reference](README.md)']
    pathlib.Path(sys.argv[1]).write_text('\n'.join(lines) + '\n', encoding='utf-8')


if __name__ == '__main__':
    main()
