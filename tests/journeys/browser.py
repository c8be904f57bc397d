"""A real browser for the journeys: finding one, and a visitor who notices whatever goes wrong on a page.

Run as a program (``python tests/journeys/browser.py``) it prints where Chromium is; with ``--install`` it may, as root on
Debian, fetch one. It imports nothing but the standard library until a browser is really opened.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response, ViewportSize

ROOT = Path(__file__).resolve().parents[2]
SCREENSHOTS = ROOT / "build" / "screenshots"
DESK: ViewportSize = {"width": 1366, "height": 768}
PHONE: ViewportSize = {"width": 390, "height": 844}

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PLACES = (
    "/usr/bin/chromium",
    "/usr/lib/chromium/chromium",
    "/snap/bin/chromium",
    "/opt/google/chrome/chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
CACHES = ("~/.cache/ms-playwright", "~/Library/Caches/ms-playwright")
IN_CACHE = (
    "chromium-*/chrome-linux*/chrome",
    "chromium-*/chrome-mac*/Chromium.app/Contents/MacOS/Chromium",
    "chromium_headless_shell-*/chrome-linux*/headless_shell",
)

# The browser is to talk to the server under test and to nothing else: no updates, no sync, no first-run pages.
FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class NoBrowser(Exception):
    """There is no Chromium to be had; the message says what to do."""


def runs(path: str) -> bool:
    """Whether the program starts and calls itself Chromium or Chrome: Ubuntu's package is a stub that only talks of snap."""
    try:
        answer = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0 and any(word in answer.stdout for word in ("Chrom", "HeadlessChrome"))


def find_chromium(environment: Mapping[str, str] = os.environ) -> str | None:
    """The path of a Chromium that runs: the one that ``CHROMIUM`` names, else the first of the usual places; None if there is none."""
    named = environment.get("CHROMIUM")
    if named:
        path = shutil.which(named, path=environment.get("PATH"))
        if path is None or not runs(path):
            raise NoBrowser(f"CHROMIUM={named} is not a Chromium that runs.")
        return path
    on_path = (shutil.which(name, path=environment.get("PATH")) for name in NAMES)
    caches = [Path(place).expanduser() for place in (environment.get("PLAYWRIGHT_BROWSERS_PATH"), *CACHES) if place]
    in_caches = (
        str(found) for cache in caches for pattern in IN_CACHE for found in sorted(cache.glob(pattern), reverse=True)
    )
    candidates = dict.fromkeys(path for path in (*on_path, *PLACES, *in_caches) if path and Path(path).exists())
    return next((path for path in candidates if runs(path)), None)


def is_debian() -> bool:
    """Whether apt's own chromium is a real one: on Debian it is, on Ubuntu a stub for a snap."""
    try:
        words = Path("/etc/os-release").read_text(encoding="utf-8").splitlines()
    except OSError:
        return False
    return "ID=debian" in words and shutil.which("apt-get") is not None


def install_chromium() -> None:
    """Fetch Debian's chromium, as root on Debian only."""
    sys.stderr.write("Installing Chromium for the browser journeys.\n")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"],
    ):
        subprocess.run(command, env=quiet, stdin=subprocess.DEVNULL, stdout=sys.stderr, check=False)


def what_to_do() -> str:
    """The one command that brings a Chromium to this machine."""
    command = "sudo apt-get install -y chromium" if is_debian() else ".venv/bin/playwright install --with-deps chromium"
    return (
        f"The browser journeys need Chromium, and none was found. Run this, then make test again:\n    {command}\n"
        "Or name one with CHROMIUM=/path/to/chromium, or leave the journeys out: make test BROWSER=none"
    )


@dataclass  # no slots: playwright notes its wrappers of the listeners on their object
class Visitor:
    """One person at one browser: a context of its own, with its own cookies, whose pages are watched.

    Whatever the browser complains of (an error on its console, a refusal by the Content-Security-Policy, an uncaught error,
    an answer from 500, a request to any other machine) is kept in ``problems``; the journey fails if any is left at its end.
    """

    context: BrowserContext
    base: str
    page: Page = field(init=False)
    problems: list[str] = field(default_factory=list)
    expected: set[int] = field(default_factory=set)
    heard: list[int] = field(default_factory=list)  # the expected statuses that the console has told of

    def __post_init__(self) -> None:
        self.context.on("console", self._console)
        self.context.on("weberror", lambda error: self.problems.append(f"uncaught on {self.page.url}: {error.error}"))
        self.context.on("request", self._request)
        self.context.on("response", self._response)
        self.page = self.context.new_page()

    def _console(self, message: ConsoleMessage) -> None:
        if message.type != "error":
            return
        # A page that answers 403 on purpose makes the console say so; that one sentence is expected where the status is.
        told = [status for status in self.expected if f"status of {status}" in message.text]
        self.heard.extend(told)
        if told:
            return
        self.problems.append(f"console on {self.page.url}: {message.text}")

    def _request(self, request: Request) -> None:
        asked, here = urlsplit(request.url), urlsplit(self.base)
        if asked.scheme not in {"data", "blob", "about"} and asked.netloc != here.netloc:
            self.problems.append(f"request to another place: {request.url}")

    def _response(self, response: Response) -> None:
        if response.status >= 500 and response.status not in self.expected:
            self.problems.append(f"{response.status} from {response.request.method} {response.url}")

    @contextmanager
    def expecting(self, status: int, within: float = 15) -> Iterator[None]:
        """Within the block an answer with this status is part of the story; it must come within so many seconds after it.

        The console tells of such an answer too, later than the answer itself: it is waited for, so that its word does not come
        when nobody expects it any more.
        """
        came: list[int] = []
        self.heard.clear()

        def note(response: Response) -> None:
            came.append(response.status)

        self.expected.add(status)
        self.context.on("response", note)
        try:
            yield
            until = time.monotonic() + within
            while not (status in came and status in self.heard) and time.monotonic() < until:
                self.page.wait_for_timeout(20)  # lets the browser speak
            self.settle()
        finally:
            self.context.remove_listener("response", note)
            self.expected.discard(status)
        assert status in came, f"expected an answer {status}, got {came}"

    def settle(self) -> None:
        """Wait until the page is loaded and its console has been heard."""
        self.page.wait_for_load_state("networkidle")

    def go(self, path: str) -> Response:
        """Open a page of the pharmacy by its path."""
        response = self.page.goto(self.base + path)
        assert response is not None
        return response

    def fetch(self, path: str) -> bytes:
        """The bytes of a document, as this person may read them (with the browser's own cookies)."""
        answer = self.context.request.get(path if path.startswith("http") else self.base + path)
        assert answer.ok, f"{answer.status} from {path}"
        return answer.body()

    def look(self, name: str, *, phone: bool = False, axe: bool = True) -> None:
        """Take a picture of the page to ``build/screenshots/<name>.png``, and check what a look would notice.

        Nothing may stick out sideways at 1366 wide, nor, on a reading page (``phone=True``), at 390; its picture is
        ``<name>-phone.png``. No serious fault of accessibility may stand.
        """
        self.settle()
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        if axe:
            self.check_accessibility()
        try:
            self._picture(name, DESK)
            if phone:
                self._picture(f"{name}-phone", PHONE)
        finally:
            self.page.set_viewport_size(DESK)

    def _picture(self, name: str, window: ViewportSize) -> None:
        self.page.set_viewport_size(window)
        wide, inner, high = self.page.evaluate(
            "() => { const all = document.documentElement; return [all.scrollWidth, all.clientWidth, all.scrollHeight]; }"
        )
        # A window as high as the page, so that what sticks to its lower edge covers nothing in the picture.
        self.page.set_viewport_size({"width": window["width"], "height": max(window["height"], high)})
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True, animations="disabled")
        assert wide <= inner, f"{name}: the page is {wide} wide in a window of {inner}"

    def check_accessibility(self) -> None:
        """Let axe look at the page as it stands; a serious or critical violation fails.

        The script goes in through the debugger's door: a page whose policy forbids eval refuses it through any other.
        """
        from axe_playwright_python.base import AXE_SCRIPT

        session = self.context.new_cdp_session(self.page)
        try:
            session.send("Runtime.evaluate", {"expression": AXE_SCRIPT + ";undefined"})
            answer = session.send(
                "Runtime.evaluate",
                {"expression": AXE_RUN, "awaitPromise": True, "returnByValue": True},
            )
        finally:
            session.detach()
        assert "exceptionDetails" not in answer, answer
        grave = [found for found in json.loads(answer["result"]["value"]) if found["impact"] in {"serious", "critical"}]
        told = "\n".join(f"  {found['id']} ({found['impact']}): {found['help']}: {found['nodes']}" for found in grave)
        assert not grave, f"{self.page.url} is hard to use for some people:\n{told}"


AXE_RUN = """axe.run({resultTypes: ["violations"]}).then(results => JSON.stringify(results.violations.map(
    found => ({id: found.id, impact: found.impact, help: found.help, nodes: found.nodes.map(node => node.html.slice(0, 200))}))))"""


def open_chromium(playwright: Any) -> Browser:
    """Start the Chromium that was found, without a window."""
    path = find_chromium()
    if path is None:
        raise NoBrowser(what_to_do())
    # Chromium's own sandbox does not work for root; everybody else keeps it.
    as_root = ("--no-sandbox",) if os.geteuid() == 0 else ()
    browser: Browser = playwright.chromium.launch(executable_path=path, args=[*FLAGS, *as_root])
    return browser


def main(arguments: list[str]) -> int:
    """Print the path of Chromium, or what to do to have one."""
    try:
        path = find_chromium()
        if path is None and "--install" in arguments and os.geteuid() == 0 and is_debian():
            install_chromium()
            path = find_chromium()
        if path is None:
            raise NoBrowser(what_to_do())
    except NoBrowser as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    sys.stdout.write(f"{path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
