#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Prints the files that the tests of some suites need built, for ninja.

usage: test-targets.py TREE SUITE...
"""
import json
import os
import sys


def read(tree, name):
    with open(os.path.join(tree, "meson-info", "intro-%s.json" % name), encoding="utf-8") as file:
        return json.load(file)


def main():
    tree, suites = sys.argv[1], set(sys.argv[2:])
    targets = {target["id"]: target["filename"] for target in read(tree, "targets")}
    files = set()
    for test in read(tree, "tests"):
        # As "PROJECT:SUITE".
        if suites.intersection(suite.rpartition(":")[2] for suite in test["suite"]):
            for target in test["depends"]:
                files.update(targets[target])
    print("\n".join(sorted(os.path.relpath(file, tree) for file in files)))
    return 0 if files else 1


if __name__ == "__main__":
    sys.exit(main())
