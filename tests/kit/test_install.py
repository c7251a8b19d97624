#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What is installed: that it is all there, finds itself, and is what it says."""
import glob
import os
import re
import shutil
import sys

from kit import Failure, main, must

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "linux"))
from guest import Failure as GuestFailure, Guest  # noqa: E402 (found by the line above)

SOURCE = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))

FILES = """bin/el4
LIB/libel4.so.0
LIB/pkgconfig/el4-plugin-1.pc
LIB/el4/plugins/psci.so
LIB/el4/plugins/virt.so
include/el4/board.h
include/el4/config.h
include/el4/device.h
include/el4/host.h
include/el4/plugin.h
include/el4/service.h
share/bash-completion/completions/el4
share/fish/vendor_completions.d/el4.fish
share/zsh/site-functions/_el4
share/doc/el4/README.md
share/doc/el4/docs/plugins.md
share/el4/config/virt.ini
share/el4/config/policies/psci-hvc.ini
share/el4/examples/README.md
share/el4/templates/board/NAME.c.in
share/man/man1/el4.1
share/man/man5/el4.ini.5""".split()


def nothing_leads_back(kit):
    """No installed file names the source or the build tree."""
    for folder, _, names in os.walk(kit.prefix):
        for name in names:
            path = os.path.join(folder, name)
            with open(path, "rb") as file:
                must(SOURCE.encode() not in file.read(),
                     "%s names the source tree" % os.path.relpath(path, kit.prefix))


def pkg_config(kit, *arguments):
    return kit.run(["pkg-config", *arguments, "el4-plugin-1"]).strip()


def case_files(kit):
    for name in FILES:
        path = os.path.join(kit.prefix, name.replace("LIB", kit.options.libdir, 1))
        must(os.path.exists(path), "not installed: " + name)
    # Every file of these folders, so that none is forgotten when one is added.
    for source, installed in (("config/*.ini", "share/el4/config"),
                              ("config/policies/*.ini", "share/el4/config/policies"),
                              ("include/el4/*.h", "include/el4"),
                              ("docs/*.md", "share/doc/el4/docs")):
        for path in glob.glob(os.path.join(SOURCE, source)):
            there = os.path.join(kit.prefix, installed, os.path.basename(path))
            must(os.path.exists(there), "not installed: " + os.path.relpath(path, SOURCE))
    nothing_leads_back(kit)
    must(pkg_config(kit, "--variable=abi_major") == "1", "wrong abi_major")
    must(os.path.samefile(pkg_config(kit, "--variable=plugindir"),
                          os.path.join(kit.libs, "el4", "plugins")), "wrong plugindir")
    must("el4 " + pkg_config(kit, "--modversion") + "\n" == kit.run(["el4", "version"]),
         "el4 and the kit are of different versions")


def case_finds_itself(kit):
    listing = kit.run(["el4", "plugins"])
    installed = [name[:-3] for name in os.listdir(os.path.join(kit.libs, "el4", "plugins"))]
    must(len(installed) >= 30, "only %d plugins are installed" % len(installed))
    for name in installed:
        must(os.path.join(kit.libs, "el4", "plugins", name + ".so") in listing,
             "el4 plugins does not list %s:\n%s" % (name, listing))
    must("refused" not in listing, listing)
    for path in sorted(glob.glob(os.path.join(kit.share, "config", "**", "*.ini"),
                                 recursive=True)):
        if os.path.basename(os.path.dirname(path)) == "matrix":
            must("=" in kit.run(["el4", "matrix", "list", path]), path + " has no cells")
            continue
        # What a release of QEMU did on any board.
        is_part = re.fullmatch(r"qemu-[\d.]+(-rc)?\.ini", os.path.basename(path))
        kit.run(["el4", "check", path] + (["--board", "virt"] if is_part else []))
    # A guest, by the configuration's installed path.
    folder = os.path.join(kit.share, "examples", "service")
    guest = kit.folder("guest.elf")
    kit.run(["aarch64-linux-gnu-gcc", "-nostdlib", "-static", "-Wl,-N,-Ttext=0x40080000",
             "-Wl,--build-id=none,--no-warn-rwx-segments", "-o", guest,
             os.path.join(folder, "guest.S")])
    # There is no board-id here: the guest reports failure, which is an answer, too.
    kit.run(["el4", "run", os.path.join(kit.share, "config", "virt-el3-emulator.ini"), "-kernel",
             guest, "-semihosting", "--timeout", "20"], status=3)


def case_headers(kit):
    """Each header stands alone, in C and in C++."""
    flags = pkg_config(kit, "--cflags").split()
    for header in sorted(os.listdir(os.path.join(kit.prefix, "include", "el4"))):
        for compiler, standard in (("cc", "c11"), ("cc", "gnu11"), ("c++", "c++20")):
            if compiler == "c++" and not shutil.which("c++"):
                continue
            name = kit.folder("one." + ("c" if compiler == "cc" else "cc"))
            with open(name, "w") as file:
                file.write("#include <el4/%s>\n" % header)
            kit.run([compiler, "-std=" + standard, "-Wall", "-Wextra", "-Wpedantic", "-Werror",
                     "-Wno-unused-parameter", "-fsyntax-only", *flags, name])


def case_completion(kit):
    """What shells offer. The key and its value come from an example's own plugin."""
    cases = [
        # line, what is among the offers, what is not
        ("el4 ru", ["run"], ["check"]),
        ("el4 run -ker", ["-kernel"], ["-initrd"]),
        ("el4 run --tra", ["--trace", "--trace-file", "--trace-format"], ["-trace"]),
        ("el4 run -s machine.boar", ["machine.board="], []),
        ("el4 run -s board.g", ["board.gic="], []),
        ("el4 run --clock ", ["real", "virtual"], []),
        ("el4 check --board v", ["virt", "vexpress-a15"], ["midway"]),
        ("el4 new ", ["board", "device", "service"], []),
        ("el4 chain some.ini ", ["smc", "hvc", "el4"], ["some.ini"]),
        ("el4 run som", ["some.ini"], ["run"]),
        ("el4 run -kernel som", ["some.ini"], []),
        # What is not a candidate must not be run.
        ("el4 run $(touch ran) --clo", ["--clock"], []),
    ]
    with open(kit.folder("some.ini"), "w") as file:
        file.write("[machine]\nboard = virt\n")
    # Every option that the usage text has is offered.
    usage = kit.run(["el4", "--help"])
    options = set(re.findall(r"(?<![-\w])--?[a-z][-a-z]*", usage)) - {"-append", "--help"}
    offered = set(kit.run(["el4", "complete", "run", "-"]).split())
    must(options <= offered | {"-p"}, "not offered: %s" % sorted(options - offered))
    commands = set(re.findall(r"(?m)^  el4 ([a-z]+)", usage))
    must(commands <= set(kit.run(["el4", "complete", ""]).split()), "a command is not offered")
    check_shell(kit, "bash", bash_offers, cases)
    check_shell(kit, "fish", fish_offers, cases)
    must(not os.path.exists(kit.folder("ran")), "a completion ran a command of the line")
    check_zsh(kit)


def check_shell(kit, shell, offers, cases):
    if not shutil.which(shell):
        must(os.environ.get("CI") != "true", "there is no " + shell)
        print("%-6s not installed" % shell)
        return
    for line, wanted, unwanted in cases:
        found = offers(kit, line)
        for word in wanted:
            must(word in found, "%s: '%s' offers %s, not %s" % (shell, line, found, word))
        for word in unwanted:
            must(word not in found, "%s: '%s' offers %s" % (shell, line, word))
    print("%-6s %d lines completed" % (shell, len(cases)))


def bash_offers(kit, line):
    script = ("source %s\ncompopt() { :; }\nCOMP_LINE=$1 COMP_POINT=${#1}\n_el4\n"
              "printf '%%s\\n' \"${COMPREPLY[@]}\"\n" %
              os.path.join(kit.prefix, "share/bash-completion/completions/el4"))
    offers = kit.run(["bash", "-c", script, "bash", line]).splitlines()
    # Readline is given what stands behind the '=' only.
    return offers


def fish_offers(kit, line):
    script = "source %s; complete -C %s" % (
        os.path.join(kit.prefix, "share/fish/vendor_completions.d/el4.fish"),
        "'" + line.replace("'", "\\'") + "'")
    return [offer.split("\t")[0] for offer in kit.run(["fish", "-c", script]).splitlines()]


def check_zsh(kit):
    """In a terminal: zsh's completion works nowhere else."""
    if not shutil.which("zsh"):
        must(os.environ.get("CI") != "true", "there is no zsh")
        print("zsh    not installed")
        return
    settings = ["%s=%s" % pair for pair in kit.environment().items()]
    shell = Guest(["env", "-i"] + settings + ["zsh", "-f", "-i"], 40)
    try:
        shell.send("PS1='%# '; fpath=({0} $fpath); autoload -U compinit; compinit -u -D; "
                   "unsetopt beep; cd {1}; echo rea''dy\n".format(
                       os.path.join(kit.prefix, "share/zsh/site-functions"), kit.scratch))
        shell.expect("\nready")
        for typed, completed in (("el4 vers\t", "version"), ("el4 run -ker\t", "-kernel"),
                                 ("el4 run -s machine.boar\t", "machine.board="),
                                 ("el4 check --clock virt\t", "virtual"),
                                 ("el4 check som\t", "some.ini")):
            shell.send(typed)
            shell.expect(re.escape(completed))
            shell.send("\x15")
        print("\nzsh    5 lines completed")
    except GuestFailure as failure:
        raise Failure("zsh: %s; it said %r" % (failure, shell.text()[-400:])) from failure
    finally:
        shell.close()


def case_new_refuses(kit):
    """Names that are none, and folders that are somebody's."""
    for name in ("", "Pump", "1st", "a/b", "../up", "/tmp/x", "a b", "a\nb", "a;b", "$(x)", "-a",
                 "a-", "naïve", "x" * 33, "test", "install", "psci", "pl011", "virt"):
        before = sorted(os.listdir(kit.scratch))
        said = kit.run(["el4", "new", "service", name], status=1)
        must(said.startswith("el4: "), "'%s': %s" % (name, said))
        must(sorted(os.listdir(kit.scratch)) == before, "'%s' left something" % name)
    kit.run(["el4", "new", "planet", "pump"], status=1)
    kit.run(["el4", "new", "board"], status=1)
    kit.run(["el4", "new", "board", "pump", "--force"], status=1)
    os.mkdir(kit.folder("taken"))
    with open(kit.folder("file"), "w") as file:
        file.write("mine")
    os.symlink(kit.folder("nowhere"), kit.folder("link"))
    for folder in ("taken", "file", "link", "no/parent"):
        said = kit.run(["el4", "new", "board", "pump", folder], status=2)
        must(folder in said, said)
    must(os.listdir(kit.folder("taken")) == [], "it wrote into a folder that was there")
    must(open(kit.folder("file")).read() == "mine", "it wrote over a file")
    must(not os.path.exists(kit.folder("nowhere")), "it followed a link")
    shutil.rmtree(os.path.join(kit.share, "templates"))
    said = kit.run(["el4", "new", "board", "pump"], status=2)
    must("el4-dev" in said and not os.path.exists(kit.folder("pump")), said)


def case_build_tree(kit):
    """El4 finds its templates in the build tree, too."""
    el4 = os.path.join(kit.options.build, "cli", "el4")
    kit.run([el4, "new", "service", "pump"])
    must(sorted(os.listdir(kit.folder("pump"))) == [
        "README.md", "guest.S", "meson.build", "pump.c", "pump.ini"], "not all was written")
    for name in os.listdir(kit.folder("pump")):
        with open(os.path.join(kit.folder("pump"), name)) as file:
            must(not re.search(r"@(NAME|IDENT)@", file.read()), name + " is not filled in")


CASES = {name[5:].replace("_", "-"): case for name, case in list(globals().items())
         if name.startswith("case_")}

if __name__ == "__main__":
    sys.exit(main(CASES))
