#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Boards without a plugin: they are the machines of the plugins; devices added to one; mistakes."""
import os
import re
import shutil

import harness

CONFIGURATION = 2
ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
CONFIG = os.path.join(ROOT, 'config')
DOCS = os.path.join(ROOT, 'docs', 'boards.md')

# Seven lines; those of a table's entry begin with line 8.
BOARD = '''[machine]
board = described
[memory ram]
base = 0x40000000
bytes = 1G
main = yes

'''
GIC = '''[device gic]
type = gicv2
base = 0x8000000, 0x8010000
interrupt-controller = yes
'''
NO_CONTROLLER = ("there is no interrupt controller; say 'interrupt-controller = yes' in a "
                 '[device NAME]')
CIRCLE = 'they lead in a circle, or through more than 16 devices'

# (what follows BOARD, message, further arguments)
MISTAKES = [
    ('[memory]\nbase = 0\n', '8: [memory]: it needs a name, as in [memory ram]'),
    ('[memory b]\nbase = 0\nbytes = 4K\nmain = yes\n',
     '11: [memory b] main: this is the second main memory; a board has one'),
    ('[memory b]\nbase = 0x40001000\nbytes = 64K\n',
     "9: [memory b] base: region 'b' (0x40001000-0x40010fff) overlaps region 'ram' "
     '(0x40000000-0x5fffffff)'),
    ('[memory b]\nbase = 0xfffffffffffff000\nbytes = 64K\n',
     "9: [memory b] base: region 'b' at 0xfffffffffffff000: 0x10000 bytes go beyond the end of "
     'the address space'),
    ('[memory b]\nbase = 0x10\nbytes = 4K\n',
     "9: [memory b] base: memory 'b' at 0x10, 0x1000 bytes: it needs a name, a known kind, and "
     'multiples of 4096'),
    ('[memory b]\nbase = 0\nbytes = 4K\nkind = rom\nmain = yes\n',
     '11: [memory b] kind: the main memory must be RAM'),
    ('[board]\ncpu = z80\n',
     "9: [board] cpu: there is no CPU model 'z80'; there are cortex-a7, cortex-a9, cortex-a15, "
     'cortex-a53, cortex-a57, cortex-a72, max'),
    ('[board]\ncpus = 2\n', '9: [board] cpus: unknown key; it belongs to [machine]'),
    ('[board]\nreset-address = 2\n', '9: [board] reset-address: no multiple of 4'),
    ('[board]\nstub = 0, 0x1ffffffff\n',
     "9: [board] stub: '0x1ffffffff' is no word of 32 bits; write it as 0xe320f003"),
    ('[board]\nproperties = a=1 a\n', "9: [board] properties: 'a' is the second of that name"),
    ('[board]\npmu = ppi7\n', f'9: [board] pmu: {NO_CONTROLLER}'),
    (GIC + '[board]\npmu = ppi16\n',
     "13: [board] pmu: 'ppi16' is no ppiN (0 to 15), spiN (0 to 987) or DEVICE:INPUT"),
    (GIC + '[board]\npmu = spi1, spi2\n',
     '13: [board] pmu: 2 words for 3 CPUs; give each CPU one, or all one ppiN', '-smp', '3'),
    (GIC + '[board]\npmu = uart:1\n', "13: [board] pmu: wire to 'uart', which is no device"),

    ('[device u]\ntype = pl011\nbase = x\n',
     "10: [device u] base: 'x' is no ADDRESS or ADDRESS+BYTES"),
    ('[device u]\ntype = pl011\nbase = 0, 0x1000\n',
     '10: [device u] base: the board maps region 1, which pl011 does not have'),
    ('[device u]\ntype = pl011\nbase = 0x40000000\n',
     "10: [device u] base: region 'u' (0x40000000-0x40000fff) overlaps region 'ram' "
     '(0x40000000-0x5fffffff)'),
    ('[device u]\ntype = pl011\nbase = 0+0x10000\n',
     '10: [device u] base: the board wants 0x10000 bytes of region 0, which has 0x1000'),
    ('[device u]\ntype = pl011\nbase = ' + '0 ' * 9 + '\n',
     '10: [device u] base: more than 8 regions'),
    ('[device u]\ntype = pl011\nirq = spi1\n', f'10: [device u] irq: {NO_CONTROLLER}'),
    ('[device u]\ntype = pl011\nirq = ppi1\n',
     "10: [device u] irq: 'ppi1' is no [OUTPUT:]spiN[:edge], N being 0 to 987; write for example "
     'spi5, or 1:spi6'),
    ('[device u]\ntype = pl011\nbaud = 9600\n',
     "10: [device u] baud: unknown key; did you mean 'base'?"),
    ('[device u]\ntype = pl011\nwhen = never\n',
     "10: [device u] when: 'never' is not a choice here; write one of always, el2, el3, "
     'el3-guest'),
    ('[device u]\ntype = pl011\nnode-clocks = uartclk\n',
     "10: [device u] node-clocks: 'uartclk' is no CLOCK-NAME:LABEL"),
    ('[device u]\ntype = pl011\nnode-properties = a b$\n',
     "10: [device u] node-properties: 'b$' is no NAME or NAME=VALUE; names have letters, digits "
     'and ,._+?#-, 31 at most'),
    (GIC + '[device g]\ntype = gicv2\ninterrupt-controller = yes\n',
     "14: [device g] interrupt-controller: this is the second one; 'gic' is the machine's "
     'already'),
    ('[device u]\ntype = pl031\ninterrupt-controller = yes\n',
     "unset: [device u] base: the board's interrupt controller 'u' (plugin pl031) has no inputs: "
     'wire_changed is NULL in its operations'),
    ('[device u]\ntype = pl011\nwires = 0:gic\n',
     "10: [device u] wires: '0:gic' is no OUTPUT:DEVICE:INPUT or FIRST-LAST:DEVICE:INPUT; INPUT "
     'is a number, spiN or ppiN@CPU, and outputs go up to 4096'),
    ('[device u]\ntype = pl011\nwires = 0:gic:spi1\n',
     "10: [device u] wires: wire to 'gic', which is no device"),
    ('[device u]\ntype = pl011\n[device v]\ntype = pl011\nwires = 0:u:1\n',
     "12: [device v] wires: wire to 'u', which is a device without inputs"),
    ('[device a]\ntype = pl061\nwires = 0:a:7\n', f"10: [device a] wires: from 'a' {CIRCLE}"),
    ('[device a]\ntype = pl061\nwires = 0:b:1\n[device b]\ntype = pl061\nwires = 0:a:1\n',
     f"10: [device a] wires: from 'a' {CIRCLE}"),
    (''.join(f'[device g{i}]\ntype = pl061\nwires = 0:g{i + 1}:1\n' for i in range(16)) +
     '[device g16]\ntype = pl061\n', f"10: [device g0] wires: from 'g0' {CIRCLE}"),
    ('[device a]\ntype = pl061\nirq = spi1\ninterrupt-controller = yes\n',
     f"10: [device a] irq: from 'a' {CIRCLE}"),

    ('[devices v]\ntype = virtio-mmio\nstride = 512\n',
     "[devices v] count: not set, and there is no default; add 'count = ...' to [devices v]"),
    ('[devices v]\ntype = virtio-mmio\ncount = 2\nstride = 0x100\nbase = 0\n',
     "12: [devices v] base: region 'v1' (0x100-0x2ff) overlaps region 'v0' (0x0-0x1ff)"),
    (GIC + '[devices v]\ntype = virtio-mmio\ncount = 2\nstride = 512\nbase = 0\nirq = spi987\n',
     '17: [devices v] irq: v1 has none: spi987 is the last'),
    ('[device v0]\ntype = pl011\n[devices v]\ntype = virtio-mmio\ncount = 1\nstride = 512\n',
     "11: [devices v] type: the machine has a device 'v0' already; choose another name"),

    ('[device v]\ntype = virtio-mmio\ntakes-disk = block\n',
     "10: [device v] takes-disk: 'block' is no KEY=VALUE"),
    ('[device v]\ntype = virtio-mmio\ntakes-disk = speed=1\n',
     '-drive: [device v] speed: unknown key', '-drive', 'file=b.ini'),

    ('[node a]\nparent = b\n', '9: [node a] parent: there is no [node b]'),
    ('[node a]\nparent = b\n[node b]\nparent = a\n',
     '9: [node a] parent: it leads in a circle, or 8 nodes deep'),
    ('[node a]\ninterrupts = spi988\n',
     "9: [node a] interrupts: 'spi988' is no ppiN, spiN or spiN:edge"),
    (''.join(f'[node n{i}]\n' for i in range(257)),
     '257 sections [node NAME] are too many; there may be 256'),
    ('[memory c]\nbase = 0\nbytes = 4K\n',
     '-m: [machine] memory: 2147483648 bytes are too many: [memory ram] has room for 1073741824',
     '-m', '2G'),
    ('[device u]\ntype = pl011\nwhen = el3\n',
     '-s option: [device u]: unknown section', '-s', 'device u.backend=null'),
]


class Boards(harness.Case):
    LEVELS = [[], ['-s', 'machine.el2=yes'], ['-s', 'machine.el3=guest'],
              ['-s', 'machine.el3=emulator', '-smp', '2']]

    def ok(self, *arguments):
        return self.el4_bytes(0, *arguments)

    def el4_bytes(self, status, *arguments):
        process = self.start(*arguments)
        output, errors = process.communicate(timeout=harness.SECONDS)
        self.assertEqual((process.returncode, errors.decode()), (status, ''))
        return output

    def described_and_plugin(self, name):
        return os.path.join(CONFIG, 'boards', name), os.path.join(CONFIG, name)

    def test_same_machines(self):
        """Memory map, chains and device tree are the plugin's, whoever has which levels."""
        for name in ('virt.ini', 'vexpress-a15.ini'):
            described, plugin = self.described_and_plugin(name)
            for levels in self.LEVELS:
                with self.subTest(f'{name} {levels}'):
                    for command in ('dtb', 'chain'):
                        arguments = ['--clock', 'virtual', *levels]
                        self.assertEqual(self.ok(command, described, *arguments),
                                         self.ok(command, plugin, *arguments))
                    maps = [self.ok('explain', path, *levels).decode().split('\n; memory map')[1]
                            .split('\n', 1)[1] for path in (described, plugin)]
                    self.assertEqual(*maps)

    def test_same_settings(self):
        """Each key of each device has the same value."""
        for name in ('virt', 'vexpress-a15'):
            self.write('plugin.ini', f'[machine]\nboard = {name}\nel3 = guest\n')
            described = self.settings(os.path.join(CONFIG, 'boards', name + '.ini'),
                                      '-s', 'machine.el3=guest')
            self.assertEqual(self.settings('plugin.ini') - described, set())

    def settings(self, *arguments):
        """(section, key = value) of all devices."""
        section, found = None, set()
        for line in self.ok('explain', *arguments).decode().split('\n'):
            section = line if line.startswith('[') else section
            if section and section.startswith('[device ') and ' = ' in line[1:] and line[0] != ';':
                found.add((section, ' '.join(line.split(' ;')[0].split())))
        return found

    def test_include(self):
        shutil.copy(os.path.join(CONFIG, 'boards', 'virt.ini'), self.path('board.ini'))
        self.write('mine.ini', 'include = board.ini\n[device uart0]\nbackend = null\n'
                   '[device virtio3]\ndevice = rng\n[memory ram]\nbytes = 1G\n')
        self.ok('check', 'mine.ini')
        self.expect(CONFIGURATION, 'el4: -m: [machine] memory: 2147483648 bytes are too many: '
                    '[memory ram] has room for 1073741824\n', 'check', 'mine.ini', '-m', '2G')

    def test_runs(self):
        """Firmware starts at the board's address, and its calls and console work."""
        self.write('firmware.bin', harness.store_byte('!') + harness.SYSTEM_OFF)
        board = os.path.join(CONFIG, 'boards', 'virt.ini')
        self.assertEqual(self.ok('run', board, '-bios', 'firmware.bin'), b'!')

    def test_docs(self):
        """The board that docs/boards.md builds up, and its device more for virt."""
        with open(DOCS, encoding='utf-8') as file:
            text = file.read()
        self.write('lamp.ini', '\n'.join(re.findall(r'```ini\n(.*?)```', text, re.S)))
        for levels in self.LEVELS:
            self.ok('check', 'lamp.ini', *levels)
        self.assertIn(b'serial@1c28000\0', self.ok('dtb', 'lamp.ini'))
        others = re.findall(r'\n\n```\n(.*?)```', text, re.S)
        self.assertEqual(len(others), 2)
        self.write('disk.img', bytes(512))
        for i, block in enumerate(others):
            self.write(f'{i}.ini', block)
            self.ok('check', f'{i}.ini')
            self.ok('dtb', f'{i}.ini')

    def test_places(self):
        """-drive and -netdev go where the plugins put them, and no further."""
        self.write('disk.img', bytes(512))
        drive = ['-drive', 'file=disk.img']
        for name, slots in (('virt.ini', 32), ('vexpress-a15.ini', 4)):
            path = os.path.join(CONFIG, 'boards', name)
            found = self.settings(path, '-netdev', 'user', *drive)
            self.assertIn((f'[device virtio{slots - 1}]', 'device = net'), found)
            self.assertIn((f'[device virtio{slots - 2}]', 'device = block'), found)
            self.expect(CONFIGURATION, "el4: -drive: board 'described' has no place left for a "
                        f'disk: all {slots} are taken; leave the option out\n', 'check', path,
                        *drive * (slots + 1))

    def test_timer_wires(self):
        """Each timer of a CPU makes its own private interrupt pending, and no other."""
        # name: op1 and CRm of its registers TVAL (op2 0) and CTL (1), INTID (Arm BSA)
        timers = {'hyp': (4, 2, 26), 'virtual': (3, 3, 27), 'hyp virtual': (4, 3, 28),
                  'secure': (7, 2, 29), 'physical': (3, 2, 30)}
        board = os.path.join(CONFIG, 'boards', 'virt.ini')
        for name, (op1, crm, intid) in timers.items():
            register = 0xd518e004 | op1 << 16 | crm << 8
            code = harness.movz(4, 0) + harness.guest_word(register)
            code += harness.movz(4, 1) + harness.guest_word(register | 1 << 5)
            code += harness.guest_word(0xd5033fdf)                 # isb
            code += harness.movz(3, 0x200) + harness.movk16(3, 0x800)
            code += harness.guest_word(0xb9400065)                 # ldr w5, [x3]: GICD_ISPENDR0
            code += harness.movz(3, 0) + harness.movk16(3, 0x900)
            for bit in range(26, 31):
                code += harness.guest_word(0x53007ca4 | bit << 16)  # lsr w4, w5, #bit
                code += harness.guest_word(0x12000084)              # and w4, w4, #1
                code += harness.guest_word(0x1100c084)              # add w4, w4, #'0'
                code += harness.guest_word(0x39000064)              # strb w4, [x3]
            self.write('firmware.bin', code + harness.semihosting_exit(0))
            printed = self.ok('run', board, '-cpu', 'max', '-semihosting', '-s',
                              'machine.el2=yes', '-s', 'machine.el3=guest', '-bios',
                              'firmware.bin')
            with self.subTest(name):
                self.assertEqual(printed.decode(), ''.join(
                    '1' if bit == intid else '0' for bit in range(26, 31)))

    def test_wires(self):
        """An output reaches the input that the wire says, and that alone."""
        def address(value):
            return harness.movz(3, 0) + harness.movk16(3, value >> 16)

        def store(offset):
            return harness.guest_word(0xb9000064 | offset // 4 << 10)
        # Pin 0 of `a`, an output that is high, interrupts: its outputs 1 and 0 are high. Then
        # print the pins of `b`.
        code = address(0xc100000) + harness.movz(4, 1)
        for register in (0x400, 0x3fc, 0x404, 0x40c, 0x410):
            code += store(register)
        code += address(0xc110000) + harness.guest_word(0xb9400064 | 0x3fc // 4 << 10)
        code += harness.guest_word(0x1100c084)  # add w4, w4, #'0'
        code += address(0x9000000) + harness.guest_word(0x39000064) + harness.SYSTEM_OFF
        self.write('firmware.bin', code)
        for wires, pins in (('0:b:3', b'8'), ('0-4:b:1', b'6'), ('2:b:0', b'0')):
            self.write('wired.ini', '[machine]\nboard = virt\n'
                       f'[device a]\ntype = pl061\nbase = 0xc100000\nwires = {wires}\n'
                       '[device b]\ntype = pl061\nbase = 0xc110000\n')
            self.assertEqual(self.ok('run', 'wired.ini', '-bios', 'firmware.bin'), pins)

    def test_add_to_plugin(self):
        """A device more on a board of a plugin, with its place, its wire and its node."""
        self.write('more.ini', '[machine]\nboard = virt\n[device timer]\ntype = sp804\n'
                   'base = 0x09050000\nirq = spi10\nnode = timer\nnode-compatible = arm,sp804\n'
                   'node-clocks = apb_pclk:apb-pclk\nfrequency = 1000000\n')
        self.assertIn('0000000009050000-0000000009050fff  mmio  both       timer',
                      self.ok('explain', 'more.ini').decode())
        self.assertIn(b'timer@9050000\0', self.ok('dtb', 'more.ini'))
        self.write('same.ini', '[machine]\nboard = virt\n[device uart0]\ntype = pl011\n')
        self.expect(CONFIGURATION, 'el4: same.ini:4: [device uart0] type: the board has this '
                    'device; leave the type out to set its keys, or give a device of your own '
                    'another name\n', 'check', 'same.ini')

    def test_label_of_nobody(self):
        self.write('b.ini', BOARD + '[node a]\nproperties = b=&nobody\n')
        status, output, errors = self.el4('dtb', 'b.ini')
        self.assertEqual((status, output), (CONFIGURATION, ''))
        self.assertIn("'nobody'", errors)

    def test_no_main_memory(self):
        self.write('b.ini', '[machine]\nboard = described\n')
        self.expect(CONFIGURATION, "el4: [board]: no memory is the main memory; say 'main = yes' "
                    'in a [memory NAME]\n', 'check', 'b.ini')

    def test_unknown_type(self):
        self.write('b.ini', BOARD + '[device u]\ntype = pl012\n')
        status, _, errors = self.el4('check', 'b.ini')
        self.assertEqual(status, CONFIGURATION)
        self.assertTrue(errors.startswith("el4: b.ini:9: [device u] type: there is no device "
                                          "plugin 'pl012': looked for pl012.so in"), errors)

    def test_mistakes(self):
        for text, message, *arguments in MISTAKES:
            with self.subTest(message):
                self.write('b.ini', BOARD + text)
                status, output, errors = self.el4('check', 'b.ini', *arguments)
                self.assertEqual((status, output), (CONFIGURATION, ''), errors)
                in_file = message[0].isdigit() and ':' in message[:4]
                place = 'el4: b.ini:' if in_file else 'el4: '
                self.assertTrue(errors.startswith(place + message), errors)


if __name__ == '__main__':
    harness.main()
