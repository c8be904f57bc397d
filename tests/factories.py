"""Rows that a test needs to find there before it begins: typed, plain, written around the door on purpose.

What a test is about goes through the services; what merely has to exist comes from here. Each function takes an
unguarded engine, has a default for everything, and returns the new row's id.
"""

from __future__ import annotations

import functools
import hashlib
import itertools
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from argon2 import PasswordHasher
from sqlalchemy import Engine, insert, update

from pharmacy.accounts import secrets
from pharmacy.accounts.models import Person, PersonRole
from pharmacy.actions.catalogue import Actor, Role
from pharmacy.db import Base
from pharmacy.documents.models import Document
from pharmacy.formulary.models import FormulaVersion, MasterFormulationRecord
from pharmacy.patients.models import Condition, MedicineTaken, Patient, Prescriber, Sensitivity
from pharmacy.premises.models import Balance, Pharmacy
from pharmacy.prescriptions.models import Fill, Prescription
from pharmacy.rules import book
from pharmacy.stock.models import Lot, StockItem, StockMovement

PASSWORD = "a plain test password"
PIN = "246801"
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
_count = itertools.count(1)


CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
CHEAP_HASHES = CHEAP, CHEAP.hash("nobody has this password")
REAL_HASHES = secrets._hasher, secrets._NOBODY


@functools.cache
def hashed(secret: str) -> str:
    """A cheap hash: verifying it costs what its own parameters say."""
    return CHEAP.hash(secret)


@contextmanager
def hashing(hashes: tuple[PasswordHasher, str]) -> Iterator[None]:
    """The program makes its hashes with these parameters, and compares with this one where there is none."""
    before = secrets._hasher, secrets._NOBODY
    secrets._hasher, secrets._NOBODY = hashes
    try:
        yield
    finally:
        secrets._hasher, secrets._NOBODY = before


def put(engine: Engine, model: type[Base], **columns: Any) -> int:
    """Insert one row and return its id."""
    (key, *_) = model.__table__.primary_key
    with engine.begin() as connection:
        return connection.execute(insert(model).values(**columns).returning(key)).scalar_one()


def change(engine: Engine, model: type[Base], row_id: int, **columns: Any) -> None:
    (key, *_) = model.__table__.primary_key
    with engine.begin() as connection:
        connection.execute(update(model).where(key == row_id).values(**columns))


def sign_in_name(actor: Actor) -> str:
    return actor.name.split()[0].lower()


def set_up(engine: Engine, cast: Iterable[Actor]) -> None:
    """The pharmacy, its people, one balance."""
    put(
        engine,
        Pharmacy,
        site="main",
        name="Mortar & Thistle Compounding",
        street="12 Example Lane",
        town="Sampleton, IL 00000",
        phone="555-0100",
        licence="PHY-00000",
        timezone="",
        demonstration=False,
    )
    for actor in cast:
        person(engine, actor)
    balance(engine)


def person(engine: Engine, actor: Actor) -> int:
    put(
        engine,
        Person,
        id=actor.id,
        sign_in_name=sign_in_name(actor),
        full_name=actor.name,
        password_hash=hashed(PASSWORD),
        pin_hash=hashed(PIN),
    )
    given = actor.roles - ({Role.PHARMACIST} if Role.PHARMACIST_IN_CHARGE in actor.roles else set())
    for role in sorted(given):
        put(engine, PersonRole, person_id=actor.id, role=role.value)
    return actor.id


def balance(engine: Engine, **given: Any) -> int:
    """An analytical balance: reads 0.1 mg, minimum 20 mg by the classic rule."""
    n = next(_count)
    return put(
        engine,
        Balance,
        **{
            "name": f"B-{n}",
            "serial": f"SN-{n:04}",
            "readability": Decimal("0.1"),
            "sensitivity_requirement": Decimal(1),
            "accepted_error": Decimal(5),
            "capacity": Decimal(200000),
            "calibration_due": date(2027, 6, 30),
            **given,
        },
    )


def document(engine: Engine, content: bytes = b"%PDF-1.4 sample", media_type: str = "application/pdf") -> str:
    digest = hashlib.sha256(content).hexdigest()
    put(engine, Document, sha256=digest, media_type=media_type, content=content, size=len(content), kept_at=NOW)
    return digest


def patient(
    engine: Engine, *, conditions: Iterable[str] = (), sensitivities: Iterable[tuple[str, str]] = (), **given: Any
) -> int:
    """A patient who was asked, and takes nothing. ``conditions`` are codes; ``sensitivities`` are (kind, substance)."""
    columns = {
        "family_name": "Bramblewick",
        "given_name": "Fergus",
        "born": date(1971, 5, 14),
        "sex": "male",
        "street": "3 Hedge Row",
        "town": "Sampleton, IL 00000",
        "phone": "555-0142",
        "pregnancy": "does not apply",
        "lactation": "does not apply",
        "history_asked_at": NOW,
        "history_asked_by": 1,
        "takes_none": True,
        **given,
    }
    columns.setdefault("searchable", f"{columns['given_name']} {columns['family_name']} {columns['phone']}".lower())
    patient_id = put(engine, Patient, **columns)
    for code in conditions:
        put(engine, Condition, patient_id=patient_id, code=code, words=code)
    for kind, substance in sensitivities:
        put(engine, Sensitivity, patient_id=patient_id, kind=kind, substance=substance, words=substance)
    return patient_id


def medicine(engine: Engine, patient_id: int, typed: str, **given: Any) -> int:
    """A medicine of the patient's, recognised by the real vocabulary."""
    vocabulary = book.load().vocabulary
    found = vocabulary.recognise(typed)
    change(engine, Patient, patient_id, takes_none=False)
    return put(
        engine,
        MedicineTaken,
        **{
            "patient_id": patient_id,
            "typed": typed,
            "recognition": found.status.value,
            "ingredients": list(found.ingredients),
            "unexplained": list(found.unexplained),
            "vocabulary": vocabulary.version,
            "use": "current",
            "source": "patient",
            "asked_by": 1,
            "asked_at": NOW,
            **given,
        },
    )


def npi(n: int) -> str:
    """A number of the right shape: its check digit makes the Luhn sum of 80840 and ten digits close."""
    body = f"1{n:08}"
    digits = [int(digit) for digit in f"80840{body}"]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-1::-2]]
    return body + str(-(sum(doubled) + sum(digits[-2::-2])) % 10)


def prescriber(engine: Engine, **given: Any) -> int:
    n = next(_count)
    return put(
        engine,
        Prescriber,
        **{
            "family_name": "Fable",
            "given_name": "Cosmo",
            "credentials": "MD",
            "npi": npi(n),
            "licence": f"MD-{n:05}",
            "licence_state": "IL",
            "phone": "555-0166",
            "searchable": "cosmo fable 555-0166",
            **given,
        },
    )


def item(engine: Engine, code: str, kind: str = "drug", unit: str = "mg", **given: Any) -> int:
    return put(engine, StockItem, **{"code": code, "name": code, "kind": kind, "unit": unit, **given})


def lot(engine: Engine, item_id: int, *, amount: Decimal | int = 25000, **given: Any) -> int:
    """A released lot with that much of it on hand and the movements that brought it there."""
    n, amount = next(_count), Decimal(amount)
    lot_id = put(
        engine,
        Lot,
        **{
            "item_id": item_id,
            "number": f"L-{n:04}",
            "origin": "bought",
            "status": "released",
            "supplier": "Example Supply Co",
            "received_on": date(2026, 1, 5),
            "use_before": date(2028, 6, 30),
            "quarantined": Decimal(0),
            "available": amount,
            **given,
        },
    )
    put(
        engine,
        StockMovement,
        lot_id=lot_id,
        kind="received",
        quarantined_change=amount,
        available_change=Decimal(0),
        person_id=1,
        at=NOW,
    )
    put(
        engine,
        StockMovement,
        lot_id=lot_id,
        kind="released",
        quarantined_change=-amount,
        available_change=amount,
        person_id=3,
        at=NOW,
    )
    return lot_id


def formula(
    engine: Engine,
    definition: dict[str, Any],
    *,
    kind: str,
    strength: Decimal,
    item_id: int,
    status: str = "approved",
    **given: Any,
) -> int:
    """A master formulation record with one version; returns the version's id."""
    n = next(_count)
    record_id = put(
        engine,
        MasterFormulationRecord,
        number=f"MFR-{n:04}",
        title=f"{kind} {strength}",
        kind=kind,
        strength=strength,
        item_id=item_id,
    )
    approved = {"approved_by": 3, "approved_at": NOW} if status == "approved" else {}
    return put(
        engine,
        FormulaVersion,
        **{
            "record_id": record_id,
            "number": 1,
            "status": status,
            "definition": definition,
            "author_id": 2,
            "written_at": NOW,
            **approved,
            **given,
        },
    )


def prescription(engine: Engine, patient_id: int | None = None, prescriber_id: int | None = None, **given: Any) -> int:
    """Thirty 4.5 mg capsules, one at bedtime, three refills."""
    n = next(_count)
    return put(
        engine,
        Prescription,
        **{
            "number": str(100000 + n),
            "patient_id": patient_id or patient(engine),
            "prescriber_id": prescriber_id or prescriber(engine),
            "written_on": date(2026, 11, 20),
            "expires_on": date(2027, 11, 19),
            "came_by": "paper",
            "original": None,
            "form": "capsule",
            "strength": Decimal("4.5"),
            "directions": {"form": "capsule", "steps": [{"amount": "1", "when": "at bedtime", "days": None}]},
            "quantity": 30,
            "refills": 3,
            "purpose": "fibromyalgia",
            "print_purpose": True,
            "reason_for_compounding": "No product of this strength is made",
            "entered_by": 1,
            "entered_at": NOW,
            **given,
        },
    )


def fill(
    engine: Engine, prescription_id: int, *, number: str = "", ordinal: int = 0, status: str = "entered", **given: Any
) -> int:
    return put(
        engine,
        Fill,
        **{
            "number": number or f"{100000 + next(_count)}-{ordinal:02}",
            "prescription_id": prescription_id,
            "ordinal": ordinal,
            "status": status,
            "since": NOW,
            "quantity": 30,
            "made_by": [],
            **given,
        },
    )
