#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Answer a machine's service calls from Python, for el4's service `remote`.

    examples/remote/answer.py /tmp/calls.sock &
    el4 run examples/remote/remote.ini -kernel GUEST

Change answer() below: it gets a call as a dictionary and returns x0, x1, ... as a list; None
passes the call on to the next service, as a machine without this program would.
"""
import json
import os
import socket
import sys


class Machine:
    """The machine at the other end of a connection, while one of its calls is answered."""

    def __init__(self, stream):
        self.stream = stream

    def send(self, message):
        self.stream.write(json.dumps(message) + '\n')
        self.stream.flush()

    def ask(self, message):
        self.send(message)
        return json.loads(self.stream.readline())

    def read(self, address, count, secure=False):
        """Guest memory as bytes; None if not all of it is memory."""
        data = self.ask({'read': hex(address), 'bytes': count, 'secure': secure})['data']
        return None if data is None else bytes.fromhex(data)

    def write(self, address, data, secure=False):
        """False if not all of it is memory."""
        return self.ask({'write': hex(address), 'data': data.hex(), 'secure': secure})['written']


def answer(machine, call):
    function = int(call['id'], 16)
    args = [int(arg, 16) for arg in call['args']]
    if function == 0xc2000000:  # the sum of x1 and x2
        return [args[1] + args[2] & 0xffffffffffffffff]
    if function == 0xc2000001:  # upper-case x2 bytes at x1
        text = machine.read(args[1], args[2])
        if text is None or not machine.write(args[1], text.upper()):
            return [-2]
        return [0, len(text)]
    return None


def serve(stream):
    machine = Machine(stream)
    hello = json.loads(stream.readline())
    print(f"a machine; CPUs: {hello['cpus']}", file=sys.stderr)
    for line in stream:
        call = json.loads(line)
        results = answer(machine, call)
        if results is None:
            machine.send({'call': call['call'], 'verdict': 'pass'})
        else:
            # Numbers of 64 bits travel as text: not every JSON reader keeps them whole.
            machine.send({'call': call['call'], 'results': [str(value) for value in results]})


def main():
    if len(sys.argv) != 2:
        sys.exit(f'usage: {sys.argv[0]} SOCKET')
    path = sys.argv[1]
    with socket.socket(socket.AF_UNIX) as listener:
        # Whoever sees the name finds somebody listening; an old socket is replaced.
        listener.bind(path + '.new')
        listener.listen()
        os.rename(path + '.new', path)
        while True:
            connection, _ = listener.accept()
            with connection, connection.makefile('rw') as stream:
                try:
                    serve(stream)
                except (ConnectionError, ValueError) as problem:
                    print(f'the machine is gone: {problem}', file=sys.stderr)


if __name__ == '__main__':
    main()
