"""The clinical review through the services: what is found, what is decided, and what can never be accepted."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import Engine, func, select

from pharmacy import clock
from pharmacy.actions.acting import Conflict, Refused
from pharmacy.actions.catalogue import Actor, Signature
from pharmacy.domain.workflow import Status
from pharmacy.errors import NotReady, PharmacyError
from pharmacy.patients import service as patients
from pharmacy.patients.data import MedicineEntry
from pharmacy.patients.models import MedicineTaken, Patient
from pharmacy.prescriptions import queries, service
from pharmacy.prescriptions.models import Clarification, Fill, Prescription
from pharmacy.prescriptions.service import Decided, Outcome
from pharmacy.screening import queries as screening
from pharmacy.screening.models import Decision, Finding
from tests import factories
from tests.steps.prescriptions.conftest import Case, capsule_order, seen

WHY = "Talked it through with her"


def signature(actor: Actor) -> Signature:
    return Signature(actor.id, "PIN", clock.now())


def found(case: Case, one: Fill, rule: str) -> Finding:
    return next(row for row in screening.findings(case.db, one.id) if row.rule_id == rule)


def levels(case: Case, one: Fill) -> set[str]:
    return {row.level for row in screening.open_findings(case.db, one.id)}


def go_on(**given: object) -> Decided:
    return Decided(**{"outcome": Outcome.GO_ON, "reason": WHY, **given})


def spoken(**given: object) -> Decided:
    yesterday = clock.now() - timedelta(days=1)
    return go_on(**{"spoke_with": "Dr Fable", "spoke_how": "phone", "spoke_at": yesterday, **given})


@pytest.fixture
def stopped_opioid(case: Case, raw: Engine) -> Case:
    """Oxycodone, last taken four days ago: inside the wash-out."""
    factories.medicine(raw, case.patient, "oxycodone IR 5 mg", use="stopped", last_dose=date(2026, 11, 19))
    return case


@pytest.fixture
def thyroid(case: Case, raw: Engine) -> Case:
    """A CAUTION: depression on record."""
    case.patient = factories.patient(raw, family_name="Larch", conditions=["depression"])
    return case


# --- nothing is accepted unasked --------------------------------------------------------------------------------------


def test_a_plain_fill_is_accepted_once_the_medicines_are_confirmed(case: Case, tina: Actor, paul: Actor) -> None:
    one = case.in_review(tina)
    with pytest.raises(NotReady, match="confirm the list"):
        service.accept_fill(case.db, paul, seen(one))
    service.confirm_medicines(case.db, tina, seen(one))
    service.accept_fill(case.db, paul, seen(queries.fill(case.db, one.id)))
    now = queries.fill(case.db, one.id)
    assert (now.status, now.accepted_by) == (Status.ACCEPTED, paul.id)


def test_a_confirmed_list_was_asked_for_that_day_on_the_patient_page_too(case: Case, tina: Actor) -> None:
    one = case.in_review(tina)
    service.confirm_medicines(case.db, tina, seen(one))
    now = queries.fill(case.db, one.id)
    patient = now.prescription.patient
    assert (patient.history_asked_at, patient.history_asked_by) == (now.medicines_confirmed_at, tina.id)


def test_a_technician_neither_accepts_nor_decides(thyroid: Case, tina: Actor) -> None:
    one = thyroid.confirmed(tina)
    with pytest.raises(Refused):
        service.accept_fill(thyroid.db, tina, seen(one))
    with pytest.raises(Refused):
        service.decide_finding(thyroid.db, tina, seen(found(thyroid, one, "condition.depression")), go_on())
    assert queries.fill(thyroid.db, one.id).status == Status.IN_REVIEW


def test_an_empty_list_is_not_confirmed(case: Case, raw: Engine, tina: Actor) -> None:
    case.patient = factories.patient(raw, takes_none=False, history_asked_at=None, history_asked_by=None)
    one = case.in_review(tina)
    with pytest.raises(NotReady, match="Nothing is recorded"):
        service.confirm_medicines(case.db, tina, seen(one))
    assert "history.not-asked" in {row.rule_id for row in screening.open_findings(case.db, one.id)}


def test_a_list_that_changed_since_it_was_read_is_not_confirmed(case: Case, raw: Engine, tina: Actor) -> None:
    one = case.in_review(tina)
    read_out = service.list_digest(one.prescription.patient)
    factories.medicine(raw, case.patient, "ibuprofen 400 mg")
    case.db.rollback()
    with pytest.raises(NotReady, match="has changed"):
        service.confirm_medicines(case.db, tina, seen(one), read_out)


def test_an_expired_prescription_is_not_accepted(case: Case, raw: Engine, tina: Actor, paul: Actor) -> None:
    one = case.confirmed(tina)
    factories.change(raw, Prescription, one.prescription_id, expires_on=date(2026, 11, 22))
    case.db.rollback()
    with pytest.raises(NotReady, match="expired on 22 NOV 2026"):
        service.accept_fill(case.db, paul, seen(queries.fill(case.db, one.id)))


# --- BLOCK ------------------------------------------------------------------------------------------------------------


def test_nothing_accepts_the_fill_of_a_patient_who_takes_oxycodone(
    case: Case, raw: Engine, tina: Actor, paul: Actor, pia: Actor
) -> None:
    factories.medicine(raw, case.patient, "oxycodone 5 mg tablets")
    one = case.confirmed(tina)
    block = found(case, one, "opioid.current")
    assert block.level == "BLOCK"
    for actor in (paul, pia):
        with pytest.raises(NotReady, match="cannot be decided"):
            service.decide_finding(case.db, actor, seen(block), spoken(), signature=signature(actor))
        with pytest.raises(NotReady, match="Takes oxycodone"):
            service.accept_fill(case.db, actor, seen(queries.fill(case.db, one.id)))
    assert case.db.scalar(select(func.count()).select_from(Decision)) == 0
    assert queries.fill(case.db, one.id).status == Status.IN_REVIEW


def test_a_block_clears_when_the_fact_is_corrected_and_stays_on_record(
    case: Case, raw: Engine, tina: Actor, paul: Actor
) -> None:
    medicine = factories.medicine(raw, case.patient, "oxycodone 5 mg tablets")
    one = case.confirmed(tina)
    patient = queries.fill(case.db, one.id).prescription.patient
    entry = MedicineEntry(
        typed="oxycodone 5 mg tablets", use="stopped", last_dose=date(2026, 10, 1), source="patient", id=medicine
    )
    patients.record_medicines(case.db, tina, seen(patient), (entry,))
    service.screen_again(case.db, tina, seen(queries.fill(case.db, one.id)))
    assert "BLOCK" not in levels(case, one)
    assert [row.rule_id for row in screening.cleared_findings(case.db, one.id)] == ["opioid.current"]


def test_a_medicine_recorded_after_the_review_began_stops_the_acceptance(
    case: Case, raw: Engine, tina: Actor, paul: Actor
) -> None:
    one = case.confirmed(tina)
    factories.medicine(raw, case.patient, "methadone")
    case.db.rollback()
    with pytest.raises(NotReady, match="made anew"):
        service.accept_fill(case.db, paul, seen(one))
    assert "BLOCK" in levels(case, one)
    with pytest.raises(NotReady, match="Takes methadone"):
        service.accept_fill(case.db, paul, seen(queries.fill(case.db, one.id)))


# --- STOP -------------------------------------------------------------------------------------------------------------


def test_a_stop_needs_signature_reason_and_prescriber_contact(stopped_opioid: Case, tina: Actor, paul: Actor) -> None:
    case, one = stopped_opioid, stopped_opioid.confirmed(tina)
    stop = found(case, one, "opioid.washout.short")
    assert stop.level == "STOP"
    with pytest.raises(Refused, match="signature"):
        service.decide_finding(case.db, paul, seen(stop), spoken())
    for missing in ("spoke_with", "spoke_how", "spoke_at"):
        given = spoken(**{missing: None if missing == "spoke_at" else ""})
        with pytest.raises(PharmacyError) as caught:
            service.decide_finding(case.db, paul, seen(stop), given, signature=signature(paul))
        assert caught.value.field == missing
    with pytest.raises(PharmacyError) as caught:
        service.decide_finding(case.db, paul, seen(stop), spoken(reason=""), signature=signature(paul))
    assert caught.value.field == "reason"
    assert found(case, one, "opioid.washout.short").status == "open"
    service.decide_finding(case.db, paul, seen(stop), spoken(outcome=Outcome.WAIT), signature=signature(paul))
    decided = found(case, one, "opioid.washout.short")
    (decision,) = decided.decisions
    assert (decided.status, decision.outcome, decision.signed) == ("decided", "wait", "PIN")
    assert (decision.spoke_with, decision.spoke_how) == ("Dr Fable", "phone")


def test_a_talk_in_the_future_is_no_contact(stopped_opioid: Case, tina: Actor, paul: Actor) -> None:
    case, one = stopped_opioid, stopped_opioid.confirmed(tina)
    given = spoken(spoke_at=clock.now() + timedelta(hours=1))
    with pytest.raises(PharmacyError) as caught:
        service.decide_finding(
            case.db, paul, seen(found(case, one, "opioid.washout.short")), given, signature=signature(paul)
        )
    assert caught.value.field == "spoke_at"


def test_somebody_elses_signature_does_not_sign(stopped_opioid: Case, tina: Actor, paul: Actor, pia: Actor) -> None:
    case, one = stopped_opioid, stopped_opioid.confirmed(tina)
    with pytest.raises(Refused):
        service.decide_finding(
            case.db, paul, seen(found(case, one, "opioid.washout.short")), spoken(), signature=signature(pia)
        )


# --- CAUTION, reopening, two people -----------------------------------------------------------------------------------


def test_a_caution_is_decided_with_a_reason_and_then_the_fill_is_accepted(
    thyroid: Case, tina: Actor, paul: Actor
) -> None:
    one = thyroid.confirmed(tina)
    with pytest.raises(NotReady, match="Still open"):
        service.accept_fill(thyroid.db, paul, seen(one))
    service.decide_finding(thyroid.db, paul, seen(found(thyroid, one, "condition.depression")), go_on())
    service.accept_fill(thyroid.db, paul, seen(queries.fill(thyroid.db, one.id)))
    assert queries.fill(thyroid.db, one.id).status == Status.ACCEPTED


def test_there_is_no_date_to_wait_for_where_the_rule_names_none(thyroid: Case, tina: Actor, paul: Actor) -> None:
    one = thyroid.confirmed(tina)
    given = go_on(outcome=Outcome.WAIT)
    with pytest.raises(PharmacyError, match="no day to wait for"):
        service.decide_finding(thyroid.db, paul, seen(found(thyroid, one, "condition.depression")), given)


def test_a_decision_is_reopened_and_both_stay(thyroid: Case, tina: Actor, paul: Actor, pia: Actor) -> None:
    one = thyroid.confirmed(tina)
    service.decide_finding(thyroid.db, paul, seen(found(thyroid, one, "condition.depression")), go_on())
    service.reopen_finding(thyroid.db, pia, seen(found(thyroid, one, "condition.depression")), "Ask her again")
    row = found(thyroid, one, "condition.depression")
    assert row.status == "open"
    assert [(made.outcome, made.decided_by) for made in row.decisions] == [("go on", paul.id), ("reopened", pia.id)]
    with pytest.raises(NotReady, match="Still open"):
        service.accept_fill(thyroid.db, paul, seen(queries.fill(thyroid.db, one.id)))


def test_two_people_decide_the_same_finding_and_one_sees_that_he_was_second(
    thyroid: Case, tina: Actor, paul: Actor, pia: Actor
) -> None:
    one = thyroid.confirmed(tina)
    both_saw = seen(found(thyroid, one, "condition.depression"))
    service.decide_finding(thyroid.db, pia, both_saw, go_on())
    with pytest.raises(Conflict) as caught:
        service.decide_finding(thyroid.db, paul, both_saw, go_on())
    assert [done.actor for done in caught.value.since] == [pia.id]
    assert len(found(thyroid, one, "condition.depression").decisions) == 1


def test_the_same_decision_sent_twice_is_one(thyroid: Case, tina: Actor, paul: Actor) -> None:
    one = thyroid.confirmed(tina)
    row = seen(found(thyroid, one, "condition.depression"))
    answers = [service.decide_finding(thyroid.db, paul, row, go_on(), "d" * 32) for _ in range(2)]
    assert answers == [one.id, one.id]
    assert len(found(thyroid, one, "condition.depression").decisions) == 1


def test_after_acceptance_nothing_is_decided_or_reopened(thyroid: Case, tina: Actor, paul: Actor) -> None:
    one = thyroid.confirmed(tina)
    service.decide_finding(thyroid.db, paul, seen(found(thyroid, one, "condition.depression")), go_on())
    service.accept_fill(thyroid.db, paul, seen(queries.fill(thyroid.db, one.id)))
    with pytest.raises(NotReady, match="no longer decided"):
        service.reopen_finding(thyroid.db, paul, seen(found(thyroid, one, "condition.depression")), "second thoughts")


def test_a_decision_holds_for_its_own_fill_only(thyroid: Case, raw: Engine, tina: Actor, paul: Actor) -> None:
    one = thyroid.confirmed(tina)
    service.decide_finding(thyroid.db, paul, seen(found(thyroid, one, "condition.depression")), go_on())
    service.accept_fill(thyroid.db, paul, seen(queries.fill(thyroid.db, one.id)))
    factories.change(raw, Fill, one.id, status=Status.HANDED_OVER.value)
    thyroid.db.rollback()
    row = queries.prescription(thyroid.db, one.prescription_id)
    refill = queries.fill(thyroid.db, service.start_refill(thyroid.db, tina, seen(row)))
    asked_again = found(thyroid, refill, "condition.depression")
    assert (asked_again.status, asked_again.decisions) == ("open", [])
    with pytest.raises(NotReady, match="confirm the list"):
        service.accept_fill(thyroid.db, paul, seen(refill))


def test_a_screening_keeps_the_decisions_of_what_did_not_change(
    thyroid: Case, raw: Engine, tina: Actor, paul: Actor
) -> None:
    one = thyroid.confirmed(tina)
    service.decide_finding(thyroid.db, paul, seen(found(thyroid, one, "condition.depression")), go_on())
    factories.medicine(raw, thyroid.patient, "levothyroxine 75 mcg")
    thyroid.db.rollback()
    service.screen_again(thyroid.db, tina, seen(queries.fill(thyroid.db, one.id)))
    assert found(thyroid, one, "condition.depression").status == "decided"
    assert len(screening.open_findings(thyroid.db, one.id)) >= 1


def test_a_new_day_alone_does_not_undo_a_review(thyroid: Case, tina: Actor, paul: Actor, noon: object) -> None:
    one = thyroid.confirmed(tina)
    service.decide_finding(thyroid.db, paul, seen(found(thyroid, one, "condition.depression")), go_on())
    noon.move_to(datetime(2026, 11, 24, 9, 0, tzinfo=clock.now().tzinfo))
    service.accept_fill(thyroid.db, paul, seen(queries.fill(thyroid.db, one.id)))
    assert queries.fill(thyroid.db, one.id).status == Status.ACCEPTED


# --- NOT CHECKED ------------------------------------------------------------------------------------------------------


def test_an_unknown_medicine_must_be_resolved(case: Case, raw: Engine, tina: Actor, paul: Actor) -> None:
    medicine = factories.medicine(raw, case.patient, "Sereniva calm syrup")
    one = case.confirmed(tina)
    unknown = found(case, one, "medicine.not-recognised")
    assert (unknown.level, unknown.medicine_id) == ("NOT CHECKED", medicine)
    with pytest.raises(NotReady, match="cannot be decided"):
        service.decide_finding(case.db, paul, seen(unknown), go_on())
    with pytest.raises(NotReady, match="Sereniva"):
        service.accept_fill(case.db, paul, seen(queries.fill(case.db, one.id)))
    row = case.db.get_one(MedicineTaken, medicine)
    service.resolve_medicine(
        case.db,
        paul,
        seen(queries.fill(case.db, one.id)),
        seen(row),
        (),
        "Label read by phone: valerian only",
        "r" * 32,
    )
    assert levels(case, one) == set()
    assert found(case, one, "medicine.resolved-by-hand").level == "NOTE"
    service.accept_fill(case.db, paul, seen(queries.fill(case.db, one.id)))
    assert queries.fill(case.db, one.id).status == Status.ACCEPTED


def test_an_unknown_medicine_that_holds_an_opioid_blocks(case: Case, raw: Engine, tina: Actor, paul: Actor) -> None:
    medicine = factories.medicine(raw, case.patient, "Sereniva calm syrup")
    one = case.confirmed(tina)
    row = case.db.get_one(MedicineTaken, medicine)
    service.resolve_medicine(
        case.db, paul, seen(queries.fill(case.db, one.id)), seen(row), ("codeine",), "Printed on the bottle", "r" * 32
    )
    assert "BLOCK" in levels(case, one)


def test_a_technician_does_not_resolve(case: Case, raw: Engine, tina: Actor) -> None:
    medicine = factories.medicine(raw, case.patient, "Sereniva calm syrup")
    one = case.confirmed(tina)
    with pytest.raises(Refused):
        service.resolve_medicine(
            case.db, tina, seen(one), seen(case.db.get_one(MedicineTaken, medicine)), (), "found out", "r" * 32
        )
    assert levels(case, one) == {"NOT CHECKED"}


def test_a_medicine_of_somebody_else_is_not_resolved_here(case: Case, raw: Engine, tina: Actor, paul: Actor) -> None:
    other = factories.medicine(raw, factories.patient(raw, family_name="Other"), "Sereniva calm syrup")
    one = case.confirmed(tina)
    with pytest.raises(PharmacyError, match="no such medicine"):
        service.resolve_medicine(
            case.db, paul, seen(one), seen(case.db.get_one(MedicineTaken, other)), (), "found out", "r" * 32
        )


# --- hold, reject, cancel ---------------------------------------------------------------------------------------------


def test_a_question_holds_the_fill_until_its_answer(case: Case, tina: Actor, paul: Actor) -> None:
    one = case.confirmed(tina)
    service.hold_fill(case.db, paul, seen(one), "Is 4.5 mg meant from the first night?", "Dr Fable")
    held = queries.fill(case.db, one.id)
    assert held.status == Status.ON_HOLD
    with pytest.raises(Refused):
        service.accept_fill(case.db, paul, seen(held))
    service.answer_clarification(case.db, paul, seen(held), "Yes", "Dr Fable, by phone")
    (asked,) = queries.clarifications(case.db, [one.id])
    assert (asked.answer, asked.answered_by, asked.recorded_by) == ("Yes", "Dr Fable, by phone", paul.id)
    assert queries.fill(case.db, one.id).status == Status.IN_REVIEW
    assert queries.open_clarification(case.db, one.id) is None


@pytest.mark.parametrize(("question", "asked_of"), [("", "Dr Fable"), ("Why?", "")])
def test_a_question_names_what_and_whom(case: Case, tina: Actor, paul: Actor, question: str, asked_of: str) -> None:
    one = case.confirmed(tina)
    with pytest.raises((PharmacyError, Refused)):
        service.hold_fill(case.db, paul, seen(one), question, asked_of)
    assert case.db.scalar(select(func.count()).select_from(Clarification)) == 0


def test_a_rejected_fill_keeps_its_reason(case: Case, tina: Actor, paul: Actor) -> None:
    one = case.in_review(tina)
    service.reject_fill(case.db, paul, seen(one), "Not a valid prescription")
    now = queries.fill(case.db, one.id)
    assert (now.status, now.closing_reason) == (Status.REJECTED, "Not a valid prescription")


def test_only_a_pharmacist_holds_rejects_and_cancels(case: Case, tina: Actor) -> None:
    one = case.in_review(tina)
    for act in (
        lambda: service.hold_fill(case.db, tina, seen(one), "Why?", "Dr Fable"),
        lambda: service.reject_fill(case.db, tina, seen(one), "because"),
        lambda: service.cancel_fill(case.db, tina, seen(one), "because"),
    ):
        with pytest.raises(Refused):
            act()


def test_a_fill_that_holds_something_is_cancelled_only_with_what_it_holds(
    case: Case, raw: Engine, tina: Actor, paul: Actor
) -> None:
    one = case.accepted(tina, paul)
    factories.change(raw, Fill, one.id, status=Status.PREPARED.value, made_by=[tina.id])
    case.db.rollback()
    with pytest.raises(NotReady, match="its own page"):
        service.cancel_fill(case.db, paul, seen(queries.fill(case.db, one.id)), "Patient died")
    told = []
    service.cancel_fill(
        case.db,
        paul,
        seen(queries.fill(case.db, one.id)),
        "Patient died",
        also=lambda _opened, fill: told.append(fill.id),
    )
    assert told == [one.id]
    assert queries.fill(case.db, one.id).status == Status.CANCELLED


def test_the_patients_other_prescription_is_found(case: Case, tina: Actor) -> None:
    case.in_review(tina)
    second = case.in_review(tina, capsule_order(quantity=60))
    rules = {row.rule_id for row in screening.findings(case.db, second.id)}
    assert any("duplicate" in rule for rule in rules)


def test_label_warnings_and_counselling_come_from_the_findings(stopped_opioid: Case, tina: Actor) -> None:
    case, one = stopped_opioid, stopped_opioid.confirmed(tina)
    texts = [warning.text for warning in screening.label_warnings(case.db, one.id)]
    assert texts[0] == "Do not take with opioid pain, cough or diarrhea medicines."
    assert len(texts) == len(set(texts))
    points = screening.counselling_points(case.db, one.id)
    assert any("29 NOV 2026" in point for point in points)


def test_a_patient_changed_in_between_is_seen_by_the_screening(
    case: Case, raw: Engine, tina: Actor, paul: Actor
) -> None:
    one = case.confirmed(tina)
    factories.change(raw, Patient, case.patient, pregnancy="yes", sex="female")
    case.db.rollback()
    with pytest.raises(NotReady, match="made anew"):
        service.accept_fill(case.db, paul, seen(one))
    assert "pregnancy.yes" in {row.rule_id for row in screening.open_findings(case.db, one.id)}
