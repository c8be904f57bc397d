"""What a liquid's formula may say of itself: roles, displacement, class, and to shake what settles."""

from __future__ import annotations

import dataclasses
import json
from decimal import Decimal
from fractions import Fraction

import pytest

from pharmacy.domain.beyond_use import BeyondUseClass
from pharmacy.domain.errors import ClassConflict, Impossible, PartsDoNotSum
from pharmacy.domain.formula import (
    Component,
    LiquidFormula,
    Portion,
    QualityCheck,
    Role,
    VehicleKind,
    check_displacement,
    formula_from_json,
    room_of,
)
from pharmacy.domain.liquid_classes import check_class
from pharmacy.domain.plan import LotFacts
from pharmacy.domain.quantity import NBSP, Concentration, Mass, Volume
from tests.domain.builders import DRUG, WATER, liquid, mg, particulars
from tests.domain.liquid_builders import OIL, TABLET, in_oil, plain, suspension

SUGAR = Component("sugar", "sucrose", Role.SWEETENER)
Class = BeyondUseClass


@pytest.mark.parametrize("formula", [liquid(), plain(), suspension(), in_oil()])
def test_a_liquid_of_each_kind_comes_back_from_the_record(formula: LiquidFormula) -> None:
    assert formula_from_json(json.loads(json.dumps(formula.to_json()))) == formula


def test_a_liquid_that_an_older_version_stored_is_a_solution_in_water() -> None:
    stored = liquid().to_json()
    for name in ("vehicle_kind", "label_strength", "solubility", "drug_displacement"):
        del stored[name]
    for portion in stored["portions"]:
        del portion["displacement"]
    assert formula_from_json(stored) == liquid()
    assert not liquid().suspension


def test_a_suspension_says_so_in_its_title() -> None:
    assert suspension().suspension
    assert in_oil().suspension
    assert not plain().suspension
    assert suspension().title == f"naltrexone HCl 1{NBSP}mg/mL oral suspension"
    assert plain().title == f"naltrexone HCl 1{NBSP}mg/mL oral liquid"


def test_tablets_have_a_label_strength_and_powder_has_none() -> None:
    with pytest.raises(Impossible, match="given as the drug but is kept as a tablet"):
        dataclasses.replace(suspension(), label_strength=None)
    with pytest.raises(Impossible, match="given as the tablet but is kept as a drug"):
        dataclasses.replace(plain(), label_strength=mg("50"))
    with pytest.raises(Impossible, match="label strength") as refused:
        suspension(label="0")
    assert refused.value.field == "label_strength"
    with pytest.raises(Impossible, match="lot N"):
        LotFacts("N", "n", "n", None, label_strength=mg("0"))


def test_a_solubility_of_0_is_not_the_same_as_one_that_nobody_knows() -> None:
    with pytest.raises(Impossible, match="leave it out") as refused:
        plain(solubility=Concentration(Fraction(0)))
    assert refused.value.field == "solubility"
    assert plain(solubility=None).solubility is None


# --- the room that the parts take up -------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", [Fraction(0), Fraction(-1), Fraction(1001, 100)])
def test_an_impossible_displacement_is_refused(wrong: Fraction) -> None:
    for make in (
        lambda: Portion(SUGAR, Decimal(1), "g", wrong),
        lambda: plain(drug_displacement=wrong),
        lambda: check_displacement(wrong, "sucrose"),
    ):
        with pytest.raises(Impossible, match=r"at most 10 mL for 1 g\.$"):
            make()
    check_displacement(Fraction(10), "sucrose")
    check_displacement(None, "sucrose")


def test_what_is_measured_by_volume_displaces_that_volume() -> None:
    with pytest.raises(Impossible, match="measured by volume"):
        Portion(SUGAR, Decimal(1), "mL", Fraction(1))
    assert Portion(SUGAR, Decimal(20), "mL").room_in(Volume(Fraction(150))) == Volume(Fraction(30))


def test_the_room_of_a_powder_is_mass_times_displacement_or_unknown() -> None:
    assert Portion(SUGAR, Decimal(50), "g", Fraction("0.62")).room_in(Volume(Fraction(200))) == Volume(Fraction(62))
    assert Portion(SUGAR, Decimal(50), "g").room_in(Volume(Fraction(200))) is None
    assert room_of(Mass.of(2, "g"), Fraction("0.8")) == Volume(Fraction("1.6"))
    assert room_of(Mass.of(2, "g"), None) is None


def test_parts_that_leave_no_room_for_the_vehicle_are_refused() -> None:
    with pytest.raises(PartsDoNotSum, match="no room"):
        plain(portions=(Portion(SUGAR, Decimal(100), "g"),))
    with pytest.raises(PartsDoNotSum):  # 0.1 g of drug is counted too
        plain(portions=(Portion(SUGAR, Decimal("99.9"), "g"),))
    assert plain(portions=(Portion(SUGAR, Decimal("99.8"), "g"),))
    assert plain(portions=(Portion(SUGAR, Decimal(100), "g", Fraction("0.62")),))
    with pytest.raises(PartsDoNotSum):
        plain(portions=(Portion(SUGAR, Decimal(50), "g", Fraction(2)),))
    with pytest.raises(PartsDoNotSum):
        plain("500", drug_displacement=Fraction(2))
    assert plain("500", drug_displacement=Fraction("1.99"))


# --- the class of the beyond-use date -------------------------------------------------------------------------------


@pytest.mark.parametrize("formula", [liquid(), plain(), suspension(), in_oil()])
def test_a_class_that_fits_its_composition_is_accepted(formula: LiquidFormula) -> None:
    check_class(formula)


def claimed(formula: LiquidFormula, bud_class: Class) -> LiquidFormula:
    more = dataclasses.replace(formula.particulars, bud_class=bud_class)
    return dataclasses.replace(formula, particulars=more)


@pytest.mark.parametrize(
    ("formula", "why"),
    [
        (claimed(plain(), Class.PRESERVED_AQUEOUS), "water and no preservative"),
        (claimed(plain(), Class.NONAQUEOUS_LIQUID), "with water is no nonaqueous oral liquid: choose an aqueous class"),
        (claimed(plain(), Class.NONAQUEOUS), "class of capsules"),
        (claimed(in_oil(), Class.NONAQUEOUS), "class of capsules"),
        (claimed(in_oil(), Class.PRESERVED_AQUEOUS), "in fixed oil is no preserved aqueous preparation"),
        (in_oil(vehicle=WATER), "purified water brings water into an oil"),
        (
            in_oil(portions=(Portion(Component("s", "Simple Syrup, NF", Role.SWEETENER), Decimal(5), "mL"),)),
            "Simple Syrup, NF brings water",
        ),
    ],
)
def test_a_class_that_would_last_longer_than_the_composition_is_refused(formula: LiquidFormula, why: str) -> None:
    with pytest.raises(ClassConflict, match=why) as refused:
        check_class(formula)
    assert refused.value.field == "bud_class"


def test_a_preserved_liquid_may_claim_less() -> None:
    check_class(claimed(liquid(), Class.NONPRESERVED_AQUEOUS))


def test_a_vehicle_that_its_maker_preserved_needs_no_preservative_more() -> None:
    check_class(claimed(plain(vehicle_kind=VehicleKind.PRESERVED_AQUEOUS), Class.PRESERVED_AQUEOUS))


def test_benzoate_preserves_in_acid_only_so_the_ph_is_checked() -> None:
    blind = dataclasses.replace(liquid().particulars, quality_checks=(QualityCheck("Phase separation", "none"),))
    with pytest.raises(ClassConflict, match="sodium benzoate preserves in acid only"):
        check_class(dataclasses.replace(liquid(), particulars=blind))
    check_class(dataclasses.replace(claimed(liquid(), Class.NONPRESERVED_AQUEOUS)))
    parabens = Portion(Component("p", "methylparaben", Role.PRESERVATIVE), Decimal("0.1"), "g")
    check_class(dataclasses.replace(liquid(), portions=(*liquid().portions, parabens), particulars=blind))


@pytest.mark.parametrize("formula", [suspension(), in_oil()])
def test_a_suspension_says_to_shake_it(formula: LiquidFormula) -> None:
    silent = dataclasses.replace(formula.particulars, labelling=("Protect from light.",))
    with pytest.raises(ClassConflict, match="Shake well") as refused:
        check_class(dataclasses.replace(formula, particulars=silent))
    assert refused.value.field == "labelling"


def test_an_oil_is_no_water_whatever_it_is_called() -> None:
    check_class(in_oil(vehicle=dataclasses.replace(OIL, name="fractionated coconut oil (MCT)")))
    assert particulars().bud_class is Class.NONAQUEOUS
    assert (DRUG.role, TABLET.role) == (Role.DRUG, Role.TABLET)
