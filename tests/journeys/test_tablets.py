"""A suspension from tablets: received by their label, crushed and weighed or counted whole, and on record with their lot."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.journeys import work
from tests.journeys.conftest import Serve, Visit
from tests.journeys.people import PIN, sign_in
from tests.journeys.seed import also


def test_tablets_are_received_crushed_and_weighed_into_a_suspension(serve: Serve, visit: Visit) -> None:
    server = serve(ready=True, seed=also("suspension-tablets"))
    tina, pia = sign_in(visit(server), "tina"), sign_in(visit(server), "pia")
    tina.go("/stock")
    tina.page.get_by_role("link", name=re.compile("^Naltrexone HCl 50 mg tablets")).click()
    tina.page.get_by_role("link", name="Receive a lot").first.click()
    for field, text in {
        "supplier": "Example Supply Co", "number": "TAB-50", "amount": "100", "expiry": "06/2029",
        "label_strength": "50", "ndc": "51927-5086-1",
    }.items():  # fmt: skip
        tina.page.locator(f"#{field}").fill(text)
    tina.look("tablets-receive", phone=True)
    tina.page.get_by_role("button", name="Receive into quarantine").click()
    lot = tina.page.url.removeprefix(tina.base)
    expect(tina.page.get_by_text("naltrexone HCl by its label")).to_be_visible()
    tina.look("tablets-lot", phone=True)
    pia.go(f"{lot}/release")
    pia.look("tablets-release", phone=True)
    pia.page.locator("#reason").fill("Label and contents agree.")
    pia.page.get_by_role("button", name="Release").click()
    expect(pia.page.get_by_text("51927-5086-1")).to_be_visible()

    tina.go("/preparations/new")
    tina.page.get_by_role("link", name=re.compile("oral suspension")).first.click()
    work.type_into(tina.page, "for_stock", "135")
    work.type_into(tina.page, "excess", "0")
    tina.page.get_by_role("button", name="Work it out").click()
    expect(tina.page.get_by_text("3 tablets").first).to_be_visible()
    tina.look("tablets-plan-whole", phone=True)
    tina.page.locator("#crushed").select_option("crushed")
    work.type_into(tina.page, "tablets_weighed", "20")
    work.type_into(tina.page, "tablets_together", "6.0800")
    tina.page.get_by_role("button", name="Work it out").click()
    expect(tina.page.get_by_text("820.8").first).to_be_visible()
    tina.look("tablets-plan-crushed", phone=True)
    tina.page.get_by_role("button", name="Plan this lot").click()
    tina.page.locator("form.weigh").wait_for()
    tina.look("tablets-count", phone=True)
    made = work.weigh_all(tina, "tablets")
    assert "lot\u00a0TAB-50" in made.weighed[0]
    work.check_all(tina, "tablets")
    record = work.finish(tina, "135", "tablets")
    expect(tina.page.locator(".delivered")).to_contain_text("100")
    tina.look("tablets-record", phone=True)
    pdf = tina.fetch(f"{record}/compounding-record.pdf")
    assert pdf.startswith(b"%PDF")
    work.release(pia, made.lot, PIN, "tablets")
