"""The one door for writes: an action is checked, done and recorded together, or not at all."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Generic, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine, Row, Select, bindparam, delete, event, insert, inspect, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapper, Session, object_session
from sqlalchemy.orm.exc import StaleDataError

from pharmacy import clock
from pharmacy.actions import record
from pharmacy.actions.catalogue import PERMITS, Action, Actor, Permit, Role, Signature, Solo, who_may
from pharmacy.actions.models import DISPOSED, AuditBody, AuditEntry, Submission, check_triggers
from pharmacy.db import FROZEN, Base, Subject

_take_key = insert(Submission)
_keep_answer = update(Submission).where(Submission.key == bindparam("its_key")).values(answer=bindparam("its_answer"))

S = TypeVar("S", bound=Base)
P = ParamSpec("P")


class UnrecordedWrite(RuntimeError):
    """Something tried to write around the door: a fault in the program."""


class Refused(Exception):
    """The policy says no; the attempt is in the log. ``who`` says who may."""

    def __init__(self, why: str, who: str = "") -> None:
        super().__init__(why)
        self.who = who


class Missing(LookupError):
    """There is no such row."""


class Conflict(Exception):
    """Someone else was first; ``since`` says who did what since the version that was seen, ``on`` to what."""

    def __init__(self, since: list[record.Done], on: Seen[Any] | None = None) -> None:
        super().__init__("changed by someone else in the meantime")
        self.since = since
        self.on = on


class AlreadyDone(Exception):
    """The same form was sent before; `answer` is what it got then."""

    def __init__(self, answer: record.Plain) -> None:
        super().__init__("already done")
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Seen(Generic[S]):
    """The subject as the person saw it: which row, and which version was on the screen. No id: not there yet."""

    model: type[S]
    id: int | str | None = None
    version: int | None = None

    @property
    def kind(self) -> str:
        return str(self.model.__tablename__)


@dataclass(eq=False)
class Opened(Generic[S]):
    """An open action: what it acts on, what it has changed so far, and what it answers."""

    db: Session
    actor: Actor
    action: Action
    on: Seen[S]
    reason: str
    signature: Signature | None = None
    solo: Solo | None = None
    role: Role | None = None  # the one under which the action is permitted
    context: dict[str, Any] = field(default_factory=dict)
    answer: record.Plain = None
    changes: record.Changes = field(default_factory=record.Changes)
    subjects: set[tuple[str, str]] = field(default_factory=set)
    disposing: list[str] = field(default_factory=list)
    recording: bool = False  # the guard lets writes pass only while this is set
    closing: bool = False
    moved: set[Subject] = field(default_factory=set)  # already at their next version
    found: S | None = None

    @property
    def subject(self) -> S:
        if self.found is None:
            raise LookupError(f"{self.action} opened on no {self.on.kind}")
        return self.found

    def concerns(self, kind: str, subject_id: object) -> None:
        """Let the entry be found under one more subject, such as the patient of a prescription."""
        self.subjects.add((kind, str(subject_id)))

    def move(self, row: Subject) -> None:
        """Bring a changed subject to its next version, once, however many flushes follow."""
        if row not in self.moved:
            self.moved.add(row)
            self.changes.note(
                row.__tablename__, row.id, "update", {"version": (row.version, row.version + 1)}
            )  # a flush forgets it
            row.version += 1

    def add_rows(self, model: type[Base], rows: Iterable[Mapping[str, Any]]) -> list[int]:
        """Insert many rows without the ORM, recorded like any other change; returns their ids."""
        self.db.flush()
        given = [dict(row) for row in rows]
        if not given:
            return []
        (key,) = model.__table__.primary_key
        statement = insert(model).returning(key, sort_by_parameter_order=True)
        self.recording = True
        ids = list(self.db.connection().execute(statement, given).scalars())
        self.recording = False
        for row_id, row in zip(ids, given, strict=True):
            self.changes.note(model.__tablename__, row_id, "insert", {name: (None, now) for name, now in row.items()})
        return ids


@contextmanager
def acting(
    db: Session,
    actor: Actor,
    action: Action,
    on: Seen[S],
    *,
    reason: str = "",
    key: str | None = None,
    signature: Signature | None = None,
    solo: Solo | None = None,
) -> Iterator[Opened[S]]:
    """Open the door: check, do, record and commit; or refuse, and leave neither change nor entry.

    The order matters. A read transaction cannot be upgraded to a write on SQLite, so it is ended first; the subject is
    read again under the write lock; only then are role, version, checks and state tested. The version comes before the
    state: who acts on what another person has just moved on is told who did what, and has attempted nothing wrong.
    """
    if "action" in db.info or db.new or db.dirty or db.deleted:
        raise UnrecordedWrite("rows were changed before the action was opened, or actions were nested")
    opened = _open(db, actor, action, on, reason.strip(), signature, solo)
    try:
        _check_time(opened)
        if key is not None:
            _claim(opened, key)
        if on.id is not None:
            opened.found = db.scalars(_under_lock(on.model), {"its_id": on.id}).one_or_none()
            opened.concerns(on.kind, on.id)
            if opened.found is None:
                raise Missing(f"there is no {on.kind} {on.id}")
        permit = _check_role(opened)
        if on.version is not None and getattr(opened.subject, "version") != on.version:
            raise Conflict(record.since(db.connection(), on.kind, int(on.id or 0), on.version), on)
        _check_permit(opened, permit)
        yield opened
        _close(opened, key)
    except Refused as refusal:
        db.rollback()
        _record_refusal(opened, str(refusal))
        raise
    except StaleDataError as stale:
        db.rollback()
        raise Conflict([], on) from stale
    except BaseException:
        db.rollback()
        raise
    finally:
        del db.info["action"]


@functools.cache
def _under_lock(model: type[S]) -> Select[S]:
    (key,) = model.__table__.primary_key
    wanted = select(model).where(key == bindparam("its_id")).with_for_update()
    return wanted.execution_options(populate_existing=True)


def _open(
    db: Session,
    actor: Actor,
    action: Action,
    on: Seen[S],
    reason: str,
    signature: Signature | None = None,
    solo: Solo | None = None,
) -> Opened[S]:
    db.rollback()
    opened = db.info["action"] = Opened(db, actor, action, on, reason, signature, solo)
    try:
        db.connection(execution_options={"action": opened})  # BEGIN IMMEDIATE on SQLite; gone with the transaction
    except BaseException:
        del db.info["action"]  # the database is locked or gone: the session can still be used to say so
        raise
    return opened


def _claim(opened: Opened[S], key: str) -> None:
    """Take the one-time key; whoever comes second waits for the first, and gets the first answer."""
    db, intent = opened.db, f"{opened.actor.id} {opened.action} {opened.on.kind} {opened.on.id}"
    opened.recording = True
    try:
        db.connection().execute(_take_key, {"key": key, "intent": intent, "answer": "null"})
    except IntegrityError:
        db.rollback()
        first = db.get_one(Submission, key)
        if first.intent != intent:
            raise Refused("this key was used for something else") from None
        raise AlreadyDone(json.loads(first.answer)) from None
    opened.recording = False


def permitted_role(actor: Actor, permit: Permit | None) -> Role | None:
    """The role under which the actor may, if any; the record names it."""
    return next((role for role in permit.roles if role in actor.roles), None) if permit else None


def _check_role(opened: Opened[S]) -> Permit:
    """The permit of the action; refused unless the actor holds one of its roles. What has no permit is for nobody."""
    permit, who = PERMITS.get(opened.action), who_may(opened.action)
    opened.role = permitted_role(opened.actor, permit)
    if permit is None or opened.role is None:
        raise Refused(f"this is done by: {who}", who)
    return permit


def _check_permit(opened: Opened[S], permit: Permit) -> None:
    """What the permit asks beyond the role: checks of actor and row, its state, a reason, a signature."""
    who = who_may(opened.action)
    if opened.found is None and (permit.when or permit.checks or permit.alone):
        raise UnrecordedWrite(f"{opened.action} is tested against a row: name it")
    for check in permit.checks:
        if not check(opened.actor, opened.found):
            raise Refused(check.__doc__ or check.__name__, who)
    for check in permit.alone:
        if not check(opened.actor, opened.found):
            if opened.solo is None:
                raise Refused(check.__doc__ or check.__name__, f"another {who}")
            opened.context["solo"] = opened.solo.reason
    if (
        permit.when is not None
        and opened.found is not None
        and (now := str(getattr(opened.found, "status"))) not in permit.when
    ):
        raise Refused(
            f"the {opened.on.kind.replace('_', ' ')} is {now}; this is done while it is {' or '.join(sorted(permit.when))}"
        )
    if permit.reason and not opened.reason:
        raise Refused("a reason is asked for")
    if permit.signed:
        if opened.signature is None or opened.signature.person != opened.actor.id:
            raise Refused("a signature of one's own is asked for")
        opened.context["signed"] = opened.signature.method


def _check_time(opened: Opened[S]) -> None:
    """Nothing is recorded at a simulated time, not even a refusal, unless the record begins by saying so."""
    if not clock.is_simulated() or is_demonstration(opened.db):
        return
    is_first = opened.db.scalar(select(AuditEntry.n).limit(1)) is None
    if opened.action is not Action.DEMONSTRATE or not is_first:
        raise UnrecordedWrite("a simulated time is allowed only in a demonstration")


def is_demonstration(db: Session) -> bool:
    """Whether the first entry of the record says: demonstration, times simulated."""
    return db.scalar(select(AuditEntry.action).where(AuditEntry.n == 1).limit(1)) == Action.DEMONSTRATE.value


def _close(opened: Opened[S], key: str | None) -> None:
    db = opened.db
    if (
        isinstance(opened.found, Subject)
        and (opened.changes or db.new or db.dirty or db.deleted)
        and opened.found not in db.deleted
    ):
        opened.move(opened.found)
    db.flush()
    connection, body = (
        db.connection(),
        {"changes": opened.changes.listed(), "reason": opened.reason, "context": opened.context},
    )
    opened.recording = True
    if key is not None and opened.answer is not None:
        connection.execute(_keep_answer, {"its_key": key, "its_answer": record.canonical(opened.answer).decode()})
    record.append(
        connection,
        opened.actor,
        str(opened.role or min(opened.actor.roles, default="no role")),
        opened.action,
        opened.subjects,
        body,
    )
    if opened.disposing:
        connection.execute(delete(AuditBody).where(AuditBody.sha256.in_(opened.disposing)))
    opened.closing = True
    db.commit()


def turn_away(db: Session, actor: Actor, action: Action, subjects: Iterable[tuple[str, str]], why: str) -> None:
    """Record that this person came to a page, or sent its form, without the role that opens it: nothing was read or changed."""
    opened = Opened(db, actor, action, Seen(AuditBody), "")
    opened.subjects |= set(subjects)
    db.rollback()  # the refusal is written on a connection of its own
    _record_refusal(opened, why)


def _record_refusal(opened: Opened[S], why: str) -> None:
    with Session(opened.db.get_bind()) as own:
        refusal = _open(own, opened.actor, Action.REFUSED, opened.on, "")
        refusal.subjects, refusal.context = opened.subjects, {"attempted": opened.action, "because": why}
        _close(refusal, None)


def answered(service: Callable[P, record.Plain]) -> Callable[P, record.Plain]:
    """A repeated submission returns the first answer; nothing is done twice."""

    @functools.wraps(service)
    def answer(*args: P.args, **kwargs: P.kwargs) -> record.Plain:
        try:
            return service(*args, **kwargs)
        except AlreadyDone as done:
            return done.answer

    return answer


def view(db: Session, actor: Actor, on: Seen[S]) -> None:
    """Record that this person looked at this subject: once per quarter of an hour, in a transaction of its own."""
    key = f"view {actor.id} {on.kind} {on.id} {int(clock.now().timestamp()) // 900}"
    with Session(db.get_bind()) as own:
        if own.scalar(select(Submission.key).where(Submission.key == key)) is None:
            try:
                with acting(own, actor, Action.VIEW, on, key=key):
                    pass
            except AlreadyDone:
                pass


def dispose(db: Session, actor: Actor, entries: Iterable[int], reason: str) -> None:
    """Destroy the bodies of these entries of the actor's site. The disposal lists their digests; the chain still verifies."""
    with acting(db, actor, Action.DISPOSE, Seen(AuditBody), reason=reason) as opened:
        digests = select(AuditEntry.body_sha256).where(AuditEntry.chain == actor.site, AuditEntry.n.in_(entries))
        opened.disposing = list(db.scalars(digests))
        for digest in opened.disposing:
            opened.concerns(DISPOSED, digest)


# --- the guards --------------------------------------------------------------------------------------------------

_READS = re.compile(r"\s*(SELECT|BEGIN|WITH(?!.*\b(INSERT|UPDATE|DELETE|MERGE)\b))\b", re.IGNORECASE | re.DOTALL)


def guard(engine: Engine) -> Engine:
    """From here on this engine refuses every statement but a read, unless an open action is recording it."""
    check_triggers(engine)
    return watch(engine)


def watch(engine: Engine) -> Engine:
    """The guard on the engine alone: for a program that must start before the migrations have run."""
    event.listen(engine, "before_cursor_execute", _refuse_unrecorded)
    return engine


def _refuse_unrecorded(connection: Connection, _cursor: object, statement: str, *_: object) -> None:
    opened: Opened[Any] | None = connection.get_execution_options().get("action")
    if (opened is None or not opened.recording) and not _READS.match(statement):
        raise UnrecordedWrite(f"{statement:.60} … : open an action, and change rows through the session or add_rows()")


@event.listens_for(Session, "before_flush")
def _before_flush(db: Session, *_: object) -> None:
    changed = [row for row in db.dirty if db.is_modified(row)]
    if not (changed or db.new or db.deleted):
        return
    opened: Opened[Any] | None = db.info.get("action")
    if opened is None:
        raise UnrecordedWrite(", ".join(sorted({type(row).__name__ for row in (*changed, *db.new, *db.deleted)})))
    for row in changed:
        if isinstance(row, Subject):
            opened.move(row)
    opened.recording = True


@event.listens_for(Session, "after_flush")
def _after_flush(db: Session, *_: object) -> None:
    """Note every changed row while the session still knows what was, and already knows the new ids."""
    opened: Opened[Any] | None = db.info.get("action")
    if opened is None:
        return
    opened.recording = False
    for rows, op in ((db.new, "insert"), (db.dirty, "update")):
        for row in rows:
            if columns := _columns(row, op):
                _note(opened, row, op, columns)


@event.listens_for(Base, "before_delete", propagate=True)
def _before_delete(mapper: Mapper[Any], connection: Connection, row: Any) -> None:
    """Note all that a row held, read anew, before it is gone: also one that a cascade takes, which no session lists."""
    db = object_session(row)
    opened: Opened[Any] | None = db.info.get("action") if db is not None else None
    if opened is None:
        raise UnrecordedWrite(type(row).__name__)
    keys = zip(mapper.primary_key, mapper.primary_key_from_instance(row), strict=True)
    held = connection.execute(select(mapper.local_table).where(*(column == key for column, key in keys))).one()
    _note(opened, row, "delete", _held(mapper, held))


def _held(mapper: Mapper[Any], held: Row[Any]) -> dict[str, tuple[object, object]]:
    was = held._mapping  # noqa: SLF001  SQLAlchemy's own name for a row read by its columns
    return {
        name: (record.fingerprint(was[name]) if frozen else was[name], None) for _, name, frozen in _recorded(mapper)
    }


def _note(opened: Opened[Any], row: Any, op: str, columns: dict[str, tuple[object, object]]) -> None:
    key = inspect(row).mapper.primary_key_from_instance(row)
    row_id = key[0] if len(key) == 1 else tuple(key)
    opened.changes.note(row.__tablename__, row_id, op, columns)
    if isinstance(row, Subject):
        opened.concerns(row.__tablename__, row_id)


def _columns(row: Any, op: str) -> dict[str, tuple[object, object]]:
    state, found = inspect(row), {}
    for key, name, frozen in _recorded(state.mapper):
        if op == "update":
            history = state.attrs[key].history
            if not history.has_changes():
                continue
            was, now = (history.deleted or [None])[0], (history.added or [None])[0]
        else:
            was, now = None, state.dict.get(key)
        found[name] = (record.fingerprint(was), record.fingerprint(now)) if frozen else (was, now)
    return found


@functools.cache
def _recorded(mapper: Mapper[Any]) -> list[tuple[str, str, bool]]:
    """Attribute, column name, and whether only its sha256 is kept."""
    return [
        (p.key, p.columns[0].name, p.columns[0].info == FROZEN)
        for p in mapper.column_attrs
        if not p.columns[0].primary_key
    ]


@event.listens_for(Session, "before_commit")
def _before_commit(db: Session) -> None:
    opened: Opened[Any] | None = db.info.get("action")
    if opened is not None and not opened.closing:
        raise UnrecordedWrite("an action commits by itself, when its block ends")


def may(actor: Actor, action: Action, subject: Any = None) -> bool:
    """Whether the door would open, as far as can be told without asking it: roles, state, checks. Solo mode aside."""
    permit = PERMITS.get(action)
    if permit is None or permitted_role(actor, permit) is None:
        return False
    if subject is None:
        return True
    if permit.when is not None and str(getattr(subject, "status")) not in permit.when:
        return False
    return all(check(actor, subject) for check in (*permit.checks, *permit.alone))
