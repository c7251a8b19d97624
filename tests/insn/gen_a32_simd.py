# SPDX-License-Identifier: MIT
"""Floating point and Advanced SIMD of A32 and T32: see gen_a32.py."""

from gen import Skip, V0, random_vectors

ALWAYS = 14
MASK32 = (1 << 32) - 1

# They may not stand in an IT block: what Armv8 added, most of it without a condition in A32.
V8_NAMES = ('VSEL', 'VMAXNM', 'VMINNM', 'VRINT', 'VCVT_rm', 'VCVT_vrm', 'VINS', 'VMOVX',
            'VCMLA', 'VCADD', 'VDOT', 'VFML', 'AES', 'SHA', 'VQRDMLAH', 'VQRDMLSH', 'VJCVT')
CONDITIONAL_V8_NAMES = ('VRINTR_s', 'VRINTX_s', 'VRINTZ_s')

FLOAT_NAMES = ('_f', '_felem', '_fzero', 'VFM', 'VRECP', 'VRSQRT', 'VACG', 'VCVT', 'VRINT',
               'VMAXNM', 'VMINNM', 'VCMLA', 'VCADD')


def is_simd(line):
    return line.group.startswith(('a32-vfp', 'a32-neon', 't32-vfp', 't32-neon'))


def is_vfp(line):
    return 'vfp' in line.group


def may_be_conditional(case):
    line = case.line
    if case.fields.get('sz') == 1 or line.name == 'VMOV_half_gp':
        return False
    return not line.name.startswith(V8_NAMES) or line.name in CONDITIONAL_V8_NAMES


def t32_word(word):
    """The T32 word of an A32 one."""
    if word & 0xfe000000 == 0xf2000000:  # data processing: U moves
        return 0xef000000 | (word >> 24 & 1) << 28 | word & 0xffffff
    if word & 0xff000000 == 0xf4000000:  # element and structure loads and stores
        return 0xf9000000 | word & 0xffffff
    return word


# Rules of gen_a32.UNPREDICTABLE.

def permuted_itself(case, f):
    return case.line.name in ('VTRN', 'VUZP', 'VZIP', 'VSWP') and f['vd'] == f['vm']


def register_beyond(case, f):
    if case.line.argset != 'vfp_multi':
        return False
    if f['sz'] == 2:
        return f['imm'] == 0 or f['vd'] + f['imm'] > 32
    count = f['imm'] // 2
    return count == 0 or count > 16 or f['vd'] + count > (16 if f['imm'] & 1 else 32)


def based_on_pc(case, f):
    stores = case.line.name in ('VSTR', 'VSTM')
    return case.line.argset in ('vfp_ldst', 'vfp_multi') and f['rn'] == 15 and (
        f.get('w') == 1 or (stores and case.line.list != 'a32'))


UNPREDICTABLE = (
    (permuted_itself, 'VTRN, VUZP, VZIP or VSWP of a register with itself'),
    (register_beyond, 'VLDM and VSTM of no register, beyond the last, of more than 16'),
    (based_on_pc, 'VLDM, VSTM, VSTR based on R15'),
)


# Operands

def vectors(rng, line):
    if not is_simd(line):
        return random_vectors(rng, 64, 'random')[:32]
    likes_float = is_vfp(line) or line.name.endswith(FLOAT_NAMES[:3]) or \
        line.name.startswith(FLOAT_NAMES[3:])
    bits = rng.choice((16, 32, 64, 32, 64) if is_vfp(line) else
                      (16, 32, 16, 32, 8) if likes_float else (8, 16, 32, 64))
    flavour = rng.choice(('float', 'float', 'edge', 'random') if likes_float
                         else ('edge', 'edge', 'random', 'float'))
    return random_vectors(rng, bits, flavour)[:32]


def place(case, size, offset, alignment):
    """R15 as base: what lies around the instruction, to be read only."""
    if case.fields['rn'] != 15:
        case.state[case.fields['rn']] = case.target(size, alignment) - offset & MASK32
        case.maybe_big_endian()
    elif case.line.name not in ('VLDR', 'VLDM'):
        raise Skip


def mostly(case, alignment):
    return alignment if case.rng.random() < 0.9 else 1


def load_store(case):
    f = case.fields
    size = 1 << f['sz']
    offset = f['imm'] << (1 if f['sz'] == 1 else 2)
    place(case, size, offset if f['u'] else -offset, mostly(case, min(size, 4)))


def multiple(case):
    f = case.fields
    if f['sz'] == 2:
        f['imm'] = case.rng.randint(1, 32 - f['vd'])
    else:
        f['imm'] = 2 * case.rng.randint(1, min(16, 32 - f['vd']))
        if f['vd'] + f['imm'] // 2 <= 16:
            f['imm'] += case.rng.getrandbits(1)  # FLDMX
    size = 4 * f['imm']
    place(case, size, 0 if f['u'] else -size, mostly(case, 4))


def elements(case):
    """VLDn and VSTn: the base must be as aligned as the instruction says."""
    f = case.fields
    size = 4 if f['size'] == 3 else 1 << f['size']
    alignment = 1
    if case.line.argset == 'neon_multi':
        size = 8 * f['regs'] * f['elems']
        if f['align']:
            alignment = 4 << f['align']
    else:
        size *= f['elems']
        if f['align']:
            alignment = 16 if f['size'] == 3 or f['align'] == 2 else size
    place(case, size, 0, mostly(case, alignment))
    # The oracle asks for 16 bytes only where the instruction says 32.
    if alignment == 32 and case.state[f['rn']] % 32 == 16:
        raise Skip


def system_register(case):
    """Mostly the FPSCR, as user mode may use no other. VMSR: no short vectors, though the
    oracle keeps their Len and Stride."""
    if case.rng.random() < 0.7:
        case.fields['reg'] = 1
    if case.line.name == 'VMSR':
        case.state[case.fields['rt']] &= ~0x00370000


PREPARE_SETS = {
    'vfp_ldst': load_store,
    'vfp_multi': multiple,
    'neon_multi': elements,
    'neon_single': elements,
    'neon_rep': elements,
    'vfp_sys': system_register,
}


def finish(case):
    """Half precision with a condition is UNPREDICTABLE, and VJCVT."""
    if is_vfp(case.line) and '_condition' in case.fields and (
            case.fields.get('sz') == 1 or case.line.name in ('VJCVT', 'VMOV_half_gp')):
        case.fields['_condition'] = ALWAYS


def operands(fields, before):
    """The vector registers of these fields, as D registers and S registers."""
    texts = []
    for name in ('vd', 'vn', 'vm'):
        if name in fields:
            number = fields[name]
            at = V0 + number
            single = before[V0 + number // 2] >> 32 * (number & 1) & MASK32
            texts.append(f'{name}={number} (d {before[at]:016x} s {single:08x})')
    return ['; '.join(texts)] if texts else []
