"""The tables of the record, and the triggers that keep them."""

from __future__ import annotations

from sqlalchemy import Engine, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pharmacy.db import Base, sha256_hex

APPEND_ONLY = ("audit_entry", "audit_subject", "audit_body")
DISPOSED = "disposed_body"  # a disposal lists the digests of bodies as subjects of this kind


class AuditEntry(Base):
    """Who did what, when, to which subjects: never changed, and free of patient data."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        UniqueConstraint("chain", "n"),
        UniqueConstraint("body_sha256"),
        Index(None, "actor", "n"),
        Index(None, "at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    chain: Mapped[str]
    n: Mapped[int]
    previous: Mapped[str]
    at: Mapped[str]  # 2026-11-22T09:30:00.000000Z
    actor: Mapped[int]
    role: Mapped[str]
    action: Mapped[str]
    body_sha256: Mapped[str]
    hash: Mapped[str]


class AuditSubject(Base):
    """Whom and what an entry touches, under the entry's hash."""

    __tablename__ = "audit_subject"
    __table_args__ = (Index("audit_subject_history", "kind", "subject_id", "entry_id"),)
    entry_id: Mapped[int] = mapped_column(ForeignKey("audit_entry.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    subject_id: Mapped[str] = mapped_column(primary_key=True)


class AuditBody(Base):
    """What changed and why. Kept apart so that it can be disposed of lawfully; salted so that it cannot be guessed."""

    __tablename__ = "audit_body"
    sha256: Mapped[str] = mapped_column(primary_key=True)
    salt: Mapped[bytes]
    content: Mapped[bytes]


class AuditHead(Base):
    """The last entry of each chain: the row that a writer locks, last of all."""

    __tablename__ = "audit_head"
    chain: Mapped[str] = mapped_column(primary_key=True)
    n: Mapped[int]
    previous: Mapped[str]
    hash: Mapped[str]


class Submission(Base):
    """A one-time key and the answer it got. Not part of the record: old ones may go."""

    __tablename__ = "submission"
    key: Mapped[str] = mapped_column(primary_key=True)
    intent: Mapped[str]
    answer: Mapped[str] = mapped_column(default="null")


def genesis(chain: str) -> str:
    """The 'previous hash' of a chain's first entry: names the format and the chain."""
    return sha256_hex(f"one-door/1 {chain}")


def triggers() -> dict[str, str]:
    """The SQLite triggers that refuse to change what was recorded, by name; a migration makes them, start-up checks them."""
    made = {
        "audit_append_chains": "CREATE TRIGGER audit_append_chains INSTEAD OF INSERT ON audit_append FOR EACH ROW "
        + _APPEND
    }
    listed = f"SELECT 1 FROM audit_subject WHERE kind = '{DISPOSED}' AND subject_id = OLD.sha256"
    same = {
        "audit_entry": "id = NEW.id OR (chain = NEW.chain AND n = NEW.n) OR body_sha256 = NEW.body_sha256",
        "audit_subject": "entry_id = NEW.entry_id AND kind = NEW.kind AND subject_id = NEW.subject_id",
        "audit_body": "sha256 = NEW.sha256",
    }
    for table in APPEND_ONLY:
        refuse = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        unless = f" WHEN NOT EXISTS ({listed})" if table == "audit_body" else ""
        made |= {
            f"{table}_no_update": f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {refuse}",
            f"{table}_no_delete": f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table}{unless} {refuse}",
            # recursive_triggers alone stops REPLACE only where the pragma is set: this stops it everywhere
            f"{table}_no_replace": f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table}"
            f" WHEN EXISTS (SELECT 1 FROM {table} WHERE {same[table]}) {refuse}",
        }
    return made | _kept_forever()


# written once, by key: originals and issued bytes, movements, weights, decisions, signatures, hand-overs
WRITTEN_ONCE = {
    "amendment": "id", "attached_calculation": "id", "decision": "id", "disposal": "id", "document": "sha256",
    "hand_over": "id", "kit": "id", "kit_container": "prescription_id", "quality_check": "id", "reprint": "id",
    "screening": "id", "setting": "id", "stock_movement": "id", "verification": "id", "weighing": "id",
}  # fmt: skip
# what was signed or issued stays as it was, while the state of its row goes on
FIXED_COLUMNS = {
    "finding": ("content", "fingerprint", "level", "rule_id", "fill_id"),
    "fill": ("number", "prescription_id", "ordinal"),
    "formula_version": ("definition", "author_id", "number", "record_id"),
    "issued_label": ("content", "document", "serial", "stock", "container_id"),
    "lot": ("number", "item_id", "origin"),
    "preparation": ("number", "plan", "formula_version_id"),
    "prescription": ("number", "patient_id", "original"),
}
# besides the key, what is unique: REPLACE throws out the row that has it, and past the delete trigger where the pragma is off
ALSO_UNIQUE = {
    "fill": "number = NEW.number OR (prescription_id = NEW.prescription_id AND ordinal = NEW.ordinal)",
    "formula_version": "record_id = NEW.record_id AND number = NEW.number",
    "hand_over": "fill_id = NEW.fill_id",
    "issued_label": "serial = NEW.serial",
    "lot": "item_id = NEW.item_id AND number = NEW.number",
    "preparation": "number = NEW.number",
    "prescription": "number = NEW.number",
}


def _kept_forever() -> dict[str, str]:
    """The triggers of rows and columns that are written once."""
    made: dict[str, str] = {}
    for table, key in WRITTEN_ONCE.items():
        refuse = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        made |= {
            f"{table}_no_update": f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {refuse}",
            f"{table}_no_delete": f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refuse}",
            f"{table}_no_replace": _no_replace(table, key, refuse),
        }
    for table, columns in FIXED_COLUMNS.items():
        differ = " OR ".join(f"OLD.{column} IS NOT NEW.{column}" for column in ("id", *columns))
        refuse = f"BEGIN SELECT RAISE(ABORT, '{table}: what was fixed stays as it was'); END"
        made |= {
            f"{table}_fixed": f"CREATE TRIGGER {table}_fixed BEFORE UPDATE ON {table} WHEN {differ} {refuse}",
            f"{table}_no_delete": f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refuse}",
            f"{table}_no_replace": _no_replace(table, "id", refuse),
        }
    return made


def _no_replace(table: str, key: str, refuse: str) -> str:
    """The trigger that refuses a row whose key, or whatever else is unique of it, is there already."""
    same = " OR ".join(filter(None, (f"{key} = NEW.{key}", ALSO_UNIQUE.get(table))))
    there = f"SELECT 1 FROM {table} WHERE {same}"
    return f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN EXISTS ({there}) {refuse}"


def altered_triggers(engine: Engine) -> list[str]:
    """The triggers that the database should have and has not, or not as they were made."""
    expected = triggers()
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        there = {name: sql for name, sql in rows}  # noqa: C416  rows are not tuples to the type checker
    return sorted(name for name in expected if there.get(name) != expected[name])


def check_triggers(engine: Engine) -> None:
    """Stop if a trigger is missing or altered: a migration that recreates a table drops them silently."""
    if missing := altered_triggers(engine):
        raise RuntimeError(f"triggers missing or altered: {', '.join(missing)}; run the migrations again")


# To append is to insert into this view: one statement, in which the database advances the head, hashes and stores.
VIEW = """CREATE VIEW audit_append AS SELECT chain, at, actor, role, action, body_sha256, action AS tail, salt, content, action AS subjects
           FROM audit_entry JOIN audit_body ON sha256 = body_sha256"""
_APPEND = """BEGIN
    SELECT RAISE(ABORT, 'there is no such chain') WHERE NOT EXISTS (SELECT 1 FROM audit_head WHERE chain = NEW.chain);
    INSERT INTO audit_body VALUES (NEW.body_sha256, NEW.salt, NEW.content);
    UPDATE audit_head SET n = n + 1, previous = hash, hash = sha256_hex('[' || (n + 1) || ',"' || hash || '",' || NEW.tail)
        WHERE chain = NEW.chain;
    INSERT INTO audit_entry (chain, n, previous, at, actor, role, action, body_sha256, hash)
        SELECT chain, n, previous, NEW.at, NEW.actor, NEW.role, NEW.action, NEW.body_sha256, hash FROM audit_head WHERE chain = NEW.chain;
    INSERT INTO audit_subject SELECT entry.id, pair.value ->> 0, pair.value ->> 1
        FROM audit_entry entry, json_each(NEW.subjects) pair WHERE entry.body_sha256 = NEW.body_sha256;
END"""
