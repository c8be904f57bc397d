"""One action is one entry: every row with was and now, frozen content by digest, found under all it touches."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from pharmacy import clock
from pharmacy.accounts.models import HeldForm, Person, SignInFailure
from pharmacy.actions import record
from pharmacy.actions.acting import Missing, Seen, acting
from pharmacy.actions.catalogue import Action, Actor
from pharmacy.actions.models import AuditEntry, AuditSubject
from pharmacy.documents.models import Document
from pharmacy.prescriptions.models import Fill
from pharmacy.stock.models import Lot, StockMovement
from tests import factories
from tests.actions.door import actions, bodies, recount, verdict, verify_fill


def test_one_action_on_eight_lots_is_one_entry_with_eight_rows(db: Session, tina: Actor, lots: list[int]) -> None:
    with acting(db, tina, Action.CORRECT_COUNT, Seen(Lot), reason=" supplier recall ") as opened:
        for row in db.scalars(select(Lot)):
            row.supplier = "recalled"
            opened.concerns("patient", 77)
    (body,) = bodies(db)
    assert body["reason"] == "supplier recall"
    assert len(body["changes"]) == 8
    assert body["changes"][6] == {
        "table": "lot",
        "id": lots[6],
        "op": "update",
        "columns": {"supplier": ["Example Supply Co", "recalled"], "version": [1, 2]},
    }
    assert db.scalar(select(func.count()).select_from(AuditSubject)) == 9
    assert verdict(db.get_bind()).first_bad is None  # type: ignore[arg-type]


def test_several_flushes_keep_the_first_was_and_a_value_that_went_back_is_no_change(
    db: Session, tina: Actor, lots: list[int]
) -> None:
    with acting(db, tina, Action.CORRECT_COUNT, Seen(Lot, lots[0], 1), reason="counted") as opened:
        for note in ("held", "recalled"):
            opened.subject.supplier = note
            db.flush()
        other = db.get_one(Lot, lots[1])
        other.supplier = "somebody else"
        db.flush()
        other.supplier = "Example Supply Co"
    first, second = bodies(db)[0]["changes"]
    assert first["columns"] == {"supplier": ["Example Supply Co", "recalled"], "version": [1, 2]}
    assert second["columns"] == {"version": [1, 2]}


def test_a_new_row_is_recorded_with_its_id_and_every_column(db: Session, tina: Actor, lot: Seen[Lot]) -> None:
    with acting(db, tina, Action.CORRECT_COUNT, lot, reason="counted") as opened:
        opened.subject.available = Decimal("24999.50")
        moved = StockMovement(
            lot_id=lot.id,
            kind="corrected",
            quarantined_change=Decimal(0),
            available_change=Decimal("-0.50"),
            person_id=tina.id,
            at=clock.now(),
        )
        db.add(moved)
    changed, made = bodies(db)[0]["changes"]
    assert changed["columns"] == {"available": ["25000", "24999.50"], "version": [1, 2]}
    assert (made["table"], made["id"], made["op"]) == ("stock_movement", moved.id, "insert")
    assert made["columns"]["available_change"] == [None, "-0.50"]
    assert set(made["columns"]) == {column.name for column in StockMovement.__table__.columns} - {"id", "for_id"}


def test_frozen_columns_are_recorded_by_their_digest_alone(db: Session, tina: Actor) -> None:
    row = db.get_one(Person, tina.id)
    was = row.password_hash
    with acting(db, tina, Action.SET_OWN_SECRET, Seen(Person, tina.id)) as opened:
        opened.subject.password_hash = "another hash"
        db.add(Document(sha256="0" * 64, media_type="text/plain", content=b"abc", size=3, kept_at=clock.now()))
    document, person = bodies(db)[0]["changes"]
    assert person["columns"]["password_hash"] == [record.fingerprint(was), record.fingerprint("another hash")]
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # FIPS 180-4's own example, "abc"
    assert document["id"] == "0" * 64
    assert document["columns"]["content"] == [None, {"sha256": digest}]
    assert was not in record.canonical(bodies(db)).decode()


def test_a_deleted_row_is_recorded_with_what_it_held(db: Session, adam: Actor, tina: Actor) -> None:
    with acting(db, adam, Action.CHANGE_PERSON, Seen(Person, tina.id), reason="on leave") as opened:
        (role,) = opened.subject.roles
        opened.subject.roles.remove(role)
    gone = next(change for change in bodies(db)[0]["changes"] if change["op"] == "delete")
    assert gone["table"] == "person_role"
    assert gone["columns"] == {"person_id": [tina.id, None], "role": ["technician", None]}


def test_a_row_deleted_unread_is_recorded_with_what_it_held(db: Session, raw: Engine, tina: Actor) -> None:
    """Also what was frozen, by its digest."""
    held = factories.put(raw, HeldForm, person_id=tina.id, path="/patients/new", content="[]", held_at=factories.NOW)
    row = db.get_one(HeldForm, held)
    db.rollback()  # what was read is expired now
    with acting(db, tina, Action.RETURN_FORM, Seen(HeldForm)):
        db.delete(row)
    (gone,) = bodies(db)[0]["changes"]
    assert (gone["op"], gone["id"]) == ("delete", held)
    assert gone["columns"]["content"] == [record.fingerprint("[]"), None]
    assert gone["columns"]["path"] == ["/patients/new", None]
    assert gone["columns"]["held_at"] == ["2026-11-23T09:00:00.000000Z", None]


def test_an_expired_attribute_that_is_set_blindly_still_records_what_was(
    db: Session, tina: Actor, lots: list[int]
) -> None:
    row = db.get_one(Lot, lots[2])
    with acting(db, tina, Action.CORRECT_COUNT, Seen(Lot), reason="counted"):
        row.supplier = "held"
    assert bodies(db)[0]["changes"][0]["columns"]["supplier"] == ["Example Supply Co", "held"]


def test_a_row_that_came_and_went_within_an_action_is_no_change(db: Session, tina: Actor, lot: Seen[Lot]) -> None:
    with acting(db, tina, Action.CORRECT_COUNT, Seen(Lot), reason="counted"):
        mistyped = SignInFailure(account="tina", address="127.0.0.1", at=clock.now())
        db.add(mistyped)
        db.flush()
        db.delete(mistyped)
    assert bodies(db)[0]["changes"] == []


def test_rows_added_in_bulk_are_recorded_like_any_other(db: Session, tina: Actor, lot: Seen[Lot]) -> None:
    row = {"lot_id": lot.id, "kind": "wasted", "quarantined_change": Decimal(0), "person_id": 1, "at": clock.now()}
    with acting(db, tina, Action.WASTE_LOT, lot, reason="spilled") as opened:
        made = opened.add_rows(StockMovement, [row | {"available_change": Decimal(-n)} for n in (1, 2)])
        assert opened.add_rows(StockMovement, []) == []
    changes = [change for change in bodies(db)[0]["changes"] if change["table"] == "stock_movement"]
    assert [change["id"] for change in changes] == made
    assert [change["columns"]["available_change"] for change in changes] == [[None, "-1"], [None, "-2"]]


def test_an_action_that_changes_nothing_leaves_the_version_where_it_was(
    db: Session, tina: Actor, lot: Seen[Lot]
) -> None:
    with acting(db, tina, Action.CORRECT_COUNT, lot, reason="counted, it agrees"):
        pass
    assert db.get_one(Lot, lot.id).version == 1
    assert bodies(db)[0] == {"changes": [], "context": {}, "reason": "counted, it agrees"}


def test_an_entry_is_found_under_every_subject_it_touches(db: Session, paul: Actor, fill: Seen[Fill]) -> None:
    verify_fill(db, paul, fill)
    for kind, subject_id in (("patient", 77), ("fill", fill.id)):
        assert next(record.history(db.connection(), kind, subject_id)).action == "fill:verify"


def test_the_history_of_a_subject_is_newest_first(db: Session, tina: Actor, lot: Seen[Lot]) -> None:
    for number in (1, 2, 3):
        recount(db, tina, Seen(Lot, lot.id, number), f"note {number}")
    assert [done.n for done in record.history(db.connection(), "lot", lot.id)] == [3, 2, 1]


def test_an_act_on_what_is_not_there_leaves_no_entry(db: Session, tina: Actor) -> None:
    with pytest.raises(Missing, match="no lot 4711"):
        recount(db, tina, Seen(Lot, 4711), "x")
    assert actions(db) == []


def test_the_role_of_an_entry_is_the_one_that_permitted_it(
    db: Session, pia: Actor, raw: object, lots: list[int]
) -> None:
    """Pia is a pharmacist and in charge: she counts as a pharmacist and sets policy as the one in charge."""
    recount(db, pia, Seen(Lot, lots[0]), "x")
    with acting(db, pia, Action.SET_POLICY, Seen(Lot), reason="as agreed"):
        pass
    assert list(db.scalars(select(AuditEntry.role).order_by(AuditEntry.n))) == ["pharmacist", "pharmacist in charge"]
