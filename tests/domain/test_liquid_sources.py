"""Oral liquids from tablets and by liquid aliquot: whole tablets always, volumes on marks, and vehicle only to volume."""

from __future__ import annotations

import dataclasses
import json
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pharmacy.domain.balance import BalanceFacts, minimum_weighable
from pharmacy.domain.certificate import Basis, Certificate
from pharmacy.domain.errors import (
    CalculationRefused,
    CalibrationExpired,
    CannotBeMeasured,
    CannotBeWeighed,
    ChecksDisagree,
    ClassConflict,
    DoesNotDissolve,
    DoesNotFit,
    Impossible,
    NotYetRecorded,
    PartsDoNotSum,
    WrongLot,
)
from pharmacy.domain.formula import Component, LiquidFormula, Portion, Role
from pharmacy.domain.lines import MeasureFacts
from pharmacy.domain.liquid_aliquot import liquid_aliquot, root_down, root_up
from pharmacy.domain.liquids import prepare_liquid
from pharmacy.domain.measures import CYLINDERS, cylinder
from pharmacy.domain.measuring import finest, has_mark, volume_error
from pharmacy.domain.plan import LiquidPlan, LotFacts, WeighingKey, caps_of, plan_from_json, planned
from pharmacy.domain.quantity import NBSP, Concentration, Mass, Volume
from pharmacy.domain.results import delivered_liquid
from pharmacy.domain.routes import Direct, LiquidAliquot, TabletPowder, WholeTablets
from pharmacy.domain.second_check import recheck
from pharmacy.domain.tablets import Crushed, tablet_powder, whole_tablets
from pharmacy.domain.tolerances import Tolerances
from tests.domain.builders import DRUG, ON, balance, liquid, lot, mg
from tests.domain.liquid_builders import GLYCERIN, in_oil, plain, suspension, tablets

D = Decimal
SALT = Portion(Component("nacl", "sodium chloride", Role.EXCIPIENT), D(1), "g")
TWENTY = Crushed(20, Mass.of("6.08", "g"))


def ml(text: str) -> Volume:
    return Volume.of(text, "mL")


def made(formula: LiquidFormula, quantity: str = "135", excess: str = "0", **more: Any) -> LiquidPlan:
    source = tablets() if formula.label_strength else lot(DRUG)
    known: dict[str, Any] = {
        "drug": source,
        "others": tuple(lot(one.component) for one in formula.portions),
        "vehicle": lot(formula.vehicle),
        "balance": balance("1"),
        "measures": CYLINDERS,
        "on": ON,
        **more,
    }
    return prepare_liquid(formula, quantity=ml(quantity), excess_percent=D(excess), **known)


def targets(plan: LiquidPlan) -> dict[str, str]:
    return {one.key: one.text(one.target).replace(NBSP, " ") for one in plan.weighings}


# --- whole tablets --------------------------------------------------------------------------------------------------


def test_two_point_seven_tablets_become_three_and_the_volume_that_three_give() -> None:
    plan = made(suspension())
    assert plan.route == WholeTablets(3, mg("50"))
    assert (plan.made, plan.drug, plan.potency) == (ml("150"), mg("150"), 1)
    assert plan.lots[0].amount == 3
    assert targets(plan) == {"gly": "30 mL", "final-volume": "150 mL"}
    step = plan.worksheet.step("Tablets, whole")
    assert step.text() == f"3{NBSP}tablets"
    assert "= 2.7, up" in step.numbers
    assert "15\u00a0mL more than asked for" in plan.worksheet.step("Volume to make").note
    assert "90.0 to 110.0 %" in plan.worksheet.step("Drug").note
    assert plan.plausibility == (
        f"150{NBSP}mL × 1{NBSP}mg/mL = 150{NBSP}mg naltrexone HCl in the batch; "
        f"3 whole tablets of 50{NBSP}mg by label give 1{NBSP}mg/mL."
    )


@pytest.mark.parametrize(
    ("concentration", "quantity", "excess", "count", "volume"),
    [
        ("1", "150", "0", 3, "150"),
        ("1", "150.1", "0", 4, "200"),
        ("1", "50", "0", 1, "50"),
        ("1", "1", "0", 1, "50"),
        ("1", "100", "5", 3, "150"),
        ("5", "27", "10", 3, "30"),
        ("1.5", "135", "0", 6, "200"),  # 5 tablets give 166.67 mL, between the marks
        ("0.7", "135", "10", 7, "500"),
    ],
)
def test_whole_tablets_give_the_volume(concentration: str, quantity: str, excess: str, count: int, volume: str) -> None:
    plan = made(suspension(concentration), quantity, excess)
    assert plan.route == WholeTablets(count, mg("50"))
    assert plan.made == ml(volume)
    assert plan.potency * plan.drug.value == Fraction(concentration) * plan.made.value
    assert "1 tablet" in plan.worksheet.step("Tablets, whole").text().replace(NBSP, " ") or count > 1


def test_one_tablet_is_one_tablet() -> None:
    plan = made(suspension(), "50")
    assert plan.worksheet.step("Tablets, whole").text() == f"1{NBSP}tablet"
    assert "1 whole tablet of" in plan.plausibility
    assert not plan.worksheet.step("Volume to make").note


def test_when_no_whole_number_of_tablets_reaches_a_mark_crushing_is_proposed() -> None:
    with pytest.raises(CannotBeMeasured, match="weigh crushed tablets instead") as refused:
        made(suspension("0.701"))
    assert refused.value.field == "crushed"
    assert whole_tablets(suspension("1", mark=ml("950")), ml("1"))[0].count == 19
    assert whole_tablets(suspension("1", mark=ml("1000")), ml("1"))[0].count == 20
    with pytest.raises(CannotBeMeasured):
        whole_tablets(suspension("1", mark=ml("1050")), ml("1"))
    with pytest.raises(CannotBeMeasured):
        whole_tablets(suspension("20", label="1"), ml("50000"))


def test_powder_is_no_tablet() -> None:
    with pytest.raises(Impossible, match="no tablet"):
        whole_tablets(plain(), ml("100"))
    with pytest.raises(Impossible, match="no tablet") as refused:
        made(plain(), crushed=TWENTY)
    assert refused.value.field == "tablets_weighed"


def test_the_lot_holds_the_tablets_that_the_formula_takes() -> None:
    with pytest.raises(WrongLot, match=f"tablets of 25{NBSP}mg; the formula takes tablets of 50{NBSP}mg"):
        made(suspension(), drug=tablets("25"))
    with pytest.raises(WrongLot, match="without a label strength"):
        made(suspension(), drug=tablets(label_strength=None))
    with pytest.raises(WrongLot):
        made(suspension(), drug=lot(DRUG))


def test_the_expiry_of_the_tablets_caps_the_beyond_use_date() -> None:
    assert "naltrexone HCl 50 mg tablets lot naltrexone-tablet-50mg-1" in caps_of(made(suspension()))[0].name


# --- crushed tablets ------------------------------------------------------------------------------------------------


def test_crushed_tablets_are_weighed_by_their_mean_mass() -> None:
    plan = made(suspension(), crushed=TWENTY)
    assert plan.route == TabletPowder(mg("820.8"), mg("50"), 20, mg("6080"))
    assert plan.made == ml("135")
    assert plan.potency == Fraction(50, 304)
    assert plan.lots[0].amount == 20
    assert targets(plan) == {
        "tablets-weighed": "6.0800 g",
        "drug": "820.8 mg",
        "gly": "27 mL",
        "final-volume": "135 mL",
    }
    assert plan.worksheet.step("Mean mass of a tablet").text() == f"304{NBSP}mg"
    assert "2.7 tablets' worth" in plan.worksheet.step("Powder of crushed tablets").note
    assert "no rounding error" in plan.worksheet.step("Powder of crushed tablets").note
    assert [one.lot for one in plan.weighings] == ["", "", "gly-1", "water-1"]


@pytest.mark.parametrize("count", [0, 1, 19, 10_001])
def test_a_mean_of_fewer_than_twenty_tablets_is_none(count: int) -> None:
    with pytest.raises(Impossible, match="at least 20") as refused:
        Crushed(count, mg("6080"))
    assert refused.value.field == "tablets_weighed"


def test_tablets_that_weigh_nothing_or_less_than_their_drug_are_refused() -> None:
    with pytest.raises(Impossible) as refused:
        Crushed(20, mg("0"))
    assert refused.value.field == "tablets_together"
    with pytest.raises(Impossible, match="weighs more than its drug") as refused:
        made(suspension(), crushed=Crushed(20, mg("999.9")))
    assert refused.value.field == "tablets_together"
    assert tablet_powder(suspension(), mg("900"), Crushed(20, mg("1000")), balance("1")).target == mg("900")


def test_the_mass_of_the_tablets_is_one_that_the_balance_shows() -> None:
    with pytest.raises(Impossible, match=f"steps of 0.1{NBSP}mg") as refused:
        made(suspension(), crushed=Crushed(20, mg("6080.05")))
    assert refused.value.field == "tablets_together"


def test_more_powder_than_was_crushed_names_the_tablets_that_would_do() -> None:
    assert made(suspension(), "1000", crushed=TWENTY).route == TabletPowder(mg("6080"), mg("50"), 20, mg("6080"))
    with pytest.raises(DoesNotFit, match="at least 25 tablets") as refused:
        made(suspension(), "1000", "25", measures=(*CYLINDERS, cylinder("2000", "20")), crushed=TWENTY)
    assert refused.value.field == "tablets_weighed"


def test_powder_that_the_balance_cannot_weigh_is_refused() -> None:
    with pytest.raises(CannotBeWeighed, match="tablets: "):
        made(suspension("0.1"), "10", crushed=TWENTY, balance=balance("6"))


# --- the liquid aliquot -----------------------------------------------------------------------------------------------


def test_drug_below_the_minimum_is_dissolved_and_a_measured_part_is_taken() -> None:
    plan = made(plain(), "30", balance=balance("6"))
    assert plan.route == LiquidAliquot(mg("146.2"), ml("22"), ml("5"))
    assert targets(plan) == {
        "aliquot-drug": "146.2 mg",
        "aliquot-volume": "22.0 mL",
        "aliquot-taken": "5.0 mL",
        "final-volume": "30 mL",
    }
    assert [one.lot for one in plan.weighings] == ["naltrexone-hcl-1", "water-1", "", "water-1"]
    assert plan.lots[0].amount == mg("146.2")
    assert plan.lots[1].amount == ml("47")  # 22 mL for the solution, 25 mL more to volume
    assert plan.about == ml("25")
    assert plan.worksheet.step("Combined error").text() == f"4.99{NBSP}%"
    note = plan.worksheet.step("Take of the solution").note.replace("\u00a0", " ")
    assert note == "on the 10 mL cylinder, a mark every 0.2 mL; rounding error −0.017 %"
    dissolve = plan.worksheet.step("Dissolve and bring to")
    assert dissolve.numbers.replace("\u00a0", " ") == "22 mL ≥ 146.2 mg ÷ 65 mg/mL"
    assert dissolve.note.replace("\u00a0", " ") == (
        "on the 25 mL cylinder, a mark every 0.5 mL; 6.645 mg/mL; at most 65 mg/mL dissolves"
    )
    combined = plan.worksheet.step("Combined error")
    assert combined.numbers == "√((4.104 % drug weighed)² + (2 % 25 mL cylinder)² + (2 % 10 mL cylinder)²)"
    assert combined.source == "own arithmetic; 2 % of a usual cylinder is assumed, not from its certificate"


def test_what_can_be_weighed_is_weighed_directly() -> None:
    plan = made(plain(), "110", balance=balance("6"))
    assert plan.route == Direct(mg("121.9"))
    assert isinstance(made(plain(), "100", balance=balance("6")).route, LiquidAliquot)


@pytest.mark.parametrize(
    ("formula", "why"),
    [
        (in_oil(), "only of what dissolves"),
        (plain(solubility=None), "does not say how much of it dissolves in purified water"),
        # What is taken would have to be from 29.67 mL, which dissolve it, to the 29.7 mL that there is room for.
        (plain(solubility=Concentration(Fraction("1.12")), portions=(SALT,)), "no aliquot within 5 %"),
    ],
)
def test_where_no_aliquot_can_be_taken_the_volume_that_would_do_is_named(formula: LiquidFormula, why: str) -> None:
    with pytest.raises(CannotBeWeighed, match=why) as refused:
        made(formula, "30", balance=balance("6"))
    assert f"make 110{NBSP}mL or more" in str(refused.value)
    assert refused.value.field == "quantity"
    assert made(formula, "110", balance=balance("6")).route == Direct(mg("121.9"))


def test_powder_that_is_weighed_directly_must_dissolve_in_the_vehicle_too() -> None:
    step = made(plain("58.6768"), "100").worksheet.step("Dissolves in")  # 100 mL × 65 mg/mL × potency 0.90272
    assert (step.numbers, step.text()) == (f"6,500{NBSP}mg ÷ 65{NBSP}mg/mL", f"100{NBSP}mL")
    assert step.note.startswith(f"the solution holds about 100{NBSP}mL of purified water")
    with pytest.raises(DoesNotDissolve, match="to dissolve") as refused:
        made(plain("58.68"), "100")
    assert refused.value.field == "solubility"
    sweet = {"portions": (Portion(GLYCERIN, D(20), "mL"),)}
    assert made(plain("46.94", **sweet), "100").worksheet.step("Dissolves in")
    with pytest.raises(DoesNotDissolve, match=f"hold 80{NBSP}mL of it"):
        made(plain("46.95", **sweet), "100")
    unasked = (
        made(plain("70", solubility=None), "100"),
        made(in_oil("70", solubility=Concentration(Fraction(65))), "100"),
    )
    for plan in unasked:
        assert all(one.name != "Dissolves in" for one in plan.worksheet.steps)
    too_strong = dataclasses.replace(unasked[0].formula, solubility=Concentration(Fraction(65)))
    with pytest.raises(ChecksDisagree, match="what dissolves"):
        recheck(dataclasses.replace(unasked[0], formula=too_strong))
    salty = (dataclasses.replace(SALT, per_100_ml=D(20)),)
    with pytest.raises(DoesNotDissolve, match=f"hold 80{NBSP}mL of it"):
        made(plain("46.95", portions=salty), "100")


def test_tablets_that_leave_no_room_for_the_vehicle_are_refused_before_the_second_way() -> None:
    heavy = suspension("10", label="10", drug_displacement=Fraction(1), portions=())
    given = {"drug": tablets("10"), "balance": dataclasses.replace(balance("1"), capacity=Mass.of(1, "kg"))}
    assert made(heavy, "100", crushed=Crushed(100, Mass.of("100", "g")), **given).about == ml("0")
    with pytest.raises(PartsDoNotSum, match="leave no room for purified water") as refused:
        made(heavy, "100", crushed=Crushed(100, Mass.of("100.1", "g")), **given)
    assert refused.value.field == "concentration"


def test_an_aliquot_needs_room_in_the_liquid() -> None:
    full = plain(portions=(Portion(GLYCERIN, D(99), "mL"),), solubility=Concentration(Fraction(111)))
    with pytest.raises(CannotBeWeighed, match="no aliquot"):
        made(full, "100", balance=balance("6"))


def test_the_limit_of_the_combined_error_is_kept_exactly() -> None:
    given: dict[str, Any] = {"solubility": Concentration(Fraction(65)), "room": ml("30")}
    need = mg("33.2")
    assert liquid_aliquot(need, balance("6"), CYLINDERS, **given, limit_percent=D("2.83")) is not None
    assert liquid_aliquot(need, balance("6"), CYLINDERS, **given, limit_percent=D("2.82")) is None  # √(2² + 2²) = 2.83
    with pytest.raises(Impossible):
        liquid_aliquot(mg("0"), balance("6"), CYLINDERS, **given)
    with pytest.raises(Impossible):
        liquid_aliquot(need, balance("6"), CYLINDERS, solubility=Concentration(Fraction(0)), room=ml("30"))


def test_without_measures_there_is_no_aliquot() -> None:
    given: dict[str, Any] = {"solubility": Concentration(Fraction(65)), "room": ml("30")}
    assert liquid_aliquot(mg("33.2"), balance("6"), (), **given) is None


@settings(max_examples=60, deadline=None)
@given(
    st.fractions(Fraction(1, 10), Fraction(200)),
    st.sampled_from(["1", "2", "6"]),
    st.integers(5, 500),
    st.sampled_from([Fraction(65), Fraction(5), Fraction(1)]),
)
def test_no_aliquot_goes_below_a_minimum_past_a_mark_or_beyond_the_error(
    need: Fraction, sensitivity: str, room: int, soluble: Fraction
) -> None:
    scale = balance(sensitivity)
    found = liquid_aliquot(Mass(need), scale, CYLINDERS, solubility=Concentration(soluble), room=Volume(Fraction(room)))
    if found is None:
        return
    assert minimum_weighable(scale) <= found.weigh <= scale.capacity
    assert found.weigh.ratio(scale.readability).denominator == 1
    assert found.take <= min(found.volume, Volume(Fraction(room)))
    assert found.weigh.value <= soluble * found.volume.value
    errors = [scale.sensitivity_requirement.ratio(found.weigh) * 100]
    for volume in (found.volume, found.take):
        measure = finest(volume, CYLINDERS)
        assert measure is not None
        assert has_mark(measure, volume)
        errors.append(volume_error(volume, measure))
    assert sum(one**2 for one in errors) <= 25
    assert abs(found.carried.value - need) <= need * scale.readability.value / 2 / found.weigh.value * 2


def test_a_measure_errs_by_its_own_error_or_half_a_mark() -> None:
    ten = cylinder("10", "0.2")
    assert volume_error(ml("2"), ten) == 5
    assert volume_error(ml("5"), ten) == 2
    assert volume_error(ml("10"), ten) == 2
    assert (ten.least, ten.capacity) == (ml("2"), ml("10"))
    assert finest(ml("10"), CYLINDERS) == ten
    assert finest(ml("1.8"), CYLINDERS) is None
    assert finest(ml("10.2"), CYLINDERS) is None
    assert finest(ml("135"), CYLINDERS) == CYLINDERS[-2]


def test_roots_are_rounded_to_the_side_that_is_asked_for() -> None:
    assert (root_down(Fraction(2)), root_up(Fraction(2))) == (Fraction("1.41"), Fraction("1.42"))
    assert root_up(Fraction(25)) == root_down(Fraction(25)) == 5
    assert root_up(Fraction("25.0000001")) == Fraction("5.01")


# --- to volume -----------------------------------------------------------------------------------------------------

SUGAR = Component("sugar", "sucrose", Role.SWEETENER)


def test_the_vehicle_is_a_guide_and_less_than_the_volume() -> None:
    known = plain(
        portions=(Portion(SUGAR, D(10), "g", Fraction("0.62")), Portion(GLYCERIN, D(20), "mL")),
        drug_displacement=Fraction("0.8"),
    )
    plan = made(known, "150")
    # 150 − 9.3 − 30 − 0.166164… g × 0.8
    assert plan.about == Volume(
        150 - Fraction("9.3") - 30 - Fraction(150, 1) / Fraction("0.90272") / 1000 * Fraction("0.8")
    )
    step = plan.worksheet.step("Vehicle, about")
    assert step.text() == f"110.6{NBSP}mL"
    assert step.numbers == (
        f"150{NBSP}mL − 9.3{NBSP}mL (sucrose) − 30{NBSP}mL (glycerin) − 0.133{NBSP}mL (naltrexone HCl), to the nearest 0.1{NBSP}mL"
    )
    assert step.note == "a guide only: it is brought to volume, and this is not measured"
    assert plan.lots[-1].amount == ml("120")  # what leaves stock: powders are not counted off
    assert "do not add" in plan.weighings[-1].words


def test_an_unknown_displacement_is_said_to_be_unknown() -> None:
    step = made(liquid(), "140").worksheet.step("Vehicle, at most")
    assert step.note.endswith(
        "the room that ascorbic acid, sodium benzoate and naltrexone HCl will take is not known and not taken off"
    )
    assert (
        made(plain(), "140")
        .worksheet.step("Vehicle, at most")
        .note.endswith("the room that naltrexone HCl will take is not known and not taken off")
    )


def test_crushed_tablets_take_room_by_their_powder() -> None:
    plan = made(suspension(drug_displacement=Fraction("0.7")), crushed=TWENTY)
    assert plan.about == Volume(135 - 27 - Fraction("0.8208") * Fraction("0.7"))
    assert plan.worksheet.step("Vehicle, about")
    assert made(suspension(drug_displacement=Fraction("0.7"))).worksheet.step("Vehicle, at most")


def test_a_suspension_is_to_be_shaken_by_its_worksheet_too() -> None:
    assert made(suspension()).worksheet.step(f"{suspension().vehicle.name} to").note == "a suspension: shake well"
    assert not made(plain(), "110").worksheet.step("purified water to").note


# --- what is refused before anything is reckoned ------------------------------------------------------------------------


def test_a_wrong_class_or_a_balance_past_its_calibration_makes_no_liquid() -> None:
    with pytest.raises(ClassConflict):
        made(dataclasses.replace(plain(), particulars=liquid().particulars))
    late = dataclasses.replace(balance("1"), calibrated_until=ON.replace(day=1))
    with pytest.raises(CalibrationExpired):
        made(plain(), balance=late)


@pytest.mark.parametrize("quantity", ["0", "100000.1"])
def test_an_impossible_volume_is_refused_at_its_field(quantity: str) -> None:
    for formula in (plain(), suspension()):
        with pytest.raises(Impossible, match="at most 100 L") as refused:
            made(formula, quantity)
        assert refused.value.field == "quantity"


# --- the second way --------------------------------------------------------------------------------------------------

PLANS = {
    "whole": made(suspension()),
    "crushed": made(suspension(), crushed=TWENTY),
    "aliquot": made(plain(), "30", balance=balance("6")),
    "oil": made(in_oil(), "110"),
    "known": made(plain(drug_displacement=Fraction(1)), "150"),
}


@pytest.mark.parametrize("name", PLANS)
def test_a_plan_of_each_kind_comes_back_from_the_record(name: str) -> None:
    again = plan_from_json(json.loads(json.dumps(PLANS[name].to_json())))
    assert again == PLANS[name]
    assert recheck(again) == PLANS[name].plausibility


def test_a_plan_that_an_older_version_stored_still_agrees_with_its_second_way() -> None:
    stored = made(plain(), "110").to_json()
    del stored["route"]
    del stored["about"]
    again = plan_from_json(stored)
    assert isinstance(again, LiquidPlan)
    assert recheck(again) == again.plausibility


@pytest.mark.parametrize(
    ("name", "index", "steps"),
    [(name, index, steps) for name, plan in PLANS.items() for index in range(len(plan.weighings)) for steps in (-5, 5)],
)
def test_the_second_way_finds_a_line_that_is_off(name: str, index: int, steps: int) -> None:
    plan = PLANS[name]
    lines = list(plan.weighings)
    line = lines[index]
    target = type(line.target)(line.target.value + steps * line.readability.value)
    lines[index] = dataclasses.replace(line, target=target, low=target, high=target)
    with pytest.raises(ChecksDisagree, match="do not use"):
        recheck(dataclasses.replace(plan, weighings=tuple(lines)))


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("whole", {"route": WholeTablets(2, mg("50"))}),
        ("whole", {"route": WholeTablets(3, mg("45"))}),
        ("whole", {"route": None}),
        ("whole", {"potency": Fraction(9, 10)}),
        ("whole", {"wanted": ml("150.1")}),
        ("whole", {"wanted": ml("100")}),
        ("whole", {"drug": mg("135")}),
        ("whole", {"formula": suspension(label="25")}),
        ("crushed", {"route": TabletPowder(mg("820.8"), mg("50"), 19, mg("5776"))}),
        ("crushed", {"route": TabletPowder(mg("820.8"), mg("50"), 21, mg("6080"))}),
        ("crushed", {"route": TabletPowder(mg("820.9"), mg("50"), 20, mg("6080"))}),
        ("crushed", {"potency": Fraction(50, 305)}),
        ("crushed", {"wanted": ml("129")}),
        ("crushed", {"formula": suspension("1.01")}),
        ("aliquot", {"route": LiquidAliquot(mg("146.2"), ml("24"), ml("5"))}),
        ("aliquot", {"potency": Fraction(9, 10)}),
        ("aliquot", {"formula": plain(solubility=Concentration(Fraction(6)))}),
        ("aliquot", {"formula": plain(solubility=None)}),
        ("aliquot", {"about": ml("24")}),
        ("known", {"about": ml("150")}),
        ("known", {"formula": plain()}),
        ("oil", {"about": Volume(Fraction(-1))}),
        ("oil", {"lots": ()}),
    ],
)
def test_the_second_way_finds_a_wrong_figure_of_a_liquid(name: str, change: dict[str, Any]) -> None:
    with pytest.raises(ChecksDisagree):
        recheck(dataclasses.replace(PLANS[name], **change))


def test_the_second_way_looks_at_what_leaves_stock() -> None:
    for name, plan in PLANS.items():
        vehicle = dataclasses.replace(plan.lots[-1], amount=ml("1"))
        with pytest.raises(ChecksDisagree, match="vehicle"):
            recheck(dataclasses.replace(plan, lots=(*plan.lots[:-1], vehicle)))
        if isinstance(plan.route, (WholeTablets, TabletPowder)):
            one_more = dataclasses.replace(plan.lots[0], amount=plan.route.count + 1)
            with pytest.raises(ChecksDisagree, match="number of tablets"):
                recheck(dataclasses.replace(plan, lots=(one_more, *plan.lots[1:])))
        assert name


# --- what was really made ------------------------------------------------------------------------------------------------


def as_planned(plan: LiquidPlan) -> dict[str, Mass | Volume]:
    recorded: dict[str, Mass | Volume] = {one.key: one.target for one in plan.weighings}
    if isinstance(plan.route, (WholeTablets, TabletPowder)):
        recorded["tablets"] = plan.route.label.times(plan.route.count)
    return recorded


@pytest.mark.parametrize(
    ("name", "changed", "percent", "numbers"),
    [
        ("whole", {}, Fraction(100), "3 × 50 mg ÷ 150 mL"),
        ("whole", {"tablets": mg("100")}, Fraction(200, 3), "2 × 50 mg ÷ 150 mL"),
        ("whole", {"final-volume": Volume(Fraction(160))}, Fraction(375, 4), "3 × 50 mg ÷ 160 mL"),
        ("crushed", {}, Fraction(100), "820.8 mg × 20 × 50 mg ÷ 6,080 mg ÷ 135 mL"),
        ("crushed", {"tablets-weighed": mg("6000")}, Fraction(304, 3), "820.8 mg × 20 × 50 mg ÷ 6,000 mg ÷ 135 mL"),
        ("crushed", {"drug": mg("410.4")}, Fraction(50), "410.4 mg × 20 × 50 mg ÷ 6,080 mg ÷ 135 mL"),
        ("crushed", {"tablets": mg("950")}, Fraction(95), "820.8 mg × 19 × 50 mg ÷ 6,080 mg ÷ 135 mL"),
    ],
)
def test_the_delivered_strength_of_tablets_comes_from_what_was_counted_and_weighed(
    name: str, changed: dict[str, Mass | Volume], percent: Fraction, numbers: str
) -> None:
    found = delivered_liquid(PLANS[name], {**as_planned(PLANS[name]), **changed})
    assert found.percent == percent
    assert found.step.numbers.replace(NBSP, " ") == numbers
    assert "recorded final volume" in found.step.words
    assert found.second_way


def test_the_delivered_strength_by_aliquot_counts_what_the_part_taken_held() -> None:
    plan = PLANS["aliquot"]
    whole = delivered_liquid(plan, as_planned(plan))
    assert whole.percent == Fraction("146.2") * 5 / 22 * Fraction("0.90272") / 30 * 100
    half = delivered_liquid(plan, {**as_planned(plan), "aliquot-taken": Volume(Fraction("2.5"))})
    assert half.percent * 2 == whole.percent
    thin = delivered_liquid(plan, {**as_planned(plan), "aliquot-volume": Volume(Fraction(44))})
    assert thin.percent * 2 == whole.percent
    with pytest.raises(Impossible, match="More of the solution"):
        delivered_liquid(plan, {**as_planned(plan), "aliquot-taken": Volume(Fraction("22.5"))})


@pytest.mark.parametrize(
    ("name", "missing"),
    [
        ("whole", "tablets"),
        ("crushed", "tablets"),
        ("crushed", "tablets-weighed"),
        ("crushed", "drug"),
        ("aliquot", "aliquot-drug"),
        ("aliquot", "aliquot-volume"),
        ("aliquot", "aliquot-taken"),
    ],
)
def test_nothing_is_delivered_before_each_line_is_recorded(name: str, missing: str) -> None:
    recorded = as_planned(PLANS[name])
    del recorded[missing]
    with pytest.raises(NotYetRecorded, match=missing.replace("-", " ")):
        delivered_liquid(PLANS[name], recorded)


# --- whatever is asked for ----------------------------------------------------------------------------------------------

STRENGTHS = st.sampled_from(["0.1", "0.5", "1", "1.5", "2", "3", "5", "7.5"])


def _zero_is_shown(plan: LiquidPlan) -> bool:
    lines = [one.text(one.target) for one in plan.weighings]
    results = [one.result for one in plan.worksheet.steps]
    return any(not text.split(NBSP)[0].replace("0", "").replace(".", "").replace(",", "") for text in lines + results)


@settings(max_examples=80, deadline=None)
@given(st.integers(1, 9000), STRENGTHS, st.sampled_from(["0", "5", "10"]), st.sampled_from(["50", "25", "4.5"]))
def test_tablets_are_whole_whatever_is_asked_for(tenths: int, concentration: str, excess: str, label: str) -> None:
    asked = Fraction(tenths, 10)
    try:
        plan = made(suspension(concentration, label), str(D(tenths) / 10), excess, drug=tablets(label))
    except CannotBeMeasured:
        return
    assert isinstance(plan.route, WholeTablets)
    assert isinstance(plan.lots[0].amount, int)
    assert plan.made.value >= asked * (1 + Fraction(excess) / 100)
    assert plan.made.value % 5 == 0
    assert plan.route.count * Fraction(label) == Fraction(concentration) * plan.made.value
    assert not _zero_is_shown(plan)
    _is_conserved(plan)


@settings(max_examples=80, deadline=None)
@given(st.integers(1, 9000), STRENGTHS, st.integers(20, 200), st.integers(800, 6000))
def test_crushed_tablets_hold_the_drug_to_half_a_step(tenths: int, concentration: str, count: int, mean: int) -> None:
    crushed = Crushed(count, Mass(Fraction(count * mean, 10)))
    try:
        plan = made(suspension(concentration), str(D(tenths) / 10), "0", crushed=crushed)
    except CalculationRefused:
        return
    powder = planned(plan, WeighingKey.DRUG)
    assert powder is not None
    assert abs(powder.target.value * plan.potency - plan.drug.value) <= plan.potency / 20
    assert powder.target.value <= crushed.together.value
    assert not _zero_is_shown(plan)
    _is_conserved(plan)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 9000), STRENGTHS, st.sampled_from(["1", "6"]))
def test_powder_is_weighed_or_measured_and_never_below_what_the_device_can(
    tenths: int, concentration: str, sensitivity: str
) -> None:
    scale = balance(sensitivity)
    try:
        plan = made(plain(concentration), str(D(tenths) / 10), "0", balance=scale)
    except CalculationRefused:
        return
    for line in plan.weighings:
        if isinstance(line.target, Mass):
            assert line.target >= minimum_weighable(scale)
        else:
            assert _measure(line.device).least <= line.target <= _measure(line.device).capacity
            assert line.target.ratio(_measure(line.device).mark).denominator == 1
    assert not _zero_is_shown(plan)
    _is_conserved(plan)


def _measure(name: str) -> MeasureFacts:
    return next(one for one in CYLINDERS if one.name == name)


def _is_conserved(plan: LiquidPlan) -> None:
    """Everything measured and the vehicle make up the volume; nothing is brought to less than its parts."""
    assert plan.about is not None
    assert 0 < plan.about.value <= plan.made.value
    measured = sum(
        one.target.value
        for one in plan.weighings
        if isinstance(one.target, Volume) and one.key not in {"final-volume", "aliquot-volume"}
    )
    extra = plan.route.volume.value if isinstance(plan.route, LiquidAliquot) else 0
    used = plan.lots[-1].amount
    assert isinstance(used, Volume)
    assert used.value + measured == plan.made.value + extra
    assert plan.weighings[-1].target == plan.made


def test_a_lot_of_tablets_knows_its_label() -> None:
    assert tablets().label_strength == mg("50")
    assert LotFacts.from_json(tablets().to_json()) == tablets()
    assert isinstance(balance("1"), BalanceFacts)


# --- the pharmacy's limit of the combined error, where it asks for more than the balance's own minimum ----------------


def test_powder_above_the_minimum_and_below_the_limit_goes_by_an_aliquot() -> None:
    """130 mg on a Class III balance: 4.6 % of error, more than 4 %; the least is 6 mg ÷ 4 % = 150 mg."""
    pure = dataclasses.replace(lot(DRUG), certificate=Certificate(Decimal(100), Basis.AS_IS))
    given: dict[str, Any] = {"drug": pure, "balance": balance(), "tolerances": Tolerances(combined=Decimal(4))}
    soluble = dataclasses.replace(plain(), solubility=Concentration.of("65", "mg/mL"))
    plan = made(soluble, "130", **given)
    assert isinstance(plan.route, LiquidAliquot)
    assert plan.worksheet.step("Least of the drug").text() == f"150{NBSP}mg"
    assert plan.worksheet.step("Weigh the drug").numbers.replace(NBSP, " ") == "130 mg < 150 mg"
    assert isinstance(made(soluble, "150", **given).route, Direct)
    with pytest.raises(
        CannotBeWeighed, match=f"below 150{NBSP}mg, the least that balance B-1 can weigh within its limits"
    ):
        made(dataclasses.replace(plain(), solubility=None), "130", **given)


def test_tablets_and_their_powder_are_held_to_the_limit_together() -> None:
    """√((6 ÷ 6080)² + (6 ÷ 820.8)²) = 0.7376 %."""
    step = made(suspension(), crushed=TWENTY, balance=balance()).worksheet.step("Combined error")
    assert step.numbers.replace(NBSP, " ") == "√((6 mg ÷ 6.0800 g × 100 %)² + (6 mg ÷ 820.8 mg × 100 %)²)"
    assert step.text() == f"0.74{NBSP}%"
    assert made(suspension(), crushed=TWENTY, balance=balance(), tolerances=Tolerances(combined=Decimal("0.738")))
    with pytest.raises(CannotBeWeighed, match=r"off by more than 0\.737 % on balance B-1") as refused:
        made(suspension(), crushed=TWENTY, balance=balance(), tolerances=Tolerances(combined=Decimal("0.737")))
    assert refused.value.field == "quantity"
