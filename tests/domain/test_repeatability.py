from __future__ import annotations

from fractions import Fraction
from math import isqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pharmacy.domain.errors import BalanceLacksData, CalculationRefused, ChecksDisagree, Impossible
from pharmacy.domain.problems import solve
from pharmacy.domain.quantity import NBSP, Mass
from pharmacy.domain.repeatability import repeatability, repeatability_worksheet
from pharmacy.domain.second_check.balance import repeatability_again
from tests.domain.builders import mg

TEN = [mg(one) for one in ("20.1", "20.0", "19.9", "20.0", "20.1", "19.9", "20.0", "20.0", "20.1", "19.9")]
TENTH = mg("0.1")


def refused(expected: type[CalculationRefused], readings: list[Mass], readability: Mass = TENTH) -> tuple[str, str]:
    with pytest.raises(expected) as why:
        repeatability(readings, readability)
    return str(why.value), why.value.field


def test_ten_readings_give_their_sample_standard_deviation_rounded_up() -> None:
    assert repeatability(TEN, TENTH) == mg("0.0817")  # √(0.06 ÷ 9) = 0.08164…


def test_a_root_that_is_exact_is_not_rounded_up() -> None:
    even = [mg("10.3"), mg("9.7")] + [mg("10")] * 8  # 0.18 ÷ 9 = 0.02
    assert repeatability(even, TENTH) == mg("0.1415")  # √0.02 = 0.14142…
    square = [mg("10.3"), mg("10.3"), mg("9.7"), mg("9.7")] + [mg("10")] * 6  # 0.36 ÷ 9 = 0.04
    assert repeatability(square, TENTH) == mg("0.2")


def test_equal_readings_have_no_spread() -> None:
    assert repeatability([mg("20")] * 10, TENTH) == mg("0")


def test_the_working_says_mean_squares_and_root() -> None:
    sheet = repeatability_worksheet(TEN, TENTH)
    mean, squares, root = sheet.steps
    assert (mean.name, mean.numbers, mean.text()) == ("Mean", f"200{NBSP}mg ÷ 10", f"20{NBSP}mg")
    assert (squares.name, squares.numbers) == ("Sum of squares", f"Σ(x − 20{NBSP}mg)²")
    assert squares.text() == f"0.06{NBSP}mg²"
    numbers = f"√(0.06{NBSP}mg² ÷ 9), up to the next 0.0001{NBSP}mg"
    assert (root.name, root.numbers, root.text()) == ("Repeatability", numbers, f"0.0817{NBSP}mg")
    assert root.note == "rounded up, to a thousandth of the readability"
    assert "USP <41>" in root.source
    odd = repeatability_worksheet([mg("20.1234567"), *[mg("20")] * 10], mg("0.0000001"))
    assert odd.steps[0].numbers == f"220.123457{NBSP}mg ÷ 11"
    assert odd.steps[0].text() == f"20.011223{NBSP}mg"
    assert odd.steps[1].numbers == f"Σ(x − 20.011223{NBSP}mg)²"
    assert odd.steps[1].text() == f"0.013856{NBSP}mg²"
    assert odd.steps[2].numbers == f"√(0.013856{NBSP}mg² ÷ 10), up to the next 0.0000000001{NBSP}mg"


@pytest.mark.parametrize("count", [0, 1, 9, 101])
def test_fewer_than_ten_readings_are_too_few_and_more_than_a_hundred_too_many(count: int) -> None:
    words, field = refused(BalanceLacksData, [mg("20")] * count)
    assert words == f"Enter from 10 to 100 readings of one small weight; there are {count}."
    assert field == "readings"


def test_a_hundred_readings_will_do() -> None:
    assert repeatability([mg("20"), mg("20.1")] * 50, TENTH) == mg("0.0503")  # √(0.25 ÷ 99) = 0.050251…


def test_a_reading_of_nothing_is_none() -> None:
    assert refused(Impossible, [*TEN, mg("0")]) == ("Each reading must be above 0 mg.", "readings")


def test_a_reading_that_the_balance_cannot_show_is_a_slip_of_the_pen() -> None:
    assert refused(Impossible, [*TEN, mg("20.05")]) == (
        f"A balance that shows 0.1{NBSP}mg cannot have shown 20.05{NBSP}mg; check the reading.",
        "readings",
    )


@pytest.mark.parametrize("nothing", ["0", "-0.1"])
def test_readings_need_a_readability(nothing: str) -> None:
    words, field = refused(BalanceLacksData, TEN, Mass(Fraction(nothing)))
    assert (words, field) == ("Enter the readability of the balance, above 0.", "readability")


readings_of = st.lists(st.integers(1, 3000).map(lambda steps: Mass(Fraction(steps, 10))), min_size=10, max_size=15)


@given(readings_of)
def test_the_spread_is_never_flattered_and_never_a_step_too_much(readings: list[Mass]) -> None:
    found, count = repeatability(readings, TENTH), len(readings)
    mean = sum(one.value for one in readings) / Fraction(count)
    variance = sum(((one.value - mean) ** 2 for one in readings), Fraction(0)) / (count - 1)
    assert found.value**2 >= variance
    steps = found.value / Fraction(1, 10_000)
    assert steps.denominator == 1
    assert int(steps) - 1 <= isqrt(int(variance * 10**8))
    repeatability_again(readings, TENTH, found)


@given(readings_of, st.integers(1, 50))
def test_a_heavier_weight_with_the_same_differences_has_the_same_spread(readings: list[Mass], more: int) -> None:
    heavier = [one + Mass(Fraction(more)) for one in readings]
    assert repeatability(heavier, TENTH) == repeatability(readings, TENTH)


@pytest.mark.parametrize("wrong", ["0.0816", "0.0818"])
def test_the_second_way_refuses_another_spread(wrong: str) -> None:
    repeatability_again(TEN, TENTH, mg("0.0817"))
    with pytest.raises(ChecksDisagree, match=r"disagrees about the repeatability; do not use"):
        repeatability_again(TEN, TENTH, mg(wrong))


def test_the_second_way_refuses_a_step_more_than_an_exact_root() -> None:
    square = [mg("10.3"), mg("10.3"), mg("9.7"), mg("9.7")] + [mg("10")] * 6
    repeatability_again(square, TENTH, mg("0.2"))
    with pytest.raises(ChecksDisagree, match=r"disagrees about the repeatability; do not use"):
        repeatability_again(square, TENTH, mg("0.2001"))


def test_as_a_problem_it_says_how_far_apart_the_readings_lie() -> None:
    texts = ", ".join(one.text("mg") for one in TEN)
    solved = solve("repeatability", {"readings": texts, "readability": "0.1 mg"})
    assert [(one.name, one.value) for one in solved.results] == [("repeatability", "0.0817 mg")]
    assert solved.plausibility == (f"The readings lie at most 0.2{NBSP}mg apart; the repeatability is 40.8 % of that.")
    same = solve("repeatability", {"readings": ["20 mg"] * 10, "readability": "0.1 mg"})
    assert same.plausibility == f"The readings lie at most 0{NBSP}mg apart; the repeatability is 0 % of that."
