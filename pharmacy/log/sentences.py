"""Entries as plain sentences, with was and now."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from pharmacy.actions import record
from pharmacy.actions.catalogue import Action
from pharmacy.log import naming, words

Subject = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Change:
    """One column of one row: what, was, now, in words."""

    name: str
    was: str | None
    now: str | None


@dataclass(frozen=True, slots=True)
class RowChange:
    """What happened to one row."""

    title: str
    changes: Sequence[Change]


@dataclass(frozen=True, slots=True)
class Told:
    """One entry as people read it; ``rows`` is None where its body was disposed of."""

    n: int
    at: datetime
    who: str
    role: str
    action: Action
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
        wanted.update(_people_in(entry.body))
    names = naming.names(db, wanted) | {("person", "0"): "The program"}
    return [_told(entry, names) for entry in entries]


def _told(entry: Raw, names: Mapping[Subject, str]) -> Told:
    action, body = Action(entry.action), entry.body
    who = names["person", str(entry.actor)]
    icon, mark = words.MARKS.get(action, ("dot", "plain"))
    context = dict(body.get("context", {})) if body else {}
    return Told(
        n=entry.n,
        at=datetime.fromisoformat(entry.at),
        who=who,
        role=entry.role,
        action=action,
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

    if action is Action.REFUSED:
        tried = Action(str(context["attempted"])) if context.get("attempted") else None
        what = re.sub(r"\{([a-z_*]+)\}", named, words.SENTENCES[tried]) if tried else "something"
        return f"was refused; what was tried: {what}"
    phrase = words.SENTENCES[action]
    if action is Action.REFUSE_SIGN_IN and not any(kind == "person" for kind, _ in entry.subjects):
        return "refused a sign-in for a name that nobody has"
    return re.sub(r"\{([a-z_*]+)\}", named, phrase)


def _people_in(body: Mapping[str, Any] | None) -> Iterable[Subject]:
    for change in body.get("changes", []) if body else ():
        for column, pair in change["columns"].items():
            if _is_person(column):
                yield from (("person", str(one)) for one in _flat(pair) if isinstance(one, int))


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
    if isinstance(value, dict) and set(value) == {"sha256"}:
        return f"kept apart, sha256 {value['sha256']}"
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False, indent=1)
    return str(value)


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
