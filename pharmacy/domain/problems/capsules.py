"""Problems of capsules and triturations: what fills a shell, which shell, and whole batches with their weighings."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from pharmacy.domain.balance import minimum_weighable, uncertainty
from pharmacy.domain.beyond_use import BeyondUseClass
from pharmacy.domain.bounds import IN_A_SHELL, PACKED, check_bound
from pharmacy.domain.capsules import prepare_capsules
from pharmacy.domain.errors import Impossible
from pharmacy.domain.formula import (
    CapsuleFormula,
    Component,
    Particulars,
    Powder,
    QualityCheck,
    Role,
    TriturationFormula,
)
from pharmacy.domain.packing import filler_each, packing_of, packing_steps
from pharmacy.domain.plan import CapsulePlan, LotFacts, LotPart, TriturationPlan, all_weighings
from pharmacy.domain.problems.balance import BALANCE, read_balance
from pharmacy.domain.problems.given import Given
from pharmacy.domain.problems.kinds import Answer, Field, ProblemKind, Solution, Sort
from pharmacy.domain.problems.potency import (
    BARE_CERTIFICATE,
    CERTIFICATE,
    SUBSTANCE,
    read_assay_error,
    read_certificate,
    read_substance,
)
from pharmacy.domain.problems.stock import STOCK, read_stock
from pharmacy.domain.quantity import Mass, Volume, decimal_text, exact
from pharmacy.domain.second_check import recheck
from pharmacy.domain.second_check.potency import fraction_again
from pharmacy.domain.second_check.spans import demand, demand_answers
from pharmacy.domain.second_check.weighing import fill_again, lots_again
from pharmacy.domain.shells import CHART_SOURCE, NAMES, SIZES, by_chart, check_capacity, check_empty, suggest
from pharmacy.domain.soundness import check_amounts
from pharmacy.domain.strength import DRUG as NALTREXONE
from pharmacy.domain.tolerances import Tolerances
from pharmacy.domain.triturations import prepare_trituration
from pharmacy.domain.worksheet import OWN, Worksheet, WorksheetStep

ON = date(2000, 1, 1)  # a problem has no day: no lot in it ends, and no calibration
DRUG = Component("drug", "drug", Role.DRUG)
FILLER = Component("filler", "filler", Role.FILLER)
SHELL = Component("shell", "shell", Role.SHELL)
NO_EXCESS = Decimal(0)
GROSS = "Gross mass of a capsule"
_OF_A_PROBLEM = Particulars(
    "any",
    "any",
    "any",
    BeyondUseClass.NONAQUEOUS,
    "none: a problem, not a formula",
    ("Weigh.",),
    (),
    (QualityCheck("Appearance", "even"),),
    (),
)

SHELL_FIELDS = (
    Field("drug_full", "Drug that alone fills the shell, or its density", Sort.FILL, "160 mg"),
    Field("filler_full", "Filler that alone fills the shell, or its density", Sort.FILL, "130 mg"),
    Field("size", "Shell size", Sort.CHOICE, "3", choices=NAMES),
    Field("capacity", "Capacity of the shell", Sort.VOLUME, "", optional=True, hint="The chart’s when left out."),
    Field("shell_mass", "Empty shell", Sort.MASS, "48 mg", optional=True, hint="The chart’s when left out."),
    Field("other", "A further powder in one capsule", Sort.MASS, "", optional=True),
    Field("other_full", "What of it alone fills the shell, or its density", Sort.FILL, "", optional=True),
)
MORE_BALANCE = (
    *BALANCE,
    Field("capacity_of_balance", "Capacity of the balance", Sort.MASS, "120 g", optional=True),
    Field("limit", "Limit of the combined error", Sort.PERCENT, "5 %", optional=True, hint="5 % when left out."),
    Field("assay_error", "Uncertainty of the assay", Sort.PERCENT, "1 %", optional=True, hint="1 % when left out."),
)


def _formula(given: Given, strength: Mass) -> CapsuleFormula:
    if strength.value <= 0:
        raise Impossible("The drug in one capsule must be above 0.", "strength")
    others: tuple[Powder, ...] = ()
    if given.has("other") or given.has("other_full"):
        others = (
            Powder(Component("other", "further powder", Role.EXCIPIENT), given.mass("other"), given.fill("other_full")),
        )
    size = given.text("size")
    if size not in NAMES:
        raise Impossible(f"{size[:20]} is no capsule size; there are {', '.join(NAMES)}.", "size")
    for name in ("drug_full", "filler_full"):
        if given.fill(name).value <= 0:
            raise Impossible("What fills the shell must be above 0.", name)
    if given.has("capacity"):
        check_capacity(size, given.volume("capacity"))
    if given.has("shell_mass"):
        check_empty(size, given.mass("shell_mass"), "shell_mass")
    formula = CapsuleFormula(
        "problem",
        strength,
        DRUG,
        FILLER,
        SHELL,
        size,
        given.fill("filler_full"),
        given.fill("drug_full"),
        given.mass("shell_mass") if given.has("shell_mass") else by_chart(size).mass,
        _OF_A_PROBLEM,
        others,
        given.volume("capacity") if given.has("capacity") else None,
        _substance(given),
    )
    check_amounts(formula)
    return formula


def _substance(given: Given) -> str:
    found = read_substance(given)
    return found.name if found else NALTREXONE


def _fill(given: Given) -> Solution:
    powder = given.mass("drug")
    formula = _formula(given, powder)
    packing = packing_of(formula, None)
    filler = filler_each(formula, packing, powder)
    net = Mass(powder.value + filler.value + sum((one.each.value for one in formula.others), Fraction(0)))
    steps = (
        *packing_steps(formula, packing, powder),
        WorksheetStep(
            "Net mass of a capsule",
            "drug + further powders + filler" if formula.others else "drug + filler",
            " + ".join(one.text("mg", 4) for one in (powder, *(other.each for other in formula.others), filler)),
            decimal_text(net.value, 4),
            "mg",
            OWN,
        ),
    )
    return Solution(Worksheet("What fills the shell", steps), {"filler": filler, "net": net}, formula)


def _fill_again(given: Given, solution: Solution) -> str:
    formula, filler = solution.subject, solution.answers["filler"]
    assert isinstance(filler, Mass)
    parts = [(given.mass("drug"), formula.drug_full), (filler, formula.filler_full)]
    parts += [(one.each, one.full) for one in formula.others]
    capacity = packing_of(formula, None).capacity
    fill_again(parts, capacity)
    demand(solution.answers["net"] == Mass(sum((mass.value for mass, _ in parts), Fraction(0))), "the net mass")
    return f"The shares of {len(parts)} powders are the whole shell, none over and none missing."


def _size(given: Given) -> Solution:
    mass, density = given.mass("powder"), given.density("density")
    if mass.value <= 0:
        raise Impossible("The powder must be above 0.", "powder")
    if density.value <= 0:
        raise Impossible("The density must be above 0 g/mL.", "density")
    check_bound(mass, IN_A_SHELL, "powder")
    check_bound(density, PACKED, "density")
    volume = density.volume_of(mass)
    size = suggest(volume)
    steps = (
        WorksheetStep(
            "Volume of the powder",
            "mass ÷ density",
            f"{mass.text('mg', 4)} ÷ {density.text('g/mL', 4)}",
            decimal_text(volume.value, 4),
            "mL",
            OWN,
        ),
        WorksheetStep(
            "Smallest shell that holds it",
            "the smallest capacity, by both charts, that is not less",
            f"{volume.text('mL', 4)} ≤ {size.least_capacity.text('mL')}",
            size.name,
            "",
            CHART_SOURCE,
            "measure the shells of your own lot: charts differ by up to a tenth",
        ),
    )
    return Solution(Worksheet("Which shell", steps), {"volume": volume, "size": size.name})


def _size_again(given: Given, solution: Solution) -> str:
    volume = solution.answers["volume"]
    assert isinstance(volume, Volume)
    mass = given.density("density").value * volume.value * 1000
    demand(mass == given.mass("powder").value, "the volume")
    holding = [one for one in SIZES if one.capacity >= volume and one.other_capacity >= volume]
    smallest = min(holding, key=lambda one: one.least_capacity.value)
    demand_answers(solution.answers, {"volume": volume, "size": smallest.name})
    return f"{volume.text('mL', 4)} × {given.density('density').text('g/mL', 4)} = {Mass(mass).text('mg', 4)}."


def _tolerances(given: Given) -> Tolerances:
    return Tolerances(
        combined=given.percent("limit") if given.has("limit") else Decimal(5),
        assay=read_assay_error(given),
    )


def _stock(given: Given, limit: Decimal | None = None) -> LotFacts | None:
    stock = read_stock(given, limit)
    if stock is None:
        return None
    error = given.percent("trituration_error") if given.has("trituration_error") else None
    return LotFacts(
        "stock", "stock", "stock trituration", None, None, stock.fraction, FILLER.code, fraction_error=error
    )


def _drug_lots(given: Given) -> tuple[LotFacts, tuple[LotPart, ...]]:
    """The lot that gives the rest, and the parts of further lots, each with its own certificate (``more_lots``)."""
    main = LotFacts("1", DRUG.code, DRUG.name, None, read_certificate(given))
    parts = []
    if given.has("more_lots"):
        for number, one in enumerate(given.tables("more_lots"), start=2):
            lot = LotFacts(str(number), DRUG.code, DRUG.name, None, read_certificate(one))
            parts.append(LotPart(lot, one.mass("mass")))
            one.finish()
    return main, tuple(parts)


def _capsules(given: Given) -> Solution:
    formula, tolerances = _formula(given, given.mass("strength")), _tolerances(given)
    drug, parts = _drug_lots(given)
    others = tuple(LotFacts("o", one.component.code, one.component.name, None) for one in formula.others)
    plan = prepare_capsules(
        formula,
        count=given.count("count"),
        excess_percent=given.percent("excess") if given.has("excess") else NO_EXCESS,
        drug=drug,
        filler=LotFacts("f", FILLER.code, FILLER.name, None),
        shell=LotFacts("s", SHELL.code, SHELL.name, None),
        balance=read_balance(given, "capacity_of_balance"),
        on=ON,
        others=others,
        parts=parts,
        trituration=_stock(given, tolerances.combined),
        machine_holes=given.count("holes") if given.has("holes") else 100,
        tolerances=tolerances,
    )
    each = plan.net - Mass(sum((one.each.value for one in formula.others), Fraction(0)))
    answers: dict[str, Answer] = {
        "drug": plan.drug,
        "net": plan.net,
        "blend": plan.blend,
        "holes": ", ".join(str(load.holes) for load in plan.loads),
        "powders": each,
        **_weighed(plan),
    }
    if given.has("shell_mass"):
        answers["gross"] = plan.gross
    else:
        plan = replace(plan, worksheet=_by_the_chart(plan))
    return Solution(plan.worksheet, answers, plan)


def _by_the_chart(plan: CapsulePlan) -> Worksheet:
    """The worksheet, saying at the gross mass that no shell was weighed."""
    note = f"empty size {plan.formula.shell_size} shell by the chart: weigh ten of your own lot"
    steps = (replace(one, source=CHART_SOURCE, note=note) if one.name == GROSS else one for one in plan.worksheet.steps)
    return replace(plan.worksheet, steps=tuple(steps))


def _weighed(plan: CapsulePlan | TriturationPlan) -> dict[str, Answer]:
    return {f"weigh-{line.key}": line.target for line in all_weighings(plan)}


def _capsules_again(given: Given, solution: Solution) -> str:
    plan: CapsulePlan = solution.subject
    strength, count = given.mass("strength").value, given.count("count")
    excess = exact(given.percent("excess")) if given.has("excess") else Fraction(0)
    demand(plan.formula.strength.value == strength, "the strength that is given")
    shell = [one.mass for one in SIZES if one.name == given.text("size")]
    if given.has("shell_mass"):
        shell = [given.mass("shell_mass")]
    demand([plan.shell_mass] == shell, "the empty shell")
    demand((plan.count, Fraction(plan.excess)) == (count, excess), "the capsules that are given")
    said = recheck(plan)
    _lots_again(given, plan)
    rest = sum((one.each.value for one in plan.formula.others), Fraction(0))
    again: dict[str, Answer] = {
        "drug": Mass(strength * count * (100 + excess) / 100),
        "net": plan.net,
        "blend": Mass(plan.net.value * count * (100 + excess) / 100),
        "holes": ", ".join(str(load.holes) for load in plan.loads),
        "powders": Mass(plan.net.value - rest),
        **{f"weigh-{line.key}": line.target for line in all_weighings(plan)},
    }
    if given.has("shell_mass"):
        again["gross"] = Mass(plan.net.value + given.mass("shell_mass").value)
    demand_answers(solution.answers, again)
    return said


def _lots_again(given: Given, plan: CapsulePlan) -> None:
    """Several lots of drug: each weighing, and all of them together, within what this balance may be off."""
    strengths = {use.lot.number: use.lot for use in plan.lots if use.lot.component == DRUG.code}
    drawn = [line for line in plan.weighings if line.component == DRUG.code and line.lot in strengths]
    if len(drawn) < 2 or not given.has("more_lots"):
        return
    balance = read_balance(given, "capacity_of_balance")
    lots = [(Mass(exact(line.target.value)), fraction_again(strengths[line.lot])) for line in drawn]
    # Rounded targets may be half a step less than what the limit was compared with.
    half = max(balance.readability.value / 2 / mass.value for mass, _ in lots)
    limit = exact(_tolerances(given).combined) * (1 + half)
    lots_again(lots, uncertainty(balance), minimum_weighable(balance), limit)


def _trituration_again(given: Given, solution: Solution) -> str:
    plan: TriturationPlan = solution.subject
    demand(plan.total == given.mass("total"), "the amount that is given")
    said = recheck(plan)
    drug = Mass(given.mass("total").value / given.count("parts"))
    lines = {f"weigh-{line.key}": line.target for line in all_weighings(plan)}
    demand_answers(solution.answers, {"drug": drug, **lines})
    return said


def _trituration(given: Given) -> Solution:
    formula = TriturationFormula("problem", given.count("parts"), DRUG, FILLER, _OF_A_PROBLEM, _substance(given))
    stock = _stock(given)
    drug = stock or LotFacts("1", DRUG.code, DRUG.name, None, read_certificate(given))
    plan = prepare_trituration(
        formula,
        total=given.mass("total"),
        drug=drug,
        diluent=LotFacts("f", FILLER.code, FILLER.name, None),
        balance=read_balance(given, "capacity_of_balance"),
        on=ON,
        tolerances=_tolerances(given),
    )
    return Solution(plan.worksheet, {"drug": plan.drug, **_weighed(plan)}, plan)


KINDS = (
    ProblemKind(
        "capsule-fill",
        "What fills the shell",
        "Capsules",
        (Field("drug", "Drug powder in one capsule, as it is", Sort.MASS, "4.985 mg"), *SHELL_FIELDS),
        _fill,
        _fill_again,
        bench=True,
    ),
    ProblemKind(
        "shell-size",
        "Which shell",
        "Capsules",
        (
            Field("powder", "All powder of one capsule", Sort.MASS, "350 mg"),
            Field("density", "Its packed density", Sort.DENSITY, "0.75 g/mL"),
        ),
        _size,
        _size_again,
        bench=True,
    ),
    ProblemKind(
        "capsules",
        "A batch of capsules",
        "Capsules",
        (
            Field("strength", "Strength of one capsule", Sort.MASS, "4.5 mg"),
            Field("count", "Capsules", Sort.COUNT, "100"),
            Field("excess", "Process excess", Sort.PERCENT, "5 %", optional=True),
            *CERTIFICATE,
            *STOCK,
            Field(
                "more_lots",
                "Parts of further lots",
                Sort.TABLE,
                "",
                optional=True,
                hint="Such as mass: 200 mg; assay: 99.2 %; basis: anhydrous; water: 8.9 %.",
            ),
            *SHELL_FIELDS,
            Field("holes", "Holes of the machine", Sort.COUNT, "100", optional=True),
            *MORE_BALANCE,
        ),
        _capsules,
        _capsules_again,
        bench=True,
    ),
    ProblemKind(
        "trituration",
        "A stock trituration",
        "Capsules",
        (
            Field("parts", "1 part of drug in so many", Sort.COUNT, "10"),
            Field("total", "How much of it", Sort.MASS, "10 g"),
            *(replace(one, not_with="trituration") for one in BARE_CERTIFICATE),
            *SUBSTANCE,
            *STOCK,
            *MORE_BALANCE,
        ),
        _trituration,
        _trituration_again,
        bench=True,
    ),
)
