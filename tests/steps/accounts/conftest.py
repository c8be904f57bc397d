"""The clock in the tests' hands, and what the record says."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest
import time_machine
from sqlalchemy import Engine, select
from werkzeug.test import TestResponse

from pharmacy.actions.models import AuditBody, AuditEntry
from tests import factories

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def time() -> Iterator[time_machine.Traveller]:
    """Monday 23 NOV 2026, noon; it stands still until ``time.shift(seconds)``."""
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def dear_hashes() -> Iterator[None]:
    """Hashes with the parameters of the pharmacy."""
    with factories.hashing(factories.REAL_HASHES):
        yield


@pytest.fixture
def entries(raw: Engine) -> Callable[[str], list[dict[str, Any]]]:
    """``entries("session:open")``: the bodies of these entries with actor and action, oldest first."""

    def read(action: str) -> list[dict[str, Any]]:
        wanted = (
            select(AuditEntry.actor, AuditEntry.action, AuditBody.content)
            .join(AuditBody, AuditBody.sha256 == AuditEntry.body_sha256)
            .where(AuditEntry.action == action)
            .order_by(AuditEntry.n)
        )
        with raw.connect() as connection:
            return [{"actor": row.actor, **json.loads(row.content)} for row in connection.execute(wanted)]

    return read


def text(answer: TestResponse) -> str:
    """The page as it is read: entities undone."""
    return unescape(answer.get_data(as_text=True)).replace("\u00a0", " ")
