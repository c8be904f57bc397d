"""How steps are written in a problem: ``1.5 mg for 14 days``, ``5 mL 3 times a day for 2 days``, ``1 capsule at bedtime``."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import TypeVar

from pharmacy.domain.bounds import IN_A_SHELL, LIQUID_STRENGTH, check_bound
from pharmacy.domain.directions import Step, When
from pharmacy.domain.errors import CalculationRefused
from pharmacy.domain.plain import exact_text
from pharmacy.domain.problems.given import BadGiven, Given
from pharmacy.domain.quantity import Concentration, Mass, NotAQuantity, exact, parse_amount, parse_count, parse_decimal
from pharmacy.domain.strength import Form, Strength
from pharmacy.domain.supply import Taking
from pharmacy.domain.titration import DoseStep

T = TypeVar("T")
TIMES = {"once a day": 1, "1 time a day": 1, "twice a day": 2}


def read_each(given: Given, name: str, read: Callable[[str], T]) -> tuple[T, ...]:
    """Each text of a list field, read by `read`; whatever it refuses is refused at the field."""
    found = []
    for text in given.texts(name):
        try:
            found.append(read(" ".join(text.split())))
        except CalculationRefused as why:
            raise BadGiven(f"{name}: “{text[:60]}”: {why}", name) from why
    if not found:
        raise BadGiven(f"{name}: Write one step a line.", name)
    return tuple(found)


def dose_step(text: str) -> DoseStep:
    """``1.5 mg for 14 days``."""
    said, days = _days(text)
    if days is None:
        raise NotAQuantity("Write for how many days: 1.5 mg for 14 days.")
    return DoseStep(parse_amount(Mass, said), days)


def taking_step(text: str) -> tuple[Taking, str]:
    """``5 mL 3 times a day for 2 days``, and its unit, in the singular."""
    said, days = _days(text)
    times = 1
    for words, number in TIMES.items():
        if said.endswith(f" {words}"):
            said, times = said.removesuffix(f" {words}"), number
    if said.endswith(" times a day"):
        said, _, number_text = said.removesuffix(" times a day").rpartition(" ")
        times = parse_count(number_text)
    _check_how_often(said)
    amount, unit = amount_of(said)
    return Taking(amount, times, days), unit


def _check_how_often(said: str) -> None:
    """Refuse words after the amount at what they are: no amount, but how often it is taken."""
    _, _, rest = said.partition(" ")
    unit, more, often = rest.partition(" ")
    if unit.isalpha() and more:
        raise NotAQuantity(
            f"Write how often as once a day, twice a day or 3 times a day (“{often[:30]}” is not read), then for how many days."
        )


def amount_of(text: str) -> tuple[Fraction, str]:
    """``150 mL``, ``80 tablets``: a number and its unit, in the singular."""
    number, _, unit = text.strip().partition(" ")
    if not unit.strip() or not all(letter.isalpha() for letter in unit.strip()):
        raise NotAQuantity("Write the amount with its unit: 5 mL, 2 tablets.")
    value = parse_decimal(number)
    if not value:
        raise NotAQuantity("The amount must be above 0.")
    return exact(value), unit.strip().removesuffix("s")


def directions_step(form: Form) -> Callable[[str], Step]:
    """``1 capsule at bedtime for 14 days``, ``4.5 mL at bedtime``."""

    def read(text: str) -> Step:
        said, days = _days(text)
        when = next(
            (one for one in sorted(When, key=lambda one: -len(one.value)) if said.endswith(f" {one.value}")), None
        )
        if when is None:
            raise NotAQuantity(f"Write when it is taken: {', '.join(When)}.")
        number, _, unit = said.removesuffix(f" {when.value}").partition(" ")
        if unit.removesuffix("s") != ("capsule" if form is Form.CAPSULE else "mL"):
            raise NotAQuantity(f"Write the amount in {'capsules' if form is Form.CAPSULE else 'mL'}.")
        return Step(Decimal(parse_decimal(number)), when, days)

    return read


def strength_reader(form: Form) -> Callable[[str], Strength]:
    """``4.5 mg`` of a capsule, ``1 mg/mL`` of a liquid."""

    def read(text: str) -> Strength:
        if form is Form.CAPSULE:
            mass = parse_amount(Mass, text)
            check_bound(mass, IN_A_SHELL, "strength")
            return Strength(Decimal(exact_text(mass.value)), form)
        concentration = parse_amount(Concentration, text)
        check_bound(concentration, LIQUID_STRENGTH, "strength")
        return Strength(Decimal(exact_text(concentration.value)), form)

    return read


def _days(text: str) -> tuple[str, int | None]:
    """The text before ``for 14 days``, and the days."""
    said, there, days = text.rpartition(" for ")
    if not there:
        return text, None
    number, _, unit = days.partition(" ")
    if unit not in {"day", "days"}:
        raise NotAQuantity("Write the days as: for 14 days.")
    return said, parse_count(number)
