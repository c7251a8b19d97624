#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Check the .decode tables against LLVM's disassembler.

Three kinds of words, all from one printed seed: uniformly random ones, words made for each
line of the tables, and near misses (such a word with one or two fixed bits flipped).  For each
word both decoders must agree on whether it is allocated, on the mnemonic, and every register
that LLVM prints must be in one of our register fields.  EXCEPTIONS lists the known
differences with the reason; everything else is a failure (exit status 1).

    tools/check-decode.py [--random N] [--per-line N] [--seed N] core/isa/a64-*.decode
    tools/check-decode.py --isa t32 [--only data] core/isa/{a32,t32,t16}-*.decode

AArch32 is one list at a time (--isa), from the files of all three; check_a32.py knows its names.
--only looks at the words of the tables with this in their names alone, while others are missing.
"""

import argparse
import collections
import os
import random
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
import check_a32  # noqa: E402
import decodegen  # noqa: E402

# What the tables are meant to cover; everything else stays off in LLVM.
FEATURES = ('neon fp-armv8 crc lse rdm pan pan-rwv uaops dit ssbs dotprod fullfp16 fp16fml '
            'rcpc rcpc-immo lor jsconv complxnum flagm altnzcv fptoint bti pauth aes sha2 '
            'sha3 sb predres ccpp ccdp ras el2vmsa el3 perfmon specrestrict').split()
LLVM_MC = ('llvm-mc-14', 'llvm-mc')
BATCH = 200000

# Words that only one decoder allocates, and why: (mask, value, which decoder, reason).
EXCEPTIONS = [
    (0xffd80000, 0xd5000000, 'llvm', 'MSR and MRS with op0 = 0, not allocated in the manual'),
    (0x3fe0fc00, 0x38a0c000, 'el4', 'LDAPR with Rs (1)(1)(1)(1)(1) not all ones'),
]

# LLVM prints these for the base instruction, even without aliases.
ALIASES = {
    'asr': 'SBFM ASRV', 'sbfiz': 'SBFM', 'sbfx': 'SBFM', 'sxtb': 'SBFM', 'sxth': 'SBFM',
    'sxtw': 'SBFM', 'lsl': 'UBFM LSLV', 'lsr': 'UBFM LSRV', 'ubfiz': 'UBFM', 'ubfx': 'UBFM',
    'ror': 'RORV', 'mov': 'MOVN MOVZ ORR DUP', 'uxtb': 'UBFM', 'uxth': 'UBFM',
    'bfi': 'BFM', 'bfxil': 'BFM', 'bfc': 'BFM',
}
REGISTER_FIELDS = ('rd', 'rn', 'rm', 'ra', 'rt', 'rt2', 'rs')
PLAIN_IMMEDIATE = ('pc_rel', 'add_sub_imm', 'extract', 'branch', 'branch_cond', 'cmp_branch',
                   'test_branch', 'exception', 'rrr_shift', 'rmif', 'cond_cmp_imm', 'ldst_imm',
                   'ldst_uimm', 'ldst_lit', 'ldst_pair', 'ldst_simd_imm', 'ldst_simd_uimm',
                   'ldst_simd_lit', 'ldst_simd_pair', 'ldst_pac', 'ldst_rcpc', 'crypto_rrri',
                   'simd_ext')
# Where the manual puts a register field, whatever the instruction.
REGISTER_BITS = {'rd': 0, 'rt': 0, 'rn': 5, 'ra': 10, 'rt2': 10, 'rm': 16, 'rs': 16}


def find_llvm():
    for name in LLVM_MC:
        try:
            subprocess.run([name, '--version'], check=True, stdout=subprocess.DEVNULL)
            return name
        except OSError:
            continue
    sys.exit('check-decode: llvm-mc not found')


def disassemble(program, words):
    """LLVM's text for each word; None where it is not allocated."""
    lines = []
    for word in words:
        lines.append(' '.join(f'{byte:#04x}' for byte in word.to_bytes(4, 'little')))
    texts, invalid, _ = run_llvm(program, ['--triple=aarch64', '-M', 'no-aliases',
                                           '-mattr=' + ','.join('+' + f for f in FEATURES)],
                                 lines)
    if len(texts) + len(invalid) != len(words):
        sys.exit(f'check-decode: {len(words)} words, but {len(texts)} texts and '
                 f'{len(invalid)} invalid')
    rest = iter(texts)
    return [None if index in invalid else next(rest) for index in range(len(words))]


def run_llvm(program, arguments, lines):
    """Texts, and the indices of lines that are invalid, and of doubtful ones."""
    result = subprocess.run([program, '--disassemble', *arguments],
                            input='\n'.join(lines) + '\n', stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, check=False, text=True)
    invalid, soft = set(), set()
    for match in re.finditer(r'^\S*:(\d+):\d+: warning: (invalid|potentially)', result.stderr,
                             re.MULTILINE):
        (invalid if match.group(2) == 'invalid' else soft).add(int(match.group(1)) - 1)
    texts = [line.strip() for line in result.stdout.splitlines()
             if line.strip() and line.strip() != '.text']
    return texts, invalid, soft


def disassemble_a32(program, isa, words):
    """The same for AArch32, and the words that LLVM calls UNPREDICTABLE."""
    arguments = [f'--triple={check_a32.TRIPLES[isa]}',
                 '-mattr=' + ','.join('+' + f for f in check_a32.FEATURES)]
    lines = [check_a32.bytes_of(isa, word) for word in words]
    # Half of an invalid T32 word may be taken for T16: the valid ones in a second run.
    _, invalid, soft = run_llvm(program, arguments, lines)
    valid = [index for index in range(len(words)) if index not in invalid]
    texts, again, _ = run_llvm(program, arguments, [lines[index] for index in valid])
    if again or len(texts) != len(valid):
        sys.exit(f'check-decode: {len(valid)} valid words, but {len(texts)} texts')
    by_index = dict(zip(valid, texts))
    return [by_index.get(index) for index in range(len(words))], {words[i] for i in soft}


class Finder:
    """decodegen's find(), with the lines sorted by a few bits."""

    def __init__(self, tables, low=21, width=11):
        self.low, self.bits = low, (1 << width) - 1
        self.buckets = collections.defaultdict(list)
        for line in tables.lines:
            mask, value = line.mask >> low & self.bits, line.value >> low & self.bits
            for key in decodegen.words_of(~mask & self.bits, value):
                self.buckets[key].append(line)

    def find(self, word):
        for line in self.buckets[word >> self.low & self.bits]:
            if line.matches(word):
                return line
        return None


def mnemonics_of(line):
    """What LLVM may call an instruction of ours (upper case, no condition)."""
    base = line.name.split('_')[0]
    names = {base, base + '2'}
    special = {
        'LDRS': 'LDRSB LDRSH LDRSW', 'LDURS': 'LDURSB LDURSH LDURSW',
        'LDTRS': 'LDTRSB LDTRSH LDTRSW', 'LDAPURS': 'LDAPURSB LDAPURSH LDAPURSW',
        'SETF': 'SETF8 SETF16',
        'BRAA': 'BRAA BRAB BRAAZ BRABZ', 'BLRAA': 'BLRAA BLRAB BLRAAZ BLRABZ',
        'RETAA': 'RETAA RETAB', 'ERETAA': 'ERETAA ERETAB', 'LDRAA': 'LDRAA LDRAB',
        'SYS': 'IC DC AT TLBI CFP DVP CPP', 'DSB': 'SSBB PSSBB',
        'CRC32': 'CRC32B CRC32H CRC32W CRC32X',
        'CRC32C': 'CRC32CB CRC32CH CRC32CW CRC32CX',
    }
    names.update(special.get(base, '').split())
    if base in ('LD', 'ST'):
        names.update(f'{base}{count}{rep}' for count in '1234' for rep in ('', 'R'))
    if base[:3] in ('PAC', 'AUT') and base != 'PACGA':
        names.add(base[:3] + base[3] + 'Z' + base[4])
    if line.name in ('HINT',):
        names.update('NOP YIELD WFE WFI SEV SEVL DGH ESB CSDB BTI XPACLRI PSB TSB'.split())
        names.update(f'{a}{k}{m}' for a in ('PACI', 'AUTI') for k in 'AB'
                     for m in ('1716', 'SP', 'Z'))
    # Acquire, release and size letters.
    if line.argset in ('cas', 'atomic', 'ldst_imm', 'ldst_reg', 'ldst_uimm', 'ldst_excl',
                       'ldst_ordered', 'ldst_rcpc'):
        names = {name + order + size for name in names
                 for order in ('', 'A', 'L', 'AL') for size in ('', 'B', 'H')}
    return names


def registers_of(line, word):
    values = set()
    for name in REGISTER_FIELDS:
        if name in line.fields:
            values.add(line.fields[name].extract(word))
    return values


def compare(line, word, text):
    """What is wrong, or None."""
    mnemonic = text.split()[0].upper().split('.')[0]
    allowed = mnemonics_of(line)
    if mnemonic not in allowed and line.name.split('_')[0] not in \
            ALIASES.get(mnemonic.lower(), '').split():
        return f'LLVM says {mnemonic}'
    if '{' in text or line.argset == 'sys_reg' or mnemonic.startswith(('CASP', 'PRF')):
        return None
    operands = text.split(None, 1)[1] if ' ' in text or '\t' in text else ''
    operands = operands.split('//')[0]
    ours = registers_of(line, word)
    for number in re.findall(r'\b[wxbhsdqv](\d+)\b', operands):
        if int(number) not in ours:
            return f'register {number} is in no field'
    return compare_numbers(line, word, operands)


def compare_numbers(line, word, operands):
    """Check the element number, or a plain immediate that LLVM may scale."""
    indices = [int(text) for text in re.findall(r'\.\w+\[(\d+)\]', operands)]
    wanted = [line.fields[name].extract(word) for name in ('idx', 'src')
              if name in line.fields]
    if wanted and indices and indices != wanted:
        return 'another element number'
    if line.argset in PLAIN_IMMEDIATE:
        imm = line.fields['imm'].extract(word)
        numbers = [int(text, 0) for text in re.findall(r'#(-?\w+)', operands)] or [0]
        if not any(imm * scale in numbers for scale in (1, 2, 4, 8, 16, 4096)):
            return 'another immediate'
    return None


def random_word(line, rng, tries=200):
    """A word that the line matches."""
    for _ in range(tries):
        word = (rng.getrandbits(line.width) & ~line.mask) | line.value
        if line.holds(word):
            return word
    free = line.constraint_bits() & ~line.mask
    base = (rng.getrandbits(line.width) & ~line.mask & ~free) | line.value
    return rng.choice([w for w in decodegen.words_of(free, base) if line.holds(w)])


def near_miss(line, rng):
    word = random_word(line, rng)
    bits = [bit for bit in range(line.width) if line.mask >> bit & 1]
    for bit in rng.sample(bits, rng.choice((1, 1, 2))):
        word ^= 1 << bit
    return word


def check_register_bits(tables):
    """Register fields must lie where the manual puts them."""
    bad = 0
    for line in tables.lines:
        if line.argset == 'branch_auth':
            continue  # the modifier register of BRAA is at bit 0
        for name, start in REGISTER_BITS.items():
            for low, source, _ in line.fields[name].pieces if name in line.fields else ():
                if source - low != start:
                    print(f'{line.place[0]}:{line.place[1]}: {name} is not at bit {start}')
                    bad += 1
    return bad


def excuse(word, side):
    for mask, value, who, reason in EXCEPTIONS:
        if word & mask == value and who == side:
            return reason
    return None


def excuse_text(line, text):
    if line.name in ('CFINV', 'XAFLAG', 'AXFLAG') and text.startswith('msr\tS0_0_C4_'):
        return 'CFINV, XAFLAG, AXFLAG with CRm (0)(0)(0)(0) not zero'
    return None


class A64:
    """Where an instruction set differs from the others."""

    def __init__(self, options):
        self.tables = decodegen.load(options.files)
        self.finder = Finder(self.tables)
        self.bits = 32
        self.compare = compare

    @staticmethod
    def disassemble(program, words):
        return disassemble(program, words), set()

    @staticmethod
    def fits(_):
        return True

    @staticmethod
    def excuse(word, line, _text, _soft):
        side = 'el4' if line is not None else 'llvm'
        reason = excuse(word, side)
        return reason and f'{side} only: {reason}'

    @staticmethod
    def excuse_text(line, text):
        return excuse_text(line, text)

    @staticmethod
    def may_be_alone(_line):
        return False

    def bad_places(self):
        return check_register_bits(self.tables)


class AArch32:
    """One of its three lists."""

    def __init__(self, options):
        self.isa = options.isa
        self.tables = check_a32.load(self.isa, options.files)
        self.bits = self.tables.width
        low, width = {'a32': (20, 8), 't32': (20, 12), 't16': (6, 10)}[self.isa]
        self.finder = Finder(self.tables, low, width)
        self.compare = check_a32.compare

    def disassemble(self, program, words):
        return disassemble_a32(program, self.isa, words)

    def fits(self, word):
        return check_a32.fits(self.isa, word)

    def excuse(self, word, line, text, soft):
        return check_a32.excuse(self.isa, word, line, text, soft)

    @staticmethod
    def excuse_text(_line, _text):
        return None

    @staticmethod
    def may_be_alone(line):
        return line.name in ('SWP', 'PRELOAD_hint', 'IT')

    @staticmethod
    def bad_places():
        return 0  # registers lie anywhere in T32


def make_words(target, lines, options):
    """The words to try, each with the line that it was made from, or None."""
    rng = random.Random(options.seed)
    words = []
    if target.bits == 16:
        words = [(word, None) for word in range(1 << 16)]
    elif not options.only:
        words = [(rng.getrandbits(32), None) for _ in range(options.random)]
    for line in lines:
        words.extend((random_word(line, rng), line) for _ in range(options.per_line))
        words.extend((near_miss(line, rng), line) for _ in range(options.per_line))
    return [(word, line) for word, line in words if target.fits(word)]


def main():
    parser = argparse.ArgumentParser(description='Check the decode tables against LLVM.')
    parser.add_argument('--isa', choices=('a64', 'a32', 't32', 't16'), default='a64')
    parser.add_argument('--only', default='', help='part of the names of the tables to check')
    parser.add_argument('--random', type=int, default=1000000)
    parser.add_argument('--per-line', type=int, default=300)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--show', type=int, default=10, help='examples of each difference')
    parser.add_argument('files', nargs='+')
    options = parser.parse_args()
    target = A64(options) if options.isa == 'a64' else AArch32(options)
    program = find_llvm()
    lines = [line for line in target.tables.lines if options.only in line.group]
    words = make_words(target, lines, options)
    bad = target.bad_places()

    excused, failures = collections.Counter(), collections.defaultdict(list)
    both = neither = 0
    seen, mnemonics = set(), set()
    for start in range(0, len(words), BATCH):
        batch = words[start:start + BATCH]
        texts, soft = target.disassemble(program, [word for word, _ in batch])
        for (word, origin), text in zip(batch, texts):
            line = target.finder.find(word)
            if line is None and text is None:
                neither += 1
            elif line is not None and options.only not in line.group:
                continue  # not what is looked at
            elif line is not None and text is not None:
                problem = target.compare(line, word, text)
                reason = problem and target.excuse_text(line, text)
                if problem and not reason:
                    failures[f'{line.name}: {problem}'].append((word, text))
                    continue
                if reason:
                    excused[f'text: {reason}'] += 1
                both += 1
                seen.add(line)
                mnemonics.add(text.split()[0])
            elif line is not None or origin is not None or not options.only:
                reason = target.excuse(word, line, text, word in soft)
                if reason:
                    excused[reason] += 1
                elif line is not None:
                    failures[f'{line.name}: only el4 allocates it'].append((word, ''))
                else:
                    failures[f'{text.split()[0]}: only LLVM allocates it'].append((word, text))

    if options.only:
        # A near miss may be an instruction of a table that is not looked at.
        failures = {problem: found for problem, found in failures.items()
                    if not problem.endswith('LLVM allocates it') or
                    problem.split(':')[0] in mnemonics}
    print(f'seed {options.seed}: {len(words)} words, {both} allocated in both, {neither} in '
          f'neither, {len(seen)} of {len(lines)} lines seen')
    for reason, count in excused.most_common():
        print(f'excused {count}: {reason}')
    for line in lines:
        if line not in seen and not target.may_be_alone(line):
            print(f'{line.place[0]}:{line.place[1]}: {line.name} was never confirmed')
            bad += 1
    for problem, found in sorted(failures.items(), key=lambda item: -len(item[1])):
        print(f'FAIL {len(found)}: {problem}')
        for word, text in found[:options.show]:
            print(f'    {word:08x} {text}')
    return 1 if failures or bad else 0


if __name__ == '__main__':
    sys.exit(main())
