"""Every page and every form of the demonstration met with what nobody should type: a clear answer, and nothing is lost.

What a single form says of a single wrong value is tested beside its step; here is what holds of all of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape, unescape
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException

from pharmacy.accounts import queries, service
from pharmacy.accounts.models import Person
from pharmacy.actions import record
from pharmacy.actions.acting import Seen
from pharmacy.actions.catalogue import Role
from tests.demo.told import Demo, data, demo, told_once, when_it_is_told

__all__ = ["data", "demo", "told_once", "when_it_is_told"]

MARKUP = "<b>Ж\"'&"
HOSTILE = ["", "0", "-1", "1e3", "Infinity", "１", "4,5", "9" * 400, "29 FEB 2026", MARKUP, "a\u202eb"]
WAYS_OUT = {"accounts.sign_out", "accounts.change_user", "accounts.own_account", "accounts.own_pin", "accounts.reset"}
PAGES_OF_A_KIND = 3


@dataclass(eq=False)
class Form:
    """A form as the browser would send it untouched, and the names of what can be typed in."""

    action: str
    sent: dict[str, list[str]] = field(default_factory=dict)
    typed: set[str] = field(default_factory=set)


class Reader(HTMLParser):
    """The links and the forms of a page."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address, self.links, self.forms = address, [], []  # type: ignore[var-annotated]
        self._form: Form | None = None
        self._select = self._area = ""
        self._first: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        name, kind, form = has.get("name", ""), has.get("type", "text"), self._form
        if tag == "a" and has.get("href", "").startswith("/"):
            self.links.append(has["href"])
        elif tag == "form":
            self._form = (
                Form(urlsplit(has.get("action") or self.address).path)
                if has.get("method", "").lower() == "post"
                else None
            )
        elif tag == "option" and form and self._select:
            self._first.setdefault(self._select, has.get("value", ""))
            if "selected" in has:
                form.sent.setdefault(self._select, []).append(has.get("value", ""))
        elif form is None or not name:
            return
        elif tag == "textarea":
            form.typed.add(name)
            self._area = name
        elif tag == "select":
            self._select = name
        elif tag == "button":
            form.sent.setdefault(name, [has.get("value", "")])
        elif tag == "input" and (kind not in {"checkbox", "radio"} or "checked" in has) and kind != "file":
            form.sent.setdefault(name, []).append(has.get("value", ""))
            if kind not in {"hidden", "checkbox", "radio", "submit"}:
                form.typed.add(name)

    def handle_data(self, data: str) -> None:
        if self._area and self._form:
            self._form.sent.setdefault(self._area, []).append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = ""
        elif tag == "select":
            if self._form and self._select in self._first:  # a browser sends the first, where none is chosen
                self._form.sent.setdefault(self._select, [self._first[self._select]])
            self._select, self._first = "", {}
        elif tag == "form" and self._form:
            self.forms.append(self._form)
            self._form = None


def endpoint(app: Flask, address: str, method: str = "GET") -> str:
    try:
        return str(app.url_map.bind("localhost").match(urlsplit(address).path, method=method)[0])
    except HTTPException:
        return ""


@pytest.fixture
def everybody(demo: Demo) -> FlaskClient:
    """One person who is everything here: no answer is a mere matter of roles."""
    with Session(demo.app.extensions["engine"], expire_on_commit=False) as db:
        pia = queries.by_sign_in_name(db, "pia")
        assert pia
        roles = [role for role in Role if role is not Role.PROGRAM]
        adam = demo.actor("adam")
        service.change_person(db, adam, Seen(Person, pia.id), roles, True, "For the test", "a" * 32)
    return demo.visit("pia")


def pages(app: Flask, client: FlaskClient) -> Iterator[tuple[str, Reader]]:
    """Pages of every kind that can be reached, some of each."""
    waiting, met, known = ["/"], Counter[str](), {"/"}
    while waiting:
        address = waiting.pop(0)
        kind = endpoint(app, address)
        if not kind or kind.endswith("static") or met[kind] >= PAGES_OF_A_KIND:
            continue
        answer = client.get(address)
        assert answer.status_code in {200, 302, 404}, address
        if answer.status_code == 302:
            answer = client.get(address, follow_redirects=True)
        if answer.mimetype != "text/html":
            continue
        met[kind] += 1
        reader = Reader(address)
        reader.feed(answer.get_data(as_text=True))
        yield kind, reader
        new = [link for link in dict.fromkeys(reader.links) if link not in known]
        known.update(new)
        waiting += new


def test_every_form_answers_every_bad_value_clearly_and_loses_nothing(demo: Demo, everybody: FlaskClient) -> None:
    app, forms = demo.app, {}
    for kind, reader in pages(app, everybody):
        for form in reader.forms:
            target = endpoint(app, form.action, "POST")
            assert target, f"{kind}: a form goes to {form.action}, which takes none"
            if target not in WAYS_OUT:
                forms.setdefault((target, tuple(sorted(form.typed))), form)
    assert len(forms) >= 30, "the walk has lost its way"
    for (target, _), form in forms.items():
        offered = True  # an act that was taken, here or elsewhere, may have closed the form
        for bad in HOSTILE:
            sent = {name: [bad] if name in form.typed else values for name, values in form.sent.items()}
            answer = everybody.post(form.action, data=sent)
            said = f"{target} with {bad[:20]!r}: {answer.status_code}"
            assert answer.status_code in {200, 302, 403, 404, 409, 413, 422}, said
            page = answer.get_data(as_text=True)
            assert "<b>Ж" not in page, said
            shown = {name for name in form.typed if "secret" not in name and "password" not in name and name != "q"}
            offered = offered and answer.status_code not in {302, 403, 409}
            if answer.status_code == 422 and offered and shown and bad.strip():
                assert bad in unescape(page) or escape(bad) in page, f"{said}: what was typed is lost"
    with demo.raw.connect() as connection:
        assert record.verify(connection, "main").first_bad is None


@pytest.mark.parametrize(
    "number", [0, 999_999, 2**31, 2**63 - 1, 2**63, 10**400], ids=lambda n: f"{len(str(n))}-digits-{str(n)[0]}"
)
def test_a_number_that_no_row_has_is_a_404_on_every_page_and_does_nothing_in_any_form(
    demo: Demo, everybody: FlaskClient, number: int
) -> None:
    with demo.raw.connect() as connection:
        before = record.verify(connection, "main").entries
    for rule in demo.app.url_map.iter_rules():
        if "<int:" not in rule.rule:
            continue
        address = rule.rule
        for name in rule.arguments:
            address = address.replace(f"<int:{name}>", str(number)).replace(f"<{name}>", "0" * 64)
        if "GET" in (rule.methods or ()):
            assert everybody.get(address).status_code == 404, address
        if "POST" in (rule.methods or ()):
            answer = everybody.post(
                address, data={"key": "b" * 32, "reason": "None", "secret": demo.passwords()["pia"]}
            )
            assert answer.status_code in {404, 422} or rule.endpoint == "accounts.discard", (
                address,
                answer.status_code,
            )
    with demo.raw.connect() as connection:
        verdict = record.verify(connection, "main")
    assert verdict.first_bad is None
    assert verdict.entries - before <= 2, "but for the two sign-in entries nothing was written"


@pytest.mark.parametrize(
    "query",
    ["page", "held", "patient", "lot", "person", "kind", "from", "until", "before", "after", "q", "serial", "stock"],
)
def test_no_page_breaks_on_what_stands_behind_the_question_mark(demo: Demo, everybody: FlaskClient, query: str) -> None:
    for rule in demo.app.url_map.iter_rules():
        if rule.arguments or "GET" not in (rule.methods or ()) or rule.endpoint == "desk.set_up":
            continue
        for bad in ("", "-1", "9" * 30, "１", "x", MARKUP, "%00"):
            answer = everybody.get(rule.rule, query_string={query: bad})
            assert answer.status_code in {200, 302, 404, 422}, (rule.rule, bad)
            if answer.mimetype == "text/html":
                assert "<b>Ж" not in answer.get_data(as_text=True)
