"""Tina works something out at the bench and attaches it; Pia finds it in the compounding record."""

from __future__ import annotations

from tests.journeys.conftest import Serve, Visit
from tests.journeys.people import SignIns, sign_in


def test_a_dilution_is_worked_out_attached_and_found_in_the_record(serve: Serve, visit: Visit) -> None:
    server = serve(demonstration=True)
    sign_ins = SignIns.of(server)
    tina = sign_in(visit(server), "tina", sign_ins.passwords["tina"])
    page = tina.page
    page.get_by_role("link", name="Calculators").first.click()
    tina.look("calculators", phone=True)
    page.get_by_role("link", name="Dilution (C1V1)").click()
    tina.look("calculator-empty", phone=True)
    page.get_by_label("Strength of the stock").fill("15 %")
    page.get_by_label("Strength wanted").fill("20 %")
    page.get_by_label("Final amount").fill("500 mL")
    with tina.expecting(422):
        page.get_by_role("button", name="Work it out").click()
        page.get_by_text("dilution only weakens").wait_for()
    tina.look("calculator-refused", phone=True)
    page.get_by_label("Strength wanted").fill("5 %")
    page.get_by_role("button", name="Work it out").click()
    page.get_by_text("A second way agrees.").wait_for()
    page.get_by_label("Compounding record", exact=True).select_option(index=1)
    page.get_by_label("What for").fill("Rinse for the mortar")
    tina.look("calculator-solved", phone=True)
    page.get_by_role("button", name="Attach it").click()
    page.get_by_text("Attached to this compounding record.").wait_for()
    tina.look("calculation-attached", phone=True)
    page.get_by_role("link", name="Work something out and attach it").click()
    page.get_by_role("link", name="mEq, mmol and ions of a salt").click()
    page.get_by_label("Amount", exact=True).fill("1 g")
    page.get_by_label("Salt", exact=True).select_option("magnesium sulfate heptahydrate")
    page.get_by_role("button", name="Work it out").click()
    page.get_by_text("A second way agrees.").wait_for()
    tina.look("calculator-ions", phone=True)
