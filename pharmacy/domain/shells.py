"""Capsule shells: what vendors' charts say of each size, and what was measured of one lot.

Charts differ by up to a tenth (size 3: 0.27 or 0.30 mL), so a chart only stands in until the lot itself is measured;
and a size is suggested only where the shell holds the volume by either chart.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from pharmacy.domain.errors import DoesNotFit, Impossible
from pharmacy.domain.plain import Plain
from pharmacy.domain.quantity import Mass, Volume

CHART_SOURCE = "Torpac, capsule size chart (capacity; mass of an empty gelatin shell, ±10 %)"
SECOND_CHART_SOURCE = "Capsuline, empty capsule size chart (capacity)"
FEWEST_WEIGHED = 10
MOST_WEIGHED = 1000
# No vendor's chart is a tenth away from another's, and shells vary by a tenth: beyond a quarter it is a slip of the pen.
FURTHEST_FROM_CHART = Fraction(1, 4)


@dataclass(frozen=True, slots=True)
class ShellSize(Plain):
    """One size by the charts: the capacity by two vendors, and the mass of an empty shell."""

    name: str
    capacity: Volume
    other_capacity: Volume
    mass: Mass

    @property
    def least_capacity(self) -> Volume:
        """What the shell holds whichever vendor made it."""
        return min(self.capacity, self.other_capacity)


@dataclass(frozen=True, slots=True)
class ShellFacts(Plain):
    """The shell that is filled: its size, its capacity, the mean mass of an empty one, and how they are known.

    `measured`: on this very lot, `weighed` empty shells of it; else both are the chart's values of the size.
    """

    size: str
    capacity: Volume
    mass: Mass
    measured: bool
    weighed: int = 0

    def __post_init__(self) -> None:
        if self.capacity.value <= 0:
            raise Impossible("The capacity of a shell must be above 0 mL.", "capacity")
        if self.mass.value <= 0:
            raise Impossible("The mass of an empty shell must be above 0 mg.", "mass")

    @property
    def source(self) -> str:
        """Where the values are from, for a worksheet."""
        return f"measured on this lot, {self.weighed} empty shells" if self.measured else CHART_SOURCE


SIZES = tuple(  # the smallest first
    ShellSize(name, Volume(Fraction(capacity)), Volume(Fraction(other)), Mass(Fraction(mass)))
    for name, capacity, other, mass in (
        ("5", "0.13", "0.13", 28),
        ("4", "0.21", "0.20", 38),
        ("3", "0.30", "0.27", 48),
        ("2", "0.37", "0.36", 61),
        ("1", "0.50", "0.48", 76),
        ("0", "0.68", "0.68", 96),
        ("00", "0.95", "0.90", 118),
        ("000", "1.37", "1.37", 163),
    )
)
NAMES = tuple(one.name for one in SIZES)


def shell_size(name: str) -> ShellSize:
    """The size of that name; raises :class:`Impossible` where there is none."""
    for one in SIZES:
        if one.name == name:
            return one
    raise Impossible(f"{name[:20]} is no capsule size; there are {', '.join(NAMES)}.", "size")


def size_in(code: str) -> str:
    """The size at the end of a shell's component code (``shell-3``), or nothing where the code ends otherwise."""
    _, hyphen, last = code.rpartition("-")
    return last if hyphen and last in NAMES else ""


def suggest(volume: Volume) -> ShellSize:
    """The smallest size that holds the volume by both charts; raises :class:`DoesNotFit` where none does."""
    if volume.value <= 0:
        raise Impossible("The volume to be filled must be above 0 mL.", "volume")
    for one in SIZES:
        if volume <= one.least_capacity:
            return one
    largest = SIZES[-1]
    raise DoesNotFit(
        f"No capsule shell holds {volume.text('mL')}: the largest, size {largest.name}, holds "
        f"{largest.least_capacity.text('mL')}; divide the dose between two capsules.",
        "volume",
    )


def by_chart(name: str) -> ShellFacts:
    """What is taken for a shell of that size until its lot is measured."""
    size = shell_size(name)
    return ShellFacts(size.name, size.capacity, size.mass, measured=False)


def by_measuring(name: str, capacity: Volume, together: Mass, weighed: int) -> ShellFacts:
    """What was measured on a lot: its capacity, and the mean of so many empty shells from their mass together.

    Raises :class:`Impossible` at ``weighed``, ``capacity`` or ``together`` where that is no measurement of such shells.
    A name that is none of the chart's is taken as it is; nothing can then be compared.
    """
    if not FEWEST_WEIGHED <= weighed <= MOST_WEIGHED:
        raise Impossible(f"Weigh from {FEWEST_WEIGHED} to {MOST_WEIGHED:,} empty shells.", "weighed")
    if capacity.value <= 0:
        raise Impossible("The capacity of a shell must be above 0 mL.", "capacity")
    if together.value <= 0:
        raise Impossible("The mass of the empty shells must be above 0 mg.", "together")
    mean = together.over(weighed)
    if name in NAMES:
        check_capacity(name, capacity)
        check_empty(name, mean, "together", " and how many were weighed")
    return ShellFacts(name, capacity, mean, measured=True, weighed=weighed)


def check_capacity(name: str, capacity: Volume, field: str = "capacity") -> None:
    """Refuse a capacity that is no capacity of shells of that size."""
    size = shell_size(name)
    low, high = min(size.capacity, size.other_capacity), max(size.capacity, size.other_capacity)
    if _far(capacity.value, low.value, high.value):
        raise Impossible(
            f"{capacity.text('mL')} is no capacity of a size {name} shell, which holds about "
            f"{size.capacity.text('mL')}; check the point, and the size.",
            field,
        )


def check_empty(name: str, mean: Mass, field: str, more: str = "") -> None:
    """Refuse a mean mass that is none of empty shells of that size."""
    size = shell_size(name)
    if _far(mean.value, size.mass.value, size.mass.value):
        unit = f", its unit{more}" if more else " and its unit"
        raise Impossible(
            f"{mean.text('mg')} is no mean of empty size {name} shells, which weigh about {size.mass.text('mg')} "
            f"each; check the mass{unit}.",
            field,
        )


def _far(value: Fraction, low: Fraction, high: Fraction) -> bool:
    return not low * (1 - FURTHEST_FROM_CHART) <= value <= high * (1 + FURTHEST_FROM_CHART)
