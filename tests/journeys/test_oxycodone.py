"""Somebody takes oxycodone: nobody passes that, until the fact itself is another one."""

from __future__ import annotations

import re
from datetime import date, timedelta

from playwright.sync_api import expect

from pharmacy.domain.dates import day_text
from tests.journeys import work
from tests.journeys.browser import Visitor
from tests.journeys.conftest import Serve, Visit
from tests.journeys.people import sign_in

PATIENT = work.Patient("Ingeborg", "Saltmarsh", "05 OCT 1975", "555-0150", (("OxyContin 10 mg", "current"),))
DOCTOR = work.Doctor("Soren", "Riddle", "1000000004")
ORDER = work.Ordered("1.5", "30")


def test_a_patient_on_oxycodone_is_blocked_until_the_fact_is_corrected(serve: Serve, visit: Visit) -> None:
    server = serve(ready=True)
    tina = sign_in(visit(server), "tina")
    work.add_patient(tina, PATIENT)
    work.add_prescriber(tina, DOCTOR)
    fill = work.enter_prescription(tina, PATIENT, DOCTOR, ORDER)
    work.confirm_medicines(tina)

    pia = sign_in(visit(server), "pia")
    work.open_from_queue(pia, fill, "Review")
    page, block = pia.page, work.finding(pia.page, "block")
    expect(block).to_have_count(1)
    expect(block).to_contain_text("OxyContin")
    expect(block).to_contain_text("Nobody can pass this.")
    expect(block.locator("form")).to_have_count(0)
    expect(page.get_by_role("button", name="Accept the fill")).to_be_disabled()
    pia.look("oxycodone-blocked", phone=True)
    work.decide_each(pia, "The rest is talked through.", DOCTOR)
    expect(page.get_by_role("button", name="Accept the fill")).to_be_disabled()
    the_server_refuses_too(pia)
    pia.go("/")
    work.open_from_queue(pia, fill, "Review")
    expect(block).to_have_count(1)

    stop_the_opioid(tina)
    pia.go("/")
    work.open_from_queue(pia, fill, "Review")
    page.get_by_role("button", name="Screen again").click()
    expect(block).to_have_count(0)
    expect(page.locator("main")).to_contain_text("no longer hold")
    pia.look("oxycodone-corrected")
    if page.get_by_role("button", name=re.compile("Asked now")).count():
        work.confirm_medicines(pia)
    work.decide_each(pia, "Stopped; the prescriber confirmed the last dose and an opioid-free interval.", DOCTOR)
    work.accept(pia)
    assert "verify" in server.flask("verify-records")


def the_server_refuses_too(pia: Visitor) -> None:
    """The disabled button is a courtesy: posting its form, or a decision on the block, is refused by the service."""
    page = pia.page
    posted: dict[str, str | float | bool] = {
        field.get_attribute("name") or "": field.input_value()
        for field in page.locator("form", has=page.get_by_role("button", name="Accept the fill")).locator("input").all()
    }
    review = page.url.removesuffix("#")
    answer = pia.context.request.post(
        review.replace("/review", "/acceptance"), form=posted, headers={"Referer": review}
    )
    assert answer.status == 422, answer.status
    assert "OxyContin" in answer.text()
    card = work.finding(page, "block").locator(".finding-title").get_attribute("id") or ""
    decision = {
        **posted,
        "outcome": "go on",
        "reason": "It will be fine.",
        "key": "0" * 32,
        "seen_id": "",
        "seen_version": "",
    }
    path = f"{pia.base}/findings/{card.removeprefix('finding-')}/decision"
    answer = pia.context.request.post(path, form=decision, headers={"Referer": review})
    assert answer.status in {409, 422}, answer.status


def stop_the_opioid(tina: Visitor) -> None:
    """Tina asks again: it was stopped three months ago. The list is corrected; nothing of it is forgotten."""
    page = tina.page
    page.keyboard.press("/")
    page.keyboard.type(PATIENT.family)
    page.keyboard.press("Enter")
    work.arrive(page, PATIENT.name)  # the one that is found opens at once
    page.get_by_role("link", name="Ask again, correct the list").click()
    page.get_by_label("Medicine 1, taken").select_option("stopped")
    page.get_by_label("Medicine 1, last dose").fill(day_text(date.today() - timedelta(days=90)))
    page.get_by_label("Medicine 1, known from").fill("prescriber")
    page.keyboard.press("Control+s")
    work.arrive(page, PATIENT.name)
    expect(page.locator("main")).to_contain_text("stopped")
    tina.look("oxycodone-patient", phone=True)
