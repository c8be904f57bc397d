"""The page of a kit: what is typed, what is proposed, and every input that cannot be."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, select

from pharmacy.actions.catalogue import Actor
from pharmacy.domain.workflow import Status
from pharmacy.patients.models import Sensitivity
from pharmacy.prescriptions import queries
from pharmacy.prescriptions.models import Kit, Prescription
from pharmacy.rules import book
from pharmacy.rules import kinds as rules
from tests import factories
from tests.steps.prescriptions.conftest import Case
from tests.steps.prescriptions.test_pages import KEY, text

SignIn = Callable[[Actor], FlaskClient]


@pytest.fixture
def typed(case: Case) -> dict[str, object]:
    """The form of a kit, filled in as a pharmacist would: 0.5, 1, 1.5 and 2 mg, a week each."""
    steps = {
        f"steps-{at}-{name}": value
        for at, dose in enumerate(("0.5", "1", "1.5", "2"))
        for name, value in (("dose", dose), ("days", "7"))
    }
    return {
        "key": KEY,
        "written_on": "20 NOV 2026",
        "came_by": "paper",
        "patient": "Bramblewick",
        "patient_id": str(case.patient),
        "prescriber": "Fable",
        "prescriber_id": str(case.prescriber),
        "form": "capsule",
        "when": "at bedtime",
        **steps,
        "strengths": "0.5, 1.5",
        "most": "2",
        "refills": "3",
        "refill_days": "30",
        "purpose": "",
        "reason_for_compounding": "No product of this strength is made",
        "then": "review",
    }  # fmt: skip


def send(client: FlaskClient, typed: dict[str, object], scan: bytes | None, **changed: object) -> object:
    data = {**typed, **changed}
    if scan is not None:
        data["original"] = (BytesIO(scan), "original.png")
    return client.post("/kits/new", data=data, content_type="multipart/form-data")


def rows(case: Case) -> list[Prescription]:
    case.db.rollback()
    return [queries.prescription(case.db, one) for one in case.db.scalars(select(Prescription.id)).all()]


def test_a_kit_goes_from_the_form_into_review(
    sign_in: SignIn, case: Case, typed: dict, scan: bytes, tina: Actor
) -> None:
    client = sign_in(tina)
    assert client.get(f"/kits/new?patient={case.patient}").status_code == 200
    answer = send(client, typed, scan)
    assert answer.status_code == 302
    made = rows(case)
    assert [one.fills[0].status for one in made] == [Status.IN_REVIEW, Status.IN_REVIEW]
    assert [one.quantity for one in made] == [28, 14]
    page = client.get(answer.headers["Location"])
    said = text(page)
    assert "Rx 100001-00 and 100002-00 are saved" in said
    assert "Days 1 to 7: 1 capsule. Days 8 to 14: 2 capsules. Days 22 to 28: 1 capsule." in said
    assert "One container of a kit: what is decided here counts for 100002-00 too" in said
    assert "2 mg" in said, "the daily total of both containers"
    shown = text(client.get(f"/prescriptions/{made[1].id}"))
    assert "Container 2 of 2 of a kit, with Rx 100001" in shown
    assert "A refill is 30 capsules , at the last dose." in shown
    assert "Correct the entry" not in shown
    again = send(client, typed, scan)
    assert again.headers["Location"] == answer.headers["Location"]
    assert len(rows(case)) == 2


def test_a_kit_may_be_kept_before_it_is_sent_to_review(
    sign_in: SignIn, case: Case, typed: dict, scan: bytes, tina: Actor
) -> None:
    send(sign_in(tina), typed, scan, then="keep")
    assert {one.fills[0].status for one in rows(case)} == {Status.ENTERED}


def test_only_those_who_enter_prescriptions_enter_kits(sign_in: SignIn, case: Case, ada: Actor) -> None:
    assert sign_in(ada).get("/kits/new").status_code == 403
    assert sign_in(ada).post("/kits/preview", data={}).status_code == 403


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"steps-0-dose": "0"}, "The number must be above 0."),
        ({"steps-0-dose": "half"}, "Write a plain number"),
        ({"strengths": "1,5"}, "Write each number with a point, not a comma: 4.5."),
        ({"steps-0-dose": "0,5"}, "with a point, not a comma"),
        ({"steps-0-dose": "9" * 400}, "too long: write at most nine digits"),
        ({"steps-0-dose": "Infinity"}, "Write a plain number"),
        ({"steps-0-days": ""}, "Type for how many days."),
        ({"steps-0-dose": ""}, "Type the dose."),
        ({"steps-0-days": "0"}, "A step must last from 1 to 3650 days."),
        ({"steps-0-days": "7.5"}, "Write a whole number."),
        ({f"steps-{at}-{name}": "" for at in range(4) for name in ("dose", "days")}, "from 1 to 24 steps"),
        ({"steps-0-dose": "0.7"}, "0.7 mg at once cannot be made of 0.5 mg and 1.5 mg capsules"),
        ({"strengths": "0.5, many"}, "“many”: Write a plain number"),
        ({"strengths": "0.5, 0.7"}, "0.7 mg is not made here"),
        ({"strengths": "0.5, 1.5, 4.5"}, "No step takes any 4.5 mg capsule"),
        ({"strengths": "", "most": "1", "steps-0-dose": "0.77"}, "0.77 mg at once cannot be made"),
        ({"most": "4"}, "Not a valid choice"),
        ({"refills": "12"}, "0 to 11"),
        ({"refills": ""}, "Type 0 if there are none."),
        ({"refill_days": "0"}, "A refill is for 1 to 3650 days."),
        ({"refill_days": ""}, "Type for how many days a refill is."),
        ({"when": "sometimes"}, "Not a valid choice"),
        ({"form": "troche"}, "Not a valid choice"),
        ({"patient_id": "", "patient": "Nobody"}, "Choose the patient."),
        ({"prescriber_id": "", "prescriber": "Nobody"}, "Choose the prescriber."),
        ({"reason_for_compounding": "Another reason (say which)"}, "Say which reason."),
    ],
)
def test_what_cannot_be_is_shown_at_its_field_and_nothing_is_saved(
    sign_in: SignIn, case: Case, typed: dict, scan: bytes, tina: Actor, changed: dict, said: str
) -> None:
    answer = send(sign_in(tina), typed, scan, **changed)
    assert answer.status_code == 422
    assert said in text(answer)
    assert not rows(case)
    assert not case.db.scalars(select(Kit.id)).all()


def test_every_wrong_step_is_marked_and_the_summary_calls_fields_as_the_page_does(
    sign_in: SignIn, case: Case, typed: dict, tina: Actor
) -> None:
    wrong = {
        "steps-0-dose": "1,5",
        "steps-0-days": "0",
        "steps-1-dose": "abc",
        "steps-1-days": "1e400",
        "strengths": "x",
    }
    page = send(sign_in(tina), typed, None, **wrong).get_data(as_text=True)
    for name in ("steps-0-dose", "steps-1-dose", "steps-1-days"):
        assert re.search(rf'aria-invalid="true"[^>]*name="{name}"', page), name
    links = re.findall(r'<a href="#\w+">([^<]*)</a>', page[page.index("need a correction") :])[:3]
    assert links == ["The original", "Daily doses", "Make these strengths"]
    assert 'id="steps"' in page


def test_the_original_is_asked_for_again(sign_in: SignIn, case: Case, typed: dict, tina: Actor) -> None:
    answer = send(sign_in(tina), typed, None)
    assert answer.status_code == 422
    assert "Add the original" in text(answer)


def test_without_the_script_a_step_is_added_and_a_patient_chosen_by_a_button(
    sign_in: SignIn, case: Case, typed: dict, tina: Actor
) -> None:
    answer = send(sign_in(tina), typed, None, add_step="1")
    assert answer.status_code == 200
    assert 'name="steps-4-dose"' in answer.get_data(as_text=True)
    found = send(sign_in(tina), typed, None, patient_id="", find="1")
    assert found.status_code == 200
    assert 'name="pick_patient"' in found.get_data(as_text=True)


# --- the panel ------------------------------------------------------------------------------------------------------------


def panel(client: FlaskClient, typed: dict, **changed: object) -> str:
    answer = client.post("/kits/preview", data={**typed, **changed})
    assert answer.status_code == 200
    return text(answer)


def test_the_panel_shows_each_container_and_the_second_check(
    sign_in: SignIn, case: Case, typed: dict, tina: Actor
) -> None:
    said = panel(sign_in(tina), typed)
    assert "1 of 2 · 0.5 mg capsule · 28 capsules , to day 28" in said
    assert "Days 15 to 28: take 1 capsule by mouth at bedtime." in said
    assert (
        "28 capsules of 0.5 mg and 14 capsules of 1.5 mg hold 35 mg, which is what the steps take in 28 days." in said
    )
    assert "Quantity of 0.5 mg capsule" in said


def test_the_panel_proposes_the_strengths_when_none_are_typed(
    sign_in: SignIn, case: Case, typed: dict, tina: Actor
) -> None:
    said = panel(sign_in(tina), typed, strengths="")
    assert "1 of 2 · 0.5 mg capsule" in said
    assert "2 of 2 · 2 mg capsule" in said or "2 of 2 · 1.5 mg capsule" in said


def test_the_panel_says_the_syringe_of_a_liquid(sign_in: SignIn, case: Case, typed: dict, tina: Actor) -> None:
    said = panel(sign_in(tina), typed, form="liquid", strengths="")
    assert "5 mg/mL oral liquid · 7 mL" in said
    assert "Oral syringe: 0.5 mL oral syringe, marked every 0.01 mL." in said


def test_the_panel_screens_the_daily_total(sign_in: SignIn, case: Case, typed: dict, tina: Actor) -> None:
    said = panel(sign_in(tina), typed, **{"steps-3-dose": "6"})
    assert "6 mg a day is above any usual low dose" in said
    assert "nothing is checked yet" in panel(sign_in(tina), typed, patient_id="")


@pytest.mark.parametrize("form", ["capsule", "liquid"])
def test_days_that_are_not_typed_yet_are_asked_for_and_no_rule_speaks_of_them(
    sign_in: SignIn, case: Case, typed: dict, tina: Actor, form: str
) -> None:
    said = panel(sign_in(tina), typed, form=form, strengths="", **{"steps-3-days": ""})
    assert "Look Step 4: Type for how many days." in said
    assert "Type a number" not in said
    assert "STOP" not in said
    assert "NOTE" not in said
    assert "The label is looked at when the steps are complete." in said


def test_a_dose_of_ten_times_too_much_is_said_before_its_days_are_typed(
    sign_in: SignIn, case: Case, typed: dict, tina: Actor
) -> None:
    said = panel(sign_in(tina), typed, **{"steps-3-dose": "45", "steps-3-days": ""})
    assert "45 mg a day is presumed to be a ten-fold error" in said


def test_no_word_of_capsules_is_said_of_a_liquid_that_a_patient_may_not_bear(
    sign_in: SignIn, case: Case, typed: dict, tina: Actor, raw: Engine
) -> None:
    factories.put(raw, Sensitivity, patient_id=case.patient, kind="intolerance", substance="lactose", words="")
    said = panel(sign_in(tina), typed, form="liquid", strengths="", **{"steps-3-days": ""})
    assert "no formula is chosen yet to compare with" in said
    for word in ("shell", "filler", "capsule"):
        assert word not in said
    (rule,) = (one for one in book.load().rules if one.heading.id == "sensitivity.component")
    assert isinstance(rule, rules.Sensitivity)
    assert not re.search("shell|filler", f"{rule.heading.message} {rule.message_unplanned}")


@pytest.mark.parametrize(
    "changed",
    [
        {"steps-0-dose": ""},
        {"steps-0-dose": "1.25"},
        {"strengths": "0.7"},
        {"form": ""},
        {"most": ""},
        {"most": "9"},
        {"refill_days": ""},
        {"when": ""},
    ],
)
def test_half_a_form_is_welcome_on_the_panel(
    sign_in: SignIn, case: Case, typed: dict, tina: Actor, changed: dict
) -> None:
    assert "Containers, as the patient reads them" in panel(sign_in(tina), typed, **changed)


def test_an_empty_form_shows_an_empty_panel(sign_in: SignIn, case: Case, tina: Actor) -> None:
    answer = sign_in(tina).post("/kits/preview", data={})
    assert answer.status_code == 200
    assert "Not complete yet." in text(answer)


def test_the_largest_step_of_bad_input_is_quick(sign_in: SignIn, case: Case, typed: dict, tina: Actor) -> None:
    said = panel(sign_in(tina), typed, **{"steps-0-dose": "999999999.999999999", "strengths": ""})
    assert "cannot be made" in said
