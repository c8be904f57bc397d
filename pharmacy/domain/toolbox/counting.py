"""What is counted: whole tablets, containers, and how many days a quantity lasts."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from pharmacy.domain.amounts import (
    PLACES,
    Counted,
    Quantity,
    amount_text,
    full_text,
    in_full,
    like,
    plural,
    ratio_text,
    shown,
)
from pharmacy.domain.bounds import MOST_DAYS, check_days
from pharmacy.domain.errors import Impossible
from pharmacy.domain.quantity import NBSP, Concentration, Mass, Volume, decimal_text
from pharmacy.domain.worksheet import OWN, WorksheetStep


@dataclass(frozen=True, slots=True)
class Tablets:
    """Whole tablets for a mass of drug, and the drug that is in them beyond it."""

    needed: Mass
    tablet: Mass
    count: int

    @property
    def left_over(self) -> Mass:
        return Mass(self.tablet.value * self.count - self.needed.value)

    def makes(self, concentration: Concentration) -> Volume:
        """The volume that all the drug in the whole tablets makes."""
        return Volume(self.tablet.value * self.count / concentration.value)


def tablets(needed: Mass, tablet: Mass) -> Tablets:
    """Whole tablets, rounded up: a part of a tablet is never taken."""
    return Tablets(needed, tablet, ceil(needed.value / tablet.value))


def tablet_steps(
    found: Tablets, volume: Volume | None, concentration: Concentration | None
) -> tuple[WorksheetStep, ...]:
    """The drug, the tablets, what is left over; and the volume that the whole tablets would make."""
    needed, tablet = full_text(found.needed), full_text(found.tablet)
    steps = []
    if volume is not None and concentration is not None:
        numbers = f"{full_text(volume)} × {in_full(concentration.value)}{NBSP}mg/mL"
        steps.append(WorksheetStep("Drug needed", "volume × concentration", numbers, *shown(found.needed), OWN))
    note = "no fraction of a tablet is taken" if found.left_over.value else ""
    unit = "tablet" if found.count == 1 else "tablets"
    numbers = _quotient(found.needed, found.tablet, "up")
    words = "drug needed ÷ drug in one tablet, rounded up"
    steps.append(WorksheetStep("Whole tablets", words, numbers, decimal_text(found.count), unit, OWN, note))
    numbers = f"{decimal_text(found.count)} × {tablet} − {needed}"
    words = "drug in the tablets − drug needed"
    steps.append(WorksheetStep("Drug left over", words, numbers, *shown(found.left_over), OWN))
    if concentration is not None and volume is not None and found.left_over.value:
        numbers = f"{decimal_text(found.count)} × {tablet} ÷ {in_full(concentration.value)}{NBSP}mg/mL"
        note = "or weigh the crushed powder by the measured average tablet mass"
        made = shown(found.makes(concentration))
        words = "drug in the tablets ÷ concentration"
        steps.append(WorksheetStep("Volume that they make", words, numbers, *made, OWN, note))
    return tuple(steps)


def _quotient(amount: Quantity, each: Quantity, way: str) -> str:
    """``125 mg ÷ 50 mg = 2.5, rounded up``: what is rounded next, where it is not whole."""
    said, exact = f"{full_text(amount)} ÷ {full_text(each)}", amount.value / each.value
    return said if exact.denominator == 1 else f"{said} = {decimal_text(exact, PLACES)}, rounded {way}"


@dataclass(frozen=True, slots=True)
class Containers:
    """An amount in containers of one size."""

    amount: Quantity
    size: Quantity
    needed: int
    full: int

    @property
    def in_last(self) -> Quantity:
        """What is in the last one when it is not full; 0 when all are."""
        return like(self.amount, self.amount.value - self.size.value * self.full)


def containers(amount: Quantity, size: Quantity) -> Containers:
    """How many containers hold it all (rounded up), and how many it fills (rounded down)."""
    return Containers(amount, size, ceil(amount.value / size.value), floor(amount.value / size.value))


def container_steps(found: Containers, word: str) -> tuple[WorksheetStep, ...]:
    """Needed, full, and what is in the last one."""
    amount, size = full_text(found.amount), full_text(found.size)
    up, down = (_quotient(found.amount, found.size, way) for way in ("up", "down"))
    last = WorksheetStep(
        "In the one that is not full" if found.in_last.value else "Left over",
        "amount − full ones × size of one",
        f"{amount} − {decimal_text(found.full)} × {size}",
        *shown(found.in_last),
        OWN,
    )
    return (
        WorksheetStep("Needed to hold it all", "amount ÷ size of one, rounded up", up, *_many(found.needed, word), OWN),
        WorksheetStep("Filled to the full", "amount ÷ size of one, rounded down", down, *_many(found.full, word), OWN),
        last,
    )


def _many(number: int, word: str) -> tuple[str, str]:
    return decimal_text(number), word if number == 1 else plural(word)


@dataclass(frozen=True, slots=True)
class Supply:
    """A quantity, what is taken of it in a day, and the whole days that it lasts."""

    quantity: Quantity
    daily: Quantity
    days: int

    @property
    def left_over(self) -> Quantity:
        return like(self.quantity, self.quantity.value - self.daily.value * self.days)


def supply(quantity: Quantity | None, dose: Quantity, times: Fraction, days: int | None) -> Supply:
    """Days from the quantity (whole days, rounded down), or the quantity from the days."""
    daily = like(dose, dose.value * times)
    if quantity is None:
        assert days is not None
        check_days(days)
        return Supply(like(dose, daily.value * days), daily, days)
    lasts = floor(quantity.value / daily.value)
    if not lasts:
        raise Impossible(
            f"{amount_text(quantity)} is less than the {amount_text(daily)} of one day; it lasts no whole day.",
            "quantity",
        )
    if lasts > MOST_DAYS:
        raise Impossible(f"That would last more than {MOST_DAYS:,} days: check the numbers.", "quantity")
    return Supply(quantity, daily, lasts)


def supply_steps(found: Supply, dose: Quantity, times: Fraction, *, days_given: bool) -> tuple[WorksheetStep, ...]:
    """The daily amount, then the days and what is left over, or the quantity."""
    daily, each = full_text(found.daily), ratio_text(times)
    first = WorksheetStep("A day", "dose × times a day", f"{full_text(dose)} × {each}", *shown(found.daily), OWN)
    if days_given:
        words, numbers = "a day’s amount × days", f"{daily} × {decimal_text(found.days)}"
        whole = found.quantity
        note = ""
        if isinstance(whole, Counted) and whole.value.denominator != 1:
            note = f"whole ones: {decimal_text(ceil(whole.value))}{NBSP}{plural(whole.word)}"
        return first, WorksheetStep("Quantity", words, numbers, *shown(whole), OWN, note)
    quantity, numbers = full_text(found.quantity), _quotient(found.quantity, found.daily, "down")
    unit = "day" if found.days == 1 else "days"
    words = "quantity ÷ a day’s amount, whole days only"
    return (
        first,
        WorksheetStep("Days’ supply", words, numbers, decimal_text(found.days), unit, OWN),
        WorksheetStep(
            "Left over",
            "quantity − days × a day’s amount",
            f"{quantity} − {decimal_text(found.days)} × {daily}",
            *shown(found.left_over),
            OWN,
        ),
    )
