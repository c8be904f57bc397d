"""What the calculators offer, and the compounding records that a calculation can be attached to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from pharmacy.domain.problems import PROBLEMS, ProblemKind
from pharmacy.errors import NotFound
from pharmacy.preparations import queries as preparations


@dataclass(frozen=True, slots=True)
class Open:
    """A preparation that takes calculations: its id and version as they are now, and what it is in words."""

    id: int
    version: int
    words: str


def groups() -> dict[str, list[ProblemKind]]:
    """Every kind that is for the bench, by its group, in the order in which the kinds are registered."""
    found: dict[str, list[ProblemKind]] = {}
    for kind in PROBLEMS.values():
        if kind.bench:
            found.setdefault(kind.group, []).append(kind)
    return found


def calculator(key: str) -> ProblemKind:
    """One kind that is for the bench."""
    kind = PROBLEMS.get(key)
    if kind is None or not kind.bench:
        raise NotFound("There is no such calculator.")
    return kind


def open_records(db: Session) -> list[Open]:
    """The preparations that are not judged yet, oldest first; no patient is named."""
    found = []
    for row in preparations.open_preparations(db):
        drug, strength, form = preparations.medicine(row)
        words = f"{row.number}: {drug} {strength} {form}, {preparations.made_text(row)}, {row.status}"
        found.append(Open(row.id, row.version, words))
    return found


def as_plain(given: Mapping[str, object]) -> dict[str, Any]:
    """What was given as JSON keeps it; days as the file format writes them."""
    return {name: _plain(value) for name, value in given.items()}


def _plain(value: object) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    return value
