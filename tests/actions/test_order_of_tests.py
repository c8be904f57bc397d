"""Under one lock: the one-time key, the subject read again, the permit, the version. Then the act."""

from __future__ import annotations

import sqlite3

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from pharmacy import clock
from pharmacy.actions.acting import AlreadyDone, Conflict, Refused, Seen, UnrecordedWrite, acting, view
from pharmacy.actions.catalogue import Action, Actor
from pharmacy.actions.models import Submission
from pharmacy.documents.models import Document
from pharmacy.prescriptions.models import Fill
from pharmacy.stock.models import Lot
from tests.actions.door import actions, bare, recount, verdict, verify_fill


def test_an_action_after_a_read_does_not_fail_although_another_writer_came_between(
    db: Session, engine: Engine, tina: Actor, lot: Seen[Lot]
) -> None:
    assert db.get_one(Lot, lot.id).supplier == "Example Supply Co"  # a read transaction is open now
    with Session(engine) as other:
        recount(other, tina, lot, "theirs")
    with acting(db, tina, Action.CORRECT_COUNT, Seen(Lot, lot.id), reason="counted") as opened:
        assert opened.subject.supplier == "theirs"  # read again, under the lock
        opened.subject.supplier = "ours"
    assert db.get_one(Lot, lot.id).version == 3


def test_another_version_is_a_conflict_that_says_what_was_done_since_and_by_whom(
    db: Session, paul: Actor, pia: Actor, fill: Seen[Fill]
) -> None:
    """Although the fill is no longer in the state for it: who came second has attempted nothing wrong."""
    view(db, pia, fill)
    verify_fill(db, paul, fill, "k1")
    with pytest.raises(Conflict) as conflict, acting(db, pia, Action.SEND_BACK_FILL, fill, reason="not ours"):
        pass
    (done,) = conflict.value.since
    assert (done.actor, done.action) == (paul.id, "fill:verify")
    assert done.moved("fill", int(fill.id or 0)) == [1, 2]
    assert actions(db) == ["subject:view", "fill:verify"]


def test_who_may_not_act_at_all_is_refused_and_learns_nothing_of_what_changed(
    db: Session, tina: Actor, paul: Actor, fill: Seen[Fill]
) -> None:
    verify_fill(db, paul, fill)
    with pytest.raises(Refused, match="done by: pharmacist"):
        verify_fill(db, tina, fill)


def test_a_conflict_tells_only_what_changed_the_row_oldest_first(
    db: Session, tina: Actor, paul: Actor, lot: Seen[Lot]
) -> None:
    recount(db, tina, lot, "first")
    view(db, paul, Seen(Lot, lot.id))
    recount(db, paul, Seen(Lot, lot.id, 2), "second")
    with pytest.raises(Conflict) as conflict:
        recount(db, tina, lot, "mine")
    assert [(done.actor, done.action) for done in conflict.value.since] == [
        (tina.id, "lot:correct-count"),
        (paul.id, "lot:correct-count"),
    ]
    (change,) = conflict.value.since[1].body["changes"]  # type: ignore[index,misc]
    assert change["columns"]["supplier"] == ["first", "second"]  # type: ignore[index]
    assert db.get_one(Lot, lot.id).supplier == "second"


def test_a_repeated_key_gets_the_first_answer_and_has_no_second_effect(
    db: Session, paul: Actor, fill: Seen[Fill]
) -> None:
    first = verify_fill(db, paul, fill, "k1")
    assert verify_fill(db, paul, fill, "k1") == first == {"fill": fill.id, "status": "verified"}
    assert actions(db) == ["fill:verify"]
    with pytest.raises(AlreadyDone), acting(db, paul, Action.VERIFY_FILL, fill, key="k1"):
        pass


def test_a_key_cannot_be_used_for_something_else(db: Session, paul: Actor, pia: Actor, fill: Seen[Fill]) -> None:
    verify_fill(db, paul, fill, "k1")
    with pytest.raises(Refused, match="key was used"):
        verify_fill(db, pia, fill, "k1")


def test_a_failed_action_gives_its_key_back(db: Session, tina: Actor, lot: Seen[Lot]) -> None:
    with pytest.raises(ZeroDivisionError), acting(db, tina, Action.CORRECT_COUNT, lot, reason="counted", key="k1"):
        _ = 1 // 0
    assert db.scalar(select(Submission.key)) is None
    assert recount(db, tina, lot, "x", "k1") == {"lot": lot.id, "note": "x"}


def test_when_the_body_of_an_action_raises_neither_change_nor_entry_remains(
    db: Session, tina: Actor, lot: Seen[Lot]
) -> None:
    with pytest.raises(ZeroDivisionError), acting(db, tina, Action.CORRECT_COUNT, lot, reason="counted") as opened:  # noqa: PT012  the act in its block is what raises
        opened.subject.supplier = "half done"
        db.flush()
        _ = 1 // 0
    assert db.get_one(Lot, lot.id).supplier == "Example Supply Co"
    assert actions(db) == []


def test_an_action_that_swallows_a_database_error_cannot_go_on(db: Session, tina: Actor, lot: Seen[Lot]) -> None:
    """The failed flush ended the transaction, and the lock and the checks with it."""
    with pytest.raises(UnrecordedWrite), acting(db, tina, Action.CORRECT_COUNT, lot, reason="counted") as opened:  # noqa: PT012  the act in its block is what raises
        opened.subject.supplier = "before"
        db.add(Document(sha256="2" * 64, media_type="x", content=b"", size=None, kept_at=clock.now()))  # type: ignore[arg-type]
        with pytest.raises(IntegrityError):
            db.flush()
        db.rollback()
        db.get_one(Lot, lot.id).supplier = "after"
    assert db.get_one(Lot, lot.id).supplier == "Example Supply Co"
    assert actions(db) == []


def test_a_session_that_met_a_locked_database_can_be_used_again(
    db: Session, engine: Engine, tina: Actor, lot: Seen[Lot]
) -> None:
    db.connection().exec_driver_sql("SELECT 1")
    db.rollback()
    other = sqlite3.connect(str(engine.url.database), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    engine.pool.dispose()
    impatient = bare(engine)
    with impatient.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=1")
        with Session(connection) as session, pytest.raises((OperationalError, sqlite3.OperationalError)):
            recount(session, tina, lot, "while locked")
    other.execute("ROLLBACK")
    other.close()
    impatient.dispose()
    assert recount(db, tina, lot, "afterwards")
    assert verdict(engine).entries == 1
