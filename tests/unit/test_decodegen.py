#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tests of tools/decodegen.py: table errors, overlap, constraints, and that the C decoder
made from the real A64 tables agrees with decodegen's own reading of them."""

import contextlib
import io
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, 'tools'))
sys.dont_write_bytecode = True
import decodegen  # noqa: E402

PAD = '0' * 24


class TableTest(unittest.TestCase):
    """Each test writes a small table."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def write(self, text, name='t.decode'):
        path = os.path.join(self.folder.name, name)
        with open(path, 'w', encoding='utf-8') as table:
            table.write(text)
        return path

    def load(self, text):
        return decodegen.load([self.write(text)])

    def refuse(self, text, line, message):
        with self.assertRaises(decodegen.DecodeError) as caught:
            self.load(text)
        self.assertRegex(str(caught.exception), rf't\.decode:{line}: .*{message}')

    # Bits and fields.

    def test_fixed_bits(self):
        tables = self.load(f'A {PAD} 0101..10\n')
        self.assertEqual(tables.lines[0].mask, 0xfffffff3)
        self.assertEqual(tables.lines[0].value, 0x52)
        self.assertEqual(tables.find(0x5e).name, 'A')
        self.assertIsNone(tables.find(0x5f))

    def test_bit_count(self):
        self.refuse(f'\nA {PAD} 0000000\n', 2, 'has 31 bits, not 32')
        self.refuse(f'A {PAD} 000000000\n', 1, 'has 33 bits, not 32')

    def test_fields(self):
        tables = self.load('&x a b c\n'
                           f'A &x {PAD[:18]} b[1:0] a:s4 00 b[s4:2] c[0] 00 c[2:1]=2\n')
        fields = tables.lines[0].fields
        word = 0b11_1010_00_100_1_00
        self.assertEqual(fields['a'].extract(word), -6)
        self.assertEqual(fields['b'].extract(word), -13)
        self.assertEqual(fields['c'].extract(word), 5)

    def test_field_errors(self):
        self.refuse(f'&x a\nA &x {PAD} a:4 b:4\n', 2, "'b' is not in the argument set")
        self.refuse(f'&x a b\nA &x {PAD} a:8\n', 2, "'b' of '&x' is not given")
        self.refuse(f'&x a\nA &x {PAD} a[4:1] 0000\n', 2, "bits of field 'a' are missing")
        self.refuse(f'&x a\nA &x {PAD} a:4 a[3] 000\n', 2, 'given twice')
        self.refuse(f'&x a\nA &x {PAD} a:8 a=1\n', 2, 'given twice')
        self.refuse(f'&x a\nA &x {PAD} 00000000 a[0]=2\n', 2, 'does not fit')
        self.refuse(f'&x a\nA &x {PAD} 00000000 a=z\n', 2, 'bad constant')
        self.refuse(f'&x a\nA &x {PAD} a:0 00000000\n', 2, 'bad width')
        self.refuse(f'A {PAD} 0000000x\n', 1, "bad piece '0000000x'")
        self.refuse(f'&x a\nA &x 0{PAD[1:]} a:8\nB &x 1{PAD[1:]} a:s8\n', 3, 'signed in one')

    def test_argument_sets(self):
        self.refuse(f'A &x {PAD} a:8\n', 1, "unknown argument set '&x'")
        self.refuse('&x a\n&x b\n', 2, 'defined twice')
        self.refuse('&x a a\n', 1, 'each once')
        self.refuse(f'&x a\nA {PAD} 00000000\n', 1, 'not used')
        self.refuse(f'&x a\nA &x 0{PAD[1:]} a:8\nA 1{PAD[1:]} 00000000\n', 3,
                    'another argument')

    def test_private_field(self):
        tables = self.load(f'A {PAD} _k:8 if _k == 3\n')
        self.assertIsNone(tables.find(2))
        self.assertEqual(tables.find(3).name, 'A')

    # Overlap.

    def test_overlap(self):
        self.refuse(f'A {PAD} 0000....\n\nB {PAD} ....0000\n', 3,
                    r"'B' overlaps 'A' \(.*t\.decode:1\), both match 0x00000000")

    def test_overlap_between_files(self):
        first = self.write(f'A {PAD} 0000....\n', 'a.decode')
        second = self.write(f'B {PAD} ....0000\n', 'b.decode')
        with self.assertRaisesRegex(decodegen.DecodeError, r'b\.decode:1: .*a\.decode:1'):
            decodegen.load([first, second])

    def test_constraints_keep_apart(self):
        tables = self.load(f'&x k\nA &x {PAD} k:8 if k < 9\nB &x {PAD} k:8 if k > 8\n')
        self.assertEqual([tables.find(k).name for k in (8, 9)], ['A', 'B'])
        self.refuse(f'&x k\nA &x {PAD} k:8 if k < 9\nB &x {PAD} k:8 if k >= 8\n', 3,
                    'both match 0x00000008')

    def test_constraints_on_different_fields(self):
        self.refuse(f'&x k\n&y l\nA &x {PAD} k:4 .... if k == 3\n'
                    f'B &y {PAD} .. l:4 .. if l == 13\n', 4, 'both match 0x00000034')
        self.load(f'&x k\n&y l\nA &x {PAD} k:4 .... if k == 3\n'
                  f'B &y {PAD} .. l:4 .. if l == 3\n')

    def test_group(self):
        tables = self.load(f'{{\nA {PAD} 00000001\nB {PAD} 0000000.\n}}\n')
        self.assertEqual([tables.find(k).name for k in (0, 1)], ['B', 'A'])
        self.refuse(f'{{\nB {PAD} 0000000.\nA {PAD} 00000001\n}}\n', 3, 'can never match')
        self.refuse(f'{{\nB {PAD} 0000000.\n}}\nA {PAD} 00000001\n', 4, 'overlaps')
        self.refuse('{\n{\n', 2, 'inside')
        self.refuse('}\n', 1, 'without')
        self.refuse(f'{{\nB {PAD} 00000000\n', 2, 'file ends')

    # Constraints.

    def names(self, constraint):
        tables = self.load(f'&x k l\nA &x {PAD} k:4 l:4 if {constraint}\n')
        return {word for word in range(256) if tables.find(word)}

    def test_expressions(self):
        self.assertEqual(self.names('k == l'), {k * 17 for k in range(16)})
        self.assertEqual(self.names('k in (1, 2) and l == 0'), {16, 32})
        self.assertEqual(self.names('not k != 0 and l not in (0, 1, 3)'),
                         {2} | set(range(4, 16)))
        self.assertEqual(self.names('k == 0 and 3 <= l < 5 or k == 15 and l == 0xf'),
                         {3, 4, 255})

    def test_rules(self):
        tables = self.load(f'@r k == 1 or k == 2\n&x k\nA &x {PAD} k:8 if @r and k != 1\n')
        self.assertEqual([k for k in range(256) if tables.find(k)], [2])

    def test_constraint_errors(self):
        self.refuse(f'A {PAD} 00000000 if k == 1\n', 1, "unknown field 'k'")
        self.refuse(f'A {PAD} _k:8 if _k ==\n', 1, 'bad constraint')
        self.refuse(f'A {PAD} _k:8 if _k + 1 == 2\n', 1, 'fields and numbers only')
        self.refuse(f'A {PAD} _k:8 if _k\n', 1, 'comparisons, and, or, not')
        self.refuse(f'A {PAD} _k:8 if _k is 3\n', 1, 'unknown comparison')
        self.refuse(f'A {PAD} _k:8 if print(1) == 1\n', 1, 'fields and numbers only')
        self.refuse(f'A {PAD} _k:8 if @r\n', 1, "unknown rule '@r'")
        self.refuse(f'A {PAD} _k:8 if _k > 255\n', 1, 'can never match')

    # Files.

    def test_continued_line(self):
        tables = self.load(f'# comment\nA {PAD} \\\n   00000001 # one\n')
        self.assertEqual(tables.lines[0].place[1], 2)
        self.refuse(f'A {PAD} \\\n', 1, 'file ends')

    def test_command_line(self):
        errors = io.StringIO()
        with contextlib.redirect_stderr(errors):
            status = decodegen.main(['--prefix', 'x', self.write('A 0\n')])
        self.assertEqual(status, 1)
        self.assertRegex(errors.getvalue(), r'^decodegen: .*t\.decode:1: A has 1 bits')

    def test_json(self):
        path = os.path.join(self.folder.name, 'out.json')
        table = self.write(f'&x k\nA &x {PAD} 00 k:s4 00 if k != 1\n')
        self.assertEqual(decodegen.main(['--prefix', 'x', '--json', path, table]), 0)
        with open(path, encoding='utf-8') as text:
            entry = json.load(text)[0]
        self.assertEqual((entry['name'], entry['group'], entry['mask'], entry['value']),
                         ('A', 't', 0xffffffc3, 0))
        self.assertEqual(entry['fields']['k'], {
            'width': 4, 'signed': True, 'constant': 0,
            'pieces': [{'field_bit': 0, 'word_bit': 2, 'width': 4}]})
        self.assertEqual(entry['constraint'], 'k != 1')


    # Conditions and lists.

    def test_condition(self):
        tables = self.load('&x k\nA &x CCCC 0000 %s k:4 if k != 1\nB 1111 0000 %s ....\n'
                           % (PAD[4:], PAD[4:]))
        self.assertEqual(tables.find(0xe0000002).name, 'A')
        self.assertEqual(tables.find(0xf0000002).name, 'B')
        self.assertIsNone(tables.find(0xe0000001))
        self.refuse(f'A CCCC 0000 {PAD}\nB 1110 0000 {PAD}\n', 2, 'both match 0xe0000000')

    def load_two(self, words, halves):
        return decodegen.load_lists([('w', 32, [self.write(words, 'w.decode')]),
                                     ('h', 16, [self.write(halves, 'h.decode')])])

    def test_lists(self):
        tables = self.load_two(f'&x k\n@small k < 9\nA &x {PAD} k:8\n',
                               'A &x 00000000 k:8 if @small\nB 11111111 ........\n')
        wide, half = tables.lists
        self.assertEqual((wide.find(9).name, half.find(9), half.find(8).name),
                         ('A', None, 'A'))
        self.assertEqual(half.find(0xff12).name, 'B')
        self.assertEqual(half.lines[0].width, 16)
        with self.assertRaisesRegex(decodegen.DecodeError, 'has 8 bits, not 16'):
            self.load_two(f'A {PAD} 00000000\n', 'A 00000000\n')
        with self.assertRaisesRegex(decodegen.DecodeError, 'another argument'):
            self.load_two(f'&x k\nA &x {PAD} k:8\n', 'A 00000000 00000000\n')
        with self.assertRaisesRegex(decodegen.DecodeError, r'h\.decode:2: .*overlaps'):
            self.load_two(f'A {PAD} 00000000\n', 'A 00000000 ........\nB ........ 00000000\n')

    def test_lists_command_line(self):
        wide = self.write(f'&x k\nA &x {PAD} k:8\n', 'w.decode')
        half = self.write('A &x 00000000 k:s8\n', 'h.decode')
        bad = ['--prefix', 'x', '--list', 'w:32', wide, '--list', 'h:16', half]
        with contextlib.redirect_stderr(io.StringIO()) as errors:
            self.assertEqual(decodegen.main(bad), 1)
            self.assertRegex(errors.getvalue(), 'signed in one line only')
            for arguments in (['--prefix', 'x'], ['--prefix', 'x', '--list', 'w:8', wide],
                              ['--prefix', 'x', '--list', 'w:32', wide, '--', wide]):
                with self.assertRaises(SystemExit):
                    decodegen.main(arguments)
        self.write('A &x 00000000 k:8\nC 1111000011110000\n', 'h.decode')
        path = os.path.join(self.folder.name, 'out.json')
        self.assertEqual(decodegen.main([*bad, '--list', 'none:16', '--json', path]), 0)
        with open(path, encoding='utf-8') as text:
            entries = json.load(text)
        self.assertEqual([(n['name'], n['list'], n['bits']) for n in entries],
                         [('A', 'w', 32), ('A', 'h', 16), ('C', 'h', 16)])


class A64Test(unittest.TestCase):
    """The real tables, through the C compiler."""

    PREFIX = 'a64'
    LISTS = (('a64', 32),)

    HARNESS = r'''
int main(void)
{
    unsigned word;
    while (scanf("%x", &word) == 1) {
        const char *name = el4_LIST_insn_name(word);
        printf("%s", name ? name : "-");
        if (el4_LIST_decode(NULL, word) != (name != NULL)) {
            printf(" disagree");
        }
        printf("\n");
    }
    return 0;
}
'''

    @classmethod
    def setUpClass(cls):
        folder = os.path.join(ROOT, 'core', 'isa')
        cls.lists = [(name, width, [os.path.join(folder, path)
                                    for path in sorted(os.listdir(folder))
                                    if re.fullmatch(name + r'-.*\.decode', path)])
                     for name, width in cls.LISTS]
        cls.tables = decodegen.load_lists(cls.lists)

    def test_c_agrees(self):
        compiler = shutil.which(os.environ.get('CC', 'cc'))
        if compiler is None:
            self.skipTest('no C compiler')
        rng = random.Random(4)
        with tempfile.TemporaryDirectory() as folder:
            self.compile_decoders(compiler, folder)
            for table in self.tables.lists:
                words = [rng.getrandbits(table.width) for _ in range(4000)]
                for line in table.lines:
                    for _ in range(10):
                        words.append((rng.getrandbits(table.width) & ~line.mask) | line.value)
                output = self.run_c(compiler, folder, table, words)
                self.assertEqual(len(output), len(words))
                for word, text in zip(words, output):
                    self.assertEqual(text, self.expected(table, word), f'{word:08x}')

    def expected(self, table, word):
        line = table.find(word)
        if line is None:
            return '-'
        fields = self.tables.argsets[line.argset][1] if line.argset else []
        return ' '.join([line.name] + [f'{name}={line.fields[name].extract(word)}'
                                       for name in fields])

    # -O0: the decoder is large, and only its answers matter here.
    FLAGS = ['-O0', '-Wall', '-Wextra', '-Wno-unused-parameter', '-Werror']

    def compile_decoders(self, compiler, folder):
        arguments = ['--prefix', self.PREFIX, '--header', os.path.join(folder, 'decode.h'),
                     '--source', os.path.join(folder, 'decode.c')]
        for name, width, paths in self.lists:
            arguments += ['--list', f'{name}:{width}', *paths]
        self.assertEqual(decodegen.main(arguments), 0)
        functions = os.path.join(folder, 'functions.c')
        with open(functions, 'w', encoding='utf-8') as out:
            out.write('#include <stdio.h>\n#include "decode.h"\n')
            for name, argset in {(n.name, n.argset) for n in self.tables.lines}:
                out.write(f'bool el4_{self.PREFIX}_{name}(struct el4_translator *t, '
                          f"const struct {self.PREFIX}_args_{argset or 'none'} *a)\n{{\n")
                for field in self.tables.argsets[argset][1] if argset else ():
                    out.write(f'    printf(" {field}=%d", (int)a->{field});\n')
                out.write('    return true;\n}\n')
        for name in ('decode', 'functions'):
            subprocess.run([compiler, *self.FLAGS, '-c', '-o',
                            os.path.join(folder, f'{name}.o'),
                            os.path.join(folder, f'{name}.c')], check=True)

    def run_c(self, compiler, folder, table, words):
        harness = os.path.join(folder, 'harness.c')
        with open(harness, 'w', encoding='utf-8') as out:
            out.write('#include <stdio.h>\n#include "decode.h"\n')
            out.write(self.HARNESS.replace('LIST', table.name))
        program = os.path.join(folder, 'harness')
        objects = [os.path.join(folder, name) for name in ('decode.o', 'functions.o')]
        subprocess.run([compiler, *self.FLAGS, '-o', program, harness, *objects], check=True)
        result = subprocess.run([program], input='\n'.join(f'{word:x}' for word in words),
                                stdout=subprocess.PIPE, check=True, text=True)
        return result.stdout.splitlines()


class A32Test(A64Test):
    """The tables of AArch32: three lists in one run."""

    PREFIX = 'a32'
    LISTS = (('a32', 32), ('t32', 32), ('t16', 16))


if __name__ == '__main__':
    unittest.main()
