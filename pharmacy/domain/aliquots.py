"""The aliquot step that wastes the least drug.

An aliquot: weigh W of the drug (above the minimum), dilute it with D to T = W + D, take A = need × T ÷ W. Each of W, D
and A is a whole number of the balance's readability and at or above its minimum weighable mass; and the errors of W and A
together, √(eW² + eA²) with e = uncertainty ÷ mass, are within the pharmacy's limit. (What the diluent's weighing adds
is less than what this counts too much: T² ≥ W² + D².)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import takewhile
from math import ceil

from pharmacy.domain.balance import BalanceFacts, minimum_weighable, uncertainty
from pharmacy.domain.quantity import Exact, Mass, exact
from pharmacy.domain.routes import Aliquot, StockFacts
from pharmacy.domain.weighing import root_steps

COMBINED = Decimal(5)  # per cent; the pharmacy's own limit is in its Tolerances

# Stock triturations of 1:10 and 1:100 are what pharmacies make; a thinner aliquot could not be called well mixed.
THINNEST = Fraction(100)


def aliquot(
    need: Mass,
    balance: BalanceFacts,
    diluent_room: Mass,
    thinnest: Exact = THINNEST,
    limit_percent: Exact = COMBINED,
    stock: StockFacts | None = None,
) -> Aliquot | None:
    """The aliquot step that wastes the least drug (smallest W, then smallest A), or None when no step is good enough.

    Good enough: W, A and the diluent are at or above the minimum; the combined error of the two weighings is at most the
    limit, that is 1/W² + 1/A² ≤ 1/c² with c = uncertainty × 100 ÷ limit, compared by squares and so exactly; the
    mixture is within the capacity and no thinner than 1 in `thinnest`; what the taken part holds besides drug fits
    `diluent_room`. Where it is a `stock` trituration that is weighed, the error of its making counts too.
    """
    left = exact(limit_percent) ** 2 - (exact(stock.error) ** 2 if stock else 0)
    if left <= 0:
        return None
    search = _Search.of(need, balance, diluent_room, thinnest, left)
    if search.most**2 <= search.single or search.most < search.least or search.most <= need.value:
        return None
    for steps in search.candidates():
        take = search.take(steps)
        if take is not None:
            weighed = steps * search.step
            total = round(weighed * take / need.value / search.step) * search.step
            return Aliquot(Mass(weighed), Mass(total - weighed), Mass(take), stock.fraction if stock else None)
    return None


@dataclass(frozen=True, slots=True)
class _Search:
    """The numbers of one search for an aliquot, all in mg: `single` is c², of the mass whose error alone is the whole limit."""

    need: Fraction
    step: Fraction
    least: Fraction
    single: Fraction
    top: Fraction
    most: Fraction

    @classmethod
    def of(cls, need: Mass, balance: BalanceFacts, room: Mass, thinnest: Exact, left: Fraction) -> _Search:
        step, top = balance.readability.value, balance.capacity.value
        most = min(need.value + room.value, need.value * exact(thinnest), top) // step * step
        least = minimum_weighable(balance).value
        single = uncertainty(balance).value ** 2 * 10_000 / left
        return cls(need.value, step, least, single, top, most)

    def candidates(self) -> Iterator[int]:
        """The W, in steps from the lowest up, whose mixture can be within the capacity.

        need × T = W × A is at least W × max(least, c W ÷ √(W² − c²)), which falls up to some W and rises after it.
        """
        high = max(self._lowest(), self._turning())
        low = self._lowest()
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if self._reachable(middle) else (middle + 1, high)
        # A whole-step A may overshoot where the exact one would just do, so the next few W are tried too.
        yield from takewhile(self._reachable, range(low, low + 20_000))

    def _lowest(self) -> int:
        """The smallest W, in steps, that some A could go with."""
        by_error = root_steps(self.single * self.most**2 / (self.most**2 - self.single), self.step)
        by_diluent = ceil(self.need * self.least / (self.most - self.need) / self.step)
        by_need = ceil(self.need / self.step)  # the part taken never holds more drug than was weighed
        return max(by_error, by_diluent, by_need, ceil(self.least / self.step))

    def _turning(self) -> int:
        """Where the mixture is smallest, in steps: at √2 c, or sooner, where A is held up by its own minimum."""
        turning = 2 * self.single
        if self.least**2 > self.single:
            turning = min(turning, self.single * self.least**2 / (self.least**2 - self.single))
        return root_steps(turning, self.step)

    def _reachable(self, steps: int) -> bool:
        weighed, most = steps * self.step, self.need * (self.top + self.step / 2)
        square, single = weighed**2, self.single
        by_error = square > single and single * square**2 <= most**2 * (square - single)
        return by_error and weighed * self.least <= most

    def take(self, weighed_steps: int) -> Fraction | None:
        """The smallest A for this W, or None when the mixture would break a limit."""
        step, weighed = self.step, weighed_steps * self.step
        if weighed**2 <= self.single:
            return None
        by_error = root_steps(self.single * weighed**2 / (weighed**2 - self.single), step)
        by_least = ceil(self.least / step)
        by_diluent = ceil(self.need * (weighed + self.least) / weighed / step)
        taken = max(by_error, by_least, by_diluent) * step
        for one in (taken, taken + step):
            total = round(weighed * one / self.need / step) * step
            if one <= self.most and total <= self.top and total - weighed >= self.least and one <= total:
                return one
        return None
