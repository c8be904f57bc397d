"""What was made, a second time: from the share of the label back to the weights, by products and sums of squares.

The first way divides; this one multiplies back. The first takes deviations from the mean of net masses; this one the sum
of squares of gross masses, from which the shell falls out. Each function returns one sentence that says the sums again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from pharmacy.domain.plan import CapsulePlan, LiquidPlan, LotFacts, Plan, TriturationPlan, WeighingKey
from pharmacy.domain.quantity import NBSP, Concentration, Exact, Mass, Volume, decimal_text
from pharmacy.domain.routes import LiquidAliquot, TabletPowder, WholeTablets
from pharmacy.domain.second_check.potency import potency_again
from pharmacy.domain.second_check.spans import demand

if TYPE_CHECKING:
    from pharmacy.domain.capsule_weights import CapsuleLimits, CapsuleStatistics
    from pharmacy.domain.spread import Spread
    from pharmacy.domain.uniformity import AcceptanceValue

Recorded = Mapping[str, Mass | Volume]
_HALF = Fraction(1, 2_000_000)  # half a unit of the sixth place, to which roots are shown
WEIGHED_IN = "the drug weighed in"
TAKEN = "the drug in the part that was taken"
_PARTS_OF_AN_ALIQUOT = (WeighingKey.ALIQUOT_DRUG, WeighingKey.ALIQUOT_DILUENT)


def delivered_again(
    drug: Mass, potency: Fraction, blend: Mass, mean_net: Mass, label: Mass, amount: Mass, percent: Fraction
) -> str:
    """One capsule: label × share = amount, and amount × blend = drug × potency × mean net."""
    demand(label.value * percent == amount.value * 100, "the share of the label")
    demand(amount.value * blend.value == drug.value * potency * mean_net.value, "the delivered strength")
    return _capsules_sentence(blend.value, mean_net.value, amount.value)


def _capsules_sentence(blend: Fraction, net: Fraction, amount: Fraction, what: str = WEIGHED_IN) -> str:
    capsules, whole = decimal_text(blend / net, 2), Mass(blend / net * amount).text("mg")
    return f"The blend fills {capsules} such capsules; × {Mass(amount).text('mg', 4)} = {whole}, {what}."


def capsules_again(
    plan: CapsulePlan, recorded: Recorded, mean_net: Mass, amount: Mass | Concentration | Fraction, percent: Fraction
) -> str:
    """The capsules of a plan from its own lines: every line of the blend summed, the potency from the certificate."""
    assert isinstance(amount, Mass)
    demand(plan.formula.strength.value * percent == amount.value * 100, "the share of the label")
    blend = sum(
        (_value(recorded, one.key) for one in plan.weighings if one.key not in _PARTS_OF_AN_ALIQUOT), Fraction(0)
    )
    pure, mixture, taken, what = _drug(plan, recorded), Fraction(1), Fraction(1), WEIGHED_IN
    if any(one.key == WeighingKey.ALIQUOT_TAKEN for one in plan.weighings):
        mixture = sum((_value(recorded, key) for key in _PARTS_OF_AN_ALIQUOT), Fraction(0))
        taken, what = _value(recorded, WeighingKey.ALIQUOT_TAKEN), TAKEN
    demand(amount.value * blend * mixture == pure * taken * mean_net.value, "the delivered strength")
    return _capsules_sentence(blend, mean_net.value, amount.value, what)


def liquid_again(
    plan: LiquidPlan, recorded: Recorded, amount: Mass | Concentration | Fraction, percent: Fraction
) -> str:
    """The liquid of a plan: concentration × final volume = drug × potency."""
    assert isinstance(amount, Concentration)
    demand(plan.formula.concentration.value * percent == amount.value * 100, "the share of the label")
    volume = _value(recorded, WeighingKey.FINAL_VOLUME)
    drug, parts = _in_the_liquid(plan, recorded)
    demand(amount.value * volume * parts == drug, "the delivered strength")
    return _liquid_sentence(volume, amount.value, _what_went_in(plan))


def _what_went_in(plan: LiquidPlan) -> str:
    """What the drug of a liquid is: of tablets nothing but their label says how much it is."""
    if isinstance(plan.route, WholeTablets):
        return "the drug in the tablets by their label"
    if isinstance(plan.route, TabletPowder):
        return "the drug in the powder weighed, by the label of its tablets"
    return TAKEN if isinstance(plan.route, LiquidAliquot) else WEIGHED_IN


def _in_the_liquid(plan: LiquidPlan, recorded: Recorded) -> tuple[Fraction, Fraction]:
    """The drug times the parts that it was divided into, and those parts: nothing is divided here.

    Tablets are recorded as the drug that their labels say; a solution is divided by its volume, crushed tablets by what
    they weighed together.
    """
    route = plan.route
    if isinstance(route, WholeTablets):
        return _value(recorded, WeighingKey.TABLETS), Fraction(1)
    if isinstance(route, TabletPowder):
        label, powder = _value(recorded, WeighingKey.TABLETS), _value(recorded, WeighingKey.DRUG)
        return label * powder, _value(recorded, WeighingKey.TABLETS_WEIGHED)
    drug = _drug(plan, recorded)
    if isinstance(route, LiquidAliquot):
        return drug * _value(recorded, WeighingKey.ALIQUOT_TAKEN), _value(recorded, WeighingKey.ALIQUOT_VOLUME)
    return drug, Fraction(1)


def _liquid_sentence(volume: Fraction, amount: Fraction, what: str = WEIGHED_IN) -> str:
    whole, each = Mass(amount * volume).text("mg"), f"{decimal_text(amount, 4)}{NBSP}mg/mL"
    return f"{Volume(volume).text('mL')} × {each} = {whole}, {what}."


def delivered_liquid_again(
    drug: Mass, potency: Fraction, volume: Volume, label: Concentration, amount: Concentration, percent: Fraction
) -> str:
    """One millilitre: label × share = amount, and amount × final volume = drug × potency."""
    demand(label.value * percent == amount.value * 100, "the share of the label")
    demand(amount.value * volume.value == drug.value * potency, "the delivered strength")
    return _liquid_sentence(volume.value, amount.value)


def trituration_again(
    plan: TriturationPlan, recorded: Recorded, amount: Mass | Concentration | Fraction, percent: Fraction
) -> str:
    """The trituration of a plan: fraction × (drug + diluent) = drug × potency."""
    assert isinstance(amount, Fraction)
    demand(percent == amount * plan.formula.parts * 100, "the share of the label")
    whole = sum((_value(recorded, one.key) for one in plan.weighings), Fraction(0))
    demand(amount * whole == _drug(plan, recorded), "the delivered strength")
    return f"{Mass(whole).text('g', 4)} × {decimal_text(amount * 1000, 4)}{NBSP}mg/g = {Mass(amount * whole).text('mg')}, {WEIGHED_IN}."


def _value(recorded: Recorded, key: str) -> Fraction:
    amount = recorded.get(key)
    demand(amount is not None, f"the line {key}")
    assert amount is not None
    return amount.value


def _drug(plan: Plan, recorded: Recorded) -> Fraction:
    """Anhydrous drug in all that was weighed as drug, each line by its own lot."""
    lines = [
        one
        for one in plan.weighings
        if one.key in {WeighingKey.DRUG, WeighingKey.ALIQUOT_DRUG} or one.key.startswith(f"{WeighingKey.DRUG}-")
    ]
    demand(bool(lines), "the line of the drug")
    by_number = {(use.lot.component, use.lot.number): use.lot for use in reversed(plan.lots)}
    return sum((_value(recorded, one.key) * _fraction(by_number[one.component, one.lot]) for one in lines), Fraction(0))


def _fraction(lot: LotFacts) -> Fraction:
    if lot.certificate is None:
        return lot.fraction if lot.fraction is not None else Fraction(0)
    return potency_again(lot.certificate)


def statistics_again(
    gross: Sequence[Mass], shell: Mass, target: Mass, share: Fraction, found: CapsuleStatistics
) -> str:
    """Each capsule back to its gross mass and against limits on the gross side; the spread from the gross masses."""
    count = len(gross)
    demand(len(found.each) == count, "the number of capsules")
    low, high = (shell.value + target.value * (100 + side * share) / 100 for side in (-1, 1))
    for number, (one, weight) in enumerate(zip(gross, found.each, strict=True), start=1):
        demand(weight.gross == one and weight.net.value + shell.value == one.value, f"capsule {number}")
        demand(weight.percent * target.value == weight.net.value * 100, f"the share of capsule {number}")
        demand(weight.within == (low <= one.value <= high), f"the limits of capsule {number}")
    total = sum((one.value for one in gross), Fraction(0))
    powder = total - count * shell.value
    demand(found.mean_net.value * count == powder, "the mean net mass")
    demand(found.mean_gross.value * count == total, "the mean gross mass")
    demand(found.mean_percent * target.value * count == powder * 100, "the mean in per cent")
    variance = _variance(one.value for one in gross)
    demand(_is_root(found.sd, variance), "the standard deviation")
    demand(_is_root(found.rsd, variance * (100 * count / powder) ** 2), "the RSD")
    return (
        f"{count} capsules, {Mass(total).text('mg')} in all, less {count} shells of {shell.text('mg')}, "
        f"leave {Mass(powder).text('mg')} of powder."
    )


def verdicts_again(found: CapsuleStatistics, target: Mass, limits: CapsuleLimits) -> None:
    """Mean and RSD against their limits again: the mean as a mass between masses, the RSD from gross masses, squared."""
    low, high = (target.value * (100 + side * Fraction(limits.mean)) / 100 for side in (-1, 1))
    demand(found.mean_within(limits) == (low <= found.mean_net.value <= high), "whether the mean is inside")
    most = Fraction(limits.rsd) * found.mean_net.value / 100
    inside = _variance(one.gross.value for one in found.each) <= most * most
    demand(found.rsd_within(limits) == inside, "whether the RSD is inside")


def spread_again(values: Sequence[Exact], found: Spread) -> str:
    """Mean and sample variance from the sum and the sum of squares."""
    numbers = [Fraction(one) for one in values]
    demand(found.count == len(numbers), "the number of values")
    demand(found.mean * found.count == sum(numbers, Fraction(0)), "the mean")
    demand(found.variance == _variance(numbers), "the standard deviation")
    demand(_is_root(found.sd, found.variance), "the standard deviation")
    demand(_is_root(found.rsd, found.variance * (100 / found.mean) ** 2), "the RSD")
    total = decimal_text(sum(numbers, Fraction(0)), 4)
    return f"{found.count} × {decimal_text(found.mean, 4)} = {total}, the sum of the values."


def acceptance_again(value: AcceptanceValue, target: Exact) -> str:
    """M as the middle of three numbers, the spread from sums of squares, and the verdict from the largest SD that passes."""
    mean, count = value.found.mean, value.found.count
    if value.units:
        demand(count == len(value.units), "the number of units")
        demand(mean * count == sum(value.units, Fraction(0)), "the mean")
        demand(value.found.variance == _variance(value.units), "the standard deviation")
    top = max(Fraction("101.5"), Fraction(target))
    middle = sorted((Fraction("98.5"), mean, top))[1]
    demand(value.reference == middle, "the reference value M")
    factor = {10: Fraction("2.4"), 30: Fraction(2)}[count]
    away = max(middle - mean, mean - middle)
    demand(
        _is_root((Fraction(value.value) - away) / factor, value.found.variance, _HALF / factor), "the acceptance value"
    )
    room = (15 - away) / factor
    passes = room >= 0 and value.found.variance <= room * room
    demand(value.within == passes, "whether the acceptance value is within 15.0")
    low, high = middle * 3 / 4, middle * 5 / 4
    demand(value.outside == len([one for one in value.units if one < low or one > high]), "the single units")
    demand(value.verdict == _verdict_again(count, value, passes=passes), "the verdict")
    if room < 0:
        return f"With a mean of {decimal_text(mean, 4)} % no standard deviation is small enough to pass."
    return f"With a mean of {decimal_text(mean, 4)} % a standard deviation of up to {decimal_text(room, 4)} % passes."


def _verdict_again(count: int, value: AcceptanceValue, *, passes: bool) -> str:
    if not passes:
        return "assay 20 more units" if count == 10 else "fails"
    if count == 10:
        return "passes"
    if not value.units:
        return "not known without the single units"
    return "fails" if value.outside else "passes"


def interval_again(share: Fraction, readings: Sequence[tuple[Fraction, Fraction]], told: Mapping[str, object]) -> None:
    """What a strength may be off by, from its ends back; each reading comes with what it may be off by.

    Nothing is divided: the squares are those of the products of one reading's error with all other readings. The error
    is rounded up to 0.01 % of the strength, its ends outward to 0.1 % of the label.
    """
    off, lowest, highest = (Fraction(str(told[name])) for name in ("off", "lowest", "highest"))
    whole = _product(value for value, _ in readings)
    square = sum((error * _product(_others(readings, at))) ** 2 for at, (_, error) in enumerate(readings))
    demand((off * whole) ** 2 >= square * 10_000 and (off * 100).denominator == 1, "how far the strength may be off")
    less = max(off - Fraction(1, 100), Fraction(0))
    demand(not off or (less * whole) ** 2 < square * 10_000, "how far the strength may be off")
    for end, exactly in ((-lowest, share * (off - 100)), (highest, share * (off + 100))):
        demand(0 <= end - exactly < Fraction(1, 10) and (end * 10).denominator == 1, "the interval of the strength")


def _product(values: Iterable[Fraction]) -> Fraction:
    found = Fraction(1)
    for one in values:
        found *= one
    return found


def _others(readings: Sequence[tuple[Fraction, Fraction]], at: int) -> Iterator[Fraction]:
    return (value for number, (value, _) in enumerate(readings) if number != at)


def yield_again(made: Exact, meant: Exact, percent: Fraction, unit: str = "") -> str:
    """The share of what was to be made, back to what came out."""
    demand(Fraction(meant) * percent == Fraction(made) * 100, "the yield")
    less = Fraction(meant) - Fraction(made)
    word = "less than" if less > 0 else "more than"
    one = unit.removesuffix("s") if abs(less) == 1 else unit
    amount = f"{decimal_text(abs(less), 4)}{NBSP}{one}" if unit else decimal_text(abs(less), 4)
    return f"That is {amount} {word} was to be made." if less else "That is exactly what was to be made."


def _variance(values: Iterable[Fraction]) -> Fraction:
    """Sample variance as (sum of squares − square of the sum ÷ number) ÷ (number − 1)."""
    numbers = list(values)
    total = sum(numbers, Fraction(0))
    squares = sum((one * one for one in numbers), Fraction(0))
    return (squares - total * total / len(numbers)) / (len(numbers) - 1)


def _is_root(shown: Decimal | Fraction, square: Fraction, half: Fraction = _HALF) -> bool:
    """Whether the number, rounded to its places, is the root of the square."""
    number = Fraction(shown)
    return max(number - half, Fraction(0)) ** 2 <= square <= (number + half) ** 2
