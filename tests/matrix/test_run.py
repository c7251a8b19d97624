#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""el4 matrix run: cells that misbehave, runners that are killed, disks that are full; what is
resumed is complete and has nothing twice."""
import argparse
import collections
import ctypes
import json
import os
import pty
import resource
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(1, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'cli'))
import harness  # noqa: E402

OFF, USAGE, FAILED, INTERNAL = 0, 1, 3, 5
LIMIT_SECONDS = 120

# What the service does, by the low byte of the function's id.
DOES = ['nothing', 'crash', 'hang', 'flood', 'eat', 'sleep', 'escape', 'large-file', 'files',
        'leave', 'flaky', 'abort']

BASE = """\
[machine]
board = virt
memory = 16M
clock = virtual

[chain hvc]
services = unruly, psci
"""

# Sanitizers reserve more address space than any limit, and handle faults themselves.
SANITIZED = False


def lines_of(path):
    """The whole lines of a journal."""
    try:
        with open(path, 'rb') as file:
            return [json.loads(line) for line in file if line.endswith(b'\n')]
    except FileNotFoundError:
        return []


def wait_for(condition, what):
    deadline = time.monotonic() + LIMIT_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f'timed out: {what}')
        time.sleep(0.02)


def children(pid):
    try:
        with open(f'/proc/{pid}/task/{pid}/children') as file:
            return [int(word) for word in file.read().split()]
    except FileNotFoundError:
        return []


def name_of(pid):
    try:
        with open(f'/proc/{pid}/comm') as file:
            return file.read().strip()
    except (FileNotFoundError, ProcessLookupError):
        return None


def is_alive(pid):
    try:
        with open(f'/proc/{pid}/stat') as file:
            return file.read().rpartition(')')[2].split()[0] != 'Z'
    except (FileNotFoundError, ProcessLookupError):
        return False


def cells_of(pid):
    """Those that run: killing one that only waits to be reaped does nothing."""
    return [child for child in children(pid) if is_alive(child) and name_of(child) == 'el4-cell']


def starter_of(pid):
    return next(child for child in children(pid) if name_of(child) == 'el4-starter')


class Run(harness.Case):
    unruly = None  # the folder of the plugin

    @property
    def environment(self):
        return {**os.environ, 'EL4_PLUGIN_PATH': self.unruly}

    def start(self, *arguments, **options):
        return super().start(*arguments, **{'env': self.environment, **options})

    def setUp(self):
        super().setUp()
        self.write('base.ini', BASE)
        for number, name in enumerate(DOES):
            self.write(name + '.bin', harness.call(0x82000000 + number) + harness.SYSTEM_OFF)

    def matrix(self, *does, numbers=1, more='', **values):
        """Write m.ini: what cells do, times so many of each. `more`: further sections; values:
        what stands in the section of a value of `does`."""
        text = '[matrix]\nname = m\nconfig = base.ini\nseconds = 60\n\n'
        text += f'[axis does]\nvalues = {" ".join(does)}\n\n'
        text += f'[axis n]\nvalues = {" ".join(map(str, range(numbers)))}\n\n'
        for name in does:
            text += f'[value does {name}]\nboot.kernel = {name}.bin\n'
            text += values.get(name.replace('-', '_'), '') + '\n'
        self.write('m.ini', text + more)

    def run_matrix(self, *more, **options):
        """(status, messages)"""
        status, output, errors = self.el4('matrix', 'run', 'm.ini', *more, **options)
        self.assertEqual(output, '')
        return status, errors

    def journal(self, folder='m.results'):
        return self.path(os.path.join(folder, 'results.jsonl'))

    def attempts(self, folder='m.results'):
        lines = lines_of(self.journal(folder))
        self.assertEqual(lines[0]['type'], 'run')
        return lines[1:]

    def one(self):
        """The only attempt there is."""
        attempts = self.attempts()
        self.assertEqual(len(attempts), 1, attempts)
        return attempts[0]

    def expect_complete(self, cells, folder='m.results'):
        """Each cell has one result, which is good, and the file has nothing else."""
        with open(self.journal(folder), 'rb') as file:
            self.assertTrue(file.read().endswith(b'\n'))
        attempts = self.attempts(folder)
        names = collections.Counter(attempt['cell'] for attempt in attempts)
        self.assertEqual(len(names), cells)
        self.assertEqual(set(names.values()), {1})
        self.assertEqual({attempt['outcome'] for attempt in attempts}, {'pass'})

    # ---- what runs ----

    def test_good_cells(self):
        self.matrix('nothing', numbers=7)
        status, errors = self.run_matrix()
        self.assertEqual(status, OFF, errors)
        self.assertIn('7 of 7 cells done, 7 passed', errors)
        self.expect_complete(7)
        # The same again, but for times, whatever runs beside it.
        self.assertEqual(self.run_matrix('--results', 'other', '-j', '3')[0], OFF)
        runs = []
        for folder in ('m.results', 'other'):
            attempts = sorted(self.attempts(folder), key=lambda attempt: attempt['index'])
            for attempt in attempts:
                self.assertGreater(attempt.pop('times')['peak-bytes'], 0)
            runs.append(attempts)
        self.assertEqual(*runs)
        first = runs[0][0]
        self.assertEqual(first['cell'], 'does=nothing,n=0')
        self.assertEqual(first['axes'], {'does': 'nothing', 'n': '0'})
        self.assertEqual([count['service'] for count in first['counts']], ['unruly', 'psci'])
        self.assertEqual(len(first['inputs']), 64)

    def test_machine_seconds(self):
        """A guest that does not end by itself, on two CPUs: it comes as far in every run."""
        self.write('endless.bin', harness.call(0x82000000) + b''.join(map(harness.guest_word, (
            0x91000673, 0x17ffffff))))  # add x19, x19, #1; b .-4
        self.matrix('endless', endless='machine-seconds = 0.0123\n',
                    more='[axis cpus]\nvalues = 1 2\n[set c]\nwhen = cpus=1|2\n'
                         'machine.cpus = ${cpus}\n[expect]\nstatus = time-out\n')
        records = []
        for folder in ('m.results', 'other'):
            self.assertEqual(self.run_matrix('--results', folder)[0], OFF)
            attempts = sorted(self.attempts(folder), key=lambda attempt: attempt['index'])
            for attempt in attempts:
                del attempt['times']
                self.assertTrue(attempt['machine-limit'])
                self.assertAlmostEqual(attempt['machine-ns'], 12_300_000, delta=100)
            records.append(attempts)
        self.assertEqual(len(records[0]), 2)
        self.assertEqual(*records)
        self.assertGreater(int(records[0][0]['cpus'][0]['registers']['x19'], 0), 1_000_000)
        # Another limit is another input: the cells have no result for it.
        self.matrix('endless', endless='machine-seconds = 0.0124\n')
        self.assertEqual(self.run_matrix('--resume')[0], FAILED)
        self.assertIn('status: time-out (still running at its machine-seconds), not off',
                      self.attempts()[-1]['reasons'])

    def test_reports(self):
        self.matrix('nothing', numbers=2)
        status, output, errors = self.el4('matrix', 'run', 'm.ini', '--report', 'tap=-',
                                          '--report=junit=r.xml')
        self.assertEqual(status, OFF, errors)
        self.assertIn('ok 2 - does=nothing,n=1\n', output)
        self.assertIn('<testcase', self.read('r.xml'))
        status, output, errors = self.el4('matrix', 'run', 'm.ini', '--report', 'tap')
        self.assertEqual((status, output), (USAGE, ''))
        self.assertIn('write tap, junit, json or html', errors)
        # Before anything runs.
        self.matrix('nothing')
        status, errors = self.run_matrix('--results', 'new', '--report', 'html=none/r.html')
        self.assertEqual(status, INTERNAL)
        self.assertIn("none/r.html: the report can't be written: No such file", errors)
        self.assertFalse(os.path.exists(self.path('new')))

    def test_configuration_that_is_wrong(self):
        self.matrix('nothing', nothing='machine.cpus = many\n')
        status, errors = self.run_matrix()
        self.assertEqual(status, FAILED)
        self.assertEqual(self.one()['outcome'], 'error')
        self.assertIn('could not be run', errors)
        self.assertIn('m.ini:', ' '.join(self.one()['reasons']))

    def test_command_that_repeats_a_cell(self):
        self.matrix('leave', 'nothing')
        errors = self.run_matrix('-s', 'machine.cpus=2')[1]
        line = next(line for line in errors.splitlines() if line.startswith('repeat one: '))
        command = line.partition('repeat one: el4 ')[2]
        again = subprocess.run(['sh', '-c', f'{harness.Settings.el4} {command}'],
                               cwd=self.folder, capture_output=True, text=True,
                               timeout=LIMIT_SECONDS, env=self.environment)
        self.assertEqual(again.returncode, FAILED)
        self.assertIn("-s 'machine.cpus=2'", command)
        self.assertEqual(lines_of(self.journal())[0]['options'], ['-s', 'machine.cpus=2'])
        self.assertIn('1 of 1 cells done, 1 failed', again.stderr)

    # ---- cells that misbehave: each beside good ones, which it does not touch ----

    def misbehave(self, name, *arguments, **values):
        self.matrix(name, 'nothing', **values)
        status, errors = self.run_matrix(*arguments)
        attempts = {attempt['axes']['does']: attempt for attempt in self.attempts()}
        self.assertEqual(attempts['nothing']['outcome'], 'pass')
        self.assertEqual(status, OFF if attempts[name]['outcome'] == 'pass' else FAILED, errors)
        return attempts[name]

    def test_crash(self):
        attempt = self.misbehave('crash')
        self.assertEqual(attempt['outcome'], 'fail')
        if SANITIZED:  # its own handler ends the process
            self.assertIn('ended with status', attempt['reasons'][0])
        else:
            self.assertEqual(attempt['signal'], signal.SIGSEGV)
            self.assertIn('Segmentation fault', attempt['reasons'][0])

    def test_abort(self):
        """As after a failed assertion."""
        attempt = self.misbehave('abort')
        self.assertEqual((attempt['outcome'], attempt['signal']), ('fail', signal.SIGABRT))

    def test_hang(self):
        attempt = self.misbehave('hang', hang='seconds = 1\n')
        self.assertEqual((attempt['outcome'], attempt['timed-out']), ('fail', True))
        self.assertIn('did not end by itself at its limit of 1 s', attempt['reasons'][0])

    def test_flood(self):
        attempt = self.misbehave('flood', flood='output = 100000\n')
        self.assertEqual(attempt['outcome'], 'fail')
        self.assertIn('wrote more than 100000 bytes', attempt['reasons'][0])
        self.assertEqual(len(attempt['console']), 100000)
        self.assertEqual(attempt['console-dropped'], 1)

    def test_memory(self):
        attempt = self.misbehave('eat', eat='memory = 1G\n')
        eaten = int(attempt['console'].split()[-1])
        if SANITIZED:
            self.assertEqual(eaten, 256)
        else:  # of 4 GiB, in steps of 16 MiB
            self.assertLess(eaten, 64)
            self.assertGreater(eaten, 8)

    def test_large_file(self):
        attempt = self.misbehave('large-file', large_file='file-size = 1M\n')
        self.assertEqual((attempt['outcome'], attempt['signal']), ('fail', signal.SIGXFSZ))
        self.assertEqual(os.path.getsize(self.path('large')), 1 << 20)

    def test_many_files(self):
        attempt = self.misbehave('files', files='files = 32\n')
        opened = int(attempt['console'].split()[-1])
        self.assertLess(opened, 30)

    def test_leaving(self):
        attempt = self.misbehave('leave')
        self.assertEqual(attempt['outcome'], 'fail')
        self.assertIn('ended with status 7 before it told its result', attempt['reasons'][0])

    def escape(self, **values):
        console = self.misbehave('escape', **values)['console']
        return dict(line.split(': ') for line in console.splitlines())

    def test_breaking_out(self):
        self.assertEqual(self.escape(), {
            'inet': 'ENOSYS', 'packet': 'ENOSYS', 'unix': 'done', 'connect': 'ENOENT',
            'fork': 'EPERM', 'execve': 'EPERM', 'kill': 'EPERM', 'kill-group': 'EPERM',
            'kill-self': 'done', 'own-clock': 'done', 'ptrace': 'EPERM', 'mount': 'EPERM', 'thread': 'done'})

    def test_network(self):
        tries = self.escape(escape='network = yes\n')
        self.assertEqual((tries['inet'], tries['packet']), ('done', 'ENOSYS'))

    # ---- attempts ----

    def test_flaky(self):
        self.matrix('flaky', flaky='retries = 3\n', more='[expect]\nconsole = "^second$"\n')
        status, errors = self.run_matrix()
        self.assertEqual(status, OFF, errors)
        self.assertEqual([(attempt['attempt'], attempt['outcome'])
                          for attempt in self.attempts()], [(1, 'fail'), (2, 'pass')])
        self.assertIn('(it is tried again)', errors)
        self.assertIn('flaky: does=flaky,n=0\n', errors)

    def test_retries_have_an_end(self):
        self.matrix('leave', leave='retries = 2\n')
        self.assertEqual(self.run_matrix()[0], FAILED)
        self.assertEqual([attempt['attempt'] for attempt in self.attempts()], [1, 2, 3])
        # A failure is a result: it is resumed only if it is asked for.
        self.assertEqual(self.run_matrix('--resume')[0], FAILED)
        self.assertEqual(len(self.attempts()), 3)
        self.assertEqual(self.run_matrix('--resume', '--failed', 'm.results')[0], FAILED)
        self.assertEqual([attempt['attempt'] for attempt in self.attempts()],
                         [1, 2, 3, 4, 5, 6])

    def test_attempts_that_are_due(self):
        """A runner that was killed between two attempts at a cell."""
        self.matrix('leave', leave='retries = 2\n')
        self.assertEqual(self.run_matrix()[0], FAILED)
        with open(self.journal(), 'rb') as file:
            lines = file.readlines()
        self.write('m.results/results.jsonl', b''.join(lines[:2]))
        self.assertEqual(self.run_matrix('--resume')[0], FAILED)
        self.assertEqual([attempt['attempt'] for attempt in self.attempts()], [1, 2, 3])

    # ---- resuming ----

    def start_slow(self, cells, jobs='2', **options):
        """A run of cells that take a while, when some are done."""
        self.matrix('sleep', numbers=cells)
        process = self.start('matrix', 'run', 'm.ini', '-j', jobs, **options)
        try:
            wait_for(lambda: len(lines_of(self.journal())) > 3, 'some results')
        except AssertionError:
            process.kill()
            raise
        return process

    def expect_resumed(self, cells):
        self.assertLess(len(self.attempts()), cells)
        before = self.attempts()
        status, errors = self.run_matrix('--resume', '-j', '8')
        self.assertEqual(status, OFF, errors)
        self.assertIn(f'{len(before)} of them by an earlier run', errors)
        self.assertEqual(self.attempts()[:len(before)], before)
        self.expect_complete(cells)

    def test_runner_is_killed(self):
        process = self.start_slow(40)
        cells = children(process.pid)
        process.kill()
        process.communicate()
        self.assertTrue(cells)
        wait_for(lambda: not any(map(is_alive, cells)), 'cells die with their runner')
        self.expect_resumed(40)

    def test_line_is_torn(self):
        self.matrix('nothing', numbers=5)
        self.assertEqual(self.run_matrix('-j', '1')[0], OFF)
        with open(self.journal(), 'r+b') as file:
            file.truncate(os.path.getsize(self.journal()) - 100)
        self.expect_resumed(5)

    def test_signals(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(number):
                process = self.start_slow(30)
                cells = children(process.pid)
                process.send_signal(number)
                errors = process.communicate(timeout=LIMIT_SECONDS)[1].decode()
                self.assertEqual(process.returncode, INTERNAL)
                self.assertIn('the same command with --resume goes on', errors)
                self.assertFalse(any(map(is_alive, cells)))
                self.expect_resumed(30)
                shutil.rmtree(self.path('m.results'))

    def test_ignored_signals(self):
        """nohup: the end of the terminal is not that of the run."""
        process = self.start_slow(
            20, preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        process.send_signal(signal.SIGHUP)
        errors = process.communicate(timeout=LIMIT_SECONDS)[1].decode()
        self.assertEqual(process.returncode, OFF, errors)
        self.expect_complete(20)

    def test_starter_is_killed(self):
        """Which cells are forked from: there is another one."""
        process = self.start_slow(30)
        for _ in range(2):
            starter = starter_of(process.pid)
            os.kill(starter, signal.SIGKILL)
            wait_for(lambda: starter not in children(process.pid), 'it is reaped')
            wait_for(lambda: 'el4-starter' in map(name_of, children(process.pid)), 'another one')
        errors = process.communicate(timeout=LIMIT_SECONDS)[1].decode()
        self.assertEqual(process.returncode, OFF, errors)
        self.expect_complete(30)

    def test_starter_is_killed_while_it_is_asked(self):
        """The cell may have been forked or not: it is asked for once more."""
        process = self.start_slow(15, jobs='1')
        starter = starter_of(process.pid)
        os.kill(starter, signal.SIGSTOP)
        wait_for(lambda: not cells_of(process.pid), 'the runner waits for the starter')
        time.sleep(0.5)
        os.kill(starter, signal.SIGKILL)
        errors = process.communicate(timeout=LIMIT_SECONDS)[1].decode()
        self.assertEqual(process.returncode, OFF, errors)
        self.expect_complete(15)

    def test_starter_loads_what_cells_want(self):
        """And nothing else, so that a fork has little to copy."""
        process = self.start_slow(30)
        with open(f'/proc/{starter_of(process.pid)}/maps', encoding='utf-8') as file:
            mapped = file.read()
        process.communicate(timeout=LIMIT_SECONDS)
        self.assertIn('/unruly.so', mapped)
        self.assertIn('/virt.so', mapped)
        self.assertNotIn('/imx6ul-evk.so', mapped)

    def test_cell_is_killed(self):
        """By whoever likes: that cell fails, and alone is run again."""
        process = self.start_slow(30)
        victim = next(pid for pid in iter(lambda: (cells_of(process.pid) or [0])[-1], None) if pid)
        os.kill(victim, signal.SIGKILL)
        errors = process.communicate(timeout=LIMIT_SECONDS)[1].decode()
        self.assertEqual(process.returncode, FAILED, errors)
        attempts = self.attempts()
        bad = [attempt for attempt in attempts if attempt['outcome'] != 'pass']
        self.assertEqual([attempt['signal'] for attempt in bad], [signal.SIGKILL])
        self.assertEqual(len({attempt['cell'] for attempt in attempts}), 30)
        status, errors = self.run_matrix('--resume', '--failed', 'm.results')
        self.assertEqual(status, OFF, errors)
        again = self.attempts()
        self.assertEqual(again[:30], attempts)
        self.assertEqual([(attempt['cell'], attempt['outcome']) for attempt in again[30:]],
                         [(bad[0]['cell'], 'pass')])
        # All is there: nothing is run, and there is no speed to tell of.
        status, errors = self.run_matrix('--resume')
        self.assertEqual(status, OFF)
        self.assertIn('30 of 30 cells done, 30 passed, 1 flaky; 30 of them by an earlier run\n',
                      errors)
        self.assertEqual(self.attempts(), again)

    def test_two_runners(self):
        process = self.start_slow(40)
        status, errors = self.run_matrix('--resume')
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=LIMIT_SECONDS)
        self.assertEqual(status, INTERNAL)
        self.assertIn('another el4 matrix run is writing it', errors)

    def test_results_are_not_written_over(self):
        self.matrix('nothing')
        self.assertEqual(self.run_matrix()[0], OFF)
        status, errors = self.run_matrix()
        self.assertEqual(status, INTERNAL)
        self.assertIn('go on with it by --resume', errors)
        self.expect_complete(1)

    def test_changed_inputs(self):
        """A cell whose image is another one is run again, and no other."""
        self.matrix('nothing', 'sleep')
        self.assertEqual(self.run_matrix()[0], OFF)
        self.write('sleep.bin', harness.SYSTEM_OFF)
        status, errors = self.run_matrix('--resume')
        self.assertEqual(status, OFF, errors)
        self.assertIn('1 of them by an earlier run', errors)
        names = [attempt['axes']['does'] for attempt in self.attempts()]
        self.assertEqual((names.count('nothing'), names.count('sleep')), (1, 2))
        self.assertEqual({attempt['attempt'] for attempt in self.attempts()}, {1})

    # ---- no room ----

    def test_no_room(self):
        """The journal may not grow: what was told is there, and no cell runs in vain for ever."""
        self.matrix('nothing', numbers=30)

        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (20000, resource.RLIM_INFINITY))
        status, errors = self.run_matrix('--wait', '1', '-j', '2', preexec_fn=limit)
        self.assertEqual(status, INTERNAL)
        self.assertIn('results.jsonl: a result can\'t be written: File too large', errors)
        self.assertIn('the same command with --resume goes on', errors)
        self.assertLessEqual(os.path.getsize(self.journal()), 20000)
        self.assertIn(f'\n{len(self.attempts())} of 30 cells done', errors)
        self.expect_resumed(30)

    def test_room_is_made(self):
        """A small disk that is full for a while."""
        disk = self.path('disk')
        os.mkdir(disk)
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.mount(b'none', disk.encode(), b'tmpfs', 0, b'size=256k'):
            self.skipTest('no file system can be mounted here')
        try:
            self.write('disk/filler', b'0' * 240000)
            self.matrix('nothing', numbers=30)
            with open(self.path('errors'), 'wb') as errors:
                process = self.start('matrix', 'run', 'm.ini', '--results', 'disk/r',
                                     stderr=errors)
            wait_for(lambda: 'until there is room' in self.read('errors') or
                     process.poll() is not None, 'the disk is full')
            self.assertIn('No space left on device', self.read('errors'))
            os.unlink(self.path('disk/filler'))
            process.communicate(timeout=LIMIT_SECONDS)
            self.assertEqual(process.returncode, OFF)
            self.assertIn('results can be written again', self.read('errors'))
            self.expect_complete(30, 'disk/r')
        finally:
            libc.umount(disk.encode())

    # ---- what people see ----

    def test_terminal(self):
        self.matrix('sleep', 'leave', numbers=4)
        master, slave = pty.openpty()
        process = self.start('matrix', 'run', 'm.ini', '-j', '1', stdout=slave, stderr=slave)
        os.close(slave)
        text = b''
        try:
            while chunk := os.read(master, 4096):
                text += chunk
        except OSError:  # what Linux says when the other side is gone
            pass
        os.close(master)
        self.assertEqual(process.wait(timeout=LIMIT_SECONDS), FAILED)
        process.stdout = process.stderr = None
        shown = text.decode()
        self.assertRegex(shown, r'\r\d of 8 cells done, \d failed, \d running')
        self.assertIn('fail: does=leave,n=0: ', shown)
        self.assertIn('8 of 8 cells done, 4 passed, 4 failed', shown)

    def test_quiet(self):
        self.matrix('leave')
        errors = self.run_matrix('--quiet')[1]
        self.assertNotIn('fail: ', errors)
        self.assertIn('failed: does=leave,n=0\n', errors)


if __name__ == '__main__':
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument('--unruly', required=True, help='the folder of the plugin')
    parser.add_argument('--sanitized', action='store_true')
    known, sys.argv[1:] = parser.parse_known_args()
    SANITIZED = known.sanitized
    Run.unruly = os.path.abspath(known.unruly)
    harness.SECONDS = LIMIT_SECONDS
    harness.main()
