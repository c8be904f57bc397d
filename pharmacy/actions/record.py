"""The record to the byte: canonical form, the hash chain, reading back, and the check of it all."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from sqlalchemy import Connection, column, insert, select, table

from pharmacy import clock
from pharmacy.actions.catalogue import Action, Actor
from pharmacy.actions.models import DISPOSED, AuditBody, AuditEntry, AuditHead, AuditSubject, genesis

Plain = bool | int | str | None | list["Plain"] | dict[str, "Plain"]
_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode


def plain(value: object) -> Plain:
    """The one spelling of a value in the record; what has no exact spelling (a float, a naive time) is refused."""
    if value is None or type(value) in (str, int, bool):
        return value  # type: ignore[return-value]
    match value:
        case Enum():
            return plain(value.value)
        case Decimal() if value.is_finite():
            return format(value, "f")
        case datetime() if value.tzinfo is not None:
            return instant(value)
        case date() if not isinstance(value, datetime):
            return value.isoformat()
        case bytes():
            return fingerprint(value)
        case Mapping() if all(type(key) is str for key in value):
            return {key: plain(item) for key, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
    raise TypeError(f"{type(value).__name__} {value!r:.40} has no exact form in the record")


def canonical(value: object) -> bytes:
    return _encode(plain(value)).encode()


def fingerprint(value: object) -> Plain:
    """What the log keeps of a frozen column: its sha256."""
    content = value if value is None or isinstance(value, bytes) else canonical(value)
    return None if content is None else {"sha256": hashlib.sha256(content).hexdigest()}


def instant(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Changes:
    """What one action did to rows: one item per row, however many flushes it took."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, Any], tuple[str, dict[str, list[object]]]] = {}

    def __bool__(self) -> bool:
        return bool(self._rows)

    def note(self, table: str, row_id: object, op: str, columns: Mapping[str, tuple[object, object]]) -> None:
        first_op, noted = self._rows.setdefault((table, row_id), (op, {}))
        for name, (was, now) in columns.items():
            noted.setdefault(name, [was, now])[1] = now  # the first 'was' stays
        if op == "delete":
            self._rows[table, row_id] = ("delete", noted)
            if first_op == "insert":  # it came and went within the action
                del self._rows[table, row_id]

    def listed(self) -> list[dict[str, object]]:
        return [
            {
                "table": table,
                "id": row_id,
                "op": op,
                "columns": {name: pair for name, pair in columns.items() if pair[0] != pair[1]},
            }
            for (table, row_id), (op, columns) in sorted(self._rows.items(), key=lambda item: item[0])
        ]


# --- appending ---------------------------------------------------------------------------------------------------


def tail(told: Iterable[object], subjects: Iterable[tuple[str, str]]) -> str:
    """The header without its first two elements, which only the locked head row knows."""
    return _encode([*told, sorted(subjects)])[1:]


def header_hash(n: int, previous: str, rest: str) -> str:
    return hashlib.sha256(f'[{n},"{previous}",{rest}'.encode()).hexdigest()


_append = insert(
    table(
        "audit_append",
        *(
            column(name)
            for name in ("chain", "at", "actor", "role", "action", "body_sha256", "tail", "salt", "content", "subjects")
        ),
    )
)


def append(
    db: Connection, actor: Actor, role: str, action: Action, subjects: set[tuple[str, str]], body: Mapping[str, object]
) -> None:
    """Add one entry to the chain of the actor's site: the last thing an action does before it commits.

    It is one statement. The database advances and so locks the head row, and hashes, while no round trip waits.
    """
    salt, content = secrets.token_bytes(16), canonical(body)
    told = {
        "chain": actor.site,
        "at": instant(clock.now()),
        "actor": actor.id,
        "role": role,
        "action": action.value,
        "body_sha256": hashlib.sha256(salt + content).hexdigest(),
    }
    rest = tail(told.values(), subjects)
    db.execute(_append, {**told, "tail": rest, "salt": salt, "content": content, "subjects": _encode(sorted(subjects))})


# --- reading back ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Done:
    """One entry as people read it. A body that was disposed of is None; the rest still stands."""

    n: int
    at: str
    actor: int
    role: str
    action: str
    body: dict[str, object] | None

    def moved(self, kind: str, subject_id: int) -> list[int] | None:
        """The version of the subject before and after, if this entry changed it."""
        for change in (self.body or {}).get("changes", []):  # type: ignore[attr-defined]
            if (change["table"], change["id"]) == (kind, subject_id):
                return change["columns"].get("version")  # type: ignore[no-any-return]
        return None


def history(db: Connection, kind: str, subject_id: object) -> Iterator[Done]:
    """All entries about one subject, newest first."""
    entry = AuditEntry
    wanted = (
        select(entry.n, entry.at, entry.actor, entry.role, entry.action, AuditBody.content)
        .join(AuditSubject, AuditSubject.entry_id == entry.id)
        .join(AuditBody, AuditBody.sha256 == entry.body_sha256, isouter=True)
        .where(AuditSubject.kind == kind, AuditSubject.subject_id == str(subject_id))
        .order_by(AuditSubject.entry_id.desc())
    )
    for n, at, actor, role, action, content in db.execute(wanted):
        yield Done(n, at, actor, role, action, None if content is None else json.loads(content))


def since(db: Connection, kind: str, subject_id: int, seen: int) -> list[Done]:
    """What was done to the subject after the version that somebody saw, oldest first."""
    done: list[Done] = []
    for entry in history(db, kind, subject_id):
        versions = entry.moved(kind, subject_id)
        if versions is not None and versions[1] <= seen:
            break
        if versions is not None or entry.body is None:
            done.insert(0, entry)
    return done


# --- checking ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Verdict:
    entries: int
    disposed: int
    head: str
    first_bad: int | None = None
    fault: str = ""


def verify(db: Connection, chain: str, anchors: Mapping[int, str] = {}, batch: int = 1000) -> Verdict:
    """Recompute a whole chain in constant memory; `anchors` are hashes by n that were kept outside the machine.

    The head is read first, and is one more anchor: entries that others append meanwhile are checked, not mistaken.
    """
    last = db.execute(select(AuditHead.n, AuditHead.hash).where(AuditHead.chain == chain)).one()
    kept = {last.n: last.hash, **anchors}
    entries, disposed, head = 0, 0, genesis(chain)
    entry, body = AuditEntry.__table__.c, AuditBody.__table__.c
    while True:
        page = (entry.chain == chain) & (entry.n > entries) & (entry.n <= entries + batch)
        rows = db.execute(
            select(
                entry.id,
                entry.n,
                entry.previous,
                entry.at,
                entry.actor,
                entry.role,
                entry.action,
                entry.body_sha256,
                entry.hash,
                body.salt,
                body.content,
            )
            .select_from(AuditEntry.__table__.outerjoin(AuditBody.__table__, body.sha256 == entry.body_sha256))
            .where(page)
            .order_by(entry.n)
        ).all()
        subjects = defaultdict(list)
        for entry_id, kind, subject_id in db.execute(
            select(AuditSubject.entry_id, AuditSubject.kind, AuditSubject.subject_id).join(AuditEntry).where(page)
        ):
            subjects[entry_id].append((kind, subject_id))
        gone = _disposed(db, chain, [row.body_sha256 for row in rows if row.content is None])
        for id_, n, previous, at, actor, role, action, digest, this, salt, content in rows:
            if n != entries + 1:
                return Verdict(entries, disposed, head, entries + 1, "the entry is missing")
            if previous != head:
                return Verdict(entries, disposed, head, n, "it does not follow the entry before it")
            if this != header_hash(n, head, tail((chain, at, actor, role, action, digest), subjects.get(id_, ()))):
                return Verdict(entries, disposed, head, n, "its header or subjects were altered")
            if content is not None and _body_hash(salt, content) != digest:
                return Verdict(entries, disposed, head, n, "its body was altered")
            if content is None and digest not in gone:
                return Verdict(entries, disposed, head, n, "its body is missing and no disposal lists it")
            if kept.get(n, this) != this:
                return Verdict(entries, disposed, head, n, "it differs from the hash that was kept of it")
            entries, disposed, head = n, disposed + (content is None), this
        if not rows:
            break
    if max(kept) > entries:
        return Verdict(entries, disposed, head, entries + 1, "the chain was cut here")
    return Verdict(entries, disposed, head)


def _body_hash(salt: object, content: object) -> str:
    both = (salt, content)
    return hashlib.sha256(b"".join(both)).hexdigest() if all(type(it) is bytes for it in both) else ""  # type: ignore[arg-type]


def _disposed(db: Connection, chain: str, digests: list[str]) -> set[str]:
    if not digests:
        return set()
    return set(
        db.scalars(
            select(AuditSubject.subject_id)
            .join(AuditEntry)
            .where(AuditEntry.chain == chain, AuditEntry.action == Action.DISPOSE.value)
            .where(AuditSubject.kind == DISPOSED, AuditSubject.subject_id.in_(digests))
        )
    )
