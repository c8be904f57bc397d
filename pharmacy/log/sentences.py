"""Entries as plain sentences, with was and now."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from pharmacy import clock
from pharmacy.actions import record
from pharmacy.actions.catalogue import Action
from pharmacy.domain import directions as taking
from pharmacy.domain.dates import day_text
from pharmacy.domain.quantity import NBSP, decimal_text
from pharmacy.log import naming, words

Subject = tuple[str, str]
_ALTERED = (
    ArithmeticError,
    AttributeError,
    IndexError,
    KeyError,
    TypeError,
    ValueError,
)  # what an altered entry raises
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True, slots=True)
class Change:
    """One column of one row: what, was, now, in words."""

    name: str
    was: str | None
    now: str | None


@dataclass(frozen=True, slots=True)
class RowChange:
    """What happened to one row; a new one has no was."""

    title: str
    changes: Sequence[Change]
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """One entry as people read it; ``rows`` is None where its body was disposed of."""

    n: int
    at: datetime
    who: str
    role: str
    action: str
    sentence: str
    reason: str
    facts: Sequence[tuple[str, str]]
    icon: str
    mark: str
    subjects: Sequence[tuple[str, str, str]]  # kind, id, name
    rows: Sequence[RowChange] | None
    hash: str
    previous: str


@dataclass(frozen=True, slots=True)
class Raw:
    """One entry as it is stored, with its subjects."""

    n: int
    at: str
    actor: int
    role: str
    action: str
    hash: str
    previous: str
    subjects: Sequence[Subject]
    body: Mapping[str, Any] | None


def tell(db: Session, entries: Sequence[Raw]) -> list[Told]:
    """Entries in words; all names are looked up together."""
    wanted: set[Subject] = {("person", str(entry.actor)) for entry in entries}
    for entry in entries:
        wanted.update(entry.subjects)
        with contextlib.suppress(*_ALTERED):
            wanted.update(_rows_in(entry.body))
    names = naming.names(db, wanted) | {("person", "0"): "The program"}
    return [_told(entry, names) for entry in entries]


def _told(entry: Raw, names: Mapping[Subject, str]) -> Told:
    try:
        return _in_words(entry, names)
    except _ALTERED:
        return _unreadable(entry, names)


def _unreadable(entry: Raw, names: Mapping[Subject, str]) -> Told:
    """An entry that the program cannot have written so: it is shown, never left out, and never stops the page."""
    try:
        at = datetime.fromisoformat(entry.at)
    except ValueError:
        at = datetime.fromtimestamp(0, UTC)
    sentence = f"Entry {entry.n} cannot be read: it is not as the program wrote it. Recompute the record."
    subjects = [(kind, one, names[kind, one]) for kind, one in entry.subjects]
    return Told(
        entry.n, at, names["person", str(entry.actor)], entry.role, entry.action, sentence, "", [], "x-octagon-fill",
        "stop", subjects, [], entry.hash, entry.previous,
    )  # fmt: skip


def _in_words(entry: Raw, names: Mapping[Subject, str]) -> Told:
    action, body = Action(entry.action), entry.body
    who = names["person", str(entry.actor)]
    icon, mark = words.MARKS.get(action, ("dot", "plain"))
    context = dict(body.get("context", {})) if body else {}
    return Told(
        n=entry.n,
        at=datetime.fromisoformat(entry.at),
        who=who,
        role=entry.role,
        action=action.value,
        sentence=f"{who} {_phrase(action, entry, names, context)}.",
        reason=str(body.get("reason", "")) if body else "",
        facts=[
            (key.replace("_", " "), _value(key, value, names) or "nothing") for key, value in sorted(context.items())
        ],
        icon=icon,
        mark=mark,
        subjects=[(kind, one, names[kind, one]) for kind, one in entry.subjects],
        rows=None if body is None else [_row(change, names) for change in body.get("changes", [])],
        hash=entry.hash,
        previous=entry.previous,
    )


def _phrase(action: Action, entry: Raw, names: Mapping[Subject, str], context: Mapping[str, Any]) -> str:
    def named(found: re.Match[str]) -> str:
        kind = found[1]
        mine = [names[subject] for subject in entry.subjects if kind in {"*", subject[0]}]
        if len(mine) > 4:
            return f"{', '.join(mine[:3])} and {len(mine) - 3} more"
        return " and ".join(filter(None, [", ".join(mine[:-1]), *mine[-1:]])) or f"a {kind.replace('_', ' ')}"

    if action is Action.REFUSED and (why := str(context.get("because", ""))).startswith("this page is for: "):
        about = ", ".join(names[subject] for subject in entry.subjects)
        return f"was turned away from a page for the {why.removeprefix('this page is for: ')}{about and f' ({about})'}"
    if action is Action.REFUSED:
        tried = Action(str(context["attempted"])) if context.get("attempted") else None
        what = re.sub(r"\{([a-z_*]+)\}", named, words.SENTENCES[tried]) if tried else "something"
        return f"was refused; what was tried: {what}"
    phrase = words.SENTENCES[action]
    if action is Action.RECORD_WEIGHING:
        phrase = _weighed(entry.body) or phrase
    if action is Action.REFUSE_SIGN_IN and not any(kind == "person" for kind, _ in entry.subjects):
        return "refused a sign-in for a name that nobody has"
    return re.sub(r"\{([a-z_*]+)\}", named, phrase)


def _weighed(body: Mapping[str, Any] | None) -> str:
    """What was weighed, where one entry holds one reading; how many, where it holds the capsules."""
    new = [one["columns"] for one in body.get("changes", []) if one["table"] == "weighing"] if body else []
    if not new:
        return ""
    if len(new) > 1:
        out = sum(_is_outside(one, Decimal(str(one["amount"][1]))) for one in new)
        said = f", {out} of them outside {'its' if out == 1 else 'their'} limits" if out else ""
        return f"weighed {len(new)} single capsules for {{preparation}}{said}"
    line, unit = (str(new[0][name][1]) for name in ("line", "unit"))
    amount = Decimal(str(new[0]["amount"][1]))
    number = decimal_text(amount, -min(int(amount.as_tuple().exponent), 0))
    outside = ", outside its limits" if _is_outside(new[0], amount) else ""
    if unit == "piece":
        piece = "tablet" if line == "tablets" else "shell"
        return f"counted {number}{NBSP}{piece}{'' if amount == 1 else 's'} for {{preparation}}{outside}"
    verb = "measured" if unit == "mL" else "weighed"
    return f"{verb} {number}{NBSP}{unit} of {words.line_words(line)} for {{preparation}}{outside}"


def _is_outside(columns: Mapping[str, Any], amount: Decimal) -> bool:
    """Whether a reading lies outside the limits that stand beside it."""
    return not Decimal(str(columns["low"][1])) <= amount <= Decimal(str(columns["high"][1]))


def _rows_in(body: Mapping[str, Any] | None) -> Iterable[Subject]:
    """The people and rows that the changes of an entry point at."""
    for change in body.get("changes", []) if body else ():
        for column, pair in change["columns"].items():
            kind = "person" if _is_person(column) else words.REFERS.get(column)
            if kind:
                yield from ((kind, str(one)) for one in _flat(pair) if isinstance(one, int))


def _is_person(column: str) -> bool:
    return column in {"person_id", "author_id", "taken_by", "made_by"} or column.endswith("_by")


def _flat(value: Any) -> Iterable[Any]:
    if isinstance(value, list):
        for one in value:
            yield from _flat(one)
    else:
        yield value


def _row(change: Mapping[str, Any], names: Mapping[Subject, str]) -> RowChange:
    table = words.table_words(change["table"])
    verb = {"insert": "new", "update": "changed", "delete": "removed"}[change["op"]]
    shown = [
        Change(words.column_words(column), _value(column, pair[0], names), _value(column, pair[1], names))
        for column, pair in change["columns"].items()
        if column not in words.HIDDEN and (pair[0] is not None or pair[1] is not None)
    ]
    if change["op"] == "insert":
        return RowChange(f"{table}: {verb}", [one for one in shown if one.now], is_new=True)
    return RowChange(f"{table}: {verb}", shown)


def _value(column: str, value: Any, names: Mapping[Subject, str]) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    if _is_person(column) and isinstance(value, int):
        return names.get(("person", str(value)), f"person {value}")
    if _is_person(column) and isinstance(value, list):
        return ", ".join(names.get(("person", str(one)), f"person {one}") for one in value) or "nobody"
    if column == "line" and isinstance(value, str):
        return words.line_words(value)
    if column in words.REFERS and isinstance(value, int):
        return names.get((words.REFERS[column], str(value)), str(value))
    if isinstance(value, dict) and set(value) == {"sha256"}:
        return f"kept apart, sha256 {value['sha256']}"
    if column == "directions" and isinstance(value, dict):
        return taking.sentence(taking.Directions.from_json(value))
    if isinstance(value, (dict, list)):
        return "; ".join(_parts(value)) or "none"
    return _moment_or_day(str(value))


def _parts(value: Any, at: str = "") -> Iterable[str]:
    """A nested value flattened: ``citation place: Table 4``, in the order of the record; what is empty is left out."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _parts(one, f"{at} {key}".strip().replace("_", " "))
    elif isinstance(value, list) and any(isinstance(one, (dict, list)) for one in value):
        for number, one in enumerate(value, 1):
            yield from _parts(one, f"{at} {number}".strip())
    elif value not in (None, "", []):
        said = ", ".join(map(str, value)) if isinstance(value, list) else {True: "yes", False: "no"}.get(value, value)
        yield f"{at}: {said}" if at else str(said)


def _moment_or_day(text: str) -> str:
    """An instant of the record on the pharmacy's wall clock, a day as days are written here; all else as it is."""
    if _INSTANT.fullmatch(text):
        here = clock.local(datetime.fromisoformat(text))
        return f"{day_text(here.date())} {here:%H:%M:%S}"
    return day_text(date.fromisoformat(text)) if _DAY.fullmatch(text) else text


def who_did_what(db: Session, done: Sequence[record.Done]) -> list[dict[str, Any]]:
    """For the page that says someone else was first: who, what and when, oldest first."""
    people = naming.names(db, {("person", str(entry.actor)) for entry in done}) | {("person", "0"): "The program"}
    told = []
    for entry in done:
        phrase = re.sub(r" ?\{[a-z_*]+\}", " this", words.SENTENCES[Action(entry.action)], count=1)
        told.append({
            "who": people["person", str(entry.actor)],
            "what": re.sub(r" (?:of|for|from) \{[a-z_*]+\}| ?\{[a-z_*]+\}", "", phrase),
            "at": datetime.fromisoformat(entry.at),
        })  # fmt: skip
    return told
