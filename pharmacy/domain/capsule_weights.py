"""Capsules weighed one by one: each net mass against its limits, their mean, and how far they scatter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction

from pharmacy.domain.errors import Impossible
from pharmacy.domain.plain import Plain
from pharmacy.domain.quantity import Exact, Mass, exact


@dataclass(frozen=True, slots=True)
class CapsuleWeight(Plain):
    """One capsule as weighed: net = gross − mean empty shell, and its share of the target net in per cent."""

    gross: Mass
    net: Mass
    percent: Fraction
    within: bool


@dataclass(frozen=True, slots=True)
class CapsuleStatistics(Plain):
    """Individual capsule weights. `sd` is the sample standard deviation in mg, `rsd` in per cent of the mean net.

    Weights say how evenly the shells are filled. They prove nothing about the drug in each: at about 4 % w/w or less
    content uniformity needs an assay (USP <905>; UNC Pharmlabs, Capsules, Quality).
    """

    each: tuple[CapsuleWeight, ...]
    mean_gross: Mass
    mean_net: Mass
    mean_percent: Fraction
    sd: Decimal
    rsd: Decimal

    @property
    def count(self) -> int:
        return len(self.each)

    @property
    def outside(self) -> int:
        """How many single capsules lie outside the limits."""
        return sum(not one.within for one in self.each)


def capsule_statistics(
    gross: Sequence[Mass], mean_shell: Mass, target_net: Mass, limit_percent: Exact = 10
) -> CapsuleStatistics:
    """Mean, sample standard deviation, RSD and each capsule against ± `limit_percent` of the target *net* mass.

    Net, for on the gross mass the same per cent would let the contents run much wider; singly, for the mean of ten
    weighed together hides their spread (22 TAC 291.131: 90.0 to 110.0 % of theoretical weight per unit).
    """
    if len(gross) < 2:
        raise Impossible("Weigh at least 2 capsules, each by itself.")
    if mean_shell.value <= 0 or target_net.value <= 0:
        raise Impossible("The mean empty shell and the target net mass must be above 0.")
    share = exact(limit_percent)
    each = []
    for number, one in enumerate(gross, start=1):
        if one <= mean_shell:
            raise Impossible(f"Capsule {number} weighs no more than an empty shell; weigh it again.")
        net = one - mean_shell
        percent = net.ratio(target_net) * 100
        each.append(CapsuleWeight(one, net, percent, within=abs(percent - 100) <= share))
    mean_net = Mass(sum((one.net.value for one in each), Fraction(0)) / len(each))
    squares = sum(((one.net.value - mean_net.value) ** 2 for one in each), Fraction(0))
    sd = _root(squares / (len(each) - 1))
    rsd = _root(squares / (len(each) - 1) / mean_net.value**2 * 10_000)
    return CapsuleStatistics(tuple(each), mean_net + mean_shell, mean_net, mean_net.ratio(target_net) * 100, sd, rsd)


def _root(square: Fraction) -> Decimal:
    """The square root to six places: the one irrational number here, never computed with again."""
    with localcontext() as context:
        context.prec = 60
        return (Decimal(square.numerator) / Decimal(square.denominator)).sqrt().quantize(Decimal("0.000001"))
