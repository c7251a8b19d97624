#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measure el4 beside QEMU in the same run: CPU time of the whole process, and peak memory.

usage: run-bench.py [options] [WORKLOAD...]

A bench guest (tests/bench/guest) does its work as many times as its command line says. Both
emulators first do the same small number, and must print the same checksum; then each is given
as much as takes it about --seconds, and the time of a run without work is taken off. The best
of --rounds counts. The ratio is QEMU's time by el4's: above 1, el4 is the faster one (for
memory: the smaller one). There is no limit on any figure; what fails is a guest that does not
end well, or another checksum than QEMU's.
"""
import argparse
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
QEMU = {"a64": "qemu-system-aarch64", "a32": "qemu-system-arm"}
CPU = {"a64": "cortex-a57", "a32": "cortex-a15"}
RUN_LIMIT_SECONDS = 300
MARKER = b"EL4-TEST: all ok"


class Failure(Exception):
    """An emulator or a guest did not do what it should."""


class Workload:
    """units: of the run in which checksums are compared. scale: units to what is reported."""

    def __init__(self, name, what, units, rate, scale, el3=False):
        self.name, self.what, self.units = name, what, units
        self.rate, self.scale, self.el3 = rate, scale, el3
        self.isa = "a64"

    def compiled_for(self, prefix, what):
        """The same work in A32 or T32, the assembly in it described by what."""
        other = Workload(prefix + self.name, "%s: %s" % (prefix[:-1].upper(), what), self.units,
                         self.rate, self.scale, self.el3)
        other.isa = "a32"
        return other


WORKLOADS = [
    Workload("hvc", "PSCI_VERSION by HVC", 1000, "M calls/s", 1e-6),
    Workload("smc-el3", "SMC to the guest's EL3 and back", 1000, "M calls/s", 1e-6, el3=True),
    Workload("svc", "SVC from EL1 to EL1 and back", 1000, "M calls/s", 1e-6),
    Workload("intwork", "integer work (list, matrix, states, CRC)", 20, "k rounds/s", 1e-3),
    Workload("chain", "xorshift, one dependency chain", 20, "M steps/s", 4096e-6),
    Workload("calls", "indirect calls through a table", 20, "M calls/s", 1024e-6),
    Workload("memcpy", "copy of 16 MiB, LDP and STP of X", 2, "GiB/s", 1 / 64),
    Workload("memcpy-vector", "copy of 16 MiB, LDP and STP of Q", 2, "GiB/s", 1 / 64),
    Workload("chase", "pointer chase through 16 MiB", 20, "M hops/s", 4096e-6),
    Workload("daxpy", "daxpy, scalar double", 20, "M elements/s", 4096e-6),
    Workload("daxpy-simd", "daxpy, two doubles a vector", 20, "M elements/s", 4096e-6),
    Workload("dgemm", "64 x 64 matrix product, scalar double", 2, "products/s", 1),
    Workload("dgemm-simd", "64 x 64 matrix product, two doubles", 2, "products/s", 1),
    Workload("sgemm-simd", "64 x 64 matrix product, four floats", 2, "products/s", 1),
]

A32_WHAT = {
    "smc-el3": "SMC to the guest's Monitor mode and back",
    "svc": "SVC from System to Supervisor mode and back",
    "memcpy": "copy of 16 MiB, LDM and STM",
    "memcpy-vector": "copy of 16 MiB, VLD1 and VST1",
}
WORKLOADS += [
    workload.compiled_for("a32-", A32_WHAT.get(workload.name, workload.what))
    for workload in WORKLOADS if workload.name not in ("daxpy-simd", "dgemm-simd")
] + [
    workload.compiled_for("t32-", workload.what)
    for workload in WORKLOADS if workload.name in ("intwork", "chain", "calls")
]


class Cost:
    """CPU seconds and peak memory of one run."""

    def __init__(self, seconds, mib):
        self.seconds, self.mib = seconds, mib


def run(command, log):
    """Runs to the end with nothing to read; returns (output, Cost). log gets stderr."""
    with tempfile.TemporaryFile() as output:
        started = time.monotonic()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=log)
        while True:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            if time.monotonic() - started > RUN_LIMIT_SECONDS:
                process.kill()
                process.wait()
                raise Failure("no end after %d s: %s" % (RUN_LIMIT_SECONDS, " ".join(command)))
            time.sleep(0.002)
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read()
    if process.returncode != 0:
        log.seek(0)
        raise Failure("status %d of: %s\n%s" % (process.returncode, " ".join(command),
                                               log.read().decode("utf-8", "replace")[-2000:]))
    return text, Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


class Emulator:
    def __init__(self, name):
        self.name = name

    def command(self, arguments, isa, el3):
        raise NotImplementedError

    def run(self, arguments, isa="a64", el3=False):
        with tempfile.TemporaryFile() as log:
            return run(self.command(arguments, isa, el3), log)


class El4(Emulator):
    def __init__(self, program, settings):
        super().__init__("el4")
        self.program, self.settings = program, settings

    def command(self, arguments, isa, el3):
        command = [self.program, "run", "-cpu", CPU[isa]]
        for setting in ["machine.el3=%s" % ("guest" if el3 else "none")] + self.settings:
            command += ["-s", setting]
        return command + ["-semihosting"] + arguments


class Qemu(Emulator):
    def __init__(self):
        super().__init__("QEMU")

    def command(self, arguments, isa, el3):
        return [QEMU[isa], "-M", "virt,secure=%s" % ("on" if el3 else "off"), "-cpu", CPU[isa],
                "-display", "none", "-serial", "stdio", "-monitor", "none", "-nic", "none",
                "-semihosting-config", "enable=on"] + arguments


def guest_arguments(options, workload, units):
    return ["-m", "256", "-kernel", os.path.join(options.guests, workload.name + ".elf"),
            "-append", str(units)]


def checksum(options, emulator, workload):
    text, _ = emulator.run(guest_arguments(options, workload, workload.units),
                           workload.isa, workload.el3)
    found = re.search(rb"checksum (0x[0-9a-f]+)", text)
    if not found:
        raise Failure("%s: %s printed no checksum" % (emulator.name, workload.name))
    return found.group(1).decode()


class Trial:
    """One workload on one emulator: first find how much is enough, then measure that."""

    def __init__(self, options, emulator, workload):
        self.options, self.emulator, self.workload = options, emulator, workload
        self.base = self.seconds(0)
        self.best = None
        self.units = self.calibrate()

    def seconds(self, units):
        arguments = guest_arguments(self.options, self.workload, units)
        return self.emulator.run(arguments, self.workload.isa, self.workload.el3)[1].seconds

    def calibrate(self):
        wanted = self.options.seconds
        units = self.workload.units
        while True:
            took = self.seconds(units) - self.base
            if took > wanted / 10:
                return max(1, int(units * wanted / took))
            units *= 2 if took > wanted / 100 else 8

    def measure(self):
        self.base = min(self.base, self.seconds(0))
        took = self.seconds(self.units)
        self.best = took if self.best is None else min(self.best, took)

    def seconds_a_unit(self):
        return max(self.best - self.base, 1e-9) / self.units


def ratio_text(ratio):
    return "-" if ratio is None else "%.3g" % ratio if ratio < 100 else "%.0f" % ratio


class Report:
    def __init__(self):
        self.rows = []

    def add(self, name, what, unit, values, ratio):
        row = {"name": name, "what": what, "unit": unit, "ratio": ratio, **values}
        self.rows.append(row)
        print("%-20s %-42s %10s %10s %-12s %7s" % (
            name, what, self.number(values.get("el4")), self.number(values.get("QEMU")), unit,
            ratio_text(ratio)), flush=True)

    @staticmethod
    def number(value):
        return "-" if value is None else "%.4g" % value if value < 1000 else "%.0f" % value

    def heading(self):
        print("%-20s %-42s %10s %10s %-12s %7s" % ("", "", "el4", "QEMU", "", "ratio"))

    def markdown(self):
        lines = ["| work | el4 | QEMU | | el4 is faster by |", "| --- | --- | --- | --- | --- |"]
        for row in self.rows:
            lines.append("| %s | %s | %s | %s | %s |" % (
                row["what"], self.number(row.get("el4")), self.number(row.get("QEMU")),
                row["unit"], ratio_text(row["ratio"])))
        return "\n".join(lines)


def compare_checksums(options, emulators, workload):
    sums = {emulator.name: checksum(options, emulator, workload) for emulator in emulators}
    if len(set(sums.values())) != 1:
        raise Failure("%s: checksums differ: %s" % (workload.name, sums))
    return sums["el4"]


def measure_workload(options, emulators, report, workload):
    compare_checksums(options, emulators, workload)
    trials = [Trial(options, emulator, workload) for emulator in emulators]
    for _ in range(options.rounds):
        for trial in trials:  # by turns, so that a busy host is busy for both
            trial.measure()
    times = {trial.emulator.name: trial.seconds_a_unit() for trial in trials}
    rates = {name: workload.scale / seconds for name, seconds in times.items()}
    ratio = times["QEMU"] / times["el4"] if "QEMU" in times else None
    report.add(workload.name, workload.what, workload.rate, rates, ratio)


def best_costs(emulators, arguments, isa, rounds, marker=b""):
    """The cheapest of several runs by turns, time and memory each for itself."""
    best = {}
    for _ in range(rounds):
        for emulator in emulators:
            text, cost = emulator.run(arguments, isa)
            if marker not in text:
                raise Failure("%s: the guest never said %s" % (emulator.name, marker.decode()))
            old = best.get(emulator.name, cost)
            best[emulator.name] = Cost(min(old.seconds, cost.seconds), min(old.mib, cost.mib))
    return best


def add_costs(report, name, what, costs, factor, unit):
    def ratio(get):
        return get(costs["QEMU"]) / get(costs["el4"]) if "QEMU" in costs else None

    report.add(name, what + ", CPU time", unit,
               {who: cost.seconds * factor for who, cost in costs.items()},
               ratio(lambda cost: cost.seconds))
    report.add(name + "-memory", what + ", peak memory", "MiB",
               {who: cost.mib for who, cost in costs.items()}, ratio(lambda cost: cost.mib))


def measure_start(options, emulators, report, isa, prefix):
    arguments = ["-m", "256", "-kernel", os.path.join(options.guests, prefix + "off.elf")]
    costs = best_costs(emulators, arguments, isa, 10)
    what = "start to SYSTEM_OFF" + (", A32" if prefix else "")
    add_costs(report, prefix + "start", what, costs, 1000, "ms")


def measure_boot(options, emulators, report, isa, prefix, cpus):
    folder = os.path.join(options.linux, {"a64": "arm64", "a32": "armmp"}[isa])
    arguments = ["-m", "512", "-smp", str(cpus), "-kernel", os.path.join(folder, "vmlinuz"),
                 "-initrd", os.path.join(folder, "initramfs-test.cpio.gz"),
                 "-append", "console=ttyAMA0 el4.test=boot"]
    costs = best_costs(emulators, arguments, isa, min(2, options.rounds), MARKER)
    add_costs(report, "%sboot-%dcpu" % (prefix, cpus),
              "Debian's %s to power-off, %d CPU%s" %
              ("Linux (armmp)" if prefix else "Linux", cpus, "s" if cpus > 1 else ""), costs, 1,
              "s")


def host_line():
    model = platform.processor()
    with open("/proc/cpuinfo") as file:
        for line in file:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    load = "load %.1f %.1f" % os.getloadavg()[:2]
    return "%s, %d CPUs, Linux %s, %s" % (model, os.cpu_count(), platform.release(), load)


def qemu_line():
    text = subprocess.run([QEMU["a64"], "--version"], stdout=subprocess.PIPE).stdout.decode()
    return text.splitlines()[0]


def parse():
    names = [workload.name for workload in WORKLOADS] + [
        prefix + name for prefix in ("", "a32-") for name in ("start", "boot-1cpu", "boot-2cpu")]
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help=", ".join(names))
    parser.add_argument("--el4", default=os.path.join(SOURCE, "build/cli/el4"), metavar="PROGRAM")
    parser.add_argument("--guests", default=os.path.join(SOURCE, "build/tests/bench"),
                        metavar="FOLDER", help="where the bench guests were built")
    parser.add_argument("--linux", default=os.path.join(SOURCE, "build/guests"),
                        metavar="FOLDER", help="Debian's kernel, unless $EL4_GUESTS says it")
    parser.add_argument("--seconds", type=float, default=1.0, help="of each measured run")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--check", action="store_true",
                        help="measure nothing: do the guests run, and with equal checksums")
    parser.add_argument("--no-qemu", action="store_true", help="el4 alone")
    parser.add_argument("-s", dest="settings", action="append", default=[],
                        metavar="SECTION.KEY=VALUE", help="passed on to el4")
    parser.add_argument("--json", metavar="FILE", help="write the figures there too")
    parser.add_argument("--markdown", action="store_true", help="print a table for the docs")
    options = parser.parse_args()
    unknown = set(options.workloads) - set(names)
    if unknown:
        parser.error("no such workload: " + ", ".join(sorted(unknown)))
    options.linux = os.environ.get("EL4_GUESTS") or options.linux
    options.workloads = options.workloads or names
    return options


def choose_emulators(options):
    emulators = [El4(options.el4, options.settings)]
    if options.no_qemu:
        print("QEMU: not asked for")
    elif not all(shutil.which(program) for program in QEMU.values()):
        print("QEMU: no %s here (Debian package qemu-system-arm), so no ratios" %
              " and ".join(QEMU.values()))
    else:
        print("QEMU: " + qemu_line())
        emulators.append(Qemu())
    print("host: " + host_line())
    return emulators


def guest_is_built(options, name):
    return os.path.exists(os.path.join(options.guests, name + ".elf"))


def has_linux(options, isa):
    folder = {"a64": "arm64", "a32": "armmp"}[isa]
    return os.path.exists(os.path.join(options.linux, folder, "initramfs-test.cpio.gz"))


def steps_of(options, emulators, report):
    """(name, what must be there, call) of each."""
    for workload in WORKLOADS:
        yield (workload.name, guest_is_built(options, workload.name),
               lambda w=workload: measure_workload(options, emulators, report, w))
    for isa, prefix in (("a64", ""), ("a32", "a32-")):
        yield (prefix + "start", guest_is_built(options, prefix + "off"),
               lambda i=isa, p=prefix: measure_start(options, emulators, report, i, p))
        for cpus in 1, 2:
            yield ("%sboot-%dcpu" % (prefix, cpus), has_linux(options, isa),
                   lambda i=isa, p=prefix, n=cpus:
                   measure_boot(options, emulators, report, i, p, n))


def measure(options, emulators, report):
    failures = 0
    for name, is_there, step in steps_of(options, emulators, report):
        if name not in options.workloads:
            continue
        if not is_there:
            print("%s: skipped, its guest is not there (a cross compiler; for Linux './dev "
                  "guests')" % name)
            continue
        try:
            step()
        except Failure as failure:
            print("%s: FAILED: %s" % (name, failure))
            failures += 1
    return failures


def check(options, emulators):
    """Run each guest once; the number of those that went wrong."""
    failures = 0
    for workload in WORKLOADS:
        if workload.name not in options.workloads or not guest_is_built(options, workload.name):
            continue
        try:
            print("%s: checksum %s" % (workload.name,
                                       compare_checksums(options, emulators, workload)))
        except Failure as failure:
            print("%s: FAILED: %s" % (workload.name, failure))
            failures += 1
    return failures


def main():
    options = parse()
    report = Report()
    emulators = choose_emulators(options)
    if options.check:
        return 1 if check(options, emulators) else 0
    report.heading()
    failures = measure(options, emulators, report)
    if options.json:
        with open(options.json, "w") as file:
            json.dump({"host": host_line(), "rows": report.rows}, file, indent=1)
    if options.markdown:
        print("\n" + report.markdown())
    if failures:
        print("%d failed" % failures)
    return 1 if failures or not report.rows else 0


if __name__ == "__main__":
    sys.exit(main())
