"""The acceptance value of <905>: M, both stages, the limit judged by squares, single units, and its second way."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pharmacy.domain.errors import ChecksDisagree, Impossible
from pharmacy.domain.second_check.quality import acceptance_again
from pharmacy.domain.spread import spread
from pharmacy.domain.uniformity import (
    Verdict,
    acceptance_steps,
    acceptance_value,
    acceptance_value_of,
    reference_value,
)

TEN = [Decimal(one) for one in ("97.2", "101.5", "95.8", "99.0", "103.1", "98.4", "96.7", "100.9", "94.9", "102.5")]
assays = st.decimals(60, 140, places=1)
tens = st.lists(assays, min_size=10, max_size=10)


@pytest.mark.parametrize(
    ("mean", "target", "reference"),
    [
        ("98.4", "100", "98.5"),
        ("98.5", "100", "98.5"),
        ("100.3", "100", "100.3"),
        ("101.5", "100", "101.5"),
        ("101.6", "100", "101.5"),
        ("101.6", "101.5", "101.5"),
        ("101.6", "103", "101.6"),
        ("104", "103", "103"),
        ("97", "103", "98.5"),
        ("101", "95", "101"),
    ],
)
def test_the_reference_value_is_the_mean_held_in_its_range(mean: str, target: str, reference: str) -> None:
    assert reference_value(Fraction(mean), Fraction(target)) == Fraction(reference)


def test_ten_units_that_pass() -> None:
    found = acceptance_value(TEN)
    assert found.stage == 1
    assert found.k == Fraction("2.4")
    assert found.value == Decimal("6.921734")
    assert found.text() == "6.92"
    assert found.verdict is Verdict.PASSES
    assert (found.unit_low, found.unit_high) == (Fraction("74.25"), Fraction("123.75"))
    assert acceptance_again(found, 100) == "With a mean of 99 % a standard deviation of up to 6.25 % passes."


def test_thirty_units_have_another_k_and_a_range_for_each() -> None:
    found = acceptance_value(TEN * 3)
    assert (found.stage, found.k, found.outside, found.verdict) == (2, 2, 0, Verdict.PASSES)
    units = [Fraction(100)] * 29
    for edge, beyond in ((Fraction(2900, 39), Fraction(-1, 10)), (Fraction(2900, 23), Fraction(1, 10))):
        inside, outside = acceptance_value([*units, edge]), acceptance_value([*units, edge + beyond])
        assert edge in {inside.unit_low, inside.unit_high}
        assert (inside.outside, inside.verdict) == (0, Verdict.PASSES)
        assert (outside.within, outside.outside, outside.verdict) == (True, 1, Verdict.FAILS)
        assert acceptance_steps(outside)[-1].words == "a single unit is out of its range"
        assert acceptance_steps(outside)[-2].note == "1 of 30 outside"


def test_single_units_are_not_judged_at_stage_1() -> None:
    found = acceptance_value_of(100, 3, 10)
    assert found.verdict is Verdict.PASSES
    assert [one.name for one in acceptance_steps(found)] == ["Reference value M", "Acceptance value", "Verdict"]


def test_l2_is_never_the_limit_of_the_acceptance_value() -> None:
    found = acceptance_value_of(Decimal("105.9"), 6, 30)
    assert found.value == Decimal("16.4")
    assert found.verdict is Verdict.FAILS
    assert acceptance_steps(found)[-1].words == "the acceptance value is above 15.0"


def test_mean_and_sd_alone_cannot_pass_stage_2() -> None:
    found = acceptance_value_of(100, 3, 30)
    assert found.within
    assert found.verdict is Verdict.UNITS_NEEDED
    step = next(one for one in acceptance_steps(found) if one.name == "Range of a single unit")
    assert (step.result, step.note) == ("75 to 125", "single units not given")


@pytest.mark.parametrize(
    ("mean", "sd", "count", "within"),
    [
        ("100", "6.25", 10, True),
        ("100", "6.250000001", 10, False),
        ("100", "7.5", 30, True),
        ("100", "7.500000001", 30, False),
        ("116.5", "0", 10, True),
        ("116.500000001", "0", 10, False),
        ("83.5", "0", 10, True),
        ("83.499999999", "0", 10, False),
        ("60", "20", 10, False),  # (15 − 38.5)² would be large: the offset alone decides
    ],
)
def test_the_limit_itself_passes_and_nothing_beyond(mean: str, sd: str, count: int, within: bool) -> None:
    found = acceptance_value_of(Decimal(mean), Decimal(sd), count)
    assert found.within is within
    acceptance_again(found, 100)


def test_an_acceptance_value_is_never_shown_across_its_limit() -> None:
    assert acceptance_value_of(100, Decimal("6.2501"), 10).text() == "15.0002"
    assert acceptance_value_of(100, Decimal("6.2499"), 10).text() == "14.9998"
    assert acceptance_value_of(100, Decimal("6.25"), 10).text() == "15"


def test_going_on_is_said() -> None:
    found = acceptance_value_of(Decimal("105.9"), 5, 10)
    verdict = acceptance_steps(found)[-1]
    assert (verdict.result, verdict.numbers) == ("assay 20 more units", "stage 1")
    assert verdict.words.endswith("assay 20 more units and judge all 30")


def test_the_steps_can_be_followed_with_a_pencil() -> None:
    mean, sd, reference, value, _ = acceptance_steps(acceptance_value(TEN))
    assert (mean.result, sd.result, reference.result) == ("99", "2.8841", "99")
    assert value.numbers == "|99 − 99| + 2.4 × 2.8841 = 0 + 6.9217"
    assert value.result == "6.92"
    assert "6.92 ≤ 15.0" in value.note
    assert "> 15.0" in acceptance_steps(acceptance_value_of(Decimal("105.9"), 5, 10))[1].note
    assert reference.numbers == "99 %, held between 98.5 % and 101.5 %"
    assert acceptance_steps(acceptance_value(TEN, 103))[2].words == "the mean, held between 98.5 % and 103 %"


@pytest.mark.parametrize("count", [0, 2, 9, 11, 20, 29, 31])
def test_there_are_two_stages_and_no_other(count: int) -> None:
    with pytest.raises(Impossible, match=f"10 units and stage 2 all 30, not {count}") as refused:
        acceptance_value([Decimal(100)] * count)
    assert refused.value.field == "units"
    with pytest.raises(Impossible) as refused:
        acceptance_value_of(100, 1, count)
    assert refused.value.field == "count"


@pytest.mark.parametrize(
    ("mean", "sd", "target", "field"),
    [
        ("0", "1", "100", "mean"),
        ("501", "1", "100", "mean"),
        ("100", "501", "100", "sd"),
        ("100", "1", "0", "target"),
        ("100", "1", "501", "target"),
    ],
)
def test_impossible_reports_are_refused_at_their_field(mean: str, sd: str, target: str, field: str) -> None:
    with pytest.raises(Impossible) as refused:
        acceptance_value_of(Decimal(mean), Decimal(sd), 10, Decimal(target))
    assert refused.value.field == field
    assert acceptance_value_of(500, 500, 10, 500).verdict is Verdict.GO_ON


def test_a_unit_beyond_all_measure_is_a_slip() -> None:
    with pytest.raises(Impossible, match=r"Unit 10 cannot hold 500\.1 %") as refused:
        acceptance_value([*TEN[:9], Decimal("500.1")])
    assert refused.value.field == "units"
    with pytest.raises(Impossible, match="Unit 1 cannot"):
        acceptance_value([-TEN[0], *TEN[1:]])
    assert not acceptance_value([Decimal(0), *TEN[1:]]).within
    assert not acceptance_value([Decimal(500), *TEN[1:]]).within


@given(st.decimals(0, 20, places=3), st.decimals(0, 20, places=3), st.decimals(70, 130, places=1))
def test_the_acceptance_value_grows_with_the_scatter(sd: Decimal, more: Decimal, mean: Decimal) -> None:
    one, two = acceptance_value_of(mean, sd, 10), acceptance_value_of(mean, sd + more, 10)
    assert one.value <= two.value
    assert one.within or not two.within


@given(st.decimals(0, 20, places=3), st.decimals(0, 30, places=1), st.decimals(0, 30, places=1))
def test_the_acceptance_value_grows_with_the_distance(sd: Decimal, away: Decimal, more: Decimal) -> None:
    for side in (-1, 1):
        near, far = (acceptance_value_of(100 + side * off, sd, 30) for off in (away, away + more))
        assert near.value <= far.value


@given(tens)
def test_units_and_their_own_mean_and_spread_agree(units: list[Decimal]) -> None:
    found = acceptance_value(units)
    acceptance_again(found, 100)
    assert found.found == spread(units)
    assert found.within == (found.verdict is Verdict.PASSES)
    assert acceptance_value(sorted(units)).value == found.value
    assert (found.value <= 15) or not found.within
    assert type(found).from_json(found.to_json()) == found


@pytest.mark.parametrize(
    "wrong",
    [
        {"reference": Fraction(100)},
        {"value": Decimal("6.921736")},
        {"value": Decimal("6.68")},
        {"within": False},
        {"outside": 1},
        {"verdict": Verdict.FAILS},
        {"found": spread([*TEN[:9], Decimal(103)])},
        {"units": tuple(Fraction(one) for one in TEN[:9])},
    ],
)
def test_the_second_way_refuses_any_other_result(wrong: dict[str, object]) -> None:
    with pytest.raises(ChecksDisagree):
        acceptance_again(replace(acceptance_value(TEN), **wrong), 100)  # type: ignore[arg-type]


def test_the_second_way_knows_every_verdict() -> None:
    for found in (
        acceptance_value_of(100, 7, 10),
        acceptance_value_of(100, 8, 30),
        acceptance_value_of(100, 7, 30),
        acceptance_value(TEN * 3),
        acceptance_value([Decimal(100)] * 29 + [Decimal(70)]),
    ):
        acceptance_again(found, 100)
        for other in Verdict:
            if other is not found.verdict:
                with pytest.raises(ChecksDisagree, match="verdict"):
                    acceptance_again(replace(found, verdict=other), 100)
    assert acceptance_again(acceptance_value_of(120, 1, 10), 100).endswith("small enough to pass.")
