"""The database itself refuses to change what was recorded, issued or signed, whoever opens the file."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from itertools import product

import pytest
from sqlalchemy import Engine, UniqueConstraint
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from pharmacy.actions.acting import Seen
from pharmacy.actions.catalogue import Actor
from pharmacy.actions.models import ALSO_UNIQUE, APPEND_ONLY, FIXED_COLUMNS, WRITTEN_ONCE, triggers
from pharmacy.migrations.tables import metadata
from pharmacy.stock.models import Lot
from tests.actions.door import recount
from tests.actions.rows import one_row

COLUMNS = {table: [column.name for column in metadata.tables[table].columns] for table in metadata.tables}
ONCE = [(table, column) for table in WRITTEN_ONCE for column in COLUMNS[table]]
FIXED = [(table, column) for table, columns in FIXED_COLUMNS.items() for column in ("id", *columns)]


def unique_sets(table: str) -> list[tuple[str, ...]]:
    """What the table holds only once, besides its key."""
    its = metadata.tables[table]
    named = [tuple(c.name for c in one.columns) for one in its.constraints if isinstance(one, UniqueConstraint)]
    return sorted(set(named) | {(column.name,) for column in its.columns if column.unique})


def another(table: str, column: str) -> str:
    """Some other value, of the kind that a key must have."""
    return "4711" if metadata.tables[table].columns[column].primary_key else "'other'"


def refused(engine: Engine, statement: str, recursive: str = "ON") -> str:
    """What the database says to someone who opens the file with nothing but SQLite."""
    with closing(sqlite3.connect(str(engine.url.database))) as raw:
        raw.execute(f"PRAGMA recursive_triggers={recursive}")
        with pytest.raises(sqlite3.IntegrityError) as said:
            raw.execute(statement)
    return str(said.value)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET actor = 3",
        "DELETE FROM audit_entry",
        "UPDATE audit_subject SET kind = 'x'",
        "DELETE FROM audit_subject",
        "UPDATE audit_body SET content = salt",
        "DELETE FROM audit_body",
    ],
)
def test_the_record_refuses_to_be_changed(
    db: Session, engine: Engine, tina: Actor, lot: Seen[Lot], statement: str
) -> None:
    recount(db, tina, lot, "x")
    assert "append-only" in refused(engine, statement)


@pytest.mark.parametrize(("table", "recursive"), list(product(APPEND_ONLY, ["ON", "OFF"])))
def test_the_record_refuses_replace_even_on_a_connection_that_forgot_the_pragma(
    db: Session, engine: Engine, tina: Actor, lot: Seen[Lot], table: str, recursive: str
) -> None:
    recount(db, tina, lot, "x")
    assert "append-only" in refused(engine, f"REPLACE INTO {table} SELECT * FROM {table}", recursive)


@pytest.mark.parametrize("column", ["chain = chain", "n = n", "body_sha256 = 'x'", "hash = 'x'"])
def test_no_column_of_an_entry_can_be_set_not_even_to_what_it_is(
    db: Session, engine: Engine, tina: Actor, lot: Seen[Lot], column: str
) -> None:
    recount(db, tina, lot, "x")
    assert "append-only" in refused(engine, f"UPDATE OR REPLACE audit_entry SET {column}")


@pytest.mark.parametrize(("table", "column"), ONCE)
def test_what_is_written_once_is_never_changed(raw: Engine, table: str, column: str) -> None:
    one_row(raw, table)
    assert refused(raw, f'UPDATE {table} SET "{column}" = {another(table, column)}') == f"{table} is append-only"


@pytest.mark.parametrize("table", WRITTEN_ONCE)
def test_what_is_written_once_is_never_deleted(raw: Engine, table: str) -> None:
    one_row(raw, table)
    assert refused(raw, f"DELETE FROM {table}") == f"{table} is append-only"


@pytest.mark.parametrize(("table", "column"), FIXED)
def test_what_was_fixed_is_never_changed(raw: Engine, table: str, column: str) -> None:
    one_row(raw, table)
    assert "stays as it was" in refused(raw, f"UPDATE OR REPLACE {table} SET {column} = {another(table, column)}")


@pytest.mark.parametrize(
    ("table", "column"), [(table, column) for table, column in FIXED if metadata.tables[table].c[column].nullable]
)
def test_nothing_is_as_fixed_as_something(raw: Engine, table: str, column: str) -> None:
    one_row(raw, table)
    assert "stays as it was" in refused(raw, f"UPDATE {table} SET {column} = 'put there later'")


@pytest.mark.parametrize("table", FIXED_COLUMNS)
def test_what_was_fixed_is_never_deleted(raw: Engine, table: str) -> None:
    one_row(raw, table)
    assert "stays as it was" in refused(raw, f"DELETE FROM {table}")


@pytest.mark.parametrize("table", FIXED_COLUMNS)
def test_the_state_of_what_was_fixed_goes_on(raw: Engine, table: str) -> None:
    one_row(raw, table)
    free = [name for name in COLUMNS[table] if name in {"status", "version", "since"}]
    with raw.begin() as connection:
        for name in free or ["version"]:
            done = connection.exec_driver_sql(f"UPDATE {table} SET {name} = '7'")
            assert done.rowcount == 1
        same = ", ".join(f"{name} = {name}" for name in FIXED_COLUMNS[table])
        assert connection.exec_driver_sql(f"UPDATE {table} SET {same}").rowcount == 1


@pytest.mark.parametrize(("table", "recursive"), list(product([*WRITTEN_ONCE, *FIXED_COLUMNS], ["ON", "OFF"])))
def test_nothing_kept_can_be_replaced_by_its_key(raw: Engine, table: str, recursive: str) -> None:
    one_row(raw, table)
    said = refused(raw, f"REPLACE INTO {table} SELECT * FROM {table}", recursive)
    assert re.search("append-only|stays as it was", said)


REPLACED_BY = [(table, columns) for table in (*WRITTEN_ONCE, *FIXED_COLUMNS) for columns in unique_sets(table)]


@pytest.mark.parametrize(("table", "columns"), REPLACED_BY)
def test_nothing_kept_can_be_thrown_out_by_a_new_row_with_its_number(
    raw: Engine, table: str, columns: tuple[str, ...]
) -> None:
    """REPLACE deletes every row that shares something unique, and fires no delete trigger where the pragma is off."""
    one_row(raw, table)
    others = {name for one in unique_sets(table) for name in one} - set(columns)
    values = [
        "id + 1000" if name == "id" else f"{name} || '9'" if name in others else f'"{name}"' for name in COLUMNS[table]
    ]
    named = ", ".join(
        f'"{name}"' for name in COLUMNS[table]
    )  # a migration adds columns at the end, a model where they belong
    said = refused(raw, f"REPLACE INTO {table} ({named}) SELECT {', '.join(values)} FROM {table}", "OFF")
    assert re.search("append-only|stays as it was", said), f"name {columns} of {table} in ALSO_UNIQUE (actions/models)"


def test_only_what_is_unique_is_named_as_such() -> None:
    assert set(ALSO_UNIQUE) == {table for table, _ in REPLACED_BY}


def test_a_second_row_beside_the_first_is_let_in(raw: Engine) -> None:
    """The triggers refuse what is there already, and nothing else."""
    one_row(raw, "weighing")
    names = [name for name in COLUMNS["weighing"] if name != "id"]
    with raw.begin() as connection:
        columns = ", ".join(f'"{name}"' for name in names)
        connection.exec_driver_sql(f"INSERT INTO weighing ({columns}) SELECT {columns} FROM weighing")
        assert connection.exec_driver_sql("SELECT count(*) FROM weighing").scalar() == 2


def test_the_tables_that_are_kept_are_there_and_have_these_columns() -> None:
    for table, columns in FIXED_COLUMNS.items():
        assert set(columns) <= set(COLUMNS[table])
    assert {name.rsplit("_no_")[0] for name in triggers() if name.endswith("_no_delete")} == {
        *APPEND_ONLY,
        *WRITTEN_ONCE,
        *FIXED_COLUMNS,
    }


def test_the_program_itself_is_refused_by_the_database_too(raw: Engine) -> None:
    one_row(raw, "decision")
    with pytest.raises(IntegrityError, match="append-only"), raw.begin() as connection:
        connection.exec_driver_sql("DELETE FROM decision")
