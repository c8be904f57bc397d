"""The programme's own formulas: complete, makeable, and what the issue asks for."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from pharmacy.actions.acting import Refused
from pharmacy.actions.catalogue import Actor
from pharmacy.actions.models import AuditEntry
from pharmacy.domain.balance import BalanceFacts
from pharmacy.domain.beyond_use import beyond_use_date, shortcoming
from pharmacy.domain.capsules import prepare_capsules
from pharmacy.domain.certificate import Basis, Certificate
from pharmacy.domain.formula import (
    CapsuleFormula,
    Formula,
    LiquidFormula,
    TriturationFormula,
    VehicleKind,
    formula_from_json,
)
from pharmacy.domain.keeping import BeyondUseClass, Temperature
from pharmacy.domain.plan import LotFacts
from pharmacy.domain.quantity import Mass, Volume
from pharmacy.domain.soundness import check_sound
from pharmacy.formulary import definition, queries, service
from pharmacy.formulary.exchange import export_text, import_text
from pharmacy.formulary.models import MasterFormulationRecord
from pharmacy.formulary.starting import FAMILIES, STARTING_FORMULAS, capsule, items_of, liquid, starting_items
from pharmacy.rules import book
from pharmacy.stock.models import StockItem
from pharmacy.stock.words import KINDS, UNITS
from tests import factories

EVERY = pytest.mark.parametrize("formula", STARTING_FORMULAS, ids=definition.product_code)
DIHYDRATE = Certificate(Decimal("99.2"), Basis.ANHYDROUS, Decimal("8.9"), Decimal("0.1"))


def of(kind: type) -> list[Formula]:
    return [one for one in STARTING_FORMULAS if isinstance(one, kind)]


CAPSULES = ("0.1", "0.25", "0.5", "1", "1.5", "2", "2.5", "3", "3.5", "4", "4.5")


@pytest.mark.parametrize(
    ("family", "filler", "full"), [("capsules-mcc", "mcc", "130"), ("capsules-lactose", "lactose-anhydrous", "225")]
)
def test_capsules_come_in_every_strength_in_either_filler(family: str, filler: str, full: str) -> None:
    formulas = FAMILIES[family].formulas
    assert [definition.strength_of(one) for one in formulas] == [Decimal(text) for text in CAPSULES]
    for one, text in zip(formulas, CAPSULES, strict=True):
        assert isinstance(one, CapsuleFormula)
        assert (one.filler.code, one.filler_full) == (filler, Mass.of(full, "mg"))
        assert one.name.startswith(f"Naltrexone HCl {text} mg capsules in ")


@pytest.mark.parametrize("family", ["triturations-mcc", "triturations-lactose"])
def test_triturations_come_1_in_10_and_1_in_100_and_their_labels_say_which(family: str) -> None:
    ten, hundred = FAMILIES[family].formulas
    assert isinstance(ten, TriturationFormula)
    assert isinstance(hundred, TriturationFormula)
    assert (ten.parts, hundred.parts) == (10, 100)
    assert "Naltrexone HCl 100 mg in 1 g" in ten.particulars.labelling
    assert "Naltrexone HCl 10 mg in 1 g" in hundred.particulars.labelling
    assert hundred.name.startswith("Naltrexone HCl 1 in 100 trituration")


def test_there_are_liquids_of_powder_of_tablets_without_preservative_and_in_oil() -> None:
    told = {definition.product_code(one): one for one in of(LiquidFormula)}
    classes = {code: one.particulars.bud_class for code, one in told.items()}
    assert classes == {
        "naltrexone-liquid-1mg-ml": BeyondUseClass.PRESERVED_AQUEOUS,
        "naltrexone-liquid-5mg-ml": BeyondUseClass.PRESERVED_AQUEOUS,
        "naltrexone-liquid-1mg-ml-nonpreserved": BeyondUseClass.NONPRESERVED_AQUEOUS,
        "naltrexone-liquid-1mg-ml-tablets": BeyondUseClass.PRESERVED_AQUEOUS,
        "naltrexone-liquid-1mg-ml-oil": BeyondUseClass.NONAQUEOUS_LIQUID,
    }
    tablets = told["naltrexone-liquid-1mg-ml-tablets"]
    assert isinstance(tablets, LiquidFormula)
    assert tablets.label_strength == Mass.of(50, "mg")
    assert "lactose" in tablets.drug.name  # so that a sensitivity to it finds the tablets


@EVERY
def test_a_formula_is_sound_and_comes_back_from_its_file_as_it_was(formula: Formula) -> None:
    check_sound(formula)
    assert import_text(export_text(formula, "MFR-0001, version 1")) == formula


@EVERY
def test_a_formula_says_where_it_is_kept_and_what_makes_it_the_same_each_time(formula: Formula) -> None:
    more = formula.particulars
    assert more.repeatability
    refrigerated = more.kept is Temperature.REFRIGERATOR
    assert refrigerated is ("2–8 °C" in more.storage)


def test_no_study_of_the_program_lengthens_a_limit() -> None:
    for one in STARTING_FORMULAS:
        more = one.particulars
        assert all(shortcoming(study, more.kept, more.bud_class) for study in more.studies)


def test_the_preserved_solution_kept_at_room_temperature_is_cut_to_30_days_by_its_study() -> None:
    more = replace(liquid("1").particulars, kept=Temperature.ROOM)
    day = date(2026, 3, 2)
    given = {"day_one": True, "studies": more.studies, "bud_class": more.bud_class}
    assert beyond_use_date(day, 35, kept=Temperature.ROOM, **given).date == date(2026, 3, 31)
    assert beyond_use_date(day, 35, kept=Temperature.REFRIGERATOR, **given).date == date(2026, 4, 5)


@EVERY
def test_a_formula_comes_back_from_its_record_as_it_was_written(formula: Formula) -> None:
    assert formula_from_json(formula.to_json()) == formula


@EVERY
def test_a_formula_has_every_element_of_a_master_formulation_record(formula: Formula) -> None:
    more = formula.particulars
    assert all((more.container, more.storage, more.physical_description, more.bud_reference))
    assert all((more.instructions, more.equipment, more.quality_checks, more.labelling))
    assert all(component.grade for component in formula.components)
    assert all(amount for _, amount in definition.amounts(formula))
    assert definition.calculation(formula)


@EVERY
def test_the_beyond_use_class_has_a_limit_in_the_rule_book(formula: Formula) -> None:
    limit = book.load().beyond_use_limit(formula.particulars.bud_class, date(2026, 11, 23))
    oil = isinstance(formula, LiquidFormula) and formula.vehicle_kind is VehicleKind.OIL
    preserved = "preserv" not in definition.title(formula)
    assert limit.days == (180 if not isinstance(formula, LiquidFormula) else 90 if oil else 35 if preserved else 14)


@EVERY
def test_the_items_of_a_formula_are_of_known_kinds_and_units(formula: Formula) -> None:
    for one in items_of(formula):
        assert one.kind in KINDS
        assert one.unit in UNITS


def test_the_codes_of_products_are_what_other_steps_rely_on() -> None:
    codes = {definition.product_code(one): one for one in STARTING_FORMULAS}
    assert {"naltrexone-capsule-4.5mg", "naltrexone-capsule-0.5mg", "naltrexone-liquid-1mg-ml"} <= codes.keys()
    assert {"naltrexone-trituration-10", "naltrexone-liquid-5mg-ml"} <= codes.keys()
    assert {one.code: one.unit for one in starting_items()}["shell-3"] == "piece"


def test_the_capsule_of_4_5_mg_packs_as_the_textbook_says() -> None:
    """4.985 mg of powder as it is, 125.95 mg of filler, 130.93 mg net, 178.9 mg gross; 105 of them are 13.748 g."""
    formula = capsule("4.5")
    balance = BalanceFacts("B-1", Mass.of("0.1", "mg"), Mass.of("1", "mg"), Decimal(5), Mass.of("200", "g"))
    last = date(2028, 6, 30)
    plan = prepare_capsules(
        formula,
        count=100,
        excess_percent=Decimal(5),
        drug=LotFacts("N-101", "naltrexone-hcl", "Naltrexone HCl", last, DIHYDRATE),
        filler=LotFacts("M-1", "mcc", "Microcrystalline cellulose", last),
        shell=LotFacts("S-1", "shell-3", "Empty capsule", last),
        balance=balance,
        on=date(2026, 11, 23),
    )
    assert plan.weighings[0].target == Mass.of("523.4", "mg")
    assert round(plan.net.value, 2) == Fraction("130.93")
    assert round(plan.gross.value, 1) == Fraction("178.9")
    assert round(plan.blend.to("g"), 3) == Fraction("13.748")


def test_the_liquid_holds_20_per_cent_glycerin_half_a_per_cent_ascorbic_acid_and_benzoate() -> None:
    for formula in (liquid("1"), liquid("5")):
        amounts = {one.component.code: one.amount_in(Volume.of(100, "mL")) for one in formula.portions}
        assert amounts == {
            "glycerin": Volume.of(20, "mL"),
            "ascorbic-acid": Mass.of("0.5", "g"),
            "sodium-benzoate": Mass.of("0.1", "g"),
        }
        assert "Refrigerate" in formula.particulars.storage
        assert "light" in formula.particulars.storage


def test_the_instructions_of_each_liquid_weigh_its_powders_before_they_measure_its_liquids() -> None:
    told = [one for one in STARTING_FORMULAS if isinstance(one, LiquidFormula)]
    assert told
    for formula in told:
        steps = formula.particulars.instructions
        to_volume = next(at for at, step in enumerate(steps) if "ring to volume" in step)
        turns = []
        for portion in sorted(formula.portions, key=lambda one: one.unit == "mL"):
            verb, name = ("Weigh" if portion.unit == "g" else "Measure"), portion.component.name.lower()
            turns.append(next(at for at, step in enumerate(steps) if verb in step and name in step))
        assert [*turns, to_volume] == sorted([*turns, to_volume]), formula.name


def test_the_fixed_calculation_of_a_capsule_is_exact() -> None:
    formula = capsule("4.5")
    steps = {step.name: step.result for step in definition.calculation(formula)}
    assert steps["Filler in one capsule"] == "126.3438"  # (1 − 4.5/160) × 130
    assert steps["Net mass of one capsule"] == "130.844"


def test_bringing_them_in_writes_one_entry_a_family_and_never_twice(db: Session, paul: Actor) -> None:
    drafts = service.bring_starting_formulas(db, paul)
    assert len(drafts) == len(STARTING_FORMULAS) == 31
    actions = list(db.scalars(select(AuditEntry.action)))
    assert actions.count("formula:draft") == len(FAMILIES) == 9
    assert actions.count("stock:add-item") == len(starting_items()) - 31  # a product's item comes with its record
    assert service.bring_starting_formulas(db, paul) == []
    assert {one.code for one in db.scalars(select(StockItem))} == {one.code for one in starting_items()}


def test_records_are_numbered_and_nothing_is_approved_yet(db: Session, drafts: list[int]) -> None:
    assert [one.number for one in queries.records(db)] == [f"MFR-{n:04}" for n in range(1, 32)]
    assert queries.approved(db) == []
    assert [one.id for one in queries.waiting(db)] == drafts


def test_an_older_pharmacy_gets_only_what_it_has_not_whatever_it_made_of_the_rest(
    db: Session, raw: Engine, paul: Actor
) -> None:
    item = factories.item(raw, "naltrexone-capsule-4.5mg", kind="preparation", unit="piece")
    former = replace(capsule("4.5"), name="Our own", filler_full=Mass.of("132", "mg"))
    version = factories.formula(raw, former.to_json(), kind="capsule", strength=Decimal("4.5"), item_id=item)
    factories.change(raw, MasterFormulationRecord, queries.version(db, version).record_id, number="MFR-9000")
    drafts = service.bring_starting_formulas(db, paul)
    assert len(drafts) == 30
    names = [definition.read(queries.version(db, one)).name for one in drafts]
    assert capsule("4.5").name not in names
    assert capsule("4.5", "capsules-lactose").name in names


def test_a_technician_does_not_bring_them_in(db: Session, tina: Actor) -> None:
    with pytest.raises(Refused, match="pharmacist"):
        service.bring_starting_formulas(db, tina)
