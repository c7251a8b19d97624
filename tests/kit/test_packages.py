#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The Debian packages: built from a copy of the source, looked at by lintian, installed, used
and removed on this very system, over which an overlay lies so that it stays as it is. Where
that may not be mounted, they are unpacked into a folder and used from there.

usage: test_packages.py SOURCE GUESTS [--full]     (--full: optimised, as for users)

With guests, Debian's Linux is booted from the installed packages, too.
"""
import glob
import os
import shutil
import subprocess
import sys
import tempfile
import time

ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/tmp"}

# Inside the overlay, where all there is of el4 comes out of the packages.
USE = r"""set -eu
mkdir /kit-test && cd /kit-test
dpkg -i /packages/el4_*.deb /packages/el4-dev_*.deb /packages/libel4-0_*.deb
dpkg --verify el4 el4-dev libel4-0
test "$(el4 plugins | grep -c '^         /usr/lib/.*/el4/plugins/')" -ge 30
printf '.globl _start\n_start: ldr w0, =0x84000008\nhvc #0\n' >off.S
aarch64-linux-gnu-gcc -nostdlib -static -Wl,-N,-Ttext=0x40080000,--build-id=none,--no-warn-rwx-segments -o off.elf off.S
el4 run /usr/share/el4/config/virt.ini -kernel off.elf --timeout 20
if [ -e /packages/vmlinuz ]; then
    el4 run /usr/share/el4/config/virt.ini -smp 2 -kernel /packages/vmlinuz \
        -initrd /packages/initramfs-test.cpio.gz -append "console=ttyAMA0 el4.test=boot" \
        --timeout 200 >console
    grep "EL4-TEST: all ok" console
fi
for kind in board device service; do
    el4 new $kind my-$kind
    (cd my-$kind && meson setup build && meson test -C build)
done
man -w el4 el4.ini
cd / && rm -r /kit-test
dpkg -P el4-dev el4 libel4-0
"""

# $1: a folder to work in, $2: the packages, $3: the script
OVERLAY = """set -eu
mount -t tmpfs none "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root"
mkdir "$1/root/packages"
mount --bind "$2" "$1/root/packages"
for folder in proc dev; do
    mount --bind "/$folder" "$1/root/$folder"
done
chmod 1777 "$1/root/tmp"
[ -n "$3" ] || exit 0
chroot "$1/root" sh -c "$3"
echo "left: "
find "$1/upper" ! -type c -name '*el4*'
"""


class Failure(Exception):
    """The packages are not as they should be."""


def run(command, env=None, **options):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False,
                          env={**ENVIRONMENT, **(env or {})}, **options)
    if done.returncode != 0:
        raise Failure("%s: status %d\n%s" % (command[0], done.returncode, done.stdout[-6000:]))
    return done.stdout


def copy_source(source, target):
    if os.path.exists(os.path.join(source, ".git")):
        names = run(["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others",
                     "--exclude-standard"], cwd=source).split("\0")
        for name in filter(None, names):
            if os.path.lexists(os.path.join(source, name)):
                os.makedirs(os.path.dirname(os.path.join(target, name)), exist_ok=True)
                shutil.copy2(os.path.join(source, name), os.path.join(target, name),
                             follow_symlinks=False)
    else:
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("build*"))


def timed(what, function, *arguments):
    started = time.monotonic()
    result = function(*arguments)
    print("%-9s %.1f s" % (what, time.monotonic() - started), flush=True)
    return result


def build(source, full):
    options = "nodoc noautodbgsym parallel=%d" % (os.cpu_count() or 1)
    if not full:
        options += " noopt"
    environment = {"DEB_BUILD_OPTIONS": options, "DEB_CFLAGS_APPEND": "" if full else "-g0"}
    run(["dpkg-buildpackage", "-us", "-uc", "-b"], env=environment, cwd=source)


def lint(scratch):
    (changes,) = glob.glob(os.path.join(scratch, "*.changes"))
    output = run(["lintian", "--allow-root", "--fail-on", "error,warning", changes])
    print(output, end="")


def can_overlay(scratch):
    folder = tempfile.mkdtemp(dir=scratch)
    return subprocess.run(["unshare", "-m", "sh", "-c", OVERLAY, "sh", folder, scratch, ""],
                          stderr=subprocess.DEVNULL, check=False).returncode == 0


def install(scratch):
    folder = tempfile.mkdtemp(dir=scratch)
    output = run(["unshare", "-m", "sh", "-c", OVERLAY, "sh", folder, scratch, USE])
    left = [name for name in output.split("\nleft: \n")[1].splitlines()
            if "/var/log/" not in name and "/var/cache/" not in name]
    if left:
        raise Failure("after their removal there still is:\n" + "\n".join(left))
    if "warning" in output or "not empty so not removed" in output:
        raise Failure("dpkg or a build complained:\n" + output)


def unpack(scratch):
    """As far as it goes without being root."""
    root = os.path.join(scratch, "unpacked")
    for package in glob.glob(os.path.join(scratch, "*.deb")):
        run(["dpkg", "-x", package, root])
    (libs,) = glob.glob(os.path.join(root, "usr/lib/*"))
    listing = run([os.path.join(root, "usr/bin/el4"), "plugins"], env={"LD_LIBRARY_PATH": libs})
    if listing.count(os.path.join(libs, "el4/plugins/")) < 30:
        raise Failure("plugins are missing:\n" + listing)


def main():
    source, guests, full = sys.argv[1], sys.argv[2], "--full" in sys.argv[3:]
    guests = os.path.join(os.environ.get("EL4_GUESTS") or guests, "arm64")
    scratch = tempfile.mkdtemp(prefix="el4-packages-")
    try:
        copy = os.path.join(scratch, "el4")
        copy_source(source, copy)
        timed("built", build, copy, full)
        timed("lintian", lint, scratch)
        if can_overlay(scratch):
            for name in ("vmlinuz", "initramfs-test.cpio.gz"):
                if os.path.exists(os.path.join(guests, name)):
                    shutil.copy(os.path.join(guests, name), scratch)
            timed("installed, used, removed", install, scratch)
        else:
            print("no overlay may be mounted here: the packages are unpacked, not installed")
            timed("unpacked", unpack, scratch)
    except Failure as failure:
        print("== FAILED: %s" % failure)
        return 1
    finally:
        shutil.rmtree(scratch)
    return 0


if __name__ == "__main__":
    sys.exit(main())
