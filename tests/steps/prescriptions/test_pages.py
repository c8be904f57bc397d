"""The pages: entry with every bad input, the live panel, the review with its forms, and who may open what."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from io import BytesIO

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, func, select

from pharmacy.accounts import held
from pharmacy.accounts.models import HeldForm
from pharmacy.actions.catalogue import Actor
from pharmacy.actions.models import AuditEntry
from pharmacy.domain.workflow import Status
from pharmacy.prescriptions import queries, service
from pharmacy.prescriptions.models import Fill, Prescription
from pharmacy.screening import queries as screening
from tests import factories
from tests.steps.prescriptions.conftest import Case, seen

SignIn = Callable[[Actor], FlaskClient]
KEY = "0123456789abcdef" * 2


@pytest.fixture
def typed(case: Case) -> dict[str, object]:
    """The entry form, filled in as a pharmacist would."""
    return {
        "key": KEY,
        "written_on": "20 NOV 2026",
        "came_by": "paper",
        "patient": "Bramblewick",
        "patient_id": str(case.patient),
        "prescriber": "Fable",
        "prescriber_id": str(case.prescriber),
        "form": "capsule",
        "strength": "4.5",
        "steps-0-amount": "1",
        "steps-0-when": "at bedtime",
        "steps-0-days": "",
        "quantity": "30",
        "refills": "3",
        "purpose": "fibromyalgia",
        "print_purpose": "y",
        "reason_for_compounding": "No product of this strength is made",
        "then": "review",
    }


def send(client: FlaskClient, typed: dict[str, object], scan: bytes | None, **changed: object) -> object:
    data = {**typed, **changed}
    if scan is not None:
        data["original"] = (BytesIO(scan), "original.png")
    return client.post("/prescriptions/new", data=data, content_type="multipart/form-data")


def text(answer: object) -> str:
    """What a reader sees: no tags, plain blanks."""
    return (
        re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)))
        .replace("\u00a0", " ")
        .replace("&nbsp;", " ")
    )


def fill_of(case: Case, number: str = "100001") -> Fill:
    """The fill as it is now: what the client wrote, the test's own reading would not see."""
    case.db.rollback()
    found = queries.fill_by_number(case.db, number)
    assert found is not None
    return found


def count(case: Case) -> int:
    case.db.rollback()
    return case.db.scalar(select(func.count()).select_from(Prescription))


# --- entry ------------------------------------------------------------------------------------------------------------


def test_the_empty_page_opens_for_those_who_enter(sign_in: SignIn, case: Case, tina: Actor, ada: Actor) -> None:
    assert sign_in(tina).get("/prescriptions/new").status_code == 200
    refused = sign_in(ada).get("/prescriptions/new")
    assert refused.status_code == 403
    assert "technician" in text(refused)


def test_a_prescription_goes_from_the_form_into_review(
    sign_in: SignIn, case: Case, typed: dict, scan: bytes, tina: Actor
) -> None:
    client = sign_in(tina)
    answer = send(client, typed, scan)
    assert answer.status_code == 302
    assert "/review" in answer.headers["Location"]
    one = fill_of(case)
    assert (one.status, one.prescription.refills) == (Status.IN_REVIEW, 3)
    page = client.get(answer.headers["Location"])
    assert page.status_code == 200
    assert "Take 1 capsule by mouth at bedtime." in text(page)


def test_the_form_sent_twice_has_one_effect(sign_in: SignIn, case: Case, typed: dict, scan: bytes, tina: Actor) -> None:
    client = sign_in(tina)
    places = [send(client, typed, scan).headers["Location"] for _ in range(2)]
    assert places[0] == places[1]
    assert count(case) == 1


def test_saved_for_later_it_stays_entered(sign_in: SignIn, case: Case, typed: dict, scan: bytes, tina: Actor) -> None:
    send(sign_in(tina), typed, scan, then="keep")
    assert fill_of(case).status == Status.ENTERED


@pytest.mark.parametrize(
    "quantity", ["0", "-1", "1e3", "Infinity", "１", "4,5", "9" * 400, "", "30.5", "NaN", " ", "0x1e"]
)
def test_a_quantity_that_is_no_count_is_refused_and_nothing_typed_is_lost(
    sign_in: SignIn, case: Case, typed: dict, scan: bytes, tina: Actor, quantity: str
) -> None:
    answer = send(sign_in(tina), typed, scan, quantity=quantity)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'id="quantity-e"' in page
    assert f'value="{quantity.strip()}"' in page or f'value="{quantity}"' in page
    for kept in ("20 NOV 2026", "Bramblewick", "fibromyalgia", 'value="4.5"'):
        assert kept in page
    assert count(case) == 0


@pytest.mark.parametrize("strength", ["0", "-4.5", "4,5", "4.5mg", "１", "1e1", "Infinity", ".5", "", "9" * 400])
def test_a_strength_that_is_no_number_is_refused(
    sign_in: SignIn, case: Case, typed: dict, scan: bytes, tina: Actor, strength: str
) -> None:
    answer = send(sign_in(tina), typed, scan, strength=strength)
    assert answer.status_code == 422
    assert 'id="strength-e"' in answer.get_data(as_text=True)
    assert count(case) == 0


def test_45_mg_for_4_5_is_asked_about_at_its_field(
    sign_in: SignIn, case: Case, typed: dict, scan: bytes, tina: Actor
) -> None:
    answer = send(sign_in(tina), typed, scan, strength="45")
    assert answer.status_code == 422
    assert "Was 4.5 mg meant?" in text(answer)
    assert 'value="45"' in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    "day", ["24 NOV 2026", "29 FEB 2026", "31 APR 2026", "20 NOV 2024", "yesterday", "", "20.11.2026", "２０ NOV 2026"]
)
def test_a_day_that_cannot_be_is_refused(
    sign_in: SignIn, case: Case, typed: dict, scan: bytes, tina: Actor, day: str
) -> None:
    answer = send(sign_in(tina), typed, scan, written_on=day)
    assert answer.status_code == 422
    assert 'id="written_on-e"' in answer.get_data(as_text=True)
    assert count(case) == 0


@pytest.mark.parametrize("day", ["2026-11-20", "11/20/2026", "20 nov 2026", " 20  NOV  2026 "])
def test_a_day_may_be_written_in_the_usual_ways(
    sign_in: SignIn, case: Case, typed: dict, scan: bytes, tina: Actor, day: str
) -> None:
    assert send(sign_in(tina), typed, scan, written_on=day).status_code == 302


@pytest.mark.parametrize(
    ("refills", "sentence"),
    [("12", "0 to 11"), ("2,5", "without a comma or a point"), ("-1", "must not be below 0"), ("", "Type 0")],
)
def test_refills_are_a_whole_number_to_11(
    sign_in: SignIn, case: Case, typed: dict, scan: bytes, tina: Actor, refills: str, sentence: str
) -> None:
    answer = send(sign_in(tina), typed, scan, refills=refills)
    assert answer.status_code == 422
    assert sentence in text(answer)


@pytest.mark.parametrize(
    ("amount", "days", "sentence"),
    [
        ("1.5", "", "taken whole"),
        ("0", "", "above 0"),
        ("", "14", "Type a number"),
        ("1", "0", "1 to 3,650 days"),
        ("1", "1.5", "whole number"),
        ("1", "9" * 400, "too long"),
        ("１", "", "plain number"),
        ("", "", "how much to take"),
    ],
)
def test_directions_that_cannot_be_taken_are_refused(
    sign_in: SignIn, case: Case, typed: dict, scan: bytes, tina: Actor, amount: str, days: str, sentence: str
) -> None:
    answer = send(sign_in(tina), typed, scan, **{"steps-0-amount": amount, "steps-0-days": days})
    assert answer.status_code == 422
    assert sentence in text(answer)
    assert count(case) == 0


def test_only_the_last_step_may_go_on_without_end(
    sign_in: SignIn, case: Case, typed: dict, scan: bytes, tina: Actor
) -> None:
    more = {"steps-1-amount": "2", "steps-1-when": "at bedtime", "steps-1-days": "14"}
    answer = send(sign_in(tina), typed, scan, **more)
    assert answer.status_code == 422
    assert "only the last may go on without end" in text(answer)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "original"),
        (b"plain text", "no PDF, JPEG or PNG"),
        (b"%PDF-1.4 cut off", "PDF"),
        (b"\x89PNG\r\n\x1a\n and nothing", "damaged"),
    ],
)
def test_an_upload_that_is_not_what_it_says_is_refused(
    sign_in: SignIn, case: Case, typed: dict, tina: Actor, content: bytes, sentence: str
) -> None:
    answer = send(sign_in(tina), typed, content)
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert 'id="original-e"' in page
    assert sentence.lower() in page.lower()
    assert count(case) == 0


def test_without_an_original_nothing_is_entered(sign_in: SignIn, case: Case, typed: dict, tina: Actor) -> None:
    answer = send(sign_in(tina), typed, None)
    assert answer.status_code == 422
    assert "Add the original" in text(answer)


def test_the_summary_follows_the_page_and_asks_for_a_file_only_where_one_was_chosen(
    sign_in: SignIn, case: Case, typed: dict, scan: bytes, tina: Actor
) -> None:
    wrong = {
        "written_on": "yesterday",
        "strength": "x",
        "steps-0-amount": "1,5",
        "steps-0-days": "x",
        "quantity": "abc",
    }
    page = send(sign_in(tina), typed, None, **wrong).get_data(as_text=True)
    links = re.findall(r'<a href="#(\w+)">', page[page.index("need a correction") :])
    assert links == ["written_on", "original", "strength", "steps", "quantity"]
    places = [page.index(f'id="{one}"') for one in links]
    assert places == sorted(places)
    assert "A file must be chosen again" not in page
    assert page.count("Write the number with a point, not a comma: 4.5.") == 1
    assert page.count("Write a whole number with digits alone, such as 30.") == 2
    assert "A file must be chosen again" in text(send(sign_in(tina), typed, scan, **wrong))


def test_a_telephone_order_names_caller_pharmacist_and_reading_back(
    sign_in: SignIn, case: Case, typed: dict, tina: Actor, paul: Actor
) -> None:
    told = {"came_by": "telephone", "caller": "Nurse Quill", "read_back": "y"}
    assert "by a pharmacist" in text(send(sign_in(tina), typed, None, **told))
    assert "read back" in text(send(sign_in(paul), typed, None, **{**told, "read_back": ""}))
    assert send(sign_in(paul), typed, None, **told).status_code == 302
    row = fill_of(case).prescription
    assert (row.taken_by, row.caller, row.read_back) == (paul.id, "Nurse Quill", True)


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", 'O"Neill & Søn', "李小龙", "Ж" * 200])
def test_what_is_typed_comes_back_escaped(
    sign_in: SignIn, case: Case, typed: dict, scan: bytes, tina: Actor, name: str
) -> None:
    answer = send(sign_in(tina), typed, scan, quantity="", purpose=name)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "<script>alert" not in page
    from html import unescape

    assert name in unescape(page)


def test_a_longer_purpose_than_200_characters_is_refused(
    sign_in: SignIn, case: Case, typed: dict, scan: bytes, tina: Actor
) -> None:
    assert "At most 200 characters" in text(send(sign_in(tina), typed, scan, purpose="x" * 201))


def test_nobody_chosen_is_said_and_a_single_match_is_taken(
    sign_in: SignIn, case: Case, raw: Engine, typed: dict, scan: bytes, tina: Actor
) -> None:
    client = sign_in(tina)
    answer = send(client, typed, scan, patient="Nobody of this name", patient_id="")
    assert answer.status_code == 422
    assert "Choose the patient" in text(answer)
    assert send(client, typed, scan, patient_id="").status_code == 302  # "Bramblewick" names one patient


def test_several_matches_are_offered_as_buttons_without_script(
    sign_in: SignIn, case: Case, raw: Engine, typed: dict, scan: bytes, tina: Actor
) -> None:
    second = factories.patient(raw, given_name="Ferdinand")
    client = sign_in(tina)
    answer = send(client, typed, scan, patient_id="", find="1")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert f'name="pick_patient" value="{second}"' in page
    picked = send(client, typed, scan, patient_id="", pick_patient=str(second))
    assert f'name="patient_id" type="hidden" value="{second}"' in picked.get_data(as_text=True)
    assert "Ferdinand Bramblewick" in text(picked)


def test_a_step_is_added_without_script(sign_in: SignIn, case: Case, typed: dict, tina: Actor) -> None:
    answer = send(sign_in(tina), typed, None, add_step="1")
    assert answer.status_code == 200
    assert 'name="steps-1-amount"' in answer.get_data(as_text=True)


def test_coming_from_a_patient_the_patient_is_chosen(sign_in: SignIn, case: Case, tina: Actor) -> None:
    page = sign_in(tina).get(f"/prescriptions/new?patient={case.patient}").get_data(as_text=True)
    assert f'name="patient_id" type="hidden" value="{case.patient}"' in page


def test_a_correction_shows_the_entry_and_writes_the_change(
    sign_in: SignIn, case: Case, typed: dict, tina: Actor
) -> None:
    one = case.in_review(tina)
    client = sign_in(tina)
    address = f"/prescriptions/{one.prescription_id}/edit"
    page = client.get(address).get_data(as_text=True)
    assert 'value="4.5"' in page
    version = re.search(r'name="seen_version" type="hidden" value="([0-9]+)"', page).group(1)
    changed = {**typed, "seen_id": str(one.prescription_id), "seen_version": version, "quantity": "60"}
    assert client.post(address, data=changed).status_code == 302
    assert fill_of(case).prescription.quantity == 60
    second = client.post(address, data={**changed, "key": "f" * 32, "quantity": "90"})
    assert second.status_code == 409
    assert "Tina Mallow" in text(second)
    assert f'<a class="btn btn-primary" href="{address}">See it as it is now</a>' in second.get_data(as_text=True)


def test_what_was_typed_when_the_session_ended_comes_back_after_signing_in(
    sign_in: SignIn, case: Case, typed: dict, scan: bytes, tina: Actor, noon: object
) -> None:
    client = sign_in(tina)
    noon.shift(20 * 60)  # the session ends after 15 idle minutes
    lapsed = send(client, typed, scan, quantity="84", purpose="Ж <b>fibromyalgia</b>")
    assert lapsed.status_code == 302
    assert "/sign-in" in lapsed.headers["Location"]
    client.post("/sign-in", data={"name": "tina", "password": factories.PASSWORD})
    kept = case.db.scalar(select(func.max(HeldForm.id)))
    page = client.get(f"/prescriptions/new?held={kept}").get_data(as_text=True)
    assert 'value="84"' in page
    assert "Ж &lt;b&gt;fibromyalgia&lt;/b&gt;" in page
    again = {**typed, "quantity": "84", "held_id": str(kept), "key": KEY}
    assert send(client, again, scan).status_code == 302
    assert fill_of(case).quantity == 84


# --- the panel --------------------------------------------------------------------------------------------------------


def panel(client: FlaskClient, **typed: object) -> str:
    answer = client.post("/prescriptions/preview", data=typed)
    assert answer.status_code == 200
    return text(answer)


def test_the_panel_tolerates_an_empty_form_and_writes_nothing(sign_in: SignIn, case: Case, tina: Actor) -> None:
    client = sign_in(tina)
    case.db.rollback()
    before = case.db.scalar(select(func.max(AuditEntry.id)))
    shown = panel(client)
    panel(client, strength="4,5", quantity="x", form="tablet", patient_id="999", seen_id="abc")
    case.db.rollback()
    assert "Not complete yet." in shown
    assert "nothing is checked yet" in shown
    assert case.db.scalar(select(func.max(AuditEntry.id))) == before


def test_the_panel_shows_sentence_supply_dose_and_what_is_to_be_weighed(
    sign_in: SignIn, case: Case, typed: dict, tina: Actor
) -> None:
    shown = panel(sign_in(tina), **typed)
    for part in (
        "Take 1 capsule by mouth at bedtime.",
        "30 days",
        "4.5 mg",
        "30 capsules",
        "Drug to weigh",
        "Filler, MCC",
    ):
        assert part in shown
    assert "31.5 portions" in shown
    assert "Off-label use" in shown


def test_the_panel_weighs_a_liquid(sign_in: SignIn, case: Case, typed: dict, tina: Actor) -> None:
    liquid = {"form": "liquid", "strength": "1", "steps-0-amount": "4.5", "quantity": "135"}
    shown = panel(sign_in(tina), **{**typed, **liquid})
    assert "Take 4.5 mL by mouth at bedtime." in shown
    assert "Drug to weigh" in shown
    assert "Oral syringe: 10 mL oral syringe, marked every 0.5 mL." in shown


def test_the_panel_names_the_concentration_that_could_be_measured(
    sign_in: SignIn, case: Case, typed: dict, tina: Actor
) -> None:
    liquid = {"form": "liquid", "strength": "1", "steps-0-amount": "4.55", "quantity": "135"}
    shown = panel(sign_in(tina), **{**typed, **liquid})
    assert "No oral syringe measures 4.55 mL. Of 5 mg/mL: 0.91 mL in a 1 mL oral syringe could be measured." in shown


def test_the_panel_doubts_a_quantity_that_does_not_match(sign_in: SignIn, case: Case, typed: dict, tina: Actor) -> None:
    shown = panel(sign_in(tina), **{**typed, "steps-0-amount": "2", "quantity": "31"})
    assert "After 15 days 1 capsule would be left over." in shown


def test_the_panel_says_when_the_quantity_never_reaches_the_last_step(
    sign_in: SignIn, case: Case, typed: dict, tina: Actor
) -> None:
    steps = {"steps-0-days": "30", "steps-1-amount": "2", "steps-1-when": "at bedtime", "steps-1-days": ""}
    client = sign_in(tina)
    short = panel(client, **{**typed, **steps, "quantity": "30"})
    assert "This quantity ends after 30 days, before the last step, which begins on day 31." in short
    assert "before the last step" not in panel(client, **{**typed, **steps, "quantity": "32"})


def test_the_panel_shows_the_findings_of_a_patient(
    sign_in: SignIn, case: Case, raw: Engine, typed: dict, tina: Actor
) -> None:
    factories.medicine(raw, case.patient, "oxycodone 5 mg")
    shown = panel(sign_in(tina), **typed)
    assert "BLOCK" in shown
    assert "Takes oxycodone" in shown
    assert "BLOCK" in panel(sign_in(tina), **{**typed, "patient_id": str(factories.patient(raw)), "strength": "45"})


# --- the review -------------------------------------------------------------------------------------------------------


def hidden(page: str, prefix: str) -> dict[str, str]:
    """The hidden fields of one of the page's forms."""
    found = re.findall(rf'name="({prefix}-[a-z_]+)" type="hidden" value="([^"]*)"', page)
    return dict(found)


def test_the_review_reads_for_everyone_and_decides_for_pharmacists(
    sign_in: SignIn, case: Case, raw: Engine, tina: Actor, paul: Actor, ada: Actor, adam: Actor
) -> None:
    case.patient = factories.patient(raw, conditions=["depression"])
    one = case.in_review(tina)
    address = f"/fills/{one.id}/review"
    for reader in (tina, ada):
        page = text(sign_in(reader).get(address))
        assert "Depression" in page
        assert "Record decision" not in page
        assert "Accept the fill" not in page
    assert "Record decision" in text(sign_in(paul).get(address))
    assert sign_in(adam).get(address).status_code == 403
    assert sign_in(paul).get("/fills/999/review").status_code == 404


def test_a_stop_is_decided_on_the_page_with_a_pin(
    sign_in: SignIn, case: Case, raw: Engine, tina: Actor, paul: Actor
) -> None:
    from datetime import date

    factories.medicine(raw, case.patient, "oxycodone IR 5 mg", use="stopped", last_dose=date(2026, 11, 19))
    one = case.confirmed(tina)
    row = next(found for found in screening.open_findings(case.db, one.id) if found.level == "STOP")
    prefix, client = f"decide{row.id}", sign_in(paul)
    given = {
        "outcome": "wait",
        "reason": "Start held until the date",
        "spoke_with": "Dr Fable",
        "spoke_how": "phone",
        "spoke_at": "23 NOV 2026 11:20",
        "secret": "000000",
    }

    def post(**changed: str) -> object:
        page = client.get(f"/fills/{one.id}/review").get_data(as_text=True)
        own = {f"{prefix}-{name}": value for name, value in {**given, **changed}.items()}
        return client.post(f"/findings/{row.id}/decision", data={**hidden(page, prefix), **own})

    wrong = post()
    assert wrong.status_code == 422
    assert "not your PIN" in text(wrong)
    assert "Start held until the date" in wrong.get_data(as_text=True)
    assert "000000" not in wrong.get_data(as_text=True)
    assert "whom you spoke with" in text(post(spoke_with="", secret=factories.PIN))
    assert post(secret=factories.PIN).status_code == 302
    case.db.rollback()
    decided = screening.finding(case.db, row.id)
    assert (decided.status, decided.decisions[0].signed, decided.decisions[0].outcome) == ("decided", "PIN", "wait")
    assert "Waits until the date" in text(client.get(f"/fills/{one.id}/review"))


def test_two_people_decide_on_their_pages_and_the_second_is_told_who_was_first(
    sign_in: SignIn, case: Case, raw: Engine, tina: Actor, paul: Actor, pia: Actor
) -> None:
    case.patient = factories.patient(raw, conditions=["depression"])
    one = case.confirmed(tina)
    row = next(found for found in screening.open_findings(case.db, one.id) if found.level == "CAUTION")
    prefix, clients = f"decide{row.id}", [sign_in(paul), sign_in(pia)]
    pages = [client.get(f"/fills/{one.id}/review").get_data(as_text=True) for client in clients]
    given = {f"{prefix}-outcome": "go on", f"{prefix}-reason": "Talked it through"}
    answers = [
        client.post(f"/findings/{row.id}/decision", data={**hidden(page, prefix), **given})
        for client, page in zip(clients, pages, strict=True)
    ]
    assert [answer.status_code for answer in answers] == [302, 409]
    assert "Paul Sorrel" in text(answers[1])


def test_the_whole_review_on_the_page(sign_in: SignIn, case: Case, raw: Engine, tina: Actor, paul: Actor) -> None:
    one = case.in_review(tina)
    client = sign_in(paul)
    address = f"/fills/{one.id}/review"

    def post(what: str, prefix: str, **given: str) -> object:
        page = client.get(address).get_data(as_text=True)
        own = {f"{prefix}-{name}": value for name, value in given.items()}
        return client.post(f"/fills/{one.id}/{what}", data={**hidden(page, prefix), **own})

    early = post("acceptance", "accept")
    assert early.status_code == 422
    assert "confirm the list" in text(early)
    assert post("medicines", "medicines").status_code == 302
    assert post("hold", "hold", question="", asked_of="Dr Fable").status_code == 422
    assert post("hold", "hold", question="Is 4.5 mg meant?", asked_of="Dr Fable").status_code == 302
    assert "Is 4.5 mg meant?" in text(client.get(address))
    assert post("answer", "answer", answer="Yes", answered_by="Dr Fable").status_code == 302
    assert post("acceptance", "accept").status_code == 302
    assert fill_of(case).status == Status.ACCEPTED


def test_an_unknown_medicine_is_resolved_on_the_page(
    sign_in: SignIn, case: Case, raw: Engine, tina: Actor, paul: Actor
) -> None:
    factories.medicine(raw, case.patient, "Sereniva calm syrup")
    one = case.confirmed(tina)
    row = next(found for found in screening.open_findings(case.db, one.id) if found.level == "NOT CHECKED")
    client, prefix = sign_in(paul), f"resolve{row.id}"
    page = client.get(f"/fills/{one.id}/review").get_data(as_text=True)
    given = {f"{prefix}-resolution": "Label read by phone: valerian only"}
    answer = client.post(f"/findings/{row.id}/resolution", data={**hidden(page, prefix), **given})
    assert answer.status_code == 302
    case.db.rollback()
    assert screening.open_findings(case.db, one.id) == []


def test_a_stale_screening_is_said_and_run_again(sign_in: SignIn, case: Case, raw: Engine, tina: Actor) -> None:
    one = case.confirmed(tina)
    factories.medicine(raw, case.patient, "methadone")
    client = sign_in(tina)
    page = client.get(f"/fills/{one.id}/review").get_data(as_text=True)
    assert "has changed since these findings were made" in page
    assert client.post(f"/fills/{one.id}/screening", data=hidden(page, "again")).status_code == 302
    assert "Takes methadone" in text(client.get(f"/fills/{one.id}/review"))


# --- the list and one prescription ------------------------------------------------------------------------------------


def test_the_list_shows_what_is_open_and_finds_by_number(sign_in: SignIn, case: Case, tina: Actor, ada: Actor) -> None:
    one = case.in_review(tina)
    client = sign_in(ada)
    assert one.number in text(client.get("/prescriptions"))
    assert client.post("/prescriptions", data={"key": KEY, "number": "100001"}).status_code == 302
    lost = client.post("/prescriptions", data={"key": KEY, "number": "999999"})
    assert lost.status_code == 422
    assert "no prescription of that number" in text(lost)


def test_the_prescription_page_starts_a_refill(
    sign_in: SignIn, case: Case, raw: Engine, tina: Actor, paul: Actor
) -> None:
    one = case.accepted(tina, paul)
    client, address = sign_in(tina), f"/prescriptions/{one.prescription_id}"
    assert "still open" in text(client.get(address))
    factories.change(raw, Fill, one.id, status=Status.HANDED_OVER.value)
    page = client.get(address).get_data(as_text=True)
    given = dict(re.findall(r'name="(key|seen_id|seen_version)" type="hidden" value="([^"]*)"', page))
    answers = [client.post(f"{address}/refill", data=given) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    case.db.rollback()
    assert len(queries.prescription(case.db, one.prescription_id).fills) == 2


def test_opening_a_prescription_is_on_record_once(sign_in: SignIn, case: Case, tina: Actor, ada: Actor) -> None:
    one = case.entered(tina)
    client = sign_in(ada)
    for _ in range(2):
        assert client.get(f"/prescriptions/{one.prescription_id}").status_code == 200
    case.db.rollback()
    seen_by = case.db.scalars(
        select(AuditEntry).where(AuditEntry.action == "subject:view", AuditEntry.actor == ada.id)
    ).all()
    assert len(seen_by) == 1


def test_an_amendment_reads_as_was_and_now(sign_in: SignIn, case: Case, tina: Actor, paul: Actor, ada: Actor) -> None:
    from tests.steps.prescriptions.conftest import capsule_order

    one = case.accepted(tina, paul)
    order = capsule_order(strength=Decimal(3))
    service.amend_prescription(case.db, paul, seen(one.prescription), order, "Dr Fable", "dose lowered")
    page = text(sign_in(ada).get(f"/prescriptions/{one.prescription_id}"))
    for part in ("4.5 mg capsule", "3 mg capsule", "Dr Fable", "dose lowered"):
        assert part in page


def amending(client: FlaskClient, one: Fill, typed: dict, **changed: str) -> object:
    """The amendment page opened, and sent with these changes to what stands in it."""
    address = f"/prescriptions/{one.prescription_id}/amendment"
    page = client.get(address).get_data(as_text=True)
    version = re.search(r'name="seen_version" type="hidden" value="([0-9]+)"', page).group(1)
    own = {"seen_id": str(one.prescription_id), "seen_version": version, "then": "save"}
    return client.post(address, data={**typed, **own, "authorised_by": "Dr Fable", "reason": "asked", **changed})


def test_an_amendment_that_changes_nothing_is_told_so_on_its_page(
    sign_in: SignIn, case: Case, typed: dict, tina: Actor, paul: Actor
) -> None:
    one = case.accepted(tina, paul)
    same = amending(sign_in(paul), one, typed)
    assert same.status_code == 422
    assert "Nothing is changed." in text(same)
    assert 'value="Dr Fable"' in same.get_data(as_text=True)


def test_an_amendment_to_a_strength_that_is_not_made_is_refused_on_its_page(
    sign_in: SignIn, case: Case, typed: dict, tina: Actor, paul: Actor
) -> None:
    one = case.accepted(tina, paul)
    refused = amending(sign_in(paul), one, typed, strength="2.75")
    assert refused.status_code == 422
    assert 'value="2.75"' in refused.get_data(as_text=True)


def test_a_correction_to_a_strength_that_is_not_made_is_refused_on_its_page(
    sign_in: SignIn, case: Case, typed: dict, tina: Actor
) -> None:
    one = case.in_review(tina)
    client, address = sign_in(tina), f"/prescriptions/{one.prescription_id}/edit"
    page = client.get(address).get_data(as_text=True)
    version = re.search(r'name="seen_version" type="hidden" value="([0-9]+)"', page).group(1)
    refused = client.post(
        address, data={**typed, "seen_id": str(one.prescription_id), "seen_version": version, "strength": "2.75"}
    )
    assert refused.status_code == 422
    assert 'value="2.75"' in refused.get_data(as_text=True)


def test_a_typed_amendment_comes_back_after_signing_in(
    sign_in: SignIn, case: Case, typed: dict, tina: Actor, paul: Actor, noon: object
) -> None:
    one = case.accepted(tina, paul)
    client = sign_in(paul)
    noon.shift(20 * 60)
    address = f"/prescriptions/{one.prescription_id}/amendment"
    assert client.post(address, data={**typed, "authorised_by": "Dr Fable"}).status_code == 302
    client.post("/sign-in", data={"name": "paul", "password": factories.PASSWORD})
    case.db.rollback()
    kept = case.db.scalar(select(func.max(HeldForm.id)))
    page = client.get(f"{address}?held={kept}").get_data(as_text=True)
    assert 'value="Dr Fable"' in page
    with client.application.test_request_context():
        assert held.opens_again(address)  # so the way back after signing in leads to this page


def test_the_address_of_a_form_says_so_when_it_is_loaded_again(
    sign_in: SignIn, case: Case, tina: Actor, paul: Actor
) -> None:
    one = case.in_review(tina)
    client = sign_in(paul)
    loaded = client.get(f"/fills/{one.id}/cancellation")
    assert loaded.status_code == 405
    assert "takes only what its form sends" in text(loaded)
    assert "Back to your work queue" in text(loaded)
    assert "Back to your work queue" in text(client.get("/fills/abc/review"))


def test_a_refusal_shows_no_patient_data(sign_in: SignIn, case: Case, tina: Actor, adam: Actor) -> None:
    one = case.entered(tina)
    for address in ("/prescriptions", f"/prescriptions/{one.prescription_id}", f"/fills/{one.id}/review"):
        refused = sign_in(adam).get(address)
        assert refused.status_code == 403
        assert "Bramblewick" not in text(refused)


def test_the_rule_book_is_read_by_everyone(sign_in: SignIn, case: Case, ada: Actor) -> None:
    page = text(sign_in(ada).get("/rules"))
    assert "opioid.current" in page
    assert "not yet verified" in page
    assert "{" not in page
