"""A version's stored definition and the domain's formula, one from the other; what a record is, and what changed."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from pharmacy.domain.beyond_use import lasting
from pharmacy.domain.errors import CalculationRefused
from pharmacy.domain.formula import (
    CapsuleFormula,
    Component,
    Formula,
    LiquidFormula,
    Particulars,
    Role,
    TriturationFormula,
    VehicleKind,
    formula_from_json,
)
from pharmacy.domain.keeping import BeyondUseClass, StabilityStudy
from pharmacy.domain.packing import filler_each, packing_of, packing_steps
from pharmacy.domain.plain import exact_text
from pharmacy.domain.quantity import NBSP, Mass, decimal_text
from pharmacy.domain.second_check.pencil import followed
from pharmacy.domain.worksheet import OWN, WorksheetStep
from pharmacy.errors import PharmacyError
from pharmacy.formulary.models import FormulaVersion

PLAIN_FILLER = "mcc"


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
    """The usual stock item of its lots: ``naltrexone-capsule-4.5mg``, ``naltrexone-trituration-10``.

    What is made in microcrystalline cellulose, and the preserved solution, have the plain code; another filler, source
    or vehicle is another product, with its name behind: ``naltrexone-capsule-4.5mg-lactose-anhydrous``.
    """
    more = "-".join(one for one in (_plain_code(formula), _variety(formula)) if one)
    return f"naltrexone-{formula.kind}-{more}"


def _plain_code(formula: Formula) -> str:
    if isinstance(formula, TriturationFormula):
        return str(formula.parts)
    return format(strength_of(formula), "f") + ("mg" if isinstance(formula, CapsuleFormula) else "mg-ml")


def _variety(formula: Formula) -> str:
    """What tells it from the plain formula of its strength; empty for that one."""
    if isinstance(formula, LiquidFormula):
        if formula.label_strength is not None:
            return "tablets"
        if formula.vehicle_kind is VehicleKind.OIL:
            return "oil"
        return "" if formula.particulars.bud_class is BeyondUseClass.PRESERVED_AQUEOUS else "nonpreserved"
    filler = formula.filler if isinstance(formula, CapsuleFormula) else formula.diluent
    return "" if filler.code == PLAIN_FILLER else filler.code


def recipe(formula: Formula) -> tuple[str, ...]:
    """What makes it a formulation of its own beside others of its kind and strength: its components, by their codes."""
    return tuple(sorted(one.code for one in formula.components))


def product_unit(formula: Formula) -> str:
    """The unit in which lots of it are counted."""
    return {"capsule": "piece", "liquid": "mL", "trituration": "mg"}[formula.kind]


def component_unit(formula: Formula, component: Component) -> str:
    """The unit in which lots of a component must be kept for this formula: mg, mL or piece."""
    if isinstance(formula, CapsuleFormula):
        return "piece" if component == formula.shell else "mg"
    if isinstance(formula, LiquidFormula):
        if component.role is Role.TABLET:
            return "piece"
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
        portions = (
            (one.component, f"{decimal_text(one.per_100_ml)}{NBSP}{one.unit} in 100{NBSP}mL")
            for one in formula.portions
        )
        return ((formula.drug, _drug_of_a_liquid(formula)), *portions, (formula.vehicle, f"to 100{NBSP}mL (q.s.)"))
    return (
        (formula.drug, f"1 part in {formula.parts} as naltrexone HCl (anhydrous), by the lot’s potency"),
        (formula.diluent, f"to {formula.parts} parts"),
    )


def _drug_of_a_liquid(formula: LiquidFormula) -> str:
    drug = f"{decimal_text(formula.concentration.value / 10)}{NBSP}g in 100{NBSP}mL as naltrexone HCl"
    if formula.label_strength is not None:
        tablets = formula.concentration.value * 100 / formula.label_strength.value
        each = formula.label_strength.text("mg")
        return f"{drug}: {decimal_text(tablets, 3)} tablets of {each}, by their label; whole, or as weighed powder"
    return f"{drug} (anhydrous), by the lot’s potency"


def calculation(formula: Formula) -> tuple[WorksheetStep, ...]:
    """The calculation of one unit, followed with a pencil."""
    return followed(_calculation(formula))


def _calculation(formula: Formula) -> tuple[WorksheetStep, ...]:
    """The calculation of one unit for a drug of 100 % potency: what the compounding record then does with the real lot."""
    if isinstance(formula, CapsuleFormula):
        try:
            return _of_a_capsule(formula)
        except CalculationRefused as refused:  # written before it was asked for; it can still be read
            return (WorksheetStep("Filler in one capsule", str(refused), "", "none", "", OWN),)
    if isinstance(formula, LiquidFormula):
        return _of_a_liquid(formula)
    share = formula.fraction * 1000
    numbers = f"1{NBSP}g ÷ {formula.parts}"
    return (WorksheetStep("Drug in 1 g", "total ÷ parts", numbers, decimal_text(share), "mg", OWN),)


def _of_a_liquid(formula: LiquidFormula) -> tuple[WorksheetStep, ...]:
    drug = formula.concentration.value * 100
    numbers = f"{formula.stated.amount_text()} × 100{NBSP}mL"
    note = "Then the vehicle is brought to volume; volumes of the parts are not added up."
    step = WorksheetStep("Drug in 100 mL", "concentration × volume", numbers, decimal_text(drug), "mg", OWN, note)
    if formula.label_strength is None:
        return (step,)
    each = formula.label_strength
    numbers = f"{decimal_text(drug)}{NBSP}mg ÷ {each.text('mg')}"
    tablets = decimal_text(drug / each.value, 3)
    note = "A batch takes whole tablets, or powder of crushed ones weighed by their measured average mass."
    words = "drug ÷ label strength of a tablet"
    return (step, WorksheetStep("Tablets in 100 mL", words, numbers, tablets, "tablets", OWN, note))


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
        yield "Vehicle is", formula.vehicle_kind.value
        if formula.label_strength is not None:
            yield "Label strength of a tablet", formula.label_strength.text("mg")
        if formula.solubility is not None:
            yield "Drug dissolves in it", formula.solubility.text("mg/mL")
        rooms = (
            (formula.drug, formula.drug_displacement),
            *((one.component, one.displacement) for one in formula.portions),
        )
        for component, room in rooms:
            if room is not None:
                yield f"1 g of {component.name} takes up", f"{decimal_text(room, 6)}{NBSP}mL"
    for component, amount in amounts(formula):
        yield f"{component.role.value.capitalize()}: {component.name}", f"{amount}. {component.grade}".strip()
    more = formula.particulars
    yield "Container", more.container
    yield "Storage", more.storage
    yield "Description", more.physical_description
    yield "Beyond-use class", more.bud_class.words
    yield "Source of the beyond-use date", more.bud_reference
    yield "Kept at", more.kept.value if more.kept else ""
    yield "Stability studies", "\n".join(study_text(one) for one in more.studies)
    yield "Instructions", "\n".join(more.instructions)
    yield "Repeatability", "\n".join(more.repeatability)
    yield "Equipment", "\n".join(more.equipment)
    yield "Quality checks", "\n".join(f"{one.name}: {one.expected}" for one in more.quality_checks)
    yield "Labelling", "\n".join(more.labelling)


def study_text(study: StabilityStudy) -> str:
    """A study in one line: what it says, what it proves, and where it is."""
    proves = (
        ("stability-indicating", study.stability_indicating),
        ("this formula and container", study.same_formula_and_container),
        ("antimicrobial effectiveness <51>", study.antimicrobial_effectiveness),
        ("accelerated data alone", study.accelerated),
    )
    said = [f"{study.days} days {study.temperature.words if study.temperature else 'at a temperature not stated'}"]
    said += [name for name, holds in proves if holds]
    where = study.documents or "no documents on file"
    return f"{study.citation}: {', '.join(said)}; {where}"


def lasting_text(limit: int, more: Particulars) -> str:
    """What a study makes of the limit of the class, in words; empty where the class alone decides."""
    days, study = lasting(limit, more.studies, more.kept, more.bud_class)
    if study is None:
        return ""
    way = "lengthened" if days > limit else "shortened"
    return f"{days} days, {way} by the stability study {study.citation} (USP <795> (2023))"


def title(formula: Formula) -> str:
    """The title of the record: drug, strength, form, and what tells it from the plain formula of that strength."""
    plain, variety = formula.title.replace(NBSP, " "), _variety(formula)
    if not variety:
        return plain
    if isinstance(formula, LiquidFormula):
        return f"{plain}, {_VARIETIES[variety]}"
    filler = formula.filler if isinstance(formula, CapsuleFormula) else formula.diluent
    return f"{plain} in {filler.name[0].lower()}{filler.name[1:]}"


_VARIETIES = {"tablets": "from tablets", "oil": "in oil", "nonpreserved": "without preservative"}

__all__ = (
    "amounts",
    "calculation",
    "component_unit",
    "differences",
    "lasting_text",
    "product_code",
    "product_unit",
    "read",
    "recipe",
    "strength_of",
    "study_text",
    "title",
)
