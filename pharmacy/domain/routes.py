"""The ways by which the drug reaches a batch: weighed as it is, as a trituration, by an aliquot, or from tablets."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

from pharmacy.domain.plain import Plain
from pharmacy.domain.quantity import Exact, Mass, Volume


@dataclass(frozen=True, slots=True)
class Direct(Plain):
    """The powder is weighed as it is; `target` is rounded to the balance's readability."""

    target: Mass
    kind: ClassVar[str] = "direct"


@dataclass(frozen=True, slots=True)
class FromTrituration(Plain):
    """A released trituration lot is weighed; `fraction` is the drug (anhydrous HCl) in one part of it."""

    target: Mass
    fraction: Fraction
    kind: ClassVar[str] = "trituration"


@dataclass(frozen=True, slots=True)
class Aliquot(Plain):
    """`weigh` drug powder and `diluent`, mix them to `total`, and take `take` of the mixture for the batch.

    Where it is a stock trituration that is weighed instead of powder, `stock` is the drug in one part of it.
    """

    weigh: Mass
    diluent: Mass
    take: Mass
    stock: Fraction | None = None
    kind: ClassVar[str] = "aliquot"

    @property
    def total(self) -> Mass:
        return self.weigh + self.diluent

    @property
    def carried(self) -> Mass:
        """The drug powder, as it is, that the taken part holds."""
        return self.weigh.times(self.take.ratio(self.total))


@dataclass(frozen=True, slots=True)
class LiquidAliquot(Plain):
    """`weigh` drug powder, bring it with the vehicle to `volume`, and take `take` of that solution for the batch."""

    weigh: Mass
    volume: Volume
    take: Volume
    kind: ClassVar[str] = "liquid-aliquot"

    @property
    def carried(self) -> Mass:
        """The drug powder, as it is, that the taken part holds."""
        return self.weigh.times(self.take.ratio(self.volume))


@dataclass(frozen=True, slots=True)
class WholeTablets(Plain):
    """`count` tablets of `label` naltrexone HCl each go in whole; nothing is weighed of them."""

    count: int
    label: Mass
    kind: ClassVar[str] = "whole-tablets"

    @property
    def drug(self) -> Mass:
        """What their label says that they hold together."""
        return self.label.times(self.count)


@dataclass(frozen=True, slots=True)
class TabletPowder(Plain):
    """`count` tablets of `label` each, weighing `together`, are crushed, and `target` of their powder is weighed."""

    target: Mass
    label: Mass
    count: int
    together: Mass
    kind: ClassVar[str] = "tablet-powder"

    @property
    def mean(self) -> Mass:
        """The mean mass of one tablet."""
        return self.together.over(self.count)


@dataclass(frozen=True, slots=True)
class Serial(Plain):
    """A serial dilution: first a stock trituration 1 in `parts`, a lot of its own; then `route` from it to the batch."""

    parts: int
    weigh: Mass
    diluent: Mass
    route: Direct | FromTrituration | Aliquot

    @property
    def total(self) -> Mass:
        return self.weigh + self.diluent


@dataclass(frozen=True, slots=True)
class StockFacts:
    """A stock trituration at hand: the drug in one part of it (w/w), and the error of its making in per cent."""

    fraction: Fraction
    error: Exact


LiquidRoute = Direct | LiquidAliquot | WholeTablets | TabletPowder
Route = Direct | FromTrituration | Aliquot
