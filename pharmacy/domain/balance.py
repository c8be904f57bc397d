"""What is known of a balance, and the least that it can weigh by the rule that its pharmacy chose for it.

Both rules say the same thing with other numbers: a weighing is uncertain by a mass U, and the least mass is the one of
which U is the accepted share. Classic: U is the sensitivity requirement, the share is the accepted error (often 5 %).
USP <41>: U is 2 × the standard deviation of at least ten weighings, and never less than 2 × 0.41 of the readability; the
share is 0.10 %.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from math import ceil, isqrt

from pharmacy.domain.amounts import IN_FULL, in_full
from pharmacy.domain.dates import day_text
from pharmacy.domain.errors import BalanceLacksData, CalibrationExpired, Impossible
from pharmacy.domain.plain import Plain
from pharmacy.domain.quantity import Mass, decimal_text, exact
from pharmacy.domain.worksheet import OWN, WorksheetStep

SOURCE = "Minimum weighable quantity = sensitivity requirement × 100 ÷ accepted error in % (UNC Pharmlabs, Weighing)"
SOURCE_USP41 = (
    "2 × s ÷ m at most 0.10 %, and 0.41 × readability where s is less: USP <41> (2019) as quoted by ppmu.ouryao.com "
    "(thread 701175) and by Sartorius (USP chapter 41, summary of changes)"
)
USP41_ACCURACY = Decimal("0.10")  # per cent
LEAST_SHARE_OF_READABILITY = Fraction(41, 100)  # both readings, empty and loaded, are rounded: √(2 ÷ 12) = 0.41
FEWEST_REPLICATES = 10
HIGHEST_ACCEPTED_ERROR = 10


class MinimumRule(StrEnum):
    """By which rule the least mass of a balance is computed; the pharmacist in charge sets it for each balance."""

    CLASSIC = "classic"
    USP41 = "usp-41"

    @property
    def words(self) -> str:
        """The rule as people call it."""
        return "classic rule" if self is MinimumRule.CLASSIC else "USP <41>"


@dataclass(frozen=True, slots=True)
class BalanceFacts(Plain):
    """One balance: its readability, sensitivity requirement, accepted error of a weighing in per cent, and capacity.

    `repeatability` is the sample standard deviation of at least ten weighings of one small weight, which USP <41> asks
    for; `calibrated_until` the last day on which it may be used.
    """

    name: str
    readability: Mass
    sensitivity_requirement: Mass
    accepted_error: Decimal
    capacity: Mass
    rule: MinimumRule = MinimumRule.CLASSIC
    repeatability: Mass | None = None
    calibrated_until: date | None = None

    def __post_init__(self) -> None:
        for field, words in (("readability", "readability"), ("sensitivity_requirement", "sensitivity requirement")):
            if getattr(self, field).value <= 0:
                raise BalanceLacksData(f"Enter the {words} of balance {self.name}, above 0.", field)
        if self.readability > self.sensitivity_requirement:
            raise Impossible(
                f"Balance {self.name} shows steps of {self.readability.text('mg')} and cannot be sure of less: enter a "
                "sensitivity requirement of at least its readability.",
                "sensitivity_requirement",
            )
        if self.repeatability is not None and self.repeatability.value < 0:
            raise Impossible(f"The repeatability of balance {self.name} must be 0 mg or more.", "repeatability")
        if not 0 < exact(self.accepted_error) <= HIGHEST_ACCEPTED_ERROR:
            raise Impossible(
                f"The accepted error of balance {self.name} must be above 0 and at most {HIGHEST_ACCEPTED_ERROR} %.",
                "accepted_error",
            )
        least = minimum_weighable(self)
        if self.capacity < least:
            raise Impossible(
                f"The capacity of balance {self.name} is below {least.text('mg')}, the least it can weigh by the "
                f"{self.rule.words}; check its data.",
                "capacity",
            )


def uncertainty(balance: BalanceFacts, rule: MinimumRule | None = None) -> Mass:
    """The mass U by which a weighing is uncertain: its share of a mass is the relative error of weighing that mass.

    By the balance's own rule, unless another is asked for. Raises :class:`BalanceLacksData` where USP <41> has no
    repeatability to go by.
    """
    if (rule or balance.rule) is MinimumRule.CLASSIC:
        return balance.sensitivity_requirement
    if balance.repeatability is None:
        raise BalanceLacksData(
            f"USP <41> needs the repeatability of balance {balance.name}: weigh one small weight "
            f"{FEWEST_REPLICATES} times and enter the readings, or choose the classic rule.",
            "repeatability",
        )
    return max(balance.repeatability, balance.readability.times(LEAST_SHARE_OF_READABILITY)).times(2)


def accuracy(balance: BalanceFacts, rule: MinimumRule | None = None) -> Decimal:
    """The largest relative error of one weighing, in per cent: the accepted error, or the 0.10 % of USP <41>."""
    return balance.accepted_error if (rule or balance.rule) is MinimumRule.CLASSIC else USP41_ACCURACY


def minimum_weighable(balance: BalanceFacts, rule: MinimumRule | None = None) -> Mass:
    """The least mass whose weighing keeps the accuracy: U × 100 ÷ accuracy in per cent."""
    return uncertainty(balance, rule).times(100).over(accuracy(balance, rule))


def weighing_error(balance: BalanceFacts, mass: Mass) -> Fraction:
    """The largest relative error of weighing that mass, as a share of it: U ÷ mass."""
    if mass.value <= 0:
        raise Impossible("The mass that is weighed must be above 0.", "mass")
    return uncertainty(balance).ratio(mass)


def weighing_error_step(balance: BalanceFacts, mass: Mass) -> WorksheetStep:
    """That error as a line of a worksheet, in per cent."""
    error = weighing_error(balance, mass) * 100
    classic = balance.rule is MinimumRule.CLASSIC
    words = "sensitivity requirement" if classic else "2 × the larger of repeatability and 0.41 × readability"
    return WorksheetStep(
        "Error of the weighing",
        f"{words} ÷ mass × 100 %",
        f"{uncertainty(balance).text('mg', 6)} ÷ {mass.text('mg', 6)} × 100 %",
        decimal_text(error, 4),
        "%",
        SOURCE if classic else SOURCE_USP41,
        f"at most {decimal_text(accuracy(balance))} % is accepted"
        + ("" if error <= exact(accuracy(balance)) else ": it must not be weighed on this balance"),
    )


def least_shown(balance: BalanceFacts, rule: MinimumRule | None = None) -> Mass:
    """That mass as it is told to people: rounded up to a whole reading, because a limit rounded down is none."""
    step = balance.readability
    return step.times(ceil(minimum_weighable(balance, rule).ratio(step)))


def spread(balance: BalanceFacts) -> Mass:
    """How far one reading may be off: √((readability ÷ 2)² + r²), rounded up to 0.0001 mg.

    r is twice the repeatability where that was measured, else the sensitivity requirement.
    """
    repeated = balance.repeatability.times(2) if balance.repeatability is not None else balance.sensitivity_requirement
    square = (balance.readability.value / 2) ** 2 + repeated.value**2
    least = ceil(square * 10**8)
    root = isqrt(least)
    return Mass(Fraction(root if root * root == least else root + 1, 10**4))


def spread_step(balance: BalanceFacts) -> WorksheetStep:
    """How far one reading may be off as a line of a worksheet."""
    measured = balance.repeatability is not None
    r = (
        f"2 × {balance.repeatability.text('mg', 6)}"
        if balance.repeatability
        else balance.sensitivity_requirement.text("mg", 6)
    )
    return WorksheetStep(
        "A reading may be off by",
        f"√((readability ÷ 2)² + ({'twice the measured repeatability' if measured else 'sensitivity requirement'})²)",
        f"√(({balance.readability.text('mg', 6)} ÷ 2)² + ({r})²)",
        decimal_text(spread(balance).value, 4),
        "mg",
        OWN,
        "rounded up to 0.0001 mg" + ("" if measured else "; no repeatability of the balance was measured"),
    )


def check_calibration(balance: BalanceFacts, on: date) -> None:
    """Raise :class:`CalibrationExpired` when the calibration ended before that day; on its last day it still holds."""
    if balance.calibrated_until is not None and balance.calibrated_until < on:
        raise CalibrationExpired(
            f"The calibration of balance {balance.name} ended on {day_text(balance.calibrated_until)}: have it "
            "calibrated and enter the new date, or use another balance.",
            "calibrated_until",
        )


def minimum_step(balance: BalanceFacts, rule: MinimumRule | None = None) -> WorksheetStep:
    """The minimum weighable mass as a line of a worksheet, by the balance's own rule unless another is asked for."""
    result, note = decimal_text(minimum_weighable(balance, rule).value), f"balance {balance.name}"
    if (rule or balance.rule) is MinimumRule.CLASSIC:
        words = "sensitivity requirement × 100 % ÷ accepted error"
        numbers = f"{balance.sensitivity_requirement.text('mg', IN_FULL)} × 100 % ÷ {in_full(exact(balance.accepted_error))} %"
        return WorksheetStep("Minimum weighable", words, numbers, result, "mg", SOURCE, note)
    spread = uncertainty(balance, rule).over(2)
    by_display = spread != balance.repeatability
    words = f"2 × {'0.41 × readability' if by_display else 'repeatability'} ÷ 0.10 %"
    least = f"0.41 × {balance.readability.text('mg', IN_FULL)}" if by_display else spread.text("mg", 6)
    if by_display and balance.repeatability is not None:
        note += f"; its repeatability, {balance.repeatability.text('mg', 6)}, is below 0.41 × its readability"
    return WorksheetStep("Minimum weighable", words, f"2 × {least} ÷ 0.10 %", result, "mg", SOURCE_USP41, note)
