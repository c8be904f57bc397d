"""What was really made: from recorded weights and volumes to delivered strength and yield."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from pharmacy.domain.error_budget import (
    Contribution,
    budget_of,
    drug_lines,
    interval,
    left_out,
    lot_strength,
    shell_error,
)
from pharmacy.domain.errors import Impossible, NotYetRecorded
from pharmacy.domain.plain import Plain, exact_text
from pharmacy.domain.plan import CapsulePlan, LiquidPlan, Plan, TriturationPlan, WeighingKey
from pharmacy.domain.quantity import NBSP, Concentration, Exact, Mass, Volume, decimal_text, exact
from pharmacy.domain.routes import Aliquot, LiquidAliquot, TabletPowder, WholeTablets
from pharmacy.domain.second_check.pencil import follow_line
from pharmacy.domain.second_check.quality import (
    capsules_again,
    delivered_again,
    delivered_liquid_again,
    liquid_again,
    trituration_again,
    yield_again,
)
from pharmacy.domain.spread import side_text
from pharmacy.domain.worksheet import OWN, WorksheetStep

# 22 TAC 291.131: 90.0 to 110.0 % of the label for the drug and of the theoretical weight for each unit.
USUAL_LIMITS = (Decimal(90), Decimal(110))

Recorded = Mapping[str, Mass | Volume]


@dataclass(frozen=True, slots=True)
class Delivered(Plain):
    """The drug that one capsule, one mL or one part of a trituration holds, and its share of the label in per cent.

    `second_way` says in one sentence how an independent calculation led back to the weights; empty in old records.
    `off` is how far it may be off, in per cent of itself, rounded up; None in old records.
    """

    amount: Mass | Concentration | Fraction
    percent: Fraction
    step: WorksheetStep
    second_way: str = ""
    off: Decimal | None = None

    def interval_text(self) -> str:
        """``98.4 to 101.3 %``, rounded outward; empty where nothing is known of it."""
        if self.off is None:
            return ""
        low, high = interval(self.percent, exact(self.off))
        return f"{decimal_text(low)} to {decimal_text(high)}{NBSP}%"

    def within(self, low: Exact = USUAL_LIMITS[0], high: Exact = USUAL_LIMITS[1]) -> bool:
        """Whether the exact share lies within the limits, both included."""
        return exact(low) <= self.percent <= exact(high)

    def percent_text(self) -> str:
        """The share to one place; never rounded across a limit, for 89.96 is not 90."""
        return percent_text(self.percent)


def percent_text(percent: Fraction) -> str:
    """A percentage to one place, or as many as keep it on its own side of 90 and 110."""
    return side_text(percent, USUAL_LIMITS)


def delivered_strength(drug: Mass, potency: Fraction, blend: Mass, mean_net: Mass, label: Mass) -> Delivered:
    """Recorded drug × potency ÷ recorded mass of the whole blend × mean net capsule, against the label.

    The whole blend is what was weighed into it, so that process excess never raises the answer.
    """
    _check_above_0(drug=drug, potency=potency, blend=blend, mean_net=mean_net, label=label)
    if drug > blend:
        raise Impossible("The blend weighs less than the drug in it; look at the recorded weights again.", "blend")
    one = mean_net.times(drug.times(potency).ratio(blend))
    numbers = (
        f"{drug.text('mg', 4)} × {decimal_text(potency * 100, 4)} % ÷ {blend.text('mg', 4)} × {mean_net.text('mg', 4)}"
    )
    words = "recorded drug × potency ÷ recorded whole blend × mean net mass of a capsule"
    percent = one.ratio(label) * 100
    second_way = delivered_again(drug, potency, blend, mean_net, label, one, percent)
    return _delivered(one, percent, words, numbers, f"{decimal_text(one.value, 3)} mg", second_way)


def _check_above_0(**amounts: Mass | Volume | Concentration | Fraction) -> None:
    for name, amount in amounts.items():
        if (amount if isinstance(amount, Fraction) else amount.value) <= 0:
            raise Impossible(f"{_CALLED[name]} must be above 0.", name)


_CALLED = {
    "drug": "The drug weighed",
    "potency": "The potency",
    "blend": "The whole blend",
    "mean_net": "The mean net mass",
    "volume": "The final volume",
    "label": "The strength on the label",
}


def delivered_capsules(plan: CapsulePlan, recorded: Recorded, mean_net: Mass) -> Delivered:
    """The delivered strength of a capsule from the recorded lines of its plan; by aliquot, of what the part taken held."""
    powder, strength = recorded_drug(plan, recorded), recorded_potency(plan, recorded)
    found = delivered_strength(powder, strength, recorded_blend(plan, recorded), mean_net, plan.formula.strength)
    found = replace(found, second_way=capsules_again(plan, recorded, mean_net, found.amount, found.percent))
    return _with_interval(found, plan, recorded, shell_error(plan, mean_net))


def delivered_concentration(drug: Mass, potency: Fraction, volume: Volume, label: Concentration) -> Delivered:
    """Recorded drug × potency ÷ recorded final volume, against the label."""
    _check_above_0(drug=drug, potency=potency, volume=volume, label=label)
    one = Concentration(drug.value * potency / volume.value)
    numbers = f"{drug.text('mg', 4)} × {decimal_text(potency * 100, 4)} % ÷ {volume.text('mL')}"
    words = "recorded drug × potency ÷ recorded final volume"
    percent = one.ratio(label) * 100
    second_way = delivered_liquid_again(drug, potency, volume, label, one, percent)
    return _delivered(one, percent, words, numbers, f"{decimal_text(one.value, 3)} mg/mL", second_way)


def delivered_liquid(plan: LiquidPlan, recorded: Recorded) -> Delivered:
    """The delivered concentration of a liquid from the recorded lines of its plan."""
    drug, volume = recorded_drug(plan, recorded), _volume(recorded, WeighingKey.FINAL_VOLUME)
    found = delivered_concentration(drug, recorded_potency(plan, recorded), volume, plan.formula.concentration)
    found = replace(found, step=_of_tablets(plan, recorded, found.step))
    found = replace(found, second_way=liquid_again(plan, recorded, found.amount, found.percent))
    return _with_interval(found, plan, recorded)


def _of_tablets(plan: LiquidPlan, recorded: Recorded, step: WorksheetStep) -> WorksheetStep:
    """The step in the words of tablets, where they are the drug's source; as it is where powder is."""
    route, volume = plan.route, _volume(recorded, WeighingKey.FINAL_VOLUME).text("mL")
    if isinstance(route, WholeTablets):
        counted = decimal_text(_mass(recorded, WeighingKey.TABLETS).ratio(route.label))
        numbers = f"{counted} × {route.label.text('mg')} ÷ {volume}"
        return replace(step, words="tablets counted × label ÷ recorded final volume", numbers=numbers)
    if isinstance(route, TabletPowder):
        label, together = _mass(recorded, WeighingKey.TABLETS), _mass(recorded, WeighingKey.TABLETS_WEIGHED)
        counted, powder = decimal_text(label.ratio(route.label)), _mass(recorded, WeighingKey.DRUG)
        numbers = f"{powder.text('mg', 4)} × {counted} × {route.label.text('mg')} ÷ {together.text('mg', 4)} ÷ {volume}"
        words = "recorded powder × tablets × label ÷ recorded mass of the tablets ÷ recorded final volume"
        return replace(step, words=words, numbers=numbers)
    return step


def delivered_trituration(plan: TriturationPlan, recorded: Recorded) -> Delivered:
    """Recorded drug × potency ÷ (recorded drug + diluent): the fraction that the lot made here has from then on."""
    drug, blend = recorded_drug(plan, recorded), recorded_blend(plan, recorded)
    strength = recorded_potency(plan, recorded)
    fraction = drug.times(strength).ratio(blend)
    numbers = f"{drug.text('mg', 4)} × {decimal_text(strength * 100, 4)} % ÷ {blend.text('mg', 4)}"
    words = "recorded drug × potency ÷ (recorded drug + recorded diluent)"
    percent = fraction / plan.formula.fraction * 100
    second_way = trituration_again(plan, recorded, fraction, percent)
    found = _delivered(fraction, percent, words, numbers, f"{decimal_text(fraction * 1000, 3)} mg/g", second_way)
    return _with_interval(found, plan, recorded)


def _with_interval(found: Delivered, plan: Plan, recorded: Recorded, *more: Contribution) -> Delivered:
    """The same with how far it may be off: the errors of the readings as they were recorded, and of the lots."""
    budget = budget_of(plan, recorded)
    budget = replace(budget, contributions=(*budget.contributions, *more))
    found = replace(found, off=Decimal(exact_text(budget.combined)))
    said = f"± {decimal_text(budget.combined)} %: {found.interval_text()} of the label"
    follow_line(found.step)
    return replace(found, step=replace(found.step, note=f"{found.step.note}; {said}{left_out(plan)}"))


def _delivered(
    amount: Mass | Concentration | Fraction, percent: Fraction, words: str, numbers: str, result: str, second_way: str
) -> Delivered:
    number, _, unit = result.partition(" ")
    note = f"{percent_text(percent)} % of the label"
    step = WorksheetStep("Delivered strength", words, numbers, number, unit, OWN, note)
    follow_line(step)
    return Delivered(amount, percent, step, second_way)


def recorded_drug(plan: Plan, recorded: Recorded) -> Mass:
    """The recorded powder (or trituration) with the drug, as it is, that went into the batch, of all lots together.

    By aliquot that is drug weighed × part taken ÷ (drug + diluent), or ÷ the volume of its solution, all as recorded. Of
    whole tablets it is the drug that their labels say: as that the number counted is recorded.
    """
    if isinstance(plan, LiquidPlan) and isinstance(plan.route, LiquidAliquot):
        volume, part = _volume(recorded, WeighingKey.ALIQUOT_VOLUME), _volume(recorded, WeighingKey.ALIQUOT_TAKEN)
        if part > volume:
            raise Impossible("More of the solution was taken than was made; look at the volumes again.")
        return _mass(recorded, WeighingKey.ALIQUOT_DRUG).times(part.ratio(volume))
    if isinstance(plan, LiquidPlan) and isinstance(plan.route, WholeTablets):
        return _mass(recorded, WeighingKey.TABLETS)
    if isinstance(plan, LiquidPlan) and isinstance(plan.route, TabletPowder):
        return _mass(recorded, WeighingKey.DRUG)
    if isinstance(plan, CapsulePlan) and isinstance(plan.route, Aliquot):
        weighed = _mass(recorded, WeighingKey.ALIQUOT_DRUG)
        mixture = weighed + _mass(recorded, WeighingKey.ALIQUOT_DILUENT)
        taken = _mass(recorded, WeighingKey.ALIQUOT_TAKEN)
        if taken > mixture:
            raise Impossible("More of the aliquot mixture was taken than was made; look at the weights again.")
        return weighed.times(taken.ratio(mixture))
    return _sum(_mass(recorded, key) for key, _ in drug_lines(plan))


def recorded_potency(plan: Plan, recorded: Recorded) -> Fraction:
    """The drug in one part of that powder: the lot's potency; of several lots each counts by what was weighed of it.

    Of crushed tablets it is what their labels say ÷ what all of them weighed together, both as recorded.
    """
    if isinstance(plan, LiquidPlan) and isinstance(plan.route, WholeTablets):
        return plan.potency
    if isinstance(plan, LiquidPlan) and isinstance(plan.route, TabletPowder):
        return _mass(recorded, WeighingKey.TABLETS).ratio(_mass(recorded, WeighingKey.TABLETS_WEIGHED))
    lines = drug_lines(plan)
    if len(lines) == 1:
        return plan.potency
    drug = _sum(_mass(recorded, key).times(lot_strength(lot)) for key, lot in lines)
    return drug.ratio(_sum(_mass(recorded, key) for key, _ in lines))


def recorded_blend(plan: CapsulePlan | TriturationPlan, recorded: Recorded) -> Mass:
    """The recorded mass of the whole blend: everything weighed into it, before any of it is lost or left over."""
    before = {WeighingKey.ALIQUOT_DRUG, WeighingKey.ALIQUOT_DILUENT}
    return _sum(_mass(recorded, line.key) for line in plan.weighings if line.key not in before)


def _sum(masses: Iterable[Mass]) -> Mass:
    return Mass(sum((one.value for one in masses), Fraction(0)))


def _mass(recorded: Recorded, key: str) -> Mass:
    amount = recorded.get(key)
    if not isinstance(amount, Mass):
        raise NotYetRecorded(f"The weight of {key.replace('-', ' ')} is not recorded yet.")
    if amount.value <= 0:
        raise Impossible(f"The weight of {key.replace('-', ' ')} must be above 0.")
    return amount


def _volume(recorded: Recorded, key: str) -> Volume:
    amount = recorded.get(key)
    if not isinstance(amount, Volume):
        raise NotYetRecorded(f"The {key.replace('-', ' ')} is not recorded yet.")
    if amount.value <= 0:
        raise Impossible(f"The {key.replace('-', ' ')} must be above 0.")
    return amount


def yield_percent(actual: Exact, theoretical: Exact) -> Fraction:
    """Actual ÷ theoretical × 100, of capsules or millilitres; theoretical is what was to be made, without the excess."""
    made, meant = exact(actual), exact(theoretical)
    if made < 0:
        raise Impossible("What came out cannot be below 0.", "made")
    if meant <= 0:
        raise Impossible("What was to be made must be above 0.", "meant")
    percent = made / meant * 100
    yield_again(made, meant, percent)
    return percent


def yield_step(
    actual: Exact, theoretical: Exact, unit: str, limits: tuple[Exact, Exact] | None = None
) -> WorksheetStep:
    """The yield as a line of a worksheet, beside its limits where there are any; both amounts in `unit`."""
    numbers = f"{decimal_text(actual, 4)} {unit} ÷ {decimal_text(theoretical, 4)} {unit} × 100 %"
    percent = yield_percent(actual, theoretical)
    words = "what came out ÷ what was to be made, without the process excess"
    note = ""
    if limits is not None:
        low, high = limits
        verdict = "inside" if exact(low) <= percent <= exact(high) else "OUTSIDE"
        note = f"limits {decimal_text(low)} to {decimal_text(high)}{NBSP}%: {verdict}"
    return WorksheetStep("Yield", words, numbers, side_text(percent, limits or (), 4), "%", OWN, note)
