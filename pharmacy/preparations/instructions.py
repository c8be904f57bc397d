"""The instructions of one batch: its formula's own, after how the drug reaches it where it is not weighed as it is.

A formula says “Weigh the drug” for every batch; what its plan puts in the place of that is known of the batch alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from pharmacy.domain.plan import LiquidPlan, Plan, WeighingKey
from pharmacy.domain.routes import Aliquot, FromTrituration, LiquidAliquot
from pharmacy.preparations.bench import lines_of


def instructions_of(plan: Plan) -> tuple[str, ...]:
    """What is done, in its order."""
    return (*_before(plan), *plan.formula.particulars.instructions)


def _before(plan: Plan) -> Iterator[str]:
    route = getattr(plan, "route", None)
    said = {line.key: line.text(line.target) for line in lines_of(plan)}
    drug = plan.formula.drug.name
    if isinstance(route, Aliquot):
        what = f"{drug} as its stock trituration" if route.stock is not None else drug
        filler = getattr(plan.formula, "filler").name
        yield (
            f"In this batch the drug goes in by an aliquot: weigh {said[WeighingKey.ALIQUOT_DRUG]} of {what} and "
            f"{said[WeighingKey.ALIQUOT_DILUENT]} of {filler}, mix them by geometric dilution, and weigh "
            f"{said[WeighingKey.ALIQUOT_TAKEN]} of the mixture. Where the drug is named below, that is what is meant; "
            "the rest of the mixture is discarded."
        )
    elif isinstance(route, LiquidAliquot) and isinstance(plan, LiquidPlan):
        yield (
            f"In this batch the drug goes in by an aliquot: weigh {said[WeighingKey.ALIQUOT_DRUG]} of {drug}, bring it with "
            f"{plan.formula.vehicle.name} to {said[WeighingKey.ALIQUOT_VOLUME]}, and measure "
            f"{said[WeighingKey.ALIQUOT_TAKEN]} of that solution. Where the drug is named below, that is what is meant; the "
            "rest of the solution is discarded."
        )
    elif isinstance(route, FromTrituration):
        yield (
            f"In this batch the drug goes in as its stock trituration: weigh {said[WeighingKey.DRUG]} of it. Where the drug "
            "is named below, that is what is meant."
        )
