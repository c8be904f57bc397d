"""A lot that comes out short: what is missing of its fills is planned again, or the fill is made smaller, or cancelled."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from pharmacy.actions.acting import Seen
from pharmacy.actions.catalogue import Actor
from pharmacy.desk import queries as desk
from pharmacy.errors import NotReady
from pharmacy.labelling import service as labelling
from pharmacy.preparations import missing, offer, on_hand, queries, record
from pharmacy.preparations import state as standing
from pharmacy.preparations.models import PreparationFill
from pharmacy.prescriptions import queries as prescriptions
from pharmacy.prescriptions.models import Fill, Kit, KitContainer
from pharmacy.stock.models import Lot
from tests import factories
from tests.steps.preparations.test_pages import FORMULA, chosen, get, post, text_of
from tests.steps.preparations.worktop import NOW, Bench

SignIn = Callable[[Actor], FlaskClient]


def the_fill(db: Session, fill_id: int) -> Fill:
    db.rollback()
    return prescriptions.fill(db, fill_id)


def made_short(at_bench: Bench, tina: Actor, paul: Actor, *fills: int, amount: str, planned: str = "0") -> int:
    """A lot for these fills that came out at this amount, and was released."""
    preparation = at_bench.plan(tina, FORMULA, fills=fills, for_stock=Decimal(planned))
    at_bench.weigh_on_target(tina, preparation)
    at_bench.weigh_capsules(tina, preparation, ["178.9"] * 10)
    at_bench.check(tina, preparation)
    at_bench.finish(tina, preparation, amount, "spilled a capsule")
    at_bench.release(paul, preparation)
    return preparation


@pytest.fixture
def short(at_bench: Bench, tina: Actor, paul: Actor) -> int:
    """A fill of thirty whose lot came out at twenty-nine."""
    fill_id = at_bench.put_fill()
    made_short(at_bench, tina, paul, fill_id, amount="29")
    return fill_id


def to_make(db: Session) -> list[tuple[int, int, str]]:
    db.rollback()
    return [(one.id, one.quantity, one.text) for one in offer.all_to_make(db)]


def lot_of(db: Session, preparation_id: int) -> int:
    db.rollback()
    lot_id = queries.preparation(db, preparation_id).lot_id
    assert lot_id is not None
    return lot_id


def test_what_its_lot_is_short_of_is_listed_again_for_planning(db: Session, at_bench: Bench, short: int) -> None:
    assert to_make(db) == [(short, 1, "1 capsule missing of 30")]
    assert missing.missing_of(db, the_fill(db, short)) == 1


def test_a_fill_whose_lot_suffices_is_not(db: Session, at_bench: Bench, tina: Actor, paul: Actor) -> None:
    fill_id = at_bench.put_fill()
    preparation = at_bench.plan(tina, FORMULA, fills=(fill_id,), for_stock=Decimal(0))
    assert to_make(db) == []  # it is being made
    assert missing.missing_of(db, the_fill(db, fill_id)) == 0
    at_bench.weigh_on_target(tina, preparation)
    at_bench.weigh_capsules(tina, preparation, ["178.9"] * 10)
    at_bench.check(tina, preparation)
    at_bench.finish(tina, preparation, "30")
    at_bench.release(paul, preparation)
    assert to_make(db) == []


def test_other_stock_that_will_do_is_counted_before_anything_is_made(db: Session, at_bench: Bench, short: int) -> None:
    item = at_bench.items["naltrexone-capsule-4.5mg"]
    factories.lot(at_bench.raw, item, origin="made", amount=1, use_before=(NOW + timedelta(days=150)).date())
    assert to_make(db) == []


def test_a_lot_that_was_taken_out_of_use_leaves_all_of_it_missing(
    db: Session, at_bench: Bench, tina: Actor, paul: Actor
) -> None:
    fill_id = at_bench.put_fill()
    preparation = made_short(at_bench, tina, paul, fill_id, amount="30")
    factories.change(at_bench.raw, Lot, lot_of(db, preparation), status="quarantined")
    assert to_make(db) == [(fill_id, 30, "30 capsules missing of 30")]


def test_a_lot_that_now_ends_before_the_supply_leaves_all_of_it_missing(
    db: Session, at_bench: Bench, tina: Actor, paul: Actor
) -> None:
    fill_id = at_bench.put_fill()
    preparation = made_short(at_bench, tina, paul, fill_id, amount="30")
    factories.change(at_bench.raw, Lot, lot_of(db, preparation), use_before=(NOW + timedelta(days=29)).date())
    assert to_make(db) == []  # thirty days, today the first of them
    factories.change(at_bench.raw, Lot, lot_of(db, preparation), use_before=(NOW + timedelta(days=28)).date())
    assert to_make(db) == [(fill_id, 30, "30 capsules missing of 30")]


def test_of_two_fills_that_share_a_short_lot_the_second_misses_and_the_first_does_not(
    db: Session, at_bench: Bench, tina: Actor, paul: Actor
) -> None:
    first, second = at_bench.put_fill(), at_bench.put_fill()
    preparation = made_short(at_bench, tina, paul, first, second, amount="58")
    assert to_make(db) == [(second, 2, "2 capsules missing of 30")]
    (choice,) = on_hand.offer(db, the_fill(db, first)).choices
    assert (choice.proposed, choice.free, choice.promised) == (30, 30, 30)
    (choice,) = on_hand.offer(db, the_fill(db, second)).choices
    assert (choice.proposed, choice.free) == (0, 28)
    labelling.pack_fill(db, tina, Seen(Fill, first), ((lot_of(db, preparation), 30),))
    assert to_make(db) == [(second, 2, "2 capsules missing of 30")]


def test_a_fill_beyond_what_was_planned_for_it_leaves_the_others_theirs() -> None:
    def whom(fill_id: int, quantity: int, status: str = "to prepare") -> queries.ForWhom:
        return queries.ForWhom(fill_id, str(fill_id), quantity, status, "", 0)

    both = (whom(1, 30), whom(2, 30))
    left = [
        (held, queries.left_for(held, both, 1), queries.left_for(held, both, 2)) for held in (0, 29, 30, 58, 60, 65)
    ]
    assert left == [(0, 0, 0), (29, 29, 0), (30, 30, 0), (58, 30, 28), (60, 30, 30), (65, 35, 35)]
    assert [queries.left_for(held, both, 3) for held in (59, 60, 61)] == [0, 0, 1]
    packed = (whom(1, 30, "prepared"), whom(2, 30))
    assert [queries.left_for(28, packed, one) for one in (1, 2, 3)] == [28, 28, 0]


def test_the_missing_capsule_is_planned_made_and_packed_with_the_rest(
    db: Session, at_bench: Bench, short: int, tina: Actor, paul: Actor
) -> None:
    preparation = at_bench.plan(tina, FORMULA, fills=(short,), for_stock=Decimal(39))
    row = queries.preparation(db, preparation)
    assert row.amount == 40
    assert [(one.fill_id, one.quantity) for one in queries.fills_of(db, [preparation])[preparation]] == [(short, 1)]
    assert the_fill(db, short).status == "to prepare"
    assert to_make(db) == []  # it is being made
    with pytest.raises(NotReady, match="only an accepted fill") as refused:
        at_bench.plan(tina, FORMULA, fills=(short,), for_stock=Decimal(39))
    assert refused.value.field == "fills"
    at_bench.weigh_on_target(tina, preparation)
    at_bench.weigh_capsules(tina, preparation, ["178.9"] * 10)
    at_bench.check(tina, preparation)
    at_bench.finish(tina, preparation, "40")
    at_bench.release(paul, preparation)
    choices = on_hand.offer(db, the_fill(db, short)).choices
    assert [one.proposed for one in choices] == [29, 1]
    labelling.pack_fill(db, tina, Seen(Fill, short), tuple((one.lot.id, one.proposed) for one in choices))
    assert the_fill(db, short).status == "prepared"


def test_the_record_says_how_much_of_the_fill_the_lot_was_made_for(
    db: Session, at_bench: Bench, short: int, tina: Actor
) -> None:
    first, second = db.scalars(select(PreparationFill.preparation_id)).one(), 0
    second = at_bench.plan(tina, FORMULA, fills=(short,), for_stock=Decimal(39))
    number = the_fill(db, short).number
    told = [record._made_for(standing.state(db, one)) for one in (first, second)]
    assert told == [(f"fill {number}: 30 capsules",), (f"fill {number}: 1 capsule", "stock: 39 capsules")]


def test_after_the_lot_for_the_rest_is_rejected_it_is_missing_again(
    db: Session, at_bench: Bench, short: int, tina: Actor, paul: Actor
) -> None:
    again = at_bench.plan(tina, FORMULA, fills=(short,), for_stock=Decimal(39))
    at_bench.reject(paul, again)
    assert to_make(db) == [(short, 1, "1 capsule missing of 30")]


def test_a_pharmacist_reduces_the_fill_to_what_is_there(
    db: Session, at_bench: Bench, short: int, tina: Actor, paul: Actor
) -> None:
    assert on_hand.offer(db, the_fill(db, short)).fits == 29
    labelling.reduce_fill(db, paul, Seen(Fill, short), 29, "one was spilled")
    assert to_make(db) == []
    (choice,) = on_hand.offer(db, the_fill(db, short)).choices
    labelling.pack_fill(db, tina, Seen(Fill, short), ((choice.lot.id, choice.proposed),))
    one = the_fill(db, short)
    assert (one.status, one.quantity, one.owed) == ("prepared", 29, 1)


def test_no_part_of_a_kit_is_offered(db: Session, at_bench: Bench, short: int) -> None:
    prescription = the_fill(db, short).prescription_id
    db.rollback()
    kit = factories.put(at_bench.raw, Kit, plan={}, refill_days=30)
    with at_bench.raw.begin() as connection:
        connection.execute(KitContainer.__table__.insert().values(prescription_id=prescription, kit_id=kit, place=1))
    found = on_hand.offer(db, the_fill(db, short))
    assert (found.missing, found.fits) == (1, None)


# --- the pages -------------------------------------------------------------------------------------------------------------


def test_each_person_is_offered_the_true_ways_on(
    db: Session, at_bench: Bench, short: int, sign_in: SignIn, tina: Actor, paul: Actor
) -> None:
    where = f"/fills/{short}/containers"
    page = get(sign_in(tina), where)
    assert "hold 1 capsule too few" in text_of(page)
    assert "Make the missing 1 capsule" in text_of(page)
    assert f'href="/preparations/new?fill={short}"' in page
    assert "29 capsules are on hand. A pharmacist may reduce the fill to that; the rest is then owed." in text_of(page)
    assert "/reduction" not in page
    assert "/cancellation" not in page
    client = sign_in(paul)
    page = get(client, where)
    assert "29 capsules are on hand; 1 capsule would be owed." in text_of(page)
    assert f'action="/fills/{short}/reduction"' in page
    assert f'href="/fills/{short}/cancellation/packed"' in page
    review = get(client, f"/fills/{short}/review")
    assert f'href="/fills/{short}/cancellation/packed"' in review
    assert f'href="{where}"' in review
    back = get(client, f"/fills/{short}/cancellation/packed")
    assert f'href="{where}">Back' in back
    assert post(client, f"/fills/{short}/cancellation/packed", back, reason="the patient moved away")[0] == 200
    assert the_fill(db, short).status == "cancelled"
    assert to_make(db) == []


def test_the_planning_pages_list_the_missing_quantity(
    db: Session, at_bench: Bench, short: int, sign_in: SignIn, tina: Actor
) -> None:
    client = sign_in(tina)
    page = get(client, f"/preparations/new?fill={short}")
    assert "1 capsule missing of 30" in text_of(page)
    version = at_bench.versions[FORMULA]
    page = get(client, f"/preparations/new/{version}?fill={short}")
    assert "1 capsule missing of 30" in text_of(page)
    assert 'name="for_stock" type="text" value="1"' in page  # two at least: one has none to be weighed against
    sent = chosen(page) | {"fills": str(short), "for_stock": "39", "do": "plan"}
    status, _ = post(client, f"/preparations/new/{version}", page, **sent)
    assert status == 200
    assert to_make(db) == []
    page = text_of(get(client, f"/fills/{short}/containers"))
    assert "is being made for this fill and is not released yet" in page
    assert "Make the missing" not in page


def test_the_queue_says_what_is_missing(db: Session, at_bench: Bench, short: int, tina: Actor) -> None:
    db.rollback()
    groups = dict(desk.waiting(db, tina, {}))
    (row,) = groups["To prepare"]
    assert row.note.endswith("is released, but 1 capsule is missing.")


def test_a_fill_whose_lot_suffices_costs_no_statement_of_its_own(
    db: Session, at_bench: Bench, tina: Actor, paul: Actor
) -> None:
    made_short(at_bench, tina, paul, at_bench.put_fill(), amount="30")
    first = statements(db)
    made_short(at_bench, tina, paul, *(at_bench.put_fill() for _ in range(3)), amount="90")
    assert statements(db) == first


def statements(db: Session) -> int:
    """How many statements it takes to learn that nothing is missing."""
    db.rollback()
    sent: list[str] = []

    def heard(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        sent.append(statement)

    event.listen(db.get_bind(), "before_cursor_execute", heard)
    assert missing.short_fills(db) == []
    event.remove(db.get_bind(), "before_cursor_execute", heard)
    return len(sent)
