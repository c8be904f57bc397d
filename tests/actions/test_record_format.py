"""docs/record-format.md tells the truth: its example is what the program writes, and its checker checks."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from pharmacy.actions import record
from pharmacy.actions.acting import Seen, acting, dispose
from pharmacy.actions.catalogue import Action, Actor
from pharmacy.actions.models import AuditBody, AuditEntry, genesis
from pharmacy.stock.models import Lot
from tests.actions.door import recount, tamper, verdict
from tests.actions.test_the_record import FORGERIES
from tests.fences.source import ROOT

PAGE = (ROOT / "docs/record-format.md").read_text(encoding="utf-8")
SALT = bytes(range(16))


def block(kind: str) -> str:
    """The one fenced block of that kind."""
    (found,) = re.findall(rf"^```{kind}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    return str(found)


@pytest.fixture
def example() -> dict[str, Any]:
    """The entry that the page shows."""
    return dict(json.loads(block("json")))


@pytest.fixture
def check() -> Callable[[str, str], tuple[int, str]]:
    """The page's own checker, as somebody else would copy it from there."""
    copied: dict[str, Any] = {}
    exec(compile(block("python"), "record-format.md", "exec"), copied)
    return copied["check"]  # type: ignore[no-any-return]


def act(db: Session, tina: Actor, lots: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    """The act of the example."""
    monkeypatch.setattr(secrets, "token_bytes", lambda _count: SALT)
    with (
        time_machine.travel(datetime(2026, 11, 23, 9, 30, 0, 125000, tzinfo=UTC), tick=False),
        acting(db, tina, Action.WASTE_LOT, Seen(Lot, lots[0], 1), reason="spilled „a little“") as opened,
    ):
        opened.subject.available = Decimal("24999.50")
        opened.subject.certificate = None
        opened.concerns("patient", 77)


def test_the_example_is_hashed_as_the_page_says(example: dict[str, Any]) -> None:
    body = example["body"].encode()
    assert hashlib.sha256(bytes.fromhex(example["salt"]) + body).hexdigest() == example["body_sha256"]
    assert hashlib.sha256(example["header"].encode()).hexdigest() == example["hash"]
    assert hashlib.sha256(b"one-door/1 main").hexdigest() == example["previous"] == genesis("main")
    n, previous, *_, digest, _subjects = json.loads(example["header"])
    assert (n, previous, digest) == (1, example["previous"], example["body_sha256"])


def test_the_example_is_what_the_program_writes(
    db: Session, tina: Actor, lots: list[int], example: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    act(db, tina, lots, monkeypatch)
    entry, body = db.execute(select(AuditEntry, AuditBody).where(AuditBody.sha256 == AuditEntry.body_sha256)).one()
    assert body.content.decode() == example["body"]
    assert body.salt.hex() == example["salt"]
    assert (entry.previous, entry.body_sha256, entry.hash) == (
        example["previous"],
        example["body_sha256"],
        example["hash"],
    )
    told = (entry.chain, entry.at, entry.actor, entry.role, entry.action, entry.body_sha256)
    assert f'[1,"{entry.previous}",' + record.tail(told, [("lot", "1"), ("patient", "77")]) == example["header"]


def test_the_checker_of_the_page_agrees_with_the_program(
    db: Session, engine: Engine, tina: Actor, pia: Actor, lots: list[int], check: Callable[[str, str], tuple[int, str]]
) -> None:
    for number in range(12):
        recount(db, tina, Seen(Lot, lots[number % 4]), f"Söhne & „Co“ {number}\n\t")
    dispose(db, pia, [3, 4], "retention time is over")
    found = verdict(engine)
    assert (found.first_bad, found.disposed) == (None, 2)
    assert check(str(engine.url.database), "main") == (13, found.head)


@pytest.mark.parametrize("forgery", sorted(name for name in FORGERIES if "head" not in name))
def test_the_checker_of_the_page_finds_every_forgery_that_the_program_finds(
    db: Session,
    engine: Engine,
    tina: Actor,
    lots: list[int],
    check: Callable[[str, str], tuple[int, str]],
    forgery: str,
) -> None:
    for number in range(1, 21):
        recount(db, tina, Seen(Lot, lots[number % 3]), f"held {number}")
    statements, n, _ = FORGERIES[forgery]
    tamper(engine, *statements.split(";"))
    with pytest.raises(ValueError, match=f"^entry {n}:"):
        check(str(engine.url.database), "main")


def test_the_checker_is_short_enough_to_be_read() -> None:
    assert len(block("python").splitlines()) <= 32
