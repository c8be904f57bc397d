from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pharmacy.domain.calculation import (
    Delivered,
    all_weighings,
    delivered_capsules,
    delivered_liquid,
    delivered_strength,
    delivered_trituration,
    recorded_blend,
    recorded_drug,
    yield_percent,
)
from pharmacy.domain.errors import ChecksDisagree, Impossible, NotYetRecorded
from pharmacy.domain.quantity import Concentration, Mass, Volume
from pharmacy.domain.results import delivered_concentration, percent_text, yield_step
from pharmacy.domain.second_check.quality import capsules_again, delivered_again, yield_again
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


@pytest.mark.parametrize("field", ["drug", "potency", "blend", "mean_net", "label"])
def test_impossible_weights_are_refused_at_their_field(field: str) -> None:
    amounts: dict[str, Any] = {"drug": mg("1"), "blend": mg("1"), "mean_net": mg("1"), "label": mg("1")}
    nothing = Fraction(0) if field == "potency" else mg("0")
    with pytest.raises(Impossible, match="must be above 0") as refused:
        delivered_strength(**{**amounts, "potency": Fraction(1), field: nothing})
    assert refused.value.field == field
    with pytest.raises(Impossible, match="less than the drug") as refused:
        delivered_strength(**{**amounts, "potency": Fraction(1), "drug": mg("1.1")})
    assert refused.value.field == "blend"


@pytest.mark.parametrize("field", ["drug", "volume", "label"])
def test_impossible_volumes_are_refused_at_their_field(field: str) -> None:
    amounts: dict[str, Any] = {"drug": mg("1"), "volume": Volume(Fraction(1)), "label": Concentration(Fraction(1))}
    with pytest.raises(Impossible, match="must be above 0") as refused:
        delivered_concentration(**{**amounts, "potency": Fraction(1), field: type(amounts[field])(Fraction(0))})
    assert refused.value.field == field


def test_each_result_says_how_a_second_way_came_back_to_the_weights() -> None:
    plan = planned_capsules()
    found = delivered_capsules(plan, {"drug": mg("520"), "filler": mg("13300")}, mg("130.9"))
    said = "The blend fills 105.58 such capsules; × 4.4462 mg = 469.414 mg, the drug weighed in."
    assert found.second_way.replace("\u00a0", " ") == said
    liquid = delivered_liquid(bottle(), as_planned(bottle())).second_way.replace("\u00a0", " ")
    assert liquid == "150 mL × 1.0002 mg/mL = 150.032 mg, the drug weighed in."
    stock = delivered_trituration(powder(), as_planned(powder())).second_way.replace("\u00a0", " ")
    assert stock == "50 g × 99.9997 mg/g = 4,999.986 mg, the drug weighed in."
    old = found.to_json()
    del old["second_way"]
    assert Delivered.from_json(old).second_way == ""


def test_the_second_way_refuses_any_other_result() -> None:
    plan = planned_capsules("0.5", 30, "0")
    recorded = as_planned(plan)
    found = delivered_capsules(plan, recorded, plan.net)
    assert isinstance(found.amount, Mass)
    capsules_again(plan, recorded, plan.net, found.amount, found.percent)
    more = found.amount.times(Fraction(1001, 1000))
    with pytest.raises(ChecksDisagree, match="share of the label"):
        capsules_again(plan, recorded, plan.net, more, found.percent)
    with pytest.raises(ChecksDisagree, match="delivered strength"):
        capsules_again(plan, recorded, plan.net, more, found.percent * Fraction(1001, 1000))
    with pytest.raises(ChecksDisagree, match="line filler"):
        capsules_again(plan, {**recorded, "filler": None}, plan.net, found.amount, found.percent)  # type: ignore[dict-item]
    args = (mg("520"), plan.potency, mg("13820"), mg("130.9"), mg("4.5"))
    with pytest.raises(ChecksDisagree, match="share of the label"):
        delivered_again(*args, mg("4.5"), Fraction(101))
    with pytest.raises(ChecksDisagree, match="delivered strength"):
        delivered_again(*args, mg("4.5"), Fraction(100))


def test_the_second_way_takes_the_potency_from_the_certificate_and_not_from_the_plan() -> None:
    plan, bottled, ground = replace(planned_capsules(), potency=Fraction(1)), bottle(), powder()
    with pytest.raises(ChecksDisagree, match="delivered strength"):
        delivered_capsules(plan, as_planned(plan), plan.net)
    with pytest.raises(ChecksDisagree, match="delivered strength"):
        delivered_liquid(replace(bottled, potency=Fraction(1)), as_planned(bottled))
    with pytest.raises(ChecksDisagree, match="delivered strength"):
        delivered_trituration(replace(ground, potency=Fraction(1)), as_planned(ground))


masses = st.integers(1, 10**7).map(lambda one: Mass(Fraction(one, 10)))


@given(masses, masses, masses, masses, st.fractions(Fraction(1, 10), 1), st.fractions(Fraction(1, 10), 10))
def test_the_delivered_strength_grows_with_the_drug_and_knows_no_batch_size(
    drug: Mass, filler: Mass, net: Mass, label: Mass, potency: Fraction, factor: Fraction
) -> None:
    blend = drug + filler
    found = delivered_strength(drug, potency, blend, net, label)
    scaled = delivered_strength(drug.times(factor), potency, blend.times(factor), net, label)
    assert scaled.amount == found.amount
    assert delivered_strength(drug, potency, blend + filler, net, label).percent < found.percent
    assert delivered_strength(drug, potency, blend, net + net, label).percent == 2 * found.percent


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


def test_a_yield_is_checked_back_and_has_its_step() -> None:
    step = yield_step(Decimal(98), 100, "capsules")
    assert (step.numbers, step.result, step.unit) == ("98 capsules ÷ 100 capsules × 100 %", "98", "%")
    assert yield_again(98, 100, Fraction(98)) == "That is 2 less than was to be made."
    assert yield_again(104, 100, Fraction(104)) == "That is 4 more than was to be made."
    assert yield_again(100, 100, Fraction(100)) == "That is exactly what was to be made."
    with pytest.raises(ChecksDisagree, match="the yield"):
        yield_again(98, 100, Fraction(99))
    with pytest.raises(Impossible) as refused:
        yield_percent(-1, 100)
    assert refused.value.field == "made"
    with pytest.raises(Impossible) as refused:
        yield_percent(1, 0)
    assert refused.value.field == "meant"


def test_yield_is_of_what_was_to_be_made() -> None:
    assert yield_percent(98, 100) == 98
    assert yield_percent(Decimal("145.5"), 150) == 97
    assert yield_percent(104, 100) == 104
    for actual, meant in ((-1, 100), (1, 0)):
        with pytest.raises(Impossible):
            yield_percent(actual, meant)
