from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pharmacy.domain.calculation import (
    Delivered,
    all_weighings,
    capsule_statistics,
    delivered_capsules,
    delivered_liquid,
    delivered_strength,
    delivered_trituration,
    recorded_blend,
    recorded_drug,
    yield_percent,
)
from pharmacy.domain.capsule_weights import CapsuleStatistics
from pharmacy.domain.errors import Impossible, NotYetRecorded
from pharmacy.domain.quantity import Concentration, Mass, Volume
from pharmacy.domain.results import percent_text
from tests.domain.builders import mg, planned_capsules, trituration_lot
from tests.domain.test_preparations import bottle, powder


def as_planned(plan: object) -> dict[str, Mass | Volume]:
    return {one.key: one.target for one in all_weighings(plan)}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "plan",
    [
        planned_capsules(),
        planned_capsules("0.5", 30, "0"),
        planned_capsules("0.5", 30, "5", trituration=trituration_lot()),
    ],
)
def test_what_was_weighed_as_planned_delivers_the_label(plan: object) -> None:
    found = delivered_capsules(plan, as_planned(plan), plan.net)  # type: ignore[arg-type, attr-defined]
    assert abs(found.percent - 100) < Fraction(3, 100)
    assert found.within()
    assert Delivered.from_json(found.to_json()) == found


@given(st.sampled_from(["0", "5", "10", "25"]))
def test_process_excess_never_raises_the_delivered_strength(excess: str) -> None:
    plan = planned_capsules("4.5", 100, excess)
    found = delivered_capsules(plan, as_planned(plan), plan.net)
    assert abs(found.percent - 100) < Fraction(2, 100)


def test_filler_left_out_shows_as_more_drug_in_a_capsule() -> None:
    plan = planned_capsules()
    recorded = as_planned(plan)
    recorded["filler"] = mg("6612.4")
    found = delivered_capsules(plan, recorded, plan.net)
    assert found.percent > 190
    assert not found.within()


def test_an_aliquot_counts_what_the_part_taken_held() -> None:
    plan = planned_capsules("0.5", 30, "0")
    recorded = as_planned(plan)
    recorded["aliquot-taken"] = mg("736.7")  # half of it
    assert recorded_drug(plan, recorded).ratio(recorded_drug(plan, as_planned(plan))) == Fraction(1, 2)
    assert recorded_blend(plan, recorded) == mg("736.7") + mg("2429.7")
    recorded["aliquot-taken"] = mg("99999")
    with pytest.raises(Impossible, match="taken"):
        recorded_drug(plan, recorded)


def test_a_liquid_is_divided_by_its_final_volume() -> None:
    plan = bottle()
    assert delivered_liquid(plan, as_planned(plan)).percent_text() == "100"
    short = {**as_planned(plan), "final-volume": Volume(Fraction(160))}
    found = delivered_liquid(plan, short)
    assert isinstance(found.amount, Concentration)
    assert found.percent_text() == "93.8"


def test_a_trituration_gets_the_strength_that_was_weighed() -> None:
    plan = powder()
    found = delivered_trituration(plan, {**as_planned(plan), "filler": mg("46000")})
    assert isinstance(found.amount, Fraction)
    assert found.amount == Fraction("5538.8") * plan.potency / Fraction("51538.8")
    assert found.step.unit == "mg/g"


def test_nothing_is_delivered_before_it_is_weighed() -> None:
    plan = planned_capsules()
    recorded = as_planned(plan)
    del recorded["filler"]
    with pytest.raises(NotYetRecorded, match="filler"):
        delivered_capsules(plan, recorded, plan.net)
    with pytest.raises(NotYetRecorded, match="drug"):
        recorded_drug(plan, {"drug": Volume(Fraction(1))})
    with pytest.raises(NotYetRecorded, match="final volume"):
        delivered_liquid(bottle(), {"drug": mg("166.2")})
    with pytest.raises(Impossible):
        recorded_drug(plan, {"drug": mg("0")})


def test_impossible_weights_are_refused() -> None:
    with pytest.raises(Impossible):
        delivered_strength(mg("0"), Fraction(1), mg("1"), mg("1"), mg("1"))
    with pytest.raises(Impossible, match="less than the drug"):
        delivered_strength(mg("2"), Fraction(1), mg("1"), mg("1"), mg("1"))


@pytest.mark.parametrize(
    ("percent", "shown"),
    [
        (Fraction(8996, 100), "89.96"),
        (Fraction(90), "90"),
        (Fraction(89999, 1000), "89.999"),
        (Fraction(110001, 1000), "110.001"),
        (Fraction(11004, 100), "110.04"),
        (Fraction(10049, 100), "100.5"),
    ],
)
def test_a_percentage_is_never_rounded_across_a_limit(percent: Fraction, shown: str) -> None:
    assert percent_text(percent) == shown


def test_limits_are_on_net_and_not_on_gross() -> None:
    target, shell = mg("130.9"), mg("48")
    found = capsule_statistics([mg("165.81"), mg("165.80"), mg("191.99"), mg("192.00"), mg("196.7")], shell, target)
    assert [one.within for one in found.each] == [True, False, True, False, False]
    assert found.outside == 3
    assert found.count == 5


def test_ten_weighed_together_would_hide_what_ten_alone_show() -> None:
    gross = [mg("148"), mg("208")] * 5
    found = capsule_statistics(gross, mg("48"), mg("130"))
    assert found.mean_percent == 100
    assert found.outside == 10
    assert found.rsd > 20


def test_capsules_that_cannot_be_are_refused() -> None:
    with pytest.raises(Impossible, match="at least 2"):
        capsule_statistics([mg("178")], mg("48"), mg("130"))
    with pytest.raises(Impossible, match="Capsule 2"):
        capsule_statistics([mg("178"), mg("48")], mg("48"), mg("130"))
    with pytest.raises(Impossible):
        capsule_statistics([mg("178"), mg("178")], mg("0"), mg("130"))


@given(
    st.lists(st.integers(1000, 3000).map(lambda tenth: mg("0.1").times(tenth)), min_size=2, max_size=20),
    st.integers(1, 400),
)
def test_a_heavier_shell_changes_the_mean_and_not_the_spread(gross: list[Mass], shell: int) -> None:
    light, heavy = mg("0.1").times(shell), mg("0.1").times(shell + 100)
    one, two = capsule_statistics(gross, light, mg("130")), capsule_statistics(gross, heavy, mg("130"))
    assert one.sd == two.sd
    assert one.mean_gross == two.mean_gross
    assert one.mean_net - two.mean_net == mg("10")
    assert CapsuleStatistics.from_json(one.to_json()) == one


def test_yield_is_of_what_was_to_be_made() -> None:
    assert yield_percent(98, 100) == 98
    assert yield_percent(Decimal("145.5"), 150) == 97
    assert yield_percent(104, 100) == 104
    for actual, meant in ((-1, 100), (1, 0)):
        with pytest.raises(Impossible):
            yield_percent(actual, meant)
