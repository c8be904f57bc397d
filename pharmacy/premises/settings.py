"""The catalogue of what a pharmacy may set: each setting with its words, unit, default, range, and what it changes.

A value is kept as text and read here. What stands in the database under a key that is not in the catalogue is ignored;
a value that the catalogue no longer allows is read as the default, so that a narrower range can never stop the program.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from pharmacy.domain.capsule_weights import CapsuleLimits
from pharmacy.domain.quantity import NBSP, NotAQuantity, decimal_text, parse_count, parse_decimal
from pharmacy.domain.tolerances import LEAST_HOLES, MOST_ASSAY, MOST_COMBINED, MOST_EXCESS, MOST_HOLES, Tolerances
from pharmacy.errors import PharmacyError

OWN = "the program’s own default"


class Sort(StrEnum):
    """What kind of value a setting has."""

    WHOLE = "whole number"
    NUMBER = "number"
    YES_NO = "yes or no"
    CHOICE = "choice"


Value = int | Decimal | bool | str


@dataclass(frozen=True, slots=True)
class SettingKind:
    """One setting. ``source`` says where the default comes from; ``choices`` are (value, words)."""

    key: str
    group: str
    words: str
    sort: Sort
    default: Value
    changes: str
    source: str = OWN
    unit: str = ""
    low: Decimal = Decimal(0)
    high: Decimal = Decimal(0)
    choices: tuple[tuple[str, str], ...] = ()

    def read(self, text: str) -> Value:
        """The value that the text means; a :class:`PharmacyError` at the field ``value`` says what is allowed."""
        given = text.strip()
        if self.sort is Sort.YES_NO:
            if given not in {"yes", "no"}:
                raise PharmacyError("Choose yes or no.", "value")
            return given == "yes"
        if self.sort is Sort.CHOICE:
            if given not in {value for value, _ in self.choices}:
                raise PharmacyError("Choose one of the list.", "value")
            return given
        try:
            number = Decimal(parse_count(given)) if self.sort is Sort.WHOLE else parse_decimal(given)
        except NotAQuantity as refused:
            raise PharmacyError(str(refused), "value") from None
        if not self.low <= number <= self.high:
            raise PharmacyError(f"It must be {self.range_text}.", "value")
        return int(number) if self.sort is Sort.WHOLE else number

    def stored(self, value: Value) -> str:
        """The text under which a value is kept: what :meth:`read` reads."""
        if isinstance(value, bool):
            return "yes" if value else "no"
        return value if isinstance(value, str) else format(Decimal(value), "f")

    def text(self, value: Value) -> str:
        """The value as people read it, with its unit."""
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, str):
            return dict(self.choices).get(value, value)
        return f"{decimal_text(value)}{NBSP}{self.unit}" if self.unit else decimal_text(value)

    @property
    def range_text(self) -> str:
        """What is allowed, in words."""
        if self.sort is Sort.YES_NO:
            return "yes or no"
        if self.sort is Sort.CHOICE:
            return ", ".join(words for _, words in self.choices)
        unit = f"{NBSP}{self.unit}" if self.unit else ""
        return f"{decimal_text(self.low)} to {decimal_text(self.high)}{unit}"

    @property
    def options(self) -> tuple[tuple[str, str], ...]:
        """What to choose from; empty where one types."""
        return (("yes", "yes"), ("no", "no")) if self.sort is Sort.YES_NO else self.choices


@dataclass(frozen=True, slots=True)
class Policy:
    """All settings as they are in effect at one instant. Percentages are plain numbers of per cent."""

    idle_minutes: int
    prescription_valid_days: int
    day_of_compounding_is_day_one: bool
    delivered_low: Decimal
    delivered_high: Decimal
    process_excess: Decimal
    weighing_tolerance: Decimal
    combined_error_limit: Decimal
    assay_error: Decimal
    capsule_tolerance: Decimal
    capsule_mean_tolerance: Decimal
    capsule_rsd_limit: Decimal
    capsules_weighed: int
    yield_low: Decimal
    yield_high: Decimal
    machine_holes: int
    solo_mode: bool
    label_stock: str
    expiring_soon_days: int
    late_entering: int
    late_review: int
    late_on_hold: int
    late_preparation: int
    late_release: int
    late_labelling: int
    late_verification: int
    late_hand_over: int
    late_quarantine: int
    late_formula: int

    @property
    def capsule_limits(self) -> CapsuleLimits:
        """What the weights of single capsules are held against."""
        return CapsuleLimits(self.capsule_tolerance, self.capsule_mean_tolerance, self.capsule_rsd_limit)

    @property
    def tolerances(self) -> Tolerances:
        """What the calculation of a preparation is held to."""
        return Tolerances(
            self.weighing_tolerance,
            self.combined_error_limit,
            self.assay_error,
            self.delivered_low,
            self.delivered_high,
        )

    def late_after(self) -> Mapping[str, timedelta]:
        """How long each state may last before a queue marks it late, by the state's word."""
        hours = {
            "entered": self.late_entering,
            "in review": self.late_review,
            "on hold": self.late_on_hold,
            "clarification answered": self.late_review,
            "accepted": self.late_preparation,
            "to prepare": self.late_preparation,
            "planned": self.late_preparation,
            "in progress": self.late_preparation,
            "finished": self.late_release,
            "prepared": self.late_labelling,
            "sent back": self.late_labelling,
            "labelled": self.late_verification,
            "verified": self.late_hand_over,
            "waiting for pick-up": self.late_hand_over,
            "quarantined": self.late_quarantine,
            "draft": self.late_formula,
        }
        return MappingProxyType({state: timedelta(hours=limit) for state, limit in hours.items()})


def policy_of(values: Mapping[str, str]) -> Policy:
    """The policy that these stored values make; a setting without one has its default."""
    read: dict[str, Any] = {}
    for key, kind in SETTINGS.items():
        read[key] = kind.default
        if key in values:
            try:
                read[key] = kind.read(values[key])
            except PharmacyError:
                continue
    return Policy(**read)


def check_together(policy: Policy) -> None:
    """Refuse settings that cannot hold at once."""
    if not policy.delivered_low < Decimal(100) < policy.delivered_high:
        raise PharmacyError("The delivered strength must reach from below 100 % to above it.", "value")
    if not policy.yield_low < policy.yield_high:
        raise PharmacyError("The lowest yield must be below the highest.", "value")


_WHOLE, _NUMBER = Sort.WHOLE, Sort.NUMBER
_D = Decimal


def _late(key: str, words: str, default: int) -> SettingKind:
    return SettingKind(
        key, "Queues", words, _WHOLE, default, "From when a queue marks it late.", unit="h", low=_D(1), high=_D(2000)
    )


SETTINGS: Mapping[str, SettingKind] = MappingProxyType(
    {
        kind.key: kind
        for kind in (
            SettingKind(
                "idle_minutes", "Sign-in", "A session ends after this idle time", _WHOLE, 15,
                "When a person must sign in again.", unit="min", low=_D(2), high=_D(60),
            ),
            SettingKind(
                "solo_mode", "Sign-in", "Solo mode: one pharmacist may release and verify own work", Sort.YES_NO, False,
                "Whether own work may be checked alone, with a reason each time, marked in the record.",
            ),
            SettingKind(
                "prescription_valid_days", "Prescriptions", "A prescription is valid after the written date for",
                _WHOLE, 365, "The last day on which a fill of a prescription entered from then on may be started.",
                unit="days", low=_D(30), high=_D(365),
            ),
            SettingKind(
                "process_excess", "Preparation", "Process excess", _NUMBER, _D(5),
                "How much more is made than is asked for, so that losses do not leave too little.",
                unit="%", low=_D(0), high=MOST_EXCESS,
            ),
            SettingKind(
                "machine_holes", "Preparation", "Holes of the capsule machine", _WHOLE, 100,
                "How many capsules make one load.", unit="holes", low=_D(LEAST_HOLES), high=_D(MOST_HOLES),
            ),
            SettingKind(
                "weighing_tolerance", "Preparation", "A weight may differ from its target by", _NUMBER, _D(2),
                "From where a recorded weight needs a reason; never narrower than the balance's readability.",
                unit="%", low=_D("0.1"), high=_D(5),
            ),
            SettingKind(
                "combined_error_limit", "Preparation", "The weighings of a plan may be off together by", _NUMBER, _D(5),
                "The combined error of all weighings of a plan may be at most this; a plan with more is refused.",
                unit="%", low=_D("0.1"), high=MOST_COMBINED,
            ),
            SettingKind(
                "assay_error", "Preparation", "The assay of a certificate may be off by", _NUMBER, _D(1),
                "How far the true potency may lie from the stated one, in the predicted interval of the strength.",
                unit="%", low=_D(0), high=MOST_ASSAY,
            ),
            SettingKind(
                "capsules_weighed", "Preparation", "Capsules weighed one by one", _WHOLE, 10,
                "How many capsules of a lot are weighed at its check.", unit="capsules", low=_D(10), high=_D(30),
            ),
            SettingKind(
                "capsule_tolerance", "Preparation", "A capsule may differ from its target net mass by", _NUMBER, _D(10),
                "From where a single capsule is outside its limits.", unit="%", low=_D(1), high=_D(10),
            ),
            SettingKind(
                "capsule_mean_tolerance", "Preparation", "The mean of the capsules may differ from the target net mass by",
                _NUMBER, _D(5), "From where the finish needs an explanation, which the release shows.",
                unit="%", low=_D(1), high=_D(10),
            ),
            SettingKind(
                "capsule_rsd_limit", "Preparation", "The weights of the capsules may scatter by (RSD)", _NUMBER, _D(5),
                "From where the finish needs an explanation, which the release shows.", unit="%", low=_D(1), high=_D(10),
            ),
            SettingKind(
                "delivered_low", "Release", "Delivered strength, lowest", _NUMBER, _D("90.0"),
                "Below it a lot is outside its limits at release.",
                source="USP compounded preparation monographs: 90.0 % to 110.0 % of the labelled amount",
                unit="%", low=_D("90.0"), high=_D("99.9"),
            ),
            SettingKind(
                "delivered_high", "Release", "Delivered strength, highest", _NUMBER, _D("110.0"),
                "Above it a lot is outside its limits at release.",
                source="USP compounded preparation monographs: 90.0 % to 110.0 % of the labelled amount",
                unit="%", low=_D("100.1"), high=_D("110.0"),
            ),
            SettingKind(
                "yield_low", "Release", "Yield, lowest", _NUMBER, _D(90),
                "Below it the yield needs an explanation at release.", unit="%", low=_D(50), high=_D(99),
            ),
            SettingKind(
                "yield_high", "Release", "Yield, highest", _NUMBER, _D(105),
                "Above it the yield needs an explanation at release.", unit="%", low=_D(100), high=_D(120),
            ),
            SettingKind(
                "day_of_compounding_is_day_one", "Beyond-use dates", "The day of compounding counts as day 1",
                Sort.YES_NO, True, "Whether a limit of 35 days ends on the 35th day or one day later.",
            ),
            SettingKind(
                "label_stock", "Labels", "Label stock", Sort.CHOICE, "4x3",
                "On which stock labels are issued; what does not fit it is refused.",
                choices=(("4x3", "4 × 3 in"), ("4x2", "4 × 2 in")),
            ),
            SettingKind(
                "expiring_soon_days", "Stock", "A lot is marked as expiring soon before its last day by", _WHOLE, 30,
                "From when the stock list marks a lot.", unit="days", low=_D(1), high=_D(365),
            ),
            _late("late_entering", "Being entered", 2),
            _late("late_review", "Clinical review", 2),
            _late("late_on_hold", "On hold", 24),
            _late("late_preparation", "To prepare and at the bench", 2),
            _late("late_release", "Lot waiting for release", 2),
            _late("late_labelling", "To label", 2),
            _late("late_verification", "Final verification", 2),
            _late("late_hand_over", "To hand over", 240),
            _late("late_quarantine", "Lot in quarantine", 72),
            _late("late_formula", "Formula to approve", 168),
        )
    }
)  # fmt: skip
