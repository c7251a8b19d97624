#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Reports for machines, held against their readers and schemas, on made-up results with hostile
console output.

usage: test_formats.py --el4 EL4 --source SOURCE_FOLDER
"""
import argparse
import base64
import gzip
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree

OPTIONS = None


def run(*words, **options):
    return subprocess.run([str(word) for word in words], capture_output=True, timeout=120, **options)


def schema_python():
    """A Python that has jsonschema: Debian's may not be the first one in the path."""
    for python in (sys.executable, "/usr/bin/python3"):
        if os.path.exists(python) and run(python, "-c", "import jsonschema").returncode == 0:
            return python
    return None


def lines_of(text):
    """str.splitlines() ends lines at more than '\\n'."""
    return text.rstrip("\n").split("\n")


class Formats(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="el4-report-"))
        cls.made = cls.make("made.jsonl", "--cells", 480)
        cls.records = [json.loads(line) for line in lines_of(cls.made.read_text("utf-8"))]
        cls.last = {}
        for record in cls.records[1:]:
            cls.last[record["cell"]] = record
        cls.order = sorted(cls.last.values(), key=lambda record: record["index"])

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    @classmethod
    def make(cls, name, *options):
        path = cls.folder / name
        answer = run(sys.executable, pathlib.Path(__file__).with_name("make-results.py"), path,
                     *options)
        assert answer.returncode == 0, answer.stderr
        return path

    def report(self, *words):
        answer = run(OPTIONS.el4, "matrix", "report", *words)
        self.assertEqual((answer.returncode, answer.stderr), (0, b""))
        return answer.stdout.decode("utf-8")

    def refused(self, message, *words):
        answer = run(OPTIONS.el4, "matrix", "report", *words)
        self.assertIn(message, answer.stderr.decode())
        self.assertEqual(answer.stdout, b"")
        return answer.returncode

    def count(self, *outcomes):
        return sum(record["outcome"] in outcomes for record in self.order)

    def assert_harmless(self, text):
        """Nothing in it that a terminal or an XML reader would stumble over."""
        bad = [character for character in text if (ord(character) < 0x20 and character not in "\n\t")
               or 0x7f <= ord(character) < 0xa0 or ord(character) & 0xfffe == 0xfffe]
        self.assertEqual(bad, [])
        self.assertNotIn("[2J", text)

    # ---- TAP ----

    def test_tap(self):
        lines = lines_of(self.report(self.made, "--format", "tap"))
        self.assertEqual(lines[:2], ["TAP version 14", "1..%d" % len(self.order)])
        points = [line for line in lines if line.startswith(("ok ", "not ok "))]
        self.assertEqual(len(points), len(self.order))
        for number, (line, record) in enumerate(zip(points, self.order), 1):
            word = "ok" if record["outcome"] == "pass" else "not ok"
            wanted = "%s %d - %s" % (word, number, record["cell"])
            if record["outcome"] == "known-failure":
                wanted += " # TODO " + record["known-failure"]
            self.assertEqual(line, wanted)
        self.assert_harmless("\n".join(lines))

    def test_tap_perl(self):
        """prove agrees on what failed. Before Test::Harness 3.48 it refuses the number 14."""
        if not shutil.which("prove"):
            self.skipTest("no prove (Debian: perl)")
        text = self.report(self.made, "--format", "tap")
        path = self.folder / "made.tap"
        path.write_text(text.replace("TAP version 14", "TAP version 13", 1), "utf-8")
        answer = run("prove", "--exec", "cat", path)
        output = answer.stdout.decode()
        self.assertNotIn("Parse errors", output)
        self.assertIn("Tests: %d Failed: %d)" % (
            len(self.order), self.count("fail", "error", "unexpected-pass")), output)
        self.assertNotEqual(answer.returncode, 0)
        # The command of docs/matrix-results.md.
        answer = run("prove", path)
        self.assertIn("Tests: %d " % len(self.order), answer.stdout.decode())

    def test_tap_of_names_with_meanings(self):
        path = self.folder / "names.jsonl"
        record = dict(self.order[0], cell="a#b\\c # SKIP\nnot ok 2", outcome="fail",
                      reasons=["first: \"quoted\" \\n", "a line\nand # another\x1b[31m", "\ud83d\ude00"],
                      console="not ok 7 - owned\n1..900\n---\nBail out!\n")
        path.write_text(json.dumps(self.records[0]) + "\n" + json.dumps(record) + "\n", "utf-8")
        text = self.report(path)
        self.assertIn("\nnot ok 1 - a\\#b\\\\c \\# SKIP not ok 2\n", text)
        self.assertIn('  message: "first: \\"quoted\\" \\\\n\\na line\\nand # another\\n', text)
        self.assertEqual([line for line in lines_of(text)
                          if line.startswith(("ok", "not ok", "Bail", "1.."))][0], "1..1")
        self.assertIn("# | not ok 7 - owned\n# | 1..900\n# | ---\n# | Bail out!\n", text)

    # ---- several folders ----

    def test_order_of_folders(self):
        """Results in any order, in any folders, are one report: of attempts, too."""
        first, *records = lines_of(self.made.read_text("utf-8"))
        parts = [self.folder / "even.jsonl", self.folder / "odd.jsonl"]
        for number, part in enumerate(parts):
            lines = [first, *(records[1::2] if number else records[::2][::-1])]
            part.write_text("\n".join(lines) + "\n", "utf-8")
        for format_name in ("tap", "junit", "json", "html"):
            reports = [self.report(*order, "--format", format_name)
                       for order in (parts, parts[::-1])]
            self.assertEqual(*reports, format_name)
        self.assertEqual(self.report(*parts), self.report(self.made))

    # ---- JUnit ----

    def test_junit_schema(self):
        if not shutil.which("xmllint"):
            self.skipTest("no xmllint (Debian: libxml2-utils)")
        path = self.folder / "made.xml"
        self.report(self.made, "-o", path)
        schema = pathlib.Path(__file__).with_name("junit.xsd")
        answer = run("xmllint", "--noout", "--schema", schema, path)
        self.assertEqual(answer.returncode, 0, answer.stderr.decode()[-2000:])

    def test_junit(self):
        text = self.report(self.made, "--format", "junit")
        self.assert_harmless(text)
        suite = ElementTree.fromstring(text.encode()).find("testsuite")
        self.assertEqual(int(suite.get("tests")), len(self.order))
        for name, outcomes in (("failures", ("fail", "unexpected-pass")), ("errors", ("error",)),
                               ("skipped", ("known-failure",))):
            self.assertEqual(int(suite.get(name)), self.count(*outcomes))
        cases = suite.findall("testcase")
        self.assertEqual([case.get("name") for case in cases], [r["cell"] for r in self.order])
        elements = {"fail": "failure", "unexpected-pass": "failure", "error": "error",
                    "known-failure": "skipped"}
        for case, record in zip(cases, self.order):
            found = [child.tag for child in case if child.tag not in ("properties", "system-out")]
            self.assertEqual(found, [elements[record["outcome"]]]
                             if record["outcome"] in elements else [])
            properties = {each.get("name"): each.get("value") for each in case.iter("property")}
            self.assertEqual(properties["el4.outcome"], record["outcome"])
            self.assertEqual(properties["axis.board"], record["axes"]["board"])
            if found in (["failure"], ["error"]):
                self.assertEqual(case.find(found[0]).get("message"), record["reasons"][0])
                self.assertEqual(case.find(found[0]).text.splitlines(), record["reasons"])

    def test_junit_console(self):
        path = self.folder / "console.jsonl"
        record = dict(self.order[0], outcome="fail", reasons=["a <b> & \"c\"\n"], console=(
            "]]></system-out>&amp;\x1b[1mbold\x1b[0m\x00\x01\x08|\r\nnext\rlast\r\r\n\x1b]0;x\x07"
            "\x1b]52;c;no end\n\ufffe\u0085\u2028 \x1b(B\x1b=\x1b\n\x1b["))
        path.write_text(json.dumps(self.records[0]) + "\n" + json.dumps(record).replace(
            "\\u0000", "\\ufffd") + "\n", "utf-8")
        root = ElementTree.fromstring(self.report(path, "--format", "junit").encode())
        self.assertEqual(root.find(".//system-out").text, (
            "]]></system-out>&amp;bold\ufffd\u2401\u2408|\nnext\nlast\n"
            "\u241b]52;c;no end\n\ufffd\ufffd\u2028 \u241b\n\u241b["))
        self.assertEqual(root.find(".//failure").get("message"), "a <b> & \"c\"\n")

    # ---- JSON lines ----

    def test_json(self):
        lines = lines_of(self.report(self.made, "--format", "json"))
        self.assertEqual(json.loads(lines[0]), self.records[0])
        self.assertEqual([json.loads(line) for line in lines[1:]], self.order)

    def test_json_schema(self):
        python = schema_python()
        if not python:
            self.skipTest("no jsonschema (Debian: python3-jsonschema)")
        path = self.folder / "made-sorted.jsonl"
        self.report(self.made, "-o", path)
        schema = pathlib.Path(OPTIONS.source) / "docs/matrix-results.schema.json"
        code = """
import json, sys, jsonschema
schema = json.load(open(sys.argv[1]))
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
lines = [json.loads(line) for line in open(sys.argv[2], encoding='utf-8')]
for line in lines[:120]:
    validator.validate(line)
refused = 0
for name in lines[1]:
    less = {key: value for key, value in lines[1].items() if key != name}
    refused += not validator.is_valid(less)
assert refused == len(lines[1]), 'a field may be missing'
"""
        answer = run(python, "-c", code, schema, path)
        self.assertEqual(answer.returncode, 0, answer.stderr.decode()[-2000:])

    # ---- the command ----

    def test_shards_are_one(self):
        parts = []
        for shard in (1, 2):
            path = self.folder / ("shard-%d.jsonl" % shard)
            chosen = [r for r in self.records[1:] if r["index"] % 2 == shard - 1]
            run_line = dict(self.records[0], shard=shard, shards=2)
            path.write_text("\n".join(map(json.dumps, [run_line] + chosen)) + "\n", "utf-8")
            parts.append(path)
        self.assertEqual(self.report(*parts), self.report(self.made))

    def test_nothing_was_run(self):
        path = self.folder / "nothing.jsonl"
        path.write_text(json.dumps(self.records[0]) + "\n", "utf-8")
        self.assertIn("1..0 # SKIP no cell was run\n", self.report(path))
        root = ElementTree.fromstring(self.report(path, "--format", "junit").encode())
        self.assertEqual(root.get("tests"), "0")
        self.assertEqual(len(self.report(path, "--format", "json").splitlines()), 1)
        self.assertIn("</html>", self.report(path, "--format", "html"))

    def test_mistakes(self):
        self.assertEqual(self.refused("no folder of results"), 1)
        self.assertEqual(self.refused("'xml' is no format", self.made, "--format", "xml"), 1)
        self.assertEqual(self.refused("--before is for", self.made, "--before", self.made), 1)
        self.assertEqual(self.refused("takes no options that pick", self.made, "--tag", "a"), 1)
        self.assertEqual(self.refused("no-such", self.folder / "no-such"), 5)
        self.assertEqual(self.refused("takes no options that pick", self.made, "--seed", "1"), 1)
        self.assertEqual(self.refused("x.tap: the report can't be written: No such", self.made,
                                      "-o", self.folder / "no-such" / "x.tap"), 5)
        self.assertEqual(self.refused("the suffix of 'r.json' is of no format", self.made,
                                      "-o", "r.json"), 1)
        self.assertEqual(self.refused("Is a directory", self.made, "-o", self.folder,
                                      "--format", "tap"), 5)

    def test_message_about_a_hostile_journal(self):
        path = self.folder / "hostile.jsonl"
        run_line = dict(self.records[0], matrix="\x1b]0;owned\x07")
        path.write_text(json.dumps(run_line) + "\n", "utf-8")
        self.assertEqual(self.refused("'\\033]0;owned\\007', not of", self.made, path), 5)

    def test_no_file_takes_the_place_of_a_device(self):
        """As root, -o /dev/null must not make a file of it."""
        fifo = self.folder / "fifo.tap"
        os.mkfifo(fifo)
        with subprocess.Popen(["cat", fifo], stdout=subprocess.PIPE) as reader:
            self.report(self.made, "-o", fifo)
            read = reader.communicate(timeout=60)[0]
        self.assertEqual(read.decode(), self.report(self.made))
        self.assertTrue(fifo.is_fifo())
        link, target = self.folder / "link.tap", self.folder / "target.tap"
        target.write_text("old")
        link.symlink_to(target)
        self.report(self.made, "-o", link)
        self.assertTrue(link.is_symlink())
        self.assertEqual(target.read_bytes(), read)

    def test_output_that_fails_leaves_the_old_file(self):
        path = self.folder / "old.tap"
        path.write_text("old")
        answer = run("sh", "-c", 'ulimit -f 8; "$@"', "sh", OPTIONS.el4, "matrix", "report",
                     self.made, "-o", path)
        self.assertNotEqual(answer.returncode, 0)
        self.assertEqual(path.read_text(), "old")
        if os.path.exists("/dev/full"):
            with open("/dev/full", "w") as full:
                answer = subprocess.run([OPTIONS.el4, "matrix", "report", self.made], stdout=full,
                                        stderr=subprocess.PIPE, timeout=60)
            self.assertEqual(answer.returncode, 5)
            self.assertIn(b"standard output", answer.stderr)

    # ---- the page, without a browser ----

    def test_page_holds_no_text_of_guests(self):
        page = self.report(self.made, "--format", "html")
        self.assertNotIn("owned", page)
        # Its two own, the summary, and blocks.
        scripts = page.count("<script")
        self.assertEqual(scripts, page.count("</script>"))
        self.assertEqual(scripts, 1 + page.count("<script type=\"application/gzip\""))
        self.assertNotIn("http:", page.replace("http://www.w3.org/2000/svg", ""))
        self.assertNotIn("https:", page)

    def summary(self, page):
        packed = re.search(r'<script type="application/gzip" id="summary">([^<]*)<', page).group(1)
        return json.loads(gzip.decompress(base64.b64decode(packed)))

    def test_changes_between_runs(self):
        good = next(r for r in self.order if r["outcome"] == "pass" and r["counts"])
        good = dict(good, axes={}, attempt=1)
        bad = dict(good, outcome="fail", reasons=["it was so"])
        times = dict(good["times"], seconds=9.5, host="another", started=1.0)
        count = good["counts"][0]
        cases = {
            "same": (good, dict(good, times=times, inputs="0" * 64, attempt=2, tags=["x"])),
            "broken": (good, bad),
            "fixed": (bad, good),
            "broken by an error": (good, dict(good, outcome="error")),
            "changed: other reason": (bad, dict(bad, reasons=["it was otherwise"])),
            "changed: known failure": (good, dict(good, outcome="known-failure")),
            "changed: status": (bad, dict(bad, status="time-out")),
            "changed: signal": (bad, dict(bad, signal=11)),
            "changed: guest": (bad, dict(bad, **{"guest-status": 7})),
            "changed: power": (bad, dict(bad, cpus=bad["cpus"][:-1] + [
                dict(bad["cpus"][-1], power="suspended")])),
            "changed: call": (good, dict(good, counts=good["counts"][1:] + [
                dict(count, verdict="trapped", service=None, id="0x12345678")])),
            "detail: calls": (good, dict(good, counts=good["counts"][1:] + [
                dict(count, count=count["count"] + 1)])),
            "detail: console": (good, dict(good, console=good["console"] + "more")),
            "detail: clock": (good, dict(good, **{"machine-ns": 1})),
            "new": (None, good),
            "gone": (good, None),
        }
        sides = [[], []]
        for index, (name, pair) in enumerate(cases.items()):
            for side, record in zip(sides, pair):
                if record:
                    side.append(dict(record, cell=name, index=index))
        paths = []
        for name, side in zip(("one.jsonl", "other.jsonl"), sides):
            paths.append(self.folder / name)
            paths[-1].write_text("".join(json.dumps(line) + "\n" for line in self.records[:1] + side))
        summary = self.summary(self.report(paths[1], "--before", paths[0], "--format", "html"))
        found = {cell[0]: (cell[9], cell[10] is not None) for cell in summary["cells"] + summary["gone"]}
        for name in cases:
            kind = re.match(r"\w+", name).group()
            # What is the same is not stored twice.
            self.assertEqual(found[name], (kind, kind not in ("same", "new", "gone")), name)

    def test_page_of_a_hostile_name(self):
        path = self.folder / "name.jsonl"
        path.write_text(json.dumps(dict(self.records[0], matrix="</title><script>alert(1)")) + "\n")
        page = self.report(path, "--format", "html")
        self.assertIn("<title>&lt;/title&gt;&lt;script&gt;alert(1) - el4 matrix</title>", page)


def main():
    global OPTIONS
    parser = argparse.ArgumentParser()
    parser.add_argument("--el4", required=True)
    parser.add_argument("--source", required=True)
    OPTIONS, rest = parser.parse_known_args()
    unittest.main(argv=sys.argv[:1] + rest, verbosity=2)


if __name__ == "__main__":
    main()
