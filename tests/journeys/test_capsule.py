"""A capsule, from an empty form to the auditor's log, by three people and an auditor."""

from __future__ import annotations

import re
from datetime import date

from playwright.sync_api import expect

from pharmacy.domain.dates import day_text
from tests.journeys import work
from tests.journeys.browser import Visitor
from tests.journeys.conftest import Serve, Visit
from tests.journeys.people import PASSWORD, PIN, sign_in

PATIENT = work.Patient(
    "Philippa", "Wickerby", "14 MAY 1971", "555-0123", (("levothyroxine 75 mcg", "current"), ("ibuprofen", "as needed"))
)
DOCTOR = work.Doctor("Cosmo", "Fable", "1234567893")
ORDER = work.Ordered("4.5", "30")


def test_a_capsule_goes_from_an_empty_form_to_the_auditors_log(serve: Serve, visit: Visit) -> None:
    server = serve(ready=True)
    tina = sign_in(visit(server), "tina")
    work.add_patient(tina, PATIENT)
    work.add_prescriber(tina, DOCTOR)
    fill = work.enter_prescription(tina, PATIENT, DOCTOR, ORDER)
    work.confirm_medicines(tina)

    paul = sign_in(visit(server), "paul")
    review(paul, fill)

    work.open_from_queue(tina, fill, "Prepare")
    tina.look("capsule-nothing-on-hand")
    work.plan_lot(tina, "capsule")
    made = work.weigh_all(tina, "capsule")
    assert [what.split(",")[0] for what in made.weighed] == [
        "Naltrexone HCl", "Microcrystalline cellulose", "Empty capsule", "Blend",
    ]  # fmt: skip
    work.weigh_capsules(tina, "capsule")
    work.check_all(tina, "capsule")
    work.finish(tina, "30", "capsule")
    expect(tina.page.get_by_role("button", name="Release and sign")).to_have_count(0)

    pia = sign_in(visit(server), "pia")
    work.release(pia, made.lot, PIN, "capsule")
    assert pia.fetch(pia.page.url + "/compounding-record.pdf").startswith(b"%PDF")

    work.open_from_queue(tina, fill, "Fill")
    work.pack(tina)
    pdf = tina.fetch(work.issue_label(tina, "4 × 3 in", "capsule"))
    label = work.read_label(pdf)
    assert label.size_in == (4.0, 3.0)
    for words in (
        PATIENT.name, "naltrexone HCl 4.5 mg capsule", "Take 1 capsule by mouth at bedtime.", "Do not use after",
        "Compounded preparation. Not FDA-approved. Off-label use. Rx only", day_text(date.today()), made.lot, fill,
        "Cosmo Fable", "Pestle Lane Compounding", "30 capsules",
    ):  # fmt: skip
        assert words in label.text, f"{words!r} is not on the label: {label.text}"
    assert label.barcodes["Code128"] == [fill]

    work.verify(paul, fill, PASSWORD, "capsule")
    work.hand_over(tina, fill, label.barcodes["DataMatrix"], "Paul Sorrel", "capsule")
    read_the_log(sign_in(visit(server), "ada"), fill, made.lot)
    assert "verify" in server.flask("verify-records")


def review(paul: Visitor, fill: str) -> None:
    """Paul decides each finding on its own, and only then may accept."""
    page = paul.page
    work.open_from_queue(paul, fill, "Review")
    paul.look("capsule-review")
    expect(page.get_by_role("button", name="Accept the fill")).to_be_disabled()
    decided = work.decide_each(paul, "TSH is checked in six weeks; the prescriber knows.", DOCTOR)
    assert any("thyro" in title.lower() for title in decided), decided
    paul.look("capsule-review-decided")
    work.accept(paul)


def read_the_log(ada: Visitor, fill: str, lot: str) -> None:
    """Ada filters, opens an entry, the complete record and the trace of the drug's lot, and recomputes the chain."""
    page = ada.page
    ada.go("/log")
    page.get_by_label("Rx or fill number").fill(fill)
    page.get_by_role("button", name="Show").click()
    entries = page.locator("ol.log")
    expect(entries.first).to_contain_text("Tina Mallow")
    expect(entries.first).to_contain_text("Paul Sorrel")
    ada.look("log-filtered", phone=True)
    page.locator("summary", has_text=re.compile("verified|approved", re.IGNORECASE)).first.click()
    opened = page.locator("details[open]").first
    expect(opened).to_contain_text("waiting for pick-up")
    opened.get_by_role("link", name=re.compile("Open entry")).click()
    page.get_by_role("heading", name=re.compile("^Entry ")).wait_for()
    expect(page.locator("main")).to_contain_text("labelled")
    ada.look("log-entry", phone=True)
    page.get_by_role("link", name=re.compile(fill)).first.click()
    page.get_by_role("heading", name=f"Complete record of fill {fill}").wait_for()
    for said in (PATIENT.name, DOCTOR.name, lot, "Verified and signed with password", "Handed over", "N-7741"):
        expect(page.locator("main")).to_contain_text(said)
    ada.look("log-fill-record", phone=True)

    page.keyboard.press("/")
    page.keyboard.type("N-7741")
    page.keyboard.press("Enter")
    work.arrive(page, "N-7741")
    page.get_by_role("link", name=re.compile("forward|from this lot", re.IGNORECASE)).click()
    expect(page.locator("main")).to_contain_text(PATIENT.name)
    expect(page.locator("main")).to_contain_text(fill)
    ada.look("log-trace", phone=True)

    ada.go("/log")
    page.get_by_role("button", name="Recompute now").click()
    expect(page.locator(".chain")).to_contain_text("Chain unbroken")
    expect(page.locator(".chain")).to_contain_text("Ada Quill")
    ada.look("log-recomputed")
