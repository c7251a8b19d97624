#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Write a gzipped newc cpio archive (an initramfs) from a list of entries, without root.

usage: mkcpio.py OUT.cpio.gz < LIST

An entry a line; blank lines and lines that begin with '#' are skipped:

    dir   /dev 755
    file  /init 755 path/on/the/host
    link  /bin/sh busybox
    char  /dev/console 600 5 1

Linux opens /dev/console for /init before anything can mount devtmpfs, so the archive has to
hold a device node, which an ordinary user can't make on disk: hence this program. Owner is
always root, times are 0, so the same input gives the same bytes.
"""
import gzip
import os
import stat
import sys


def pad4(data):
    return data + b"\0" * (-len(data) % 4)


class Newc:
    def __init__(self):
        self.parts = []
        self.ino = 0

    def add(self, name, mode, data=b"", rdev=(0, 0)):
        self.ino += 1
        name = name.encode() + b"\0"
        fields = [self.ino, mode, 0, 0, 2 if stat.S_ISDIR(mode) else 1, 0, len(data),
                  0, 0, rdev[0], rdev[1], len(name), 0]
        header = b"070701" + b"".join(b"%08X" % field for field in fields)
        self.parts += [pad4(header + name), pad4(data)]

    def bytes(self):
        self.ino = -1
        self.add("TRAILER!!!", 0)
        return b"".join(self.parts)


def add_entry(archive, words):
    kind, name = words[0], words[1].lstrip("/")
    if kind == "dir":
        archive.add(name, stat.S_IFDIR | int(words[2], 8))
    elif kind == "file":
        with open(words[3], "rb") as source:
            archive.add(name, stat.S_IFREG | int(words[2], 8), source.read())
    elif kind == "link":
        archive.add(name, stat.S_IFLNK | 0o777, words[2].encode())
    elif kind == "char":
        archive.add(name, stat.S_IFCHR | int(words[2], 8), b"", (int(words[3]), int(words[4])))
    else:
        raise ValueError("unknown kind '%s'" % kind)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    archive = Newc()
    for number, line in enumerate(sys.stdin, 1):
        words = line.rstrip("\n").split(" ", 3 if line.startswith("file ") else -1)
        if words == [""] or words[0].startswith("#"):
            continue
        try:
            add_entry(archive, words)
        except (IndexError, ValueError, OSError) as error:
            sys.exit("mkcpio: entry %d: %s" % (number, error))
    # Another process may be booting the old archive: replace it in one step.
    temporary = "%s.%d" % (sys.argv[1], os.getpid())
    with open(temporary, "wb") as out:
        with gzip.GzipFile(filename="", mode="wb", fileobj=out, mtime=0) as packed:
            packed.write(archive.bytes())
    os.replace(temporary, sys.argv[1])


if __name__ == "__main__":
    main()
