#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""With clock = virtual a run repeats bit for bit: boot Debian's Linux on several CPUs, once
alone and once beside a process that keeps a host CPU busy, and compare the trace hashes, the
console output and the exit status.

usage: run-determinism.py [--el4 PROGRAM] [--guests FOLDER] [--cpus N] [-s KEY=VALUE]...

Exit status: 0 passed, 1 failed, 77 skipped (no guests; a failure where CI=true).
"""
import argparse
import os
import re
import subprocess
import sys

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# A neighbour that takes a whole host CPU each, more of them than there are CPUs to have.
BUSY = [sys.executable, "-c", "while True: pass"]


class Failure(Exception):
    """A run went wrong, or two of them differ."""


class Outcome:
    def __init__(self, status, console, trace_hash):
        self.status, self.console, self.trace_hash = status, console, trace_hash


def boot(options):
    folder = os.path.join(options.guests, "arm64")
    command = [options.el4, "run", "-smp", str(options.cpus), "-m", "512", "--clock", "virtual",
               "--trace", "exception,smc", "--trace-hash", "--timeout", str(options.limit),
               "-kernel", os.path.join(folder, "vmlinuz"),
               "-initrd", os.path.join(folder, "initramfs-test.cpio.gz"),
               "-append", "console=ttyAMA0 el4.test=boot,hotplug"]
    for setting in options.setting:
        command += ["-s", setting]
    print("+ " + " ".join(command), flush=True)
    result = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE)
    errors = result.stderr.decode("utf-8", "replace")
    found = re.search(r"trace sha256 ([0-9a-f]{64})", errors)
    if not found:
        raise Failure("no trace hash; status %d\n%s" % (result.returncode, errors[-2000:]))
    console = result.stdout.decode("utf-8", "replace")
    if "EL4-TEST: all ok" not in console:
        raise Failure("the guest's own test did not pass\n" + console[-2000:])
    print("status %d, %d console bytes, trace sha256 %s" % (
        result.returncode, len(console), found.group(1)), flush=True)
    return Outcome(result.returncode, console, found.group(1))


def boot_under_load(options):
    neighbours = [subprocess.Popen(BUSY) for _ in range(os.cpu_count() or 1)]
    try:
        return boot(options)
    finally:
        for neighbour in neighbours:
            neighbour.kill()
            neighbour.wait()


def first_difference(one, other):
    """The first console line that is not the same."""
    for number, lines in enumerate(zip(one.splitlines(), other.splitlines()), 1):
        if lines[0] != lines[1]:
            return "line %d: %r and %r" % (number, lines[0], lines[1])
    return "one is longer"


def compare(one, other):
    if one.status != 0 or other.status != 0:
        raise Failure("exit status %d and %d" % (one.status, other.status))
    if one.console != other.console:
        raise Failure("the consoles differ, " + first_difference(one.console, other.console))
    if one.trace_hash != other.trace_hash:
        raise Failure("the traces differ: %s and %s" % (one.trace_hash, other.trace_hash))


def parse():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--el4", default=os.path.join(SOURCE, "build/cli/el4"), metavar="PROGRAM")
    parser.add_argument("--guests", default=os.path.join(SOURCE, "build/guests"),
                        metavar="FOLDER", help="where they are, unless $EL4_GUESTS says it")
    parser.add_argument("--cpus", type=int, default=2)
    parser.add_argument("--limit", type=int, default=280, metavar="SECONDS")
    parser.add_argument("-s", dest="setting", action="append", default=[],
                        metavar="SECTION.KEY=VALUE", help="passed on to el4")
    options = parser.parse_args()
    options.guests = os.environ.get("EL4_GUESTS") or options.guests
    return options


def main():
    options = parse()
    if not os.path.exists(os.path.join(options.guests, "arm64", "initramfs-test.cpio.gz")):
        print("no guests in %s; './dev guests' fetches them" % options.guests)
        return 1 if os.environ.get("CI") == "true" else 77
    try:
        compare(boot(options), boot_under_load(options))
    except Failure as failure:
        print("FAILED: %s" % failure)
        return 1
    print("passed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
