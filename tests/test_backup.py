"""Copies that are verified, and bringing one back: never over newer data, never while the program serves."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from pharmacy import backup
from pharmacy.accounts import service
from pharmacy.accounts.models import Person
from pharmacy.actions import record
from pharmacy.actions.acting import Seen, guard
from pharmacy.actions.catalogue import PROGRAM, Actor, Role
from pharmacy.actions.models import AuditBody, AuditEntry
from pharmacy.config import ROOT, Config
from pharmacy.db import make_engine


@pytest.fixture
def config(data: Path) -> Config:
    return Config(data=data)


def act(config: Config, name: str) -> None:
    """One entry more: a person is added."""
    engine = guard(make_engine(config.url))
    with Session(engine) as db:
        service.add_person(db, PROGRAM, name, name.casefold(), "four plain words", [Role.TECHNICIAN])
    engine.dispose()


def entries(path: Path) -> list[tuple[str, dict[str, Any]]]:
    """Action and body of each entry, oldest first."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute(
            "SELECT action, content FROM audit_entry JOIN audit_body ON sha256 = body_sha256 ORDER BY n"
        ).fetchall()
    return [(action, json.loads(body)) for action, body in rows]


def people(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as connection:
        return {name for (name,) in connection.execute("SELECT sign_in_name FROM person")}


def damage(path: Path, *statements: str) -> None:
    """Somebody with the file in hand, without our triggers."""
    with closing(sqlite3.connect(path)) as connection:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in names:
            connection.execute(f'DROP TRIGGER "{name}"')
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def rot(path: Path) -> None:
    """A disk that lost some sectors."""
    with path.open("r+b") as file:
        file.seek(4096 * 3)
        file.write(b"\xde\xad" * 4096 * 4)


def copies(config: Config) -> list[Path]:
    return sorted((config.data / "backups").glob("*")) if (config.data / "backups").exists() else []


# --- the copy ---------------------------------------------------------------------------------------------------------


def test_a_backup_is_a_verified_copy_that_its_owner_alone_reads_and_an_entry(config: Config) -> None:
    act(config, "Rose")
    made = backup.back_up(config)
    assert made.path.parent == config.data / "backups"
    assert stat.S_IMODE(made.path.stat().st_mode) == 0o600
    assert made.sha256 == hashlib.sha256(made.path.read_bytes()).hexdigest()
    assert (made.entries, "rose" in people(made.path)) == (1, True)
    action, body = entries(config.database)[-1]
    assert action == "record:back-up"
    assert body["context"] == {"file": made.path.name, "sha256": made.sha256, "entries": 1, "head": made.head}


def test_a_backup_leaves_nothing_but_the_copy(config: Config) -> None:
    made = backup.back_up(config)
    assert copies(config) == [made.path]


def test_a_copy_is_taken_while_others_write(config: Config) -> None:
    with closing(sqlite3.connect(config.database, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("UPDATE person SET full_name = 'half done'")
        made = backup.copy_database(config)
        writer.execute("ROLLBACK")
    with closing(sqlite3.connect(made.path)) as connection:
        assert connection.execute("SELECT count(*) FROM person WHERE full_name = 'half done'").fetchone() == (0,)


def test_a_copy_never_overwrites_another(config: Config, tmp_path: Path) -> None:
    target = tmp_path / "copy.db"
    backup.back_up(config, target)
    before = target.read_bytes()
    with pytest.raises(backup.BackupRefused, match="there already"):
        backup.back_up(config, target)
    assert target.read_bytes() == before


def test_a_tampered_database_gives_no_copy_and_leaves_no_file(config: Config) -> None:
    act(config, "Rose")
    act(config, "Ivy")
    damage(config.database, "UPDATE audit_body SET content = replace(content, 'rose', 'ruth')")
    with pytest.raises(backup.BackupRefused, match="entry 1 is bad: its body was altered"):
        backup.copy_database(config)
    assert copies(config) == []


def test_without_a_database_there_is_nothing_to_copy_and_none_is_made(tmp_path: Path) -> None:
    with pytest.raises(backup.BackupRefused, match="no database"):
        backup.back_up(Config(data=tmp_path / "empty"))
    assert not (tmp_path / "empty" / "triturate.db").exists()


def test_a_copy_that_cannot_be_written_says_so(config: Config, tmp_path: Path) -> None:
    (tmp_path / "a file").write_text("no folder")
    with pytest.raises(backup.BackupRefused, match="could not be written"):
        backup.copy_database(config, tmp_path / "a file" / "copy.db")


def test_a_copy_is_read_without_changing_it_even_from_a_read_only_folder(config: Config, tmp_path: Path) -> None:
    act(config, "Rose")
    made = backup.back_up(config, tmp_path / "shelf" / "odd name #1 100%?.db")
    made.path.chmod(0o400)
    made.path.parent.chmod(0o500)
    before = (made.path.read_bytes(), sorted(made.path.parent.iterdir()))
    assert backup.verify_copy(made.path) == made
    assert (made.path.read_bytes(), sorted(made.path.parent.iterdir())) == before
    made.path.parent.chmod(0o700)


# --- bringing it back -------------------------------------------------------------------------------------------------


def fresh(tmp_path: Path, name: str = "new") -> Config:
    return Config(data=tmp_path / name)


def test_restoring_to_an_empty_folder_brings_all_back_and_is_the_next_entry(config: Config, tmp_path: Path) -> None:
    act(config, "Rose")
    made = backup.back_up(config)
    new = fresh(tmp_path)
    assert backup.restore(new, made.path) == made
    assert people(new.database) == people(config.database)
    action, body = entries(new.database)[-1]
    assert (action, len(entries(new.database))) == ("record:restore", made.entries + 1)
    assert body["context"] == {
        "file": made.path.name,
        "sha256": made.sha256,
        "entries": made.entries,
        "head": made.head,
    }
    assert stat.S_IMODE(new.database.stat().st_mode) == 0o600
    assert sorted(path.name for path in new.data.iterdir()) == ["serving.lock", "triturate.db"]
    engine = guard(make_engine(new.url))
    with engine.connect() as connection:
        assert record.verify(connection, "main").first_bad is None
    engine.dispose()


def test_work_goes_on_after_a_restore(config: Config, tmp_path: Path) -> None:
    made = backup.back_up(config)
    new = fresh(tmp_path)
    backup.restore(new, made.path)
    act(new, "Ivy")
    assert "ivy" in people(new.database)


def test_restoring_over_newer_data_is_refused_and_changes_nothing(config: Config) -> None:
    made = backup.back_up(config)
    act(config, "Rose")
    before = entries(config.database)
    with pytest.raises(backup.BackupRefused, match=r"reach to entry 2, which the copy \(0 entries\) does not hold"):
        backup.restore(config, made.path)
    assert entries(config.database) == before
    assert list(config.data.glob("*before-restore*")) == []


def test_restoring_over_the_data_of_another_pharmacy_is_refused(config: Config, template: Path, tmp_path: Path) -> None:
    other = fresh(tmp_path, "other")
    other.data.mkdir()
    shutil.copy(template, other.database)
    act(other, "Ivy")
    act(config, "Rose")
    act(config, "Reed")
    with pytest.raises(backup.BackupRefused, match="does not hold"):
        backup.restore(other, backup.back_up(config).path)
    assert "ivy" in people(other.database)


def test_restoring_over_an_older_state_of_the_same_data_keeps_that_state_beside(config: Config, tmp_path: Path) -> None:
    act(config, "Rose")
    old = fresh(tmp_path, "old")
    old.data.mkdir()
    shutil.copy(backup.back_up(config, tmp_path / "early.db").path, old.database)
    act(config, "Ivy")
    made = backup.back_up(config)
    backup.restore(old, made.path)
    assert "ivy" in people(old.database)
    (aside,) = old.data.glob("triturate-before-restore-*.db")
    assert "rose" in people(aside)
    assert "ivy" not in people(aside)


@pytest.mark.parametrize("what", ["rotten", "text", "empty"])
def test_a_damaged_database_may_be_replaced_and_is_kept(config: Config, tmp_path: Path, what: str) -> None:
    act(config, "Rose")
    made = backup.back_up(config, tmp_path / "copy.db")
    if what == "rotten":
        rot(config.database)
    else:
        config.database.write_bytes(b"this is no database " * 500 if what == "text" else b"")
    left = config.database.read_bytes()
    backup.restore(config, made.path)
    assert "rose" in people(config.database)
    (aside,) = config.data.glob("triturate-before-restore-*.db")
    if what != "empty":
        assert aside.read_bytes() == left


def test_a_journal_of_the_damaged_data_is_not_read_into_the_copy(config: Config, tmp_path: Path) -> None:
    act(config, "Rose")
    made = backup.back_up(config, tmp_path / "copy.db")
    config.database.write_bytes(b"this is no database " * 500)
    journal = config.database.with_name("triturate.db-wal")
    journal.write_bytes(b"left over")
    backup.restore(config, made.path)
    assert not journal.exists() or journal.read_bytes() != b"left over"
    assert "rose" in people(config.database)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("missing", "There is no file"),
        ("folder", "There is no file"),
        ("text", "no database"),
        ("empty", "holds no record"),
        ("other", "holds no record"),
        ("rotten", "damaged"),
        ("short", "damaged"),
        ("tampered", "entry 2 is bad"),
        ("cut", "the chain was cut here"),
        ("open", "in use"),
    ],
)
def test_a_copy_that_is_not_whole_is_refused_and_nothing_is_touched(
    config: Config, tmp_path: Path, how: str, said: str
) -> None:
    act(config, "Rose")
    act(config, "Ivy")
    copy = backup.back_up(config, tmp_path / "copy.db").path
    if how == "missing":
        copy.unlink()
    elif how == "folder":
        copy.unlink()
        copy.mkdir()
    elif how in {"text", "empty"}:
        copy.write_bytes(b"no database at all " * 300 if how == "text" else b"")
    elif how == "other":
        copy.unlink()
        with closing(sqlite3.connect(copy)) as connection:
            connection.execute("CREATE TABLE sheep (name TEXT)")
    elif how == "rotten":
        rot(copy)
    elif how == "short":
        os.truncate(copy, copy.stat().st_size // 2)
    elif how == "tampered":
        damage(copy, "UPDATE audit_entry SET actor = 7 WHERE n = 2")
    elif how == "cut":
        damage(copy, "DELETE FROM audit_entry WHERE n = 2")
    else:
        copy.with_name(copy.name + "-wal").write_bytes(b"x")
    new = fresh(tmp_path)
    with pytest.raises(backup.BackupRefused, match=said):
        backup.restore(new, copy)
    assert not new.database.exists()


def test_a_journal_left_by_a_database_that_was_moved_away_is_not_read_into_the_copy(
    config: Config, tmp_path: Path
) -> None:
    act(config, "Rose")
    copy = backup.back_up(config, tmp_path / "copy.db").path
    killed = "import os, sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('CREATE TABLE later (x)'); c.commit(); os._exit(9)"
    subprocess.run([sys.executable, "-c", killed, str(config.database)], check=False)
    journal = config.database.with_name("triturate.db-wal")
    assert journal.stat().st_size > 0
    left = journal.read_bytes()
    config.database.rename(tmp_path / "moved.db")  # as the refusal over newer data says: the database, and nothing else
    backup.restore(config, copy)
    with closing(sqlite3.connect(config.database)) as connection:
        assert connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'later'").fetchone() == (0,)
    (kept,) = config.data.glob("triturate-before-restore-*.db-wal")
    assert kept.read_bytes() == left


def test_a_copy_whose_triggers_were_taken_away_is_not_brought_back(config: Config, tmp_path: Path) -> None:
    act(config, "Rose")
    copy = backup.back_up(config, tmp_path / "copy.db").path
    damage(copy)
    new = fresh(tmp_path)
    with pytest.raises(backup.BackupRefused, match="triggers missing or altered"):
        backup.restore(new, copy)
    assert [path.name for path in new.data.iterdir()] == ["serving.lock"]


def test_restoring_is_refused_while_the_program_serves(config: Config, tmp_path: Path) -> None:
    made = backup.back_up(config, tmp_path / "copy.db")
    before = config.database.read_bytes()
    with (config.data / "serving.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        with pytest.raises(backup.BackupRefused, match="serving these data"):
            backup.restore(config, made.path)
    assert config.database.read_bytes() == before
    assert list(config.data.glob("restoring*")) == []


def test_the_data_themselves_are_no_copy_to_bring_back_over_them(config: Config) -> None:
    act(config, "Rose")
    before = people(config.database)
    with make_engine(config.url).connect() as serving:
        serving.exec_driver_sql("SELECT 1")
        rows = serving.execute(select(AuditEntry.n)).all()
        assert rows
    backup.restore(config, config.database)  # they hold themselves: it is an entry, and nothing is lost
    assert people(config.database) == before


KILLED = """
import os, signal, sys
from pathlib import Path
from pharmacy import backup
from pharmacy.config import Config
step, seen = int(sys.argv[3]), 0
def trace(frame, event, _arg):
    global seen
    if frame.f_code.co_filename.endswith("pharmacy/backup.py"):
        if event == "line":
            seen += 1
            if seen == step:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace
sys.settrace(trace)
backup.restore(Config(data=Path(sys.argv[1])), Path(sys.argv[2]))
"""


@pytest.mark.parametrize("step", [20, 54, 60, 80, 97, 98, 99, 100, 103])
def test_killed_at_any_step_a_restore_leaves_the_old_or_the_new_data_whole(
    config: Config, tmp_path: Path, step: int
) -> None:
    act(config, "Rose")
    old = fresh(tmp_path, "old")
    old.data.mkdir()
    shutil.copy(backup.back_up(config).path, old.database)
    act(config, "Ivy")
    copy = backup.back_up(config, tmp_path / "copy.db").path
    done = subprocess.run(
        [sys.executable, "-c", KILLED, old.data, copy, str(step)], cwd=ROOT, capture_output=True, check=False
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    engine = guard(make_engine(old.url))
    with engine.connect() as connection:
        verdict = record.verify(connection, "main")
    engine.dispose()
    assert verdict.first_bad is None
    assert verdict.entries in {1, 4}
    assert ("ivy" in people(old.database)) is (verdict.entries == 4)
    if verdict.entries == 1:
        backup.restore(old, copy)
        assert "ivy" in people(old.database)


def test_a_copy_is_still_good_when_the_people_in_it_are_read(config: Config, tina: Actor) -> None:
    made = backup.back_up(config)
    engine = make_engine(f"sqlite:///{made.path}")
    with Session(engine) as db:
        assert db.get_one(Person, tina.id).full_name == "Tina Mallow"
        assert db.scalars(select(AuditBody)).all() == []
    engine.dispose()
    assert Seen(Person, tina.id).kind == "person"
