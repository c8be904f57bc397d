"""Every setting that changes a number or a rule: what it is called, what it is when nobody set it, what it may be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from decimal import Decimal
from typing import Any

from pharmacy.domain.quantity import NotAQuantity, parse_count, parse_decimal
from pharmacy.errors import PharmacyError


@dataclass(frozen=True, slots=True)
class Policy:
    """The settings in effect at one instant. Percentages and limits are exact decimals."""

    idle_minutes: int = 15
    prescription_valid_days: int = 365
    day_of_compounding_is_day_one: bool = True
    process_excess: Decimal = Decimal(5)
    weighing_tolerance: Decimal = Decimal(2)
    capsule_tolerance: Decimal = Decimal(10)
    capsules_weighed: int = 10
    delivered_low: Decimal = Decimal("90.0")
    delivered_high: Decimal = Decimal("110.0")
    yield_low: Decimal = Decimal(90)
    yield_high: Decimal = Decimal(105)
    machine_holes: int = 100
    label_stock: str = "4x3"
    solo_mode: bool = False
    expiring_soon_days: int = 30
    late_review_minutes: int = 120
    late_bench_minutes: int = 240
    late_hold_hours: int = 24
    late_pick_up_days: int = 7

    def late_after(self) -> Mapping[str, timedelta]:
        """After how long a thing in this state is late."""
        review, bench = timedelta(minutes=self.late_review_minutes), timedelta(minutes=self.late_bench_minutes)
        hold, shelf = timedelta(hours=self.late_hold_hours), timedelta(days=self.late_pick_up_days)
        return {
            "entered": review, "in review": review, "labelled": review, "waiting for release": review,
            "clarification answered": review, "sent back": review, "prepared": review,
            "accepted": bench, "to prepare": bench, "planned": bench, "in progress": bench,
            "on hold": hold, "waiting for pick-up": shelf, "quarantined": timedelta(days=2), "draft": timedelta(days=7),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting as the page shows it: its words, its unit, and the least and most that it may be."""

    key: str
    words: str
    unit: str = ""
    least: Decimal | None = None
    most: Decimal | None = None
    choices: tuple[str, ...] = ()
    group: str = ""


def _number(key: str, words: str, unit: str, least: int, most: int, group: str) -> Setting:
    return Setting(key, words, unit, Decimal(least), Decimal(most), (), group)


SETTINGS: tuple[Setting, ...] = (
    _number("prescription_valid_days", "A prescription is good for, from the day it was written", "days", 30, 730, "Prescriptions"),
    Setting("day_of_compounding_is_day_one", "The day of compounding is day 1 of the beyond-use date", choices=("yes", "no"), group="Preparation"),
    _number("process_excess", "Process excess on the whole blend", "%", 0, 20, "Preparation"),
    _number("weighing_tolerance", "A weighing may differ from its target by", "%", 1, 5, "Preparation"),
    _number("capsule_tolerance", "A capsule's net weight may differ from its target by", "%", 1, 10, "Preparation"),
    _number("capsules_weighed", "Capsules weighed one by one", "", 10, 60, "Preparation"),
    _number("delivered_low", "Delivered strength, at least", "% of label", 90, 100, "Preparation"),
    _number("delivered_high", "Delivered strength, at most", "% of label", 100, 110, "Preparation"),
    _number("yield_low", "Yield without a reason, at least", "%", 50, 100, "Preparation"),
    _number("yield_high", "Yield without a reason, at most", "%", 100, 120, "Preparation"),
    Setting("machine_holes", "Holes of the capsule machine", choices=("30", "50", "60", "100", "300"), group="Preparation"),
    Setting("label_stock", "Label stock offered first", choices=("4x3", "4x2"), group="Labels"),
    Setting("solo_mode", "One pharmacist may check their own work, with a reason each time", choices=("no", "yes"), group="People"),
    _number("idle_minutes", "A session ends after idle", "minutes", 5, 60, "People"),
    _number("expiring_soon_days", "A lot is shown as expiring soon", "days before", 7, 180, "Stock"),
    _number("late_review_minutes", "Review, release, verification, labelling are late after", "minutes", 15, 2880, "Queues"),
    _number("late_bench_minutes", "Preparation is late after", "minutes", 30, 2880, "Queues"),
    _number("late_hold_hours", "A question to a prescriber is late after", "hours", 1, 168, "Queues"),
    _number("late_pick_up_days", "A fill that waits for pick-up is late after", "days", 1, 30, "Queues"),
)  # fmt: skip
BY_KEY: Mapping[str, Setting] = {one.key: one for one in SETTINGS}
_TYPES = {field.name: field.type for field in fields(Policy)}
_DEFAULTS = {field.name: field.default for field in fields(Policy)}


def check(key: str, text: str, field: str = "value") -> str:
    """The text as it is stored, if the setting may have it; else a PharmacyError at the field."""
    setting = BY_KEY.get(key)
    if setting is None:
        raise PharmacyError("There is no such setting.", field)
    given = text.strip()
    if setting.choices:
        if given not in setting.choices:
            raise PharmacyError(f"Choose one of: {', '.join(setting.choices)}.", field)
        return given
    try:
        number = Decimal(parse_count(given)) if _TYPES[key] == "int" else parse_decimal(given)
    except NotAQuantity as refused:
        raise PharmacyError(str(refused), field) from None
    if not (setting.least or 0) <= number <= (setting.most or 0):
        raise PharmacyError(f"It may be {setting.least} to {setting.most} {setting.unit}.", field)
    return given


def read(stored: Mapping[str, str]) -> Policy:
    """The policy of these stored values; what is not stored is the default."""
    return Policy(**{key: _value(key, text) for key, text in stored.items() if key in _TYPES})


def _value(key: str, text: str) -> Any:
    kind = _TYPES[key]
    if kind == "bool":
        return text == "yes"
    if kind == "int":
        return int(text)
    return Decimal(text) if kind == "Decimal" else text


def shown(key: str, policy: Policy) -> str:
    """The value as the page shows it."""
    value = getattr(policy, key)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def default(key: str) -> str:
    """What the value is when nobody set it."""
    value = _DEFAULTS[key]
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)
