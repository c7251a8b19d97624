#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The console: a terminal that is given back as it was, files, ptys and sockets."""
import os
import pty
import re
import select
import signal
import socket
import subprocess
import termios
import time

import harness
from harness import BACK, STAY, SYSTEM_OFF, WFI, Settings, store_byte

SLEEP = WFI + BACK


def store_text(text):
    return b''.join(store_byte(character) for character in text)


class Terminal:
    """el4 in the foreground of a terminal of its own."""

    def __init__(self, folder, *arguments):
        self.master, self.slave = pty.openpty()
        self.before = termios.tcgetattr(self.slave)
        self.process = subprocess.Popen(
            [Settings.el4, 'run', *arguments], cwd=folder, stdin=self.slave, stdout=self.slave,
            stderr=self.slave, start_new_session=True, preexec_fn=self.take)
        self.text = b''

    def take(self):
        """In the child: the terminal controls the new session."""
        import fcntl
        fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)

    def wait_for(self, text):
        end = time.monotonic() + harness.SECONDS
        while text not in self.text and time.monotonic() < end:
            if select.select([self.master], [], [], 0.2)[0]:
                self.text += os.read(self.master, 4096)
        return text in self.text

    def is_raw(self):
        return not termios.tcgetattr(self.slave)[3] & (termios.ICANON | termios.ECHO)

    def is_restored(self):
        return termios.tcgetattr(self.slave) == self.before

    def type(self, keys):
        os.write(self.master, keys)

    def end(self):
        try:
            return self.process.wait(timeout=harness.SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

    def close(self):
        self.end()
        os.close(self.master)
        os.close(self.slave)


class Console(harness.Case):
    def terminal(self, code, *options):
        self.write('guest.bin', code)
        terminal = Terminal(self.folder, '-kernel', 'guest.bin', '-m', '16M', *options)
        self.addCleanup(terminal.close)
        return terminal

    # ---- terminal ----

    def test_quit_by_keys(self):
        for clock in ('real', 'virtual'):
            for code in (STAY, SLEEP):
                with self.subTest(clock=clock):
                    terminal = self.terminal(store_text('up!') + code, '--clock', clock)
                    self.assertTrue(terminal.wait_for(b'up!'))
                    self.assertTrue(terminal.is_raw())
                    terminal.type(b'\x01x')
                    self.assertEqual(terminal.end(), 0)
                    self.assertTrue(terminal.is_restored())

    def test_help_key(self):
        terminal = self.terminal(store_text('up!') + SLEEP)
        self.assertTrue(terminal.wait_for(b'up!'))
        terminal.type(b'\x01h')
        self.assertTrue(terminal.wait_for(b'Ctrl-A X  quit el4'))
        terminal.type(b'\x01X')
        self.assertEqual(terminal.end(), 0)

    def test_interrupt_key_is_the_guests(self):
        terminal = self.terminal(store_text('up!') + SLEEP)
        self.assertTrue(terminal.wait_for(b'up!'))
        terminal.type(b'\x03')
        time.sleep(0.5)
        self.assertIsNone(terminal.process.poll())
        terminal.type(b'\x01x')
        self.assertEqual(terminal.end(), 0)

    def test_restored_after_other_ends(self):
        terminal = self.terminal(store_text('up!') + SYSTEM_OFF)
        self.assertEqual(terminal.end(), 0)
        self.assertTrue(terminal.is_restored())
        terminal = self.terminal(STAY, '--timeout', '0.5')
        self.assertEqual(terminal.end(), 4)
        self.assertTrue(terminal.is_restored())
        for number, status in ((signal.SIGTERM, 0), (signal.SIGHUP, 0), (signal.SIGABRT, 5)):
            with self.subTest(number):
                terminal = self.terminal(store_text('up!') + SLEEP)
                self.assertTrue(terminal.wait_for(b'up!'))
                terminal.process.send_signal(number)
                self.assertEqual(terminal.end(), status)
                self.assertTrue(terminal.is_restored())

    def test_restored_after_mistake(self):
        terminal = self.terminal(STAY, '-netdev', 'user,hostfwd=x')
        self.assertEqual(terminal.end(), 2)
        self.assertTrue(terminal.is_restored())

    # ---- elsewhere ----

    def run_console(self, spec):
        self.write('guest.bin', store_text('hello, ') + store_text('world') + SYSTEM_OFF)
        return self.el4('run', '-kernel', 'guest.bin', '-m', '16M', '-serial', spec)

    def test_standard_output(self):
        self.assertEqual(self.run_console('terminal'), (0, 'hello, world', ''))

    def test_file(self):
        self.assertEqual(self.run_console('file:out.txt'), (0, '', ''))
        self.assertEqual(self.read('out.txt'), 'hello, world')

    def test_closed_pipe(self):
        """Nobody reads: the guest goes on, and el4 ends as if somebody did."""
        reader, writer = os.pipe()
        os.close(reader)
        self.write('guest.bin', store_text('hello') + SYSTEM_OFF)
        process = self.start('run', '-kernel', 'guest.bin', '-m', '16M', stdout=writer)
        os.close(writer)
        process.communicate(timeout=harness.SECONDS)
        self.assertEqual(process.returncode, 0)

    def test_closed_pipe_of_a_listing(self):
        reader, writer = os.pipe()
        os.close(reader)
        process = self.start('help', stdout=writer)
        os.close(writer)
        process.communicate(timeout=harness.SECONDS)
        self.assertEqual(process.returncode, -signal.SIGPIPE)

    def start_console(self, spec):
        """A guest that repeats itself, as nobody may listen from its first word on."""
        word = store_text('tick ')
        back = (0x14000000 | (-len(word) // 4 & 0x3ffffff)).to_bytes(4, 'little')
        self.write('guest.bin', word + back)
        process = self.start('run', '-kernel', 'guest.bin', '-m', '16M', '-serial', spec,
                             '--timeout', str(harness.SECONDS))
        self.addCleanup(self.stop, process)
        return process

    @staticmethod
    def stop(process):
        process.terminate()
        process.communicate(timeout=harness.SECONDS)

    def test_pty(self):
        process = self.start_console('pty')
        line = process.stderr.readline().decode()
        name = re.search(r'/dev/pts/\d+', line)
        self.assertIsNotNone(name, line)
        descriptor = os.open(name.group(), os.O_RDWR | os.O_NOCTTY)
        try:
            text = b''
            while len(text) < 20:
                text += os.read(descriptor, 64)
            self.assertIn(b'tick', text)
        finally:
            os.close(descriptor)

    def listen_to(self, family, address):
        end = time.monotonic() + harness.SECONDS
        while True:
            connection = socket.socket(family, socket.SOCK_STREAM)
            try:
                connection.connect(address)
                break
            except OSError:
                connection.close()
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)
        with connection:
            connection.settimeout(harness.SECONDS)
            text = b''
            while len(text) < 20:
                text += connection.recv(64)
        self.assertIn(b'tick tick', text)

    def test_unix_socket(self):
        process = self.start_console('socket:console')
        self.listen_to(socket.AF_UNIX, self.path('console'))
        self.listen_to(socket.AF_UNIX, self.path('console'))  # it takes the next one
        self.stop(process)
        self.assertFalse(os.path.exists(self.path('console')))

    def test_tcp(self):
        with socket.socket() as probe:
            probe.bind(('127.0.0.1', 0))
            port = probe.getsockname()[1]
        self.start_console(f'tcp:127.0.0.1:{port}')
        self.listen_to(socket.AF_INET, ('127.0.0.1', port))


if __name__ == '__main__':
    harness.main()
