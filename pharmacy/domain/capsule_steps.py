"""The worksheet of a batch of capsules: every number of the plan, in words, in figures and with its source."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from pharmacy.domain.balance import BalanceFacts, minimum_weighable
from pharmacy.domain.formula import CapsuleFormula
from pharmacy.domain.lines import PlannedWeighing
from pharmacy.domain.plan import Load, LotFacts, WeighingKey
from pharmacy.domain.potency import potency_step
from pharmacy.domain.quantity import NBSP, Mass, decimal_text
from pharmacy.domain.routes import Aliquot, FromTrituration, Route
from pharmacy.domain.triturations import geometric_step, trituration_step
from pharmacy.domain.weighing import unit_for, weighing_step
from pharmacy.domain.worksheet import OWN, Worksheet, WorksheetStep

DISPLACEMENT = "packing statistics (displacement), shell filled completely full: Letco TD-005.1"
EXCESS = "process excess on the whole blend, never in strength, quantity or days' supply"


@dataclass(frozen=True, slots=True)
class Need:
    """One capsule's share and the batch's: all exact."""

    batch: Fraction  # capsules with the excess, not rounded up
    drug: Mass  # anhydrous HCl in the batch
    powder: Mass  # the drug part as it is, in one capsule
    displaced: Fraction
    filler: Mass  # in one capsule

    @property
    def net(self) -> Mass:
        return self.powder + self.filler


@dataclass(frozen=True, slots=True)
class Source:
    """The lot that the drug comes from, its potency and the way.

    `too_little` is the powder that would be needed, when a trituration stands in because no balance weighs so little.
    """

    lot: LotFacts
    potency: Fraction
    route: Route
    too_little: Mass | None = None


def diluent_carried(need: Need, source: Source) -> Mass:
    """The filler that already comes with the drug."""
    route, powder = source.route, need.powder.times(need.batch)
    if isinstance(route, Aliquot):
        return route.take - powder
    if isinstance(route, FromTrituration):
        return need.drug.over(route.fraction) - need.drug
    return Mass(Fraction(0))


def capsule_worksheet(
    formula: CapsuleFormula,
    count: int,
    excess: Decimal,
    need: Need,
    source: Source,
    balance: BalanceFacts,
    loads: tuple[Load, ...],
    lines: tuple[PlannedWeighing, ...],
) -> Worksheet:
    """Every step of a capsule lot, in the order in which it is computed, each with its words, numbers and source."""
    strength = formula.strength.text("mg")
    many = f"{count:,} capsules × (1 + {decimal_text(excess)} %)"
    steps = [
        WorksheetStep("Capsules with the excess", "count × (1 + excess)", many, decimal_text(need.batch), "", EXCESS),
        _step(
            "Drug in the batch",
            "capsules with the excess × strength",
            f"{decimal_text(need.batch)} × {strength}",
            need.drug,
            note="naltrexone HCl (anhydrous)",
        ),
    ]
    lot = source.lot
    if source.too_little is not None:
        words = "powder alone, below the minimum weighable: a trituration is weighed instead"
        numbers = f"{source.too_little.text('mg', 4)} < {minimum_weighable(balance).text('mg')}"
        steps.append(_step("Too little powder", words, numbers, source.too_little))
    steps.append(potency_step(lot.certificate) if lot.certificate else trituration_step(lot))
    as_is = need.drug.over(source.potency)
    what = f"÷ {decimal_text(source.potency * 100, 4)} % of lot {lot.number}"
    steps.append(_step("Powder needed", "drug in the batch ÷ potency", f"{need.drug.text('mg')} {what}", as_is))
    steps += weighing_step(as_is, source.route, balance)
    if isinstance(source.route, Aliquot):
        steps.append(geometric_step(source.route.weigh, source.route.total, "Geometric dilution of the aliquot"))
    return Worksheet(
        formula.title,
        (*steps, *_filler_steps(formula, need, source, lines), *_total_steps(formula, need, source, loads)),
    )


def _filler_steps(
    formula: CapsuleFormula, need: Need, source: Source, lines: tuple[PlannedWeighing, ...]
) -> list[WorksheetStep]:
    total = need.filler.times(need.batch)
    carried = diluent_carried(need, source)
    line = next((one for one in lines if one.key == WeighingKey.FILLER), None)
    each, full = need.filler.text("mg", 4), formula.filler_full.text("mg")
    steps = [
        WorksheetStep(
            "Share of the shell taken by drug",
            "drug as it is in one capsule ÷ drug alone that fills the shell",
            f"{need.powder.text('mg', 4)} ÷ {formula.drug_full.text('mg')}",
            decimal_text(need.displaced * 100, 4),
            "%",
            DISPLACEMENT,
        ),
        _step(
            "Filler in one capsule",
            "(100 % − share of the drug) × filler alone that fills the shell",
            f"(100 % − {decimal_text(need.displaced * 100, 4)} %) × {full}",
            need.filler,
            DISPLACEMENT,
            places=4,
        ),
        _step(
            "Filler in the batch",
            "capsules with the excess × filler in one",
            f"{decimal_text(need.batch)} × {each}",
            total,
        ),
    ]
    if carried.value:
        words = "filler in the batch − diluent that comes with the drug"
        numbers = f"{total.text('g', 4)} − {carried.text('g', 4)}"
        steps.append(_step("Filler to add", words, numbers, total - carried))
    if line is not None:
        number, unit = line.text(line.target).split(NBSP)
        words = "filler to weigh, rounded once to the balance"
        numbers = (total - carried).text(line.unit, 5)
        steps.append(WorksheetStep("Weigh the filler", words, numbers, number, unit, OWN))
    return steps


def _total_steps(formula: CapsuleFormula, need: Need, source: Source, loads: tuple[Load, ...]) -> list[WorksheetStep]:
    net, gross = need.net, need.net + formula.shell_mass
    blend = net.times(need.batch)
    start = source.route.take if isinstance(source.route, Aliquot) else need.drug.over(source.potency)
    powder = f"{need.powder.text('mg', 4)} + {need.filler.text('mg', 4)}"
    filled = " + ".join(load.weighing.text(load.weighing.target) for load in loads)
    size = f"{loads[0].holes} holes × {net.text('mg', 4)}"
    return [
        _step("Net mass of a capsule", "drug as it is + filler", powder, net),
        _step(
            "Gross mass of a capsule",
            "net + mean empty shell",
            f"{net.text('mg', 4)} + {formula.shell_mass.text('mg')}",
            gross,
        ),
        _step(
            "Whole blend", "capsules with the excess × net", f"{decimal_text(need.batch)} × {net.text('mg', 4)}", blend
        ),
        geometric_step(start, blend),
        WorksheetStep("Loads of the machine", "holes × net mass of a capsule", size, filled, "", OWN),
    ]


def _step(
    name: str, words: str, numbers: str, mass: Mass, source: str = OWN, note: str = "", places: int = 4
) -> WorksheetStep:
    unit = unit_for(mass)
    return WorksheetStep(name, words, numbers, decimal_text(mass.to(unit), places), unit, source, note)
