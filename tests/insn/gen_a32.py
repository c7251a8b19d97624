# SPDX-License-Identifier: MIT
"""The cases of A32, T32 and T16: see gen.py.

A32 instructions have random conditions, T32 and T16 ones stand in an IT block half of the time
(from the CPSR or behind an IT).  The T32 forms of floating point and Advanced SIMD are lines of
their own here, though they are no lines of the tables.
"""

import copy
from types import SimpleNamespace

import gen_a32_simd
from gen import (Batch, Case, EDGES, FLAGS, FLOATS, FPCR, FPCR_BITS, FPSR_BITS, LANDING, PC,
                 SLOTS, SLOT_BYTES, SLOT_COUNT, Skip, TAIL_OFFSET, WINDOW_BYTES, random_bits)

MASK32 = (1 << 32) - 1
CPSR_T = 1 << 5
CPSR_C = 1 << 29
A32_BKPT = 0xe1200070
T16_BKPT = 0xbe00be00
ALWAYS = 14

ORACLE = ('qemu-arm', '-cpu', 'max')
COMPILER = 'arm-linux-gnueabihf-gcc'

STATE_NAMES = {n: f'r{n}' for n in range(15)} | {PC: 'pc', FLAGS: 'cpsr', FPCR: 'fpscr'}

EDGES_PACKED = (0x7fff7fff, 0x80008000, 0x80007fff, 0x7fff8000, 0x00ff00ff, 0x80808080,
                0x7f7f7f7f, 0x7f80807f, 0x8000, 0x7fff, 0xffff, 0x10000, 0xffff8000, 0xff)


# UNPREDICTABLE words, of which qemu and el4 may make different things: the rule, as a function
# of the case and its fields, and the reason.

def writes_back(f):
    return f.get('p') == 0 or f.get('w') == 1


def loads(case):
    return case.line.name.startswith('LD')


def transferred(f):
    """Registers that a load or store names as data."""
    registers = [f[name] for name in ('rt', 'rt2') if name in f]
    return registers


def lists_registers(case):
    return case.line.argset == 'ldst_multi'


def flags_to_pc(case, f):
    return f.get('s') == 1 and 15 in (f.get('rd'), f.get('rdn')) and \
        case.line.argset in ('dp_imm', 'dp_reg', 'dp_rsr', 'rdn_reg')


def field_beyond(case, f):
    return (case.line.argset == 'bitfield' and f['lsb'] + f['widthm1'] > 31) or \
        (case.line.argset in ('bfi', 'bfc') and f['msb'] < f['lsb'])


def base_pc_written(case, f):
    return f.get('rn') == 15 and writes_back(f)


def base_is_data(case, f):
    return 'p' in f and writes_back(f) and (
        f['rn'] in transferred(f) or
        (case.line.argset in ('ldst_dual_imm', 'ldst_dual_reg') and f['rn'] == f['rt'] + 1))


def offset_pc(case, f):
    return case.line.argset in ('ldst_reg', 'ldst_dual_reg', 'table') and f['rm'] == 15


def narrow_pc(case, f):
    word = f.get('size') == 2 and case.line.argset in ('ldst_imm', 'ldst_reg')
    return 15 in transferred(f) and not (word and not case.line.name.endswith('T_imm') and
                                         not case.line.name.endswith('T_reg') and
                                         (loads(case) or case.line.list == 'a32')) and \
        case.line.argset not in ('cp_reg', 'cp_reg2', 'cp_mem')


def dual_pc(case, f):
    return case.line.argset in ('ldst_dual_imm', 'ldst_dual_reg') and (
        f['rt'] == 14 or (loads(case) and f.get('rm') in (f['rt'], f['rt'] + 1)))


def t32_pair(case, f):
    pair = case.line.argset in ('ldst_dual2', 'ldst_excl2', 'st_excl2')
    return pair and ((loads(case) and f['rt'] == f['rt2']) or 13 in (f['rt'], f['rt2']))


def list_bits(case, f):
    if not lists_registers(case):
        return False
    count = bin(f['list']).count('1')
    return count < (2 if case.line.list == 't32' else 1) or \
        (case.line.list == 't32' and f['list'] >> 14 == 3) or f['rn'] == 15


def list_base(case, f):
    if not lists_registers(case) or not f['w'] or not f['list'] >> f['rn'] & 1:
        return False
    if loads(case):
        return case.line.list != 't16'
    return case.line.list == 't32' or f['list'] & (1 << f['rn']) - 1 != 0


def exclusive_registers(case, f):
    if case.line.argset not in ('st_excl', 'st_excl2', 'ldst_excl', 'ldst_excl2'):
        return False
    others = transferred(f) + ([f['rt'] + 1] if f.get('size') == 3 else []) + [f['rn']]
    return 15 in others or f.get('rd') in others + [15] or \
        (case.line.list == 't32' and 13 in transferred(f) + [f.get('rd')])


def branch_pc(case, f):
    if case.line.argset == 'table':
        return f['rm'] == 13
    return case.line.argset == 'branch_reg' and f['rm'] == 15 and \
        (case.line.name != 'BX' or case.line.list != 'a32')


def if_then(case, f):
    return case.line.argset == 'if_then' and (
        f['cond'] == 15 or (f['cond'] == 14 and bin(f['mask']).count('1') != 1))


def psr_access(case, f):
    return case.line.argset in ('mrs', 'msr_reg', 'msr_imm') and (
        f['r'] == 1 or f.get('mask') == 0 or 15 in (f.get('rd'), f.get('rn')))


def privileged_hints(case, f):
    return case.line.argset == 'cps' and (
        (f['imod'] == 0 and f['m'] == 0) or (f['imod'] & 2 == 0) != (f['aif'] == 0) or
        f['imod'] == 1 or (f['m'] == 0 and f['mode'] != 0))


def coprocessor_registers(case, f):
    return case.line.argset in ('cp_reg', 'cp_reg2') and (
        15 in transferred(f) or (case.line.name == 'MRRC' and f['rt'] == f['rt2']) or
        (case.line.list != 'a32' and 13 in transferred(f)))


def double_write(case, f):
    return case.line.argset == 'swap' and (15 in (f['rt'], f['rt2'], f['rn']) or
                                           f['rn'] in (f['rt'], f['rt2']))


UNPREDICTABLE = (
    (flags_to_pc, 'S with R15 as destination: an exception return, not for User mode'),
    (field_beyond, 'a bit field that ends beyond bit 31, or before it begins'),
    (base_pc_written, 'write-back to R15'),
    (base_is_data, 'write-back to a register that is transferred'),
    (offset_pc, 'R15 as offset'),
    (narrow_pc, 'R15 transferred, but for words'),
    (dual_pc, 'LR and R15 as a pair; LDRD that loads its own offset'),
    (t32_pair, 'a pair of one register twice, or with SP'),
    (list_bits, 'lists of no or (T32) one register, of PC and LR; based on R15'),
    (list_base, 'write-back to a register in the list'),
    (exclusive_registers, 'R15 in an exclusive, or the status in one of its operands'),
    (branch_pc, 'BLX or BXJ R15, BX R15 in T32, TBB with SP as index'),
    (if_then, 'IT with the condition 15, or AL with an E'),
    (psr_access, 'the SPSR in User mode, empty masks, R15'),
    (privileged_hints, 'CPS that changes nothing'),
    (coprocessor_registers, 'R15, SP in T32, one register twice'),
    (double_write, 'SWP that loads its base'),
) + gen_a32_simd.UNPREDICTABLE

# These may not stand in an IT block, and these only last.
NOT_IN_IT = {'CB', 'IT', 'CPS', 'SETEND', 'SETPAN', 'CRC32', 'CRC32C', 'B_cond', 'HLT', 'HVC',
             'UDF', 'BKPT', 'SB'}
LAST_IN_IT = {'B', 'B_far', 'BL_far', 'BLX_far', 'BX', 'BXJ', 'BLX_reg', 'TB', 'SMC'}


# Values

def random_register(rng):
    kind = rng.random()
    if kind < 0.35:
        return rng.getrandbits(32)
    if kind < 0.5:
        return rng.randint(-130, 130) & MASK32
    if kind < 0.65:
        return rng.choice(EDGES[32])
    if kind < 0.8:
        return rng.choice(EDGES_PACKED)
    if kind < 0.9:
        return rng.choice(FLOATS[32])
    return rng.getrandbits(rng.randint(1, 32))


def shifted(value, shift, amount, carry):
    """Shift() of an immediate amount, as encoded."""
    if shift == 0:
        return value << amount & MASK32
    if shift == 1:
        return value >> (amount or 32)
    if shift == 2:
        signed = value - (value >> 31 << 32)
        return signed >> (amount or 32) & MASK32
    if amount == 0:
        return value >> 1 | carry << 31
    return (value >> amount | value << 32 - amount) & MASK32


# Instructions that need more than random operands

def literal_only_loads(case):
    """The PC as base: what lies around the instruction, to be read only."""
    if not loads(case) or 15 in transferred(case.fields) or \
            case.fields.get('list', 0) >> 15 & 1:
        raise Skip
    if 'p' not in case.fields:
        raise Skip


def place(case, size, offset, alignment=1):
    """Base register so that base + offset is in the window; gives the address."""
    f = case.fields
    if f.get('p') == 0:
        offset = 0
    address = case.target(size, alignment)
    case.state[f['rn']] = address - offset & MASK32
    return address


def load_pc(case, address):
    """The word at the address becomes a branch target."""
    case.put(address, case.landing(exchange=True), 4)
    case.writes_pc = True


def load_store(case):
    f = case.fields
    if f['rn'] == 15:
        literal_only_loads(case)
        if case.line.argset == 'ldst_reg':
            case.state[f['rm']] = case.rng.randint(0, 60)
            if f['shift'] or f['amount']:
                raise Skip
        return
    size = 1 << f['size']
    if case.line.argset == 'ldst_reg':
        if f['rm'] == f['rn']:
            raise Skip
        offset = shifted(case.state[f['rm']], f['shift'], f['amount'],
                         case.state[FLAGS] >> 29 & 1)
    else:
        offset = f['imm']
    to_pc = loads(case) and f['rt'] == 15
    address = place(case, size, offset if f['u'] else -offset, 4 if to_pc else 1)
    if to_pc:
        load_pc(case, address)
    else:
        case.maybe_big_endian()


def mostly_aligned(case, alignment):
    return alignment if case.rng.random() < 0.9 else 1


def load_store_dual(case):
    f = case.fields
    if f['rn'] == 15:
        literal_only_loads(case)
        if 'rm' in f:
            case.state[f['rm']] = 4 * case.rng.randint(0, 15)
        return
    if f.get('rm') == f['rn']:
        raise Skip
    offset = case.state[f['rm']] if 'rm' in f else f['imm']
    place(case, 8, offset if f['u'] else -offset, mostly_aligned(case, 4))
    case.maybe_big_endian()


def multiple(case):
    f = case.fields
    size = 4 * bin(f['list']).count('1')
    to_pc = loads(case) and f['list'] >> 15 & 1
    lowest = case.target(size, 4 if to_pc else mostly_aligned(case, 4))
    if f['u']:
        base = lowest - 4 * f['p']
    else:
        base = lowest + size - (0 if f['p'] else 4)
    case.state[f['rn']] = base & MASK32
    if to_pc:
        load_pc(case, lowest + size - 4)
    else:
        case.maybe_big_endian()


def exclusive(case):
    f, name = case.fields, case.line.name
    size = 8 if case.line.argset.endswith('2') else 1 << f['size']
    # The oracle does not look at the alignment of a store that will fail; the manual does.
    stores = case.line.argset in ('st_excl', 'st_excl2')
    address = case.target(size, size if stores else mostly_aligned(case, size))
    case.state[f['rn']] = address - f.get('imm', 0) & MASK32
    if not stores:
        case.maybe_big_endian()
    elif case.rng.random() < 0.7:
        # The load that makes it succeed, into registers that do not matter.
        taken = transferred(f) + [f['rd'], f['rn'], f['rt'] + 1]
        spare = next(r for r in range(0, 12, 2) if r not in taken and r + 1 not in taken)
        load = name.replace('STLEX', 'LDREX').replace('STREX', 'LDREX')
        line = next(line for line in case.all_lines[case.line.list] if line.name == load and
                    line.fields.get('size') == case.line.fields.get('size'))
        values = {'size': f.get('size'), 'rn': f['rn'], 'rt': spare, 'rt2': spare + 1,
                  'imm': f.get('imm', 0), '_condition': ALWAYS}
        case.prefix = [(line, line.encode({key: values[key] for key in line.fields},
                                          MASK32))]


def swap(case):
    place(case, 1 if case.fields['b'] else 4, 0, 4)


def branch(case):
    """imm counts from R15."""
    name, f = case.line.name, case.fields
    width = case.line.fields['imm']['width']
    if case.line.list == 't16':
        low, high = (0, 126) if name == 'CB' else (-1 << width - 1, (1 << width - 1) - 2)
        target = case.near_landing(low, high)
    else:
        target = case.landing() if not name.startswith('BLX') else case.landing_high()
    pc = case.pc_value()
    if name.startswith('BLX'):
        pc &= ~3
    offset = target - pc
    if name.endswith('_far'):  # bits 23 and 22 as encoded are NOT (I1 EOR S), NOT (I2 EOR S)
        sign = offset >> 24 & 1
        offset ^= (0 if sign else 3) << 22
    f['imm'] = offset
    case.writes_pc = True
    if name == 'CB' and case.rng.random() < 0.4:
        case.state[f['rn']] = case.rng.choice((0, 0, 1))


def branch_register(case):
    f = case.fields
    if f['rm'] != 15:
        case.state[f['rm']] = case.landing(exchange=True)
    case.writes_pc = True


def table_branch(case):
    f, h = case.fields, case.fields['h']
    target = case.near_landing(0, 510)
    entry = (target - case.pc_value()) // 2
    case.writes_pc = True
    if f['rn'] == 15:
        index = case.rng.randint(0, 1)
        case.extra = bytes(index << h) + entry.to_bytes(1 << h, 'little')
    else:
        index = case.state[f['rm']] & 0xff
        address = case.target(1 << h, 1)
        case.state[f['rn']] = address - (index << h) & MASK32
        case.put(address, entry, 1 << h)
        if f['rn'] == f['rm']:
            raise Skip
    case.state[f['rm']] = index


def expand_imm(line, imm):
    if line.list == 'a32':
        rotation = imm >> 8 << 1
        return shifted(imm & 0xff, 3, rotation, 0) if rotation else imm
    return imm


# rn that makes `rn OP op2` the target, for A32 data processing with R15 as destination.
SOLVED = {
    'ADD': lambda target, op2, carry: target - op2,
    'SUB': lambda target, op2, carry: target + op2,
    'RSB': lambda target, op2, carry: op2 - target,
    'ADC': lambda target, op2, carry: target - op2 - carry,
    'SBC': lambda target, op2, carry: target + op2 + 1 - carry,
    'RSC': lambda target, op2, carry: op2 - target - 1 + carry,
    'EOR': lambda target, op2, carry: target ^ op2,
}


def data_to_pc(case):
    f, name = case.fields, case.line.name
    register = 'rdn' if 'rdn' in f else 'rd'
    if f.get(register) != 15 or case.line.group != f'{case.line.list}-data' or \
            name.startswith(('TST', 'TEQ', 'CMP', 'CMN')):
        return
    case.writes_pc = True
    operation = name.split('_')[0]
    carry = case.state[FLAGS] >> 29 & 1
    target = case.landing(exchange=case.line.list == 'a32')
    if case.line.list == 't16':
        target |= case.rng.getrandbits(1)
        if operation == 'ADD':
            if f['rm'] == 15:
                raise Skip
            target -= case.pc_value()
        case.state[f['rm']] = target & MASK32
        return
    f['amount'] = f['shift'] = 0
    if operation in ('MOV', 'MVN', 'AND', 'ORR', 'BIC'):
        if name.endswith('_imm') or f['rm'] == 15 or f['rn'] == 15 or \
                (f['rn'] == f['rm'] and operation not in ('MOV', 'MVN', 'AND', 'ORR')):
            raise Skip
        if operation == 'AND':
            case.state[f['rn']] = MASK32
        elif operation == 'ORR':
            case.state[f['rn']] = 0
        elif operation == 'BIC':
            case.state[f['rn']] = target
            target = 0
        case.state[f['rm']] = target if operation != 'MVN' else ~target & MASK32
        return
    if f['rn'] == 15 or f.get('rm') == f['rn']:
        raise Skip
    if name.endswith('_imm'):
        op2 = expand_imm(case.line, f['imm'])
    else:
        op2 = case.pc_value() if f['rm'] == 15 else case.state[f['rm']]
    case.state[f['rn']] = SOLVED[operation](target, op2, carry) & MASK32


def hint(case):
    f = case.fields
    if case.rng.random() < 0.7 and case.line.list != 't16':
        f['op'] = case.rng.choice((0, 1, 4, 5, 16, 17, 18, 20))
    if f['op'] in (2, 3):  # WFE, WFI: waiting is not to be tested here
        raise Skip


def halt(case):
    # Semihosting, in A32 and T16.
    if case.fields['imm'] in (0xf000, 0x3c):
        raise Skip


def undefined(case):
    # Linux's breakpoints.
    if case.fields['imm'] == {'a32': 0x10, 't32': 0xf0, 't16': 1}[case.line.list]:
        raise Skip


def psr(case):
    """R15 is refused above; User mode may write NZCVQ, GE and E."""
    if case.line.name == 'MSR_reg':
        case.state[case.fields['rn']] = case.rng.getrandbits(32)
        if case.line.list == 't32' and case.fields['rn'] == 13:
            raise Skip


# coproc, opc1, CRn, CRm, opc2.  TPIDRURO holds the oracle's own thread pointer.
TPIDRURW = (15, 0, 13, 0, 2)
BARRIERS = ((15, 0, 7, 5, 4), (15, 0, 7, 10, 4), (15, 0, 7, 10, 5))
REFUSED = ((15, 0, 1, 0, 0), (15, 0, 2, 0, 0), (15, 0, 12, 0, 0), (15, 0, 13, 0, 4),
           (15, 0, 8, 7, 0), (15, 0, 9, 9, 7), (14, 0, 1, 0, 4), (15, 4, 1, 1, 0),
           (15, 0, 7, 6, 2))
REFUSED64 = ((15, 0, 2), (15, 1, 2), (15, 0, 7))


def coprocessor(case):
    f = case.fields
    kind = case.rng.random()
    if kind < 0.5:
        chosen = TPIDRURW
    elif kind < 0.8 and case.line.name == 'MCR':
        chosen = case.rng.choice(BARRIERS)
    else:
        chosen = case.rng.choice(REFUSED)
    f['cp'], f['opc1'], f['crn'], f['crm'], f['opc2'] = chosen


def coprocessor64(case):
    f = case.fields
    f['cp'], f['opc1'], f['crm'] = case.rng.choice(REFUSED64)


PREPARE_SETS = {
    'ldst_imm': load_store,
    'ldst_reg': load_store,
    'ldst_dual_imm': load_store_dual,
    'ldst_dual_reg': load_store_dual,
    'ldst_dual2': load_store_dual,
    'ldst_multi': multiple,
    'ldst_excl': exclusive,
    'ldst_excl2': exclusive,
    'st_excl': exclusive,
    'st_excl2': exclusive,
    'swap': swap,
    'branch': branch,
    'branch_cond': branch,
    'cmp_branch': branch,
    'branch_reg': branch_register,
    'table': table_branch,
    'hint': hint,
    'msr_reg': psr,
    'cp_reg': coprocessor,
    'cp_reg2': coprocessor64,
    'dp_imm': data_to_pc,
    'dp_reg': data_to_pc,
    'rdn_reg': data_to_pc,
} | gen_a32_simd.PREPARE_SETS


class AArch32Case(Case):
    isa = 1  # INSN_AARCH32
    prepare_sets = PREPARE_SETS
    prepare_names = {'HLT': halt, 'UDF': undefined}
    all_lines = None   # by list
    companions = None  # the same: data processing that may stand before others

    def random_state(self):
        self.thumb = self.line.list != 'a32'
        self.writes_pc = False
        self.extra = b''
        if self.thumb:
            self.address += 2 * self.rng.getrandbits(1)
        state = [random_register(self.rng) for _ in range(15)] + [0] * 18
        flags = self.rng.getrandbits(5) << 27 | self.rng.getrandbits(4) << 16
        state.append(flags | (CPSR_T if self.thumb else 0))
        uses_fp = gen_a32_simd.is_simd(self.line)
        fpscr = self.rng.getrandbits(4) << 28
        if uses_fp and self.rng.random() < 0.6:
            fpscr |= random_bits(self.rng, FPCR_BITS)
        if self.rng.random() < 0.3:
            fpscr |= random_bits(self.rng, FPSR_BITS)
        state += [fpscr, 0]
        return state + gen_a32_simd.vectors(self.rng, self.line) + [0] * 32

    def avoid_unpredictable(self):
        if any(rule(self, self.fields) for rule, _ in UNPREDICTABLE):
            raise Skip

    def free_bits(self):
        """Those of preloads do not matter, those of floating point should be zero."""
        return 0 if gen_a32_simd.is_simd(self.line) else self.rng.getrandbits(32)

    def pc_value(self):
        return self.address + (4 if self.thumb else 8)

    def landing(self, exchange=False):
        """In the lower area, of this instruction set; or in either, for BX."""
        if exchange and self.rng.random() < 0.5:
            return self.landing_high() | (0 if self.thumb else 1)
        low, high = LANDING[0]
        step = 2 if self.thumb else 4
        return self.rng.randrange(low, high, step) | (exchange and self.thumb)

    def landing_high(self):
        low, high = LANDING[1]
        return self.rng.randrange(low, high, 4 if self.thumb else 2)

    def near_landing(self, low, high):
        """A breakpoint so far from the PC: in the lower area, or behind some instruction."""
        for _ in range(100):
            target = self.pc_value() + self.rng.randint(low // 2, high // 2) * 2
            if LANDING[0][0] <= target < LANDING[0][1] or (
                    SLOTS <= target < SLOTS + SLOT_COUNT * SLOT_BYTES and
                    target % SLOT_BYTES >= TAIL_OFFSET):
                return target
        raise Skip

    def maybe_big_endian(self):
        """User mode sets CPSR.E by SETEND only."""
        if not self.prefix and self.rng.random() < 0.15:
            line = self.lines['t16' if self.thumb else 'a32', 'SETEND']
            self.prefix = [(line, line.encode({'e': 1} | {
                name: ALWAYS for name in line.fields if name == '_condition'}))]

    def may_be_conditional(self):
        return self.line.name not in NOT_IN_IT and gen_a32_simd.may_be_conditional(self)

    def add_companion(self):
        """A random data-processing instruction in front: flags that are set, and perhaps used,
        and IT blocks of several."""
        if self.prefix or self.rng.random() < 0.7 or not (
                self.line.group.endswith('-data') and not self.writes_pc or
                self.line.name in ('B', 'B_cond', 'B_far', 'BL', 'BL_far')):
            return
        other = self.rng.choice(self.companions['t32' if self.thumb else 'a32'])
        fields = other.random_fields(self.rng)
        self.always_or_not(fields)
        word = other.encode(fields)
        if 15 not in (fields.get('rd'), fields.get('rdn')) and \
                not any(line.matches(word) for line in other.earlier) and \
                not any(rule(SimpleNamespace(line=other), fields) for rule, _ in UNPREDICTABLE):
            self.prefix = [(other, word)]

    def always_or_not(self, fields):
        if '_condition' in fields and self.rng.random() < 0.5:
            fields['_condition'] = ALWAYS

    def finish(self):
        allowed = not self.prefix and self.may_be_conditional()
        self.add_companion()
        if not self.thumb:
            self.always_or_not(self.fields)
            gen_a32_simd.finish(self)
        elif allowed and self.rng.random() < 0.5:
            self.add_it_block()

    def add_it_block(self):
        last = self.writes_pc or self.line.name in LAST_IN_IT or \
            15 in (self.fields.get('rd'), self.fields.get('rdn'))
        masks = ((8,), (4, 12)) if last else ((8, 8, 4, 12, 2, 6, 10, 14, 1, 5, 9, 15),
                                              (4, 12, 2, 6, 10, 14, 1, 7, 9, 15))
        mask = self.rng.choice(masks[len(self.prefix)])
        state = self.rng.randrange(14) << 4 | mask
        if self.rng.random() < 0.5:
            self.state[FLAGS] |= (state & 0xfc) << 8 | (state & 3) << 25
        else:
            line = self.lines['t16', 'IT']
            self.prefix.insert(0, (line, line.encode({'cond': state >> 4, 'mask': mask})))

    def extra_code(self, code, at):
        code[at:at + len(self.extra)] = self.extra

    def shown_word(self, line, word):
        return gen_a32_simd.t32_word(word) if line.t32_form else word

    def word_bytes(self, line, word):
        shown = self.shown_word(line, word)
        if line.list == 'a32':
            return shown.to_bytes(4, 'little')
        if line.list == 't16':
            return shown.to_bytes(2, 'little')
        return (shown >> 16).to_bytes(2, 'little') + (shown & 0xffff).to_bytes(2, 'little')


def operands(line, word, before):
    """The registers that the fields name, for a mismatch's report."""
    fields = {name: line.field_of(name, word) for name in line.fields}
    general = [f'r{number}={before[number]:x}' for name, number in fields.items()
               if name in ('rn', 'rm', 'ra', 'rd', 'rs', 'rt', 'rt2', 'rdn', 'lo', 'hi') and
               number < 15]
    return [f'{fields} {" ".join(general)}'] + gen_a32_simd.operands(fields, before)


def add_lines(lines):
    """The T32 forms of what has one word in the tables for both."""
    for line in lines:
        line.t32_form = False
    for line in [line for line in lines if gen_a32_simd.is_simd(line)]:
        twin = copy.copy(line)
        twin.number = len(lines)
        twin.list = 't32'
        twin.group = line.group.replace('a32', 't32')
        twin.t32_form = True
        if '_condition' in line.fields:
            twin.fields = dict(line.fields, _condition={
                'width': 4, 'signed': False, 'constant': ALWAYS, 'pieces': []})
            twin.value |= ALWAYS << 28
            twin.mask |= 15 << 28
        lines.append(twin)
    AArch32Case.all_lines = {name: [line for line in lines if line.list == name]
                             for name in ('a32', 't32', 't16')}
    data = [line for line in lines
            if line.group.endswith('-data') and line.name not in NOT_IN_IT]
    AArch32Case.companions = {'a32': [line for line in data if line.list == 'a32'],
                              't32': [line for line in data if line.list != 'a32']}
    return lines


def batches(lines):
    return [Batch(AArch32Case, (A32_BKPT, T16_BKPT),
                  [line for line in lines if line.list == 'a32']),
            Batch(AArch32Case, (T16_BKPT, A32_BKPT),
                  [line for line in lines if line.list != 'a32'])]
