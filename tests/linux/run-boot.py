#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Boot real guests (Debian's kernels, U-Boot) in el4 and check what they say.

usage: run-boot.py [--el4 PROGRAM | --qemu] [options] CASE

CASE:
  arm     32-bit Linux on --board with its own device tree; hotplug where there is PSCI;
          power-off, or --reboot
  armhf   32-bit programs on 64-bit Linux: Debian's armhf busybox beside the arm64 one
  boot    Linux with --cpus, --gic, --el2, --el3, --cpu, --clock; hotplug of every secondary,
          power-off
  drivers 32-bit Linux on --board loads the drivers of the board's devices without complaint
  disk    Linux writes to an ext4 disk (virtio, or on --board imx6ul-evk an SD card), checked
          by the host's e2fsck and by sum
  net     Linux gets an address by DHCP and a file by HTTP over user networking (virtio, or
          the port of --board imx6ul-evk)
  optee   Linux' driver finds the service optee, and refuses to work with it
  rng     Linux reads a virtio entropy device
  scmi    Linux finds the service scmi, and its clocks
  sdei    Linux finds the service sdei, and takes its CPUs off and on with it
  shell   what a person does after `./dev run`: nproc, CPU 1 off and on, reboot, poweroff
  soc     Linux knows the SoC by SOC_ID, and KVM's PTP clock by the service vendor-hyp
  steal   Linux counts the time that the service pv-time says is stolen
  trng    Linux's random numbers from the service trng
  uboot   U-Boot's prompt, two commands, poweroff

With --qemu the same runs on qemu-system-aarch64: a check of this script and of the guests.
Exit status: 0 passed, 1 failed, 77 skipped (no guests; a failure where CI=true).
"""
import argparse
import hashlib
import http.server
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading

import drivers
from guest import Failure, Guest

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# Ends el4: Ctrl-A X.
QUIT = "\x01x"
PROMPT = r"guest:[^\n]*# "
# What a healthy kernel never says.
TROUBLE = (r"Kernel panic|Oops|Internal error|BUG:|WARNING:|Call trace|Bad mode|[Uu]nexpected|"
           r"Unable to handle kernel|unhandled|GICv3:[^\n]*timeout|clocksource:[^\n]*unstable")
# Nor does it say this, unless the host gave the emulator no time to run in.
STALL = r"rcu[^\n]*(stall|starved)|soft lockup|hung task|blocked for more than"


class Skipped(Exception):
    """The guests at hand lack what the test needs."""


def el4_command(options, arguments):
    board = ([os.path.join(SOURCE, "config", options.config)] if options.config
             else ["-s", "board.gic=%d" % options.gic])
    command = [options.el4, "run", *board, "-smp", str(options.cpus), "-clock", options.clock,
               "-s", "machine.el2=%s" % str(options.el2).lower(),
               "-s", "machine.el3=%s" % options.el3]
    if options.cpu:
        command += ["-cpu", options.cpu]
    for setting in options.setting:
        command += ["-s", setting]
    # A little before this script's own limit, so that el4 can say where it was.
    return command + ["--timeout", str(max(options.limit - 10, 10))] + arguments


def qemu_command(options, arguments):
    machine = "virt,gic-version=%d,virtualization=%s,secure=%s" % (
        options.gic, "on" if options.el2 else "off", "on" if options.el3 != "none" else "off")
    command = ["qemu-system-aarch64", "-M", machine, "-cpu", options.cpu or "cortex-a57", "-m", "512",
               "-smp", str(options.cpus), "-display", "none", "-serial", "stdio",
               "-monitor", "none", "-nic", "none"]
    words = iter(arguments)
    for word in words:
        if word == "-drive":
            command += ["-drive", "if=none,id=disk," + next(words),
                        "-device", "virtio-blk-device,drive=disk"]
        elif word == "-netdev":
            command += ["-netdev", "user,id=net", "-device", "virtio-net-device,netdev=net"]
            next(words)
        else:
            command.append(word)
    return command


def start(options, arguments):
    command = (qemu_command if options.qemu else el4_command)(options, arguments)
    print("+ " + " ".join(command), flush=True)
    options.guest = Guest(command, options.limit)
    return options.guest


def linux(options, image, append=""):
    folder = os.path.join(options.guests, "arm64")
    return ["-kernel", os.path.join(folder, "vmlinuz"),
            "-initrd", os.path.join(folder, image),
            "-append", ("console=ttyAMA0 " + append).strip()]


def finish(guest):
    cpu_seconds, peak_mb = guest.finish()
    print("\n== %.1f s, %.1f CPU s, %d MB at most" % (guest.elapsed(), cpu_seconds, peak_mb))


def run_checks(options, checks, extra=(), append=""):
    """Boot the test image and let it make the checks; returns the guest, which has ended."""
    return check_itself(start(options, linux(options, "initramfs-test.cpio.gz",
                                             "el4.test=" + checks + append) + list(extra)))


def expect_all_ok(guest):
    found = guest.expect(r"EL4-TEST: (all ok|fail [^\r\n]*)", TROUBLE)
    if found.group(0) != "EL4-TEST: all ok":
        raise Failure(found.group(0))


def check_itself(guest, reboots=False):
    """The guest checks itself and ends; reboots: it starts again once, and does it again."""
    print("\n== first output after %.1f s" % (guest.expect(r"\S") and guest.elapsed()))
    expect_all_ok(guest)
    if reboots:
        guest.expect(r"reboot: Restarting system")
        expect_all_ok(guest)
        guest.expect(r"reboot: Restarting system")
        guest.send(QUIT)
    finish(guest)
    must_be_content(guest)
    return guest


def must_be_content(guest):
    overloaded = os.getloadavg()[0] > os.cpu_count()
    trouble = re.search(TROUBLE if overloaded else TROUBLE + "|" + STALL, guest.text())
    if trouble:
        line = re.search(r"[^\n]*" + re.escape(trouble.group(0)) + r"[^\n\r]*", guest.text())
        raise Failure("the kernel complained: " + line.group(0))


def must_say(guest, pattern):
    if not re.search(pattern, guest.text()):
        raise Failure("the console never said %r" % pattern)


def case_boot(options):
    guest = run_checks(options, "boot,hotplug")
    level = 2 if options.el2 else 1
    must_say(guest, r"psci: PSCIv1\.\d+ detected in firmware")
    must_say(guest, r"EL4-TEST: cpus %d\b" % options.cpus)
    must_say(guest, r"CPU: All CPU\(s\) started at EL%d" % level)
    must_say(guest, r"kvm \[1\]: (Hyp|VHE) mode initialized successfully" if options.el2
             else r"kvm \[1\]: HYP mode not available")
    has_gicv3 = "GICv3: CPU0: found redistributor" in guest.text()
    if has_gicv3 != (options.gic == 3):
        raise Failure("the kernel found %s GICv3" % ("a" if has_gicv3 else "no"))
    for cpu in range(1, options.cpus):
        must_say(guest, "EL4-TEST: hotplug cpu%d ok" % cpu)
        killed = len(re.findall(r"psci: CPU%d killed" % cpu, guest.text()))
        if killed != 3:
            raise Failure("CPU %d went off %d times, not 3" % (cpu, killed))


def write_with_sum(folder, name, size):
    data = os.urandom(size)
    with open(os.path.join(folder, name), "wb") as file:
        file.write(data)
    with open(os.path.join(folder, name + ".sha256"), "w") as file:
        file.write("%s  %s\n" % (hashlib.sha256(data).hexdigest(), name))


def quiet(command):
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if result.returncode != 0:
        raise Failure("%s: %s" % (" ".join(command), result.stdout.decode("utf-8", "replace")))


def find_program(name):
    # An ordinary user's path on Debian lacks /usr/sbin.
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if not found:
        raise Failure("%s is missing (Debian package e2fsprogs)" % name)
    return found


def guest_of_board(options, checks, extra, append):
    """run_checks on virt; on another --board a 32-bit Linux with its drivers does the same."""
    if options.board == "virt":
        return run_checks(options, checks, extra, append)
    return check_itself(start_arm(
        options, "initramfs-drivers.cpio.gz", "el4.test=%s el4.drivers=%s%s" % (
            checks, drivers.BOARDS[options.board][0], append), extra))


def case_disk(options):
    with tempfile.TemporaryDirectory() as folder:
        tree, image = os.path.join(folder, "tree"), os.path.join(folder, "disk.img")
        os.mkdir(tree)
        write_with_sum(tree, "seed", 3 << 20)
        quiet([find_program("mke2fs"), "-q", "-t", "ext4", "-d", tree, image, "32M"])
        disk = "/dev/vda" if options.board == "virt" else "/dev/mmcblk0"
        guest_of_board(options, "boot,blk", ["-drive", "file=%s,format=raw" % image],
                       " el4.disk=" + disk)
        quiet([find_program("e2fsck"), "-fn", image])
        for name in "out", "out.sha256":
            quiet([find_program("debugfs"), "-R",
                   "dump /%s %s" % (name, os.path.join(folder, name)), image])
        with open(os.path.join(folder, "out"), "rb") as file:
            digest = hashlib.sha256(file.read()).hexdigest()
        with open(os.path.join(folder, "out.sha256")) as file:
            if file.read().split() != [digest, "out"]:
                raise Failure("what the guest wrote is not what the image holds")


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def case_net(options):
    with tempfile.TemporaryDirectory() as folder:
        write_with_sum(folder, "data", 2 << 20)
        server = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), lambda *args: QuietHandler(*args, directory=folder))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        # 10.0.2.2 is the host in user networking.
        guest = guest_of_board(options, "boot,net", ["-netdev", "user"],
                               " el4.url=http://10.0.2.2:%d" % server.server_port)
        server.shutdown()
    if options.board != "virt":
        must_say(guest, r"EL4-TEST: network by 2188000\.ethernet")


def case_rng(options):
    run_checks(options, "rng", ["-device", "virtio-rng-device"] if options.qemu
               else ["-s", "device virtio30.device=rng"])


def with_services(options, *names):
    """The board's default chain with these services in it."""
    return ["-s", "chain %s.services=psci, smccc-arch, %s, smccc-unknown" %
            ("smc" if options.el2 else "hvc", ", ".join(names))]


def case_trng(options):
    guest = run_checks(options, "trng", with_services(options, "trng"))
    must_say(guest, r"EL4-TEST: trng from smccc_trng")


def shell_command(guest, command, answer=None):
    guest.send(command + "\n")
    if answer:
        guest.expect(answer)
    guest.expect(PROMPT)


def case_shell(options):
    online = "/sys/devices/system/cpu/cpu1/online"
    guest = start(options, linux(options, "initramfs.cpio.gz"))
    guest.expect(PROMPT)
    shell_command(guest, "nproc", r"\n%d\r*\n" % options.cpus)
    shell_command(guest, "echo 0 > " + online, "psci: CPU1 killed")
    shell_command(guest, "nproc", r"\n%d\r*\n" % (options.cpus - 1))
    shell_command(guest, "echo 1 > " + online, "CPU1: Booted secondary processor")
    shell_command(guest, "nproc", r"\n%d\r*\n" % options.cpus)
    # Job control: Ctrl-C ends the command, not the shell. The command itself says that it runs:
    # busybox's ash loses a Ctrl-C that comes while it starts one.
    guest.send("sh -c 'echo job $((1 + 1)); exec sleep 1000'\n")
    guest.expect("job 2")
    guest.send("\x03")
    guest.expect(PROMPT)
    guest.send("reboot\n")
    guest.expect(r"reboot: Restarting system")
    guest.expect(r"Linux version ")
    guest.expect(PROMPT)
    shell_command(guest, "nproc", r"\n%d\r*\n" % options.cpus)
    guest.send("poweroff\n")
    guest.expect(r"reboot: Power down")
    finish(guest)
    must_be_content(guest)


def case_scmi(options):
    guest = start(options, linux(options, "initramfs.cpio.gz") + with_services(options, "scmi") +
                  ["-s", "service scmi.clocks=el4-uart=48000000 el4-cpu=1000000-2000000000",
                   "-s", "service scmi.power-domains=el4-gpu"])
    guest.expect(r"SCMI Protocol v2\.0 'el4:scmi'")
    guest.expect(PROMPT)
    shell_command(guest, "mount -t debugfs none /mnt && grep el4- /mnt/clk/clk_summary",
                  r"el4-cpu +0 +0 +0 +2000000000 [^\n]*\n *el4-uart +0 +0 +0 +48000000 ")
    guest.send("poweroff\n")
    finish(guest)
    must_be_content(guest)


def case_soc(options):
    guest = start(options, linux(options, "initramfs.cpio.gz") +
                  with_services(options, "vendor-hyp") +
                  ["-s", "service smccc-arch.soc-version=0x043b0001",
                   "-s", "service smccc-arch.soc-revision=5"])
    guest.expect(r"KVM: hypervisor services detected")
    guest.expect(PROMPT)
    shell_command(guest, "cat /sys/devices/soc0/soc_id", r"jep106:043b:0001")
    shell_command(guest, "cat /sys/devices/soc0/revision", r"0x00000005")
    shell_command(guest, "cat /sys/class/ptp/ptp0/clock_name", r"KVM virtual PTP")
    guest.send("poweroff\n")
    finish(guest)
    must_be_content(guest)


def case_optee(options):
    if not os.path.isdir(os.path.join(options.guests, "arm64/modules/kernel/drivers/tee")):
        raise Skipped("these guests are older than the test; './dev guests --update' fetches "
                      "the driver")
    guest = start(options, linux(options, "initramfs.cpio.gz") + with_services(options, "optee") +
                  ["-s", "service optee.os-revision=4.10"])
    guest.expect(PROMPT)
    shell_command(guest, "load optee", r"optee: revision 4\.10[^\n]*\n[^\n]*"
                  r"optee: capabilities mismatch[^\n]*\n")
    shell_command(guest, "ls -d /dev/tee* | wc -l", r"\n0\r*\n")
    guest.send("poweroff\n")
    finish(guest)
    must_be_content(guest)


def case_sdei(options):
    guest = run_checks(options, "boot,hotplug", with_services(options, "sdei"))
    must_say(guest, r"sdei: SDEIv1\.0 \(0x0\) detected in firmware")


def case_steal(options):
    guest = start(options, linux(options, "initramfs.cpio.gz") + with_services(options, "pv-time") +
                  ["-s", "service pv-time.steal=25%"])
    guest.expect("arm-pv: using stolen time PV")
    guest.expect(PROMPT)
    guest.send("sleep 2; grep 'cpu ' /proc/stat\n")
    times = [int(word) for word in guest.expect(r"\ncpu +([0-9 ]+)[\r\n]").group(1).split()]
    stolen = times[7] * 100 // sum(times)
    if not 10 <= stolen <= 40:
        raise Failure("the kernel counts %d%% as stolen, not 25%%" % stolen)
    guest.expect(PROMPT)
    guest.send("poweroff\n")
    finish(guest)
    must_be_content(guest)


# name: (configuration, guest, device tree, console, options, what the kernel must say)
HYP = r"CPU: All CPU\(s\) started in HYP mode"
ARM_BOARDS = {
    "virt": ("virt.ini", "armmp", None, "ttyAMA0", ["-cpu", "cortex-a15", "-m", "512M"],
             [r"psci: PSCIv1\.\d+ detected"]),
    "virt-lpae": ("virt.ini", "armmp-lpae", None, "ttyAMA0",
                  ["-cpu", "cortex-a15", "-m", "512M", "-s", "machine.el2=yes"], [HYP]),
    "virt-max": ("virt.ini", "armmp", None, "ttyAMA0", ["-cpu", "max", "-m", "512M"],
                 [r"psci: PSCIv1\.\d+ detected"]),
    "highbank": ("highbank.ini", "armmp", "highbank.dtb", "ttyAMA0", [],
                 [r"psci: Using PSCI v0\.1 Function IDs from DT"]),
    # Linux has the level 2 cache enabled by the service calxeda-monitor, and needs it for that only.
    "highbank-monitor": ("highbank-monitor.ini", "armmp", "highbank.dtb", "ttyAMA0", ["--calls"],
                         [r"L2C-310 cache controller enabled, 16 ways, 4096 kB",
                          r"\nsmc +0x00000102 \S+ +1 +1 +0 "]),
    "midway": ("midway.ini", "armmp-lpae", "ecx-2000.dtb", "ttyAMA0", [],
               [HYP, r"psci: Using PSCI v0\.1 Function IDs from DT"]),
    "imx6ul-evk": ("imx6ul-evk.ini", "armmp", "imx6ul-14x14-evk.dtb", "ttymxc0", [], [HYP]),
    "vexpress-a15": ("vexpress-a15.ini", "armmp", "vexpress-v2p-ca15-tc1.dtb", "ttyAMA0", [], []),
    # Without a plugin.
    "described-virt": ("boards/virt.ini", "armmp", None, "ttyAMA0",
                       ["-cpu", "cortex-a15", "-m", "512M"], [r"psci: PSCIv1\.\d+ detected"]),
    "described-vexpress-a15": ("boards/vexpress-a15.ini", "armmp", "vexpress-v2p-ca15-tc1.dtb",
                               "ttyAMA0", [], []),
}


def start_arm(options, image, append, arguments=()):
    if options.reboot:
        append += " el4.end=reboot"
    config, kernel, dtb, console, extra, _ = ARM_BOARDS[options.board]
    folder = os.path.join(options.guests, kernel)
    command = [options.el4, "run", os.path.join(SOURCE, "config", config),
               "-kernel", os.path.join(folder, "vmlinuz"),
               "-initrd", os.path.join(folder, image),
               "-append", "console=%s %s" % (console, append),
               "-smp", str(options.cpus)] + extra + list(arguments)
    if dtb:
        command += ["-dtb", os.path.join(folder, "dtbs", dtb)]
    for setting in options.setting:
        command += ["-s", setting]
    print("+ " + " ".join(command), flush=True)
    options.guest = Guest(command, options.limit)
    return options.guest


def case_arm(options):
    """A 32-bit kernel on --board, with the board's own device tree."""
    says = ARM_BOARDS[options.board][-1]
    checks = "boot,hotplug" if "psci" in "".join(says) and options.cpus > 1 else "boot"
    guest = start_arm(options, "initramfs-test.cpio.gz", "el4.test=" + checks)
    check_itself(guest, options.reboot)
    for pattern in says + [r"EL4-TEST: cpus %d\b" % options.cpus]:
        must_say(guest, pattern)
    if "hotplug" in checks:
        for cpu in range(1, options.cpus):
            must_say(guest, "EL4-TEST: hotplug cpu%d ok" % cpu)


def case_armhf(options):
    guest = run_checks(options, "boot,armhf")
    must_say(guest, r"EL4-TEST: armhf machine armv8l\b")
    # A few of what both busyboxes print, so that not both of them printed nothing.
    for line in ("8.1783681036102838 9338000 ", "1.4142135623730950488016887242096980785696",
                 "1234567890123456789: 3 3 101 3541 3607 3803 27961", "caught", "killed 143",
                 "aborted 134", "timed out 143", "ping 0", "5368709120 81a4"):
        must_say(guest, re.escape(line))
    must_say(guest, r"EL4-TEST: armhf ok")


def case_drivers(options):
    if options.board not in drivers.BOARDS:
        raise Failure("nobody has said what to expect of the board %s" % options.board)
    modules = drivers.BOARDS[options.board][0]
    guest = start_arm(options, "initramfs-drivers.cpio.gz",
                      "el4.test=boot,drivers el4.drivers=" + modules)
    check_itself(guest, options.reboot)
    must_say(guest, r"EL4-TEST: cpus %d\b" % options.cpus)
    drivers.judge(options.board, guest.text())


def case_uboot(options):
    folder = "armmp" if options.cpu in ("cortex-a15", "cortex-a7") else "arm64"
    guest = start(options, ["-bios", os.path.join(options.guests, folder, "u-boot.bin")])
    guest.expect(r"Hit any key to stop autoboot")
    guest.send(" ")
    guest.expect(r"=> ")
    guest.send("version\n")
    guest.expect(r"U-Boot 20\d\d")
    guest.expect(r"=> ")
    guest.send("poweroff\n")
    guest.expect(r"poweroff \.\.\.")
    finish(guest)


CASES = {name[5:]: case for name, case in globals().items() if name.startswith("case_")}


def parse():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case", choices=sorted(CASES))
    parser.add_argument("--el4", default="build/cli/el4", metavar="PROGRAM")
    parser.add_argument("--qemu", action="store_true")
    parser.add_argument("--guests", metavar="FOLDER", default=os.path.join(SOURCE, "build/guests"),
                        help="where they are, unless $EL4_GUESTS says it")
    parser.add_argument("--cpus", type=int, default=2)
    parser.add_argument("--gic", type=int, choices=(2, 3), default=2)
    parser.add_argument("--el2", action="store_true")
    parser.add_argument("--el3", choices=("none", "emulator"), default="none")
    parser.add_argument("--cpu", metavar="MODEL", help="instead of the board's own")
    parser.add_argument("--config", metavar="FILE",
                        help="below config/, of the cases that are for virt, instead of --gic")
    parser.add_argument("--board", choices=sorted(ARM_BOARDS), default="virt",
                        help="of the cases 'arm', 'drivers', 'disk' and 'net'")
    parser.add_argument("--reboot", action="store_true",
                        help="the cases 'arm' and 'drivers' reboot once, instead of "
                             "switching off")
    parser.add_argument("--clock", choices=("real", "virtual"), default="real")
    parser.add_argument("--limit", type=int, default=280, metavar="SECONDS")
    parser.add_argument("-s", dest="setting", action="append", default=[],
                        metavar="SECTION.KEY=VALUE", help="passed on to el4")
    options = parser.parse_args()
    options.guests = os.environ.get("EL4_GUESTS") or options.guests
    options.guest = None
    return options


def main():
    options = parse()
    if not os.path.exists(os.path.join(options.guests, "arm64", "initramfs-test.cpio.gz")):
        print("no guests in %s; './dev guests' fetches them" % options.guests)
        return 1 if os.environ.get("CI") == "true" else 77
    try:
        CASES[options.case](options)
    except Failure as failure:
        print("\n== FAILED: %s" % failure)
        return 1
    except Skipped as why:
        print("== skipped: %s" % why)
        return 1 if os.environ.get("CI") == "true" else 77
    finally:
        if options.guest:
            options.guest.close()
    print("== passed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
