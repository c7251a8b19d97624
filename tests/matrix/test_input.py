#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Cells that type on their guest's console."""
import json
import os
import sys

sys.path.insert(1, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'cli'))
import harness  # noqa: E402

OFF, CONFIG, FAILED = 0, 2, 3

MATRIX = """\
[matrix]
name = m
seconds = 60
machine.board = virt
machine.memory = 16M
machine.clock = ${clock}
start = ${start}
boot.kernel = echo.bin

[define]
clock = virtual
start = own

"""


def words(*numbers):
    return b''.join(harness.guest_word(number) for number in numbers)


def say(text):
    return b''.join(harness.store_byte(character) for character in text)


# Each byte that comes back to where it came from; 'q' is the end. x3 is the UART.
ECHO = words(0xb9401865,              # ldr w5, [x3, #UARTFR]
             0x37000000 | 4 << 19 | 0x3fff << 5 | 5,  # tbnz w5, #4 (RXFE), 1b
             0xb9400064, 0xb9000064,  # ldr w4, [x3]; str w4, [x3]
             0x7100001f | ord('q') << 10 | 4 << 5,    # cmp w4, #'q'
             0x54000001 | (-5 & 0x7ffff) << 5)        # b.ne 1b


class Case(harness.Case):
    def setUp(self):
        super().setUp()
        self.guest('echo', 'boot\r\nready> ')

    def guest(self, name, greeting, loop=ECHO, end=harness.SYSTEM_OFF):
        self.write(name + '.bin', say(greeting) + loop + end)

    def matrix(self, keys, *texts, more=''):
        """keys: of [matrix]; texts: the inputs of the axis' values."""
        values = '\n'.join(f'[value text {number}]\ninput = {text}'
                           for number, text in enumerate(texts))
        numbers = ' '.join(map(str, range(len(texts)))) or '0'
        self.write('m.ini', MATRIX.replace('\n\n', f'\n{keys}\n\n', 1) +
                   f'[axis text]\nvalues = {numbers}\n{values}\n{more}')

    def run_matrix(self, *more, folder='m.results', status=OFF):
        """(the attempts in the order of their cells, messages)"""
        got, output, errors = self.el4('matrix', 'run', 'm.ini', '--results', folder, *more)
        self.assertEqual((got, output), (status, ''), errors)
        with open(self.path(f'{folder}/results.jsonl'), encoding='utf-8') as journal:
            attempts = [json.loads(line) for line in journal][1:]
        return sorted(attempts, key=lambda attempt: (attempt['index'], attempt['attempt'])), errors


class Input(Case):
    def test_it_is_typed(self):
        self.matrix('input-after = "^ready> $"', 'one\\n\\x41\\t\\\\q', '"two \\"${text}\\" q"')
        attempts, _ = self.run_matrix()
        self.assertEqual([attempt['console'] for attempt in attempts],
                         ['boot\r\nready> one\nA\t\\q', 'boot\r\nready> two "1" q'])
        again, _ = self.run_matrix(folder='again')
        for attempt in attempts + again:
            attempt.pop('times')
        self.assertEqual(attempts, again)
        real, _ = self.run_matrix('-D', 'clock=real', folder='real')
        self.assertEqual([attempt['console'] for attempt in real],
                         [attempt['console'] for attempt in attempts])

    def test_much(self):
        """More than a FIFO, a pipe's buffer or the stream's own holds."""
        text = 'abcdefgh' * 500
        self.matrix('input-after = ready', text + 'q', '\\x80\\xff\\x00q')
        attempts, _ = self.run_matrix()
        self.assertEqual(attempts[0]['console'], 'boot\r\nready> ' + text + 'q')
        self.assertTrue(attempts[1]['console'].endswith('> \ufffd\ufffd\ufffdq'),
                        attempts[1]['console'])

    def test_pattern_that_never_comes(self):
        self.guest('wait', 'boot\r\n', harness.WFI, harness.STAY)
        self.matrix('input-after = "^ready>"\nexpect.status = time-out', 'q')
        attempts, errors = self.run_matrix('-s', 'boot.kernel=wait.bin', status=FAILED)
        self.assertEqual(attempts[0]['outcome'], 'fail')
        reason = 'console: nothing matches "^ready>" (m.ini:9), so the input was not typed'
        self.assertEqual(attempts[0]['reasons'], [reason])
        self.assertIn(reason, errors)

    def test_guest_that_sleeps(self):
        """No CPU can run again without the input, and standard input has been at its end for a
        while: the pattern is looked for before that ends the run."""
        spin = harness.movz(5, 0) + harness.movk16(5, 100) + words(
            0xf10004a5,                             # subs x5, x5, #1
            0x54000001 | (-1 & 0x7ffff) << 5)       # b.ne 1b
        wires = b''.join(
            harness.movz(6, address & 0xffff) + harness.movk16(6, address >> 16) +
            harness.movz(7, value) + words(0xb90000c7)  # str w7, [x6]
            for address, value in [(0x08000104, 2), (0x08000820, 0x100), (0x08000000, 1),
                                   (0x08010004, 0xff), (0x08010000, 1), (0x09000038, 0x10)])
        self.write('wait.bin', spin + wires + say('ready') + harness.WFI + ECHO +
                   harness.SYSTEM_OFF)
        self.matrix('input-after = ready$', 'q')
        attempts, _ = self.run_matrix('-s', 'boot.kernel=wait.bin')
        self.assertEqual(attempts[0]['console'], 'readyq')

    def test_nothing_to_type(self):
        self.guest('wait', 'ready', harness.WFI, harness.STAY)
        self.matrix('input-after = ready$\nexpect.status = time-out', '')
        attempts, _ = self.run_matrix('-s', 'boot.kernel=wait.bin')
        self.assertEqual(attempts[0]['outcome'], 'pass')

    def test_window(self):
        """^ does not fit where the text that is kept begins, and no byte is too many."""
        loop = b''.join([harness.movz(5, 40000), words(
            0xb9000064,          # str w4, [x3]
            0xf10004a5,          # subs x5, x5, #1
            0x54000001 | (-2 & 0x7ffff) << 5)])  # b.ne 1b
        self.write('long.bin', say('>') + loop + say('\n>') + ECHO + harness.SYSTEM_OFF)
        self.matrix('input-after = "^>$"', 'q')
        attempts, _ = self.run_matrix('-s', 'boot.kernel=long.bin')
        self.assertEqual(attempts[0]['console'], '>' * 40001 + '\n>q')
        self.matrix('input-after = "^>+\\n"\nexpect.status = time-out\nseconds = 3', 'q')
        self.write('m.ini', self.read('m.ini').replace('seconds = 60\n', ''))
        attempts, _ = self.run_matrix('-s', 'boot.kernel=long.bin', folder='cut', status=FAILED)
        self.assertIn('so the input was not typed', attempts[0]['reasons'][0])

    def test_show(self):
        self.matrix('input-after = "^ready> $"', 'q\\n')
        status, output, errors = self.el4('matrix', 'show', 'm.ini', 'text=0')
        self.assertEqual(status, OFF, errors)
        self.assertRegex(output, r'  typed\n    input-after = \^ready> \$ +; m.ini:9\n'
                                 r'    input = q\\n +; m.ini:\d+\n')

    def test_inputs_have_it(self):
        """A cell whose input or pattern is another one runs again."""
        digests = set()
        for number, (after, text) in enumerate([('a', 'q'), ('b', 'q'), ('a', 'qq')]):
            self.guest('echo', 'ab')
            self.matrix(f'input-after = {after}', text)
            attempts, _ = self.run_matrix(folder=str(number))
            digests.add(attempts[0]['inputs'])
        self.assertEqual(len(digests), 3)

    def test_mistakes(self):
        for keys, text, message in [
                ('', 'q', 'the cell text=0 does not say when it is typed; add input-after'),
                ('input-after = "(("', 'q', 'mend the regular expression'),
                ('input-after = a', 'q\\y', "'\\y' is no escape; write \\n,"),
                ('input-after = a', 'q\\', "'\\' is no escape"),
                ('input-after = a', 'q\\x4', "'\\x' is no escape")]:
            self.matrix(keys, text)
            status, output, errors = self.el4('matrix', 'run', 'm.ini')
            self.assertEqual((status, output), (CONFIG, ''))
            self.assertIn(message, errors)


if __name__ == '__main__':
    harness.main()
