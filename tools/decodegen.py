#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Make a C instruction decoder from .decode tables.

A table has one line an instruction; `#` starts a comment, a trailing `\\`
continues a line.  docs/decode-tables.md has examples.  Four kinds of line:

  &args a b c           argument set: becomes `struct PREFIX_args_args`
  @rule EXPR            a named constraint, used as `if @rule and ...`
  { ... }               each brace on its own line: overlap is allowed inside,
                        the first line that matches wins
  NAME &args BITS [FIELD=CONST ...] [if EXPR]

BITS are pieces, most significant first, of exactly 32 bits together (or as many
as the list's words have):

  0 1 .                 fixed bits, and bits that do not matter
  CCCC                  a condition: four bits that are not all ones
  f:5   f:s9            field f, 5 bits unsigned; 9 bits sign-extended
  f[4:1]   f[0]         bits 4 to 1 (bit 0) of field f; pieces may lie anywhere
  f[s20:2]              the same, bit 20 being the sign of f

`f=3` or `f[1]=1` sets the field or some of its bits to a constant.  Every field
of the argument set must be given, all bits of it, and no other one - but names
that start with `_` are for constraints only.  Several lines may share a NAME
if they share the argument set: they call the same translate function.

EXPR: comparisons (== != < <= > >=) of fields and numbers, `f in (1, 2)`,
`f not in (1, 2)`, joined by `and`, `or`, `not` and parentheses, as in Python.

A word that no line matches is UNDEFINED.  Two lines that match the same word
are an error (exact: fixed bits and constraints), as is a line that can't match.

Several lists of instructions (--list NAME:WIDTH FILES...) make several decoders,
el4_NAME_decode, in one run: argument sets, rules and translate functions are
common to all, overlap is looked for in each list alone.
"""

import argparse
import ast
import json
import os
import re
import sys

WIDTH = 32
MAX_CONSTRAINT_BITS = 20


class DecodeError(Exception):
    """An error in a table, with its place."""

    def __init__(self, place, message):
        super().__init__(f'{place[0]}:{place[1]}: {message}')


# Constraints are Python expressions of a small kind, kept as syntax trees.

C_OPERATORS = {ast.Eq: '==', ast.NotEq: '!=', ast.Lt: '<', ast.LtE: '<=', ast.Gt: '>',
               ast.GtE: '>='}


class Constraint:
    """A condition on the fields of a line."""

    def __init__(self, text, place, rules):
        def expand(match):
            if match.group(1) not in rules:
                raise DecodeError(place, f"unknown rule '{match.group(0)}'")
            return f'({rules[match.group(1)].text})'

        self.text = re.sub(r'@(\w+)', expand, text.strip())
        self.place = place
        try:
            self.tree = ast.parse(self.text, mode='eval').body
        except SyntaxError:
            raise DecodeError(place, f"bad constraint '{text.strip()}'") from None
        self.fields = set()
        self.c_text(lambda name: self.fields.add(name) or name)
        self.code = compile(self.text, 'constraint', 'eval')

    def holds(self, value_of):
        return eval(self.code, {}, {name: value_of(name) for name in self.fields})

    def parts(self):
        """Constraints that all hold exactly where this one does."""
        if not (isinstance(self.tree, ast.BoolOp) and isinstance(self.tree.op, ast.And)):
            return [self]
        operands = [Constraint(ast.unparse(node), self.place, {}) for node in self.tree.values]
        return [part for operand in operands for part in operand.parts()]

    def c_text(self, field_text):
        """The constraint as a C expression; refuses what is not of the small kind."""
        def operand(node):
            if isinstance(node, ast.Name):
                return field_text(node.id)
            if isinstance(node, ast.Constant) and type(node.value) is int:
                return str(node.value)
            raise DecodeError(self.place, 'constraints compare fields and numbers only')

        def member(left, numbers):
            values = [n.value for n in numbers if isinstance(n, ast.Constant)]
            if len(values) == len(numbers) > 6 and max(values) < 32:  # as a set of bits
                bits = sum(1 << value for value in set(values))
                return f'{operand(left)} < 32 && {bits:#x}u >> ({operand(left)}) & 1'
            return ' || '.join(f'{operand(left)} == {operand(n)}' for n in numbers)

        def comparison(left, operator, right):
            if isinstance(operator, (ast.In, ast.NotIn)) and isinstance(right, ast.Tuple):
                text = member(left, right.elts)
                return f'!({text})' if isinstance(operator, ast.NotIn) else f'({text})'
            if type(operator) not in C_OPERATORS:
                raise DecodeError(self.place, 'unknown comparison in constraint')
            return f'{operand(left)} {C_OPERATORS[type(operator)]} {operand(right)}'

        def condition(node):
            if isinstance(node, ast.BoolOp):
                word = ' && ' if isinstance(node.op, ast.And) else ' || '
                return f'({word.join(condition(value) for value in node.values)})'
            if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
                return f'!({condition(node.operand)})'
            if isinstance(node, ast.Compare):
                sides = [node.left, *node.comparators]
                tests = [comparison(*test) for test in zip(sides, node.ops, sides[1:])]
                return tests[0] if len(tests) == 1 else f"({' && '.join(tests)})"
            raise DecodeError(self.place, 'constraints are comparisons, and, or, not')

        return condition(self.tree)


class Field:
    """A field of one line: pieces of the word, and constant bits."""

    def __init__(self, name):
        self.name = name
        self.pieces = []  # (lowest bit of the field, lowest bit of the word, width)
        self.constant = 0
        self.constant_mask = 0
        self.signed = False

    def add_bits(self, low, width, place):
        bits = ((1 << width) - 1) << low
        if bits & self.all_bits():
            raise DecodeError(place, f"bits of field '{self.name}' given twice")
        return bits

    def all_bits(self):
        bits = self.constant_mask
        for low, _, width in self.pieces:
            bits |= ((1 << width) - 1) << low
        return bits

    def width(self):
        return self.all_bits().bit_length()

    def word_bits(self):
        bits = 0
        for _, source, width in self.pieces:
            bits |= ((1 << width) - 1) << source
        return bits

    def extract(self, word):
        value = self.constant
        for low, source, width in self.pieces:
            value |= (word >> source & ((1 << width) - 1)) << low
        if self.signed and value >> (self.width() - 1):
            value -= 1 << self.width()
        return value

    def c_text(self):
        """A C expression for the value, of type uint32_t or int32_t."""
        terms = [f'{self.constant}'] if self.constant else []
        for low, source, width in sorted(self.pieces, reverse=True):
            if self.signed and low + width == self.width():
                top = f'(int32_t)(insn << {WIDTH - source - width})'
                term = f'(uint32_t)({top} >> {WIDTH - width})'
            elif source:
                term = f'(insn >> {source} & {(1 << width) - 1:#x})'
            else:
                term = f'(insn & {(1 << width) - 1:#x})'
            terms.append(f'{term} << {low}' if low else term)
        if len(terms) > 1:
            terms = [f'({t})' if '<<' in t else t for t in terms]
        text = ' | '.join(terms) or '0'
        return f'(int32_t)({text})' if self.signed else text

    def c_operand(self):
        """The same, to stand beside an operator."""
        return f'({self.c_text()})' if len(self.pieces) > 1 or self.constant else self.c_text()


class Line:
    """One instruction line of a table."""

    def __init__(self, name, place, brace, width=WIDTH):
        self.name = name
        self.place = place
        self.width = width
        self.brace = brace  # None, or the number of its { } group
        self.group = os.path.splitext(os.path.basename(place[0]))[0]
        self.argset = None
        self.mask = 0
        self.value = 0
        self.fields = {}
        self.constraint = None
        self.parts = None  # of the constraint, when first needed

    def field(self, name):
        return self.fields.setdefault(name, Field(name))

    def constraint_bits(self, constraint=None):
        bits = 0
        constraint = constraint or self.constraint
        for name in constraint.fields if constraint is not None else ():
            bits |= self.fields[name].word_bits()
        return bits

    def holds(self, word, constraint=None):
        constraint = constraint or self.constraint
        return constraint is None or constraint.holds(
            lambda name: self.fields[name].extract(word))

    def constraint_parts(self):
        if self.parts is None:
            self.parts = self.constraint.parts() if self.constraint is not None else []
        return self.parts

    def excludes(self, mask, value):
        """One part of the constraint fails alone in all words with these bits.  Cheap."""
        return not all(any(self.holds(word, part) for word in
                           words_of(self.constraint_bits(part) & ~mask, value))
                       for part in self.constraint_parts())

    def matches(self, word):
        return word & self.mask == self.value and self.holds(word)


class List:
    """The lines that one decoder looks through."""

    def __init__(self, name, width):
        self.name = name
        self.width = width
        self.lines = []

    def find(self, word):
        """The line that a word decodes to, or None."""
        return next((line for line in self.lines if line.matches(word)), None)


class Tables:
    """All tables that share argument sets and translate functions."""

    def __init__(self):
        self.argsets = {}  # name: (place, [field names])
        self.rules = {}
        self.lists = []
        self.lines = []  # of all lists
        self.braces = 0
        self.brace = None

    def read(self, path):
        """Parse one file into the last list."""
        with open(path, encoding='utf-8') as table:
            pending, first = '', 0
            for number, text in enumerate(table, 1):
                text = text.split('#', 1)[0].rstrip()
                first = first if pending else number
                if text.endswith('\\'):
                    pending += text[:-1] + ' '
                    continue
                self.parse_line((pending + text).strip(), (path, first))
                pending = ''
            if pending or self.brace:
                raise DecodeError((path, first), "file ends inside '{' or a continued line")

    def parse_line(self, text, place):
        if not text:
            return
        if text == '{':
            if self.brace:
                raise DecodeError(place, "'{' inside '{'")
            self.braces += 1
            self.brace = self.braces
        elif text == '}':
            if not self.brace:
                raise DecodeError(place, "'}' without '{'")
            self.brace = None
        elif text[0] == '&':
            name, *fields = text[1:].split()
            if name in self.argsets:
                raise DecodeError(place, f"argument set '&{name}' defined twice")
            if not fields or len(set(fields)) != len(fields):
                raise DecodeError(place, f"argument set '&{name}' needs fields, each once")
            self.argsets[name] = (place, fields)
        elif text[0] == '@':
            name, _, expression = text[1:].partition(' ')
            if name in self.rules:
                raise DecodeError(place, f"rule '@{name}' defined twice")
            self.rules[name] = Constraint(expression, place, self.rules)
        else:
            self.parse_instruction(text, place)

    def parse_instruction(self, text, place):
        head, _, constraint = text.partition(' if ')
        name, *pieces = head.split()
        if not re.fullmatch(r'[A-Za-z]\w*', name):
            raise DecodeError(place, f"bad instruction name '{name}'")
        width = self.lists[-1].width
        line = Line(name, place, self.brace, width)
        if pieces and pieces[0][0] == '&':
            line.argset = pieces.pop(0)[1:]
        position = width
        rules = []
        for piece in pieces:
            if piece == 'CCCC':
                position = self.parse_piece(line, '_condition:4', position)
                rules.append('_condition != 15')
            elif '=' in piece:
                self.parse_constant(line, piece)
            else:
                position = self.parse_piece(line, piece, position)
        if position != 0:
            raise DecodeError(place, f'{name} has {width - position} bits, not {width}')
        if constraint:
            rules.append(f'({constraint})' if rules else constraint)
        if rules:
            line.constraint = Constraint(' and '.join(rules), place, self.rules)
            for field in sorted(line.constraint.fields):
                if field not in line.fields:
                    raise DecodeError(place, f"constraint tests unknown field '{field}'")
        self.lines.append(line)
        self.lists[-1].lines.append(line)

    @staticmethod
    def parse_piece(line, piece, position):
        """Take the bits below `position`; returns the new position."""
        if re.fullmatch(r'[01.]+', piece):
            for bit in piece:
                position -= 1
                if bit != '.' and position >= 0:
                    line.mask |= 1 << position
                    line.value |= int(bit) << position
            return position
        match = re.fullmatch(r'([a-z_]\w*)(?::(s?)(\d+)|\[(s?)(\d+)(?::(\d+))?\])', piece)
        if not match:
            raise DecodeError(line.place, f"bad piece '{piece}'")
        name, sign, width, slice_sign, high, low = match.groups()
        low = 0 if width else int(low or high)
        width = int(width) if width else int(high) - low + 1
        if not 0 < width <= WIDTH:
            raise DecodeError(line.place, f"bad width in '{piece}'")
        field = line.field(name)
        field.add_bits(low, width, line.place)
        field.pieces.append((low, position - width, width))
        field.signed |= bool(sign or slice_sign)
        return position - width

    @staticmethod
    def parse_constant(line, piece):
        match = re.fullmatch(r'([a-z_]\w*)(?:\[(\d+)(?::(\d+))?\])?=(\w+)', piece)
        try:
            name, high, low, value = match.groups()
            value = int(value, 0)
        except (AttributeError, ValueError):
            raise DecodeError(line.place, f"bad constant '{piece}'") from None
        low = int(low or high or 0)
        width = int(high) - low + 1 if high else max(1, value.bit_length())
        if width <= 0 or value >> width:
            raise DecodeError(line.place, f"constant does not fit in '{piece}'")
        field = line.field(name)
        field.constant_mask |= field.add_bits(low, width, line.place)
        field.constant |= value << low

    def check(self):
        """All checks that need every table read."""
        argset_of, signed = {}, {}
        for line in self.lines:
            self.check_fields(line, signed)
            if argset_of.setdefault(line.name, line.argset) != line.argset:
                raise DecodeError(line.place, f"'{line.name}' has another argument set above")
            if not satisfiable(line):
                raise DecodeError(line.place, f"'{line.name}' can never match")
        used = set(argset_of.values())
        for name, (place, _) in self.argsets.items():
            if name not in used:
                raise DecodeError(place, f"argument set '&{name}' is not used")
        for table in self.lists:
            for index, first in enumerate(table.lines):
                for second in table.lines[index + 1:]:
                    if (first.value ^ second.value) & first.mask & second.mask == 0:
                        self.check_pair(first, second)

    def check_fields(self, line, signed):
        if line.argset is not None and line.argset not in self.argsets:
            raise DecodeError(line.place, f"unknown argument set '&{line.argset}'")
        wanted = self.argsets[line.argset][1] if line.argset else []
        for name in wanted:
            if name not in line.fields:
                raise DecodeError(line.place,
                                  f"field '{name}' of '&{line.argset}' is not given")
        for name, field in line.fields.items():
            if name not in wanted and name[0] != '_':
                raise DecodeError(line.place, f"field '{name}' is not in the argument set")
            if field.all_bits() + 1 != 1 << field.width() and field.all_bits():
                raise DecodeError(line.place, f"bits of field '{name}' are missing")
            first = signed.setdefault((line.argset, name), (field.signed, line))
            if first[0] != field.signed and field.pieces and first[1].fields[name].pieces:
                raise DecodeError(line.place, f"field '{name}' is signed in one line only")

    @staticmethod
    def check_pair(first, second):
        if first.brace and first.brace == second.brace:
            if first.constraint is None and first.mask & ~second.mask == 0:
                raise DecodeError(second.place, f"'{second.name}' can never match, "
                                  f"'{first.name}' (line {first.place[1]}) hides it")
            return
        word = common_word(first, second)
        if word is not None:
            raise DecodeError(second.place, f"'{second.name}' overlaps '{first.name}' "
                              f'({first.place[0]}:{first.place[1]}), both match {word:#010x}')

    def find(self, word):
        """The line of the first list that a word decodes to, or None."""
        return self.lists[0].find(word)


def words_of(bits, base):
    """All words that differ from base only in the given bits, in ascending order."""
    subset = 0
    while True:
        yield base | subset
        subset = (subset - bits) & bits
        if subset == 0:
            return


def common_word(first, second):
    """A word that both lines match, or None.  Exact."""
    mask = first.mask | second.mask
    free = (first.constraint_bits() | second.constraint_bits()) & ~mask
    if bin(free).count('1') > MAX_CONSTRAINT_BITS:
        raise DecodeError(second.place, 'constraints test too many bits')
    value = first.value | second.value
    if first.excludes(mask, value) or second.excludes(mask, value):
        return None
    for word in words_of(free, value):
        if first.holds(word) and second.holds(word):
            return word
    return None


def satisfiable(line):
    return common_word(line, line) is not None


# The decision tree.

class Tree:
    """Writes nested switches that find the index of the line, 0 being none."""

    def __init__(self, lines, width):
        self.lines = lines
        self.width = width
        self.number = {id(line): index for index, line in enumerate(lines, 1)}
        self.output = []

    def write_all(self, name):
        """find_<name>_line(). Conditional A32 is apart from the rest, which no bit tells from it;
        in functions of their own, as compilers take their time over large ones.
        """
        head = '/* The number of the line that matches, or 0. */\nstatic NOINLINE unsigned '
        conditional = [line for line in self.lines if '_condition' in line.fields]
        if not conditional:
            self.output.append(f'{head}find_{name}_line(uint32_t insn)\n{{')
            self.write(self.lines, 0, 1)
            self.output.append('}\n')
            return
        always = 15 << 28
        self.output.append(f'static NOINLINE unsigned find_{name}_unconditional(uint32_t insn)\n{{')
        self.write([line for line in self.lines if line not in conditional and
                    (line.value ^ always) & line.mask & always == 0], always, 1)
        self.output.append(f'}}\n\n{head}find_{name}_line(uint32_t insn)\n{{\n'
                           '    if (insn >> 28 == 15) {\n'
                           f'        return find_{name}_unconditional(insn);\n    }}')
        self.write([line for line in self.lines if line in conditional or
                    line.value & always != always], 0, 1)
        self.output.append('}\n')

    def write(self, lines, known, depth):
        """Emit code for the candidates, given which bits are already tested."""
        pad = '    ' * depth
        useful = 0
        for line in lines:
            useful |= line.mask & ~known
        if len(lines) == 1 or not useful:
            self.write_leaf(lines, known, pad)
            return
        low, width = self.choose(lines, known, useful)
        field = ((1 << width) - 1) << low
        children = {}
        for value in range(1 << width):
            word = value << low
            subset = tuple(line for line in lines
                           if (line.value ^ word) & line.mask & field == 0)
            if subset:
                children.setdefault(tuple(map(id, subset)), (subset, []))[1].append(value)
        self.output.append(f'{pad}switch (insn >> {low} & {(1 << width) - 1:#x}) {{')
        for subset, values in children.values():
            for value in values:
                self.output.append(f'{pad}case {value:#x}:')
            # Where values share a child, only bits equal in all of them are known.
            same = field
            for value in values:
                same &= ~((value ^ values[0]) << low)
            self.write(list(subset), known | same, depth + 1)
        self.output.append(f'{pad}}}')
        self.output.append(f'{pad}return 0;')

    def write_leaf(self, lines, known, pad):
        for line in lines:
            tests = []
            rest = line.mask & ~known
            if rest:
                tests.append(f'(insn & {rest:#010x}) == {line.value & rest:#010x}')
            tests += [part.c_text(lambda name: line.fields[name].c_operand())
                      for part in line.constraint_parts() if part.fields != {'_condition'}]
            result = f'return {self.number[id(line)]}; /* {line.name} */'
            if not tests:
                self.output.append(f'{pad}{result}')
                return
            self.output.append(f"{pad}if ({' && '.join(tests)}) {{")
            self.output.append(f'{pad}    {result}')
            self.output.append(f'{pad}}}')
        self.output.append(f'{pad}return 0;')

    def choose(self, lines, known, useful):
        """The run of at most 8 untested bits that leaves the fewest candidates."""
        best, best_cost = None, None
        for low in range(self.width):
            for width in range(1, 9):
                field = ((1 << width) - 1) << low
                if low + width > self.width or field & known or not useful >> (low + width - 1) & 1:
                    continue
                cost = sum(2 ** (width - bin(line.mask & field).count('1')) for line in lines)
                # Expected candidates left, and a little for the table's size.
                cost = cost / 2 ** width + cost / (3 * len(lines))
                if best_cost is None or cost < best_cost - 1e-9:
                    best, best_cost = (low, width), cost
        return best


# Output.

BANNER = '/* Made by tools/decodegen.py from the .decode tables; do not edit. */\n'


def write_header(tables, prefix):
    guard = f'EL4_{prefix.upper()}_DECODE_H'
    out = [BANNER, f'#ifndef {guard}\n#define {guard}\n',
           '#include <stdbool.h>\n#include <stdint.h>\n', 'struct el4_translator;']
    if any(line.argset is None for line in tables.lines):
        out.append('/* Never defined: instructions without arguments get NULL. */')
        out.append(f'struct {prefix}_args_none;')
    out.append('')
    for name, (_, fields) in tables.argsets.items():
        out.append(f'struct {prefix}_args_{name} {{')
        for field in fields:
            signed = any(line.fields[field].signed for line in tables.lines
                         if line.argset == name)
            out.append(f"    {'int32_t' if signed else 'uint32_t'} {field};")
        out.append('};\n')
    for name, argset in {line.name: line.argset for line in tables.lines}.items():
        out.append(f'bool el4_{prefix}_{name}(struct el4_translator *t, '
                   f"const struct {prefix}_args_{argset or 'none'} *a);")
    for table in tables.lists:
        bits = '' if table.width == WIDTH else f' Words have {table.width} bits.'
        out.append(f'\n/* False: the word is UNDEFINED.{bits} */')
        out.append(f'bool el4_{table.name}_decode(struct el4_translator *t, uint32_t insn);')
        out.append('/* The name in the table, or NULL where no line matches. */')
        out.append(f'const char *el4_{table.name}_insn_name(uint32_t insn);')
    out.append('')
    out.append('#endif\n')
    return '\n'.join(out)


def write_source(tables, prefix, header):
    out = [BANNER, '#include <stddef.h>\n', f'#include "{header}"\n',
           '#define NOINLINE __attribute__((noinline))\n']
    for table in tables.lists:
        write_decoder(tables, table, prefix, out)
    return '\n'.join(out)


def write_decoder(tables, table, prefix, out):
    """The functions of one list."""
    name = table.name
    if not table.lines:
        out.append(f'bool el4_{name}_decode(struct el4_translator *t, uint32_t insn)\n{{\n'
                   '    (void)t;\n    (void)insn;\n    return false;\n}\n')
        out.append(f'const char *el4_{name}_insn_name(uint32_t insn)\n{{\n'
                   '    (void)insn;\n    return NULL;\n}\n')
        return
    tree = Tree(table.lines, table.width)
    tree.write_all(name)
    out += [*tree.output,
            f'bool el4_{name}_decode(struct el4_translator *t, uint32_t insn)', '{',
            f'    unsigned number = find_{name}_line(insn);\n', '    switch (number) {']
    # Lines with the same fields in the same places share the code that extracts them.
    layouts = {}
    for number, line in enumerate(table.lines, 1):
        fields = tables.argsets[line.argset][1] if line.argset else []
        layout = tuple(f'.{field} = {line.fields[field].c_text()},' for field in fields)
        layouts.setdefault((line.argset, layout), []).append((number, line))
    for (argset, layout), members in layouts.items():
        out.extend(f'    case {number}: /* {line.name} */' for number, line in members)
        if argset:
            out[-1] += ' {'
            out.append(f'        const struct {prefix}_args_{argset} a = {{')
            out.extend(f'            {text}' for text in layout)
            out.append('        };')
        out.append('        switch (number) {')
        for number, line in members:
            out.append(f'        case {number}:')
            arguments = '&a' if argset else 'NULL'
            out.append(f'            return el4_{prefix}_{line.name}(t, {arguments});')
        out.append('        }\n        break;')
        if argset:
            out.append('    }')
    out.append('    }\n    return false;\n}\n')
    out.append(f'const char *el4_{name}_insn_name(uint32_t insn)\n{{')
    out.append('    static const char *const names[] = {\n        NULL,')
    out.extend(f'        "{line.name}",' for line in table.lines)
    out.append(f'    }};\n\n    return names[find_{name}_line(insn)];\n}}\n')


def describe(line, table):
    """One line as JSON; the constraint is a Python expression of the fields."""
    fields = {}
    for name, field in line.fields.items():
        fields[name] = {
            'width': field.width(), 'signed': field.signed, 'constant': field.constant,
            'pieces': [{'field_bit': low, 'word_bit': source, 'width': width}
                       for low, source, width in field.pieces],
        }
    return {
        'name': line.name, 'list': table.name, 'bits': table.width, 'group': line.group, 'file': line.place[0], 'line': line.place[1],
        'argset': line.argset, 'first_match_group': line.brace,
        'mask': line.mask, 'value': line.value, 'fields': fields,
        'constraint': line.constraint.text if line.constraint else 'True',
    }


def load_lists(lists):
    """Read and check tables, given as (name, width, paths); raises DecodeError."""
    tables = Tables()
    for name, width, paths in lists:
        tables.lists.append(List(name, width))
        for path in paths:
            tables.read(path)
    tables.check()
    return tables


def load(paths, name='words'):
    """One list of 32-bit words."""
    return load_lists([(name, WIDTH, paths)])


def list_argument(words):
    """NAME:WIDTH FILES... of the command line."""
    name, _, width = words[0].partition(':')
    if not re.fullmatch(r'[a-z]\w*', name) or not re.fullmatch('16|32', width):
        raise argparse.ArgumentTypeError(f"'{words[0]}' is not NAME:16 or NAME:32")
    return name, int(width), words[1:]


def main(arguments=None):
    parser = argparse.ArgumentParser(description='Make a C decoder from .decode tables.')
    parser.add_argument('--prefix', required=True, help='instruction set, such as a64')
    parser.add_argument('--header', help='C header to write')
    parser.add_argument('--source', help='C source to write')
    parser.add_argument('--json', help='description of all lines to write')
    parser.add_argument('--list', action='append', nargs='+', metavar=('NAME:WIDTH', 'FILE'),
                        help='a list of instructions; instead of FILES, may be repeated')
    parser.add_argument('files', nargs='*', help='the one list PREFIX:32')
    options = parser.parse_args(arguments)
    if bool(options.files) == bool(options.list):
        parser.error('either FILES or --list')
    try:
        lists = [list_argument(words) for words in options.list or ()]
        tables = load_lists(lists or [(options.prefix, WIDTH, options.files)])
    except argparse.ArgumentTypeError as error:
        parser.error(str(error))
    except (DecodeError, OSError) as error:
        print(f'decodegen: {error}', file=sys.stderr)
        return 1
    header = os.path.basename(options.header or f'{options.prefix}-decode.h')
    outputs = []
    if options.header:
        outputs.append((options.header, write_header(tables, options.prefix)))
    if options.source:
        outputs.append((options.source, write_source(tables, options.prefix, header)))
    if options.json:
        outputs.append((options.json, json.dumps([describe(line, table)
                                                  for table in tables.lists
                                                  for line in table.lines], indent=1) + '\n'))
    for path, text in outputs:
        with open(path, 'w', encoding='utf-8') as out:
            out.write(text)
    return 0


if __name__ == '__main__':
    sys.exit(main())
