"""A titration of two strengths: one form, two containers that are reviewed once, labelled 1 of 2 and 2 of 2, handed over together."""

from __future__ import annotations

import re
from datetime import date, timedelta

from playwright.sync_api import FilePayload, expect

from pharmacy.domain.dates import day_text
from tests.journeys import work
from tests.journeys.browser import Visitor
from tests.journeys.conftest import Serve, Visit
from tests.journeys.people import PASSWORD, PIN, sign_in

PATIENT = work.Patient("Orla", "Thistlewood", "14 MAY 1971", "555-0123", (("levothyroxine 75 mcg", "current"),))
DOCTOR = work.Doctor("Cosmo", "Fable", "1234567893")
STEPS = (("0.5", "7"), ("1", "7"), ("1.5", "7"), ("2", "7"))


CONTAINERS = (("0.5 mg", "28"), ("1.5 mg", "14"))  # what the four steps take of each in 28 days


def test_a_titration_kit_goes_from_one_form_to_both_containers_in_the_patients_hands(
    serve: Serve, visit: Visit
) -> None:
    server = serve(ready=True)
    paul = sign_in(visit(server), "paul")
    fills = enter(paul)
    review(paul, fills)
    tina, pia = sign_in(visit(server), "tina"), sign_in(visit(server), "pia")
    for at, fill in enumerate(fills):
        make(tina, pia, fill, at)
    codes = [label(tina, fill, at) for at, fill in enumerate(fills)]
    calendar(tina, fills[1])
    work.verify(paul, fills[0], PASSWORD, "kit-1")
    work.open_from_queue(tina, fills[0], "Hand over")
    expect(tina.page.get_by_text("Hand the kit over together")).to_be_visible()  # container 2 is not verified yet
    work.verify(paul, fills[1], PASSWORD, "kit-2")
    for at, fill in enumerate(fills):
        work.hand_over(tina, fill, codes[at], "Paul Sorrel", f"kit-{at + 1}")
        expect(tina.page.locator("main")).to_contain_text(PATIENT.name)
        expect(tina.page.get_by_text("is not there")).to_have_count(0)
        expect(tina.page.get_by_text("is still here")).to_have_count(1 - at)
    ada = sign_in(visit(server), "ada")
    for fill in fills:
        work.type_into(ada.page, "find", fill)
        ada.page.locator("#find").press("Enter")
        expect(ada.page.locator(".subject")).to_contain_text("Dispensed")
        ada.go("/")
    assert "verify" in server.flask("verify-records")


def enter(paul: Visitor) -> tuple[str, str]:
    """One form for the whole kit; the numbers of both fills, container 1 first."""
    page, keys = paul.page, paul.page.keyboard
    work.add_patient(paul, PATIENT)
    work.add_prescriber(paul, DOCTOR)
    paul.go("/")
    keys.press("n")
    work.arrive(page, "New prescription")
    page.get_by_role("link", name="enter a kit").click()
    work.arrive(page, "New titration kit")
    work.type_into(page, "written_on", day_text(date.today() - timedelta(days=1)))
    original = work.original_of(PATIENT, DOCTOR, work.Ordered("0.5 to 2", "a kit for 28 days"))
    file: FilePayload = {"name": "rx.pdf", "mimeType": "application/pdf", "buffer": original}
    page.locator("#original").set_input_files(file)
    for who, name in (("patient", PATIENT.family), ("prescriber", DOCTOR.family)):
        page.locator(f"#{who}").focus()
        work.choose(page, who, name)
    for at, (dose, days) in enumerate(STEPS):
        if at >= page.locator("#steps-rows tr").count():
            keys.press("Alt+=")
        work.type_into(page, f"steps-{at}-dose", dose)
        work.type_into(page, f"steps-{at}-days", days)
    work.type_into(page, "refills", "3")
    forget_the_last_days(paul)
    page.locator("#original").set_input_files(file)
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
    other = page.locator(".review-side").get_by_role("link", name=re.compile(r"^\d{6}-00$"))
    second = other.inner_text()
    assert second != first
    return first, second


def forget_the_last_days(paul: Visitor) -> None:
    """Saved without the last days it is refused; the sentence goes when they are typed."""
    page, last = paul.page, len(STEPS) - 1
    outcome = page.locator("#data-preview-target")
    work.type_into(page, f"steps-{last}-days", "")
    expect(outcome).to_contain_text(f"Step {last + 1}: Type for how many days.")
    with paul.expecting(422):
        page.keyboard.press("Control+s")
    asked = page.locator(f"#steps-{last}-days-e")
    expect(asked).to_have_text(re.compile("Type for how many days."))
    paul.look("entry-kit-refused")
    work.type_into(page, f"steps-{last}-days", STEPS[last][1])
    for said in (asked, page.get_by_text("Correct the marked step."), outcome.get_by_text("Type for how many days.")):
        expect(said).to_have_count(0)


def review(paul: Visitor, fills: tuple[str, str]) -> None:
    """Each finding is decided once, for both containers."""
    page, (_, second) = paul.page, fills
    work.confirm_medicines(paul)
    work.decide_each(paul, "Levothyroxine is taken in the morning.", DOCTOR)
    paul.look("kit-review", phone=True)
    work.accept(paul)
    work.open_from_queue(paul, second, "Review")
    expect(page.get_by_role("button", name="Record decision")).to_have_count(0)
    paul.look("kit-review-second")
    work.accept(paul)
    paul.look("kit-prescription", phone=True)


def make(tina: Visitor, pia: Visitor, fill: str, at: int) -> None:
    """Prepare, check and release the lot of one container."""
    look = f"kit-{at + 1}"
    work.open_from_queue(tina, fill, "Prepare")
    work.plan_lot(tina, look)
    made = work.weigh_all(tina, look)
    work.weigh_capsules(tina, look)
    work.check_all(tina, look)
    work.finish(tina, CONTAINERS[at][1], look)
    work.release(pia, made.lot, PIN, look)


def label(tina: Visitor, fill: str, at: int) -> list[str]:
    """Pack one container and issue its label, which says its place in the kit; the code that is scanned at hand-over."""
    strength, quantity = CONTAINERS[at]
    work.open_from_queue(tina, fill, "Fill")
    work.pack(tina)
    printed = work.read_label(tina.fetch(work.issue_label(tina, "4 × 3 in", f"kit-{at + 1}")))
    for words in (
        PATIENT.name, f"naltrexone HCl {strength} capsule", f"{quantity} capsules", f"{at + 1} of 2", "by mouth at bedtime",
        fill, DOCTOR.name, "Do not use after",
    ):  # fmt: skip
        assert words in printed.text, f"{words!r} is not on the label: {printed.text}"
    assert printed.barcodes["Code128"] == [fill]
    return printed.barcodes["DataMatrix"]


def calendar(tina: Visitor, fill: str) -> None:
    """Every day of the kit with what to take from each container, on the page and on paper."""
    page = tina.page
    page.get_by_role("link", name=re.compile("calendar", re.IGNORECASE)).first.click()
    expect(page.get_by_role("heading", name="Calendar")).to_be_visible()
    expect(page.locator("main tbody tr")).to_have_count(28)
    tina.look("kit-calendar", phone=True)
    path = page.url.removeprefix(tina.base)
    paper = work.read_label(tina.fetch(f"{path}.pdf")).text
    assert PATIENT.name in paper
    for strength, _ in CONTAINERS:
        assert strength in paper
    assert fill in page.locator(".subject").inner_text()
