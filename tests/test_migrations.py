"""An upgrade leaves the triggers standing as this version wants them, whatever a migration did to the tables."""

from __future__ import annotations

from sqlalchemy import Engine

from pharmacy.actions.models import check_triggers, triggers
from pharmacy.migrations.run import upgrade


def test_an_upgrade_makes_lost_altered_and_foreign_triggers_anew(raw: Engine) -> None:
    lost, altered, *_ = sorted(name for name in triggers() if name.endswith("_no_update"))
    with raw.begin() as connection:
        connection.exec_driver_sql(f"DROP TRIGGER {lost}")
        connection.exec_driver_sql(f"DROP TRIGGER {altered}")
        table = altered.removesuffix("_no_update")
        connection.exec_driver_sql(f"CREATE TRIGGER {altered} BEFORE UPDATE ON {table} BEGIN SELECT 1; END")
        connection.exec_driver_sql("CREATE TRIGGER foreign_one BEFORE UPDATE ON patient BEGIN SELECT 1; END")
    upgrade(raw)
    check_triggers(raw)
    with raw.connect() as connection:
        there = {
            name for (name,) in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        }
    assert there == set(triggers())
