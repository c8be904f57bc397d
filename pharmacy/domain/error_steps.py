"""How far the delivered strength may be off as lines of a worksheet: what each reading adds, and the predicted interval."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from pharmacy.domain.balance import BalanceFacts, spread_step
from pharmacy.domain.error_budget import (
    FURTHEST,
    PLACE,
    Budget,
    active_of,
    blend_of,
    dilution_shares,
    drug_lines,
    left_out,
    mixture_of,
    reading_names,
    shares_of,
    targets,
)
from pharmacy.domain.errors import CannotBeMeasured, CannotBeWeighed, Impossible
from pharmacy.domain.lines import PlannedWeighing
from pharmacy.domain.plan import Plan, WeighingKey
from pharmacy.domain.quantity import NBSP, Mass, decimal_text, exact
from pharmacy.domain.suitability import stock_error
from pharmacy.domain.weighing import root_steps, unit_for
from pharmacy.domain.worksheet import OWN, WorksheetStep, bracketed


def budget_steps(budget: Budget, plan: Plan, balance: BalanceFacts) -> tuple[WorksheetStep, ...]:
    """What each reading adds, and the predicted interval of the delivered strength beside the pharmacy's limits."""
    _check_readings(plan)
    if budget.low < 0:
        raise Impossible(
            "The strength may be off by more than all of it: look at the error of the trituration again.",
            "trituration_error",
        )
    low, high = plan.tolerances.low, plan.tolerances.high
    limits = f"limits {decimal_text(low)} to {decimal_text(high)}{NBSP}%"
    verdict = "inside" if budget.within(low, high) else "NOT wholly inside"
    numbers = " + ".join(f"{bracketed(f'{decimal_text(one.percent)} % {one.name}')}²" for one in budget.contributions)
    predicted = WorksheetStep(
        "Predicted strength",
        "what the rounded targets give ± √(Σ (error by each reading and certificate)²); the root rounded up to 0.01 %, "
        "the ends outward to 0.1 %",
        f"{decimal_text(budget.expected, 2)} % ± √({numbers}) = ± {decimal_text(budget.combined)} %",
        budget.interval_text().removesuffix(f"{NBSP}%"),
        "%",
        OWN,
        f"of the label; {limits}: {verdict}{left_out(plan)}",
    )
    readings = tuple(_of_readings(plan))
    weighed = any(isinstance(line.target, Mass) and line.spread is not None for line in plan.weighings)
    return (*((spread_step(balance),) if weighed else ()), *readings, *_of_several_lots(plan), predicted)


def _of_readings(plan: Plan) -> Iterator[WorksheetStep]:
    """One line for each reading that moves the strength: its share × how far it may be off ÷ what is read."""
    values, names = {key: one.value for key, one in targets(plan).items()}, reading_names(plan)
    for line, (key, share) in zip(plan.weighings, shares_of(plan, values), strict=True):
        if line.spread is None or not share or not line.spread.value:
            continue
        unit = "mg" if isinstance(line.target, Mass) else "mL"
        part = _share_text(plan, line, share, values)
        off = f"{line.spread.text(unit, 4)} ÷ {line.text(line.target)} × 100 %"
        error = root_steps((share * exact(line.spread.value) / values[key] * 100) ** 2, PLACE) * PLACE
        what = "a reading" if unit == "mg" else "the measure"
        words = f"how far {what} may be off ÷ target × 100 %, rounded up to 0.01 %"
        yield WorksheetStep(
            f"Error by {names[key]}",
            f"share in the strength × {words}" if part else words,
            f"{part} × {off}" if part else off,
            decimal_text(error),
            "%",
            OWN,
        )


def _share_text(plan: Plan, line: PlannedWeighing, share: Fraction, values: dict[str, Fraction]) -> str:
    """The share without its sign, as it is reckoned; empty where it is 1.

    Drug counts by its part of all drug, and what goes into the blend by its part of the blend, the other way round: more
    of it makes the rest thinner.
    """
    drug, blend = _drug_part(plan, line, values), blend_of(plan, values)
    if line.key not in blend:
        return drug if drug != "1" else ""
    whole = Mass(sum(blend.values(), Fraction(0)))
    thinner = f"{line.text(line.target)} ÷ {whole.text(unit_for(whole), 5)}"
    if not drug:
        return thinner
    return f"({drug} − {thinner})" if share > 0 else f"({thinner} − {drug})"


def _drug_part(plan: Plan, line: PlannedWeighing, values: dict[str, Fraction]) -> str:
    """By how much the line counts for the drug: 1, a quotient, or nothing."""
    if line.key == WeighingKey.FINAL_VOLUME:
        return "1"
    dilution = dilution_shares(values)
    if line.key in dilution:
        if abs(dilution[line.key]) == 1:
            return "1"
        diluent, mixture = Mass(values[WeighingKey.ALIQUOT_DILUENT]), Mass(mixture_of(values))
        return f"{diluent.text(unit_for(diluent), 5)} ÷ {mixture.text(unit_for(mixture), 5)}"
    active = active_of(plan, values)
    if line.key not in active:
        return ""
    whole = sum(active.values(), Fraction(0))
    return "1" if active[line.key] == whole else _quotient(active[line.key], whole)


def _of_several_lots(plan: Plan) -> Iterator[WorksheetStep]:
    """Of several lots of drug each certificate counts by its part of the drug."""
    values = {key: one.value for key, one in targets(plan).items()}
    active, lines = active_of(plan, values), drug_lines(plan)
    whole = sum(active.values(), Fraction(0))
    for key, lot in lines if len(lines) > 1 else ():
        error = exact(stock_error(lot) if lot.fraction is not None else plan.tolerances.assay)
        percent = root_steps((active[key] / whole * error) ** 2, PLACE) * PLACE
        if percent:
            numbers = f"{_quotient(active[key], whole)} × {decimal_text(error, 4)} %"
            words = "part of the drug × error of the assay, rounded up to 0.01 %"
            yield WorksheetStep(f"Error by assay of lot {lot.number}", words, numbers, decimal_text(percent), "%", OWN)


def _quotient(part: Fraction, whole: Fraction) -> str:
    return f"{Mass(part).text('mg', 4)} ÷ {Mass(whole).text('mg', 4)}"


def _check_readings(plan: Plan) -> None:
    """Refuse a reading that may be off by so much that squares no longer add up; no balance that is right is near it."""
    for line in plan.weighings:
        if line.spread is None or exact(line.spread.value) <= line.target.value * FURTHEST:
            continue
        off = decimal_text(exact(line.spread.value) / line.target.value * 100, 1)
        weighed = isinstance(line.target, Mass)
        raise (CannotBeWeighed if weighed else CannotBeMeasured)(
            f"{line.name}: a reading of {line.text(line.target)} on {line.device} may be off by {off} % of it; check the "
            f"{'readability and the repeatability of the balance' if weighed else 'error of the measure'}, or take a finer one.",
            "repeatability" if weighed else "measures",
        )
