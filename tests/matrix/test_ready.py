#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
The ready matrices of config/matrix: each is read without a warning, a slice of each passes, what
they expect is really looked at, and with `clock = virtual` two runs differ in nothing but times.
"""
import argparse
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
MATRICES = SOURCE / "config" / "matrix"
OPTIONS = None


def el4(*words):
    return subprocess.run([OPTIONS.el4, "matrix", *[str(word) for word in words]],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=1000, check=False)


def records(folder):
    """Of cells, by name, without what may differ between two runs."""
    cells = {}
    for line in (folder / "results.jsonl").read_text("utf-8").splitlines():
        record = json.loads(line)
        if record["type"] == "cell":
            del record["times"]
            cells[record["cell"]] = record
    return cells


class Case(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)

    def need(self, *paths):
        for path in paths:
            if not path.exists():
                self.skipTest("there is no " + str(path))

    def need_guests(self):
        self.need(OPTIONS.guests / "policies" / "a64.elf",
                  OPTIONS.guests / "matrix" / "guests" / "psci-a64.elf")

    def run_matrix(self, name, *words, results="results", status=0):
        folder = self.folder / results
        where = "linux=%s" % OPTIONS.linux if name == "linux.ini" else "guests=%s" % OPTIONS.guests
        run = el4("run", MATRICES / name, "--results", folder, "--quiet", "-D", where, *words)
        self.assertEqual(run.returncode, status, run.stdout + run.stderr)
        return records(folder)

    def check_repeats(self, name, *rules):
        """Another order and another number of cells at once, and the same results."""
        first = self.run_matrix(name, *rules, "-j", "1", results=name + "-1")
        second = self.run_matrix(name, *rules, "-j", "3", "--order", "random", "--seed", "7",
                                 results=name + "-2")
        self.assertEqual(set(first), set(second))
        for cell, record in first.items():
            self.assertEqual(record, second[cell])
        print("%s: %d cells, twice the same" % (name, len(first)))
        return first


class Ready(Case):
    def test_no_warnings(self):
        least = {"smc-policy.ini": 7000, "psci-conformance.ini": 2500, "linux.ini": 70,
                 "psci-swap.ini": 60}
        self.assertEqual(set(least), {path.name for path in MATRICES.glob("*.ini")})
        for name, cells in least.items():
            listed = el4("list", MATRICES / name)
            self.assertEqual((listed.returncode, listed.stderr), (0, ""))
            self.assertGreaterEqual(len(listed.stdout.splitlines()), cells, name)

    def test_smc_policy(self):
        self.need_guests()
        cells = self.run_matrix("smc-policy.ini", "--shard", "3/60")
        self.assertGreater(len(cells), 110)
        self.assertEqual(len({cell["axes"]["board"] for cell in cells.values()}), 14)

    def test_psci_conformance(self):
        self.need_guests()
        cells = self.run_matrix("psci-conformance.ini", "--shard", "5/40")
        self.assertGreater(len(cells), 60)

    def test_psci_swap(self):
        self.need_guests()
        self.need(OPTIONS.guests / "kit" / "rail-psci.so")
        self.run_matrix("psci-swap.ini", "--tag", "probe", "-w", "cpus=2", "-D",
                        "plugins=%s" % (OPTIONS.guests / "kit"))

    def test_linux(self):
        self.need(OPTIONS.linux / "arm64" / "initramfs-test.cpio.gz")
        cells = self.run_matrix("linux.ini", "-w",
                                "board=virt cpus=2 level=el2 el3=none clock=real")
        self.assertEqual(len(cells), 1)

    def test_expectations_bite(self):
        """Another version of PSCI, another chain, another owner of EL3: cells fail."""
        self.need_guests()
        rule = "board=virt el2=yes el3=guest chain=both-smc caller=el1 conduit=smc"
        for setting, reason in (("service psci.version=1.0", "version: answer 0x10001"),
                                ("chain smc.services=smccc-unknown psci", "version: answer"),
                                ("machine.el3=emulator", "not-fast: trap el3 smc"),
                                ("machine.el2=no", "id el2: yes")):
            cells = self.run_matrix("smc-policy.ini", "-w", rule, "-s", setting, status=3,
                                    results=setting.replace(" ", "-"))
            self.assertEqual(len(cells), 1)
            for cell in cells.values():
                self.assertEqual(cell["outcome"], "fail")
                self.assertIn(reason, "\n".join(cell["reasons"]))

    def test_runs_repeat(self):
        self.need_guests()
        for name, rule in (("smc-policy.ini", "board=virt-a72-8|imx6ul-evk el2=yes chain=opposite"),
                           ("psci-conformance.ini", "board=virt-4|midway-4 version=1.3|0.2 "
                            "clock=virtual conduit=smc")):
            self.assertGreater(len(self.check_repeats(name, "-w", rule)), 20)


class Few(Case):
    """For builds that are slow: a cell or two of each board."""

    def test_cells(self):
        self.need_guests()
        self.assertGreater(len(self.run_matrix("smc-policy.ini", "--shard", "3/300")), 20)
        self.assertGreater(len(self.run_matrix("psci-conformance.ini", "--shard", "5/200",
                                               results="psci")), 10)


class Whole(Case):
    """Of suite long."""

    def test_smc_policy(self):
        self.need_guests()
        self.assertGreater(len(self.check_repeats("smc-policy.ini")), 7000)

    def test_psci_conformance(self):
        self.need_guests()
        self.check_repeats("psci-conformance.ini", "-w", "clock=virtual")
        self.run_matrix("psci-conformance.ini", "-w", "clock=real", results="real")


def main():
    global OPTIONS
    parser = argparse.ArgumentParser()
    parser.add_argument("--el4", required=True)
    parser.add_argument("--plugin-map", required=True)
    parser.add_argument("--guests", required=True, type=pathlib.Path,
                        help="where the bare-metal guests were built")
    parser.add_argument("--linux", required=True, type=pathlib.Path,
                        help="where the kernels are")
    OPTIONS, rest = parser.parse_known_args()
    os.environ["EL4_PLUGIN_MAP"] = OPTIONS.plugin_map
    OPTIONS.linux = pathlib.Path(os.environ.get("EL4_GUESTS") or OPTIONS.linux)
    unittest.main(argv=["test_ready.py"] + (rest or ["Ready"]), verbosity=2)


if __name__ == "__main__":
    main()
