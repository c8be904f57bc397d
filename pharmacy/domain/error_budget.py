"""How far the delivered strength may be off, before anything is weighed and after.

Each reading x of the plan moves the strength S by its own share c = ∂ln S ÷ ∂ln x; what a reading, an assay or a trituration
may be off by, relative, times its share, gives one contribution; together they are √(Σ squares) (propagation of
independent errors; own arithmetic). Readings are taken as far off as two repeatabilities, or the sensitivity requirement
where none was measured; so the interval is wide rather than narrow. It says nothing of the evenness of the mix.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

from pharmacy.domain.plain import Plain
from pharmacy.domain.plan import CapsulePlan, LiquidPlan, LotFacts, Plan, TriturationPlan, WeighingKey
from pharmacy.domain.quantity import NBSP, Mass, Volume, decimal_text, exact
from pharmacy.domain.routes import TabletPowder, WholeTablets
from pharmacy.domain.suitability import potency_of, stock_error
from pharmacy.domain.weighing import root_steps

PLACE = Fraction(1, 100)
FURTHEST = Fraction(1, 8)


@dataclass(frozen=True, slots=True)
class Contribution(Plain):
    """What one reading or one certificate adds: the square of its relative error in per cent, exactly."""

    name: str
    square: Fraction

    @property
    def percent(self) -> Fraction:
        """Its size in per cent, rounded up to 0.01."""
        return root_steps(self.square, PLACE) * PLACE


@dataclass(frozen=True, slots=True)
class Budget(Plain):
    """The strength that the readings give, in per cent of the label, exactly; and how far it may be off."""

    expected: Fraction
    contributions: tuple[Contribution, ...]

    @property
    def combined(self) -> Fraction:
        """All contributions together in per cent of the strength, rounded up to 0.01."""
        return root_steps(sum((one.square for one in self.contributions), Fraction(0)), PLACE) * PLACE

    @property
    def low(self) -> Decimal:
        """The lowest strength in per cent of the label, rounded outward to 0.1."""
        return interval(self.expected, self.combined)[0]

    @property
    def high(self) -> Decimal:
        """The highest strength in per cent of the label, rounded outward to 0.1."""
        return interval(self.expected, self.combined)[1]

    def within(self, low: Decimal, high: Decimal) -> bool:
        """Whether the whole interval lies within the limits, both included."""
        return low <= self.low and self.high <= high

    def interval_text(self) -> str:
        return f"{decimal_text(self.low)} to {decimal_text(self.high)}{NBSP}%"


def interval(percent: Fraction, combined: Fraction) -> tuple[Decimal, Decimal]:
    """The ends of percent ± combined % of itself, rounded outward to 0.1."""
    low, high = percent * (100 - combined) / 10, percent * (100 + combined) / 10
    return Decimal(floor(low)) / 10, Decimal(ceil(high)) / 10


def left_out(plan: Plan) -> str:
    """What the interval of tablets leaves out, said wherever it stands; nothing of powder."""
    route = plan.route if isinstance(plan, LiquidPlan) else None
    if isinstance(route, (WholeTablets, TabletPowder)):
        return "; what the tablets really hold (USP: 90.0 to 110.0 % of their label) is not in it"
    return ""


Amounts = Mapping[str, Mass | Volume]


def targets(plan: Plan) -> dict[str, Mass | Volume]:
    """The plan's own rounded targets, as if they had been weighed."""
    return {line.key: line.target for line in plan.weighings}


def budget_of(plan: Plan, recorded: Amounts | None = None) -> Budget:
    """The budget of the plan's targets, or of what was `recorded`.

    A plan stored by an older version names no spread of its readings; they then add nothing.
    """
    amounts = {**targets(plan), **{key: one for key, one in (recorded or {}).items() if key in targets(plan)}}
    values = {key: one.value for key, one in amounts.items()}
    spreads = {line.key: line.spread.value if line.spread else Fraction(0) for line in plan.weighings}
    shares = dict(shares_of(plan, values))
    names = reading_names(plan)
    found = [
        Contribution(names[key], (share * spreads[key] / values[key] * 100) ** 2)
        for key, share in shares.items()
        if share and spreads[key]
    ]
    return Budget(_expected(plan, values), (*found, *_of_lots(plan, values)))


def reading_names(plan: Plan) -> dict[str, str]:
    """What each reading is called among the others: the filler of an aliquot is not the filler of the batch, and lots differ."""
    diluent = WeighingKey.ALIQUOT_DILUENT
    names = {line.key: f"{line.name} of the aliquot" if line.key == diluent else line.name for line in plan.weighings}
    called = Counter(names.values())
    return {
        line.key: f"{names[line.key]} lot {line.lot}" if called[names[line.key]] > 1 and line.lot else names[line.key]
        for line in plan.weighings
    }


def drug_lines(plan: Plan) -> tuple[tuple[str, LotFacts], ...]:
    """The lines that weigh drug of a lot, each with its lot; by aliquot the line that weighs the drug. None of tablets."""
    lots = {(use.lot.component, use.lot.number): use.lot for use in plan.lots}
    keys = (WeighingKey.DRUG, WeighingKey.ALIQUOT_DRUG)
    return tuple(
        (line.key, lots[line.component, line.lot])
        for line in plan.weighings
        if line.lot and (line.key in keys or line.key.startswith(f"{WeighingKey.DRUG}-"))
    )


def lot_strength(lot: LotFacts) -> Fraction:
    """The drug in one part of a lot: of powder by its certificate, of a trituration by its record."""
    return lot.fraction if lot.fraction is not None else potency_of(lot)


def active_of(plan: Plan, values: Mapping[str, Fraction]) -> dict[str, Fraction]:
    """The drug that each line brings into the batch, in mg."""
    route = plan.route if isinstance(plan, LiquidPlan) else None
    if isinstance(route, WholeTablets):
        return {WeighingKey.TABLETS: route.drug.value}
    if isinstance(route, TabletPowder):
        label = route.label.value * route.count / values[WeighingKey.TABLETS_WEIGHED]
        return {WeighingKey.DRUG: values[WeighingKey.DRUG] * label}
    taken = Fraction(1)
    if WeighingKey.ALIQUOT_TAKEN in values:
        taken = values[WeighingKey.ALIQUOT_TAKEN] / mixture_of(values)
    return {key: values[key] * lot_strength(lot) * taken for key, lot in drug_lines(plan)}


def mixture_of(values: Mapping[str, Fraction]) -> Fraction:
    """What an aliquot is taken of: the solution's volume, or drug and diluent together."""
    solution = values.get(WeighingKey.ALIQUOT_VOLUME)
    if solution is not None:
        return solution
    return values[WeighingKey.ALIQUOT_DRUG] + values[WeighingKey.ALIQUOT_DILUENT]


def blend_of(plan: Plan, values: Mapping[str, Fraction]) -> dict[str, Fraction]:
    """What each line adds to the whole blend, in mg; nothing of it for a liquid, whose drug is in its volume."""
    before = {WeighingKey.ALIQUOT_DRUG, WeighingKey.ALIQUOT_DILUENT}
    if isinstance(plan, LiquidPlan):
        return {}
    return {line.key: values[line.key] for line in plan.weighings if line.key not in before}


def shares_of(plan: Plan, values: Mapping[str, Fraction]) -> Iterator[tuple[str, Fraction]]:
    """Each line's key and c = ∂ln S ÷ ∂ln x of each line that moves the strength."""
    active, blend = active_of(plan, values), blend_of(plan, values)
    whole, mixed = sum(active.values(), Fraction(0)), sum(blend.values(), Fraction(0))
    dilution = dilution_shares(values)
    for line in plan.weighings:
        share = dilution.get(line.key, active.get(line.key, Fraction(0)) / whole)
        if line.key in blend:
            share -= blend[line.key] / mixed
        if line.key == WeighingKey.FINAL_VOLUME:
            share -= 1
        yield line.key, share


def dilution_shares(values: Mapping[str, Fraction]) -> dict[str, Fraction]:
    """Of a powder aliquot S grows with W ÷ (W + D) × A: W counts by D ÷ T, D by −D ÷ T, A whole; of one in solution
    with W ÷ V × v; of crushed tablets with powder ÷ mass of all tablets.
    """
    if WeighingKey.TABLETS_WEIGHED in values:
        return {WeighingKey.TABLETS_WEIGHED: Fraction(-1)}
    if WeighingKey.ALIQUOT_TAKEN not in values:
        return {}
    if WeighingKey.ALIQUOT_VOLUME in values:
        return {WeighingKey.ALIQUOT_VOLUME: Fraction(-1), WeighingKey.ALIQUOT_TAKEN: Fraction(1)}
    part = values[WeighingKey.ALIQUOT_DILUENT] / mixture_of(values)
    return {
        WeighingKey.ALIQUOT_DRUG: part,
        WeighingKey.ALIQUOT_DILUENT: -part,
        WeighingKey.ALIQUOT_TAKEN: Fraction(1),
    }


def _of_lots(plan: Plan, values: Mapping[str, Fraction]) -> Iterator[Contribution]:
    """What the certificates, or the making of a trituration, may be off by; of several lots each by its part."""
    active = active_of(plan, values)
    whole = sum(active.values(), Fraction(0))
    for key, lot in drug_lines(plan):
        made = lot.fraction is not None
        error = exact(stock_error(lot) if made else plan.tolerances.assay)
        name = f"{'making of trituration' if made else 'assay of'} lot {lot.number}"
        if error:
            yield Contribution(name, (active[key] / whole * error) ** 2)


def _expected(plan: Plan, values: Mapping[str, Fraction]) -> Fraction:
    """The strength that these amounts give, in per cent of the label."""
    drug = sum(active_of(plan, values).values(), Fraction(0))
    if isinstance(plan, LiquidPlan):
        return drug / values[WeighingKey.FINAL_VOLUME] / plan.formula.concentration.value * 100
    share = drug / sum(blend_of(plan, values).values(), Fraction(0))
    if isinstance(plan, TriturationPlan):
        return share / plan.formula.fraction * 100
    return share * plan.net.value / plan.formula.strength.value * 100


def shell_error(plan: CapsulePlan, mean_net: Mass) -> Contribution:
    """What the mean net mass may be off because the empty shell was not weighed: shells vary by a tenth (Torpac chart).

    Of a lot whose shells were measured, the mean of n of them is off by a tenth ÷ √n.
    """
    lot = next((use.lot.shell for use in plan.lots if use.lot.component == plan.formula.shell.code), None)
    weighed = lot.weighed if lot is not None and lot.measured else 1
    return Contribution("mean empty shell", (plan.shell_mass.ratio(mean_net) * 10) ** 2 / max(weighed, 1))
