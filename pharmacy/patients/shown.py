"""What pages say of the medicines on a patient's list: what each was recognised as, and who found out the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from pharmacy.patients import queries
from pharmacy.patients.models import MedicineTaken, Patient
from pharmacy.rules import book
from pharmacy.rules.vocabulary import Status


class Known(StrEnum):
    """How far it is known what a medicine holds."""

    OPIOID = "opioid"
    CLEAR = "clear"
    RESOLVED = "resolved"  # a person named what it holds, or said what was found and where
    NOT_CHECKED = "not checked"


@dataclass(frozen=True, slots=True)
class Shown:
    """One medicine as a page shows it. ``holds`` are the ingredients in words, empty where none is known."""

    row: MedicineTaken
    known: Known
    holds: str
    unexplained: tuple[str, ...]
    suggestions: tuple[str, ...]
    may_be_resolved: bool  # the name alone does not say what it is

    @property
    def is_answered(self) -> bool:
        """Whether a person has said what the name alone does not."""
        return self.may_be_resolved and self.row.resolved_by is not None

    @property
    def is_open(self) -> bool:
        """Whether a person must still find out about it."""
        return queries.is_open(self.row)


def shown(row: MedicineTaken) -> Shown:
    """One medicine, read with today's vocabulary."""
    vocabulary = book.load().vocabulary
    found, alone = queries.recognition(row), vocabulary.recognise(row.typed)
    if found.status is Status.OPIOID:
        known = Known.OPIOID
    elif row.resolved_by is not None and alone.open:
        known = Known.RESOLVED
    else:
        known = Known(found.status.value)
    return Shown(row, known, vocabulary.names(found.ingredients), alone.unexplained, alone.suggestions, alone.open)


def on_the_list(patient: Patient) -> list[Shown]:
    """The medicines that the patient takes, as the list stands."""
    return [shown(row) for row in queries.taken(patient)]


def taken_off(patient: Patient) -> list[MedicineTaken]:
    """The medicines that were on the list and are kept as removed, the last first."""
    return [row for row in reversed(patient.medicines) if row.removed]


def known_ingredients() -> Mapping[str, str]:
    """All ingredients that the rule book knows, code to name."""
    return book.load().vocabulary.ingredients()


def age(born: date, on: date) -> int:
    """Whole years; someone born on 29 FEB is a year older on 01 MAR."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def strip(patient: Patient, on: date) -> dict[str, Any]:
    """The patient as the strip above a page takes it; the sensitivities are loaded."""
    return {
        "name": patient.full_name,
        "born": patient.born,
        "age": age(patient.born, on),
        "allergies": [one.words for one in patient.sensitivities],
    }
