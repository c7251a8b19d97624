#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""el4 run with a few instructions of guest code: exit statuses, traces, semihosting."""
import json
import os
import resource
import select
import signal
import socket
import subprocess
import time

import harness
from harness import (BACK, STAY, SYSTEM_OFF, WFE, WFI, PSCI_VERSION, Settings, call, movz,
                     semihosting_exit, store_byte)

OFF, CONFIGURATION, GUEST, TIMEOUT, INTERNAL = 0, 2, 3, 4, 5

# Fields that every line of a kind has, beside kind, cpu and ns.
TRACE_FIELDS = {
    'call': {'conduit', 'id', 'imm', 'caller', 'x1', 'x2', 'x3', 'verdict'},
    'exception': {'type', 'from', 'to', 'pc', 'vector'},
    'eret': {'from', 'to', 'pc', 'target'},
    'power': {'state'},
    'mmio': {'access', 'pa', 'bytes', 'value'},
    'insn': {'el', 'pc', 'insn'},
}

SEMIHOSTING_GUEST = r'''
static long semihost(long operation, const void *parameter)
{
    register long x0 __asm__("x0") = operation;
    register const void *x1 __asm__("x1") = parameter;
    __asm__ volatile("hlt #0xf000" : "+r"(x0) : "r"(x1) : "memory");
    return x0;
}

__asm__(".global _start\n"
        "_start: movz x0, #0x4020, lsl #16\n"
        "mov sp, x0\n"
        "b guest\n");

void guest(void)
{
    static const char text[] = "written by the guest\n";
    const unsigned long block[] = {2, (unsigned long)text, sizeof(text) - 1};
    char line[64];
    const unsigned long buffer[] = {(unsigned long)line, sizeof(line)};
    const unsigned long result[] = {0x20026, STATUS};

    semihost(0x04, text);
    semihost(0x05, block);
    if (semihost(0x15, buffer) == 0) {
        semihost(0x04, line);
    }
    semihost(0x18, result);
    for (;;) {
    }
}
'''


class Run(harness.Case):
    def run_guest(self, code, *options, **settings):
        self.write('guest.bin', code)
        return self.el4('run', '-kernel', 'guest.bin', '-m', '16M', '-serial', 'null', *options,
                        **settings)

    # ---- exit statuses ----

    def test_power_off(self):
        for clock in ('real', 'virtual'):
            for cpus in ('1', '3'):
                self.assertEqual(self.run_guest(SYSTEM_OFF, '--clock', clock, '-smp', cpus),
                                 (OFF, '', ''))

    def test_timeout(self):
        for clock in ('real', 'virtual'):
            for code in (STAY, WFI + BACK):
                begin = time.monotonic()
                result = self.run_guest(code, '--clock', clock, '--timeout', '0.5')
                self.assertEqual(result, (TIMEOUT, '',
                                          'el4: the guest was still running after 0.5 s\n'))
                self.assertGreaterEqual(time.monotonic() - begin, 0.5)

    def test_machine_timeout(self):
        """Time passes for a CPU that waits for good, too."""
        for clock in ('real', 'virtual'):
            for code in (STAY, WFI + BACK):
                self.assertEqual(
                    self.run_guest(code, '--clock', clock, '--machine-timeout', '0.05'),
                    (TIMEOUT, '', 'el4: the guest was still running after 0.05 s of the '
                                  "machine's time\n"))
        status, _, errors = self.run_guest(STAY, '--machine-timeout=0')
        self.assertEqual(status, 1)
        self.assertIn("--machine-timeout: '0' is not a number of seconds", errors)

    def test_semihosting_exit(self):
        cases = ((semihosting_exit(0), OFF), (semihosting_exit(1), GUEST),
                 (semihosting_exit(255), GUEST), (semihosting_exit(0, reason=0x20023), GUEST))
        for code, status in cases:
            self.assertEqual(self.run_guest(code, '-semihosting'), (status, '', ''))

    def test_semihosting_is_off(self):
        """Without the option HLT is UNDEFINED, and this guest has no vectors."""
        status, _, _ = self.run_guest(semihosting_exit(0), '--timeout', '0.5')
        self.assertEqual(status, TIMEOUT)

    def test_semihosting_in_c(self):
        if not Settings.cc:
            self.skipTest('no aarch64-linux-gnu-gcc')
        self.write('guest.c', SEMIHOSTING_GUEST)
        for value, status in ((0, OFF), (7, GUEST)):
            subprocess.run([Settings.cc, f'-DSTATUS={value}', '-O1', '-ffreestanding',
                            '-nostdlib', '-static', '-fno-stack-protector',
                            '-mgeneral-regs-only', '-mstrict-align', '-Wl,-Ttext=0x40080000',
                            '-Wl,--build-id=none', 'guest.c', '-o', 'guest.elf'],
                           cwd=self.folder, check=True, capture_output=True)
            result = self.el4('run', '-kernel', 'guest.elf', '-m', '16M', '-serial', 'null',
                              '-semihosting', '-append', 'from the host')
            self.assertEqual(result, (status, 'written by the guest\nwritten by the guest\n'
                                      'from the host', ''))
        status, _, error = self.el4('run', '-kernel', 'guest.elf', '-m', '16M', '-cpu',
                                    'cortex-a53', '-s', 'machine.aarch64=no')
        self.assertEqual(status, CONFIGURATION)
        self.assertIn('guest.elf: it is for AArch64, which these CPUs (cortex-a53) do not have: '
                      'choose another -cpu, [machine] aarch64 or kernel', error)

    def test_waiting_guests_cost_nothing(self):
        """Virtual time jumps; with nothing to jump to, the host waits, in WFE, too."""
        for code in (WFI + BACK, WFE + BACK, movz(5, 7) + WFE + BACK):
            for cpus in ('1', '3'):
                before = resource.getrusage(resource.RUSAGE_CHILDREN)
                status, _, _ = self.run_guest(code, '--clock', 'virtual', '--timeout', '1.5',
                                              '-smp', cpus)
                after = resource.getrusage(resource.RUSAGE_CHILDREN)
                self.assertEqual(status, TIMEOUT)
                self.assertLess(after.ru_utime - before.ru_utime, 0.75)

    def test_wfe_until_a_time(self):
        """A loop that waits for the counter ends soon after it, always at the same time."""
        mrs_cntvct = harness.guest_word(0xd53be040)
        lsr_25 = harness.guest_word(0xd359fc00)  # x0 >> 25: about half a second
        cbz_back = harness.guest_word(0xb4000000 | (-3 & 0x7ffff) << 5)
        code = WFE + mrs_cntvct + lsr_25 + cbz_back + SYSTEM_OFF
        results = [self.run_guest(code, '--clock', 'virtual', '--trace', 'smc', '--timeout',
                                  '10') for _ in range(2)]
        self.assertEqual(results[0], results[1])
        status, _, errors = results[0]
        self.assertEqual(status, OFF)
        self.assertRegex(errors, r'^0\.[56]\d+ cpu0 call ')

    def test_signals(self):
        self.write('guest.bin', STAY)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            process = self.start('run', '-kernel', 'guest.bin', '-serial', 'null')
            time.sleep(0.5)
            process.send_signal(number)
            output = process.communicate(timeout=harness.SECONDS)
            self.assertEqual((process.returncode, *output), (OFF, b'', b''))

    def test_fault_of_el4(self):
        process = self.start('run', '-kernel', self.write('guest.bin', STAY), '-serial', 'null')
        time.sleep(0.5)
        process.send_signal(signal.SIGABRT)
        _, errors = process.communicate(timeout=harness.SECONDS)
        self.assertEqual(process.returncode, INTERNAL)
        self.assertIn(b'el4: internal fault', errors)

    # ---- traces ----

    CODE = PSCI_VERSION + store_byte('x') + SYSTEM_OFF + STAY

    def test_trace_text(self):
        status, _, errors = self.run_guest(self.CODE, '--trace', 'smc,mmio')
        lines = errors.splitlines()
        self.assertEqual(status, OFF)
        self.assertEqual(len(lines), 3)
        self.assertRegex(lines[0], r'^\d+\.\d{9} cpu0 call conduit=hvc id=0x84000000 name=PSCI_VERSION imm=0 '
                         r'caller=ns-el1 .* verdict=handled service=psci .*result=0x10')
        self.assertRegex(lines[1], r' cpu0 mmio access=write pa=0x9000000 bytes=1 value=0x78$')
        self.assertRegex(lines[2], r' id=0x84000008 ')

    def test_trace_json(self):
        """Every line is an object with its kind's fields; numbers are numbers or hex strings."""
        status, _, errors = self.run_guest(self.CODE,
                                           '--trace', 'smc,power,exception,mmio,insn',
                                           '--trace-format', 'json')
        self.assertEqual(status, OFF)
        kinds = set()
        for line in errors.splitlines():
            entry = json.loads(line)
            kinds.add(entry['kind'])
            self.assertIsInstance(entry['cpu'], int)
            self.assertIsInstance(entry['ns'], int)
            self.assertLessEqual(TRACE_FIELDS[entry['kind']], entry.keys())
        self.assertEqual(kinds, {'call', 'mmio', 'insn', 'power'})

    def test_trace_exceptions(self):
        """An UNDEFINED instruction, with vectors that are not there."""
        status, _, errors = self.run_guest(bytes(4) + STAY, '--trace', 'exception',
                                           '--trace-format', 'json', '--clock', 'virtual', '--timeout',
                                           '0.5')
        self.assertEqual(status, TIMEOUT)
        entry = json.loads(errors.splitlines()[0])
        self.assertEqual(entry['kind'], 'exception')
        self.assertLessEqual(TRACE_FIELDS['exception'], entry.keys())
        self.assertEqual((entry['from'], entry['to']), (1, 1))

    def test_trace_timeline(self):
        """A JSON array that Perfetto loads: tracks with names, spans, states that are closed."""
        status, _, _ = self.run_guest(bytes(4) + STAY, '--trace', 'smc,power,exception',
                                      '--trace-format', 'timeline', '--trace-file', 'x.json',
                                      '--clock', 'virtual', '--timeout', '0.3', '-smp', '2')
        self.assertEqual(status, TIMEOUT)
        events = json.loads(self.read('x.json'))
        names = {event['tid']: event['args']['name'] for event in events if event['ph'] == 'M'}
        self.assertEqual(sorted(names.values()), ['cpu0', 'cpu0 power', 'cpu1', 'cpu1 power'])
        states = [(names[event['tid']], event['name']) for event in events if event['ph'] == 'B']
        self.assertEqual(states, [('cpu0 power', 'on'), ('cpu1 power', 'off'), ('cpu0', 'EL1')])
        exception = next(event for event in events if event.get('cat') == 'exception')
        self.assertEqual((exception['ph'], exception['name'], exception['args']['to']),
                         ('i', 'sync', 1))
        for event in events:
            self.assertIn(event['tid'], names)

    def test_trace_timeline_of_calls(self):
        status, _, errors = self.run_guest(self.CODE, '--trace', 'smc', '--trace-format',
                                           'timeline')
        calls = [event for event in json.loads(errors) if event['ph'] == 'X']
        self.assertEqual(status, OFF)
        self.assertEqual([event['name'] for event in calls], ['PSCI_VERSION', 'SYSTEM_OFF'])
        self.assertEqual(calls[0]['args']['verdict'], 'handled')
        self.assertGreater(calls[0]['dur'], 0)

    def test_trace_arguments(self):
        _, _, errors = self.run_guest(self.CODE, '--trace', 'smc', '-s', 'trace.arguments=17')
        self.assertRegex(errors.splitlines()[0], r' x1=.* x9=.* x17=0x0 verdict=')
        _, _, errors = self.run_guest(self.CODE, '--trace', 'smc', '-s', 'trace.arguments=1')
        self.assertRegex(errors.splitlines()[0], r' x1=0x[0-9a-f]+ verdict=')

    # ---- counts, faults, the control socket ----

    def test_calls_table(self):
        status, _, errors = self.run_guest(PSCI_VERSION * 3 + call(0x82000001) + SYSTEM_OFF,
                                           '--calls')
        lines = errors.splitlines()
        self.assertEqual(status, OFF)
        self.assertRegex(lines[0], r'^by +id +function +calls +handled +trapped +unclaimed')
        self.assertRegex(lines[1], r'^hvc +0x82000001 +- +1 +1 +0 +0 +0 ')
        self.assertRegex(lines[2], r'^hvc +0x84000000 +PSCI_VERSION +3 +3 +0 +0 +0 ')
        self.assertRegex(lines[3], r'^hvc +0x84000008 +SYSTEM_OFF +1 +1 +0 +0 +0 ')
        self.assertEqual(len(lines), 4)

    def test_calls_json(self):
        options = ('--calls', '-s', 'calls.json=yes', '-s', 'calls.file=calls.json')
        result = self.run_guest(PSCI_VERSION * 3 + SYSTEM_OFF, *options)
        self.assertEqual(result, (OFF, '', ''))
        state = json.loads(self.read('calls.json'))
        self.assertEqual(state['cpus'][0]['calls'], 4)
        version = state['calls'][0]
        self.assertEqual((version['id'], version['name'], version['calls'], version['handled']),
                         ('0x84000000', 'PSCI_VERSION', 3, 3))
        self.assertEqual(sum(version['histogram']), 3)
        self.assertLessEqual(version['max_ns'], version['total_ns'])

    def test_unclaimed_and_faulty_calls_are_counted(self):
        options = ('--calls', '-s', 'chain hvc.services=psci', '-s', 'fault f.action=trap',
                   '-s', 'fault f.nth=2', '--clock', 'virtual', '--timeout', '0.3')
        status, _, errors = self.run_guest(PSCI_VERSION * 2, *options)
        self.assertEqual(status, TIMEOUT)  # its vectors are not there
        self.assertRegex(errors, r'\nhvc +0x84000000 +PSCI_VERSION +2 +1 +1 +0 +1 ')

    def test_delay_takes_machine_time(self):
        """Without the delay the machine would be off long before."""
        options = ('--trace', 'smc', '--trace-format', 'json', '-s', 'fault f.action=delay',
                   '-s', 'fault f.delay-us=300000', '-s', 'fault f.nth=1')
        for clock in ('real', 'virtual'):
            status, _, errors = self.run_guest(PSCI_VERSION + SYSTEM_OFF, '--clock', clock,
                                               *options)
            self.assertEqual(status, OFF)
            first, second = (json.loads(line) for line in errors.splitlines())
            self.assertEqual(first['fault'], 'f')
            self.assertNotIn('fault', second)
            self.assertEqual(first['verdict'], 'handled')
            self.assertGreaterEqual(second['ns'], 300_000_000)

    def test_delay_can_be_interrupted(self):
        options = ('-s', 'fault f.action=delay', '-s', 'fault f.delay-us=3600000000',
                   '--timeout', '0.3')
        status, _, _ = self.run_guest(PSCI_VERSION + SYSTEM_OFF, *options)
        self.assertEqual(status, TIMEOUT)

    def control(self, path):
        deadline = time.monotonic() + harness.SECONDS
        while True:
            client = socket.socket(socket.AF_UNIX)
            try:
                client.connect(path)
                return client.makefile('rw')
            except OSError:
                client.close()
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.02)

    def test_control_socket(self):
        path = self.path('control')
        self.write('guest', PSCI_VERSION + STAY)
        with self.start('run', '-kernel', 'guest', '-s', f'machine.control=socket:{path}') as el4:
            stream = self.control(path)
            answers = []
            for line in ('status', 'x' * 1000, 'dance', 'help', '', 'quit'):
                stream.write(line + '\n')
                stream.flush()
                answers.append(json.loads(stream.readline()))
            self.assertEqual(answers[0]['cpus'][0]['power'], 'on')
            self.assertIn('no such command', answers[1]['error'])
            self.assertIn('no such command', answers[2]['error'])
            self.assertIn('status', answers[3]['commands'])
            self.assertEqual(answers[5], {'quit': True})
            self.assertEqual(el4.wait(harness.SECONDS), OFF)

    def test_top(self):
        path = self.path('control')
        self.write('guest', PSCI_VERSION * 5 + STAY)
        with self.start('run', '-kernel', 'guest', '-s', f'machine.control=socket:{path}') as el4:
            self.control(path).close()
            for spec in (path, f'socket:{path}'):
                status, output, errors = self.el4('top', spec)
                self.assertEqual((status, errors), (0, ''))
                self.assertRegex(output, r'^machine time \d+\.\d+ s +\d+ calls ')
                self.assertRegex(output, r'\ncpu0 on \d+')
            el4.terminate()
            el4.wait(harness.SECONDS)
        status, _, errors = self.el4('top', path)
        self.assertEqual(status, 2)
        self.assertIn(path, errors)

    def test_trace_file(self):
        result = self.run_guest(self.CODE, '--trace', 'smc', '--trace-file', 'trace.txt')
        self.assertEqual(result, (OFF, '', ''))
        self.assertEqual(self.read('trace.txt').count('\n'), 2)

    def test_trace_that_cannot_be_written(self):
        """Said once, be it in the middle of the run or at its end; the guest goes on."""
        many = PSCI_VERSION * 500
        for code in (self.CODE, many + SYSTEM_OFF):
            status, _, errors = self.run_guest(code, '--trace', 'smc', '--trace-file',
                                               '/dev/full')
            self.assertEqual((status, errors),
                             (OFF, 'el4: trace: /dev/full: cannot be written: No space left on '
                              'device; the trace is incomplete, and the guest runs on\n'))

    def test_trace_into_a_pipe(self):
        """A reader that goes away is an error like others; one that is not there, at once."""
        os.mkfifo(self.path('fifo'))
        options = ('--trace', 'smc', '--trace-file', 'fifo')
        status, _, errors = self.run_guest(PSCI_VERSION * 2000 + SYSTEM_OFF, *options)
        self.assertEqual(status, 2)
        self.assertRegex(errors, r'fifo: cannot be written: No such device or address\n$')
        reader = os.open(self.path('fifo'), os.O_RDONLY | os.O_NONBLOCK)
        process = self.start('run', '-kernel', 'guest.bin', '-m', '16M', '-serial', 'null',
                             *options)
        select.select([reader], [], [], harness.SECONDS)
        self.assertEqual(len(os.read(reader, 1)), 1)
        os.close(reader)
        _, errors = process.communicate(timeout=harness.SECONDS)
        self.assertEqual(process.returncode, OFF)
        self.assertRegex(errors.decode(), r'^el4: trace: .*fifo: cannot be written: Broken pipe;')

    def test_trace_hash(self):
        """The same at each run with the virtual clock, and another for another guest."""
        options = ('--trace', 'insn,smc,mmio', '--trace-hash', '--clock', 'virtual')
        first = self.run_guest(self.CODE, *options)
        self.assertRegex(first[2], r'^trace sha256 [0-9a-f]{64}\n$')
        self.assertEqual(self.run_guest(self.CODE, *options), first)
        self.assertNotEqual(self.run_guest(store_byte('y') + SYSTEM_OFF, *options),
                            first)

    def test_settings_beat_the_file(self):
        self.write('slow.ini', '[machine]\nboard = virt\nsemihosting = no\n[boot]\n'
                   'kernel = nothing.bin\n')
        self.write('guest.bin', semihosting_exit(5))
        status, _, _ = self.el4('run', 'slow.ini', '-kernel', 'guest.bin', '-s',
                                'machine.semihosting=yes', '-serial', 'null')
        self.assertEqual(status, GUEST)

    def test_static_el4(self):
        """With all plugins linked in nothing is looked for."""
        static = Settings.el4 + '-static'
        if not os.path.exists(static):
            self.skipTest('el4-static is not built')
        self.write('guest.bin', SYSTEM_OFF)
        environment = {key: value for key, value in os.environ.items()
                       if key != 'EL4_PLUGIN_MAP'}
        process = subprocess.run([static, 'run', '-kernel', 'guest.bin', '-serial', 'null'],
                                 cwd=self.folder, env=environment, capture_output=True,
                                 stdin=subprocess.DEVNULL, timeout=harness.SECONDS)
        self.assertEqual((process.returncode, process.stdout, process.stderr), (OFF, b'', b''))


if __name__ == '__main__':
    harness.main()
