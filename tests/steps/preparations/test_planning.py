"""What may be planned, and what is refused whatever the page offered."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from pharmacy.actions.acting import Refused
from pharmacy.actions.catalogue import Actor
from pharmacy.actions.models import AuditSubject
from pharmacy.domain.calculation import plan_from_json
from pharmacy.domain.errors import ChecksDisagree
from pharmacy.errors import NotFound, NotReady, PharmacyError
from pharmacy.formulary import queries as formulary
from pharmacy.formulary.models import FormulaVersion
from pharmacy.formulary.starting import capsule
from pharmacy.premises.models import Balance
from pharmacy.preparations import draft, offer, queries, service
from pharmacy.preparations.models import Preparation
from pharmacy.prescriptions.models import Fill
from tests import factories
from tests.steps.preparations.worktop import Bench

FORMULA = "capsule 4.5"


def status_of(db: Session, fill_id: int) -> str:
    found = db.scalars(select(Fill.status).where(Fill.id == fill_id)).one()
    db.rollback()
    return found


def test_one_lot_for_two_fills_and_the_shelf(db: Session, at_bench: Bench, tina: Actor) -> None:
    fills = (at_bench.put_fill(), at_bench.put_fill(quantity=60))
    preparation = at_bench.plan(tina, FORMULA, fills=fills, for_stock=Decimal(10))
    made = queries.preparation(db, preparation)
    assert made.amount == 100
    assert plan_from_json(made.plan).count == 100
    assert [status_of(db, one) for one in fills] == ["to prepare", "to prepare"]
    assert [one.fill_id for one in queries.fills_of(db, [preparation])[preparation]] == list(fills)
    for one in fills:
        found = queries.for_fill(db, one)
        assert found is not None
        assert found.id == preparation


def test_the_entry_is_found_under_fills_patients_lots_and_formula(db: Session, at_bench: Bench, tina: Actor) -> None:
    fill = at_bench.put_fill()
    at_bench.plan(tina, FORMULA, fills=(fill,), for_stock=Decimal(0))
    kinds = set(db.scalars(select(AuditSubject.kind)))
    assert {"preparation", "fill", "prescription", "patient", "lot", "formula_version"} <= kinds


def test_a_fill_that_is_not_accepted_is_refused(db: Session, at_bench: Bench, tina: Actor) -> None:
    prescription = factories.prescription(at_bench.raw)
    fill = factories.fill(at_bench.raw, prescription, status="in review")
    with pytest.raises(NotReady, match="only an accepted fill"):
        at_bench.plan(tina, FORMULA, fills=(fill,))
    assert status_of(db, fill) == "in review"


def test_a_fill_is_planned_once_by_the_one_who_is_first(at_bench: Bench, tina: Actor, paul: Actor) -> None:
    fill = at_bench.put_fill()
    at_bench.plan(tina, FORMULA, fills=(fill,))
    with pytest.raises(NotReady, match="to prepare"):
        at_bench.plan(paul, FORMULA, fills=(fill,))


def test_a_fill_of_another_strength_is_refused(at_bench: Bench, tina: Actor) -> None:
    fill = at_bench.put_fill(strength=Decimal(3))
    with pytest.raises(PharmacyError, match="is for naltrexone"):
        at_bench.plan(tina, FORMULA, fills=(fill,))


def test_a_fill_that_does_not_exist_is_not_found(at_bench: Bench, tina: Actor) -> None:
    with pytest.raises(NotFound):
        at_bench.plan(tina, FORMULA, fills=(999,))


def test_nothing_to_make_is_refused(at_bench: Bench, tina: Actor) -> None:
    with pytest.raises(PharmacyError, match="Choose the fills"):
        at_bench.plan(tina, FORMULA, for_stock=Decimal(0))


@pytest.mark.parametrize("amount", ["1", "2.5", "100001"])
def test_impossible_numbers_of_capsules_are_refused(at_bench: Bench, tina: Actor, amount: str) -> None:
    with pytest.raises(PharmacyError):
        at_bench.plan(tina, FORMULA, for_stock=Decimal(amount))


@pytest.mark.parametrize(
    ("lot", "words"),
    [
        ({"use_before": date(2026, 11, 22)}, "ended on 22 NOV 2026"),
        ({"status": "quarantined", "quarantined": Decimal(1000), "available": Decimal(0)}, "is quarantined"),
        ({"status": "rejected"}, "is rejected"),
        ({"available": Decimal(0)}, "is used up"),
        ({"available": Decimal("523.3")}, "are needed"),
    ],
)
def test_a_lot_that_may_not_be_used_is_refused_and_never_offered(
    db: Session, at_bench: Bench, tina: Actor, lot: dict[str, Any], words: str
) -> None:
    bad = at_bench.put_lot("naltrexone-hcl", number="BAD-1", **lot)
    with pytest.raises(NotReady, match=words) as refused:
        at_bench.plan(tina, FORMULA, lots={"naltrexone-hcl": bad})
    assert refused.value.field == "lot_naltrexone-hcl"
    formula = formulary.definition.read(formulary.version(db, at_bench.versions[FORMULA]))
    offered = {one.code: [lot.id for lot in one.lots] for one in offer.places(db, formula, date(2026, 11, 23))}
    assert words == "are needed" or bad not in offered["naltrexone-hcl"]


def test_a_lot_of_something_else_is_refused(at_bench: Bench, tina: Actor) -> None:
    with pytest.raises(PharmacyError, match="not Microcrystalline"):
        at_bench.plan(tina, FORMULA, lots={"mcc": at_bench.lots["ascorbic-acid"]})


def test_the_last_day_of_a_lot_is_still_good(at_bench: Bench, tina: Actor) -> None:
    today = at_bench.put_lot("mcc", number="MCC-7", use_before=date(2026, 11, 23))
    at_bench.plan(tina, FORMULA, lots={"mcc": today})


def test_first_expiring_lots_are_chosen_and_one_that_holds_too_little_gives_way(
    db: Session, at_bench: Bench, tina: Actor
) -> None:
    sooner = at_bench.put_lot("mcc", number="MCC-5", use_before=date(2027, 6, 30))
    little = at_bench.put_lot("naltrexone-hcl", number="NAL-5", use_before=date(2027, 6, 30), amount=100)
    formula = formulary.definition.read(formulary.version(db, at_bench.versions[FORMULA]))
    offered = offer.places(db, formula, date(2026, 11, 23))
    chosen = offer.preselected(db, at_bench.choice(FORMULA), offered).lots
    assert chosen["mcc"] == at_bench.lots["mcc"]  # what a person chose stays
    bare = service.Choice(at_bench.versions[FORMULA], (), Decimal(100), Decimal(5), {}, 1)
    chosen = offer.preselected(db, bare, offered).lots
    assert chosen["mcc"] == sooner
    assert chosen["naltrexone-hcl"] != little


def test_an_overdue_balance_is_refused_at_planning_and_at_weighing(at_bench: Bench, tina: Actor) -> None:
    overdue = factories.balance(at_bench.raw, name="B-old", calibration_due=date(2026, 11, 22))
    with pytest.raises(NotReady, match="due on 22 NOV 2026"):
        at_bench.plan(tina, FORMULA, balance_id=overdue)
    good = factories.balance(at_bench.raw, name="B-good", calibration_due=date(2026, 11, 23))
    preparation = at_bench.plan(tina, FORMULA, balance_id=good)
    factories.change(at_bench.raw, Balance, good, calibration_due=date(2026, 11, 22))
    with pytest.raises(NotReady, match="nothing is weighed on it"):
        at_bench.weigh(tina, preparation, "drug", "523.4", "NAL-1")


def test_where_no_balance_is_in_date_that_is_said_and_not_choose_one(at_bench: Bench, tina: Actor) -> None:
    factories.change(at_bench.raw, Balance, at_bench.balance, calibration_due=date(2026, 11, 22))
    with pytest.raises(
        NotReady, match=r"No balance is in date: .* \(due 22 NOV 2026\)\. The pharmacist in charge puts"
    ) as refused:
        at_bench.plan(tina, FORMULA, balance_id=0)
    assert refused.value.field == "balance"
    factories.change(at_bench.raw, Balance, at_bench.balance, active=False)
    with pytest.raises(NotReady, match="No balance is in use"):
        at_bench.plan(tina, FORMULA, balance_id=0)


@pytest.mark.parametrize(
    ("excess", "whole"), [("0.00000001", False), ("2.505", False), ("2.50", True), ("2.500", True)]
)
def test_an_excess_finer_than_two_decimals_is_a_slip(at_bench: Bench, tina: Actor, excess: str, whole: bool) -> None:
    if whole:
        at_bench.plan(tina, FORMULA, excess=Decimal(excess))
        return
    with pytest.raises(PharmacyError, match="at most 2 decimals") as refused:
        at_bench.plan(tina, FORMULA, excess=Decimal(excess))
    assert refused.value.field == "excess"


def test_a_balance_out_of_use_is_refused(at_bench: Bench, tina: Actor) -> None:
    shut = factories.balance(at_bench.raw, name="B-shut", active=False)
    with pytest.raises(NotReady, match="not in use"):
        at_bench.plan(tina, FORMULA, balance_id=shut)


@pytest.mark.parametrize("status", ["draft", "retired"])
def test_only_an_approved_version_is_made(at_bench: Bench, tina: Actor, status: str) -> None:
    factories.change(at_bench.raw, FormulaVersion, at_bench.versions[FORMULA], status=status)
    with pytest.raises(NotReady, match="not approved"):
        at_bench.plan(tina, FORMULA)


def test_a_beyond_use_date_too_short_for_the_supply_is_refused_with_what_fits(
    db: Session, at_bench: Bench, tina: Actor
) -> None:
    short = at_bench.put_lot("mcc", number="MCC-6", use_before=date(2026, 12, 12))
    fill = at_bench.put_fill()
    with pytest.raises(NotReady, match="20 capsules for 20 days fit") as refused:
        at_bench.plan(tina, FORMULA, fills=(fill,), lots={"mcc": short})
    assert refused.value.field == "fills"
    assert status_of(db, fill) == "accepted"
    exactly = at_bench.put_lot("mcc", number="MCC-30", use_before=date(2026, 12, 22))
    at_bench.plan(tina, FORMULA, fills=(fill,), lots={"mcc": exactly})


def test_supply_in_hand_moves_the_first_day_of_use(at_bench: Bench, tina: Actor) -> None:
    prescription = factories.prescription(at_bench.raw)
    handed = datetime(2026, 11, 20, 16, tzinfo=UTC)
    factories.fill(at_bench.raw, prescription, number="1-00", status="handed over", since=handed)
    refill = factories.fill(at_bench.raw, prescription, number="1-01", ordinal=1, status="accepted")
    # in hand until 19 DEC; the refill is used from 20 DEC to 18 JAN
    short = at_bench.put_lot("mcc", number="MCC-17", use_before=date(2027, 1, 17))
    with pytest.raises(NotReady, match="30 days from 20 DEC 2026"):
        at_bench.plan(tina, FORMULA, fills=(refill,), lots={"mcc": short})
    enough = at_bench.put_lot("mcc", number="MCC-18", use_before=date(2027, 1, 18))
    at_bench.plan(tina, FORMULA, fills=(refill,), lots={"mcc": enough})


def test_a_worksheet_that_the_second_way_contradicts_is_refused(
    db: Session, at_bench: Bench, tina: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def disagree(_plan: object) -> str:
        raise ChecksDisagree("The second calculation disagrees about the drug; do not use this worksheet.")

    monkeypatch.setattr(draft, "recheck", disagree)
    with pytest.raises(PharmacyError, match="do not use this worksheet"):
        at_bench.plan(tina, FORMULA)
    assert db.scalars(select(Preparation)).all() == []


def test_a_plan_is_frozen_whatever_the_formula_says_later(db: Session, at_bench: Bench, tina: Actor) -> None:
    preparation = at_bench.plan(tina, FORMULA)
    before = queries.preparation(db, preparation).plan
    factories.change(at_bench.raw, FormulaVersion, at_bench.versions[FORMULA], status="retired")
    at_bench.weigh(tina, preparation, "drug", "523.4", "NAL-1")
    assert queries.preparation(db, preparation).plan == before


@pytest.mark.parametrize("who", ["ada", "adam"])
def test_only_those_at_the_bench_plan(at_bench: Bench, request: pytest.FixtureRequest, who: str) -> None:
    with pytest.raises(Refused):
        at_bench.plan(request.getfixturevalue(who), FORMULA)


def test_a_fill_is_not_planned_by_a_formula_that_its_patient_does_not_bear(
    db: Session, at_bench: Bench, tina: Actor
) -> None:
    """Two formulas make 4.5 mg; nobody made in cellulose what is asked for without it, nor the other way round."""
    in_lactose = capsule("4.5", "capsules-lactose")
    item = at_bench.items["naltrexone-capsule-4.5mg-lactose-anhydrous"]
    lactose = factories.formula(
        at_bench.raw, in_lactose.to_json(), kind="capsule", strength=Decimal("4.5"), item_id=item
    )
    plain = at_bench.put_fill()
    bears_no_lactose = at_bench.put_fill(
        patient_id=factories.patient(at_bench.raw, sensitivities=[("excipient", "lactose")])
    )
    db.rollback()
    offered = offer.offer(db, lactose)
    assert [one.id for one in offered.fills] == [plain]
    mcc = at_bench.versions[FORMULA]
    assert {one.id for one in offer.offer(db, mcc).fills} == {plain, bears_no_lactose}
    groups = offer.grouped(db, formulary.approved(db), offer.all_to_make(db))
    assert {version.id: [one.id for one in fills] for version, fills in groups} == {
        mcc: [plain, bears_no_lactose],
        lactose: [plain],
    }
    db.rollback()
    choice = at_bench.choice(FORMULA, fills=(bears_no_lactose,), for_stock=Decimal(0))
    with pytest.raises(PharmacyError, match="does not bear it") as refused:
        service.plan_preparation(db, tina, replace(choice, version_id=lactose))
    assert refused.value.field == "fills"
    assert service.plan_preparation(db, tina, choice)


def test_a_formula_that_must_not_be_made_is_refused_whatever_was_approved(
    db: Session, at_bench: Bench, tina: Actor
) -> None:
    stored = capsule("4.5").to_json()
    stored["filler"]["name"] = "Hypromellose"
    version = factories.formula(
        at_bench.raw,
        stored,
        kind="capsule",
        strength=Decimal("4.5"),
        item_id=at_bench.items["naltrexone-capsule-4.5mg"],
    )
    db.rollback()
    with pytest.raises(NotReady, match="a hypromellose matrix delays release") as refused:
        service.plan_preparation(db, tina, replace(at_bench.choice(FORMULA), version_id=version))
    assert refused.value.field == "version"
