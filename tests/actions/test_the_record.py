"""The record to the byte: exact forms, a chain that anyone can recompute, lawful gaps, and forgeries found by number."""

from __future__ import annotations

import tracemalloc
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from pharmacy.actions import record
from pharmacy.actions.acting import Conflict, Refused, Seen, acting, dispose
from pharmacy.actions.catalogue import Action, Actor, Role
from pharmacy.actions.models import DISPOSED, AuditBody, AuditEntry, genesis
from pharmacy.stock.models import Lot
from tests.actions.door import actions, bare, bodies, recount, tamper, verdict


def test_the_canonical_form_is_exact() -> None:
    east = timezone(timedelta(hours=1))
    value = {
        "ü": Decimal("4.50"),
        "a": [None, True, 7, Role.PHARMACIST, (date(2026, 11, 22),)],
        "t": datetime(2026, 1, 1, tzinfo=east),
        "b": b"",
        "Z": 'a "quoted" \\ line\nbreak',
    }
    assert record.canonical(value).decode() == (
        '{"Z":"a \\"quoted\\" \\\\ line\\nbreak","a":[null,true,7,"pharmacist",["2026-11-22"]],'
        '"b":{"sha256":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},'
        '"t":"2025-12-31T23:00:00.000000Z","ü":"4.50"}'
    )


@pytest.mark.parametrize(
    "inexact",
    [0.1, datetime(2026, 1, 1), Decimal("NaN"), Decimal("Infinity"), {1: 2}, {1, 2}, object(), [0.5]],  # noqa: DTZ001  it is refused for being naive
)
def test_what_has_no_exact_form_is_refused(inexact: object) -> None:
    with pytest.raises(TypeError, match="no exact form"):
        record.canonical(inexact)


def test_large_and_small_decimals_are_written_out() -> None:
    assert record.canonical([Decimal("1E+3"), Decimal("1E-7"), Decimal("-0.10")]) == b'["1000","0.0000001","-0.10"]'


def test_the_same_act_twice_has_two_digests_because_of_its_salt(db: Session, tina: Actor, lot: Seen[Lot]) -> None:
    for _ in range(2):
        with acting(db, tina, Action.CORRECT_COUNT, lot, reason="counted"):
            pass
    first, second = db.scalars(select(AuditBody)).all()
    assert first.content == second.content
    assert first.sha256 != second.sha256
    assert len(first.salt) == len(second.salt) == 16


def test_no_header_holds_what_a_body_holds(db: Session, tina: Actor, lot: Seen[Lot]) -> None:
    recount(db, tina, lot, "Bramblewick")
    entry = db.scalars(select(AuditEntry)).one()
    assert "Bramblewick" in bodies(db)[0]["changes"][0]["columns"]["supplier"]
    assert "Bramblewick" not in " ".join(str(value) for value in vars(entry).values())


# --- disposal ----------------------------------------------------------------------------------------------------


def test_disposed_bodies_leave_a_chain_that_verifies_and_a_gap_that_says_so(
    db: Session, engine: Engine, tina: Actor, paul: Actor, pia: Actor, lot: Seen[Lot]
) -> None:
    recount(db, tina, lot, "a note that names the patient")
    recount(db, paul, Seen(Lot, lot.id, 2), "another")
    dispose(db, pia, [1, 2], "retention time is over")
    found = verdict(engine)
    assert (found.entries, found.disposed, found.first_bad) == (3, 2, None)
    assert [done.body for done in record.history(db.connection(), "lot", lot.id)] == [None, None]
    with pytest.raises(Conflict) as conflict:
        recount(db, tina, lot, "late")
    assert [done.actor for done in conflict.value.since] == [tina.id, paul.id]  # by whom still stands
    assert "names the patient" not in record.canonical(bodies(db)).decode()


def test_only_the_pharmacist_in_charge_disposes_and_says_why(
    db: Session, tina: Actor, paul: Actor, pia: Actor, lot: Seen[Lot]
) -> None:
    recount(db, tina, lot, "x")
    with pytest.raises(Refused, match="pharmacist in charge"):
        dispose(db, paul, [1], "retention time is over")
    with pytest.raises(Refused, match="a reason"):
        dispose(db, pia, [1], " ")
    assert actions(db) == ["lot:correct-count", "attempt:refused", "attempt:refused"]
    assert len(bodies(db)) == 3


def test_a_body_cannot_go_unlisted(db: Session, engine: Engine, tina: Actor, lot: Seen[Lot]) -> None:
    recount(db, tina, lot, "x")
    unguarded = bare(engine)
    with pytest.raises(DBAPIError, match="append-only"), unguarded.begin() as connection:
        connection.exec_driver_sql("DELETE FROM audit_body")
    unguarded.dispose()


def test_listing_a_digest_under_another_act_is_no_disposal(
    db: Session, engine: Engine, tina: Actor, lot: Seen[Lot]
) -> None:
    recount(db, tina, lot, "x")
    digest = db.scalar(select(AuditEntry.body_sha256))
    with acting(db, tina, Action.CORRECT_COUNT, Seen(Lot), reason="counted") as opened:
        opened.concerns(DISPOSED, digest)
    tamper(engine, f"DELETE FROM audit_body WHERE sha256 = '{digest}'")
    found = verdict(engine)
    assert (found.first_bad, found.fault) == (1, "its body is missing and no disposal lists it")


# --- anyone can check it -----------------------------------------------------------------------------------------

_NTH = "(SELECT id FROM audit_entry WHERE n = {})"
_SHA = "(SELECT body_sha256 FROM audit_entry WHERE n = {})"
FORGERIES = {
    "another actor": ("UPDATE audit_entry SET actor = 3 WHERE n = 4", 4, "header"),
    "another role": ("UPDATE audit_entry SET role = 'pharmacist' WHERE n = 2", 2, "header"),
    "another action": ("UPDATE audit_entry SET action = 'lot:release' WHERE n = 6", 6, "header"),
    "another time": ("UPDATE audit_entry SET at = '2026-01-01T00:00:00.000000Z' WHERE n = 9", 9, "header"),
    "another hash": ("UPDATE audit_entry SET hash = previous WHERE n = 11", 11, "header"),
    "another previous": ("UPDATE audit_entry SET previous = hash WHERE n = 12", 12, "does not follow"),
    "a changed body": (f"UPDATE audit_body SET content = '{{}}' WHERE sha256 = {_SHA.format(5)}", 5, "body was altered"),
    "a changed byte": (
        f"UPDATE audit_body SET content = CAST(replace(CAST(content AS TEXT), '7', '8') AS BLOB) WHERE sha256 = {_SHA.format(7)}",
        7,
        "body was altered",
    ),
    "a changed salt": (f"UPDATE audit_body SET salt = zeroblob(16) WHERE sha256 = {_SHA.format(8)}", 8, "body was altered"),
    "a body as text": (
        f"UPDATE audit_body SET content = CAST(content AS TEXT) WHERE sha256 = {_SHA.format(1)}", 1, "body was altered",
    ),
    "a missing body": (f"DELETE FROM audit_body WHERE sha256 = {_SHA.format(6)}", 6, "no disposal lists it"),
    "another subject": (f"UPDATE audit_subject SET subject_id = '39' WHERE entry_id = {_NTH.format(7)}", 7, "subjects"),
    "one subject more": (f"INSERT INTO audit_subject VALUES ({_NTH.format(3)}, 'patient', '5')", 3, "subjects"),
    "one subject less": (f"DELETE FROM audit_subject WHERE entry_id = {_NTH.format(8)}", 8, "subjects"),
    "a missing entry": (
        f"DELETE FROM audit_subject WHERE entry_id = {_NTH.format(10)};DELETE FROM audit_entry WHERE n = 10",
        10,
        "missing",
    ),
    "a chain cut short": (
        f"DELETE FROM audit_subject WHERE entry_id = {_NTH.format(20)};DELETE FROM audit_entry WHERE n = 20", 20, "cut",
    ),
    "two entries changed round": (
        "UPDATE audit_entry SET n = -14 WHERE n = 14;UPDATE audit_entry SET n = n - 1 WHERE n = 15;UPDATE audit_entry SET n = 15 WHERE n = -14",
        14,
        "does not follow",
    ),
    "a head moved back": ("UPDATE audit_head SET n = 19, hash = previous", 20, ""),
    "a head that lies": (f"UPDATE audit_head SET hash = '{'0' * 64}'", 20, "differs from the hash"),
}  # fmt: skip


@pytest.fixture
def twenty(db: Session, tina: Actor, lots: list[int]) -> None:
    """Twenty entries about three lots."""
    for number in range(1, 21):
        recount(db, tina, Seen(Lot, lots[number % 3]), f"held {number}")


@pytest.mark.parametrize("forgery", [name for name in FORGERIES if name != "a head moved back"])
def test_verify_names_the_first_bad_entry(twenty: None, engine: Engine, forgery: str) -> None:
    before = verdict(engine)
    assert (before.entries, before.first_bad, before.fault) == (20, None, "")
    statements, n, fault = FORGERIES[forgery]
    tamper(engine, *statements.split(";"))
    found = verdict(engine)
    assert found.first_bad == n, found
    assert fault in found.fault
    assert found.entries == n - 1 or fault == "differs from the hash"


def test_of_two_forgeries_the_earlier_is_named(twenty: None, engine: Engine) -> None:
    tamper(engine, FORGERIES["another time"][0], FORGERIES["another actor"][0])
    assert verdict(engine).first_bad == 4


def test_nothing_can_be_appended_to_a_chain_whose_head_was_moved_back(
    twenty: None, db: Session, engine: Engine, tina: Actor, lot: Seen[Lot]
) -> None:
    tamper(engine, FORGERIES["a head moved back"][0])
    with pytest.raises(DBAPIError):
        recount(db, tina, Seen(Lot, lot.id), "x")


def test_a_chain_rebuilt_by_the_owner_of_the_file_differs_from_the_hash_kept_outside(
    twenty: None, engine: Engine
) -> None:
    kept = verdict(engine).head
    with engine.connect() as connection:
        assert record.verify(connection, "main", {20: kept}).first_bad is None
        assert record.verify(connection, "main", {7: "0" * 64}).first_bad == 7
        assert record.verify(connection, "main", {21: "0" * 64}).fault == "the chain was cut here"


def test_each_site_has_its_own_chain(db: Session, engine: Engine, tina: Actor, lots: list[int]) -> None:
    unguarded = bare(engine)
    with unguarded.begin() as connection:
        first = genesis("harbour")
        connection.exec_driver_sql(f"INSERT INTO audit_head VALUES ('harbour', 0, '', '{first}')")
    unguarded.dispose()
    recount(db, tina, Seen(Lot, lots[0]), "x")
    recount(db, Actor(tina.id, tina.roles, "harbour"), Seen(Lot, lots[0]), "y")
    with engine.connect() as connection:
        here, there = record.verify(connection, "main"), record.verify(connection, "harbour")
    assert (here.entries, there.entries) == (1, 1)
    assert here.head != there.head


def test_verify_needs_no_more_memory_for_a_longer_chain(
    db: Session, engine: Engine, tina: Actor, lots: list[int]
) -> None:
    peaks = []
    for length in (100, 400):
        for number in range(length):
            recount(db, tina, Seen(Lot, lots[0]), f"held {number}")
        verdict(engine)
        tracemalloc.start()
        assert verdict(engine).first_bad is None
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert max(peaks) < 250_000  # bytes; the longer chain itself is about half a megabyte


def test_an_instant_is_spelt_in_utc_to_the_microsecond() -> None:
    assert record.instant(datetime(2026, 11, 22, 9, 30, 0, 5, tzinfo=UTC)) == "2026-11-22T09:30:00.000005Z"
