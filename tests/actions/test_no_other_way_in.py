"""Without an open action nothing is written; inside one, nothing that the record would not see."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import Engine, func, insert, select, text, update
from sqlalchemy.orm import Session

from pharmacy.actions.acting import Seen, UnrecordedWrite, acting, guard
from pharmacy.actions.catalogue import Action, Actor
from pharmacy.actions.models import AuditEntry, check_triggers, triggers
from pharmacy.premises.models import Counter
from pharmacy.stock.models import Lot
from tests.actions.door import actions, bare, recount

_counter = {"name": "x", "last": 1}
WAYS_AROUND: dict[str, Callable[[Session], object]] = {
    "flush": lambda db: (db.add(Counter(**_counter)), db.flush()),
    "changed row": lambda db: (setattr(db.scalars(select(Lot)).first(), "supplier", "x"), db.flush()),
    "deleted row": lambda db: (db.delete(db.scalars(select(Lot)).first()), db.flush()),
    "commit": lambda db: (db.add(Counter(**_counter)), db.commit()),
    "bulk save": lambda db: db.bulk_save_objects([Counter(**_counter)]),
    "bulk insert": lambda db: db.bulk_insert_mappings(Counter.__mapper__, [_counter]),
    "orm update": lambda db: db.execute(update(Lot).values(supplier="x")),
    "orm insert": lambda db: db.execute(insert(Counter), [_counter]),
    "core insert": lambda db: db.connection().execute(insert(Counter.__table__), [_counter]),
    "core update": lambda db: db.connection().execute(update(Lot.__table__).values(supplier="x")),
    "text": lambda db: db.execute(text("  update lot set supplier = 'x'")),
    "hidden in with": lambda db: db.execute(text("WITH a AS (SELECT 1) DELETE FROM lot")),
    "after a comment": lambda db: db.execute(text("/* SELECT */ DELETE FROM lot")),
    "replace": lambda db: db.execute(text("REPLACE INTO counter VALUES ('x', 1)")),
    "driver sql": lambda db: db.connection().exec_driver_sql("DELETE FROM lot"),
    "the record itself": lambda db: db.execute(text("INSERT INTO audit_append SELECT * FROM audit_append")),
    "drop": lambda db: db.execute(text("DROP TRIGGER audit_entry_no_update")),
    "attach": lambda db: db.execute(text("ATTACH 'other.db' AS other")),
    "pragma": lambda db: db.execute(text("PRAGMA writable_schema=ON")),
    "savepoint": lambda db: (db.begin_nested(), db.execute(select(1))),
    "engine": lambda db: db.get_bind().connect().execute(update(Lot).values(supplier="x")),  # type: ignore[union-attr]
}
BY_THE_SESSION = {"flush", "changed row", "deleted row", "commit"}  # inside an action these are how it is done


@pytest.mark.parametrize("way", WAYS_AROUND)
def test_a_write_without_an_action_is_refused(db: Session, lots: list[int], way: str) -> None:
    with pytest.raises(UnrecordedWrite):
        WAYS_AROUND[way](db)
    db.rollback()
    assert set(db.scalars(select(Lot.supplier))) == {"Example Supply Co"}
    assert db.scalar(select(func.count()).select_from(Counter)) == 0


@pytest.mark.parametrize("way", [way for way in WAYS_AROUND if way not in BY_THE_SESSION])
def test_a_write_that_bypasses_the_session_is_refused_inside_an_action_too(
    db: Session, tina: Actor, lots: list[int], lot: Seen[Lot], way: str
) -> None:
    with pytest.raises(UnrecordedWrite), acting(db, tina, Action.CORRECT_COUNT, lot, reason="counted"):
        WAYS_AROUND[way](db)
    assert actions(db) == []
    assert set(db.scalars(select(Lot.supplier))) == {"Example Supply Co"}


def test_reads_with_common_table_expressions_pass(db: Session, lots: list[int]) -> None:
    found = select(Lot.id).cte("found")
    assert len(db.scalars(select(found.c.id)).all()) == len(lots)


def test_an_action_cannot_commit_early(db: Session, tina: Actor, lot: Seen[Lot]) -> None:
    with (  # noqa: PT012  the act in its block is what raises
        pytest.raises(UnrecordedWrite, match="commits by itself"),
        acting(db, tina, Action.CORRECT_COUNT, lot, reason="counted") as opened,
    ):
        opened.subject.supplier = "too early"
        db.commit()
    assert actions(db) == []
    assert db.get_one(Lot, lot.id).supplier == "Example Supply Co"


def test_an_action_cannot_roll_back_and_go_on(db: Session, tina: Actor, lot: Seen[Lot]) -> None:
    with pytest.raises(UnrecordedWrite), acting(db, tina, Action.CORRECT_COUNT, lot, reason="counted"):
        db.rollback()
    assert actions(db) == []


def test_actions_do_not_nest(db: Session, tina: Actor, lots: list[int], lot: Seen[Lot]) -> None:
    with pytest.raises(UnrecordedWrite), acting(db, tina, Action.CORRECT_COUNT, lot, reason="counted") as opened:  # noqa: PT012  the act in its block is what raises
        opened.subject.supplier = "outer"
        recount(db, tina, Seen(Lot, lots[1]), "inner")
    assert actions(db) == []


def test_rows_changed_before_the_action_are_not_smuggled_in(
    db: Session, tina: Actor, lots: list[int], lot: Seen[Lot]
) -> None:
    db.get_one(Lot, lots[1]).supplier = "before anybody was asked"
    with pytest.raises(UnrecordedWrite, match="before the action"):
        recount(db, tina, lot, "x")
    db.rollback()
    assert db.get_one(Lot, lots[1]).supplier == "Example Supply Co"


@pytest.mark.parametrize("name", sorted(triggers()))
def test_the_application_does_not_start_when_a_trigger_is_missing(engine: Engine, name: str) -> None:
    check_triggers(engine)
    unguarded = bare(engine)
    with unguarded.begin() as connection:
        connection.exec_driver_sql(f"DROP TRIGGER {name}")
    with pytest.raises(RuntimeError, match=name):
        guard(unguarded)
    unguarded.dispose()


def test_the_application_does_not_start_when_a_trigger_was_altered(engine: Engine) -> None:
    unguarded = bare(engine)
    with unguarded.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER audit_body_no_update")
        connection.exec_driver_sql(
            "CREATE TRIGGER audit_body_no_update BEFORE UPDATE ON audit_body WHEN 0 BEGIN SELECT 1; END"
        )
    with pytest.raises(RuntimeError, match="audit_body_no_update"):
        guard(unguarded)
    unguarded.dispose()


def test_a_site_without_a_chain_can_record_nothing_and_so_do_nothing(db: Session, tina: Actor, lot: Seen[Lot]) -> None:
    stranger = Actor(tina.id, tina.roles, "nowhere")
    with pytest.raises(Exception, match="no such chain"):
        recount(db, stranger, lot, "x")
    assert db.get_one(Lot, lot.id).supplier == "Example Supply Co"
    assert db.scalar(select(func.count()).select_from(AuditEntry)) == 0
