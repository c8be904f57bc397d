"""The worksheet of a batch of capsules: every number of the plan, in words, in figures and with its source."""

from __future__ import annotations

from fractions import Fraction

from pharmacy.domain.amounts import IN_FULL, in_full
from pharmacy.domain.balance import minimum_weighable
from pharmacy.domain.capsule_need import Job, Need, Source, diluent_carried
from pharmacy.domain.packing import packing_steps
from pharmacy.domain.plan import CapsulePlan, LotFacts, WeighingKey
from pharmacy.domain.potency import potency_step
from pharmacy.domain.quantity import NBSP, Mass, decimal_text, exact
from pharmacy.domain.routes import Aliquot
from pharmacy.domain.suitability import potency_of, stock_error
from pharmacy.domain.triturations import geometric_step, trituration_step
from pharmacy.domain.weighing import rounding_note, unit_for
from pharmacy.domain.weighing_steps import weighing_step
from pharmacy.domain.worksheet import OWN, WorksheetStep

EXCESS = "process excess on the whole blend, never in strength, quantity or days' supply"


def capsule_steps(plan: CapsulePlan, job: Job, need: Need, source: Source) -> tuple[WorksheetStep, ...]:
    """Every step of a capsule lot, in the order in which it is computed, each with its words, numbers and source."""
    return (
        *_drug_steps(plan, job, need, source),
        *_powder_steps(plan, job, need, source),
        *packing_steps(job.formula, job.packing, need.powder),
        *_filler_steps(plan, job, need, source),
        *_total_steps(plan, job, need, source),
    )


def _drug_steps(plan: CapsulePlan, job: Job, need: Need, source: Source) -> list[WorksheetStep]:
    strength = job.formula.strength.text("mg", IN_FULL)
    many = f"{plan.count:,} capsules × (1 + {in_full(exact(plan.excess))} %)"
    steps = [
        WorksheetStep("Capsules with the excess", "count × (1 + excess)", many, in_full(job.batch), "", EXCESS),
        _step(
            "Drug in the batch",
            "capsules with the excess × strength",
            f"{in_full(job.batch)} × {strength}",
            need.drug,
            note=f"{job.formula.substance} (anhydrous)",
        ),
    ]
    if source.too_little is not None:
        words = "powder alone, below the minimum weighable: a trituration is weighed instead"
        numbers = f"{source.too_little.text('mg', 4)} < {minimum_weighable(job.balance).text('mg')}"
        steps.append(_step("Too little powder", words, numbers, source.too_little))
    return steps


def _powder_steps(plan: CapsulePlan, job: Job, need: Need, source: Source) -> list[WorksheetStep]:
    """The potency of each lot, what of it is weighed, and by which way."""
    lot, steps = source.lot, []
    for part in source.parts:
        steps += [_potency_step(part.lot), _part_step(part.lot, part.mass)]
    rest = source.rest(need.drug)
    if source.parts:
        parts = " − ".join(one.mass.times(potency_of(one.lot)).text("mg", 4) for one in source.parts)
        words = "drug in the batch − drug in the parts of the other lots"
        numbers = f"{need.drug.text('mg', 4)} − {parts}"
        steps.append(_step(f"Drug from lot {lot.number}", words, numbers, rest))
    steps.append(_potency_step(lot))
    as_is = rest.over(source.potency)
    what = f"÷ {in_full(source.potency * 100)} % of lot {lot.number}"
    name = f"Powder needed of lot {lot.number}" if source.parts else "Powder needed"
    steps.append(_step(name, "drug in the batch ÷ potency", f"{rest.text('mg', 4)} {what}", as_is))
    error = stock_error(lot) if lot.fraction is not None else 0
    lots = source.weighed(need.drug) if source.parts else ()
    steps += weighing_step(as_is, source.route, job.balance, plan.tolerances.combined, error, lots)
    if isinstance(source.route, Aliquot):
        steps.append(geometric_step(source.route.weigh, source.route.total, "Geometric dilution of the aliquot"))
    return steps


def _potency_step(lot: LotFacts) -> WorksheetStep:
    return potency_step(lot.certificate) if lot.certificate else trituration_step(lot)


def _part_step(lot: LotFacts, mass: Mass) -> WorksheetStep:
    strength = potency_of(lot)
    numbers = f"{mass.text('mg', IN_FULL)} × {in_full(strength * 100)} %"
    return _step(f"Drug in the part of lot {lot.number}", "powder as it is × potency", numbers, mass.times(strength))


def _filler_steps(plan: CapsulePlan, job: Job, need: Need, source: Source) -> list[WorksheetStep]:
    total = need.filler.times(job.batch)
    carried = diluent_carried(need, source)
    batch = in_full(job.batch)
    steps = [
        _step(
            f"{one.component.name} in the batch",
            "capsules with the excess × mass in one",
            f"{batch} × {one.each.text('mg', IN_FULL)}",
            one.each.times(job.batch),
        )
        for one in job.formula.others
    ]
    words = "capsules with the excess × filler in one"
    steps.append(_step("Filler in the batch", words, f"{batch} × {need.filler.text('mg', 4)}", total))
    rest = total
    if carried.value:
        words = "filler in the batch − diluent that comes with the drug"
        rest = total - carried
        steps.append(_step("Filler to add", words, f"{total.text('g', 4)} − {carried.text('g', 4)}", rest))
    more = [line for line in plan.weighings if line.key.startswith(f"{WeighingKey.FILLER}-")]
    if more:
        words = "filler to add − what the further lots give"
        numbers = f"{rest.text('g', 5)} − {' − '.join(line.text(line.target) for line in more)}"
        rest = Mass(rest.value - sum((line.target.value for line in more), Fraction(0)))
        steps.append(_step("Filler of the first lot", words, numbers, rest))
    line = next((one for one in plan.weighings if one.key == WeighingKey.FILLER), None)
    if line is not None:
        assert isinstance(line.target, Mass)
        number, unit = line.text(line.target).split(NBSP)
        words, note = "filler to weigh, rounded once to the balance", rounding_note(line.target, rest)
        steps.append(
            WorksheetStep(
                "Weigh the filler", words, f"{rest.text(line.unit, 5)}{line.nearest()}", number, unit, OWN, note
            )
        )
    return steps


def _total_steps(plan: CapsulePlan, job: Job, need: Need, source: Source) -> list[WorksheetStep]:
    net = plan.net
    start = need.powder.times(job.batch)
    if isinstance(source.route, Aliquot):
        start = source.route.take
    elif source.is_stock:
        start = need.drug.over(source.potency)
    parts = [need.powder, *(one.each for one in job.formula.others), need.filler]
    filled = " + ".join(load.weighing.text(load.weighing.target) for load in plan.loads)
    size = " + ".join(f"{load.holes} holes × {net.text('mg', 4)}" for load in plan.loads)
    size += plan.loads[0].weighing.nearest()
    words = "drug as it is + filler" if len(parts) == 2 else "drug as it is + other powders + filler"
    return [
        _step("Net mass of a capsule", words, " + ".join(one.text("mg", 4) for one in parts), net),
        _step(
            "Gross mass of a capsule",
            "net + mean empty shell",
            f"{net.text('mg', 4)} + {plan.shell_mass.text('mg')}",
            plan.gross,
        ),
        _step(
            "Whole blend",
            "capsules with the excess × net",
            f"{in_full(job.batch)} × {net.text('mg', 4)}",
            plan.blend,
        ),
        reconciling_step(plan),
        geometric_step(start, plan.blend),
        WorksheetStep("Loads of the machine", "holes × net mass of a capsule", size, filled, "", OWN),
    ]


def reconciling_step(plan: CapsulePlan) -> WorksheetStep:
    """The rounded lines added up, beside the exact blend: the difference is the rounding of the lines and nothing else."""
    before = {WeighingKey.ALIQUOT_DRUG, WeighingKey.ALIQUOT_DILUENT}
    lines = [line for line in plan.weighings if line.key not in before]
    whole = Mass(sum((line.target.value for line in lines), Fraction(0)))
    numbers = " + ".join(line.text(line.target) for line in lines)
    unit = unit_for(whole)
    note = f"against {plan.blend.text(unit, 5)} exactly: {rounding_note(whole, plan.blend)}"
    return WorksheetStep(
        "Sum of the lines",
        "all that goes into the blend, as rounded",
        numbers,
        decimal_text(whole.to(unit), 5),
        unit,
        OWN,
        note,
    )


def _step(
    name: str, words: str, numbers: str, mass: Mass, source: str = OWN, note: str = "", places: int = 4
) -> WorksheetStep:
    unit = unit_for(mass)
    return WorksheetStep(name, words, numbers, decimal_text(mass.to(unit), places), unit, source, note)
