"""A refill from the shelf: no preparation, screened again, two containers, each with its own label."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.journeys import work
from tests.journeys.browser import Visitor
from tests.journeys.conftest import Serve, Visit
from tests.journeys.people import SignIns, sign_in

DOCTOR = work.Doctor("Cosmo", "Fable", "1234567893")


def test_a_refill_comes_from_stock_in_two_containers(serve: Serve, visit: Visit) -> None:
    server = serve(demonstration=True)
    passwords = SignIns.of(server).passwords
    tina = sign_in(visit(server), "tina", passwords["tina"])
    page = tina.page
    made_before = how_many_preparations(tina)
    page.keyboard.press("/")
    page.keyboard.type("100001-01")
    page.keyboard.press("Enter")
    work.arrive(page, "Prescription 100001")
    page.get_by_role("button", name="Start the next fill").click()
    work.arrive(page, "Clinical review")
    fill = work.fill_number(page)
    assert fill.endswith("-02")
    work.confirm_medicines(tina)

    paul = sign_in(visit(server), "paul", passwords["paul"])
    work.open_from_queue(paul, fill, "Review")
    work.decide_each(paul, "As before; the patient does well.", DOCTOR)
    paul.look("refill-review")
    work.accept(paul)

    work.open_from_queue(tina, fill, "Prepare")
    expect(page.locator("main")).to_contain_text("Earlier fills last until")
    page.get_by_label("Into containers").first.fill("2")
    tina.look("refill-pack")
    page.get_by_role("button", name="Record what is packed").click()
    work.arrive(page, "Look at the label, then issue it")
    page.get_by_role("button", name=re.compile("Issue all 2 labels")).click()
    links = page.get_by_role("link", name=re.compile("^Print"))
    expect(links).to_have_count(2)
    tina.look("refill-labels")
    scans = []
    for number, link in enumerate(links.all(), 1):
        label = work.read_label(tina.fetch(link.get_attribute("href") or ""))
        assert f"{number} of 2" in label.text, label.text
        assert "Fergus Bramblewick" in label.text
        assert label.barcodes["Code128"] == [fill]
        scans += label.barcodes["DataMatrix"]
    assert how_many_preparations(tina) == made_before

    pia = sign_in(visit(server), "pia", passwords["pia"])
    work.verify(pia, fill, passwords["pia"], "refill")
    work.hand_over(tina, fill, scans, "Pia Larkspur", "refill")
    expect(page.locator("main")).to_contain_text("1 refill left")

    ada = sign_in(visit(server), "ada", passwords["ada"])
    ada.go("/log")
    ada.page.get_by_label("Rx or fill number").fill(fill)
    ada.page.get_by_role("button", name="Show").click()
    entries = ada.page.locator("ol.log").first
    expect(entries).to_contain_text(f"Tina Mallow started fill {fill} as a refill")
    expect(entries).to_contain_text("Screening: new")  # every fill is screened anew
    expect(entries).to_contain_text("from lot C")
    assert "verify" in server.flask("verify-records")


def how_many_preparations(visitor: Visitor) -> int:
    """How many lots are being made or were judged lately."""
    visitor.go("/preparations")
    return visitor.page.locator("table.rows tbody tr").count()
