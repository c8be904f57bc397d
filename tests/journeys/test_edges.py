"""Where things go wrong: the first set-up, who may not, what is not there, two at once, twice the same, and a crash."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.journeys import work
from tests.journeys.browser import Visitor
from tests.journeys.conftest import Serve, Visit
from tests.journeys.people import PASSWORD, SignIns, sign_in
from tests.journeys.server import Server

PATIENT = work.Patient("Wilmot", "Greengage", "19 JAN 1949", "555-0148")


def test_the_set_up_page_asks_for_the_code_of_the_console_and_is_there_once(serve: Serve, visit: Visit) -> None:
    codes: list[str] = []

    def print_code(server: Server) -> None:
        codes.extend(re.findall(r"code is: (\S+)", server.flask("first-code")))

    server = serve(seed=print_code)
    visitor = visit(server)
    page = visitor.page
    visitor.go("/")
    work.arrive(page, "Set up the pharmacy")
    for field_id, text in {
        "code": "AAAA-BBBB-CCCC", "name": "Pestle Lane Compounding", "licence": "PHY-00001", "street": "7 Example Row",
        "town": "Sampleton, IL 00000", "phone": "555-0190", "full_name": "Pia Larkspur", "credentials": "PharmD",
        "sign_in_name": "pia", "password": PASSWORD, "again": PASSWORD,
    }.items():  # fmt: skip
        work.type_into(page, field_id, text)
    visitor.look("set-up")
    with visitor.expecting(422):
        page.get_by_role("button", name="Set up the pharmacy").click()
    expect(page.locator("#name")).to_have_value("Pestle Lane Compounding")
    expect(page.locator("#code-e")).to_contain_text("not the code")
    visitor.look("set-up-wrong-code")
    work.type_into(page, "code", codes[0])
    work.type_into(page, "password", PASSWORD)
    work.type_into(page, "again", PASSWORD)
    page.get_by_role("button", name="Set up the pharmacy").click()
    expect(page).not_to_have_url(re.compile("/set-up$"))
    sign_in(visitor, "pia")
    visitor.look("set-up-first-queue")
    with visitor.expecting(404):
        visitor.go("/set-up")
    assert "verify" in server.flask("verify-records")


def test_who_may_not_is_told_who_may_and_what_is_not_there_is_said(serve: Serve, visit: Visit) -> None:
    server = serve(ready=True)
    ada = sign_in(visit(server), "ada")
    with ada.expecting(403):
        ada.go("/prescriptions/new")
    expect(ada.page.locator("main")).to_contain_text("technician")
    ada.look("refused-403", phone=True)
    with ada.expecting(404):
        ada.go("/patients/424242")
    ada.look("refused-404", phone=True)

    nora = visit(server)
    nora.go("/sign-in")
    nora.page.get_by_label("Name you sign in with").fill("nora")
    nora.page.get_by_label("Password").fill(PASSWORD)
    with nora.expecting(422):
        nora.page.keyboard.press("Enter")
    expect(nora.page.locator("main")).to_contain_text("You have no role here yet")

    stranger = visit(server)
    stranger.go("/log")
    expect(stranger.page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_of_two_people_on_one_fill_one_wins_and_the_other_sees_what_changed(serve: Serve, visit: Visit) -> None:
    server = serve(demonstration=True)
    passwords = SignIns.of(server).passwords
    pia, paul = (sign_in(visit(server), name, passwords[name]) for name in ("pia", "paul"))
    for visitor in (pia, paul):
        visitor.go("/")
        visitor.page.locator("tr", has_text="Wilhelmina Dustcote").get_by_role("link", name="Review").click()
        work.arrive(visitor.page, "Clinical review")
    page = pia.page
    page.locator("summary", has_text="Hold: ask a question").click()
    page.get_by_label(re.compile("^What is asked")).fill("Is 1.5 mg meant?")
    page.get_by_label(re.compile("^Who is asked")).fill("Iris Parable")
    page.get_by_role("button", name="Put on hold").click()
    expect(page.locator(".subject")).to_contain_text("On hold")
    pia.look("on-hold", phone=True)

    page = paul.page
    page.locator("summary", has_text="Reject the prescription").click()
    page.get_by_role("form", name="Reject").get_by_label("Reason (required)").fill(
        "Withdrawn; typed a minute too late."
    )
    with paul.expecting(409):
        page.get_by_role("button", name="Reject the prescription").click()
    said = page.locator("main")
    expect(said).to_contain_text("Pia Larkspur")
    expect(said).to_contain_text("Withdrawn; typed a minute too late.")
    paul.look("conflict-409", phone=True)
    paul.go("/")
    expect(page.locator("tr", has_text="Wilhelmina Dustcote").filter(has_text="1.5 mg")).to_contain_text("On hold")


def test_the_same_form_sent_twice_has_one_effect(serve: Serve, visit: Visit) -> None:
    server = serve(ready=True)
    tina = sign_in(visit(server), "tina")
    work.add_patient(tina, PATIENT)
    page = tina.page
    tina.go("/prescribers/new")
    form = page.get_by_role("form", name="Prescriber")
    for field_id, text in {
        "given_name": "Maude", "family_name": "Ballad", "npi": "1100000003", "licence": "MD-00042", "phone": "555-0169",
    }.items():  # fmt: skip
        work.type_into(page, field_id, text)
    page.locator("#licence_state").select_option("IL")
    posted = form.evaluate("form => Object.fromEntries(new FormData(form))")
    answers = [
        tina.context.request.post(f"{tina.base}/prescribers/new", form=posted, headers={"Referer": page.url})
        for _ in range(3)
    ]
    assert [answer.status for answer in answers] == [200, 200, 200]
    assert len({answer.url for answer in answers}) == 1, "each answer leads to the one prescriber that was made"
    tina.go("/prescribers")
    expect(page.locator("main tbody tr")).to_have_count(1)
    expect(page.locator("main tbody tr")).to_contain_text("Maude Ballad")


def test_an_error_loses_nothing_that_was_typed(serve: Serve, visit: Visit) -> None:
    server = serve(demonstration=True)
    tina = sign_in(visit(server), "tina", SignIns.of(server).passwords["tina"])
    page = tina.page
    tina.go("/prescriptions/new")
    page.keyboard.press("Alt+2")
    work.choose(page, "patient", "Thimblewood")
    typed = {
        "written_on": "29 FEB 2026",
        "strength": "45",
        "steps-0-amount": "1",
        "quantity": "1e3",
        "purpose": "<b>“pain”</b>",
    }
    for field_id, text in typed.items():
        work.type_into(page, field_id, text)
    with tina.expecting(422):
        page.keyboard.press("Control+s")
    for field_id, text in typed.items():
        expect(page.locator(f"#{field_id}")).to_have_value(text)
    expect(page.locator("#patient-picked")).to_contain_text("Barnaby Thimblewood")
    for wrong in ("written_on", "quantity"):
        expect(page.locator(f"#{wrong}")).to_have_attribute("aria-invalid", "true")
        expect(page.locator(f"#{wrong}-e")).not_to_be_empty()
    tina.look("entry-refused", phone=True)


def test_a_crash_loses_nothing_that_was_confirmed(serve: Serve, visit: Visit) -> None:
    server = serve(demonstration=True)
    tina = sign_in(visit(server), "tina", SignIns.of(server).passwords["tina"])
    page = tina.page
    page.locator("tr", has_text="0.5").get_by_role("link", name="Go on").click()
    page.get_by_role("link", name="To the bench").click()
    page.locator("#reading").wait_for()
    bench = page.url.removeprefix(tina.base).partition("?")[0]
    weigh_one(tina)
    confirmed = page.locator(".steps .done").count()
    assert confirmed >= 2
    type_reading(tina)
    page.evaluate("document.querySelector('form.weigh').requestSubmit()")  # under way when the power goes
    server.kill()
    tina.settle()
    tina.problems[:] = [one for one in tina.problems if "net::ERR" not in one]

    assert "verify" in server.flask("verify-records")
    server.start()
    tina.go(bench)
    done = page.locator(".steps .done")
    assert confirmed <= done.count() <= confirmed + 1
    tina.look("after-a-crash")
    weigh_one(tina)
    assert "verify" in server.flask("verify-records")


def type_reading(tina: Visitor) -> None:
    page = tina.page
    target = page.locator(".weigh .huge").first.inner_text().split()[0].replace(",", "")
    work.type_into(page, "reading", target)
    lot = re.search(r"lot\s(\S+)$", page.locator(".weigh .what").inner_text())
    if lot:
        work.type_into(page, "lot", lot[1])


def weigh_one(tina: Visitor) -> None:
    """Record the line that is on the bench, and wait until the page says that it is."""
    done = tina.page.locator(".steps .done")
    before = done.count()
    type_reading(tina)
    tina.page.keyboard.press("Enter")
    expect(done).to_have_count(before + 1)
