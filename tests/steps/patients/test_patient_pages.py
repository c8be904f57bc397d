"""The pages of patients and prescribers, through the client as a browser sends them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from pharmacy.actions.catalogue import Action, Actor
from pharmacy.actions.models import AuditEntry
from pharmacy.patients import queries, service
from pharmacy.patients.models import MedicineTaken, Patient, Prescriber
from tests import factories
from tests.steps.patients.conftest import FERGUS, seen

SignIn = Callable[[Actor], FlaskClient]
Told = Callable[..., list[MedicineTaken]]
PERSON = {
    "given_name": "Odile",
    "family_name": "Quillfeather",
    "born": "30 SEP 1984",
    "sex": "female",
    "street": "8 Inkwell Close",
    "town": "Sampleton, IL 00000",
    "phone": "555-0144",
    "language": "English",
    "pregnancy": "no",
    "lactation": "no",
    "none_known": "y",
}
DOCTOR = {
    "given_name": "Cosmo",
    "family_name": "Fable",
    "credentials": "MD",
    "npi": "1234567893",
    "licence": "036-00001",
    "licence_state": "IL",
    "phone": "555-0166",
    "active": "y",
}


def hidden(page: str) -> dict[str, str]:
    """The key and the seen row that the form of this page carries."""
    form = page[page.index("data-main") :]
    found = {}
    for name in ("key", "seen_id", "seen_version"):
        tag = re.search(rf'<input[^>]*name="{name}"[^>]*>', form)
        assert tag, name
        value = re.search(r'value="([^"]*)"', tag[0])
        found[name] = value[1] if value else ""
    return found


def send(client: FlaskClient, address: str, **data: object) -> tuple[int, str]:
    """Open the page, fill its form, send it: status, and the page or the address that follows."""
    page = client.get(address).get_data(as_text=True)
    answer = client.post(address, data={**hidden(page), **data})
    return answer.status_code, answer.headers.get("Location") or unescape(answer.get_data(as_text=True))


def patients(db: Session) -> int:
    db.rollback()
    return db.scalar(select(func.count(Patient.id))) or 0


def test_a_technician_adds_a_patient_and_is_led_to_ask_for_the_medicines(
    sign_in: SignIn, db: Session, tina: Actor
) -> None:
    status, then = send(
        sign_in(tina),
        "/patients/new",
        **{
            **PERSON,
            "none_known": "",
            "sensitivities-0-words": "hpmc",
            "sensitivities-0-kind": "drug",
            "sensitivities-0-reaction": "rash",
        },
        conditions=["thyroid-disease", "transplant"],
        other_conditions="Gnarled toe; dialysis",
    )
    assert status == 302
    row = queries.patient(db, 1)
    assert then.endswith("/patients/1/medicines")
    assert row.full_name == "Odile Quillfeather"
    assert [(one.kind, one.substance) for one in row.sensitivities] == [("shell", "hypromellose")]
    codes = {one.code for one in row.conditions}
    assert codes == {"thyroid-disease", "transplant", "severe-renal-impairment", "other"}


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("born", "29 FEB 2023", "There is no such day"),
        ("born", "31/12/1984", "There is no such day"),
        ("born", "01 JAN 2999", "future"),
        ("born", "01 JAN 1899", "no such day"),
        ("born", "", "asked for"),
        ("given_name", "   ", "asked for"),
        ("family_name", "x" * 201, "200 characters"),
        ("family_name", "Mo\u202ess", "invisible"),
        ("family_name", "Mo\x00ss", "invisible"),
        ("phone", "12", "7 to 15 digits"),
        ("sex", "purple", "Not a valid choice"),
        ("pregnancy", "", "Not a valid choice"),
        ("conditions", "no-such-code", "is not a valid choice"),
        ("sensitivities-0-reaction", "hives", "Name what the patient does not bear"),
    ],
)
def test_bad_input_is_said_at_its_field_and_nothing_typed_is_lost(
    sign_in: SignIn, db: Session, tina: Actor, field: str, typed: str, said: str
) -> None:
    status, page = send(sign_in(tina), "/patients/new", **{**PERSON, field: typed})
    assert status == 422
    assert said in page
    assert "8 Inkwell Close" in page
    assert patients(db) == 0


def test_a_name_with_angle_brackets_is_shown_as_text(
    sign_in: SignIn, db: Session, tina: Actor, add: Callable[..., int], told: Told
) -> None:
    name = "<script>alert(1)</script> & \"O’Brien'"
    patient_id = add(family_name=name)
    told(patient_id, "<img src=x onerror=alert(1)> drops")
    client = sign_in(tina)
    pages = [
        client.get(at).get_data(as_text=True) for at in (f"/patients/{patient_id}", f"/patients/{patient_id}/edit")
    ]
    pages += [client.get(f"/patients/{patient_id}/medicines").get_data(as_text=True)]
    pages += [client.post(f"/patients/{at}", data={"q": "brien"}).get_data(as_text=True) for at in ("find", "suggest")]
    for page in pages:
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "&lt;script&gt;alert(1)" in page


def test_the_same_person_again_asks_for_a_tick(sign_in: SignIn, db: Session, tina: Actor) -> None:
    client = sign_in(tina)
    send(client, "/patients/new", **PERSON)
    status, page = send(client, "/patients/new", **PERSON)
    assert status == 422
    assert "already" in page
    assert 'name="another_person"' in page
    assert patients(db) == 1
    status, _ = send(client, "/patients/new", **PERSON, another_person="y")
    assert status == 302
    assert patients(db) == 2


def test_more_rows_come_without_a_script_and_keep_what_is_typed(
    sign_in: SignIn, db: Session, tina: Actor, fergus: int
) -> None:
    client = sign_in(tina)
    status, page = send(client, f"/patients/{fergus}/medicines", **{"medicines-0-typed": "ibuprofen"}, add_row="1")
    assert status == 200
    assert 'value="ibuprofen"' in page
    assert 'name="medicines-3-typed"' in page
    assert queries.patient(db, fergus).history_asked_at is None
    status, page = send(client, "/patients/new", **PERSON, **{"sensitivities-0-words": "lactose"}, add_row="1")
    assert status == 200
    assert 'value="lactose"' in page
    assert 'name="sensitivities-2-words"' in page
    assert patients(db) == 1


def test_the_list_is_recorded_row_by_row_and_a_row_is_taken_off(
    sign_in: SignIn, db: Session, tina: Actor, fergus: int
) -> None:
    client = sign_in(tina)
    rows = {
        "medicines-0-typed": "oxycodone IR 5 mg",
        "medicines-0-use": "stopped",
        "medicines-0-last_dose": "01 NOV 2026",
        "medicines-0-source": "patient",
        "medicines-2-typed": "metformin",
        "medicines-2-use": "current",
        "medicines-2-source": "another pharmacy",
    }
    status, _ = send(client, f"/patients/{fergus}/medicines", **rows)
    assert status == 302
    first, second = queries.taken(queries.patient(db, fergus))
    assert (first.use, str(first.last_dose), second.last_dose) == ("stopped", "2026-11-01", None)
    rows |= {"medicines-0-id": str(first.id), "medicines-0-removed": "y", "medicines-2-id": str(second.id)}
    assert send(client, f"/patients/{fergus}/medicines", **rows)[0] == 302
    db.rollback()
    assert [one.id for one in queries.taken(queries.patient(db, fergus))] == [second.id]


def test_asked_and_takes_none_is_ticked(sign_in: SignIn, db: Session, tina: Actor, fergus: int) -> None:
    client = sign_in(tina)
    status, page = send(client, f"/patients/{fergus}/medicines")
    assert status == 422
    assert "tick that the patient takes none" in page
    assert send(client, f"/patients/{fergus}/medicines", none="y")[0] == 302
    assert queries.patient(db, fergus).takes_none


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("medicines-0-last_dose", "31 NOV 2026", "no such day"),
        ("medicines-0-last_dose", "01 JAN 2999", "future"),
        ("medicines-0-typed", "x" * 201, "200 characters"),
        ("medicines-0-typed", "12345", "A medicine has a name"),
        ("medicines-0-source", "", "Say where"),
        ("medicines-0-use", "hourly", "Not a valid choice"),
        ("medicines-0-id", "x", "another page"),
        ("medicines-0-id", "999", "not there any more"),
        ("medicines-1-last_dose", "01 NOV 2026", "Name the medicine"),
    ],
)
def test_a_bad_row_is_said_and_the_list_stays_as_it_was(
    sign_in: SignIn, db: Session, tina: Actor, fergus: int, field: str, typed: str, said: str
) -> None:
    row = {"medicines-0-typed": "ibuprofen", "medicines-0-use": "current", "medicines-0-source": "patient"}
    status, page = send(sign_in(tina), f"/patients/{fergus}/medicines", **{**row, field: typed})
    assert (status in {404, 422}, said in page) == (True, True), page
    assert queries.patient(db, fergus).history_asked_at is None


def test_the_patient_page_says_what_each_medicine_is_and_who_must_find_out(
    sign_in: SignIn, tina: Actor, paul: Actor, ada: Actor, fergus: int, told: Told
) -> None:
    told(fergus, "oxycodone IR 5 mg", "levothyroxine", "Sereniva calm syrup")
    page = unescape(sign_in(tina).get(f"/patients/{fergus}").get_data(as_text=True))
    assert "opioid" in page
    assert "recognised" in page
    assert "NOT CHECKED" in page
    assert "for a pharmacist" in page
    assert "Find out" not in page
    assert "Find out" in sign_in(paul).get(f"/patients/{fergus}").get_data(as_text=True)
    read_only = sign_in(ada).get(f"/patients/{fergus}").get_data(as_text=True)
    assert "Correct the record" not in read_only
    assert "Ask again" not in read_only
    assert f"/prescriptions/new?patient={fergus}" not in read_only


def test_a_pharmacist_says_what_an_unknown_medicine_holds(
    sign_in: SignIn, db: Session, paul: Actor, fergus: int, told: Told
) -> None:
    (row,) = told(fergus, "Sereniva calm syrup")
    client, address = sign_in(paul), f"/patients/medicines/{row.id}/resolve"
    status, page = send(client, address, **{"ingredients-0": "moonshine"})
    assert status == 422
    assert "does not know moonshine" in page
    assert send(client, address)[0] == 422
    status, then = send(client, address, **{"ingredients-0": "Diphenhydramine"}, resolution="Label of the bottle")
    assert status == 302
    assert then.endswith(f"/patients/{fergus}")
    assert "Label of the bottle" in client.get(then).get_data(as_text=True)
    db.rollback()
    assert not queries.is_open(queries.medicine(db, row.id))


def test_an_opioid_that_a_pharmacist_found_is_shown_as_one_with_who_found_it(
    sign_in: SignIn, paul: Actor, fergus: int, told: Told
) -> None:
    (row,) = told(fergus, "Sereniva calm syrup")
    client = sign_in(paul)
    answers = {"ingredients-0": "codeine", "resolution": "Maker’s leaflet"}
    assert send(client, f"/patients/medicines/{row.id}/resolve", **answers)[0] == 302
    page = unescape(client.get(f"/patients/{fergus}").get_data(as_text=True))
    assert " opioid</span>" in page
    assert '“Maker’s leaflet” <span class="muted">Paul Sorrel' in page
    assert "nobody has explained" not in page


def test_a_technician_is_refused_the_resolving_page_and_told_who_may(
    sign_in: SignIn, db: Session, tina: Actor, fergus: int, told: Told
) -> None:
    (row,) = told(fergus, "Sereniva calm syrup")
    answer = sign_in(tina).post(f"/patients/medicines/{row.id}/resolve", data={"resolution": "Tea"})
    assert answer.status_code == 403
    assert "pharmacist" in answer.get_data(as_text=True)
    assert queries.is_open(queries.medicine(db, row.id))


def test_the_second_of_two_who_correct_a_patient_sees_who_was_first_and_loses_nothing(
    sign_in: SignIn, db: Session, tina: Actor, paul: Actor, fergus: int
) -> None:
    client = sign_in(paul)
    page = client.get(f"/patients/{fergus}/edit").get_data(as_text=True)
    service.change_patient(db, tina, seen(db, fergus), replace(FERGUS, phone="555-0177"))
    answer = client.post(f"/patients/{fergus}/edit", data={**hidden(page), **PERSON})
    told = unescape(answer.get_data(as_text=True))
    assert answer.status_code == 409
    assert "Tina Mallow" in told
    assert "8 Inkwell Close" in told


def test_a_form_of_one_patient_posted_to_another_changes_neither(
    sign_in: SignIn, db: Session, tina: Actor, add: Callable[..., int]
) -> None:
    odile, fergus = add(given_name="Odile"), add()
    client = sign_in(tina)
    page = client.get(f"/patients/{odile}/edit").get_data(as_text=True)
    answer = client.post(f"/patients/{fergus}/edit", data={**hidden(page), **PERSON})
    assert answer.status_code == 422
    db.rollback()
    assert {queries.patient(db, one).family_name for one in (odile, fergus)} == {"Bramblewick"}


def test_a_search_is_a_post_and_finds_by_part_of_a_name(sign_in: SignIn, tina: Actor, fergus: int) -> None:
    client = sign_in(tina)
    assert client.get("/patients/find").status_code == 405
    page = client.post("/patients/find", data={"q": "ramble"}).get_data(as_text=True)
    assert f'href="/patients/{fergus}"' in page
    assert "No patient is found" in client.post("/patients/find", data={"q": "%"}).get_data(as_text=True)
    assert client.post("/patients/find", data={"q": " "}).status_code == 422


def test_suggestions_are_options_with_what_tells_people_apart(
    sign_in: SignIn, raw: Engine, db: Session, tina: Actor, add: Callable[..., int], adam: Actor
) -> None:
    patient_id = add()
    factories.put(raw, Prescriber, **{**_doctor_columns(), "active": True})
    client = sign_in(tina)
    page = client.post("/patients/suggest", data={"q": "bramb"}).get_data(as_text=True)
    assert f'role="option" data-value="{patient_id}" data-label="Fergus Bramblewick"' in page
    assert "14 MAY 1971" in page
    assert "medicines not asked" in page
    assert "1234567893" in client.post("/patients/suggest-prescriber", data={"q": "fable"}).get_data(as_text=True)
    assert ">naltrexone<" in client.post("/patients/suggest-medicine", data={"q": "naltr"}).get_data(as_text=True)
    assert 'role="option"' not in client.post("/patients/suggest", data={}).get_data(as_text=True)
    assert sign_in(adam).post("/patients/suggest", data={"q": "bramb"}).status_code == 403


def _doctor_columns() -> dict[str, str]:
    return {**{name: value for name, value in DOCTOR.items() if name != "active"}, "searchable": "fable cosmo 5550166"}


def test_a_prescriber_is_added_corrected_and_listed(sign_in: SignIn, db: Session, tina: Actor) -> None:
    client = sign_in(tina)
    status, then = send(client, "/prescribers/new", **{**DOCTOR, "npi": "1234 567 893"})
    assert status == 302
    assert "Cosmo Fable, MD" in client.get(then).get_data(as_text=True)
    changed = {**DOCTOR, "phone": "555-0199"}
    changed.pop("active")
    assert send(client, f"{then}/edit", **changed)[0] == 302
    assert "Prescribes no more" in client.get("/prescribers").get_data(as_text=True)


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("npi", "1234567890", "check digit"),
        ("npi", "123", "ten digits"),
        ("licence_state", "", "state of the licence"),
        ("licence_state", "ZZ", "Not a valid choice"),
        ("phone", "x", "7 to 15 digits"),
        ("family_name", "", "asked for"),
    ],
)
def test_a_prescriber_that_cannot_be_is_refused_at_the_field(
    sign_in: SignIn, db: Session, tina: Actor, field: str, typed: str, said: str
) -> None:
    status, page = send(sign_in(tina), "/prescribers/new", **{**DOCTOR, field: typed})
    assert status == 422
    assert said in page
    assert db.scalar(select(func.count(Prescriber.id))) == 0


def test_opening_a_patient_is_in_the_log_and_her_name_is_in_no_address(
    sign_in: SignIn, db: Session, ada: Actor, fergus: int
) -> None:
    client = sign_in(ada)
    page = client.get(f"/patients/{fergus}").get_data(as_text=True)
    client.get(f"/patients/{fergus}")
    viewed = select(func.count()).where(AuditEntry.action == Action.VIEW.value)
    assert db.scalar(viewed) == 1
    assert not [link for link in re.findall(r'href="([^"]*)"', page) if "ramblewick" in link or "Fergus" in link]


@pytest.mark.parametrize(
    "address", ["/patients/99", "/patients/99/edit", "/prescribers/99", "/patients/medicines/9/resolve"]
)
def test_who_is_not_there_is_a_page_that_says_so(sign_in: SignIn, pia: Actor, address: str) -> None:
    assert sign_in(pia).get(address).status_code == 404


def test_an_administrator_sees_no_patient(sign_in: SignIn, adam: Actor, fergus: int) -> None:
    client = sign_in(adam)
    for address in ("/patients", f"/patients/{fergus}", f"/patients/{fergus}/edit", f"/patients/{fergus}/medicines"):
        answer = client.get(address)
        assert answer.status_code == 403
        assert "Bramblewick" not in answer.get_data(as_text=True)


def test_an_empty_list_of_sensitivities_means_that_somebody_asked(sign_in: SignIn, db: Session, tina: Actor) -> None:
    client = sign_in(tina)
    status, page = send(client, "/patients/new", **{**PERSON, "none_known": ""})
    assert (status, "Ask, then write" in page) == (422, True)
    status, page = send(client, "/patients/new", **{**PERSON, "sensitivities-0-words": "lactose"})
    assert (status, "Some are named above" in page) == (422, True)
    assert not queries.recent(db)
    db.rollback()  # the next read sees what is written from here on
    assert send(client, "/patients/new", **PERSON)[0] == 302
    patient_id = queries.recent(db)[0].id
    assert "no known allergies" in client.get(f"/patients/{patient_id}").get_data(as_text=True)
