"""The page that sets a pharmacy up: once, by whoever reads the console."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from pharmacy.accounts.models import Person, PersonRole
from pharmacy.actions.models import AuditEntry
from pharmacy.config import Config
from pharmacy.premises.models import Pharmacy
from tests.demo.told import guard_and_make

TYPED = {
    "name": "Mortar & Thistle Compounding", "street": "12 Example Lane", "town": "Sampleton, IL 00000",
    "phone": "555-0100", "licence": "PHY-00000", "full_name": "Pia Larkspur", "credentials": "PharmD",
    "sign_in_name": "larkspur", "password": "a plain test pass", "again": "a plain test pass",
}  # fmt: skip


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Flask]:
    from pharmacy.app import create_app

    folder = tmp_path / "empty"
    folder.mkdir()
    guard_and_make(folder).dispose()
    app = create_app(Config(data=folder))
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    yield app
    app.extensions["engine"].dispose()


@pytest.fixture
def code(empty: Flask) -> str:
    with empty.app_context():
        told = empty.test_cli_runner().invoke(args=["first-code"])
    assert told.exit_code == 0, told.output
    return str(told.output).strip().rsplit(" ", 1)[-1]


@pytest.fixture
def client(empty: Flask) -> FlaskClient:
    return empty.test_client()


def rows(app: Flask, model: Any) -> list[Any]:
    with Session(app.extensions["engine"]) as db:
        return list(db.scalars(select(model)))


def test_every_page_leads_there_while_there_is_no_pharmacy(client: FlaskClient) -> None:
    for path in ("/", "/patients", "/log"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["Location"]) == (302, "/set-up")
    assert client.get("/set-up").status_code == 200


def test_the_code_is_in_a_file_of_its_owners(empty: Flask, code: str) -> None:
    file = empty.extensions["config"].data / "first-code"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_text() == code


def test_with_the_code_the_pharmacy_is_set_up_and_the_page_is_gone(
    empty: Flask, client: FlaskClient, code: str
) -> None:
    answer = client.post("/set-up", data=TYPED | {"code": f" {code.lower()} "})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/sign-in")
    (pharmacy,) = rows(empty, Pharmacy)
    assert (pharmacy.name, pharmacy.demonstration) == ("Mortar & Thistle Compounding", False)
    (person,) = rows(empty, Person)
    assert (person.full_name, person.password_is_temporary) == ("Pia Larkspur", False)
    assert {row.role for row in rows(empty, PersonRole)} == {"pharmacist in charge", "administrator"}
    (entry,) = [row for row in rows(empty, AuditEntry) if row.n == 1]
    assert entry.action == "pharmacy:set-up"
    assert client.get("/set-up").status_code == 404
    assert client.post("/set-up", data=TYPED | {"code": code}).status_code == 404
    assert not (empty.extensions["config"].data / "first-code").exists()
    signed = client.post("/sign-in", data={"name": "larkspur", "password": TYPED["password"]})
    assert signed.status_code == 302
    assert "Demonstration" not in client.get("/").get_data(as_text=True)


def test_a_wrong_code_sets_nothing_up_and_nothing_typed_is_lost(empty: Flask, client: FlaskClient, code: str) -> None:
    answer = client.post("/set-up", data=TYPED | {"code": "AAAA-BBBB-CCCC"})
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert "This is not the code that the console printed last." in page
    assert "Mortar &amp; Thistle Compounding" in page
    assert TYPED["password"] not in page
    assert rows(empty, Pharmacy) == []


def test_wrong_codes_are_counted_and_slow_the_next(empty: Flask, client: FlaskClient, code: str) -> None:
    answers = [client.post("/set-up", data=TYPED | {"code": "AAAA-BBBB-CCCC"}) for _ in range(12)]
    assert {answer.status_code for answer in answers} == {422}
    refused = [row for row in rows(empty, AuditEntry) if row.action == "session:refuse"]
    assert len(refused) >= 3
    assert "not the code" not in answers[-1].get_data(as_text=True)
    right = client.post("/set-up", data=TYPED | {"code": code})  # even the right one has to wait now
    assert right.status_code == 422
    assert rows(empty, Pharmacy) == []


@pytest.mark.parametrize("given", ["", " ", "first-code", "\u0000", "９９９９"])
def test_without_a_code_printed_none_is_right(empty: Flask, client: FlaskClient, given: str) -> None:
    assert client.post("/set-up", data=TYPED | {"code": given}).status_code == 422
    assert rows(empty, Pharmacy) == []


@pytest.mark.parametrize(
    "wrong", [{"again": "another pass word"}, {"password": "short", "again": "short"}, {"name": ""}, {"full_name": " "}]
)
def test_what_is_missing_or_unsafe_is_refused_and_the_code_stays_good(
    empty: Flask, client: FlaskClient, code: str, wrong: dict[str, str]
) -> None:
    assert client.post("/set-up", data=TYPED | {"code": code} | wrong).status_code == 422
    assert rows(empty, Pharmacy) == []
    assert client.post("/set-up", data=TYPED | {"code": code}).status_code == 302


def test_the_last_code_printed_is_the_one(empty: Flask, client: FlaskClient, code: str) -> None:
    with empty.app_context():
        newer = str(empty.test_cli_runner().invoke(args=["first-code"]).output).strip().rsplit(" ", 1)[-1]
    assert newer != code
    assert client.post("/set-up", data=TYPED | {"code": code}).status_code == 422
    assert client.post("/set-up", data=TYPED | {"code": newer}).status_code == 302
    with empty.app_context():
        assert empty.test_cli_runner().invoke(args=["first-code"]).output == ""
