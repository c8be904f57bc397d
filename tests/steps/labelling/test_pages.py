"""The pages of labelling, as a browser without script sees them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from pharmacy.actions.catalogue import Actor
from pharmacy.actions.models import AuditEntry
from pharmacy.labelling import queries, service
from pharmacy.labelling.models import IssuedLabel, Reprint
from pharmacy.prescriptions.models import Fill
from tests import factories
from tests.steps.labelling.conftest import Shelf, only_label, seen, text_of, the_fill, the_lot, valid_serials

SignIn = Callable[[Actor], FlaskClient]


def form_at(client: FlaskClient, url: str, action: str | None = None) -> dict[str, str]:
    """The fields of the form on the page that posts to ``action``, as the page filled them."""
    page = client.get(url).get_data(as_text=True)
    forms = re.findall(r"<form\b.*?</form>", page, re.DOTALL)
    (form,) = [one for one in forms if 'name="key"' in one and (action is None or f'action="{action}"' in one)]
    fields = {}
    for tag in re.findall(r"<input\b[^>]*>", form):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and 'type="submit"' not in tag:
            fields[name[1]] = value[1] if value else ""
    return fields


def test_a_technician_packs_issues_and_prints(
    sign_in: SignIn, db: Session, tina: Actor, shelf: Shelf, accept: Any
) -> None:
    fill_id, lot_id, client = accept(), shelf.lot(), sign_in(tina)
    pack, labels = f"/fills/{fill_id}/containers", f"/fills/{fill_id}/labels"
    fields = form_at(client, pack)
    assert (fields[f"lot_{lot_id}"], fields[f"in_{lot_id}"]) == ("30", "1")  # the proposal stands in the field
    assert client.post(pack, data=fields).location == labels
    page = client.get(labels).get_data(as_text=True)
    assert f"{labels}/draft.png?stock=4x3&amp;container=1&amp;page=1" in page
    assert "Issue the label on 4 × 3 in" in page
    assert client.post(labels, data=form_at(client, labels)).location == labels
    label = only_label(db, fill_id)
    assert f"/labels/{label.id}.pdf" in client.get(labels).get_data(as_text=True)
    answer = client.get(f"/labels/{label.id}.pdf")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert answer.headers["Content-Disposition"] == 'inline; filename="label.pdf"'
    assert hashlib.sha256(answer.data).hexdigest() == label.document
    assert "Fergus Bramblewick" in text_of(answer.data)


def test_a_lot_is_shared_out_evenly_over_several_containers(
    sign_in: SignIn, db: Session, tina: Actor, shelf: Shelf, accept: Any
) -> None:
    fill_id, lot_id, client = accept(quantity=61), shelf.lot(), sign_in(tina)
    url = f"/fills/{fill_id}/containers"
    client.post(url, data=form_at(client, url) | {f"in_{lot_id}": "2"})
    assert [row.quantity for row in queries.containers(db, fill_id)] == [31, 30]


def test_no_container_at_all_is_refused_rather_than_taken_for_one(
    sign_in: SignIn, db: Session, tina: Actor, shelf: Shelf, accept: Any
) -> None:
    fill_id, lot_id, client = accept(), shelf.lot(), sign_in(tina)
    url = f"/fills/{fill_id}/containers"
    answer = client.post(url, data=form_at(client, url) | {f"in_{lot_id}": "0"})
    assert answer.status_code == 422
    assert "Say into how many containers it goes" in answer.get_data(as_text=True)
    assert queries.containers(db, fill_id) == []


def test_the_labels_of_two_containers_stand_in_the_order_of_the_containers(
    sign_in: SignIn, tina: Actor, shelf: Shelf, accept: Any
) -> None:
    fill_id, lot_id, client = accept(quantity=61), shelf.lot(), sign_in(tina)
    pack, labels = f"/fills/{fill_id}/containers", f"/fills/{fill_id}/labels"
    client.post(pack, data=form_at(client, pack) | {f"in_{lot_id}": "2"})
    client.post(labels, data=form_at(client, labels))
    page = client.get(labels).get_data(as_text=True)
    assert page.index("Container 1 of 2, label") < page.index("Container 2 of 2, label")


@pytest.mark.parametrize("typed", ["-1", "1e3", "Infinity", "\uff11", "4,5", "4.5", "9" * 400, "abc"])
def test_an_impossible_amount_is_refused_and_stays_in_its_field(
    sign_in: SignIn, db: Session, tina: Actor, shelf: Shelf, accept: Any, typed: str
) -> None:
    fill_id, lot_id, client = accept(), shelf.lot(), sign_in(tina)
    url = f"/fills/{fill_id}/containers"
    answer = client.post(url, data=form_at(client, url) | {f"lot_{lot_id}": typed})
    assert answer.status_code == 422
    assert f'value="{typed}"' in answer.get_data(as_text=True)
    assert the_lot(db, lot_id).available == 100


@pytest.mark.parametrize("typed", ["0", "", "29", "31"])
def test_an_amount_that_is_not_the_fill_is_refused_with_both_numbers(
    sign_in: SignIn, tina: Actor, shelf: Shelf, accept: Any, typed: str
) -> None:
    fill_id, lot_id, client = accept(), shelf.lot(), sign_in(tina)
    url = f"/fills/{fill_id}/containers"
    answer = client.post(url, data=form_at(client, url) | {f"lot_{lot_id}": typed})
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert "the fill is for 30 capsules" in page or "Say how much is taken" in page


def test_more_containers_than_capsules_is_refused(sign_in: SignIn, tina: Actor, shelf: Shelf, accept: Any) -> None:
    fill_id, lot_id, client = accept(), shelf.lot(), sign_in(tina)
    url = f"/fills/{fill_id}/containers"
    answer = client.post(url, data=form_at(client, url) | {f"in_{lot_id}": "31"})
    assert answer.status_code == 422
    assert "So many containers cannot be filled" in answer.get_data(as_text=True)


def test_without_stock_the_page_says_so(sign_in: SignIn, tina: Actor, accept: Any) -> None:
    page = sign_in(tina).get(f"/fills/{accept()}/containers").get_data(as_text=True)
    assert "No released lot of this strength is on hand" in page


def test_a_pharmacist_reduces_to_what_fits_and_a_technician_is_told_who_may(
    sign_in: SignIn, db: Session, tina: Actor, paul: Actor, shelf: Shelf, accept: Any
) -> None:
    fill_id, _ = accept(), shelf.lot(use_before=date(2026, 12, 10))
    url, there = f"/fills/{fill_id}/containers", f"/fills/{fill_id}/reduction"
    assert "A pharmacist may reduce the fill" in sign_in(tina).get(url).get_data(as_text=True)
    assert sign_in(tina).post(there).status_code == 403
    client = sign_in(paul)
    fields = form_at(client, url, there)
    assert fields["quantity"] == "18"
    refused = client.post(there, data=fields | {"reason": " "})
    assert refused.status_code == 422
    client.post(there, data=fields | {"reason": "The beyond-use date"})
    assert (the_fill(db, fill_id).quantity, the_fill(db, fill_id).owed) == (18, 12)


def test_the_stock_that_would_do_is_named_on_the_page(
    sign_in: SignIn, db: Session, tina: Actor, shelf: Shelf, accept: Any
) -> None:
    steps = [{"amount": str(n), "when": "in the morning and at bedtime", "days": 4} for n in (1, 2, 3, 4, 5, 6)]
    fill_id = accept(directions={"form": "capsule", "steps": steps}, quantity=168)
    service.pack_fill(db, tina, seen(fill_id), ((shelf.lot(amount=168), 168),))
    client, url = sign_in(tina), f"/fills/{fill_id}/labels"
    page = client.get(f"{url}?stock=4x2").get_data(as_text=True)
    assert "do not fit on 4 × 2 in, not even on two labels; 4 × " in page
    assert "Issue the label" not in page
    answer = client.post(url, data=form_at(client, url) | {"stock": "4x2"})
    assert answer.status_code == 422
    assert "would do." in answer.get_data(as_text=True)
    assert client.post(url, data=form_at(client, url) | {"stock": "../x"}).status_code == 422
    assert not db.scalars(select(IssuedLabel)).all()


def test_a_draft_is_a_picture_and_leaves_nothing_behind(
    sign_in: SignIn, db: Session, tina: Actor, shelf: Shelf, accept: Any
) -> None:
    fill_id = accept()
    service.pack_fill(db, tina, seen(fill_id), ((shelf.lot(), 30),))
    client, url = sign_in(tina), f"/fills/{fill_id}/labels/draft.png"
    answer = client.get(f"{url}?stock=4x3&container=1&page=1")
    assert (answer.status_code, answer.mimetype) == (200, "image/png")
    assert answer.headers["Cache-Control"] == "no-store"
    for wrong in ("stock=4x3&container=2&page=1", "stock=4x3&container=1&page=9", "stock=9&container=1&page=1", ""):
        assert client.get(f"{url}?{wrong}").status_code == 404
    db.rollback()
    assert not db.scalars(select(IssuedLabel)).all()


def test_a_late_print_asks_for_a_reason_and_sends_identical_bytes(
    sign_in: SignIn, db: Session, tina: Actor, labelled: Any, clockwork: time_machine.Traveller
) -> None:
    fill_id = labelled()
    label = only_label(db, fill_id)
    before = queries.stored(db, label)
    clockwork.move_to(label.issued_at + timedelta(hours=2))
    client, again = sign_in(tina), f"/labels/{label.id}/reprint"
    assert client.get(f"/labels/{label.id}.pdf").location == again
    fields = form_at(client, again)
    assert client.post(again, data=fields | {"reason": ""}).status_code == 422
    assert client.post(again, data=fields | {"reason": "Smudged"}).location == f"/labels/{label.id}.pdf"
    assert client.get(f"/labels/{label.id}.pdf").data == before
    db.rollback()
    assert [row.reason for row in db.scalars(select(Reprint))] == ["Smudged"]
    assert "Smudged" in client.get(f"/fills/{fill_id}/labels").get_data(as_text=True)


def test_a_void_label_is_shown_and_never_sent(sign_in: SignIn, db: Session, tina: Actor, labelled: Any) -> None:
    fill_id, client = labelled(), sign_in(tina)
    former, url = only_label(db, fill_id), f"/fills/{fill_id}/labels"
    fields = form_at(client, f"{url}?again=1", f"{url}/again")
    assert client.post(f"{url}/again", data=fields | {"reason": "Wrong stock", "stock": "4x2"}).location == url
    assert valid_serials(db, fill_id) == [former.serial[:-2] + "02"]
    answer = client.get(f"/labels/{former.id}.pdf")
    assert answer.status_code == 422
    assert "is void: Wrong stock." in answer.get_data(as_text=True)
    assert client.get(f"/labels/{former.id}/1.png").mimetype == "image/png"
    assert former.serial in client.get(url).get_data(as_text=True)


def test_an_auditor_sees_the_lots_and_no_form_to_pack_from_them(
    sign_in: SignIn, ada: Actor, accept: Any, shelf: Shelf
) -> None:
    fill_id, lot_id = accept(), shelf.lot()
    page = sign_in(ada).get(f"/fills/{fill_id}/containers").get_data(as_text=True)
    assert "From released lots" in page
    assert f"lot_{lot_id}" not in page
    assert f'action="/fills/{fill_id}/containers"' not in page


def test_an_auditor_reads_and_changes_nothing(
    sign_in: SignIn, db: Session, ada: Actor, labelled: Any, accept: Any, shelf: Shelf
) -> None:
    fill_id, waiting, client = labelled(), accept(), sign_in(ada)
    label = only_label(db, fill_id)
    for url in (
        f"/fills/{fill_id}/labels",
        f"/fills/{waiting}/containers",
        f"/labels/{label.id}/1.png",
        f"/labels/{label.id}.pdf",
    ):
        assert client.get(url).status_code == 200
    for url in (
        f"/fills/{waiting}/containers",
        f"/fills/{waiting}/containers/kept",
        f"/fills/{waiting}/reduction",
        f"/fills/{fill_id}/labels",
        f"/fills/{fill_id}/labels/again",
        f"/labels/{label.id}/reprint",
        f"/fills/{fill_id}/cancellation/packed",
    ):
        assert client.post(url).status_code == 403


@pytest.mark.parametrize(
    "url",
    ["/fills/999/containers", "/fills/999/labels", "/labels/999.pdf", "/labels/999/1.png", "/labels/999/reprint",
     "/fills/999/labels/draft.png?stock=4x3&container=1&page=1", "/fills/999/cancellation/packed"],
)  # fmt: skip
def test_what_does_not_exist_is_not_found(sign_in: SignIn, paul: Actor, url: str) -> None:
    assert sign_in(paul).get(url).status_code == 404


def test_a_look_at_a_label_page_and_at_its_bytes_is_on_record(
    sign_in: SignIn, db: Session, tina: Actor, labelled: Any
) -> None:
    fill_id, client = labelled(), sign_in(tina)
    label = only_label(db, fill_id)
    client.get(f"/fills/{fill_id}/labels")
    client.get(f"/labels/{label.id}.pdf")
    client.get(f"/labels/{label.id}.pdf")
    db.rollback()
    assert len(db.scalars(select(AuditEntry).where(AuditEntry.action == "subject:view")).all()) == 2


def test_a_pharmacist_cancels_a_labelled_fill(sign_in: SignIn, db: Session, paul: Actor, labelled: Any) -> None:
    fill_id, client = labelled(), sign_in(paul)
    url = f"/fills/{fill_id}/cancellation/packed"
    assert client.post(url, data=form_at(client, url) | {"reason": "Not wanted"}).status_code == 302
    assert the_fill(db, fill_id).status == "cancelled"
    assert valid_serials(db, fill_id) == []
    page = client.get(f"/fills/{fill_id}/labels").get_data(as_text=True)
    assert "emptied and wasted. Not wanted" in page


def test_containers_from_before_an_amendment_are_kept_by_one_button(
    sign_in: SignIn, db: Session, raw: Engine, tina: Actor, labelled: Any
) -> None:
    fill_id, client = labelled(), sign_in(tina)
    factories.change(raw, Fill, fill_id, status="accepted")
    url = f"/fills/{fill_id}/containers"
    assert client.post(f"{url}/kept", data=form_at(client, url, f"{url}/kept")).status_code == 302
    assert the_fill(db, fill_id).status == "prepared"


def test_names_are_shown_as_text_whatever_is_in_them(
    sign_in: SignIn, db: Session, tina: Actor, shelf: Shelf, accept: Any
) -> None:
    patient = factories.patient(shelf.raw, given_name='<b>Bo"', family_name="O'Brien & Söhne")
    fill_id = accept(patient_id=patient)
    service.pack_fill(db, tina, seen(fill_id), ((shelf.lot(), 30),))
    service.issue_labels(db, tina, seen(fill_id), "4x3")
    page = sign_in(tina).get(f"/fills/{fill_id}/labels").get_data(as_text=True)
    assert "<b>Bo" not in page
    assert "&lt;b&gt;Bo" in page
    assert "<b>Bo\" O'Brien & Söhne" in text_of(queries.stored(db, only_label(db, fill_id)))


def test_a_technician_takes_out_again_what_was_packed_by_mistake(
    sign_in: SignIn, db: Session, tina: Actor, shelf: Any, accept: Any
) -> None:
    fill_id, client = accept(), sign_in(tina)
    service.pack_fill(db, tina, seen(fill_id), ((shelf.lot(amount=100), 30),))
    url = f"/fills/{fill_id}/containers/emptied"
    assert url in client.get(f"/fills/{fill_id}/labels").get_data(as_text=True)
    assert client.post(url, data=form_at(client, url) | {"reason": "wrong lot"}).status_code == 302
    assert the_fill(db, fill_id).status == "accepted"
