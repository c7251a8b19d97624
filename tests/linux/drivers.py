# SPDX-License-Identifier: MIT
"""What the case 'drivers' of run-boot.py expects of each 32-bit board: the modules' list in the
test image, the devices that must have a driver, and what the kernel may complain of, each with
the reason why a real board's kernel does so, too, or why ours must."""
import re

from guest import Failure

EVERYWHERE = [
    (r"armv7-pmu \S+: hw perfevents: no interrupt-affinity property, guessing",
     "the device tree has none"),
    (r"hrtimer: interrupt took \d+ ns", "the host gave el4 no time to run in"),
]
CORTEX_A15 = [
    (r"CPU\d: Spectre v2: firmware did not set auxiliary control register IBE bit",
     "no firmware runs before the kernel"),
    (r"/cpus/cpu@\d missing clock-frequency property", "the device tree has none"),
]
CALXEDA = [
    (r"highbank-ahci \S+: failed to get GPIO \d",
     "the device tree disables the GPIOs; the real firmware enables them in it"),
]
CALXEDA_BOUND = [
    ("fff20000.ipc", "pl320"), ("fff35000.rtc", "rtc-pl031"), ("fff36000.serial", "uart-pl011"),
    ("fff3d000.dma", "dma-pl330"), ("ffe08000.sata", "highbank-ahci"), ("soc:pmu", "armv7-pmu"),
]
IMX6UL = [
    (r"imx-sdma \S+: .*sdma-imx6q\.bin|firmware_class: See https",
     "the image has no firmware file for the SDMA"),
    (r"syscon-poweroff.*(already claimed for psci_sys_poweroff|failed with error -16)",
     "PSCI, which el4 answers, came first"),
]
IMX6UL_BOUND = [
    ("1804000.dma-controller", "mxs-dma"),
    ("20b4000.ethernet", "fec"), ("2188000.ethernet", "fec"),
    ("20b4000.ethernet-1:01", "Micrel KSZ8081 or KSZ8091"),
    ("20b4000.ethernet-1:02", "Micrel KSZ8081 or KSZ8091"),
    ("2020000.serial", "imx-uart"), ("21e8000.serial", "imx-uart"),
    ("209c000.gpio", "gpio-mxc"), ("20a0000.gpio", "gpio-mxc"), ("20a4000.gpio", "gpio-mxc"),
    ("20a8000.gpio", "gpio-mxc"), ("20ac000.gpio", "gpio-mxc"),
    ("20bc000.watchdog", "imx2-wdt"), ("20cc000.snvs:snvs-rtc-lp", "snvs_rtc"),
    ("20d8000.reset-controller", "imx-src"), ("20dc000.gpc", "imx-gpc"),
    ("20e0000.pinctrl", "imx6ul-pinctrl"),
    ("2190000.mmc", "sdhci-esdhc-imx"), ("2194000.mmc", "sdhci-esdhc-imx"), ("pmu", "armv7-pmu"),
]
VEXPRESS = CORTEX_A15 + [
    (r"simple-pm-bus \S+: Failed to create device link \(0x180\) with dcc:oscclk6",
     "in the device tree the bus and its clock need each other"),
]
VEXPRESS_BOUND = [
    ("1c090000.serial", "uart-pl011"), ("1c0a0000.serial", "uart-pl011"),
    ("1c0b0000.serial", "uart-pl011"), ("1c0c0000.serial", "uart-pl011"),
    ("1c0f0000.watchdog", "sp805-wdt"), ("1c170000.rtc", "rtc-pl031"),
    ("7ffb0000.dma", "dma-pl330"), ("1c010000.sysreg", "vexpress-sysreg"),
    ("vexpress-syscfg.3.auto", "vexpress-syscfg"), ("pmu", "armv7-pmu"),
] + [("dcc:oscclk%d" % clock, "vexpress-osc") for clock in (0, 4, 5, 6, 7, 8)]

# board: (modules, devices and their drivers, complaints and why)
BOARDS = {
    "highbank": ("calxeda", CALXEDA_BOUND, CALXEDA),
    "midway": ("calxeda", CALXEDA_BOUND, CALXEDA + CORTEX_A15),
    "imx6ul-evk": ("imx6ul", IMX6UL_BOUND, IMX6UL),
    "vexpress-a15": ("vexpress", VEXPRESS_BOUND, VEXPRESS),
}


def judge(board, console):
    """Raise Failure if a driver is missing, or the kernel complained of something new."""
    _, wanted, allowed = BOARDS[board]
    bound = re.findall(r"EL4-TEST: bound (\S+) to ([^\r\n]+)", console)
    for device, driver in wanted:
        if (device, driver) not in bound:
            raise Failure("%s has no driver %s" % (device, driver))
    said = re.findall(r"EL4-TEST: said <\d>\[[ \d.]+\] ([^\r\n]*)", console)
    for line in said:
        if not any(re.search(pattern, line) for pattern, _ in EVERYWHERE + allowed):
            raise Failure("the kernel complained: " + line)
    if not re.search(r"EL4-TEST: clock \S+ \S+ is 1\d{9} after 1970", console):
        raise Failure("no clock tells the time")
    print("== %d drivers, %d known complaints" % (len(bound), len(said)))
