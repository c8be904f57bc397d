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

from sqlalchemy import Engine, Row, create_engine, inspect, select
from sqlalchemy.exc import DatabaseError, OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

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
    """Read a database file from end to end, changing nothing: SQLite's own check, then every entry of the record."""
    if not path.is_file():
        raise BackupRefused(f"There is no file {path.name}.")
    beside = path.with_name(path.name + "-wal")
    if beside.exists() and beside.stat().st_size:
        raise BackupRefused(f"{path.name} is in use, or was not closed: {beside.name} lies beside it.")
    engine = _reading(path)
    try:
        with engine.connect() as connection:
            said = str(connection.exec_driver_sql("PRAGMA integrity_check").scalar())
            if said != "ok":
                raise BackupRefused(f"{path.name} is damaged: {said.splitlines()[0]}.")
            if not inspect(connection).has_table("audit_head"):
                raise BackupRefused(f"{path.name} holds no record.")
            verdict = record.verify(connection, Config(path).site)
    except SQLAlchemyError:
        raise BackupRefused(f"{path.name} is no database of this program, or it is damaged.") from None
    finally:
        engine.dispose()
    if verdict.first_bad is not None:
        raise BackupRefused(f"{path.name}: entry {verdict.first_bad} is bad: {verdict.fault}.")
    return Copy(path, _digest(path), verdict.entries, verdict.head)


def _reading(path: Path) -> Engine:
    """An engine that can only read, from a read-only disk too; nobody writes to a finished copy, so it needs no lock."""
    address = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
    return create_engine("sqlite://", creator=lambda: sqlite3.connect(address, uri=True), poolclass=NullPool)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def copy_database(config: Config, to: Path | None = None) -> Copy:
    """A consistent copy while others work (SQLite's backup), then verified; a bad one is removed and refused."""
    if not config.database.is_file():
        raise BackupRefused(f"There is no database {config.database.name} to copy.")
    target = to or config.data / "backups" / f"triturate-{clock.now():%Y%m%dT%H%M%SZ}.db"
    half = target.with_name(target.name + ".part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if target.exists() or half.exists():
            raise BackupRefused(f"{target.name} is there already, or another copy to it was broken off ({half.name}).")
        os.close(os.open(half, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except OSError as fault:
        raise BackupRefused(f"The copy could not be written: {_in_words(fault)}.") from None
    try:
        _copy(config.database, half)
        verify_copy(half)
        half.rename(target)
    except (OSError, sqlite3.Error) as fault:
        raise BackupRefused(f"The copy could not be written: {_in_words(fault)}.") from None
    finally:
        half.unlink(missing_ok=True)
    return verify_copy(target)


def _copy(source: Path, target: Path) -> None:
    """All pages of one database, as they are at one moment."""
    with (
        closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=rw", uri=True)) as present,
        closing(sqlite3.connect(target)) as copy,
    ):
        present.backup(copy)


def back_up(config: Config, to: Path | None = None) -> Copy:
    """Make a verified copy, and say so in the record."""
    made = copy_database(config, to)
    _enter(config.url, Action.BACK_UP, made)
    return made


def restore(config: Config, path: Path) -> Copy:
    """Bring a verified copy back. Refused while the program serves, and over data that the copy does not hold.

    The entry that says so is made before the copy takes its place, in one step: a power cut leaves the one or the other.
    What stood there before is kept beside it, never deleted.
    """
    found = verify_copy(path)
    with alone(config):
        if config.database.exists():
            _check_not_newer(config, found)
        half = config.data / "restoring.db"
        _clear_away(half)
        try:
            shutil.copyfile(path, half)
            half.chmod(0o600)
            _enter(f"sqlite:///{half}", Action.RESTORE, found)
            verify_copy(half)
            _set_aside(config)
            half.replace(config.database)
        except (OSError, SQLAlchemyError, RuntimeError) as fault:  # RuntimeError: triggers of another version
            raise BackupRefused(
                f"The copy could not be brought back: {_in_words(fault)}. Nothing was changed."
            ) from None
        finally:
            _clear_away(half)
    return found


def _clear_away(half: Path) -> None:
    for rest in (half, half.with_name(f"{half.name}-wal"), half.with_name(f"{half.name}-shm")):
        rest.unlink(missing_ok=True)


def _in_words(fault: Exception) -> str:
    return str(getattr(fault, "orig", fault)).rstrip(".")


def _set_aside(config: Config) -> None:
    """A second name for what stands there, so that there is a database at every moment.

    A journal that is left beside it (SQLite could not close a damaged database, or the database alone was moved away)
    goes with it: a journal of other data beside the copy would be read into the copy.
    """
    aside = config.database.with_name(f"triturate-before-restore-{clock.now():%Y%m%dT%H%M%S%fZ}.db")
    for side in ("-wal", "-shm"):
        beside = config.database.with_name(config.database.name + side)
        if beside.exists():
            beside.rename(aside.with_name(aside.name + side))
    if config.database.exists():
        os.link(config.database, aside)


def _check_not_newer(config: Config, found: Copy) -> None:
    """Whatever stands there must be a beginning of what comes back; a damaged database may be replaced."""
    head = _present_head(config)
    if head is None or head.n == 0:
        return
    copy = _reading(found.path)
    try:
        with copy.connect() as connection:
            same = connection.scalar(
                select(AuditEntry.hash).where(AuditEntry.chain == config.site, AuditEntry.n == head.n)
            )
    finally:
        copy.dispose()
    if same != head.hash:
        raise BackupRefused(
            f"The present data reach to entry {head.n}, which the copy ({found.entries} entries) does not hold. Nothing was"
            f" changed. To bring the copy back all the same, first move {config.database.name} out of the data folder."
        )


def _present_head(config: Config) -> Row[int, str] | None:
    """The last entry of what stands there; None where it is damaged, or no database of this program."""
    engine = make_engine(config.url)
    try:
        with engine.connect() as connection:
            if connection.exec_driver_sql("PRAGMA integrity_check").scalar() != "ok":
                return None
            return connection.execute(
                select(AuditHead.n, AuditHead.hash).where(AuditHead.chain == config.site)
            ).one_or_none()
    except DatabaseError as fault:
        if isinstance(fault, OperationalError) and "no such table" not in str(fault.orig):
            raise BackupRefused(f"The present data cannot be read: {_in_words(fault)}. Nothing was changed.") from None
        return None
    finally:
        engine.dispose()


def _enter(url: str, action: Action, copy: Copy) -> None:
    engine = guard(make_engine(url))
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
