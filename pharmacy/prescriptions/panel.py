"""What will come of an order while it is typed: the sentence, the figures, what is to be weighed. It writes nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from sqlalchemy.orm import Session

from pharmacy import clock
from pharmacy.domain import directions as taking
from pharmacy.domain.balance import BalanceFacts
from pharmacy.domain.beyond_use import beyond_use_date
from pharmacy.domain.calculation import (
    CapsulePlan,
    LiquidPlan,
    LotFacts,
    WeighingKey,
    planned,
    prepare_capsules,
    prepare_liquid,
)
from pharmacy.domain.dates import day_text
from pharmacy.domain.directions import Directions
from pharmacy.domain.errors import CalculationRefused
from pharmacy.domain.formula import CapsuleFormula, LiquidFormula, Particulars
from pharmacy.domain.measures import CYLINDERS
from pharmacy.domain.quantity import NBSP, Volume, decimal_text
from pharmacy.domain.routes import LiquidAliquot, WholeTablets
from pharmacy.domain.strength import Form, Strength
from pharmacy.errors import PharmacyError
from pharmacy.formulary import definition
from pharmacy.formulary import queries as formulary
from pharmacy.patients.models import Patient
from pharmacy.premises import queries as premises
from pharmacy.premises.settings import Policy
from pharmacy.prescriptions import making
from pharmacy.prescriptions.order import oral_syringe
from pharmacy.rules import book
from pharmacy.rules.findings import Finding
from pharmacy.stock import queries as stock


@dataclass(slots=True)
class Panel:
    """The side panel. `figures` are (what, amount); `notes` and `doubts` sentences; each part only as far as known."""

    sentence: str = ""
    figures: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    findings: tuple[Finding, ...] = ()
    screened: bool = False  # without a patient nothing can be said about her
    complete: bool = False  # strength and directions are there: the rules see dose and label


@dataclass(frozen=True, slots=True)
class Typed:
    """What can be read so far of the form."""

    form: Form
    strength: Decimal | None
    directions: Directions | None
    quantity: int | None

    @property
    def stated(self) -> Strength | None:
        """Strength and form; None while no strength above 0 is typed."""
        return Strength(self.strength, self.form) if self.strength else None


def panel(db: Session, typed: Typed, patient: Patient | None = None) -> Panel:
    """Everything that can be said of the order so far; refusals of a calculation stand among the doubts."""
    shown, strength = Panel(), typed.stated
    shown.complete = strength is not None and typed.directions is not None
    if typed.directions is not None:
        shown.sentence = taking.sentence(typed.directions)
        _supply(shown, typed.directions, typed.quantity)
        if strength is not None:
            highest = taking.highest_daily_dose(typed.directions, strength)
            shown.figures.insert(1 if shown.figures else 0, ("Highest daily dose", highest.text("mg")))
    if typed.form is Form.LIQUID and typed.directions is not None and strength is not None:
        _syringe(db, shown, typed.directions, strength)
    if typed.quantity:
        shown.figures.append(("Needed", typed.form.amount_text(typed.quantity)))
    if strength is not None:
        _preparation(db, shown, typed, strength, patient)
    return shown


def _supply(shown: Panel, directions: Directions, quantity: int | None) -> None:
    if not quantity:
        return
    days = taking.days_supply(directions, quantity)
    shown.figures.append(("Days’ supply", f"{days}{NBSP}{'day' if days == 1 else 'days'}"))
    left = taking.left_over(directions, quantity)
    if days == 0:
        shown.doubts.append("The quantity does not last one day.")
    elif left:
        shown.doubts.append(f"After {days} days {directions.form.amount_text(left)} would be left over.")
    if directions.length is not None and days < directions.length:
        needed = taking.quantity_for(directions, directions.length)
        shown.doubts.append(
            f"The directions last {directions.length} days and take {directions.form.amount_text(needed)}; "
            f"this quantity ends after {days} days."
        )
    before = sum(step.days or 0 for step in directions.steps[:-1])
    if directions.length is None and 0 < days <= before:
        shown.doubts.append(
            f"This quantity ends after {days} {'day' if days == 1 else 'days'}, before the last step, "
            f"which begins on day {before + 1}."
        )


def _syringe(db: Session, shown: Panel, directions: Directions, strength: Strength) -> None:
    made = {one.record.strength for one in formulary.approved(db) if one.record.kind == strength.form.value}
    try:
        shown.notes.append(f"Oral syringe: {oral_syringe(directions, strength, tuple(sorted(made))).words()}.")
    except PharmacyError as refused:
        shown.doubts.append(refused.sentence)


def _preparation(db: Session, shown: Panel, typed: Typed, strength: Strength, patient: Patient | None) -> None:
    version, today = making.version_for(db, strength, patient, None), clock.today()
    if version is None:
        shown.doubts.append(f"No approved formula makes {strength.text()}.")
        return
    formula = definition.read(version)
    shown.notes.append(f"Formula {version.record.number}, version {version.number}.")
    shelf = stock.selectable_lots(db, stock.item(db, version.record.item_id).code, today)
    if shelf and typed.quantity:
        _shelf(shown, typed, shelf[0].number, sum((one.available for one in shelf), Decimal(0)), shelf[0].use_before)
    if not typed.quantity:
        return
    policy = premises.policy(db)
    try:
        if isinstance(formula, CapsuleFormula):
            _capsules(db, shown, formula, typed.quantity, policy, today)
        elif isinstance(formula, LiquidFormula):
            _liquid(db, shown, formula, typed.quantity, policy, today)
    except (CalculationRefused, PharmacyError) as refused:
        shown.doubts.append(str(refused))
    _beyond_use(shown, formula.particulars, typed, policy, today)


def _shelf(shown: Panel, typed: Typed, number: str, amount: Decimal, use_before: date) -> None:
    held = typed.form.amount_text(amount)
    shown.notes.append(f"On the shelf: {held}, first lot {number}, do not use after {day_text(use_before)}.")


def _balances(db: Session, today: date) -> list[BalanceFacts]:
    """The balances in calibration, the finest first."""
    facts = [premises.balance_facts(one) for one in premises.usable_balances(db, today)]
    return sorted(facts, key=lambda one: (one.readability.value, one.name))


def _first_lot(db: Session, code: str, name: str, today: date) -> LotFacts:
    lots = stock.selectable_lots(db, code, today)
    if not lots:
        raise PharmacyError(f"No lot of {name} can be used: receive or release one.")
    return formulary.lot_facts(db, lots[0])


def _trituration(db: Session, formula: CapsuleFormula, today: date) -> LotFacts | None:
    """A released trituration of this drug in this filler, if there is one on the shelf."""
    for version in formulary.approved(db):
        if version.record.kind != "trituration":
            continue
        stocked = definition.read(version)
        if getattr(stocked, "diluent", None) is None or stocked.components[-1].code != formula.filler.code:
            continue
        lots = stock.selectable_lots(db, stock.item(db, version.record.item_id).code, today)
        if lots:
            return formulary.lot_facts(db, lots[0])
    return None


def _capsules(db: Session, shown: Panel, formula: CapsuleFormula, count: int, policy: Policy, today: date) -> None:
    """The plan on the first balance that can do it, with the lots that expire first."""
    refused: CalculationRefused | None = None
    drug = _first_lot(db, formula.drug.code, formula.drug.name, today)
    filler = _first_lot(db, formula.filler.code, formula.filler.name, today)
    shell = _first_lot(db, formula.shell.code, formula.shell.name, today)
    trituration = _trituration(db, formula, today)
    others = tuple(_first_lot(db, one.component.code, one.component.name, today) for one in formula.others)
    for balance in _balances(db, today):
        try:
            plan = prepare_capsules(
                formula,
                count=count,
                excess_percent=policy.process_excess,
                drug=drug,
                filler=filler,
                shell=shell,
                balance=balance,
                on=today,
                trituration=trituration,
                others=others,
                machine_holes=policy.machine_holes,
                tolerances=policy.tolerances,
            )
        except CalculationRefused as error:
            refused = refused or error
            continue
        _capsule_figures(shown, plan, formula, balance, policy)
        return
    raise refused or PharmacyError("No balance is in calibration.")


def _capsule_figures(
    shown: Panel, plan: CapsulePlan, formula: CapsuleFormula, balance: BalanceFacts, policy: Policy
) -> None:
    by_aliquot = planned(plan, WeighingKey.ALIQUOT_DRUG)
    drug = by_aliquot or planned(plan, WeighingKey.DRUG)
    filler = planned(plan, WeighingKey.FILLER)
    assert drug is not None
    shown.figures.append(("Drug to weigh", drug.text(drug.target)))
    if filler is not None:
        shown.figures.append((f"Filler, {_short(formula.filler.name)}", filler.text(filler.target)))
    batch = decimal_text(plan.count * (1 + policy.process_excess / 100), 2)
    shown.figures.append((f"Make, {decimal_text(policy.process_excess)}{NBSP}% excess", f"{batch} portions"))
    way = {"direct": "weighed directly", "trituration": "from the trituration", "aliquot": "by one aliquot step"}
    shown.notes.append(f"{drug.name}, lot {drug.lot}, {way[plan.route.kind]} on {balance.name}.")


def _short(name: str) -> str:
    return "MCC" if name.casefold().startswith("microcrystalline cellulose") else name


def _liquid(db: Session, shown: Panel, formula: LiquidFormula, quantity: int, policy: Policy, today: date) -> None:
    """The plan on the first balance that can do it, with the lots that expire first; tablets go in whole."""
    refused: CalculationRefused | None = None
    drug = _first_lot(db, formula.drug.code, formula.drug.name, today)
    others = tuple(_first_lot(db, one.component.code, one.component.name, today) for one in formula.portions)
    vehicle = _first_lot(db, formula.vehicle.code, formula.vehicle.name, today)
    for balance in _balances(db, today):
        try:
            plan = prepare_liquid(
                formula,
                quantity=Volume.of(quantity, "mL"),
                excess_percent=policy.process_excess,
                drug=drug,
                others=others,
                vehicle=vehicle,
                balance=balance,
                measures=CYLINDERS,
                on=today,
            )
        except CalculationRefused as error:
            refused = refused or error
            continue
        _liquid_figures(shown, plan, drug, balance, policy)
        return
    raise refused or PharmacyError("No balance is in calibration.")


def _liquid_figures(shown: Panel, plan: LiquidPlan, drug: LotFacts, balance: BalanceFacts, policy: Policy) -> None:
    shown.figures.append((f"Make, {decimal_text(policy.process_excess)}{NBSP}% excess", plan.made.text("mL")))
    if isinstance(plan.route, WholeTablets):
        count, label = decimal_text(plan.route.count), plan.route.label.text("mg")
        shown.figures.append(("Whole tablets", f"{count} of {label}"))
        shown.notes.append(f"{drug.name}, lot {drug.number}, counted whole.")
        return
    line = planned(plan, WeighingKey.ALIQUOT_DRUG) or planned(plan, WeighingKey.DRUG)
    assert line is not None
    shown.figures.append(("Drug to weigh", line.text(line.target)))
    way = "by liquid aliquot" if isinstance(plan.route, LiquidAliquot) else "weighed directly"
    shown.notes.append(f"{drug.name}, lot {drug.number}, {way} on {balance.name}.")


def _beyond_use(shown: Panel, more: Particulars, typed: Typed, policy: Policy, today: date) -> None:
    """Made today, does it last as long as the supply? What does not is offered in part at planning."""
    limit = book.load().beyond_use_limit(more.bud_class, today)
    day_one = policy.day_of_compounding_is_day_one
    last = beyond_use_date(
        today, limit.days, day_one=day_one, studies=more.studies, kept=more.kept, bud_class=more.bud_class
    ).date
    days = (last - today).days
    shown.notes.append(f"Made today: beyond use {day_text(last)} at the latest.")
    if typed.directions is None or not typed.quantity:
        return
    supply = taking.days_supply(typed.directions, typed.quantity)
    if supply > days + 1:
        shown.doubts.append(
            f"{supply} days’ supply outlasts the beyond-use date of what is made today; about {days + 1} days would "
            "fit, and the rest would be owed."
        )
