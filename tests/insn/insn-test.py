#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compare el4 with QEMU's user mode, instruction by instruction.

For every line of the tables of A64, or of A32, T32 and T16: random encodings and operands
(gen.py) are run by the oracle (oracle.c under qemu-aarch64 or qemu-arm -cpu max) and by el4
(run-el4.c); all registers, flags, FP status, memory and the way the instruction ended must
agree.  exceptions-*.txt name what cannot be compared, with reasons.  Exit status 1 if there is
a mismatch that no exception explains, or a line without a case that completed.

    insn-test.py --isa a64 --tables a64-decode.json --oracle oracle --runner run-el4
                 [--per-line N] [--seed S] [--rounds N] [--seconds N] [--only REGEX]
"""

import argparse
import collections
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
import gen  # noqa: E402
import gen_a32  # noqa: E402
import gen_a64  # noqa: E402

ARCHITECTURES = {'a64': gen_a64, 'aarch32': gen_a32}
EXCEPTIONS = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'exceptions-{}.txt')
OUTCOMES = ('done', 'undefined', 'fault', 'alignment', 'other')
DONE, UNDEFINED = 0, 1
SKIPPED = 77  # as meson understands it


# What `differ` lines of exceptions-*.txt name: each sees the line, the line's word, the state
# before and both states after, and says whether this one rule explains the difference.

def half_sign(line, word, before, expected, got):
    """Only bits 31:16 of Vd differ: the oracle's are copies of bit 15, el4's are zero."""
    at = gen.V0 + 2 * line.field_of('rd', word)
    low = got[at]
    changed = list(got)
    changed[at] = low | 0xffff0000 if low >> 15 == 1 else low
    return tuple(changed) == tuple(expected)


def flushed_denormal(line, word, before, expected, got):
    """Only Z differs, and the operand is a positive denormal that FZ makes zero."""
    operand = before[gen.V0 + 2 * line.field_of('rn', word)]
    changed = list(got)
    changed[gen.FLAGS] ^= 1 << 30
    return (tuple(changed) == tuple(expected) and before[gen.FPCR] >> 24 & 1 == 1 and
            0 < operand < 1 << 52)


def flushed_denormal_d(line, word, before, expected, got):
    """The same of AArch32, where Z is in the FPSCR."""
    operand = before[gen.V0 + line.field_of('vm', word)]
    changed = list(got)
    changed[gen.FPCR] ^= 1 << 30
    return (tuple(changed) == tuple(expected) and before[gen.FPCR] >> 24 & 1 == 1 and
            0 < operand < 1 << 52)


def upper_pointer(line, word, before, expected, got):
    """The pointer has bit 55 set and bit 63 clear."""
    pointers = [before[30], before[17]] if line.name == 'HINT' else \
        [before[line.field_of('rd', word)]]
    return any(pointer >> 55 & 0x101 == 1 for pointer in pointers)


RULES = {rule.__name__: rule for rule in (half_sign, flushed_denormal, flushed_denormal_d,
                                        upper_pointer)}


class Exceptions:
    """exceptions-*.txt: `skip NAME`, `undefined NAME`, `differ NAME RULE`, each with why."""

    def __init__(self, path, names):
        self.skip, self.undefined, self.differ = {}, {}, {}
        with open(path, encoding='utf-8') as file:
            for number, text in enumerate(file, 1):
                words = text.split('#')[0].split()
                if not words:
                    continue
                if len(words) < 3 or words[1] not in names:
                    sys.exit(f'{path}:{number}: no such line in the tables, or no reason')
                kind, name = words[:2]
                if kind == 'skip':
                    self.skip[name] = ' '.join(words[2:])
                elif kind == 'undefined':
                    self.undefined[name] = ' '.join(words[2:])
                elif kind == 'differ' and words[2] in RULES:
                    self.differ[name] = (RULES[words[2]], ' '.join(words[3:]))
                else:
                    sys.exit(f"{path}:{number}: '{kind}' is none of skip, undefined, differ")


def differences(names, before, expected, got):
    """What to print about two states that are not equal."""
    found = []
    for number in range(gen.V0):
        if expected[number] != got[number]:
            name = names.get(number, f'x{number}')
            found.append(f'{name}: oracle {expected[number]:x}, el4 {got[number]:x}, '
                         f'before {before[number]:x}')
    for number in range(32):
        at = gen.V0 + 2 * number
        if expected[at:at + 2] != got[at:at + 2]:
            found.append(f'v{number}: oracle {expected[at + 1]:016x}_{expected[at]:016x}, '
                         f'el4 {got[at + 1]:016x}_{got[at]:016x}, '
                         f'before {before[at + 1]:016x}_{before[at]:016x}')
    if expected[-1] != got[-1]:
        places = [i for i in range(gen.WINDOW_BYTES) if expected[-1][i] != got[-1][i]]
        low, high = places[0], places[-1] + 1
        found.append(f'window[{low}:{high}]: oracle {expected[-1][low:high].hex()}, '
                     f'el4 {got[-1][low:high].hex()}')
    return found


class Tally:
    """What is known of one line of the tables."""

    def __init__(self):
        self.outcomes = collections.Counter()
        self.mismatches = 0
        self.explained = 0
        self.examples = []


def compare(architecture, lines, cases, expected, got, exceptions, tallies, examples_max):
    case_size = gen.CASE_HEAD.size + gen.STATE.size
    result_size = gen.RESULT_HEAD.size + gen.STATE.size
    count = gen.HEADER.unpack_from(cases)[1]
    for data, name in ((expected, 'oracle'), (got, 'el4')):
        head = gen.HEADER.unpack_from(data)
        if head[:3] != (gen.MAGIC_RESULTS, count, result_size) or \
                len(data) != gen.HEADER.size + count * result_size:
            sys.exit(f'the results of {name} are not complete')
    for number in range(count):
        at = gen.HEADER.size + number * case_size
        line_number, insn, word, _, code = gen.CASE_HEAD.unpack_from(cases, at)
        line, tally = lines[line_number], tallies[line_number]
        place = gen.HEADER.size + number * result_size
        outcome, detail = gen.RESULT_HEAD.unpack_from(expected, place)
        el4_outcome, el4_detail = gen.RESULT_HEAD.unpack_from(got, place)
        tally.outcomes[outcome] += 1
        state = slice(place + gen.RESULT_HEAD.size, place + result_size)
        if outcome == el4_outcome and (outcome != DONE or expected[state] == got[state]):
            continue
        before = gen.STATE.unpack_from(cases, at + gen.CASE_HEAD.size)
        after = gen.STATE.unpack_from(expected, state.start)
        el4_after = gen.STATE.unpack_from(got, state.start)
        if outcome != el4_outcome:
            found = [f'oracle {OUTCOMES[outcome]} ({detail}), '
                     f'el4 {OUTCOMES[el4_outcome]} ({el4_detail:#x})']
        else:
            found = differences(architecture.STATE_NAMES, before, after, el4_after)
            rule = exceptions.differ.get(line.name)
            if rule and rule[0](line, word, before, after, el4_after):
                tally.explained += 1
                continue
        tally.mismatches += 1
        if len(tally.examples) < examples_max:
            tally.examples.append(
                f'{line.list} {line.name} ({line.place}) {insn:08x}'
                f' code {code[before[gen.PC] % gen.SLOT_BYTES:gen.TAIL_OFFSET].hex(" ", 2)}'
                f' fpcr {before[gen.FPCR]:08x} flags {before[gen.FLAGS]:08x}\n    ' +
                '\n    '.join(found + architecture.operands(line, word, before)))


def run(command, cases, folder, name):
    results = os.path.join(folder, name)
    status = subprocess.run([*command, cases, results], check=False).returncode
    if status:
        sys.exit(f"{' '.join(command)} ended with status {status}")
    with open(results, 'rb') as file:
        return file.read()


def one_round(options, architecture, lines, exceptions, tallies, seed):
    by_name = {}
    for line in lines:
        by_name.setdefault((line.list, line.name), line)
    for batch in architecture.batches([line for line in lines
                                       if line.name not in exceptions.skip]):
        data = gen.make_cases(batch, by_name, options.per_line, seed)
        with tempfile.TemporaryDirectory(prefix='el4-insn-') as folder:
            folder = options.keep or folder
            cases = os.path.join(folder, 'cases')
            with open(cases, 'wb') as file:
                file.write(data)
            expected = run([*architecture.ORACLE, options.oracle], cases, folder, 'oracle')
            got = run([options.runner, *options.runner_option], cases, folder, 'el4')
        compare(architecture, lines, data, expected, got, exceptions, tallies,
                options.examples)


def report(options, lines, exceptions, tallies):
    """Print the sums; True if all is well."""
    groups = collections.defaultdict(lambda: [0, 0, 0, 0, 0])
    uncovered = []
    for line in lines:
        tally = tallies[line.number]
        covered = tally.outcomes[DONE] > 0 or (line.name in exceptions.undefined and
                                               tally.outcomes[UNDEFINED] > 0)
        row = groups[line.group]
        for i, value in enumerate((1, covered, sum(tally.outcomes.values()), tally.mismatches,
                                   tally.explained)):
            row[i] += value
        if not covered and line.name not in exceptions.skip:
            uncovered.append(f'{line.name} ({line.place})')
    for line in lines:
        for example in tallies[line.number].examples:
            print(example)
    print(f"{'group':18}{'lines':>7}{'covered':>9}{'cases':>10}"
          f"{'mismatches':>12}{'explained':>11}")
    for group, row in sorted(groups.items()):
        print(f'{group:18}{row[0]:7}{row[1]:9}{row[2]:10}{row[3]:12}{row[4]:11}')
    total = [sum(column) for column in zip(*groups.values())]
    bad = [line for line in lines if tallies[line.number].mismatches]
    if bad:
        print('lines with mismatches: ' + ', '.join(
            f'{line.name} ({line.place}, {tallies[line.number].mismatches})' for line in bad))
    selected = {line.name for line in lines}
    for kind in ('skip', 'undefined'):
        for name, reason in getattr(exceptions, kind).items():
            if name in selected:
                print(f'{kind}: {name}: {reason}')
    for name, (rule, reason) in exceptions.differ.items():
        if name in selected:
            print(f'may differ: {name}, {rule.__name__}: {reason}')
    for name in uncovered:
        print(f'not covered: {name}')
    print(f'seed {options.seed}: lines covered {total[1]}/{total[0]}, cases {total[2]}, '
          f'mismatches {total[3]}, explained {total[4]}')
    return not total[3] and not uncovered and total[2] > 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--isa', choices=ARCHITECTURES, default='a64')
    parser.add_argument('--tables', required=True, help="the decoder's JSON")
    parser.add_argument('--oracle', help='oracle.c, compiled for --isa')
    parser.add_argument('--runner', required=True, help='run-el4')
    parser.add_argument('--runner-option', action='append', default=[])
    parser.add_argument('--per-line', type=int, default=16, help='cases a line and round')
    parser.add_argument('--seed', default='1')
    parser.add_argument('--rounds', type=int, default=1)
    parser.add_argument('--seconds', type=float, default=0, help='go on for so long')
    parser.add_argument('--only', default='', help='only lines whose name matches')
    parser.add_argument('--examples', type=int, default=2, help='mismatches shown for a line')
    parser.add_argument('--keep', help='a folder to leave the files of the last round in')
    options = parser.parse_args()

    architecture = ARCHITECTURES[options.isa]
    if not options.oracle or not shutil.which(architecture.ORACLE[0]):
        print(f'skipped: needs {architecture.ORACLE[0]} and {architecture.COMPILER}')
        return 1 if os.environ.get('CI') == 'true' else SKIPPED
    lines = architecture.add_lines(gen.load_lines(options.tables))
    exceptions = Exceptions(EXCEPTIONS.format(options.isa), {line.name for line in lines})
    tallies = [Tally() for _ in lines]
    if options.only:
        wanted = re.compile(options.only)
        exceptions.skip.update((line.name, 'not asked for') for line in lines
                               if not wanted.fullmatch(line.name))
    end = time.monotonic() + options.seconds
    done = 0
    while done < options.rounds or time.monotonic() < end:
        seed = options.seed if done == 0 else f'{options.seed}.{done}'
        one_round(options, architecture, lines, exceptions, tallies, seed)
        done += 1
    if options.only:
        lines = [line for line in lines if wanted.fullmatch(line.name)]
    return 0 if report(options, lines, exceptions, tallies) else 1


if __name__ == '__main__':
    sys.exit(main())
