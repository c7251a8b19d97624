#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Makes the initial file systems from what fetch.sh fetched and from tests/linux/initramfs/: one
# with a shell for a person, one that checks itself and powers off, and for the 32-bit boards
# another such one that has the drivers of their devices.
# Does nothing when they are newer than their sources. Needs no root.
#
# Usage: initramfs.sh [FOLDER]     (FOLDER: $EL4_GUESTS, or build/guests)
# Result: initramfs.cpio.gz, initramfs-test.cpio.gz in FOLDER/{arm64,armmp,armmp-lpae},
#         initramfs-drivers.cpio.gz in FOLDER/{armmp,armmp-lpae}
set -eu

tools=$(cd "$(dirname "$0")" && pwd)
sources=$(cd "$tools/../../tests/linux/initramfs" && pwd)
all_guests=${1:-${EL4_GUESTS:-${EL4_BUILD:-build}/guests}}

# The test image links only these; the other one links all when it starts.
test_applets='sh mount umount cat echo dd sha256sum sync nproc uname basename tr wc insmod
    taskset ip udhcpc wget poweroff reboot dmesg grep sleep readlink
    cmp'

fresh() {
    [ -f "$1" ] && [ -z "$(find "$tools" "$sources" "$all_guests/stamp" -newer "$1" -type f)" ]
}

if [ ! -f "$all_guests/stamp" ]; then
    echo "initramfs: $all_guests has no guests; run tools/guests/fetch.sh first" >&2
    exit 1
fi
work=$(mktemp -d "$all_guests/initramfs.XXXXXX")
trap 'rm -rf "$work"' EXIT

# One list for each feature; a module that several need is in the archive once.
module_list() {
    feature=$1
    shift
    python3 "$tools/modlist.py" "$guests/modules" "$@" >"$work/paths"
    cat "$work/paths" >>"$work/all"
    sed 's|.*/||' "$work/paths" >"$work/$feature.list"
    echo "file /lib/modules/$feature.list 644 $work/$feature.list"
}

modules() {
    : >"$work/all"
    module_list virtio_mmio virtio_mmio
    module_list disk virtio_blk ext4
    module_list net virtio_net
    module_list rng virtio-rng
    module_list trng arm_smccc_trng
    # Guests of an older recipe, and the 32-bit kernels, have none.
    if [ -d "$guests/modules/kernel/drivers/tee" ]; then
        module_list optee optee
    fi
    copied_modules
}

# What a distribution would load on the boards, as far as fetch.sh keeps it.
driver_modules() {
    : >"$work/all"
    module_list calxeda spi-pl022 sata_highbank
    module_list imx6ul gpio-mxc imx2_wdt micrel fec sdhci-esdhc-imx
    module_list vexpress sp805_wdt armmmci pata_of_platform
    module_list disk ext4
    module_list net micrel fec
    copied_modules
}

copied_modules() {
    sort -u "$work/all" | while read -r path; do
        echo "file /lib/modules/${path##*/} 644 $path"
    done
}

common() {
    for folder in dev proc sys etc bin lib lib/modules mnt root tmp; do
        echo "dir /$folder 755"
    done
    cat <<END
char /dev/console 600 5 1
file /bin/busybox 755 $guests/busybox
file /bin/load 755 $sources/load
file /etc/udhcpc 755 $sources/udhcpc
END
    cat "$work/modules"
}

links() {
    for applet in "$@"; do
        echo "link /bin/$applet busybox"
    done
}

make_images() {
    modules >"$work/modules"
    {
        common
        links sh init
        cat <<END
link /init bin/busybox
file /etc/inittab 644 $sources/inittab
file /etc/profile 644 $sources/profile
file /etc/rcS 755 $sources/rcS
END
    } | python3 "$tools/mkcpio.py" "$shell_image"
    make_test_image "$test_image"
    if [ "$guest" != arm64 ]; then
        driver_modules >"$work/modules"
        make_test_image "$drivers_image"
    fi
}

make_test_image() {
    {
        common
        # shellcheck disable=SC2086 # a list of words
        links $test_applets
        echo "file /init 755 $sources/init-test"
        if [ "$guest" = arm64 ]; then
            echo "file /bin/busybox-armhf 755 $all_guests/armmp/busybox"
            echo "file /etc/programs 755 $sources/programs"
        fi
    } | python3 "$tools/mkcpio.py" "$1"
}

for guest in arm64 armmp armmp-lpae; do
    guests=$all_guests/$guest
    shell_image=$guests/initramfs.cpio.gz
    test_image=$guests/initramfs-test.cpio.gz
    drivers_image=$guests/initramfs-drivers.cpio.gz
    last_image=$test_image
    [ "$guest" = arm64 ] || last_image=$drivers_image
    if [ -d "$guests" ] && ! { fresh "$shell_image" && fresh "$test_image" && fresh "$last_image"; }; then
        make_images
    fi
done
