"""The verb that enters a kit: one order, one action, a prescription with its fill for each container."""

from __future__ import annotations

from sqlalchemy.orm import Session

from pharmacy.actions.acting import Seen, acting, answered
from pharmacy.actions.catalogue import Action, Actor
from pharmacy.actions.record import Plain
from pharmacy.prescriptions.intake import enter_within, made_here, receive
from pharmacy.prescriptions.kit_order import KitOrder
from pharmacy.prescriptions.models import Kit, KitContainer, Prescription
from pharmacy.prescriptions.order import Receipt


@answered
def enter_kit(
    db: Session,
    actor: Actor,
    patient_id: int,
    prescriber_id: int,
    receipt: Receipt,
    order: KitOrder,
    key: str | None = None,
) -> Plain:
    """Enter a titration with its original: a prescription for each strength that makes it, each with its first fill.

    A titration that one strength makes is an ordinary prescription. The answer is the fills' ids, container 1 first.
    """
    received = receive(db, actor, patient_id, prescriber_id, receipt)
    made = made_here(db, order.titration.form)
    plan = order.plan(made)
    orders = order.orders(plan.kit, made)
    with acting(db, actor, Action.ENTER_PRESCRIPTION, Seen(Prescription), key=key) as opened:
        fills = [enter_within(opened, received, one, refill_quantity=later) for one, later in orders]
        if len(fills) > 1:
            kit = Kit(plan=plan.to_json(), refill_days=order.refill_days)
            db.add(kit)
            db.flush()
            for place, one in enumerate(fills, start=1):
                db.add(KitContainer(prescription_id=one.prescription_id, kit_id=kit.id, place=place))
            db.flush()
        opened.answer = [first.id for first in fills]
    return opened.answer
