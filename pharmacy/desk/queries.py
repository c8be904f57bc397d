"""What waits, for whom, since when: each role's queue, read with a handful of statements however long it is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased

from pharmacy import clock
from pharmacy.actions.catalogue import Actor, Role
from pharmacy.domain.quantity import NBSP, decimal_text
from pharmacy.domain.strength import Form
from pharmacy.domain.workflow import NOT_MADE, Making, Status
from pharmacy.formulary import queries as formulary
from pharmacy.formulary.approval import LOOK_AT_THEM, Way, approvers
from pharmacy.formulary.models import FormulaVersion, MasterFormulationRecord
from pharmacy.patients.models import Patient
from pharmacy.preparations.missing import short_fills
from pharmacy.preparations.models import Preparation, PreparationFill
from pharmacy.prescriptions.models import Clarification, Fill, Prescription
from pharmacy.screening.models import Finding
from pharmacy.stock.models import Lot, StockItem

S = Status


@dataclass(frozen=True, slots=True)
class Medicine:
    """Drug, strength and form, to be shown together."""

    drug: str
    strength: str
    form: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """One row of a queue. ``endpoint`` and ``values`` lead to the page where it is done."""

    since: datetime
    group: str
    state: str
    detail: str
    verb: str
    endpoint: str
    values: Mapping[str, int]
    word: str | None = None
    medicine: Medicine | None = None
    patient: str | None = None
    born: date | None = None
    late: timedelta | None = None
    refusal: str | None = None
    note: str = ""
    ways: Sequence[Way] = ()
    findings: Mapping[str, int] = field(default_factory=dict)


def medicine(form: str, strength: Decimal) -> Medicine:
    """The medicine of a prescription or formula, in the words of a label."""
    if form == "liquid":
        return Medicine("naltrexone HCl", f"{decimal_text(strength)}{NBSP}mg/mL", "oral liquid")
    if form == "trituration":
        return Medicine("naltrexone HCl", f"1{NBSP}in{NBSP}{decimal_text(1000 / strength)}", "trituration")
    return Medicine("naltrexone HCl", f"{decimal_text(strength)}{NBSP}mg", "capsule")


# what is done with a fill in each state: group, verb, page, and by which role
_DONE_WITH: Mapping[Status, tuple[str, str, str, Role]] = {
    S.ENTERED: ("To finish entering", "Go on", "prescriptions.show", Role.TECHNICIAN),
    S.IN_REVIEW: ("Clinical review", "Review", "prescriptions.review", Role.PHARMACIST),
    S.ON_HOLD: ("On hold", "Open", "prescriptions.review", Role.PHARMACIST),
    S.ACCEPTED: ("To prepare", "Prepare", "labelling.pack", Role.TECHNICIAN),
    S.TO_PREPARE: ("To prepare", "Fill", "labelling.pack", Role.TECHNICIAN),
    S.PREPARED: ("To label", "Label", "labelling.show", Role.TECHNICIAN),
    S.LABELLED: ("Final verification", "Verify", "verification.show", Role.PHARMACIST),
    S.WAITING: ("To hand over", "Hand over", "dispensing.show", Role.TECHNICIAN),
    S.RETURNED: ("To destroy", "Destroy", "dispensing.show", Role.PHARMACIST),
}
_ORDER = (
    "Lots to release", "Final verification", "Clinical review", "On hold", "Sent back", "At the bench", "To prepare",
    "To label", "To hand over", "To finish entering", "To destroy", "Quarantine", "Formulas to approve",
)  # fmt: skip


def has_queue(actor: Actor) -> bool:
    """Whether any work ever waits for somebody of these roles."""
    return bool(actor.roles & {Role.TECHNICIAN, Role.PHARMACIST, Role.PHARMACIST_IN_CHARGE})


def waiting(db: Session, actor: Actor, late_after: Mapping[str, timedelta]) -> list[tuple[str, list[Waiting]]]:
    """All that waits for this person, in groups, oldest first in each; ``late_after`` is by state, in the pharmacy's policy."""
    rows = [*_fills(db, actor), *_preparations(db, actor), *_quarantine(db, actor), *_drafts(db, actor)]
    now = clock.now()
    groups: dict[str, list[Waiting]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: row.since):
        groups[row.group].append(_marked(row, now, late_after))
    return [(name, groups[name]) for name in _ORDER if name in groups]


# states whose limit the policy keeps under another word
_LIMIT_OF = {Making.FINISHED.value: "finished", S.RETURNED.value: S.WAITING.value}


def _marked(row: Waiting, now: datetime, late_after: Mapping[str, timedelta]) -> Waiting:
    limit = late_after.get(_LIMIT_OF.get(row.state, row.state))
    over = now - row.since - limit if limit is not None else timedelta(0)
    return replace(row, late=over) if over > timedelta(0) else row


def _fills(db: Session, actor: Actor) -> Iterable[Waiting]:
    mine = [state for state, (_g, _v, _e, role) in _DONE_WITH.items() if _is_for(actor, role)]
    if not mine:
        return
    found = db.execute(
        select(
            Fill.id, Fill.number, Fill.status, Fill.since, Fill.quantity, Fill.made_by, Fill.sent_back,
            Prescription.id.label("prescription_id"), Prescription.form, Prescription.strength,
            Patient.given_name, Patient.family_name, Patient.born,
        )
        .join(Prescription, Prescription.id == Fill.prescription_id)
        .join(Patient, Patient.id == Prescription.patient_id)
        .where(Fill.status.in_([state.value for state in mine]))
    ).all()  # fmt: skip
    ids = [row.id for row in found]
    levels, lots, answered = _levels(db, ids), _lots_being_made(db, ids), _answered(db, ids)
    made = any(row.status == S.TO_PREPARE and _is_released(lots.get(row.id)) for row in found)
    missing = {fill.id: count for fill, count in short_fills(db)} if made else {}
    for row in found:
        state = Status(row.status)
        group, verb, endpoint, _role = _DONE_WITH[state]
        made_in = lots.get(row.id)
        if state in {S.ACCEPTED, S.TO_PREPARE} and made_in and not _is_released(made_in):
            continue  # it shows as its lot, at the bench or waiting for release
        own = state is S.LABELLED and actor.id in row.made_by
        unit = "mL" if row.form == "liquid" else "capsules"
        yield Waiting(
            since=row.since,
            group="Sent back" if row.sent_back and state is S.PREPARED else group,
            state="sent back"
            if row.sent_back and state is S.PREPARED
            else "clarification answered"
            if row.id in answered
            else row.status,
            detail=f"Rx {row.number} · {row.quantity}{NBSP}{unit}",
            verb=verb,
            endpoint=endpoint,
            values={"prescription_id": row.prescription_id}
            if endpoint == "prescriptions.show"
            else {"fill_id": row.id},
            medicine=medicine(row.form, row.strength),
            patient=f"{row.given_name} {row.family_name}",
            born=row.born,
            refusal="You prepared it: another pharmacist verifies." if own else None,
            note=row.sent_back
            if state is S.PREPARED
            else _made(made_in[0], Form(row.form), missing.get(row.id, 0))
            if made_in and state is S.TO_PREPARE
            else "",
            findings=levels.get(row.id, {}),
        )


def _is_released(made_in: tuple[str, Making] | None) -> bool:
    return made_in is not None and made_in[1] is Making.RELEASED


def _made(lot: str, form: Form, missing: int) -> str:
    """What to know of a fill whose lot is judged: that it is there, or what the lots on hand are short of."""
    if not missing:
        return f"Lot {lot} is released."
    return f"Lot {lot} is released, but {form.amount_text(missing)} {'is' if missing == 1 else 'are'} missing."


def _is_for(actor: Actor, role: Role) -> bool:
    """A pharmacist may do what a technician may, but it stands in her queue only if she is one."""
    return role in actor.roles


def _levels(db: Session, fills: Sequence[int]) -> dict[int, dict[str, int]]:
    counts: dict[int, dict[str, int]] = defaultdict(dict)
    wanted = (
        select(Finding.fill_id, Finding.level, func.count())
        .where(Finding.fill_id.in_(fills), Finding.status == "open")
        .group_by(Finding.fill_id, Finding.level)
    )
    for fill_id, level, count in db.execute(wanted):
        counts[fill_id][level] = count
    return counts


def _lots_being_made(db: Session, fills: Sequence[int]) -> dict[int, tuple[str, Making]]:
    wanted = (
        select(PreparationFill.fill_id, Preparation.number, Preparation.status)
        .join(Preparation, Preparation.id == PreparationFill.preparation_id)
        .where(PreparationFill.fill_id.in_(fills), Preparation.status.not_in(NOT_MADE))
        .order_by(Preparation.id)
    )
    return {fill_id: (number, Making(status)) for fill_id, number, status in db.execute(wanted)}


def _answered(db: Session, fills: Sequence[int]) -> set[int]:
    """The fills that came back to review with the prescriber's answer, and were not accepted since."""
    wanted = (
        select(Clarification.fill_id)
        .join(Fill, Fill.id == Clarification.fill_id)
        .where(
            Clarification.fill_id.in_(fills),
            Clarification.answered_at.is_not(None),
            or_(Fill.accepted_at.is_(None), Fill.accepted_at < Clarification.answered_at),
            Fill.status == S.IN_REVIEW.value,
        )
    )
    return set(db.scalars(wanted))


def _preparations(db: Session, actor: Actor) -> Iterable[Waiting]:
    wanted = []
    if _is_for(actor, Role.TECHNICIAN):
        wanted += [Making.PLANNED, Making.IN_PROGRESS]
    if _is_for(actor, Role.PHARMACIST):
        wanted += [Making.FINISHED]
    if not wanted:
        return
    version, master = aliased(FormulaVersion), aliased(MasterFormulationRecord)
    found = db.execute(
        select(
            Preparation.id,
            Preparation.number,
            Preparation.status,
            Preparation.since,
            Preparation.amount,
            Preparation.made_by,
            master.kind,
            master.strength,
        )
        .join(version, version.id == Preparation.formula_version_id)
        .join(master, master.id == version.record_id)
        .where(Preparation.status.in_([state.value for state in wanted]))
    ).all()
    for row in found:
        finished = Making(row.status) is Making.FINISHED
        unit = {"liquid": "mL", "capsule": "capsules"}.get(row.kind, "mg")
        yield Waiting(
            since=row.since,
            group="Lots to release" if finished else "At the bench",
            state=row.status,
            detail=f"Lot {row.number} · {decimal_text(row.amount)}{NBSP}{unit}",
            verb="Release" if finished else "Go on" if row.status == Making.IN_PROGRESS else "Begin",
            endpoint="preparations.show",
            values={"preparation_id": row.id},
            medicine=medicine(row.kind, row.strength),
            refusal="You prepared it: another pharmacist releases." if finished and actor.id in row.made_by else None,
        )


def _quarantine(db: Session, actor: Actor) -> Iterable[Waiting]:
    if Role.PHARMACIST_IN_CHARGE not in actor.roles:
        return
    lots = db.execute(
        select(Lot.id, Lot.number, Lot.received_on, Lot.origin, StockItem.name)
        .join(StockItem, StockItem.id == Lot.item_id)
        .where(Lot.status == "quarantined", Lot.origin == "bought")
    ).all()
    for lot in lots:
        yield Waiting(
            since=_morning(lot.received_on), group="Quarantine", state="quarantined", detail=f"{lot.name} · lot {lot.number}",
            verb="Look", endpoint="stock.lot", values={"lot_id": lot.id},
        )  # fmt: skip


def _drafts(db: Session, actor: Actor) -> Iterable[Waiting]:
    """The drafts that wait for a pharmacist; what one wrote and may not approve stands once, with who may."""
    found = formulary.waiting(db) if _is_for(actor, Role.PHARMACIST) else []
    if not found:
        return
    who = approvers(db)
    blocked = [draft for draft in found if not who.may(actor.id, draft.author_id)]
    refusal = who.next_step(actor.id, actor.id, "it" if len(blocked) == 1 else "them")
    for draft in [one for one in found if one not in blocked] + blocked[:1]:
        mine, several = draft in blocked, draft in blocked and len(blocked) > 1
        yield Waiting(
            since=draft.written_at, group="Formulas to approve", state="draft",
            detail=f"{len(blocked)} formulas" if several else f"{draft.record.number} version {draft.number}",
            verb="Read", endpoint="formulary.version", values={"version_id": draft.id},
            medicine=None if several else medicine(draft.record.kind, draft.record.strength),
            refusal=refusal if mine else None,
            ways=(*who.ways(actor.id), LOOK_AT_THEM) if mine else (),
            note=who.next_step(actor.id, actor.id) if draft.author_id == actor.id and not mine else "",
        )  # fmt: skip


def _morning(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=clock.now().tzinfo)
