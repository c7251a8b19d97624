#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Run the probes in el4 on every machine of cases.py, check what each call did, and compare
docs/policies.md, which is made from it.

    policies.py check ...    el4, with the document and qemu-7.2.txt as committed
    policies.py write ...    write the document
    policies.py qemu ...     run the probes in QEMU and compare qemu-7.2.txt (--write: write it)
"""
import argparse
import concurrent.futures
import difflib
import itertools
import os
import re
import shutil
import subprocess
import sys

import cases

SKIP = 77
HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
DOCUMENT = os.path.join(SOURCE, 'docs', 'policies.md')
QEMU_FILE = os.path.join(HERE, 'qemu-7.2.txt')
QEMU_VERSION = '7.2'
SECONDS = 60

CHECK = re.compile(r'^check (.*): got (.*?) want (.*) (ok|FAIL)$', re.MULTILINE)
LINE = re.compile(r'^(el[0-3]|s-el1|el1\+tsc) (smc|hvc) ([\w.-]+): (.*)$', re.MULTILINE)
ID_LINE = re.compile(r'^id (el[23]): (yes|no)$', re.MULTILINE)


# ---- running ----

def run(command, environment=None):
    try:
        result = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                timeout=SECONDS * 2, check=False)
        return result.stdout.decode(errors='replace').replace('\r', ''), result.returncode
    except subprocess.TimeoutExpired as error:
        return (error.stdout or b'').decode(errors='replace'), None


def parse(output):
    """{(level, instruction, call): outcome}, and what the ID registers show."""
    outcomes = {}
    for level, instruction, call, outcome in LINE.findall(output):
        outcome = re.sub(r'-0x([0-9a-f]+)', lambda m: f'-{int(m.group(1), 16)}', outcome)
        outcomes[level, instruction, call] = outcome
    return outcomes, dict(ID_LINE.findall(output))


def image_of(arguments, machine, suffix='.elf'):
    return os.path.join(arguments.images, machine.probe + suffix)


def run_el4(arguments, machine):
    environment = dict(os.environ)
    if arguments.plugin_map:
        environment['EL4_PLUGIN_MAP'] = arguments.plugin_map
    command = [arguments.el4, 'run',
               os.path.join(SOURCE, 'config', 'policies', machine.config),
               '-kernel', image_of(arguments, machine), '-semihosting', '-nographic',
               '-smp', str(machine.cpus), '-m', '128M', '--timeout', str(SECONDS)]
    command += machine.options
    output, status = run(command, environment)
    return output, status


# ---- judging ----

def own_level(level):
    """Where UNDEFINED is taken to."""
    return 'el1' if level == 'el0' else level.removeprefix('s-').removesuffix('+tsc')


def expected(machine, level, instruction, call):
    """The outcome and the row that says so."""
    for row in cases.ALWAYS + machine.rows:
        if row.instruction == instruction and level in row.levels and call in row.calls:
            want = row.want[call] if isinstance(row.want, dict) else row.want
            return f'undefined {own_level(level)}' if want == 'own' else want, row
    return None, None


def judge_guest(machine, output, problems):
    """Of a guest that checks by itself."""
    checks = CHECK.findall(output)
    problems += [f'{name}: {got}; must be: {want}' for name, got, want, word in checks
                 if word != 'ok']
    if len(checks) != machine.checks:
        problems.append(f'{len(checks)} checks, not {machine.checks}')
    return problems


def judge_calls(machine, outcomes, theirs):
    """All calls were made, from all levels: those that the probe reached in QEMU."""
    problems = []
    for level in {at for at, _, _ in theirs}:
        made = sorted(key[1:] for key in outcomes if key[0] == level)
        if made != sorted(key[1:] for key in theirs if key[0] == level):
            problems.append(f'{len(made)} calls from {level}: not all were made')
    return problems


def judge(machine, output, status, qemu):
    """What is wrong, as sentences."""
    outcomes, shown = parse(output)
    problems = [] if status == 0 else [f'el4 ended with status {status}:\n{output[-600:]}']
    if machine.checks:
        return judge_guest(machine, output, problems)
    problems += judge_calls(machine, outcomes, qemu.get(qemu_key(machine), {}))
    if shown.get('el3') != ('yes' if machine.el3_shown else 'no'):
        problems.append(f'the ID registers show EL3: {shown.get("el3")}')
    if not any(level == 'el1' for level, _, _ in outcomes):
        problems.append('the probe did not come to EL1')
    for key, outcome in outcomes.items():
        want, _ = expected(machine, *key)
        if outcome != want:
            problems.append(f'{" ".join(key)}: {outcome}; must be: {want}')
        theirs = qemu.get(qemu_key(machine), {}).get(key)
        if machine.like_qemu and key[2] not in cases.IDENTITY and outcome != theirs:
            problems.append(f'{" ".join(key)}: {outcome}; QEMU: {theirs}')
    return problems


# ---- QEMU ----

def qemu_key(machine):
    if machine.qemu is None:
        return None
    return ' '.join(machine.qemu[1:]) + (' kernel' if machine.qemu_raw else ' firmware') + \
        ' ' + machine.probe


def run_qemu(arguments, machine):
    program = 'qemu-system-arm' if machine.aarch32 else 'qemu-system-aarch64'
    image = image_of(arguments, machine, '.bin' if machine.qemu_raw else '.elf')
    environment = dict(os.environ, QEMU_AUDIO_DRV='none')
    output, _ = run([program] + machine.qemu +
                    ['-m', '128', '-kernel', image, '-semihosting', '-display', 'none',
                     '-audiodev', 'none,id=none', '-serial', 'null' if machine.aarch32 else 'stdio',
                     '-monitor', 'none'], environment)
    return parse(output)[0]


def qemu_text(results):
    """One line for the calls of one caller with the same outcome."""
    lines = [f'# What the probes saw in QEMU {QEMU_VERSION}; made by policies.py qemu --write.']
    for key, outcomes in results.items():
        lines += ['', f'[{key}]']
        groups = {}
        for (level, instruction, call), outcome in outcomes.items():
            groups.setdefault((level, instruction, outcome), []).append(call)
        lines += [f'{level} {instruction} {outcome}: {" ".join(calls)}'
                  for (level, instruction, outcome), calls in groups.items()]
    return '\n'.join(lines) + '\n'


def read_qemu():
    results, outcomes = {}, {}
    with open(QEMU_FILE, encoding='utf-8') as file:
        for line in file:
            if line.startswith('['):
                outcomes = results.setdefault(line.strip()[1:-1], {})
            elif ':' in line and not line.startswith('#'):
                head, calls = line.strip().split(': ')
                level, instruction, outcome = head.split(' ', 2)
                for call in calls.split():
                    outcomes[level, instruction, call] = outcome
    return results


def compare_qemu(arguments, machines):
    if not all(shutil.which(f'qemu-system-{name}') for name in ('arm', 'aarch64')):
        print('skipped: no qemu-system-arm')
        return SKIP
    version, _ = run(['qemu-system-arm', '--version'])
    if f'version {QEMU_VERSION}.' not in version:
        print(f'skipped: {version.splitlines()[0]}, not {QEMU_VERSION}')
        return SKIP
    wanted = {qemu_key(machine): machine for machine in machines if machine.qemu is not None}
    results = dict(zip(wanted, in_parallel(lambda m: run_qemu(arguments, m), wanted.values())))
    text = qemu_text(results)
    if arguments.write:
        with open(QEMU_FILE, 'w', encoding='utf-8') as file:
            file.write(text)
    return compare(QEMU_FILE, text)


# ---- the document ----

def level_name(level, aarch32):
    if aarch32:
        return {'el3': 'Secure SVC', 'el2': 'Hyp', 'el1': 'SVC', 'el1+tsc': 'SVC with TSC',
                'el0': 'User'}[level]
    return {'s-el1': 'S-EL1', 'el1+tsc': 'EL1 with TSC'}.get(level, level.upper())


def outcome_name(outcome, level, aarch32):
    """As the document says it; answers of functions are told by their values."""
    if outcome is None:
        return ''
    if outcome == 'nothing':
        return 'no call'
    words = outcome.split()
    more = ''.join(f' {word}' for word in words if word.startswith('+'))
    if words[0] == 'answer':
        return words[1] + more
    if words[0] == 'undefined':
        return ('UNDEFINED' if words[1] == own_level(level) else f'UNDEFINED at {words[1].upper()}') + more
    names = {'el3': 'Monitor', 'el2': 'Hyp'} if aarch32 else {}
    return 'to ' + names.get(words[1], words[1].upper()) + more


def order(item):
    """SMC before HVC, the highest level first, calls as calls.h has them."""
    level, instruction, call = item[0]
    return (instruction != 'smc', cases.LEVELS.index(level), cases.ORDER.index(call))


def table(machine, outcomes, theirs):
    """Lines of the table: callers and calls with the same of everything are one line."""
    groups = {}
    for (level, instruction, call), outcome in sorted(outcomes.items(), key=order):
        _, row = expected(machine, level, instruction, call)
        key = (instruction, row.says if row else '?',
               outcome_name(outcome, level, machine.aarch32),
               outcome_name(theirs.get((level, instruction, call)), level, machine.aarch32))
        groups.setdefault(key, {}).setdefault(level, []).append(call)
    lines = ['| caller | call | what must happen | el4 | QEMU 7.2 |',
             '| --- | --- | --- | --- | --- |']
    for (instruction, says, ours, qemus), by_level in groups.items():
        by_calls = {}
        for level, calls in by_level.items():
            by_calls.setdefault(tuple(calls), []).append(level)
        for calls, levels in by_calls.items():
            callers = ', '.join(level_name(level, machine.aarch32) for level in levels)
            names = call_list(outcomes, instruction, levels[0], calls)
            lines.append(f'| {callers} | {instruction.upper()}: {names} '
                         f'| {says} | {ours} | {qemus} |')
    return lines


def call_list(outcomes, instruction, level, calls):
    """Names of calls; "all" if it is all that this caller really made by this instruction."""
    made = [call for at, by, call in outcomes
            if (at, by) == (level, instruction) and (call in cases.FALSE) == (calls[0] in cases.FALSE)]
    if len(calls) == len(made) and len(made) > 3:
        return 'all'
    names = []
    for call in calls:
        group = next((group for group in cases.GROUPS if call in group), ())
        together = [other for other in group if other in made]
        is_group = len(together) > 1 and all(other in calls for other in together)
        name = cases.GROUPS[group] if is_group else cases.CALL_NAMES[call]
        if name not in names:
            names.append(name)
    return ', '.join(names)


def check_table(output):
    """Of a guest that checks by itself; what begins with dots belongs to the one before."""
    rows = []
    for name, got, _, _ in CHECK.findall(output):
        if name.startswith('... ') and rows:
            rows[-1][0] += f'; {name[4:]}'
        else:
            rows.append([name, got])
    return ['| what | el4 |', '| --- | --- |'] + [f'| {what} | {got} |' for what, got in rows]


def command_of(machine):
    options = ''.join(f' {word}' for word in machine.options)
    return f'`config/policies/{machine.config}{options}`'


def sections(case, results, qemu):
    """{table: machines}: machines of one case with the same table share it."""
    tables = {}
    for machine in case.machines:
        output = results[machine.name][0]
        lines = check_table(output) if machine.checks else \
            table(machine, parse(output)[0], qemu.get(qemu_key(machine), {}))
        tables.setdefault('\n'.join(lines), []).append(machine)
    return tables


def document(results, qemu):
    with open(os.path.join(HERE, 'policies.md.in'), encoding='utf-8') as file:
        before, after = file.read().split('@TABLES@\n')
    lines = []
    for case in cases.CASES:
        lines += [f'## {case.title}', '', case.text, '']
        for text, machines in sections(case, results, qemu).items():
            lines += ['### ' + '; '.join(machine.title for machine in machines), '',
                      ', '.join(command_of(machine) for machine in machines), '', text, '']
    return before + '\n'.join(lines).rstrip() + '\n' + after


# ---- all of it ----

def in_parallel(function, items):
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(function, items))


def compare(path, text):
    committed = ''
    if os.path.exists(path):
        with open(path, encoding='utf-8') as file:
            committed = file.read()
    if committed == text:
        return 0
    sys.stdout.writelines(itertools.islice(difflib.unified_diff(
        committed.splitlines(True), text.splitlines(True), path, 'what runs give'), 60))
    print(f'{path} is not what the runs give: write it anew, and see what changed')
    return 1


def check(arguments, machines):
    qemu = read_qemu()
    results = dict(zip([m.name for m in machines],
                       in_parallel(lambda m: run_el4(arguments, m), machines)))
    status = 0
    for machine in machines:
        problems = judge(machine, *results[machine.name], qemu)
        outcomes, _ = parse(results[machine.name][0])
        print(f'{machine.name}: {machine.checks or len(outcomes)} calls, '
              f'{len(problems)} problems')
        for problem in problems:
            print(f'  {problem}')
            status = 1
    if arguments.only:
        return status
    text = document(results, qemu)
    if arguments.what == 'write':
        with open(DOCUMENT, 'w', encoding='utf-8') as file:
            file.write(text)
    return compare(DOCUMENT, text) or status


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('what', choices=['check', 'write', 'qemu'])
    parser.add_argument('--el4', help='the el4 command')
    parser.add_argument('--plugin-map', help='plugins of a build tree')
    parser.add_argument('--write', action='store_true', help='with qemu: write the file')
    parser.add_argument('--only', help='machines by a part of the name; no document')
    parser.add_argument('--images', required=True, help='folder of the probes')
    arguments = parser.parse_args()
    machines = [machine for case in cases.CASES for machine in case.machines
                if not arguments.only or arguments.only in machine.name]
    if arguments.what == 'qemu':
        return compare_qemu(arguments, machines)
    return check(arguments, machines)


if __name__ == '__main__':
    sys.exit(main())
