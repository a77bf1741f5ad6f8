"""A headless Chromium through chromedriver, spoken to in plain WebDriver over HTTP: no package needed.

https://www.w3.org/TR/webdriver2/ has the commands; `goog/cdp/execute` and `se/log` are chromedriver's own.
"""

from __future__ import annotations

import base64
import json
import re
import subprocess
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars"),
)
COLUMN = """
const table = document.querySelector(arguments[0]);
return [...table.tBodies[0].rows].map((row) => row.cells[arguments[1]].textContent.trim());
"""
CHARTS = """
return [...document.querySelectorAll('svg[role=img]')]
  .filter((s) => getComputedStyle(s.parentElement).display !== 'none')
  .map((s) => [s.getBoundingClientRect().width, s.getBoundingClientRect().height,
    s.querySelectorAll('rect, path, circle, line').length]);
"""
UNFOLD = "document.querySelectorAll('details').forEach((d) => { d.open = true; })"
FOLDS = "document.querySelectorAll('details.fold').forEach((d) => { d.open = true; })"
TAB, ENTER, SPACE = "\ue004", "\ue007", " "
_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


class Browser:
    """One session of a chromedriver that listens on `port`."""

    def __init__(self, port: int, binary: str, profile: str) -> None:
        self._base = f"http://127.0.0.1:{port}/session"
        options = {"binary": binary, "args": [*FLAGS, f"--user-data-dir={profile}"]}
        logs = {"browser": "ALL", "performance": "ALL"}
        limits = {"script": 120_000, "pageLoad": 120_000}  # milliseconds; printing on a busy machine is slow
        wanted = {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": logs}
        wanted["timeouts"] = limits
        found = self._call("POST", "", {"capabilities": {"alwaysMatch": wanted}})
        self._base += f"/{found['sessionId']}"

    def open(self, page: Path | str) -> None:
        """Load a file, or an address."""
        address = page if isinstance(page, str) else page.resolve().as_uri()
        self._call("POST", "/url", {"url": address})

    def run(self, script: str, *arguments: Any) -> Any:
        return self._call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def wait(self, script: str, *arguments: Any) -> Any:
        """The value that a script gives to the function in its last argument."""
        return self._call("POST", "/execute/async", {"script": script, "args": list(arguments)})

    def devtools(self, command: str, **parameters: Any) -> Any:
        return self._call("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def size(self, width: int, height: int, mobile: bool = False) -> None:
        self.devtools(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=mobile,
        )

    def media(self, kind: str = "screen", scheme: str = "light") -> None:
        """Print or screen (for `pdf` too) and the colour scheme; nothing moves, so that clicks hit."""
        wanted = {"prefers-color-scheme": scheme, "prefers-reduced-motion": "reduce"}
        features = [{"name": name, "value": value} for name, value in wanted.items()]
        self.devtools("Emulation.setEmulatedMedia", media=kind, features=features)
        frames = (
            "const [done] = arguments; requestAnimationFrame(() => requestAnimationFrame(() => done(0)));"
        )
        self._call("POST", "/execute/async", {"script": frames, "args": []})  # the page has seen the change

    def press(self, *keys: str) -> None:
        """Keys into whatever has the focus."""
        active = self._call("GET", "/element/active")[_ELEMENT]
        self._call("POST", f"/element/{active}/value", {"text": "".join(keys)})

    def click(self, selector: str) -> None:
        element = self._call("POST", "/element", {"using": "css selector", "value": selector})[_ELEMENT]
        self._call("POST", f"/element/{element}/click", {})

    def console(self) -> list[str]:
        """Messages of the console since the last call."""
        return [entry["message"] for entry in self._call("POST", "/se/log", {"type": "browser"})]

    def requests(self) -> list[str]:
        """Addresses asked for since the last call."""
        entries = self._call("POST", "/se/log", {"type": "performance"})
        events = [json.loads(entry["message"])["message"] for entry in entries]
        return [e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"]

    def screenshot(self, whole: bool = True) -> bytes:
        picture = self.devtools("Page.captureScreenshot", captureBeyondViewport=whole)
        return base64.b64decode(picture["data"])

    def pdf(self) -> bytes:
        return base64.b64decode(self._call("POST", "/print", {"background": True}))

    def close(self) -> None:
        self._call("DELETE", "")

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self._base + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=150) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.read().decode()[:500]}") from error


@contextmanager
def browser(chromium: str, chromedriver: str) -> Iterator[Browser]:
    """A fresh browser with its own profile; both programs are gone when the block ends."""
    with (
        tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True) as profile,
        subprocess.Popen([chromedriver, "--port=0"], stdout=subprocess.PIPE, text=True) as driver,
    ):
        try:
            assert driver.stdout is not None
            said = (re.search(r"successfully on port (\d+)", line) for line in driver.stdout)
            told = next((match for match in said if match), None)
            assert told is not None, "chromedriver did not start"
            session = Browser(int(told[1]), chromium, profile)
            try:
                yield session
            finally:
                session.close()
        finally:
            driver.terminate()
