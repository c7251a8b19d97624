# SPDX-License-Identifier: MIT
"""What the test programs of the el4 command share: running it in a scratch folder."""
import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

SECONDS = 60  # no command here takes longer, not even with sanitizers

class Settings:
    """Of the command line."""
    el4 = None
    cc = None


def guest_word(value):
    return value.to_bytes(4, 'little')


def movz(register, value):
    return guest_word(0xd2800000 | value << 5 | register)


def movk16(register, value):
    return guest_word(0xf2a00000 | value << 5 | register)


def adr(register, words):
    return guest_word(0x10000000 | words << 5 | register)


HVC = guest_word(0xd4000002)
HLT_SEMIHOSTING = guest_word(0xd45e0000)
WFE = guest_word(0xd503205f)
WFI = guest_word(0xd503207f)
STAY = guest_word(0x14000000)
BACK = guest_word(0x17ffffff)


def call(function, immediate=HVC):
    """HVC with a function id."""
    return movz(0, function & 0xffff) + movk16(0, function >> 16) + immediate


def store_byte(character):
    """To the console of virt, which stands at 0x09000000."""
    return movz(3, 0) + movk16(3, 0x900) + movz(4, ord(character)) + guest_word(0x39000064)


SYSTEM_OFF = call(0x84000008)
PSCI_VERSION = call(0x84000000)


def semihosting_exit(status, reason=0x20026):
    """SYS_EXIT with a block of two 64-bit words behind the code."""
    code = movz(0, 0x18) + adr(1, 3) + HLT_SEMIHOSTING + STAY
    return code + reason.to_bytes(8, 'little') + status.to_bytes(8, 'little')


class Case(unittest.TestCase):
    """Each test has a scratch folder, which is the command's working folder."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix='el4-cli-')

    def tearDown(self):
        shutil.rmtree(self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, content):
        with open(self.path(name), 'wb') as file:
            file.write(content if isinstance(content, bytes) else content.encode())
        return name

    def read(self, name):
        with open(self.path(name), 'rb') as file:
            return file.read().decode()

    def start(self, *arguments, **options):
        settings = {'cwd': self.folder, 'stdin': subprocess.DEVNULL,
                    'stdout': subprocess.PIPE, 'stderr': subprocess.PIPE}
        return subprocess.Popen([Settings.el4, *arguments], **{**settings, **options})

    def el4(self, *arguments, **options):
        """(status, standard output, standard error)"""
        process = self.start(*arguments, **options)
        try:
            output, errors = process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            self.fail(f'el4 {" ".join(arguments)} does not end')
        return process.returncode, (output or b'').decode(), (errors or b'').decode()

    def expect(self, status, errors, *arguments):
        """Exact status and standard error; returns standard output."""
        got_status, output, got_errors = self.el4(*arguments)
        self.assertEqual(got_errors.replace(self.folder, '$FOLDER'), errors)
        self.assertEqual(got_status, status)
        return output


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--el4', required=True)
    parser.add_argument('--plugin-map', required=True)
    parser.add_argument('--cc')
    known, rest = parser.parse_known_args()
    Settings.el4 = os.path.abspath(known.el4)
    Settings.cc = known.cc
    os.environ['EL4_PLUGIN_MAP'] = os.path.abspath(known.plugin_map)
    os.environ['NO_COLOR'] = '1'
    for name in ('EL4_PLUGIN_PATH', 'G_MESSAGES_DEBUG'):
        os.environ.pop(name, None)
    program = unittest.main(argv=[sys.argv[0], *rest], exit=False, verbosity=2)
    result = program.result
    sys.exit(0 if result.wasSuccessful() and result.testsRun else 1)
