"""What would be planned: choices in, plan, beyond-use date and every refusal out. Reads only; nothing is written here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from pharmacy import clock
from pharmacy.actions.catalogue import Action, who_may
from pharmacy.domain.balance import BalanceFacts
from pharmacy.domain.beyond_use import (
    BeyondUse,
)
from pharmacy.domain.calculation import (
    CapsulePlan,
    LotFacts,
    LotPart,
    Plan,
    plan_from_json,
    prepare_capsules,
    prepare_liquid,
    prepare_trituration,
    recheck,
)
from pharmacy.domain.dates import day_text
from pharmacy.domain.error_budget import Budget, budget_of
from pharmacy.domain.errors import CalculationRefused, ChecksDisagree
from pharmacy.domain.formula import CapsuleFormula, Formula, LiquidFormula
from pharmacy.domain.quantity import Mass, Volume, exact
from pharmacy.domain.soundness import check_sound
from pharmacy.domain.tablets import Crushed
from pharmacy.domain.tolerances import Tolerances
from pharmacy.domain.workflow import Status
from pharmacy.errors import NotFound, NotReady, PharmacyError
from pharmacy.formulary import definition
from pharmacy.formulary import queries as formulary
from pharmacy.formulary.models import FormulaVersion
from pharmacy.premises import queries as premises
from pharmacy.premises.models import Balance
from pharmacy.preparations.bench import decimal_of, refused
from pharmacy.preparations.lasting import beyond_use, check_outlasts
from pharmacy.preparations.measures import MEASURES
from pharmacy.preparations.missing import missing_of, with_prescription
from pharmacy.prescriptions import making
from pharmacy.prescriptions import queries as prescriptions
from pharmacy.prescriptions.models import Fill
from pharmacy.stock import queries as stock
from pharmacy.stock.models import Lot
from pharmacy.stock.words import RELEASED, amount_text

FURTHER = "-2"  # ends the place of a second lot of a component: what is left of it goes in first
TRITURATION = "trituration"  # the place of a stock trituration among the chosen lots
NOTHING = Decimal(0)
FINEST_EXCESS = 2  # decimals: finer is a slip, not a wish
# The fields of the planning page where a refusal of the calculation belongs.
_FIELD_OF = (
    {name: name for name in ("tablets_weighed", "tablets_together", "crushed", "excess", "holes")}
    | dict.fromkeys(("quantity", "count", "total", "need"), "for_stock")
    | dict.fromkeys(("calibrated_until", "repeatability", "readability", "sensitivity_requirement"), "balance")
)


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person chose. ``lots``: lot id by component code, by ``trituration``, and by the places of further lots.

    ``parts``: how many mg are taken of each further lot. Amounts are capsules, mL or mg. ``crushed`` tablets were weighed
    together, in mg; else they go in whole.
    """

    version_id: int
    fills: tuple[int, ...] = ()
    for_stock: Decimal = NOTHING
    excess: Decimal = NOTHING
    lots: Mapping[str, int] = field(default_factory=dict)
    balance_id: int = 0
    holes: int = 100
    parts: Mapping[str, Decimal] = field(default_factory=dict)
    crushed: bool = False
    tablets_weighed: int = 0
    tablets_together: Decimal = NOTHING

    def crushed_tablets(self) -> Crushed | None:
        """The tablets that are crushed to one powder; None where they go in whole."""
        return Crushed(self.tablets_weighed, Mass(exact(self.tablets_together))) if self.crushed else None


@dataclass(frozen=True, slots=True)
class Draft:
    """A plan that stands: everything that is frozen when it is saved. ``shares``: by fill, how much of it is made."""

    choice: Choice
    version: FormulaVersion
    formula: Formula
    plan: Plan
    amount: Decimal
    fills: tuple[Fill, ...]
    shares: Mapping[int, int]
    lots: Mapping[str, Lot]
    balance: Balance
    beyond_use: BeyondUse

    @property
    def predicted(self) -> Budget:
        """The strength that the rounded targets give, and how far it may be off, before anything is weighed."""
        return budget_of(self.plan)


def draft(db: Session, choice: Choice) -> Draft:
    """The plan for these choices today; a PharmacyError at the field that does not go."""
    on = clock.today()
    version = formulary.version(db, choice.version_id)
    if version.status != formulary.APPROVED:
        raise NotReady("This version of the formula is not approved; choose the approved one.", "version")
    formula = definition.read(version)
    try:
        check_sound(formula)
    except CalculationRefused as unsound:
        raise NotReady(f"{version.record.number} must not be made as it stands: {unsound}", "version") from unsound
    fills, shares = _fills(db, version, formula, choice.fills)
    amount = Decimal(sum(shares.values())) + choice.for_stock
    if amount <= 0:
        raise PharmacyError("Choose the fills that it is made for, or an amount for stock.", "for_stock")
    if choice.excess.normalize().as_tuple().exponent < -FINEST_EXCESS:  # type: ignore[operator]
        raise PharmacyError(
            f"Write the process excess with at most {FINEST_EXCESS} decimals, such as 5 or 2.5.", "excess"
        )
    balance = _balance(db, choice.balance_id, on)
    lots = _lots(db, formula, choice.lots, on)
    plan = _plan(db, formula, amount, choice, lots, premises.balance_facts(balance), on)
    _check_enough(formula, plan, lots)
    use = beyond_use(db, plan, on)
    for one in fills:
        check_outlasts(one, use.date, on)
    return Draft(choice, version, formula, plan, amount, fills, shares, lots, balance, use)


def _fills(
    db: Session, version: FormulaVersion, formula: Formula, ids: Iterable[int]
) -> tuple[tuple[Fill, ...], dict[int, int]]:
    """The chosen fills, and how much of each is to be made."""
    wanted = tuple(dict.fromkeys(ids))
    if not wanted:
        return (), {}
    found = select(Fill).where(Fill.id.in_(wanted)).options(with_prescription()).order_by(Fill.id)
    fills = tuple(db.scalars(found).unique())
    if len(fills) != len(wanted):
        raise NotFound("There is no such fill.")
    shares = {one.id: share_of(db, one) for one in fills}
    for one in fills:
        order = one.prescription
        if not shares[one.id]:
            raise NotReady(f"Fill {one.number} is {one.status}; only an accepted fill is prepared for.", "fills")
        if order.form != version.record.kind or order.strength != version.record.strength:
            raise PharmacyError(f"Fill {one.number} is for {prescriptions.medicine_text(order)}.", "fills")
        if why_not := making.why_not_by(db, one, version.record_id, formula):
            raise PharmacyError(why_not, "fills")
    return fills, shares


def share_of(db: Session, one: Fill) -> int:
    """How much of the fill is to be made: all of it, or what is missing where its lots do not suffice."""
    return one.quantity if one.status == Status.ACCEPTED.value else missing_of(db, one)


def _balance(db: Session, balance_id: int, on: date) -> Balance:
    found = db.get(Balance, balance_id, populate_existing=True)
    if found is None and not premises.usable_balances(db, on):
        raise NotReady(_no_balance(db, on), "balance")
    if found is None:
        raise PharmacyError("Choose a balance.", "balance")
    check_balance(found, on)
    return found


def _no_balance(db: Session, on: date) -> str:
    """That no balance is in date, which of them are overdue since when, and who puts it right."""
    due = [f"{one.name} (due {day_text(one.calibration_due)})" for one in premises.overdue_balances(db, on)]
    which = f"No balance is in date: {'; '.join(due)}. " if due else "No balance is in use. "
    return f"{which}The {who_may(Action.CHANGE_BALANCE)} puts that right on the page of the pharmacy."


def check_balance(balance: Balance, on: date) -> None:
    """A balance that is in use and not past the day on which its calibration was due (22 TAC 291.131)."""
    if not balance.active:
        raise NotReady(f"Balance {balance.name} is not in use.", "balance")
    if balance.calibration_due < on:
        due = day_text(balance.calibration_due)
        raise NotReady(
            f"The calibration of balance {balance.name} was due on {due}; nothing is weighed on it.", "balance"
        )


def _lots(db: Session, formula: Formula, chosen: Mapping[str, int], on: date) -> dict[str, Lot]:
    """The chosen lots by component code; each is released and in date, whatever the page offered."""
    lots = {}
    for code, name in _places(formula):
        lot_id = chosen.get(code)
        if lot_id:
            lots[code] = check_selectable(stock.lot(db, lot_id), on, f"lot_{code}")
        elif code != TRITURATION and not code.endswith(FURTHER):
            raise NotReady(f"Choose a lot of {name}.", f"lot_{code}")
    if isinstance(formula, CapsuleFormula) and formula.drug.code not in lots and TRITURATION not in lots:
        raise NotReady(f"Choose a lot of {formula.drug.name}.", f"lot_{formula.drug.code}")
    return lots


def check_selectable(lot: Lot, on: date, where: str = "") -> Lot:
    """A lot that may be used on that day: released, in date, not used up."""
    what = f"Lot {lot.number} of {lot.item.name}"
    if lot.status != RELEASED:
        raise NotReady(f"{what} is {lot.status}; it cannot be used.", where)
    if lot.use_before < on:
        raise NotReady(f"{what} ended on {day_text(lot.use_before)}; it cannot be used.", where)
    if lot.available <= 0:
        raise NotReady(f"{what} is used up.", where)
    return lot


def _places(formula: Formula) -> tuple[tuple[str, str], ...]:
    """The lots that a formula asks for: (component code, name); capsules may besides take a stock trituration, and what
    is left of a further lot of drug or filler.
    """
    places = tuple((one.code, one.name) for one in formula.components)
    if not isinstance(formula, CapsuleFormula):
        return places
    further = tuple((f"{one.code}{FURTHER}", one.name) for one in (formula.drug, formula.filler))
    return (*places, (TRITURATION, "a stock trituration"), *further)


def _plan(
    db: Session,
    formula: Formula,
    amount: Decimal,
    choice: Choice,
    lots: Mapping[str, Lot],
    balance: BalanceFacts,
    on: date,
) -> Plan:
    facts = {code: formulary.lot_facts(db, lot) for code, lot in lots.items()}
    accepted = premises.policy(db).tolerances
    try:
        if isinstance(formula, CapsuleFormula):
            others = tuple(premises.balance_facts(one) for one in premises.usable_balances(db, on))
            plan: Plan = _capsules(formula, amount, choice, facts, balance, on, accepted, others)
        elif isinstance(formula, LiquidFormula):
            plan = prepare_liquid(
                formula,
                quantity=Volume(exact(amount)),
                excess_percent=choice.excess,
                drug=facts[formula.drug.code],
                others=tuple(facts[one.component.code] for one in formula.portions),
                vehicle=facts[formula.vehicle.code],
                balance=balance,
                measures=MEASURES,
                on=on,
                tolerances=accepted,
                crushed=choice.crushed_tablets(),
            )
        else:
            plan = prepare_trituration(
                formula,
                total=Mass(exact(amount)),
                drug=facts[formula.drug.code],
                diluent=facts[formula.diluent.code],
                balance=balance,
                on=on,
                tolerances=accepted,
            )
        return _check_again(plan)
    except CalculationRefused as error:
        raise refused(error, _FIELD_OF.get(error.field, "")) from error


def _capsules(
    formula: CapsuleFormula,
    amount: Decimal,
    choice: Choice,
    facts: Mapping[str, LotFacts],
    balance: BalanceFacts,
    on: date,
    tolerances: Tolerances,
    balances: tuple[BalanceFacts, ...],
) -> CapsulePlan:
    if amount != amount.to_integral_value():
        raise PharmacyError("Capsules are whole.", "for_stock")
    if amount < 2:
        raise PharmacyError("Make at least 2 capsules: their weights are checked one against the other.", "for_stock")
    trituration = facts.get(TRITURATION)
    drug = facts.get(formula.drug.code) or trituration
    assert drug is not None
    return prepare_capsules(
        formula,
        count=int(amount),
        excess_percent=choice.excess,
        drug=drug,
        filler=facts[formula.filler.code],
        shell=facts[formula.shell.code],
        balance=balance,
        on=on,
        trituration=trituration,
        others=tuple(facts[one.component.code] for one in formula.others),
        parts=_parts(choice, facts),
        other_balances=tuple(one for one in balances if one.name != balance.name),
        machine_holes=choice.holes,
        tolerances=tolerances,
    )


def _parts(choice: Choice, facts: Mapping[str, LotFacts]) -> tuple[LotPart, ...]:
    """What is taken of further lots; each must say how much, and no lot is taken twice."""
    parts = []
    for code, lot in facts.items():
        if code.endswith(FURTHER):
            if not choice.parts.get(code):
                raise PharmacyError(f"Say how much of lot {lot.number} goes in.", f"part_{code}")
            first = facts.get(code.removesuffix(FURTHER))
            if first is not None and (first.component, first.number) == (lot.component, lot.number):
                raise PharmacyError(f"Lot {lot.number} is chosen twice.", f"lot_{code}")
            parts.append(LotPart(lot, Mass(exact(choice.parts[code]))))
    return tuple(parts)


def _check_again(plan: Plan) -> Plan:
    """The plan as it will be stored, read back and checked the second way once more."""
    stored = plan_from_json(plan.to_json())
    if stored != plan or recheck(stored) != plan.plausibility:
        raise ChecksDisagree("The stored plan does not read back as it was made; do not use this worksheet.")
    return stored


def _check_enough(formula: Formula, plan: Plan, lots: Mapping[str, Lot]) -> None:
    for use in plan.lots:
        code, lot = place_of(lots, use.lot)
        unit = "piece" if isinstance(use.amount, int) else "mg" if isinstance(use.amount, Mass) else "mL"
        where = f"lot_{code}"
        if lot.item.unit != unit:
            raise PharmacyError(f"{lot.item.name} is kept in {lot.item.unit}, but {formula.name} takes {unit}.", where)
        needed = Decimal(use.amount) if isinstance(use.amount, int) else decimal_of(use.amount.value)
        if lot.available < needed:
            held, asked = amount_text(lot.available, unit), amount_text(needed, unit)
            raise NotReady(f"Lot {lot.number} of {lot.item.name} holds {held}; {asked} are needed.", where)


def place_of(lots: Mapping[str, Lot], facts: LotFacts) -> tuple[str, Lot]:
    """The place and row of a lot that a plan names; the item tells apart two lots of one number."""
    return next(
        (code, lot) for code, lot in lots.items() if (lot.item.code, lot.number) == (facts.component, facts.number)
    )
