from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from pharmacy.domain.quantity import Mass
from pharmacy.domain.strength import Form, Strength
from pharmacy.rules.book import RuleBook, load
from pharmacy.rules.checks import check, medicine_fact
from pharmacy.rules.facts import Answer, ComponentFact, Facts, MedicineFact, Use
from pharmacy.rules.findings import Finding

TODAY = date(2026, 11, 23)


@pytest.fixture(scope="session")
def book() -> RuleBook:
    return load()


@pytest.fixture
def facts() -> Callable[..., Facts]:
    """A healthy adult of 45 with 4.5 mg capsules at bedtime, asked and taking nothing, unless told otherwise."""

    def make(**changes: Any) -> Facts:
        doses = changes.pop("doses", ("4.5",))
        given = {
            "on_date": TODAY,
            "born": date(1981, 3, 9),
            "daily_doses": tuple(Mass.of(dose, "mg") for dose in doses),
            "strength": Strength(Mass.of("4.5", "mg").value, Form.CAPSULE),
            "history_asked": True,
            "components": (
                ComponentFact("naltrexone-hcl", "naltrexone HCl"),
                ComponentFact("mcc", "microcrystalline cellulose"),
                ComponentFact("shell", "hypromellose capsule shell, size 3"),
            ),
            "pregnancy": Answer.NO,
            "lactation": Answer.NO,
        }
        return Facts(**(given | changes))

    return make


@pytest.fixture
def taking(book: RuleBook) -> Callable[..., MedicineFact]:
    def make(text: str, use: Use = Use.CURRENT, **more: Any) -> MedicineFact:
        return medicine_fact(book.vocabulary, text, use, **more)

    return make


@pytest.fixture
def findings(book: RuleBook, facts: Callable[..., Facts]) -> Callable[..., dict[str, Finding]]:
    """What is found, by rule, beyond the notes that every patient gets."""

    def find(**changes: Any) -> dict[str, Finding]:
        found = check(book, facts(**changes))
        return {one.rule_id: one for one in found if one.about != "label"}

    return find
