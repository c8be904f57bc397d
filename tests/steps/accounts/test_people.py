"""People: adding, changing roles, temporary passwords, one's own password and PIN."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from pharmacy.accounts import queries, secrets, service
from pharmacy.accounts.models import Person
from pharmacy.actions.acting import Conflict, Refused, Seen
from pharmacy.actions.catalogue import PROGRAM, Actor, Role
from pharmacy.errors import PharmacyError
from tests import factories
from tests.steps.accounts.conftest import text

SignIn = Callable[[Actor], FlaskClient]
Entries = Callable[[str], list[dict[str, Any]]]
KEY = "0123456789abcdef" * 2
R = Role


def key(n: int) -> str:
    return f"{n:032x}"


def roles_of(db: Session, actor: Actor) -> set[str]:
    db.rollback()
    db.expire_all()
    return {row.role for row in queries.person(db, actor.id).roles}


def change(db: Session, adam: Actor, who: Actor, *roles: Role, active: bool = True, n: int = 1) -> None:
    db.rollback()
    db.expire_all()
    seen = Seen(Person, who.id, queries.person(db, who.id).version)
    service.change_person(db, adam, seen, roles, active, "Because of the new rota", key(n))


# --- adding -----------------------------------------------------------------------------------------------------------


def add(client: FlaskClient, **typed: object) -> TestResponse:
    sent = {
        "key": KEY,
        "full_name": "Rose Thorn",
        "sign_in_name": "Rose",
        "credentials": "CPhT",
        "roles": ["technician"],
    }
    return client.post("/people/new", data={**sent, **typed})


def told(page: str) -> str:
    found = re.search(r'<strong class="code">([^<]+)</strong>', page)
    assert found, page
    return found[1]


def test_an_administrator_adds_a_person_whose_first_password_must_be_changed_first(
    app: Flask, sign_in: SignIn, adam: Actor
) -> None:
    answer = add(sign_in(adam))
    password = told(answer.get_data(as_text=True))
    assert answer.headers["Cache-Control"] == "no-store"
    rose = app.test_client()
    assert rose.post("/sign-in", data={"name": "rose", "password": password}).headers["Location"] == "/account"
    for path in ("/", "/patients", "/people", "/resume", "/prescriptions/new"):
        assert rose.get(path).headers.get("Location") == "/account", path
    sent = {"password": password, "new_password": "thorns keep deer out", "again": "thorns keep deer out"}
    assert rose.post("/account", data=sent).status_code == 302
    assert rose.get("/prescriptions/new").status_code == 200


def test_an_administrator_with_a_temporary_password_adds_nobody_with_it(app: Flask, db: Session, adam: Actor) -> None:
    service.add_person(db, adam, "Ivy Second", "ivy", "temporary and told", [R.ADMINISTRATOR], key(1))
    ivy = app.test_client()
    ivy.post("/sign-in", data={"name": "ivy", "password": "temporary and told"})
    assert add(ivy).headers["Location"] == "/account"
    assert queries.by_sign_in_name(db, "rose") is None


def test_the_same_form_twice_is_one_person_and_shows_no_password_that_does_not_open(
    app: Flask, sign_in: SignIn, adam: Actor, raw: Engine
) -> None:
    client = sign_in(adam)
    password = told(add(client).get_data(as_text=True))
    again = add(client)
    assert again.status_code == 302
    assert "added already" in text(client.get(again.headers["Location"]))
    with Session(raw) as db:
        assert db.scalar(select(func.count()).where(Person.sign_in_name == "rose")) == 1
    assert app.test_client().post("/sign-in", data={"name": "rose", "password": password}).status_code == 302


@pytest.mark.parametrize(
    "name", ["Zoë Ångström", "Мария Ильинична", "محمد الأمين", "王小明", 'O’Brien "Bunny" <b>Moss</b>', "N" * 200]
)
def test_a_name_of_any_script_is_kept_and_shown_as_typed(sign_in: SignIn, adam: Actor, raw: Engine, name: str) -> None:
    client = sign_in(adam)
    assert add(client, full_name=f"  {name} ").status_code == 200
    with Session(raw) as db:
        assert db.scalar(select(Person.full_name).where(Person.sign_in_name == "rose")) == name
    page = client.get("/people").get_data(as_text=True)
    assert name in text(client.get("/people"))
    assert "<b>Moss" not in page


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"full_name": ""}, "Type the name"),
        ({"full_name": " \u00a0 "}, "Type the name"),
        ({"full_name": "N" * 201}, "At most 200 characters."),
        ({"full_name": "a\u202eb"}, "invisible"),
        ({"full_name": "\u200c"}, "invisible"),
        ({"full_name": "two\nlines"}, "invisible"),
        ({"sign_in_name": ""}, "short name"),
        ({"sign_in_name": "x" * 41}, "At most 40"),
        ({"sign_in_name": "TINA"}, "Someone signs in with this name already."),
        ({"roles": ["program"]}, "not a valid choice"),
        ({"roles": ["king"]}, "not a valid choice"),
        ({"roles": ["pharmacist in charge"]}, "There is a pharmacist in charge already."),
        ({"key": ""}, "lost its key"),
    ],
)
def test_a_person_who_cannot_be_is_not_added_and_nothing_typed_is_lost(
    sign_in: SignIn, adam: Actor, raw: Engine, typed: dict[str, object], said: str
) -> None:
    with Session(raw) as db:
        before = db.scalar(select(func.count()).select_from(Person))
    answer = add(sign_in(adam), **typed)
    assert answer.status_code == 422
    assert said in text(answer)
    assert 'value="CPhT"' in text(answer)
    with Session(raw) as db:
        assert db.scalar(select(func.count()).select_from(Person)) == before


@pytest.mark.parametrize(
    ("full_name", "sign_in_name"), [("", "x"), (" ", "x"), ("X", ""), ("X\x00", "x"), ("N" * 201, "x"), ("X", "y\n")]
)
def test_the_service_refuses_what_the_console_might_send(db: Session, full_name: str, sign_in_name: str) -> None:
    if sign_in_name == "y\n":  # a line end around it is trimmed
        assert service.add_person(db, PROGRAM, full_name, sign_in_name, "some plain words", [])
        return
    with pytest.raises(PharmacyError, match="1 to 200 visible"):
        service.add_person(db, PROGRAM, full_name, sign_in_name, "some plain words", [])


@pytest.mark.parametrize("who", ["tina", "paul", "pia", "ada"])
def test_only_an_administrator_changes_people(request: pytest.FixtureRequest, sign_in: SignIn, who: str) -> None:
    client = sign_in(request.getfixturevalue(who))
    for answer in (
        client.get("/people/1"),
        client.get("/people/new"),
        add(client),
        client.post("/people/1/reset", data={"reason": "x"}),
    ):
        assert answer.status_code == 403
        assert "administrator" in text(answer)


@pytest.mark.parametrize("who", ["tina", "paul"])
def test_the_list_of_people_is_not_for_everybody(request: pytest.FixtureRequest, sign_in: SignIn, who: str) -> None:
    answer = sign_in(request.getfixturevalue(who)).get("/people")
    assert answer.status_code == 403
    assert "administrator" in text(answer)


# --- roles ------------------------------------------------------------------------------------------------------------


def test_roles_are_given_and_taken_with_a_reason_on_record(
    sign_in: SignIn, db: Session, adam: Actor, tina: Actor, entries: Entries
) -> None:
    sent = {"key": KEY, "roles": ["technician", "auditor"], "active": "y", "reason": "Audits <the> shelves"}
    assert sign_in(adam).post(f"/people/{tina.id}", data=sent).status_code == 302
    assert roles_of(db, tina) == {"technician", "auditor"}
    (entry,) = entries("person:change")
    assert entry["reason"] == "Audits <the> shelves"
    assert "auditor" in str(entry["changes"])


def test_no_change_without_a_reason(sign_in: SignIn, db: Session, adam: Actor, tina: Actor) -> None:
    for reason in ("", "   "):
        answer = sign_in(adam).post(
            f"/people/{tina.id}", data={"key": KEY, "roles": ["auditor"], "active": "y", "reason": reason}
        )
        assert answer.status_code == 422
        assert "Say why." in text(answer)
    assert roles_of(db, tina) == {"technician"}


def test_the_last_administrator_stays(db: Session, adam: Actor, tina: Actor) -> None:
    for roles, active in (((), True), ((R.ADMINISTRATOR,), False), ((R.TECHNICIAN,), True)):
        with pytest.raises(PharmacyError, match="Somebody must stay administrator") as refused:
            change(db, adam, adam, *roles, active=active)
        assert refused.value.field == "roles"
    change(db, adam, tina, R.TECHNICIAN, R.ADMINISTRATOR, n=2)
    change(db, adam, adam, R.AUDITOR, n=3)
    assert roles_of(db, adam) == {"auditor"}


def test_there_is_always_a_pharmacist_in_charge(db: Session, adam: Actor, pia: Actor) -> None:
    for roles, active in (((R.PHARMACIST,), True), ((R.PHARMACIST_IN_CHARGE,), False)):
        with pytest.raises(PharmacyError, match="Somebody must stay pharmacist in charge"):
            change(db, adam, pia, *roles, active=active)


def test_whoever_is_put_in_charge_takes_over_and_the_one_before_stays_a_pharmacist(
    db: Session, adam: Actor, pia: Actor, paul: Actor, entries: Entries
) -> None:
    was = queries.person(db, pia.id).version
    change(db, adam, paul, R.PHARMACIST, R.PHARMACIST_IN_CHARGE)
    assert roles_of(db, paul) == {"pharmacist", "pharmacist in charge"}
    assert roles_of(db, pia) == {"pharmacist"}
    assert queries.person(db, pia.id).version == was + 1
    (entry,) = entries("person:change")
    assert {change["table"] for change in entry["changes"]} >= {"person", "person_role"}
    change(db, adam, pia, R.PHARMACIST_IN_CHARGE, n=2)
    assert (roles_of(db, pia), roles_of(db, paul)) == ({"pharmacist in charge"}, {"pharmacist"})


def test_two_administrators_on_one_person_one_wins_and_the_other_sees_what_changed(
    sign_in: SignIn, db: Session, adam: Actor, tina: Actor
) -> None:
    client = sign_in(adam)
    version = re.search(
        r'name="seen_version" type="hidden" value="([0-9]+)"', client.get(f"/people/{tina.id}").get_data(as_text=True)
    )
    assert version
    change(db, adam, tina, R.TECHNICIAN, R.AUDITOR)
    sent = {
        "key": KEY, "seen_id": str(tina.id), "seen_version": version[1], "roles": ["technician"], "active": "y", "reason": "Rota again",
    }  # fmt: skip
    answer = client.post(f"/people/{tina.id}", data=sent)
    assert answer.status_code == 409
    assert "Adam Thyme" in text(answer)
    assert "Rota again" in text(answer), "what was typed is not lost"
    assert roles_of(db, tina) == {"technician", "auditor"}


def test_a_form_of_another_page_is_refused(sign_in: SignIn, db: Session, adam: Actor, tina: Actor, paul: Actor) -> None:
    sent = {
        "key": KEY,
        "seen_id": str(paul.id),
        "seen_version": "1",
        "roles": ["auditor"],
        "active": "y",
        "reason": "Mixed up",
    }
    answer = sign_in(adam).post(f"/people/{tina.id}", data=sent)
    assert answer.status_code == 422
    assert "belongs to another page" in text(answer)
    assert roles_of(db, tina) == {"technician"}


@pytest.mark.parametrize(
    "path", ["/people/0", "/people/999", f"/people/{2**63}", "/people/" + "9" * 400, "/people/x", "/people/-1"]
)
def test_a_person_who_is_not_there_is_a_404(sign_in: SignIn, adam: Actor, path: str) -> None:
    assert sign_in(adam).get(path).status_code == 404


# --- secrets ----------------------------------------------------------------------------------------------------------


def test_a_reset_tells_a_temporary_password_once_and_takes_pin_and_sessions(
    app: Flask, sign_in: SignIn, db: Session, adam: Actor, tina: Actor, entries: Entries
) -> None:
    hers = sign_in(tina)
    answer = sign_in(adam).post(f"/people/{tina.id}/reset", data={"reason": "Forgot it", "key": KEY})
    password = told(answer.get_data(as_text=True))
    assert hers.get("/account").status_code == 302
    person = queries.person(db, tina.id)
    assert (person.pin_hash, person.password_is_temporary) == (None, True)
    assert app.test_client().post("/sign-in", data={"name": "tina", "password": factories.PASSWORD}).status_code == 422
    assert (
        app.test_client().post("/sign-in", data={"name": "tina", "password": password}).headers["Location"]
        == "/account"
    )
    assert password not in str(entries("person:reset-secret"))


def test_a_reset_without_a_reason_says_so_and_keeps_the_other_form_usable(
    sign_in: SignIn, adam: Actor, tina: Actor
) -> None:
    answer = sign_in(adam).post(f"/people/{tina.id}/reset", data={"reason": " ", "key": KEY})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "Say why." in page
    roles_form = page.split("<form")[2 if "sign-out" in page.split("<form")[1] else 1 :]
    assert any(
        f'name="seen_id" type="hidden" value="{tina.id}"' in part and 'name="roles"' in part for part in roles_form
    )


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"password": "not mine at all"}, "This is not your present password."),
        ({"password": ""}, "Type your present password."),
        ({"new_password": "short", "again": "short"}, "at least 10"),
        ({"new_password": "tina likes thyme", "again": "tina likes thyme"}, "too easy"),
        ({"new_password": "9" * 400, "again": "9" * 400}, "At most 200"),
        ({"again": "something different"}, "The two are not the same."),
        ({"new_password": factories.PASSWORD, "again": factories.PASSWORD}, "Choose another password"),
    ],
)
def test_a_password_that_will_not_do_changes_nothing(
    sign_in: SignIn, db: Session, tina: Actor, typed: dict[str, str], said: str
) -> None:
    good = {"password": factories.PASSWORD, "new_password": "another plain password", "again": "another plain password"}
    answer = sign_in(tina).post("/account", data={**good, **typed})
    assert answer.status_code == 422
    assert said in text(answer)
    assert "another plain password" not in text(answer)
    assert secrets.matches(queries.person(db, tina.id).password_hash, factories.PASSWORD)


def test_guessing_the_present_password_at_an_open_session_is_counted_and_locked(sign_in: SignIn, tina: Actor) -> None:
    client = sign_in(tina)
    for path in ("/account/pin", "/account", "/account/pin"):
        sent = {
            "password": "a wrong guess",
            "pin": "907416",
            "new_password": "another plain one",
            "again": "another plain one",
        }
        assert "This is not your present password." in text(client.post(path, data=sent))
    answer = client.post("/account/pin", data={"password": factories.PASSWORD, "pin": "907416"})
    assert "Too many tries." in text(answer)


def test_a_pin_is_set_with_the_password_and_never_shown(
    sign_in: SignIn, db: Session, tina: Actor, entries: Entries
) -> None:
    client = sign_in(tina)
    assert client.post("/account/pin", data={"password": factories.PASSWORD, "pin": "907416"}).status_code == 302
    assert secrets.matches(queries.person(db, tina.id).pin_hash, "907416")
    assert "907416" not in str(entries("person:set-own-secret"))
    refused = client.post("/account/pin", data={"password": factories.PASSWORD, "pin": "123456"})
    assert refused.status_code == 422
    assert ("too easy" in text(refused), "123456" in text(refused)) == (True, False)


def test_nobody_sets_the_secret_of_another(db: Session, adam: Actor, tina: Actor) -> None:
    with pytest.raises(Refused, match="owner alone"):
        service.set_own_pin(db, adam, Seen(Person, tina.id), factories.PASSWORD, "907416")


def test_two_changes_of_one_account_from_one_page_are_not_both_done(db: Session, tina: Actor) -> None:
    seen = Seen(Person, tina.id, queries.person(db, tina.id).version)
    service.set_own_pin(db, tina, seen, factories.PASSWORD, "907416")
    with pytest.raises(Conflict):
        service.set_own_pin(db, tina, seen, factories.PASSWORD, "135790")


def test_names_of_people_are_found_by_number_and_zero_is_the_program(db: Session, tina: Actor, paul: Actor) -> None:
    assert queries.names(db, [tina.id, paul.id, 0, None, 999]) == {0: "the program", 1: "Tina Mallow", 2: "Paul Sorrel"}


def test_an_auditor_reads_who_works_here_and_changes_nothing(sign_in: SignIn, ada: Actor) -> None:
    client = sign_in(ada)
    page = client.get("/people").get_data(as_text=True)
    assert "Tina Mallow" in page
    assert "Add a person" not in page
    assert client.get("/people/new").status_code == 403
