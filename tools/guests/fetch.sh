#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Fetches the guests that `./dev run` and the Linux tests boot: Debian 12's current arm64
# kernel, its static busybox and U-Boot. They come from Debian's packages with apt's own
# signature and hash checks, but with lists, cache and configuration of our own below the
# guests folder, so that nothing of the user's system changes (no foreign architecture is
# added, nothing is installed) and an ordinary user can do it.
#
# Usage: fetch.sh [--update] [FOLDER]     (FOLDER: $EL4_GUESTS, or build/guests)
#   --update   ask Debian again, even if the guests are there
# Environment: EL4_DEBIAN_MIRROR=http://...  a mirror of the Debian archive to use alone
#
# Result: FOLDER/arm64/{vmlinuz,config,version,busybox,u-boot.bin,modules/}
set -eu

suite=bookworm
# Raise this when the set of files below arm64/ changes: it makes old caches stale.
recipe=1
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# What of the kernel package's modules is worth keeping; the whole tree is over 300 MB.
module_paths='drivers/virtio drivers/block/virtio_blk.ko drivers/net/virtio_net.ko
    drivers/net/net_failover.ko net/core/failover.ko net/9p fs/9p fs/netfs fs/fscache
    drivers/char/hw_random fs/ext4 fs/jbd2 fs/mbcache.ko lib crypto'

say() { printf 'guests: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

update=no
if [ "${1:-}" = --update ]; then
    update=yes
    shift
fi
guests=${1:-${EL4_GUESTS:-${EL4_BUILD:-build}/guests}}
stamp=$guests/arm64/stamp

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
stamp=$guests/arm64/stamp
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
    if [ -n "$security" ]; then
        echo "deb [signed-by=$keyring] $security $suite-security main"
    fi
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
APT::Architectures { "arm64"; };
APT::Sandbox::User "$(id -un)";
APT::Update::Error-Mode "any";
Acquire::Languages "none";
Acquire::Retries "2";
Acquire::http::Timeout "30";
Acquire::https::Timeout "30";
END
}

write_sources >"$apt/sources.list"
write_conf >"$apt/apt.conf"
APT_CONFIG=$apt/apt.conf
export APT_CONFIG

offline() {
    sed 's/^/    /' "$apt/log" >&2
    die "cannot get '$1' from Debian's mirror ($(awk 'NR == 1 { print $3 }' "$apt/sources.list"))." \
        "The guests are needed for './dev run' and for the 'linux' tests;" \
        "run the same command again when the machine is online."
}

say "fetching Debian 12's arm64 kernel, busybox and U-Boot (about 80 MB, once)"
apt-get -q update >"$apt/log" 2>&1 || offline "the package lists"

# linux-image-arm64 is empty; it depends on the kernel that is current.
kernel_package=$(apt-cache show --no-all-versions linux-image-arm64 2>"$apt/log" |
    sed -n 's/^Depends: *\(linux-image-[^ ,]*\).*/\1/p')
[ -n "$kernel_package" ] || offline linux-image-arm64


fetch() {
    rm -f "$guests/debs/${1}"_*.deb
    (cd "$guests/debs" && apt-get -q download "$1" >"$apt/log" 2>&1) || offline "$1"
    deb=$(find "$guests/debs" -name "${1}_*.deb" | head -n 1)
    [ -n "$deb" ] || die "apt-get download $1 left no file"
}

new=$guests/arm64.new
rm -rf "$new"
mkdir -p "$new/unpack"

fetch "$kernel_package"
release=${kernel_package#linux-image-}
dpkg-deb --fsys-tarfile "$deb" >"$new/kernel.tar"
paths=
for path in $module_paths; do
    # Not every kernel has every one as a module; tar fails on a name that isn't there.
    if tar -tf "$new/kernel.tar" "./lib/modules/$release/kernel/$path" >/dev/null 2>&1; then
        paths="$paths ./lib/modules/$release/kernel/$path"
    fi
done
# shellcheck disable=SC2086 # a list of words
tar -C "$new/unpack" -xf "$new/kernel.tar" ./boot "./lib/modules/$release/modules.builtin" $paths
rm "$new/kernel.tar"
mv "$new/unpack/boot/vmlinuz-$release" "$new/vmlinuz"
mv "$new/unpack/boot/config-$release" "$new/config"
mv "$new/unpack/lib/modules/$release" "$new/modules"
echo "$release" >"$new/version"
kernel_deb=$(basename "$deb")

fetch busybox-static
dpkg-deb -x "$deb" "$new/unpack"
mv "$new/unpack/bin/busybox" "$new/busybox"
busybox_deb=$(basename "$deb")

fetch u-boot-qemu
dpkg-deb -x "$deb" "$new/unpack"
mv "$new/unpack/usr/lib/u-boot/qemu_arm64/u-boot.bin" "$new/u-boot.bin"
uboot_deb=$(basename "$deb")

rm -rf "$new/unpack"
printf 'recipe %s\n%s\n%s\n%s\n' "$recipe" "$kernel_deb" "$busybox_deb" "$uboot_deb" \
    >"$new/stamp"
rm -rf "$guests/arm64"
mv "$new" "$guests/arm64"
# What was unpacked is the cache; the packages would only double it.
rm -rf "$guests/debs" "$apt"
say "Linux $release is in $guests/arm64"
