"""A second way to every plan: from the rounded masses back to one capsule or millilitre, in other code and order.

Nothing of the first way is called here. Each rounded mass stands for the interval of half a readable step to either
side; what was asked for must lie inside what the masses can give, or the plan is refused.
"""

from __future__ import annotations

from fractions import Fraction

from pharmacy.domain.certificate import NALTREXONE_HCL
from pharmacy.domain.errors import ChecksDisagree
from pharmacy.domain.plan import CapsulePlan, LiquidPlan, LotFacts, Plan, TriturationPlan, WeighingKey, all_weighings
from pharmacy.domain.quantity import NBSP, Mass, decimal_text
from pharmacy.domain.routes import Aliquot, FromTrituration
from pharmacy.domain.second_check.lines import around, the_line
from pharmacy.domain.second_check.liquids import liquid_again
from pharmacy.domain.second_check.potency import potency_again
from pharmacy.domain.second_check.spans import Span, demand, only, within
from pharmacy.domain.strength import DRUG


def recheck(plan: Plan) -> str:
    """The plausibility line in words; raises :class:`ChecksDisagree` when the way back does not end where it began."""
    if not plan.weighings or not plan.lots:
        raise ChecksDisagree("The plan holds nothing to weigh, or no lot that it is taken from.")
    for line in all_weighings(plan):
        demand(line.low.value <= line.target.value <= line.high.value, f"the limits of {line.name}")
        demand((line.target.value / line.readability.value).denominator == 1, f"the rounding of {line.name}")
    _lots_agree(plan)
    if isinstance(plan, CapsulePlan):
        return _capsules(plan)
    if isinstance(plan, LiquidPlan):
        return liquid_again(plan)
    return _trituration(plan)


def _lots_agree(plan: Plan) -> None:
    """The potency again, as milligrams of drug in 100 mg of powder; and each line's lot is one that is taken.

    A liquid's potency is looked at with its own way back: tablets have a label instead of a certificate.
    """
    drug_lot = plan.lots[0].lot
    liquid = isinstance(plan, LiquidPlan)
    demand(liquid or _fraction_again(drug_lot) == plan.potency, f"the potency of lot {drug_lot.number}")
    numbers = {use.lot.number for use in plan.lots}
    for line in plan.weighings:
        demand(not line.lot or line.lot in numbers, f"the lot of {line.name}")


def _fraction_again(lot: LotFacts) -> Fraction:
    """The drug in one part of the lot: by its certificate, or as the record of a trituration says."""
    if lot.certificate is None:
        return lot.fraction if lot.fraction is not None else Fraction(0)
    return potency_again(lot.certificate, NALTREXONE_HCL)


def _capsules(plan: CapsulePlan) -> str:
    formula, batch = plan.formula, plan.count + Fraction(plan.excess) * plan.count / 100
    fillers = [line for line in plan.weighings if line.key == WeighingKey.FILLER]
    filler = around(fillers[0]) if fillers else only(0)
    drug, powder, comes_with = _drug_again(plan)
    filler = filler.plus(comes_with)
    blend = powder.plus(filler)
    for_one = drug.per(blend).by(only(plan.net.value))
    within(formula.strength.value, for_one, "the drug in one capsule")
    within(plan.drug.value, drug, "the drug in the batch")
    demand(plan.drug.value == batch * formula.strength.value, "capsules × strength")
    within(plan.blend.value, blend, "the whole blend")
    within(plan.net.value * batch, blend, "the net mass of a capsule")
    demand(plan.gross.value - formula.shell_mass.value == plan.net.value, "the gross mass of a capsule")
    shares = powder.per(only(formula.drug_full.value * batch)).plus(filler.per(only(formula.filler_full.value * batch)))
    within(Fraction(1), shares, "how full the shell is")
    demand(sum(load.holes for load in plan.loads) == plan.count, "the loads of the machine")
    for load in plan.loads:
        within(plan.net.value * load.holes, around(load.weighing), f"the mass of {load.key}")
    given = Mass(for_one.middle).text("mg", 4)
    strength, whole = formula.strength.text("mg"), plan.drug.text("mg")
    many = f"{decimal_text(batch)} capsules' worth"
    return f"{many} × {strength} = {whole} {DRUG} in the batch; the rounded masses give {given} a capsule."


def _drug_again(plan: CapsulePlan) -> tuple[Span, Span, Span]:
    """Drug (anhydrous HCl), the powder that counts as drug, and the filler that comes with it, in the batch."""
    route = plan.route
    if isinstance(route, Aliquot):
        weighed, diluent, taken = (
            the_line(plan, key)
            for key in (WeighingKey.ALIQUOT_DRUG, WeighingKey.ALIQUOT_DILUENT, WeighingKey.ALIQUOT_TAKEN)
        )
        # W and A were chosen as whole steps; only the diluent was rounded.
        mixture = around(diluent).plus(only(weighed.target.value))
        powder = only(weighed.target.value * taken.target.value).per(mixture)
        return powder.by(only(plan.potency)), powder, only(taken.target.value).less(powder)
    weighing = around(the_line(plan, WeighingKey.DRUG))
    if isinstance(route, FromTrituration):
        drug = weighing.by(only(plan.potency))
        return drug, drug, weighing.by(only(1 - plan.potency))
    return weighing.by(only(plan.potency)), weighing, only(0)


def _trituration(plan: TriturationPlan) -> str:
    powder, diluent = around(the_line(plan, WeighingKey.DRUG)), around(the_line(plan, WeighingKey.FILLER))
    drug, whole = powder.by(only(plan.potency)), powder.plus(diluent)
    within(plan.total.value, whole, "the total")
    within(plan.drug.value, drug, "the drug")
    share = drug.per(whole)
    within(Fraction(1, plan.formula.parts), share, "the strength")
    given = f"{decimal_text(share.middle * 1000, 3)}{NBSP}mg/g"
    total, mass = plan.total.text("g"), plan.drug.text("mg")
    return f"{total} ÷ {plan.formula.parts} = {mass} {DRUG}; the rounded masses give {given}."
