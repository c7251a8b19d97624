#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Cells that start as one: what comes of them is what comes of cells that start on their own,
also of cells that misbehave, of runners that are killed, and where nothing can be shared."""
import argparse
import os
import re
import shutil
import signal
import sys
import time

sys.path.insert(1, os.path.dirname(os.path.abspath(__file__)))
import test_input  # noqa: E402
import test_run  # noqa: E402
from test_input import FAILED, OFF, harness, say, words  # noqa: E402

del test_run.Run, test_input.Input  # they have tests of their own
SHARED = ('-D', 'start=shared')

# What the service does, by the letter that is typed: see test_run.DOES.
LETTERS = {name: chr(ord('a') + number) for number, name in enumerate(test_run.DOES)}

# HVC 0x82000000 and the letter that is typed, less 'a'; x3 is the UART.
CALL = words(0xb9401865,                              # 1: ldr w5, [x3, #UARTFR]
             0x37000000 | 4 << 19 | 0x3fff << 5 | 5,  # tbnz w5, #4 (RXFE), 1b
             0xb9400064) + harness.movz(0, 0) + harness.movk16(0, 0x8200) + words(  # ldr w4, [x3]
                 0x0b040000,                          # add w0, w0, w4
                 0x51000000 | ord('a') << 10) + harness.HVC  # sub w0, w0, #'a'
SLEEP = harness.call(0x82000000 + test_run.DOES.index('sleep'))
CRASH = harness.call(0x82000000 + test_run.DOES.index('crash'))

CHAIN = """chain hvc.services = unruly psci
input-after = "ready> $"
"""


class Case(test_input.Case):
    unruly = None  # the folder of the plugin
    linux = None   # that of the guests
    sanitized = False
    took = ()  # seconds, on their own and shared

    def start(self, *arguments, **options):
        environment = {**os.environ, 'EL4_PLUGIN_PATH': self.unruly}
        return super().start(*arguments, **{'env': environment, **options})

    def both_ways(self, *more, status=OFF, told=''):
        """Run them on their own and shared: the records are the same. Returns them."""
        began = time.monotonic()
        own, _ = self.run_matrix(*more, folder='own', status=status)
        middle = time.monotonic()
        attempts, errors = self.run_matrix(*more, *SHARED, folder='shared', status=status)
        self.took = middle - began, time.monotonic() - middle
        if told:
            self.assertIn(told, errors)
        else:
            self.assertNotIn('start on their own', errors)
        for attempt in own + attempts:
            attempt.pop('times')
            if self.sanitized:  # their messages of a crash have addresses
                attempt['console'] = re.split(r'\n=====|[^\n]*: runtime error:',
                                              attempt['console'])[0]
        self.assertEqual(own, attempts)
        return attempts


class Shared(Case):

    def calls(self, *names, keys='', before=b'', greeting='ready> ', more=''):
        """Cells that do something of test_run.DOES each; `before`: what the guest does first."""
        self.write('echo.bin', before + say(greeting) + CALL + harness.SYSTEM_OFF)
        self.matrix(CHAIN + keys, *(LETTERS[name] for name in names), more=more)

    def run_in_background(self, *more):
        """The runner, and the process in which its cells start."""
        process = self.start('matrix', 'run', 'm.ini', *SHARED, *more)
        def first():
            return [child for child in test_run.children(process.pid)
                    if test_run.name_of(child) == 'el4-shared']
        test_run.wait_for(first, 'the first process')
        return process, first()[0]

    def results(self):
        return test_run.lines_of(self.path('m.results/results.jsonl'))[1:]

    def expect_complete(self, cells, outcome='pass'):
        results = self.results()
        self.assertEqual(sorted(result['index'] for result in results), list(range(cells)))
        self.assertEqual({result['outcome'] for result in results}, {outcome})

    def remove(self, *folders):
        for folder in folders:
            shutil.rmtree(self.path(folder))

    # ---- the same results ----

    def test_same(self):
        texts = ['q'] + [f'text {number}\\n{"x" * number * 40}q' for number in range(11)]
        self.matrix('input-after = "^ready> $"', *texts, more='[expect]\nconsole = "q$"\n')
        for more in ((), ('-s', 'machine.cpus=4', '-j', '3')):
            attempts = self.both_ways(*more)
            self.assertEqual(len({attempt['machine-ns'] for attempt in attempts}), 12)
            self.remove('own', 'shared')

    def test_trace(self):
        """What stands in buffers comes where it does in a cell of its own, and once."""
        self.calls('nothing', 'sleep', before=SLEEP)
        for more in ((), ('-s', 'trace.hash=yes')):
            attempts = self.both_ways('-s', 'trace.kinds=smc', *more)
            self.assertEqual(attempts[1]['console'].count('0x82000005'), 0 if more else 2)
            self.remove('own', 'shared')

    def test_semihosting(self):
        """Output that does not go through the stream."""
        hello = harness.movz(0, 4) + harness.adr(1, 3) + harness.HLT_SEMIHOSTING + \
            words(0x14000003) + b'hosted!\0'
        self.calls('nothing', 'nothing', before=hello)
        for attempt in self.both_ways('-s', 'machine.semihosting=yes'):
            self.assertEqual(attempt['console'], 'hosted!ready> ')

    def test_they_start_once(self):
        """Ten cells, of which each would sleep for 1.2 s before its input."""
        self.calls(*['nothing'] * 10, before=SLEEP * 4)
        began = time.monotonic()
        attempts, errors = self.run_matrix('-j', '1', *SHARED)
        self.assertLess(time.monotonic() - began, 6, errors)
        for attempt in attempts:  # the calls before the fork are in each cell's record
            counts = {count['id']: count['count'] for count in attempt['counts']}
            self.assertEqual(counts['0x82000005'], 4)
            self.assertEqual(len(attempt['events']), 6)

    def test_groups(self):
        """Only cells that are the same until then start as one; one alone starts on its own."""
        self.matrix('input-after = "^ready> $"', *'abcdef')
        text = self.read('m.ini')
        for number, keys in enumerate(['', 'machine.cpus = 2', '', 'machine.cpus = 2', 'files = 63',
                                       'input-after = "^r.*> $"']):
            text = text.replace(f'\ninput = {"abcdef"[number]}\n',
                                f'\ninput = {"abcdef"[number]}q\n{keys}\n')
        self.write('m.ini', text.replace('\ninput = f', '\ninput = fq'))
        self.both_ways()
        for cell, start in [(0, 'once for 2 cells'), (1, 'once for 2 cells'),
                            (4, 'on its own: no other cell is the same')]:
            status, output, errors = self.el4('matrix', 'show', 'm.ini', f'text={cell}', *SHARED)
            self.assertEqual(status, OFF, errors)
            self.assertIn('  started\n    ' + start, output)

    def test_misbehaving(self):
        """Crashes, floods and so on, each beside the others, which it does not touch; what a
        cell may call, take and open is the same."""
        names = ['nothing', 'crash', 'flood', 'leave', 'large-file', 'files', 'nothing']
        self.calls(*names, keys='output = 100000\nfile-size = 1M\nfiles = 32\n')
        attempts = self.both_ways(status=FAILED)
        outcomes = {name: attempt for name, attempt in zip(names, attempts)}
        self.assertEqual(outcomes['nothing']['outcome'], 'pass')
        self.assertEqual(len(outcomes['flood']['console']), 100000)
        self.assertIn('ended with status 7', outcomes['leave']['reasons'][0])
        if not self.sanitized:
            self.assertEqual(outcomes['crash']['signal'], signal.SIGSEGV)
            self.assertEqual(outcomes['large-file']['signal'], signal.SIGXFSZ)

    def test_hang(self):
        self.calls('hang', 'nothing', keys='expect.status = off\n')
        self.write('m.ini', self.read('m.ini').replace('seconds = 60', 'seconds = 4'))
        attempts = self.both_ways(status=FAILED)
        self.assertEqual([attempt['outcome'] for attempt in attempts], ['fail', 'pass'])
        self.assertTrue(attempts[0]['timed-out'])

    def test_memory(self):
        self.calls('eat', 'nothing', keys='memory = 1G\n')
        attempts, errors = self.run_matrix(*SHARED)
        self.assertNotIn('start on their own', errors)
        eaten = int(attempts[0]['console'].split()[-1])
        if not self.sanitized:
            self.assertGreater(eaten, 8)
            self.assertLess(eaten, 64)

    def test_breaking_out(self):
        """As a cell of its own, but that it can't even signal itself. So does the process in
        which they start, which may fork in one way, and by no call of the C library."""
        self.calls('escape', 'nothing')
        shared, errors = self.run_matrix(*SHARED)
        self.assertNotIn('start on their own', errors)
        own, _ = self.run_matrix(folder='own')
        self.assertIn('kill-self: done', own[0]['console'])
        self.assertEqual(shared[0]['console'],
                         own[0]['console'].replace('kill-self: done', 'kill-self: EPERM'))
        escape = harness.call(0x82000000 + test_run.DOES.index('escape'))
        self.calls('nothing', 'nothing', before=escape)
        before, errors = self.run_matrix(*SHARED, folder='before')
        self.assertNotIn('start on their own', errors)
        self.assertEqual(before[0]['console'].replace('ready> ', ''),
                         own[0]['console'].replace('ready> ', '').replace(
                             'fork: EPERM', 'fork: ENOSYS'))

    # ---- where nothing can be shared ----

    def test_pattern_that_never_comes(self):
        self.guest('echo', 'boot\r\n', harness.WFI, harness.STAY)
        self.matrix('input-after = "^ready>"\nexpect.status = time-out', *'abc')
        attempts = self.both_ways(status=FAILED, told='text=0, and those like it: 3 cells start '
                                  'on their own: the guest ended before the console matched '
                                  'input-after')
        for attempt in attempts:
            self.assertEqual(attempt['reasons'], ['console: nothing matches "^ready>" (m.ini:9), '
                                                  'so the input was not typed'])

    def test_guest_that_crashes_before(self):
        self.calls('nothing', 'nothing', before=CRASH)
        attempts = self.both_ways(status=FAILED, told='has ended')
        self.assertEqual({attempt['outcome'] for attempt in attempts}, {'fail'})

    def test_flood_before(self):
        flood = harness.call(0x82000000 + test_run.DOES.index('flood'))
        self.calls('nothing', 'nothing', before=flood, keys='output = 100000\n')
        attempts = self.both_ways(status=FAILED, told="more than 'output' was written")
        self.assertEqual(len(attempts[0]['console']), 100000)

    def test_wrong_configuration(self):
        self.matrix('input-after = ready\nmachine.cpus = many', 'q', 'qq')
        attempts = self.both_ways(status=FAILED, told='start on their own')
        self.assertEqual({attempt['outcome'] for attempt in attempts}, {'error'})

    def refuse(self, why, *settings):
        self.matrix('input-after = ready', 'aq', 'bq')
        attempts, errors = self.run_matrix(*SHARED, *settings, '-j', '1')
        self.assertIn(f'2 cells start on their own: {why}', errors)
        self.assertEqual({attempt['outcome'] for attempt in attempts}, {'pass'})
        output = self.el4('matrix', 'show', 'm.ini', 'text=1', *SHARED, *settings)[1]
        self.remove('m.results')
        return output

    def test_refused(self):
        for why, setting in [('machine.clock is not virtual', 'machine.clock=real'),
                             ("a device is connected to 'socket:there'",
                              'machine.control=socket:there')]:
            self.assertIn('on its own: ' + why, self.refuse(why, '-s', setting))

    def test_open_file(self):
        self.write('trace', '')
        self.refuse(f'{self.path("trace")} is open for writing', '-s', 'trace.file=trace', '-s',
                    'trace.kinds=exception')

    def test_disks(self):
        self.write('disk', bytes(65536))
        disk = ('-s', 'device virtio0.device=block', '-s', 'device virtio0.file=disk')
        self.refuse(f'{self.path("disk")} is open for writing', *disk)
        self.matrix('input-after = ready', 'aq', 'bq')
        for kept in ('readonly', 'snapshot'):
            self.both_ways(*disk, '-s', f'device virtio0.{kept}=yes')
            self.remove('own', 'shared')

    def test_network(self):
        """Not in one process with cells that may not: nobody is surprised by a message."""
        self.matrix('input-after = ready\nnetwork = yes', 'aq', 'bq')
        self.run_matrix(*SHARED)
        output = self.el4('matrix', 'show', 'm.ini', 'text=1', *SHARED)[1]
        self.assertIn('on its own: network = yes', output)

    def test_mistakes(self):
        self.matrix('', '')
        status, _, errors = self.el4('matrix', 'run', 'm.ini', *SHARED)
        self.assertEqual(status, test_input.CONFIG)
        self.assertIn('start = shared: the cell text=0 does not say up to where; add', errors)

    # ---- processes that are killed, and further attempts ----

    def test_killed_while_it_starts(self):
        self.calls('nothing', 'nothing', 'nothing', before=SLEEP * 5)
        process, first = self.run_in_background()
        os.kill(first, signal.SIGKILL)
        errors = process.communicate(timeout=test_run.LIMIT_SECONDS)[1].decode()
        self.assertEqual(process.returncode, OFF, errors)
        self.assertIn('3 cells start on their own: the process in which they were to start has '
                      'ended', errors)
        self.expect_complete(3)

    def test_killed_when_it_is_ready(self):
        self.calls(*['sleep'] * 10)
        process, first = self.run_in_background('-j', '1')
        test_run.wait_for(lambda: len(self.results()) > 1, 'some results')
        os.kill(first, signal.SIGKILL)
        errors = process.communicate(timeout=test_run.LIMIT_SECONDS)[1].decode()
        self.assertEqual(process.returncode, OFF, errors)
        self.assertRegex(errors, r'[1-9] cells start on their own: ')
        self.expect_complete(10)

    def test_killed_runner(self):
        """Nothing lives on, and --resume runs the rest, shared again."""
        self.calls(*['sleep'] * 12)
        process, first = self.run_in_background('-j', '2')
        test_run.wait_for(lambda: len(self.results()) > 1, 'some results')
        everybody = test_run.children(process.pid)
        self.assertIn(first, everybody)
        self.assertGreater(len(everybody), 1)
        process.kill()
        process.communicate(timeout=test_run.LIMIT_SECONDS)
        test_run.wait_for(lambda: not any(map(test_run.is_alive, everybody)), 'they are gone')
        self.assertLess(len(self.results()), 12)
        status, _, errors = self.el4('matrix', 'run', 'm.ini', *SHARED, '--resume', '-j', '4')
        self.assertEqual(status, OFF, errors)
        self.assertNotIn('start on their own', errors)
        self.expect_complete(12)

    def test_killed_runner_with_cells_that_hang(self):
        self.calls('hang', 'hang')
        self.write('m.ini', self.read('m.ini').replace('seconds = 60', 'seconds = 1000'))
        process, _ = self.run_in_background('-j', '2')
        test_run.wait_for(lambda: len(test_run.cells_of(process.pid)) == 2, 'two cells')
        cells = test_run.children(process.pid)
        process.kill()
        process.communicate(timeout=test_run.LIMIT_SECONDS)
        test_run.wait_for(lambda: not any(map(test_run.is_alive, cells)), 'they are gone')

    def test_ended_runner(self):
        self.calls(*['sleep'] * 12)
        process, _ = self.run_in_background('-j', '2')
        test_run.wait_for(lambda: len(self.results()) > 1, 'some results')
        everybody = test_run.children(process.pid)
        process.terminate()
        process.communicate(timeout=test_run.LIMIT_SECONDS)
        self.assertEqual(process.returncode, test_run.INTERNAL)
        self.assertFalse(any(map(test_run.is_alive, everybody)))

    def test_killed_cell(self):
        """A cell that was forked, and is killed from outside, is run again on its own."""
        self.calls('sleep', 'sleep', before=SLEEP)
        process, _ = self.run_in_background()
        test_run.wait_for(lambda: test_run.cells_of(process.pid), 'a cell')
        os.kill(test_run.cells_of(process.pid)[0], signal.SIGKILL)
        errors = process.communicate(timeout=test_run.LIMIT_SECONDS)[1].decode()
        self.assertEqual(process.returncode, OFF, errors)
        self.expect_complete(2)

    def test_retries(self):
        self.calls('flaky', 'nothing', keys='retries = 2\n',
                   more='[expect first]\nwhen = text=0\nconsole = "second$"\n')
        attempts, errors = self.run_matrix(*SHARED)
        self.assertEqual([(attempt['index'], attempt['attempt'], attempt['outcome'])
                          for attempt in attempts],
                         [(0, 1, 'fail'), (0, 2, 'pass'), (1, 1, 'pass')])
        self.assertIn('flaky: text=0\n', errors)
        # Of a group that has nothing to do but one cell, that one starts on its own.
        os.unlink(self.path('mark'))
        status, _, errors = self.el4('matrix', 'run', 'm.ini', *SHARED, '--resume')
        self.assertEqual(status, OFF, errors)
        self.assertEqual(len(self.results()), 3)


LINUX = """\
[matrix]
seconds = 120
machine.board = virt
machine.memory = 256M
machine.clock = virtual
machine.cpus = ${cpus}
boot.kernel = ${linux}/vmlinuz
boot.initrd = ${linux}/initramfs.cpio.gz
boot.append = console=ttyAMA0
start = ${start}
input-after = "^guest:.*# "

[define]
start = own
linux = .

[axis cpus]
values = 1 2

[axis command]
values = uname interrupts modules crc memory file load random cpu fail

[expect]
console = "^status 0$"
"""

COMMANDS = {
    'uname': 'uname -a',
    'interrupts': 'cat /proc/interrupts',
    'modules': 'ls /lib/modules; ls -l /dev',
    'crc': 'sha256sum /bin/busybox',
    'memory': 'free; cat /proc/meminfo',
    'file': 'dd if=/dev/zero of=/tmp/x bs=64k count=64 && md5sum /tmp/x',
    'load': 'i=0; while [ $i -lt 2000 ]; do i=$((i+1)); done; cat /proc/uptime /proc/loadavg',
    'random': 'head -c 64 /dev/urandom | hexdump -C',
    'cpu': 'cat /proc/cpuinfo /proc/stat',
    'fail': '(exit 3) || echo $$; ps',
}


class Linux(Case):
    """Debian's kernel and a shell, ten commands on one and on two CPUs."""

    def setUp(self):
        super().setUp()
        harness.SECONDS = 900  # twenty boots, on a busy host

    def test_commands(self):
        if not os.path.exists(os.path.join(self.linux, 'vmlinuz')):
            self.skipTest(f'there is no {self.linux}/vmlinuz')
        text = LINUX
        for name, command in COMMANDS.items():
            text += f'[value command {name}]\ninput = "{command}; echo status $?; poweroff -f\\n"\n'
        self.write('m.ini', text)
        attempts = self.both_ways('-D', f'linux={self.linux}', '-j', '2')
        self.assertEqual(len(attempts), 2 * len(COMMANDS))
        print(f'{len(attempts)} cells of Linux, two at once: {self.took[0]:.1f} s on their own, '
              f'{self.took[1]:.1f} s from two starts', file=sys.stderr)
        self.assertLess(self.took[1], self.took[0] / 2)


if __name__ == '__main__':
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument('--unruly', required=True, help='the folder of the plugin')
    parser.add_argument('--linux', required=True, help="the folder of Debian's kernels")
    parser.add_argument('--sanitized', action='store_true')
    known, sys.argv[1:] = parser.parse_known_args()
    Case.unruly = os.path.abspath(known.unruly)
    Case.linux = os.path.abspath(os.path.join(os.environ.get('EL4_GUESTS') or known.linux,
                                              'arm64'))
    Case.sanitized = known.sanitized
    harness.SECONDS = test_run.LIMIT_SECONDS
    harness.main()
