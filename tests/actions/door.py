"""What the tests of the door share: small verbs on real rows, reading the record back, and what a forger does."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from pharmacy import clock
from pharmacy.actions import record
from pharmacy.actions.acting import Seen, acting, answered
from pharmacy.actions.catalogue import Action, Actor, Signature, Solo
from pharmacy.actions.models import AuditBody, AuditEntry, triggers
from pharmacy.actions.record import Plain
from pharmacy.db import make_engine
from pharmacy.domain.workflow import Status
from pharmacy.prescriptions.models import Fill
from pharmacy.stock.models import Lot


def signed(actor: Actor) -> Signature:
    """The actor's own signature, now."""
    return Signature(actor.id, "password", clock.now())


@answered
def recount(db: Session, actor: Actor, seen: Seen[Lot], note: str, key: str | None = None) -> Plain:
    """An act of one change: the lot's supplier is written anew."""
    with acting(db, actor, Action.CORRECT_COUNT, seen, reason="counted", key=key) as opened:
        opened.subject.supplier = note
        opened.answer = {"lot": opened.subject.id, "note": note}
    return opened.answer


@answered
def verify_fill(
    db: Session,
    actor: Actor,
    seen: Seen[Fill],
    key: str | None = None,
    *,
    solo: Solo | None = None,
    signature: Signature | None = None,
) -> Plain:
    """The pharmacist's final check, as far as the door is concerned."""
    signature = signature or signed(actor)
    with acting(db, actor, Action.VERIFY_FILL, seen, key=key, signature=signature, solo=solo) as opened:
        opened.subject.become(Status.VERIFIED, clock.now())
        opened.concerns("patient", 77)
        opened.answer = {"fill": opened.subject.id, "status": opened.subject.status}
    return opened.answer


def bodies(db: Session) -> list[dict[str, Any]]:
    """Every body that is there, in the order of the entries."""
    wanted = (
        select(AuditBody.content).join(AuditEntry, AuditEntry.body_sha256 == AuditBody.sha256).order_by(AuditEntry.n)
    )
    return [json.loads(content) for content in db.scalars(wanted)]


def actions(db: Session) -> list[str]:
    """What was done, in order."""
    db.rollback()  # a read transaction goes on seeing what was there when it began
    return list(db.scalars(select(AuditEntry.action).order_by(AuditEntry.n)))


def verdict(engine: Engine) -> record.Verdict:
    """The whole chain recomputed, a few entries at a time so that pages are crossed."""
    with engine.connect() as connection:
        return record.verify(connection, "main", batch=7)


def bare(engine: Engine) -> Engine:
    """An engine on the same file without the guard: what anything else on the machine could open."""
    return make_engine(engine.url.render_as_string(hide_password=False))


def tamper(engine: Engine, *statements: str) -> None:
    """What someone with the file can do: drop the triggers and rewrite."""
    unguarded = bare(engine)
    with unguarded.begin() as connection:
        for name in triggers():
            if "_no_" in name:
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.exec_driver_sql(statement)
    unguarded.dispose()
