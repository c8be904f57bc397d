"""What a pharmacy has on its first morning: people, a balance, approved formulas, lots on the shelf. Made by the services.

Nothing of a patient, prescriber or prescription: those are typed in the browser.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from decimal import Decimal

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from pharmacy import clock
from pharmacy.accounts import queries as accounts
from pharmacy.accounts import service as accounts_service
from pharmacy.accounts.signing import sign
from pharmacy.actions.acting import Seen, acting, guard
from pharmacy.actions.catalogue import PROGRAM, Action, Actor, Role
from pharmacy.config import Config
from pharmacy.db import make_engine
from pharmacy.formulary import service as formulary
from pharmacy.formulary.models import FormulaVersion
from pharmacy.formulary.starting import FAMILIES
from pharmacy.premises import service as premises
from pharmacy.premises.models import Pharmacy
from pharmacy.stock import service as stock
from pharmacy.stock.models import Lot, StockItem
from tests.journeys.people import NAMES, PASSWORD, PIN
from tests.journeys.server import Server

IDENTITY = premises.Identity("Pestle Lane Compounding", "7 Example Row", "Sampleton, IL 00000", "555-0190", "PHY-00001")
ROLES = {
    "tina": ("CPhT", (Role.TECHNICIAN,)),
    "paul": ("RPh", (Role.PHARMACIST,)),
    "pia": ("PharmD", (Role.PHARMACIST_IN_CHARGE,)),
    "ada": ("", (Role.AUDITOR,)),
    "adam": ("", (Role.ADMINISTRATOR,)),
    "nora": ("", ()),
}
SHELF = {
    "naltrexone-hcl": ("N-7741", "25000"),
    "mcc": ("MC-2208", "2000000"),
    "shell-3": ("HG-118", "5000"),
    "glycerin": ("GL-031", "2000"),
    "ascorbic-acid": ("AA-577", "100000"),
    "sodium-benzoate": ("SB-090", "50000"),
    "purified-water": ("PW-1120", "20000"),
}
BROUGHT = ("capsules-mcc", "triturations-mcc", "solution-preserved-1", "solution-preserved-5")
CERTIFICATE = stock.CertificateGiven(Decimal("99.2"), "anhydrous", Decimal("8.9"), Decimal("0.1"))


def first_morning(server: Server) -> None:
    """Prepare the data folder of a pharmacy that opens today."""
    engine = make_engine(Config.from_environment(server.environment()).url)
    guard(engine)
    try:
        _people(engine)
        with Session(engine, expire_on_commit=False) as db:
            staff = {one.sign_in_name: one.to_actor() for one in accounts.people(db)}
            db.rollback()
            _formulas(db, staff["paul"], staff["pia"])
            _shelf(db, staff["tina"], staff["pia"])
    finally:
        engine.dispose()


def _people(engine: Engine) -> None:
    with Session(engine, expire_on_commit=False) as db:
        with acting(db, PROGRAM, Action.SET_UP, Seen(Pharmacy)) as opened:
            premises.set_up_within(opened, IDENTITY, demonstration=False)
        for name, (credentials, roles) in ROLES.items():
            accounts_service.add_person(
                db, PROGRAM, NAMES[name], name, PASSWORD, roles, credentials=credentials, temporary=False
            )
        pia = accounts.by_sign_in_name(db, "pia")
        assert pia is not None
        actor, seen = pia.to_actor(), Seen(type(pia), pia.id, pia.version)
        db.rollback()
        accounts_service.set_own_pin(db, actor, seen, PASSWORD, PIN)
        balance = premises.BalanceData(
            "B-1, analytical", "AN-1001", Decimal("0.1"), Decimal(1), Decimal(5), Decimal(220000),
            clock.today() + timedelta(days=300),
        )  # fmt: skip
        premises.add_balance(db, actor, balance)


def also(*families: str) -> Callable[[Server], None]:
    """A seed that brings further families of formulas to a pharmacy on its first morning, approved."""

    def seed(server: Server) -> None:
        engine = make_engine(Config.from_environment(server.environment()).url)
        guard(engine)
        try:
            with Session(engine, expire_on_commit=False) as db:
                staff = {one.sign_in_name: one.to_actor() for one in accounts.people(db)}
                db.rollback()
                _formulas(db, staff["paul"], staff["pia"], families)
        finally:
            engine.dispose()

    return seed


def _formulas(db: Session, author: Actor, approver: Actor, families: Iterable[str] = BROUGHT) -> None:
    """The families that the stories make from, each with its drafts approved."""
    drafts = [draft for key in families for draft in formulary.bring_family(db, author, FAMILIES[key])]
    for version_id in drafts:
        db.rollback()
        version = db.get_one(FormulaVersion, version_id)
        seen = Seen(FormulaVersion, version_id, version.version)
        signature = sign(db, approver, PIN)
        formulary.approve_formula(db, approver, seen, signature)


def _shelf(db: Session, technician: Actor, in_charge: Actor) -> None:
    today = clock.today()
    db.rollback()
    items = {item.code: item.id for item in db.scalars(select(StockItem))}
    for code, (number, amount) in SHELF.items():
        certificate = CERTIFICATE if code == "naltrexone-hcl" else None
        receipt = stock.Receipt(
            "Example Supply Co", number, Decimal(amount), today, today + timedelta(days=700), certificate
        )
        lot_id = stock.receive_lot(db, technician, items[code], receipt)
        db.rollback()
        lot = db.get_one(Lot, lot_id)
        stock.release_lot(
            db, in_charge, Seen(Lot, lot_id, lot.version), "Certificate read; it agrees with the container."
        )
