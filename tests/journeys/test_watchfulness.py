"""The journeys' own eyes are tested first: a watcher that sees nothing would let every journey pass."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser

from tests.journeys.browser import DESK, SCREENSHOTS, Visitor

POLICY = "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; form-action 'self'"
START = "<!doctype html><html lang=en><head><meta charset=utf-8><title>A page</title></head><body><main><h1>A page</h1>"
PAGES = {
    "/good": (200, f"{START}<p>All is well.</p></main>"),
    "/inline": (200, f"{START}<p onclick='go()'>x</p><script>var x = 1</script></main>"),
    "/throws": (200, f"{START}<script src=/throws.js></script></main>"),
    "/throws.js": (200, "throw new Error('a bug on the page')"),
    "/elsewhere": (200, f"{START}<img alt='' src=http://127.0.0.2:9/logo.png></main>"),
    "/broken": (500, f"{START}<p>Sorry.</p></main>"),
    "/forbidden": (403, f"{START}<p>Only a pharmacist may.</p></main>"),
    "/wide": (200, f"{START}<table width=2000><tr><td>a wide table</table></main>"),
    "/unlabelled": (200, f"{START}<form><input name=quantity></form></main>"),
}


class Pages(BaseHTTPRequestHandler):
    """Small pages, good and bad, under the pharmacy's own content security policy."""

    def do_GET(self) -> None:
        status, text = PAGES.get(self.path, (204, ""))
        self.send_response(status)
        kind = "text/javascript" if self.path.endswith(".js") else "text/html"
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Security-Policy", POLICY)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def pages() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def visitor(chromium: Browser, pages: str) -> Iterator[Visitor]:
    context = chromium.new_context(viewport=DESK)
    yield Visitor(context, pages)
    context.close()


def test_a_good_page_is_looked_at_without_complaint(visitor: Visitor) -> None:
    visitor.go("/good")
    visitor.look("watchfulness", phone=True)
    assert visitor.problems == []
    for name in ("watchfulness", "watchfulness-phone"):
        picture = SCREENSHOTS / f"{name}.png"
        assert picture.read_bytes().startswith(b"\x89PNG")
        picture.unlink()


@pytest.mark.parametrize(
    ("path", "complaint"),
    [
        ("/inline", "Content Security Policy"),
        ("/throws", "a bug on the page"),
        ("/elsewhere", "request to another place"),
        ("/broken", "500 from GET"),
        ("/forbidden", "status of 403"),
    ],
)
def test_what_goes_wrong_on_a_page_is_noticed(visitor: Visitor, path: str, complaint: str) -> None:
    visitor.go(path)
    visitor.settle()
    assert complaint in "\n".join(visitor.problems)


def test_an_expected_refusal_is_no_complaint_and_must_come(visitor: Visitor) -> None:
    with visitor.expecting(403):
        visitor.go("/forbidden")
    assert visitor.problems == []
    assert visitor.heard == [403]  # the console's word did not come after the block
    with pytest.raises(AssertionError, match="expected an answer 403"), visitor.expecting(403, within=0.2):
        visitor.go("/good")


def test_a_page_wider_than_the_window_fails(visitor: Visitor) -> None:
    visitor.go("/wide")
    with pytest.raises(AssertionError, match="wide in a window"):
        visitor.look("watchfulness")
    (SCREENSHOTS / "watchfulness.png").unlink()


def test_a_field_without_a_label_fails(visitor: Visitor) -> None:
    visitor.go("/unlabelled")
    with pytest.raises(AssertionError, match="label"):
        visitor.check_accessibility()
