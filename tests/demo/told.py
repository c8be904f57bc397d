"""The demonstration told once, and copied for each test that looks at it: ``demo`` is this test's copy."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, event, select
from sqlalchemy.orm import Session

from pharmacy import demo as demonstration
from pharmacy.accounts import queries as accounts
from pharmacy.accounts.models import Person
from pharmacy.actions.acting import guard
from pharmacy.actions.catalogue import Actor
from pharmacy.db import make_engine
from pharmacy.migrations.run import upgrade
from pharmacy.patients.models import Patient
from pharmacy.prescriptions.models import Fill, Prescription
from pharmacy.stock.models import Lot

AT = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)  # when it is told, and when every test of it begins
SIGN_INS = "demo-sign-ins.txt"
_told: list[Path] = []


def tell(folder: Path) -> Path:
    """Fill an empty database in the folder, as the command does."""
    engine = guard_and_make(folder)
    demonstration.fill(engine, folder / SIGN_INS)
    engine.dispose()
    plain = make_engine(f"sqlite:///{folder / 'triturate.db'}")  # the guard takes a checkpoint for a write
    with plain.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    plain.dispose()
    return folder


def guard_and_make(folder: Path) -> Engine:
    engine = make_engine(f"sqlite:///{folder / 'triturate.db'}")
    upgrade(engine)
    return guard(engine)


@pytest.fixture(scope="session")
def told_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not _told:  # the fixture belongs to several folders of tests; the telling is one
        with time_machine.travel(AT, tick=True):
            _told.append(tell(tmp_path_factory.mktemp("demonstration")))
    return _told[0]


@pytest.fixture
def data(told_once: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    shutil.copy(told_once / "triturate.db", folder / "triturate.db")
    shutil.copy(told_once / SIGN_INS, folder / SIGN_INS)  # with its mode
    return folder


@pytest.fixture(autouse=True)
def when_it_is_told() -> Iterator[None]:
    with time_machine.travel(AT, tick=True):
        yield


@dataclass(frozen=True, slots=True)
class Demo:
    """One copy: its session, its people, its application, and rows by what they are called."""

    db: Session
    raw: Engine
    data: Path
    app: Flask

    def actor(self, key: str) -> Actor:
        """By the name to sign in with."""
        with Session(self.raw) as own:
            person_id = own.scalars(select(Person.id).where(Person.sign_in_name == key)).one()
            return accounts.person(own, person_id).to_actor()

    def passwords(self) -> Mapping[str, str]:
        text = (self.data / SIGN_INS).read_text()
        return dict(re.findall(r"signs in as (\w+) +with (\S+)", text))

    def visit(self, key: str) -> FlaskClient:
        """A client in which that person is signed in, through the form and with the password that was printed."""
        client = self.app.test_client()
        answer = client.post("/sign-in", data={"name": key, "password": self.passwords()[key]})
        assert answer.status_code == 302, answer.get_data(as_text=True)
        return client

    def fill(self, number: str) -> Fill:
        self.db.rollback()
        return self.db.scalars(select(Fill).where(Fill.number == number)).one()

    def fill_of(self, given_name: str) -> Fill:
        """The newest fill of that patient."""
        self.db.rollback()
        wanted = select(Fill).join(Prescription).join(Patient).where(Patient.given_name == given_name)
        return self.db.scalars(wanted.order_by(Fill.id.desc()).limit(1)).one()

    def lot(self, number: str) -> Lot:
        return self.db.scalars(select(Lot).where(Lot.number == number)).one()

    @contextmanager
    def statements(self, engine: Engine | None = None) -> Iterator[list[str]]:
        """The statements sent meanwhile, by the application unless an engine is given."""
        sent: list[str] = []

        def heard(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            if not statement.startswith(("BEGIN", "COMMIT", "ROLLBACK", "PRAGMA")):
                sent.append(statement)

        watched = engine or self.app.extensions["engine"]
        event.listen(watched, "before_cursor_execute", heard)
        try:
            yield sent
        finally:
            event.remove(watched, "before_cursor_execute", heard)


@pytest.fixture
def demo(db: Session, raw: Engine, data: Path, app: Flask) -> Demo:
    return Demo(db, raw, data, app)


@pytest.fixture
def visit(demo: Demo) -> Callable[[str], FlaskClient]:
    return demo.visit
