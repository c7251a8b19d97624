#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The HTML page of a report in a headless Chromium, as a reader uses it: filters, cells,
comparisons, keys, links, print; and with 10,000 cells. Screenshots stay in the build folder.

usage: test_page.py --el4 EL4 --pictures FOLDER [--matrix FILE --guests FOLDER]

Skipped without Chromium. With a matrix and its guests a real run is looked at, too.
"""
import argparse
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from urllib.parse import quote

import chromium

OPTIONS = None
READY = "document.documentElement?.dataset.ready"
SKIPPED = 77

# A cell that failed in both runs, and one that began to fail.
FAILED = "board=virt,el3=guest,chain=monitor,caller=el3,cpus=4,version=0.1"
OTHER = "board=midway,el3=guest,chain=monitor,caller=el3,cpus=4,version=0.1"
BROKEN = "board=virt,el3=guest,chain=monitor,caller=el0,cpus=4,version=0.1"


def make(folder, name, *options):
    path = folder / (name + ".jsonl")
    subprocess.run([sys.executable, pathlib.Path(__file__).with_name("make-results.py"), path,
                    *options], check=True, timeout=120)
    return path


def report(page, *words):
    subprocess.run([OPTIONS.el4, "matrix", "report", *words, "-o", page], check=True, timeout=300)
    return page


class PageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="el4-page-"))
        before, later = make(cls.folder, "before"), make(cls.folder, "later", "--later")
        cls.url = report(cls.folder / "page.html", later, "--before", before).as_uri()
        cls.records = [json.loads(line) for line in
                       later.read_text("utf-8").rstrip("\n").split("\n")][1:]
        cls.last = {record["cell"]: record for record in cls.records}
        cls.browser = chromium.Browser()

    @classmethod
    def tearDownClass(cls):
        cls.browser.__exit__()
        shutil.rmtree(cls.folder)

    def open(self, view="", url=None, **options):
        page = self.browser.open((url or self.url) + "#" + view, **options)
        page.wait(READY)
        self.page = page
        return page

    def tearDown(self):
        if hasattr(self, "page"):
            self.assertEqual(self.page.complaints(), [])
            self.assertNotIn("owned", self.page.evaluate("document.title"))
            self.browser.call("Target.closeTarget", targetId=self.page.target)

    def picture(self, name):
        self.page.screenshot(OPTIONS.pictures / (name + ".png"))

    def number(self, **conditions):
        return sum(all(record[key] == value for key, value in conditions.items())
                   for record in self.last.values())

    def shown(self):
        return int(self.page.text("#shown").split()[0].replace(",", ""))

    def active(self):
        return self.page.evaluate("document.getElementById(document.querySelector('#view .rows')"
                                  ".getAttribute('aria-activedescendant'))?.innerText")

    # ---- what is there ----

    def test_head_and_grid(self):
        page = self.open()
        bad = sum(r["outcome"] not in ("pass", "known-failure") for r in self.last.values())
        self.assertIn("%d of %d cells failed" % (bad, len(self.last)), page.text("#verdict"))
        self.assertIn("%d failed" % bad, page.evaluate("document.title"))
        self.assertIn("%d passed" % self.number(outcome="pass"), page.text("#outcomes"))
        self.assertEqual(page.evaluate("document.querySelectorAll('.matrix .row.head > *').length"), 6)
        total = page.evaluate("""[...document.querySelectorAll('.matrix .group:not(.empty)')]
            .map(each => Number(each.innerText.replace(/.* of /s, '').replace(/\\D/g, '')))
            .reduce((a, b) => a + b)""")
        self.assertEqual(total, len(self.last))
        self.picture("grid")

    def test_axes_of_the_grid(self):
        page = self.open()
        page.evaluate("""(() => { const select = document.querySelectorAll('#options select')[0];
            select.value = [...select.options].find(each => each.text === 'cpus').value;
            select.dispatchEvent(new Event('change')); })()""")
        names = page.evaluate("[...document.querySelectorAll('.matrix .name')].map(e => e.innerText)")
        self.assertEqual(names, ["1", "2", "4", "8"])
        page.click("#options button")
        self.assertIn("columns=cpus", page.evaluate("location.hash"))

    def test_filters(self):
        page = self.open()
        page.click(".chip.outcome.fail")
        self.assertEqual(self.shown(), self.number(outcome="fail"))
        page.click("#view-cells")
        self.assertEqual(page.evaluate(
            "document.querySelectorAll('.list .row:not(.head) .badge:not(.fail)').length"), 0)
        page.click("[data-focus=axis-0-1]")
        wanted = sum(r["outcome"] == "fail" and r["axes"]["board"] == "highbank"
                     for r in self.last.values())
        self.assertEqual(self.shown(), wanted)
        self.picture("filtered")
        page.click("#clear")
        self.assertEqual(self.shown(), len(self.last))
        page.click("[data-focus=tag-0]")
        self.assertEqual(self.shown(), sum("fast" in r["tags"] for r in self.last.values()))

    def test_search(self):
        page = self.open("view=cells")
        page.press("/")
        page.write("kernel PANIC")
        wanted = sum("Kernel panic" in "".join(r["reasons"]) for r in self.last.values())
        page.wait("document.querySelector('#shown').innerText.startsWith('%d of')" % wanted)
        page.press("Escape")
        self.assertEqual(page.evaluate("document.activeElement.className").split()[0], "rows")

    def test_search_of_consoles(self):
        page = self.open("view=cells&text=bold+green&consoles=1")
        attempts = {r["cell"] for r in self.records if "bold green" in r["console"]}
        page.wait("document.querySelector('#shown').innerText.startsWith('%d of')" % len(attempts))

    # ---- a cell ----

    def test_cell(self):
        page = self.open("view=cells&outcome=fail")
        page.click(".list .row:not(.head) .outcome", 1)
        page.wait("document.querySelector('#panel .console .line')")
        name = page.text("#panel-name")
        record = self.last[name]
        self.assertIn(record["reasons"][0], page.text("#panel .reasons"))
        commands = page.text("#panel .commands")
        self.assertIn("el4 matrix run config/matrix/smc-policy.ini -D 'guests=my guests' "
                      '--results "$(mktemp -d)" --cell ' + name, commands)
        self.assertIn("show config/matrix/smc-policy.ini -D 'guests=my guests' " + name, commands)
        self.picture("cell")
        page.click("#panel .find")
        page.write("ok")
        page.wait("document.querySelector('#panel .status').innerText.startsWith('1 of')")
        page.press("Enter")
        page.wait("document.querySelector('#panel .status').innerText.startsWith('2 of')")
        self.picture("find")
        page.click("#tab-calls")
        rows = page.evaluate("document.querySelectorAll('#tab-body tbody tr').length")
        self.assertEqual(rows, len(record["counts"]))
        self.picture("calls")
        page.click("#tab-cpus")
        self.assertIn(record["cpus"][0]["registers"]["x0"], page.text("#tab-body"))
        self.picture("cpus")
        page.press("j")
        page.wait("document.querySelector('#panel-name').innerText !== %s" % json.dumps(name))
        page.press("Escape")
        page.wait("document.querySelector('#panel').hidden")

    def test_timeline(self):
        page = self.open("tab=timeline&cell=" + quote(FAILED))
        page.wait("document.querySelector('#panel .lanes path')")
        events = self.last[FAILED]["events"]
        page.click(".lanes-frame")
        page.press("Home")
        page.press("ArrowRight", 2)
        line = page.text(".event-line")
        self.assertIn("cpu%d" % events[2]["cpu"], line)
        self.assertIn(events[2]["id"], line)
        self.assertIn(events[2]["verdict"], line)
        page.press("+", 3)
        self.picture("timeline")

    def test_attempts(self):
        page = self.open("view=flaky")
        flaky = {r["cell"] for r in self.records if r["attempt"] == 2 and r["outcome"] == "pass"}
        self.assertEqual(self.shown(), len(flaky))
        self.picture("flaky")
        page.click(".list .row:not(.head)")
        page.wait("document.querySelectorAll('.panel-outcome .chip').length >= 2")
        page.click(".panel-outcome .chip", 0)
        page.wait("document.querySelector('#panel .reasons').innerText.includes('time-out after')")

    def test_slowest(self):
        page = self.open("view=slowest")
        slowest = max(self.last.values(), key=lambda record: record["times"]["seconds"])
        page.click(".list .row:not(.head)")
        page.wait("document.querySelector('#panel-name')?.innerText === %s"
                  % json.dumps(slowest["cell"]))
        page.click(".time-by-axis summary")
        self.picture("slowest")

    def test_hostile_console(self):
        hostile = next(r for r in self.last.values() if "img src" in r["console"])
        page = self.open("cell=" + quote(hostile["cell"]))
        page.wait("document.querySelector('#panel .console .line')")
        text = page.evaluate("[...document.querySelectorAll('.console .line')]"
                             ".map(line => line.textContent).join('\\n')")
        self.assertIn("</script><script>document.title='owned'</script><!-- <script>", text)
        self.assertIn("<img src=x onerror=", text)
        self.assertIn("\nred bold green inverse\n", text)
        self.assertIn("\u241b]52;c;owned", text)
        self.assertEqual([c for c in text if ord(c) < 32 and c != "\n"], [])
        self.assertEqual(page.evaluate("document.querySelectorAll('#panel img, #panel script').length"),
                         0)
        # innerText has no lines that are not in sight.
        self.assertEqual(page.evaluate("[...document.querySelectorAll('.console .fore-1')]"
                                       ".map(e => e.textContent)").count("red"), 1)
        self.picture("hostile")

    # ---- comparisons ----

    def test_compare_two_cells(self):
        page = self.open("cell=" + quote(FAILED))
        page.wait("document.querySelector('#panel .compare')")
        page.press("c")
        page.wait("document.querySelector('#picker[open] li')")
        page.write("midway guest monitor el3".split()[0])
        page.wait("document.querySelector('#picker li').title.includes('midway')")
        self.picture("picker")
        page.press("Enter")
        page.wait("document.querySelector('#panel .diff .step')")
        self.assertEqual(page.text(".axes .differs"), "board virt \u2192 midway")
        self.assertGreater(page.evaluate("document.querySelectorAll('.diff .minus').length"), 0)
        self.assertGreater(page.evaluate("document.querySelectorAll('.diff .plus').length"), 0)
        self.picture("compare")
        for tab in ("outcome", "calls", "timeline", "cpus"):
            page.click("#tab-" + tab)
            page.wait("document.querySelector('#tab-body').innerText.length > 40")
            self.picture("compare-" + tab)
        page.press("Escape")
        page.wait("document.querySelector('#panel .compare')")

    def plain_lines(self, cell):
        """As a comparison sees them: without colours and the kernel's times."""
        text = re.sub(r"\x1b\[[0-9;]*m", "", self.last[cell]["console"]).replace("\r\n", "\n")
        return [line.split("] ", 1)[-1] for line in text.rstrip("\n").split("\n")]

    def test_diff(self):
        """Its steps are each side's lines when those of the other are left out, and no two
        consoles have a shorter difference."""
        alike = [cell for cell, record in self.last.items()
                 if record["axes"]["caller"] == "el3" and record["outcome"] == "fail" and
                 len(record["console"]) < 5000]
        one, other = max(
            ((a, b) for a in alike for b in alike if a != b),
            key=lambda pair: len(set(self.plain_lines(pair[0])) & set(self.plain_lines(pair[1]))))
        page = self.open("cell=%s&with=%s" % (quote(one), quote(other)))
        page.wait("document.querySelector('#panel .diff .step')")
        page.evaluate("document.querySelectorAll('.diff .fold').forEach(each => each.click())")
        steps = page.evaluate("""[...document.querySelectorAll('.diff .step')].map(each =>
            [each.className.split(' ')[1], each.querySelector('.text').textContent])""")
        a, b = self.plain_lines(one), self.plain_lines(other)
        for skipped, lines in (("plus", a), ("minus", b)):
            self.assertEqual([text.split("] ", 1)[-1] for kind, text in steps if kind != skipped],
                             lines)
        # The longest common subsequence.
        row = [0] * (len(b) + 1)
        for line in a:
            before = row
            row = [0]
            for i, with_line in enumerate(b):
                row.append(before[i] + 1 if line == with_line else max(row[i], before[i + 1]))
        both = sum(kind == "both" for kind, _ in steps)
        self.assertEqual(both, row[-1])
        self.assertGreater(both, 2)
        self.assertLess(both, len(a))

    def test_compare_two_runs(self):
        page = self.open("view=changes")
        words = page.text("#view .chips")
        for word in ("newly failing", "changed", "new", "gone"):
            self.assertIn(word, words)
        self.picture("changes")
        page.click("#view .chip", 0)
        self.assertEqual(page.evaluate("document.querySelectorAll('.list .change-broken').length"),
                         self.shown())
        page = self.page
        page.evaluate("location.hash = 'view=changes&cell=%s&with=%s&with-record=before'"
                      % (quote(BROKEN), quote(BROKEN)))
        page.wait("document.querySelector('#panel .diff .plus')")
        self.assertIn("earlier run", page.text("#panel .side"))
        self.assertIn("EL4-TEST: all ok", page.text(".diff .minus .text"))
        self.picture("compare-runs")

    # ---- keys, links, looks ----

    def test_keys(self):
        page = self.open()
        page.press("Tab")
        self.assertEqual(page.evaluate("document.activeElement.id"), "skip")
        page.press("Enter")
        self.assertEqual(page.evaluate("document.activeElement.getAttribute('role')"), "grid")
        first = self.active()
        page.press("ArrowRight")
        page.press("ArrowDown")
        self.assertNotEqual(self.active(), first)
        self.picture("grid-keys")
        page.press("Enter")
        page.wait("document.querySelector('#view .list')")
        self.assertEqual(page.evaluate("document.activeElement.getAttribute('role')"), "grid")
        page.press("ArrowDown", 2)
        page.press("Enter")
        page.wait("document.querySelector('#panel .console')")
        page.press("Escape")
        page.wait("document.querySelector('#panel').hidden")
        self.assertEqual(page.evaluate("document.activeElement.getAttribute('role')"), "grid")
        page.press("?")
        page.wait("document.querySelector('#keys[open]')")
        page.press("Escape")
        page.wait("!document.querySelector('#keys[open]')")
        page.evaluate("history.back()")
        page.wait("!document.querySelector('#panel').hidden")

    def test_links(self):
        """What the page shows is in its address, and the address shows it again."""
        view = "view=cells&outcome=fail&axis.board=virt&text=smc:0x84&cell=" + quote(FAILED, safe="")
        page = self.open(view)
        page.wait("document.querySelector('#panel .console')")
        self.assertEqual(page.text("#panel-name"), FAILED)
        shown = self.shown()
        page.press("j")
        hash_now = page.evaluate("location.hash.slice(1)")
        again = self.browser.open(self.url + "#" + hash_now)
        again.wait(READY)
        self.assertEqual(again.text("#shown"), "%d of %d cells" % (shown, len(self.last)))
        # Of another run, or nonsense: shown without it.
        again.evaluate("location.hash = 'view=none&cell=x%ff&axis.nothing=1&rows=q&outcome=__proto__'")
        again.wait("document.querySelector('#shown').innerText.startsWith('%d')" % len(self.last))
        self.assertEqual(again.complaints(), [])

    def test_roles(self):
        page = self.open("view=cells")
        self.assertEqual(page.evaluate("""(() => { const grid = document.querySelector('#view .rows');
            return [grid.getAttribute('aria-rowcount'), grid.tabIndex, grid.ariaLabel]; })()"""),
            [str(len(self.last) + 1), 0, "Cells"])
        nameless = page.evaluate("""[...document.querySelectorAll('button, input, select, a')]
            .filter(each => !(each.innerText.trim() || each.ariaLabel || each.labels?.length))
            .map(each => each.outerHTML)""")
        self.assertEqual(nameless, [])

    def contrast(self, page):
        """The least contrast of text to what is behind it, by WCAG's measure; which."""
        return page.evaluate("""(() => {
            const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
                .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
                .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
            const parse = text => (text.match(/[\\d.]+/g) || []).map(Number);
            let least = [99, ''];
            for (const element of document.querySelectorAll('body *')) {
                const own = [...element.childNodes].some(n => n.nodeType === 3 && n.data.trim());
                if (!own || !element.offsetParent || element.closest('.none, :disabled, svg')) continue;
                let back = null;
                for (let at = element; at && !back; at = at.parentElement) {
                    const colour = parse(getComputedStyle(at).backgroundColor);
                    if (colour.length === 3 || colour[3] === 1) back = colour;
                }
                const a = light(parse(getComputedStyle(element).color)), b = light(back);
                const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
                if (ratio < least[0]) least = [ratio, element.className + ': ' + element.innerText];
            }
            return least;
        })()""")

    def test_contrast(self):
        for dark in (False, True):
            for view in ("", "view=cells", "view=changes&cell=" + quote(FAILED),
                         "cell=%s&with=%s" % (quote(FAILED), quote(OTHER))):
                page = self.open(view, dark=dark)
                if "cell=" in view:
                    page.wait("document.querySelector('#panel .console')")
                ratio, where = self.contrast(page)
                self.assertGreaterEqual(ratio, 4.5, "%s, dark: %s, %s" % (where, dark, view))
                self.picture("%s-%d" % ("dark" if dark else "light", len(view)))

    def test_phone(self):
        for number, view in enumerate(("", "view=cells&outcome=fail", "view=changes",
                                       "cell=" + quote(FAILED))):
            page = self.open(view, width=390, height=844)
            if "cell=" in view:
                page.wait("document.querySelector('#panel .console')")
            self.assertLessEqual(page.evaluate("document.documentElement.scrollWidth"), 390)
            self.picture("phone-%d" % number)

    def test_print(self):
        page = self.open("view=cells")
        pdf = OPTIONS.pictures / "cells.pdf"
        page.pdf(pdf)
        self.assertGreater(pdf.read_bytes().count(b"/Type /Page\n") or
                           pdf.read_bytes().count(b"/Type /Page"), 5)
        page = self.open("cell=" + quote(FAILED))
        page.wait("document.querySelector('#panel .console')")
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        self.assertEqual(page.evaluate("[...document.querySelectorAll('#panel .printed h3')]"
                                       ".map(each => each.innerText)"),
                         ["Console", "Calls", "Timeline", "CPUs"])
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        self.assertEqual(page.evaluate("document.querySelectorAll('.printed').length"), 0)
        page.pdf(OPTIONS.pictures / "cell.pdf")

    def test_old_browser(self):
        page = self.browser.open("about:blank#")
        self.page = page
        page.call("Page.addScriptToEvaluateOnNewDocument", source="delete self.DecompressionStream")
        page.call("Page.navigate", url=self.url)
        page.wait("document.querySelector('#trouble')?.offsetHeight")
        self.assertIn("DecompressionStream", page.text("#trouble"))
        self.assertIn("el4 matrix report", page.text("#trouble"))

    # ---- size ----

    def test_ten_thousand_cells(self):
        results = make(self.folder, "many", "--cells", "10000")
        url = report(self.folder / "many.html", results).as_uri()
        page = self.open(url=url)
        size = (self.folder / "many.html").stat().st_size
        print("\n10,000 cells: %.1f MB, %s ms to interactive" % (size / 1e6, page.evaluate(READY)))
        self.picture("many-grid")
        page.click("#view-cells")
        self.assertLess(page.evaluate("document.querySelectorAll('#view .row').length"), 120)
        page.evaluate("document.querySelector('#view .rows').focus()")
        page.press("End")
        self.assertIn("2", self.active())
        self.picture("many-cells")
        timed = page.evaluate("""(() => { const start = performance.now();
            document.querySelector('.chip.outcome.fail').click();
            return Math.round(performance.now() - start); })()""")
        print("a filter: %d ms" % timed)
        page.press("Home")
        page.press("Enter")
        page.wait("document.querySelector('#panel .console')")

    # ---- a real run ----

    def test_real_run(self):
        """More than a thousand machines, by the runner, reported as they end."""
        if not OPTIONS.guests or not list(pathlib.Path(OPTIONS.guests).glob("policies/*.elf")):
            self.skipTest("no guests were built: there are no cross compilers")
        results, html = self.folder / "real", self.folder / "real.html"
        # So many of its cells that a slow host ends in time, too.
        run = subprocess.run([OPTIONS.el4, "matrix", "run", OPTIONS.matrix, "--shard", "1/7",
                              "-D", "guests=" + OPTIONS.guests, "--results", results, "--quiet",
                              "--report", "html=%s" % html], capture_output=True, timeout=500)
        self.assertEqual(run.returncode, 0, run.stderr)
        records = [json.loads(line) for line in
                   (results / "results.jsonl").read_text("utf-8").rstrip("\n").split("\n")][1:]
        last = {record["cell"]: record for record in records}
        self.assertGreater(len(last), 1000)
        page = self.open(url=html.as_uri())
        self.assertEqual(self.shown(), len(last))
        self.picture("real-grid")
        # Filters: an axis's value, then a text.
        page.click("[data-focus=axis-0-0]")
        board = last[min(last, key=lambda cell: last[cell]["index"])]["axes"]["board"]
        chosen = [r for r in last.values() if r["axes"]["board"] == board]
        self.assertEqual(self.shown(), len(chosen))
        page.click("#view-cells")
        calls = next(r["cell"] for r in chosen if len(r["events"]) > 3)
        page.press("/")
        page.write(calls)
        page.wait("document.querySelector('#shown').innerText.startsWith('1 of')")
        # A cell.
        page.press("Escape")
        page.press("Enter")
        page.wait("document.querySelector('#panel .console .line')")
        self.assertEqual(page.text("#panel-name"), calls)
        self.assertIn(last[calls]["console"].split("\n")[0].strip(), page.evaluate(
            "document.querySelector('#panel .console').textContent"))
        page.click("#tab-timeline")
        page.wait("document.querySelector('#panel .lanes path')")
        self.picture("real-timeline")
        # Beside another.
        page.press("c")
        page.wait("document.querySelector('#picker[open] li')")
        self.picture("real-picker")
        page.press("Enter")
        page.wait("document.querySelector('#panel .diff .step')")
        self.assertEqual(page.evaluate("document.querySelectorAll('.axes .differs').length"), 1)
        self.picture("real-compare")


def main():
    global OPTIONS
    parser = argparse.ArgumentParser()
    parser.add_argument("--el4", required=True)
    parser.add_argument("--pictures", required=True, type=pathlib.Path)
    parser.add_argument("--matrix", help="of a real run")
    parser.add_argument("--guests", help="of its cells; without them it is left out")
    OPTIONS, rest = parser.parse_known_args()
    if not chromium.find():
        print("skipped: there is no chromium (Debian: apt-get install chromium)")
        sys.exit(SKIPPED)
    OPTIONS.pictures.mkdir(parents=True, exist_ok=True)
    unittest.main(argv=sys.argv[:1] + rest, verbosity=2)


if __name__ == "__main__":
    main()
