"""Aliquots, plans of a weighing, geometric dilution and the fill of a shell again, from their answers back."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from pharmacy.domain.quantity import Density, Mass, Volume
from pharmacy.domain.routes import Aliquot, FromTrituration, Route
from pharmacy.domain.second_check.spans import demand


def aliquot_again(need: Mass, weighed: Mass, taken: Mass, diluent: Mass, least: Mass | None = None) -> None:
    """Refuse unless the part taken is to the mixture as the drug needed is to the drug weighed, and all can be weighed."""
    demand(min(need.value, weighed.value, taken.value) > 0, "what is weighed")
    demand(diluent.value >= 0, "the diluent")
    demand(taken.value <= weighed.value + diluent.value, "what is taken of the mixture")
    if least is not None:
        demand(min(weighed, taken) >= least, "the least that can be weighed")
        demand(not diluent.value or diluent >= least, "the least of diluent that can be weighed")
    demand(taken.value * weighed.value == need.value * (weighed.value + diluent.value), "the dilution")


def route_again(need: Mass, potency: Fraction, route: Route, step: Mass, least: Mass, most: Fraction) -> Mass:
    """What the way really brings of drug; refused where a weighing is below the minimum, unreadable or too far off.

    `most` is the share by which the drug brought may differ from the need: half a readable step of each rounded mass.
    """
    if isinstance(route, Aliquot):
        masses = [route.weigh, route.diluent, route.take]
        drug = route.weigh.value * route.take.value / (route.weigh.value + route.diluent.value)
        drug *= route.stock if route.stock is not None else potency
    else:
        masses = [route.target]
        drug = route.target.value * (route.fraction if isinstance(route, FromTrituration) else potency)
    stock = route.fraction if isinstance(route, FromTrituration) else getattr(route, "stock", None)
    demand(stock is None or 0 < stock < 1, "the drug in the trituration")
    for one in masses:
        demand(one.value >= least.value, "the least that the balance can weigh")
        demand((one.value / step.value).denominator == 1, "what the balance can show")
    demand(abs(drug - need.value * potency) <= most * need.value * potency, "the drug that is brought")
    return Mass(drug)


def lots_again(lots: Sequence[tuple[Mass, Fraction]], once: Mass, least: Mass, limit: Fraction) -> None:
    """Refuse where a weighing of several lots is below the minimum, or all are off by more than the limit in per cent.

    Each lot by its part of the drug, as a share of what is weighed of it.
    """
    drug = sum((mass.value * potency for mass, potency in lots), Fraction(0))
    square = Fraction(0)
    for mass, potency in lots:
        demand(mass.value >= least.value, "the least that the balance can weigh")
        square += (mass.value * potency / drug * once.value / mass.value) ** 2
    demand(square <= (limit / 100) ** 2, "the combined error of the lots")


def geometric_again(start: Mass, total: Mass, additions: Sequence[Mass]) -> None:
    """Refuse unless the additions empty the whole again, backwards, each at most half of what was in the mortar then."""
    inside = total.value
    for one in reversed(additions):
        demand(0 < one.value * 2 <= inside, "an addition")
        inside -= one.value
    demand(inside == start.value, "the sum of the additions")


def fill_again(parts: Sequence[tuple[Mass, Mass | Density]], capacity: Volume | None) -> None:
    """Refuse unless all powders together, filler among them, fill the shell: volumes of densities, shares of masses."""
    filled = Fraction(0)
    for mass, full in parts:
        demand(0 < full.value <= (5 if isinstance(full, Density) else 5000), "what alone fills the shell")
        if isinstance(full, Density):
            demand(capacity is not None, "the capacity of the shell")
            assert capacity is not None
            filled += mass.value / (full.value * 1000) / capacity.value
        else:
            filled += mass.value / full.value
    demand(filled == 1, "how full the shell is")
