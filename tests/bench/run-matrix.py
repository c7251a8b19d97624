#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measure test matrices: cells per second, and beside one QEMU process per cell.

usage: run-matrix.py [options]

First the whole of config/matrix/smc-policy.ini, as many cells at once as there are host CPUs.
Then those of its cells whose machine and policy QEMU has, too: by el4 matrix run, one at a time,
and each by a qemu-system process of its own with the same image and command line, by turns. The
figures are cells per second of CPU time, which is per core; of el4 it is that of the runner and
all of its processes. A cell counts if the probe printed the same in both. What fails is a cell
that fails, or of which QEMU's probe did not come to its end.
"""
import argparse
import collections
import importlib.util
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
MATRIX = os.path.join(SOURCE, "config", "matrix", "smc-policy.ini")

_spec = importlib.util.spec_from_file_location("run_bench", os.path.join(HERE, "run-bench.py"))
bench = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(bench)

# QEMU's machine, CPU, image and CPUs. Those of `virt` take EL2 and EL3 as switches.
MACHINES = {
    "virt": ("virt", "cortex-a57", "a64", 1),
    "virt-a53-2": ("virt", "cortex-a53", "a64", 2),
    "virt-a72-8": ("virt,gic-version=3", "cortex-a72", "a64", 8),
    "virt-max": ("virt", "max", "a64", 1),
    "virt-a15": ("virt", "cortex-a15", "a32-0x40000000", 1),
    "virt-a7-4": ("virt", "cortex-a7", "a32-0x40000000", 4),
    "imx6ul-evk": ("mcimx6ul-evk", None, "a32-0x80000000", 1),
    "vexpress-a15": ("vexpress-a15", None, "a32-0x80000000", 1),
}
# Where QEMU 7 does what the chain `none` does: all of it if the guest owns EL3, and without
# EL3 the conduit that is not PSCI's there.
VIRT = [board for board, machine in MACHINES.items() if machine[0].startswith("virt")]
CELLS = [pattern % board for board in VIRT for pattern in (
    "board=%s,el2=*,el3=guest,chain=none,*",
    "board=%s,el2=no,el3=none,chain=none,*conduit=smc",
    "board=%s,el2=yes,el3=none,chain=none,*conduit=hvc")
] + ["board=%s,el2=yes,el3=guest,chain=none,*" % board for board in ("imx6ul-evk", "vexpress-a15")]


def cpu_seconds_of_children():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def run_matrix(options, results, words):
    """Of el4: CPU seconds, wall seconds, the cells' last records."""
    command = [options.el4, "matrix", "run", MATRIX, "--results", results, "--quiet",
               "-D", "guests=" + os.path.abspath(options.guests)] + words
    cpu, wall = cpu_seconds_of_children(), time.monotonic()
    run = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, text=True, check=False)
    cpu, wall = cpu_seconds_of_children() - cpu, time.monotonic() - wall
    if run.returncode != 0:
        raise bench.Failure("status %d of: %s\n%s" % (run.returncode, " ".join(command),
                                                     run.stdout[-3000:]))
    cells = {}
    with open(os.path.join(results, "results.jsonl"), encoding="utf-8") as file:
        for line in file:
            record = json.loads(line)
            if record["type"] == "cell":
                cells[record["cell"]] = record
    return cpu, wall, cells


def qemu_command(options, axes):
    machine, cpu, image, cpus = MACHINES[axes["board"]]
    is_a64 = image == "a64"
    if machine.startswith("virt"):
        machine += ",virtualization=%s,secure=%s" % (
            "on" if axes["el2"] == "yes" else "off", "on" if axes["el3"] == "guest" else "off")
    return [bench.QEMU["a64" if is_a64 else "a32"], "-M", machine] + \
        (["-cpu", cpu] if cpu else []) + \
        ["-smp", str(cpus), "-m", "128", "-display", "none", "-audiodev", "none,id=none",
         "-monitor", "none", "-nic", "none", "-chardev", "stdio,id=out",
         "-serial", "chardev:out" if is_a64 else "null",
         "-semihosting-config", "enable=on" + ("" if is_a64 else ",chardev=out"),
         "-kernel", os.path.join(options.guests, "policies", image + ".elf"),
         "-append", "%s %s" % (axes["caller"], axes["conduit"])]


def lines_of(console):
    return [line for line in console.replace("\r", "").split("\n") if line]


def run_qemu(options, cell):
    """The probe's lines, and CPU seconds."""
    with tempfile.TemporaryFile() as log:
        text, cost = bench.run(qemu_command(options, cell["axes"]), log)
    lines = lines_of(text.decode("utf-8", "replace"))
    if not lines or not re.search(r"^\d+ calls by ", lines[-1]):
        raise bench.Failure("%s: QEMU's probe did not end: %s" % (cell["cell"], lines[-3:]))
    return lines, cost.seconds


def measure_whole(options, folder):
    cores = os.cpu_count()
    words = ["-j", str(cores)] + (["--shard", options.shard] if options.shard else [])
    cpu, wall, cells = run_matrix(options, os.path.join(folder, "whole"), words)
    print("el4, %d cells of smc-policy, %d at once: %.1f s, %.1f cells a second; "
          "%.1f cells per CPU second" % (len(cells), cores, wall, len(cells) / wall,
                                         len(cells) / cpu), flush=True)
    return {"cells": len(cells), "seconds": wall, "cells-per-cpu-second": len(cells) / cpu}


def measure_beside_qemu(options, folder):
    el4_cpu, qemu_cpu = [], collections.defaultdict(list)
    different = set()
    for turn in range(options.rounds):
        words = ["-j", "1"] + [word for pattern in CELLS for word in ("--cell", pattern)]
        cpu, _, cells = run_matrix(options, os.path.join(folder, "same-%d" % turn), words)
        el4_cpu.append(cpu / len(cells))
        for name, cell in cells.items():
            lines, seconds = run_qemu(options, cell)
            qemu_cpu[name].append(seconds)
            if lines != lines_of(cell["console"]):
                different.add(name)
    same = [min(seconds) for name, seconds in qemu_cpu.items() if name not in different]
    for name in sorted(different):
        print("not the same in QEMU, and left out: " + name)
    if not same:
        raise bench.Failure("no cell did the same in both")
    el4_rate, qemu_rate = 1 / min(el4_cpu), len(same) / sum(same)
    print("the same %d cells, one at a time: el4 %.1f, QEMU %.2f cells per CPU second; "
          "el4 is faster by %.1f" % (len(same), el4_rate, qemu_rate, el4_rate / qemu_rate))
    return {"cells": len(same), "different": len(different), "el4": el4_rate,
            "qemu": qemu_rate, "ratio": el4_rate / qemu_rate}


def parse():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--el4", default=os.path.join(SOURCE, "build/cli/el4"), metavar="PROGRAM")
    parser.add_argument("--plugin-map", metavar="FILE", help="plugins of a build tree")
    parser.add_argument("--guests", default=os.path.join(SOURCE, "build/tests"), metavar="FOLDER")
    parser.add_argument("--shard", metavar="K/N", help="so much of the whole matrix")
    parser.add_argument("--rounds", type=int, default=2, help="the best of so many counts")
    parser.add_argument("--json", metavar="FILE", help="write the figures there too")
    return parser.parse_args()


def main():
    options = parse()
    if options.plugin_map:
        os.environ["EL4_PLUGIN_MAP"] = options.plugin_map
    if not os.path.exists(os.path.join(options.guests, "policies", "a64.elf")):
        print("skipped: the probes are not built (cross compilers)")
        return 77
    print("host: " + bench.host_line())
    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        try:
            figures["whole"] = measure_whole(options, folder)
            if all(shutil.which(program) for program in bench.QEMU.values()):
                print("QEMU: " + bench.qemu_line())
                figures["beside QEMU"] = measure_beside_qemu(options, folder)
            else:
                print("QEMU: not here (Debian package qemu-system-arm), so no ratio")
        except bench.Failure as failure:
            print("FAILED: %s" % failure)
            return 1
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(figures, file, indent=2)
    return 0


if __name__ == "__main__":
    sys.exit(main())
