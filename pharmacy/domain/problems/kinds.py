"""What a kind of problem is: its fields, how it is solved, and how it is solved a second time in another way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Any

from pharmacy.domain.plain import BASE_UNITS, Plain, exact_text
from pharmacy.domain.problems.given import Given
from pharmacy.domain.quantity import Concentration, Density, Mass, Volume
from pharmacy.domain.worksheet import Worksheet


class Sort(StrEnum):
    """What is written in a field, as the file format and the pages call it."""

    MASS = "mass"
    VOLUME = "volume"
    CONCENTRATION = "concentration"
    DENSITY = "density"
    FILL = "mass or density"
    AMOUNT = "mass or volume"
    QUANTITY = "mass, volume or number of something"
    STRENGTH = "strength"
    PERCENT = "per cent"
    NUMBER = "number"
    RATIO = "number or fraction"
    COUNT = "whole number"
    DAY = "day"
    TEXT = "text"
    FLAG = "true or false"
    CHOICE = "choice"
    LIST = "list"
    TABLE = "table"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a kind of problem: its name in the file, the label on the page, and an example that would be right.

    `only_with` names the field without which this one means nothing; `not_with` the one beside which it falls away.
    """

    name: str
    label: str
    sort: Sort
    example: str = ""
    optional: bool = False
    choices: tuple[str, ...] = ()
    hint: str = ""
    only_with: str = ""
    not_with: str = ""


Answer = Mass | Volume | Concentration | Density | Fraction | int | date | str


@dataclass(frozen=True, slots=True)
class Solution:
    """A solved problem: its worksheet, its answers by name, exact, and what the second way needs besides (``subject``)."""

    worksheet: Worksheet
    answers: Mapping[str, Answer]
    subject: Any = None


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """One kind: ``first`` solves it; ``second`` comes to the same answers by another way and says them in one sentence.

    ``second`` raises :class:`~pharmacy.domain.errors.ChecksDisagree`; it calls nothing that ``first`` calls.
    ``bench`` marks the kinds that the page of calculators offers.
    """

    key: str
    title: str
    group: str
    fields: tuple[Field, ...]
    first: Callable[[Given], Solution]
    second: Callable[[Given, Solution], str]
    bench: bool = False

    def called(self, name: str) -> str:
        """A field of this kind as it stands on the page and in the file: ``“Dose” (dose)``."""
        return next(f"“{one.label}” ({name})" for one in self.fields if one.name == name)

    def not_asked(self) -> dict[str, str]:
        """For each field why it may be one that nobody asked for, and what to do then."""
        why = {one.name: "Nothing else that is given asks for this: leave it out." for one in self.fields}
        for one in self.fields:
            if one.only_with:
                why[one.name] = (
                    f"This counts only beside {self.called(one.only_with)}: write that too, or leave this out."
                )
            elif one.not_with:
                why[one.name] = f"Beside {self.called(one.not_with)} this falls away: leave one out."
        return why


@dataclass(frozen=True, slots=True)
class Result(Plain):
    """One answer as text: exact, with its unit."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Calculation(Plain):
    """A problem solved twice with one result: the worksheet that may be shown, printed and kept."""

    solve: str
    worksheet: Worksheet
    results: tuple[Result, ...]
    plausibility: str


def answer_text(answer: Answer) -> str:
    """An answer exactly, in the base unit of its kind: ``523.4 mg``, ``1/3``, ``2026-08-28``."""
    if isinstance(answer, (Mass, Volume, Concentration, Density)):
        return f"{exact_text(answer.value)} {BASE_UNITS[type(answer)]}"
    if isinstance(answer, date):
        return answer.isoformat()
    return answer if isinstance(answer, str) else exact_text(Fraction(answer))
