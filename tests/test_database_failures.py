"""A database that is locked, full, missing or damaged: a plain page, nothing typed is lost, nothing is half done."""

from __future__ import annotations

import json
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, event, func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from pharmacy import logs
from pharmacy.accounts.models import HeldForm
from pharmacy.actions import record
from pharmacy.actions.catalogue import Actor
from pharmacy.actions.models import AuditEntry
from pharmacy.app import create_app
from pharmacy.config import Config
from pharmacy.patients.models import Patient
from tests import factories

SignIn = Callable[[Actor], FlaskClient]
KEY = "0123456789abcdef" * 2
TYPED = {
    "key": KEY, "family_name": "Mœss", "given_name": "Rosa <b>", "born": "14 MAY 1971", "sex": "female", "street": "3 Hedge Row",
    "town": "Sampleton, IL 00000", "phone": "555-0142", "language": "English", "none_known": "y", "csrf_token": "no secret to show",
}  # fmt: skip
PRIVATE = ("Mœss", "Rosa", "Hedge Row", "555-0142", "1971", "M\\u0153ss")


@pytest.fixture
def log(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[StringIO]:
    """The application log, as the console would get it."""
    heard = StringIO()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", heard)
        logs.configure()
    yield heard
    logs.configure()


@pytest.fixture
def impatient(app: Flask) -> Flask:
    """The application, which waits a twentieth of a second for a lock instead of fifteen."""

    @event.listens_for(app.extensions["engine"], "connect")
    def _wait_less(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA busy_timeout = 50")

    app.extensions["engine"].dispose()
    return app


@pytest.fixture
def tinas(impatient: Flask, sign_in: SignIn, tina: Actor) -> FlaskClient:
    return sign_in(tina)


@pytest.fixture
def locked(tinas: FlaskClient, data: Path) -> Iterator[sqlite3.Connection]:
    """Another program holds the database."""
    with closing(sqlite3.connect(data / "triturate.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield other


def is_plain_page(answer: TestResponse) -> str:
    """Checks what every such page is; gives its text."""
    page = answer.get_data(as_text=True)
    assert answer.status_code == 503, page
    assert answer.headers["Cache-Control"] == "no-store"
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "The records cannot be reached just now" in page
    assert "What you asked for was not done." in page
    assert "Traceback" not in page
    assert "sqlite" not in page.lower()
    assert "SELECT" not in page
    return page


def shows_what_was_typed(answer: TestResponse) -> None:
    page = is_plain_page(answer)
    for text in ("Mœss", "Rosa &lt;b&gt;", "14 MAY 1971", "3 Hedge Row", "555-0142"):
        assert text in page, text
    assert "Rosa <b>" not in page
    assert "no secret to show" not in page


def is_logged_without_patients(log: StringIO, endpoint: str, person: int | None) -> None:
    said = log.getvalue()
    lines = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    found = [line for line in lines if line["event"] == "database"]
    assert found, said
    assert (found[-1]["level"], found[-1]["endpoint"], found[-1].get("person")) == ("error", endpoint, person)
    assert set(found[-1]) <= {"event", "level", "timestamp", "kind", "endpoint", "person"}
    for private in PRIVATE:
        assert private not in said


def patients(raw: Engine) -> int:
    with Session(raw) as db:
        return db.scalar(select(func.count(Patient.id))) or 0


# --- locked -----------------------------------------------------------------------------------------------------------


def test_a_locked_database_gives_the_form_back_and_a_log_line_without_patient_data(
    tinas: FlaskClient, locked: sqlite3.Connection, tina: Actor, raw: Engine, log: StringIO
) -> None:
    shows_what_was_typed(tinas.post("/patients/new", data=TYPED))
    is_logged_without_patients(log, "patients.new", tina.id)
    assert patients(raw) == 0


def test_the_same_form_passes_once_the_lock_is_gone_and_acts_once(
    tinas: FlaskClient, locked: sqlite3.Connection, raw: Engine
) -> None:
    tinas.post("/patients/new", data=TYPED)
    locked.execute("ROLLBACK")
    assert tinas.post("/patients/new", data=TYPED).status_code == 302
    assert tinas.post("/patients/new", data=TYPED).status_code == 302
    assert patients(raw) == 1


def test_a_form_with_a_file_keeps_its_words_while_locked(
    tinas: FlaskClient, locked: sqlite3.Connection, raw: Engine
) -> None:
    patient, prescriber = 1, 1
    typed = {
        "key": KEY, "written_on": "20 NOV 2026", "came_by": "paper", "patient_id": str(patient), "prescriber_id": str(prescriber),
        "patient": "Mœss", "form": "capsule", "strength": "4.5", "purpose": "Rosa <b>", "born": "14 MAY 1971", "street": "3 Hedge Row",
        "phone": "555-0142", "original": (BytesIO(b"%PDF-1.4"), "scan.pdf"),
    }  # fmt: skip
    answer = tinas.post("/patients/new", data={**TYPED, **typed}, content_type="multipart/form-data")
    shows_what_was_typed(answer)


def test_pages_that_only_read_are_served_while_another_writes(tinas: FlaskClient, locked: sqlite3.Connection) -> None:
    for path in ("/", "/patients/new", "/account", "/stock", "/sign-in"):
        assert tinas.get(path).status_code == 200, path


def test_a_page_whose_opening_must_be_recorded_is_not_shown_unrecorded(
    tinas: FlaskClient, raw: Engine, locked: sqlite3.Connection
) -> None:
    locked.execute("ROLLBACK")
    patient = factories.patient(raw)
    locked.execute("BEGIN IMMEDIATE")
    assert "Bramblewick" not in is_plain_page(tinas.get(f"/patients/{patient}"))


def test_signing_in_while_locked_shows_no_password(impatient: Flask, locked: sqlite3.Connection, log: StringIO) -> None:
    answer = impatient.test_client().post("/sign-in", data={"name": "tina", "password": factories.PASSWORD})
    page = is_plain_page(answer)
    assert factories.PASSWORD not in page
    is_logged_without_patients(log, "accounts.sign_in", None)


def test_a_form_whose_session_had_ended_is_shown_where_it_cannot_be_held(
    tinas: FlaskClient, locked: sqlite3.Connection, raw: Engine, log: StringIO
) -> None:
    with tinas.session_transaction() as cookie:
        cookie["seen"] = 0
    shows_what_was_typed(tinas.post("/patients/new", data=TYPED))
    is_logged_without_patients(log, "patients.new", None)
    locked.execute("ROLLBACK")
    assert tinas.post("/patients/new", data=TYPED).headers["Location"] == "/sign-in"
    with Session(raw) as db:
        assert len(db.scalars(select(HeldForm)).all()) == 1


def test_a_refusal_that_cannot_be_recorded_is_no_permission(
    tinas: FlaskClient, locked: sqlite3.Connection, raw: Engine
) -> None:
    answer = tinas.post("/people/new", data={"full_name": "Rose"})
    assert answer.status_code in {403, 503}


# --- full -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def full(app: Flask, sign_in: SignIn, tina: Actor) -> FlaskClient:
    """Tina's browser; from now on the database file cannot grow by a page."""
    client = sign_in(tina)

    @event.listens_for(app.extensions["engine"], "connect")
    def _no_more(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA max_page_count = 1")  # SQLite takes the present size where that is larger

    app.extensions["engine"].dispose()
    return client


def until_full(client: FlaskClient) -> TestResponse:
    """New patients until there is no room."""
    for n in range(60):
        sent = {**TYPED, "key": f"{n:032x}", "family_name": f"Mœss {n}", "another_person": "y"}
        answer = client.post("/patients/new", data=sent)
        if answer.status_code != 302:
            return answer
    raise AssertionError("the database was never full")


def test_a_full_disk_gives_the_form_back_and_leaves_nothing_half_done(
    full: FlaskClient, tina: Actor, raw: Engine, log: StringIO
) -> None:
    shows_what_was_typed(until_full(full))
    is_logged_without_patients(log, "patients.new", tina.id)
    with Session(raw) as db:
        added = db.scalar(select(func.count()).where(AuditEntry.action == "patient:add"))
    assert patients(raw) == added, "whoever is there has an entry, and each entry has its patient"
    with raw.connect() as connection:
        assert record.verify(connection, "main").first_bad is None


def test_once_there_is_room_again_the_form_passes(app: Flask, full: FlaskClient, raw: Engine) -> None:
    until_full(full)
    before = patients(raw)

    @event.listens_for(app.extensions["engine"], "connect")
    def _room(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA max_page_count = 100000")

    app.extensions["engine"].dispose()
    sent = {**TYPED, "key": "f" * 32, "family_name": "Reed"}
    assert full.post("/patients/new", data=sent).status_code == 302
    assert patients(raw) == before + 1


# --- missing, replaced, damaged ---------------------------------------------------------------------------------------


def test_a_file_that_was_removed_is_noticed_though_it_could_still_be_written_to(
    tinas: FlaskClient, data: Path, tmp_path: Path, log: StringIO
) -> None:
    (data / "triturate.db").rename(tmp_path / "elsewhere.db")
    shows_what_was_typed(tinas.post("/patients/new", data=TYPED))
    is_logged_without_patients(log, "patients.new", None)
    assert not (data / "triturate.db").exists(), "and no empty one is put in its place"
    healthz = tinas.get("/healthz")
    assert (healthz.status_code, healthz.get_data(as_text=True)) == (503, "the database file is missing\n")


def test_a_file_that_comes_back_is_served_again(tinas: FlaskClient, data: Path, tmp_path: Path, raw: Engine) -> None:
    (data / "triturate.db").rename(tmp_path / "elsewhere.db")
    is_plain_page(tinas.get("/patients/new"))
    (tmp_path / "elsewhere.db").rename(data / "triturate.db")
    assert tinas.post("/patients/new", data=TYPED).status_code == 302
    assert patients(raw) == 1


def test_another_file_in_its_place_is_not_mistaken_for_it(tinas: FlaskClient, data: Path, template: Path) -> None:
    other = data / "other.db"
    shutil.copy(template, other)
    other.replace(data / "triturate.db")
    shows_what_was_typed(tinas.post("/patients/new", data=TYPED))


def test_a_file_overwritten_with_something_else_gives_the_form_back(
    app: Flask, tinas: FlaskClient, data: Path, log: StringIO
) -> None:
    app.extensions["engine"].dispose()
    with (data / "triturate.db").open("r+b") as file:
        file.write(b"this is no database " * 400)
    shows_what_was_typed(tinas.post("/patients/new", data=TYPED))
    is_logged_without_patients(log, "patients.new", None)
    assert tinas.get("/healthz").status_code == 503


@pytest.mark.parametrize("content", [None, b"", b"this is no database " * 400])
def test_a_program_started_without_a_good_database_shows_a_plain_page_and_makes_none(
    tmp_path: Path, content: bytes | None
) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    if content is not None:
        (folder / "triturate.db").write_bytes(content)
    app = create_app(Config(data=folder))
    app.config.update(WTF_CSRF_ENABLED=False)
    client = app.test_client()
    shows_what_was_typed(client.post("/patients/new", data=TYPED))
    is_plain_page(client.get("/"))
    assert client.get("/healthz").status_code == 503
    app.extensions["engine"].dispose()


def test_a_healthy_database_is_said_to_be_well(app: Flask) -> None:
    answer = app.test_client().get("/healthz")
    assert (answer.status_code, answer.get_data(as_text=True)) == (200, "ok\n")


# --- faults of the program, and bodies too large ----------------------------------------------------------------------


def test_a_fault_of_the_program_gives_the_form_back_and_names_no_patient_in_the_log(
    app: Flask, tinas: FlaskClient, log: StringIO
) -> None:
    def broken() -> str:
        raise RuntimeError("about Mœss, Rosa")

    broken.access = "public"  # type: ignore[attr-defined]
    app.view_functions["patients.new"] = broken
    app.config["PROPAGATE_EXCEPTIONS"] = False
    answer = tinas.post("/patients/new", data=TYPED)
    page = answer.get_data(as_text=True)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (500, "no-store")
    assert "The program made a mistake" in page
    assert "Mœss" in page, "in the field where it was typed"
    assert "about" not in page.split("What you had typed")[0].split("<main")[1].replace("about it", "")
    said = log.getvalue()
    assert "RuntimeError" in said
    assert "Mœss" not in said
    assert "M\\u0153ss" not in said


def with_a_file(client: FlaskClient, size: int) -> TestResponse:
    """The entry form with a file of so many bytes; encoded here, because the test client leaves its own file open."""
    parts = [
        f'--edge\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in TYPED.items()
    ]
    head = '--edge\r\nContent-Disposition: form-data; name="original"; filename="scan.pdf"\r\nContent-Type: application/pdf\r\n\r\n'
    body = "".join([*parts, head]).encode() + b"%PDF" + bytes(size) + b"\r\n--edge--\r\n"
    return client.post("/prescriptions/new", data=body, content_type="multipart/form-data; boundary=edge")


@pytest.mark.parametrize("size", [13 * 2**20, 30 * 2**20])
def test_a_file_that_is_too_large_does_not_take_with_it_what_was_typed(tinas: FlaskClient, size: int) -> None:
    answer = with_a_file(tinas, size)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 413
    assert "The file is too large" in page
    for text in ("Mœss", "Rosa &lt;b&gt;", "3 Hedge Row"):
        assert text in page


def test_a_body_beyond_all_measure_is_refused_without_being_read(tinas: FlaskClient) -> None:
    answer = with_a_file(tinas, 65 * 2**20)
    assert answer.status_code == 413
    assert "Mœss" not in answer.get_data(as_text=True)
