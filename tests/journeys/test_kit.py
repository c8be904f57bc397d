"""A titration of two strengths: one form, two containers that are reviewed once, and a calendar with dates."""

from __future__ import annotations

import re
from datetime import date, timedelta

from playwright.sync_api import expect

from pharmacy.domain.dates import day_text
from tests.journeys import work
from tests.journeys.conftest import Serve, Visit
from tests.journeys.people import sign_in

PATIENT = work.Patient("Orla", "Thistlewood", "14 MAY 1971", "555-0123", (("levothyroxine 75 mcg", "current"),))
DOCTOR = work.Doctor("Cosmo", "Fable", "1234567893")
STEPS = (("0.5", "7"), ("1", "7"), ("1.5", "7"), ("2", "7"))


def test_a_titration_kit_goes_from_one_form_to_a_calendar_with_dates(serve: Serve, visit: Visit) -> None:
    server = serve(ready=True)
    paul = sign_in(visit(server), "paul")
    work.add_patient(paul, PATIENT)
    work.add_prescriber(paul, DOCTOR)
    page, keys = paul.page, paul.page.keyboard

    paul.go("/")
    keys.press("n")
    work.arrive(page, "New prescription")
    page.get_by_role("link", name="enter a kit").click()
    work.arrive(page, "New titration kit")
    work.type_into(page, "written_on", day_text(date.today() - timedelta(days=1)))
    original = work.original_of(PATIENT, DOCTOR, work.Ordered("0.5 to 2", "a kit for 28 days"))
    page.locator("#original").set_input_files({"name": "rx.pdf", "mimeType": "application/pdf", "buffer": original})
    for who, name in (("patient", PATIENT.family), ("prescriber", DOCTOR.family)):
        page.locator(f"#{who}").focus()
        work.choose(page, who, name)
    for at, (dose, days) in enumerate(STEPS):
        if at >= page.locator("#steps-rows tr").count():
            keys.press("Alt+=")
        work.type_into(page, f"steps-{at}-dose", dose)
        work.type_into(page, f"steps-{at}-days", days)
    work.type_into(page, "refills", "3")
    outcome = page.locator("#data-preview-target")
    expect(outcome).to_contain_text("which is what the steps take in 28 days")
    expect(outcome).to_contain_text("1 of 2")
    paul.look("entry-kit", phone=True)
    work.type_into(page, "strengths", "0.5, 0.7")
    keys.press("Tab")
    expect(outcome).to_contain_text("is not made here")
    work.type_into(page, "strengths", "0.5, 1.5")
    keys.press("Tab")
    expect(outcome).to_contain_text("Days 15 to 28: take 1 capsule by mouth at bedtime.")
    keys.press("Control+s")
    work.arrive(page, "Clinical review")
    first = work.fill_number(page)

    work.confirm_medicines(paul)
    work.decide_each(paul, "Levothyroxine is taken in the morning.", DOCTOR)
    paul.look("kit-review", phone=True)
    other = page.locator(".review-side").get_by_role("link", name=re.compile(r"^\d{6}-00$"))
    second = other.inner_text()
    assert second != first
    work.accept(paul)
    work.open_from_queue(paul, second, "Review")
    expect(page.get_by_role("button", name="Record decision")).to_have_count(0)  # decided once, for both
    paul.look("kit-review-second")
    work.accept(paul)
    paul.look("kit-prescription", phone=True)

    tina = sign_in(visit(server), "tina")
    work.open_from_queue(tina, first, "Prepare")
    page, fill_id = tina.page, re.search(r"/fills/(\d+)/", tina.page.url)
    assert fill_id
    tina.go(f"/fills/{fill_id[1]}/calendar")
    expect(page.get_by_role("heading", name="Calendar")).to_be_visible()
    expect(page.locator("main tbody tr")).to_have_count(28)
    tina.look("kit-calendar", phone=True)
    assert tina.fetch(f"/fills/{fill_id[1]}/calendar.pdf").startswith(b"%PDF")
