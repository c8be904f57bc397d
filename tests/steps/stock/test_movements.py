"""What a lot holds is the sum of what moved; it is never below zero, whoever comes at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from pharmacy import clock
from pharmacy.actions.acting import Conflict, Refused, Seen, acting, guard
from pharmacy.actions.catalogue import Action, Actor
from pharmacy.db import make_engine
from pharmacy.errors import Mismatch, NotReady, PharmacyError
from pharmacy.stock import queries, service
from pharmacy.stock.models import Lot, StockItem, StockMovement
from tests import factories


def in_an_action(db: Session, actor: Actor, do: Callable[[Any], Any]) -> Any:
    """Do it inside an open action that is not about the lot, as a preparation or a container is."""
    with acting(db, actor, Action.RECEIVE_LOT, Seen(StockItem)) as opened:
        return do(opened)


def sums(db: Session, lot_id: int) -> tuple[Decimal, Decimal]:
    rows = db.scalars(select(StockMovement).where(StockMovement.lot_id == lot_id)).all()
    zero = Decimal(0)
    return sum((row.quarantined_change for row in rows), zero), sum((row.available_change for row in rows), zero)


def test_what_is_taken_leaves_the_shelf_and_says_what_for(
    db: Session, raw: Engine, tina: Actor, naltrexone: int
) -> None:
    lot = queries.lot(db, factories.lot(raw, naltrexone, amount=1000))
    in_an_action(db, tina, lambda opened: service.take(opened, lot, Decimal("523.4"), "used", "preparation", 7))
    again = queries.lot(db, lot.id)
    assert again.available == Decimal("476.6")
    last = queries.movements(db, lot.id)[-1]
    assert (last.kind, last.available_change, last.for_kind, last.for_id, last.who) == (
        "used",
        Decimal("-523.4"),
        "preparation",
        7,
        "Tina Mallow",
    )


def test_more_than_is_there_cannot_be_taken(db: Session, raw: Engine, tina: Actor, naltrexone: int) -> None:
    lot = queries.lot(db, factories.lot(raw, naltrexone, amount=1000))
    with pytest.raises(PharmacyError, match=r"holds 1\sg; 1\.0001\sg were asked for"):
        in_an_action(db, tina, lambda opened: service.take(opened, lot, Decimal("1000.1"), "used", "preparation", 7))
    assert queries.lot(db, lot.id).available == 1000


def test_two_takes_in_one_action_are_both_counted(db: Session, raw: Engine, tina: Actor, naltrexone: int) -> None:
    lot = queries.lot(db, factories.lot(raw, naltrexone, amount=100))

    def twice(opened: Any) -> None:
        service.take(opened, lot, Decimal(60), "used", "preparation", 7)
        service.take(opened, lot, Decimal(60), "used", "preparation", 7)

    with pytest.raises(PharmacyError, match="holds 40"):
        in_an_action(db, tina, twice)
    assert queries.lot(db, lot.id).available == 100


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"status": "quarantined"}, "quarantined"),
        ({"status": "rejected"}, "rejected"),
        ({"use_before": date(2026, 1, 31)}, "past its expiry"),
    ],
)
def test_nothing_is_taken_from_quarantine_or_past_the_last_day(
    db: Session, raw: Engine, tina: Actor, naltrexone: int, facts: dict[str, Any], why: str
) -> None:
    lot = queries.lot(db, factories.lot(raw, naltrexone, **facts))
    with pytest.raises(NotReady, match=why):
        in_an_action(db, tina, lambda opened: service.take(opened, lot, Decimal(1), "used", "preparation", 7))


def test_the_last_day_itself_is_still_good(db: Session, raw: Engine, tina: Actor, naltrexone: int) -> None:
    lot = queries.lot(db, factories.lot(raw, naltrexone, use_before=clock.today()))
    in_an_action(db, tina, lambda opened: service.take(opened, lot, Decimal(1), "used", "preparation", 7))
    assert [one.id for one in queries.selectable_lots(db, "naltrexone-hcl", clock.today())] == [lot.id]


def test_lots_are_offered_first_expiring_first_and_only_where_enough_is_left(
    db: Session, raw: Engine, naltrexone: int
) -> None:
    today = clock.today()
    later = factories.lot(raw, naltrexone, use_before=today + timedelta(days=90), amount=500)
    sooner = factories.lot(raw, naltrexone, use_before=today + timedelta(days=10), amount=20)
    factories.lot(raw, naltrexone, use_before=today - timedelta(days=1))
    factories.lot(raw, naltrexone, status="quarantined")
    factories.lot(raw, naltrexone, available=Decimal("0.0"))
    assert [one.id for one in queries.selectable_lots(db, "naltrexone-hcl", today)] == [sooner, later]
    assert [one.id for one in queries.selectable_lots(db, "naltrexone-hcl", today, Decimal("20.1"))] == [later]


def test_what_comes_back_is_never_more_than_went_out_for_it(
    db: Session, raw: Engine, tina: Actor, naltrexone: int
) -> None:
    lot = queries.lot(db, factories.lot(raw, naltrexone, amount=100))
    in_an_action(db, tina, lambda opened: service.take(opened, lot, Decimal(30), "used", "container", 1))
    in_an_action(db, tina, lambda opened: service.take(opened, lot, Decimal(30), "used", "container", 2))
    in_an_action(db, tina, lambda opened: service.give_back(opened, lot, Decimal(30), "container", 1, "withdrawn"))
    for container in (1, 3):
        with pytest.raises(Mismatch, match="cannot come back"):
            in_an_action(
                db,
                tina,
                lambda opened, container=container: service.give_back(opened, lot, Decimal(1), "container", container),
            )
    assert queries.lot(db, lot.id).available == 70


def test_what_comes_back_to_a_rejected_lot_is_destroyed_on_record(
    db: Session, raw: Engine, tina: Actor, paul: Actor, naltrexone: int
) -> None:
    lot_id = factories.lot(raw, naltrexone, amount=100)
    lot = queries.lot(db, lot_id)
    in_an_action(db, tina, lambda opened: service.take(opened, lot, Decimal(30), "used", "container", 1))
    service.quarantine_lot(db, tina, Seen(Lot, lot_id), "recalled")
    service.reject_lot(db, paul, Seen(Lot, lot_id), "recalled")
    in_an_action(db, tina, lambda opened: service.give_back(opened, lot, Decimal(30), "container", 1, "recalled"))
    assert [one.kind for one in queries.movements(db, lot_id)][-2:] == ["given back", "wasted"]
    assert (queries.lot(db, lot_id).quarantined, queries.lot(db, lot_id).available) == (0, 0)


def test_a_lot_made_here_waits_is_released_and_keeps_its_exact_strength(
    db: Session, raw: Engine, tina: Actor, paul: Actor
) -> None:
    item = factories.item(raw, "naltrexone-trituration-10", kind="trituration", name="Trituration")
    today = clock.today()
    last = today + timedelta(days=179)
    made = in_an_action(
        db,
        tina,
        lambda opened: service.put_made(opened, item, "C-1", Decimal(1500), today, last, Fraction(1, 10)).id,
    )
    waiting = queries.lot(db, made)
    assert (waiting.status, waiting.quarantined, waiting.drug_fraction) == ("quarantined", 1500, "1/10")
    assert queries.selectable_lots(db, "naltrexone-trituration-10", today) == []
    in_an_action(db, paul, lambda opened: service.release_made(opened, waiting))
    assert [one.id for one in queries.selectable_lots(db, "naltrexone-trituration-10", today)] == [made]
    facts = queries.lot_facts(queries.lot(db, made), "mcc")
    assert (facts.fraction, facts.diluent, facts.made_here) == (Fraction(1, 10), "mcc", True)


def test_a_rejected_lot_made_here_is_destroyed(db: Session, raw: Engine, tina: Actor, paul: Actor) -> None:
    item = factories.item(raw, "naltrexone-capsule-3mg", kind="preparation", unit="piece")
    today = clock.today()
    made = in_an_action(db, tina, lambda opened: service.put_made(opened, item, "C-2", Decimal(30), today, today).id)
    lot = queries.lot(db, made)
    in_an_action(db, paul, lambda opened: service.reject_made(opened, lot, "capsules cracked"))
    lot = queries.lot(db, made)
    assert (lot.status, lot.quarantined) == ("rejected", 0)
    with pytest.raises(NotReady, match="not waiting"):
        in_an_action(db, paul, lambda opened: service.release_made(opened, lot))


def test_a_lot_made_here_past_its_beyond_use_date_is_not_released(
    db: Session, raw: Engine, tina: Actor, paul: Actor
) -> None:
    item = factories.item(raw, "naltrexone-liquid-1mg-ml", kind="preparation", unit="mL")
    day = clock.today() - timedelta(days=40)
    last = day + timedelta(days=34)
    lot = in_an_action(db, tina, lambda opened: service.put_made(opened, item, "C-3", Decimal(100), day, last))
    with pytest.raises(NotReady, match="past its beyond-use date"):
        in_an_action(db, paul, lambda opened: service.release_made(opened, lot))


def test_a_count_is_corrected_to_what_was_found_with_a_reason(
    db: Session, raw: Engine, tina: Actor, naltrexone: int
) -> None:
    lot_id = factories.lot(raw, naltrexone, amount=1000)
    with pytest.raises(Refused, match="reason"):
        service.correct_count(db, tina, Seen(Lot, lot_id), Decimal(990), "")
    service.correct_count(db, tina, Seen(Lot, lot_id), Decimal("990.5"), "weighed at the yearly count")
    assert queries.lot(db, lot_id).available == Decimal("990.5")
    with pytest.raises(PharmacyError, match="says already"):
        service.correct_count(db, tina, Seen(Lot, lot_id), Decimal("990.5"), "again")


def test_a_count_made_before_someone_else_took_some_is_not_written_over_it(
    db: Session, raw: Engine, tina: Actor, paul: Actor, naltrexone: int
) -> None:
    lot_id = factories.lot(raw, naltrexone, amount=1000)
    counted = Seen(Lot, lot_id, queries.lot(db, lot_id).version)
    service.waste_lot(db, paul, Seen(Lot, lot_id), Decimal(100), "spilled")
    with pytest.raises(Conflict) as told:
        service.correct_count(db, tina, counted, Decimal(1000), "counted")
    assert [done.action for done in told.value.since] == ["lot:waste"]
    assert queries.lot(db, lot_id).available == 900


def test_eight_people_who_take_at_once_never_take_more_than_is_there(
    data: Path, raw: Engine, db: Session, tina: Actor, naltrexone: int
) -> None:
    lot_id = factories.lot(raw, naltrexone, amount=100)
    start, answers = threading.Barrier(8), []

    def one_person() -> None:
        engine = guard(make_engine(f"sqlite:///{data / 'triturate.db'}"))
        try:
            with Session(engine, expire_on_commit=False) as own:
                lot = queries.lot(own, lot_id)  # everybody has seen 100 mg on hand
                start.wait()
                try:
                    in_an_action(own, tina, lambda opened: service.take(opened, lot, Decimal(15), "used", "test", 1))
                    answers.append("taken")
                except PharmacyError:
                    answers.append("not enough")
        finally:
            engine.dispose()

    people = [threading.Thread(target=one_person) for _ in range(8)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert sorted(answers) == ["not enough"] * 2 + ["taken"] * 6
    assert queries.lot(db, lot_id).available == 10
    assert sums(db, lot_id) == (0, 10)


def test_the_database_itself_refuses_a_lot_below_zero(raw: Engine, naltrexone: int) -> None:
    from sqlalchemy.exc import IntegrityError

    lot_id = factories.lot(raw, naltrexone, amount=100)
    with pytest.raises(IntegrityError, match="available_not_below_zero"):
        factories.change(raw, Lot, lot_id, available=Decimal("-0.1"))


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["take", "back", "waste", "count", "quarantine", "release", "reject"]),
        st.decimals(min_value=Decimal("0.1"), max_value=Decimal(60), places=1),
    ),
    max_size=14,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_whatever_happens_the_movements_sum_to_what_the_lot_holds(
    db: Session, raw: Engine, tina: Actor, pia: Actor, naltrexone: int, steps: list[tuple[str, Decimal]]
) -> None:
    db.rollback()  # the former example's snapshot does not show the new lot
    lot_id = factories.lot(raw, naltrexone, amount=100, assay=Decimal(99), assay_basis="as is")
    for what, amount in steps:
        on, lot = Seen(Lot, lot_id), queries.lot(db, lot_id)
        was = (lot.quarantined, lot.available, len(queries.movements(db, lot_id)))
        try:
            if what == "take":
                in_an_action(db, tina, lambda o, m=amount, x=lot: service.take(o, x, m, "used", "container", 1))
            elif what == "back":
                in_an_action(db, tina, lambda o, m=amount, x=lot: service.give_back(o, x, m, "container", 1))
            elif what == "waste":
                service.waste_lot(db, tina, on, amount, "spilled")
            elif what == "count":
                service.correct_count(db, tina, on, amount, "counted")
            elif what == "quarantine":
                service.quarantine_lot(db, tina, on, "doubt")
            elif what == "release":
                service.release_lot(db, pia, on, "no doubt")
            else:
                service.reject_lot(db, pia, on, "bad")
        except (PharmacyError, Refused):
            lot = queries.lot(db, lot_id)
            assert (lot.quarantined, lot.available, len(queries.movements(db, lot_id))) == was
        lot = queries.lot(db, lot_id)
        assert sums(db, lot_id) == (lot.quarantined, lot.available)
        assert lot.quarantined >= 0
        assert lot.available >= 0
        assert not (lot.quarantined and lot.available)
