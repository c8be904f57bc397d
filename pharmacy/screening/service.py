"""Screening: facts of a patient and an order go through the rule book; what it finds is decided one by one.

Nothing here knows a prescription or a fill but by its id: the step above gathers the order and opens the action, so
that the findings are written together with what made them necessary.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select

from pharmacy import clock
from pharmacy.actions.acting import Opened
from pharmacy.actions.catalogue import Action
from pharmacy.domain.directions import Directions, daily_doses
from pharmacy.domain.errors import CalculationRefused
from pharmacy.domain.formula import Formula
from pharmacy.domain.quantity import Mass
from pharmacy.domain.strength import Strength
from pharmacy.errors import NotReady, PharmacyError
from pharmacy.patients.models import MedicineTaken, Patient
from pharmacy.rules import book, checks
from pharmacy.rules import findings as rules
from pharmacy.rules.facts import (
    ActivePrescription,
    Answer,
    ComponentFact,
    ConditionFact,
    Facts,
    MedicineFact,
    PreviousLiquid,
    SensitivityFact,
    Use,
)
from pharmacy.rules.findings import Level
from pharmacy.screening.models import Decision, Finding, Screening
from pharmacy.screening.queries import CLEARED, DECIDED, OPEN, latest, told


@dataclass(frozen=True, slots=True)
class Planned:
    """What the patient is to take: as far as it is known, so that a half-filled form can be looked at too.

    ``daily_doses``: of a kit, the daily totals of all its containers; a container alone does not know them.
    """

    strength: Strength | None
    directions: Directions | None
    formula: Formula | None = None
    others: tuple[ActivePrescription, ...] = ()
    previous_liquid: PreviousLiquid | None = None
    daily_doses: tuple[Mass, ...] = ()


def facts(patient: Patient | None, planned: Planned, on: date) -> Facts:
    """All that the rules look at. The patient comes with sensitivities, conditions and medicines."""
    doses = planned.daily_doses
    if not doses and planned.strength is not None and planned.directions is not None:
        try:
            doses = daily_doses(planned.directions, planned.strength)
        except CalculationRefused:
            doses = ()  # the dose is then unknown, which has its own rule
    parts = planned.formula.components if planned.formula is not None else ()
    common: dict[str, Any] = {
        "on_date": on,
        "daily_doses": doses,
        "strength": planned.strength,
        "components": tuple(ComponentFact(one.code, one.name) for one in parts),
        "other_prescriptions": planned.others,
        "previous_liquid": planned.previous_liquid,
    }
    if patient is None:
        return Facts(born=None, history_asked=False, **common)
    return Facts(
        born=patient.born,
        history_asked=patient.history_asked_at is not None,
        medicines=tuple(medicine_fact(one) for one in patient.medicines if not one.removed),
        conditions=tuple(ConditionFact(one.code, one.words) for one in patient.conditions),
        sensitivities=tuple(SensitivityFact(one.substance, one.words) for one in patient.sensitivities),
        pregnancy=_answer(patient.pregnancy),
        lactation=_answer(patient.lactation),
        **common,
    )


def _answer(text: str) -> Answer:
    return Answer(text) if text in set(Answer) else Answer.UNKNOWN


def medicine_fact(row: MedicineTaken) -> MedicineFact:
    """One medicine as the rules see it: what the rule book of today makes of the name, and what a person found out."""
    use = Use(row.use) if row.use in set(Use) else Use.CURRENT
    vocabulary = book.load().vocabulary
    # Ingredients that a person named explain the name; what is only described in words stays a note of its own.
    named = set(row.ingredients) - set(vocabulary.recognise(row.typed).ingredients) if row.resolved_by else set()
    return checks.medicine_fact(
        vocabulary,
        row.typed,
        use,
        last_dose=row.last_dose,
        named=tuple(code for code in row.ingredients if code in named),
        found=row.resolution,
        key=str(row.id),
    )


@dataclass(frozen=True, slots=True)
class Screened:
    """What a run of the rules changed: findings that are new, and those that no longer hold."""

    new: int
    cleared: int
    kept: int


def screen_within(opened: Opened[Any], fill_id: int, looked_at: Facts) -> Screened:
    """Run the rules inside an open action and write what they find for this fill.

    A finding with the same fingerprint as before is kept with its decision; one that is found no longer is cleared, and
    stays on record. The decisions of another fill never count.
    """
    db, rule_book = opened.db, book.load()
    run = Screening(
        fill_id=fill_id,
        at=clock.now(),
        book_edition=rule_book.edition,
        book_digest=rule_book.digest,
        vocabulary=rule_book.vocabulary.version,
        facts_digest=looked_at.digest,
    )
    db.add(run)
    db.flush()
    standing = {
        one.fingerprint: one
        for one in db.scalars(select(Finding).where(Finding.fill_id == fill_id, Finding.status != CLEARED))
    }
    found = {one.fingerprint: one for one in checks.check(rule_book, looked_at)}
    for fingerprint, row in standing.items():
        if fingerprint not in found:
            row.status = CLEARED
    fresh = [one for fingerprint, one in found.items() if fingerprint not in standing]
    for one in fresh:
        db.add(_row(fill_id, run.id, one))
    db.flush()
    opened.concerns("fill", fill_id)
    return Screened(len(fresh), len(standing.keys() - found.keys()), len(standing.keys() & found.keys()))


def _row(fill_id: int, screening_id: int, one: rules.Finding) -> Finding:
    about_medicine = one.about == "medicine" and re.fullmatch(r"[0-9]+", one.subject, re.ASCII)
    return Finding(
        fill_id=fill_id,
        screening_id=screening_id,
        rule_id=one.rule_id,
        fingerprint=one.fingerprint,
        level=one.level.value,
        status=OPEN,
        content=one.to_json(),
        medicine_id=int(one.subject) if about_medicine else None,
    )


def is_current(db: Any, fill_id: int, looked_at: Facts) -> bool:
    """Whether the findings were made of exactly these facts by the rule book that is loaded now."""
    last = latest(db, fill_id)
    return last is not None and (last.facts_digest, last.book_digest) == (looked_at.digest, book.load().digest)


class Outcome(StrEnum):
    """What may be decided of a finding."""

    GO_ON = "go on"
    WAIT = "wait"
    REOPENED = "reopened"


@dataclass(frozen=True, slots=True)
class Decided:
    """One person's decision, as given: the reason in words, and whom the prescriber contact was with."""

    outcome: Outcome
    reason: str
    spoke_with: str = ""
    spoke_how: str = ""
    spoke_at: datetime | None = None


def action_for(level: str) -> Action:
    """A STOP is signed; the rest is decided with a reason."""
    return Action.SIGN_FINDING if level == Level.STOP.value else Action.DECIDE_FINDING


def check_decision(content: rules.Finding, given: Decided, now: datetime) -> None:
    """Raise a :class:`PharmacyError` at the field that the rule asks for and that is missing or cannot be."""
    if not content.needs.decidable:
        why = content.clears_when or "It clears only when the fact behind it is corrected."
        raise NotReady(f"This finding cannot be decided. {why}")
    if given.outcome is Outcome.WAIT and not may_wait(content):
        raise PharmacyError("This finding names no day to wait for.", "outcome")
    if len(given.reason) < 3:
        raise PharmacyError("Give the reason in your own words.", "reason")
    if given.spoke_at is not None and given.spoke_at > now:
        raise PharmacyError("The talk lies in the future.", "spoke_at")
    if content.needs.contact:
        if not given.spoke_with:
            raise PharmacyError("This rule asks whom you spoke with.", "spoke_with")
        if not given.spoke_how:
            raise PharmacyError("Say how you spoke with the prescriber.", "spoke_how")
        if given.spoke_at is None:
            raise PharmacyError("Say when you spoke with the prescriber.", "spoke_at")


def may_wait(content: rules.Finding) -> bool:
    """Whether the finding names the day from which naltrexone may start."""
    return bool(content.fact("earliest_start"))


def decide_within(opened: Opened[Finding], given: Decided) -> None:
    """Write the decision on the finding that the action was opened on; for this fill only."""
    decide_row(opened, opened.subject, given)


def decide_as_well(opened: Opened[Finding], fill_id: int, given: Decided) -> None:
    """Write the same decision on the same finding of a fill that goes together with this one, where it is to be made."""
    wanted = select(Finding).where(Finding.fill_id == fill_id, Finding.fingerprint == opened.subject.fingerprint)
    here = DECIDED if given.outcome is Outcome.REOPENED else OPEN
    for row in opened.db.scalars(wanted.where(Finding.status == here)):
        decide_row(opened, row, given)


def decide_row(opened: Opened[Finding], row: Finding, given: Decided) -> None:
    """Write the decision on one finding inside the open action."""
    now = clock.now()
    if row.status == CLEARED:
        raise NotReady("The finding no longer holds; there is nothing to decide.")
    if given.outcome is Outcome.REOPENED:
        if row.status != DECIDED:
            raise NotReady("The finding is open already.")
    else:
        if row.status == DECIDED:
            raise NotReady("The finding is decided. Reopen it to decide anew.")
        check_decision(told(row), given, now)
    row.status = OPEN if given.outcome is Outcome.REOPENED else DECIDED
    signature = opened.signature
    opened.db.add(
        Decision(
            finding_id=row.id,
            outcome=given.outcome.value,
            reason=given.reason,
            spoke_with=given.spoke_with,
            spoke_how=given.spoke_how,
            spoke_at=given.spoke_at,
            signed=signature.method if signature else "",
            decided_by=opened.actor.id,
            decided_at=now,
        )
    )
    opened.concerns("fill", row.fill_id)


def standing(rows: Sequence[Finding]) -> dict[int, Decision]:
    """The decision that counts of each decided finding: the last one."""
    return {row.id: row.decisions[-1] for row in rows if row.status == DECIDED and row.decisions}
