"""The ground under every test: an own migrated database each, the cast, the application and a browser-like client."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, settings
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from pharmacy.actions.acting import guard
from pharmacy.actions.catalogue import Actor, Role
from pharmacy.config import Config
from pharmacy.db import make_engine
from pharmacy.migrations.run import upgrade
from tests import factories

# The machine may be busy: an example that is slow now and then is no failure (tests/domain says the same for itself alone).
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")

R = Role
TINA = Actor.of(1, frozenset({R.TECHNICIAN}), "Tina Mallow")
PAUL = Actor.of(2, frozenset({R.PHARMACIST}), "Paul Sorrel")
PIA = Actor.of(3, frozenset({R.PHARMACIST_IN_CHARGE}), "Pia Larkspur")
ADA = Actor.of(4, frozenset({R.AUDITOR}), "Ada Quill")
ADAM = Actor.of(5, frozenset({R.ADMINISTRATOR}), "Adam Thyme")
NORA = Actor.of(6, frozenset(), "Nora Fennimore")
CAST = (TINA, PAUL, PIA, ADA, ADAM, NORA)


@pytest.fixture(scope="session", autouse=True)
def cheap_hashes() -> Iterator[None]:
    """The same argon2id with parameters that cost nothing: what is stretched is what test_signing_in.py is about."""
    with factories.hashing(factories.CHEAP_HASHES):
        yield


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> FileSystemBytecodeCache:
    """Templates compiled once for all the applications of a run."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("compiled")))


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database with the pharmacy and its people: copied for each test, because the door ends transactions."""
    path = tmp_path_factory.mktemp("template") / "triturate.db"
    engine = make_engine(f"sqlite:///{path}")
    upgrade(engine)
    factories.set_up(engine, CAST)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return path


@pytest.fixture
def data(template: Path, tmp_path: Path) -> Path:
    """The data folder of this test."""
    folder = tmp_path / "data"
    folder.mkdir()
    shutil.copy(template, folder / "triturate.db")
    return folder


@pytest.fixture
def raw(data: Path) -> Iterator[Engine]:
    """An engine without the guard, for what a test needs to find there before it begins (tests/factories.py)."""
    engine = make_engine(f"sqlite:///{data / 'triturate.db'}")
    yield engine
    engine.dispose()


@pytest.fixture
def engine(data: Path) -> Iterator[Engine]:
    engine = guard(make_engine(f"sqlite:///{data / 'triturate.db'}"))
    yield engine
    engine.dispose()


@pytest.fixture
def db(engine: Engine) -> Iterator[Session]:
    with Session(engine, expire_on_commit=False) as session:
        yield session


@pytest.fixture
def tina() -> Actor:
    return TINA


@pytest.fixture
def paul() -> Actor:
    return PAUL


@pytest.fixture
def pia() -> Actor:
    return PIA


@pytest.fixture
def ada() -> Actor:
    return ADA


@pytest.fixture
def adam() -> Actor:
    return ADAM


@pytest.fixture
def nora() -> Actor:
    return NORA


@pytest.fixture
def app(data: Path, compiled: FileSystemBytecodeCache) -> Iterator[Flask]:
    from pharmacy.app import create_app

    app = create_app(Config(data=data))
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    app.jinja_env.bytecode_cache = compiled
    yield app
    app.extensions["engine"].dispose()


@pytest.fixture
def sign_in(app: Flask) -> Callable[[Actor], FlaskClient]:
    """``sign_in(tina)`` is a client in which Tina is signed in (by the real form and her real password)."""

    def signed_in(actor: Actor) -> FlaskClient:
        client = app.test_client()
        answer = client.post("/sign-in", data={"name": factories.sign_in_name(actor), "password": factories.PASSWORD})
        assert answer.status_code == 302, answer.get_data(as_text=True)
        return client

    return signed_in
