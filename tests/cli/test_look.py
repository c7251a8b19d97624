#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The commands that look at a machine without running it."""
import fcntl
import os
import re
import shutil
import socket
import subprocess
import unittest

import harness


class Look(harness.Case):
    def ok(self, *arguments):
        status, output, errors = self.el4(*arguments)
        self.assertEqual((status, errors), (0, ''))
        return output

    # ---- help and version ----

    def test_help(self):
        text = self.ok('--help')
        for command in ('run', 'check', 'explain', 'chain', 'dtb', 'plugins', 'new', 'help',
                        'version'):
            self.assertRegex(text, rf'(?m)^  el4 {command}\b')
        self.assertEqual(self.ok('run', '--help'), text)
        self.assertTrue(all(len(line) <= 100 for line in text.splitlines()))

    def test_version(self):
        self.assertRegex(self.ok('version'), r'^el4 \d+\.\d+\.\d+\n$')
        self.assertEqual(self.ok('--version'), self.ok('version'))

    def test_help_for_keys(self):
        listing = self.ok('help')
        for section, key in (('machine', 'board'), ('boot', 'kernel'), ('chain smc', 'services'),
                             ('trace', 'kinds'), ('board (virt)', 'gic'),
                             ('device pl011', 'backend'), ('service psci', 'version')):
            part = listing[listing.index(f'[{section}]\n'):].split('\n\n')[0]
            self.assertRegex(part, rf'(?m)^  {key} +[A-Z]')
        for topic in ('cpus', 'machine.cpus'):
            self.assertIn('type:    number without a sign, 1 to 512', self.ok('help', topic))
        self.assertIn('kernel', self.ok('help', 'boot'))
        self.assertIn('backend', self.ok('help', 'device pl011'))

    def test_help_by_name_and_by_part(self):
        psci = self.ok('help', 'psci')
        self.assertTrue(psci.startswith('[service psci]\n'))
        self.assertEqual(self.ok('help', 'service psci'), psci)
        self.assertEqual(self.ok('help', 'service', 'psci'), psci)
        self.assertTrue(self.ok('help', 'virt').startswith('[board (virt)]\n'))
        for topic, line in (('psc', '[service psci]'), ('SUSPEND', 'service psci.suspend-format'),
                            ('backen', 'device pl011.backend')):
            matches = self.ok('help', topic)
            self.assertTrue(matches.startswith(f"There is no section or key '{topic}', but:\n"))
            self.assertIn(f'\n  {line}  ', matches)

    def test_help_for_sections_of_any_name(self):
        """What services have in common, faults, and a board's keys, whichever board."""
        listing = self.ok('help')
        for section, key in (('service NAME', 'claim'), ('fault NAME', 'probability')):
            self.assertIn(f'[{section}]\n', listing)
            self.assertIn(f'\n  {key} ', self.ok('help', section.split()[0]))
            self.assertIn('  type: ', self.ok('help', f'{section.split()[0]}.{key}'))
        self.assertTrue(self.ok('help', 'board.gic').startswith('board (virt).gic\n'))
        self.assertTrue(self.ok('help', 'psci.states').startswith('service psci.states\n'))

    # ---- check, explain ----

    def test_check_is_silent(self):
        self.write('ok.ini', '[machine]\nboard = virt\ncpus = 4\n')
        self.assertEqual(self.ok('check', 'ok.ini'), '')

    def test_explain_is_a_configuration(self):
        """It gives the same machine again, from any folder, but for where keys were set."""
        self.write('disk.img', bytes(4096))
        self.write('first.ini', '[machine]\nboard = virt\ncpus = 3\nmemory = 96M\nel2 = yes\n'
                   '[boot]\nappend = "console=ttyAMA0  a=\'b; c\' # d"\n'
                   '[chain smc]\nservices = psci,\n  smccc-unknown\n'
                   '[service smccc-unknown]\nclaim = 0x80000000-0xffffffff\n')
        options = ['-drive', 'file=disk.img,readonly=on', '--trace', 'smc,mmio', '-s',
                   'board.gic=3']
        first = self.ok('explain', 'first.ini', *options)
        os.mkdir(self.path('folder'))
        self.write('folder/second.ini', first)
        second = self.ok('explain', 'folder/second.ini')
        self.assertEqual(self.values(first), self.values(second))
        self.assertEqual(self.tail(first), self.tail(second))
        self.assertIn('cpus        = 3          ; first.ini:3', first)
        self.assertRegex(first, r'gic = 3 +; -s option')

    def test_places(self):
        """Disks and networks are put where the board has room, each kind in its order."""
        self.write('disk.img', bytes(512 << 10))
        options = ['-nic', 'none', '-netdev', 'user,restrict=on', '-nic', 'user', '-drive',
                   'file=disk.img,if=sd,readonly=on']
        expected = {
            'virt': {'device virtio31': {'device': 'net', 'restrict': 'on'},
                     'device virtio30': {'device': 'net'},
                     'device virtio29': {'device': 'block', 'readonly': 'on'}},
            'imx6ul-evk': {'device fec1': {'network': 'user', 'restrict': 'on'},
                           'device fec2': {'network': 'user'},
                           'device usdhc1': {'readonly': 'on'}},
        }
        for board, sections in expected.items():
            found = {}
            for line in self.ok('explain', '--board', board, *options).splitlines():
                if line.startswith('['):
                    section = line[1:-1]
                setting = re.match(r'(\S+) += (.*?) +; -(drive|netdev|nic)$', line)
                if setting and setting[1] != 'file':
                    found.setdefault(section, {})[setting[1]] = setting[2]
                elif setting:
                    self.assertEqual(os.path.basename(setting[2]), 'disk.img')
            self.assertEqual(found, sections)

    @staticmethod
    def values(text):
        """Keys with values, without the origin that follows the last ' ; '."""
        keys = (line.rpartition(' ; ')[0].rstrip() for line in text.splitlines()
                if line and line[0] not in ';[')
        return [re.sub(r' += ', ' = ', key) for key in keys]

    @staticmethod
    def tail(text):
        """Chains and memory map, which follow the keys."""
        return text[text.index('; smc:'):] if '; smc:' in text else text[text.index('; smc'):]

    def test_looking_touches_nothing(self):
        """Consoles, traces, disks and ports: neither opened for writing nor made nor locked."""
        self.write('console.txt', 'from an earlier run')
        self.write('trace.txt', 'from an earlier run')
        self.write('disk.img', bytes(4096))
        with socket.socket() as port, open(self.path('disk.img'), 'rb') as disk, \
                socket.socket(socket.AF_UNIX) as unix:
            port.bind(('127.0.0.1', 0))
            port.listen()
            number = port.getsockname()[1]
            unix.bind(self.path('stale'))
            fcntl.flock(disk, fcntl.LOCK_EX)
            before = sorted(os.listdir(self.folder))
            for spec in ('file:console.txt', 'file:new.txt', 'pty', 'socket:new', 'socket:stale',
                         f'tcp:127.0.0.1:{number}', 'terminal'):
                for command in ('check', 'explain', 'chain', 'dtb'):
                    with self.subTest(spec=spec, command=command):
                        status, _, errors = self.el4_bytes(
                            command, '-serial', spec, '--trace', 'smc', '--trace-file',
                            'trace.txt' if spec == 'pty' else 'trace2.txt', '-drive',
                            'file=disk.img', '-netdev',
                            f'user,hostfwd=tcp:127.0.0.1:{number}-:22')
                        self.assertEqual((status, errors), (0, b''))
            self.assertEqual(sorted(os.listdir(self.folder)), before)
        self.assertEqual(self.read('console.txt'), 'from an earlier run')
        self.assertEqual(self.read('trace.txt'), 'from an earlier run')

    def el4_bytes(self, *arguments):
        process = self.start(*arguments)
        output, errors = process.communicate(timeout=harness.SECONDS)
        return process.returncode, output, errors

    # ---- chain ----

    def test_chain_table(self):
        text = self.ok('chain')
        self.assertRegex(text, r'0x84000000.* psci')
        self.assertRegex(text, r'smccc-unknown \(unknown functions\)')
        self.assertIn('otherwise: UNDEFINED: the machine has no EL3', text)
        self.assertIn('otherwise: UNDEFINED: the machine has no EL2', text)

    def test_chain_decision(self):
        text = self.ok('chain', '-s', 'machine.el3=guest', '-s', 'machine.el2=yes')
        self.assertEqual(text.count('no services'), 3)
        self.write('v.ini', '[machine]\nboard = virt\n')
        for number in ('0x84000003', '2214592515'):
            self.assertIn('psci', self.ok('chain', 'v.ini', 'hvc', number))
        self.assertNotIn('psci', self.ok('chain', 'v.ini', 'smc', '0x84000003'))

    # ---- dtb ----

    @unittest.skipUnless(shutil.which('dtc'), 'no dtc')
    def test_device_tree(self):
        for levels in ([], ['-s', 'machine.el2=yes'], ['-s', 'machine.el3=guest'],
                       ['-s', 'machine.el3=emulator', '-s', 'machine.el2=yes']):
            for gic in '23':
                with self.subTest(levels=levels, gic=gic):
                    process = self.start('dtb', '-smp', '2', '-s', f'board.gic={gic}', *levels)
                    blob, errors = process.communicate(timeout=harness.SECONDS)
                    self.assertEqual((process.returncode, errors), (0, b''))
                    dtc = subprocess.run(['dtc', '-I', 'dtb', '-O', 'dts'], input=blob,
                                         capture_output=True, check=True)
                    self.assertEqual(dtc.stderr.decode(), '')
                    self.assertIn('cpu@1 {', dtc.stdout.decode())

    def test_folders_of_plugins_are_relative_to_the_file(self):
        os.mkdir(self.path('folder'))
        self.write('folder/a.ini', '[machine]\nboard = virt\nplugins = mine, ../yours\n  /theirs\n')
        text = self.ok('explain', 'folder/a.ini')
        for name in ('/folder/mine,', '/folder/../yours,', ' /theirs'):
            self.assertIn(name, text)
        self.assertIn(self.path('folder/mine'), text)
        self.assertIn(f'= {self.path("here")} ',
                      self.ok('explain', 'folder/a.ini', '-s', 'machine.plugins=here'))

    # ---- plugins ----

    def test_plugins(self):
        text = self.ok('plugins')
        for kind, name in (('board', 'virt'), ('device', 'pl011'), ('service', 'psci')):
            self.assertRegex(text, rf'(?m)^{kind} +{name} +\S+ +\S.*\n +/.*{name}\.so$')

    def test_refused_and_hidden_plugins(self):
        os.mkdir(self.path('mine'))
        self.write('mine/text.so', 'no plugin at all, just a few words in a file\n')
        psci = re.search(r'/.*/psci\.so', self.ok('plugins')).group()
        shutil.copy(psci, self.path('mine/renamed.so'))
        shutil.copy(psci, self.path('mine/psci.so'))
        text = self.ok('plugins', 'mine', 'nowhere')
        mine = self.path('mine')
        self.assertIn(f'refused  {mine}/text.so\n', text)
        self.assertIn('text.so is not a shared object (ELF file): it may be incomplete', text)
        self.assertIn(f"renamed.so calls itself 'psci'; 'renamed' is wanted", text)
        self.assertIn(f'{psci} is hidden by {mine}/psci.so, which is found first', text)
        self.assertRegex(text, r'refused  .*nowhere\n .*No such file or directory')


if __name__ == '__main__':
    harness.main()
