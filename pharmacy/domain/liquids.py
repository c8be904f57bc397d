"""Oral liquids, from drug powder or from tablets: amounts per volume made, then vehicle *to* volume.

The powder and the other parts take up room themselves, so the vehicle is never measured as the volume made.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import ceil

from pharmacy.domain.amounts import in_full
from pharmacy.domain.balance import BalanceFacts, check_calibration
from pharmacy.domain.dissolving import dissolved_in_vehicle
from pharmacy.domain.error_budget import budget_of
from pharmacy.domain.error_steps import budget_steps
from pharmacy.domain.errors import CannotBeWeighed, Impossible, WrongLot
from pharmacy.domain.formula import LiquidFormula, Portion, room_of
from pharmacy.domain.lines import MeasureFacts, PlannedWeighing
from pharmacy.domain.liquid_aliquot import aliquot_steps, liquid_aliquot
from pharmacy.domain.liquid_classes import check_class
from pharmacy.domain.liquid_steps import final_step, left_for_vehicle, portion_step, vehicle_step, volume_steps
from pharmacy.domain.measuring import measured_line, weighed_line
from pharmacy.domain.plan import LiquidPlan, LotFacts, LotUse, WeighingKey
from pharmacy.domain.planner import least_alone
from pharmacy.domain.potency import potency_step
from pharmacy.domain.quantity import NBSP, Exact, Mass, Volume, decimal_text
from pharmacy.domain.routes import Direct, LiquidAliquot, LiquidRoute
from pharmacy.domain.second_check import recheck
from pharmacy.domain.suitability import check_excess, check_lot, matched, potency_of
from pharmacy.domain.tablets import LABEL_NOTE, Crushed, powder_steps, tablet_powder, whole_steps, whole_tablets
from pharmacy.domain.tolerances import USUAL, Tolerances
from pharmacy.domain.weighing import can_weigh, weigh
from pharmacy.domain.weighing_steps import weighing_step
from pharmacy.domain.worksheet import OWN, Worksheet, WorksheetStep

MOST = Volume.of(100, "L")
NOTHING = Volume(Fraction(0))


def volume_to_make(quantity: Volume, excess_percent: Decimal, mark: Volume) -> Volume:
    """Quantity × (1 + excess), rounded up to the next mark."""
    return mark.times(ceil(_with_excess(quantity, excess_percent).ratio(mark)))


def _with_excess(quantity: Volume, excess_percent: Decimal) -> Volume:
    if quantity.value <= 0 or quantity > MOST:
        raise Impossible("The volume to make must be above 0 mL and at most 100 L.", "quantity")
    return quantity.times(check_excess(excess_percent))


@dataclass(frozen=True, slots=True)
class _Source:
    """How the drug comes in: the volume that it makes, its lines, its steps, and the room that it takes up.

    `solution` is what an aliquot brings of the vehicle, and `prepared` what is made of that solution.
    """

    made: Volume
    drug: Mass
    potency: Fraction
    route: LiquidRoute
    lines: tuple[PlannedWeighing, ...]
    steps: tuple[WorksheetStep, ...]
    use: LotUse
    room: tuple[str, Volume | None]
    solution: Volume = NOTHING
    prepared: Volume = NOTHING


@dataclass(frozen=True, slots=True)
class _Task:
    """What a liquid is made of and on what, once everything about its lots was checked."""

    formula: LiquidFormula
    quantity: Volume
    excess: Decimal
    drug: LotFacts
    vehicle: LotFacts
    balance: BalanceFacts
    measures: tuple[MeasureFacts, ...]
    tolerances: Tolerances

    @property
    def tolerance(self) -> Exact | None:
        """How far a recorded weight may be off its target."""
        return self.tolerances.weighing

    @property
    def limit(self) -> Exact:
        """What all weighings and measurements of the drug may be off together."""
        return self.tolerances.combined


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
    tolerances: Tolerances = USUAL,
    crushed: Crushed | None = None,
) -> LiquidPlan:
    """Everything that is weighed and measured for `quantity` of the liquid, checked by a second way.

    `others` are the lots of the formula's portions, one each; `measures` the graduates at hand, one of which must have
    a mark at each volume. Tablets go in whole, unless `crushed` says what at least twenty of them weigh. Powder that
    the balance cannot weigh comes by a liquid aliquot, where it dissolves; else it is refused with the volume that would
    do: a powder trituration is no way out, because its filler does not dissolve.
    """
    check_class(formula)
    check_calibration(balance, on)
    check_lot(drug, formula.drug, on)
    check_lot(vehicle, formula.vehicle, on)
    task = _Task(formula, quantity, excess_percent, drug, vehicle, balance, measures, tolerances)
    # Powders are weighed before any liquid is measured, as the instructions of the formulas say; to volume comes last.
    portions = sorted(formula.portions, key=lambda one: one.unit == "mL")
    pairs = matched(tuple((one, one.component) for one in portions), others, on)
    if crushed is not None and formula.label_strength is None:
        raise Impossible(f"{formula.drug.name} is no tablet; nothing of it is crushed.", "tablets_weighed")
    source = _powder(task) if formula.label_strength is None else _tablets(task, crushed)
    made = source.made
    middle = tuple(_portion_line(task, one, lot, made) for one, lot in pairs)
    words = f"Bring with {formula.vehicle.name} to {made.text('mL')}; do not add {made.text('mL')}."
    last = measured_line(WeighingKey.FINAL_VOLUME, formula.vehicle, vehicle.number, made, measures, words)
    rooms = (*((one.component.name, one.room_in(made)) for one in formula.portions), source.room)
    about = left_for_vehicle(made, rooms, formula.vehicle.name)
    steps = (
        *source.steps,
        *(portion_step(one, line, made) for (one, _), line in zip(pairs, middle, strict=True)),
        vehicle_step(about, rooms, made),
        final_step(formula, last),
    )
    uses = (
        source.use,
        *(LotUse(lot, line.target) for (_, lot), line in zip(pairs, middle, strict=True)),
        LotUse(vehicle, _vehicle_at_most(formula, made) - source.solution + source.prepared),
    )
    plan = LiquidPlan(
        formula,
        quantity,
        excess_percent,
        made,
        source.drug,
        source.potency,
        (*source.lines, *middle, last),
        uses,
        Worksheet(formula.title, steps),
        "",
        source.route,
        about,
        tolerances,
    )
    worksheet = Worksheet(formula.title, (*steps, *budget_steps(budget_of(plan), plan, balance)))
    plan = replace(plan, worksheet=worksheet)
    return replace(plan, plausibility=recheck(plan))


def _powder(task: _Task) -> _Source:
    """Drug powder, by its own lot's potency: weighed directly, or by a liquid aliquot."""
    formula, lot = task.formula, task.drug
    strength_of_lot = potency_of(lot)
    assert lot.certificate is not None
    made = volume_to_make(task.quantity, task.excess, formula.mark)
    wanted = Mass(formula.concentration.value * made.value)
    as_is = wanted.over(strength_of_lot)
    steps = (
        *volume_steps(formula, task.quantity, task.excess, made, wanted),
        potency_step(lot.certificate),
        WorksheetStep(
            "Powder needed",
            "drug ÷ potency",
            f"{in_full(wanted.value)}{NBSP}mg ÷ {in_full(strength_of_lot * 100)} % of lot {lot.number}",
            decimal_text(as_is.value, 4),
            "mg",
            OWN,
        ),
    )
    clear = dissolved_in_vehicle(formula, as_is, made)
    route = _route(task, as_is, made)
    if isinstance(route, LiquidAliquot):
        assert formula.solubility is not None
        more = aliquot_steps(as_is, route, task.balance, task.measures, formula.solubility, task.limit)
        return _Source(
            made,
            wanted,
            strength_of_lot,
            route,
            _aliquot_lines(task, route),
            (*steps, *more),
            LotUse(lot, route.weigh),
            ("the drug’s solution", route.take),
            solution=route.take,
            prepared=route.volume,
        )
    more = weighing_step(as_is, route, task.balance, task.limit)
    line = _weighed(task, WeighingKey.DRUG, lot.number, as_is, "Weigh the drug.")
    room = (formula.drug.name, room_of(as_is, formula.drug_displacement))
    return _Source(
        made, wanted, strength_of_lot, route, (line,), (*steps, *clear, *more), LotUse(lot, route.target), room
    )


def _route(task: _Task, as_is: Mass, made: Volume) -> Direct | LiquidAliquot:
    formula, balance = task.formula, task.balance
    least = least_alone(balance, task.limit)
    if can_weigh(as_is, balance, least) or as_is > balance.capacity:
        return Direct(weigh(as_is, balance, formula.drug.name))
    why = ""
    if formula.suspension:
        why = "an aliquot is taken only of what dissolves"
    elif formula.solubility is None:
        why = f"the formula does not say how much of it dissolves in {formula.vehicle.name}, so no aliquot is taken"
    else:
        room = made - formula.room_of_portions(made)
        found = liquid_aliquot(
            as_is, balance, task.measures, solubility=formula.solubility, room=room, limit_percent=task.limit
        )
        if found is not None:
            return found
        why = f"no aliquot within {decimal_text(task.limit)} % can be measured"
    marks = ceil(made.times((least + balance.readability).ratio(as_is)).ratio(formula.mark))
    raise CannotBeWeighed(
        f"{made.text('mL')} needs {as_is.text('mg')} of drug, below {least.text('mg')}, the least that balance "
        f"{balance.name} can weigh within its limits, and {why}: make {formula.mark.times(marks).text('mL')} or more, or use a finer balance.",
        "quantity",
    )


def _tablets(task: _Task, crushed: Crushed | None) -> _Source:
    """Tablets, by their label: whole, or their powder."""
    formula, lot = task.formula, task.drug
    if lot.label_strength != formula.label_strength:
        label = formula.label_strength.text("mg") if formula.label_strength else ""
        said = f"of {lot.label_strength.text('mg')}" if lot.label_strength else "without a label strength"
        raise WrongLot(f"Lot {lot.number} holds tablets {said}; the formula takes tablets of {label}.", "drug")
    unknown = (formula.drug.name, None)
    if crushed is None:
        whole, made = whole_tablets(formula, _with_excess(task.quantity, task.excess))
        steps = whole_steps(formula, task.quantity, task.excess, whole, made)
        return _Source(made, whole.drug, Fraction(1), whole, (), steps, LotUse(lot, whole.count), unknown)
    made = volume_to_make(task.quantity, task.excess, formula.mark)
    wanted = Mass(formula.concentration.value * made.value)
    route = tablet_powder(formula, wanted, crushed, task.balance, task.limit)
    note = f"naltrexone HCl, {LABEL_NOTE}"
    steps = (
        *volume_steps(formula, task.quantity, task.excess, made, wanted, note),
        *powder_steps(wanted, route, task.balance, task.limit),
    )
    powder = crushed.mean.times(wanted.ratio(route.label))
    words = f"Weigh the {crushed.count} tablets together, then crush all of them to one fine powder."
    together = _weighed(task, WeighingKey.TABLETS_WEIGHED, "", crushed.together, words)
    crushed_powder = _weighed(task, WeighingKey.DRUG, "", powder, "Weigh the powder of the crushed tablets.")
    lines = (
        replace(together, name=f"{crushed.count} tablets together"),
        replace(crushed_powder, name="powder of crushed tablets"),
    )
    room = (formula.drug.name, room_of(powder, formula.drug_displacement))
    potency = route.label.ratio(route.mean)
    return _Source(made, wanted, potency, route, lines, steps, LotUse(lot, crushed.count), room)


def _weighed(task: _Task, key: str, lot: str, need: Mass, words: str) -> PlannedWeighing:
    return weighed_line(key, task.formula.drug, lot, need, task.balance, words, task.tolerance)


def _aliquot_lines(task: _Task, route: LiquidAliquot) -> tuple[PlannedWeighing, ...]:
    formula, vehicle = task.formula, task.formula.vehicle
    dissolve = (
        f"Dissolve the drug in {vehicle.name} and bring to {route.volume.text('mL')}; look that nothing is undissolved."
    )
    take = f"Take {route.take.text('mL')} of this solution for the batch; the rest is waste."
    solution = f"solution of {formula.drug.name}"
    volumes = (
        (WeighingKey.ALIQUOT_VOLUME, vehicle, task.vehicle.number, route.volume, dissolve, f"{solution}, to volume"),
        (WeighingKey.ALIQUOT_TAKEN, formula.drug, "", route.take, take, f"{solution}, taken"),
    )
    return (
        _weighed(task, WeighingKey.ALIQUOT_DRUG, task.drug.number, route.weigh, "Weigh the drug for the aliquot."),
        *(
            replace(measured_line(key, part, lot, volume, task.measures, words), name=name)
            for key, part, lot, volume, words, name in volumes
        ),
    )


def _portion_line(task: _Task, portion: Portion, lot: LotFacts, made: Volume) -> PlannedWeighing:
    amount, component = portion.amount_in(made), portion.component
    if isinstance(amount, Mass):
        words = f"Weigh the {component.role.value}."
        return weighed_line(component.code, component, lot.number, amount, task.balance, words, task.tolerance)
    words = f"Measure the {component.role.value}."
    return measured_line(component.code, component, lot.number, amount, task.measures, words)


def _vehicle_at_most(formula: LiquidFormula, made: Volume) -> Volume:
    """What leaves stock: the volume made less the liquids measured; powders' own room is not counted off."""
    liquids = (one.amount_in(made) for one in formula.portions)
    return made - sum((one for one in liquids if isinstance(one, Volume)), NOTHING)
