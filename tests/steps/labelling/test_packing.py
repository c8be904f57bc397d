"""Containers: from exactly one released lot each, never beyond what it holds, never past its beyond-use date."""

from __future__ import annotations

import re
import threading
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from pharmacy.actions.acting import Conflict, Refused
from pharmacy.actions.catalogue import Actor
from pharmacy.errors import PharmacyError
from pharmacy.labelling import queries, service
from pharmacy.labelling.models import Container
from pharmacy.preparations import on_hand
from pharmacy.stock import queries as stock
from pharmacy.stock.models import Lot
from tests import factories
from tests.steps.labelling.conftest import NOON, Shelf, seen, the_fill, the_lot


def proposed(db: Session, fill_id: int) -> list[tuple[str, int]]:
    offer = on_hand.offer(db, the_fill(db, fill_id))
    return [(choice.lot.number, choice.proposed) for choice in offer.choices]


def test_a_fill_from_stock_skips_preparation(db: Session, tina: Actor, shelf: Shelf, accept: Any) -> None:
    fill_id, lot_id = accept(), shelf.lot(amount=100)
    service.pack_fill(db, tina, seen(fill_id), ((lot_id, 30),))
    fill = the_fill(db, fill_id)
    assert (fill.status, fill.made_by) == ("prepared", [tina.id])
    (container,) = queries.containers(db, fill_id)
    assert (container.ordinal, container.quantity, container.packed_by) == (1, 30, tina.id)
    assert the_lot(db, lot_id).available == 70
    last = stock.movements(db, lot_id)[-1]
    assert (last.kind, last.for_kind, last.for_id, last.available_change) == ("used", "container", container.id, -30)


def test_the_makers_count_when_the_lot_was_made_for_this_fill(
    db: Session, paul: Actor, shelf: Shelf, accept: Any
) -> None:
    fill_id, other = accept(status="to prepare"), accept()
    lot_id = shelf.lot(amount=60)
    shelf.preparation(lot_id, fill_id, made_by=[1, 3])
    service.pack_fill(db, paul, seen(fill_id), ((lot_id, 30),))
    service.pack_fill(db, paul, seen(other), ((lot_id, 30),))
    assert the_fill(db, fill_id).made_by == [paul.id, 1, 3]
    assert the_fill(db, other).made_by == [paul.id]  # from stock: whoever made the lot may verify it


def test_the_first_to_end_is_proposed_first_and_two_lots_make_two_containers(
    db: Session, tina: Actor, shelf: Shelf, accept: Any
) -> None:
    fill_id = accept()
    late = shelf.lot(amount=90, use_before=date(2027, 5, 20), number="LATE")
    soon = shelf.lot(amount=12, use_before=date(2027, 2, 1), number="SOON")
    assert proposed(db, fill_id) == [("SOON", 12), ("LATE", 18)]
    service.pack_fill(db, tina, seen(fill_id), ((soon, 12), (late, 18)))
    assert [(row.ordinal, row.lot.number) for row in queries.containers(db, fill_id)] == [(1, "SOON"), (2, "LATE")]


def test_the_lot_made_for_the_fill_comes_first_and_is_left_to_it(db: Session, shelf: Shelf, accept: Any) -> None:
    mine, other = accept(status="to prepare"), accept()
    own = shelf.lot(amount=30, use_before=date(2027, 3, 1), number="OWN")
    shelf.preparation(own, mine)
    shelf.lot(amount=100, use_before=date(2027, 4, 1), number="STOCK")
    assert proposed(db, mine) == [("OWN", 30), ("STOCK", 0)]
    assert proposed(db, other) == [("OWN", 0), ("STOCK", 30)]


def test_lots_that_are_not_released_expired_or_of_another_strength_are_never_offered(
    db: Session, shelf: Shelf, accept: Any
) -> None:
    fill_id = accept()
    shelf.lot(status="quarantined", number="Q")
    shelf.lot(use_before=date(2026, 11, 22), number="E")
    shelf.lot("3", number="3MG")
    shelf.lot(amount=0, number="EMPTY")
    assert proposed(db, fill_id) == []
    assert on_hand.offer(db, the_fill(db, fill_id)).missing == 30


@pytest.mark.parametrize(
    ("strength", "given", "says"),
    [
        ("4.5", {"status": "quarantined"}, "quarantined; only a released lot"),
        ("4.5", {"status": "rejected"}, "rejected; only a released lot"),
        ("4.5", {"use_before": date(2026, 11, 22)}, "past its beyond-use date, 22 NOV 2026"),
        ("3", {}, "the fill is for naltrexone\u00a0HCl 4.5\u00a0mg capsule"),
        ("liquid", {}, "the fill is for naltrexone\u00a0HCl 4.5\u00a0mg capsule"),
    ],
)
def test_a_lot_that_must_not_be_dispensed_is_refused(
    db: Session, tina: Actor, shelf: Shelf, accept: Any, strength: str, given: dict[str, Any], says: str
) -> None:
    fill_id, lot_id = accept(), shelf.lot(strength, **given)
    with pytest.raises(PharmacyError, match=says) as refused:
        service.pack_fill(db, tina, seen(fill_id), ((lot_id, 30),))
    assert refused.value.field in {f"lot_{lot_id}", ""}
    assert the_fill(db, fill_id).status == "accepted"
    assert the_lot(db, lot_id).available == 100


@pytest.mark.parametrize("amounts", [(29,), (31,), (10, 10), ()])
def test_the_containers_hold_exactly_what_is_dispensed(
    db: Session, tina: Actor, shelf: Shelf, accept: Any, amounts: tuple[int, ...]
) -> None:
    fill_id, lot_id = accept(), shelf.lot()
    with pytest.raises(PharmacyError):
        service.pack_fill(db, tina, seen(fill_id), tuple((lot_id, amount) for amount in amounts))
    assert not db.scalars(select(Container)).all()


@pytest.mark.parametrize("amounts", [(31, -1), (30, 0)])
def test_no_container_holds_nothing_or_less(
    db: Session, tina: Actor, shelf: Shelf, accept: Any, amounts: tuple[int, ...]
) -> None:
    fill_id, lot_id = accept(), shelf.lot()
    with pytest.raises(PharmacyError, match="at least 1"):
        service.pack_fill(db, tina, seen(fill_id), tuple((lot_id, amount) for amount in amounts))


def test_never_beyond_what_the_lot_holds(db: Session, tina: Actor, shelf: Shelf, accept: Any) -> None:
    fill_id, lot_id = accept(), shelf.lot(amount=29)
    with pytest.raises(PharmacyError, match="holds 29 capsules; 30 capsules are chosen"):
        service.pack_fill(db, tina, seen(fill_id), ((lot_id, 15), (lot_id, 15)))
    assert the_lot(db, lot_id).available == 29
    assert not db.scalars(select(Container)).all()


def test_two_people_at_once_never_take_more_than_the_yield(
    engine: Engine, db: Session, tina: Actor, paul: Actor, shelf: Shelf, accept: Any
) -> None:
    fills, lot_id = (accept(), accept()), shelf.lot(amount=40)
    answers: list[str] = []

    def pack(actor: Actor, fill_id: int) -> None:
        with Session(engine, expire_on_commit=False) as own:
            try:
                service.pack_fill(own, actor, seen(fill_id), ((lot_id, 30),))
                answers.append("packed")
            except PharmacyError:
                answers.append("not enough")

    people = [threading.Thread(target=pack, args=one) for one in zip((tina, paul), fills, strict=True)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert sorted(answers) == ["not enough", "packed"]
    assert the_lot(db, lot_id).available == 10
    assert sum(row.quantity for row in db.scalars(select(Container))) == 30


def test_two_people_at_one_fill_one_wins(db: Session, tina: Actor, paul: Actor, shelf: Shelf, accept: Any) -> None:
    fill_id, lot_id = accept(), shelf.lot()
    version = the_fill(db, fill_id).version
    service.reduce_fill(db, paul, seen(fill_id, version), 20, "the patient travels")
    with pytest.raises(Conflict):
        service.pack_fill(db, tina, seen(fill_id, version), ((lot_id, 30),))


def test_a_lot_that_is_chosen_from_says_by_which_formula_it_was_made(
    db: Session, shelf: Shelf, accept: Any, sign_in: Any, tina: Actor
) -> None:
    fill_id, lot_id = accept(), shelf.lot(number="MADE")
    shelf.lot(number="OTHER")
    shelf.preparation(lot_id)
    told = {choice.lot.number: choice.formula for choice in on_hand.offer(db, the_fill(db, fill_id)).choices}
    assert re.fullmatch(r"MFR-\d{4}, version 1: .*4\.5 mg.*microcrystalline cellulose.*", told["MADE"])
    assert told["OTHER"] == "", "nothing says what it was made by"
    db.rollback()
    assert told["MADE"] in sign_in(tina).get(f"/fills/{fill_id}/containers").get_data(as_text=True)


def test_the_same_form_sent_twice_packs_once(db: Session, tina: Actor, shelf: Shelf, accept: Any) -> None:
    fill_id, lot_id = accept(), shelf.lot()
    first = service.pack_fill(db, tina, seen(fill_id), ((lot_id, 30),), "k" * 32)
    assert service.pack_fill(db, tina, seen(fill_id), ((lot_id, 30),), "k" * 32) == first
    assert the_lot(db, lot_id).available == 70


def test_a_beyond_use_date_too_short_is_refused_with_the_quantity_that_fits(
    db: Session, tina: Actor, paul: Actor, shelf: Shelf, accept: Any
) -> None:
    fill_id, lot_id = accept(), shelf.lot(use_before=date(2026, 12, 10))
    says = "until 10 DEC 2026, but 30 capsules last from 23 NOV 2026 to 22 DEC 2026. 18 capsules for 18 days would fit"
    with pytest.raises(PharmacyError, match=says):
        service.pack_fill(db, tina, seen(fill_id), ((lot_id, 30),))
    offer = on_hand.offer(db, the_fill(db, fill_id))
    assert (offer.missing, offer.fits) == (30, 18)
    service.reduce_fill(db, paul, seen(fill_id), 18, "the beyond-use date")
    fill = the_fill(db, fill_id)
    assert (fill.quantity, fill.owed, fill.status) == (18, 12, "accepted")
    service.pack_fill(db, tina, seen(fill_id), ((lot_id, 18),))
    assert the_fill(db, fill_id).status == "prepared"


def test_the_last_day_of_the_supply_may_be_the_beyond_use_date(
    db: Session, tina: Actor, shelf: Shelf, accept: Any
) -> None:
    fill_id = accept()
    day_short, exact = shelf.lot(use_before=date(2026, 12, 21)), shelf.lot(use_before=date(2026, 12, 22))
    with pytest.raises(PharmacyError, match="29 capsules for 29 days would fit"):
        service.pack_fill(db, tina, seen(fill_id), ((day_short, 30),))
    service.pack_fill(db, tina, seen(fill_id), ((exact, 30),))


def test_a_supply_in_hand_makes_the_new_one_begin_later(
    db: Session, raw: Engine, tina: Actor, shelf: Shelf, accept: Any
) -> None:
    fill_id = accept(fill={"ordinal": 1})
    prescription_id = the_fill(db, fill_id).prescription_id
    factories.fill(raw, prescription_id, ordinal=0, status="handed over", since=NOON)  # lasts until 22 DEC 2026
    fill, lot_id = the_fill(db, fill_id), shelf.lot(use_before=date(2027, 1, 1))
    used = service.supply(fill)
    assert (used.first_day, used.last_day, used.in_hand_until) == (
        date(2026, 12, 23),
        date(2027, 1, 21),
        date(2026, 12, 22),
    )
    with pytest.raises(PharmacyError, match="10 capsules for 10 days would fit"):
        service.pack_fill(db, tina, seen(fill_id), ((lot_id, 30),))


def test_a_liquid_is_packed_in_whole_millilitres(db: Session, tina: Actor, shelf: Shelf, accept: Any) -> None:
    directions = {"form": "liquid", "steps": [{"amount": "4.5", "when": "at bedtime", "days": None}]}
    fill_id = accept(form="liquid", strength=Decimal(1), directions=directions, quantity=135)
    short, lot_id = shelf.lot("liquid", amount=200, use_before=date(2026, 11, 29)), shelf.lot("liquid", amount=135)
    with pytest.raises(PharmacyError, match="31\u00a0mL for 7 days would fit"):  # 31.5 mL, never more than fits
        service.pack_fill(db, tina, seen(fill_id), ((short, 135),))
    service.pack_fill(db, tina, seen(fill_id), ((lot_id, 135),))
    assert the_lot(db, lot_id).available == 0


@pytest.mark.parametrize("smaller", [0, -1, 30, 31])
def test_a_reduction_makes_it_smaller_and_not_nothing(db: Session, paul: Actor, accept: Any, smaller: int) -> None:
    fill_id = accept()
    with pytest.raises(PharmacyError, match="from 1 to 29"):
        service.reduce_fill(db, paul, seen(fill_id), smaller, "too much")


def test_a_technician_packs_but_does_not_reduce_and_an_auditor_does_neither(
    db: Session, tina: Actor, ada: Actor, adam: Actor, shelf: Shelf, accept: Any
) -> None:
    fill_id, lot_id = accept(), shelf.lot()
    with pytest.raises(Refused, match="pharmacist"):
        service.reduce_fill(db, tina, seen(fill_id), 10, "why not")
    for nobody in (ada, adam):
        with pytest.raises(Refused, match="pharmacist or technician"):
            service.pack_fill(db, nobody, seen(fill_id), ((lot_id, 30),))
    service.pack_fill(db, tina, seen(fill_id), ((lot_id, 30),))


@pytest.mark.parametrize("status", ["entered", "in review", "on hold", "prepared", "labelled", "verified", "cancelled"])
def test_only_an_accepted_fill_is_packed(
    db: Session, tina: Actor, shelf: Shelf, accept: Any, raw: Engine, status: str
) -> None:
    from pharmacy.prescriptions.models import Fill

    fill_id, lot_id = accept(), shelf.lot()
    factories.change(raw, Fill, fill_id, status=status)
    with pytest.raises(Refused, match="done while it is accepted or to prepare"):
        service.pack_fill(db, tina, seen(fill_id), ((lot_id, 30),))


def test_a_fill_that_is_reduced_after_labelling_is_packed_anew(
    db: Session, tina: Actor, paul: Actor, labelled: Any
) -> None:
    fill_id = labelled()
    (container,) = queries.containers(db, fill_id)
    service.reduce_fill(db, paul, seen(fill_id), 20, "the beyond-use date")
    assert the_fill(db, fill_id).status == "accepted"
    assert queries.containers(db, fill_id) == []
    assert the_lot(db, container.lot_id).available == 70  # what was in the container is wasted
    service.pack_fill(db, tina, seen(fill_id), ((container.lot_id, 20),))
    service.issue_labels(db, tina, seen(fill_id), "4x3")
    assert [label.status for label in queries.labels(db, fill_id)] == ["valid", "void"]


def test_a_cancelled_fill_is_emptied_on_record_and_its_labels_are_void(
    db: Session, tina: Actor, paul: Actor, labelled: Any
) -> None:
    fill_id = labelled()
    (container,) = queries.containers(db, fill_id)
    with pytest.raises(Refused):
        service.cancel_packed(db, tina, seen(fill_id), "changed her mind")
    service.cancel_packed(db, paul, seen(fill_id), "the patient does not want it")
    assert the_fill(db, fill_id).status == "cancelled"
    (gone,) = queries.withdrawn(db, fill_id)
    (label,) = queries.labels(db, fill_id)
    assert (gone.withdrawn, label.status, label.void_reason) == (
        "the patient does not want it",
        "void",
        "the patient does not want it",
    )
    moves = [(row.kind, row.available_change) for row in stock.movements(db, container.lot_id)][-3:]
    assert moves == [("used", -30), ("given back", 30), ("wasted", -30)]


@pytest.mark.parametrize("status", ["quarantined", "rejected"])
def test_containers_of_a_lot_that_was_taken_back_can_be_emptied(
    db: Session, raw: Engine, paul: Actor, labelled: Any, status: str
) -> None:
    fill_id = labelled()
    (container,) = queries.containers(db, fill_id)
    there = the_lot(db, container.lot_id).available
    left = 0 if status == "rejected" else there
    factories.change(raw, Lot, container.lot_id, status=status, available=Decimal(0), quarantined=Decimal(left))
    service.cancel_packed(db, paul, seen(fill_id), "recall")
    lot = the_lot(db, container.lot_id)
    assert (lot.quarantined, lot.available) == (left, 0)
    assert stock.movements(db, container.lot_id)[-1].kind == "wasted"


def test_after_an_amendment_the_containers_may_be_used_as_they_are(
    db: Session, raw: Engine, tina: Actor, paul: Actor, labelled: Any
) -> None:
    from dataclasses import replace

    from pharmacy.actions.acting import Seen
    from pharmacy.prescriptions import queries as prescriptions
    from pharmacy.prescriptions import service as prescribing
    from pharmacy.prescriptions.models import Fill, Prescription

    fill_id = labelled()
    fill = the_fill(db, fill_id)
    order = replace(prescriptions.order_of(fill.prescription), refills=1)
    on = Seen(Prescription, fill.prescription_id)
    prescribing.amend_prescription(db, paul, on, order, "Cosmo Fable", "fewer refills", also=service.void_within)
    assert the_fill(db, fill_id).status == "in review"
    (label,) = queries.labels(db, fill_id)
    assert (label.status, label.void_reason) == ("void", "fewer refills")
    factories.change(raw, Fill, fill_id, status="accepted")
    service.keep_containers(db, tina, seen(fill_id))
    assert the_fill(db, fill_id).status == "prepared"
    (new,) = service.issue_labels(db, tina, seen(fill_id), "4x3")
    assert "Refills: 1 before" in queries.label(db, new).content["refills"]
    assert queries.label(db, new).serial == f"{fill.number}-1-02"


def test_after_an_amendment_containers_that_no_longer_match_are_packed_again(
    db: Session, raw: Engine, tina: Actor, labelled: Any
) -> None:
    from pharmacy.prescriptions.models import Fill

    fill_id = labelled()
    (container,) = queries.containers(db, fill_id)
    factories.change(raw, Fill, fill_id, status="accepted", quantity=60)
    with pytest.raises(PharmacyError, match="hold 30 capsules; the fill is for 60 capsules"):
        service.keep_containers(db, tina, seen(fill_id))
    service.pack_fill(db, tina, seen(fill_id), ((container.lot_id, 60),))
    assert the_lot(db, container.lot_id).available == 10
    assert [row.quantity for row in queries.withdrawn(db, fill_id)] == [30]
    assert [label.status for label in queries.labels(db, fill_id)] == ["void"]


def test_what_was_packed_by_mistake_goes_back_into_its_lot(db: Session, tina: Actor, shelf: Shelf, accept: Any) -> None:
    fill_id, lot_id = accept(), shelf.lot(amount=100)
    service.pack_fill(db, tina, seen(fill_id), ((lot_id, 30),))
    service.unpack_fill(db, tina, seen(fill_id), "wrong lot taken")
    assert the_fill(db, fill_id).status == "accepted"
    assert queries.containers(db, fill_id) == []
    assert the_lot(db, lot_id).available == 100
    assert queries.withdrawn(db, fill_id)[0].withdrawn == "put back into its lot: wrong lot taken"


def test_taking_out_again_asks_for_a_reason_and_is_not_for_what_was_labelled(
    db: Session, tina: Actor, paul: Actor, shelf: Shelf, accept: Any, labelled: Any
) -> None:
    fill_id, lot_id = accept(), shelf.lot(amount=100)
    service.pack_fill(db, tina, seen(fill_id), ((lot_id, 30),))
    with pytest.raises(Refused, match="a reason"):
        service.unpack_fill(db, tina, seen(fill_id), " ")
    with pytest.raises(Refused, match="is labelled"):
        service.unpack_fill(db, tina, seen(labelled()), "too late")
