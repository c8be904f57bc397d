"""Problems of potency: what a certificate says of a powder, and one form of a drug for another."""

from __future__ import annotations

from decimal import Decimal

from pharmacy.domain.certificate import Basis, Certificate, Hydrate, Substance
from pharmacy.domain.errors import Impossible
from pharmacy.domain.potency import equivalent, equivalent_step, potency, potency_step
from pharmacy.domain.problems.given import Given
from pharmacy.domain.problems.kinds import Field, ProblemKind, Solution, Sort
from pharmacy.domain.quantity import NBSP, Mass, decimal_text, exact
from pharmacy.domain.second_check.potency import equivalent_again, potency_again
from pharmacy.domain.second_check.spans import demand
from pharmacy.domain.tolerances import MOST_ASSAY, USUAL
from pharmacy.domain.worksheet import Worksheet

BARE_CERTIFICATE = (
    Field("assay", "Assay", Sort.PERCENT, "99.2 %"),
    Field("basis", "Basis of the assay", Sort.CHOICE, "anhydrous", choices=tuple(Basis)),
    Field("water", "Water, or loss on drying", Sort.PERCENT, "8.9 %", optional=True),
    Field("solvents", "Residual solvents", Sort.PERCENT, "0.1 %", optional=True),
    Field("hydrate", "Hydrate, when no water was measured", Sort.CHOICE, "", optional=True, choices=tuple(Hydrate)),
)
SUBSTANCE = (
    Field("substance", "Drug", Sort.TEXT, "naltrexone HCl", optional=True),
    Field("weight", "Its molecular weight, anhydrous", Sort.NUMBER, "377.86", optional=True),
)


CERTIFICATE = (*BARE_CERTIFICATE, *SUBSTANCE)


def read_certificate(given: Given) -> Certificate:
    """The certificate that these fields make."""
    return Certificate(
        given.percent("assay"),
        given.choice("basis", Basis),
        given.percent("water") if given.has("water") else None,
        given.percent("solvents") if given.has("solvents") else None,
        given.choice("hydrate", Hydrate) if given.has("hydrate") else None,
        read_substance(given),
    )


def read_assay_error(given: Given) -> Decimal:
    """What the assay may be off by, in per cent; what is usual when it is left out."""
    if not given.has("assay_error"):
        return USUAL.assay
    error = given.percent("assay_error")
    if not 0 <= exact(error) <= MOST_ASSAY:
        raise Impossible(f"The uncertainty of an assay must be from 0 to {MOST_ASSAY} %.", "assay_error")
    return error


def read_substance(given: Given) -> Substance | None:
    """The substance of these fields; naltrexone HCl when they are left out."""
    if not given.has("substance") and not given.has("weight"):
        return None
    return Substance(given.text("substance"), given.number("weight"))


def _potency(given: Given) -> Solution:
    certificate = read_certificate(given)
    title = f"Potency of {certificate.drug.name} powder"
    return Solution(Worksheet(title, (potency_step(certificate),)), {"potency": potency(certificate)})


def _potency_again(given: Given, solution: Solution) -> str:
    certificate = read_certificate(given)
    again = potency_again(certificate)
    demand(again == solution.answers["potency"], "the potency")
    return f"100{NBSP}mg of this powder hold {decimal_text(again * 100, 4)}{NBSP}mg of {certificate.drug.name}."


def _equivalent(given: Given) -> Solution:
    mass, weight, other_weight = given.mass("mass"), exact(given.number("weight")), exact(given.number("other_weight"))
    name, other = given.text("name"), given.text("other")
    if mass.value <= 0:
        raise Impossible(f"The mass of {name} must be above 0.", "mass")
    Substance(name, given.number("weight"))
    if other_weight <= 0:
        raise Impossible(f"The molecular weight of {other} must be above 0.", "other_weight")
    step = equivalent_step(mass, name, weight, other, other_weight)
    return Solution(Worksheet(f"{other} for {name}", (step,)), {"mass": equivalent(mass, weight, other_weight)})


def _equivalent_again(given: Given, solution: Solution) -> str:
    mass, answer = given.mass("mass"), solution.answers["mass"]
    assert isinstance(answer, Mass)
    weight, other_weight = exact(given.number("weight")), exact(given.number("other_weight"))
    equivalent_again(mass, weight, other_weight, answer)
    moles = decimal_text(mass.value / weight, 6)
    return f"Both are {moles}{NBSP}mmol: {mass.text('mg', 4)} of {given.text('name')}, {answer.text('mg', 4)} of {given.text('other')}."


KINDS = (
    ProblemKind("potency", "Potency of a lot", "Potency", CERTIFICATE, _potency, _potency_again, bench=True),
    ProblemKind(
        "equivalent",
        "Salt, base and hydrate",
        "Potency",
        (
            Field("mass", "Mass of the one form", Sort.MASS, "4.5 mg"),
            Field("name", "The one form", Sort.TEXT, "naltrexone"),
            Field("weight", "Its molecular weight", Sort.NUMBER, "341.40"),
            Field("other", "The other form", Sort.TEXT, "naltrexone HCl"),
            Field("other_weight", "Its molecular weight", Sort.NUMBER, "377.86"),
        ),
        _equivalent,
        _equivalent_again,
        bench=True,
    ),
)
