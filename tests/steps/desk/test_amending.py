"""A prescription changed after its review, from the order to the labels that were issued for it."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select

from pharmacy import clock
from pharmacy.actions.models import AuditEntry
from pharmacy.demo import counter
from pharmacy.labelling import queries as labelling
from pharmacy.labelling.models import Container as Bottle
from pharmacy.labelling.models import IssuedLabel
from pharmacy.prescriptions.models import Amendment, Prescription
from tests.demo.told import Demo

Visit = Callable[[str], FlaskClient]


class Fields(HTMLParser):
    """What the browser would send of the page's main form."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.inside, self.values, self._select, self._area = False, dict[str, str](), "", ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name, value = given.get("name") or "", given.get("value") or ""
        if tag == "form":
            self.inside = "data-main" in given
        if not self.inside:
            return
        if tag == "input" and name:
            if given.get("type") in {"checkbox", "radio"}:
                if "checked" in given:
                    self.values[name] = value or "y"
            elif given.get("type") != "file":
                self.values[name] = value
        elif tag == "textarea":
            self._area = name
            self.values[name] = ""
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and "selected" in given:
            self.values[self._select] = value

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        elif tag == "textarea":
            self._area = ""
        elif tag == "select":
            self._select = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.values[self._area] += data.lstrip("\r\n")


def amend(client: FlaskClient, order: int, **changed: str) -> Any:
    page = client.get(f"/prescriptions/{order}/amendment")
    assert page.status_code == 200
    values = Fields(page.get_data(as_text=True)).values
    assert values["seen_id"] == str(order)
    assert changed.keys() <= values.keys(), values.keys()
    return client.post(f"/prescriptions/{order}/amendment", data={**values, **changed, "then": "save"})


def words(answer: Any) -> str:
    return re.sub(r"\s+", " ", html.unescape(answer.get_data(as_text=True)).replace("\u00a0", " "))


AUTHORISED = {"authorised_by": "Soren Riddle, by telephone", "reason": "Sixty days were meant."}


def test_an_amendment_voids_labels_and_returns_the_fill_to_review(visit: Visit, demo: Demo) -> None:
    fill = demo.fill("100005-00")
    assert fill.status == "labelled"
    (bottle,) = labelling.containers(demo.db, fill.id)
    answer = amend(visit("pia"), fill.prescription_id, refills="5", **AUTHORISED)
    assert answer.status_code == 302, words(answer)[:3000]
    fill = demo.fill("100005-00")
    assert fill.status == "in review"
    labels = demo.db.scalars(select(IssuedLabel).where(IssuedLabel.container_id == bottle.id)).all()
    assert [(label.status, bool(label.void_reason)) for label in labels] == [("void", True)]
    (kept,) = demo.db.scalars(select(Amendment).where(Amendment.prescription_id == fill.prescription_id))
    assert kept.changes["refills"] == ["3", "5"]
    assert kept.authorised_by == AUTHORISED["authorised_by"]
    entry = demo.db.scalars(select(AuditEntry).order_by(AuditEntry.n.desc()).limit(1)).one()
    assert entry.action == "prescription:amend"
    page = words(visit("ada").get(f"/log/{entry.n}"))
    assert "Pia Larkspur amended Rx 100005; its open fills went back to review." in page
    assert '<td class="was">3</td><td class="now-v">5</td>' in page
    record = words(visit("ada").get(f"/log/fills/{fill.id}"))
    assert "authorised by Soren Riddle, by telephone" in record
    assert "Sixty days were meant." in record


def test_what_is_accepted_again_after_an_amendment_can_be_labelled_anew(visit: Visit, demo: Demo) -> None:
    fill = demo.fill("100005-00")
    amend(visit("pia"), fill.prescription_id, refills="5", **AUTHORISED)
    stage = counter.Stage(demo.db, clock.today(), clock.now())
    stage.actors, stage.passwords = {"tina": demo.actor("tina"), "paul": demo.actor("paul")}, dict(demo.passwords())
    counter.submit(stage, "tina", fill.id)
    counter.accept(stage, "paul", fill.id)
    again = demo.fill("100005-00")
    assert again.status in {"accepted", "to prepare", "prepared"}
    standing = labelling.containers(demo.db, again.id)
    emptied = demo.db.scalars(select(Bottle).where(Bottle.fill_id == again.id, Bottle.withdrawn != "")).all()
    # what was filled is either still there or emptied on record: it never vanishes
    assert len(standing) + len(emptied) == 1
    assert all(label.status == "void" for row in standing for label in row.labels)


def test_an_amendment_without_a_word_of_who_authorised_it_loses_nothing_typed(visit: Visit, demo: Demo) -> None:
    fill = demo.fill("100005-00")
    answer = amend(visit("pia"), fill.prescription_id, refills="5", reason="Sixty days were meant.")
    assert answer.status_code == 422
    page = words(answer)
    assert "Say who authorised the change." in page
    assert "Sixty days were meant." in page
    assert 'value="5"' in page
    assert demo.fill("100005-00").status == "labelled"


def test_an_amendment_that_changes_nothing_is_refused_on_the_page(visit: Visit, demo: Demo) -> None:
    fill = demo.fill("100005-00")
    answer = amend(visit("pia"), fill.prescription_id, **AUTHORISED)
    assert answer.status_code == 422
    assert demo.fill("100005-00").status == "labelled"


def test_the_same_amendment_sent_twice_is_one(visit: Visit, demo: Demo) -> None:
    order, client = demo.fill("100005-00").prescription_id, visit("pia")
    page = client.get(f"/prescriptions/{order}/amendment").get_data(as_text=True)
    data = {**Fields(page).values, **AUTHORISED, "refills": "5", "then": "save"}
    assert client.post(f"/prescriptions/{order}/amendment", data=data).status_code == 302
    assert client.post(f"/prescriptions/{order}/amendment", data=data).status_code == 302
    demo.db.rollback()
    assert len(demo.db.scalars(select(Amendment).where(Amendment.prescription_id == order)).all()) == 1


def test_whoever_amends_second_sees_who_was_first(visit: Visit, demo: Demo) -> None:
    order, pia, paul = demo.fill("100005-00").prescription_id, visit("pia"), visit("paul")
    page = paul.get(f"/prescriptions/{order}/amendment").get_data(as_text=True)
    late = {**Fields(page).values, **AUTHORISED, "refills": "0", "then": "save"}
    assert amend(pia, order, refills="5", **AUTHORISED).status_code == 302
    answer = paul.post(f"/prescriptions/{order}/amendment", data=late)
    assert answer.status_code == 409
    assert "Pia Larkspur" in words(answer)
    demo.db.rollback()
    assert demo.db.get_one(Prescription, order).refills == 5


def test_a_technician_does_not_amend_and_learns_who_may(visit: Visit, demo: Demo) -> None:
    order = demo.fill("100005-00").prescription_id
    answer = visit("tina").get(f"/prescriptions/{order}/amendment")
    assert answer.status_code == 403
    assert "pharmacist" in words(answer)
    assert visit("ada").get(f"/prescriptions/{order}/amendment").status_code == 403


def test_a_prescription_that_does_not_exist_is_not_amended(visit: Visit) -> None:
    assert visit("pia").get("/prescriptions/999/amendment").status_code == 404
