# SPDX-License-Identifier: MIT
"""Floating point and Advanced SIMD of A32 and T32: see gen_a32.py."""

from gen import V0, random_vectors

UNPREDICTABLE = ()
PREPARE_SETS = {}


def is_simd(line):
    return line.group.startswith(('a32-vfp', 'a32-neon', 't32-vfp', 't32-neon'))


def may_be_conditional(line):
    return True


def t32_word(word):
    """The T32 word of an A32 one."""
    if word & 0xfe000000 == 0xf2000000:  # data processing: U moves
        return 0xef000000 | (word >> 24 & 1) << 28 | word & 0xffffff
    if word & 0xff000000 == 0xf4000000:  # element and structure loads and stores
        return 0xf9000000 | word & 0xffffff
    return word


def vectors(rng, line):
    if not is_simd(line):
        return random_vectors(rng, 64, 'random')[:32]
    bits = rng.choice((16, 32, 64, 32, 64) if 'vfp' in line.group else (8, 16, 32, 64, 32))
    flavour = rng.choice(('float', 'float', 'edge', 'random') if 'vfp' in line.group
                         else ('edge', 'float', 'random', 'float'))
    return random_vectors(rng, bits, flavour)[:32]


def operands(fields, before):
    return []
