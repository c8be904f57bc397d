"""Rows and the engine that keeps them: naming convention, exact columns, transactions. No Flask here."""

from __future__ import annotations

import hashlib
import sqlite3
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, BigInteger, Connection, Engine, Integer, MetaData, Numeric, Text, create_engine, event
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column
from sqlalchemy.types import TypeDecorator, TypeEngine

FROZEN = {"frozen": True}  # mapped_column(info=FROZEN): the log keeps the sha256 of this column, not its content


class ExactDecimal(TypeDecorator[Decimal]):
    """A decimal with all its digits: TEXT on SQLite (whose NUMERIC is a float), NUMERIC on PostgreSQL."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Numeric() if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if not isinstance(value, Decimal) or not value.is_finite():
            raise TypeError(f"{value!r} is no exact decimal")
        return value if dialect.name == "postgresql" else format(value, "f")

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:  # noqa: ARG002  SQLAlchemy's signature
        return None if value is None else Decimal(value)


class UtcDateTime(TypeDecorator[datetime]):
    """An instant in UTC, as sortable text: ``2026-11-22T09:30:00.000000Z``; a naive time is refused."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:  # noqa: ARG002  SQLAlchemy's signature
        if value is None:
            return None
        if value.tzinfo is None:
            raise TypeError("a time without its zone is no instant")
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  SQLAlchemy's signature
        return None if value is None else datetime.fromisoformat(value)


class Base(DeclarativeBase):
    """Every table: explicit constraint names, exact decimals, instants, and text of any length."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012  SQLAlchemy's own declaration
        int: BigInteger().with_variant(Integer(), "sqlite"),
        str: Text(),
        Decimal: ExactDecimal(),
        datetime: UtcDateTime(),
        dict[str, Any]: JSON(),
        list[Any]: JSON(),
        list[str]: JSON(),
        list[int]: JSON(),
    }


class Subject(Base):
    """A row that people act on. Each action that changes it moves it to its next version, once."""

    __abstract__ = True
    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(default=1)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:  # noqa: N805  a class attribute, says SQLAlchemy
        return {"version_id_col": cls.version, "version_id_generator": False}  # the door moves it


@event.listens_for(Base, "attribute_instrument", propagate=True)
def _know_what_was(_cls: type, _key: str, attribute: Any) -> None:
    """Without active_history, setting an expired attribute forgets what it was."""
    event.listen(attribute, "set", lambda *_: None, active_history=True)


def sha256_hex(text: str) -> str:
    """The sha256 of the text's UTF-8, in lower-case hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def make_engine(url: str) -> Engine:
    """An engine for set-up and migrations; ``actions.acting.guard`` makes it one for the application.

    SQLite: WAL with full synchronisation, foreign keys, recursive triggers (else REPLACE slips past them), and BEGIN
    IMMEDIATE for an action, because a read transaction cannot be upgraded to a write.
    """
    if not url.startswith("sqlite"):
        return create_engine(url)
    engine = create_engine(url, connect_args={"timeout": 15})

    @event.listens_for(engine, "connect")
    def _connect(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # the driver must not open transactions by itself
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "recursive_triggers=ON",
            "secure_delete=ON",
        ):
            connection.execute(f"PRAGMA {pragma}")
        connection.create_function("sha256_hex", 1, sha256_hex, deterministic=True)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = "action" in connection.get_execution_options()
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine
