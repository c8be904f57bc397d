"""The compounding record of one preparation, in words: every element of USP <795> (2023), and of 16 CCR 1735.3's log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from sqlalchemy.orm import Session

from pharmacy import clock
from pharmacy.domain.calculation import WeighingKey
from pharmacy.domain.dates import day_text
from pharmacy.domain.error_budget import left_out
from pharmacy.domain.quantity import NBSP, decimal_text
from pharmacy.domain.strength import DRUG
from pharmacy.domain.workflow import Making
from pharmacy.domain.worksheet import WorksheetStep
from pharmacy.premises import queries as premises
from pharmacy.preparations import queries
from pharmacy.preparations.attached import Attached, attached_calculations
from pharmacy.preparations.bench import Line, used_of
from pharmacy.preparations.evenness import Evenness, Measure, evenness
from pharmacy.preparations.models import QualityCheck, Weighing
from pharmacy.preparations.outcome import Outcome, theoretical
from pharmacy.preparations.state import State, state
from pharmacy.rules import book
from pharmacy.stock.models import Lot
from pharmacy.stock.words import amount_text


@dataclass(frozen=True, slots=True)
class Ingredient:
    """A lot that was used: where it came from, until when it is good, what its certificate says, and how much went in."""

    name: str
    lot: str
    supplier: str
    ends: str
    certificate: str
    used: str
    how: str = ""  # where it was brought to volume: then it was not measured


@dataclass(frozen=True, slots=True)
class Recorded:
    """One line of the plan beside what was read, by whom; ``reason`` where it is outside, ``before`` what it replaced."""

    name: str
    lot: str
    target: str
    limits: str
    recorded: str
    good: bool
    reason: str
    before: tuple[str, ...]
    who: str
    at: str


@dataclass(frozen=True, slots=True)
class Trait:
    """Expected and observed, side by side."""

    name: str
    expected: str
    observed: str
    passed: bool
    who: str
    at: str
    before: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CompoundingRecord:
    """Everything that the compounding record says, already words, in the order in which it is printed."""

    pharmacy: str
    address: str
    number: str
    title: str
    stated_as: str
    formula: str
    status: str
    made_for: tuple[str, ...]
    amount: str
    excess: str
    planned: str
    compounded_on: str
    makers: tuple[str, ...]
    balance: str
    ingredients: tuple[Ingredient, ...]
    worksheet: tuple[WorksheetStep, ...]
    plausibility: str
    weighings: tuple[Recorded, ...]
    capsules: Evenness | None
    traits: tuple[Trait, ...]
    description: str
    instructions: tuple[str, ...]
    equipment: tuple[str, ...]
    yield_words: str
    yield_reason: str
    results: tuple[Measure, ...]
    delivered: WorksheetStep | None
    delivered_words: str
    delivered_again: str
    beyond_use: str
    decided_by: str
    beyond_use_source: str
    storage: str
    container: str
    labelling: tuple[str, ...]
    judged: str
    judgement: str
    left_out: str = ""
    calculations: tuple[Attached, ...] = ()


def compounding_record(db: Session, preparation_id: int) -> CompoundingRecord:
    """The record as it stands; what is not there yet is empty."""
    found = state(db, preparation_id)
    row, plan, more = found.preparation, found.plan, found.plan.formula.particulars
    pharmacy, version = premises.the_pharmacy(db), row.formula_version
    limit = book.load().beyond_use_limit(more.bud_class, row.compounded_on or clock.today())
    return CompoundingRecord(
        pharmacy=pharmacy.name if pharmacy else "",
        address=f"{pharmacy.street}, {pharmacy.town}, {pharmacy.phone}" if pharmacy else "",
        number=row.number,
        title=plan.formula.title,
        stated_as=f"{DRUG} (anhydrous), whatever form was weighed",
        formula=f"{version.record.number}, version {version.number}: {plan.formula.name}",
        status=row.status,
        made_for=_made_for(found),
        amount=queries.made_text(row),
        excess=f"{decimal_text(row.excess)}{NBSP}%",
        planned=_signed(found, row.planned_by, row.planned_at),
        compounded_on=day_text(row.compounded_on) if row.compounded_on else "",
        makers=tuple(found.names.get(one, "") for one in row.made_by),
        balance=f"{found.balance.name}, serial number {found.balance.serial}, reads {_mg(found)}",
        ingredients=_ingredients(found),
        worksheet=plan.worksheet.steps,
        plausibility=plan.plausibility,
        weighings=tuple(_weighed(found, one) for one in found.weighed_lines),
        capsules=evenness(found),
        traits=_traits(found),
        description=more.physical_description,
        instructions=found.instructions,
        equipment=more.equipment,
        yield_words=_yield_words(found),
        yield_reason=row.yield_reason,
        results=_results(found),
        delivered=found.result.delivered.step if found.result else None,
        delivered_words=_delivered_words(found),
        delivered_again=found.result.delivered.second_way if found.result else "",
        beyond_use=day_text(row.beyond_use) if row.beyond_use else "",
        decided_by=row.beyond_use_decided_by,
        beyond_use_source=f"{more.bud_reference} Rule {limit.id}.",
        storage=more.storage,
        container=more.container,
        labelling=more.labelling,
        judged=_judged(found),
        judgement=row.judgement,
        left_out=left_out(plan),
        calculations=attached_calculations(db, preparation_id),
    )


def _mg(found: State) -> str:
    return f"{decimal_text(found.balance.readability, 6)}{NBSP}mg"


def moment(at: datetime) -> str:
    """``23 NOV 2026 11:20`` on the pharmacy's wall clock."""
    here = clock.local(at)
    return f"{day_text(here.date())} {here:%H:%M}"


def _signed(found: State, person: int, at: datetime) -> str:
    return f"{found.names.get(person, '')}, {moment(at)}"


def _made_for(found: State) -> tuple[str, ...]:
    fills = [f"fill {one.number}: {queries.made_text(found.preparation, Decimal(one.quantity))}" for one in found.fills]
    stock = found.preparation.for_stock
    return (*fills, *((f"stock: {queries.made_text(found.preparation, stock)}",) if stock else ()))


def _ingredients(found: State) -> tuple[Ingredient, ...]:
    """Each lot once, with what its lines have used of it, in the order of work."""
    used = used_of(found.plan, {line: lot.id for line, lot in found.lots.items()}, found.recorded)
    vehicle = found.lots.get(WeighingKey.FINAL_VOLUME)
    shown = []
    for lot in {one.id: one for one in found.lots.values()}.values():
        amount, how = amount_text(used[lot.id], lot.item.unit) if lot.id in used else "", ""
        if amount and vehicle is not None and lot.id == vehicle.id:
            amount, how = f"about {amount}", "to volume, not measured"  # the room that powders take is not known
        shown.append(
            Ingredient(lot.item.name, lot.number, _supplier(lot), _ends(lot), certificate_words(lot), amount, how)
        )
    return tuple(shown)


def _supplier(lot: Lot) -> str:
    return "made here" if lot.origin == "made" else lot.supplier


def _ends(lot: Lot) -> str:
    what = "beyond-use date" if lot.origin == "made" else "expiry"
    stated = f", by receipt on {day_text(lot.received_on)}, none stated" if lot.expiry_from_receipt else ""
    return f"{what} {day_text(lot.use_before)}{stated}"


def certificate_words(lot: Lot) -> str:
    """What the certificate of a lot says, the label of tablets, or its strength by its own record."""
    ndc = (f"NDC {lot.ndc}",) if lot.ndc else ()
    if lot.label_strength is not None:
        return ", ".join((f"{decimal_text(lot.label_strength)}{NBSP}mg naltrexone HCl a tablet by its label", *ndc))
    if lot.drug_fraction:
        share = decimal_text(Fraction(lot.drug_fraction) * 1000, 3)
        return f"strength {share}{NBSP}mg/g by its own compounding record"
    if lot.assay is None:
        return ""
    parts = [f"assay {decimal_text(lot.assay)}{NBSP}% ({lot.assay_basis})"]
    if lot.water is not None:
        parts.append(f"water {decimal_text(lot.water)}{NBSP}%")
    if lot.solvents is not None:
        parts.append(f"solvents {decimal_text(lot.solvents)}{NBSP}%")
    return ", ".join((*parts, *ndc))


def _weighed(found: State, line: Line) -> Recorded:
    rows: Sequence[Weighing] = found.readings.get(line.key, ())
    last = rows[-1] if rows else None
    before = tuple(f"{line.text(one.amount)}, {_signed(found, one.person_id, one.at)}" for one in rows[:-1])
    return Recorded(
        line.name if not line.key.startswith("load-") else f"{line.name}, {line.words.partition(':')[0].lower()}",
        line.lot,
        line.text(line.target),
        line.limits_text(),
        line.text(last.amount) if last else "",
        last is None or last.low <= last.amount <= last.high,
        last.reason if last else "",
        before,
        found.names.get(last.person_id, "") if last else "",
        moment(last.at) if last else "",
    )


def _traits(found: State) -> tuple[Trait, ...]:
    shown = []
    for one in found.plan.formula.particulars.quality_checks:
        rows: Sequence[QualityCheck] = found.checks.get(one.name, ())
        last = rows[-1] if rows else None
        shown.append(
            Trait(
                one.name,
                one.expected,
                last.observed if last else "",
                last is not None and last.passed,
                found.names.get(last.person_id, "") if last else "",
                moment(last.at) if last else "",
                tuple(f"{row.observed}, {_signed(found, row.person_id, row.at)}" for row in rows[:-1]),
            )
        )
    return tuple(shown)


def _results(found: State) -> tuple[Measure, ...]:
    """Yield, delivered strength and looks, expected beside observed."""
    row, result = found.preparation, found.result
    words = found.plan.formula.particulars.physical_description
    looks = Measure("Physical description", words, "as recorded under the checks" if found.checks else "", None)
    made, label = queries.made_text(row, theoretical(found.plan)), queries.medicine(row)[1]
    if result is None or row.yield_amount is None:
        return (Measure("Yield", made, "", None), Measure("Delivered strength", label, "", None), looks)
    came = f"{queries.made_text(row, row.yield_amount)}, {result.yield_text()}"
    return (
        Measure("Yield", f"{made}; {result.yield_limits_text()}", came, result.yield_within),
        Measure(
            "Delivered strength", f"{label}; {result.limits_text()}", _delivered_text(found, result), result.within
        ),
        looks,
    )


def _yield_words(found: State) -> str:
    row, result = found.preparation, found.result
    if result is None or row.yield_amount is None:
        return ""
    made = queries.made_text(row, row.yield_amount)
    return f"{made}, {result.yield_text()} of what was to be made (limits {result.yield_limits_text()})"


def _delivered_words(found: State) -> str:
    result = found.result
    if result is None:
        return ""
    verdict = "inside" if result.within else "OUTSIDE"
    return f"{_delivered_text(found, result)}: {verdict} {result.limits_text()}"


def _delivered_text(found: State, result: Outcome) -> str:
    """The strength with its interval, and what that leaves out."""
    return f"{result.delivered_text()}{left_out(found.plan) if result.delivered.interval_text() else ''}"


def _judged(found: State) -> str:
    row = found.preparation
    if row.judged_by is None or row.judged_at is None:
        return ""
    if row.status == Making.GIVEN_UP.value:
        return f"Given up, nothing of it weighed, by {_signed(found, row.judged_by, row.judged_at)}"
    word = "Released" if row.status == Making.RELEASED.value else "Rejected"
    return f"{word} and signed by {_signed(found, row.judged_by, row.judged_at)}"
