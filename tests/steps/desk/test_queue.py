"""Each role's home: what waits, since when, oldest first, late ones marked."""

from __future__ import annotations

import html
import itertools
import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select

from pharmacy import clock
from pharmacy.actions.acting import Seen
from pharmacy.desk import queries
from pharmacy.formulary.models import FormulaVersion
from pharmacy.premises import queries as premises
from pharmacy.premises import service
from pharmacy.premises.models import Pharmacy
from pharmacy.prescriptions import review
from pharmacy.prescriptions.models import Fill
from pharmacy.stock.models import Lot
from pharmacy.verification import service as verification
from tests import factories
from tests.demo.test_demonstration import seen
from tests.demo.told import AT, Demo

Visit = Callable[[str], FlaskClient]


@pytest.fixture(autouse=True)
def _other_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(factories, "_count", itertools.count(70000))  # the demonstration has the first ones


def words(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status
    return re.sub(r"\s+", " ", html.unescape(answer.get_data(as_text=True)).replace("\u00a0", " "))


def waiting(demo: Demo, key: str) -> dict[str, list[queries.Waiting]]:
    return dict(queries.waiting(demo.db, demo.actor(key), premises.policy(demo.db).late_after()))


def people(rows: list[queries.Waiting]) -> list[str]:
    return [(row.patient or row.detail).split()[0] for row in rows]


def test_a_technician_sees_what_is_hers(demo: Demo) -> None:
    groups = waiting(demo, "tina")
    assert list(groups) == ["At the bench", "To prepare", "To label", "To hand over", "To finish entering"]
    assert people(groups["To prepare"]) == ["Cornelius", "Agnes"]
    assert people(groups["To label"]) == ["Marisol"]
    assert people(groups["To hand over"]) == ["Odile"]
    assert people(groups["To finish entering"]) == ["Barnaby"]
    (bench,) = groups["At the bench"]
    assert (bench.verb, bench.endpoint) == ("Go on", "preparations.show")
    assert bench.medicine is not None
    assert bench.medicine.strength == "0.5\u00a0mg"


def test_a_fill_whose_lot_is_being_made_stands_once(demo: Demo) -> None:
    assert "Tobias" not in [name for rows in waiting(demo, "tina").values() for name in people(rows)]


def test_a_pharmacist_sees_reviews_verifications_releases_and_what_to_destroy(demo: Demo) -> None:
    groups = waiting(demo, "paul")
    assert list(groups) == ["Lots to release", "Final verification", "Clinical review", "On hold", "To destroy"]
    assert people(groups["Clinical review"]) == ["Ingrid", "Lucinda", "Wilhelmina"]
    assert people(groups["Final verification"]) == ["Barnaby"]
    assert people(groups["On hold"]) == ["Percival"]
    assert people(groups["To destroy"]) == ["Wilhelmina"]
    assert groups["Clinical review"][0].findings["BLOCK"] == 1
    assert groups["Clinical review"][1].findings["NOT CHECKED"] == 1


def test_the_pharmacist_in_charge_sees_quarantine_and_drafts_too(demo: Demo, raw: Any) -> None:
    groups = waiting(demo, "pia")
    assert [row.detail for row in groups["Quarantine"]] == ["Microcrystalline cellulose · lot MC-2305"]
    item = factories.item(raw, "x-drug")
    factories.formula(raw, {}, kind="capsule", strength=Decimal("2.5"), item_id=item, status="draft", written_at=AT)
    demo.db.rollback()
    (draft,) = waiting(demo, "pia")["Formulas to approve"]
    assert (draft.verb, draft.endpoint) == ("Read", "formulary.version")
    assert "Quarantine" not in waiting(demo, "paul")
    assert "Formulas to approve" in waiting(demo, "paul")
    assert "Formulas to approve" not in waiting(demo, "tina")


def test_what_one_wrote_oneself_is_shown_with_who_may(demo: Demo, raw: Any) -> None:
    item = factories.item(raw, "x-drug")
    pia = demo.actor("pia").id
    factories.formula(
        raw, {}, kind="capsule", strength=Decimal("2.5"), item_id=item, status="draft", written_at=AT,
        author_id=pia,
    )  # fmt: skip
    demo.db.rollback()
    (draft,) = waiting(demo, "pia")["Formulas to approve"]
    assert draft.refusal == "You wrote it and may not approve it: Paul Sorrel may."
    (for_paul,) = waiting(demo, "paul")["Formulas to approve"]
    assert for_paul.refusal is None
    assert for_paul.note == ""
    factories.formula(
        raw, {}, kind="capsule", strength=Decimal("2.75"), item_id=item, status="draft", written_at=AT,
        author_id=pia,
    )  # fmt: skip
    demo.db.rollback()
    (both,) = waiting(demo, "pia")["Formulas to approve"]  # what waits for others stands once
    assert (both.detail, both.medicine) == ("2 formulas", None)
    assert both.refusal == "You wrote them and may not approve them: Paul Sorrel may."
    assert len(waiting(demo, "paul")["Formulas to approve"]) == 2


def test_in_solo_mode_the_queue_says_of_ones_own_formula_what_its_page_says(demo: Demo, raw: Any, visit: Visit) -> None:
    item, pia = factories.item(raw, "x-drug"), demo.actor("pia")
    factories.formula(
        raw, {}, kind="capsule", strength=Decimal("2.5"), item_id=item, status="draft", written_at=AT,
        author_id=pia.id,
    )  # fmt: skip
    demo.db.rollback()
    pharmacy = demo.db.scalars(select(Pharmacy.id)).one()
    service.set_policy(demo.db, pia, Seen(Pharmacy, pharmacy), "solo_mode", "yes", "the only pharmacist this week")
    demo.db.rollback()
    (draft,) = waiting(demo, "pia")["Formulas to approve"]
    assert draft.refusal is None
    assert draft.note.startswith("You wrote it: in solo mode you may approve it yourself, with a reason")
    assert "in solo mode you may approve it yourself" in words(visit("pia").get("/"))


def test_a_draft_that_was_overtaken_waits_for_nobody(demo: Demo, raw: Any) -> None:
    item = factories.item(raw, "x-drug")
    draft = factories.formula(
        raw, {}, kind="capsule", strength=Decimal("2.5"), item_id=item, status="draft", written_at=AT
    )
    record = demo.db.scalar(select(FormulaVersion.record_id).where(FormulaVersion.id == draft))
    demo.db.rollback()
    pia = demo.actor("pia").id
    factories.put(
        raw, FormulaVersion, record_id=record, number=2, status="approved", definition={}, author_id=pia,
        written_at=AT, approved_by=pia, approved_at=AT,
    )  # fmt: skip
    assert "Formulas to approve" not in waiting(demo, "paul")


def test_own_work_is_greyed_with_who_may(demo: Demo, raw: Any, visit: Visit) -> None:
    barnaby, paul = demo.fill("100005-00"), demo.actor("paul").id
    factories.change(raw, Fill, barnaby.id, made_by=[*barnaby.made_by, paul])
    page = words(visit("paul").get("/"))
    assert "You prepared it: another pharmacist verifies." in page
    assert f'href="/fills/{barnaby.id}/verif' not in page
    other = words(visit("pia").get("/"))
    assert "You prepared it" not in other
    assert f'href="/fills/{barnaby.id}/verif' in other


@pytest.mark.parametrize("key", ["tina", "paul", "pia"])
def test_every_group_is_oldest_first(demo: Demo, key: str) -> None:
    for rows in waiting(demo, key).values():
        assert [row.since for row in rows] == sorted(row.since for row in rows)


def test_late_ones_are_marked_by_the_policy(demo: Demo, visit: Visit) -> None:
    limits = premises.policy(demo.db).late_after()
    for key in ("tina", "paul", "pia"):
        for rows in waiting(demo, key).values():
            for row in rows:
                word = {"waiting for release": "finished", "returned": "waiting for pick-up"}.get(row.state, row.state)
                late = clock.now() - row.since > limits[word]
                assert (row.late is not None) == late, row
    page = words(visit("paul").get("/"))
    count = sum(row.late is not None for rows in waiting(demo, "paul").values() for row in rows)
    assert count > 0
    assert f"; {count} late" in page
    assert "Late, " in page


def test_a_lot_that_waits_for_release_becomes_late(demo: Demo) -> None:
    (lot,) = waiting(demo, "paul")["Lots to release"]
    assert lot.late is None
    with time_machine.travel(AT + timedelta(days=3), tick=True):
        (lot,) = waiting(demo, "paul")["Lots to release"]
        assert lot.late is not None
        assert lot.late > timedelta(days=2)


def test_what_was_sent_back_says_why(demo: Demo) -> None:
    fill = demo.fill("100005-00")
    reason = "The label’s quantity is not what is in the bottle."
    verification.send_back_fill(demo.db, demo.actor("paul"), seen(fill), reason)
    demo.db.rollback()
    (row,) = waiting(demo, "tina")["Sent back"]
    assert (row.patient, row.note) == ("Barnaby Thimblewood", reason)


def test_what_comes_back_with_the_prescribers_answer_says_so(demo: Demo, visit: Visit) -> None:
    (held,) = waiting(demo, "paul")["On hold"]
    assert held.state == "on hold"
    fill = demo.fill("100011-00")
    answer = "4.5 mg is meant; creatinine of last week is enclosed."
    review.answer_clarification(demo.db, demo.actor("paul"), seen(fill), answer, "Iris Parable")
    demo.db.rollback()
    groups = waiting(demo, "paul")
    assert "On hold" not in groups
    states = {row.patient: row.state for row in groups["Clinical review"]}
    assert states["Percival Nettleby"] == "clarification answered"
    assert states["Ingrid Saltmarsh"] == "in review"
    assert visit("paul").get("/").status_code == 200


@pytest.mark.parametrize("key", ["tina", "paul", "pia"])
def test_every_row_leads_to_a_page_that_its_reader_may_open(demo: Demo, visit: Visit, key: str) -> None:
    client = visit(key)
    page = client.get("/").get_data(as_text=True)
    with demo.app.test_request_context():
        paths = [
            demo.app.url_for(row.endpoint, _anchor=None, _method=None, _scheme=None, _external=False, **row.values)
            for rows in waiting(demo, key).values()
            for row in rows
            if not row.refusal
        ]
    assert len(paths) >= 5
    for path in paths:
        assert f'href="{path}"' in page, path
        assert client.get(path, follow_redirects=True).status_code == 200, path


@pytest.mark.parametrize(
    ("key", "sentence", "way"),
    [
        ("ada", "Your role has no queue: you read", "/log"),
        ("adam", "Your role has no queue: you look after", "/people"),
    ],
)
def test_who_has_no_queue_is_told_where_to_go(visit: Visit, key: str, sentence: str, way: str) -> None:
    page = words(visit(key).get("/"))
    assert "Nothing waits for you" in page
    assert sentence in page
    assert f'href="{way}"' in page
    assert "0 things" not in page


@pytest.mark.parametrize("key", ["tina", "paul", "pia", "ada"])
def test_a_queue_costs_the_same_however_long_it_is(demo: Demo, visit: Visit, raw: Any, key: str) -> None:
    client, engine = visit(key), demo.db.get_bind()
    actor, limits = demo.actor(key), premises.policy(demo.db).late_after()
    with demo.statements(engine) as sent:  # type: ignore[arg-type]
        queries.waiting(demo.db, actor, limits)
    assert len(sent) <= 8, "\n".join(sent)
    for state in ("in review", "entered", "prepared", "labelled", "accepted"):
        for _ in range(5):
            order = factories.prescription(raw, 1, 1)
            factories.fill(raw, order, status=state, since=AT - timedelta(hours=1))
    demo.db.rollback()
    with demo.statements(engine) as again:  # type: ignore[arg-type]
        longer = queries.waiting(demo.db, actor, limits)
    assert len(again) == len(sent)
    if key != "ada":
        assert sum(len(rows) for _, rows in longer) >= 10
    assert client.get("/").status_code == 200


def test_a_quarantined_lot_waits_since_its_day_came_and_not_since_noon_of_another_world(demo: Demo) -> None:
    (row,) = waiting(demo, "pia")["Quarantine"]
    lot = demo.db.get_one(Lot, row.values["lot_id"])
    assert clock.local(row.since).date() == lot.received_on
