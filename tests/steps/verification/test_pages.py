"""The page of the final check: the original first, line by line, lot and label; the signature last."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from pharmacy.actions.catalogue import Actor
from pharmacy.patients.models import Patient
from pharmacy.preparations import queries as preparations
from pharmacy.prescriptions import service as prescribing
from pharmacy.prescriptions.models import Fill
from pharmacy.screening import queries as screening
from pharmacy.screening.models import Finding
from pharmacy.screening.service import Decided, Outcome
from tests import factories
from tests.steps.preparations.conftest import at_bench
from tests.steps.preparations.worktop import Bench
from tests.steps.verification.ready import Counter, Seen, scan_of

__all__ = ("at_bench",)
SignIn = Callable[[Actor], FlaskClient]


def page_of(client: FlaskClient, fill_id: int) -> str:
    answer = client.get(f"/fills/{fill_id}/verification")
    assert answer.status_code == 200
    return html.unescape(answer.get_data(as_text=True)).replace("\u00a0", " ")


def fields_of(page: str, prefix: str) -> dict[str, str]:
    """The hidden fields of one form, as a browser would send them."""
    found = re.findall(rf'name="({prefix}-(?:key|seen_id|seen_version))" type="hidden" value="([^"]*)"', page)
    assert len(found) == 3, found
    return dict(found)


def approve(client: FlaskClient, fill_id: int, **typed: str) -> Any:
    page = page_of(client, fill_id)
    given = {"verify-compared": "y", "verify-secret": factories.PIN, **typed}
    return client.post(f"/fills/{fill_id}/verification", data={**fields_of(page, "verify"), **given})


@pytest.fixture
def made(db: Session, raw: Engine, at_bench: Bench, tina: Actor, paul: Actor) -> tuple[Counter, int]:
    """A fill whose capsules were weighed, checked, released, packed and labelled by the real services."""
    counter = Counter(db, raw)
    original = factories.document(raw, scan_of("Rx naltrexone 4.5 mg\n1 at bedtime #30"))
    patient_id = factories.patient(raw, sensitivities=(("excipient", "lactose"),))
    fill_id = counter.accepted(original=original, patient_id=patient_id)
    made_id = at_bench.make(tina, "capsule 4.5", "100", fills=(fill_id,), for_stock=Decimal(70))
    at_bench.release(paul, made_id)
    lot = preparations.preparation(db, made_id).lot
    assert lot is not None
    counter.labelled(fill_id=fill_id, packed=((lot.id, 30),))
    return counter, fill_id


def test_the_original_stands_first_then_the_lines_the_lot_the_label_and_last_the_signature(
    made: tuple[Counter, int], sign_in: SignIn, paul: Actor
) -> None:
    counter, fill_id = made
    page = page_of(sign_in(paul), fill_id)
    main = page[page.index("<main") :]
    original = counter.fill(fill_id).prescription.original
    (label,) = counter.issued(fill_id)
    in_order = [
        f"/documents/{original}/page/1.png",
        "Line by line",
        "Findings and decisions",
        "Recorded weights of lot",
        "Delivered strength, computed back",
        f"/labels/{label.id}/1.png",
        "have compared the original",
        'name="verify-secret"',
        "Approve and sign",
    ]
    places = [main.index(text) for text in in_order]
    assert places == sorted(places)
    assert "differs" not in main
    for said in ("Fergus Bramblewick", "14 MAY 1971", "lactose", "Take 1 capsule by mouth at bedtime", "fibromyalgia"):
        assert said in main
    assert "Cosmo Fable, MD" in main
    assert "523.4 mg" in main  # the drug of 100 capsules of 4.5 mg with 5 % excess, as planned and as recorded
    assert "10 of 10 capsules inside" in main
    assert "MFR-" in main


def test_a_telephone_order_shows_who_called_who_took_it_and_that_it_was_read_back(
    counter: Counter, sign_in: SignIn, paul: Actor
) -> None:
    fill_id = counter.labelled(
        came_by="telephone", caller="Nurse Wilma Reed", taken_by=2, read_back=True, original=None
    )
    main = page_of(sign_in(paul), fill_id)
    for said in ("Nurse Wilma Reed", "Paul Sorrel", "Read back", "yes"):
        assert said in main
    assert main.index("Nurse Wilma Reed") < main.index("Line by line")


def test_a_difference_is_marked_on_its_line_and_said_at_the_head(
    counter: Counter, sign_in: SignIn, paul: Actor
) -> None:
    fill_id = counter.labelled()
    factories.change(counter.raw, Patient, counter.fill(fill_id).prescription.patient_id, given_name="Feargus")
    page = page_of(sign_in(paul), fill_id)
    assert "printed “Fergus Bramblewick”, by the data now “Feargus Bramblewick”" in page
    assert page.count("differs") == 1
    assert "It cannot be approved: see the head of the page." in page


def test_decisions_stand_with_their_reasons_and_who_made_them(
    counter: Counter, sign_in: SignIn, paul: Actor, tina: Actor
) -> None:
    patient_id = factories.patient(counter.raw)
    factories.medicine(counter.raw, patient_id, "levothyroxine")
    fill_id = counter.accepted(patient_id=patient_id)
    factories.change(counter.raw, Fill, fill_id, status="in review")
    caution = next(row for row in screening.open_findings(counter.db, fill_id) if row.level == "CAUTION")
    given = Decided(Outcome.GO_ON, "TSH is checked monthly")
    prescribing.decide_finding(counter.db, paul, Seen(Finding, caution.id), given)
    factories.change(counter.raw, Fill, fill_id, status="accepted")
    counter.labelled(fill_id=fill_id)
    page = page_of(sign_in(paul), fill_id)
    assert "“TSH is checked monthly”" in page
    assert "Goes on · Paul Sorrel" in page


def test_he_approves_on_the_page_with_tick_and_pin(counter: Counter, sign_in: SignIn, paul: Actor) -> None:
    fill_id = counter.labelled()
    answer = approve(sign_in(paul), fill_id)
    assert (answer.status_code, answer.location) == (302, f"/fills/{fill_id}/hand-over")
    assert counter.fill(fill_id).status == "waiting for pick-up"
    page = page_of(sign_in(paul), fill_id)
    assert "Approved, signed with PIN" in page
    assert 'name="verify-secret"' not in page


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"verify-compared": ""}, "Compare them line by line"),
        ({"verify-secret": ""}, "Sign with your password or PIN"),
        ({"verify-secret": "135791"}, "This is not your PIN"),
    ],
)
def test_without_tick_or_true_secret_the_page_says_so_and_shows_no_secret(
    counter: Counter, sign_in: SignIn, paul: Actor, typed: dict[str, str], said: str
) -> None:
    fill_id = counter.labelled()
    answer = approve(sign_in(paul), fill_id, **typed)
    page = html.unescape(answer.get_data(as_text=True))
    assert answer.status_code == 422
    assert said in page
    assert "135791" not in page
    assert counter.fill(fill_id).status == "labelled"


def test_after_a_refusal_the_same_page_can_be_signed_again(counter: Counter, sign_in: SignIn, paul: Actor) -> None:
    fill_id = counter.labelled()
    client, patient_id = sign_in(paul), counter.fill(fill_id).prescription.patient_id
    old = fields_of(page_of(client, fill_id), "verify")
    taken = factories.medicine(counter.raw, patient_id, "levothyroxine")
    given = {"verify-compared": "y", "verify-secret": factories.PIN}
    refused = client.post(f"/fills/{fill_id}/verification", data={**old, **given})
    page = html.unescape(refused.get_data(as_text=True))
    assert refused.status_code == 422
    assert "Not decided" in page
    assert fields_of(page, "verify")["verify-seen_version"] == str(counter.fill(fill_id).version)
    assert taken


def test_her_own_work_has_no_signature_box_unless_solo_mode_is_on(
    counter: Counter, sign_in: SignIn, pia: Actor
) -> None:
    fill_id = counter.labelled(by=pia)
    page = page_of(sign_in(pia), fill_id)
    assert "You prepared some of it" in page
    assert 'name="verify-secret"' not in page
    counter.set_policy("solo_mode", "yes")
    client = sign_in(pia)
    assert 'name="verify-solo_reason"' in page_of(client, fill_id)
    assert approve(client, fill_id).status_code == 422
    assert approve(client, fill_id, **{"verify-solo_reason": "nobody else today"}).status_code == 302
    assert "alone, own work: “nobody else today”" in page_of(client, fill_id)


def test_technician_and_auditor_read_the_page_but_cannot_sign(
    counter: Counter, sign_in: SignIn, tina: Actor, ada: Actor, adam: Actor
) -> None:
    fill_id = counter.labelled()
    for actor in (tina, ada):
        client = sign_in(actor)
        page = page_of(client, fill_id)
        assert 'name="verify-secret"' not in page
        assert "Send back with a reason" not in page
        refused = client.post(f"/fills/{fill_id}/verification")
        assert refused.status_code == 403
        assert "pharmacist" in refused.get_data(as_text=True)
    assert sign_in(adam).get(f"/fills/{fill_id}/verification").status_code == 403


def test_sent_back_on_the_page_the_reason_stands_where_it_is_corrected(
    counter: Counter, sign_in: SignIn, paul: Actor
) -> None:
    fill_id, client = counter.labelled(), sign_in(paul)
    hidden = fields_of(page_of(client, fill_id), "back")
    empty = client.post(
        f"/fills/{fill_id}/verification/refusal", data={**hidden, "back-to": "label", "back-reason": " "}
    )
    assert empty.status_code == 422
    sent = client.post(
        f"/fills/{fill_id}/verification/refusal", data={**hidden, "back-to": "label", "back-reason": "<b>smudged</b>"}
    )
    assert sent.status_code == 302
    assert "Sent back: <b>smudged</b>" in page_of(client, fill_id)
    raw = client.get(f"/fills/{fill_id}/verification").get_data(as_text=True)
    assert "<b>smudged" not in raw


def test_the_rules_are_run_again_from_the_page(counter: Counter, sign_in: SignIn, paul: Actor) -> None:
    fill_id, client = counter.labelled(), sign_in(paul)
    factories.medicine(counter.raw, counter.fill(fill_id).prescription.patient_id, "oxycodone")
    hidden = fields_of(page_of(client, fill_id), "again")
    answer = client.post(f"/fills/{fill_id}/verification/screening", data=hidden)
    assert (answer.status_code, answer.location) == (302, f"/fills/{fill_id}/review")


def test_a_fill_that_does_not_exist_is_not_found(sign_in: SignIn, paul: Actor) -> None:
    assert sign_in(paul).get("/fills/999/verification").status_code == 404


def test_a_fill_that_is_not_labelled_yet_says_where_it_is(counter: Counter, sign_in: SignIn, paul: Actor) -> None:
    page = page_of(sign_in(paul), counter.accepted())
    assert "It comes here when it is labelled" in page


def test_two_people_on_one_fill_the_second_sees_what_the_first_did(
    counter: Counter, sign_in: SignIn, paul: Actor, pia: Actor
) -> None:
    fill_id = counter.labelled()
    late, hidden = sign_in(pia), {}
    hidden = fields_of(page_of(late, fill_id), "verify")
    assert approve(sign_in(paul), fill_id).status_code == 302
    given = {"verify-compared": "y", "verify-secret": factories.PIN}
    answer = late.post(f"/fills/{fill_id}/verification", data={**hidden, **given})
    assert answer.status_code in {403, 409}
    assert counter.entries("fill:verify") == 1
