"""The page of hand-over, in the hands of the people who use it."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from pharmacy.actions.catalogue import Actor
from pharmacy.dispensing import queries
from pharmacy.dispensing.forms import point_code
from tests import factories
from tests.steps.verification.ready import TODAY, Counter, on

SignIn = Callable[[Actor], FlaskClient]


def page_of(client: FlaskClient, fill_id: int) -> str:
    answer = client.get(f"/fills/{fill_id}/hand-over")
    assert answer.status_code == 200
    return words(answer)


def words(answer: Any) -> str:
    return html.unescape(answer.get_data(as_text=True)).replace("\u00a0", " ")


def fields_of(page: str, prefix: str) -> dict[str, str]:
    found = re.findall(rf'name="({prefix}-(?:key|seen_id|seen_version))" type="hidden" value="([^"]*)"', page)
    assert len(found) == 3, found
    return dict(found)


def typed(counter: Counter, fill_id: int, **given: object) -> dict[str, Any]:
    """What Tina types when the patient herself stands there and Paul has talked with her."""
    number = counter.fill(fill_id).number
    points = [point_code(point.words) for point in queries.points(counter.db, fill_id)]
    usual = {
        "hand-method": "pick-up",
        "hand-relationship": "patient",
        "hand-counselling": "done",
        "hand-counselled_by": "2",
        "hand-told": points,
        **{f"hand-scans-{number_of}": number for number_of in range(len(counter.containers(fill_id)))},
    }
    return usual | {f"hand-{name}": value for name, value in given.items()}


def test_a_technician_hands_over_on_the_page_and_sees_what_comes_next(
    counter: Counter, sign_in: SignIn, tina: Actor
) -> None:
    fill_id, client = counter.verified(), sign_in(tina)
    page = page_of(client, fill_id)
    for point in queries.points(counter.db, fill_id):
        assert point.words in page
    data = {**fields_of(page, "hand"), **typed(counter, fill_id)}
    assert client.post(f"/fills/{fill_id}/hand-over", data=data).status_code == 302
    after = page_of(client, fill_id)
    for said in ("Who got it", "Fergus Bramblewick (patient)", "23 NOV 2026 to 22 DEC 2026", "3 refills left", "Done"):
        assert said in after
    again = client.post(f"/fills/{fill_id}/hand-over", data=data)
    assert again.status_code == 302
    assert counter.entries("fill:hand-over") == 1


def test_the_wrong_bottle_is_said_beside_everything_else_that_is_missing(
    counter: Counter, sign_in: SignIn, tina: Actor
) -> None:
    fill_id, client = counter.verified(), sign_in(tina)
    hidden = fields_of(page_of(client, fill_id), "hand")
    for missing in ({"counselling": ""}, {"relationship": "other"}, {"counselled_by": ""}):
        data = {**hidden, **typed(counter, fill_id, **{"scans-0": "100999-00"}, **missing)}
        refused = client.post(f"/fills/{fill_id}/hand-over", data=data)
        assert refused.status_code == 422
        assert words(refused).count("Do not hand it over.") == 1
        assert 'id="hand-scans"' in words(refused)


def test_the_next_fill_starts_from_the_page(counter: Counter, sign_in: SignIn, tina: Actor) -> None:
    fill_id, client = counter.verified(), sign_in(tina)
    hidden = fields_of(page_of(client, fill_id), "hand")
    client.post(f"/fills/{fill_id}/hand-over", data={**hidden, **typed(counter, fill_id)})
    page = page_of(client, fill_id)
    (form,) = re.findall(r'<form action="(/prescriptions/[0-9]+/refill)".*?</form>', page, re.DOTALL)
    body = page[page.index(form) :]
    plain = dict(re.findall(r'name="(key|seen_id|seen_version)" type="hidden" value="([^"]*)"', body))
    started = client.post(form, data=plain)
    assert started.status_code == 302
    assert started.location.endswith("/review")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"relationship": ""}, "Say who that is"),
        ({"relationship": "family"}, "Say to whom"),
        ({"method": "courier"}, "Write down the tracking number"),
        ({"counselling": ""}, "whether the talk took place"),
        ({"counselled_by": ""}, "which pharmacist counselled"),
        ({"counselled_by": "1"}, "Not a valid choice"),
        ({"told": []}, "Not told yet"),
        ({"scans-0": "100999-00"}, "Do not hand it over"),
        ({"scans-0": ""}, "0 of 1 scanned"),
        ({"method": "owl"}, "Not a valid choice"),
        ({"to_whom": "x" * 201}, "At most 200 characters"),
    ],
)
def test_what_is_refused_is_said_and_nothing_typed_is_lost(
    counter: Counter, sign_in: SignIn, tina: Actor, given: dict[str, object], said: str
) -> None:
    fill_id, client = counter.verified(), sign_in(tina)
    hidden = fields_of(page_of(client, fill_id), "hand")
    data = {**hidden, **typed(counter, fill_id, carrier="Snail <Mail>"), **{f"hand-{k}": v for k, v in given.items()}}
    answer = client.post(f"/fills/{fill_id}/hand-over", data=data)
    assert answer.status_code == 422
    page = words(answer)
    assert said in page
    assert 'value="Snail <Mail>"' in page
    assert counter.fill(fill_id).status == "waiting for pick-up"


def test_names_in_any_script_are_kept_as_typed(counter: Counter, sign_in: SignIn, tina: Actor) -> None:
    fill_id, client = counter.verified(), sign_in(tina)
    hidden = fields_of(page_of(client, fill_id), "hand")
    name = "Żółć O’Brien <山田>"
    data = {**hidden, **typed(counter, fill_id, relationship="family", to_whom=name)}
    assert client.post(f"/fills/{fill_id}/hand-over", data=data).status_code == 302
    assert f"{name} (family)" in page_of(client, fill_id)


def test_a_date_too_early_disables_the_button_and_offers_the_return(
    counter: Counter, sign_in: SignIn, tina: Actor
) -> None:
    fill_id = counter.verified(packed=((counter.lot(use_before=date(2026, 12, 22)), 30),))
    with on(TODAY + timedelta(days=1)):
        client = sign_in(tina)
        page = page_of(client, fill_id)
        assert "29 capsules for 29 days would fit" in page
        assert "It cannot leave: see above" in page
        hidden = fields_of(page, "back")
        data = {**hidden, "back-reason": "too short"}
        assert client.post(f"/fills/{fill_id}/return", data=data).status_code == 302
    assert counter.fill(fill_id).status == "returned"


def test_a_pharmacist_destroys_on_the_page(counter: Counter, sign_in: SignIn, tina: Actor, paul: Actor) -> None:
    fill_id = counter.verified()
    hers, his = sign_in(tina), sign_in(paul)
    hidden = fields_of(page_of(hers, fill_id), "back")
    hers.post(f"/fills/{fill_id}/return", data={**hidden, "back-reason": "not collected"})
    assert 'name="destroy-witness"' not in page_of(hers, fill_id)
    hidden = fields_of(page_of(his, fill_id), "destroy")
    alone = {**hidden, "destroy-reason": "incinerated", "destroy-witness": "Paul Sorrel"}
    refused = his.post(f"/fills/{fill_id}/destruction", data=alone)
    assert refused.status_code == 422
    assert "another person" in words(refused)
    done = his.post(f"/fills/{fill_id}/destruction", data={**alone, "destroy-witness": "Tina Mallow"})
    assert done.status_code == 302
    page = page_of(his, fill_id)
    assert "watched by Tina Mallow" in page
    assert "It used up no refill" in page


def test_the_auditor_reads_and_does_nothing(counter: Counter, sign_in: SignIn, ada: Actor) -> None:
    fill_id, client = counter.verified(), sign_in(ada)
    page = page_of(client, fill_id)
    assert 'name="hand-method"' not in page
    for place in ("hand-over", "return", "destruction"):
        answer = client.post(f"/fills/{fill_id}/{place}")
        assert answer.status_code == 403


def test_what_is_still_labelled_says_that_it_is_not_verified(counter: Counter, sign_in: SignIn, tina: Actor) -> None:
    fill_id = counter.labelled()
    assert "It comes here when a pharmacist has verified it" in page_of(sign_in(tina), fill_id)
    assert sign_in(tina).get("/fills/999/hand-over").status_code == 404


def test_a_new_medicine_shows_and_leads_back_to_review(counter: Counter, sign_in: SignIn, tina: Actor) -> None:
    fill_id, client = counter.verified(), sign_in(tina)
    factories.medicine(counter.raw, counter.fill(fill_id).prescription.patient_id, "oxycodone")
    page = page_of(client, fill_id)
    refused = client.post(f"/fills/{fill_id}/hand-over", data={**fields_of(page, "hand"), **typed(counter, fill_id)})
    assert refused.status_code == 422
    again = words(refused)
    assert "Not decided" in again
    sent = client.post(f"/fills/{fill_id}/verification/screening", data=fields_of(again, "again"))
    assert sent.location == f"/fills/{fill_id}/review"
