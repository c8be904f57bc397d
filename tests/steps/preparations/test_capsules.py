"""A whole capsule preparation through the services, with the numbers of the worked example (100 × 4.5 mg, 5 %)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from pharmacy.actions.acting import Conflict, Refused
from pharmacy.actions.catalogue import Actor
from pharmacy.domain.calculation import plan_from_json
from pharmacy.errors import Mismatch, NotReady, PharmacyError
from pharmacy.preparations import queries, service
from pharmacy.preparations.models import Weighing
from pharmacy.preparations.outcome import Outcome
from pharmacy.preparations.service import Reading
from pharmacy.stock.models import Lot
from tests.steps.preparations.worktop import Bench, day

FORMULA = "capsule 4.5"


def test_the_worked_example_is_planned_to_the_last_decimal(db: Session, at_bench: Bench, tina: Actor) -> None:
    made = queries.preparation(db, at_bench.plan(tina, FORMULA))
    plan = plan_from_json(made.plan)
    drug, filler = plan.weighings
    assert drug.text(drug.target).replace("\u00a0", " ") == "523.4 mg"
    assert filler.text(filler.target).replace("\u00a0", " ") == "13.2247 g"
    assert plan.worksheet.step("Net mass of a capsule").result == "130.9347"
    assert plan.worksheet.step("Whole blend").result == "13.7481"
    assert [load.holes for load in plan.loads] == [100]
    assert made.number == "C261123-01"
    assert made.status == "planned"
    assert made.made_by == []


def test_numbers_of_a_day_follow_one_another(db: Session, at_bench: Bench, tina: Actor) -> None:
    numbers = [queries.preparation(db, at_bench.plan(tina, FORMULA)).number for _ in range(2)]
    assert numbers == ["C261123-01", "C261123-02"]


def test_the_whole_work_ends_in_a_released_lot(db: Session, at_bench: Bench, tina: Actor, paul: Actor) -> None:
    preparation = at_bench.make(tina, FORMULA, "98")
    made = queries.preparation(db, preparation)
    assert made.status == "waiting for release"
    assert made.lot is not None
    assert (made.lot.status, made.lot.quarantined, made.lot.available) == ("quarantined", Decimal(98), Decimal(0))
    at_bench.release(paul, preparation)
    made = queries.preparation(db, preparation)
    assert made.status == "released"
    assert made.lot is not None
    assert (made.lot.status, made.lot.quarantined, made.lot.available) == ("released", Decimal(0), Decimal(98))
    assert made.judged_by == paul.id


def test_delivered_strength_comes_from_the_recorded_weights(db: Session, at_bench: Bench, tina: Actor) -> None:
    preparation = at_bench.plan(tina, FORMULA)
    at_bench.weigh_on_target(tina, preparation, {"drug": "520.0", "filler": "13.3000"})
    at_bench.weigh_capsules(tina, preparation, ["178.0", "179.8"] * 5)
    at_bench.check(tina, preparation)
    at_bench.finish(tina, preparation, "100")
    result = Outcome.from_json(queries.preparation(db, preparation).result)
    # 520.0 mg × 0.90272 ÷ 13,820.0 mg × (178.9 − 48) mg = 4.44622… mg; ÷ 4.5 mg
    assert result.delivered.step.result == "4.446"
    assert result.delivered.percent_text() == "98.8"
    assert result.statistics is not None
    assert result.statistics.mean_net.text("mg") == "130.9\u00a0mg"
    assert result.statistics.sd == Decimal("0.948683")
    assert result.yield_percent == 100


def test_the_beyond_use_date_counts_from_the_first_weighing(db: Session, at_bench: Bench, tina: Actor) -> None:
    preparation = at_bench.plan(tina, FORMULA)
    with day(date(2026, 11, 25)):
        at_bench.weigh(tina, preparation, "drug", "523.4", "NAL-1")
    with day(date(2026, 11, 26)):
        at_bench.weigh(tina, preparation, "filler", "13.2247", "MCC-1")
    made = queries.preparation(db, preparation)
    assert made.compounded_on == date(2026, 11, 25)
    assert made.beyond_use == date(2027, 5, 23)  # 180 days, the day of compounding is day 1
    assert made.beyond_use_decided_by == (
        "180 days from 25 NOV 2026, the day of compounding is day 1 (other nonaqueous preparation)."
    )


def test_a_lot_that_ends_sooner_decides_the_beyond_use_date(db: Session, at_bench: Bench, tina: Actor) -> None:
    short = at_bench.put_lot("mcc", number="MCC-9", use_before=date(2027, 1, 31))
    preparation = at_bench.plan(tina, FORMULA, lots={"mcc": short})
    at_bench.weigh(tina, preparation, "drug", "523.4", "NAL-1")
    made = queries.preparation(db, preparation)
    assert made.beyond_use == date(2027, 1, 31)
    assert "MCC-9" in made.beyond_use_decided_by


def test_each_weighing_takes_from_its_lot_at_once(at_bench: Bench, tina: Actor) -> None:
    preparation = at_bench.plan(tina, FORMULA)
    assert at_bench.available("naltrexone-hcl") == 25_000
    at_bench.weigh(tina, preparation, "drug", "525.0", "NAL-1")
    assert at_bench.available("naltrexone-hcl") == Decimal("24475.0")


def test_weighing_again_moves_only_the_difference(db: Session, at_bench: Bench, tina: Actor) -> None:
    preparation = at_bench.plan(tina, FORMULA)
    for typed in ("525.0", "520.0", "523.4"):
        at_bench.weigh(tina, preparation, "drug", typed, "NAL-1")
    assert at_bench.available("naltrexone-hcl") == Decimal("24476.6")
    assert at_bench.balance_of_columns(at_bench.lots["naltrexone-hcl"]) == (Decimal(0), Decimal("24476.6"))
    assert len(queries.weighings(db, preparation)) == 3


def test_a_reading_outside_its_limits_needs_a_reason(db: Session, at_bench: Bench, tina: Actor) -> None:
    preparation = at_bench.plan(tina, FORMULA)
    with pytest.raises(PharmacyError, match="Weigh again, or say why") as refused:
        at_bench.weigh(tina, preparation, "drug", "500.0", "NAL-1")
    assert refused.value.field == "reason"
    assert at_bench.available("naltrexone-hcl") == 25_000
    assert queries.weighings(db, preparation) == []
    at_bench.weigh(tina, preparation, "drug", "500.0", "NAL-1", "the jar is empty")
    assert queries.weighings(db, preparation)[0].reason == "the jar is empty"


@pytest.mark.parametrize("reason", ["", "   "])
def test_blanks_are_no_reason(at_bench: Bench, tina: Actor, reason: str) -> None:
    preparation = at_bench.plan(tina, FORMULA)
    with pytest.raises(PharmacyError, match="say why"):
        at_bench.weigh(tina, preparation, "drug", "540.0", "NAL-1", reason)


def test_limits_themselves_are_inside(at_bench: Bench, tina: Actor) -> None:
    preparation = at_bench.plan(tina, FORMULA)
    line = at_bench.lines(preparation)[0]
    assert (line.low, line.high) == (Decimal("513.0"), Decimal("533.8"))
    at_bench.weigh(tina, preparation, "drug", "513.0", "NAL-1")
    at_bench.weigh(tina, preparation, "drug", "533.8", "NAL-1")


def test_another_lot_on_the_bench_is_refused(at_bench: Bench, tina: Actor) -> None:
    preparation = at_bench.plan(tina, FORMULA)
    with pytest.raises(Mismatch, match="the plan takes lot NAL-1"):
        at_bench.weigh(tina, preparation, "drug", "523.4", "MCC-1")
    with pytest.raises(PharmacyError, match="Scan the container"):
        at_bench.weigh(tina, preparation, "drug", "523.4", " ")
    at_bench.weigh(tina, preparation, "drug", "523.4", " nal-1 ")


def test_a_number_that_the_balance_cannot_show_is_refused(at_bench: Bench, tina: Actor) -> None:
    preparation = at_bench.plan(tina, FORMULA)
    with pytest.raises(PharmacyError, match=r"shows steps of 0\.1"):
        at_bench.weigh(tina, preparation, "drug", "523.45", "NAL-1")


def test_the_work_has_an_order(at_bench: Bench, tina: Actor) -> None:
    preparation = at_bench.plan(tina, FORMULA)
    with pytest.raises(NotReady, match="First comes"):
        at_bench.weigh(tina, preparation, "load-1", "13.0935")
    at_bench.weigh(tina, preparation, "filler", "13.2247", "MCC-1")
    at_bench.weigh(tina, preparation, "drug", "523.4", "NAL-1")
    at_bench.weigh(tina, preparation, "load-1", "13.0935")
    with pytest.raises(PharmacyError, match="mixed already"):
        at_bench.weigh(tina, preparation, "drug", "523.3", "NAL-1")
    at_bench.weigh(tina, preparation, "drug", "523.3", "NAL-1", "read 523.3, typed 523.4")


def test_the_loads_cannot_hold_more_than_was_mixed(at_bench: Bench, tina: Actor) -> None:
    preparation = at_bench.plan(tina, FORMULA)
    at_bench.weigh(tina, preparation, "drug", "523.4", "NAL-1")
    at_bench.weigh(tina, preparation, "filler", "13.2247", "MCC-1")
    with pytest.raises(Mismatch, match="more than was mixed"):
        at_bench.weigh(tina, preparation, "load-1", "13.7483", "", "all of it")


def test_no_lot_falls_below_zero(at_bench: Bench, tina: Actor) -> None:
    little = at_bench.put_lot("naltrexone-hcl", number="NAL-2", amount=Decimal("523.4"))
    preparation = at_bench.plan(tina, FORMULA, lots={"naltrexone-hcl": little})
    with pytest.raises(PharmacyError, match=r"holds 523\.4") as refused:
        at_bench.weigh(tina, preparation, "drug", "523.5", "NAL-2")
    assert refused.value.field == "reading"
    at_bench.weigh(tina, preparation, "drug", "523.4", "NAL-2")


def test_the_same_form_sent_twice_weighs_once(db: Session, at_bench: Bench, tina: Actor) -> None:
    preparation = at_bench.plan(tina, FORMULA)
    seen, key = at_bench.seen(preparation), "0" * 32
    for _ in range(2):
        service.record_weighing(db, tina, seen, Reading("drug", Decimal("523.4"), "NAL-1"), key)
    assert len(queries.weighings(db, preparation)) == 1
    assert at_bench.available("naltrexone-hcl") == Decimal("24476.6")


def test_two_people_at_one_line_one_wins_and_the_other_is_told(at_bench: Bench, tina: Actor, paul: Actor) -> None:
    preparation = at_bench.plan(tina, FORMULA)
    seen = at_bench.seen(preparation)
    service.record_weighing(at_bench.db, tina, seen, Reading("drug", Decimal("523.4"), "NAL-1"))
    with pytest.raises(Conflict) as told:
        service.record_weighing(at_bench.db, paul, seen, Reading("drug", Decimal("520.0"), "NAL-1"))
    assert told.value.since[0].actor == tina.id
    assert at_bench.available("naltrexone-hcl") == Decimal("24476.6")


def test_single_capsules_are_judged_by_their_net_mass(db: Session, at_bench: Bench, tina: Actor) -> None:
    preparation = at_bench.plan(tina, FORMULA)
    at_bench.weigh_on_target(tina, preparation)
    line = at_bench.lines(preparation)[-1]
    # 48 mg + 130.9346 mg × 0.9 and × 1.1: ± 10 % of the gross mass would let 161.1 to 196.8 mg pass
    assert (line.low, line.target, line.high) == (Decimal("165.9"), Decimal("178.9"), Decimal("192.0"))
    with pytest.raises(PharmacyError, match="Capsule 3"):
        at_bench.weigh_capsules(tina, preparation, ["178.9", "179.0", "165.0"])
    assert not [row for row in queries.weighings(db, preparation) if row.line.startswith("capsule")]
    at_bench.weigh_capsules(tina, preparation, ["178.9", "179.0", "165.0"], "light shell")
    assert len(queries.weighings(db, preparation)) == 4 + 3


def test_nothing_is_finished_while_a_line_a_capsule_or_a_check_is_missing(at_bench: Bench, tina: Actor) -> None:
    preparation = at_bench.plan(tina, FORMULA)
    at_bench.weigh(tina, preparation, "drug", "523.4", "NAL-1")
    with pytest.raises(NotReady, match="cellulose is not recorded yet"):
        at_bench.finish(tina, preparation, "100")
    at_bench.weigh_on_target(tina, preparation)
    at_bench.weigh_capsules(tina, preparation, ["178.9"] * 9)
    with pytest.raises(NotReady, match="1 capsule is still to be weighed"):
        at_bench.finish(tina, preparation, "100")
    at_bench.weigh_capsules(tina, preparation, ["178.9"] * 10)
    with pytest.raises(NotReady, match="check Appearance of the blend"):
        at_bench.finish(tina, preparation, "100")
    at_bench.check(tina, preparation)
    at_bench.finish(tina, preparation, "100")


def test_a_yield_outside_its_limits_needs_a_reason_and_an_impossible_one_is_refused(
    db: Session, at_bench: Bench, tina: Actor
) -> None:
    preparation = at_bench.plan(tina, FORMULA)
    at_bench.weigh_on_target(tina, preparation)
    at_bench.weigh_capsules(tina, preparation, ["178.9"] * 10)
    at_bench.check(tina, preparation)
    for amount, words in (("101", "Only 100 shells"), ("99.5", "whole"), ("0", "above 0"), ("89", "say why")):
        with pytest.raises(PharmacyError, match=words):
            at_bench.finish(tina, preparation, amount)
    at_bench.finish(tina, preparation, "89", "a tray was dropped")
    made = queries.preparation(db, preparation)
    assert (made.yield_amount, made.yield_reason) == (Decimal(89), "a tray was dropped")


def test_a_strength_outside_its_limits_can_only_be_rejected(at_bench: Bench, tina: Actor, paul: Actor) -> None:
    preparation = at_bench.plan(tina, FORMULA)
    at_bench.weigh_on_target(tina, preparation, {"drug": "470.0"})
    at_bench.weigh_capsules(tina, preparation, ["178.9"] * 10)
    at_bench.check(tina, preparation)
    at_bench.finish(tina, preparation, "100")
    # 470.0 × 0.90272 ÷ 13,694.7 × 130.9 ÷ 4.5 = 90.1 % is inside; 465.0 mg would give 89.2 %
    at_bench.release(paul, preparation)
    again = at_bench.plan(tina, FORMULA)
    at_bench.weigh_on_target(tina, again, {"drug": "465.0"})
    at_bench.weigh_capsules(tina, again, ["178.9"] * 10)
    at_bench.check(tina, again)
    at_bench.finish(tina, again, "100")
    with pytest.raises(NotReady, match="can only be rejected"):
        at_bench.release(paul, again)
    at_bench.reject(paul, again)


def test_a_failed_check_stands_against_the_release(at_bench: Bench, tina: Actor, paul: Actor) -> None:
    preparation = at_bench.plan(tina, FORMULA)
    at_bench.weigh_on_target(tina, preparation)
    at_bench.weigh_capsules(tina, preparation, ["178.9"] * 10)
    at_bench.check(tina, preparation, passed=False)
    at_bench.finish(tina, preparation, "100")
    with pytest.raises(NotReady, match="Not as expected: Appearance of the blend"):
        at_bench.release(paul, preparation)


def test_nothing_is_recorded_after_the_finish(at_bench: Bench, tina: Actor) -> None:
    preparation = at_bench.make(tina, FORMULA, "100")
    with pytest.raises(Refused):
        at_bench.weigh(tina, preparation, "drug", "523.4", "NAL-1", "late")
    with pytest.raises(Refused):
        at_bench.check(tina, preparation)


def test_every_recorded_row_says_who_and_within_what(db: Session, at_bench: Bench, tina: Actor) -> None:
    preparation = at_bench.plan(tina, FORMULA)
    at_bench.weigh_on_target(tina, preparation)
    rows = db.scalars(select(Weighing).where(Weighing.preparation_id == preparation)).all()
    assert {row.line for row in rows} == {"drug", "filler", "shells", "load-1"}
    assert all(row.person_id == tina.id and row.low <= row.target <= row.high for row in rows)
    lots = {row.line: row.lot_id for row in rows}
    assert lots["load-1"] is None
    assert lots["shells"] == at_bench.lots["shell-3"]
    assert at_bench.available("shell-3") == 900
    assert db.scalars(select(Lot.available).where(Lot.id == at_bench.lots["mcc"])).one() == Decimal("486775.3")
