"""The pages of stock, through the client as a browser sends them."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from pharmacy import clock
from pharmacy.actions.catalogue import Actor
from pharmacy.domain.dates import day_text
from pharmacy.stock.models import Lot
from tests import factories

SignIn = Callable[[Actor], FlaskClient]
LOT = {
    "supplier": "Example Supply Co",
    "number": "N-101",
    "amount": "25000",
    "received_on": "20 NOV 2026",
    "expiry": "06/2028",
    "assay": "99.2",
    "basis": "anhydrous",
    "water": "8.9",
    "solvents": "0.1",
}


def hidden(page: str) -> dict[str, str]:
    """The key and the seen row that the form on this page carries."""
    found = {}
    for name in ("key", "seen_id", "seen_version"):
        tag = re.search(rf'<input[^>]*name="{name}"[^>]*>', page)
        assert tag, name
        value = re.search(r'value="([^"]*)"', tag[0])
        found[name] = value[1] if value else ""
    return found


def post(client: FlaskClient, address: str, **data: object) -> tuple[int, str]:
    """Open the page, fill its form, send it."""
    page = client.get(address).get_data(as_text=True)
    answer = client.post(address, data={**hidden(page), **data}, content_type="multipart/form-data")
    return answer.status_code, answer.get_data(as_text=True)


def test_a_technician_receives_a_lot_and_sees_it_in_quarantine_with_its_potency(
    sign_in: SignIn, db: Session, tina: Actor, naltrexone: int
) -> None:
    client = sign_in(tina)
    status, _ = post(client, f"/stock/items/{naltrexone}/receive", **LOT)
    assert status == 302
    lot = db.scalars(select(Lot)).one()
    assert (lot.use_before, lot.quarantined, lot.status) == (date(2028, 6, 30), Decimal(25000), "quarantined")
    page = client.get(f"/stock/lots/{lot.id}").get_data(as_text=True)
    assert "Quarantined" in page
    assert "90.272\u00a0%" in page.replace("&nbsp;", "\u00a0")
    assert "30 JUN 2028" in page
    assert "Release</a>" not in page  # a button that shows is a button that works


def test_the_certificate_is_kept_with_the_lot(sign_in: SignIn, db: Session, tina: Actor, naltrexone: int) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (20, 20), "white").save(picture, "PNG")
    picture.seek(0)
    status, _ = post(sign_in(tina), f"/stock/items/{naltrexone}/receive", **LOT, file=(picture, "certificate.png"))
    assert status == 302
    assert db.scalars(select(Lot)).one().certificate


def test_a_file_that_is_not_what_it_says_is_refused_at_the_file_and_nothing_typed_is_lost(
    sign_in: SignIn, db: Session, tina: Actor, naltrexone: int
) -> None:
    disguised = (io.BytesIO(b"MZ not a certificate"), "certificate.pdf")
    status, page = post(sign_in(tina), f"/stock/items/{naltrexone}/receive", **LOT, file=disguised)
    assert status == 422
    assert 'id="file-e"' in page
    assert 'value="N-101"' in page
    assert db.scalars(select(Lot)).all() == []


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        *(("amount", text) for text in ("", "0", "-1", "1e3", "Infinity", "１", "4,5", "9" * 400)),
        *(("assay", text) for text in ("", "0", "-1", "1e3", "Infinity", "１", "99,2", "9" * 400, "250")),
        *(("expiry", text) for text in ("13/2027", "00/2027", "29 FEB 2027", "2027", "soon", "30/06/2027", "6/27")),
        *(("received_on", text) for text in ("", "29 FEB 2025", "1 JAN 2999", "yesterday")),
        ("water", ""),
        ("basis", ""),
        ("basis", "wet"),
        ("supplier", "  "),
        ("supplier", "x" * 201),
        ("number", ""),
        ("number", "N-1\u202e01"),
    ],
)
def test_bad_input_is_answered_beside_its_field(
    sign_in: SignIn, db: Session, tina: Actor, naltrexone: int, field: str, typed: str
) -> None:
    status, page = post(sign_in(tina), f"/stock/items/{naltrexone}/receive", **{**LOT, field: typed})
    assert status == 422
    assert f'id="{field}-e"' in page
    assert db.scalars(select(Lot)).all() == []


def test_names_with_angle_brackets_and_any_script_are_shown_as_they_are(
    sign_in: SignIn, db: Session, tina: Actor, naltrexone: int
) -> None:
    client, supplier = sign_in(tina), '<b>Łódź & "Söhne"</b> 薬局'
    assert post(client, f"/stock/items/{naltrexone}/receive", **{**LOT, "supplier": supplier})[0] == 302
    lot = db.scalars(select(Lot)).one()
    assert lot.supplier == supplier
    page = client.get(f"/stock/lots/{lot.id}").get_data(as_text=True)
    assert "&lt;b&gt;Łódź &amp; &#34;Söhne&#34;&lt;/b&gt; 薬局" in page
    assert "<b>Łódź" not in page


def test_the_same_form_sent_twice_receives_one_lot(sign_in: SignIn, db: Session, tina: Actor, naltrexone: int) -> None:
    client, address = sign_in(tina), f"/stock/items/{naltrexone}/receive"
    form = {**hidden(client.get(address).get_data(as_text=True)), **LOT}
    answers = [client.post(address, data=form) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert answers[0].location == answers[1].location
    assert len(db.scalars(select(Lot)).all()) == 1


def test_the_pharmacist_in_charge_releases_on_the_page(
    sign_in: SignIn, db: Session, tina: Actor, pia: Actor, naltrexone: int
) -> None:
    post(sign_in(tina), f"/stock/items/{naltrexone}/receive", **LOT)
    lot_id = db.scalars(select(Lot.id)).one()
    client = sign_in(pia)
    assert "Release</a>" in client.get(f"/stock/lots/{lot_id}").get_data(as_text=True)
    read = {name: LOT[name] for name in ("assay", "basis", "water", "solvents")}
    status, page = post(client, f"/stock/lots/{lot_id}/release", reason=" ", **read)
    assert (status, 'id="reason-e"' in page) == (422, True)
    status, _ = post(client, f"/stock/lots/{lot_id}/release", reason="certificate compared", **read)
    assert status == 302
    db.rollback()
    assert db.get_one(Lot, lot_id).status == "released"


@pytest.mark.parametrize(
    ("page", "typed", "left"),
    [
        ("waste", {"amount": "100", "reason": "spilled"}, "900"),
        ("count", {"counted": "990.5", "reason": "yearly count"}, "990.5"),
        ("count", {"counted": "0", "reason": "jar is empty"}, "0"),
        ("quarantine", {"reason": "recall notice"}, "0"),
    ],
)
def test_each_correction_is_made_on_its_page(
    sign_in: SignIn, db: Session, raw: Engine, tina: Actor, naltrexone: int, page: str, typed: dict[str, str], left: str
) -> None:
    lot_id = factories.lot(raw, naltrexone, amount=1000)
    assert post(sign_in(tina), f"/stock/lots/{lot_id}/{page}", **typed)[0] == 302
    assert db.get_one(Lot, lot_id).available == Decimal(left)


def test_more_than_is_there_is_refused_beside_the_amount(
    sign_in: SignIn, raw: Engine, tina: Actor, naltrexone: int
) -> None:
    lot_id = factories.lot(raw, naltrexone, amount=1000)
    status, page = post(sign_in(tina), f"/stock/lots/{lot_id}/waste", amount="1000.1", reason="spilled")
    assert status == 422
    assert 'id="amount-e"' in page
    assert "1000.1" in page


def test_who_may_not_is_told_who_may(
    sign_in: SignIn, raw: Engine, tina: Actor, ada: Actor, adam: Actor, naltrexone: int
) -> None:
    lot_id = factories.lot(raw, naltrexone, status="quarantined")
    for actor, address in (
        (tina, f"/stock/lots/{lot_id}/release"),
        (ada, f"/stock/items/{naltrexone}/receive"),
        (adam, "/stock"),
    ):
        assert sign_in(actor).get(address).status_code == 403, address
    assert sign_in(ada).get("/stock").status_code == 200  # an auditor reads everything


def test_what_does_not_exist_is_not_found(sign_in: SignIn, tina: Actor) -> None:
    client = sign_in(tina)
    for address in ("/stock/items/999", "/stock/lots/999", "/stock/items/999/receive", "/stock/lots/999/waste"):
        assert client.get(address).status_code == 404, address


def test_the_shelf_marks_what_ends_soon_and_what_has_ended(
    sign_in: SignIn, raw: Engine, tina: Actor, naltrexone: int
) -> None:
    today = clock.today()
    factories.lot(raw, naltrexone, number="SOON", use_before=today + timedelta(days=30))
    factories.lot(raw, naltrexone, number="LATER", use_before=today + timedelta(days=31))
    factories.lot(raw, naltrexone, number="OVER", use_before=today - timedelta(days=1))
    page = sign_in(tina).get("/stock").get_data(as_text=True)
    assert f"SOON ends {day_text(today + timedelta(days=30))}" in page
    assert f"OVER past {day_text(today - timedelta(days=1))}" in page
    assert "LATER" not in page
    assert "75\u00a0g" in page


def test_two_people_on_one_lot_and_the_second_sees_the_conflict(
    sign_in: SignIn, raw: Engine, tina: Actor, paul: Actor, naltrexone: int
) -> None:
    lot_id = factories.lot(raw, naltrexone, amount=1000)
    first, second = sign_in(paul), sign_in(tina)
    seen_by_second = hidden(second.get(f"/stock/lots/{lot_id}/count").get_data(as_text=True))
    assert post(first, f"/stock/lots/{lot_id}/waste", amount="100", reason="spilled")[0] == 302
    answer = second.post(f"/stock/lots/{lot_id}/count", data={**seen_by_second, "counted": "1000", "reason": "counted"})
    assert answer.status_code == 409
    assert "1000" in answer.get_data(as_text=True)


def test_a_pharmacist_adds_an_item(sign_in: SignIn, paul: Actor) -> None:
    client = sign_in(paul)
    item = {"name": "Lactose monohydrate", "code": "lactose", "kind": "filler", "unit": "mg"}
    assert post(client, "/stock/items/new", **item)[0] == 302
    status, page = post(client, "/stock/items/new", **item)
    assert (status, 'id="code-e"' in page) == (422, True)
