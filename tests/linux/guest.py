# SPDX-License-Identifier: MIT
"""A guest on a pseudo-terminal: start the emulator, wait for what the console says, type,
and collect the exit status and what it cost. Used by run-boot.py."""
import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
import time


class Failure(Exception):
    """The guest or the emulator did not do what the test expects."""


class Guest:
    def __init__(self, command, limit):
        self.command = command
        self.deadline = time.monotonic() + limit
        self.log = b""
        self.position = 0
        self.started = time.monotonic()
        master, slave = pty.openpty()
        # A raw line, as the emulator itself would set it on a real terminal: the pty must
        # not echo what the test types, the guest does that.
        attributes = termios.tcgetattr(slave)
        attributes[1] &= ~termios.OPOST
        attributes[3] &= ~(termios.ECHO | termios.ICANON | termios.ISIG)
        termios.tcsetattr(slave, termios.TCSANOW, attributes)
        self.process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave,
                                        start_new_session=True)
        os.close(slave)
        self.master = master

    def elapsed(self):
        return time.monotonic() - self.started

    def _read(self):
        """Take what the console says next; False at its end."""
        left = self.deadline - time.monotonic()
        if left <= 0 or not select.select([self.master], [], [], left)[0]:
            raise Failure("time limit reached after %.0f s" % self.elapsed())
        try:
            data = os.read(self.master, 65536)
        except OSError:
            data = b""
        self.log += data
        # The console goes on to the test's own output as it comes.
        sys.stdout.write(data.decode("utf-8", "replace").replace("\r", ""))
        sys.stdout.flush()
        return bool(data)

    def expect(self, *patterns):
        """Wait for the first of the regular expressions; returns the match."""
        while True:
            text = self.log[self.position:].decode("latin-1")
            matches = [re.search(pattern, text) for pattern in patterns]
            found = [match for match in matches if match]
            if found:
                first = min(found, key=lambda match: match.start())
                self.position += first.end()
                return first
            if not self._read():
                raise Failure("the emulator ended before the console said %s" %
                              " or ".join(repr(pattern) for pattern in patterns))

    def send(self, text):
        os.write(self.master, text.encode())

    def finish(self, status=0):
        """Wait for the emulator's end, check its exit status, return (CPU s, peak RSS MB)."""
        while self._read():
            pass
        _, wait_status, usage = os.wait4(self.process.pid, 0)
        self.process.returncode = os.waitstatus_to_exitcode(wait_status)
        if self.process.returncode != status:
            raise Failure("exit status %d, not %d" % (self.process.returncode, status))
        return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024

    def close(self):
        if self.process.returncode is None:
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            self.process.wait()
        os.close(self.master)

    def text(self):
        return self.log.decode("latin-1")
