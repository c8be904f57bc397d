"""Forty days at the demonstration pharmacy, in time order, up to half an hour ago. Sixteen prescriptions in every stage."""

from __future__ import annotations

import os
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import cast

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from pharmacy import clock
from pharmacy.accounts import queries as accounts
from pharmacy.accounts import secrets
from pharmacy.accounts import service as people_service
from pharmacy.actions import record
from pharmacy.actions.acting import Seen, acting
from pharmacy.actions.catalogue import PROGRAM, Action
from pharmacy.demo import cast as people
from pharmacy.demo import counter
from pharmacy.demo.counter import Stage
from pharmacy.dispensing import service as dispensing
from pharmacy.dispensing.leaving import Method
from pharmacy.domain.directions import Step, When
from pharmacy.domain.strength import Form
from pharmacy.errors import PharmacyError
from pharmacy.formulary import queries as formulary
from pharmacy.formulary import service as formulary_service
from pharmacy.formulary.starting import FAMILIES
from pharmacy.patients import queries as patients
from pharmacy.patients import service as patients_service
from pharmacy.patients.medicines import record_medicines
from pharmacy.premises import service as premises_service
from pharmacy.premises.models import Pharmacy
from pharmacy.prescriptions import review
from pharmacy.prescriptions.order import CameBy
from pharmacy.stock import service as stock_service
from pharmacy.stock.models import Lot, StockItem

DAYS = 40
CAPSULE, LIQUID = Form.CAPSULE, Form.LIQUID
# The families, and of each the strengths, that this pharmacy makes; the others wait under “Make a family”.
_MADE_HERE = {
    "capsules-mcc": ("0.5", "1", "1.5", "2", "3", "4.5"),
    "triturations-mcc": ("10",),
    "solution-preserved-1": ("1",),
    "solution-preserved-5": ("5",),
}


def fill(engine: Engine, sign_ins: Path) -> None:
    """Fill an empty database with the demonstration, and write one sign-in per role to a file of its owner's."""
    with Session(engine, expire_on_commit=False) as db:
        stage = Stage(db, clock.today() - timedelta(days=DAYS), clock.now())
        _open_the_doors(stage)
        _fill_the_shelves(stage)
        _know_everybody(stage)
        _first_month(stage)
        _last_week(stage)
        _last_hours(stage)
        db.rollback()
        verdict = record.verify(db.connection(), PROGRAM.site)
        if verdict.first_bad is not None:
            raise RuntimeError(f"the demonstration's own record does not verify: entry {verdict.first_bad}")
        db.rollback()
    _write_sign_ins(stage, sign_ins)


def _open_the_doors(stage: Stage) -> None:
    db = stage.db
    with stage.at(0, 7, 30):
        with acting(db, PROGRAM, Action.DEMONSTRATE, Seen(Pharmacy)) as opened:
            premises_service.set_up_within(opened, people.PHARMACY, demonstration=True)
            opened.context["said"] = "demonstration, times simulated"
        for one in people.COLLEAGUES:
            password = secrets.random_password()
            person_id = people_service.add_person(
                db, PROGRAM, one.full_name, one.key, password, one.roles, credentials=one.credentials, temporary=False
            )
            stage.passwords[one.key] = password
            stage.actors[one.key] = accounts.person(db, cast("int", person_id)).to_actor()
    with stage.at(0, 7, 45):
        data = premises_service.BalanceData(
            "B-1, analytical", "AN-1001", Decimal("0.1"), Decimal(1), Decimal(5), Decimal(220000),
            stage.first_day + timedelta(days=300), repeatability_on=stage.first_day,
            readings=tuple(map(Decimal, ["20.0", "20.1", "20.0", "20.0", "19.9", "20.0", "20.1", "20.0", "20.0", "20.0"])),
        )  # fmt: skip
        premises_service.add_balance(db, stage.actors["pia"], data)
        old = premises_service.BalanceData(
            "B-2, prescription balance", "PB-0007", Decimal(1), Decimal(6), Decimal(5), Decimal(120000),
            stage.first_day + timedelta(days=20),
        )  # fmt: skip
        premises_service.add_balance(db, stage.actors["pia"], old)


def _fill_the_shelves(stage: Stage) -> None:
    db, pia, paul = stage.db, stage.actors["pia"], stage.actors["paul"]
    with stage.at(0, 8, 0):
        drafts = [
            draft
            for key, strengths in _MADE_HERE.items()
            for draft in formulary_service.bring_family(
                db, paul, FAMILIES[key], tuple(Decimal(one) for one in strengths)
            )
        ]
    with stage.at(0, 8, 40):
        for version_id in drafts:
            version = formulary.version(db, version_id)
            signature = stage.sign("pia")
            formulary_service.approve_formula(db, pia, Seen(type(version), version.id, version.version), signature)
    today = stage.first_day
    with stage.at(0, 9, 10):
        _receive(
            stage, "naltrexone-hcl", "N-7741", "25000", today + timedelta(days=500), _certificate("99.2", "8.9", "0.1")
        )
        _receive(
            stage, "naltrexone-hcl", "N-6019", "5000", today + timedelta(days=1), _certificate("99.0", "8.7", "0.1")
        )
        for code, number, amount, days in (
            ("mcc", "MC-2208", "2000000", 700), ("shell-3", "HG-118", "5000", 900), ("glycerin", "GL-031", "2000", 600),
            ("ascorbic-acid", "AA-577", "100000", 400), ("sodium-benzoate", "SB-090", "50000", 800),
            ("purified-water", "PW-1120", "20000", 120),
        ):  # fmt: skip
            _receive(stage, code, number, amount, today + timedelta(days=days), None)
    with stage.at(0, 10, 5):
        for lot in db.scalars(select(Lot).where(Lot.status == "quarantined").order_by(Lot.id)).all():
            seen = cast("Seen[Lot]", stage.seen(lot))
            stock_service.release_lot(db, pia, seen, "Certificate read and agrees with the container.")
    with stage.at(1, 9, 0):  # one that still waits in quarantine
        _receive(stage, "mcc", "MC-2305", "500000", today + timedelta(days=800), None)


def _certificate(assay: str, water: str, solvents: str) -> stock_service.CertificateGiven:
    return stock_service.CertificateGiven(Decimal(assay), "anhydrous", Decimal(water), Decimal(solvents))


def _receive(
    stage: Stage, code: str, number: str, amount: str, expiry: date, certificate: stock_service.CertificateGiven | None
) -> None:
    item_id = stage.db.scalars(select(StockItem.id).where(StockItem.code == code)).one()
    given = stock_service.Receipt("Example Supply Co", number, Decimal(amount), clock.today(), expiry, certificate)
    stock_service.receive_lot(stage.db, stage.actors["tina"], item_id, given)


def _know_everybody(stage: Stage) -> None:
    db, tina = stage.db, stage.actors["tina"]
    with stage.at(1, 9, 30):
        for name, doctor in people.PRESCRIBERS.items():
            stage.prescribers[name] = cast("int", patients_service.add_prescriber(db, tina, doctor))
    with stage.at(1, 10, 0):
        for name, data in people.PATIENTS.items():
            patient_id = stage.patients[name] = cast("int", patients_service.add_patient(db, tina, data))
            taken = people.MEDICINES[name]
            row = patients.patient(db, patient_id)
            record_medicines(db, tina, Seen(type(row), row.id, row.version), taken, none=not taken)


def _first_month(stage: Stage) -> None:
    """Made, labelled, verified and handed over; a trituration; a lot for the shelf; a lot that expired; two not collected."""
    with stage.at(2, 9, 0):
        fergus = counter.enter(stage, "tina", "fergus", "fable", counter.order(CAPSULE, "4.5", 30))
        counter.submit(stage, "tina", fergus)
    with stage.at(2, 9, 25):
        counter.accept(stage, "paul", fergus)
    with stage.at(2, 10, 0):
        counter.make(stage, "tina", "pia", "capsule", "4.5", (fergus,), for_stock="70")
    with stage.at(2, 13, 30):
        counter.dispense(stage, "tina", "paul", fergus)
    with stage.at(3, 9, 0):
        counter.make(stage, "tina", "paul", "trituration", "100", for_stock="10000")
    with stage.at(4, 9, 0):
        aurelio = counter.enter(
            stage, "tina", "aurelio", "parable", counter.order(CAPSULE, "1.5", 84, refills=2, steps=_rising())
        )
        counter.submit(stage, "tina", aurelio)
    with stage.at(4, 9, 40):
        counter.accept(
            stage, "pia", aurelio, {"CAUTION": "Prescriber starts at 1.5 mg and rises; TSH is checked in six weeks."}
        )
    with stage.at(4, 10, 0):
        counter.make(stage, "tina", "paul", "capsule", "1.5", (aurelio,))
    with stage.at(4, 14, 10):
        counter.dispense(stage, "tina", "pia", aurelio, method=Method.POST)
    with stage.at(6, 9, 0):
        wilhelmina = counter.enter(
            stage, "tina", "wilhelmina", "fable", counter.order(LIQUID, "1", 30, amount="1", refills=5)
        )
        counter.submit(stage, "tina", wilhelmina)
    with stage.at(6, 9, 50):
        counter.accept(stage, "paul", wilhelmina)
    with stage.at(6, 10, 20):
        counter.make(stage, "tina", "pia", "liquid", "1", (wilhelmina,))
    with stage.at(6, 15, 0):
        counter.dispense(stage, "tina", "paul", wilhelmina)
    odile = _not_collected(stage)
    with stage.at(30, 9, 15):  # the refill comes from the shelf: no preparation
        refill = counter.refill(stage, "tina", fergus)
    with stage.at(30, 9, 45):
        counter.accept(stage, "pia", refill)
    with stage.at(30, 11, 0):
        counter.dispense(stage, "tina", "paul", refill)
    with stage.at(31, 16, 0):
        counter.not_collected(stage, "tina", odile, "Not collected in ten days; two calls, no answer.")
    with stage.at(32, 12, 0):
        how = "In the medicine waste container, unlabelled and mixed with grounds."
        one = counter.seen_of(stage, counter.fill_of(stage, odile))
        dispensing.destroy_fill(stage.db, stage.actors["paul"], one, how, "Tina Mallow")
    _away(stage, wilhelmina)


def _not_collected(stage: Stage) -> int:
    """One whose owner does not come for it; what was made beyond it serves her when she does."""
    with stage.at(20, 9, 0):
        given = counter.order(CAPSULE, "3", 30, purpose="Crohn’s disease")
        odile = counter.enter(stage, "tina", "odile", "ballad", given)
        counter.submit(stage, "tina", odile)
    with stage.at(20, 9, 50):
        counter.accept(stage, "paul", odile)
    with stage.at(20, 10, 15):
        counter.make(stage, "tina", "pia", "capsule", "3", (odile,), for_stock="60")
    with stage.at(21, 9, 0):
        counter.pack_and_label(stage, "tina", odile)
        counter.verify(stage, "paul", odile)
    stage.fills["odile"] = odile
    return odile


def _away(stage: Stage, first: int) -> None:
    """A refill that is taken back, because she will be away; it waits for its destruction."""
    with stage.at(33, 9, 0):
        refill = counter.refill(stage, "tina", first)
    with stage.at(33, 9, 40):
        counter.accept(stage, "pia", refill)
    with stage.at(33, 10, 0):
        counter.make(stage, "tina", "paul", "liquid", "1", (refill,))
    with stage.at(33, 14, 0):
        counter.pack_and_label(stage, "tina", refill)
        counter.verify(stage, "pia", refill)
    with stage.at(34, 15, 0):
        counter.not_collected(
            stage, "tina", refill, "She rang: the doctor wants her to pause the drops, and to call again."
        )


def _rising() -> tuple[Step, ...]:
    return tuple(Step(Decimal(count), When.BEDTIME, 14) for count in (1, 2, 3))


def _last_week(stage: Stage) -> None:
    """One in each stage between the bench and the door, and those that ended otherwise."""
    with stage.at(35, 9, 0):
        odile = counter.refill(stage, "tina", stage.fills["odile"])
        barnaby = counter.enter(
            stage, "tina", "barnaby", "riddle", counter.order(CAPSULE, "2", 30, purpose="chronic pain")
        )
        counter.submit(stage, "tina", barnaby)
    with stage.at(35, 9, 50):
        counter.accept(stage, "paul", odile)
        counter.accept(stage, "paul", barnaby)
    with stage.at(35, 10, 15):
        counter.make(stage, "tina", "pia", "capsule", "2", (barnaby,))
    with stage.at(36, 9, 0):
        counter.pack_and_label(stage, "tina", odile)
        counter.verify(stage, "paul", odile)  # waits for pick-up
    with stage.at(36, 10, 0):
        marisol = counter.enter(
            stage, "tina", "marisol", "parable", counter.order(CAPSULE, "1", 30, purpose="long COVID")
        )
        counter.submit(stage, "tina", marisol)
    with stage.at(36, 10, 45):
        counter.accept(stage, "pia", marisol)
    with stage.at(36, 11, 0):
        counter.make(stage, "tina", "paul", "capsule", "1", (marisol,))
    with stage.at(37, 9, 0):
        rejected = counter.enter(stage, "tina", "odile", "riddle", counter.order(CAPSULE, "1.5", 30))
        counter.submit(stage, "tina", rejected)
    with stage.at(37, 9, 30):
        reason = "A second prescriber ordered the same medicine; both were called, this one is withdrawn."
        review.reject_fill(
            stage.db, stage.actors["paul"], counter.seen_of(stage, counter.fill_of(stage, rejected)), reason
        )
    with stage.at(37, 10, 0):
        cancelled = counter.enter(stage, "tina", "fergus", "fable", counter.order(CAPSULE, "4.5", 60))
    with stage.at(37, 10, 20):
        review.cancel_fill(
            stage.db,
            stage.actors["pia"],
            counter.seen_of(stage, counter.fill_of(stage, cancelled)),
            "Sent twice by the clinic’s fax.",
        )
    with stage.at(38, 9, 0):
        tobias = counter.enter(stage, "tina", "tobias", "fable", counter.order(CAPSULE, "0.5", 30, refills=5))
        counter.submit(stage, "tina", tobias)
        ingrid = counter.enter(stage, "tina", "ingrid", "ballad", counter.order(CAPSULE, "4.5", 30))
        counter.submit(stage, "tina", ingrid)  # oxycodone: blocked
    with stage.at(38, 9, 40):
        counter.accept(stage, "pia", tobias)
    with stage.at(38, 13, 0):
        percival = counter.enter(stage, "tina", "percival", "parable", counter.order(CAPSULE, "4.5", 30))
        counter.submit(stage, "tina", percival)
    with stage.at(38, 13, 45):
        question = "Severe renal impairment is on record. Is 4.5 mg meant, and is there a recent creatinine?"
        review.hold_fill(
            stage.db,
            stage.actors["paul"],
            counter.seen_of(stage, counter.fill_of(stage, percival)),
            question,
            "Iris Parable",
        )


def _last_hours(stage: Stage) -> None:
    """What stands in the queues now: labelled, at the bench, to prepare, in review, being entered."""
    with stage.ago(230):
        _labelled_and_prepared(stage)
    with stage.ago(200):
        tobias = counter.fill_named(stage, "tobias")
        at_the_bench = counter.plan_lot(stage, "tina", "capsule", "0.5", (tobias,))
        counter.weigh(stage, "tina", at_the_bench, at_most=1)
    with stage.ago(140):
        cornelius = counter.enter(
            stage,
            "tina",
            "cornelius",
            "riddle",
            counter.order(LIQUID, "5", 30, amount="0.9", purpose="multiple sclerosis"),
        )
        counter.submit(stage, "tina", cornelius)
        agnes = counter.enter(stage, "tina", "agnes", "ballad", counter.order(LIQUID, "1", 60, amount="1", refills=1))
        counter.submit(stage, "tina", agnes)
    with stage.ago(100):
        counter.accept(stage, "paul", cornelius)
        counter.accept(stage, "paul", agnes)  # sixty days of a liquid that lasts thirty-five: the plan says what fits
    with stage.ago(80):
        lucinda = counter.enter(stage, "tina", "lucinda", "fable", counter.order(CAPSULE, "3", 30))
        counter.submit(stage, "tina", lucinda)  # a medicine that nobody knows: not checked
    with stage.ago(60):
        called = counter.enter(
            stage, "paul", "wilhelmina", "parable", counter.order(CAPSULE, "1.5", 30, refills=0), CameBy.TELEPHONE
        )
        counter.submit(stage, "paul", called)
    with stage.ago(45):
        counter.enter(stage, "tina", "barnaby", "riddle", counter.order(CAPSULE, "3", 30, refills=1))
    with stage.ago(30):
        counter.make_and_leave_for_release(stage, "tina", "capsule", "4.5", for_stock="50")


def _labelled_and_prepared(stage: Stage) -> None:
    counter.pack_and_label(stage, "tina", counter.fill_named(stage, "barnaby"))  # waits for final verification
    counter.pack(stage, "tina", counter.fill_named(stage, "marisol"))  # waits for its label


def _write_sign_ins(stage: Stage, path: Path) -> None:
    lines = [
        f"{one.told:<22} {one.full_name:<14} signs in as {one.key:<5} with {stage.passwords[one.key]}"
        for one in people.COLLEAGUES
        if one.told
    ]
    path.unlink(missing_ok=True)
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except OSError as failed:
        raise PharmacyError(f"The sign-ins could not be written to {path}: {failed.strerror}.") from failed
    with os.fdopen(handle, "w") as file:
        file.write("\n".join(lines) + "\n")
