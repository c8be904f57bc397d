"""A second way to every plan: from the rounded masses back to one capsule or millilitre, in other code and order.

Nothing of the first way is called here. Each rounded mass stands for the interval of half a readable step to either
side; what was asked for must lie inside what the masses can give, or the plan is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from pharmacy.domain.errors import ChecksDisagree
from pharmacy.domain.lines import PlannedWeighing
from pharmacy.domain.plan import CapsulePlan, LiquidPlan, Plan, TriturationPlan, WeighingKey, all_weighings
from pharmacy.domain.quantity import NBSP, Density, Mass, decimal_text
from pharmacy.domain.routes import Aliquot, FromTrituration
from pharmacy.domain.second_check.budget import check_budget
from pharmacy.domain.second_check.lines import around, the_line
from pharmacy.domain.second_check.liquids import liquid_again
from pharmacy.domain.second_check.pencil import follow
from pharmacy.domain.second_check.potency import fraction_again
from pharmacy.domain.second_check.spans import Span, demand, only, within


def recheck(plan: Plan) -> str:
    """The plausibility line in words; raises :class:`ChecksDisagree` when the way back does not end where it began."""
    if not plan.weighings or not plan.lots:
        raise ChecksDisagree("The plan holds nothing to weigh, or no lot that it is taken from.")
    for line in all_weighings(plan):
        demand(line.low.value <= line.target.value <= line.high.value, f"the limits of {line.name}")
        demand((line.target.value / line.readability.value).denominator == 1, f"the rounding of {line.name}")
    _lots_agree(plan)
    check_budget(plan)
    follow(plan.worksheet)
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
    demand(liquid or fraction_again(drug_lot) == plan.potency, f"the potency of lot {drug_lot.number}")
    numbers = {use.lot.number for use in plan.lots}
    for line in plan.weighings:
        demand(not line.lot or line.lot in numbers, f"the lot of {line.name}")


def _capsules(plan: CapsulePlan) -> str:
    formula, batch = plan.formula, plan.count + Fraction(plan.excess) * plan.count / 100
    fillers = [around(line) for line in plan.weighings if line.component == formula.filler.code and _is_mixed(line)]
    filler = _sum(fillers)
    drug, powder, comes_with = _drug_again(plan)
    filler = filler.plus(comes_with)
    others = [(one, around(the_line(plan, one.component.code))) for one in formula.others]
    blend = powder.plus(filler).plus(_sum([span for _, span in others]))
    for_one = drug.per(blend).by(only(plan.net.value))
    within(formula.strength.value, for_one, "the drug in one capsule")
    within(plan.drug.value, drug, "the drug in the batch")
    demand(plan.drug.value == batch * formula.strength.value, "capsules × strength")
    within(plan.blend.value, blend, "the whole blend")
    within(plan.net.value * batch, blend, "the net mass of a capsule")
    demand(plan.gross.value - plan.shell_mass.value == plan.net.value, "the gross mass of a capsule")
    for one, span in others:
        within(one.each.value * batch, span, f"the amount of {one.component.name}")
    filled = [(powder, formula.drug_full), (filler, formula.filler_full), *((span, one.full) for one, span in others)]
    shares = _sum([mass.by(only(1 / (batch * _alone(plan, full)))) for mass, full in filled])
    within(Fraction(1), shares, "how full the shell is")
    demand(sum(load.holes for load in plan.loads) == plan.count, "the loads of the machine")
    for load in plan.loads:
        within(plan.net.value * load.holes, around(load.weighing), f"the mass of {load.key}")
    given = Mass(for_one.middle).text("mg", 4)
    strength, whole = formula.strength.text("mg"), plan.drug.text("mg")
    many = f"{decimal_text(batch)} capsules' worth"
    return f"{many} × {strength} = {whole} {formula.substance} in the batch; the rounded masses give {given} a capsule."


def _is_mixed(line: PlannedWeighing) -> bool:
    return line.key not in {WeighingKey.ALIQUOT_DILUENT, WeighingKey.ALIQUOT_DRUG}


def _sum(spans: Sequence[Span]) -> Span:
    total = only(0)
    for one in spans:
        total = total.plus(one)
    return total


def _alone(plan: CapsulePlan, full: Mass | Density) -> Fraction:
    """The mg of a powder that alone fill one shell: g/mL is mg in a thousandth of a millilitre."""
    capacity = plan.packing.capacity if plan.packing else None
    if isinstance(full, Density):
        demand(capacity is not None, "the capacity of the shell")
        assert capacity is not None
        return full.value * capacity.value * 1000
    measured_in = plan.formula.shell_capacity
    return full.value * capacity.value / measured_in.value if capacity and measured_in else full.value


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
        if route.stock is not None:
            drug = powder.by(only(plan.potency))
            return drug, drug, only(taken.target.value).less(drug)
        return powder.by(only(plan.potency)), powder, only(taken.target.value).less(powder)
    weighing = around(the_line(plan, WeighingKey.DRUG))
    if isinstance(route, FromTrituration):
        drug = weighing.by(only(plan.potency))
        return drug, drug, weighing.by(only(1 - plan.potency))
    drug, powder = weighing.by(only(plan.potency)), weighing
    lots = {use.lot.number: use.lot for use in plan.lots if use.lot.component == plan.formula.drug.code}
    for line in plan.weighings:
        if line.key.startswith(f"{WeighingKey.DRUG}-"):
            part = around(line)
            drug = drug.plus(part.by(only(fraction_again(lots[line.lot]))))
            powder = powder.plus(part)
    return drug, powder, only(0)


def _trituration(plan: TriturationPlan) -> str:
    powder, diluent = around(the_line(plan, WeighingKey.DRUG)), around(the_line(plan, WeighingKey.FILLER))
    drug, whole = powder.by(only(plan.potency)), powder.plus(diluent)
    within(plan.total.value, whole, "the total")
    within(plan.drug.value, drug, "the drug")
    share = drug.per(whole)
    within(Fraction(1, plan.formula.parts), share, "the strength")
    given = f"{decimal_text(share.middle * 1000, 3)}{NBSP}mg/g"
    total, mass = plan.total.text("g"), plan.drug.text("mg")
    return f"{total} ÷ {plan.formula.parts} = {mass} {plan.formula.substance}; the rounded masses give {given}."
