"""Mean, sample variance, roots, texts that never cross a limit, and the one approximate number."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pharmacy.domain.errors import ChecksDisagree, Impossible
from pharmacy.domain.expected_share import share_outside
from pharmacy.domain.quantity import NBSP
from pharmacy.domain.second_check.quality import spread_again
from pharmacy.domain.spread import Spread, root, side_text, spread, spread_steps

tenths = st.integers(1, 5000).map(lambda one: Fraction(one, 10))
samples = st.lists(tenths, min_size=2, max_size=30)


def test_the_sample_variance_divides_by_one_less() -> None:
    found = spread([2, 4, 4, 4, 5, 5, 7, 9])
    assert (found.count, found.mean, found.variance) == (8, 5, Fraction(32, 7))
    assert found.sd == Decimal("2.138090")
    assert found.rsd_squared == Fraction(32, 7) / 25 * 10_000
    assert found.rsd == Decimal("42.761799")


def test_one_value_does_not_scatter() -> None:
    with pytest.raises(Impossible, match="At least 2 values"):
        spread([1])
    assert spread([3, 3]).sd == 0


def test_a_float_is_no_value() -> None:
    with pytest.raises(TypeError):
        spread([1, Fraction(1, 2), float("1")])  # type: ignore[list-item]


@pytest.mark.parametrize("mean", [0, -1])
def test_an_rsd_needs_a_mean_above_zero(mean: int) -> None:
    with pytest.raises(Impossible, match="mean must be above 0"):
        _ = Spread(2, Fraction(mean), Fraction(1)).rsd


@given(samples, tenths)
def test_a_shift_moves_the_mean_and_not_the_spread(values: list[Fraction], by: Fraction) -> None:
    one, two = spread(values), spread([value + by for value in values])
    assert two.mean == one.mean + by
    assert two.variance == one.variance


@given(samples, st.fractions(Fraction(1, 100), 100))
def test_an_rsd_has_no_scale(values: list[Fraction], factor: Fraction) -> None:
    one, two = spread(values), spread([value * factor for value in values])
    assert two.variance == one.variance * factor**2
    assert two.rsd_squared == one.rsd_squared
    assert two.rsd == one.rsd


@given(samples)
def test_the_second_way_agrees_in_any_order(values: list[Fraction]) -> None:
    found = spread(values)
    assert spread(list(reversed(values))) == found
    assert spread_again(values, found).startswith(f"{len(values)} × ")


@pytest.mark.parametrize(
    "wrong",
    [
        Spread(4, Fraction(2), Fraction(1)),
        Spread(3, Fraction(3), Fraction(1)),
        Spread(3, Fraction(2), Fraction(2, 3)),  # n instead of n − 1
    ],
)
def test_the_second_way_refuses_other_sums(wrong: Spread) -> None:
    assert spread_again([1, 2, 3], Spread(3, Fraction(2), Fraction(1))) == "3 × 2 = 6, the sum of the values."
    with pytest.raises(ChecksDisagree):
        spread_again([1, 2, 3], wrong)


def test_a_root_is_exact_where_it_can_be() -> None:
    assert root(Fraction(0)) == 0
    assert root(Fraction(25)) == 5
    assert root(Fraction(9, 100)) == Fraction(3, 10)
    with pytest.raises(Impossible, match="never below 0"):
        root(Fraction(-1))


@given(st.fractions(Fraction(1, 10**6), 10**6))
def test_a_root_squared_is_the_square_to_sixty_places(square: Fraction) -> None:
    found, step = root(square), Fraction(1, 10**60)
    assert (found - step) ** 2 <= square <= (found + step) ** 2


@given(st.decimals(0, 1000, places=3), st.decimals(0, 1000, places=3))
def test_a_root_never_lies_across_a_decimal(square: Decimal, limit: Decimal) -> None:
    exact = Fraction(square)
    assert (root(exact) < limit) == (exact < Fraction(limit) ** 2)
    assert (root(exact) > limit) == (exact > Fraction(limit) ** 2)


@pytest.mark.parametrize(
    ("value", "limits", "places", "shown"),
    [
        (Fraction(5), (5,), 1, "5"),
        (Fraction(50001, 10000), (5,), 1, "5.0001"),
        (Fraction(49999, 10000), (5,), 1, "4.9999"),
        (Fraction(4949, 1000), (5,), 1, "4.9"),
        (Fraction(4949, 1000), (5,), 2, "4.95"),
        (Fraction(94996, 1000), (95, 105), 1, "94.996"),
        (Fraction(1, 1000), (5,), 1, "0.001"),
        (Fraction(0), (5,), 1, "0"),
        (5 + Fraction(1, 10**14), (5, 90), 1, "just over 5"),
        (90 - Fraction(1, 10**14), (5, 90), 1, "just under 90"),
    ],
)
def test_a_text_stays_on_its_side_of_each_limit(
    value: Fraction, limits: tuple[int, ...], places: int, shown: str
) -> None:
    assert side_text(value, limits, places) == shown


def test_the_steps_can_be_followed_with_a_pencil() -> None:
    values = [Fraction(one) for one in (1, 2, 3)]
    mean, sd, rsd = spread_steps(spread(values), values, "mg")
    assert (mean.numbers, mean.text()) == ("(1 + 2 + 3) ÷ 3", f"2{NBSP}mg")
    assert (sd.numbers, sd.text()) == ("√(2 ÷ 2)", f"1{NBSP}mg")
    assert (rsd.numbers, rsd.text()) == ("1 ÷ 2 × 100 %", f"50{NBSP}%")
    many = [Fraction(one) for one in range(1, 14)]
    assert spread_steps(spread(many), many, "")[0].numbers == "91 (of 13 together) ÷ 13"
    assert spread_steps(spread(many), many, "%")[0].numbers == "91 % (of 13 together) ÷ 13"
    assert spread_steps(spread(many[:12]), many[:12], "")[0].numbers.endswith("+ 12) ÷ 12")
    assert [one.name for one in spread_steps(spread([0, 0]), [], "%")] == ["Mean", "Sample standard deviation"]


# --- the expected share outside -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mean", "sd", "shown"),
    [
        ("100", "10", "about 32 %"),
        ("100", "5", "about 4.6 %"),
        ("100", "3.3", "about 0.2 %"),
        ("100", "3", "about 0.09 %"),
        ("100", "2", "below 0.01 %"),
        ("90", "2", "about 50 %"),
        ("50", "2", "above 99 %"),
        ("110", "0", "none"),
        ("110.1", "0", "all"),
        ("90", "0", "none"),
        ("89.9", "0", "all"),
    ],
)
def test_the_expected_share_is_said_as_approximate(mean: str, sd: str, shown: str) -> None:
    found = share_outside(Fraction(mean), Fraction(sd) ** 2, Fraction(90), Fraction(110))
    assert found == shown.replace(" %", f"{NBSP}%")


ENDS = {"none": Decimal(0), "below 0.01": Decimal("0.001"), "above 99": Decimal("99.5"), "all": Decimal(100)}


def number_of(text: str) -> Decimal:
    """The text as a number, in the order of what it says."""
    said = text.removesuffix(f"{NBSP}%")
    return ENDS[said] if said in ENDS else Decimal(said.removeprefix("about "))


@given(tenths, tenths, st.integers(0, 100))
def test_more_scatter_expects_more_outside(sd: Fraction, more: Fraction, off: int) -> None:
    mean, low, high = Fraction(100 + off, 1), Fraction(0), Fraction(200)
    one = share_outside(mean, sd**2, low, high)
    two = share_outside(mean, (sd + more) ** 2, low, high)
    assert number_of(one) <= number_of(two)


@given(tenths, st.integers(-300, 300), st.fractions(Fraction(1, 1000), 1000))
def test_the_share_has_no_unit_and_no_side(sd: Fraction, off: int, factor: Fraction) -> None:
    low, high, mean = Fraction(90), Fraction(110), Fraction(100) + Fraction(off, 7)
    found = share_outside(mean, sd**2, low, high)
    assert number_of(share_outside(200 - mean, sd**2, low, high)) == number_of(found)
    scaled = share_outside(mean * factor, (sd * factor) ** 2, low * factor, high * factor)
    assert number_of(scaled) == number_of(found)


@given(tenths, tenths)
def test_wider_limits_expect_fewer_outside(half: Fraction, more: Fraction) -> None:
    assume(half > 0)
    shares = [share_outside(Fraction(0), Fraction(100), -one, one) for one in (half, half + more)]
    assert number_of(shares[0]) >= number_of(shares[1])
