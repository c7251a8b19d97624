# SPDX-License-Identifier: MIT
"""Make random instruction test cases from a decoder's JSON: what all instruction sets share.

For each line of the tables: random encodings that the line's constraint allows, less what
the manual calls CONSTRAINED UNPREDICTABLE, and operands that make something happen: base
registers that point into the window, branch targets in the landing areas, values near the
edges of their type.  gen_a64.py and gen_a32.py say what these are.  The layout of the file is
in case.h.  The same seed gives the same file.
"""

import json
import random
import struct

MASK64 = (1 << 64) - 1

# case.h
MAGIC_CASES = 0x32736573616369
MAGIC_RESULTS = 0x32746c75736572
WINDOW_BYTES = 512
WINDOW = 0x60002000 - WINDOW_BYTES // 2
LANDING = ((0x60010000, 0x60012000), (0x60014000, 0x60016000))
SLOTS = 0x60012000
SLOT_BYTES = 32
SLOT_COUNT = 256
INSN_OFFSET = 8   # of the instruction in its slot; the prefix stands before it
TAIL_OFFSET = 16  # from here on a slot always holds breakpoints
HEADER = struct.Struct('<Q5I4x10Q2Q')
CASE_HEAD = struct.Struct(f'<IIII{SLOT_BYTES}s')
RESULT_HEAD = struct.Struct('<II')
STATE = struct.Struct(f'<100Q{WINDOW_BYTES}s')

# Places in the unpacked state, after X0-X30.  AArch32 has R0-R14 there, the CPSR as FLAGS, the
# FPSCR as FPCR, and D0 to D31 from V0 on.
SP, PC, FLAGS, FPCR, FPSR, V0 = 31, 32, 33, 34, 35, 36

FPCR_BITS = (0x00400000, 0x00800000, 0x01000000, 0x02000000, 0x04000000, 0x00080000)
FPSR_BITS = (1 << 27, 1 << 7, 1 << 4, 1 << 3, 1 << 2, 1 << 1, 1 << 0)


class Skip(Exception):
    """These fields make no case; try others."""


class Line:
    """One line of the tables."""

    def __init__(self, number, description):
        self.number = number
        self.name = description['name']
        self.list = description['list']
        self.bits = description['bits']
        self.group = description['group']
        self.argset = description['argset']
        self.place = f"{description['file'].rsplit('/', 1)[-1]}:{description['line']}"
        self.mask = description['mask']
        self.value = description['value']
        self.fields = description['fields']
        self.constraint = compile(description['constraint'], self.place, 'eval')
        self.first_match_group = description['first_match_group']
        self.earlier = []  # lines that take words from this one
        covered = self.mask
        for field in self.fields.values():
            for piece in field['pieces']:
                covered |= (1 << piece['width']) - 1 << piece['word_bit']
        self.free = ~covered & (1 << self.bits) - 1

    def field_value(self, name, raw):
        field = self.fields[name]
        value = field['constant'] | raw
        if field['signed'] and value >> (field['width'] - 1) & 1:
            value -= 1 << field['width']
        return value

    def field_of(self, name, word):
        raw = 0
        for piece in self.fields[name]['pieces']:
            part = word >> piece['word_bit'] & (1 << piece['width']) - 1
            raw |= part << piece['field_bit']
        return self.field_value(name, raw)

    def matches(self, word):
        return word & self.mask == self.value and eval(
            self.constraint, {}, {name: self.field_of(name, word) for name in self.fields})

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

    def encode(self, values, free=0):
        """The word; free: bits that no field has."""
        word = self.value | self.free & free
        for name, field in self.fields.items():
            for piece in field['pieces']:
                part = values[name] >> piece['field_bit'] & (1 << piece['width']) - 1
                word |= part << piece['word_bit']
        return word


def load_lines(path):
    with open(path, encoding='utf-8') as file:
        lines = [Line(number, text) for number, text in enumerate(json.load(file))]
    braces = {}
    for line in lines:
        if line.first_match_group is not None:
            line.earlier = list(braces.setdefault(line.first_match_group, []))
            braces[line.first_match_group].append(line)
    return lines


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


def random_vectors(rng, bits, flavour):
    """V0 to V31 as 64 words, lanes of one width, so that operands meet."""
    words = []
    for _ in range(32):
        value = random_vector(rng, bits, flavour)
        words += (value & MASK64, value >> 64)
    return words


def random_bits(rng, bits):
    return sum(bit for bit in bits if rng.random() < 0.5)


class Case:
    """One case; a subclass for each architecture has `prepare`, which makes it a useful one."""

    isa = None     # enum insn_isa of case.h
    prepare_names = {}
    prepare_sets = {}

    def __init__(self, rng, lines, line, number):
        self.rng = rng
        self.lines = lines  # by list and name: the first line of that name
        self.line = line
        self.fields = line.random_fields(rng)
        self.prefix = []  # (line, word)
        self.window = bytearray(rng.getrandbits(8 * WINDOW_BYTES).to_bytes(WINDOW_BYTES,
                                                                           'little'))
        self.number = number
        self.address = SLOTS + number % SLOT_COUNT * SLOT_BYTES + INSN_OFFSET
        self.state = self.random_state()
        self.avoid_unpredictable()
        for prepare in (self.prepare_sets.get(line.argset), self.prepare_names.get(line.name)):
            if prepare:
                prepare(self)
        self.finish()

    def finish(self):
        """What must come last."""

    def free_bits(self):
        return 0

    def pack(self, breakpoint_word):
        word = self.line.encode(self.fields, self.free_bits())
        if any(line.matches(word) for line in self.line.earlier):
            raise Skip
        code = bytearray(breakpoint_word.to_bytes(4, 'little') * (SLOT_BYTES // 4))
        insn = self.word_bytes(self.line, word)
        prefix = b''.join(self.word_bytes(line, value) for line, value in self.prefix)
        at = self.address % SLOT_BYTES
        code[at:at + len(insn)] = insn
        code[at - len(prefix):at] = prefix
        self.extra_code(code, at + len(insn))
        self.state[PC] = self.address - len(prefix)
        shown = self.shown_word(self.line, word)
        return (CASE_HEAD.pack(self.line.number, shown, word, 0, bytes(code)) +
                STATE.pack(*self.state, bytes(self.window)))

    def extra_code(self, code, at):
        """Data behind the instruction."""

    def shown_word(self, line, word):
        """The word as it is run; the tables may have it in another form."""
        return word

    def word_bytes(self, line, word):
        return self.shown_word(line, word).to_bytes(4, 'little')

    def word_of(self, name, **values):
        """For self.prefix: an instruction of which these fields are not 0."""
        line = self.lines[self.line.list, name]
        return line, line.encode({field: values.get(field, line.fields[field]['constant'])
                                  for field in line.fields}, self.free_bits())

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

    def put(self, address, value, size):
        offset = address - WINDOW
        self.window[offset:offset + size] = value.to_bytes(size, 'little')


class Batch:
    """Cases that one file can hold: fill are the breakpoints of the two landing areas, of
    which the first fills the slots, too."""

    def __init__(self, case_class, fill, lines, at_random=(0, 0), pauth_keys=((0, 0),) * 5):
        self.case_class = case_class
        self.fill = fill
        self.lines = lines
        self.random = [half for key in pauth_keys for half in key] + list(at_random)


def make_cases(batch, by_name, per_line, seed):
    """Bytes of a file of cases: per_line for each line of the batch."""
    records = []
    for line in batch.lines:
        rng = random.Random(f'{seed}/{line.number}')
        for _ in range(per_line):
            while True:
                try:
                    case = batch.case_class(rng, by_name, line, len(records))
                    records.append(case.pack(batch.fill[0]))
                    break
                except Skip:
                    pass
    size = CASE_HEAD.size + STATE.size
    head = HEADER.pack(MAGIC_CASES, len(records), size, batch.case_class.isa, *batch.fill,
                       *batch.random)
    return head + b''.join(records)
