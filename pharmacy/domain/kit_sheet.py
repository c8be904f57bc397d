"""The worksheet of a kit: each step as units of each strength, each quantity and days' supply as a sum of steps."""

from __future__ import annotations

from decimal import Decimal

from pharmacy.domain.amounts import of_them
from pharmacy.domain.directions import days_text, sentence
from pharmacy.domain.dose_band import dose_note
from pharmacy.domain.quantity import decimal_text, exact
from pharmacy.domain.strength import Form
from pharmacy.domain.titration import Kit, KitPart
from pharmacy.domain.worksheet import OWN, Worksheet, WorksheetStep


def kit_worksheet(kit: Kit) -> Worksheet:
    """Every number of the kit, in the order in which a person would find it."""
    steps = (
        *(_dose_step(kit, at) for at in range(len(kit.titration.steps))),
        *(_quantity_step(part) for part in kit.parts),
        *(_syringe_step(part) for part in kit.parts if part.syringe),
        _supply_step(kit),
        _drug_step(kit),
        *(_directions_step(kit, at) for at in range(len(kit.parts))),
    )
    return Worksheet(f"Kit of {' and '.join(part.name() for part in kit.parts)}", steps)


def _dose_step(kit: Kit, at: int) -> WorksheetStep:
    first, last, step = kit.titration.ranges()[at]
    form = kit.titration.form
    each = [
        f"{form.amount_text(part.directions.steps[at].amount)} × {part.strength.amount_text()}"
        for part in kit.parts
        if at < len(part.directions.steps) and part.directions.steps[at].amount
    ]
    words = "the fewest capsules that make the dose" if form is Form.CAPSULE else "dose ÷ concentration"
    intakes = kit.titration.when.intakes
    numbers = " + ".join(each) if intakes == 1 else f"{intakes} × ({' + '.join(each)})"
    note = "; ".join(one for one in (kit.titration.when.value, dose_note(step.dose)) if one)
    return WorksheetStep(
        days_text(first, last), words, numbers, decimal_text(step.dose.value, 6), "mg a day", OWN, note
    )


def _quantity_step(part: KitPart) -> WorksheetStep:
    taken = [step for step in part.directions.steps if step.amount]
    numbers = " + ".join(f"{decimal_text(step.a_day)} × {step.days}" for step in taken)
    form = part.strength.form
    unit = "mL" if form is Form.LIQUID else of_them(exact(part.quantity), "capsule")
    result = decimal_text(exact(part.quantity), 6)
    return WorksheetStep(
        f"Quantity of {part.strength.text()}", "a day × days, step by step", numbers, result, unit, OWN
    )


def surplus_step(part: KitPart, supplied: Decimal) -> WorksheetStep:
    """What is left of a container when more was supplied than the kit takes."""
    unit = "mL" if part.strength.form is Form.LIQUID else "capsules"
    more = exact(supplied) - exact(part.quantity)
    numbers = f"{decimal_text(supplied, 6)} − {decimal_text(part.quantity, 6)}"
    note = "left when the titration ends: no day of it takes them" if more else ""
    return WorksheetStep(
        f"Left of {part.strength.text()}", "supplied − quantity", numbers, decimal_text(more, 6), unit, OWN, note
    )


def _syringe_step(part: KitPart) -> WorksheetStep:
    assert part.syringe is not None
    return WorksheetStep(
        f"Oral syringe for {part.strength.text()}",
        "the smallest that holds every dose and has a mark for it",
        f"{part.syringe.least.text('mL')} to {part.syringe.capacity.text('mL')}, "
        f"a mark every {part.syringe.graduation.text('mL')}",
        part.syringe.name,
        "",
        part.syringe.source,
    )


def _supply_step(kit: Kit) -> WorksheetStep:
    numbers = " + ".join(str(step.days) for step in kit.titration.steps)
    days = kit.titration.days
    words = "sum of the days of all steps"
    return WorksheetStep("Days’ supply", words, numbers, str(days), of_them(days, "day"), OWN)


def _drug_step(kit: Kit) -> WorksheetStep:
    numbers = " + ".join(f"{decimal_text(step.dose.value, 6)} × {step.days}" for step in kit.titration.steps)
    result = decimal_text(kit.titration.total.value, 6)
    return WorksheetStep("Drug in all", "daily dose × days, step by step", numbers, result, "mg", OWN)


def _directions_step(kit: Kit, at: int) -> WorksheetStep:
    part = kit.parts[at]
    name = f"Container {at + 1} of {len(kit.parts)}, {part.strength.text()}"
    return WorksheetStep(name, "what its label says", "", sentence(part.directions), "", OWN)
