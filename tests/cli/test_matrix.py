#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""el4 matrix list and show: cells, filters, messages, statuses, completion."""
import os
import shlex

import harness

USAGE = 1
CONFIGURATION = 2

MATRIX = """\
[matrix]
name = sample
help = Boards and callers.
config = base.ini
machine.clock = virtual

[define]
guests = images

[axis board]
help = What the guest runs on.
values = virt highbank

[axis caller]
values = el1 el2

[value board highbank]
config = highbank.ini
tags = slow
expect.known-failure = not yet

[set kernel]
when = caller=el2
boot.kernel = ${guests}/${caller}.bin
seconds = 2.5

[exclude nowhere]
when = board=highbank caller=el2

[expect]
console = "^all ok$"
calls = smc:0x84000000:handled:psci:1-
"""

NAMES = 'board=virt,caller=el1\nboard=virt,caller=el2\nboard=highbank,caller=el1\n'

# (arguments after `matrix`, status, message)
TABLE = [
    (['nonsense'], USAGE, "there is no command 'matrix nonsense'; 'el4 matrix --help' lists them"),
    (['list'], USAGE,
     'there is no matrix file; name one, such as config/matrix/smc-policy.ini'),
    (['list', 'm.ini', 'more'], USAGE,
     "'more' is one word too many; 'el4 matrix --help' shows how to write it"),
    (['list', '--bogus', 'm.ini'], USAGE,
     "unknown option '--bogus'; 'el4 matrix --help' lists them"),
    (['list', 'm.ini', '-w'], USAGE, "option '-w' needs an operand"),
    (['list', 'm.ini', '--shard', '3/2'], USAGE,
     "--shard: '3/2' is no shard; write K/N, for example 1/4 to 4/4"),
    (['list', 'm.ini', '--shard=0/2'], USAGE,
     "--shard: '0/2' is no shard; write K/N, for example 1/4 to 4/4"),
    (['list', 'm.ini', '--order', 'any'], USAGE,
     "--order: 'any' is no order; write listed or random"),
    (['list', 'm.ini', '--seed', 'x'], USAGE,
     "--seed: 'x' is not a number; write a decimal or 0x number"),
    (['list', 'm.ini', '--seed', '3'], USAGE, '--seed goes with --order random: add that'),
    (['list', 'm.ini', '--failed', 'none'], USAGE,
     'none: there are no results to read: No such file or directory'),
    (['list', 'm.ini', '-w', 'board=vitr'], USAGE,
     "-w: the axis board has no value 'vitr'; did you mean 'virt'?"),
    (['list', 'm.ini', '--tag', 'slw'], USAGE,
     "--tag: no cell has the tag 'slw'; did you mean 'slow'?"),
    (['show', 'm.ini', 'board=virt'], USAGE,
     "no cell is called 'board=virt'; 'el4 matrix list' lists them"),
    (['list', 'none.ini'], CONFIGURATION, 'none.ini: No such file or directory'),
    (['list', 'm.ini', '-D', 'gests=x'], CONFIGURATION,
     "-D option: [define] has no 'gests'; did you mean 'guests'?"),
    (['list', 'm.ini', '-s', 'cpus'], CONFIGURATION,
     "-s option: 'cpus' is not an override; write section.key=value"),
    (['list', 'bad.ini'], CONFIGURATION,
     "bad.ini:2: [axis a] vales: unknown key; did you mean 'values'?\n"
     'el4: bad.ini:1: [axis a]: the axis has no values; add values = A B C'),
]


class Matrix(harness.Case):
    def setUp(self):
        super().setUp()
        self.write('m.ini', MATRIX)
        self.write('bad.ini', '[axis a]\nvales = x\n')
        self.write('base.ini', '[machine]\nboard = virt\n')
        self.write('highbank.ini', '[machine]\nboard = highbank\n')
        os.mkdir(self.path('images'))
        self.write('images/el2.bin', harness.SYSTEM_OFF)

    def ok(self, *arguments):
        status, output, errors = self.el4('matrix', *arguments)
        self.assertEqual((status, errors), (0, ''))
        return output

    def test_mistakes(self):
        for arguments, status, message in TABLE:
            with self.subTest(arguments):
                self.expect(status, f'el4: {message}\n', 'matrix', *arguments)

    def test_help(self):
        text = self.ok('--help')
        self.assertEqual(self.ok('list', '--help'), text)
        self.assertTrue(all(len(line) <= 100 for line in text.splitlines()))
        status, output, errors = self.el4('matrix')
        self.assertEqual((status, output, errors), (USAGE, '', text))
        self.assertIn('How long an attempt', self.el4('help', 'matrix.seconds')[1])

    def test_list(self):
        self.assertEqual(self.ok('list', 'm.ini'), NAMES)
        for arguments, expected in (
                (['-w', 'board=virt caller!=el1'], 'board=virt,caller=el2\n'),
                (['-wboard=virt', '-w', 'caller=el1|el2'],
                 'board=virt,caller=el1\nboard=virt,caller=el2\n'),
                (['--tag=slow'], 'board=highbank,caller=el1\n'),
                (['--cell', '*el2', '--cell=board=h*'],
                 'board=virt,caller=el2\nboard=highbank,caller=el1\n'),
                (['--tag', 'slow', '-w', 'board=virt'], '')):
            with self.subTest(arguments):
                self.assertEqual(self.ok('list', 'm.ini', *arguments), expected)

    def test_shards_and_order(self):
        shards = [self.ok('list', 'm.ini', '--shard', f'{k}/2').splitlines() for k in (1, 2)]
        self.assertEqual(sorted(shards[0] + shards[1]), sorted(NAMES.splitlines()))
        ordered = self.ok('list', 'm.ini', '--order', 'random', '--seed', '5')
        self.assertEqual(ordered, self.ok('list', 'm.ini', '--order=random', '--seed=5'))
        self.assertEqual(sorted(ordered.splitlines()), sorted(NAMES.splitlines()))
        status, output, errors = self.el4('matrix', 'list', 'm.ini', '--order', 'random')
        self.assertEqual(status, 0)
        self.assertRegex(errors, r'^el4: the order is that of --seed \d+\n$')
        self.assertEqual(self.ok('list', 'm.ini', '--order', 'random', '--seed',
                                 errors.split()[-1]), output)

    def test_warning(self):
        self.write('odd.ini', MATRIX + '[exclude odd]\nwhen = caller=el1 caller=el2\n')
        self.assertEqual(self.expect(0, 'el4: odd.ini:33: [exclude odd]: it fits no cell\n',
                                     'matrix', 'list', 'odd.ini'), NAMES)

    def test_show(self):
        text = self.ok('show', 'm.ini')
        self.assertTrue(text.startswith('sample: Boards and callers.\n'))
        self.assertIn('[axis board] What the guest runs on.\n       2  virt\n'
                      '       1  highbank\n', text)
        self.assertTrue(text.endswith('\n3 cells\n'))
        self.assertTrue(self.ok('show', 'm.ini', '--tag', 'slow')
                        .endswith('\n3 cells, of which 1 are picked\n'))

    def test_show_cell(self):
        text = self.ok('show', 'm.ini', 'board=highbank,caller=el1')
        for line in (f'    {self.path("base.ini")}', f'    {self.path("highbank.ini")}',
                     '    slow', '    seconds      = 60', '    memory       = 4G',
                     '    status = off', '    known-failure = not yet'):
            self.assertIn(line + '\n', text)
        self.assertRegex(text, r'(?m)^    machine.clock=virtual +; m.ini:5$')
        self.assertRegex(text, r'(?m)^    console = \^all ok\$ +; m.ini:31$')

    def test_by_hand(self):
        """What show prints runs the cell, from any folder."""
        text = self.ok('show', 'm.ini', 'board=virt,caller=el2', '-D', 'guests=./images',
                       '-s', 'chain hvc.services=psci')
        run, again = text[text.index('  by hand\n'):].splitlines()[1:]
        words = shlex.split(run)
        self.assertEqual(words[0], 'el4')
        self.assertIn(f'boot.kernel={self.path("images/el2.bin")}',
                      [word.replace('/./', '/') for word in words])
        self.assertEqual(words[-2:], ['--timeout', '2.5'])
        self.assertEqual(self.el4(*words[1:], cwd='/')[0], 0)
        self.assertEqual(shlex.split(again)[1:],
                         ['matrix', 'run', self.path('m.ini'), '--results', '$(mktemp -d)',
                          '--cell', 'board=virt,caller=el2', '-D', 'guests=./images', '-s', 'chain hvc.services=psci'])

    def test_further_configuration_files(self):
        text = self.el4('explain', 'base.ini', '--config', 'highbank.ini')[1]
        self.assertRegex(text, r'(?m)^board += highbank +; highbank.ini:2$')
        text = self.el4('explain', '--config', 'highbank.ini')[1]
        self.assertRegex(text, r'(?m)^board += highbank +; highbank.ini:2$')
        self.expect(CONFIGURATION, 'el4: none.ini: No such file or directory\n', 'check',
                    'base.ini', '--config', 'none.ini')

    def test_completion(self):
        def offered(*words):
            return self.el4('complete', *words)[1].splitlines()
        self.assertIn('matrix', offered(''))
        self.assertLessEqual({'list', 'show', 'run'}, set(offered('matrix', '')))
        self.assertEqual(offered('matrix', 'list', ''), [':files '])
        self.assertIn('--changed-since', offered('matrix', 'list', 'm.ini', '--'))
        self.assertEqual(offered('matrix', 'list', 'm.ini', '-w', 'board=h'),
                         ['board=highbank\tWhat the guest runs on.'])
        self.assertEqual(offered('matrix', 'show', '--tag', 'x', 'm.ini', 'board=virt,'),
                         ['board=virt,caller=el1', 'board=virt,caller=el2'])
        self.assertEqual(offered('matrix', 'list', 'm.ini', '--cell', 'board=h'),
                         ['board=highbank,caller=el1'])
        self.assertEqual(offered('matrix', 'list', '--order', 'r'), ['random'])
        self.assertEqual(offered('matrix', 'list', '--failed', ''), [':folders'])
        self.assertEqual(offered('matrix', 'list', 'bad.ini', '-w', ''), [])
        self.assertLessEqual({'--resume', '--shard'},
                             set(offered('matrix', 'run', 'm.ini', '--')))
        self.assertEqual(offered('matrix', 'run', 'm.ini', '--results', ''), [':folders'])
        self.assertNotIn('--resume', offered('matrix', 'list', 'm.ini', '--'))
        self.assertEqual(offered('matrix', 'report', '--format', 'j'), ['junit', 'json'])
        self.assertIn('--before', offered('matrix', 'report', '--'))
        self.assertEqual(offered('matrix', 'report', ''), [':folders'])
        self.assertIn('matrix.seconds\tHow long an attempt at a cell may take.',
                      offered('help', 'matrix.s'))


if __name__ == '__main__':
    harness.main()
