"""Another process at the same database: ``python -m tests.actions.writer MODE DATABASE LOT …``."""

from __future__ import annotations

import os
import signal
import sys

from sqlalchemy import event, select
from sqlalchemy.orm import Session

from pharmacy.actions.acting import Seen, acting, guard
from pharmacy.actions.catalogue import Action, Actor, Role
from pharmacy.actions.models import AuditEntry
from pharmacy.clock import now
from pharmacy.db import make_engine
from pharmacy.domain.quantity import parse_decimal
from pharmacy.migrations import tables
from pharmacy.stock.models import Lot, StockMovement

TINA = Actor.of(1, frozenset({Role.TECHNICIAN}), "Tina Mallow")
assert tables.STEPS  # every table is known, as in the program: a lot points to its certificate
ONE_MG = parse_decimal("1")


def take_one(db: Session, lot_id: int) -> None:
    """Waste 1 mg: the lot, its movement and the entry change together."""
    with acting(db, TINA, Action.WASTE_LOT, Seen(Lot, lot_id), reason="a test", key=os.urandom(8).hex()) as opened:
        opened.subject.available -= ONE_MG
        db.flush()
        db.add(
            StockMovement(
                lot_id=lot_id,
                kind="wasted",
                quarantined_change=ONE_MG - ONE_MG,
                available_change=-ONE_MG,
                person_id=TINA.id,
                at=now(),
            )
        )
        opened.answer = lot_id


def many(database: str, lot_id: int, times: int) -> None:
    """Take 1 mg so many times; say when the first is done."""
    engine = guard(make_engine(f"sqlite:///{database}"))
    for number in range(times):
        with Session(engine) as db:
            take_one(db, lot_id)
        if number == 0:
            sys.stdout.write("ready\n")
            sys.stdout.flush()


def die(database: str, lot_id: int) -> None:
    """Be killed before the first statement of an action, before the second, … and before its commit; then live.

    Writes a line for each: the blow, and what the database holds after it (version, amount, movements, entries).
    """
    blow, died = 0, True
    while died:
        blow += 1
        child = os.fork()
        if child == 0:
            _act_until(database, lot_id, blow)
        died = os.waitpid(child, 0)[1] == signal.SIGKILL
        engine = make_engine(f"sqlite:///{database}")
        with Session(engine) as db:
            lot = db.get_one(Lot, lot_id)
            moved = len(db.scalars(select(StockMovement.id).where(StockMovement.kind == "wasted")).all())
            entries = len(db.scalars(select(AuditEntry.id)).all())
            sys.stdout.write(f"{blow} {int(died)} {lot.version} {25000 - lot.available} {moved} {entries}\n")
        engine.dispose()


def _act_until(database: str, lot_id: int, blow: int) -> None:
    engine = guard(make_engine(f"sqlite:///{database}"))
    left = blow

    def strike(*_: object) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(engine, "before_cursor_execute", strike)
    event.listen(engine, "commit", strike)
    try:
        with Session(engine) as db:
            take_one(db, lot_id)
        os._exit(0)
    finally:
        os._exit(1)


if __name__ == "__main__":
    mode, database, lot, *more = sys.argv[1:]
    if mode == "many":
        many(database, int(lot), int(*more))
    else:
        die(database, int(lot))
