"""What was really made: from recorded weights and volumes to delivered strength and yield."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from pharmacy.domain.errors import Impossible, NotYetRecorded
from pharmacy.domain.plain import Plain
from pharmacy.domain.plan import CapsulePlan, LiquidPlan, Plan, TriturationPlan, WeighingKey, planned
from pharmacy.domain.quantity import Concentration, Exact, Mass, Volume, decimal_text, exact
from pharmacy.domain.routes import Aliquot
from pharmacy.domain.worksheet import OWN, WorksheetStep

# 22 TAC 291.131: 90.0 to 110.0 % of the label for the drug and of the theoretical weight for each unit.
USUAL_LIMITS = (Decimal(90), Decimal(110))

Recorded = Mapping[str, Mass | Volume]


@dataclass(frozen=True, slots=True)
class Delivered(Plain):
    """The drug that one capsule, one mL or one part of a trituration holds, and its share of the label in per cent."""

    amount: Mass | Concentration | Fraction
    percent: Fraction
    step: WorksheetStep

    def within(self, low: Exact = USUAL_LIMITS[0], high: Exact = USUAL_LIMITS[1]) -> bool:
        """Whether the exact share lies within the limits, both included."""
        return exact(low) <= self.percent <= exact(high)

    def percent_text(self) -> str:
        """The share to one place; never rounded across a limit, for 89.96 is not 90."""
        return percent_text(self.percent)


def percent_text(percent: Fraction) -> str:
    """A percentage to one place, or as many as keep it on its own side of 90 and 110."""
    for places in range(1, 12):
        shown = Fraction(round(percent * 10**places), 10**places)
        if all((percent < limit) == (shown < limit) and (percent > limit) == (shown > limit) for limit in (90, 110)):
            return decimal_text(shown, places)
    return decimal_text(percent, 12)


def delivered_strength(drug: Mass, potency: Fraction, blend: Mass, mean_net: Mass, label: Mass) -> Delivered:
    """Recorded drug × potency ÷ recorded mass of the whole blend × mean net capsule, against the label.

    The whole blend is what was weighed into it, so that process excess never raises the answer.
    """
    if min(drug.value, blend.value, mean_net.value, label.value) <= 0:
        raise Impossible("Drug, blend, net mass and strength must each be above 0.")
    if drug > blend:
        raise Impossible("The blend weighs less than the drug in it; look at the recorded weights again.")
    one = mean_net.times(drug.times(potency).ratio(blend))
    numbers = (
        f"{drug.text('mg', 4)} × {decimal_text(potency * 100, 4)} % ÷ {blend.text('mg', 4)} × {mean_net.text('mg', 4)}"
    )
    words = "recorded drug × potency ÷ recorded whole blend × mean net mass of a capsule"
    return _delivered(one, one.ratio(label) * 100, words, numbers, decimal_text(one.value, 3), "mg")


def delivered_capsules(plan: CapsulePlan, recorded: Recorded, mean_net: Mass) -> Delivered:
    """The delivered strength of a capsule from the recorded lines of its plan; by aliquot, of what the part taken held."""
    powder = recorded_drug(plan, recorded)
    return delivered_strength(powder, plan.potency, recorded_blend(plan, recorded), mean_net, plan.formula.strength)


def delivered_liquid(plan: LiquidPlan, recorded: Recorded) -> Delivered:
    """Recorded drug × potency ÷ recorded final volume, against the stated concentration."""
    drug, volume = recorded_drug(plan, recorded), _volume(recorded, WeighingKey.FINAL_VOLUME)
    one = Concentration(drug.value * plan.potency / volume.value)
    numbers = f"{drug.text('mg', 4)} × {decimal_text(plan.potency * 100, 4)} % ÷ {volume.text('mL')}"
    words = "recorded drug × potency ÷ recorded final volume"
    percent = one.ratio(plan.formula.concentration) * 100
    return _delivered(one, percent, words, numbers, decimal_text(one.value, 3), "mg/mL")


def delivered_trituration(plan: TriturationPlan, recorded: Recorded) -> Delivered:
    """Recorded drug × potency ÷ (recorded drug + diluent): the fraction that the lot made here has from then on."""
    drug, blend = recorded_drug(plan, recorded), recorded_blend(plan, recorded)
    fraction = drug.times(plan.potency).ratio(blend)
    numbers = f"{drug.text('mg', 4)} × {decimal_text(plan.potency * 100, 4)} % ÷ {blend.text('mg', 4)}"
    words = "recorded drug × potency ÷ (recorded drug + recorded diluent)"
    percent = fraction / plan.formula.fraction * 100
    return _delivered(fraction, percent, words, numbers, decimal_text(fraction * 1000, 3), "mg/g")


def _delivered(
    amount: Mass | Concentration | Fraction, percent: Fraction, words: str, numbers: str, result: str, unit: str
) -> Delivered:
    note = f"{percent_text(percent)} % of the label"
    return Delivered(amount, percent, WorksheetStep("Delivered strength", words, numbers, result, unit, OWN, note))


def recorded_drug(plan: Plan, recorded: Recorded) -> Mass:
    """The recorded powder (or trituration) with the drug, as it is, that went into the batch.

    By aliquot that is drug weighed × part taken ÷ (drug + diluent), all as recorded.
    """
    if isinstance(plan, CapsulePlan) and isinstance(plan.route, Aliquot):
        weighed = _mass(recorded, WeighingKey.ALIQUOT_DRUG)
        mixture = weighed + _mass(recorded, WeighingKey.ALIQUOT_DILUENT)
        taken = _mass(recorded, WeighingKey.ALIQUOT_TAKEN)
        if taken > mixture:
            raise Impossible("More of the aliquot mixture was taken than was made; look at the weights again.")
        return weighed.times(taken.ratio(mixture))
    return _mass(recorded, WeighingKey.DRUG)


def recorded_blend(plan: CapsulePlan | TriturationPlan, recorded: Recorded) -> Mass:
    """The recorded mass of the whole blend: everything weighed into it, before any of it is lost or left over."""
    by_aliquot = isinstance(plan, CapsulePlan) and isinstance(plan.route, Aliquot)
    blend = _mass(recorded, WeighingKey.ALIQUOT_TAKEN if by_aliquot else WeighingKey.DRUG)
    if planned(plan, WeighingKey.FILLER) is not None:
        blend += _mass(recorded, WeighingKey.FILLER)
    return blend


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
    if made < 0 or meant <= 0:
        raise Impossible("The yield needs what was made, 0 or more, and what was to be made, above 0.")
    return made / meant * 100
