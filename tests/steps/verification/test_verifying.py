"""The final check: nothing passes that is not compared, complete, in date, decided, and someone else's work."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from pharmacy.actions.acting import Conflict, Refused, Seen
from pharmacy.actions.catalogue import Actor, Solo
from pharmacy.actions.models import AuditSubject
from pharmacy.errors import NotReady, PharmacyError
from pharmacy.labelling import service as labels
from pharmacy.labelling.models import IssuedLabel
from pharmacy.patients.models import Patient
from pharmacy.prescriptions.models import Fill, Prescription
from pharmacy.screening.models import Finding
from pharmacy.stock.models import Lot
from pharmacy.verification import queries, service
from pharmacy.verification.service import To
from tests import factories
from tests.steps.verification.ready import TODAY, Counter, on, sign


def verify(counter: Counter, actor: Actor, fill_id: int, key: str | None = None, solo: Solo | None = None) -> object:
    return service.verify_fill(counter.db, actor, counter.seen(fill_id), key, sign(actor), solo)


def test_a_verified_fill_waits_for_pick_up_and_says_what_was_compared(counter: Counter, paul: Actor) -> None:
    lot_id = counter.lot(number="C261112-01")
    fill_id = counter.labelled(packed=((lot_id, 30),))
    assert verify(counter, paul, fill_id) == fill_id
    assert counter.fill(fill_id).status == "waiting for pick-up"
    approval = queries.approval(counter.db, fill_id)
    assert approval is not None
    assert (approval.person_id, approval.signed, approval.solo_reason) == (paul.id, "PIN", "")
    (label,) = counter.issued(fill_id)
    assert approval.shown["labels"] == {label.serial: label.document}
    assert approval.shown["lots"] == ["C261112-01"]
    assert approval.shown["screening"] is not None
    assert counter.entries("fill:verify") == 1


def test_the_entry_is_found_by_patient_prescription_container_and_lot(counter: Counter, paul: Actor) -> None:
    fill_id = counter.labelled()
    verify(counter, paul, fill_id)
    kinds = set(counter.db.scalars(select(AuditSubject.kind)))
    assert {"patient", "prescription", "fill", "container", "lot", "verification"} - {"verification"} <= kinds


def test_the_same_form_sent_twice_verifies_once(counter: Counter, paul: Actor) -> None:
    fill_id, key = counter.labelled(), "0" * 32
    seen = counter.seen(fill_id)
    first = service.verify_fill(counter.db, paul, seen, key, sign(paul))
    assert service.verify_fill(counter.db, paul, seen, key, sign(paul)) == first
    assert counter.entries("fill:verify") == 1
    assert len(queries.verifications(counter.db, fill_id)) == 1


def test_a_pharmacist_cannot_verify_her_own_preparation(counter: Counter, pia: Actor, paul: Actor) -> None:
    fill_id = counter.labelled(by=pia)
    with pytest.raises(Refused, match="whoever prepared it"):
        verify(counter, pia, fill_id)
    verify(counter, paul, fill_id)


def test_alone_she_can_only_in_solo_mode_with_a_reason_that_is_kept(counter: Counter, pia: Actor) -> None:
    fill_id = counter.labelled(by=pia)
    counter.set_policy("solo_mode", "yes")
    with pytest.raises(PharmacyError, match="say why") as refused:
        verify(counter, pia, fill_id)
    assert refused.value.field == "solo_reason"
    verify(counter, pia, fill_id, solo=Solo("nobody else today"))
    approval = queries.approval(counter.db, fill_id)
    assert approval is not None
    assert approval.solo_reason == "nobody else today"


def test_a_solo_reason_is_not_kept_where_none_was_needed(counter: Counter, paul: Actor) -> None:
    fill_id = counter.labelled()
    verify(counter, paul, fill_id, solo=Solo("by habit"))
    approval = queries.approval(counter.db, fill_id)
    assert approval is not None
    assert approval.solo_reason == ""


def test_neither_technician_nor_auditor_verifies_or_sends_back(counter: Counter, tina: Actor, ada: Actor) -> None:
    fill_id = counter.labelled()
    for actor in (tina, ada):
        with pytest.raises(Refused, match="pharmacist"):
            verify(counter, actor, fill_id)
        with pytest.raises(Refused, match="pharmacist"):
            service.send_back_fill(counter.db, actor, counter.seen(fill_id), "no")
    assert counter.fill(fill_id).status == "labelled"


def test_without_a_signature_or_with_anothers_nothing_is_verified(counter: Counter, paul: Actor, pia: Actor) -> None:
    fill_id = counter.labelled()
    for signature in (None, sign(pia)):
        with pytest.raises(Refused, match="signature"):
            service.verify_fill(counter.db, paul, counter.seen(fill_id), signature=signature)


def test_what_is_not_labelled_is_not_verified(counter: Counter, paul: Actor) -> None:
    fill_id = counter.accepted()
    with pytest.raises(Refused, match="done while it is labelled"):
        verify(counter, paul, fill_id)


def test_a_label_that_no_longer_says_what_the_data_say_is_refused_with_both(counter: Counter, paul: Actor) -> None:
    fill_id = counter.labelled()
    patient_id = counter.fill(fill_id).prescription.patient_id
    factories.change(counter.raw, Patient, patient_id, family_name="Bramblewyck")
    with pytest.raises(NotReady, match="printed “Fergus Bramblewick”, by the data now “Fergus Bramblewyck”"):
        verify(counter, paul, fill_id)
    labels.reissue_labels(counter.db, paul, counter.seen(fill_id), "4x3", "the name was corrected")
    verify(counter, paul, fill_id)


def test_a_label_of_another_day_is_still_the_same_label(counter: Counter, paul: Actor) -> None:
    fill_id = counter.labelled()
    with on(TODAY + timedelta(days=2)):
        verify(counter, paul, fill_id)
    assert counter.entries("fill:screen") == 2  # the day is a fact: the rules were run again first


def test_a_void_label_is_none(counter: Counter, paul: Actor) -> None:
    fill_id = counter.labelled()
    (label,) = counter.issued(fill_id)
    factories.change(counter.raw, IssuedLabel, label.id, status="void", void_reason="torn")
    with pytest.raises(NotReady, match="Container 1 of 1 has no valid label"):
        verify(counter, paul, fill_id)


def test_a_lot_put_into_quarantine_since_is_refused(counter: Counter, paul: Actor) -> None:
    lot_id = counter.lot(number="C261112-07")
    fill_id = counter.labelled(packed=((lot_id, 30),))
    factories.change(counter.raw, Lot, lot_id, status="quarantined")
    with pytest.raises(NotReady, match="Lot C261112-07 is quarantined"):
        verify(counter, paul, fill_id)


def test_a_prescription_that_expired_since_is_refused(counter: Counter, paul: Actor) -> None:
    fill_id = counter.labelled()
    factories.change(counter.raw, Prescription, counter.fill(fill_id).prescription_id, expires_on=date(2026, 11, 22))
    with pytest.raises(NotReady, match="The prescription expired on 22 NOV 2026"):
        verify(counter, paul, fill_id)


def test_a_beyond_use_date_that_ends_before_the_supply_is_refused_with_the_quantity_that_fits(
    counter: Counter, paul: Actor
) -> None:
    lot_id = counter.lot(use_before=date(2026, 12, 22))  # 23 NOV + 30 days: just long enough today
    fill_id = counter.labelled(packed=((lot_id, 30),))
    with on(TODAY + timedelta(days=1)), pytest.raises(NotReady, match="29 capsules for 29 days would fit"):
        verify(counter, paul, fill_id)
    verify(counter, paul, fill_id)


def test_the_supply_begins_after_the_supply_in_hand_ends(counter: Counter, paul: Actor) -> None:
    prescription_id = factories.prescription(counter.raw)
    factories.fill(counter.raw, prescription_id, status="handed over", since=factories.NOW)  # lasts to 22 DEC 2026
    fill_id = counter.fill_of(prescription_id, ordinal=1)
    enough = counter.lot(use_before=date(2027, 1, 21))
    counter.labelled(fill_id=fill_id, packed=((enough, 30),))
    factories.change(counter.raw, Lot, enough, use_before=date(2027, 1, 20))
    with pytest.raises(NotReady, match="last from 23 DEC 2026 to 21 JAN 2027"):
        verify(counter, paul, fill_id)
    factories.change(counter.raw, Lot, enough, use_before=date(2027, 1, 21))
    verify(counter, paul, fill_id)


def test_a_medicine_recorded_since_is_screened_and_must_be_decided_first(counter: Counter, paul: Actor) -> None:
    fill_id = counter.labelled()
    factories.medicine(counter.raw, counter.fill(fill_id).prescription.patient_id, "oxycodone")
    with pytest.raises(NotReady, match=r"Not decided: .*back to its clinical review"):
        verify(counter, paul, fill_id)
    assert counter.fill(fill_id).status == "labelled"
    assert "BLOCK" in set(counter.db.scalars(select(Finding.level).where(Finding.fill_id == fill_id)))


def test_what_is_to_be_decided_goes_back_to_review_and_its_labels_are_void(counter: Counter, paul: Actor) -> None:
    fill_id = counter.labelled()
    assert service.return_to_review(counter.db, paul, counter.seen(fill_id)) is False
    assert counter.fill(fill_id).status == "labelled"
    factories.medicine(counter.raw, counter.fill(fill_id).prescription.patient_id, "oxycodone")
    assert service.return_to_review(counter.db, paul, counter.seen(fill_id)) is True
    fill = counter.fill(fill_id)
    assert (fill.status, fill.accepted_by) == ("in review", None)
    assert counter.serials(fill_id) == []
    assert len(counter.containers(fill_id)) == 1


def test_a_verified_fill_goes_back_to_review_too(counter: Counter, tina: Actor) -> None:
    fill_id = counter.verified()
    factories.medicine(counter.raw, counter.fill(fill_id).prescription.patient_id, "oxycodone")
    assert service.return_to_review(counter.db, tina, counter.seen(fill_id)) is True
    assert counter.fill(fill_id).status == "in review"


def test_who_saw_an_older_version_is_told(counter: Counter, paul: Actor) -> None:
    fill_id = counter.labelled()
    old = Seen(Fill, fill_id, counter.fill(fill_id).version - 1)
    with pytest.raises(Conflict):
        service.verify_fill(counter.db, paul, old, signature=sign(paul))


def test_sent_back_for_its_label_it_is_prepared_again_and_the_label_void(counter: Counter, paul: Actor) -> None:
    fill_id = counter.labelled()
    service.send_back_fill(counter.db, paul, counter.seen(fill_id), "smudged")
    fill = counter.fill(fill_id)
    assert (fill.status, fill.sent_back) == ("prepared", "smudged")
    assert [label.void_reason for label in counter.issued(fill_id)] == ["smudged"]
    (was,) = queries.verifications(counter.db, fill_id)
    assert (was.approved, was.reason, was.shown["to"]) == (False, "smudged", "label")
    labels.issue_labels(counter.db, paul, counter.seen(fill_id), "4x3")
    verify(counter, paul, fill_id)  # issuing a label is no preparation
    assert counter.fill(fill_id).sent_back == ""


def test_sent_back_for_its_contents_the_containers_are_emptied_and_never_go_back_to_stock(
    counter: Counter, paul: Actor
) -> None:
    lot_id = counter.lot()
    fill_id = counter.labelled(packed=((lot_id, 30),))
    service.send_back_fill(counter.db, paul, counter.seen(fill_id), "29 in the bottle", to=To.CONTENTS)
    assert counter.fill(fill_id).status == "accepted"
    assert counter.containers(fill_id) == []
    assert counter.the_lot(lot_id).available == 70


def test_sent_back_to_review_it_is_accepted_anew(counter: Counter, paul: Actor) -> None:
    fill_id = counter.labelled()
    service.send_back_fill(counter.db, paul, counter.seen(fill_id), "ask about the dose", to=To.REVIEW)
    fill = counter.fill(fill_id)
    assert (fill.status, fill.accepted_at) == ("in review", None)
    assert len(counter.containers(fill_id)) == 1


def test_a_fill_is_not_sent_back_without_a_reason(counter: Counter, paul: Actor) -> None:
    fill_id = counter.labelled()
    with pytest.raises(PharmacyError, match="what is wrong"):
        service.send_back_fill(counter.db, paul, counter.seen(fill_id), "  ")


def test_each_of_two_containers_has_its_own_label_compared(counter: Counter, paul: Actor) -> None:
    fill_id = counter.labelled(packed=((counter.lot(), 12), (counter.lot(), 18)))
    first, second = counter.issued(fill_id)[::-1]
    factories.change(counter.raw, IssuedLabel, second.id, status="void", void_reason="torn")
    with pytest.raises(NotReady, match="Container 2 of 2 has no valid label"):
        verify(counter, paul, fill_id)
    factories.change(counter.raw, IssuedLabel, second.id, status="valid", void_reason="")
    verify(counter, paul, fill_id)
    approval = queries.approval(counter.db, fill_id)
    assert approval is not None
    assert set(approval.shown["labels"]) == {first.serial, second.serial}
