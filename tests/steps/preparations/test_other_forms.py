"""Liquids, triturations and what is made from them, and the aliquot where no trituration is at hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from sqlalchemy.orm import Session

from pharmacy.actions.catalogue import Actor
from pharmacy.domain.calculation import plan_from_json
from pharmacy.domain.routes import Aliquot, FromTrituration
from pharmacy.errors import NotReady, PharmacyError
from pharmacy.preparations import queries
from pharmacy.preparations.outcome import Outcome
from pharmacy.preparations.record import compounding_record
from tests.steps.preparations.worktop import Bench

LIQUID, TRITURATION = "liquid 1", "trituration 100"


def test_a_liquid_is_brought_to_volume_and_its_strength_comes_from_the_final_volume(
    db: Session, at_bench: Bench, tina: Actor, paul: Actor
) -> None:
    preparation = at_bench.plan(tina, LIQUID, for_stock=Decimal(150))
    lines = {line.key: line for line in at_bench.lines(preparation)}
    assert list(lines) == ["drug", "ascorbic-acid", "sodium-benzoate", "glycerin", "final-volume"]
    # 150 mL × 1.05 = 157.5, up to the next 5 mL: 160 mL; 160 mg ÷ 0.90272 = 177.24 mg
    assert lines["drug"].text(lines["drug"].target) == "177.2\u00a0mg"
    assert lines["glycerin"].text(lines["glycerin"].target) == "32\u00a0mL"
    assert lines["final-volume"].text(lines["final-volume"].target) == "160\u00a0mL"
    at_bench.weigh_on_target(tina, preparation, {"final-volume": "162"})
    at_bench.check(tina, preparation)
    at_bench.finish(tina, preparation, "158")
    made = queries.preparation(db, preparation)
    result = Outcome.from_json(made.result)
    # 177.2 mg × 0.90272 ÷ 162 mL = 0.98742… mg/mL
    assert result.delivered.step.result == "0.987"
    assert result.delivered.step.unit == "mg/mL"
    assert result.statistics is None
    assert made.number == "L261123-01"
    assert made.beyond_use == date(2026, 12, 27)  # 35 days, day 1 included
    assert at_bench.available("glycerin") == 968
    assert at_bench.available("purified-water") == Decimal(10_000 - (162 - 32))
    at_bench.release(paul, preparation)
    made = queries.preparation(db, preparation)
    assert made.lot is not None
    assert made.lot.available == 158


def test_a_liquid_yields_no_more_than_was_made(at_bench: Bench, tina: Actor) -> None:
    preparation = at_bench.plan(tina, LIQUID, for_stock=Decimal(150))
    at_bench.weigh_on_target(tina, preparation)
    at_bench.check(tina, preparation)
    with pytest.raises(PharmacyError, match="Only 160 mL were made"):
        at_bench.finish(tina, preparation, "161")


def test_glycerin_measured_again_changes_what_water_was_used(at_bench: Bench, tina: Actor) -> None:
    preparation = at_bench.plan(tina, LIQUID, for_stock=Decimal(150))
    at_bench.weigh_on_target(tina, preparation)
    at_bench.weigh(tina, preparation, "glycerin", "31", "GLY-1", "read from above at first")
    assert at_bench.available("glycerin") == 969
    assert at_bench.available("purified-water") == Decimal(10_000 - (160 - 31))
    assert at_bench.balance_of_columns(at_bench.lots["purified-water"])[1] == Decimal(10_000 - 129)


def test_a_trituration_lot_becomes_an_ingredient_and_caps_what_is_made_of_it(
    db: Session, at_bench: Bench, tina: Actor, paul: Actor
) -> None:
    stock = at_bench.make(tina, TRITURATION, "9900", for_stock=Decimal(10_000), excess=Decimal(0))
    made = queries.preparation(db, stock)
    assert made.number == "T261123-01"
    assert made.lot is not None
    # 1,107.8 mg × 0.90272 ÷ 10,000.0 mg: the fraction as it was really weighed
    assert Fraction(made.lot.drug_fraction) == Fraction("1107.8") * Fraction("0.90272") / 10_000
    lot, last_day = made.lot.id, made.beyond_use
    with pytest.raises(NotReady, match="quarantined"):
        at_bench.plan(tina, "capsule 0.5", for_stock=Decimal(30), lots={"trituration": lot})
    at_bench.release(paul, stock)
    preparation = at_bench.plan(tina, "capsule 0.5", for_stock=Decimal(30), lots={"trituration": lot})
    plan = plan_from_json(queries.preparation(db, preparation).plan)
    # 31.5 capsules × 0.5 mg = 15.75 mg ÷ 0.90272 = 17.4 mg, below the 20 mg that the balance can weigh
    assert isinstance(plan.route, FromTrituration)
    drug = at_bench.lines(preparation)[0]
    assert drug.text(drug.target) == "157.5\u00a0mg"
    assert drug.lot == "T261123-01"
    at_bench.weigh(tina, preparation, "drug", "157.5", "T261123-01")
    taken = queries.preparation(db, stock)
    assert taken.lot is not None
    assert taken.lot.available == Decimal("9742.5")
    using = queries.preparation(db, preparation)
    assert using.beyond_use == last_day == date(2027, 5, 21)


def test_capsules_from_a_trituration_carry_its_beyond_use_date(
    db: Session, at_bench: Bench, tina: Actor, paul: Actor
) -> None:
    short = at_bench.put_lot("mcc", number="MCC-8", use_before=date(2026, 12, 31))
    stock = at_bench.make(tina, TRITURATION, "10000", for_stock=Decimal(10_000), lots={"mcc": short})
    at_bench.release(paul, stock)
    lot = queries.preparation(db, stock).lot
    assert lot is not None
    preparation = at_bench.plan(tina, "capsule 0.5", for_stock=Decimal(30), lots={"trituration": lot.id})
    told = compounding_record(db, preparation).instructions[0].replace("\u00a0", " ")
    assert told.startswith("In this batch the drug goes in as its stock trituration: weigh 157.5 mg of it.")
    at_bench.weigh(tina, preparation, "drug", "157.5", "T261123-01")
    made = queries.preparation(db, preparation)
    assert made.beyond_use == date(2026, 12, 31)
    assert "T261123-01" in made.beyond_use_decided_by


def test_below_the_minimum_without_a_trituration_every_line_of_the_aliquot_is_recorded(
    db: Session, at_bench: Bench, tina: Actor
) -> None:
    preparation = at_bench.plan(tina, "capsule 0.5", for_stock=Decimal(30))
    plan = plan_from_json(queries.preparation(db, preparation).plan)
    assert isinstance(plan.route, Aliquot)
    keys = [line.key for line in at_bench.lines(preparation)]
    assert keys[:6] == ["aliquot-drug", "aliquot-diluent", "aliquot-taken", "filler", "shells", "load-1"]
    weigh, dilute, taken = at_bench.lines(preparation)[:3]
    told = compounding_record(db, preparation).instructions
    assert told[0].startswith(
        f"In this batch the drug goes in by an aliquot: weigh {weigh.text(weigh.target)} of Naltrexone HCl and "
        f"{dilute.text(dilute.target)} of Microcrystalline cellulose, mix them by geometric dilution, and weigh "
        f"{taken.text(taken.target)} of the mixture."
    )
    assert told[1:] == plan.formula.particulars.instructions
    with pytest.raises(NotReady, match="First comes"):
        at_bench.weigh(tina, preparation, "aliquot-taken", str(taken.number(taken.target)))
    at_bench.weigh_on_target(tina, preparation)
    drug, diluent, _, filler = (line.target for line in at_bench.lines(preparation)[:4])
    assert at_bench.available("naltrexone-hcl") == 25_000 - drug
    assert at_bench.available("mcc") == 500_000 - diluent - filler
    gross = at_bench.lines(preparation)[-1]
    at_bench.weigh_capsules(tina, preparation, [str(gross.target)] * 10)
    at_bench.check(tina, preparation)
    at_bench.finish(tina, preparation, "30")
    result = Outcome.from_json(queries.preparation(db, preparation).result)
    assert result.within
    assert result.delivered.step.result == "0.5"


def test_a_batch_that_no_way_reaches_is_refused_with_the_balance_named(at_bench: Bench, tina: Actor) -> None:
    with pytest.raises(PharmacyError, match="B-"):
        at_bench.plan(tina, LIQUID, for_stock=Decimal(5))
