"""A liquid, from a telephone call to the auditor's log; the label is the small one."""

from __future__ import annotations

import re
from datetime import date

from playwright.sync_api import expect

from pharmacy.domain.dates import day_text
from tests.journeys import work
from tests.journeys.conftest import Serve, Visit
from tests.journeys.people import PASSWORD, PIN, sign_in

PATIENT = work.Patient("Leontine", "Marrowby", "02 FEB 1988", "555-0131")
DOCTOR = work.Doctor("Iris", "Parable", "1999999984")
ORDER = work.Ordered("1", "30", form="liquid", caller="Dr Iris Parable herself", refills="0")


def test_a_liquid_goes_from_a_telephone_call_to_the_auditors_log(serve: Serve, visit: Visit) -> None:
    server = serve(ready=True)
    tina = sign_in(visit(server), "tina")
    work.add_patient(tina, PATIENT)
    work.add_prescriber(tina, DOCTOR)
    paul = sign_in(visit(server), "paul")
    fill = work.enter_prescription(paul, PATIENT, DOCTOR, ORDER)
    work.confirm_medicines(paul)
    work.decide_each(paul, "Talked through with the prescriber on the telephone.", DOCTOR)
    work.accept(paul)
    expect(paul.page.get_by_role("complementary", name="The original")).to_contain_text(ORDER.caller)

    work.open_from_queue(tina, fill, "Prepare")
    work.plan_lot(tina, "liquid")
    made = work.weigh_all(tina, "liquid")
    assert made.weighed[0].startswith("Naltrexone HCl")
    work.check_all(tina, "liquid")
    to_volume = re.search(r"brought to ([\d.]+)\smL", tina.page.locator(".weigh-body").inner_text())
    assert to_volume
    work.finish(tina, to_volume[1], "liquid")
    pia = sign_in(visit(server), "pia")
    work.release(pia, made.lot, PIN, "liquid")

    work.open_from_queue(tina, fill, "Fill")
    work.pack(tina)
    label = work.read_label(tina.fetch(work.issue_label(tina, "4 × 2 in", "liquid")))
    assert label.size_in == (4.0, 2.0)
    for words in (
        PATIENT.name, "naltrexone HCl 1 mg/mL oral liquid", "Take 1 mL by mouth at bedtime.", "Do not use after",
        "Not FDA-approved", "Rx only", day_text(date.today()), made.lot, fill, DOCTOR.name, "30 mL", "Refrigerat",
    ):  # fmt: skip
        assert words in label.text, f"{words!r} is not on the label: {label.text}"
    assert label.barcodes["Code128"] == [fill] * label.pages

    work.verify(paul, fill, PASSWORD, "liquid")
    work.hand_over(tina, fill, label.barcodes["Code128"][:1], "Pia Larkspur", "liquid")

    ada = sign_in(visit(server), "ada")
    ada.page.keyboard.press("/")
    ada.page.keyboard.type(fill)
    ada.page.keyboard.press("Enter")
    expect(ada.page.locator(".subject")).to_contain_text("Dispensed")
    ada.go("/log")
    ada.page.get_by_label("Lot number").fill(made.lot)
    ada.page.get_by_role("button", name="Show").click()
    expect(ada.page.locator("ol.log").first).to_contain_text("Pia Larkspur")
    ada.go("/log")
    ada.page.get_by_role("button", name="Recompute now").click()
    expect(ada.page.locator(".chain")).to_contain_text("Chain unbroken")
    assert "verify" in server.flask("verify-records")
