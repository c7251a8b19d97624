# SPDX-License-Identifier: MIT
"""What tools/check-decode.py must know of AArch32: LLVM's names for the lines of the tables,
its way of writing registers, and where it and the tables may differ.
"""

import re

import decodegen

TRIPLES = {'a32': 'armv8.3a', 't32': 'thumbv8.1a', 't16': 'thumbv8.1a'}
# What the tables are meant to cover.
FEATURES = ('crc neon fp-armv8 aes sha2 ras sb trustzone virtualization mp hwdiv '
            'hwdiv-arm dsp fullfp16 fp16fml dotprod complxnum').split()
REGISTERS = {'sp': 13, 'lr': 14, 'pc': 15, 'sb': 9, 'sl': 10, 'fp': 11, 'ip': 12}
REGISTER_FIELDS = ('rd', 'rn', 'rm', 'ra', 'rs', 'rt', 'rt2', 'hi', 'lo', 'rdn', 'rdm')

CONDITIONS = '(EQ|NE|HS|LO|MI|PL|VS|VC|HI|LS|GE|LT|GT|LE)?'
SIZES = '(|B|H|SB|SH|D)T?'
SHIFTS = '(MOV|LSL|LSR|ASR|ROR|RRX)S?'
# A name of the tables (before its first underscore) to what LLVM may call it, without the
# condition. A name that is not here is its own, perhaps with an S behind it.
NAMES = {
    'MOV': SHIFTS, 'MOVW': 'MOVW|MOV', 'ADD': 'ADDS?|ADR', 'SUB': 'SUBS?|ADR|ADD|NEG',
    'ADDW': 'ADDW?|ADR', 'SUBW': 'SUBW?|ADR', 'RSB': 'RSBS?|NEGS?',
    'SMLAxy': 'SMLA[BT][BT]', 'SMULxy': 'SMUL[BT][BT]', 'SMLALxy': 'SMLAL[BT][BT]',
    'SMLAWy': 'SMLAW[BT]', 'SMULWy': 'SMULW[BT]',
    'CRC32': 'CRC32[BHW]', 'CRC32C': 'CRC32C[BHW]',
    'STR': 'STR' + SIZES, 'LDR': 'LDR' + SIZES, 'LDRT': 'LDR' + SIZES, 'STRT': 'STR' + SIZES,
    'LDRD': 'LDRD', 'STRD': 'STRD',
    'LDM': 'LDM(IB|DA|DB)?|POP|LDR', 'STM': 'STM(IB|DA|DB)?|PUSH|STR',
    'LDREX': 'LDREX[BHD]?', 'STREX': 'STREX[BHD]?', 'LDREXD': 'LDREXD', 'STREXD': 'STREXD',
    'LDA': 'LDA[BH]?', 'STL': 'STL[BH]?', 'LDAEX': 'LDAEX[BHD]?', 'STLEX': 'STLEX[BHD]?',
    'PLD': 'PLDW?', 'PRELOAD': 'PLDW?|PLI|NOP', 'SWP': 'SWPB?',
    'SRS': 'SRS(IA|IB|DA|DB)?', 'RFE': 'RFE(IA|IB|DA|DB)?', 'TB': 'TB[BH]', 'CB': 'CBN?Z',
    'HINT': 'HINT|PAC|PACBTI|BTI|AUT|NOP|YIELD|WFE|WFI|SEV|SEVL|ESB|DBG|CSDB|DFB', 'CPS': 'CPS(IE|ID)?|HINT',
    'BLX': 'BLX', 'B': 'B', 'DSB': 'DSB|SSBB|PSSBB|DFB', 'SUBS': 'SUBS|ERET|MOVS',
    'LDC': 'LDC2?L?', 'STC': 'STC2?L?', 'MCR': 'MCR2?', 'MRC': 'MRC2?', 'UDF': 'UDF|TRAP|__BRKDIV0',
    'MSR': 'MSR', 'MRS': 'MRS',
}
# Floating point and Advanced SIMD, without the type behind it and without the condition.
SIMD_NAMES = {
    'VORR': 'VORR|VMOV', 'VMOV': 'VMOV|VMVN|VORR|VBIC', 'VMOVN': 'VMOVN', 'VSHLL': 'VSHLL|VMOVL',
    'VTB': 'VTB[LX]', 'VML': 'VML[AS]', 'VDOT': 'V[SU]DOT', 'VFML': 'VFM[AS]L',
    'VRINT': 'VRINT[ANPM]', 'VSEL': 'VSEL(EQ|VS|GE|GT)', 'VCMP': 'VCMPE?', 'VCVT': 'VCVT[RBTANPM]?',
    'VJCVT': 'VJCVT', 'VLD': 'VLD[1-4]', 'VST': 'VST[1-4]', 'VMRS': 'VMRS|FMSTAT',
    'VLDM': 'VLDM(IA|DB)|VPOP|FLDM(IA|DB)X', 'VSTM': 'VSTM(IA|DB)|VPUSH|FSTM(IA|DB)X',
    'VACGE': 'VACGE', 'VCLE': 'VCLE', 'VQRDMLAH': 'VQRDMLAH',
}
SIMD_FIELDS = ('vd', 'vn', 'vm', 'rt', 'rt2', 'rn', 'rm')
# Words that only LLVM allocates, and why: (instruction set, mask, value, reason).
EXCEPTIONS = [
    ('a32', 0x0e000f00, 0x0c000e00, 'LDC or STC of another register than p14, c5'),
    ('t32', 0xfe000f00, 0xec000e00, 'LDC or STC of another register than p14, c5'),
    ('t32', 0xfff0f000, 0xf7f08000, 'SMC with (0) bits set'),
    ('a32', 0x0ff000b0, 0x012000a0, 'SMULW with (0) bits set'),
    ('a32', 0x0ff00090, 0x01600080, 'SMUL with (0) bits set'),
    ('a32', 0x0fa00000, 0x01a00000, 'MOV or MVN with Rn (0)(0)(0)(0) not zero'),
    ('t32', 0xfe008000, 0xea008000, 'a shifted register, bit 15 (0) set'),
    ('t32', 0xfb708000, 0xf3400000, 'SBFX or UBFX with (0) bits set'),
    ('a32', 0x0e400090, 0x00000090, 'a load or store with (0) bits set'),
    ('a32', 0x0e600000, 0x08600000, 'the User mode registers with writeback, UNPREDICTABLE'),
    ('a32', 0xfe500000, 0xf8100000, 'RFE with (0) bits set'),
    ('t32', 0xfe402000, 0xe8002000, 'LDM or STM with the SP in the list'),
    ('t16', 0x0000ffff, 0x000044ff, 'ADD PC, PC, UNPREDICTABLE'),
    ('t16', 0x0000ff78, 0x00004578, 'CMP with the PC, UNPREDICTABLE'),
    ('t16', 0x0000ff87, 0x00004587, 'CMP with the PC, UNPREDICTABLE'),
]
# Lines some or all of whose words LLVM does not allocate, and why.
LINE_EXCEPTIONS = {
    'SWP': 'gone in v8', 'PRELOAD_hint': 'a NOP with the multiprocessing extensions',
    'SBFX': 'a field of more than 32 bits (UNDEFINED when translated)',
    'UBFX': 'a field of more than 32 bits (UNDEFINED when translated)',
    'BFI': 'a field that ends before it begins', 'BFC': 'a field that ends before it begins',
    'MRS_banked': 'SYSm of no register', 'MSR_banked': 'SYSm of no register',
    'MSR_reg': 'no field to write', 'MSR_imm': 'no field to write',
    'CPS': 'imod and M that do nothing',
    'VLDM': 'registers beyond the last, or more than 16 of D (UNDEFINED when translated)',
    'VSTM': 'registers beyond the last, or more than 16 of D (UNDEFINED when translated)',
    'LDM': 'an empty list', 'STM': 'an empty list', 'IT': 'not given to LLVM',
}
NO_REGISTER_CHECK = ('hint', 'cp_reg', 'cp_mem', 'cp_reg2', 'ldst_dual_imm', 'ldst_dual_reg',
                     'ldst_excl', 'st_excl', 'mrs_banked', 'msr_banked', 'srs', None)
PARALLEL_OPS = ('ADD16', 'ASX', 'SAX', 'SUB16', 'ADD8', '', '', 'SUB8')


def load(isa, paths):
    """All three lists (they share argument sets); the one of `isa`."""
    lists = [(name, 16 if name == 't16' else 32,
              [path for path in paths if f'/{name}-' in '/' + path]) for name in TRIPLES]
    tables = decodegen.load_lists(lists)
    return {table.name: table for table in tables.lists}[isa]


def bytes_of(isa, word):
    """As LLVM takes them: an atomic block, so that what follows is not read into it."""
    if isa == 'a32':
        data = word.to_bytes(4, 'little')
    elif isa == 't16':
        data = word.to_bytes(2, 'little')
    else:
        data = (word >> 16).to_bytes(2, 'little') + (word & 0xffff).to_bytes(2, 'little')
    return '[' + ' '.join(f'{byte:#04x}' for byte in data) + ']'


def fits(isa, word):
    """A word of this instruction set, and one whose meaning does not reach further."""
    if isa == 't16':
        is_it = word & 0xff00 == 0xbf00 and word & 15 != 0
        return word >> 11 < 0x1d and not is_it
    if isa == 't32':
        simd = word & 0xef000000 == 0xef000000 or word & 0xff100000 == 0xf9000000 or \
            (word & 0xec000000 == 0xec000000 and 8 <= (word >> 8 & 15) < 14)
        return word >> 27 >= 0x1d and not simd  # those go through the A32 tables
    return True


def names_of(line, word):
    """A pattern of LLVM's names for a word of this line."""
    base = line.name.split('_')[0]
    if line.argset == 'parallel':
        return line.name.split('_')[1] + PARALLEL_OPS[line.fields['op'].extract(word)]
    if line.argset in ('mul_x', 'mla_x', 'mull_x'):
        letter = 'R' if base.startswith('SMM') else 'X'
        return base + (letter if line.fields['x'].extract(word) else '')
    if line.argset in ('mul_xy', 'mla_xy', 'mull_xy'):
        x, y = ('BT'[line.fields[name].extract(word)] for name in 'xy')
        return base[:-2] + x + y if base.endswith('xy') else base[:-1] + y
    if line.name in ('LDM_return', 'LDM_user', 'STM_user'):
        return NAMES[base]
    return NAMES.get(base, base + 'S?')


def compare(line, word, text):
    """What is wrong with LLVM's text, or None."""
    mnemonic, _, operands = text.upper().partition('\t')
    if is_simd(line):
        return compare_simd(line, word, mnemonic.split()[0].split('.')[0], operands)
    mnemonic = mnemonic.split()[0].removesuffix('.W').removesuffix('.N')
    if not re.fullmatch(f'({names_of(line, word)}){CONDITIONS}(\\.W|\\.N)?', mnemonic):
        return f'LLVM says {mnemonic}'
    operands = operands.split('@')[0]
    if '{' in operands or line.argset in NO_REGISTER_CHECK:
        return None
    ours = {line.fields[name].extract(word) for name in REGISTER_FIELDS if name in line.fields}
    for name in re.findall(r'\b(R\d+|SP|LR|PC|SB|SL|FP|IP)\b', operands):
        number = REGISTERS[name.lower()] if name.lower() in REGISTERS else int(name[1:])
        # The SP and PC that a mnemonic such as ADR or SRS implies.
        if number not in ours and number < 13:
            return f'register {number} is in no field'
    return compare_numbers(line, word, operands)


def is_simd(line):
    return line.group in ('a32-vfp', 'a32-neon')


def compare_simd(line, word, mnemonic, operands):
    base = line.name.split('_')[0]
    if not re.fullmatch(f'({SIMD_NAMES.get(base, base)}){CONDITIONS}', mnemonic):
        return f'LLVM says {mnemonic}'
    operands = re.sub(r'\{[^}]*\}|@.*', '', operands)
    ours = {line.fields[name].extract(word) for name in SIMD_FIELDS if name in line.fields}
    for kind, number in re.findall(r'\b([DQS])(\d+)\b', operands):
        number = int(number) * (2 if kind == 'Q' else 1)
        # A scalar's index may be part of the manual's register number, and a pair has a second.
        if number not in ours and number - 1 not in ours:
            return f'register {kind}{number} is in no field'
    return None


def compare_numbers(line, word, operands):
    """Immediates that LLVM prints as the table has them."""
    values = {name: field.extract(word) for name, field in line.fields.items()}
    numbers = [int(text, 0) for text in re.findall(r'#(-?\w+)', operands.lower())]
    wanted = []
    if line.argset in ('rd_imm', 'rd_rn_imm'):
        wanted = [values['imm']]
    elif line.argset == 'bitfield':
        wanted = [values['lsb'], values['widthm1'] + 1]
    elif line.argset in ('bfi', 'bfc') and values['msb'] >= values['lsb']:
        wanted = [values['lsb'], values['msb'] - values['lsb'] + 1]
    elif line.argset in ('sat', 'sat16'):
        wanted = [values['imm'] + (line.name[0] == 'S')]
    elif line.argset in ('ext', 'ext_add') and values['rotate']:
        wanted = [values['rotate'] * 8]
    elif line.argset in ('dp_reg', 'pack') and values['amount']:
        wanted = [values['amount']]
    elif line.argset == 'dp_imm' and len(numbers) == 1:
        wanted = [expanded(line.width == 32 and line.mask >> 29 == 7, values['imm'])]
        numbers = [number & 0xffffffff for number in numbers]
    missing = [number for number in wanted if number not in numbers and -number not in numbers]
    return f'another immediate, not {missing}' if missing else None


def expanded(thumb, imm):
    """A32ExpandImm() or T32ExpandImm() of the manual."""
    value, rotation = imm & 0xff, imm >> 8 << 1
    if thumb:
        if imm < 0x400:
            return value * (0x1, 0x10001, 0x1000100, 0x1010101)[imm >> 8]
        value, rotation = 0x80 | (imm & 0x7f), imm >> 7
    return (value >> rotation | value << (32 - rotation)) & 0xffffffff


def uses_pc(word, isa):
    """Some four bits where register numbers lie are 15: most such uses are UNPREDICTABLE."""
    return isa != 't16' and any(word >> bit & 15 == 15 for bit in (0, 8, 12, 16))


def excuse(isa, word, line, text, soft):
    """Why only one of the two may allocate a word, or None."""
    if line is not None:
        reason = LINE_EXCEPTIONS.get(line.name)
        return f'el4 only, {line.name}: {reason}' if reason else None
    if soft:
        return 'LLVM only: UNPREDICTABLE, as it warns'
    for name, mask, value, reason in EXCEPTIONS:
        if isa == name and word & mask == value:
            return f'LLVM only: {reason}'
    mnemonic = text.split()[0].upper()
    if re.match('V(LD|ST)[1-4]|VTB[LX]', mnemonic):
        return 'LLVM only: registers beyond D31'
    if re.match('VCVT', mnemonic) and '#' in text:
        return 'LLVM only: more fraction bits than the integer has'
    if mnemonic.startswith('CDP'):
        return 'LLVM only: CDP'
    if uses_pc(word, isa):
        return 'LLVM only: UNPREDICTABLE use of the PC'
    if re.match('[SU](MULL|MLAL|MLALD|MLSLD|MAAL)|SML[AS]L', mnemonic):
        return 'LLVM only: long multiplication with RdHi = RdLo'
    return None
