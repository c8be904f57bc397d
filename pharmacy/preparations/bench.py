"""The lines that are recorded at the bench, read off a frozen plan: what, how much, in which order. Pure.

Amounts are decimals in the base unit of their kind, as the rows keep them: mg, mL or pieces.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum
from fractions import Fraction
from math import ceil

from pharmacy.domain.calculation import (
    CapsulePlan,
    LiquidPlan,
    Plan,
    PlannedWeighing,
    WeighingKey,
    recorded_blend,
    usable_plan,
)
from pharmacy.domain.errors import CalculationRefused
from pharmacy.domain.plain import exact_text
from pharmacy.domain.quantity import NBSP, Mass, Volume, exact, rounded
from pharmacy.domain.routes import TabletPowder, WholeTablets
from pharmacy.errors import Mismatch, NotReady, PharmacyError
from pharmacy.preparations.models import Preparation

SHELLS = "shells"
CAPSULE = "capsule-"
LOAD = "load-"

Recorded = Mapping[str, Decimal]
_BEFORE = frozenset(
    {
        WeighingKey.ALIQUOT_DRUG.value,
        WeighingKey.ALIQUOT_DILUENT.value,
        WeighingKey.ALIQUOT_VOLUME.value,
        WeighingKey.TABLETS_WEIGHED.value,
    }
)


class Phase(IntEnum):
    """What can still be put right by weighing again: not what has been mixed since."""

    ALIQUOT = 0
    INGREDIENTS = 1
    FILLING = 2
    SINGLE = 3


@dataclass(frozen=True, slots=True)
class Line:
    """One reading to be taken. ``unit`` is the one in which it is shown and typed; ``base`` the one in which it is kept.

    ``lot`` is the number of the lot that must be on the bench, empty for a mixture made on the way. ``top`` is the most
    that the device holds; None where nothing is weighed or measured.
    """

    key: str
    phase: Phase
    name: str
    words: str
    lot: str
    unit: str
    base: str
    target: Decimal
    low: Decimal
    high: Decimal
    step: Decimal
    device: str

    def within(self, amount: Decimal) -> bool:
        """Whether the amount lies within the limits, both included."""
        return self.low <= amount <= self.high

    def from_typed(self, typed: Decimal) -> Decimal:
        """The number typed in this line's unit, in the base unit; refused where the device cannot show it."""
        amount = typed * 1000 if self.unit == "g" else typed
        if exact(amount) % exact(self.step):
            shown = "whole pieces" if self.base == "piece" else f"steps of {self.text(self.step)}"
            raise PharmacyError(f"{self.device[:1].upper()}{self.device[1:]} shows {shown}; read it again.", "reading")
        return amount

    def number(self, amount: Decimal) -> Decimal:
        """The amount in the line's own unit, with the device's decimals kept."""
        size = Fraction(1000 if self.unit == "g" else 1)
        return rounded(exact(amount) / size, exact(self.step) / size)

    def text(self, amount: Decimal) -> str:
        """``523.4 mg``, ``13.2248 g``, ``155 mL``, ``100 pieces``."""
        word = self.unit if self.unit != "piece" else ("piece" if amount == 1 else "pieces")
        return f"{format(self.number(amount), ',f')}{NBSP}{word}"

    def limits_text(self) -> str:
        """``513.0 mg to 533.8 mg``; ``exactly 2 pieces`` where nothing else is within."""
        if self.low == self.high:
            return f"exactly {self.text(self.target)}"
        return f"{self.text(self.low)} to {self.text(self.high)}"

    def verdict(self, amount: Decimal) -> str:
        """``In tolerance, 1.2 mg over``; ``Too little, 5.4 mg under``."""
        word = "In tolerance" if self.within(amount) else "Too little" if amount < self.low else "Too much"
        if amount == self.target:
            return f"{word}, on target"
        way = "over" if amount > self.target else "under"
        return f"{word}, {self.text(abs(amount - self.target))} {way}"


def lines_of(plan: Plan, capsules_weighed: int = 0, capsule_tolerance: Decimal = Decimal(10)) -> tuple[Line, ...]:
    """Every line in the order of work: ingredients, shells, loads, and the sample of single capsules."""
    found = [_weighed(one, _phase(one)) for one in plan.weighings]
    if isinstance(plan, LiquidPlan) and isinstance(plan.route, (WholeTablets, TabletPowder)):
        found.insert(0, _tablets(plan, plan.route))
    if isinstance(plan, CapsulePlan):
        found.append(_shells(plan))
        found += [_weighed(load.weighing, Phase.FILLING) for load in plan.loads]
        found += _singles(plan, min(capsules_weighed, plan.count), capsule_tolerance)
    return tuple(found)


def counted(plan: Plan) -> dict[str, str]:
    """The lines of what is counted, by component code: empty shells, and tablets."""
    if isinstance(plan, CapsulePlan):
        return {plan.formula.shell.code: SHELLS}
    tablets = isinstance(plan, LiquidPlan) and plan.formula.label_strength is not None
    return {plan.formula.drug.code: WeighingKey.TABLETS.value} if tablets else {}


def counted_lines(plan: Plan) -> tuple[Line, ...]:
    """The lines of a plan that are counted before anything is weighed: tablets."""
    return tuple(one for one in lines_of(plan) if one.key == WeighingKey.TABLETS)


def line_of(lines: tuple[Line, ...], key: str) -> Line:
    """The line of that key."""
    for one in lines:
        if one.key == key:
            return one
    raise PharmacyError("This plan has no such line. Open the page again.", "line")


def capsule_key(number: int) -> str:
    """The line of that capsule of the sample, from 1 on."""
    return f"{CAPSULE}{number:02}"


def _phase(planned: PlannedWeighing) -> Phase:
    if planned.key in _BEFORE:
        return Phase.ALIQUOT
    return Phase.FILLING if planned.key == WeighingKey.FINAL_VOLUME else Phase.INGREDIENTS


def decimal_of(value: Fraction) -> Decimal:
    """A whole number of readable steps as a decimal, without loss."""
    return Decimal(exact_text(value))


def _weighed(planned: PlannedWeighing, phase: Phase) -> Line:
    return Line(
        planned.key,
        phase,
        planned.name,
        planned.words,
        planned.lot,
        planned.unit,
        "mg" if isinstance(planned.target, Mass) else "mL",
        decimal_of(planned.target.value),
        decimal_of(planned.low.value),
        decimal_of(planned.high.value),
        decimal_of(planned.readability.value),
        planned.device if isinstance(planned.target, Volume) else f"balance {planned.device}",
    )


def _tablets(plan: LiquidPlan, route: WholeTablets | TabletPowder) -> Line:
    """Tablets are counted, never parts of one; those that are crushed are all counted, also what is left of their powder."""
    lot, count = plan.lots[0].lot, Decimal(route.count)
    crushed = isinstance(route, TabletPowder)
    words = (
        "Count the tablets that are weighed and crushed." if crushed else "Count whole tablets and crush all of them."
    )
    phase = Phase.ALIQUOT if crushed else Phase.INGREDIENTS
    key, one = WeighingKey.TABLETS.value, Decimal(1)
    return Line(key, phase, lot.name, words, lot.number, "piece", "piece", count, count, count, one, "the count")


def _shells(plan: CapsulePlan) -> Line:
    """Shells are counted: each capsule takes one, and no more may break than the process excess allows for."""
    lot = next(use.lot for use in plan.lots if use.lot.component == plan.formula.shell.code)
    most = ceil(plan.count * (1 + exact(plan.excess) / 100))
    words = "Count the shells that are used, broken ones too."
    count, one = Decimal(plan.count), Decimal(1)
    return Line(
        SHELLS,
        Phase.FILLING,
        lot.name,
        words,
        lot.number,
        "piece",
        "piece",
        count,
        count,
        Decimal(most),
        one,
        "the count",
    )


def _singles(plan: CapsulePlan, sample: int, tolerance: Decimal) -> Iterator[Line]:
    """Single capsules by gross mass; the limits are those of the net mass, for ± 10 % of the gross would let more pass."""
    balance, shell, net = plan.weighings[0], plan.shell_mass, plan.net
    step, share = balance.readability.value, exact(tolerance) / 100
    low = ceil((shell.value + net.value * (1 - share)) / step) * step
    high = (shell.value + net.value * (1 + share)) // step * step
    for number in range(1, sample + 1):
        yield Line(
            capsule_key(number),
            Phase.SINGLE,
            f"Capsule {number}",
            "Weigh it by itself, shell and all.",
            "",
            "mg",
            "mg",
            rounded(plan.gross.value, step),
            decimal_of(low),
            decimal_of(high),
            decimal_of(step),
            f"balance {balance.device}",
        )


def check_single(plan: Plan, line: Line, amount: Decimal) -> None:
    """A filled capsule weighs more than an empty shell, whatever the reason for keeping its weight."""
    if line.phase is Phase.SINGLE and isinstance(plan, CapsulePlan) and exact(amount) <= plan.shell_mass.value:
        raise PharmacyError(f"{line.name} weighs no more than an empty shell; weigh it again.", "gross")


def check_order(lines: tuple[Line, ...], line: Line, recorded: Recorded, reason: str) -> None:
    """The work has an order: nothing is filled before it is mixed; what is mixed is put right only with a reason."""
    missing = [one for one in lines if one.phase < line.phase and one.key not in recorded]
    if missing:
        raise NotReady(f"First comes {missing[0].name}: {missing[0].words}")
    if line.key in recorded and not reason and any(one.phase > line.phase and one.key in recorded for one in lines):
        raise PharmacyError("It is mixed already. Say why the record of this weight is put right.", "reason")


def check_loads(plan: Plan, recorded: Recorded) -> None:
    """The machine cannot be loaded with more blend than was weighed into it."""
    loads = sum((amount for key, amount in recorded.items() if key.startswith(LOAD)), Decimal(0))
    if isinstance(plan, CapsulePlan) and loads:
        blend = recorded_blend(plan, quantities(plan, recorded))
        if exact(loads) > blend.value:
            said = f"{Mass(exact(loads)).text('g')} in all loads, {blend.text('g')} in the blend"
            raise Mismatch(f"The loads hold more than was mixed ({said}). Weigh again.", "reading")


def quantities(plan: Plan, recorded: Recorded) -> dict[str, Mass | Volume]:
    """What was recorded for the plan's own lines, as masses and volumes; tablets as the drug that their labels say."""
    kinds = {one.key: type(one.target) for one in plan.weighings}
    found = {key: kinds[key](exact(amount)) for key, amount in recorded.items() if key in kinds}
    route = plan.route if isinstance(plan, LiquidPlan) else None
    if isinstance(route, (WholeTablets, TabletPowder)) and WeighingKey.TABLETS in recorded:
        found[WeighingKey.TABLETS.value] = route.label.times(recorded[WeighingKey.TABLETS])
    return found


def gross_weights(recorded: Recorded) -> list[Mass]:
    """The single capsules as weighed, in their order."""
    return [Mass(exact(recorded[key])) for key in sorted(recorded) if key.startswith(CAPSULE)]


def used_of(plan: Plan, lots: Mapping[str, int], recorded: Recorded) -> dict[int, Decimal]:
    """How much of each lot (``lots``: lot id by line) the recorded lines have used, in the lot's unit.

    Of the vehicle of a liquid that is the final volume less the liquids measured into it, an aliquot's solution among
    them, and what that solution was made with; the room that powders take is not counted off.
    """
    used: dict[int, Decimal] = {}
    for key, lot_id in lots.items():
        amount = recorded.get(key)
        if amount is None:
            continue
        if isinstance(plan, LiquidPlan) and key == WeighingKey.FINAL_VOLUME:
            apart = {key, WeighingKey.ALIQUOT_VOLUME}
            liquids = [one.key for one in plan.weighings if isinstance(one.target, Volume) and one.key not in apart]
            amount = max(amount - sum((recorded.get(one, Decimal(0)) for one in liquids), Decimal(0)), Decimal(0))
        used[lot_id] = used.get(lot_id, Decimal(0)) + amount
    return used


def plan_of(preparation: Preparation) -> Plan:
    """The stored plan, checked the second way once more: a worksheet that does not lead back to itself is not used."""
    try:
        return usable_plan(preparation.plan)
    except CalculationRefused as error:
        raise PharmacyError(f"The worksheet of lot {preparation.number} cannot be used. {error}") from error


def refused(error: CalculationRefused, field: str = "") -> PharmacyError:
    """A calculation's refusal as a sentence of the page."""
    return PharmacyError(str(error), field)
