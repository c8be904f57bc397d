"""Reading what was found about a fill, and what it brings to the label and to the talk at hand-over."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from pharmacy.errors import NotFound
from pharmacy.rules import findings as rules
from pharmacy.rules.findings import LabelWarning, Level
from pharmacy.screening.models import Finding, Screening

OPEN, DECIDED, CLEARED = "open", "decided", "cleared"
MOST_SERIOUS_FIRST = {level.value: -level.rank for level in Level}


def findings(db: Session, fill_id: int) -> list[Finding]:
    """The findings of the fill that still hold, with their decisions, most serious first."""
    wanted = select(Finding).where(Finding.fill_id == fill_id, Finding.status != CLEARED)
    found = db.scalars(wanted.options(selectinload(Finding.decisions)).execution_options(populate_existing=True)).all()
    return sorted(found, key=lambda one: (MOST_SERIOUS_FIRST[one.level], one.id))


def open_findings(db: Session, fill_id: int) -> list[Finding]:
    """Those that keep the fill from being accepted; a NOTE asks for nothing."""
    return [one for one in findings(db, fill_id) if one.status == OPEN and one.level != Level.NOTE.value]


def cleared_findings(db: Session, fill_id: int) -> Sequence[Finding]:
    """Those that no longer hold, because a fact was corrected: they stay on record."""
    wanted = select(Finding).where(Finding.fill_id == fill_id, Finding.status == CLEARED).order_by(Finding.id)
    return db.scalars(wanted.options(selectinload(Finding.decisions))).all()


def finding(db: Session, finding_id: int) -> Finding:
    """One finding with its decisions."""
    wanted = select(Finding).where(Finding.id == finding_id).options(selectinload(Finding.decisions))
    found = db.scalars(wanted.execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise NotFound("There is no such finding.")
    return found


def counts(db: Session, fill_ids: Sequence[int]) -> dict[int, dict[str, int]]:
    """How many findings of each level hold for each fill: what a queue says first, in one statement."""
    wanted = select(Finding.fill_id, Finding.level).where(Finding.fill_id.in_(fill_ids), Finding.status != CLEARED)
    counted: dict[int, dict[str, int]] = {}
    for fill_id, level in db.execute(wanted) if fill_ids else ():
        of_fill = counted.setdefault(fill_id, {})
        of_fill[level] = of_fill.get(level, 0) + 1
    return counted


def latest(db: Session, fill_id: int) -> Screening | None:
    """The last run of the rules over the fill."""
    wanted = select(Screening).where(Screening.fill_id == fill_id).order_by(Screening.id.desc()).limit(1)
    return db.scalars(wanted).one_or_none()


def told(one: Finding) -> rules.Finding:
    """The finding as the rule book told it."""
    return rules.Finding.from_json(one.content)


def label_warnings(db: Session, fill_id: int) -> tuple[LabelWarning, ...]:
    """What the findings bring to the label, the always-rules among them: each sentence once, the weightiest first."""
    return rules.label_warnings(told(one) for one in findings(db, fill_id))


def counselling_points(db: Session, fill_id: int) -> tuple[str, ...]:
    """The points for the talk at hand-over: each once, those of the most serious finding first."""
    return rules.counselling(told(one) for one in findings(db, fill_id))
