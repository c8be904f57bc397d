"""The expected share of capsules outside their limits: the one approximate number of the program.

No fraction holds a normal distribution. So here, and nowhere else in the domain, floats are used: what comes out is text
that says "about", and nothing is ever computed from it. A sample of ten tells such a share roughly, no better.
"""

from __future__ import annotations

from fractions import Fraction
from statistics import NormalDist

from pharmacy.domain.quantity import NBSP
from pharmacy.domain.spread import root


def share_outside(mean: Fraction, variance: Fraction, low: Fraction, high: Fraction) -> str:
    """The share of a normal distribution below `low` or above `high`, as text: ``about 0.3 %``. All in one unit.

    Never 0 % and never 100 %, which no sample shows; "none" or "all" where the values do not scatter at all.
    """
    if not variance:
        return "none" if low <= mean <= high else "all"
    sigma = root(variance)
    # By how many standard deviations each limit lies outside of the mean: numbers of one size whatever the unit.
    below, above = float((low - mean) / sigma), float((mean - high) / sigma)
    percent = 100 * (NormalDist().cdf(below) + NormalDist().cdf(above))
    if percent < 0.01:
        return f"below 0.01{NBSP}%"
    if percent > 99:
        return f"above 99{NBSP}%"
    places = 2 if percent < 0.095 else 1 if percent < 9.95 else 0
    return f"about {percent:.{places}f}{NBSP}%"
