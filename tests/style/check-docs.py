#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks what the Markdown files of the source say against what is there.

  - every relative link leads to a file, and its anchor to a heading of it
  - every command and option of `el4` in code is one that `el4 --help` knows, and every key
    given with -s exists
  - every section and key of an ```ini block is one that `el4 help` knows; sections of plugins
    that are not el4's own, as those of examples, may have any keys
  - every ```ini block that is a whole machine passes `el4 check`, every whole matrix `el4
    matrix list`. Blocks that follow a
    paragraph which ends with a colon and names a file in backquotes (`adder.lua`:) are that
    file for the machines of the same page

Prints a line a fault; exit status 1 if there is one.

Usage: check-docs.py SOURCE_FOLDER EL4 [PLUGIN_MAP]
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

FENCE = re.compile(r'^( *)(```+|~~~+) *([\w-]*)\s*$')
LINK = re.compile(r'!?\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^)\s]+)\)')
WORD = re.compile(r'''(?:[^\s"';|&<>()]|"[^"]*"|'[^']*')+''')
SHELL_END = re.compile(r'''(?:"[^"]*"|'[^']*'|[^"';|&#])*''')


class Page:
    """A Markdown file, split into prose and blocks of code."""

    def __init__(self, path):
        self.path = path
        self.prose = []     # (line number, text without code)
        self.spans = []     # (line number, text of an inline piece of code)
        self.blocks = []    # (line number, language, lines, name of the file that it is)
        self.anchors = set()
        self.read(path.read_text(encoding='utf-8').split('\n'))

    def read(self, lines):
        fence, block, paragraph = None, None, ''
        for number, line in enumerate(lines, 1):
            match = FENCE.match(line)
            if fence and match and match.group(2).startswith(fence) and not match.group(3):
                fence = None
            elif fence:
                block.append(line)
            elif match:
                fence, block = match.group(2), []
                name = re.findall(r'`([\w.-]+\.\w+)`', paragraph)
                is_file = name and paragraph.rstrip().endswith(':')
                self.blocks.append((number, match.group(3), block, name[-1] if is_file else None))
            else:
                if line.strip():
                    paragraph = line if not lines[number - 2].strip() else f'{paragraph} {line}'
                self.read_prose(number, line)

    def read_prose(self, number, line):
        self.spans += [(number, span) for span in re.findall(r'`([^`]+)`', line)]
        self.prose.append((number, re.sub(r'`[^`]*`', '``', line)))
        heading = re.match(r'#+ +(.*?) *#*$', line)
        if heading:
            text = LINK.sub(lambda m: m.group(0)[1:m.group(0).index(']')], heading.group(1))
            slug = re.sub(r'[^\w\- ]', '', text.lower()).replace(' ', '-')
            repeated = sum(1 for a in self.anchors if re.fullmatch(re.escape(slug) + r'(-\d+)?', a))
            self.anchors.add(f'{slug}-{repeated}' if repeated else slug)


class Interface:
    """What the built el4 knows: commands, options, sections with their keys."""

    def __init__(self, el4, plugin_map):
        self.el4 = os.path.abspath(el4)
        self.environment = dict(os.environ)
        if plugin_map:
            self.environment['EL4_PLUGIN_MAP'] = os.path.abspath(plugin_map)
        usage = ''.join(self.run(*command, '--help').stdout
                        for command in ((), ('top',), ('matrix',)))
        self.commands = set(re.findall(r'^  el4 (\w+)', usage, re.M))
        self.options = set(re.findall(r'(?<!\S)--?([a-z][\w-]*)', usage)) | {'help', 'version'}
        self.sections = {}
        for part in re.split(r'\n(?=\[)', self.run('help').stdout.strip()):
            lines = part.split('\n')
            self.sections[lines[0].strip('[]')] = {line.split()[0] for line in lines[2:] if line}

    def run(self, *arguments, folder=None):
        return subprocess.run([self.el4, *arguments], env=self.environment, cwd=folder,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding='utf-8',
                              timeout=60, check=False)

    def keys(self, section, plugin=None, board=None):
        """The keys that a section may have: None if it may have any, False if it is unknown."""
        kind, _, name = section.partition(' ')
        if section == 'define':
            return None
        if section in self.sections:
            own = self.sections[section]
        elif kind == 'board' and not name:
            own = set().union(*(keys for known, keys in self.sections.items()
                                if known.startswith(f'board ({board or ""}')))
        elif kind == 'service' and name:
            own = self.sections.get(f'service {plugin or name}')
        elif kind == 'device' and name:
            own = set().union(*(keys for known, keys in self.sections.items()
                                if known.startswith('device ')))
        elif (name or kind == 'expect') and f'{kind} NAME' in self.sections:
            own = set()
        else:
            return False
        common = self.sections.get(f'{kind} NAME', set())
        return None if own is None else own | common


class Checker:
    def __init__(self, root, interface):
        self.root = root
        self.interface = interface
        self.pages = {path: Page(path) for path in markdown_files(root)}
        self.faults = []
        self.counts = dict.fromkeys(('links', 'commands', 'keys', 'machines',
                                     'matrices'), 0)

    def fault(self, page, number, text):
        self.faults.append(f'{page.path.relative_to(self.root)}:{number}: {text}')

    def check(self):
        for page in self.pages.values():
            for number, text in page.prose:
                for target in LINK.findall(text):
                    self.check_link(page, number, target)
            for number, span in page.spans:
                if span.startswith('el4 '):
                    self.check_command(page, number, span)
            for number, language, lines, _ in page.blocks:
                if language == 'ini':
                    self.check_ini(page, number, lines)
                elif language in ('', 'sh', 'console'):
                    self.check_session(page, number, language, lines)
            self.check_machines(page)
        return self.faults

    # ---- links ----

    def check_link(self, page, number, target):
        if re.match(r'[a-z]+:', target):
            return
        self.counts['links'] += 1
        path, _, anchor = target.partition('#')
        file = (page.path.parent / path).resolve() if path else page.path
        if not file.exists():
            self.fault(page, number, f'the link {target} leads nowhere')
        elif anchor and (file not in self.pages or anchor not in self.pages[file].anchors):
            self.fault(page, number, f'the link {target}: there is no such heading')

    # ---- commands ----

    def check_session(self, page, number, language, lines):
        has_prompts = any(line.startswith('$ ') for line in lines)
        joined = ''
        for offset, line in enumerate(lines, 1):
            joined += line.strip()
            if joined.endswith('\\'):
                joined = joined[:-1]
                continue
            if joined.startswith('$ '):
                self.check_command(page, number + offset, joined[2:])
            elif not has_prompts and (language == 'sh' or joined.startswith('el4 ')):
                self.check_command(page, number + offset, joined)
            joined = ''

    def check_command(self, page, number, line):
        """Every el4 of a line of shell."""
        for match in re.finditer(r'(?:^|(?<=[\s(]))(?:[\w./]*/)?el4 +(?!=)', line):
            before = line[:match.start()]
            if before.strip() and not re.search(r'[;|&(]\s*$|^(\w+=\S* )+$', before):
                continue        # an argument of another program
            words = WORD.findall(SHELL_END.match(line, match.end()).group(0))
            self.counts['commands'] += 1
            if words and words[0][0].islower() and words[0] not in self.interface.commands:
                self.fault(page, number, f"there is no command 'el4 {words[0]}'")
            for word, operand in zip(words, words[1:] + ['']):
                option = re.match(r'--?([a-z][\w-]*)', word)
                if option and option.group(1) not in self.interface.options | {'s'}:
                    self.fault(page, number, f"el4 has no option '{word}'")
                if word == '-s' and '=' in operand:
                    self.check_setting(page, number, operand.strip('\'"'))

    def check_setting(self, page, number, setting):
        section, _, key = setting.partition('=')[0].rpartition('.')
        if not section.isupper():
            self.check_key(page, number, section, key, self.interface.keys(section))

    # ---- configurations ----

    def check_key(self, page, number, section, key, known):
        self.counts['keys'] += 1
        if known is False:
            self.fault(page, number, f'there is no section [{section}]')
        elif known is not None and key not in known:
            self.fault(page, number, f"[{section}] has no key '{key}'")

    def check_ini(self, page, number, lines):
        values = read_ini(lines)
        board = values.get('machine', {}).get('board', (None, 0))[0]
        for section, keys in values.items():
            plugin = keys.get('plugin', (None, 0))[0]
            known = self.interface.keys(section, plugin, board)
            for key, (_, offset) in keys.items():
                if section or key != 'include':
                    self.check_key(page, number + offset, section, key, known)

    def check_machines(self, page):
        """Each machine among a page's blocks, in a folder with the files that it shows."""
        with tempfile.TemporaryDirectory() as folder:
            for _, _, lines, name in page.blocks:
                if name and '/' not in name:
                    pathlib.Path(folder, name).write_text('\n'.join(lines) + '\n',
                                                          encoding='utf-8')
            for number, language, lines, _ in page.blocks:
                values = read_ini(lines) if language == 'ini' else {}
                if 'matrix' in values and any(name.startswith('axis ') for name in values):
                    self.check_matrix(page, number, lines, pathlib.Path(folder))
                if 'board' not in values.get('machine', {}) or not self.is_complete(values):
                    continue
                self.counts['machines'] += 1
                self.make_files(values, pathlib.Path(folder))
                pathlib.Path(folder, 'page.ini').write_text('\n'.join(lines) + '\n',
                                                            encoding='utf-8')
                checked = self.interface.run('check', 'page.ini', folder=folder)
                if checked.returncode:
                    self.fault(page, number, f'el4 check: {checked.stderr.strip()}')

    def check_matrix(self, page, number, lines, folder):
        self.counts['matrices'] += 1
        (folder / 'page.ini').write_text('\n'.join(lines) + '\n', encoding='utf-8')
        listed = self.interface.run('matrix', 'list', 'page.ini', folder=folder)
        if listed.returncode or listed.stderr:
            self.fault(page, number, f'el4 matrix list: {listed.stderr.strip()}')

    @staticmethod
    def make_files(values, folder):
        """Stand-ins for what a machine names: `el4 check` does not look into them."""
        named = [values[''].get('include')] + [values.get('boot', {}).get(key)
                                               for key in ('kernel', 'initrd', 'dtb', 'bios')]
        for file in (folder / setting[0] for setting in named if setting):
            if folder in file.resolve().parents:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.touch()

    def is_complete(self, values):
        """A machine whose plugins are el4's own; others can't be built here."""
        services = re.split(r'[\s,]+', ' '.join(
            value for section, keys in values.items() if section.startswith('chain ')
            for key, (value, _) in keys.items() if key == 'services'))
        plugins = [values.get(f'service {name}', {}).get('plugin', (name, 0))[0]
                   for name in services if name]
        board = values['machine']['board'][0]
        return (f'board ({board})' in self.interface.sections and
                all(f'service {plugin}' in self.interface.sections for plugin in plugins))


def read_ini(lines):
    """{section: {key: (value, line)}}; what el4's own reader refuses is left to `el4 check`."""
    values, section, last = {'': {}}, '', None
    for offset, line in enumerate(lines, 1):
        text = re.sub(r'(^|\s);.*', '', line).rstrip()
        heading = re.match(r'\[([^\]]+)\]', text)
        setting = re.match(r'([\w-]+)\s*=\s*(.*)', text)
        if heading:
            section = heading.group(1)
            values.setdefault(section, {})
        elif setting:
            last = setting.group(1)
            values[section][last] = (setting.group(2), offset)
        elif text.startswith(' ') and last:
            values[section][last] = (f'{values[section][last][0]} {text.strip()}',
                                     values[section][last][1])
    return values


def markdown_files(root):
    if (root / '.git').exists():
        listed = subprocess.run(['git', '-C', root, 'ls-files', '-z', '--cached', '--others',
                                 '--exclude-standard', '*.md'], stdout=subprocess.PIPE,
                                encoding='utf-8', check=True).stdout.split('\0')
        files = [root / name for name in listed if name]
    else:
        files = [path for path in root.rglob('*.md')
                 if not path.relative_to(root).parts[0].startswith('build')]
    return sorted(path.resolve() for path in files if path.exists())


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit('usage: check-docs.py SOURCE_FOLDER EL4 [PLUGIN_MAP]')
    interface = Interface(sys.argv[2], sys.argv[3] if len(sys.argv) == 4 else None)
    checker = Checker(pathlib.Path(sys.argv[1]).resolve(), interface)
    faults = checker.check()
    print(*faults, sep='\n', end='\n' if faults else '')
    print(f'{len(checker.pages)} pages:',
          ', '.join(f'{count} {what}' for what, count in checker.counts.items()))
    # Finding nothing to check would be a fault of this script's.
    if faults or not all(checker.counts.values()):
        sys.exit(1)


if __name__ == '__main__':
    main()
