"""Looking is recorded once a quarter of an hour; a simulated time is recorded in a demonstration alone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.orm import Session

from pharmacy import clock
from pharmacy.actions.acting import Refused, Seen, UnrecordedWrite, acting, is_demonstration, view
from pharmacy.actions.catalogue import PROGRAM, Action, Actor
from pharmacy.actions.models import AuditEntry
from pharmacy.prescriptions.models import Fill
from pharmacy.stock.models import Lot
from tests.actions.door import actions, recount, verify_fill

SOME_DAY = datetime(2026, 10, 1, 8, 0, tzinfo=UTC)


def test_a_view_is_recorded_once_per_person_subject_and_quarter_of_an_hour(
    db: Session, paul: Actor, pia: Actor, fill: Seen[Fill]
) -> None:
    shown = db.get_one(Fill, fill.id)
    for minute, actor in [(0, paul), (14, paul), (14, pia), (15, paul), (29, paul)]:
        with time_machine.travel(datetime(2026, 11, 22, 9, minute, tzinfo=UTC), tick=False):
            view(db, actor, fill)
    assert shown.version == fill.version  # looking moves nothing
    assert "status" in shown.__dict__  # and expires nothing that is on the page
    assert actions(db) == ["subject:view"] * 3


def test_two_subjects_are_two_views(db: Session, paul: Actor, lots: list[int]) -> None:
    with time_machine.travel(SOME_DAY, tick=False):
        for lot in lots[:2]:
            view(db, paul, Seen(Lot, lot))
    assert actions(db) == ["subject:view"] * 2


def test_who_may_not_look_is_refused_on_record(db: Session, adam: Actor, fill: Seen[Fill]) -> None:
    with pytest.raises(Refused, match="pharmacist or technician or auditor"):
        view(db, adam, fill)
    assert actions(db) == ["attempt:refused"]


def test_an_entry_bears_the_instant_in_utc(db: Session, tina: Actor, lot: Seen[Lot]) -> None:
    with time_machine.travel(datetime(2026, 11, 22, 9, 30, tzinfo=UTC), tick=False):
        recount(db, tina, lot, "x")
    assert db.scalar(select(AuditEntry.at)) == "2026-11-22T09:30:00.000000Z"


def test_a_simulated_time_is_refused_where_no_demonstration_began(db: Session, tina: Actor, lot: Seen[Lot]) -> None:
    with clock.simulated(SOME_DAY), pytest.raises(UnrecordedWrite, match="simulated"):
        recount(db, tina, lot, "x")
    assert actions(db) == []
    assert db.get_one(Lot, lot.id).version == 1


def test_not_even_a_refusal_is_recorded_at_a_simulated_time(db: Session, tina: Actor, fill: Seen[Fill]) -> None:
    with clock.simulated(SOME_DAY), pytest.raises(UnrecordedWrite, match="simulated"):
        verify_fill(db, tina, fill)
    assert actions(db) == []


def test_a_demonstration_is_the_first_entry_or_none(db: Session, tina: Actor, lot: Seen[Lot]) -> None:
    recount(db, tina, lot, "a real count")
    with (
        clock.simulated(SOME_DAY),
        pytest.raises(UnrecordedWrite, match="simulated"),
        acting(db, PROGRAM, Action.DEMONSTRATE, Seen(Lot)),
    ):
        pass
    assert not is_demonstration(db)
    assert actions(db) == ["lot:correct-count"]


def test_in_a_demonstration_the_simulated_time_is_recorded(db: Session, tina: Actor, lot: Seen[Lot]) -> None:
    with clock.simulated(SOME_DAY):
        with acting(db, PROGRAM, Action.DEMONSTRATE, Seen(Lot)) as opened:
            opened.context["said"] = "demonstration, times simulated"
        recount(db, tina, lot, "x")
    assert is_demonstration(db)
    assert set(db.scalars(select(AuditEntry.at))) == {"2026-10-01T08:00:00.000000Z"}
