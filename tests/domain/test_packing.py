"""How powders share a shell: by masses, by densities, in the lot's own shells, with further powders and from two lots."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pharmacy.domain.calculation import CapsulePlan, prepare_capsules, recheck
from pharmacy.domain.certificate import Basis, Certificate
from pharmacy.domain.errors import CalibrationExpired, CannotBeWeighed, ChecksDisagree, DoesNotFit, Impossible, WrongLot
from pharmacy.domain.formula import CapsuleFormula, Component, Powder, Role
from pharmacy.domain.packing import displaced, filler_each, packing_of
from pharmacy.domain.plan import LotPart
from pharmacy.domain.quantity import NBSP, Density, Mass, Volume
from pharmacy.domain.results import delivered_capsules, recorded_potency
from pharmacy.domain.second_check.pencil import follow_line
from pharmacy.domain.shells import by_measuring
from pharmacy.domain.tolerances import Tolerances
from tests.domain.builders import DRUG, MCC, ON, SHELL, balance, capsules, lot, mg, trituration_lot

SILICA = Component("silica", "colloidal silica", Role.EXCIPIENT)
GLIDANT = Powder(SILICA, mg("1.5"), mg("15"))
PURE = replace(lot(DRUG), number="N-2", certificate=Certificate(Decimal(100), Basis.AS_IS))


def made(formula: CapsuleFormula | None = None, **given: Any) -> CapsulePlan:
    usual: dict[str, Any] = {
        "count": 100,
        "excess_percent": Decimal(5),
        "drug": lot(DRUG),
        "filler": lot(MCC),
        "shell": lot(SHELL, use_before=None),
        "balance": balance(),
        "on": ON,
    }
    return prepare_capsules(formula or capsules(), **(usual | given))


def test_masses_are_taken_as_they_were_measured() -> None:
    packing = packing_of(capsules(), None)
    assert (packing.shell_mass, packing.drug_full, packing.filler_full) == (mg("48"), mg("160"), mg("130"))
    assert packing.capacity is None
    assert filler_each(capsules(), packing, mg("80")) == mg("65")


def test_densities_fill_the_capacity_of_the_chart_where_none_was_measured() -> None:
    formula = replace(capsules(), filler_full=Density.of("0.43", "g/mL"), drug_full=Density.of("0.53", "g/mL"))
    packing = packing_of(formula, None)
    assert packing.capacity == Volume.of("0.30", "mL")
    assert (packing.filler_full, packing.drug_full) == (mg("129"), mg("159"))


def test_the_formulas_own_capacity_comes_before_the_charts() -> None:
    formula = replace(capsules(), filler_full=Density.of("0.5", "g/mL"), shell_capacity=Volume.of("0.28", "mL"))
    assert packing_of(formula, None).filler_full == mg("140")


def test_a_lot_that_was_measured_comes_before_both_and_masses_follow_in_proportion() -> None:
    formula = replace(capsules(), shell_capacity=Volume.of("0.30", "mL"))
    shell = by_measuring("3", Volume.of("0.27", "mL"), mg("500"), 10)
    packing = packing_of(formula, shell)
    assert packing.shell_mass == mg("50")
    assert (packing.filler_full, packing.drug_full) == (mg("117"), mg("144"))
    plan = made(formula, shell=replace(lot(SHELL, use_before=None), shell=shell))
    assert plan.gross == plan.net + mg("50")
    assert plan.shell_mass == mg("50")
    step = plan.worksheet.step("naltrexone HCl that fills the shell")
    assert (step.numbers, step.result) == ("160\u00a0mg × 0.27\u00a0mL ÷ 0.3\u00a0mL", "144")


def test_masses_measured_in_shells_of_unknown_capacity_are_left_as_they_are() -> None:
    shell = by_measuring("3", Volume.of("0.27", "mL"), mg("500"), 10)
    assert packing_of(capsules(), shell).filler_full == mg("130")


def test_the_density_method_is_shown_and_checked_by_volumes() -> None:
    formula = replace(
        capsules(),
        filler_full=Density.of("0.45", "g/mL"),
        drug_full=Density.of("0.50", "g/mL"),
        shell_capacity=Volume.of("0.30", "mL"),
    )
    plan = made(formula)
    assert plan.worksheet.step("microcrystalline cellulose that fills the shell").result == "135"
    powder = Fraction("4.5") / Fraction("0.90272")
    assert plan.net.value == powder + (Fraction(3, 10) - powder / 500) * 450
    wrong = replace(plan, packing=replace(plan.packing, capacity=Volume.of("0.31", "mL")))  # type: ignore[type-var]
    with pytest.raises(ChecksDisagree, match="how full the shell is"):
        recheck(wrong)


def test_further_powders_take_their_share_and_are_weighed() -> None:
    formula = replace(capsules(), others=(GLIDANT,))
    plan = made(formula, others=(lot(SILICA),), balance=balance("0.6"))
    powder = Fraction("4.5") / Fraction("0.90272")
    share = powder / 160 + Fraction(1, 10)
    assert displaced(formula, packing_of(formula, None), Mass(powder)) == share
    assert plan.net.value == powder + Fraction("1.5") + (1 - share) * 130
    assert [line.key for line in plan.weighings] == ["drug", "silica", "filler"]
    assert plan.weighings[1].target == mg("157.5")
    assert [use.lot.component for use in plan.lots] == ["naltrexone-hcl", "silica", "mcc", "gelatin-3"]
    assert plan.worksheet.step("Share of the shell taken by the powders").numbers.endswith("1.5\u00a0mg ÷ 15\u00a0mg")
    assert plan.worksheet.step("colloidal silica in the batch").result == "157.5"


def test_a_further_powder_needs_its_lot_and_no_other() -> None:
    formula = replace(capsules(), others=(GLIDANT,))
    with pytest.raises(WrongLot, match="Choose a lot of colloidal silica"):
        made(formula, balance=balance("0.6"))
    with pytest.raises(WrongLot, match="takes no colloidal silica"):
        made(others=(lot(SILICA),))
    with pytest.raises(WrongLot, match="one lot for each"):
        made(formula, others=(lot(SILICA), lot(SILICA, "S-2")), balance=balance("0.6"))


def test_powders_that_fill_the_shell_alone_are_refused_with_the_smallest_shell_that_would_do() -> None:
    formula = replace(capsules(), others=(Powder(SILICA, mg("15"), mg("15")),))
    with pytest.raises(
        DoesNotFit, match=r"and the other powders take 103\.1.*size 2 is the smallest shell that would do"
    ):
        made(formula, others=(lot(SILICA),))
    with pytest.raises(DoesNotFit, match="no shell would do: divide the dose"):
        made(capsules("900"))


def test_what_just_fills_the_shell_leaves_no_room_for_filler() -> None:
    with pytest.raises(DoesNotFit):
        filler_each(capsules(), packing_of(capsules(), None), mg("160"))
    assert filler_each(capsules(), packing_of(capsules(), None), mg("159")) == mg("0.8125")


@pytest.mark.parametrize("capacity", ["0", "0.000"])
def test_a_capsule_of_0_ml_is_refused_at_its_field(capacity: str) -> None:
    with pytest.raises(Impossible) as refused:
        replace(capsules(), shell_capacity=Volume.of(capacity, "mL"))
    assert refused.value.field == "shell_capacity"


def test_a_powder_of_nothing_and_a_component_named_twice_are_refused() -> None:
    with pytest.raises(Impossible, match="above 0"):
        Powder(SILICA, mg("0"), mg("15"))
    with pytest.raises(Impossible, match="above 0"):
        Powder(SILICA, mg("1"), Density.of("0", "g/mL"))
    with pytest.raises(Impossible, match="names each component once"):
        replace(capsules(), others=(GLIDANT, GLIDANT))


def test_two_lots_are_two_lines_each_with_its_own_potency() -> None:
    plan = made(parts=(LotPart(PURE, mg("200")),))
    assert [(line.key, line.lot) for line in plan.weighings] == [
        ("drug", "naltrexone-hcl-1"),
        ("drug-2", "N-2"),
        ("filler", "mcc-1"),
    ]
    assert plan.weighings[0].target == mg("301.9")  # (472.5 − 200) ÷ 0.90272
    assert plan.weighings[1].target == mg("200")
    assert plan.drug == mg("472.5")
    assert plan.worksheet.step("Drug in the part of lot N-2").result == "200"
    assert plan.worksheet.step("Drug from lot naltrexone-hcl-1").result == "272.5"
    recorded = {line.key: line.target for line in plan.weighings}
    potency = (Fraction("301.9") * Fraction("0.90272") + 200) / Fraction("501.9")
    assert recorded_potency(plan, recorded) == potency
    found = delivered_capsules(plan, recorded, plan.net)
    assert abs(found.percent - 100) < Fraction(1, 20)
    twice = delivered_capsules(plan, recorded | {"drug-2": mg("220")}, plan.net)
    assert twice.percent > found.percent


def test_the_weighings_of_two_lots_are_held_to_the_limit_together() -> None:
    plan = made(parts=(LotPart(PURE, mg("200")),))
    together = plan.worksheet.step("Combined error")
    assert together.numbers.replace(NBSP, " ") == "√((6 mg × 90.272 %)² + (6 mg × 100 %)²) ÷ 472.5 mg × 100 %"
    assert together.text() == f"1.72{NBSP}%"
    assert together.note == "of the weighings of 2 lots; at most 5 % accepted"
    assert follow_line(together)
    own, further = (
        plan.worksheet.step(f"Error by {DRUG.name} lot naltrexone-hcl-1"),
        plan.worksheet.step(f"Error by {DRUG.name} lot N-2"),
    )
    assert (own.result, further.result) == ("1.11", "1.23")
    assert plan.worksheet.step("Error by assay of lot N-2").numbers.replace(NBSP, " ") == "200 mg ÷ 472.5312 mg × 1 %"


@pytest.mark.parametrize("part", ["130", "342.5"])
def test_a_lot_below_what_one_weighing_alone_would_need_may_stand_beside_another(part: str) -> None:
    """Limit 4 %: one weighing alone would need 150 mg; two are 1.8 % off together, whichever lot gives more."""
    plan = made(parts=(LotPart(PURE, mg(part)),), tolerances=Tolerances(combined=Decimal(4)))
    weighing = plan.worksheet.step("Weigh the drug")
    assert weighing.numbers.replace(NBSP, " ").endswith(" ≥ 120 mg")


def test_lots_that_are_off_by_more_than_the_limit_together_are_refused() -> None:
    """√((6 × 0.90272)² + 6²) ÷ 472.5 = 1.7106… %."""
    assert made(parts=(LotPart(PURE, mg("200")),), tolerances=Tolerances(combined=Decimal("1.711")))
    with pytest.raises(
        CannotBeWeighed, match=r"2 lots on balance B-1 are off by more than 1\.71 % together"
    ) as refused:
        made(parts=(LotPart(PURE, mg("200")),), tolerances=Tolerances(combined=Decimal("1.71")))
    assert refused.value.field == "parts"


def test_a_batch_of_two_lots_whose_second_is_forgotten_is_found_by_the_second_way() -> None:
    plan = made(parts=(LotPart(PURE, mg("200")),))
    with pytest.raises(ChecksDisagree):
        recheck(replace(plan, weighings=(plan.weighings[0], plan.weighings[2])))


def test_filler_of_two_lots_adds_up() -> None:
    more = replace(lot(MCC), number="M-2")
    plan = made(parts=(LotPart(more, mg("5000")),))
    assert [(line.key, line.lot) for line in plan.weighings] == [
        ("drug", "naltrexone-hcl-1"),
        ("filler-2", "M-2"),
        ("filler", "mcc-1"),
    ]
    assert plan.weighings[1].target + plan.weighings[2].target == made().weighings[1].target  # type: ignore[operator]
    assert plan.worksheet.step("Filler of the first lot").result == "8.2247"


def test_parts_that_are_too_much_too_little_or_of_something_else_are_refused() -> None:
    with pytest.raises(Impossible, match="give all of the drug") as refused:
        made(parts=(LotPart(PURE, mg("472.5")),))
    assert refused.value.field == "parts"
    with pytest.raises(Impossible, match="above 0"):
        LotPart(PURE, mg("0"))
    with pytest.raises(WrongLot, match="must be of the drug or of the filler"):
        made(parts=(LotPart(lot(SILICA), mg("5")),))
    with pytest.raises(DoesNotFit, match="further lot M-2 of the filler"):
        made(parts=(LotPart(replace(lot(MCC), number="M-2"), mg("14000")),))
    with pytest.raises(WrongLot, match="not mixed with powder of another lot"):
        made(capsules("0.5"), count=30, drug=trituration_lot(), parts=(LotPart(PURE, mg("200")),))


def test_nothing_is_planned_on_a_balance_whose_calibration_ended() -> None:
    with pytest.raises(CalibrationExpired):
        made(balance=replace(balance(), calibrated_until=ON.replace(day=1)))
    made(balance=replace(balance(), calibrated_until=ON))


@settings(max_examples=60, deadline=None)
@given(
    st.fractions(Fraction(1, 10), 100, max_denominator=50),
    st.fractions(Fraction(3, 10), 1, max_denominator=50),
    st.fractions(Fraction(3, 10), 1, max_denominator=50),
    st.sampled_from(["0.30", "0.37", "0.50", "0.68"]),
)
def test_the_volumes_of_all_powders_fill_the_shell(
    powder: Fraction, drug: Fraction, filler: Fraction, capacity: str
) -> None:
    formula = replace(
        capsules(), filler_full=Density(filler), drug_full=Density(drug), shell_capacity=Volume.of(capacity, "mL")
    )
    packing = packing_of(formula, None)
    if displaced(formula, packing, Mass(powder)) >= 1:
        with pytest.raises(DoesNotFit):
            filler_each(formula, packing, Mass(powder))
        return
    rest = filler_each(formula, packing, Mass(powder))
    assert powder / drug / 1000 + rest.value / filler / 1000 == Volume.of(capacity, "mL").value


def test_an_aliquot_leaves_as_much_filler_as_can_still_be_weighed() -> None:
    """Ten capsules: the part that wastes least drug would leave 98.6 mg of filler, too little for this balance."""
    plan = made(capsules("1.5"), count=10, excess_percent=Decimal(0))
    filler = plan.weighings[-1]
    assert filler.key == "filler"
    assert filler.target.value >= 120
