"""The calculations that were attached to a compounding record, as its page and its paper show them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from pharmacy import clock
from pharmacy.accounts import queries as accounts
from pharmacy.domain.dates import day_text
from pharmacy.domain.problems import PROBLEMS, Calculation
from pharmacy.domain.problems.said import Said, said
from pharmacy.domain.worksheet import Worksheet
from pharmacy.preparations.models import AttachedCalculation


@dataclass(frozen=True, slots=True)
class Attached:
    """One attached calculation: what was given, the worksheet with its second way, by whom and why."""

    title: str
    note: str
    given: tuple[tuple[str, str], ...]
    worksheet: Worksheet
    answers: tuple[Said, ...]
    plausibility: str
    who: str
    at: str


def attached_calculations(db: Session, preparation_id: int) -> tuple[Attached, ...]:
    """All of one preparation, in the order in which they were attached."""
    wanted = select(AttachedCalculation).where(AttachedCalculation.preparation_id == preparation_id)
    rows = db.scalars(wanted.order_by(AttachedCalculation.id)).all()
    names = accounts.names(db, {row.person_id for row in rows})
    return tuple(_shown(row, names) for row in rows)


def _shown(row: AttachedCalculation, names: Mapping[int, str]) -> Attached:
    calculation, kind, here = Calculation.from_json(row.calculation), PROBLEMS.get(row.solve), clock.local(row.at)
    labels = {one.name: one.label for one in kind.fields} if kind else {}
    given = tuple((labels.get(name, name.replace("_", " ")), _text(value)) for name, value in row.given.items())
    answers = said(calculation, kind)
    at = f"{day_text(here.date())} {here:%H:%M}"
    who = names.get(row.person_id, "")
    return Attached(row.title, row.note, given, calculation.worksheet, answers, calculation.plausibility, who, at)


def _text(value: Any) -> str:
    """A given value as it was typed; a list of tables one after the other."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return "; ".join(_text(one) for one in value)
    if isinstance(value, dict):
        return ", ".join(f"{name.replace('_', ' ')} {_text(one)}" for name, one in value.items())
    return "; ".join(str(value).splitlines())
