#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks that plugins keep to the public kit.

Every plugin of the build's plugin map must export the one symbol el4_plugin, and no object of
a plugin may have been compiled with a header of this repository outside include/el4, the
plugin's own folder below plugins/ and folders beside it that are named *-common. Prints a line
a fault; exit status 1 if there is one.

Usage: check-isolation.py SOURCE-ROOT BUILD-ROOT PLUGIN-MAP
"""

import pathlib
import subprocess
import sys

SYMBOL = "el4_plugin"
# AddressSanitizer marks exported variables with symbols of its own.
ASAN_PREFIX = "__odr_asan."


def output_of(*command):
    """What a command prints; its failure ends the check."""
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def read_map(path):
    """Pairs of name and module path."""
    lines = pathlib.Path(path).read_text().splitlines()
    return [tuple(line.split("=", 1)) for line in lines if line and line[0] != "#"]


def symbol_faults(name, module):
    """The module's exported symbols, judged."""
    listing = output_of("nm", "-D", "--defined-only", "--format=posix", module)
    symbols = sorted(line.split()[0].split("@")[0] for line in listing.splitlines()
                     if not line.startswith(ASAN_PREFIX))
    if symbols != [SYMBOL]:
        yield f"{name}: exports {', '.join(symbols) or 'nothing'}; only {SYMBOL} is wanted"


def read_deps(build_root):
    """Dictionary of object to the files that went into it, as ninja recorded them."""
    deps = {}
    current = None
    for line in output_of("ninja", "-C", build_root, "-t", "deps").splitlines():
        if line.startswith("    "):
            current.append(line.strip())
        elif ": #deps" in line:
            current = deps.setdefault(line.split(": #deps")[0], [])
    return deps


def own_folder(source_root, files):
    """plugins/KIND/NAME of an object: the folder of its source, the first file recorded."""
    relative = files[0].relative_to(source_root)
    return source_root.joinpath(*relative.parts[:3])


def header_faults(source_root, build_root, deps):
    """Headers of the repository that objects of plugins saw and should not have."""
    plugins = source_root / "plugins"
    kit = source_root / "include" / "el4"
    for target, names in sorted(deps.items()):
        files = [(build_root / name).resolve() for name in names]
        if not files or not files[0].is_relative_to(plugins):
            continue
        own = own_folder(source_root, files)
        allowed = (kit, own, *own.parent.glob("*-common"))
        for file in files:
            ours = file.is_relative_to(source_root) or file.is_relative_to(build_root)
            if ours and not any(file.is_relative_to(folder) for folder in allowed):
                yield f"{target}: includes {file}; a plugin may see include/el4 and its folder"


def main():
    """Returns the exit status."""
    if len(sys.argv) != 4:
        print(__doc__, file=sys.stderr)
        return 1
    source_root, build_root = (pathlib.Path(arg).resolve() for arg in sys.argv[1:3])
    modules = read_map(sys.argv[3])
    deps = read_deps(build_root)
    faults = [fault for name, module in modules for fault in symbol_faults(name, module)]
    faults += header_faults(source_root, build_root, deps)
    for fault in faults:
        print(fault)
    seen = [names for names in deps.values()
            if names and (build_root / names[0]).resolve().is_relative_to(
                source_root / "plugins")]
    print(f"{len(modules)} modules, {len(seen)} objects checked, {len(faults)} faults")
    if modules and not seen:
        print("ninja has no record of what plugins were compiled from: was nothing built?")
        return 1
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
