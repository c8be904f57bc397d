"""Fills that are labelled and wait for the pharmacist's final check."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import time_machine
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from tests.steps.verification.ready import NOW, Counter


@pytest.fixture(autouse=True)
def _at_ten() -> Iterator[None]:
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def counter(db: Session, raw: Engine) -> Counter:
    made = Counter(db, raw)
    made.stock()
    return made
