# SPDX-License-Identifier: MIT
"""The cases of A64: see gen.py."""

import random

from gen import (Batch, Case, EDGES, FLAGS, FLOATS, FPCR, FPCR_BITS, FPSR, FPSR_BITS, LANDING,
                 MASK64, PC, SP, Skip, V0, random_bits, random_vectors)

BRK = 0xd4200000

# qemu-aarch64's random number generator starts from this (-seed), two words of its state.
# Pointer authentication keys come out of it.
ORACLE_SEED = 0x100000001
ORACLE = ('qemu-aarch64', '-cpu', 'max', '-seed', hex(ORACLE_SEED))
COMPILER = 'aarch64-linux-gnu-gcc'

STATE_NAMES = {SP: 'sp', PC: 'pc', FLAGS: 'nzcv', FPCR: 'fpcr', FPSR: 'fpsr'}


def oracle_random():
    """AT_RANDOM (two 64-bit halves) and the five PAuth keys (low, high) of the oracle."""
    words = random.Random(ORACLE_SEED)
    numbers = [words.getrandbits(32) | words.getrandbits(32) << 32 for _ in range(12)]
    return numbers[:2], [(numbers[i], numbers[i + 1]) for i in range(2, 12, 2)]


def vectors(rng, line):
    if line.group not in ('a64-fp', 'a64-simd'):
        return random_vectors(rng, 64, 'random')
    bits = rng.choice((16, 32, 64, 32, 64) if line.group == 'a64-fp' else (8, 16, 32, 64))
    likes_float = line.name.startswith(('F', 'S_', 'U_', 'SCVTF', 'UCVTF', 'B'))
    flavour = rng.choice(('float', 'float', 'edge', 'random') if likes_float
                         else ('edge', 'edge', 'random', 'float'))
    return random_vectors(rng, bits, flavour)


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
    state.append(0x60001000 + 16 * rng.getrandbits(4))  # SP
    state.append(0)  # PC: see Case.pack()
    state.append(rng.getrandbits(4) << 28)
    uses_fp = line.group in ('a64-fp', 'a64-simd')
    fpcr = random_bits(rng, FPCR_BITS) if rng.random() < 0.6 else 0
    fpsr = random_bits(rng, FPSR_BITS) if rng.random() < 0.3 else 0
    state.append(fpcr if uses_fp else 0)
    state.append(fpsr)
    return state + vectors(rng, line)


# Instructions that need more than random operands

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
        case.prefix = [case.word_of(load, size=f['size'], rn=f['rn'], rt=31, rt2=spare, rs=31)]


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
        case.prefix = [case.word_of('PACDB' if f['m'] else 'PACDA', z=1, rn=31, rd=f['rn'])]
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
        case.prefix = [case.word_of('PACIB' if f['m'] else 'PACIA', z=f['z'], rn=f['rm'],
                                   rd=f['rn'])]


def return_signed(case):
    case.state[30] = landing(case)
    if case.rng.random() < 0.8:
        case.prefix = [case.word_of('HINT', crm=3, op2=3 if case.fields['m'] else 1)]


def random_pointer(rng):
    return (rng.getrandbits(48) | (0xffff << 48 if rng.random() < 0.3 else 0)
            if rng.random() < 0.8 else rng.getrandbits(64))


def pointer_auth(case):
    f = case.fields
    if f['rd'] != 31:
        case.state[f['rd']] = random_pointer(case.rng)
    if case.line.name.startswith('AUT') and f['rd'] != f['rn'] and case.rng.random() < 0.6:
        word = case.line.encode(f, case.free_bits()) ^ 1 << 12
        case.prefix = [(case.line, word)]  # the PAC that it undoes


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
        case.prefix = [case.word_of('HINT', crm=f['crm'], op2=f['op2'] & 3)]


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
        case.state[f['rt']] = random_bits(case.rng, FPCR_BITS)
    elif chosen == USER_REGISTERS['FPSR']:
        case.state[f['rt']] = random_bits(case.rng, FPSR_BITS)


PREPARE_SETS = {
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
PREPARE_NAMES = {'HLT': halt}


class A64Case(Case):
    isa = 0  # INSN_A64
    prepare_sets = PREPARE_SETS
    prepare_names = PREPARE_NAMES

    def random_state(self):
        return random_state(self.rng, self.line)

    def free_bits(self):
        """Should-be bits: (1) in loads, stores, data processing, (0) in CFINV and the like."""
        return 0 if self.line.group == 'a64-branch-sys' else MASK64

    def set_base(self, register, value):
        """X[register] or SP; sometimes with a tag, which user mode ignores."""
        value &= MASK64
        if value >> 55 == 0 and self.rng.random() < 0.125 and not self.prefix:
            value |= self.rng.getrandbits(8) << 56
        self.state[register] = value

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


def add_lines(lines):
    return lines


def operands(line, word, before):
    """The registers that the fields name, for a mismatch's report."""
    texts = []
    for field in ('rn', 'rm', 'ra', 'rd', 'rs', 'rt', 'rt2'):
        if field not in line.fields:
            continue
        number = line.field_of(field, word)
        at = V0 + 2 * number
        general = before[number] if number < 31 else 0
        vector = f'{before[at + 1]:016x}_{before[at]:016x}'
        texts.append(f'{field}={number} (x {general:x}, v {vector})')
    return ['; '.join(texts)]


def batches(lines):
    return [Batch(A64Case, (BRK, BRK), lines, *oracle_random())]
