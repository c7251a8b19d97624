# SPDX-License-Identifier: MIT
"""What the tests of the plugin kit share: an el4 that is installed into a scratch folder, and an
environment in which nothing leads back to the source or the build tree."""
import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time

SECONDS = 60


class Failure(Exception):
    """Something is not as a user would need it."""


class Kit:
    """An installation, moved to where nobody expects it."""

    def __init__(self, options):
        self.options = options
        self.scratch = tempfile.mkdtemp(prefix="el4-kit-")
        root = os.path.join(self.scratch, "root")
        self.run(["meson", "install", "-C", options.build, "--no-rebuild", "--quiet",
                  "--destdir", root], env=os.environ)
        self.prefix = os.path.join(self.scratch, "moved")
        os.rename(root + options.prefix, self.prefix)
        self.share = os.path.join(self.prefix, "share", "el4")
        self.libs = os.path.join(self.prefix, options.libdir)

    def close(self):
        shutil.rmtree(self.scratch)

    def environment(self):
        return {
            "HOME": self.scratch,
            "LC_ALL": "C.UTF-8",
            "TERM": "dumb",
            "PATH": os.path.join(self.prefix, "bin") + ":/usr/local/bin:/usr/bin:/bin",
            "PKG_CONFIG_PATH": os.path.join(self.libs, "pkgconfig"),
        }

    def folder(self, name):
        return os.path.join(self.scratch, name)

    def run(self, command, cwd=None, status=0, env=None):
        """Both of its outputs; a failure that shows them if the status is another."""
        started = time.monotonic()
        done = subprocess.run(command, cwd=cwd or self.scratch, env=env or self.environment(),
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=SECONDS, text=True, check=False)
        self.seconds = time.monotonic() - started
        if done.returncode != status:
            raise Failure("%s: status %d, not %d:\n%s" % (
                " ".join(command), done.returncode, status, done.stdout))
        return done.stdout

    def build_project(self, folder, name):
        """Build it with meson, have it test itself, run it, look at the plugin."""
        self.run(["meson", "setup", "build"], cwd=folder)
        output = self.run(["ninja", "-C", "build"], cwd=folder)
        must("warning" not in output, "the build warns:\n" + output)
        built = self.seconds
        output = self.run(["meson", "test", "-C", "build", "--no-rebuild"], cwd=folder)
        tested = self.seconds
        must("OK " in output, "no test ran:\n" + output)
        self.run(["el4", "run", name + ".ini", "--timeout", "20"], cwd=folder)
        print("%-10s built in %.1f s, tested in %.1f s, run in %.2f s" % (
            name, built, tested, self.seconds), flush=True)
        self.check_plugin(folder, name)

    def check_plugin(self, folder, name):
        plugin = os.path.join(folder, "build", name + ".so")
        listing = self.run(["el4", "plugins", "build"], cwd=folder)
        must("\n         %s\n" % plugin in listing, "el4 plugins does not list it:\n" + listing)
        symbols = self.run(["nm", "-D", "--defined-only", "--format=posix", plugin]).split("\n")
        names = [line.split()[0] for line in symbols if line]
        must(names == ["el4_plugin"], "it exports " + ", ".join(names))


def must(condition, message):
    if not condition:
        raise Failure(message)


def parse(cases, more=()):
    parser = argparse.ArgumentParser()
    parser.add_argument("case", choices=sorted(cases))
    parser.add_argument("--build", required=True, help="the build tree")
    parser.add_argument("--prefix", required=True)
    parser.add_argument("--libdir", required=True, help="below the prefix")
    for option in more:
        parser.add_argument(option)
    return parser.parse_args()


def main(cases, more=()):
    options = parse(cases, more)
    kit = Kit(options)
    try:
        return cases[options.case](kit) or 0
    except Failure as failure:
        print("== FAILED: %s" % failure)
        return 1
    finally:
        kit.close()
        sys.stdout.flush()
