#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Run one bare-metal guest in el4 and judge it: it must end with status 0, every one of its lines
"check NAME: got ... want ..." must end with "ok", and its last line must count them.
"""
import argparse
import contextlib
import os
import re
import subprocess
import sys
import tempfile
import time

SKIP = 77


def run(command, environment, seconds):
    """The guest's output, el4's messages, status; a hang of el4 itself counts as status None."""
    process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        output, messages = process.communicate(timeout=seconds)
        status = process.returncode
    except subprocess.TimeoutExpired:
        process.kill()
        output, messages = process.communicate()
        status = None
    return (output.decode(errors='replace').replace('\r', ''),
            messages.decode(errors='replace'), status)


@contextlib.contextmanager
def peer(program):
    """The options that lead [service remote] to this program, which runs meanwhile."""
    if not program:
        yield []
        return
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'socket')
        process = subprocess.Popen([sys.executable, program, path])
        try:
            deadline = time.monotonic() + 20
            while not os.path.exists(path) and time.monotonic() < deadline:
                time.sleep(0.02)
            yield ['-s', f'service remote.socket={path}']
        finally:
            process.kill()
            process.wait()


def judge(output, status, least):
    """What is wrong, as sentences."""
    problems = []
    if status is None:
        problems.append('el4 did not end by itself')
    elif status != 0:
        problems.append(f'el4 ended with status {status}')
    checks = re.findall(r'^check .*$', output, re.MULTILINE)
    failures = [line for line in checks if not line.endswith(' ok')]
    problems += [f'failed: {line}' for line in failures]
    if len(checks) < least:
        problems.append(f'{len(checks)} checks were made, {least} at least were expected')
    if not re.search(r'^\d+ passed, 0 failed$', output, re.MULTILINE):
        problems.append('there is no last line with 0 failed')
    return problems


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--el4', required=True, help='the el4 command')
    parser.add_argument('--plugin-map', help='plugins of a build tree')
    parser.add_argument('--least', type=int, default=1, help='least number of checks')
    parser.add_argument('--peer', help='program that answers the calls of [service remote]')
    parser.add_argument('--timeout', type=int, default=60, help='seconds for the guest')
    parser.add_argument('--bios', action='store_true', help='the image is firmware')
    parser.add_argument('ini')
    parser.add_argument('image')
    parser.add_argument('more', nargs='*', help='further options of el4 run')
    arguments = parser.parse_args()

    if not os.path.exists(arguments.el4):
        print(f'skipped: there is no {arguments.el4}')
        return SKIP
    environment = dict(os.environ)
    if arguments.plugin_map:
        environment['EL4_PLUGIN_MAP'] = arguments.plugin_map
    command = [arguments.el4, 'run', arguments.ini, '-bios' if arguments.bios else '-kernel',
               arguments.image, '-semihosting', '-nographic',
               '--timeout', str(arguments.timeout)] + arguments.more
    with peer(arguments.peer) as options:
        output, messages, status = run(command + options, environment, arguments.timeout + 30)
    sys.stdout.write(output + messages)
    problems = judge(output, status, arguments.least)
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == '__main__':
    sys.exit(main())
