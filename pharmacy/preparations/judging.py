"""Release and rejection, signed by a pharmacist; and giving up what was planned wrongly and never begun."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from pharmacy import clock
from pharmacy.actions.acting import Opened, Seen, acting, answered
from pharmacy.actions.catalogue import Action, Actor, Signature, Solo
from pharmacy.actions.record import Plain
from pharmacy.domain.workflow import NOT_MADE, Making, Status
from pharmacy.errors import NotReady
from pharmacy.preparations import outcome
from pharmacy.preparations.models import Preparation, PreparationFill
from pharmacy.preparations.rows import checks_of, concern
from pharmacy.prescriptions.models import Fill
from pharmacy.stock import service as stock
from pharmacy.stock.models import Lot


def release_preparation(
    db: Session,
    actor: Actor,
    seen: Seen[Preparation],
    signature: Signature,
    note: str = "",
    key: str | None = None,
    solo: Solo | None = None,
) -> None:
    """Release the lot: by a pharmacist who made none of it (or alone, in solo mode, with a reason).

    Refused while the delivered strength is outside its limits, a check did not pass, or the beyond-use date is past.
    """
    _release_preparation(db, actor, seen, signature, note, key, solo)


@answered
def _release_preparation(
    db: Session,
    actor: Actor,
    seen: Seen[Preparation],
    signature: Signature,
    note: str,
    key: str | None,
    solo: Solo | None,
) -> Plain:
    with acting(
        db, actor, Action.RELEASE_PREPARATION, seen, reason=note, key=key, signature=signature, solo=solo
    ) as opened:
        preparation = opened.subject
        why_not = outcome.why_not_released(
            outcome.Outcome.from_json(preparation.result), tuple(checks_of(db, preparation.id).values())
        )
        if why_not:
            raise NotReady(why_not)
        assert preparation.lot_id is not None
        stock.release_made(opened, db.get_one(Lot, preparation.lot_id))
        _judge(opened, Making.RELEASED, note)
        opened.answer = preparation.id
    return opened.answer


def reject_preparation(
    db: Session, actor: Actor, seen: Seen[Preparation], reason: str, signature: Signature, key: str | None = None
) -> None:
    """Reject it: what was made is destroyed on record, its ingredients stay consumed, its fills are accepted again."""
    _reject_preparation(db, actor, seen, reason, signature, key)


@answered
def _reject_preparation(
    db: Session, actor: Actor, seen: Seen[Preparation], reason: str, signature: Signature, key: str | None
) -> Plain:
    with acting(db, actor, Action.REJECT_PREPARATION, seen, reason=reason, key=key, signature=signature) as opened:
        preparation = opened.subject
        if preparation.lot_id is not None:
            stock.reject_made(opened, db.get_one(Lot, preparation.lot_id), opened.reason)
        _let_fills_go(db, preparation)
        _judge(opened, Making.REJECTED, reason)
        opened.answer = preparation.id
    return opened.answer


def give_up_preparation(
    db: Session, actor: Actor, seen: Seen[Preparation], reason: str, key: str | None = None
) -> None:
    """Give up a lot that was planned wrongly: by whoever planned it, while nothing of it is weighed; its fills wait again."""
    _give_up_preparation(db, actor, seen, reason, key)


@answered
def _give_up_preparation(db: Session, actor: Actor, seen: Seen[Preparation], reason: str, key: str | None) -> Plain:
    with acting(db, actor, Action.GIVE_UP_PREPARATION, seen, reason=reason, key=key) as opened:
        preparation = opened.subject
        _let_fills_go(db, preparation)
        _judge(opened, Making.GIVEN_UP, reason)
        opened.answer = preparation.id
    return opened.answer


def _let_fills_go(db: Session, preparation: Preparation) -> None:
    """Its fills are accepted again, but for those that have left, or are made elsewhere too."""
    waiting = (
        select(Fill)
        .join(PreparationFill, PreparationFill.fill_id == Fill.id)
        .where(PreparationFill.preparation_id == preparation.id, Fill.status == Status.TO_PREPARE.value)
    )
    for fill in db.scalars(waiting):
        if not _is_made_elsewhere(db, fill.id, preparation.id):
            fill.become(Status.ACCEPTED, clock.now())


def _is_made_elsewhere(db: Session, fill_id: int, but: int) -> bool:
    """Whether another preparation that still stands is for this fill too (it was amended and planned again)."""
    other = (
        select(PreparationFill.id)
        .join(Preparation, Preparation.id == PreparationFill.preparation_id)
        .where(PreparationFill.fill_id == fill_id, Preparation.id != but, Preparation.status.not_in(NOT_MADE))
    )
    return db.scalar(other.limit(1)) is not None


def _judge(opened: Opened[Preparation], then: Making, judgement: str) -> None:
    preparation = opened.subject
    preparation.judged_by, preparation.judged_at = opened.actor.id, clock.now()
    preparation.judgement = judgement.strip()
    preparation.become(then, clock.now())
    concern(opened, preparation)
