"""The predicted interval again: each reading is really moved up and down, and the strength computed anew each time."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

from pharmacy.domain.plan import CapsulePlan, LiquidPlan, Plan, WeighingKey
from pharmacy.domain.quantity import NBSP
from pharmacy.domain.routes import TabletPowder, WholeTablets
from pharmacy.domain.second_check.potency import fraction_again
from pharmacy.domain.second_check.spans import demand

STEP = "Predicted strength"
TENTH = Fraction(1, 10)
# Moving a reading by its whole spread is not moving it by nothing: curvature may shift an end by this share of itself.
CURVATURE = Fraction(3, 100)


def check_budget(plan: Plan) -> None:
    """Refuse the worksheet when its predicted interval is not the one that moving each reading leads to.

    A worksheet of an older version predicts nothing and has nothing to be checked.
    """
    step = next((one for one in plan.worksheet.steps if one.name == STEP), None)
    if step is None:
        return
    stated = re.fullmatch(r"([0-9.,]+) to ([0-9.,]+)", step.result.replace(NBSP, " "))
    demand(stated is not None, "the predicted strength")
    assert stated is not None
    low, high = (Fraction(Decimal(one.replace(",", ""))) for one in stated.groups())
    middle, square = _moved(plan)
    for end, sign in ((low, -1), (high, 1)):
        distance = (end - middle) * sign
        demand(distance > 0, "the predicted strength")
        # The end is rounded outward to 0.1 %, the error before it to 0.01 %.
        least, most = distance - TENTH - middle / 10_000, distance
        demand(
            max(least, Fraction(0)) ** 2 <= square * (1 + CURVATURE) ** 2 and square * (1 - CURVATURE) ** 2 <= most**2,
            "how far the strength may be off",
        )


def _moved(plan: Plan) -> tuple[Fraction, Fraction]:
    """The strength in per cent of the label, and the square of how far it may be off, in per cent of the label."""
    values = {line.key: line.target.value for line in plan.weighings}
    middle, square = _strength(plan, values, {}), Fraction(0)
    for line in plan.weighings:
        if line.spread is None:
            continue
        up = _strength(plan, values | {line.key: values[line.key] + line.spread.value}, {})
        down = _strength(plan, values | {line.key: values[line.key] - line.spread.value}, {})
        square += ((up - down) / 2) ** 2
    for use in plan.lots:
        lot = use.lot
        if lot.certificate is None and lot.fraction is None:
            continue
        error = Fraction(plan.tolerances.assay)
        if lot.fraction is not None:
            error = Fraction(lot.fraction_error) if lot.fraction_error is not None else Fraction(3)
        more = _strength(plan, values, {(lot.component, lot.number): 1 + error / 100})
        square += (more - middle) ** 2
    return middle, square


def _strength(plan: Plan, values: Mapping[str, Fraction], factors: Mapping[tuple[str, str], Fraction]) -> Fraction:
    """The strength in per cent of the label for these readings, lots being stronger by these factors."""
    strengths = {}
    for use in plan.lots:
        place = (use.lot.component, use.lot.number)
        strengths[place] = fraction_again(use.lot) * factors.get(place, Fraction(1))
    drug = mixture = total = Fraction(0)
    for line in plan.weighings:
        amount = values[line.key]
        if line.key == WeighingKey.ALIQUOT_DRUG:
            drug, mixture = amount * strengths[line.component, line.lot], amount
        elif line.key == WeighingKey.ALIQUOT_DILUENT:
            mixture += amount
        elif line.key in {WeighingKey.ALIQUOT_VOLUME, WeighingKey.TABLETS_WEIGHED}:
            mixture = amount
        elif line.key == WeighingKey.ALIQUOT_TAKEN:
            drug, total = drug * amount / mixture, total + amount
        else:
            if line.key == WeighingKey.DRUG and not line.lot:
                drug = _tablet_label(plan) * amount / mixture
            elif line.key == WeighingKey.DRUG or line.key.startswith("drug-"):
                drug += amount * strengths[line.component, line.lot]
            total += amount
    if isinstance(plan, LiquidPlan):
        if isinstance(plan.route, WholeTablets):
            drug = _tablet_label(plan)
        return drug * 100 / (values[WeighingKey.FINAL_VOLUME] * plan.formula.concentration.value)
    if isinstance(plan, CapsulePlan):
        return drug * plan.net.value * 100 / (total * plan.formula.strength.value)
    return drug * plan.formula.parts * 100 / total


def _tablet_label(plan: Plan) -> Fraction:
    """What the labels of all tablets that go in, or are crushed, say that they hold."""
    route = plan.route if isinstance(plan, LiquidPlan) else None
    assert isinstance(route, (WholeTablets, TabletPowder))
    return route.label.value * route.count
