"""A supply that outlasts the beyond-use date: the plan refuses it, and leads to where the fill is made smaller."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

from flask.testing import FlaskClient

from pharmacy.formulary import queries as formulary
from pharmacy.prescriptions import queries as prescriptions
from tests.demo.told import Demo

Visit = Callable[[str], FlaskClient]


def planning_page(client: FlaskClient, demo: Demo) -> str:
    fill = prescriptions.fill(demo.db, demo.fill("100013-00").id)
    (version,) = formulary.approved_for(demo.db, "liquid", fill.prescription.strength)
    return html.unescape(client.get(f"/preparations/new/{version.id}?fill={fill.id}").get_data(as_text=True))


def test_a_pharmacist_is_led_from_the_refusal_to_the_smaller_quantity_that_fits(visit: Visit, demo: Demo) -> None:
    fill, client = demo.fill("100013-00"), visit("pia")
    page = planning_page(client, demo)
    assert "35\u00a0mL for 35 days fit: reduce the fill to that" in page
    link = re.search(r'href="([^"#]+)#reduce">Reduce fill 100013-00 to', page)
    assert link, page
    assert link[1] == f"/fills/{fill.id}/containers?n=35"
    there = client.get(link[1]).get_data(as_text=True)
    asked = there[there.index('aria-labelledby="reduce"') :]
    assert "beyond-use date of what is made today" in asked
    fields = dict(re.findall(r'name="(\w+)" type="hidden" value="([^"]*)"', asked))
    assert re.search(r'name="quantity"[^>]*value="35"', asked)
    answer = client.post(
        f"/fills/{fill.id}/reduction", data={**fields, "quantity": "35", "reason": "It would not keep longer."}
    )
    assert answer.status_code == 302
    demo.db.rollback()
    smaller = demo.fill("100013-00")
    assert (smaller.quantity, smaller.owed) == (35, 25)
    assert "It cannot be planned like this." not in planning_page(client, demo)


def test_a_technician_reads_that_a_pharmacist_reduces_it(visit: Visit, demo: Demo) -> None:
    page = planning_page(visit("tina"), demo)
    assert "A pharmacist reduces the fill." in page
    assert "#reduce" not in page


def test_a_number_in_the_address_that_is_no_part_of_the_fill_is_not_taken_over(visit: Visit, demo: Demo) -> None:
    fill = demo.fill("100013-00")
    for told in ("0", "-3", "60", "9999", "x", "35.5"):
        there = visit("pia").get(f"/fills/{fill.id}/containers?n={told}")
        assert there.status_code == 200
        assert "what is made today" not in there.get_data(as_text=True), told
