from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pharmacy.domain.balance import (
    BalanceFacts,
    MinimumRule,
    accuracy,
    check_calibration,
    minimum_step,
    minimum_weighable,
    uncertainty,
)
from pharmacy.domain.errors import BalanceLacksData, CalculationRefused, CalibrationExpired, Impossible
from pharmacy.domain.quantity import NBSP, Mass
from tests.domain.builders import balance, mg

CLASSIC, USP41 = MinimumRule.CLASSIC, MinimumRule.USP41


def analytical(readability: str = "0.1", repeatability: str | None = "0.12") -> BalanceFacts:
    spread = None if repeatability is None else mg(repeatability)
    return BalanceFacts("B-1", mg(readability), mg("1"), Decimal(5), mg("120000"), USP41, spread)


def refused(expected: type[CalculationRefused], field: str, **changed: object) -> str:
    with pytest.raises(expected) as why:
        replace(balance(), **changed)  # type: ignore[arg-type]
    assert why.value.field == field
    return str(why.value)


@pytest.mark.parametrize(
    ("sensitivity", "error", "least"), [("6", "5", Fraction(120)), ("10", "5", Fraction(200)), ("2.5", "3", "250/3")]
)
def test_the_classic_minimum_is_the_sensitivity_requirement_over_the_accepted_error(
    sensitivity: str, error: str, least: Fraction | str
) -> None:
    assert minimum_weighable(balance(sensitivity, error)).value == Fraction(least)


@pytest.mark.parametrize(
    ("readability", "spread", "least"),
    [
        ("0.1", "0.12", "240"),
        ("0.1", "0.15", "300"),
        ("0.1", "0.03", "82"),
        ("0.1", "0.041", "82"),
        ("0.1", "0.0411", "82.2"),
        ("0.1", "0", "82"),
        ("0.01", "0.001", "8.2"),
        ("1", "0.41", "820"),
    ],
)
def test_usp_41_asks_for_2000_times_the_repeatability_but_never_less_than_820_times_the_readability(
    readability: str, spread: str, least: str
) -> None:
    assert minimum_weighable(analytical(readability, spread)) == mg(least)


def test_both_rules_are_told_of_one_balance() -> None:
    both = analytical()
    assert minimum_weighable(both, CLASSIC) == mg("20")
    assert minimum_weighable(replace(both, rule=CLASSIC), USP41) == minimum_weighable(both) == mg("240")


def test_the_uncertainty_is_the_share_of_the_least_mass_that_the_rule_accepts() -> None:
    assert uncertainty(balance()) == mg("6")
    assert accuracy(balance()) == Decimal(5)
    assert uncertainty(analytical()) == mg("0.24")
    assert uncertainty(analytical("0.1", "0.03")) == mg("0.082")
    assert uncertainty(analytical(), CLASSIC) == mg("1")
    assert accuracy(analytical()) == Decimal("0.10")
    assert accuracy(analytical(), CLASSIC) == Decimal(5)
    assert accuracy(balance(), USP41) == Decimal("0.1")


@given(st.integers(1, 1000), st.integers(0, 5000))
def test_the_uncertainty_of_the_least_mass_is_exactly_the_accuracy(hundredths: int, spread: int) -> None:
    scale = BalanceFacts(
        "B-1", Mass(Fraction(hundredths, 100)), mg("10"), Decimal(5), mg("9000000"), USP41, Mass(Fraction(spread, 1000))
    )
    for rule in MinimumRule:
        share = uncertainty(scale, rule).ratio(minimum_weighable(scale, rule)) * 100
        assert share == Fraction(accuracy(scale, rule))
    assert minimum_weighable(scale) >= scale.readability.times(820)


def test_usp_41_without_a_repeatability_is_refused_at_its_field() -> None:
    words = refused(BalanceLacksData, "repeatability", rule=USP41)
    assert words == (
        "USP <41> needs the repeatability of balance B-1: weigh one small weight 10 times and enter the readings, "
        "or choose the classic rule."
    )
    with pytest.raises(BalanceLacksData, match="repeatability"):
        minimum_weighable(balance(), USP41)


@pytest.mark.parametrize("nothing", ["0", "-1"])
def test_a_balance_without_its_data_is_refused_at_the_field_that_lacks_them(nothing: str) -> None:
    mass = Mass(Fraction(nothing))
    assert refused(BalanceLacksData, "readability", readability=mass) == (
        "Enter the readability of balance B-1, above 0."
    )
    assert refused(BalanceLacksData, "sensitivity_requirement", sensitivity_requirement=mass) == (
        "Enter the sensitivity requirement of balance B-1, above 0."
    )


def test_a_repeatability_below_zero_is_refused() -> None:
    words = refused(Impossible, "repeatability", repeatability=Mass(Fraction(-1, 1000)))
    assert words == "The repeatability of balance B-1 must be 0 mg or more."


@pytest.mark.parametrize("error", ["0", "-5", "10.1", "250"])
def test_an_accepted_error_that_no_pharmacy_accepts_is_refused(error: str) -> None:
    words = refused(Impossible, "accepted_error", accepted_error=Decimal(error))
    assert words == "The accepted error of balance B-1 must be above 0 and at most 10 %."


def test_an_accepted_error_of_10_per_cent_is_the_highest() -> None:
    assert minimum_weighable(balance(error="10")) == mg("60")


def test_a_capacity_below_the_least_mass_is_refused_and_one_that_reaches_it_is_not() -> None:
    assert balance(capacity="120").capacity == mg("120")
    words = refused(Impossible, "capacity", capacity=mg("119.9"))
    assert words == (
        f"The capacity of balance B-1 is below 120{NBSP}mg, the least it can weigh by the classic rule; check its data."
    )
    words = refused(Impossible, "capacity", rule=USP41, repeatability=mg("100"))
    assert "USP <41>" in words


def test_a_calibration_holds_on_its_last_day_and_not_after() -> None:
    dated = replace(balance(), calibrated_until=date(2026, 3, 2))
    check_calibration(dated, date(2026, 3, 2))
    check_calibration(balance(), date(2026, 3, 2))
    with pytest.raises(CalibrationExpired) as why:
        check_calibration(dated, date(2026, 3, 3))
    assert why.value.field == "calibrated_until"
    assert str(why.value) == (
        "The calibration of balance B-1 ended on 02 MAR 2026: have it calibrated and enter the new date, "
        "or use another balance."
    )


def test_the_worksheet_says_by_which_rule_the_least_mass_is_found() -> None:
    classic = minimum_step(balance())
    assert (classic.name, classic.words) == (
        "Minimum weighable",
        "sensitivity requirement × 100 % ÷ accepted error",
    )
    assert classic.numbers == f"6{NBSP}mg × 100 % ÷ 5 %"
    assert (classic.text(), classic.note) == (f"120{NBSP}mg", "balance B-1")
    assert "sensitivity requirement" in classic.source

    measured = minimum_step(analytical())
    assert (measured.name, measured.words) == ("Minimum weighable", "2 × repeatability ÷ 0.10 %")
    assert measured.numbers == f"2 × 0.12{NBSP}mg ÷ 0.10 %"
    assert (measured.text(), measured.note) == (f"240{NBSP}mg", "balance B-1")
    assert "USP <41>" in measured.source

    floor = minimum_step(analytical("0.1", "0.03"))
    assert floor.words == "2 × 0.41 × readability ÷ 0.10 %"
    assert floor.numbers == f"2 × 0.41 × 0.1{NBSP}mg ÷ 0.10 %"
    assert floor.text() == f"82{NBSP}mg"
    assert floor.note == f"balance B-1; its repeatability, 0.03{NBSP}mg, is below 0.41 × its readability"


def test_a_repeatability_of_just_the_readability_share_is_told_as_the_repeatability() -> None:
    edge = minimum_step(analytical("0.1", "0.041"))
    assert (edge.words, edge.numbers) == ("2 × repeatability ÷ 0.10 %", f"2 × 0.041{NBSP}mg ÷ 0.10 %")


def test_a_balance_that_an_older_version_stored_still_loads() -> None:
    stored = {
        "name": "B-1",
        "readability": "0.1 mg",
        "sensitivity_requirement": "6 mg",
        "accepted_error": "5",
        "capacity": "120000 mg",
    }
    assert BalanceFacts.from_json(stored) == balance()
    whole = replace(analytical(), calibrated_until=date(2026, 3, 2))
    assert BalanceFacts.from_json(whole.to_json()) == whole
