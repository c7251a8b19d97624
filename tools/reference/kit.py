#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the reference of the plugin kit from the comments of its headers.

Each header becomes a page: what its first comment says, then every structure with its members,
every enumeration with its enumerators, every macro and every function, with their types and
comments. A comment stands before what it is about, or behind it on the same line; the
declarators of one declaration share one. What has none is an error, so that the headers stay
complete.

Usage: kit.py OUTPUT_FOLDER HEADER...
"""

import pathlib
import re
import sys

TOKEN = re.compile(r'/\*.*?\*/|"(?:\\.|[^"\\])*"|\w+|[^\w\s]', re.DOTALL)
PREPROCESSOR = re.compile(r'[ \t]*#[ \t]*(\w+)((?:\\\n|/\*.*?\*/|[^\n])*)', re.DOTALL)


class Token:
    """A word, a sign or a comment, with where it stands."""

    def __init__(self, text, line, last_line):
        self.text = text
        self.line = line
        self.last_line = last_line

    @property
    def comment(self):
        return self.text.startswith('/*')

    @property
    def condition(self):
        return re.match(r'\s*#\s*(if|el|endif)', self.text) is not None


def plain(comment):
    """A comment's text without its stars; indented lines stay lines of their own."""
    lines = [re.sub(r'^\s*\*( |$)', '', line) for line in comment[2:-2].strip().split('\n')]
    return '\n'.join(line.rstrip() for line in lines).strip()


def both(before, behind):
    return '\n\n'.join(comment for comment in (before, behind) if comment)


def markdown(comment):
    """The text as Markdown: what is indented by four is code, the rest flows."""
    paragraphs = re.split(r'\n\s*\n', comment)
    shown = []
    for paragraph in paragraphs:
        if paragraph.startswith('    '):
            shown.append('```c\n' + re.sub(r'^    ', '', paragraph, flags=re.M) + '\n```')
        else:
            text = ' '.join(line.strip() for line in paragraph.split('\n'))
            parts = text.split('`')     # every second one is code
            parts[::2] = [re.sub(r'([<|*])', r'\\\1', part) for part in parts[::2]]
            shown.append('`'.join(parts))
    return '\n\n'.join(shown)


def cell(text):
    return markdown(text).replace('\n\n', ' ').replace('\n', ' ')


class Header:
    def __init__(self, path):
        self.name = path.name
        self.faults = []
        self.entries = []       # (kind, name, comment, declaration, members)
        text = path.read_text(encoding='utf-8')
        comments = re.findall(r'/\*.*?\*/', text, re.DOTALL)
        self.about = plain(comments[1])
        body = text[text.index(comments[1]) + len(comments[1]):]
        self.first_line = text.count('\n', 0, len(text) - len(body)) + 1
        self.read(body)

    def fault(self, line, what):
        self.faults.append(f'include/el4/{self.name}:{line}: {what} has no comment')

    # ---- lexing ----

    def tokens(self, body):
        """The tokens; a macro is one token, what other directives say is left out."""
        position, line = 0, self.first_line
        found, skipping = [], False
        while position < len(body):
            start_of_line = position == 0 or body[position - 1] == '\n'
            directive = PREPROCESSOR.match(body, position) if start_of_line else None
            if directive:
                text, word, rest = directive.group(0), directive.group(1), directive.group(2)
                if word == 'ifdef' and rest.strip() == '__cplusplus':
                    skipping = True
                elif word == 'endif':
                    skipping = False
                elif not skipping and word != 'include':
                    found.append(Token(text, line, line + text.count('\n')))
            else:
                match = TOKEN.match(body, position)
                text = match.group(0) if match else body[position]
                if match and not skipping:
                    found.append(Token(text, line, line + text.count('\n')))
            line += text.count('\n')
            position += len(text)
        return found

    # ---- parsing ----

    def read(self, body):
        self.stream = self.tokens(body)
        self.at = 0
        self.declarations(self.top_level, end=None)

    def peek(self):
        return self.stream[self.at] if self.at < len(self.stream) else None

    def declarations(self, handle, end, separator=';'):
        """Hand each declaration and the comment that belongs to it to `handle`."""
        while True:
            comment, before = None, None
            while self.peek() and (self.peek().comment or self.peek().condition):
                if self.peek().comment:
                    before = self.peek()
                elif before:
                    before.last_line += 1   # what comes next is no further away for an #if
                self.at += 1
            token = self.peek()
            if token is None or token.text == end:
                return
            if before and before.last_line + 1 >= token.line:
                comment = plain(before.text)
            if re.match(r'\s*#', token.text):
                self.at += 1
                self.macro(token, comment)
                continue
            words = self.take_declaration(end, separator)
            behind = self.comment_behind()
            if not behind and separator == ',' and words[-1].comment:
                behind = plain(words[-1].text)      # the last enumerator, without a comma
            comment = both(comment, behind)
            handle(words, comment, token.line)

    def take_declaration(self, end, separator):
        """The tokens up to the separator, braces and what is in them included."""
        words, depth = [], 0
        while self.peek():
            token = self.peek()
            if depth == 0 and token.text == end:
                break
            self.at += 1
            words.append(token)
            depth += token.text in ('{', '(')
            depth -= token.text in ('}', ')')
            if depth == 0 and token.text == separator:
                break
            # A function's body ends a declaration too; a structure's goes on to its semicolon.
            if depth == 0 and token.text == '}' and self.is_function(words):
                break
        return words

    @staticmethod
    def is_function(words):
        plain_words = [word.text for word in words if not word.comment]
        return plain_words[:2] == ['static', 'inline']

    def comment_behind(self):
        """A comment that begins on the line where the last token ended."""
        token = self.peek()
        if token and token.comment and token.line == self.stream[self.at - 1].last_line:
            self.at += 1
            return plain(token.text)
        return None

    def macro(self, token, comment):
        body = re.sub(r'\\\n', ' ', token.text)
        inside = re.search(r'/\*.*?\*/', body, re.DOTALL)
        if inside:
            comment = both(comment, plain(inside.group(0)))
            body = body.replace(inside.group(0), '')
        match = re.match(r'\s*#\s*define\s+(\w+)(\([^)]*\))?\s*(.*)', body, re.DOTALL)
        name, parameters, value = match.group(1), match.group(2) or '', match.group(3)
        if not value:
            return      # an include guard
        if any(entry[1] == name for entry in self.entries):
            return      # the other branch of an #if
        if not comment:
            self.fault(token.line, f'macro {name}')
        declaration = f'#define {name}{parameters} {" ".join(value.split())}'
        self.entries.append(('macro', name, comment or '', declaration, []))

    def top_level(self, words, comment, line):
        bare = [word for word in words if not word.comment]
        texts = [word.text for word in bare]
        if '{' not in texts:
            # Structures that are only named: their own comment is what el4 lends.
            if texts[0] == 'struct' and len(texts) == 3:
                if not comment:
                    self.fault(line, f'struct {texts[1]}')
                elif not comment.endswith('.h'):
                    self.entries.append(('struct', texts[1], comment, '', []))
            return
        if self.is_function(words):
            head = texts[2:texts.index('{')]
            name = head[head.index('(') - 1]
            kind, declaration, members = 'function', spell(head), []
        else:
            kind, name = texts[0], texts[1]
            declaration, members = '', self.members(words, name, kind)
        if not comment:
            self.fault(line, f'{kind} {name}')
        self.entries.append((kind, name, comment or '', declaration, members))

    def members(self, words, owner, kind):
        """Members or enumerators of a structure or enumeration: (name, type, comment)."""
        inner = Header.__new__(Header)
        inner.name, inner.faults, inner.entries = self.name, self.faults, []
        first = next(i for i, word in enumerate(words) if word.text == '{')
        last = max(i for i, word in enumerate(words) if word.text == '}')
        inner.stream, inner.at = words[first + 1:last], 0
        found = []

        def member(parts, comment, line):
            bare = [part.text for part in parts if not part.comment and part.text not in ',;']
            if kind == 'enum':
                name, text = bare[0], ' '.join(bare)
            elif '{' in bare:
                name = bare[-1] if bare[-1] != ']' else bare[-4]
                text = ''.join(['struct'] + bare[len(bare) - 1 - bare[::-1].index('}') + 1:])
                text = text.replace('struct', 'struct { ... } ', 1)
            else:
                kept = [part.text for part in parts if not part.comment and part.text != ';']
                name, text = declared_name(kept), spell(kept)
            if not comment:
                inner.fault(line, f'{owner}.{name}')
            found.append((name, text, comment or ''))
            if kind != 'enum' and '{' in bare:
                nested = self.members(parts, f'{owner}.{name}', 'struct')
                found.extend((f'{name}.{n}', t, c) for n, t, c in nested)

        inner.declarations(member, end='}', separator=',' if kind == 'enum' else ';')
        return found


def declared_name(texts):
    """The name that a member's declaration declares; of several, all."""
    if '(' in texts and texts[texts.index('(') + 1] == '*':
        return texts[texts.index('(') + 2]
    names, previous = [], None
    for text in texts + [',']:
        if text in (',', '[') and previous and re.match(r'\w+$', previous):
            names.append(previous)
        previous = text if text != ']' else None
    return ', '.join(name for name in names if not name.isdigit() and not name.isupper())


def spell(texts):
    """Tokens as C is written by hand; what only the compiler's warnings need is left out."""
    if '__attribute__' in texts:
        texts = texts[:texts.index('__attribute__')]
    line = ''
    for text in texts:
        tight = not line or text in (',', ')', ']', '[') or line[-1] in '([*'
        if text == '(' and re.search(r'[\w)]$', line) and texts[texts.index(text) + 1] != '*':
            tight = True
        if text == '(' and line.endswith(')'):
            tight = True
        line += text if tight else ' ' + text
    return line.replace('. . .', '...')


# ---- writing ----

TITLES = (('struct', 'Structures'), ('enum', 'Enumerations'), ('function', 'Functions'),
          ('macro', 'Macros'))


def page(header):
    lines = [f'# el4/{header.name}', '', markdown(header.about), '']
    for kind, title in TITLES:
        entries = [entry for entry in header.entries if entry[0] == kind]
        if not entries:
            continue
        lines += [f'## {title}', '']
        for _, name, comment, declaration, members in entries:
            lines += [f'### {name}', '']
            if declaration:
                lines += ['```c', declaration, '```', '']
            lines += [markdown(comment), '']
            if members:
                what = 'enumerator' if kind == 'enum' else 'member'
                lines += [f'| {what} | declaration | |' if kind != 'enum' else f'| {what} | |']
                lines += ['| --- | --- | --- |' if kind != 'enum' else '| --- | --- |']
            for member, text, about in members:
                if kind == 'enum':
                    lines.append(f'| `{text}` | {cell(about)} |')
                else:
                    lines.append(f'| `{member}` | `{text}` | {cell(about)} |')
            if members:
                lines.append('')
    lines += ['---', '[Contents of the reference](README.md)']
    return '\n'.join(lines) + '\n'


def main():
    if len(sys.argv) < 3:
        sys.exit('usage: kit.py OUTPUT_FOLDER HEADER...')
    folder = pathlib.Path(sys.argv[1])
    headers = [Header(pathlib.Path(path)) for path in sys.argv[2:]]
    faults = [fault for header in headers for fault in header.faults]
    for fault in faults:
        print(fault, file=sys.stderr)
    if faults:
        sys.exit(f'kit.py: {len(faults)} parts of the kit are not documented: add comments')
    folder.mkdir(parents=True, exist_ok=True)
    for header in headers:
        (folder / f'{pathlib.Path(header.name).stem}.md').write_text(page(header),
                                                                    encoding='utf-8')


if __name__ == '__main__':
    main()
