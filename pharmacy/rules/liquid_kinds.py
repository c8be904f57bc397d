"""The rule about a liquid that is not of the concentration that the patient had before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Self

from pharmacy.domain.quantity import Mass, Volume, decimal_text, exact
from pharmacy.domain.strength import Form, Strength
from pharmacy.rules.heading import Case, Heading, Hit, read_heading
from pharmacy.rules.reading import Table

WORDS = frozenset({"was", "now", "old_volume", "new_volume", "old_as_new", "times", "fill"})


@dataclass(frozen=True, slots=True)
class ConcentrationChange:
    """Fires when the last liquid handed to the patient had another concentration: the old mL would be another dose."""

    heading: Heading
    KIND: ClassVar[str] = "concentration-change"

    @classmethod
    def read(cls, table: Table, rule_id: str) -> Self:
        return cls(read_heading(table, rule_id, WORDS))

    def hits(self, case: Case) -> Iterator[Hit]:
        was, strength, doses = case.facts.previous_liquid, case.facts.strength, case.facts.daily_doses
        if was is None or strength is None or strength.form is not Form.LIQUID or was.strength == strength:
            return
        old = _volume(was.daily_dose, was.strength)
        words = {
            "fill": was.number,
            "was": was.strength.amount_text(),
            "now": strength.amount_text(),
            "old_volume": old.text("mL", 4),
            "new_volume": _volume(doses[0], strength).text("mL", 4) if doses else "not known",
            "old_as_new": strength.dose(old.value).text("mg"),
            "times": decimal_text(exact(strength.amount) / exact(was.strength.amount), 2),
        }
        yield Hit("liquid", "", words)


def _volume(daily: Mass, strength: Strength) -> Volume:
    return Volume(daily.value / exact(strength.amount))
