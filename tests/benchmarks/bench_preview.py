"""The panel beside an order that is being typed: what the server needs for it, on the demonstration pharmacy."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from pytest_benchmark.fixture import BenchmarkFixture
from sqlalchemy import text

from pharmacy.app import create_app
from pharmacy.config import Config
from tests.demo.told import SIGN_INS, tell

TYPED = {
    "written_on": "20 NOV 2026",
    "came_by": "paper",
    "form": "capsule",
    "steps-0-amount": "1",
    "steps-0-when": "at bedtime",
    "steps-0-days": "",
    "quantity": "30",
    "refills": "3",
    "purpose": "fibromyalgia",
}


@pytest.fixture(scope="module")
def tina(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """Tina, signed in at the demonstration."""
    folder = tell(tmp_path_factory.mktemp("demonstration"))
    app = create_app(Config(data=folder))
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    password = re.search(r"signs in as tina\s+with (\S+)", (folder / SIGN_INS).read_text("utf-8"))
    assert password
    client = app.test_client()
    assert client.post("/sign-in", data={"name": "tina", "password": password[1]}).status_code == 302
    yield client
    app.extensions["engine"].dispose()


@pytest.fixture(scope="module")
def patient(tina: FlaskClient) -> str:
    with tina.application.extensions["engine"].connect() as connection:
        return str(connection.scalar(text("SELECT min(id) FROM patient")))


@pytest.mark.parametrize("strength", ["4.5", "0.5"])
def test_hash(benchmark: BenchmarkFixture, strength: str, patient: str) -> None:
    benchmark.group = f"live preview, {strength} mg"
    content = urlencode({**TYPED, "strength": strength, "patient_id": patient}).encode()
    benchmark(lambda: hashlib.sha256(content).hexdigest())


@pytest.mark.parametrize("strength", ["4.5", "0.5"])
def test_preview(benchmark: BenchmarkFixture, strength: str, patient: str, tina: FlaskClient) -> None:
    benchmark.group = f"live preview, {strength} mg"
    benchmark.extra_info["target_ms"] = 30
    data = {**TYPED, "strength": strength, "patient_id": patient}
    answer = benchmark(lambda: tina.post("/prescriptions/preview", data=data))
    assert answer.status_code == 200
    assert "at bedtime" in answer.get_data(as_text=True)
