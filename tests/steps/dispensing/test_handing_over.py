"""Hand-over: to whom, how, and what was said; nothing leaves that may not."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta
from typing import Any

import pytest

from pharmacy.actions.acting import Conflict, Refused, Seen
from pharmacy.actions.catalogue import Actor
from pharmacy.dispensing import queries, service
from pharmacy.dispensing.leaving import Counselling, Given, Method
from pharmacy.errors import Mismatch, NotReady, PharmacyError
from pharmacy.labelling.models import IssuedLabel
from pharmacy.patients.models import Patient
from pharmacy.preparations.supply import supply
from pharmacy.prescriptions import queries as prescriptions
from pharmacy.prescriptions import service as prescribing
from pharmacy.prescriptions.models import Fill, Prescription
from pharmacy.screening import queries as screening
from pharmacy.screening.models import Finding
from pharmacy.screening.service import Decided, Outcome
from pharmacy.stock.models import Lot
from pharmacy.verification import service as verification
from tests import factories
from tests.steps.verification.ready import TODAY, Counter, on, sign


def told(counter: Counter, fill_id: int, **given: Any) -> Given:
    """Picked up by the patient herself; every point told by Paul; every container scanned."""
    number = counter.fill(fill_id).number
    all_points = tuple(point.words for point in queries.points(counter.db, fill_id))
    usual = Given(
        Method.PICK_UP,
        "Fergus Bramblewick",
        "patient",
        Counselling.DONE,
        counselled_by=2,
        told=all_points,
        scans=(number,) * len(counter.containers(fill_id)),
    )
    return dataclasses.replace(usual, **given)


def hand_over(counter: Counter, actor: Actor, fill_id: int, key: str | None = None, **given: Any) -> object:
    what = told(counter, fill_id, **given)
    return service.hand_over(counter.db, actor, counter.seen(fill_id), what, key)


def test_a_technician_may_hand_over_what_is_verified_and_counselled(counter: Counter, tina: Actor) -> None:
    fill_id = counter.verified()
    assert hand_over(counter, tina, fill_id) == fill_id
    fill = counter.fill(fill_id)
    assert fill.status == "handed over"
    row = queries.hand_over(counter.db, fill_id)
    assert row is not None
    assert (row.method, row.to_whom, row.relationship_to_patient) == ("pick-up", "Fergus Bramblewick", "patient")
    assert (row.counselling, row.counselled_by, row.person_id) == ("done", 2, tina.id)
    assert (row.first_day_of_use, row.last_day_of_supply) == (TODAY, date(2026, 12, 22))
    assert row.points
    assert all(point["told"] and point["rules"] for point in row.points)


@pytest.mark.parametrize("who", ["ada", "adam", "nora"])
def test_nobody_else_hands_over(counter: Counter, request: pytest.FixtureRequest, who: str) -> None:
    fill_id = counter.verified()
    with pytest.raises(Refused, match="pharmacist or technician"):
        hand_over(counter, request.getfixturevalue(who), fill_id)
    assert counter.fill(fill_id).status == "waiting for pick-up"


def test_what_is_not_verified_does_not_leave(counter: Counter, tina: Actor) -> None:
    fill_id = counter.labelled()
    with pytest.raises(Refused, match="done while it is waiting for pick-up"):
        hand_over(counter, tina, fill_id)


def test_the_same_form_sent_twice_hands_over_once(counter: Counter, tina: Actor) -> None:
    fill_id, key = counter.verified(), "1" * 32
    seen, given = counter.seen(fill_id), told(counter, fill_id)
    assert service.hand_over(counter.db, tina, seen, given, key) == fill_id
    assert service.hand_over(counter.db, tina, seen, given, key) == fill_id
    assert counter.entries("fill:hand-over") == 1


def test_two_at_the_counter_one_hands_over_the_other_is_told(counter: Counter, tina: Actor, pia: Actor) -> None:
    fill_id = counter.verified()
    seen, given = counter.seen(fill_id), told(counter, fill_id)
    service.hand_over(counter.db, tina, seen, given)
    with pytest.raises((Conflict, Refused)):
        service.hand_over(counter.db, pia, seen, given)
    with pytest.raises(Conflict):
        service.return_fill(counter.db, pia, Seen(Fill, counter.verified(), 1), "not collected")


@pytest.mark.parametrize(
    ("given", "field", "sentence"),
    [
        ({"to_whom": " "}, "to_whom", "to whom"),
        ({"relationship": ""}, "relationship", "who that is"),
        ({"method": Method.COURIER}, "carrier", "carrier"),
        ({"method": Method.POST, "carrier": "Snail Mail"}, "tracking", "tracking"),
        ({"method": Method.POST, "carrier": "Snail Mail", "tracking": "SM-1"}, "packed_by", "packed"),
        ({"method": Method.POST, "carrier": "S", "tracking": "1", "packed_by": 4}, "packed_by", "work here"),
        ({"counselled_by": None}, "counselled_by", "which pharmacist"),
        ({"counselled_by": 1}, "counselled_by", "by a pharmacist"),
        ({"told": ()}, "told", "Not told yet"),
        ({"scans": ()}, "scans", "0 of 1 scanned"),
        ({"scans": ("100999-00",)}, "scans", "Do not hand it over"),
    ],
)
def test_what_is_missing_or_wrong_is_said_at_its_field(
    counter: Counter, tina: Actor, given: dict[str, Any], field: str, sentence: str
) -> None:
    fill_id = counter.verified()
    with pytest.raises(PharmacyError, match=sentence) as refused:
        hand_over(counter, tina, fill_id, **given)
    assert refused.value.field == field
    assert counter.fill(fill_id).status == "waiting for pick-up"
    assert queries.hand_over(counter.db, fill_id) is None


def test_by_post_carrier_number_and_packer_are_kept(counter: Counter, tina: Actor) -> None:
    fill_id = counter.verified()
    hand_over(counter, tina, fill_id, method=Method.POST, carrier="Snail Mail", tracking="SM-1", packed_by=1)
    row = queries.hand_over(counter.db, fill_id)
    assert row is not None
    assert (row.method, row.carrier, row.tracking, row.packed_by) == ("post", "Snail Mail", "SM-1", 1)


def test_a_declined_talk_is_recorded_with_the_points_that_were_not_told(counter: Counter, tina: Actor) -> None:
    fill_id = counter.verified()
    hand_over(counter, tina, fill_id, counselling=Counselling.DECLINED, counselled_by=None, told=())
    row = queries.hand_over(counter.db, fill_id)
    assert row is not None
    assert (row.counselling, row.counselled_by) == ("declined", None)
    assert row.points
    assert not any(point["told"] for point in row.points)


def test_of_two_bottles_both_are_scanned(counter: Counter, tina: Actor) -> None:
    fill_id = counter.verified(packed=((counter.lot(), 12), (counter.lot(), 18)))
    number = counter.fill(fill_id).number
    with pytest.raises(PharmacyError, match="1 of 2 scanned"):
        hand_over(counter, tina, fill_id, scans=(number, " "))
    with pytest.raises(PharmacyError, match="3 labels were scanned"):
        hand_over(counter, tina, fill_id, scans=(number,) * 3)
    hand_over(counter, tina, fill_id, scans=(number, f" {number.lower()} "))


def test_the_square_code_tells_one_bottle_from_the_other(counter: Counter, tina: Actor) -> None:
    lots = counter.lot(number="C261112-01"), counter.lot(number="C261112-02")
    fill_id = counter.verified(packed=((lots[0], 12), (lots[1], 18)))
    number, (first, second) = counter.fill(fill_id).number, counter.serials(fill_id)
    one, two = f"{number}|C261112-01|{first}", f"{number}|C261112-02|{second}"
    with pytest.raises(Mismatch, match="scanned twice"):
        hand_over(counter, tina, fill_id, scans=(one, one))
    with pytest.raises(Mismatch, match="no valid label"):
        hand_over(counter, tina, fill_id, scans=(one, f"{number}|C261112-02|{number}-2-99"))
    hand_over(counter, tina, fill_id, scans=(one, two))


def test_a_beyond_use_date_too_early_on_the_day_is_refused_with_the_quantity_that_fits(
    counter: Counter, tina: Actor
) -> None:
    fill_id = counter.verified(packed=((counter.lot(use_before=date(2026, 12, 24)), 30),))
    with on(TODAY + timedelta(days=3)):
        with pytest.raises(NotReady, match="29 capsules for 29 days would fit, the rest owed: return this one"):
            hand_over(counter, tina, fill_id)
        assert counter.fill(fill_id).status == "waiting for pick-up"
    with on(TODAY + timedelta(days=2)):
        hand_over(counter, tina, fill_id)


def test_past_its_beyond_use_date_nothing_leaves(counter: Counter, tina: Actor) -> None:
    fill_id = counter.verified(packed=((counter.lot(use_before=date(2026, 12, 24)), 30),))
    with on(date(2026, 12, 25)), pytest.raises(NotReady, match="past its beyond-use date"):
        hand_over(counter, tina, fill_id)


def test_the_first_day_of_use_follows_the_supply_in_hand(counter: Counter, tina: Actor, paul: Actor) -> None:
    prescription_id = factories.prescription(counter.raw)
    first = counter.verified(fill_id=counter.fill_of(prescription_id))
    hand_over(counter, tina, first)
    assert queries.supply_in_hand_until(counter.db, prescription_id) == date(2026, 12, 22)
    second = counter.verified(fill_id=counter.fill_of(prescription_id, ordinal=1))
    assert supply(counter.fill(second)).first_day == date(2026, 12, 23)  # the same, from the fills themselves
    with on(date(2026, 12, 15)):
        hand_over(counter, tina, second)
    row = queries.hand_over(counter.db, second)
    assert row is not None
    assert (row.first_day_of_use, row.last_day_of_supply) == (date(2026, 12, 23), date(2027, 1, 21))
    assert queries.supply_in_hand_until(counter.db, prescription_id) == date(2027, 1, 21)


def test_a_lot_called_back_since_does_not_leave(counter: Counter, tina: Actor) -> None:
    lot_id = counter.lot(number="C261112-09")
    fill_id = counter.verified(packed=((lot_id, 30),))
    factories.change(counter.raw, Lot, lot_id, status="quarantined")
    with pytest.raises(NotReady, match="Lot C261112-09 is quarantined"):
        hand_over(counter, tina, fill_id)


def test_only_the_labels_that_were_verified_leave(counter: Counter, tina: Actor) -> None:
    fill_id = counter.verified()
    (label,) = counter.issued(fill_id)
    factories.change(counter.raw, IssuedLabel, label.id, status="void", void_reason="torn")
    with pytest.raises(NotReady, match="not those that were verified"):
        hand_over(counter, tina, fill_id)


def test_a_name_corrected_after_the_check_changes_no_label_and_stops_nothing(counter: Counter, tina: Actor) -> None:
    fill_id = counter.verified()
    (before,) = counter.issued(fill_id)
    factories.change(counter.raw, Patient, counter.fill(fill_id).prescription.patient_id, family_name="Bramblewyck")
    hand_over(counter, tina, fill_id)
    (after,) = counter.issued(fill_id)
    assert (after.content, after.document) == (before.content, before.document)


def test_a_medicine_started_since_stops_the_hand_over(counter: Counter, tina: Actor) -> None:
    fill_id = counter.verified()
    factories.medicine(counter.raw, counter.fill(fill_id).prescription.patient_id, "oxycodone")
    with pytest.raises(NotReady, match="Not decided"):
        hand_over(counter, tina, fill_id)
    assert counter.fill(fill_id).status == "waiting for pick-up"
    assert verification.return_to_review(counter.db, tina, counter.seen(fill_id)) is True


def test_decided_to_wait_it_waits_until_the_day(counter: Counter, tina: Actor, paul: Actor) -> None:
    patient_id = factories.patient(counter.raw)
    last = TODAY - timedelta(days=2)
    factories.medicine(counter.raw, patient_id, "oxycodone", use="stopped", last_dose=last)
    fill_id = counter.accepted(patient_id=patient_id)
    factories.change(counter.raw, Fill, fill_id, status="in review")
    for row in screening.open_findings(counter.db, fill_id):
        waits = screening.told(row).fact("earliest_start")
        given = Decided(
            Outcome.WAIT if waits else Outcome.GO_ON, "agreed with Dr Fable", "Cosmo Fable", "phone", factories.NOW
        )
        signed = sign(paul) if row.level == "STOP" else None
        prescribing.decide_finding(counter.db, paul, Seen(Finding, row.id), given, None, signed)
    factories.change(counter.raw, Fill, fill_id, status="accepted")
    counter.verified(fill_id=fill_id)
    waiting = queries.waits_until(counter.db, fill_id)
    assert waiting is not None
    day = waiting[1]
    with pytest.raises(NotReady, match=f"decided to wait: naltrexone may start on {day}"):
        hand_over(counter, tina, fill_id)
    with on(TODAY + timedelta(days=60)):
        hand_over(counter, tina, fill_id)


def test_what_was_cut_off_stays_owed_and_is_the_next_fill(counter: Counter, tina: Actor) -> None:
    prescription_id = factories.prescription(counter.raw, refills=0)
    fill_id = counter.fill_of(prescription_id, quantity=20, owed=10)
    counter.verified(fill_id=fill_id)
    hand_over(counter, tina, fill_id)
    row = prescriptions.prescription(counter.db, prescription_id)
    assert prescriptions.owed_now(row) == 10
    assert prescriptions.can_refill(counter.db, row) is None
    rest = prescribing.start_refill(counter.db, tina, Seen(Prescription, prescription_id))
    assert isinstance(rest, int)
    assert counter.fill(rest).quantity == 10
