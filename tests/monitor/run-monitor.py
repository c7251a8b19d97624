#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Boot Debian's Linux above the secure monitor of this folder, and compare three accounts of the
calls and FIQs that there were: the monitor's, el4's trace, and what Linux says it did.

usage: run-monitor.py --arch ARCH --elf FILE [--el4 PROGRAM] [--guests FOLDER] [options]

Exit status: 0 passed, 1 failed, 77 skipped (no guests; a failure where CI=true).
"""
import argparse
import collections
import importlib
import os
import re
import sys
import tempfile

FOLDER = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(FOLDER))
sys.path.insert(0, os.path.join(SOURCE, "tests", "linux"))
run_boot = importlib.import_module("run-boot")
Failure, Guest = run_boot.Failure, run_boot.Guest

PAYLOAD_DONE = 0xb2000000
EC_SMC64, EC_SMC32 = 0x17, 0x13

# What the monitor is built for, see platform.h: where it finds the kernel.
ARCHES = {
    "a64": {"guest": "arm64", "kernel": 0x40200000, "cpu": "cortex-a57",
            "checks": "boot,hotplug,trng", "cpus": 2, "console": "ttyAMA0", "board": "virt"},
    # arm has no generator that asks firmware.
    "a32": {"guest": "armmp", "kernel": 0x42000000, "cpu": "cortex-a15",
            "checks": "boot,hotplug", "cpus": 2, "console": "ttyAMA0", "board": "virt"},
    "imx6ul": {"guest": "armmp", "kernel": 0x82000000, "cpu": "cortex-a7",
               "checks": "boot,hotplug", "cpus": 1, "console": "ttymxc0",
               "board": "imx6ul-evk", "dtb": "dtbs/imx6ul-14x14-evk.dtb"},
}
CPU_OFF, SYSTEM_OFF, SMCCC_VERSION, TRNG_RND64 = 0x84000002, 0x84000008, 0x80000000, 0xc4000053


def command(options, arch, trace):
    folder = os.path.join(options.guests, arch["guest"])
    settings = ["machine.board=" + arch["board"], "machine.el3=guest",
                "machine.el2=%s" % ("no" if options.no_el2 else "yes"),
                "boot.load=%s@%#x" % (os.path.join(folder, "vmlinuz"), arch["kernel"])]
    if options.aarch32_only:
        settings.append("machine.aarch64=no")
    if options.gic != 2:
        settings.append("board.gic=%d" % options.gic)
    words = [options.el4, "run", "-cpu", options.cpu or arch["cpu"],
             "-smp", str(arch["cpus"]), "-semihosting",
             "-clock", options.clock, "-kernel", options.elf,
             "-initrd", os.path.join(folder, "initramfs-test.cpio.gz"),
             "-append", "console=%s el4.test=%s%s" % (
                 arch["console"], arch["checks"], " el4.end=reboot" if options.reboot else ""),
             "--trace", "smc,exception", "--trace-file", trace,
             "--timeout", str(options.limit - 10)]
    if "dtb" in arch:
        words += ["-dtb", os.path.join(folder, arch["dtb"])]
    for setting in settings:
        words += ["-s", setting]
    return words


def fields(line):
    return dict(re.findall(r"([\w-]+)=(\S+)", line))


class Account:
    """What the trace has: SMCs by id and world, SMC and FIQ exceptions by CPU."""

    def __init__(self, path):
        self.normal, self.secure = collections.Counter(), collections.Counter()
        self.smcs, self.fiqs, self.own_fiqs = (collections.Counter() for _ in range(3))
        self.answered = []
        with open(path) as lines:
            for line in lines:
                words = line.split(None, 3)
                if words[2] == "call":
                    self.add_call(fields(words[3]), line)
                elif words[2] == "exception":
                    self.add_exception(words[1], fields(words[3]))

    def add_call(self, call, line):
        if call["conduit"] != "smc":
            return
        world = self.normal if call["caller"].startswith("ns-") else self.secure
        world[int(call["id"], 16)] += 1
        if call["verdict"] != "unclaimed":
            self.answered.append(line.strip())

    def add_exception(self, cpu, exception):
        if exception["type"] == "fiq":
            ours = exception["to"] == "3" and exception["from"] != "3"
            (self.fiqs if ours else self.own_fiqs)[cpu] += 1
        elif exception["type"] == "sync" and exception["to"] == "3":
            self.smcs[cpu] += int(exception["esr"], 16) >> 26 in (EC_SMC64, EC_SMC32)


def require(what, got, want):
    print("%s: %s" % (what, got if got == want else "%s, but %s" % (got, want)))
    if got != want:
        raise Failure("%s: %s, but %s" % (what, got, want))


def compare(text, account, count):
    """The monitor's report with the trace."""
    ids = {int(number, 16): int(count) for number, count in
           re.findall(r"MONITOR: smc (0x[0-9a-f]+) count=(\d+)", text)}
    for number in sorted(set(ids) | set(account.normal)):
        require("SMCs with id %#x" % number, ids.get(number, 0), account.normal[number])
    require("SMCs that el4 answered itself", account.answered, [])
    cpus = {cpu: {name: int(value) for name, value in fields(line).items()}
            for cpu, line in re.findall(r"MONITOR: (cpu\d) ([^\r\n]*)", text)}
    require("CPUs", sorted(cpus), ["cpu%d" % i for i in range(count)])
    require("SMCs in all", sum(ids.values()), sum(cpu["smcs"] for cpu in cpus.values()))
    require("SMCs of the payload", sum(cpu["secure-smcs"] for cpu in cpus.values()),
            account.secure[PAYLOAD_DONE])
    for name, cpu in cpus.items():
        require(name + ": SMC exceptions", cpu["smcs"] + cpu["secure-smcs"], account.smcs[name])
        require(name + ": FIQs that came to the monitor", cpu["fiqs"], account.fiqs[name])
        require(name + ": FIQs of the payload's own", cpu["timer-fiqs-own"],
                account.own_fiqs[name])
        require(name + ": Secure timer ticks during Linux", cpu["timer-fiqs-normal"], cpu["fiqs"])
        require(name + ": FIQs that were something else", cpu["other-fiqs"], 0)
        require(name + ": world switches", cpu["secure-smcs"],
                cpu["starts"] + cpu["fiqs"] + cpu["payload-calls"])
        if cpu["fiqs"] < 10:
            raise Failure("%s: hardly a FIQ" % name)
    if count > 1:
        require("CPU 1 was started", cpus["cpu1"]["starts"], 4)
    return ids


def check_linux(options, guest, ids):
    say = lambda pattern: run_boot.must_say(guest, pattern)
    run_boot.must_be_content(guest)
    if options.arch == "a64":
        say(r"psci: PSCIv1\.1 detected in firmware")
        say(r"psci: SMC Calling Convention v1\.1")
        say(r"CPU: All CPU\(s\) started at EL%d" % (1 if options.no_el2 else 2))
        if not ids.get(TRNG_RND64):
            raise Failure("Linux never asked for random numbers")
    else:
        say(r"psci: PSCIv1\.1 detected in firmware")
        say(r"CPU: All CPU\(s\) started in %s mode" % ("SVC" if options.no_el2 else "HYP"))
    cpus = ARCHES[options.arch]["cpus"]
    say(r"EL4-TEST: cpus %d\b" % cpus)
    if cpus > 1:
        say(r"EL4-TEST: hotplug cpu1 ok")
    require("CPU_OFF calls", ids.get(CPU_OFF, 0), 3 * (cpus - 1))
    require("SMCCC_VERSION calls", ids.get(SMCCC_VERSION), 1)
    require("SYSTEM_OFF calls", ids.get(SYSTEM_OFF), 1)


def run(options):
    arch = ARCHES[options.arch]
    with tempfile.TemporaryDirectory() as folder:
        trace = os.path.join(folder, "trace")
        words = command(options, arch, trace)
        print("+ " + " ".join(words), flush=True)
        guest = options.process = Guest(words, options.limit)
        guest.expect(r"MONITOR: starts")
        found = guest.expect(r"EL4-TEST: (all ok|fail [^\r\n]*)", r"MONITOR: panic[^\r\n]*",
                             run_boot.TROUBLE)
        if found.group(0) != "EL4-TEST: all ok":
            raise Failure(found.group(0))
        if options.reboot:
            guest.expect(r"MONITOR: smc 0x84000009 count=1\b")
            guest.expect(r"MONITOR: reset")
            guest.expect(r"MONITOR: starts")
            guest.expect(r"Booting Linux on physical CPU 0x0")
            return
        guest.expect(r"MONITOR: off")
        run_boot.finish(guest)
        check_linux(options, guest, compare(guest.text(), Account(trace), arch["cpus"]))


def parse():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--arch", choices=sorted(ARCHES), required=True)
    parser.add_argument("--elf", required=True)
    parser.add_argument("--el4", default=os.path.join(SOURCE, "build/cli/el4"))
    parser.add_argument("--guests", default=os.path.join(SOURCE, "build/guests"))
    parser.add_argument("--gic", type=int, choices=(2, 3), default=2)
    parser.add_argument("--aarch32-only", action="store_true")
    parser.add_argument("--no-el2", action="store_true")
    parser.add_argument("--cpu")
    parser.add_argument("--reboot", action="store_true", help="SYSTEM_RESET instead")
    parser.add_argument("--clock", choices=("real", "virtual"), default="real")
    parser.add_argument("--limit", type=int, default=280, metavar="SECONDS")
    options = parser.parse_args()
    options.guests = os.environ.get("EL4_GUESTS") or options.guests
    options.process = None
    return options


def main():
    options = parse()
    image = os.path.join(options.guests, ARCHES[options.arch]["guest"], "initramfs-test.cpio.gz")
    if not os.path.exists(image):
        print("no guest %s; './dev guests' fetches them" % image)
        return 1 if os.environ.get("CI") == "true" else 77
    try:
        run(options)
    except Failure as failure:
        print("\n== FAILED: %s" % failure)
        return 1
    finally:
        if options.process:
            options.process.close()
    print("== passed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
