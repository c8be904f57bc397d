"""Labels: what they say word for word, proved before they are issued, kept as issued, void when replaced."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from labels import LabelContent, render
from labels.proof import proof
from labels.stock import stock
from pharmacy.actions.acting import Conflict, Refused
from pharmacy.actions.catalogue import Actor
from pharmacy.actions.models import AuditEntry, AuditSubject
from pharmacy.documents.models import Document
from pharmacy.errors import NotFound, PharmacyError
from pharmacy.labelling import issuing, queries, service
from pharmacy.labelling.content import in_words
from pharmacy.labelling.models import IssuedLabel, Reprint
from pharmacy.patients.models import Patient
from pharmacy.prescriptions.models import Fill
from pharmacy.stock.models import Lot
from tests import factories
from tests.steps.labelling.conftest import NOON, Shelf, codes_of, only_label, seen, text_of, the_fill, valid_serials

STEP = {"amount": "1", "when": "at bedtime", "days": 14}


def packed(db: Session, tina: Actor, shelf: Shelf, fill_id: int, *amounts: int, strength: str = "4.5") -> list[int]:
    lots = [shelf.lot(strength, amount=200) for _ in amounts]
    service.pack_fill(db, tina, seen(fill_id), tuple(zip(lots, amounts, strict=True)))
    return lots


def test_a_capsule_label_says_this_and_nothing_else(db: Session, tina: Actor, shelf: Shelf, accept: Any) -> None:
    fill_id = accept(number="100231", fill={"number": "100231-00"})
    lot_id = shelf.lot(number="C261112-01", use_before=date(2027, 5, 10))
    service.pack_fill(db, tina, seen(fill_id), ((lot_id, 30),))
    service.issue_labels(db, tina, seen(fill_id), "4x3")
    label = only_label(db, fill_id)
    assert text_of(queries.stored(db, label)) == (
        "Fergus Bramblewick naltrexone HCl 4.5 mg capsule Take 1 capsule by mouth at bedtime. For: fibromyalgia "
        "Do not use after 10 MAY 2027 Do not take with opioid pain, cough or diarrhea medicines. "
        "Tell all doctors, dentists and emergency staff that you take naltrexone. Avoid alcohol. "
        "May cause vivid dreams or trouble sleeping. "
        "Compounded preparation. Not FDA-approved. Off-label use. Rx only "
        "Qty 30 capsules Filled 23 NOV 2026 Lot C261112-01 By mouth Refills: 3 before 20 NOV 2027 "
        "Prescriber Cosmo Fable, MD "
        "Room temperature, 20–25 °C. Protect from light and moisture. "
        "Clear size 3 capsules filled with a white to off-white powder. "
        "Mortar & Thistle Compounding, 12 Example Lane, Sampleton, IL 00000, 555-0100 "
        "Rx 100231-00 Serial 100231-00-1-01"
    )
    assert codes_of(queries.stored(db, label)) == {"100231-00", "100231-00|C261112-01|100231-00-1-01"}
    assert the_fill(db, fill_id).status == "labelled"


def test_a_liquid_label_says_the_dose_in_millilitres_alone(db: Session, tina: Actor, shelf: Shelf, accept: Any) -> None:
    directions = {"form": "liquid", "steps": [{"amount": "4.5", "when": "at bedtime", "days": None}]}
    fill_id = accept(
        form="liquid", strength=Decimal(1), directions=directions, quantity=135, print_purpose=False, refills=0
    )
    packed(db, tina, shelf, fill_id, 135, strength="liquid")
    service.issue_labels(db, tina, seen(fill_id), "4x3")
    text = text_of(queries.stored(db, only_label(db, fill_id)))
    assert "naltrexone HCl 1 mg/mL oral liquid Take 4.5 mL by mouth at bedtime. Do not use after" in text
    assert "Qty 135 mL" in text
    assert "No refills" in text
    assert "oral syringe" in text
    assert "For:" not in text  # printed only where the prescriber wrote it


@pytest.mark.parametrize("code", ["4x3", "4x2", "4x6"])
def test_the_stored_bytes_stand_the_proof_and_match_the_stored_content(db: Session, labelled: Any, code: str) -> None:
    label = only_label(db, labelled(code))
    content, pdf = LabelContent.from_json(label.content), queries.stored(db, label)
    assert hashlib.sha256(pdf).hexdigest() == label.document
    assert render(content, stock(code)) == pdf
    proof(pdf, content, stock(code))


def test_each_container_has_its_own_label_lot_and_serial(db: Session, tina: Actor, shelf: Shelf, accept: Any) -> None:
    fill_id = accept(number="100400", fill={"number": "100400-00"})
    packed(db, tina, shelf, fill_id, 12, 18)
    service.issue_labels(db, tina, seen(fill_id), "4x3")
    assert valid_serials(db, fill_id) == ["100400-00-1-01", "100400-00-2-01"]
    for row in queries.containers(db, fill_id):
        label = queries.valid_label(row)
        assert label is not None
        text = text_of(queries.stored(db, label))
        assert f"Bottle {row.ordinal} of 2" in text
        assert f"Qty {row.quantity} capsules" in text
        assert f"Lot {row.lot.number}" in text


def test_a_refill_of_a_titration_says_only_what_is_left(
    db: Session, raw: Engine, tina: Actor, shelf: Shelf, accept: Any
) -> None:
    steps = [STEP, {**STEP, "amount": "2"}, {**STEP, "amount": "3", "days": None}]
    fill_id = accept(directions={"form": "capsule", "steps": steps}, quantity=42, fill={"ordinal": 1, "quantity": 42})
    fill = the_fill(db, fill_id)
    factories.fill(raw, fill.prescription_id, ordinal=0, status="handed over", since=NOON, quantity=42)
    packed(db, tina, shelf, fill_id, 42)
    service.issue_labels(db, tina, seen(fill_id), "4x3")
    text = text_of(queries.stored(db, only_label(db, fill_id)))
    assert "Take 3 capsules by mouth at bedtime. For:" in text
    assert "Refills: 2 before" in text


def test_what_does_not_fit_is_refused_and_the_stock_that_would_do_is_named(
    db: Session, tina: Actor, shelf: Shelf, accept: Any
) -> None:
    patient = factories.patient(
        shelf.raw,
        given_name="Maximiliana Konstantinopolitanska-Featherstonehaugh",
        family_name="de la Santísima Trinidad",
    )
    steps = [{**STEP, "amount": str(n), "when": "in the morning and at bedtime", "days": 4} for n in (1, 2, 3, 4, 5, 6)]
    directions = {"form": "capsule", "steps": steps}
    fill_id = accept(patient_id=patient, directions=directions, quantity=168)
    packed(db, tina, shelf, fill_id, 168)
    with pytest.raises(
        PharmacyError, match=r"do not fit on 4 × 2 in, not even on two labels; 4 × \d in would do"
    ) as refused:
        service.issue_labels(db, tina, seen(fill_id), "4x2")
    assert refused.value.field == "stock"
    assert the_fill(db, fill_id).status == "prepared"
    assert not db.scalars(select(IssuedLabel)).all()
    service.issue_labels(db, tina, seen(fill_id), "4x6")


def test_a_name_that_the_fonts_lack_is_refused_by_naming_the_character(
    db: Session, tina: Actor, shelf: Shelf, accept: Any
) -> None:
    fill_id = accept(patient_id=factories.patient(shelf.raw, family_name="春"))
    packed(db, tina, shelf, fill_id, 30)
    with pytest.raises(PharmacyError, match="the character “春”"):
        service.issue_labels(db, tina, seen(fill_id), "4x3")


def test_all_containers_are_labelled_or_none(db: Session, tina: Actor, shelf: Shelf, accept: Any) -> None:
    fill_id = accept()
    good, bad = shelf.lot(number="C261112-01"), shelf.lot(number="C261112-☂")
    service.pack_fill(db, tina, seen(fill_id), ((good, 15), (bad, 15)))
    with pytest.raises(PharmacyError, match="UMBRELLA"):
        service.issue_labels(db, tina, seen(fill_id), "4x3")
    assert the_fill(db, fill_id).status == "prepared"
    assert not db.scalars(select(IssuedLabel)).all()
    assert not db.scalars(select(Document.sha256)).all()


def test_a_stock_that_does_not_exist_is_refused(db: Session, tina: Actor, shelf: Shelf, accept: Any) -> None:
    fill_id = accept()
    packed(db, tina, shelf, fill_id, 30)
    with pytest.raises(PharmacyError, match="no such label stock"):
        service.issue_labels(db, tina, seen(fill_id), "9x9")


def test_a_fill_that_was_never_screened_gets_no_label(db: Session, raw: Engine, tina: Actor, shelf: Shelf) -> None:
    fill_id = factories.fill(raw, factories.prescription(raw), status="accepted")
    packed(db, tina, shelf, fill_id, 30)
    with pytest.raises(PharmacyError, match="never screened"):
        service.issue_labels(db, tina, seen(fill_id), "4x3")


def test_a_label_is_not_issued_when_what_it_says_changed_after_it_was_drawn(
    db: Session, raw: Engine, tina: Actor, shelf: Shelf, accept: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_id = accept()
    packed(db, tina, shelf, fill_id, 30)
    patient_id = the_fill(db, fill_id).prescription.patient_id
    drawn = issuing.drafts

    def overtaken(*given: Any) -> Any:  # someone corrects the name between the drawing and the door
        ready = drawn(*given)
        db.rollback()
        factories.change(raw, Patient, patient_id, family_name="Bramble")
        return ready

    monkeypatch.setattr(issuing, "drafts", overtaken)
    with pytest.raises(PharmacyError, match="has just changed"):
        service.issue_labels(db, tina, seen(fill_id), "4x3")
    assert the_fill(db, fill_id).status == "prepared"


@pytest.mark.parametrize(
    "given", [{"status": "quarantined"}, {"status": "rejected"}, {"use_before": date(2026, 11, 22)}]
)
def test_no_label_for_a_lot_that_may_no_longer_be_dispensed(
    db: Session, raw: Engine, tina: Actor, shelf: Shelf, accept: Any, given: dict[str, Any]
) -> None:
    fill_id = accept()
    (lot_id,) = packed(db, tina, shelf, fill_id, 30)
    factories.change(raw, Lot, lot_id, **given)
    with pytest.raises(PharmacyError):
        service.issue_labels(db, tina, seen(fill_id), "4x3")
    assert not db.scalars(select(IssuedLabel)).all()


def test_the_same_form_sent_twice_issues_once(db: Session, tina: Actor, shelf: Shelf, accept: Any) -> None:
    fill_id = accept()
    packed(db, tina, shelf, fill_id, 30)
    first = service.issue_labels(db, tina, seen(fill_id), "4x3", "k" * 32)
    assert service.issue_labels(db, tina, seen(fill_id), "4x3", "k" * 32) == first
    assert len(db.scalars(select(IssuedLabel)).all()) == 1


def test_a_label_seen_by_two_is_issued_by_one(db: Session, tina: Actor, paul: Actor, shelf: Shelf, accept: Any) -> None:
    fill_id = accept()
    packed(db, tina, shelf, fill_id, 30)
    version = the_fill(db, fill_id).version
    service.issue_labels(db, paul, seen(fill_id, version), "4x3")
    with pytest.raises((Conflict, Refused)):
        service.issue_labels(db, tina, seen(fill_id, version), "4x3")
    assert len(valid_serials(db, fill_id)) == 1


def test_a_later_change_of_the_name_changes_nothing_that_was_issued(
    db: Session, raw: Engine, tina: Actor, labelled: Any
) -> None:
    fill_id = labelled()
    label = only_label(db, fill_id)
    before = (label.content, queries.stored(db, label))
    factories.change(raw, Patient, the_fill(db, fill_id).prescription.patient_id, family_name="Newname")
    label = only_label(db, fill_id)
    assert (label.content, queries.stored(db, label)) == before
    assert "Fergus Bramblewick" in text_of(queries.stored(db, label))
    service.reissue_labels(db, tina, seen(fill_id), "4x3", "her new name")
    assert "Fergus Newname" in text_of(queries.stored(db, only_label(db, fill_id)))


def test_issued_again_with_a_reason_the_former_serial_is_void(db: Session, tina: Actor, labelled: Any) -> None:
    fill_id = labelled()
    former = only_label(db, fill_id)
    with pytest.raises(Refused, match="reason"):
        service.reissue_labels(db, tina, seen(fill_id), "4x2", " ")
    service.reissue_labels(db, tina, seen(fill_id), "4x2", "the bottle is small")
    new = only_label(db, fill_id)
    assert (new.serial[-2:], new.stock, new.reason) == ("02", "4x2", "the bottle is small")
    old = queries.label(db, former.id)
    assert (old.status, old.void_reason) == ("void", "the bottle is small")
    assert new.serial in text_of(queries.stored(db, new))


def test_after_verification_no_label_is_issued_again(db: Session, raw: Engine, tina: Actor, labelled: Any) -> None:
    fill_id = labelled()
    factories.change(raw, Fill, fill_id, status="verified")
    with pytest.raises(Refused, match="done while it is labelled"):
        service.reissue_labels(db, tina, seen(fill_id), "4x3", "smudged")


def test_a_reprint_leaves_the_bytes_and_records_the_reason(db: Session, tina: Actor, labelled: Any) -> None:
    fill_id = labelled()
    label = only_label(db, fill_id)
    before = queries.stored(db, label)
    with pytest.raises(Refused, match="reason"):
        service.reprint_label(db, tina, seen(fill_id), label.id, "")
    service.reprint_label(db, tina, seen(fill_id), label.id, "the printer jammed")
    assert queries.stored(db, only_label(db, fill_id)) == before
    (row,) = db.scalars(select(Reprint)).all()
    assert (row.label_id, row.reason, row.person_id) == (label.id, "the printer jammed", tina.id)


def test_a_void_serial_cannot_be_printed_again(db: Session, tina: Actor, labelled: Any) -> None:
    fill_id = labelled()
    former = only_label(db, fill_id)
    service.reissue_labels(db, tina, seen(fill_id), "4x3", "smudged")
    with pytest.raises(PharmacyError, match=f"{former.serial} is void: smudged"):
        service.reprint_label(db, tina, seen(fill_id), former.id, "once more")
    assert not db.scalars(select(Reprint)).all()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"status": "rejected"}, "is rejected"),
        ({"status": "quarantined"}, "is quarantined"),
        ({"use_before": date(2026, 11, 22)}, "was to be used until 22 NOV 2026"),
    ],
)
def test_the_label_of_a_lot_that_is_gone_or_over_is_not_printed_again(
    db: Session, raw: Engine, tina: Actor, labelled: Any, given: dict[str, Any], says: str
) -> None:
    fill_id = labelled()
    label = only_label(db, fill_id)
    factories.change(raw, Lot, label.container.lot_id, **given)
    with pytest.raises(PharmacyError, match=says):
        service.reprint_label(db, tina, seen(fill_id), label.id, "smudged")


def test_the_label_of_another_fill_is_not_reprinted_under_this_one(db: Session, tina: Actor, labelled: Any) -> None:
    fill_id, other = labelled(), labelled()
    label = only_label(db, other)
    with pytest.raises(NotFound):
        service.reprint_label(db, tina, seen(fill_id), label.id, "smudged")


def test_the_first_print_needs_no_reason_and_a_late_one_does(
    db: Session, tina: Actor, labelled: Any, clockwork: time_machine.Traveller
) -> None:
    fill_id = labelled()
    label = only_label(db, fill_id)
    assert queries.may_be_printed_now(db, label, label.issued_at)
    later = label.issued_at + timedelta(minutes=16)
    assert not queries.may_be_printed_now(db, label, later)
    clockwork.move_to(later)
    service.reprint_label(db, tina, seen(fill_id), label.id, "smudged")
    assert queries.may_be_printed_now(db, only_label(db, fill_id), later + timedelta(minutes=1))


def test_an_auditor_issues_and_prints_nothing(
    db: Session, ada: Actor, shelf: Shelf, accept: Any, labelled: Any
) -> None:
    fill_id = labelled()
    label = only_label(db, fill_id)
    for act in (
        lambda: service.issue_labels(db, ada, seen(fill_id), "4x3"),
        lambda: service.reissue_labels(db, ada, seen(fill_id), "4x3", "why not"),
        lambda: service.reprint_label(db, ada, seen(fill_id), label.id, "why not"),
    ):
        with pytest.raises(Refused, match="this is done by: pharmacist or technician"):
            act()


def test_issuing_is_one_entry_that_names_fill_patient_lot_and_label(db: Session, tina: Actor, labelled: Any) -> None:
    fill_id = labelled()
    db.rollback()
    entry = db.scalars(select(AuditEntry).where(AuditEntry.action == "label:issue")).one()
    touched = set(db.scalars(select(AuditSubject.kind).where(AuditSubject.entry_id == entry.id)))
    assert entry.actor == tina.id
    assert touched == {"fill", "patient", "prescription", "container", "lot", "issued_label", "document"}
    assert len(valid_serials(db, fill_id)) == 1


def test_a_label_reads_as_words_too(db: Session, labelled: Any) -> None:
    content = LabelContent.from_json(only_label(db, labelled()).content)
    said = in_words(content)
    assert said.startswith("Fergus Bramblewick. naltrexone HCl 4.5 mg capsule. Take 1 capsule by mouth at bedtime.")
    assert "Bottle 1 of 2." in in_words(replace(content, containers=2))
