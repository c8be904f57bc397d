"""Every page that each role can reach from its queue is opened once; every kind of page is looked at."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

import pytest
from playwright.sync_api import APIResponse

from tests.journeys.browser import Visitor
from tests.journeys.conftest import Serve, Visit
from tests.journeys.people import SignIns, sign_in
from tests.journeys.server import Server

LINK = re.compile(r'<a\b[^>]*?\bhref="([^"#]+)', re.IGNORECASE)
IMAGE = re.compile(r'<img\b[^>]*?\bsrc="(/[^"]+)"', re.IGNORECASE)
FORM = re.compile(r"<form\b[^>]*>", re.IGNORECASE)
ATTRIBUTE = re.compile(r'\b(action|method)="([^"]*)"')

# Many pages of one shape teach nothing new; of these a few are enough.
ENOUGH = {
    "/log/#": 6,
    "/pharmacy/settings/#": 3,
    "/stock/lots/#": 12,
    "/formulary/versions/#": 4,
    "/formulary/#": 4,
    "/preparations/new/#": 6,
    "/calculators/#": 5,
}

# What an auditor's page may post: leaving, searching, filtering, her own password, and recomputing the record.
HARMLESS = {
    "/sign-out", "/change-user", "/find", "/account", "/account/pin", "/log", "/log/export", "/log/verify", "/patients/find",
    "/prescriptions", "/calculators/#",
}  # fmt: skip

READ_FIRST = {
    "/fills/#/review", "/fills/#/verification", "/fills/#/hand-over", "/fills/#/labels", "/preparations/#",
    "/prescriptions/#", "/stock/lots/#", "/formulary/versions/#",
}  # fmt: skip


def shape(path: str) -> str:
    """The address without its numbers: ``/fills/7/review`` has the shape ``/fills/#/review``."""
    without = re.sub(
        r"(?<=/)[0-9a-f]{64}(?=/|$)|(?<=/settings/)[^/]+|(?<=/calculators/)[^/]+", "#", urlsplit(path).path
    )
    return re.sub(r"(?<=/)\d+(?=/|\.|$)", "#", without)


@dataclass(frozen=True)
class Page:
    """A page as the server sent it: where it is, what it links to, and what its forms would do."""

    path: str
    text: str

    def links(self) -> Iterator[str]:
        for found in LINK.findall(self.text):
            yield urljoin(self.path, found.replace("&amp;", "&"))

    def images(self) -> Iterator[str]:
        yield from (found.replace("&amp;", "&") for found in IMAGE.findall(self.text))

    def acts(self) -> set[str]:
        """The shapes of the addresses that its forms post to."""
        forms = [dict(ATTRIBUTE.findall(form)) for form in FORM.findall(self.text)]
        return {shape(form.get("action") or self.path) for form in forms if form.get("method", "get").lower() == "post"}

    def kind(self) -> tuple[str, ...]:
        """Pages of one shape that offer the same acts are of one kind: one picture shows them all."""
        return (shape(self.path), *sorted(self.acts() - HARMLESS))


@dataclass
class Walk:
    """One person's walk through all that can be reached from the queue."""

    visitor: Visitor
    pages: list[Page] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def everywhere(self) -> Walk:
        waiting, known, counted = ["/"], set[str](), Counter[str]()
        while waiting:
            path = waiting.pop(0)
            its_shape = shape(path)
            if path in known or counted[its_shape] >= ENOUGH.get(its_shape, 40):
                continue
            known.add(path)
            counted[its_shape] += 1
            answer = self.visitor.context.request.get(self.visitor.base + path)
            if answer.status >= 400:
                self.refused.append(f"{answer.status} {path}")
            elif "text/html" in answer.headers["content-type"]:
                page = Page(path, answer.text())
                self.pages.append(page)
                waiting += [link for link in page.links() if link.startswith("/") and not link.startswith("//")]
                waiting += page.images()
            else:
                self.check_document(path, answer)
        return self

    def check_document(self, path: str, answer: APIResponse) -> None:
        if answer.headers["content-type"].startswith("application/toml"):
            tomllib.loads(answer.text())
            return
        start = answer.body()[:4]
        assert start in {b"%PDF", b"\x89PNG", b"\xff\xd8\xff\xe0"}, f"{path} is {start!r}"


@pytest.fixture
def server(serve: Serve) -> Server:
    return serve(demonstration=True)


def test_every_page_of_every_role_opens_and_bears_a_look(server: Server, visit: Visit) -> None:
    sign_ins = SignIns.of(server)
    looked = set[tuple[str, ...]]()
    names = Counter[str]()
    refused: list[str] = []
    faults: list[str] = []
    for name in ("pia", "tina", "paul", "ada", "adam"):
        visitor = sign_in(visit(server), name, sign_ins.passwords[name])
        walk = Walk(visitor).everywhere()
        refused += [f"{name}: {said}" for said in walk.refused]
        if name == "ada":
            acts = {f"{page.path}: {sorted(page.acts() - HARMLESS)}" for page in walk.pages if page.acts() - HARMLESS}
            assert not acts, "an auditor changes nothing, but finds buttons:\n" + "\n".join(sorted(acts))
        for page in walk.pages:
            if page.kind() in looked:
                continue
            looked.add(page.kind())
            visitor.go(page.path)
            title = f"page-{name}-" + (re.sub(r"[^a-z]+", "-", shape(page.path)).strip("-") or "queue")
            names[title] += 1
            try:
                visitor.look(f"{title}-{names[title]}", phone=reads(page))
            except AssertionError as fault:
                faults.append(f"{name} on {page.path}: {fault}")
    assert not refused, "links that lead nowhere for the one who sees them:\n" + "\n".join(refused)
    assert not faults, "\n".join(faults)


def reads(page: Page) -> bool:
    """Whether it is a page to read, which must do on a telephone too: nothing is entered there, or it is read first."""
    return not page.acts() - HARMLESS or shape(page.path) in READ_FIRST
