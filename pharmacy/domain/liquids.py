"""Oral liquids from drug powder: amounts per volume made, then vehicle *to* volume.

The powder and the other parts take up room themselves, so the vehicle is never measured as the volume made.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from math import ceil

from pharmacy.domain.balance import BalanceFacts, minimum_weighable
from pharmacy.domain.errors import CannotBeWeighed, Impossible, WrongLot
from pharmacy.domain.formula import LiquidFormula, Portion
from pharmacy.domain.lines import MeasureFacts, PlannedWeighing
from pharmacy.domain.measuring import measured_line, weighed_line
from pharmacy.domain.plan import LiquidPlan, LotFacts, LotUse, WeighingKey
from pharmacy.domain.potency import potency_step
from pharmacy.domain.quantity import NBSP, Exact, Mass, Volume, decimal_text
from pharmacy.domain.routes import Direct
from pharmacy.domain.second_check import recheck
from pharmacy.domain.suitability import check_excess, check_lot, potency_of
from pharmacy.domain.weighing import unit_for, weighing_step
from pharmacy.domain.worksheet import OWN, Worksheet, WorksheetStep

MOST = Volume.of(100, "L")


def volume_to_make(quantity: Volume, excess_percent: Decimal, mark: Volume) -> Volume:
    """Quantity × (1 + excess), rounded up to the next mark."""
    if quantity.value <= 0 or quantity > MOST:
        raise Impossible("The volume to make must be above 0 mL and at most 100 L.")
    return mark.times(ceil(quantity.times(check_excess(excess_percent)).ratio(mark)))


def prepare_liquid(
    formula: LiquidFormula,
    *,
    quantity: Volume,
    excess_percent: Decimal,
    drug: LotFacts,
    others: tuple[LotFacts, ...],
    vehicle: LotFacts,
    balance: BalanceFacts,
    measures: tuple[MeasureFacts, ...],
    on: date,
    tolerance_percent: Exact | None = None,
) -> LiquidPlan:
    """Everything that is weighed and measured for `quantity` of the liquid, checked by a second way.

    `others` are the lots of the formula's portions, one each; `measures` the graduates at hand, one of which must have
    a mark at each volume. A batch whose drug the balance cannot weigh is refused with the volume that would do: a
    powder trituration is no way out, because its filler does not dissolve.
    """
    check_lot(drug, formula.drug, on)
    check_lot(vehicle, formula.vehicle, on)
    strength_of_lot = potency_of(drug)
    assert drug.certificate is not None
    made = volume_to_make(quantity, excess_percent, formula.mark)
    wanted = Mass(formula.concentration.value * made.value)
    as_is = wanted.over(strength_of_lot)
    _least_volume(formula, as_is, made, balance)
    first = weighed_line(
        WeighingKey.DRUG, formula.drug, drug.number, as_is, balance, "Weigh the drug.", tolerance_percent
    )
    assert isinstance(first.target, Mass)
    pairs = _pairs(formula, others, on)
    middle = tuple(_portion_line(one, lot, made, balance, measures, tolerance_percent) for one, lot in pairs)
    words = f"Bring with {formula.vehicle.name} to {made.text('mL')}; do not add {made.text('mL')}."
    last = measured_line(WeighingKey.FINAL_VOLUME, formula.vehicle, vehicle.number, made, measures, words)
    steps = (
        *_volume_steps(formula, quantity, excess_percent, made, wanted),
        potency_step(drug.certificate),
        WorksheetStep(
            "Powder needed",
            "drug ÷ potency",
            f"{wanted.text('mg')} ÷ {decimal_text(strength_of_lot * 100, 4)} % of lot {drug.number}",
            decimal_text(as_is.value, 4),
            "mg",
            OWN,
        ),
        *weighing_step(as_is, Direct(first.target), balance),
        *(_portion_step(one, line, made) for (one, _), line in zip(pairs, middle, strict=True)),
        _final_step(formula, last),
    )
    uses = (
        LotUse(drug, first.target),
        *(LotUse(lot, line.target) for (_, lot), line in zip(pairs, middle, strict=True)),
        LotUse(vehicle, _vehicle_at_most(formula, made)),
    )
    plan = LiquidPlan(
        formula,
        quantity,
        excess_percent,
        made,
        wanted,
        strength_of_lot,
        (first, *middle, last),
        uses,
        Worksheet(formula.title, steps),
        "",
    )
    return replace(plan, plausibility=recheck(plan))


def _least_volume(formula: LiquidFormula, as_is: Mass, made: Volume, balance: BalanceFacts) -> None:
    least = minimum_weighable(balance)
    enough = least + balance.readability
    if as_is < enough and as_is < least:
        marks = ceil(made.times(enough.ratio(as_is)).ratio(formula.mark))
        raise CannotBeWeighed(
            f"{made.text('mL')} needs {as_is.text('mg')} of drug, below {least.text('mg')}, the least that balance "
            f"{balance.name} can weigh: make {formula.mark.times(marks).text('mL')} or more, or use a finer balance."
        )


def _pairs(formula: LiquidFormula, others: tuple[LotFacts, ...], on: date) -> tuple[tuple[Portion, LotFacts], ...]:
    by_component = {lot.component: lot for lot in others}
    if len(by_component) != len(others):
        raise WrongLot("Choose one lot for each component.")
    pairs = []
    for portion in formula.portions:
        lot = by_component.pop(portion.component.code, None)
        if lot is None:
            raise WrongLot(f"Choose a lot of {portion.component.name}.")
        check_lot(lot, portion.component, on)
        pairs.append((portion, lot))
    if by_component:
        raise WrongLot(f"The formula takes no {next(iter(by_component.values())).name}.")
    return tuple(pairs)


def _portion_line(
    portion: Portion,
    lot: LotFacts,
    made: Volume,
    balance: BalanceFacts,
    measures: tuple[MeasureFacts, ...],
    tolerance: Exact | None,
) -> PlannedWeighing:
    amount, component = portion.amount_in(made), portion.component
    if isinstance(amount, Mass):
        words = f"Weigh the {component.role.value}."
        return weighed_line(component.code, component, lot.number, amount, balance, words, tolerance)
    words = f"Measure the {component.role.value}."
    return measured_line(component.code, component, lot.number, amount, measures, words)


def _vehicle_at_most(formula: LiquidFormula, made: Volume) -> Volume:
    """What leaves stock: the volume made less the liquids measured; powders' own room is not counted off."""
    liquids = (one.amount_in(made) for one in formula.portions)
    return made - sum((one for one in liquids if isinstance(one, Volume)), Volume.of(0, "mL"))


def _volume_steps(
    formula: LiquidFormula, quantity: Volume, excess: Decimal, made: Volume, wanted: Mass
) -> tuple[WorksheetStep, WorksheetStep]:
    numbers = f"{quantity.text('mL')} × (1 + {decimal_text(excess)} %), up to the next {formula.mark.text('mL')}"
    drug = f"{formula.stated.amount_text()} × {made.text('mL')}"
    volume = decimal_text(made.value)
    name = "quantity × (1 + excess), up to the next mark"
    note = "naltrexone HCl (anhydrous)"
    return (
        WorksheetStep("Volume to make", name, numbers, volume, "mL", OWN),
        WorksheetStep("Drug", "concentration × volume to make", drug, decimal_text(wanted.value), "mg", OWN, note),
    )


def _portion_step(portion: Portion, line: PlannedWeighing, made: Volume) -> WorksheetStep:
    number, unit = line.text(line.target).split(NBSP)
    share = f"{decimal_text(portion.per_100_ml)}{NBSP}{portion.unit} in 100{NBSP}mL × {made.text('mL')}"
    amount = portion.amount_in(made)
    meant = amount.text(unit_for(amount), 5) if isinstance(amount, Mass) else amount.text("mL", 5)
    return WorksheetStep(
        portion.component.name, "amount in 100 mL × volume to make", f"{share} = {meant}", number, unit, OWN
    )


def _final_step(formula: LiquidFormula, line: PlannedWeighing) -> WorksheetStep:
    number, unit = line.text(line.target).split(NBSP)
    words = "vehicle to volume (q.s.): the parts take up room, so this volume of vehicle is never added"
    return WorksheetStep(f"{formula.vehicle.name} to", words, "", number, unit, OWN)
