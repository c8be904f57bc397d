"""Stock triturations, and geometric dilution: start with the drug, add its equal of diluent, double until all is in."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from itertools import pairwise

from pharmacy.domain.amounts import in_full
from pharmacy.domain.balance import BalanceFacts, check_calibration
from pharmacy.domain.error_budget import budget_of
from pharmacy.domain.error_steps import budget_steps
from pharmacy.domain.errors import CannotBeWeighed, Impossible, WrongLot
from pharmacy.domain.formula import TriturationFormula
from pharmacy.domain.lines import PlannedWeighing
from pharmacy.domain.measuring import weighed_line
from pharmacy.domain.plan import LotFacts, LotUse, TriturationPlan, WeighingKey
from pharmacy.domain.planner import least_alone
from pharmacy.domain.potency import potency_step
from pharmacy.domain.quantity import NBSP, Mass, decimal_text
from pharmacy.domain.routes import Direct
from pharmacy.domain.second_check import recheck
from pharmacy.domain.suitability import check_lot, check_trituration, potency_of
from pharmacy.domain.tolerances import USUAL, Tolerances
from pharmacy.domain.weighing_steps import weighing_step
from pharmacy.domain.worksheet import OWN, Worksheet, WorksheetStep

PLACES = 9  # the finest that is told of a guide to the eye, in g


def prepare_trituration(
    formula: TriturationFormula,
    *,
    total: Mass,
    drug: LotFacts,
    diluent: LotFacts,
    balance: BalanceFacts,
    on: date,
    tolerances: Tolerances = USUAL,
) -> TriturationPlan:
    """What is weighed for `total` of a trituration: drug for 1 part (anhydrous HCl) in the formula's parts, and diluent.

    `drug` is a lot of the powder, or a stronger trituration in the same diluent (serial dilution). It is always weighed
    directly; a total too small for that is refused.
    """
    if total.value <= 0:
        raise Impossible("The amount of trituration to make must be above 0.", "total")
    check_calibration(balance, on)
    check_lot(diluent, formula.diluent, on)
    wanted = total.times(formula.fraction)
    if drug.fraction is not None:
        strength_of_lot = check_trituration(drug, formula.drug, formula.diluent, on).fraction
    else:
        check_lot(drug, formula.drug, on)
        strength_of_lot = potency_of(drug)
    if strength_of_lot <= formula.fraction:
        raise WrongLot(f"Lot {drug.number} is too weak for a trituration of 1 in {formula.parts}.")
    as_is = wanted.over(strength_of_lot)
    rest = total - as_is
    named = replace(formula.drug, code=drug.component, name=drug.name)
    first_words = "Weigh the drug." if drug.fraction is None else "Weigh the stronger trituration."
    tolerance = tolerances.weighing
    first = weighed_line(WeighingKey.DRUG, named, drug.number, as_is, balance, first_words, tolerance)
    least = least_alone(balance, tolerances.combined)
    if as_is < least:
        raise CannotBeWeighed(
            f"{drug.name}: {as_is.text('mg', 4)} is below {least.text('mg')}, the least that balance {balance.name} weighs "
            f"within {decimal_text(tolerances.combined)} %; make a larger batch or use a finer balance.",
            "need",
        )
    words = "Weigh the diluent and add it by geometric dilution."
    second = weighed_line(WeighingKey.FILLER, formula.diluent, diluent.number, rest, balance, words, tolerance)
    assert isinstance(first.target, Mass)
    steps = (
        _step("Drug in the trituration", "total ÷ parts", f"{total.text('g')} ÷ {formula.parts}", wanted),
        potency_step(drug.certificate) if drug.certificate else trituration_step(drug),
        _step(
            "Powder needed",
            "drug ÷ potency",
            f"{wanted.text('mg')} ÷ {in_full(strength_of_lot * 100)} % of lot {drug.number}",
            as_is,
        ),
        *weighing_step(as_is, Direct(first.target), balance, tolerances.combined),
        _step("Diluent", "total − powder as it is", f"{total.text('mg')} − {as_is.text('mg', 4)}", rest),
        _rounded_step("Weigh the diluent", second, rest),
        geometric_step(as_is, total),
    )
    plan = TriturationPlan(
        formula,
        total,
        wanted,
        strength_of_lot,
        (first, second),
        (LotUse(drug, first.target), LotUse(diluent, second.target)),
        Worksheet(formula.title, ()),
        "",
        tolerances,
    )
    worksheet = Worksheet(formula.title, (*steps, *budget_steps(budget_of(plan), plan, balance)))
    plan = replace(plan, worksheet=worksheet)
    return replace(plan, plausibility=recheck(plan))


def geometric_dilution(start: Mass, total: Mass) -> tuple[Mass, ...]:
    """The amounts of diluent to add one after the other: each the equal of what is in the mortar, the last the rest."""
    if start.value <= 0 or start > total:
        raise Impossible("Geometric dilution starts with some powder and ends with more.", "drug")
    additions: list[Mass] = []
    inside = start
    while inside < total:
        more = min(inside, total - inside)
        additions.append(more)
        inside += more
    return tuple(additions)


def geometric_step(start: Mass, total: Mass, name: str = "Geometric dilution") -> WorksheetStep:
    """The additions as a line of a worksheet, each with what is then in the mortar; amounts are guides to the eye."""
    inside = [start]
    for one in geometric_dilution(start, total):
        inside.append(inside[-1] + one)
    # Each addition is the difference of what is shown, so that the line adds up as it stands.
    shown = _apart([one.to("g") for one in inside])
    amounts = [
        f"{number}: + {decimal_text(then - before, PLACES)}{NBSP}g = {decimal_text(then, PLACES)}{NBSP}g"
        for number, (before, then) in enumerate(pairwise(shown), start=1)
    ]
    return WorksheetStep(
        name,
        "start with the drug, add about its equal of filler, mix, and double until all is in",
        f"from {decimal_text(shown[0], PLACES)}{NBSP}g to {decimal_text(shown[-1], PLACES)}{NBSP}g; "
        f"{'; '.join(amounts) or 'nothing to add'}",
        str(len(amounts)),
        "additions",
        "geometric dilution by doubling; own arithmetic",
    )


def _apart(grams: list[Fraction]) -> list[Fraction]:
    """Growing masses rounded to 0.001 g, or as much finer as it takes to tell each from the one before and from nothing."""
    for places in range(3, PLACES + 1):
        step = Fraction(1, 10**places)
        shown = [round(one / step) * step for one in grams]
        if shown[0] and all(one < then for one, then in pairwise(shown)):
            return shown
    return grams


def trituration_step(lot: LotFacts) -> WorksheetStep:
    """The strength of a trituration lot as a line of a worksheet."""
    fraction = lot.fraction if lot.fraction is not None else Fraction(0)
    return WorksheetStep(
        "Strength of the trituration",
        "drug (anhydrous HCl) in one part of the trituration",
        f"lot {lot.number}",
        decimal_text(fraction * 100, 4),
        "%",
        "compounding record of the lot",
    )


def _step(name: str, words: str, numbers: str, mass: Mass) -> WorksheetStep:
    return WorksheetStep(name, words, numbers, decimal_text(mass.value, 4), "mg", OWN)


def _rounded_step(name: str, line: PlannedWeighing, meant: Mass) -> WorksheetStep:
    number, unit = line.text(line.target).split(NBSP)
    numbers = f"{meant.text(unit, 5)}{line.nearest()}"
    return WorksheetStep(name, "rounded once to the balance", numbers, number, unit, OWN)
