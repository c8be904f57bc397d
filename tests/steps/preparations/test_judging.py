"""Release and rejection: by whom, signed, and what becomes of lot, ingredients and fills."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from pharmacy.actions import acting as door
from pharmacy.actions.acting import Refused
from pharmacy.actions.catalogue import Action, Actor
from pharmacy.actions.models import AuditEntry
from pharmacy.errors import NotReady, PharmacyError
from pharmacy.log import queries as log
from pharmacy.log.queries import Filters
from pharmacy.log.sentences import tell
from pharmacy.premises import service as premises
from pharmacy.preparations import queries, service
from pharmacy.preparations.record import compounding_record
from pharmacy.prescriptions.models import Fill
from tests import factories
from tests.steps.preparations.worktop import Bench, day, sign

FORMULA = "capsule 4.5"


def fill_status(db: Session, fill_id: int) -> str:
    found = db.scalars(select(Fill.status).where(Fill.id == fill_id)).one()
    db.rollback()
    return found


def test_a_pharmacist_cannot_release_her_own_preparation(db: Session, at_bench: Bench, paul: Actor, pia: Actor) -> None:
    preparation = at_bench.make(paul, FORMULA, "100")
    with pytest.raises(Refused, match="whoever prepared it"):
        at_bench.release(paul, preparation)
    at_bench.release(pia, preparation)
    assert queries.preparation(db, preparation).judged_by == pia.id


def test_whoever_weighed_one_line_or_recorded_one_check_made_some_of_it(
    db: Session, at_bench: Bench, tina: Actor, paul: Actor, pia: Actor
) -> None:
    preparation = at_bench.plan(tina, FORMULA)
    at_bench.weigh(paul, preparation, "drug", "523.4", "NAL-1")
    at_bench.weigh_on_target(tina, preparation)
    at_bench.weigh_capsules(tina, preparation, ["178.9"] * 10)
    at_bench.check(pia, preparation)
    at_bench.finish(tina, preparation, "100")
    assert queries.preparation(db, preparation).made_by == [paul.id, tina.id, pia.id]
    for actor in (paul, pia):
        with pytest.raises(Refused):
            at_bench.release(actor, preparation)


def test_alone_with_a_reason_where_the_policy_allows_it(db: Session, at_bench: Bench, paul: Actor) -> None:
    preparation = at_bench.make(paul, FORMULA, "100")
    with pytest.raises(PharmacyError, match="another pharmacist"):
        premises.solo(db, "the colleague is ill")
    at_bench.set_policy("solo_mode", "yes")
    at_bench.release(paul, preparation, solo=premises.solo(db, "the colleague is ill"))
    assert queries.preparation(db, preparation).status == "released"


def test_a_technician_releases_nothing(at_bench: Bench, tina: Actor, paul: Actor) -> None:
    preparation = at_bench.make(paul, FORMULA, "100")
    with pytest.raises(Refused):
        at_bench.release(tina, preparation)
    with pytest.raises(Refused):
        at_bench.reject(tina, preparation)


def test_a_release_is_signed_by_the_one_who_releases(at_bench: Bench, tina: Actor, paul: Actor, pia: Actor) -> None:
    preparation = at_bench.make(tina, FORMULA, "100")
    with pytest.raises(Refused, match="signature"):
        service.release_preparation(at_bench.db, paul, at_bench.seen(preparation), sign(pia))


def test_nothing_is_released_before_the_finish(at_bench: Bench, tina: Actor, paul: Actor) -> None:
    preparation = at_bench.plan(tina, FORMULA)
    with pytest.raises(Refused):
        at_bench.release(paul, preparation)


def test_a_lot_past_its_beyond_use_date_is_not_released(at_bench: Bench, tina: Actor, paul: Actor, db: Session) -> None:
    preparation = at_bench.make(tina, FORMULA, "100")
    last = queries.preparation(db, preparation).beyond_use
    assert last is not None
    with day(last.fromordinal(last.toordinal() + 1)), pytest.raises(NotReady, match="past its beyond-use date"):
        at_bench.release(paul, preparation)


def test_a_rejected_lot_is_destroyed_its_ingredients_stay_consumed_and_its_fills_go_back(
    db: Session, at_bench: Bench, tina: Actor, paul: Actor
) -> None:
    fill = at_bench.put_fill()
    preparation = at_bench.make(tina, FORMULA, "100", fills=(fill,), for_stock=Decimal(70))
    assert fill_status(db, fill) == "to prepare"
    left = at_bench.available("naltrexone-hcl")
    at_bench.reject(paul, preparation, "specks in the blend")
    made = queries.preparation(db, preparation)
    assert made.status == "rejected"
    assert made.judgement == "specks in the blend"
    assert made.lot is not None
    assert (made.lot.status, made.lot.quarantined, made.lot.available) == ("rejected", Decimal(0), Decimal(0))
    assert at_bench.balance_of_columns(made.lot.id) == (Decimal(0), Decimal(0))
    assert at_bench.available("naltrexone-hcl") == left == Decimal("24476.6")
    assert fill_status(db, fill) == "accepted"
    assert queries.for_fill(db, fill) is None
    at_bench.plan(tina, FORMULA, fills=(fill,))


def test_work_in_progress_can_be_rejected_and_what_was_weighed_stays_consumed(
    db: Session, at_bench: Bench, tina: Actor, paul: Actor
) -> None:
    fill = at_bench.put_fill()
    preparation = at_bench.plan(tina, FORMULA, fills=(fill,), for_stock=Decimal(70))
    at_bench.weigh(tina, preparation, "drug", "523.4", "NAL-1")
    at_bench.reject(paul, preparation, "the jar fell")
    assert at_bench.available("naltrexone-hcl") == Decimal("24476.6")
    assert fill_status(db, fill) == "accepted"
    assert queries.preparation(db, preparation).lot is None


def test_a_fill_that_left_in_the_meantime_is_left_alone(db: Session, at_bench: Bench, tina: Actor, paul: Actor) -> None:
    fill = at_bench.put_fill()
    preparation = at_bench.plan(tina, FORMULA, fills=(fill,))
    factories.change(at_bench.raw, Fill, fill, status="cancelled")
    at_bench.reject(paul, preparation)
    assert fill_status(db, fill) == "cancelled"


def test_whoever_planned_a_lot_wrongly_gives_it_up_before_anything_is_weighed(
    db: Session, at_bench: Bench, tina: Actor
) -> None:
    fill = at_bench.put_fill()
    preparation = at_bench.plan(tina, FORMULA, fills=(fill,), for_stock=Decimal(70))
    assert fill_status(db, fill) == "to prepare"
    at_bench.give_up(tina, preparation, "meant 100, not 70")
    made = queries.preparation(db, preparation)
    assert (made.status, made.judgement, made.lot) == ("given up", "meant 100, not 70", None)
    assert at_bench.available("naltrexone-hcl") == Decimal(25_000)
    assert fill_status(db, fill) == "accepted"
    assert queries.for_fill(db, fill) is None
    assert compounding_record(db, preparation).judged.startswith("Given up, nothing of it weighed, by Tina Mallow, ")
    told = tell(db, log.entries(db, Filters(action=Action.GIVE_UP_PREPARATION)))[0]
    assert told.sentence == f"Tina Mallow gave up preparation {made.number} before anything of it was weighed."
    assert told.reason == "meant 100, not 70"
    with pytest.raises(Refused, match="given up"):
        at_bench.weigh(tina, preparation, "drug", "523.4", "NAL-1")
    at_bench.plan(tina, FORMULA, fills=(fill,))


def test_nobody_else_gives_it_up_and_nobody_once_something_is_weighed(
    db: Session, at_bench: Bench, tina: Actor, paul: Actor
) -> None:
    preparation = at_bench.plan(tina, FORMULA)
    with pytest.raises(Refused, match="whoever planned it gives it up"):
        at_bench.give_up(paul, preparation, "looks wrong")
    with pytest.raises(Refused, match="reason"):
        at_bench.give_up(tina, preparation, " ")
    at_bench.weigh(tina, preparation, "drug", "523.4", "NAL-1")
    with pytest.raises(Refused, match="is in progress; this is done while it is planned"):
        at_bench.give_up(tina, preparation, "too late")
    assert queries.preparation(db, preparation).status == "in progress"


def test_a_rejection_needs_a_reason(at_bench: Bench, tina: Actor, paul: Actor) -> None:
    preparation = at_bench.plan(tina, FORMULA)
    with pytest.raises(Refused, match="reason"):
        at_bench.reject(paul, preparation, "  ")


@pytest.mark.parametrize("stage", ["plan", "weigh", "finish", "release", "reject"])
def test_killed_before_the_commit_there_is_neither_change_nor_entry(
    db: Session, at_bench: Bench, tina: Actor, paul: Actor, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    fill = at_bench.put_fill()
    preparation = 0 if stage == "plan" else at_bench.plan(tina, FORMULA, fills=(fill,), for_stock=Decimal(70))
    if stage in {"finish", "release", "reject"}:
        at_bench.weigh_on_target(tina, preparation)
        at_bench.weigh_capsules(tina, preparation, ["178.9"] * 10)
        at_bench.check(tina, preparation)
    if stage in {"release", "reject"}:
        at_bench.finish(tina, preparation, "100")
    verbs = {
        "plan": lambda: at_bench.plan(tina, FORMULA, fills=(fill,)),
        "weigh": lambda: at_bench.weigh(tina, preparation, "drug", "523.4", "NAL-1"),
        "finish": lambda: at_bench.finish(tina, preparation, "100"),
        "release": lambda: at_bench.release(paul, preparation),
        "reject": lambda: at_bench.reject(paul, preparation),
    }
    before = _everything(db, at_bench, preparation, fill)
    with monkeypatch.context() as patched:
        patched.setattr(door.record, "append", _killed)
        with pytest.raises(KeyboardInterrupt):
            verbs[stage]()
    assert _everything(db, at_bench, preparation, fill) == before


def _killed(*_: object) -> None:
    raise KeyboardInterrupt


def _everything(db: Session, at_bench: Bench, preparation: int, fill: int) -> tuple[object, ...]:
    db.expire_all()
    rows = [(one.id, one.status, one.version, one.lot_id) for one in queries.open_preparations(db)]
    weighed = len(queries.weighings(db, preparation))
    entries = len(db.scalars(select(AuditEntry.n)).all())
    return rows, weighed, entries, fill_status(db, fill), at_bench.available("naltrexone-hcl")
