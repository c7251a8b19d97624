#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tests what makes the reference: the reader of headers, and the finder of messages.

Usage: test_reference.py TOOLS_FOLDER
"""

import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, sys.argv.pop(1))
import kit          # noqa: E402
import messages     # noqa: E402

HEAD = '/* SPDX-License-Identifier: MIT */\n/*\n * About it.\n */\n#ifndef EL4_X_H\n#define EL4_X_H\n'


def header(body):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, 'x.h')
        path.write_text(HEAD + body + '#endif\n', encoding='utf-8')
        return kit.Header(path)


def said(text):
    text = messages.without_comments(text)
    names = {name: 'error' for name in messages.speakers([text])}
    return [(kind, sentence) for _, kind, sentence in
            messages.messages(text, {**names, **messages.FIXED})]


class Headers(unittest.TestCase):
    def test_comments_before_and_behind(self):
        found = header('/* S. */\nstruct s {\n    int a; /* A. */\n    /* B. */\n'
                       '    void (*b)(int x,\n              int y);\n'
                       '    /* In. */\n    struct {\n        int d; /* D. */\n    } c[2];\n};\n')
        self.assertEqual(found.faults, [])
        self.assertEqual(found.entries[0][:3], ('struct', 's', 'S.'))
        self.assertEqual([(name, about) for name, _, about in found.entries[0][4]],
                         [('a', 'A.'), ('b', 'B.'), ('c', 'In.'), ('c.d', 'D.')])

    def test_enumerators_macros_and_functions(self):
        found = header('/* E. */\nenum e {\n    A, /* One. */\n    B /* Two. */\n};\n'
                       '/* M. */\n#ifdef X\n#define M(a) a\n#else\n#define M(a) 0\n#endif\n'
                       '/* F. */\nstatic inline int f(int a)\n{\n    return a;\n}\n')
        self.assertEqual(found.faults, [])
        self.assertEqual([entry[:3] for entry in found.entries],
                         [('enum', 'e', 'E.'), ('macro', 'M', 'M.'), ('function', 'f', 'F.')])
        self.assertEqual(found.entries[0][4], [('A', 'A', 'One.'), ('B', 'B', 'Two.')])

    def test_what_has_no_comment(self):
        for body, name in (('struct s {\n    int a; /* A. */\n};\n', 'struct s'),
                           ('/* S. */\nstruct s {\n    int a;\n};\n', 's.a'),
                           ('/* S. */\n\nstruct s {\n    int a; /* A. */\n};\n', 'struct s'),
                           ('/* E. */\nenum e {\n    A, /* A. */\n    B\n};\n', 'e.B'),
                           ('#define M 1\n', 'macro M'),
                           ('static inline void f(void)\n{\n}\n', 'function f')):
            self.assertEqual([fault.split(': ', 1)[1] for fault in header(body).faults],
                             [f'{name} has no comment'])


class Messages(unittest.TestCase):
    def test_formats(self):
        self.assertEqual(said('g_set_error(error, g_quark_from_string("x"), 1, "bad %s at 0x%" '
                              'PRIx64\n    " of %5.2f%%", "a", b);'),
                         [('error', 'bad ... at 0x... of ...%')])
        self.assertEqual(said('host->log(self, EL4_LOG_GUEST_ERROR, odd ? "one %d" : "two", 1);'),
                         [('guest error', 'one ...'), ('guest error', 'two')])

    def test_names_before_the_format(self):
        self.assertEqual(said('set_error(config, "machine", "el2", "no %s", x);'),
                         [('error', 'no ...')])

    def test_texts(self):
        text = messages.without_comments(
            'if (c == \'"\') {\n    return g_strdup_printf("%s has no such "\n    "key", a);\n}\n'
            '.help = "what it is for", .about = "What it is."; _Static_assert(a == b, "they are the '
            'same");\nfail("it is quite wrong"); {"virt-board", "two words"}')
        self.assertEqual([said for _, _, said in
                          messages.all_messages(text, {'fail': 'error'})],
                         ['it is quite wrong', '... has no such key'])

    def test_what_is_none(self):
        self.assertEqual(said('/* fail("never said"); */ put("some words");'), [])

    def test_speakers_of_el4_own(self):
        self.assertEqual(said('static void G_GNUC_PRINTF(1, 2) fail(const char *format, ...)\n{\n}\n'
                              'void g(void)\n{\n    fail("it is wrong");\n}\n'),
                         [('error', 'it is wrong')])


if __name__ == '__main__':
    unittest.main()
