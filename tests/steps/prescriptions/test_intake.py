"""Entering, correcting, amending and refilling, through the services."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session, object_session

from pharmacy.actions.acting import Conflict, Refused, Seen
from pharmacy.actions.catalogue import Actor
from pharmacy.actions.models import AuditEntry
from pharmacy.domain.directions import Directions, Step, When
from pharmacy.domain.strength import Form
from pharmacy.domain.workflow import Status
from pharmacy.errors import NotReady, PharmacyError
from pharmacy.prescriptions import queries, service
from pharmacy.prescriptions.models import Amendment, Fill, Prescription
from pharmacy.prescriptions.service import CameBy
from pharmacy.screening import queries as screening
from tests import factories
from tests.steps.prescriptions.conftest import Case, capsule_order, seen

TAPER = Directions(Form.CAPSULE, tuple(Step(Decimal(n), When.BEDTIME, 14) for n in (1, 2, 3)))


def liquid(amount: str, quantity: int = 135) -> object:
    directions = Directions(Form.LIQUID, (Step(Decimal(amount), When.BEDTIME),))
    return capsule_order(form=Form.LIQUID, strength=Decimal(1), directions=directions, quantity=quantity)


def refused(case: Case, actor: Actor, **given: object) -> PharmacyError:
    with pytest.raises(PharmacyError) as caught:
        case.entered(actor, capsule_order(**given))
    return caught.value


def test_a_prescription_gets_its_number_and_its_first_fill(case: Case, tina: Actor) -> None:
    one = case.entered(tina)
    assert one.prescription.number == "100001"
    assert one.number == "100001-00"
    assert (one.status, one.quantity) == (Status.ENTERED, 30)
    assert one.prescription.expires_on == date(2026, 11, 20) + timedelta(days=365)
    assert one.prescription.original is not None
    assert one.prescription.entered_by == tina.id


def test_numbers_never_repeat(case: Case, tina: Actor, paul: Actor) -> None:
    first = case.in_review(tina)
    service.reject_fill(case.db, paul, seen(first), "not ours")
    assert [case.entered(tina).prescription.number for _ in range(2)] == ["100002", "100003"]


def test_entering_is_one_entry_found_under_patient_prescriber_prescription_and_fill(case: Case, tina: Actor) -> None:
    from pharmacy.actions.models import AuditSubject

    before = case.db.scalar(select(func.max(AuditEntry.id))) or 0
    one = case.entered(tina)
    entry = case.db.scalars(select(AuditEntry).where(AuditEntry.id > before)).one()
    kinds = set(
        case.db.execute(
            select(AuditSubject.kind, AuditSubject.subject_id).where(AuditSubject.entry_id == entry.id)
        ).all()
    )
    wanted = {
        ("patient", case.patient),
        ("prescriber", case.prescriber),
        ("prescription", one.prescription_id),
        ("fill", one.id),
    }
    assert {(kind, str(its_id)) for kind, its_id in wanted} <= {tuple(pair) for pair in kinds}


def test_the_same_form_sent_twice_enters_one_prescription(case: Case, tina: Actor) -> None:
    twice = [
        service.enter_prescription(
            case.db, tina, case.patient, case.prescriber, case.receipt(), capsule_order(), "k" * 32
        )
        for _ in range(2)
    ]
    assert twice[0] == twice[1]
    assert case.db.scalar(select(func.count()).select_from(Prescription)) == 1


def test_45_mg_typed_for_4_5_is_refused_and_asked_about(case: Case, tina: Actor) -> None:
    error = refused(case, tina, strength=Decimal(45))
    assert error.field == "strength"
    assert "Was 4.5\u00a0mg meant?" in error.sentence


def test_45_mg_is_refused_too_where_no_formula_is_approved_yet(
    db: Session, raw: Engine, scan: bytes, tina: Actor
) -> None:
    case = Case(db, factories.patient(raw), factories.prescriber(raw), scan)
    assert "Was 4.5\u00a0mg meant?" in refused(case, tina, strength=Decimal(45)).sentence
    assert case.entered(tina).prescription.strength == Decimal("4.5")


def test_a_strength_that_no_formula_makes_is_refused_with_those_that_are_made(case: Case, tina: Actor) -> None:
    error = refused(case, tina, strength=Decimal("2.75"))
    assert error.field == "strength"
    assert "3, 3.5, 4, 4.5\u00a0mg" in error.sentence
    assert "meant" not in error.sentence


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"quantity": 0}, "quantity"),
        ({"quantity": 1001}, "quantity"),
        ({"refills": 12}, "refills"),
        ({"refills": -1}, "refills"),
        ({"reason_for_compounding": ""}, "reason_for_compounding"),
        ({"directions": Directions(Form.CAPSULE, (Step(Decimal(21), When.BEDTIME),))}, "steps"),
        ({"directions": Directions(Form.LIQUID, (Step(Decimal(1), When.BEDTIME),))}, "steps"),
    ],
)
def test_an_order_that_cannot_be_is_refused_at_its_field(case: Case, tina: Actor, given: dict, field: str) -> None:
    assert refused(case, tina, **given).field == field


@pytest.mark.parametrize(("amount", "measurable"), [("4.5", True), ("0.25", True), ("4.55", False), ("0.255", False)])
def test_a_liquid_dose_is_one_that_a_syringe_has_a_mark_for(
    case: Case, tina: Actor, amount: str, measurable: bool
) -> None:
    if measurable:
        assert case.entered(tina, liquid(amount)).quantity == 135
    else:
        with pytest.raises(PharmacyError, match="No oral syringe measures"):
            case.entered(tina, liquid(amount))


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"written_on": date(2026, 11, 24)}, "written_on"),
        ({"written_on": date(2025, 11, 22)}, "written_on"),
        ({"original": None}, "original"),
        ({"original": b"plain text, whatever its name says"}, "original"),
        ({"came_by": CameBy.TELEPHONE, "original": None}, "caller"),
        ({"came_by": CameBy.TELEPHONE, "original": None, "caller": "Dr Fable"}, "read_back"),
    ],
)
def test_how_it_came_is_complete(case: Case, paul: Actor, given: dict, field: str) -> None:
    with pytest.raises(PharmacyError) as caught:
        case.entered(paul, **given)
    assert caught.value.field == field


def test_the_last_day_of_a_prescription_is_still_good(case: Case, tina: Actor) -> None:
    assert case.entered(tina, written_on=date(2025, 11, 23)).prescription.expires_on == date(2026, 11, 23)


def test_a_telephone_order_is_taken_by_the_pharmacist_who_is_signed_in(case: Case, tina: Actor, paul: Actor) -> None:
    told = {"came_by": CameBy.TELEPHONE, "original": None, "caller": "Nurse at Dr Fable's", "read_back": True}
    row = case.entered(paul, **told).prescription
    assert (row.taken_by, row.caller, row.read_back, row.original) == (paul.id, "Nurse at Dr Fable's", True, None)
    with pytest.raises(PharmacyError, match="by a pharmacist"):
        case.entered(tina, **told)


def test_nobody_without_a_clinical_role_enters(case: Case, ada: Actor, adam: Actor) -> None:
    for actor in (ada, adam):
        with pytest.raises(Refused):
            case.entered(actor)


def test_a_correction_before_review_writes_the_row_and_screens_again(case: Case, tina: Actor) -> None:
    one = case.in_review(tina)
    changed = capsule_order(strength=Decimal(3), quantity=60, refills=0)
    service.change_prescription(case.db, tina, seen(one.prescription), case.prescriber, changed)
    now = queries.fill(case.db, one.id)
    assert (now.quantity, now.prescription.strength, now.status) == (60, Decimal(3), Status.IN_REVIEW)


def test_after_review_a_change_is_an_amendment(case: Case, tina: Actor, paul: Actor) -> None:
    one = case.accepted(tina, paul)
    with pytest.raises(NotReady, match="amendment"):
        service.change_prescription(case.db, tina, seen(one.prescription), case.prescriber, capsule_order(refills=1))


def test_an_amendment_says_was_and_now_and_returns_the_fill_to_review(case: Case, tina: Actor, paul: Actor) -> None:
    one = case.accepted(tina, paul)
    told = []
    ids = service.amend_prescription(
        case.db,
        paul,
        seen(one.prescription),
        capsule_order(strength=Decimal(3), quantity=60),
        "Dr Fable, by phone",
        "dose lowered",
        also=lambda opened, fill: told.append((opened.action.value, fill.id)),
    )
    now = queries.fill(case.db, one.id)
    (row,) = queries.amendments(case.db, one.prescription_id)
    assert ids == [one.id]
    assert told == [("prescription:amend", one.id)]
    assert (now.status, now.accepted_at, now.quantity) == (Status.IN_REVIEW, None, 60)
    assert row.changes == {
        "medicine": ["4.5\u00a0mg capsule", "3\u00a0mg capsule"],
        "quantity": ["30 capsules", "60 capsules"],
    }
    assert (row.authorised_by, row.reason, row.made_by) == ("Dr Fable, by phone", "dose lowered", paul.id)


def test_an_amended_prescription_is_not_corrected_quietly_afterwards(case: Case, tina: Actor, paul: Actor) -> None:
    one = case.accepted(tina, paul)
    order = capsule_order(quantity=60)
    service.amend_prescription(case.db, paul, seen(one.prescription), order, "Dr Fable", "longer supply")
    with pytest.raises(NotReady, match="amendment"):
        service.change_prescription(
            case.db, tina, seen(queries.prescription(case.db, one.prescription_id)), case.prescriber, capsule_order()
        )


def test_an_amendment_that_changes_nothing_is_refused(case: Case, tina: Actor, paul: Actor) -> None:
    one = case.accepted(tina, paul)
    with pytest.raises(PharmacyError, match="Nothing is changed"):
        service.amend_prescription(case.db, paul, seen(one.prescription), capsule_order(), "Dr Fable", "no reason")
    assert case.db.scalar(select(func.count()).select_from(Amendment)) == 0


def test_a_technician_does_not_amend(case: Case, tina: Actor, paul: Actor) -> None:
    one = case.accepted(tina, paul)
    with pytest.raises(Refused):
        service.amend_prescription(case.db, tina, seen(one.prescription), capsule_order(quantity=60), "Dr Fable", "why")


def test_two_people_correct_the_same_prescription_and_one_sees_that_she_was_second(
    case: Case, tina: Actor, paul: Actor
) -> None:
    one = case.in_review(tina)
    both_saw = seen(one.prescription)
    service.change_prescription(case.db, tina, both_saw, case.prescriber, capsule_order(quantity=60))
    with pytest.raises(Conflict) as caught:
        service.change_prescription(case.db, paul, both_saw, case.prescriber, capsule_order(quantity=90))
    assert [done.actor for done in caught.value.since] == [tina.id]
    assert queries.prescription(case.db, one.prescription_id).quantity == 60


# --- refills ----------------------------------------------------------------------------------------------------------


def hand_over(raw: Engine, one: Fill, **given: object) -> None:
    """What dispensing does at the end, put there around the door."""
    factories.change(raw, Fill, one.id, status=Status.HANDED_OVER.value, **given)
    object_session(one).rollback()  # the reading that is under way would not see it


def test_a_refill_is_the_next_fill_in_review_and_unconfirmed(case: Case, raw: Engine, tina: Actor, paul: Actor) -> None:
    first = case.accepted(tina, paul)
    hand_over(raw, first)
    row = queries.prescription(case.db, first.prescription_id)
    assert queries.refills_left(row) == 3
    second = queries.fill(case.db, service.start_refill(case.db, tina, seen(row)))
    assert (second.number, second.status) == ("100001-01", Status.IN_REVIEW)
    assert second.medicines_confirmed_at is None
    assert screening.latest(case.db, second.id) is not None
    assert queries.refills_left(queries.prescription(case.db, row.id)) == 2


def test_a_second_open_fill_is_not_started(case: Case, tina: Actor) -> None:
    one = case.in_review(tina)
    with pytest.raises(NotReady, match="still open"):
        service.start_refill(case.db, tina, seen(one.prescription))


def test_an_expired_prescription_is_not_refilled(
    case: Case, raw: Engine, tina: Actor, paul: Actor, noon: object
) -> None:
    one = case.accepted(tina, paul)
    hand_over(raw, one)
    noon.move_to("2027-11-20 18:00:00+00:00")
    assert queries.can_refill(case.db, queries.prescription(case.db, one.prescription_id)) is None
    noon.move_to("2027-11-21 18:00:00+00:00")
    with pytest.raises(NotReady, match="expired on 20 NOV 2027"):
        service.start_refill(case.db, tina, Seen(Prescription, one.prescription_id))


def test_no_more_refills_than_prescribed_and_a_cancelled_one_does_not_count(
    case: Case, raw: Engine, tina: Actor, paul: Actor
) -> None:
    one = case.entered(tina, capsule_order(refills=1))
    hand_over(raw, one)
    row = Seen(Prescription, one.prescription_id)
    second = queries.fill(case.db, service.start_refill(case.db, tina, row))
    service.cancel_fill(case.db, paul, seen(second), "patient away")
    third = queries.fill(case.db, service.start_refill(case.db, tina, row))
    assert third.number.endswith("-02")
    hand_over(raw, third)
    with pytest.raises(NotReady, match="No refills are left"):
        service.start_refill(case.db, tina, row)


def test_a_rejected_prescription_is_not_started_again(case: Case, tina: Actor, paul: Actor) -> None:
    one = case.in_review(tina)
    service.reject_fill(case.db, paul, seen(one), "forged")
    with pytest.raises(NotReady, match="rejected"):
        service.start_refill(case.db, tina, Seen(Prescription, one.prescription_id))


def test_what_is_owed_comes_first_and_uses_up_no_refill(case: Case, raw: Engine, tina: Actor) -> None:
    one = case.entered(tina, capsule_order(refills=0))
    hand_over(raw, one, quantity=20, owed=10)
    rest = queries.fill(case.db, service.start_refill(case.db, tina, Seen(Prescription, one.prescription_id)))
    assert (rest.quantity, queries.is_rest(rest)) == (10, True)
    hand_over(raw, rest)
    assert "without refills" in (queries.can_refill(case.db, queries.prescription(case.db, one.prescription_id)) or "")


def test_a_refill_goes_on_where_the_titration_ended(case: Case, raw: Engine, tina: Actor) -> None:
    order = capsule_order(strength=Decimal("1.5"), directions=TAPER, quantity=84)
    one = case.entered(tina, order)
    assert queries.fill_days(one) == 42
    hand_over(raw, one)
    second = queries.fill(case.db, service.start_refill(case.db, tina, Seen(Prescription, one.prescription_id)))
    assert queries.directions_for(second) == Directions(Form.CAPSULE, (Step(Decimal(3), When.BEDTIME),))
    assert queries.fill_days(second) == 28


def test_a_titration_cut_short_goes_on_in_the_next_fill(case: Case, raw: Engine, tina: Actor) -> None:
    one = case.entered(tina, capsule_order(strength=Decimal("1.5"), directions=TAPER, quantity=42))
    hand_over(raw, one)
    second = queries.fill(case.db, service.start_refill(case.db, tina, Seen(Prescription, one.prescription_id)))
    assert queries.directions_for(second).steps == (Step(Decimal(3), When.BEDTIME, 14),)


def test_a_number_finds_its_fill(case: Case, tina: Actor) -> None:
    one = case.entered(tina)
    for text in ("100001-00", " 100001 ", "Rx 100001"):
        assert queries.fill_by_number(case.db, text).id == one.id
    for text in ("100001-07", "999", "x", "", "１００００１"):
        assert queries.fill_by_number(case.db, text) is None


def test_the_order_reads_back_as_it_was_entered(case: Case, tina: Actor) -> None:
    order = replace(capsule_order(), directions=TAPER, strength=Decimal("1.5"), quantity=84)
    assert queries.order_of(case.entered(tina, order).prescription) == order
