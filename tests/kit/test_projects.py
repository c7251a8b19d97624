#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The examples and what `el4 new` writes: built, loaded and run with an installed el4, as a
vendor would who has nothing else."""
import os
import shutil
import sys

from kit import Failure, main, must

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "linux"))
from guest import Failure as GuestFailure, Guest  # noqa: E402 (found by the line above)

PROMPT = r"guest:[^\n]*# "

# folder: (plugin, most lines)
EXAMPLES = {
    "board": ("pocket", 150),
    "device": ("pulse", 100),
    "service": ("board-id", 60),
    "psci": ("rail-psci", None),
}


def copy_example(kit, name):
    folder = kit.folder(name)
    shutil.copytree(os.path.join(kit.share, "examples", name), folder)
    return folder


def check_lines(folder, plugin, most):
    with open(os.path.join(folder, plugin + ".c")) as file:
        lines = len(file.readlines())
    print("%-10s %d lines%s" % (plugin, lines, ", less than %d" % most if most else ""))
    must(not most or lines < most, "%s.c has %d lines, not less than %s" % (plugin, lines, most))


def example(name):
    def case(kit):
        plugin, most = EXAMPLES[name]
        folder = copy_example(kit, name)
        check_lines(folder, plugin, most)
        must(os.path.getsize(os.path.join(folder, "README.md")) > 1000, "its README teaches nothing")
        kit.build_project(folder, plugin)
        if os.path.exists(os.path.join(folder, "Makefile")):
            kit.run(["rm", "-r", "build"], cwd=folder)
            kit.run(["make", "check"], cwd=folder)
            print("%-10s made in %.1f s" % (plugin, kit.seconds))
            kit.check_plugin(folder, plugin)
            kit.run(["make", "install"], cwd=folder)
            kit.run(["make", "clean"], cwd=folder)
        else:
            kit.run(["meson", "install", "-C", "build"], cwd=folder)
        # Installed, it needs no path any more.
        installed = os.path.join(kit.libs, "el4", "plugins", plugin + ".so")
        must(installed in kit.run(["el4", "plugins"]), "it was not installed to " + installed)
    return case


def new(kind):
    def case(kit):
        said = kit.run(["el4", "new", kind, "my-" + kind])
        must("cd my-%s\n" % kind in said, "it does not say how to go on:\n" + said)
        kit.build_project(kit.folder("my-" + kind), "my-" + kind)
        # A name that C and the shell would take for something else, in another folder.
        kit.run(["el4", "new", kind, "int", "other folder"])
        kit.build_project(kit.folder("other folder"), "int")
    return case


def guests_of(kit):
    return os.path.join(os.environ.get("EL4_GUESTS")
                        or os.path.join(kit.options.build, "guests"), "arm64")


def check_itself(linux):
    """The test image goes through its own checks and switches the machine off."""
    linux.expect("EL4-TEST: all ok")
    for text in ("EL4-TEST: cpus 2", "EL4-TEST: hotplug cpu1 ok", "psci: CPU1 killed",
                 "psci: PSCIv1.3 detected"):
        must(text in linux.text(), "the guest never said '%s'" % text)


def use_power(linux):
    """CPU 1 goes off and on again by the vendor's PSCI, and sleeps in its own power state."""
    online = "/sys/devices/system/cpu/cpu1/online"
    states = "/sys/devices/system/cpu/cpu1/cpuidle/state3"
    for command, answer in (
            ("nproc", r"\n2\r*\n"),
            ("echo 0 > " + online, "psci: CPU1 killed"),
            ("echo 1 > " + online, "CPU1: Booted secondary processor"),
            ("sleep 3; cat %s/name" % states, "rail-sag"),
            ("cat %s/usage" % states, r"\n[1-9][0-9]*\r*\n"),
            ("cat %s/rejected" % states, r"\n0\r*\n")):
        linux.expect(PROMPT)
        linux.send(command + "\n")
        linux.expect(answer)
    must("psci: PSCIv1.0 detected" in linux.text(), "Linux found another PSCI")
    linux.expect(PROMPT)
    linux.send("poweroff\n")
    linux.expect("reboot: Power down")


# What Linux says of each implementation of PSCI, and what it does not: docs/swap-psci.md.
CONVENTION, OS_INITIATED = "psci: SMC Calling Convention v1.2", "psci: OSI mode supported."
SOC_ID, SPECTRE = "SMCCC: SOC_ID:", "CPU features: detected: Spectre-v2"
IMPLEMENTATIONS = {
    "psci": (["psci: PSCIv1.3 detected", CONVENTION, OS_INITIATED, SOC_ID], [SPECTRE]),
    "rail-psci": (["psci: PSCIv1.0 detected", CONVENTION, SOC_ID], [OS_INITIATED, SPECTRE]),
    "psci-minimal": (["psci: PSCIv0.2 detected", SPECTRE], [CONVENTION, OS_INITIATED, SOC_ID]),
}


def lacks_guests(kit, image):
    if os.path.exists(os.path.join(guests_of(kit), image)):
        return 0
    print("no guests in %s; './dev guests' fetches them" % guests_of(kit))
    return 1 if os.environ.get("CI") == "true" else 77


def run_linux(kit, machine, image, append, act):
    """Debian's kernel, unmodified, on two CPUs of an installed el4's machine."""
    guests = guests_of(kit)
    settings = ["%s=%s" % pair for pair in kit.environment().items()]
    linux = Guest(["env", "-i"] + settings + ["el4", "run"] + machine + [
        "-smp", "2", "-kernel", os.path.join(guests, "vmlinuz"),
        "-initrd", os.path.join(guests, image), "-append", "console=ttyAMA0 " + append], 200)
    try:
        act(linux)
        linux.finish()
    except GuestFailure as failure:
        raise Failure(str(failure)) from failure
    finally:
        linux.close()
    print("\n== Linux came and went in %.1f s" % linux.elapsed())


def build_example(kit, name):
    folder = copy_example(kit, name)
    kit.run(["meson", "setup", "build"], cwd=folder)
    kit.run(["ninja", "-C", "build"], cwd=folder)
    return folder


def linux_case(name, image, append, act):
    """Linux with an example's plugin."""
    def case(kit):
        if lacks_guests(kit, image):
            return lacks_guests(kit, image)
        folder = build_example(kit, name)
        run_linux(kit, [os.path.join(folder, EXAMPLES[name][0] + ".ini")], image, append, act)
        return 0
    return case


def three_psci(kit):
    """One machine, one kernel, one setting: el4's PSCI, a vendor's, and a minimal one."""
    image = "initramfs-test.cpio.gz"
    if lacks_guests(kit, image):
        return lacks_guests(kit, image)
    kit.run(["meson", "install", "-C", "build"], cwd=build_example(kit, "psci"))
    for name, (said, unsaid) in IMPLEMENTATIONS.items():
        def look(linux, name=name, said=said, unsaid=unsaid):
            linux.expect("EL4-TEST: all ok")
            for text in ["EL4-TEST: cpus 2", "EL4-TEST: hotplug cpu1 ok"] + said:
                must(text in linux.text(), "with %s Linux never said '%s'" % (name, text))
            for text in unsaid:
                must(text not in linux.text(), "with %s Linux said '%s'" % (name, text))
        run_linux(kit, [os.path.join(kit.share, "config", "virt.ini"), "-s",
                        "service psci.plugin=" + name], image, "el4.test=boot,hotplug", look)
    return 0


def matrix_guests(kit):
    """The installed matrices, with guests that are built from the installed sources."""
    folder = copy_example(kit, "guests")
    must("warning" not in kit.run(["make"], cwd=folder), "the guests' build warns")
    for name, rule in (("smc-policy", "board=virt|imx6ul-evk el3=guest chain=psci-smc"),
                       ("psci-conformance", "board=virt-2|highbank-4 part=cpus version=1.3")):
        summary = kit.run([
            "el4", "matrix", "run", os.path.join(kit.share, "config", "matrix", name + ".ini"),
            "-D", "guests=" + os.path.join(folder, "build"), "-w", rule, "--quiet",
            "--results", kit.folder(name)])
        print("%s: %s" % (name, summary.strip()))


CASES = {"example-" + name: example(name) for name in EXAMPLES}
CASES.update(("new-" + kind, new(kind)) for kind in ("board", "device", "service"))
CASES["linux-board"] = linux_case("board", "initramfs-test.cpio.gz", "el4.test=boot,hotplug",
                                  check_itself)
CASES["linux-three-psci"] = three_psci
CASES["matrix-guests"] = matrix_guests
CASES["linux-psci"] = linux_case("psci", "initramfs.cpio.gz", "", use_power)

if __name__ == "__main__":
    sys.exit(main(CASES))
