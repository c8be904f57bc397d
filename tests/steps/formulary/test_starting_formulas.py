"""The programme's own formulas: complete, makeable, and what the issue asks for."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from pharmacy.actions.acting import Refused
from pharmacy.actions.catalogue import Actor
from pharmacy.actions.models import AuditEntry
from pharmacy.domain.balance import BalanceFacts
from pharmacy.domain.capsules import prepare_capsules
from pharmacy.domain.certificate import Basis, Certificate
from pharmacy.domain.formula import CapsuleFormula, Formula, LiquidFormula, TriturationFormula, formula_from_json
from pharmacy.domain.plan import LotFacts
from pharmacy.domain.quantity import Mass, Volume
from pharmacy.formulary import definition, queries, service
from pharmacy.formulary.starting import STARTING_FORMULAS, items_of, starting_items
from pharmacy.rules import book
from pharmacy.stock.models import StockItem
from pharmacy.stock.words import KINDS, UNITS

EVERY = pytest.mark.parametrize("formula", STARTING_FORMULAS, ids=definition.product_code)
DIHYDRATE = Certificate(Decimal("99.2"), Basis.ANHYDROUS, Decimal("8.9"), Decimal("0.1"))


def of(kind: type) -> list[Formula]:
    return [one for one in STARTING_FORMULAS if isinstance(one, kind)]


def test_there_is_one_formula_for_each_strength_that_is_made() -> None:
    assert [definition.strength_of(one) for one in of(CapsuleFormula)] == [
        Decimal(text) for text in ("0.5", "1", "1.5", "2", "3", "4.5")
    ]
    assert [definition.strength_of(one) for one in of(LiquidFormula)] == [Decimal(1), Decimal(5)]
    assert [one.parts for one in of(TriturationFormula)] == [10]


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
    assert limit.days == (35 if isinstance(formula, LiquidFormula) else 180)


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
    (formula,) = [one for one in of(CapsuleFormula) if definition.strength_of(one) == Decimal("4.5")]
    assert isinstance(formula, CapsuleFormula)
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
    for formula in of(LiquidFormula):
        assert isinstance(formula, LiquidFormula)
        amounts = {one.component.code: one.amount_in(Volume.of(100, "mL")) for one in formula.portions}
        assert amounts == {
            "glycerin": Volume.of(20, "mL"),
            "ascorbic-acid": Mass.of("0.5", "g"),
            "sodium-benzoate": Mass.of("0.1", "g"),
        }
        assert "Refrigerate" in formula.particulars.storage
        assert "light" in formula.particulars.storage


def test_the_fixed_calculation_of_a_capsule_is_exact() -> None:
    (formula,) = [one for one in of(CapsuleFormula) if definition.strength_of(one) == Decimal("4.5")]
    steps = {step.name: step.result for step in definition.calculation(formula)}
    assert steps["Filler in one capsule"] == "126.3438"  # (1 − 4.5/160) × 130
    assert steps["Net mass of one capsule"] == "130.844"


def test_bringing_them_in_writes_one_entry_each_and_never_twice(db: Session, paul: Actor) -> None:
    drafts = service.bring_starting_formulas(db, paul)
    assert len(drafts) == len(STARTING_FORMULAS) == 9
    actions = list(db.scalars(select(AuditEntry.action)))
    assert actions.count("formula:draft") == 9
    assert actions.count("stock:add-item") == len(starting_items())
    assert service.bring_starting_formulas(db, paul) == []
    assert len(list(db.scalars(select(StockItem)))) == len(starting_items())


def test_records_are_numbered_and_nothing_is_approved_yet(db: Session, drafts: list[int]) -> None:
    assert [one.number for one in queries.records(db)] == [f"MFR-{n:04}" for n in range(1, 10)]
    assert queries.approved(db) == []
    assert [one.id for one in queries.waiting(db)] == drafts


def test_a_technician_does_not_bring_them_in(db: Session, tina: Actor) -> None:
    with pytest.raises(Refused, match="pharmacist"):
        service.bring_starting_formulas(db, tina)
