"""One row of any table, with a row of each table that it needs: so a table is tested as soon as it is named."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Boolean, Column, Date, Engine, Integer, LargeBinary, Table, insert, select

from pharmacy.db import ExactDecimal, UtcDateTime
from pharmacy.migrations.tables import metadata

_VALUES: dict[type, Any] = {
    Boolean: False,
    Date: date(2026, 11, 23),
    UtcDateTime: datetime(2026, 11, 23, 9, 0, tzinfo=UTC),
    ExactDecimal: Decimal(1),
    LargeBinary: b"abc",
    Integer: 1,
}


def one_row(engine: Engine, table: str) -> Any:
    """Put a row into the table unless there is one; returns the key of the first."""
    its = metadata.tables[table]
    (key,) = its.primary_key
    with engine.connect() as connection:
        there = connection.execute(select(key).limit(1)).scalar()
    if there is not None:
        return there
    values = {column.name: _value(engine, its, column) for column in its.columns if _is_needed(column, key)}
    with engine.begin() as connection:
        return connection.execute(insert(its).values(values).returning(key)).scalar_one()


def _is_needed(column: Column[Any], key: Column[Any]) -> bool:
    if column is key:
        return bool(column.foreign_keys) or not isinstance(column.type, Integer)
    return not column.nullable


def _value(engine: Engine, table: Table, column: Column[Any]) -> Any:
    for foreign in column.foreign_keys:
        return one_row(engine, foreign.column.table.name)
    for kind, value in _VALUES.items():
        if isinstance(column.type, kind):
            return value
    return {} if column.type.python_type is dict else f"{table.name} {column.name}"
