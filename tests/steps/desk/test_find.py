"""Search from any page: a number, a name, a telephone, a birthday, or what a scanner read."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from pharmacy.actions.models import AuditBody, AuditEntry
from pharmacy.labelling.models import IssuedLabel
from tests.demo.told import Demo

Visit = Callable[[str], FlaskClient]


def found(client: FlaskClient, text: str) -> tuple[int, str]:
    answer = client.post("/find", data={"q": text})
    if answer.status_code == 302:
        return 302, answer.headers["Location"]
    return answer.status_code, re.sub(r"\s+", " ", html.unescape(answer.get_data(as_text=True)))


@pytest.mark.parametrize(
    ("typed", "path"),
    [
        ("100002-00", "/prescriptions/2"), ("Rx 100002-00", "/prescriptions/2"), ("10000200", "/prescriptions/2"), ("100001", "/prescriptions/1"), (" 100002 ", "/prescriptions/2"),
        ("MC-2208", "/stock/lots/3"), ("mc-2208", "/stock/lots/3"),
        ("Candlewax", "/patients/2"), ("andlewa", "/patients/2"), ("aurelio candle", "/patients/2"),
        ("555-0143", "/patients/2"), ("5550143", "/patients/2"), ("03 FEB 1958", "/patients/2"),
        ("1958-02-03", "/patients/2"), ("Riddle", "/prescribers/3"), ("1000000004", "/prescribers/3"),
    ],
)  # fmt: skip
def test_the_one_thing_found_is_opened(visit: Visit, typed: str, path: str) -> None:
    status, where = found(visit("tina"), typed)
    assert (status, where) == (302, path), typed


def test_a_lot_made_here_is_one_thing(visit: Visit, demo: Demo) -> None:
    assert found(visit("tina"), "C261016-01") == (302, f"/stock/lots/{demo.lot('C261016-01').id}")


def test_a_lot_that_is_only_planned_is_found_as_its_preparation(visit: Visit) -> None:
    status, where = found(visit("tina"), "C261123-01")
    assert status == 302
    assert where.startswith("/preparations/")


def test_both_codes_of_a_label_find_its_fill(visit: Visit, demo: Demo) -> None:
    label = demo.db.scalars(select(IssuedLabel).order_by(IssuedLabel.id)).first()
    assert label is not None
    fill = demo.fill("100001-00")
    client = visit("tina")
    assert found(client, fill.number) == (302, f"/prescriptions/{fill.prescription_id}")
    matrix = f"{fill.number}|C261016-01|{label.serial}"
    assert found(client, matrix) == (302, f"/prescriptions/{fill.prescription_id}")
    assert client.get(f"/prescriptions/{fill.prescription_id}").status_code == 200


def test_several_are_listed(visit: Visit) -> None:
    status, page = found(visit("tina"), "555-01")
    assert status == 200
    assert page.count('href="/patients/') >= 12
    assert "/prescribers/" in page


@pytest.mark.parametrize(
    "typed", ["", "   ", "zzzz", "%", "_", "'; DROP TABLE fill; --", "<script>alert(1)</script>", "|", "||", "-"]
)
def test_what_finds_nothing_is_answered_plainly(visit: Visit, typed: str) -> None:
    status, page = found(visit("tina"), typed)
    assert status == 200
    assert ("Nothing found" in page) == bool(typed.strip())


def test_markup_in_the_words_is_words(visit: Visit) -> None:
    answer = visit("tina").post("/find", data={"q": "<script>alert(1)</script>"})
    assert "<script>alert" not in answer.get_data(as_text=True)


def test_four_hundred_letters_are_refused_without_harm(visit: Visit) -> None:
    status, _page = found(visit("tina"), "9" * 400)
    assert status in {200, 422}


def test_a_search_is_an_entry_without_its_words(visit: Visit, demo: Demo) -> None:
    found(visit("tina"), "Candlewax")
    entry = demo.db.scalars(select(AuditEntry).order_by(AuditEntry.n.desc()).limit(2)).all()
    (search,) = [one for one in entry if one.action == "subject:search"]
    body = demo.db.get_one(AuditBody, search.body_sha256)
    assert b"andlewax" not in bytes(body.content)
    assert b'"letters":9' in bytes(body.content)


def test_an_address_searches_nothing(visit: Visit) -> None:
    assert visit("tina").get("/find?q=Candlewax").status_code == 405


def test_an_administrator_does_not_search(visit: Visit) -> None:
    client = visit("adam")
    answer: Any = client.post("/find", data={"q": "Candlewax"})
    assert answer.status_code == 403
    assert "pharmacist or technician or auditor" in answer.get_data(as_text=True)


# --- a patient's whole story -----------------------------------------------------------------------------------------


def test_the_whole_story_tells_orders_fills_and_what_left(visit: Visit, demo: Demo) -> None:
    client = visit("ada")
    patient = client.get("/patients/7").get_data(as_text=True)
    assert 'href="/patients/7/story"' in patient
    page = re.sub(r"<[^>]*>", "", html.unescape(client.get("/patients/7/story").get_data(as_text=True)))
    page = re.sub(r"\s+", " ", page.replace("\u00a0", " "))
    for wanted in ("Wilhelmina Dustcote", "Rx 100015", "Rx 100003", "100003-00", "100003-01", "Take 1 mL by mouth",
                   "not handed over", "amlodipine 5 mg", "counselling done", "pause the drops", "supplied until"):  # fmt: skip
        assert wanted in page, wanted
    assert page.index("Rx 100015") < page.index("Rx 100003")


def test_every_patient_has_a_story_at_the_same_cost(visit: Visit, demo: Demo) -> None:
    client, costs = visit("paul"), set()
    for patient in range(1, 13):
        client.get(f"/patients/{patient}/story")
        with demo.statements() as sent:
            assert client.get(f"/patients/{patient}/story").status_code == 200
        costs.add(len(sent))
    assert max(costs) <= 22, costs
    assert client.get("/patients/99/story").status_code == 404


def test_an_administrator_reads_no_story(visit: Visit) -> None:
    assert visit("adam").get("/patients/7/story").status_code == 403
