# SPDX-License-Identifier: MIT
"""A page in a headless Chromium, driven by its DevTools protocol over a pair of pipes.

with Browser() as browser: page = browser.open(url); page.click("#x"); page.press("Enter") ...
Everything waits with a limit and fails with Trouble.
"""
import base64
import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time

# A loaded machine takes its time; only a page that never gets there should fail.
PATIENCE = 60

# What the protocol wants to know of keys that are no characters: code, number.
KEYS = {"Enter": ("Enter", 13), "Escape": ("Escape", 27), "ArrowLeft": ("ArrowLeft", 37),
        "ArrowUp": ("ArrowUp", 38), "ArrowRight": ("ArrowRight", 39), "ArrowDown": ("ArrowDown", 40),
        "Home": ("Home", 36), "End": ("End", 35), "PageDown": ("PageDown", 34), "Tab": ("Tab", 9)}


class Trouble(Exception):
    pass


def find():
    """The browser's command, or None."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        path = shutil.which(name)
        if path:
            return path
    return None


class Browser:
    def __init__(self):
        self.home = tempfile.mkdtemp(prefix="el4-chromium-")
        to_read, self.to_browser = os.pipe()
        self.from_browser, to_write = os.pipe()

        def place_pipes():
            # By way of high numbers: one of the ends may be 3 or 4 already.
            os.dup2(to_read, 100)
            os.dup2(to_write, 101)
            os.dup2(100, 3)
            os.dup2(101, 4)

        options = ["--headless=new", "--remote-debugging-pipe", "--user-data-dir=" + self.home,
                   "--no-first-run", "--disable-gpu", "--disable-extensions", "--hide-scrollbars",
                   "--disable-background-networking", "--disable-component-update",
                   "--disable-dev-shm-usage", "--force-color-profile=srgb", "--mute-audio"]
        if os.geteuid() == 0:
            options.append("--no-sandbox")  # which root can't have
        self.process = subprocess.Popen(
            [find(), *options, "about:blank"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, preexec_fn=place_pipes, pass_fds=(3, 4),
            start_new_session=True, env=dict(os.environ, HOME=self.home))
        os.close(to_read)
        os.close(to_write)
        self.buffer = b""
        self.number = 0
        self.events = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.call("Browser.close")
            self.process.wait(10)
        except (Trouble, subprocess.TimeoutExpired, OSError):
            pass
        try:
            os.killpg(self.process.pid, signal.SIGKILL)  # the group is its own
        except ProcessLookupError:
            pass
        self.process.wait()
        shutil.rmtree(self.home, ignore_errors=True)

    def receive(self, end):
        """The next message of the browser."""
        while b"\0" not in self.buffer:
            if not select.select([self.from_browser], [], [], max(0, end - time.monotonic()))[0]:
                raise Trouble("the browser does not answer")
            read = os.read(self.from_browser, 1 << 20)
            if not read:
                raise Trouble("the browser is gone")
            self.buffer += read
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, session=None, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        rest = json.dumps(message).encode() + b"\0"
        while rest:
            rest = rest[os.write(self.to_browser, rest):]
        end = time.monotonic() + PATIENCE
        while True:
            answer = self.receive(end)
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise Trouble("%s: %s" % (method, answer["error"]["message"]))
                return answer["result"]
            if "method" in answer:
                self.events.append(answer)

    def open(self, url, **options):
        return Page(self, url, **options)


class Page:
    def __init__(self, browser, url, width=1280, height=800, dark=False):
        self.browser = browser
        self.target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = browser.call("Target.attachToTarget", targetId=self.target,
                                    flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(domain + ".enable")
        self.resize(width, height)
        self.call("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])
        self.call("Page.navigate", url=url)
        if not url.startswith("about:"):
            self.wait("location.href !== 'about:blank' && document.readyState === 'complete'")

    def call(self, method, **parameters):
        return self.browser.call(method, session=self.session, **parameters)

    def resize(self, width, height):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=1, mobile=width < 600)

    def evaluate(self, expression):
        answer = self.call("Runtime.evaluate", expression=expression, awaitPromise=True,
                           returnByValue=True)
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise Trouble("%s: %s" % (expression, details.get("exception", {}).get("description")
                                      or details["text"]))
        return answer["result"].get("value")

    def wait(self, expression):
        """Until the expression is true; its value."""
        end = time.monotonic() + PATIENCE
        while True:
            value = self.evaluate(expression)
            if value or value == {}:  # an element
                return value
            if time.monotonic() > end:
                raise Trouble("never came true: " + expression)
            time.sleep(0.02)

    def text(self, selector):
        return self.evaluate("document.querySelector(%s)?.innerText" % json.dumps(selector))

    def click(self, selector, nth=0):
        """As a mouse does it, so that something on top of the element is noticed."""
        place = self.wait("""(() => {
            const element = document.querySelectorAll(%s)[%d];
            if (!element) return null;
            element.scrollIntoView({block: 'nearest', inline: 'nearest'});
            const box = element.getBoundingClientRect();
            return [box.left + box.width / 2, box.top + box.height / 2];
        })()""" % (json.dumps(selector), nth))
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=place[0], y=place[1], button="left",
                      clickCount=1)

    def press(self, key, times=1):
        code, number = KEYS.get(key, (None, None))
        for _ in range(times):
            if code:
                extra = {"text": "\r"} if key == "Enter" else {}
                self.call("Input.dispatchKeyEvent", type="keyDown", key=key, code=code,
                          windowsVirtualKeyCode=number, **extra)
                self.call("Input.dispatchKeyEvent", type="keyUp", key=key, code=code,
                          windowsVirtualKeyCode=number)
            else:
                self.call("Input.dispatchKeyEvent", type="keyDown", key=key, text=key)
                self.call("Input.dispatchKeyEvent", type="keyUp", key=key)

    def write(self, text):
        for character in text:
            self.press(character)

    def complaints(self):
        """Errors and warnings so far: exceptions, the console, the log, requests that were made."""
        self.evaluate("0")
        found = []
        for event in self.browser.events:
            method, parameters = event["method"], event["params"]
            if event.get("sessionId") != self.session:
                continue
            if method == "Runtime.exceptionThrown":
                details = parameters["exceptionDetails"]
                found.append(details.get("exception", {}).get("description") or details["text"])
            elif method == "Runtime.consoleAPICalled" and parameters["type"] in ("error", "warning"):
                found.append(json.dumps(parameters["args"]))
            elif method == "Log.entryAdded" and parameters["entry"]["level"] in ("error", "warning"):
                found.append(parameters["entry"]["text"])
            elif method == "Network.requestWillBeSent":
                url = parameters["request"]["url"]
                if not url.startswith(("file:", "data:", "about:")):
                    found.append("request to " + url)
        return found

    def screenshot(self, path):
        # Two frames: the one that is being drawn may be from before the last change.
        self.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        answer = self.call("Page.captureScreenshot", format="png")
        with open(path, "wb") as file:
            file.write(base64.b64decode(answer["data"]))

    def pdf(self, path):
        answer = self.call("Page.printToPDF", printBackground=True, preferCSSPageSize=True,
                           paperWidth=8.27, paperHeight=11.69)
        with open(path, "wb") as file:
            file.write(base64.b64decode(answer["data"]))
