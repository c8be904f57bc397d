"""Problems of weighing little: the plan for a balance, an aliquot by hand, geometric dilution."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from pharmacy.domain.aliquots import COMBINED
from pharmacy.domain.balance import minimum_weighable
from pharmacy.domain.errors import Impossible
from pharmacy.domain.planner import plan_weighing
from pharmacy.domain.problems.balance import BALANCE, read_balance
from pharmacy.domain.problems.given import Given
from pharmacy.domain.problems.kinds import Answer, Field, ProblemKind, Solution, Sort
from pharmacy.domain.problems.stock import STOCK, read_stock
from pharmacy.domain.quantity import Mass, decimal_text, exact
from pharmacy.domain.routes import Aliquot, Direct, FromTrituration, Route
from pharmacy.domain.second_check.spans import demand, demand_answers
from pharmacy.domain.second_check.weighing import aliquot_again, geometric_again, route_again
from pharmacy.domain.tolerances import Tolerances
from pharmacy.domain.triturations import geometric_dilution, geometric_step
from pharmacy.domain.weighing_steps import weighing_step
from pharmacy.domain.worksheet import OWN, Worksheet, WorksheetStep

AMPLE = Mass.of(1, "kg")
WHOLE = Decimal(100)
ALIQUOT = "Aliquot method: diluent = drug weighed × part taken ÷ drug needed − drug weighed; own arithmetic"


def _plan(given: Given) -> Solution:
    balance, need = read_balance(given), given.mass("need")
    potency = exact(given.percent("potency") if given.has("potency") else WHOLE) / 100
    room = given.mass("room") if given.has("room") else AMPLE
    limit = Tolerances(combined=given.percent("limit")).combined if given.has("limit") else COMBINED
    stock = read_stock(given, limit)
    if not 0 < potency <= Fraction(11, 10):
        raise Impossible("The potency must be above 0 and at most 110 %.", "potency")
    route = plan_weighing(need, potency, balance, diluent_room=room, trituration=stock, limit_percent=limit)
    weighed = need
    if stock is not None and not isinstance(route, Direct) and _fraction(route) is not None:
        weighed = need.times(potency).over(stock.fraction)
    steps = weighing_step(weighed, route, balance, limit, stock.error if stock else 0)
    return Solution(Worksheet("How a little drug is weighed", steps), _told(route), route)


def _fraction(route: Route) -> Fraction | None:
    return route.fraction if isinstance(route, FromTrituration) else getattr(route, "stock", None)


def _told(route: Route) -> dict[str, Answer]:
    if isinstance(route, Aliquot):
        way = "aliquot" if route.stock is None else "aliquot of the trituration"
        return {"way": way, "weigh": route.weigh, "diluent": route.diluent, "total": route.total, "take": route.take}
    return {"way": "directly" if isinstance(route, Direct) else "trituration", "weigh": route.target}


def _plan_again(given: Given, solution: Solution) -> str:
    balance, need, route = read_balance(given), given.mass("need"), solution.subject
    potency = exact(given.percent("potency") if given.has("potency") else WHOLE) / 100
    fraction = _fraction(route)
    demand(fraction is None or fraction == given.ratio("trituration"), "the drug in the trituration")
    smallest = min(route.weigh, route.diluent, route.take) if isinstance(route, Aliquot) else route.target
    drug = route_again(
        need, potency, route, balance.readability, minimum_weighable(balance), balance.readability.ratio(smallest)
    )
    demand_answers(solution.answers, _told_again(route))
    return f"What is weighed brings {drug.text('mg', 4)} of the {need.times(potency).text('mg', 4)} of drug that are needed."


def _told_again(route: Route) -> dict[str, object]:
    if isinstance(route, Aliquot):
        of_stock = " of the trituration" if route.stock is not None else ""
        told: dict[str, object] = {"way": f"aliquot{of_stock}", "total": route.weigh + route.diluent}
        return told | {"weigh": route.weigh, "diluent": route.diluent, "take": route.take}
    return {"way": "trituration" if isinstance(route, FromTrituration) else "directly", "weigh": route.target}


def _aliquot(given: Given) -> Solution:
    need, weighed, taken = given.mass("need"), given.mass("weigh"), given.mass("take")
    least = given.mass("minimum") if given.has("minimum") else None
    for name, mass in (("need", need), ("weigh", weighed), ("take", taken)):
        if mass.value <= 0:
            raise Impossible("The mass must be above 0.", name)
        if least is not None and name != "need" and mass < least:
            raise Impossible(f"{mass.text('mg')} is below {least.text('mg')}, the least that can be weighed.", name)
    if weighed < need:
        raise Impossible("Weigh at least as much drug as is needed.", "weigh")
    if taken < need:
        raise Impossible(f"{taken.text('mg')} cannot hold {need.text('mg')} of drug: take at least that.", "take")
    total = weighed.times(taken.ratio(need))
    diluent = total - weighed
    if least is not None and 0 < diluent.value < least.value:
        raise Impossible(
            f"The diluent would be {diluent.text('mg', 4)}, below {least.text('mg')}, the least that can be weighed: take "
            "more of the mixture, or weigh more drug.",
            "take",
        )
    numbers = f"{weighed.text('mg', 4)} × {taken.text('mg', 4)} ÷ {need.text('mg', 4)}"
    steps = (
        WorksheetStep(
            "Mixture", "drug weighed × part taken ÷ drug needed", numbers, decimal_text(total.value, 4), "mg", ALIQUOT
        ),
        WorksheetStep(
            "Diluent",
            "mixture − drug weighed",
            f"{total.text('mg', 4)} − {weighed.text('mg', 4)}",
            decimal_text(diluent.value, 4),
            "mg",
            OWN,
        ),
    )
    return Solution(Worksheet("Aliquot by hand", steps), {"total": total, "diluent": diluent})


def _aliquot_again(given: Given, solution: Solution) -> str:
    need, weighed, taken = given.mass("need"), given.mass("weigh"), given.mass("take")
    total, diluent = solution.answers["total"], solution.answers["diluent"]
    assert isinstance(diluent, Mass)
    assert isinstance(total, Mass)
    aliquot_again(need, weighed, taken, diluent, given.mass("minimum") if given.has("minimum") else None)
    demand(total - diluent == weighed, "the mixture")
    parts = decimal_text(weighed.ratio(need), 4)
    return (
        f"{taken.text('mg', 4)} is 1 part in {parts} of {total.text('mg', 4)} and holds {need.text('mg', 4)} of drug."
    )


def _geometric(given: Given) -> Solution:
    drug, diluent = given.mass("drug"), given.mass("diluent")
    if diluent.value <= 0:
        raise Impossible("The diluent must be above 0.", "diluent")
    total = drug + diluent
    additions = geometric_dilution(drug, total)
    answers: dict[str, Answer] = {"additions": len(additions), "last": additions[-1], "total": total}
    return Solution(Worksheet("Geometric dilution", (geometric_step(drug, total),)), answers, additions)


def _geometric_again(given: Given, solution: Solution) -> str:
    drug, total = given.mass("drug"), solution.answers["total"]
    assert isinstance(total, Mass)
    additions = solution.subject
    geometric_again(drug, total, additions)
    told = {"additions": len(additions), "last": additions[-1], "total": drug + given.mass("diluent")}
    demand_answers(solution.answers, told)
    return f"Taken off again one by one, the additions leave {drug.text('g', 4)} of drug from {total.text('g', 4)}."


KINDS = (
    ProblemKind(
        "weighing-plan",
        "Can this balance weigh it?",
        "Weighing",
        (
            Field("need", "Drug powder needed, as it is", Sort.MASS, "16.62 mg"),
            Field("potency", "Its potency", Sort.PERCENT, "90.272 %", optional=True, hint="100 % when left out."),
            *BALANCE,
            Field("capacity", "Capacity", Sort.MASS, "120 g", optional=True),
            Field("name", "Name of the balance", Sort.TEXT, "", optional=True),
            Field("room", "Filler that the batch takes anyway", Sort.MASS, "3.9 g", optional=True),
            *STOCK,
            Field(
                "limit", "Limit of the combined error", Sort.PERCENT, "5 %", optional=True, hint="5 % when left out."
            ),
        ),
        _plan,
        _plan_again,
        bench=True,
    ),
    ProblemKind(
        "aliquot",
        "Aliquot by hand",
        "Weighing",
        (
            Field("need", "Drug needed", Sort.MASS, "15 mg"),
            Field("weigh", "Drug weighed", Sort.MASS, "150 mg"),
            Field("take", "Part of the mixture that is taken", Sort.MASS, "150 mg"),
            Field("minimum", "Least that can be weighed", Sort.MASS, "120 mg", optional=True),
        ),
        _aliquot,
        _aliquot_again,
        bench=True,
    ),
    ProblemKind(
        "geometric-dilution",
        "Geometric dilution",
        "Weighing",
        (
            Field("drug", "Drug to begin with", Sort.MASS, "1 g"),
            Field("diluent", "Diluent in all", Sort.MASS, "15 g"),
        ),
        _geometric,
        _geometric_again,
        bench=True,
    ),
)
