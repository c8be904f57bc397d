"""A liquid aliquot the other way round: by the strength of the solution, which both ends must have."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from pharmacy.domain.lines import MeasureFacts
from pharmacy.domain.quantity import Concentration, Mass, Volume
from pharmacy.domain.routes import LiquidAliquot
from pharmacy.domain.second_check.spans import Span, demand, only, within

if TYPE_CHECKING:
    from pharmacy.domain.balance import BalanceFacts


def strengths_again(needed: Fraction, weighed: Fraction, volume: Fraction, take: Fraction) -> Fraction:
    """The strength of what was made, which that of what is taken must be; the solution that is left holds the rest."""
    strength = weighed / volume
    demand(strength * take == needed, "the strength of what is taken")
    demand((volume - take) * strength + needed == weighed, "what is left of the solution")
    return strength


def planned_again(
    need: Mass,
    route: LiquidAliquot,
    balance: BalanceFacts,
    measures: tuple[MeasureFacts, ...],
    solubility: Concentration,
    limit: Fraction,
) -> None:
    """Every limit of a planned aliquot once more, each from the amounts as they will be read."""
    step = balance.readability.value
    weighed, volume, take = route.weigh.value, route.volume.value, route.take.value
    drawn = Span(weighed - step / 2, weighed + step / 2).per(only(volume)).by(only(take))
    within(need.value, drawn, "the drug in what is taken")
    uncertain, accepted = _uncertain(balance)
    demand(weighed % step == 0 and weighed <= balance.capacity.value, "the weighing")
    demand(uncertain * 100 <= weighed * accepted, "the least that the balance can weigh")
    demand(take <= volume and weighed <= solubility.value * volume, "the solution")
    shares = [uncertain / weighed]
    shares += [_share(amount, measures) for amount in (route.volume, route.take)]
    demand(sum((share * 100) ** 2 for share in shares) <= limit**2, "the combined error")


def _uncertain(balance: BalanceFacts) -> tuple[Fraction, Fraction]:
    """By how much a weighing may be off, in mg, and how many per cent of it that may be at most."""
    if balance.rule.value == "classic":
        return balance.sensitivity_requirement.value, Fraction(balance.accepted_error)
    demand(balance.repeatability is not None, "the repeatability")
    assert balance.repeatability is not None
    return max(2 * balance.repeatability.value, balance.readability.value * 82 / 100), Fraction(1, 10)


def _share(amount: Volume, measures: tuple[MeasureFacts, ...]) -> Fraction:
    """The error of the measure that is read most closely, as a share of the volume."""
    held = [one for one in measures if one.least <= amount <= one.capacity and amount.value % one.mark.value == 0]
    demand(bool(held), f"a mark at {amount.text('mL')}")
    closest = min(held, key=lambda one: (one.mark.value, one.capacity.value, one.name))
    return max(Fraction(closest.accepted_error) / 100, closest.mark.value / 2 / amount.value)


def solvent_again(mass: Mass, solubility: Concentration, volume: Volume) -> None:
    """What dissolves in that volume is the mass."""
    demand(solubility.value * volume.value == mass.value, "what dissolves")


def measurable_again(capacity: Volume, percent: Fraction, least: Volume) -> None:
    """The least is to the capacity as its share to a hundred."""
    demand(least.value * 100 == percent * capacity.value, "the least measurable volume")
