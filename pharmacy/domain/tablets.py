"""Tablets as the source of the drug: counted whole, or crushed and weighed by their measured mean mass. Never a part of one."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil

from pharmacy.domain.aliquots import COMBINED
from pharmacy.domain.balance import BalanceFacts, minimum_step
from pharmacy.domain.bounds import TABLET, check_bound
from pharmacy.domain.errors import CannotBeMeasured, CannotBeWeighed, DoesNotFit, Impossible
from pharmacy.domain.formula import LiquidFormula
from pharmacy.domain.plain import Plain
from pharmacy.domain.quantity import NBSP, Exact, Mass, Volume, decimal_text, exact
from pharmacy.domain.routes import TabletPowder, WholeTablets
from pharmacy.domain.weighing import error_squared, mass_text, rounding_note, weigh
from pharmacy.domain.weighing_steps import combined_step
from pharmacy.domain.worksheet import OWN, WorksheetStep

FEWEST_CRUSHED = 20  # so many that their mean stands for the powder; fewer would carry one tablet's own deviation
MOST_TABLETS = 10_000
MOST_ADDED = 19  # to reach a mark; with more, crushing would waste fewer
SOURCE = "USP monograph Naltrexone Hydrochloride Tablets: 90.0 to 110.0 % of the labelled naltrexone hydrochloride"
LABEL_NOTE = "by their label; the monograph lets tablets hold 90.0 to 110.0 % of it"


@dataclass(frozen=True, slots=True)
class Crushed(Plain):
    """Tablets of one lot that were weighed `together`, all of them, to be crushed to one powder."""

    count: int
    together: Mass

    def __post_init__(self) -> None:
        if not FEWEST_CRUSHED <= self.count <= MOST_TABLETS:
            raise Impossible(
                f"Weigh and crush at least {FEWEST_CRUSHED} tablets together: the mean of fewer is not that of the lot.",
                "tablets_weighed",
            )
        if self.together.value <= 0:
            raise Impossible("The mass of the tablets together must be above 0.", "tablets_together")

    @property
    def mean(self) -> Mass:
        """The mean mass of one tablet."""
        return self.together.over(self.count)


def whole_tablets(formula: LiquidFormula, least: Volume) -> tuple[WholeTablets, Volume]:
    """The fewest whole tablets whose liquid is at least that volume and has a mark, and that volume."""
    label = _label_of(formula)
    each = Volume(label.value / formula.concentration.value)
    first = ceil(least.ratio(each))
    period = each.ratio(formula.mark).denominator  # every so many tablets the volume is on a mark
    count = ceil(Fraction(first, period)) * period
    if count > MOST_TABLETS or count - first > MOST_ADDED:
        raise CannotBeMeasured(
            f"Whole tablets of {label.text('mg')} give {formula.stated.amount_text()} only at volumes between the marks: "
            "weigh crushed tablets instead.",
            "crushed",
        )
    return WholeTablets(count, label), each.times(count)


def tablet_powder(
    formula: LiquidFormula, drug: Mass, crushed: Crushed, balance: BalanceFacts, limit_percent: Exact = COMBINED
) -> TabletPowder:
    """The mass of crushed tablets that holds the drug: drug ÷ label × mean mass of a tablet.

    Its weighing and that of the tablets together may be off by the limit in per cent, √(eT² + eP²).
    """
    label = _label_of(formula)
    if crushed.mean < label:
        raise Impossible(
            f"A tablet of {label.text('mg')} weighs more than its drug, but the mean is {crushed.mean.text('mg')}: "
            "weigh the tablets again.",
            "tablets_together",
        )
    check_bound(crushed.mean, TABLET, "tablets_together")
    if crushed.together.ratio(balance.readability).denominator != 1:
        shown = mass_text(balance.readability, balance.readability)
        raise Impossible(f"Balance {balance.name} shows steps of {shown}; read the tablets again.", "tablets_together")
    if crushed.together > balance.capacity:
        raise Impossible(
            f"{crushed.count} tablets that weigh {crushed.together.text('g')} are more than balance {balance.name} carries, "
            f"{balance.capacity.text('g')}: look at the unit, or weigh fewer at a time.",
            "tablets_together",
        )
    needed = crushed.mean.times(drug.ratio(label))
    if needed > crushed.together:
        raise DoesNotFit(
            f"{needed.text('g')} of powder are needed and {crushed.count} tablets weigh {crushed.together.text('g')}: "
            f"weigh and crush at least {ceil(drug.ratio(label))} tablets.",
            "tablets_weighed",
        )
    target = weigh(needed, balance, formula.drug.name)
    if error_squared(needed, balance) + error_squared(crushed.together, balance) > exact(limit_percent) ** 2:
        raise CannotBeWeighed(
            f"The tablets together and {needed.text('mg')} of their powder are off by more than {decimal_text(limit_percent)} % "
            f"on balance {balance.name}: make a larger batch or use a finer balance.",
            "quantity",
        )
    return TabletPowder(target, label, crushed.count, crushed.together)


def _label_of(formula: LiquidFormula) -> Mass:
    if formula.label_strength is None:
        raise Impossible(f"{formula.drug.name} is no tablet; the formula takes it as powder.")
    return formula.label_strength


def whole_steps(
    formula: LiquidFormula, quantity: Volume, excess: Decimal, route: WholeTablets, made: Volume
) -> tuple[WorksheetStep, ...]:
    """Whole tablets as lines of a worksheet: how many, the drug in them, and the volume that they make."""
    label, strength = route.label.text("mg"), formula.stated.amount_text()
    asked = quantity.times(1 + exact(excess) / 100)
    tablets = asked.value * formula.concentration.value / route.label.value
    period = Volume(route.label.value / formula.concentration.value).ratio(formula.mark).denominator
    more = made - asked
    spare = f"{more.text('mL')} more than asked for, so that no tablet is divided; weighed powder of crushed tablets makes less"
    note = spare if more.value else ""
    factor = f" × (1 + {decimal_text(excess)} %)" if excess else ""
    return (
        WorksheetStep(
            "Tablets, whole",
            "quantity × (1 + excess) × concentration ÷ label, up to whole tablets whose volume has a mark",
            f"{quantity.text('mL')}{factor} × {strength} ÷ {label} = {decimal_text(tablets, 4)}, up to the next {period}",
            decimal_text(route.count),
            "tablets" if route.count > 1 else "tablet",
            OWN,
        ),
        WorksheetStep(
            "Drug",
            "tablets × label",
            f"{decimal_text(route.count)} × {label}",
            decimal_text(route.drug.value),
            "mg",
            SOURCE,
            f"naltrexone HCl, {LABEL_NOTE}",
        ),
        WorksheetStep(
            "Volume to make",
            "drug ÷ concentration",
            f"{route.drug.text('mg')} ÷ {strength}",
            decimal_text(made.value),
            "mL",
            OWN,
            note,
        ),
    )


def powder_steps(
    drug: Mass, route: TabletPowder, balance: BalanceFacts, limit_percent: Exact = COMBINED
) -> tuple[WorksheetStep, ...]:
    """Crushed tablets as lines of a worksheet: their mean mass, how much powder is weighed, and what both are off by."""
    needed = route.mean.times(drug.ratio(route.label))
    together = mass_text(route.together, balance.readability)
    number, unit = mass_text(route.target, balance.readability).split(NBSP)
    worth = decimal_text(drug.ratio(route.label))
    return (
        WorksheetStep(
            "Mean mass of a tablet",
            "mass of the tablets together ÷ their number",
            f"{together} ÷ {decimal_text(route.count)}",
            decimal_text(route.mean.value, 4),
            "mg",
            OWN,
            f"at least {FEWEST_CRUSHED} tablets of the lot, weighed together and all of them crushed to one powder",
        ),
        WorksheetStep(
            "Powder of crushed tablets",
            "drug ÷ label × mean mass of a tablet",
            f"{drug.text('mg')} ÷ {route.label.text('mg')} × {route.mean.text('mg', 4)} = {needed.text('mg', 4)}",
            number,
            unit,
            SOURCE,
            f"{worth} tablets' worth, {LABEL_NOTE}; {rounding_note(route.target, needed)}",
        ),
        minimum_step(balance),
        combined_step(
            None,
            (route.together, route.target),
            balance,
            "√(eT² + eP²) of tablets and powder",
            f"at most {decimal_text(limit_percent)} % accepted",
        ),
    )
