"""A calculation becomes part of a compounding record: solved again under the lock, never taken from the page."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from pharmacy import clock
from pharmacy.actions.acting import Seen, acting, answered
from pharmacy.actions.catalogue import Action, Actor
from pharmacy.actions.record import Plain
from pharmacy.calculators import queries
from pharmacy.domain.errors import CalculationRefused
from pharmacy.domain.problems import solve
from pharmacy.errors import PharmacyError
from pharmacy.preparations.models import AttachedCalculation, Preparation
from pharmacy.preparations.rows import concern


def attach(
    db: Session,
    actor: Actor,
    seen: Seen[Preparation],
    kind: str,
    given: Mapping[str, object],
    note: str = "",
    key: str | None = None,
) -> None:
    """Solve the problem and add its worksheet to the compounding record of a preparation that is not judged yet.

    Raises a PharmacyError at the field that does not go, and then nothing is attached.
    """
    _attach(db, actor, seen, kind, given, note, key)


@answered
def _attach(
    db: Session,
    actor: Actor,
    seen: Seen[Preparation],
    kind: str,
    given: Mapping[str, object],
    note: str,
    key: str | None,
) -> Plain:
    with acting(db, actor, Action.ATTACH_CALCULATION, seen, key=key) as opened:
        queries.calculator(kind)
        try:
            solved = solve(kind, given)
        except CalculationRefused as refused:
            raise PharmacyError(str(refused), refused.field) from refused
        db.add(
            AttachedCalculation(
                preparation_id=opened.subject.id,
                solve=kind,
                given=queries.as_plain(given),
                calculation=solved.to_json(),
                title=solved.worksheet.title,
                note=note.strip(),
                person_id=actor.id,
                at=clock.now(),
            )
        )
        opened.context["calculation"] = solved.worksheet.title
        concern(opened, opened.subject)
        opened.answer = opened.subject.id
    return opened.answer
