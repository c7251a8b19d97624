#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Make the C source that holds the report's HTML page, style and script in it.

usage: page.py PAGE.html STYLE.css SCRIPT.js... >OUT.c

The scripts become one, in a function of its own. The page may load nothing, and run nothing but
this script and this style: its security policy has their hashes. {{title}} and {{data}} are
where the parts are split: what belongs there comes from the results of a run.
"""
import base64
import hashlib
import json
import re
import sys


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def policy_hash(text):
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return "'sha256-%s'" % base64.b64encode(digest).decode("ascii")


def fill(page, name, text):
    if page.count("{{%s}}" % name) != 1:
        sys.exit("page.py: {{%s}} must be there once" % name)
    return page.replace("{{%s}}" % name, text)


def c_string(text):
    """Lines of a C string; JSON's escapes are C's, but for \\u of what is not ASCII."""
    lines = []
    for line in text.splitlines(keepends=True):
        quoted = json.dumps(line, ensure_ascii=False).replace("\x7f", "\\177")
        # "??=" and the like would be trigraphs for a strict compiler.
        lines.append("    " + re.sub(r"\?\?", r"?\\?", quoted))
    return "\n".join(lines)


def main(page_path, style_path, *script_paths):
    style = read(style_path)
    script = "(function () {\n'use strict';\n%s})();\n" % "".join(map(read, script_paths))
    for text, end in ((style, "</style"), (script, "</script"), (script, "<!--")):
        if end in text.lower():
            sys.exit("page.py: %r would end the element that it stands in" % end)
    policy = ("default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; "
              "style-src %s; script-src %s" % (policy_hash(style), policy_hash(script)))
    page = read(page_path)
    page = fill(page, "policy", policy)
    page = fill(page, "style", style)
    page = fill(page, "script", script)
    parts = re.split(r"\{\{title\}\}|\{\{data\}\}", page)
    if len(parts) != 3 or page.index("{{title}}") > page.index("{{data}}"):
        sys.exit("page.py: the page needs {{title}} and then {{data}}, each once")
    print("/* Made by matrix/report/page.py. */")
    print('#include "report-private.h"\n')
    print("const char *const el4_matrix_report_page[EL4_MATRIX_PAGE_PARTS] = {")
    print(",\n".join(c_string(part) for part in parts))
    print("};")


main(*sys.argv[1:])
