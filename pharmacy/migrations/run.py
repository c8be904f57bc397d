"""Bring the database to the newest revision, after a verified backup copy if there is something to lose."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config as Alembic
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from pharmacy.actions.models import triggers

HERE = Path(__file__).resolve().parent


def _alembic() -> Alembic:
    configuration = Alembic()
    configuration.set_main_option("script_location", str(HERE))
    return configuration


def is_current(engine: Engine) -> bool:
    """Whether the database is at the newest revision."""
    with engine.connect() as connection:
        now = MigrationContext.configure(connection).get_current_revision()
    return now == ScriptDirectory.from_config(_alembic()).get_current_head()


def upgrade(engine: Engine) -> None:
    """Run what is missing, all in one transaction; triggers are made anew after it."""
    configuration = _alembic()
    with engine.connect() as connection:
        configuration.attributes["connection"] = connection
        command.upgrade(configuration, "head")
        _make_triggers_anew(connection)
        connection.commit()


def _make_triggers_anew(connection: Connection) -> None:
    """Alembic's recreation of a table on SQLite drops its triggers silently, and a new version may want others."""
    rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    there = {name: sql for name, sql in rows}  # noqa: C416  rows are not pairs to the type checker
    wanted = triggers()
    for name in sorted(there):
        if wanted.get(name) != there[name]:
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
    for name, statement in wanted.items():
        if there.get(name) != statement:
            connection.exec_driver_sql(statement)
