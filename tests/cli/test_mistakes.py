#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Mistakes at the command line: exact messages, which say what to do next, and statuses."""
import os

import harness

USAGE = 1
CONFIGURATION = 2

NOTHING_TO_RUN = ('[boot] names neither a kernel nor a bios: there is nothing to run; give '
                  '-kernel FILE or -bios FILE, or set them in [boot]')
NOT_A_NUMBER = 'is not a number; write a decimal or 0x number without a sign'
NOTHING_TRACED = ('nothing is traced; say what, for example with --trace smc,exception,mmio, or '
                  'set kinds in [trace]')

# (arguments, status, message)
TABLE = [
    (['nonsense'], USAGE, "there is no command 'nonsense'; 'el4 --help' lists them"),
    (['run', '-bogus'], USAGE, "unknown option '-bogus'; 'el4 run --help' lists them"),
    (['check', '--bogus=1'], USAGE, "unknown option '--bogus=1'; 'el4 run --help' lists them"),
    (['run', '-s'], USAGE, "option '-s' needs an operand"),
    (['run', '-kernel'], USAGE, "option '-kernel' needs an operand"),
    (['run', '--timeout'], USAGE, "option '--timeout' needs an operand"),
    (['check', 'ok.ini', 'more'], USAGE,
     "'more' is one word too many: the configuration file is 'ok.ini'"),
    (['chain', 'ok.ini', 'smc'], USAGE,
     'write el4 chain FILE, or el4 chain FILE CONDUIT ID with smc, hvc or el4 and a function id '
     'such as 0x84000003'),
    (['chain', 'ok.ini', 'svc', '0'], USAGE,
     'write el4 chain FILE, or el4 chain FILE CONDUIT ID with smc, hvc or el4 and a function id '
     'such as 0x84000003'),
    (['chain', 'ok.ini', 'smc', '0x100000000'], USAGE,
     'write el4 chain FILE, or el4 chain FILE CONDUIT ID with smc, hvc or el4 and a function id '
     'such as 0x84000003'),
    (['help', 'nonsense'], USAGE,
     "there is no section or key 'nonsense'; help without a topic lists all"),
    (['help', 'zz', 'zz'], USAGE,
     "there is no section or key 'zz zz'; help without a topic lists all"),
    (['plugins', '--all'], USAGE, "el4 plugins knows no option '--all'; it takes folders"),
    (['check', '--timeout', 'soon'], USAGE,
     "--timeout: 'soon' is not a number of seconds; write for example 60 or 0.5"),
    (['check', '--timeout', '-1'], USAGE,
     "--timeout: '-1' is not a number of seconds; write for example 60 or 0.5"),
    (['check', '--timeout', 'inf'], USAGE,
     "--timeout: 'inf' is not a number of seconds; write for example 60 or 0.5"),
    (['check', '-s', 'cpus'], USAGE,
     "-s option: 'cpus' is not an override; write section.key=value"),
    (['check', '-s', '='], USAGE, "-s option: '=' is not an override; write section.key=value"),

    (['check', 'missing.ini'], CONFIGURATION, 'missing.ini: No such file or directory'),
    (['check', 'folder'], CONFIGURATION, 'folder: this is a folder; give an INI file'),
    (['check', 'fifo'], CONFIGURATION,
     'fifo: this is not a regular file; give an INI file'),
    (['run', 'ok.ini'], CONFIGURATION, NOTHING_TO_RUN),
    (['check', '-kernel', 'missing'], CONFIGURATION,
     '-kernel: [boot] kernel: $FOLDER/missing: No such file or directory'),
    (['check', '-initrd', 'folder'], CONFIGURATION,
     '-initrd: [boot] initrd: $FOLDER/folder: is not a regular file'),
    (['run', '-kernel', 'fifo'], CONFIGURATION,
     '-kernel: [boot] kernel: $FOLDER/fifo: is not a regular file'),
    (['check', '-s', 'machine.cpus=x'], CONFIGURATION,
     f"-s option: [machine] cpus: 'x' {NOT_A_NUMBER}"),
    (['check', '-s', 'machine.nope=1'], CONFIGURATION,
     "-s option: [machine] nope: unknown key; 'el4 help \"machine\"' lists the keys"),
    (['check', '-s', 'machine.clok=real'], CONFIGURATION,
     "-s option: [machine] clok: unknown key; did you mean 'clock'?"),
    (['check', '-s', 'device uart9.backend=null'], CONFIGURATION,
     "-s option: [device uart9]: unknown section; did you mean [device uart0]?"),
    (['check', '-s', 'service nobody.claim=0x1'], CONFIGURATION,
     "-s option: [service nobody]: no chain names this service; add 'nobody' to services of "
     "[chain smc] or [chain hvc], or remove the section"),
    (['check', '-smp', '0'], CONFIGURATION,
     "-smp: [machine] cpus: '0' is out of range; give 1 to 512"),
    (['check', '-smp', 'two'], CONFIGURATION,
     f"-smp: [machine] cpus: 'two' {NOT_A_NUMBER}"),
    (['check', '-smp', '512'], CONFIGURATION,
     "-smp: [machine] cpus: board 'virt' has room for 123 CPUs"),
    (['check', '-smp', '9'], CONFIGURATION,
     '[board]: board virt: 9 CPUs are too many for a GICv2, which takes 8; try gic = 3'),
    (['check', '-m', '0x100001'], CONFIGURATION,
     '-m: [machine] memory: 1048577 bytes are no multiple of 4096'),
    (['check', '-m', '1T'], CONFIGURATION,
     '[board]: board virt: memory must be a multiple of 4 KiB and at most 255 GiB'),
    (['check', '-cpu', 'z80'], CONFIGURATION,
     "-cpu: [machine] cpu: there is no CPU model 'z80'; there are cortex-a7, cortex-a9, "
     "cortex-a15, cortex-a53, cortex-a57, cortex-a72, max"),
    (['check', '-drive', 'snapshot=on'], USAGE,
     '-drive: names no file; write -drive file=IMAGE'),
    (['check', '-drive', 'file='], USAGE, '-drive: names no file; write -drive file=IMAGE'),
    (['check', '-drive', 'file=ok.ini,format=qcow2'], USAGE,
     "-drive: format 'qcow2' is not supported; convert the image to raw (qemu-img convert -O "
     "raw)"),
    (['check', '-drive', 'file=ok.ini,cache=none'], USAGE,
     "-drive: unknown word 'cache=none'; use file=, format=raw, readonly=on, snapshot=on, "
     "serial="),
    (['check', '-drive', 'file=missing'], CONFIGURATION,
     '-drive: [device virtio31] file $FOLDER/missing: No such file or directory'),
    (['check', '-drive', 'file=folder'], CONFIGURATION,
     '-drive: [device virtio31] file $FOLDER/folder: neither a regular '
     'file nor a block device'),
    (['check', '-drive', 'file=ok.ini,if=pflash'], USAGE,
     '-drive: if=pflash is not supported; set [device flash0] image for a flash bank'),
    (['check', '-drive', 'file=ok.ini,if=ide'], USAGE,
     "-drive: if=ide is not supported; leave it out for the board's own disk"),
    (['check', '-nic', 'tap'], USAGE, "-nic: only 'user' is supported: -nic user[,hostfwd=...]"),
    (['check', '--board', 'midway', '-nic', 'user'], CONFIGURATION,
     "-nic: board 'midway' has no place for a network; leave the option out, or take a board "
     'such as virt'),
    (['check', '-netdev', 'tap'], USAGE,
     "-netdev: only 'user' is supported: -netdev user[,hostfwd=...]"),
    (['check', '-netdev', 'user,speed=9'], USAGE,
     "-netdev: unknown word 'speed=9'; use hostfwd=, restrict=, mac="),
    (['check', '-netdev', 'user,hostfwd=x'], CONFIGURATION,
     "-netdev: [device virtio31] hostfwd: 'x' is not "
     "tcp:HOSTADDR:PORT-GUESTADDR:GUESTPORT"),
    (['check', '-serial', 'pigeon'], CONFIGURATION,
     "-serial: [device uart0] backend: 'pigeon' is not a stream: it may be 'terminal', 'null', "
     "'pty', 'file:PATH', 'socket:PATH' or 'tcp:HOST:PORT'"),
    (['check', '--board', 'imx6ul-evk', '-serial', 'file:folder'], CONFIGURATION,
     "-serial: [device uart1] backend: cannot open 'file:folder': Is a directory"),
    (['check', '-serial', 'null', '-serial', 'pty'], CONFIGURATION,
     "-serial: board 'virt' has no place left for a console: all 1 are taken; leave the option "
     'out'),
    (['check', '-serial', 'file:no/such/file'], CONFIGURATION,
     "-serial: [device uart0] backend: cannot open 'file:no/such/file': No such file or directory"),
    (['check', '-serial', 'file:folder'], CONFIGURATION,
     "-serial: [device uart0] backend: cannot open 'file:folder': Is a directory"),
    (['check', '-serial', 'tcp:localhost:0'], CONFIGURATION,
     "-serial: [device uart0] backend: cannot listen on 'tcp:localhost:0': it should be "
     "tcp:HOST:PORT, with a port of 1 to 65535"),
    (['check', '--trace', 'thoughts'], CONFIGURATION,
     "-trace: [trace] kinds: 'thoughts' is nothing to trace; use smc, power, exception, mmio, insn"),
    (['check', '--trace', 'smc', '--trace-file', 'no/such/file'], CONFIGURATION,
     '-trace-file: [trace] file: $FOLDER/no/such/file: cannot be written: No such file or '
     'directory'),
    (['run', '--trace-hash'], CONFIGURATION, f'-trace-hash: [trace] hash: {NOTHING_TRACED}'),
    (['check', '--trace-format', 'json'], CONFIGURATION,
     f'-trace-format: [trace] format: {NOTHING_TRACED}'),
    (['check', '-s', 'calls.file=x'], CONFIGURATION,
     '-s option: [calls] file: nothing is counted; set count = yes, or use --calls'),
    (['check', '--calls', '-s', 'calls.file=no/such/file'], CONFIGURATION,
     '-s option: [calls] file: $FOLDER/no/such/file: cannot be written: No such file or '
     'directory'),
    (['check', '-s', 'machine.control=terminal'], CONFIGURATION,
     "-s option: [machine] control: 'terminal' is no socket; write socket:PATH or "
     'tcp:HOST:PORT'),
    (['check', '-s', 'fault f.limit=1'], CONFIGURATION,
     "[fault f] action: not set, and there is no default; add 'action = ...' to [fault f]"),
    (['check', '-s', 'fault f.action=delay'], CONFIGURATION,
     "-s option: [fault f] action: a delay of no time; set 'delay-us'"),
    (['check', '-s', 'fault f.action=return', '-s', 'fault f.values=1 x'], CONFIGURATION,
     "-s option: [fault f] values: 'x' is no number of 64 bits and no '-'"),
    (['check', '-s', 'fault f.action=drop', '-s', 'fault f.nth=1 0'], CONFIGURATION,
     "-s option: [fault f] nth: '0' is no number of a call; the first is 1"),
    (['check', '-s', 'fault f.action=drop', '-s', 'fault f.probability=1.5'], CONFIGURATION,
     "-s option: [fault f] probability: '1.5' is no number from 0 to 1"),
    (['check', '-s', 'fault f.action=drop', '-s', 'fault f.callers=el9'], CONFIGURATION,
     "-s option: [fault f] callers: 'el9' is no caller; use ns-el1, ns-el2, s-el1, s-el2 or el3"),
    (['check', '-s', 'fault.action=drop'], CONFIGURATION,
     '-s option: [fault]: a fault has a name, as in [fault flaky-cpu-on]'),
    (['top', 'a', 'b'], USAGE, "top: 'b' is not understood; 'el4 top --help' explains"),
    (['top', 'a', '--seconds', '0'], USAGE, "--seconds: '0' is no number from 0.05 to 3600"),
    (['check', '--trace-file', 'new'], CONFIGURATION,
     f'-trace-file: [trace] file: {NOTHING_TRACED}'),
    (['check', '-semihosting', '-s', 'chain el4.services=psci', '-s', 'chain el4.hlt=0xf000'],
     CONFIGURATION, "-s option: [chain el4] hlt: 0xf000 is semihosting's immediate: choose "
     'another, or switch [machine] semihosting off'),
    (['check', '-semihosting', '-s', 'chain el4.services=psci', '-s', 'chain el4.hlt=0x3c'],
     CONFIGURATION, "-s option: [chain el4] hlt: 0x3c is semihosting's immediate: choose "
     'another, or switch [machine] semihosting off'),
    (['check', '--clock', 'cuckoo'], CONFIGURATION,
     "-clock: [machine] clock: 'cuckoo' is not a choice here; write one of real, virtual"),
]


class Mistakes(harness.Case):
    def setUp(self):
        super().setUp()
        self.write('ok.ini', '[machine]\nboard = virt\n')
        os.mkdir(self.path('folder'))
        os.mkfifo(self.path('fifo'))

    def test_table(self):
        for arguments, status, message in TABLE:
            with self.subTest(' '.join(arguments)):
                output = self.expect(status, f'el4: {message}\n', *arguments)
                self.assertEqual(output, '')

    def test_no_command(self):
        status, output, errors = self.el4()
        self.assertEqual((status, output), (USAGE, ''))
        self.assertIn('el4 run [FILE]', errors)

    def test_too_many_drives(self):
        drives = ['-drive', 'file=disk.img,readonly=on'] * 33
        self.write('disk.img', bytes(4096))
        self.expect(CONFIGURATION, "el4: -drive: board 'virt' has no place left for a disk: all "
                    "32 are taken; leave the option out\n", 'check', *drives)
        self.write('disk.img', bytes(512 << 10))
        self.expect(CONFIGURATION, "el4: -drive: board 'imx6ul-evk' has no place left for a "
                    "disk: all 2 are taken; leave the option out\n", 'check', '--board',
                    'imx6ul-evk', *drives[:6])

    def test_no_place(self):
        for option, operand, what in (('-drive', 'file=ok.ini', 'disk'),
                                      ('-netdev', 'user', 'network')):
            self.expect(CONFIGURATION, f"el4: {option}: board 'highbank' has no place for a "
                        f"{what}; leave the option out, or take a board such as virt\n",
                        'check', '--board', 'highbank', option, operand)

    def test_unknown_plugin(self):
        status, _, errors = self.el4('check', '--board', 'enterprise')
        self.assertEqual(status, CONFIGURATION)
        self.assertRegex(errors, "^el4: \\[machine\\] board: there is no board plugin "
                         "'enterprise': looked for enterprise.so in .*; is the name right\\? "
                         "EL4_PLUGIN_PATH may name more folders\n$")

    def test_wrong_kind(self):
        status, _, errors = self.el4('check', '--board', 'psci')
        self.assertEqual(status, CONFIGURATION)
        self.assertRegex(errors, 'psci.so is a service plugin; a board plugin is wanted: the '
                         'configuration names it in the wrong place\n$')

    def test_file_and_line(self):
        """Every mistake of a section is reported, each with its place."""
        self.write('bad.ini', '[machine]\nboard = virt\ncpus = many\nel2 = perhaps\ncpus = 2\n')
        self.expect(CONFIGURATION,
                    'el4: bad.ini:5: [machine] cpus: set twice, first in line 3; remove one\n'
                    f"el4: bad.ini:3: [machine] cpus: 'many' {NOT_A_NUMBER}\n"
                    "el4: bad.ini:4: [machine] el2: 'perhaps' is neither yes nor no; write one "
                    'of them\n', 'check', 'bad.ini')

    def test_full_disk(self):
        for command in ('--help', 'explain', 'dtb', 'chain', 'plugins', 'help'):
            with self.subTest(command), open('/dev/full', 'wb') as full:
                status, _, errors = self.el4(command, stdout=full)
                self.assertEqual(errors, 'el4: standard output cannot be written: No space left '
                                 'on device\n')
                self.assertEqual(status, 5)

    def test_kernel_larger_than_memory(self):
        self.write('big.bin', bytes(4 << 20))
        status, _, errors = self.el4('run', '-kernel', 'big.bin', '-m', '2M')
        self.assertEqual(status, CONFIGURATION)
        self.assertIn('big.bin', errors)
        self.assertEqual(errors.count('\n'), 1)


if __name__ == '__main__':
    harness.main()
