"""Verified copies of the database, and bringing one back. Both are entries in the record."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from pharmacy import clock
from pharmacy.actions import record
from pharmacy.actions.acting import Seen, acting, guard
from pharmacy.actions.catalogue import PROGRAM, Action
from pharmacy.actions.models import AuditEntry, AuditHead
from pharmacy.config import Config
from pharmacy.db import make_engine
from pharmacy.errors import PharmacyError


class BackupRefused(PharmacyError):
    """The copy would not be one, or would overwrite what is newer."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy that was read back: file, its sha256, and the head of its chain."""

    path: Path
    sha256: str
    entries: int
    head: str


def verify_copy(path: Path) -> Copy:
    """Read a database file from end to end: SQLite's own check, then every entry of the record."""
    if not path.is_file():
        raise BackupRefused(f"There is no file {path.name}.")
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            (said,) = connection.execute("PRAGMA integrity_check").fetchone()
    except sqlite3.DatabaseError:
        raise BackupRefused(f"{path.name} is no database, or it is damaged.") from None
    if said != "ok":
        raise BackupRefused(f"{path.name} is damaged: {said.splitlines()[0]}.")
    engine = make_engine(f"sqlite:///{path}")
    try:
        if not inspect(engine).has_table("audit_head"):
            raise BackupRefused(f"{path.name} holds no record.")
        with engine.connect() as connection:
            verdict = record.verify(connection, Config(path).site)
    finally:
        engine.dispose()
    if verdict.first_bad is not None:
        raise BackupRefused(f"{path.name}: entry {verdict.first_bad} is bad: {verdict.fault}.")
    for side in ("-wal", "-shm"):
        path.with_name(path.name + side).unlink(missing_ok=True)
    return Copy(path, hashlib.sha256(path.read_bytes()).hexdigest(), verdict.entries, verdict.head)


def copy_database(config: Config, to: Path | None = None) -> Copy:
    """A consistent copy while others work (SQLite's backup), then verified; a bad one is removed and refused."""
    target = to or config.data / "backups" / f"triturate-{clock.now():%Y%m%dT%H%M%SZ}.db"
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if target.exists():
        raise BackupRefused(f"{target.name} is there already.")
    half = target.with_name(target.name + ".part")
    try:
        os.close(os.open(half, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with closing(sqlite3.connect(config.database)) as source, closing(sqlite3.connect(half)) as copy:
            source.backup(copy)
        verify_copy(half)
        half.rename(target)
    finally:
        half.unlink(missing_ok=True)
    return verify_copy(target)


def back_up(config: Config, to: Path | None = None) -> Copy:
    """Make a verified copy, and say so in the record."""
    made = copy_database(config, to)
    _enter(config, Action.BACK_UP, made)
    return made


def restore(config: Config, path: Path) -> Copy:
    """Bring a verified copy back. Refused while the program serves, and over data that the copy does not hold.

    What stood there before is kept beside it, never deleted.
    """
    found = verify_copy(path)
    with alone(config):
        if config.database.exists():
            _check_not_newer(config, found)
            aside = config.database.with_name(f"triturate-before-restore-{clock.now():%Y%m%dT%H%M%SZ}.db")
            config.database.rename(aside)
            for side in ("-wal", "-shm"):
                beside = config.database.with_name(config.database.name + side)
                if beside.exists():
                    beside.rename(aside.with_name(aside.name + side))
        config.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        half = config.database.with_name("restoring.db")
        shutil.copyfile(path, half)
        half.chmod(0o600)
        half.rename(config.database)
        _enter(config, Action.RESTORE, found)
    return found


def _check_not_newer(config: Config, found: Copy) -> None:
    """Whatever stands there must be a beginning of what comes back; a damaged database may be replaced."""
    engine = make_engine(config.url)
    try:
        with engine.connect() as connection:
            if not inspect(engine).has_table("audit_head"):
                return
            head = connection.execute(select(AuditHead.n, AuditHead.hash).where(AuditHead.chain == config.site)).one()
            said = str(connection.exec_driver_sql("PRAGMA integrity_check").scalar())
    finally:
        engine.dispose()
    if head.n == 0 or said != "ok":
        return
    copy = make_engine(f"sqlite:///{found.path}")
    try:
        with copy.connect() as connection:
            same = connection.scalar(
                select(AuditEntry.hash).where(AuditEntry.chain == config.site, AuditEntry.n == head.n)
            )
    finally:
        copy.dispose()
    if same != head.hash:
        raise BackupRefused(
            f"The present data holds {head.n} entries that the copy ({found.entries} entries) does not hold. Nothing was changed."
        )


def _enter(config: Config, action: Action, copy: Copy) -> None:
    engine = guard(make_engine(config.url))
    try:
        with Session(engine) as db, acting(db, PROGRAM, action, Seen(AuditHead)) as opened:
            opened.context |= {
                "file": copy.path.name,
                "sha256": copy.sha256,
                "entries": copy.entries,
                "head": copy.head,
            }
    finally:
        engine.dispose()


@contextmanager
def alone(config: Config) -> Iterator[None]:
    """Hold the data folder alone; the serving program holds the same lock shared."""
    config.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (config.data / "serving.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupRefused("The program is serving these data. Stop it first.") from None
        yield
