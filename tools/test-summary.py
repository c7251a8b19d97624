#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Sum up meson's test logs: a table with a line for each build, and a closing line.

usage: test-summary.py BUILD/meson-logs/testlog-N.json...

A log that isn't there counts as no test: meson writes none when a suite is empty.
The closing line is "N passed, N failed, N skipped" and nothing else. The exit status is 1 if a
test failed or if none passed: a run in which nothing ran is no success.
"""
import collections
import json
import os
import sys

PASSED = {"OK", "EXPECTEDFAIL"}
SKIPPED = {"SKIP"}


def read_log(path):
    """(counts, names of the tests that failed)"""
    counts, failed = collections.Counter(), []
    if not os.path.exists(path):
        return counts, failed
    with open(path, encoding="utf-8") as log:
        for line in log:
            test = json.loads(line)
            if test["result"] in PASSED:
                kind = "passed"
            elif test["result"] in SKIPPED:
                kind = "skipped"
            else:
                # FAIL, TIMEOUT, ERROR, UNEXPECTEDPASS, INTERRUPT and what may come.
                kind = "failed"
                failed.append("%s (%s)" % (test["name"], test["result"]))
            counts[kind] += 1
            counts["seconds"] += test.get("duration") or 0
    return counts, failed


def main():
    total = collections.Counter()
    print("\n%-10s %8s %8s %8s %10s" % ("build", "passed", "failed", "skipped", "test time"))
    all_failed = []
    for path in sys.argv[1:]:
        tree = os.path.basename(os.path.dirname(os.path.dirname(os.path.abspath(path))))
        name = tree if tree in ("asan", "tsan") else "release"
        counts, failed = read_log(path)
        print("%-10s %8d %8d %8d %8.0f s" % (
            name, counts["passed"], counts["failed"], counts["skipped"], counts["seconds"]))
        total.update(counts)
        all_failed += ["%s: %s" % (name, test) for test in failed]
    for test in all_failed:
        print("failed in " + test)
    print("\n%d passed, %d failed, %d skipped" % (
        total["passed"], total["failed"], total["skipped"]))
    return 1 if total["failed"] or not total["passed"] else 0


if __name__ == "__main__":
    sys.exit(main())
