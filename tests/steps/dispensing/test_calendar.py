"""A kit from its order to the hand-over: labels that say 1 of 2, what is missed, and the dated calendar."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, select

from pharmacy import clock
from pharmacy.actions.acting import Seen
from pharmacy.actions.catalogue import Actor
from pharmacy.dispensing import calendar_paper, plan
from pharmacy.dispensing.models import HandOver
from pharmacy.domain.directions import When
from pharmacy.domain.kit_plan import KitPlan
from pharmacy.domain.quantity import Mass
from pharmacy.domain.strength import Form, Strength
from pharmacy.domain.titration import DoseStep, Titration
from pharmacy.errors import NotReady, PharmacyError
from pharmacy.formulary.definition import product_code, product_unit, title
from pharmacy.formulary.starting import capsule
from pharmacy.labelling import queries as labelling
from pharmacy.labelling import service as labels
from pharmacy.premises import queries as premises
from pharmacy.prescriptions.kit_order import KitOrder
from pharmacy.prescriptions.models import Fill, Kit, KitContainer
from tests import factories
from tests.conftest import PAUL, TINA
from tests.steps.labelling.conftest import text_of
from tests.steps.verification.ready import Counter

SignIn = Callable[[Actor], FlaskClient]


def planned(*doses: str, days: int = 7) -> KitPlan:
    steps = tuple(DoseStep(Mass.of(one, "mg"), days) for one in doses)
    titration = Titration(Form.CAPSULE, steps, When.BEDTIME)
    order = KitOrder(titration, (), 2, 3, 30, "", False, "No product of this strength is made")
    return order.plan((Decimal("1.5"), Decimal("4.5")))


@pytest.fixture
def kit(counter: Counter, raw: Engine) -> list[int]:
    """Two accepted fills of one kit: 1.5 mg for days 1 to 14, 4.5 mg for days 15 to 28, and both from day 29 to 35."""
    code = capsule("1.5")
    counter.items["1.5"] = factories.item(
        raw, product_code(code), kind="preparation", unit=product_unit(code), name=title(code)
    )
    factories.formula(raw, code.to_json(), kind=code.kind, strength=Decimal("1.5"), item_id=counter.items["1.5"])
    plan_ = planned("1.5", "1.5", "4.5", "4.5", "6")
    kit_id = factories.put(raw, Kit, plan=plan_.to_json(), refill_days=30)
    patient, fills = factories.patient(raw), []
    for place, part in enumerate(plan_.kit.parts, start=1):
        prescription = factories.prescription(
            raw, patient, strength=part.strength.amount, directions=part.directions.to_json(), quantity=int(part.quantity),
            refill_quantity=30,
        )  # fmt: skip
        with raw.begin() as connection:
            connection.execute(
                KitContainer.__table__.insert().values(prescription_id=prescription, kit_id=kit_id, place=place)
            )
        fills.append(counter.fill_of(prescription, quantity=int(part.quantity)))
    return fills


def packed(counter: Counter, fill_id: int) -> int:
    one = counter.fill(fill_id)
    lot = counter.lot(format(one.prescription.strength.normalize(), "f"), amount=200)
    labels.pack_fill(counter.db, TINA, Seen(Fill, fill_id), ((lot, one.quantity),))
    return lot


def test_each_label_says_its_place_and_only_its_own_days(counter: Counter, kit: list[int]) -> None:
    for fill_id in kit:
        packed(counter, fill_id)
        labels.issue_labels(counter.db, TINA, Seen(Fill, fill_id), "4x3")
    said = []
    for fill_id in kit:
        (label,) = counter.issued(fill_id)
        said.append(text_of(labelling.stored(counter.db, label)))
        assert label.content["containers"] == 2
    assert "1 of 2" in said[0]
    assert "2 of 2" in said[1]
    assert "Days 1 to 14: 1 capsule. Days 29 to 35: 1 capsule." in said[0]
    assert "Days 15 to 35: take 1 capsule by mouth at bedtime." in said[1]
    assert "1.5 mg" not in said[1].replace("\u00a0", " ")


def test_a_kit_goes_into_one_container_for_each_strength(counter: Counter, kit: list[int]) -> None:
    lot = counter.lot("1.5", amount=200)
    with pytest.raises(PharmacyError, match="one container for each strength"):
        labels.pack_fill(counter.db, TINA, Seen(Fill, kit[0]), ((lot, 11), (lot, 10)))
    with pytest.raises(NotReady, match="cannot be supplied in part"):
        labels.reduce_fill(counter.db, PAUL, Seen(Fill, kit[0]), 7, "too short")


# --- the calendar --------------------------------------------------------------------------------------------------------


def test_the_calendar_of_a_kit_has_a_column_for_each_container(counter: Counter, kit: list[int]) -> None:
    for fill_id in kit:
        made = plan.calendar_of(counter.db, counter.fill(fill_id))
        assert [one.place for one in made.columns] == ["1 of 2", "2 of 2"]
        assert [one.medicine.replace("\u00a0", " ") for one in made.columns] == ["1.5 mg capsule", "4.5 mg capsule"]
        assert (made.first, made.last, len(made.days)) == (date(2026, 11, 23), date(2026, 12, 27), 35)
        amounts = [made.days[day - 1].amounts for day in (1, 14, 15, 28, 29, 35)]
        assert amounts == [(1, 0), (1, 0), (0, 1), (0, 1), (1, 1), (1, 1)]
        assert not made.known


def test_the_calendar_begins_on_the_day_that_is_chosen(counter: Counter, kit: list[int]) -> None:
    made = plan.calendar_of(counter.db, counter.fill(kit[0]), date(2026, 12, 1))
    assert (made.days[0].on, made.last) == (date(2026, 12, 1), date(2027, 1, 4))


def test_a_titration_of_one_strength_has_a_calendar_too_and_a_steady_dose_none(counter: Counter) -> None:
    steps = [{"amount": "1", "when": "at bedtime", "days": 7}, {"amount": "2", "when": "at bedtime", "days": None}]
    fill_id = counter.accepted(directions={"form": "capsule", "steps": steps}, quantity=31)
    made = plan.calendar_of(counter.db, counter.fill(fill_id))
    assert [day.amounts for day in made.days[5:9]] == [(1,), (1,), (2,), (2,)]
    assert len(made.days) == 7 + 12
    with pytest.raises(PharmacyError, match="every day is alike"):
        plan.calendar_of(counter.db, counter.fill(counter.accepted()))


def test_the_paper_has_every_day_and_no_abbreviation(counter: Counter, kit: list[int]) -> None:
    one = counter.fill(kit[0])
    made = plan.calendar_of(counter.db, one)
    place = premises.the_pharmacy(counter.db)
    pdf = calendar_paper.render(made, one.prescription.patient.full_name, place)
    said = text_of(pdf).replace("\u00a0", " ")
    assert pdf == calendar_paper.render(made, one.prescription.patient.full_name, place), "the same again"
    for day in made.days:
        assert f"{day.on:%d} {day.on:%b} {day.on.year}".upper() in said
    for words in (
        "Calendar of your medicine",
        "Fergus Bramblewick. Naltrexone HCl, by mouth. Take it at bedtime.",
        "Day 1 is Monday, 23 NOV 2026. The last day is Sunday, 27 DEC 2026.",
        "1 of 2: 1.5 mg capsule",
        "Days 15 to 35: take 1 capsule by mouth at bedtime.",
        "Do not begin the calendar again",
    ):
        assert words in said, words
    assert not any(word in said for word in ("QD", "HS", "PO ", "LDN", "cap ", "caps "))


@pytest.mark.parametrize("name", ["Ōnuki 小川 Katsuko", "É" * 90, "<b>Bold</b> & Co"])
def test_the_paper_takes_whatever_a_name_is(counter: Counter, kit: list[int], name: str) -> None:
    made = plan.calendar_of(counter.db, counter.fill(kit[0]))
    assert calendar_paper.render(made, name, None).startswith(b"%PDF")


def test_the_pages_show_it_and_print_it(counter: Counter, kit: list[int], sign_in: SignIn, tina: Actor) -> None:
    client = sign_in(tina)
    page = client.get(f"/fills/{kit[0]}/calendar")
    said = page.get_data(as_text=True).replace("\u00a0", " ")
    assert page.status_code == 200
    assert "2 of 2 · 4.5 mg capsule" in said
    assert "of this kit is not ready yet" in said
    later = client.get(f"/fills/{kit[0]}/calendar?n=6").get_data(as_text=True)
    assert "02 JAN 2027" in later.replace("&nbsp;", " ").replace("\u00a0", " ")
    pdf = client.get(f"/fills/{kit[0]}/calendar.pdf?n=6")
    assert pdf.mimetype == "application/pdf"
    assert "Bramblewick" not in pdf.headers["Content-Disposition"]
    assert f"/fills/{kit[0]}/calendar" in client.get(f"/fills/{kit[0]}/labels").get_data(as_text=True)


@pytest.mark.parametrize("start", ["tomorrow", "7", "-1", "1.5", "٣", "9" * 400])
def test_a_first_day_that_cannot_be_is_refused(
    counter: Counter, kit: list[int], sign_in: SignIn, tina: Actor, start: str
) -> None:
    for page in ("calendar", "calendar.pdf"):
        assert sign_in(tina).get(f"/fills/{kit[0]}/{page}?n={start}").status_code == 404
    assert sign_in(tina).get("/fills/9999/calendar").status_code == 404


def test_the_hand_over_says_that_the_other_container_is_not_there(
    counter: Counter, kit: list[int], sign_in: SignIn, tina: Actor, raw: Engine
) -> None:
    with raw.begin() as connection:
        connection.execute(Fill.__table__.update().where(Fill.id == kit[0]).values(status="waiting for pick-up"))
    page = sign_in(tina).get(f"/fills/{kit[0]}/hand-over").get_data(as_text=True).replace("\u00a0", " ")
    assert "naltrexone HCl 4.5 mg capsule of this kit is not ready yet" in page
    assert "Hand the kit over together" in page
    assert "The calendar for the patient" in page


def test_what_was_handed_over_leads_to_the_container_that_is_still_here(
    counter: Counter, kit: list[int], sign_in: SignIn, tina: Actor, raw: Engine
) -> None:
    with raw.begin() as connection:
        connection.execute(Fill.__table__.update().where(Fill.id == kit[1]).values(status="waiting for pick-up"))
        gone = HandOver.__table__.insert().values(
            fill_id=kit[0], method="pick-up", to_whom="Fergus Bramblewick", relationship_to_patient="patient", carrier="",
            tracking="", counselling="done", counselled_by=PAUL.id, points=[], person_id=TINA.id, at=clock.now(),
            first_day_of_use=date(2026, 11, 23), last_day_of_supply=date(2026, 12, 27),
        )  # fmt: skip
        connection.execute(gone)
        connection.execute(Fill.__table__.update().where(Fill.id == kit[0]).values(status="handed over"))
    page = sign_in(tina).get(f"/fills/{kit[0]}/hand-over").get_data(as_text=True)
    assert "Container 2 of 2 of this kit is still here: hand it over too." in page
    assert f'href="/fills/{kit[1]}/hand-over"' in page
    assert "It is 2 of 2 of a kit." in sign_in(tina).get(f"/fills/{kit[1]}/hand-over").get_data(as_text=True)


def test_the_syringe_that_goes_with_a_liquid_is_recorded_and_told(
    counter: Counter, sign_in: SignIn, tina: Actor
) -> None:
    steps = [{"amount": "4.5", "when": "at bedtime", "days": None}]
    fill_id = counter.accepted(
        form="liquid", strength=Decimal(1), quantity=135, directions={"form": "liquid", "steps": steps}
    )
    lot = counter.lot("liquid", amount=135)
    labels.pack_fill(counter.db, TINA, Seen(Fill, fill_id), ((lot, 135),))
    (container,) = counter.containers(fill_id)
    assert container.syringe is not None
    assert container.syringe.replace("\u00a0", " ") == "10 mL oral syringe, marked every 0.5 mL"
    page = sign_in(tina).get(f"/fills/{fill_id}/labels").get_data(as_text=True).replace("\u00a0", " ")
    assert "Goes with it: a 10 mL oral syringe, marked every 0.5 mL." in page


def test_a_liquid_dose_that_no_syringe_measures_is_not_packed(counter: Counter) -> None:
    steps = [{"amount": "4.55", "when": "at bedtime", "days": None}]
    fill_id = counter.accepted(
        form="liquid", strength=Decimal(1), quantity=135, directions={"form": "liquid", "steps": steps}
    )
    lot = counter.lot("liquid", amount=135)
    with pytest.raises(PharmacyError, match=r"No oral syringe measures 4\.55"):
        labels.pack_fill(counter.db, TINA, Seen(Fill, fill_id), ((lot, 135),))
    assert not counter.containers(fill_id)


def test_the_plan_of_a_kit_is_stored_as_it_was_computed(counter: Counter, kit: list[int]) -> None:
    stored: Any = counter.db.scalars(select(Kit.plan)).one()
    again = KitPlan.from_json(stored)
    assert again == planned("1.5", "1.5", "4.5", "4.5", "6")
    assert [part.strength for part in again.kit.parts] == [
        Strength(Decimal(one), Form.CAPSULE) for one in ("1.5", "4.5")
    ]
