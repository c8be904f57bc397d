"""A liquid again: from what is weighed, measured or counted back to one millilitre, then to what was asked for."""

from __future__ import annotations

from fractions import Fraction

from pharmacy.domain.lines import PlannedWeighing
from pharmacy.domain.plan import LiquidPlan, WeighingKey
from pharmacy.domain.quantity import NBSP, Concentration, Mass, Volume, decimal_text
from pharmacy.domain.routes import LiquidAliquot, TabletPowder, WholeTablets
from pharmacy.domain.second_check.lines import around, the_line
from pharmacy.domain.second_check.potency import potency_again
from pharmacy.domain.second_check.spans import Span, demand, only, within

FEWEST_CRUSHED = 20


def liquid_again(plan: LiquidPlan) -> str:
    """The plausibility line of a liquid; raises :class:`ChecksDisagree` when the way back does not end where it began."""
    formula, made, route = plan.formula, plan.made.value, plan.route
    demand(the_line(plan, WeighingKey.FINAL_VOLUME).target == plan.made, "the final volume")
    if isinstance(route, WholeTablets):
        drug, said = _whole(plan, route)
    elif isinstance(route, TabletPowder):
        drug, said = _crushed(plan, route), "the rounded mass gives"
    else:
        certificate = plan.lots[0].lot.certificate
        demand(
            certificate is not None and potency_again(certificate) == plan.potency,
            f"the potency of lot {plan.lots[0].lot.number}",
        )
        powder = _aliquot(plan, route) if isinstance(route, LiquidAliquot) else around(the_line(plan, WeighingKey.DRUG))
        drug, said = powder.by(only(plan.potency)), "the rounded mass gives"
        demand(_dissolved(plan), "what dissolves")
    concentration = drug.per(only(made))
    within(formula.concentration.value, concentration, "the concentration")
    within(plan.drug.value, drug, "the drug in the batch")
    if not isinstance(route, WholeTablets):
        needed = _asked(plan)
        demand(needed <= made < needed + formula.mark.value, "the volume to make")
    _portions(plan)
    _vehicle(plan)
    volume, strength, whole = plan.made.text("mL"), formula.stated.amount_text(), plan.drug.text("mg")
    given = f"{decimal_text(concentration.middle, 4)}{NBSP}mg/mL"
    return f"{volume} × {strength} = {whole} {formula.substance} in the batch; {said} {given}."


def asked_again(volume: Volume, concentration: Concentration, dose: Mass, times: int, days: int) -> None:
    """The drug in the volume asked for, dealt out over the days, is the dose."""
    demand(concentration.value * volume.value == dose.value * times * days, "the volume asked for")


def _asked(plan: LiquidPlan) -> Fraction:
    """What was asked for, in mL, with the excess."""
    return plan.wanted.value + plan.wanted.value * Fraction(plan.excess) / 100


def _whole(plan: LiquidPlan, route: WholeTablets) -> tuple[Span, str]:
    """Whole tablets: enough for what was asked, and no fewer would do at a volume on a mark."""
    label, asked = _label(plan, route.label), _asked(plan)
    demand(plan.potency == 1, "the potency of whole tablets")
    demand(plan.lots[0].amount == route.count > 0, "the number of tablets")
    step, mark = label / plan.formula.concentration.value, plan.formula.mark.value
    demand(plan.made.value >= asked, "the volume to make")
    fewer = plan.made.value - step
    while fewer >= asked:
        demand(fewer % mark != 0, "the number of tablets")
        fewer -= step
    many = f"{decimal_text(route.count)} whole {'tablet' if route.count == 1 else 'tablets'}"
    return only(label * route.count), f"{many} of {route.label.text('mg')} by label give"


def _crushed(plan: LiquidPlan, route: TabletPowder) -> Span:
    """The powder of tablets: as many tablets' worth as it weighs, and each worth its label."""
    label = _label(plan, route.label)
    demand(route.count >= FEWEST_CRUSHED and plan.lots[0].amount == route.count, "the number of tablets")
    demand(the_line(plan, WeighingKey.TABLETS_WEIGHED).target == route.together, "the mass of the tablets")
    line = the_line(plan, WeighingKey.DRUG)
    demand(line.target == route.target and line.target.value <= route.together.value, "the powder of the tablets")
    demand(plan.potency * route.together.value == label * route.count, "the drug in the powder")
    worth = around(line).by(only(route.count)).per(only(route.together.value))
    return worth.by(only(label))


def _label(plan: LiquidPlan, label: Mass) -> Fraction:
    same = plan.formula.label_strength == label == plan.lots[0].lot.label_strength
    demand(same, f"the label of lot {plan.lots[0].lot.number}")
    return label.value


def _aliquot(plan: LiquidPlan, route: LiquidAliquot) -> Span:
    """The powder that the part taken holds: its strength in the solution, times what is taken."""
    weighed, volume, taken = (
        the_line(plan, key) for key in (WeighingKey.ALIQUOT_DRUG, WeighingKey.ALIQUOT_VOLUME, WeighingKey.ALIQUOT_TAKEN)
    )
    same = (weighed.target, volume.target, taken.target) == (route.weigh, route.volume, route.take)
    demand(same and taken.target.value <= volume.target.value, "the aliquot")
    strength = around(weighed).per(only(volume.target.value))
    soluble = plan.formula.solubility
    demand(soluble is not None and route.weigh.value <= soluble.value * route.volume.value, "what dissolves")
    return strength.by(only(taken.target.value))


def _dissolved(plan: LiquidPlan) -> bool:
    """Whether the powder in 1 mL is no more than what its share of vehicle dissolves; a suspension is not asked."""
    formula = plan.formula
    if formula.solubility is None or formula.suspension:
        return True
    others = sum(
        (
            Fraction(one.per_100_ml) * (Fraction(1) if one.displacement is None else one.displacement)
            for one in formula.portions
        ),
        Fraction(0),
    )
    return formula.concentration.value * 100 <= formula.solubility.value * (100 - others) * plan.potency


def _portions(plan: LiquidPlan) -> None:
    for portion in plan.formula.portions:
        line = the_line(plan, portion.component.code)
        base = 1000 if isinstance(line.target, Mass) else 1
        in_100 = around(line).per(only(plan.made.value * base)).by(only(100))
        within(Fraction(portion.per_100_ml), in_100, f"the amount of {portion.component.name}")


def _vehicle(plan: LiquidPlan) -> None:
    """What leaves stock and what the guide says: everything that takes up room, added up, is the volume made."""
    route, liquids = plan.route, [line for line in plan.weighings if _goes_in(line)]
    measured = sum((line.target.value for line in liquids), Fraction(0))
    used = plan.lots[-1].amount
    prepared = route.volume.value if isinstance(route, LiquidAliquot) else Fraction(0)
    demand(isinstance(used, Volume) and used.value - prepared + measured == plan.made.value, "the vehicle")
    if plan.about is None:
        return
    room = plan.about.value + measured
    for portion in plan.formula.portions:
        if portion.displacement is not None:
            room += Fraction(portion.per_100_ml) * plan.made.value / 100 * portion.displacement
    if plan.formula.drug_displacement is not None and not isinstance(route, (LiquidAliquot, WholeTablets)):
        room += plan.drug.value / plan.potency / 1000 * plan.formula.drug_displacement
    demand(plan.about.value >= 0 and room == plan.made.value, "the room that the vehicle has")


def _goes_in(line: PlannedWeighing) -> bool:
    """Whether it is a liquid that is measured into the batch, other than the vehicle."""
    vehicle = {WeighingKey.FINAL_VOLUME.value, WeighingKey.ALIQUOT_VOLUME.value}
    return isinstance(line.target, Volume) and line.key not in vehicle
