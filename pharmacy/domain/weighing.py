"""One weighing: what a balance shows, whether it may weigh so little or so much, and the limits of a reading."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor, isqrt

from pharmacy.domain.balance import BalanceFacts, minimum_weighable, uncertainty
from pharmacy.domain.errors import CannotBeWeighed, DoesNotFit, Impossible
from pharmacy.domain.quantity import NBSP, Exact, Mass, decimal_text, exact, rounded

LotWeighed = tuple[Mass, Fraction]  # what is weighed of a lot of powder, and its potency


def to_readable(mass: Mass, balance: BalanceFacts) -> Mass:
    """The mass rounded, once, to what the balance shows."""
    return Mass(exact(rounded(mass.value, balance.readability.value)))


def limits(target: Mass, tolerance_percent: Exact, readability: Mass) -> tuple[Mass, Mass]:
    """The lowest and highest recorded mass within tolerance, in whole readable steps.

    Both are rounded inward, so that no mass outside the percentage is let in; but never narrower than one step of the
    balance to either side, because nothing closer can be read.
    """
    step, middle, share = readability.value, target.value, exact(tolerance_percent) / 100
    if share < 0:
        raise Impossible("A tolerance must be 0 % or more.")
    low = min(ceil(middle * (1 - share) / step) * step, middle - step)
    high = max(floor(middle * (1 + share) / step) * step, middle + step)
    return Mass(max(low, Fraction(0))), Mass(high)


def unit_for(mass: Mass) -> str:
    """mg below one gram, else g: what a person reads without counting zeros."""
    return "mg" if mass.value < 1000 else "g"


def mass_text(mass: Mass, readability: Mass, unit: str | None = None) -> str:
    """A mass with the balance's own decimals: ``523.4 mg``, ``13.2248 g``."""
    shown = unit or unit_for(mass)
    return f"{format(rounded(mass.to(shown), readability.to(shown)), ',f')}{NBSP}{shown}"


def can_weigh(exact_mass: Mass, balance: BalanceFacts, least: Mass | None = None) -> bool:
    """Whether both the exact mass and its rounded target lie from the minimum (or `least`) to the capacity."""
    floor_, target = least or minimum_weighable(balance), to_readable(exact_mass, balance)
    return floor_ <= min(exact_mass, target) and max(exact_mass, target) <= balance.capacity


def below_text(exact_mass: Mass, balance: BalanceFacts, least: Mass) -> str:
    """``33.2 mg < 120 mg``: the exact mass or, where only that is below, what the balance would show of it."""
    below = exact_mass if exact_mass < least else to_readable(exact_mass, balance)
    return f"{below.text('mg', 4)} < {least.text('mg')}"


def weigh(exact_mass: Mass, balance: BalanceFacts, what: str) -> Mass:
    """The target for one weighing; raises :class:`CannotBeWeighed` or :class:`DoesNotFit` naming the balance."""
    least = minimum_weighable(balance)
    if can_weigh(exact_mass, balance):
        return to_readable(exact_mass, balance)
    needed = exact_mass.text(unit_for(exact_mass), 4)
    if exact_mass <= balance.capacity and exact_mass < least + balance.readability:
        if exact_mass >= least:
            needed = (
                f"{mass_text(to_readable(exact_mass, balance), balance.readability)}, as the balance shows {needed},"
            )
        raise CannotBeWeighed(
            f"{what}: {needed} is below {_least_text(balance)}, the least that balance {balance.name} can weigh; "
            "make a larger batch or use a finer balance.",
            "need",
        )
    raise DoesNotFit(
        f"{what}: {needed} is above {balance.capacity.text('g')}, the capacity of balance {balance.name}; "
        "make smaller batches or use a larger balance.",
        "need",
    )


def _least_text(balance: BalanceFacts) -> str:
    return minimum_weighable(balance).text("mg")


def error_squared(mass: Mass, balance: BalanceFacts) -> Fraction:
    """The square of the relative error of weighing this mass, in per cent: (uncertainty ÷ mass × 100)²."""
    return (uncertainty(balance).ratio(mass) * 100) ** 2


def lots_squared(lots: tuple[LotWeighed, ...], balance: BalanceFacts) -> Fraction:
    """The square of the relative error of the drug that these weighings bring together, in per cent."""
    drug = sum((mass.value * potency for mass, potency in lots), Fraction(0))
    errors = sum(((uncertainty(balance).value * potency) ** 2 for _, potency in lots), Fraction(0))
    return errors / drug**2 * 10_000


def root_steps(square: Fraction, step: Fraction) -> int:
    """The smallest whole number of steps whose square is at least `square`."""
    least = ceil(square / step**2)
    root = isqrt(least)
    return root if root * root >= least else root + 1


def rounding_note(shown: Mass, meant: Mass) -> str:
    """What the one rounding changed, in per cent of the exact amount."""
    error = (shown.value - meant.value) / meant.value * 100
    if not error:
        return "no rounding error"
    sign = "+" if error > 0 else "−"
    return f"rounding error {sign}{decimal_text(abs(error), 3)} %"
