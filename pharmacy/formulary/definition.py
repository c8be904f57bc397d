"""A version's stored definition and the domain's formula, one from the other; what a record is, and what changed."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from pharmacy.domain.errors import CalculationRefused
from pharmacy.domain.formula import (
    CapsuleFormula,
    Component,
    Formula,
    LiquidFormula,
    TriturationFormula,
    formula_from_json,
)
from pharmacy.domain.packing import filler_each, packing_of, packing_steps
from pharmacy.domain.plain import exact_text
from pharmacy.domain.quantity import NBSP, Mass, decimal_text
from pharmacy.domain.worksheet import OWN, WorksheetStep
from pharmacy.errors import PharmacyError
from pharmacy.formulary.models import FormulaVersion


def read(version: FormulaVersion) -> CapsuleFormula | LiquidFormula | TriturationFormula:
    """The formula of a version, exactly as it was written."""
    try:
        return formula_from_json(version.definition)
    except CalculationRefused as refused:
        raise PharmacyError(f"Version {version.number} of this formula cannot be read: {refused}") from refused


def strength_of(formula: Formula) -> Decimal:
    """What the record is filed under: mg a capsule, mg/mL, or of a trituration mg of drug in 1 g; no idle zeros."""
    if isinstance(formula, CapsuleFormula):
        exact = formula.strength.value
    elif isinstance(formula, LiquidFormula):
        exact = formula.concentration.value
    else:
        exact = formula.fraction * 1000
    text = exact_text(exact)
    if "/" in text:
        raise PharmacyError("The strength must have an exact decimal.", "strength")
    return Decimal(text)


def product_code(formula: Formula) -> str:
    """The stock item that lots of it are kept as: ``naltrexone-capsule-4.5mg``, ``naltrexone-trituration-10``."""
    if isinstance(formula, TriturationFormula):
        return f"naltrexone-trituration-{formula.parts}"
    number = format(strength_of(formula), "f")
    unit = "mg" if isinstance(formula, CapsuleFormula) else "mg-ml"
    return f"naltrexone-{formula.kind}-{number}{unit}"


def product_unit(formula: Formula) -> str:
    """The unit in which lots of it are counted."""
    return {"capsule": "piece", "liquid": "mL", "trituration": "mg"}[formula.kind]


def component_unit(formula: Formula, component: Component) -> str:
    """The unit in which lots of a component must be kept for this formula: mg, mL or piece."""
    if isinstance(formula, CapsuleFormula):
        return "piece" if component == formula.shell else "mg"
    if isinstance(formula, LiquidFormula):
        if component == formula.vehicle:
            return "mL"
        return next(
            ("mL" if one.unit == "mL" else "mg" for one in formula.portions if one.component == component), "mg"
        )
    return "mg"


def amounts(formula: Formula) -> tuple[tuple[Component, str], ...]:
    """Each component with how much of it the formula takes, in words."""
    if isinstance(formula, CapsuleFormula):
        return (
            (
                formula.drug,
                f"{formula.strength.text('mg')} a capsule as naltrexone HCl (anhydrous), by the lot’s potency",
            ),
            *((one.component, f"{one.each.text('mg')} a capsule") for one in formula.others),
            (formula.filler, "what fills the rest of the shell completely, by the calculation"),
            (formula.shell, f"1 a capsule, size {formula.shell_size}"),
        )
    if isinstance(formula, LiquidFormula):
        drug = f"{decimal_text(formula.concentration.value / 10)}{NBSP}g in 100{NBSP}mL as naltrexone HCl (anhydrous)"
        portions = (
            (one.component, f"{decimal_text(one.per_100_ml)}{NBSP}{one.unit} in 100{NBSP}mL")
            for one in formula.portions
        )
        return ((formula.drug, f"{drug}, by the lot’s potency"), *portions, (formula.vehicle, f"to 100{NBSP}mL (q.s.)"))
    return (
        (formula.drug, f"1 part in {formula.parts} as naltrexone HCl (anhydrous), by the lot’s potency"),
        (formula.diluent, f"to {formula.parts} parts"),
    )


def calculation(formula: Formula) -> tuple[WorksheetStep, ...]:
    """The calculation of one unit for a drug of 100 % potency: what the compounding record then does with the real lot."""
    if isinstance(formula, CapsuleFormula):
        return _of_a_capsule(formula)
    if isinstance(formula, LiquidFormula):
        grams = formula.concentration.value / 10
        numbers = f"{formula.stated.amount_text()} × 100{NBSP}mL"
        note = "Then the vehicle is brought to volume; volumes of the parts are not added up."
        return (
            WorksheetStep("Drug in 100 mL", "concentration × volume", numbers, decimal_text(grams), "g", OWN, note),
        )
    share = formula.fraction * 1000
    numbers = f"1{NBSP}g ÷ {formula.parts}"
    return (WorksheetStep("Drug in 1 g", "total ÷ parts", numbers, decimal_text(share), "mg", OWN),)


def _of_a_capsule(formula: CapsuleFormula) -> tuple[WorksheetStep, ...]:
    shell = packing_of(formula, None)
    filler = filler_each(formula, shell, formula.strength)
    parts = (formula.strength, *(one.each for one in formula.others), filler)
    net = Mass(sum((one.value for one in parts), Fraction(0)))
    gross = net + shell.shell_mass
    return (
        *packing_steps(formula, shell, formula.strength),
        WorksheetStep(
            "Net mass of one capsule",
            "all powders",
            " + ".join(one.text("mg") for one in parts),
            decimal_text(net.value, 3),
            "mg",
            OWN,
        ),
        WorksheetStep(
            "Gross mass of one capsule",
            "net + empty shell",
            f"{net.text('mg')} + {shell.shell_mass.text('mg')}",
            decimal_text(gross.value, 3),
            "mg",
            OWN,
        ),
    )


def differences(before: Formula, after: Formula) -> list[tuple[str, str, str]]:
    """What changed from one version to the next: (what, was, now), in words; empty when nothing did."""
    was, now = dict(_told(before)), dict(_told(after))
    return [(name, was.get(name, ""), now.get(name, "")) for name in {**was, **now} if was.get(name) != now.get(name)]


def _told(formula: Formula) -> Iterator[tuple[str, str]]:
    yield "Name", formula.name
    if isinstance(formula, CapsuleFormula):
        yield "Shell size", formula.shell_size
        yield "Filler that fills the shell", formula.filler_full.base_text()
        yield "Drug that fills the shell", formula.drug_full.base_text()
        if formula.shell_capacity is not None:
            yield "Capacity of the shell", formula.shell_capacity.text("mL")
        yield "Empty shell", formula.shell_mass.text("mg")
    elif isinstance(formula, LiquidFormula):
        yield "Step of the final measure", formula.mark.text("mL")
    for component, amount in amounts(formula):
        yield f"{component.role.value.capitalize()}: {component.name}", f"{amount}. {component.grade}".strip()
    more = formula.particulars
    yield "Container", more.container
    yield "Storage", more.storage
    yield "Description", more.physical_description
    yield "Beyond-use class", more.bud_class.words
    yield "Source of the beyond-use date", more.bud_reference
    yield "Instructions", "\n".join(more.instructions)
    yield "Equipment", "\n".join(more.equipment)
    yield "Quality checks", "\n".join(f"{one.name}: {one.expected}" for one in more.quality_checks)
    yield "Labelling", "\n".join(more.labelling)


def title(formula: Formula) -> str:
    """The title of the record: drug, strength, form."""
    return formula.title.replace(NBSP, " ")


__all__ = (
    "amounts",
    "calculation",
    "component_unit",
    "differences",
    "product_code",
    "product_unit",
    "read",
    "strength_of",
    "title",
)
