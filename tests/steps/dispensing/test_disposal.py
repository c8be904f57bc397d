"""What nobody collects: returned, destroyed before a witness, and never back to stock."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import select

from pharmacy.actions.acting import Refused, Seen
from pharmacy.actions.catalogue import Actor
from pharmacy.dispensing import queries, service
from pharmacy.errors import PharmacyError
from pharmacy.prescriptions import queries as prescriptions
from pharmacy.prescriptions import service as prescribing
from pharmacy.prescriptions.models import Prescription
from pharmacy.stock.models import StockMovement
from tests.steps.verification.ready import Counter


def returned(counter: Counter, actor: Actor, **given: object) -> int:
    fill_id = counter.verified(**given)
    service.return_fill(counter.db, actor, counter.seen(fill_id), "not collected for 14 days")
    return fill_id


def test_a_technician_takes_back_what_was_not_collected(counter: Counter, tina: Actor) -> None:
    fill_id = returned(counter, tina)
    fill = counter.fill(fill_id)
    assert (fill.status, fill.closing_reason) == ("returned", "not collected for 14 days")
    (row,) = queries.disposals(counter.db, fill_id)
    assert (row.kind, row.person_id) == ("returned", tina.id)
    assert len(counter.serials(fill_id)) == 1  # its label is void when it is destroyed


def test_destroyed_means_labels_void_containers_empty_and_nothing_back_to_stock(
    counter: Counter, tina: Actor, paul: Actor
) -> None:
    lot_id = counter.lot(amount=100)
    fill_id = returned(counter, tina, packed=((lot_id, 30),))
    key = "2" * 32
    seen = counter.seen(fill_id)
    for _ in range(2):
        service.destroy_fill(counter.db, paul, seen, "incinerated by the disposal firm", "Tina Mallow", key)
    assert counter.fill(fill_id).status == "destroyed"
    assert counter.containers(fill_id) == []
    assert {label.status for label in counter.issued(fill_id)} == {"void"}
    assert counter.the_lot(lot_id).available == 70
    moved = counter.db.scalars(select(StockMovement).where(StockMovement.lot_id == lot_id)).all()
    assert sum(row.available_change for row in moved) == Decimal(70)
    assert [row.kind for row in moved][-2:] == ["given back", "wasted"]
    taken_back, destroyed = queries.disposals(counter.db, fill_id)
    assert (taken_back.kind, destroyed.kind, destroyed.witness) == ("returned", "destroyed", "Tina Mallow")
    assert counter.entries("fill:destroy") == 1


def test_only_a_pharmacist_destroys(counter: Counter, tina: Actor, ada: Actor) -> None:
    fill_id = returned(counter, tina)
    for actor in (tina, ada):
        with pytest.raises(Refused, match="pharmacist"):
            service.destroy_fill(counter.db, actor, counter.seen(fill_id), "burnt", "Paul Sorrel")


@pytest.mark.parametrize(
    ("reason", "witness", "field"),
    [("", "Tina Mallow", "reason"), ("burnt", " ", "witness"), ("burnt", "paul  sorrel", "witness")],
)
def test_destroying_asks_for_a_reason_and_another_person_who_watched(
    counter: Counter, tina: Actor, paul: Actor, reason: str, witness: str, field: str
) -> None:
    fill_id = returned(counter, tina)
    with pytest.raises(PharmacyError) as refused:
        service.destroy_fill(counter.db, paul, counter.seen(fill_id), reason, witness)
    assert refused.value.field == field
    assert counter.fill(fill_id).status == "returned"


def test_what_was_not_returned_is_not_destroyed(counter: Counter, paul: Actor) -> None:
    fill_id = counter.verified()
    with pytest.raises(Refused, match="done while it is returned"):
        service.destroy_fill(counter.db, paul, counter.seen(fill_id), "burnt", "Tina Mallow")


def test_a_returned_fill_is_not_handed_over_and_needs_a_reason(counter: Counter, tina: Actor) -> None:
    fill_id = counter.verified()
    with pytest.raises(PharmacyError, match="why it comes back"):
        service.return_fill(counter.db, tina, counter.seen(fill_id), " ")
    service.return_fill(counter.db, tina, counter.seen(fill_id), "moved away")
    with pytest.raises(Refused):
        service.return_fill(counter.db, tina, counter.seen(fill_id), "moved away")


def test_a_returned_fill_uses_up_no_refill(counter: Counter, tina: Actor) -> None:
    fill_id = returned(counter, tina, refills=0)
    row = counter.fill(fill_id).prescription
    assert prescriptions.can_refill(counter.db, row) is None
    again = prescribing.start_refill(counter.db, tina, Seen(Prescription, row.id))
    assert isinstance(again, int)
