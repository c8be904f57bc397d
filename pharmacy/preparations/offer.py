"""What the planning page offers: fills, lots and balances for a formula, and the choice that it begins with. Reads only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from pharmacy import clock
from pharmacy.domain.formula import CapsuleFormula, Formula, TriturationFormula
from pharmacy.domain.strength import Form
from pharmacy.domain.workflow import Status
from pharmacy.errors import PharmacyError
from pharmacy.formulary import definition
from pharmacy.formulary import queries as formulary
from pharmacy.formulary.models import FormulaVersion
from pharmacy.premises import queries as premises
from pharmacy.premises.models import Balance
from pharmacy.preparations.draft import FURTHER, NOTHING, TRITURATION, Choice, draft
from pharmacy.preparations.missing import short_fills, with_prescription
from pharmacy.prescriptions import making
from pharmacy.prescriptions.models import Fill
from pharmacy.stock import queries as stock
from pharmacy.stock.models import Lot


@dataclass(frozen=True, slots=True)
class ToMake:
    """A fill that waits for a preparation, and how much of it: all, or what its lots are short of."""

    fill: Fill
    quantity: int

    @property
    def id(self) -> int:
        return self.fill.id

    @property
    def number(self) -> str:
        return self.fill.number

    @property
    def patient(self) -> str:
        return self.fill.prescription.patient.full_name

    @property
    def text(self) -> str:
        """``30 capsules``, ``1 capsule missing of 30``."""
        text = Form(self.fill.prescription.form).amount_text(self.quantity)
        return text if self.fill.status == Status.ACCEPTED.value else f"{text} missing of {self.fill.quantity}"


def fills_to_make(db: Session, version: FormulaVersion) -> list[ToMake]:
    """The fills to be made that this formula is for, oldest first."""
    if version.record.kind == "trituration":
        return []
    return [one for one in all_to_make(db) if _is_made_by(db, one.fill, version)]


def all_to_make(db: Session) -> list[ToMake]:
    """Every accepted fill, and every one that its lots are short of, oldest first; with all that a plan asks of them."""
    wanted = select(Fill).where(Fill.status == Status.ACCEPTED.value).order_by(Fill.since, Fill.id)
    accepted = [ToMake(one, one.quantity) for one in db.scalars(wanted.options(with_prescription())).unique()]
    found = accepted + [ToMake(one, missing) for one, missing in short_fills(db)]
    return sorted(found, key=lambda one: (one.fill.since, one.id))


@dataclass(frozen=True, slots=True)
class Place:
    """One component and the lots that may be chosen for it, first-expiring first."""

    code: str
    name: str
    lots: tuple[Lot, ...]
    may_be_empty: bool = False


def places(db: Session, formula: Formula, on: date) -> tuple[Place, ...]:
    """The components of a formula with their selectable lots; expired and quarantined ones are never among them."""
    found = [Place(one.code, one.name, tuple(stock.selectable_lots(db, one.code, on))) for one in formula.components]
    if isinstance(formula, CapsuleFormula):
        lots = tuple(formulary.trituration_lots(db, formula.filler.code, on))
        if lots:
            name = f"Stock trituration, where {formula.drug.name} alone is too little to weigh"
            found.append(Place(TRITURATION, name, lots, may_be_empty=True))
        found += [
            Place(f"{one.code}{FURTHER}", f"Use up first: {one.name}", one.lots, may_be_empty=True)
            for one in found
            if one.code in {formula.drug.code, formula.filler.code} and len(one.lots) > 1
        ]
    return tuple(found)


def preselected(db: Session, choice: Choice, offered: Sequence[Place]) -> Choice:
    """The choice with first-expiring lots where none was chosen; a lot that holds too little gives way to the next."""
    given = dict(choice.lots)
    wanted = [one for one in offered if not one.code.endswith(FURTHER)]
    choice = replace(choice, lots={one.code: one.lots[0].id for one in wanted if one.lots} | given)
    free = {one.code: list(one.lots) for one in wanted if one.code not in given}
    for _ in range(sum(len(lots) for lots in free.values())):
        try:
            draft(db, choice)
        except PharmacyError as error:
            code = error.field.removeprefix("lot_")
            following = _next(free.get(code, []), choice.lots.get(code))
            if following is None:
                return choice
            choice = replace(choice, lots={**choice.lots, code: following.id})
        else:
            return choice
    return choice


def _next(lots: Sequence[Lot], now: int | None) -> Lot | None:
    ids = [one.id for one in lots]
    place = ids.index(now) + 1 if now in ids else 0
    return lots[place] if place < len(lots) else None


@dataclass(frozen=True, slots=True)
class Offer:
    """What one formula can be planned with today. ``unit`` is that of the amount: piece, mL, or mg."""

    version: FormulaVersion
    formula: Formula
    fills: tuple[ToMake, ...]
    places: tuple[Place, ...]
    balances: tuple[Balance, ...]
    unit: str


def offer(db: Session, version_id: int) -> Offer:
    """The fills, lots and balances that this formula can be planned with today."""
    version = formulary.version(db, version_id)
    formula, on = definition.read(version), clock.today()
    return Offer(
        version,
        formula,
        tuple(fills_to_make(db, version)),
        places(db, formula, on),
        tuple(premises.usable_balances(db, on)),
        definition.product_unit(formula),
    )


def first_choice(db: Session, offered: Offer, fills: Iterable[int]) -> Choice:
    """What the page begins with: the fills asked for, the policy's excess and machine, lots that end first."""
    policy = premises.policy(db)
    known = {one.id: one.quantity for one in offered.fills}
    chosen = tuple(one for one in fills if one in known)
    alone = isinstance(offered.formula, CapsuleFormula) and sum(known[one] for one in chosen) == 1
    begun = Choice(
        offered.version.id,
        chosen,
        for_stock=Decimal(1) if alone else NOTHING,  # one capsule has none to be weighed against
        excess=NOTHING if isinstance(offered.formula, TriturationFormula) else policy.process_excess,
        balance_id=offered.balances[0].id if offered.balances else 0,
        holes=int(policy.machine_holes),
    )
    return preselected(db, begun, offered.places)


def grouped(
    db: Session, versions: Sequence[FormulaVersion], fills: Sequence[ToMake]
) -> list[tuple[FormulaVersion, list[ToMake]]]:
    """The fills to be made under each approved formula that may make them; formulas without any are left out."""
    found = [(version, [one for one in fills if _is_made_by(db, one.fill, version)]) for version in versions]
    return [(version, these) for version, these in found if these]


def without_formula(db: Session, versions: Sequence[FormulaVersion], fills: Sequence[ToMake]) -> list[ToMake]:
    """The fills that no approved formula may make: of that strength, and of what the patient bears."""
    return [one for one in fills if not any(_is_made_by(db, one.fill, version) for version in versions)]


def _is_made_by(db: Session, fill: Fill, version: FormulaVersion) -> bool:
    if (fill.prescription.form, fill.prescription.strength) != (version.record.kind, version.record.strength):
        return False
    return not making.why_not_by(db, fill, version.record_id, definition.read(version))
