"""Capsules weighed one by one: each net mass against its limits, their mean, how far they scatter, and what that hides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from pharmacy.domain.errors import Impossible
from pharmacy.domain.expected_share import share_outside
from pharmacy.domain.plain import Plain
from pharmacy.domain.quantity import NBSP, Exact, Mass, decimal_text, exact
from pharmacy.domain.second_check.quality import statistics_again
from pharmacy.domain.spread import root, side_text, spread

FEWEST_SHELLS = 2


@dataclass(frozen=True, slots=True)
class CapsuleLimits(Plain):
    """What the pharmacy allows, in per cent: ± of the target net for one capsule and for the mean, and the highest RSD."""

    each: Decimal = Decimal(10)
    mean: Decimal = Decimal(5)
    rsd: Decimal = Decimal(5)

    def __post_init__(self) -> None:
        for name, value in (("each", self.each), ("mean", self.mean), ("rsd", self.rsd)):
            if not 0 < exact(value) < 100:
                raise Impossible("A limit of weights must be above 0 % and below 100 %.", name)

    def mean_text(self) -> str:
        """``95 to 105 %``"""
        return _range_text(self.mean)

    def each_text(self) -> str:
        """``90 to 110 %``"""
        return _range_text(self.each)


def _range_text(tolerance: Decimal) -> str:
    return f"{decimal_text(100 - tolerance)} to {decimal_text(100 + tolerance)}{NBSP}%"


USUAL = CapsuleLimits()


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
    content uniformity needs an assay (USP <905>; UNC Pharmlabs, Capsules, Quality). `expected_outside` is the share of
    capsules beyond the limits in a lot that scatters like this sample: approximate text; `second_way` says the sums again.
    """

    each: tuple[CapsuleWeight, ...]
    mean_gross: Mass
    mean_net: Mass
    mean_percent: Fraction
    sd: Decimal
    rsd: Decimal
    expected_outside: str = ""
    second_way: str = ""

    @property
    def count(self) -> int:
        return len(self.each)

    @property
    def outside(self) -> int:
        """How many single capsules lie outside the limits."""
        return sum(not one.within for one in self.each)

    @property
    def rsd_squared(self) -> Fraction:
        """The square of the RSD in per cent, exact: what a limit's square is compared with."""
        return spread([one.net.value for one in self.each]).rsd_squared

    def mean_within(self, limits: CapsuleLimits) -> bool:
        """Whether the mean lies within its own limits, both included."""
        return abs(self.mean_percent - 100) <= exact(limits.mean)

    def rsd_within(self, limits: CapsuleLimits) -> bool:
        """Whether the RSD is at most its limit: by squares, so that no rounding decides."""
        return self.rsd_squared <= exact(limits.rsd) ** 2

    def mean_percent_text(self, limits: CapsuleLimits) -> str:
        """The mean in per cent of the target, never rounded across a limit."""
        text = side_text(self.mean_percent, (100 - limits.mean, 100 + limits.mean))
        return f"{text}{NBSP}%"

    def rsd_text(self, limits: CapsuleLimits) -> str:
        """The RSD in per cent, never rounded across its limit."""
        return f"{side_text(root(self.rsd_squared), (limits.rsd,))}{NBSP}%"

    def faults(self, limits: CapsuleLimits) -> tuple[str, ...]:
        """What of the whole sample is outside its limits, each as a clause; single capsules have their own reasons."""
        found = []
        if not self.mean_within(limits):
            found.append(f"the mean net mass, {self.mean_percent_text(limits)}, is outside {limits.mean_text()}")
        if not self.rsd_within(limits):
            found.append(f"the RSD, {self.rsd_text(limits)}, is above {decimal_text(limits.rsd)}{NBSP}%")
        return tuple(found)


def mean_shell(shells: Sequence[Mass]) -> Mass:
    """The mean of empty shells as weighed; each above 0."""
    if len(shells) < FEWEST_SHELLS:
        raise Impossible("Weigh at least 2 empty shells, or give the mean of the lot.", "shells")
    for number, one in enumerate(shells, start=1):
        if one.value <= 0:
            raise Impossible(f"Empty shell {number} must weigh more than 0.", "shells")
    return Mass(spread([one.value for one in shells]).mean)


def capsule_statistics(
    gross: Sequence[Mass], mean_shell: Mass, target_net: Mass, limit_percent: Exact = 10
) -> CapsuleStatistics:
    """Mean, sample standard deviation, RSD and each capsule against ± `limit_percent` of the target *net* mass.

    Net, for on the gross mass the same per cent would let the contents run much wider; singly, for the mean of ten
    weighed together hides their spread (22 TAC 291.131: 90.0 to 110.0 % of theoretical weight per unit). What comes out
    has been confirmed by a second way, or :class:`~pharmacy.domain.errors.ChecksDisagree` is raised.
    """
    if len(gross) < 2:
        raise Impossible("Weigh at least 2 capsules, each by itself.", "gross")
    if mean_shell.value <= 0:
        raise Impossible("The mean empty shell must weigh more than 0.", "shell")
    if target_net.value <= 0:
        raise Impossible("The target net mass must be above 0.", "target")
    share = exact(limit_percent)
    if not 0 < share < 100:
        raise Impossible("The limit of a single capsule must be above 0 % and below 100 %.", "limit")
    each = []
    for number, one in enumerate(gross, start=1):
        if one <= mean_shell:
            raise Impossible(f"Capsule {number} weighs no more than an empty shell; weigh it again.", "gross")
        net = one - mean_shell
        percent = net.ratio(target_net) * 100
        each.append(CapsuleWeight(one, net, percent, within=abs(percent - 100) <= share))
    found = spread([one.net.value for one in each])
    mean = Mass(found.mean)
    low, high = (target_net.times(1 + side * share / 100).value for side in (-1, 1))
    expected = share_outside(found.mean, found.variance, low, high)
    percent = mean.ratio(target_net) * 100
    sums = CapsuleStatistics(tuple(each), mean + mean_shell, mean, percent, found.sd, found.rsd, expected)
    return replace(sums, second_way=statistics_again(gross, mean_shell, target_net, share, sums))


def pooled_text(found: CapsuleStatistics, limits: CapsuleLimits = USUAL) -> str:
    """Why capsules are not weighed all at once: what their common weight would have shown, and what it would have hidden."""
    shares, ends = [one.percent for one in found.each], (100 - limits.each, 100 + limits.each)
    low, high = (f"{side_text(one, ends)}{NBSP}%" for one in (min(shares), max(shares)))
    mean = found.mean_percent_text(limits)
    together = f"Weighed together, these {found.count} capsules would show only their mean, {mean} of the target"
    if min(shares) == max(shares):
        return f"{together}; singly each is the same."
    if not found.outside:
        return f"{together}; that singly they run from {low} to {high} would stay hidden."
    word = "capsule is" if found.outside == 1 else "capsules are"
    if found.mean_within(limits):
        return (
            f"{together}, and would pass; yet {found.outside} single {word} outside {limits.each_text()} "
            f"(they run from {low} to {high}). A mean says nothing about one capsule."
        )
    return f"{together}; how many single capsules are outside ({found.outside} here) would stay hidden."


LEAST_DRUG, LEAST_SHARE = Mass(Fraction(25)), Fraction(25)
# That weights stand for content only from 25 mg and 25 % of the unit on is from general knowledge of <905>, Table 1.
CONTENT_SOURCE = "USP <905>, Table 1 (25 mg and 25 %): general knowledge, its text was not read"
_EVEN = "Weight shows how evenly the shells are filled, not that each holds its drug"
_ASSAY_NEEDED = "content uniformity needs an assay of single capsules (USP <905>)."
NOT_PROVEN = f"{_EVEN}: below 25{NBSP}mg or 25{NBSP}% of drug in a capsule, {_ASSAY_NEEDED}"


def what_weight_cannot_prove(strength: Mass, net: Mass) -> str:
    """What the weights of capsules say nothing about, in one sentence with the numbers of this formula."""
    if min(strength.value, net.value) <= 0:
        raise Impossible("Strength and net mass must be above 0.")
    share = strength.ratio(net) * 100
    drug = f"{strength.text('mg')} of drug in {net.text('mg', 1)} ({side_text(share, (LEAST_SHARE,))}{NBSP}%)"
    if strength >= LEAST_DRUG and share >= LEAST_SHARE:
        return f"{_EVEN}: with {drug} weights may stand for content by USP <905>, for a well-mixed blend only."
    return f"{_EVEN}: with {drug}, below 25{NBSP}mg or 25{NBSP}%, {_ASSAY_NEEDED}"
