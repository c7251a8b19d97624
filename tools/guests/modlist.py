#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Print the .ko files that kernel modules need, each after those that it depends on.

usage: modlist.py FOLDER MODULE...

Debian's kernel package has no modules.dep (depmod makes it when the package is installed), so
this reads what depmod would: the "depends=" and "softdep=" strings in each module. A
soft dependency that is not there as a module is taken to be built into the kernel.
"""
import os
import re
import sys


def module_name(text):
    return text.replace("-", "_")


def find_modules(folder):
    found = {}
    for where, _, names in os.walk(folder):
        for name in names:
            if name.endswith(".ko"):
                found[module_name(name[:-3])] = os.path.join(where, name)
    return found


def read_info(path):
    """(hard, soft) names that the module at path asks for."""
    with open(path, "rb") as file:
        content = file.read()
    hard, soft = [], []
    # What stands before the first string of the section need not end in a zero.
    for key, value in re.findall(rb"(?<![ -~])(depends|softdep)=([^\0]*)\0", content):
        if key == b"depends":
            hard += [module_name(name) for name in value.decode().split(",") if name]
        else:
            # "pre: a b post: c": the words that end in a colon are not modules.
            words = value.decode().split()
            soft += [module_name(name) for name in words if not name.endswith(":")]
    return hard, soft


def resolve(modules, name, order, pending):
    if name in order or name in pending:
        return
    hard, soft = read_info(modules[name])
    pending.add(name)
    for needed in hard:
        if needed not in modules:
            sys.exit("modlist: module '%s' needs '%s', which is not there" % (name, needed))
    # "crypto-crc32c" is an alias; the generic module always provides it.
    soft = [re.sub(r"^crypto_(.*)$", r"\1_generic", wanted) for wanted in soft]
    for needed in hard + [wanted for wanted in soft if wanted in modules]:
        resolve(modules, needed, order, pending)
    order.append(name)


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    modules = find_modules(sys.argv[1])
    order = []
    for wanted in map(module_name, sys.argv[2:]):
        if wanted not in modules:
            sys.exit("modlist: no module '%s' below %s" % (wanted, sys.argv[1]))
        resolve(modules, wanted, order, set())
    for name in order:
        print(modules[name])


if __name__ == "__main__":
    main()
