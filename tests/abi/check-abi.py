#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Compare the plugin interface (include/el4) with the stored one of the last release.

A small library that uses every structure and enumeration of the headers is compiled with debug
information, which abidw (Debian package abigail-tools) reads. Its descriptions are compared by
the rules of the interface, which abidiff does not know: structures may grow beyond their old
size, constants and enumerators may be added; anything else breaks plugins that exist, and fails.
abidiff's report then says more. Constants, which neither sees, are compared by value.

    check-abi.py                compare; status 1 and what broke, if anything did
    check-abi.py --store        write the stored interface anew (docs/abi.md says when)
    check-abi.py --self-test    see that it notices what it should
"""
import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

FOLDER = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(FOLDER))
STORED = os.path.join(FOLDER, 'el4-plugin-1.abi')
CONSTANTS = os.path.join(FOLDER, 'el4-plugin-1.constants')
SKIPPED = 77


def headers(include):
    folder = os.path.join(include, 'el4')
    return sorted(name for name in os.listdir(folder) if name.endswith('.h'))


def text_of(include):
    parts = []
    for name in headers(include):
        with open(os.path.join(include, 'el4', name)) as file:
            parts.append(file.read())
    return '\n'.join(parts)


def includes(include):
    return ''.join(f'#include <el4/{name}>\n' for name in headers(include))


def compile_c(include, code, output, *options):
    subprocess.run(['gcc', '-std=gnu11', '-I', include, '-x', 'c', '-', '-o', output, *options],
                   input=code.encode(), check=True)


def write_abi(include, path):
    """A function a type, so that each is reachable; abidw makes the description of them."""
    code = includes(include)
    for kind, name in re.findall(r'^(struct|enum) (el4_\w+) \{', text_of(include), re.MULTILINE):
        code += f'void use_{name}({kind} {name} *it);\nvoid use_{name}({kind} {name} *it) {{}}\n'
    with tempfile.TemporaryDirectory() as folder:
        library = os.path.join(folder, 'libel4-plugin.so')
        compile_c(include, code, library, '-g', '-shared', '-fPIC')
        subprocess.run(['abidw', '--no-corpus-path', '--no-comp-dir-path', '--no-show-locs',
                        '--out-file', path, library], check=True)


def constants(include):
    """Every macro without arguments that has a number, by name."""
    text = text_of(include)
    names = re.findall(r'^#define (EL4_\w+)[ \t]+\S', text, re.MULTILINE)
    names = [name for name in names if name not in ('EL4_PLUGIN_DEFINE',)]
    code = includes(include) + '#include <stdio.h>\nint main(void)\n{\n'
    for name in names:
        code += f'    printf("{name} %#llx\\n", (unsigned long long)({name}));\n'
    code += '    return 0;\n}\n'
    with tempfile.TemporaryDirectory() as folder:
        program = os.path.join(folder, 'constants')
        compile_c(include, code, program)
        output = subprocess.run([program], stdout=subprocess.PIPE, check=True).stdout.decode()
    return dict(line.split() for line in output.splitlines())


def compare_constants(include):
    problems = []
    now = constants(include)
    with open(CONSTANTS) as file:
        for line in file:
            name, value = line.split()
            if name not in now:
                problems.append(f'{name} is gone; it was {value}')
            elif now[name] != value:
                problems.append(f'{name} was {value}, and is {now[name]} now')
    return problems


class Abi:
    """What abidw wrote: structures and enumerations by name."""

    def __init__(self, path):
        root = xml.etree.ElementTree.parse(path).getroot()
        self.types = {node.get('id'): node for node in root.iter() if node.get('id')}
        self.structures = {}  # name -> (bits, [(offset, name, type)])
        self.enumerations = {}  # name -> {enumerator: value}
        for node in root.iter('class-decl'):
            if not node.get('is-anonymous') and not node.get('is-declaration-only'):
                self.structures[node.get('name')] = (int(node.get('size-in-bits')),
                                                     self.members(node))
        for node in root.iter('enum-decl'):
            self.enumerations[node.get('name')] = {
                child.get('name'): child.get('value') for child in node.iter('enumerator')}

    def members(self, node):
        return [(int(member.get('layout-offset-in-bits')), variable.get('name'),
                 self.text(variable.get('type-id')))
                for member in node.findall('data-member')
                for variable in member.findall('var-decl')]

    def text(self, identity):
        """A type in words; structures of a name of their own by that name."""
        node = self.types[identity]
        inner = node.get('type-id')
        if node.tag == 'typedef-decl':
            return self.text(inner)
        if node.tag == 'pointer-type-def':
            return self.text(inner) + '*'
        if node.tag == 'qualified-type-def':
            qualifiers = [word for word in ('const', 'volatile') if node.get(word)]
            return ' '.join([self.text(inner)] + qualifiers)
        if node.tag == 'array-type-def':
            return self.text(inner) + ''.join(f"[{part.get('length')}]"
                                              for part in node.findall('subrange'))
        if node.tag == 'function-type':
            parameters = ['...' if part.get('is-variadic') else self.text(part.get('type-id'))
                          for part in node.findall('parameter')]
            result = node.find('return')
            return f"{self.text(result.get('type-id'))}({', '.join(parameters)})"
        if node.get('is-anonymous') and node.tag == 'class-decl':
            return f"struct {self.members(node)}"
        return node.get('name')


def compare_structure(name, old, new):
    if new is None:
        return [f'struct {name} is gone']
    (old_bits, old_members), (new_bits, new_members) = old, new
    problems = []
    for before, now in zip(old_members, new_members + [None] * len(old_members)):
        if before != now:
            problems.append(f'struct {name}: {before} was there, now {now}')
    for offset, member, _ in new_members[len(old_members):]:
        if offset < old_bits:
            problems.append(f'struct {name}: the new {member} lies in what was padding, where '
                            'old plugins have anything')
    if name in STRIDES and new_bits != old_bits:
        problems.append(f'struct {name} stands in arrays without a stride: it may not grow')
    return problems


# Arrays of these are indexed by el4 or by plugins, and nothing tells how large the elements are.
STRIDES = {'el4_board_irq', 'el4_board_setting', 'el4_config_range'}


def compare_types(include):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'new.abi')
        write_abi(include, path)
        old, new = Abi(STORED), Abi(path)
        problems = []
        for name, structure in old.structures.items():
            problems += compare_structure(name, structure, new.structures.get(name))
        for name, enumerators in old.enumerations.items():
            now = new.enumerations.get(name, {})
            problems += [f'enum {name}: {enumerator} was {value}, now {now.get(enumerator)}'
                         for enumerator, value in enumerators.items()
                         if now.get(enumerator) != value]
        if problems:
            report = subprocess.run(['abidiff', '--harmless', STORED, path],
                                    stdout=subprocess.PIPE).stdout.decode()
            problems.append('abidiff says:\n' + report)
    return problems


def compare(include):
    return compare_types(include) + compare_constants(include)


def store(include):
    write_abi(include, STORED)
    with open(CONSTANTS, 'w') as file:
        for name, value in sorted(constants(include).items()):
            file.write(f'{name} {value}\n')


# file, what is replaced, by what, whether plugins that exist go on working
CHANGES = [
    ('service.h', '    bool wake_pending; /* an interrupt would wake the CPU now */\n',
     '    bool wake_pending;\n    uint64_t more;\n    bool most;\n', True),
    ('service.h', '    bool thumb;\n', '    bool thumb;\n    bool in_padding;\n', False),
    ('host.h', '    void (*fdt_label)(', '    void (*newer)(void);\n    void (*fdt_label)(', False),
    ('board.h', 'struct el4_board_irq {', 'struct el4_board_irq {\n    uint64_t first;', False),
    ('config.h', 'itself included */\n};', 'itself included */\n    uint64_t step;\n};', False),
    ('service.h', '    uint16_t immediate;   /* of the instruction */\n', '', False),
    ('device.h', '    uint64_t bytes;       /* length of the region */',
     '    uint32_t bytes;       /* length of the region */', False),
    ('service.h', '    EL4_PASS,    ', '    EL4_MAYBE,\n    EL4_PASS,    ', False),
    ('service.h', '    EL4_TRAP,  ', '    EL4_TRAP,\n    EL4_LATER,  ', True),
    ('service.h', '#define EL4_CALLER_NS_EL2 (1u << 1)', '#define EL4_CALLER_NS_EL2 (1u << 2)',
     False),
    ('service.h', '#define EL4_CALLER_NS_EL2 (1u << 1)',
     '#define EL4_CALLER_NS_EL2 (1u << 1)\n#define EL4_CALLER_NEW (1u << 9)', True),
    ('plugin.h', '    const char *version;\n', '    unsigned version;\n', False),
    ('host.h', 'int (*cpu_on)(struct el4_instance *self, unsigned cpu,',
     'int (*cpu_on)(struct el4_instance *self, uint64_t cpu,', False),
]


def self_test():
    """Each of these changes is made to a copy of the headers, alone, and judged rightly."""
    failures = 0
    for name, old, new, is_fine in CHANGES:
        with tempfile.TemporaryDirectory() as folder:
            include = os.path.join(folder, 'include')
            shutil.copytree(os.path.join(SOURCE, 'include'), include)
            path = os.path.join(include, 'el4', name)
            with open(path) as file:
                text = file.read()
            if old not in text:
                print(f'FAILED: {name} has no {old!r} any more: change the self-test')
                failures += 1
                continue
            with open(path, 'w') as file:
                file.write(text.replace(old, new, 1))
            problems = compare(include)
            verdict = 'taken for fine' if not problems else 'noticed'
            print(f'{name}: {new.strip()!r}: {verdict}')
            if bool(problems) == is_fine:
                print('FAILED: wrong verdict\n' + '\n'.join(problems))
                failures += 1
    return failures


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--store', action='store_true')
    parser.add_argument('--self-test', action='store_true')
    arguments = parser.parse_args()
    include = os.path.join(SOURCE, 'include')
    if not shutil.which('abidiff'):
        print('skipped: there is no abidiff (Debian package abigail-tools)')
        return SKIPPED
    if arguments.store:
        store(include)
        return 0
    if arguments.self_test:
        return 1 if self_test() else 0
    problems = compare(include)
    print('\n'.join(problems) if problems else 'plugins built against the stored interface fit')
    if problems:
        print('This breaks plugins that exist; docs/abi.md says what can be done.')
    return 1 if problems else 0


if __name__ == '__main__':
    sys.exit(main())
