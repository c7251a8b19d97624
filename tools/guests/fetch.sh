#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Fetches the guests that `./dev run` and the Linux tests boot: Debian 12's current arm64 and
# armhf kernels, its static busyboxes and U-Boots. They come from Debian's packages with apt's own
# signature and hash checks, but with lists, cache and configuration of our own below the
# guests folder, so that nothing of the user's system changes (no foreign architecture is
# added, nothing is installed) and an ordinary user can do it.
#
# Usage: fetch.sh [--update] [FOLDER]     (FOLDER: $EL4_GUESTS, or build/guests)
#   --update   ask Debian again, even if the guests are there
# Environment: EL4_DEBIAN_MIRROR=http://...  a mirror of the Debian archive to use alone
#
# Result: FOLDER/arm64/{vmlinuz,config,version,busybox,u-boot.bin,modules/}
#         FOLDER/{armmp,armmp-lpae}/{vmlinuz,config,version,busybox,u-boot.bin,modules/,dtbs/}
set -eu

suite=bookworm
# Raise this when the set of files below changes: it makes old caches stale.
recipe=4
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# What of a kernel package's modules is worth keeping; the whole tree is over 300 MB.
arm64_modules='drivers/virtio drivers/block/virtio_blk.ko drivers/net/virtio_net.ko
    drivers/net/net_failover.ko net/core/failover.ko net/9p fs/9p fs/netfs fs/fscache
    drivers/char/hw_random drivers/tee fs/ext4 fs/jbd2 fs/mbcache.ko lib crypto'
armhf_modules="$arm64_modules
    drivers/net/ethernet/freescale drivers/net/phy drivers/net/mdio net/core/selftests.ko drivers/mmc drivers/watchdog drivers/rtc
    drivers/dma drivers/gpio drivers/spi drivers/char/ipmi drivers/ata drivers/scsi"
armhf_dtbs='highbank.dtb ecx-2000.dtb imx6ul-14x14-evk.dtb vexpress-v2p-ca15-tc1.dtb'

say() { printf 'guests: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

update=no
if [ "${1:-}" = --update ]; then
    update=yes
    shift
fi
guests=${1:-${EL4_GUESTS:-${EL4_BUILD:-build}/guests}}
stamp=$guests/stamp

have_guests() {
    [ "$update" = no ] && [ "$(head -n 1 "$stamp" 2>/dev/null)" = "recipe $recipe" ]
}

have_guests && exit 0

for tool in apt-get apt-cache apt-config dpkg-deb tar flock; do
    command -v "$tool" >/dev/null 2>&1 ||
        die "'$tool' is missing: guests are fetched with Debian's own apt and dpkg." \
            "Fetch them on a Debian machine and copy its $guests here."
done
[ -r "$keyring" ] || die "$keyring is missing (package debian-archive-keyring)"

mkdir -p "$guests"
guests=$(cd "$guests" && pwd)
stamp=$guests/stamp
exec 9>"$guests/lock"
flock 9
# Somebody else may have fetched them while this process waited.
have_guests && exit 0

apt=$guests/apt
mkdir -p "$apt/state/lists/partial" "$apt/cache/archives/partial" "$guests/debs"
: >"$apt/state/status"

# The user's own Debian mirror when one is configured, else Debian's.
write_sources() {
    main=${EL4_DEBIAN_MIRROR:-}
    security=
    if [ -z "$main" ]; then
        # shellcheck disable=SC2016 # $(SITE) and friends are apt's
        targets=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' \
            'Created-By: Packages' 2>/dev/null || :)
        main=$(printf '%s\n' "$targets" |
            sed -n "s|^\([a-z]*://.*/debian\)/* $suite main\$|\1|p" | head -n 1)
        security=$(printf '%s\n' "$targets" |
            sed -n "s|^\([a-z]*://.*/debian-security\)/* $suite-security main\$|\1|p" |
            head -n 1)
        : "${main:=http://deb.debian.org/debian}"
        : "${security:=http://deb.debian.org/debian-security}"
    fi
    echo "deb [signed-by=$keyring] $main $suite main"
    echo "deb [signed-by=$keyring] $main $suite-updates main"
    # One line each: a mirror in the middle of a sync may have one and not the other.
    for architecture in $security_architectures; do
        [ -z "$security" ] ||
            echo "deb [arch=$architecture signed-by=$keyring] $security $suite-security main"
    done
}

# Without the security updates of an architecture if they cannot be had: older guests are
# better than none.
update_lists() {
    for security_architectures in 'arm64 armhf' 'arm64' 'armhf' ''; do
        write_sources >"$apt/sources.list"
        APT_CONFIG=$apt/apt.conf apt-get -q update >"$apt/log" 2>&1 && return 0
    done
    return 1
}

# Of the system's apt configuration only how to reach the network is taken over: its hooks
# would touch the system.
write_conf() {
    apt-config dump | grep -E '^Acquire::(http|https|Retries|Check-|ForceIPv)' || :
    cat <<END
Dir::Etc::Main "/dev/null";
Dir::Etc::Parts "/dev/null";
Dir::Etc::SourceList "$apt/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "/dev/null";
Dir::State "$apt/state";
Dir::State::status "$apt/state/status";
Dir::Cache "$apt/cache";
APT::Architecture "arm64";
APT::Architectures { "arm64"; "armhf"; };
APT::Sandbox::User "$(id -un)";
APT::Update::Error-Mode "any";
Acquire::Languages "none";
Acquire::Retries "2";
Acquire::http::Timeout "30";
Acquire::https::Timeout "30";
END
}

write_conf >"$apt/apt.conf"
offline() {
    sed 's/^/    /' "$apt/log" >&2
    die "cannot get '$1' from Debian's mirror ($(awk 'NR == 1 { print $3 }' "$apt/sources.list"))." \
        "The guests are needed for './dev run' and for the 'linux' tests;" \
        "run the same command again when the machine is online."
}

say "fetching Debian 12's arm64 and armhf kernels, busybox and U-Boot (about 180 MB, once)"
update_lists || offline "the package lists"
[ "$security_architectures" = 'arm64 armhf' ] ||
    say "some of Debian's security updates cannot be had now: guests may be older than current"

APT_CONFIG=$apt/apt.conf
export APT_CONFIG

new=$guests/new
rm -rf "$new"
mkdir -p "$new/unpack"
echo "recipe $recipe" >"$new/stamp"

# fetch PACKAGE:ARCHITECTURE: its file's name in $deb
fetch() {
    name=${1%:*}
    rm -f "$guests/debs/${name}"_*.deb # of the other architecture
    (cd "$guests/debs" && apt-get -q download "$1" >"$apt/log" 2>&1) || offline "$1"
    deb=$(find "$guests/debs" -name "${name}_*.deb" | head -n 1)
    [ -n "$deb" ] || die "apt-get download $1 left no file"
    basename "$deb" >>"$new/stamp"
}

# fetch_kernel META_PACKAGE:ARCHITECTURE FOLDER MODULES: the kernel that is current
fetch_kernel() {
    # The meta package is empty; it depends on the kernel that is current.
    kernel_package=$(apt-cache show --no-all-versions "$1" 2>"$apt/log" |
        sed -n 's/^Depends: *\(linux-image-[^ ,]*\).*/\1/p')
    [ -n "$kernel_package" ] || offline "$1"
    fetch "$kernel_package:${1#*:}"
    release=${kernel_package#linux-image-}
    dpkg-deb --fsys-tarfile "$deb" >"$new/kernel.tar"
    tar -tf "$new/kernel.tar" >"$new/kernel.list"
    paths=
    for path in $3; do
        # Not every kernel has every one as a module; tar fails on a name that isn't there.
        case $path in
        *.ko) pattern="/lib/modules/$release/kernel/$path\$" ;;
        *) pattern="/lib/modules/$release/kernel/$path/\$" ;;
        esac
        if grep -q "$pattern" "$new/kernel.list"; then
            paths="$paths ./lib/modules/$release/kernel/$path"
        fi
    done
    for dtb in $armhf_dtbs; do
        [ "${1#*:}" = arm64 ] || paths="$paths ./usr/lib/linux-image-$release/$dtb"
    done
    mkdir -p "$2"
    # shellcheck disable=SC2086 # a list of words
    tar -C "$new/unpack" -xf "$new/kernel.tar" ./boot \
        "./lib/modules/$release/modules.builtin" $paths
    rm "$new/kernel.tar" "$new/kernel.list"
    mv "$new/unpack/boot/vmlinuz-$release" "$2/vmlinuz"
    mv "$new/unpack/boot/config-$release" "$2/config"
    mv "$new/unpack/lib/modules/$release" "$2/modules"
    if [ -d "$new/unpack/usr/lib/linux-image-$release" ]; then
        mv "$new/unpack/usr/lib/linux-image-$release" "$2/dtbs"
    fi
    echo "$release" >"$2/version"
    rm -rf "$new/unpack"
    mkdir "$new/unpack"
}

# give ARCHITECTURE's busybox and U-Boot to FOLDER...
give() {
    architecture=$1
    uboot=$2
    shift 2
    fetch "busybox-static:$architecture"
    dpkg-deb -x "$deb" "$new/unpack"
    fetch u-boot-qemu:all
    dpkg-deb -x "$deb" "$new/unpack"
    for folder in "$@"; do
        cp "$new/unpack/bin/busybox" "$folder/busybox"
        cp "$new/unpack/usr/lib/u-boot/$uboot/u-boot.bin" "$folder/u-boot.bin"
    done
    rm -rf "$new/unpack"
    mkdir "$new/unpack"
}

fetch_kernel linux-image-arm64:arm64 "$new/arm64" "$arm64_modules"
fetch_kernel linux-image-armmp:armhf "$new/armmp" "$armhf_modules"
fetch_kernel linux-image-armmp-lpae:armhf "$new/armmp-lpae" "$armhf_modules"
give arm64 qemu_arm64 "$new/arm64"
give armhf qemu_arm "$new/armmp" "$new/armmp-lpae"

rm -rf "$new/unpack"
for folder in arm64 armmp armmp-lpae; do
    rm -rf "${guests:?}/$folder"
    mv "$new/$folder" "$guests/"
done
mv "$new/stamp" "$stamp"
# What was unpacked is the cache; the packages would only double it.
rm -rf "$guests/debs" "$apt" "$new"
say "Linux $(cat "$guests/arm64/version"), $(cat "$guests/armmp/version") and" \
    "$(cat "$guests/armmp-lpae/version") are in $guests"
