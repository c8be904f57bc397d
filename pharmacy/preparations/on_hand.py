"""Which lots a fill can be packed from, which of them is proposed, and the quantity that fits when none keeps so long."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from pharmacy import clock
from pharmacy.domain.beyond_use import Fits
from pharmacy.domain.workflow import NOT_MADE, Making
from pharmacy.formulary import definition
from pharmacy.formulary import queries as formulary
from pharmacy.formulary.models import FormulaVersion
from pharmacy.preparations import queries as preparations
from pharmacy.preparations.models import Preparation
from pharmacy.preparations.supply import outlasts, that_fits
from pharmacy.prescriptions import making
from pharmacy.prescriptions.models import Fill
from pharmacy.stock import queries as stock
from pharmacy.stock.models import Lot, StockItem


@dataclass(frozen=True, slots=True)
class Choice:
    """One lot that may be chosen: ``on_hand`` whole capsules or mL, ``promised`` of them to other fills it was made for.

    ``formula`` tells it from a lot of the same strength by another formula: the record's number and the formula's name.
    """

    lot: Lot
    on_hand: int
    promised: int
    promised_to: tuple[str, ...]
    own: bool  # made for this very fill
    lasts: bool  # keeps until the supply ends
    free: int
    proposed: int
    formula: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """What the page says: the lots, how much is missing from those that last, and the smaller quantity that fits."""

    choices: tuple[Choice, ...]
    missing: int
    fits: int | None
    awaited: tuple[Preparation, ...]  # being made for this fill, not released yet

    @property
    def short_dated(self) -> bool:
        return any(not choice.lasts for choice in self.choices)


def products(db: Session, one: Fill) -> dict[int, StockItem]:
    """The items, by id, that lots of this form and strength are kept as: those of an approved formula."""
    versions = formulary.approved_for(db, one.prescription.form, one.prescription.strength)
    ids = {version.record.item_id for version in versions}
    return {item.id: item for item in db.scalars(select(StockItem).where(StockItem.id.in_(ids)))}


def made_as(db: Session, lot_ids: Iterable[int]) -> dict[int, Preparation]:
    """The preparations, by lot, that made these lots; each with its formula version."""
    wanted = select(Preparation).where(Preparation.lot_id.in_(list(lot_ids)))
    version = joinedload(Preparation.formula_version, innerjoin=True)
    found = db.scalars(wanted.options(version.joinedload(FormulaVersion.record, innerjoin=True)))
    return {one.lot_id: one for one in found if one.lot_id is not None}


def why_not_of(db: Session, one: Fill, lots: Sequence[Lot]) -> dict[int, str]:
    """By lot, why the patient of this fill must not get it: it holds what she does not bear. Suited lots are left out."""
    made = made_as(db, [lot.id for lot in lots])
    approved = {
        version.record.item_id: version
        for version in formulary.approved_for(db, one.prescription.form, one.prescription.strength)
    }
    found = {}
    for lot in lots:
        version = made[lot.id].formula_version if lot.id in made else approved.get(lot.item_id)
        if version is None:
            continue
        if why := making.why_not_by(db, one, version.record_id, definition.read(version)):
            found[lot.id] = why
    return found


def offer(db: Session, one: Fill) -> Offer:
    """Every lot that may be chosen today, first the one made for this fill, then the first to end; and what is proposed.

    What was made for other fills that still wait for it is left to them in the proposal.
    """
    lots = selectable(db, one)
    made = made_as(db, [lot.id for lot in lots])
    for_whom = preparations.fills_of(db, [row.id for row in made.values()])
    choices = []
    for lot in lots:
        fills = for_whom.get(made[lot.id].id, ()) if lot.id in made else ()
        waiting = preparations.still_waiting(fills, but=one.id)
        choices.append(
            Choice(
                lot,
                int(lot.available),
                sum(whom.quantity for whom in waiting),
                tuple(whom.number for whom in waiting),
                any(whom.fill_id == one.id for whom in fills),
                isinstance(outlasts(one, [lot]), Fits),
                preparations.left_for(int(lot.available), fills, one.id),
                0,
                _formula_of(made[lot.id]) if lot.id in made else "",
            )
        )
    choices.sort(key=lambda choice: not choice.own)  # stable: the rest stays first-expiring first
    proposed, missing = _proposed(choices, one.quantity)
    return Offer(proposed, missing, _fits(one, choices) if missing else None, _awaited(db, one.id))


def _formula_of(made: Preparation) -> str:
    version = made.formula_version
    return f"{version.record.number}, version {version.number}: {definition.read(version).name}"


def selectable(db: Session, one: Fill) -> list[Lot]:
    """Released lots of what may make it, in date, with something left, that the patient bears; first-expiring first."""
    found = [lot for item in products(db, one).values() for lot in stock.selectable_lots(db, item.code, clock.today())]
    unsuited = why_not_of(db, one, found)
    suited = (lot for lot in found if lot.available >= 1 and lot.id not in unsuited)
    return sorted(suited, key=lambda lot: (lot.use_before, lot.id))


def _proposed(choices: Sequence[Choice], wanted: int) -> tuple[tuple[Choice, ...], int]:
    """The same choices with a proposal; nothing is proposed when all of it does not suffice."""
    amounts, left = [], wanted
    for choice in choices:
        amount = min(choice.free, left) if choice.lasts else 0
        amounts.append(amount)
        left -= amount
    if left:
        return tuple(choices), left
    return tuple(replace(one, proposed=amount) for one, amount in zip(choices, amounts, strict=True)), 0


def _fits(one: Fill, choices: Sequence[Choice]) -> int | None:
    """The largest quantity, smaller than the fill's, that the lots hold and that ends before they do; None if none.

    A container of a kit is taken by the days of the kit: no part of it fits.
    """
    if one.prescription.kit_id is not None:
        return None
    best, free = 0, 0
    for choice in sorted(choices, key=lambda choice: choice.lot.use_before, reverse=True):
        free += choice.free
        best = max(best, min(free, one.quantity if choice.lasts else _until(one, choice.lot.use_before)))
    return best if 0 < best < one.quantity else None


def _until(one: Fill, use_before: date) -> int:
    return that_fits(one, use_before)[1]


def _awaited(db: Session, fill_id: int) -> tuple[Preparation, ...]:
    over = {Making.RELEASED.value, *NOT_MADE}
    return tuple(row for row in preparations.all_for_fill(db, fill_id) if row.status not in over)
