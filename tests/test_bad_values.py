"""One bad value in one field of a form that is good otherwise: 422, a sentence at that field and no other, no row written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, func, inspect, select, table

from tests.demo.told import Demo, data, demo, told_once, when_it_is_told
from tests.test_bad_input import Form, Reader, endpoint, everybody, pages

__all__ = ["data", "demo", "everybody", "told_once", "when_it_is_told"]

# Of the issue: zero, negative, infinite, 400 digits; a mass or a volume where a plain number belongs; and what browsers send.
NO_NUMBER = ("-1", "Infinity", "NaN", "9" * 400, "4.5 mg", "10 mL", "4,5", "1e3", "１", ".5", "half", "<b>5</b>")
JARGON = re.compile(r"Traceback|NoneType|<class|object at|Decimal\(|Fraction\(|KeyError|Not a valid|invalid literal")
ZERO = "0"


@dataclass(frozen=True)
class Place:
    """A form by its endpoint: what to type so that it is good, its numbers, those that may be 0, and what else is bad.

    ``when`` is a field that the form must have, and `where` how its address begins, where several forms have the
    endpoint. What stands in `more` is refused at the field that it changes, or at the one that is named third.
    """

    endpoint: str
    numbers: tuple[str, ...]
    good: dict[str, str] = field(default_factory=dict)
    may_be_0: tuple[str, ...] = ()
    more: tuple[tuple[str, ...], ...] = ()
    when: str = ""
    where: str = ""
    name: str = ""

    def bad(self) -> list[tuple[str, ...]]:
        zeros = [(one, ZERO) for one in self.numbers if one not in self.may_be_0]
        return [*((one, bad) for one in self.numbers for bad in NO_NUMBER), *zeros, *self.more]


RECEIVED = {
    "supplier": "Example Supply Co",
    "number": "N-901",
    "amount": "25000",
    "received_on": "20 NOV 2026",
    "expiry": "06/2028",
    "assay": "99.2",
    "basis": "anhydrous",
    "water": "8.9",
    "solvents": "0.1",
}
BALANCE = {
    "name": "Bench 9",
    "serial": "SN-9",
    "readability": "0.1",
    "sensitivity_requirement": "6",
    "accepted_error": "5",
    "capacity": "120000",
    "calibration_due": "30 JUN 2099",
    "active": "y",
    "rule": "classic",
}
STEP = {"steps-0-amount": "1", "steps-0-when": "at bedtime", "steps-0-days": ""}
PLACES = (
    Place(
        "stock.receive",
        ("amount", "assay", "water", "solvents"),
        RECEIVED,
        ("water", "solvents"),
        (
            *(("assay", bad) for bad in ("0", "250")),
            *(("water", bad) for bad in ("100", "250")),
            ("solvents", "100"),
            *(("expiry", bad) for bad in ("13/2027", "29 FEB 2027", "2027", "30 FEB 2028", "9" * 400)),
            *(("received_on", bad) for bad in ("", "29 FEB 2025", "1 JAN 2999", "yesterday")),
        ),
    ),
    Place(
        "premises.new_balance",
        ("readability", "sensitivity_requirement", "accepted_error", "capacity"),
        BALANCE,
        more=(
            ("accepted_error", "100"),
            ("capacity", "1"),
            ("readability", ""),
            ("calibration_due", "29 FEB 2027"),
            ("rule", "usp-41", "repeatability"),
        ),
    ),
    Place(
        "premises.balance", ("readability", "sensitivity_requirement", "accepted_error", "capacity"), {"reason": "x"}
    ),
    Place(
        "formulary.new_version",
        ("filler_full", "drug_full", "shell_mass", "shell_capacity"),
        {"reason": "Another maker."},
        more=(("filler_full", ""), ("drug_full", "6000"), ("drug_full", "0.0001"), ("checks", "no colon")),
        when="filler_full",
    ),
    Place(
        "formulary.new_version",
        ("mark", "portions-0-amount", "solubility", "drug_displacement"),
        {"reason": "Another maker."},
        more=(("portions-0-amount", "101"), ("portions-0-amount", "100"), ("drug_displacement", "50")),
        when="mark",
        where="/formulary/{}/new-version",
        name="liquid",
    ),
    Place("formulary.copy", ("strength", "filler_full"), {}, when="filler_full"),
    Place(
        "preparations.plan",
        ("for_stock", "excess", "holes"),
        {"for_stock": "100", "do": "plan"},
        ("for_stock", "excess", "holes"),
        (("excess", "250"), ("excess", ""), ("for_stock", "99999999"), ("for_stock", "0.5"), ("holes", "5000")),
        when="holes",
    ),
    Place("preparations.bench", ("reading",), {}, when="reading"),
    Place(
        "prescriptions.edit",
        ("strength", "steps-0-amount", "steps-0-days", "quantity", "refills"),
        {},
        ("refills",),
        (("quantity", "0.5"), ("refills", "99"), ("strength", "450"), ("steps-0-amount", "0.5")),
    ),
    Place("stock.count", ("counted",), {"reason": "Counted."}, ("counted",)),
    Place("stock.waste", ("amount",), {"reason": "Spilt."}, more=(("amount", "999999999"),)),
)


def rows(engine: Engine) -> dict[str, int]:
    """How many rows each table has."""
    with engine.connect() as connection:
        names = inspect(connection).get_table_names()
        return {one: connection.scalar(select(func.count()).select_from(table(one))) for one in names}


def said_at(page: str) -> dict[str, str]:
    """What stands beside each field, by its name."""
    found = re.findall(r'<p class="err" id="([^"]+)-e">(.*?)</p>', page, re.DOTALL)
    return {name: " ".join(unescape(re.sub(r"<[^>]+>", " ", said)).split()) for name, said in found}


def every_page(place: Place, demo: Demo, client: FlaskClient) -> Iterator[Reader]:
    """The pages that may show the form: those that are found by walking, or the numbered ones of its address."""
    if "{}" not in place.where:
        yield from (reader for _, reader in pages(demo.app, client))
        return
    for number in range(1, 60):
        address = place.where.format(number)
        answer = client.get(address)
        if answer.status_code == 200:
            reader = Reader(address)
            reader.feed(answer.get_data(as_text=True))
            yield reader


def find(demo: Demo, client: FlaskClient, place: Place) -> Form:
    for reader in every_page(place, demo, client):
        for form in reader.forms:
            fits = (not place.when or place.when in form.typed) and form.action.startswith(place.where.split("{}")[0])
            if endpoint(demo.app, form.action, "POST") == place.endpoint and fits:
                return form
    raise AssertionError(f"the demonstration shows no form of {place.endpoint}")


@pytest.mark.parametrize("place", PLACES, ids=lambda one: one.name or one.endpoint)
def test_a_bad_value_is_answered_at_its_field_and_nothing_is_saved(
    demo: Demo, everybody: FlaskClient, place: Place
) -> None:
    form, wrong = find(demo, everybody, place), []
    good = {**form.sent, **{name: [value] for name, value in place.good.items()}}
    good.pop("add_step", None)  # another button than the one that is pressed
    before = rows(demo.raw)
    for name, bad, *there in place.bad():
        answer = everybody.post(form.action, data={**good, name: [bad]})
        page = answer.get_data(as_text=True)
        said = said_at(page)
        what = f"{name}={bad[:20]!r}: {answer.status_code}, {said}"
        around = name.split("-")[0]  # of a field in a row the row may be marked too
        at = next((one for one in (*there, name, around) if one in said), "")
        if (
            answer.status_code != 422
            or not at
            or said.keys() - {at, around}
            or not said[at].endswith(".")
            or JARGON.search(said[at])
        ):
            wrong.append(what)
        if rows(demo.raw) != before:
            wrong.append(f"{what}: rows were written")
            before = rows(demo.raw)
    assert not wrong, "\n".join(wrong)
