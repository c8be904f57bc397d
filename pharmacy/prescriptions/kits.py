"""Reading kits: their containers, each with its prescription, and which of their fills belong together.

A kit is supplied in rounds: first the whole titration, then refills at its last dose. What is decided, packed and handed
over in one round belongs together.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from pharmacy.domain.kit_plan import KitPlan
from pharmacy.domain.quantity import Mass
from pharmacy.domain.titration import Kit
from pharmacy.domain.workflow import Status
from pharmacy.prescriptions import queries
from pharmacy.prescriptions.models import Fill, KitContainer, Prescription

READY = frozenset({Status.WAITING, Status.HANDED_OVER})


def plan_of(row: Prescription) -> KitPlan | None:
    """The kit as it was planned; None of a prescription that is no container of a kit."""
    return None if row.in_kit is None else KitPlan.from_json(row.in_kit.kit.plan)


def kit_of(row: Prescription) -> Kit | None:
    """The kit that the prescription is a container of."""
    plan = plan_of(row)
    return None if plan is None else plan.kit


def members(db: Session, row: Prescription) -> Sequence[Prescription]:
    """The prescriptions of the kit, container 1 first; the prescription itself alone when it is of none."""
    if row.kit_id is None:
        return [row]
    its = select(KitContainer.prescription_id).where(KitContainer.kit_id == row.kit_id)
    ids = db.scalars(its.order_by(KitContainer.place))
    return [row if its_id == row.id else queries.prescription(db, its_id) for its_id in ids.all()]


def is_first(one: Fill) -> bool:
    """Whether the fill supplies the titration itself, and is no refill at its last dose."""
    return queries.supplied_before(one) == 0


def titrates(one: Fill) -> bool:
    """Whether what is taken changes from day to day, so that the patient needs a calendar."""
    of_kit = one.prescription.kit_id is not None and is_first(one)
    return of_kit or len(queries.directions_for(one).steps) > 1


def round_of(one: Fill) -> int:
    """Which supply of its prescription the fill is, void fills not counted: 1 is the first."""
    earlier = [made for made in one.prescription.fills if made.ordinal < one.ordinal]
    return 1 + sum(1 for made in earlier if Status(made.status) not in queries.VOID)


def daily_doses(one: Fill) -> tuple[Mass, ...]:
    """The daily totals of all containers of the kit together; empty of a fill that belongs to no kit."""
    kit = kit_of(one.prescription)
    if kit is None:
        return ()
    steps = kit.titration.steps if is_first(one) else kit.titration.steps[-1:]
    return tuple(step.dose for step in steps)


def together(db: Session, one: Fill) -> list[tuple[Prescription, Fill | None]]:
    """Each container that is supplied in the fill's round, with its fill of that round, if there is one that stands.

    A refill has only the containers that the last dose is taken from.
    """
    row, number = one.prescription, round_of(one)
    found: list[tuple[Prescription, Fill | None]] = []
    for other in members(db, row):
        if number > 1 and other.refill_quantity is None and other.id != row.id:
            continue
        standing = [made for made in other.fills if Status(made.status) not in queries.VOID]
        mine = one if other.id == row.id else next((made for made in standing if round_of(made) == number), None)
        found.append((other, mine))
    return found


def place(db: Session, one: Fill) -> tuple[int, int] | None:
    """Which container the fill is and of how many, ``(1, 2)``; None when it belongs to no kit or is alone."""
    if one.prescription.kit_id is None:
        return None
    rows = [row.id for row, _ in together(db, one)]
    return None if len(rows) == 1 else (rows.index(one.prescription_id) + 1, len(rows))


def others(db: Session, one: Fill) -> list[tuple[str, Prescription, Fill | None]]:
    """The other containers of the kit in the fill's round: ``2 of 2``, its prescription, and its fill if there is one."""
    if one.prescription.kit_id is None:
        return []
    rows = together(db, one)
    return [
        (f"{at} of {len(rows)}", row, made)
        for at, (row, made) in enumerate(rows, start=1)
        if row.id != one.prescription_id
    ]


def twins(db: Session, one: Fill) -> list[Fill]:
    """The other fills of the kit in the same round that stand before their acceptance: what is decided counts for them."""
    return [
        made
        for row, made in together(db, one)
        if made is not None and row.id != one.prescription_id and Status(made.status) in queries.BEFORE_ACCEPTANCE
    ]


def not_there(db: Session, one: Fill) -> list[str]:
    """Which other containers of the kit are not ready to go along, in sentences."""
    found = []
    for _, row, made in others(db, one):
        if made is not None and Status(made.status) in READY:
            continue
        state = f"fill {made.number} is {made.status}" if made else f"Rx {row.number} has no fill for it yet"
        found.append(f"{queries.medicine_text(row)} of this kit is not ready yet: {state}.")
    return found
