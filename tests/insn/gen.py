#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Make random instruction test cases from the decoder's JSON.

For each line of the tables: random encodings that the line's constraint allows, less what
the manual calls CONSTRAINED UNPREDICTABLE, and operands that make something happen: base
registers that point into the window, branch targets in the landing areas, values near the
edges of their type.  The layout of the file is in case.h.  The same seed gives the same file.
"""

import argparse
import json
import random
import struct
import sys

MASK64 = (1 << 64) - 1

# case.h
MAGIC_CASES = 0x31736573616369
MAGIC_RESULTS = 0x31746c75736572
WINDOW_BYTES = 512
WINDOW = 0x40002000 - WINDOW_BYTES // 2
LANDING = ((0x40010000, 0x40012000), (0x40014000, 0x40016000))
SLOTS = 0x40012000
SLOT_BYTES = 16
SLOT_COUNT = 512
HEADER = struct.Struct('<QII10Q2Q')
CASE_HEAD = struct.Struct('<IIII')
RESULT_HEAD = struct.Struct('<II')
STATE = struct.Struct(f'<100Q{WINDOW_BYTES}s')

NZCV, FPCR, FPSR = 33, 34, 35  # places in the unpacked state, after X0-X30, SP and PC
SP, PC, V0 = 31, 32, 36

# qemu-aarch64's random number generator starts from this (-seed), two words of its state.
# Pointer authentication keys come out of it.
ORACLE_SEED = 0x100000001

FPCR_BITS = (0x00400000, 0x00800000, 0x01000000, 0x02000000, 0x04000000, 0x00080000)
FPSR_BITS = (1 << 27, 1 << 7, 1 << 4, 1 << 3, 1 << 2, 1 << 1, 1 << 0)


def oracle_random():
    """AT_RANDOM (two 64-bit halves) and the five PAuth keys (low, high) of the oracle."""
    words = random.Random(ORACLE_SEED)
    numbers = [words.getrandbits(32) | words.getrandbits(32) << 32 for _ in range(12)]
    return numbers[:2], [(numbers[i], numbers[i + 1]) for i in range(2, 12, 2)]


class Line:
    """One line of the tables."""

    def __init__(self, number, description):
        self.number = number
        self.name = description['name']
        self.group = description['group']
        self.argset = description['argset']
        self.place = f"{description['file'].rsplit('/', 1)[-1]}:{description['line']}"
        self.mask = description['mask']
        self.value = description['value']
        self.fields = description['fields']
        self.constraint = compile(description['constraint'], self.place, 'eval')
        covered = self.mask
        for field in self.fields.values():
            for piece in field['pieces']:
                covered |= (1 << piece['width']) - 1 << piece['word_bit']
        # Should-be bits: (1) in loads, stores and data processing, (0) in CFINV and the like.
        self.should_be_one = 0 if self.group == 'a64-branch-sys' else ~covered & 0xffffffff

    def field_value(self, name, raw):
        field = self.fields[name]
        value = field['constant'] | raw
        if field['signed'] and value >> (field['width'] - 1) & 1:
            value -= 1 << field['width']
        return value

    def random_fields(self, rng):
        """Values of all fields, as the constraint and the translate functions see them."""
        while True:
            values = {}
            for name, field in self.fields.items():
                raw = 0
                for piece in field['pieces']:
                    raw |= rng.getrandbits(piece['width']) << piece['field_bit']
                values[name] = self.field_value(name, raw)
            if eval(self.constraint, {}, values):
                return values

    def encode(self, values):
        word = self.value | self.should_be_one
        for name, field in self.fields.items():
            for piece in field['pieces']:
                part = values[name] >> piece['field_bit'] & (1 << piece['width']) - 1
                word |= part << piece['word_bit']
        return word


def load_lines(path):
    with open(path, encoding='utf-8') as file:
        return [Line(number, text) for number, text in enumerate(json.load(file))]


# Values

def edge_values(bits):
    top = 1 << (bits - 1)
    mask = (1 << bits) - 1
    values = [0, 1, 2, 3, mask, mask - 1, top, top - 1, top + 1, top >> 1, (top >> 1) - 1]
    return [value & mask for value in values]


def float_specials(bits):
    exponent_bits = {16: 5, 32: 8, 64: 11}[bits]
    fraction_bits = bits - 1 - exponent_bits
    fraction = (1 << fraction_bits) - 1
    top_exponent = (1 << exponent_bits) - 1
    bias = top_exponent >> 1
    quiet = 1 << (fraction_bits - 1)

    def make(exponent, significand):
        return exponent << fraction_bits | significand

    values = [
        make(0, 0), make(0, 1), make(0, fraction), make(0, quiet), make(1, 0), make(1, 1),
        make(top_exponent, 0), make(top_exponent, quiet), make(top_exponent, fraction),
        make(top_exponent, 1), make(top_exponent, quiet - 1), make(top_exponent - 1, fraction),
        make(top_exponent - 1, 0), make(bias, 0), make(bias, 1), make(bias - 1, 0),
        make(bias - 1, fraction), make(bias + 1, 0), make(bias + 1, quiet), make(bias - 2, 0),
        make(bias + fraction_bits, 0), make(bias + fraction_bits, 1),
        make(bias + fraction_bits - 1, 1), make(bias + fraction_bits - 1, fraction),
    ]
    if bits >= 32:
        values += [make(bias + 31, 0), make(bias + 30, fraction), make(bias + 32, 0),
                   make(bias + 15, quiet), make(bias - 14, 0), make(bias - 15, 1),
                   make(bias - 24, 0), make(bias - 25, 1), make(bias + 16, 0)]
    if bits == 64:
        values += [make(bias + 63, 0), make(bias + 62, fraction), make(bias + 64, 0),
                   make(bias - 126, 0), make(bias - 127, 1), make(bias - 149, 0),
                   make(bias - 150, 1), make(bias + 127, fraction), make(bias + 128, 0)]
    return values


EDGES = {bits: edge_values(bits) for bits in (8, 16, 32, 64)}
FLOATS = {bits: float_specials(bits) for bits in (16, 32, 64)}


def random_float(rng, bits):
    """A special value, or one of about the size of 1, or anything."""
    kind = rng.random()
    sign = rng.getrandbits(1) << (bits - 1)
    if kind < 0.5:
        return rng.choice(FLOATS[bits]) | sign
    if kind < 0.85:
        fraction_bits = {16: 10, 32: 23, 64: 52}[bits]
        bias = {16: 15, 32: 127, 64: 1023}[bits]
        exponent = bias + rng.randint(-12, 12)
        fraction = rng.getrandbits(fraction_bits)
        if rng.random() < 0.3:  # few significant bits: exact results and ties
            fraction &= ((1 << fraction_bits) - 1) ^ ((1 << fraction_bits - 3) - 1)
        return sign | exponent << fraction_bits | fraction
    return rng.getrandbits(bits)


def random_lane(rng, bits, flavour):
    if flavour == 'float' and bits >= 16:
        return random_float(rng, bits)
    kind = rng.random()
    if flavour == 'edge':
        if kind < 0.6:
            return rng.choice(EDGES[bits])
        if kind < 0.85:
            return rng.randint(-bits - 2, bits + 2) & (1 << bits) - 1
    return rng.getrandbits(bits)


def random_vector(rng, bits, flavour):
    if flavour == 'random':
        return rng.getrandbits(128)
    value = 0
    for low in range(0, 128, bits):
        value |= random_lane(rng, bits, flavour) << low
    return value


def random_vectors(rng, line):
    """V0 to V31 as 64 words, lanes of one width in a case, so that operands meet."""
    if line.group not in ('a64-fp', 'a64-simd'):
        return [rng.getrandbits(64) for _ in range(64)]
    bits = rng.choice((16, 32, 64, 32, 64) if line.group == 'a64-fp' else (8, 16, 32, 64))
    likes_float = line.name.startswith(('F', 'S_', 'U_', 'SCVTF', 'UCVTF', 'B'))
    flavour = rng.choice(('float', 'float', 'edge', 'random') if likes_float
                         else ('edge', 'edge', 'random', 'float'))
    words = []
    for _ in range(32):
        value = random_vector(rng, bits, flavour)
        words += (value & MASK64, value >> 64)
    return words


def random_register(rng):
    kind = rng.random()
    if kind < 0.35:
        return rng.getrandbits(64)
    if kind < 0.5:
        return rng.randint(-130, 130) & MASK64
    if kind < 0.65:
        return rng.choice(EDGES[64])
    if kind < 0.8:
        return rng.choice(EDGES[32]) | (rng.getrandbits(32) << 32 if rng.random() < 0.5 else 0)
    if kind < 0.9:
        return rng.choice(FLOATS[64])
    return rng.getrandbits(rng.randint(1, 64))


def random_state(rng, line):
    state = [random_register(rng) for _ in range(31)]
    state.append(0x40001000 + 16 * rng.getrandbits(4))  # SP
    state.append(0)  # PC follows from the slot
    state.append(rng.getrandbits(4) << 28)
    uses_fp = line.group in ('a64-fp', 'a64-simd')
    fpcr = sum(bit for bit in FPCR_BITS if rng.random() < 0.5) if rng.random() < 0.6 else 0
    fpsr = sum(bit for bit in FPSR_BITS if rng.random() < 0.5) if rng.random() < 0.3 else 0
    state.append(fpcr if uses_fp else 0)
    state.append(fpsr)
    return state + random_vectors(rng, line)


# Instructions that need more than random operands

class Skip(Exception):
    """These fields make no case; try others."""


class Case:
    def __init__(self, rng, lines, line, number):
        self.rng = rng
        self.lines = lines  # by name: the first line of that name
        self.line = line
        self.fields = line.random_fields(rng)
        self.prefix = 0
        self.state = random_state(rng, line)
        self.window = bytearray(rng.getrandbits(8 * WINDOW_BYTES).to_bytes(WINDOW_BYTES,
                                                                           'little'))
        self.address = SLOTS + number % SLOT_COUNT * SLOT_BYTES + 4
        self.avoid_unpredictable()
        prepare = PREPARE.get(line.argset)
        if prepare:
            prepare(self)
        if line.name in PREPARE_NAME:
            PREPARE_NAME[line.name](self)

    def pack(self):
        word = self.line.encode(self.fields)
        return (CASE_HEAD.pack(self.line.number, self.prefix, word, 0) +
                STATE.pack(*self.state, bytes(self.window)))

    def set_base(self, register, value):
        """X[register] or SP; sometimes with a tag, which user mode ignores."""
        value &= MASK64
        if value >> 55 == 0 and self.rng.random() < 0.125 and not self.prefix:
            value |= self.rng.getrandbits(8) << 56
        self.state[register] = value

    def word_of(self, name, **values):
        line = self.lines[name]
        return line.encode({field: values.get(field, 0) for field in line.fields})

    def avoid_unpredictable(self):
        """DDI 0487 K1: registers that an instruction would write twice, and the like."""
        f, name = self.fields, self.line.name
        loads_pair = name.startswith(('LDP', 'LDNP', 'LDXP', 'LDAXP'))
        if loads_pair and f.get('rt') == f.get('rt2'):
            raise Skip
        simd = name.endswith('_simd')
        writes_back = '_post' in name or '_pre' in name or (name == 'LDRAA' and f['w'])
        if writes_back and not simd and f['rn'] != 31 and f['rn'] in (f['rt'], f.get('rt2')):
            raise Skip
        if name in ('STXR', 'STLXR', 'STXP', 'STLXP'):
            if f['rs'] in (f['rt'], f.get('rt2')) or (f['rs'] == f['rn'] and f['rn'] != 31):
                raise Skip

    def target(self, size, alignment):
        """An address in the window with size bytes after it; often across the page's end."""
        room = WINDOW_BYTES - size
        if self.rng.random() < 0.3:
            offset = WINDOW_BYTES // 2 - self.rng.randint(0, size)
        else:
            offset = self.rng.randint(0, room)
        if self.rng.random() < 0.4:
            alignment = max(alignment, min(size, 16))
        return WINDOW + offset // alignment * alignment

    def at(self, address, size):
        offset = address - WINDOW
        return int.from_bytes(self.window[offset:offset + size], 'little')


def extended(value, option, shift):
    bits = 8 << (option & 3)
    value &= (1 << bits) - 1
    if option & 4 and value >> (bits - 1):
        value -= 1 << bits
    return value << shift


def simple_access(size_field, low=0, registers=1, aligned=False):
    """An access of 1 << (size + low) bytes for each register at base + scaled offset."""
    def prepare(case):
        f, name = case.fields, case.line.name
        size = 1 << (f[size_field] + low)
        offset = f.get('imm', 0)
        if registers == 2 or case.line.argset in ('ldst_uimm', 'ldst_simd_uimm'):
            offset *= size
        if '_post' in name:
            offset = 0
        total = size * registers
        address = case.target(total, total if aligned else 1)
        case.set_base(f['rn'], address - offset)
        return address
    return prepare


def register_offset(case):
    f = case.fields
    if f['rm'] == f['rn'] and f['rm'] != 31:
        raise Skip
    index = 0 if f['rm'] == 31 else case.state[f['rm']]
    size = 1 << f['size']
    offset = extended(index, f['option'], f['size'] if f['s'] else 0)
    case.set_base(f['rn'], case.target(size, 1) - offset)


def literal(case):
    f = case.fields
    size = f['size'] if 'size' in f else f['opc'] + 2
    f['imm'] = (case.target(1 << size, 4) - case.address) // 4


def exclusive(case):
    f, name = case.fields, case.line.name
    pair = case.line.argset == 'ldst_excl_pair'
    total = 1 << f['size'] + pair
    case.set_base(f['rn'], case.target(total, total))
    if name.startswith('ST') and case.rng.random() < 0.7:
        # The load that makes it succeed, into registers that do not matter.
        spare = next(r for r in range(31)
                     if r not in (f['rs'], f['rt'], f.get('rt2'), f['rn']))
        load = 'LDXP' if pair else 'LDXR'
        case.prefix = case.word_of(load, size=f['size'], rn=f['rn'], rt=31, rt2=spare, rs=31)


def compare_and_swap(case):
    f = case.fields
    pair = case.line.name == 'CASP'
    size = 1 << f['size']
    total = size * (2 if pair else 1)
    address = case.target(total, total)
    case.set_base(f['rn'], address)
    if case.rng.random() < 0.6:  # let it match
        for i in range(2 if pair else 1):
            register = f['rs'] + i
            if register < 31 and register != f['rn']:
                case.state[register] = (case.at(address + i * size, size) |
                                        (case.rng.getrandbits(64) << size * 8) & MASK64)


def structures(case):
    f = case.fields
    if case.line.argset == 'simd_multi':
        total = f['rpt'] * f['selem'] * (16 if f['q'] else 8)
    else:
        total = (f['selem_m1'] + 1) << f['size']
    case.set_base(f['rn'], case.target(total, 1))


def signed_load(case):
    f = case.fields
    if f['rn'] != 31 and case.rng.random() < 0.8:
        case.prefix = case.word_of('PACDB' if f['m'] else 'PACDA', z=1, rn=31, rd=f['rn'])
    case.set_base(f['rn'], case.target(8, 1) - f['imm'] * 8)


def landing(case):
    low, high = case.rng.choice(LANDING)
    return case.rng.randrange(low, high, 4)


def branch_offset(case):
    case.fields['imm'] = (landing(case) - case.address) // 4


def compare_branch(case):
    branch_offset(case)
    if case.rng.random() < 0.4 and case.fields['rt'] != 31:
        case.state[case.fields['rt']] = case.rng.choice((0, 1 << 32, 1 << 63))


def branch_register(case):
    if case.fields['rn'] != 31:
        case.set_base(case.fields['rn'], landing(case))


def branch_signed(case):
    f = case.fields
    if f['rn'] == 31 or f['rn'] == f['rm']:
        raise Skip
    case.state[f['rn']] = landing(case)
    if case.rng.random() < 0.8:
        case.prefix = case.word_of('PACIB' if f['m'] else 'PACIA', z=f['z'], rn=f['rm'],
                                   rd=f['rn'])


def return_signed(case):
    case.state[30] = landing(case)
    if case.rng.random() < 0.8:
        case.prefix = case.word_of('HINT', crm=3, op2=3 if case.fields['m'] else 1)


def random_pointer(rng):
    return (rng.getrandbits(48) | (0xffff << 48 if rng.random() < 0.3 else 0)
            if rng.random() < 0.8 else rng.getrandbits(64))


def pointer_auth(case):
    f = case.fields
    if f['rd'] != 31:
        case.state[f['rd']] = random_pointer(case.rng)
    if case.line.name.startswith('AUT') and f['rd'] != f['rn'] and case.rng.random() < 0.6:
        case.prefix = case.line.encode(f) ^ 1 << 12  # the PAC that it undoes


def pointer_strip(case):
    if case.fields['rd'] != 31:
        case.state[case.fields['rd']] = random_pointer(case.rng)


def hint(case):
    f = case.fields
    if case.rng.random() < 0.7:
        f['crm'] = case.rng.choice((0, 1, 3, 3))
    if f['crm'] == 0 and f['op2'] in (2, 3):  # WFE, WFI: waiting is not to be tested here
        raise Skip
    case.state[30] = random_pointer(case.rng)
    case.state[17] = random_pointer(case.rng)
    if f['crm'] in (1, 3) and f['op2'] & 4 and case.rng.random() < 0.6:
        case.prefix = case.word_of('HINT', crm=f['crm'], op2=f['op2'] & 3)


def barrier(case):
    if case.line.name == 'SB':
        case.fields['crm'] = 0  # should be zero


def halt(case):
    if case.fields['imm'] == 0xf000:  # semihosting
        raise Skip


# op0, op1, CRn, CRm, op2 that user mode may use, and some that it may not.
USER_REGISTERS = {
    'NZCV': (3, 3, 4, 2, 0), 'FPCR': (3, 3, 4, 4, 0), 'FPSR': (3, 3, 4, 4, 1),
    'DIT': (3, 3, 4, 2, 5), 'SSBS': (3, 3, 4, 2, 6),
}
PRIVILEGED_REGISTERS = {
    'DAIF': (3, 3, 4, 2, 1), 'CurrentEL': (3, 0, 4, 2, 2), 'SCTLR_EL1': (3, 0, 1, 0, 0),
    'TTBR0_EL1': (3, 0, 2, 0, 0), 'VBAR_EL1': (3, 0, 12, 0, 0), 'SPSR_EL1': (3, 0, 4, 0, 0),
    'ELR_EL1': (3, 0, 4, 0, 1), 'HCR_EL2': (3, 4, 1, 1, 0), 'SCR_EL3': (3, 6, 1, 1, 0),
    'unallocated': (3, 3, 9, 9, 7),
}
# Less DC ZVA (block sizes differ) and DC CVAP, CVADP (UNDEFINED in the oracle's user mode).
USER_OPERATIONS = {
    'DC CVAC': (1, 3, 7, 10, 1), 'DC CVAU': (1, 3, 7, 11, 1), 'DC CIVAC': (1, 3, 7, 14, 1),
    'IC IVAU': (1, 3, 7, 5, 1),
}
PRIVILEGED_OPERATIONS = {
    'DC ISW': (1, 0, 7, 6, 2), 'TLBI VMALLE1': (1, 0, 8, 7, 0), 'AT S1E1R': (1, 0, 7, 8, 0),
    'IC IALLU': (1, 0, 7, 5, 0),
}


def system_register(case):
    f, name = case.fields, case.line.name
    if name == 'SYSL':
        return
    operation = name == 'SYS'
    allowed = USER_OPERATIONS if operation else USER_REGISTERS
    refused = PRIVILEGED_OPERATIONS if operation else PRIVILEGED_REGISTERS
    chosen = case.rng.choice(list((allowed if case.rng.random() < 0.8 else refused).values()))
    f['op0'], f['op1'], f['crn'], f['crm'], f['op2'] = chosen
    if f['rt'] == 31:
        if operation:  # address 0 faults but for the oracle, which does nothing
            raise Skip
        return
    if operation:
        case.state[f['rt']] = case.target(1, 1)
    elif chosen == USER_REGISTERS['FPCR']:
        case.state[f['rt']] = sum(bit for bit in FPCR_BITS if case.rng.random() < 0.5)
    elif chosen == USER_REGISTERS['FPSR']:
        case.state[f['rt']] = sum(bit for bit in FPSR_BITS if case.rng.random() < 0.5)


PREPARE = {
    'ldst_imm': simple_access('size'),
    'ldst_uimm': simple_access('size'),
    'ldst_simd_imm': simple_access('size'),
    'ldst_simd_uimm': simple_access('size'),
    'ldst_pair': simple_access('size', registers=2),
    'ldst_simd_pair': simple_access('opc', low=2, registers=2),
    'ldst_ordered': simple_access('size', aligned=True),
    'ldst_rcpc': simple_access('size', aligned=True),
    'atomic': simple_access('size', aligned=True),
    'ldst_reg': register_offset,
    'ldst_simd_reg': register_offset,
    'ldst_lit': literal,
    'ldst_simd_lit': literal,
    'ldst_excl': exclusive,
    'ldst_excl_pair': exclusive,
    'cas': compare_and_swap,
    'ldst_pac': signed_load,
    'simd_multi': structures,
    'simd_single': structures,
    'branch': branch_offset,
    'branch_cond': branch_offset,
    'cmp_branch': compare_branch,
    'test_branch': compare_branch,
    'branch_reg': branch_register,
    'branch_auth': branch_signed,
    'return_auth': return_signed,
    'pac': pointer_auth,
    'xpac': pointer_strip,
    'barrier': barrier,
    'hint': hint,
    'sys_reg': system_register,
}
PREPARE_NAME = {'HLT': halt}


def make_cases(lines, per_line, seed, skip=()):
    """Bytes of a file of cases: per_line for each line that is not in skip (by name)."""
    by_name = {}
    for line in lines:
        by_name.setdefault(line.name, line)
    records = []
    for line in lines:
        if line.name in skip:
            continue
        rng = random.Random(f'{seed}/{line.number}')
        for _ in range(per_line):
            while True:
                try:
                    case = Case(rng, by_name, line, len(records))
                    break
                except Skip:
                    pass
            records.append(case.pack())
    at_random, keys = oracle_random()
    flat_keys = [half for key in keys for half in key]
    size = len(records[0]) if records else CASE_HEAD.size + STATE.size
    head = HEADER.pack(MAGIC_CASES, len(records), size, *flat_keys, *at_random)
    return head + b''.join(records)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--tables', required=True, help="the decoder's JSON")
    parser.add_argument('--per-line', type=int, default=8)
    parser.add_argument('--seed', default='1')
    parser.add_argument('--skip', default='', help='names, separated by commas')
    parser.add_argument('output')
    options = parser.parse_args()
    lines = load_lines(options.tables)
    data = make_cases(lines, options.per_line, options.seed, options.skip.split(','))
    with open(options.output, 'wb') as file:
        file.write(data)
    return 0


if __name__ == '__main__':
    sys.exit(main())
