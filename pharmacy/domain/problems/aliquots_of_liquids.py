"""Problems of small amounts by volume: the liquid aliquot, planned or checked, and what dissolves or measures at least."""

from __future__ import annotations

from pharmacy.domain.dissolving import (
    FourAmounts,
    diluent,
    diluent_step,
    dissolves,
    fourth,
    fourth_step,
    least_measurable,
    least_solvent,
    measurable_step,
    solvent_step,
)
from pharmacy.domain.errors import CannotBeMeasured, Impossible
from pharmacy.domain.lines import MeasureFacts
from pharmacy.domain.liquid_aliquot import COMBINED_LIMIT, aliquot_steps, liquid_aliquot
from pharmacy.domain.measures import CYLINDERS
from pharmacy.domain.planner import least_alone
from pharmacy.domain.problems.balance import BALANCE, read_balance
from pharmacy.domain.problems.given import Given
from pharmacy.domain.problems.kinds import Answer, Field, ProblemKind, Solution, Sort
from pharmacy.domain.quantity import NBSP, Mass, Volume, decimal_text, exact
from pharmacy.domain.second_check.dissolving import measurable_again, planned_again, solvent_again, strengths_again
from pharmacy.domain.second_check.spans import demand, demand_answers
from pharmacy.domain.tolerances import Tolerances
from pharmacy.domain.weighing import can_weigh
from pharmacy.domain.worksheet import Worksheet

GROUP = "Liquids"
MEASURES = Field(
    "measures",
    "Measures at hand",
    Sort.TABLE,
    optional=True,
    hint="Such as name: cylinder; mark: 0.2 mL; least: 2 mL; capacity: 10 mL; error: 1 %. The usual cylinders when left out.",
)
LIMIT = Field("limit", "Limit of the combined error", Sort.PERCENT, "5 %", optional=True, hint="5 % when left out.")


def read_measures(given: Given) -> tuple[MeasureFacts, ...]:
    """The measures that are named, or the usual cylinders."""
    if not given.has("measures"):
        return CYLINDERS
    found = []
    for one in given.tables("measures"):
        error = one.percent("error") if one.has("error") else CYLINDERS[0].accepted_error
        found.append(
            MeasureFacts(one.text("name"), one.volume("mark"), one.volume("least"), one.volume("capacity"), error)
        )
        one.finish()
    return tuple(found)


def _needed(given: Given) -> Mass | None:
    """The drug needed: stated, or as a strength and a volume."""
    if given.has("strength") or given.has("final_volume"):
        return Mass(given.concentration("strength").value * given.volume("final_volume").value)
    return given.mass("needed") if given.has("needed") else None


def _aliquot(given: Given) -> Solution:
    found, name = fourth(
        _needed(given),
        given.mass("weighed") if given.has("weighed") else None,
        given.volume("volume") if given.has("volume") else None,
        given.volume("take") if given.has("take") else None,
    )
    steps = [fourth_step(found, name)]
    if given.has("solubility"):
        steps.append(dissolves(found, given.concentration("solubility")))
    return Solution(Worksheet("Liquid aliquot", tuple(steps)), _answers(found), found)


def _answers(found: FourAmounts) -> dict[str, Answer]:
    return {name: getattr(found, name) for name in ("needed", "weighed", "volume", "take")}


def _aliquot_again(given: Given, solution: Solution) -> str:
    found = solution.subject
    for name in ("weighed", "volume", "take"):
        stated = (given.mass if name == "weighed" else given.volume)(name) if given.has(name) else None
        demand(stated in {None, getattr(found, name)}, f"what is given as {name}")
    strength = strengths_again(*(getattr(found, name).value for name in ("needed", "weighed", "volume", "take")))
    if given.has("strength"):
        demand(
            given.concentration("strength").value * given.volume("final_volume").value == found.needed.value, "the drug"
        )
    demand_answers(solution.answers, {name: getattr(found, name) for name in ("needed", "weighed", "volume", "take")})
    said = f"{decimal_text(strength, 4)}{NBSP}mg/mL"
    return f"The solution holds {said}: {found.take.text('mL', 4)} of it, {found.needed.text('mg', 4)}."


def _volumes(given: Given) -> Solution:
    found, name = fourth(
        given.volume("needed") if given.has("needed") else None,
        given.volume("measured") if given.has("measured") else None,
        given.volume("volume") if given.has("volume") else None,
        given.volume("take") if given.has("take") else None,
    )
    answers = {**_answers(found), "measured": found.weighed, "diluent": diluent(found)}
    del answers["weighed"]
    steps = (fourth_step(found, name), diluent_step(found))
    return Solution(Worksheet("Aliquot of a liquid ingredient", steps), answers, found)


def _volumes_again(given: Given, solution: Solution) -> str:
    found = solution.subject
    share = strengths_again(found.needed.value, found.weighed.value, found.volume.value, found.take.value)
    rest = solution.answers["diluent"]
    assert isinstance(rest, Volume)
    demand(rest + found.weighed == found.volume, "the diluent")
    told = {"needed": found.needed, "measured": found.weighed, "volume": found.volume, "take": found.take}
    for name, amount in told.items():
        demand(not given.has(name) or given.volume(name) == amount, f"what is given as {name}")
    demand_answers(solution.answers, {**told, "diluent": rest})
    return f"{decimal_text(share * 100, 3)}{NBSP}% of the mixture is the ingredient, and so it is of what is taken."


def _plan(given: Given) -> Solution:
    need, balance, measures = given.mass("needed"), read_balance(given), read_measures(given)
    solubility, room = given.concentration("solubility"), given.volume("room")
    limit = Tolerances(combined=given.percent("limit")).combined if given.has("limit") else COMBINED_LIMIT
    if can_weigh(need, balance, least_alone(balance, limit)):
        raise Impossible(f"{need.text('mg')} can be weighed directly on this balance; no aliquot is needed.", "needed")
    route = liquid_aliquot(need, balance, measures, solubility=solubility, room=room, limit_percent=limit)
    if route is None:
        raise CannotBeMeasured(
            f"No aliquot of {need.text('mg')} within {decimal_text(limit)} % can be weighed and measured: use a finer "
            "balance or other measures, or make more.",
            "needed",
        )
    steps = aliquot_steps(need, route, balance, measures, solubility, limit)
    answers: dict[str, Answer] = {"weigh": route.weigh, "volume": route.volume, "take": route.take}
    return Solution(Worksheet("Liquid aliquot planned", steps), answers, (balance, measures, route))


def _plan_again(given: Given, solution: Solution) -> str:
    balance, measures, route = solution.subject
    limit = exact(given.percent("limit")) if given.has("limit") else exact(COMBINED_LIMIT)
    planned_again(given.mass("needed"), route, balance, measures, given.concentration("solubility"), limit)
    demand(route.take <= given.volume("room"), "the room")
    demand_answers(solution.answers, {"weigh": route.weigh, "volume": route.volume, "take": route.take})
    waste = route.weigh - route.carried
    return f"{route.carried.text('mg', 4)} of {route.weigh.text('mg')} go in; {waste.text('mg', 1)} are wasted."


def _solvent(given: Given) -> Solution:
    mass, solubility = given.mass("mass"), given.concentration("solubility")
    volume = least_solvent(mass, solubility)
    return Solution(Worksheet("Least volume that dissolves", (solvent_step(mass, solubility),)), {"volume": volume})


def _solvent_again(given: Given, solution: Solution) -> str:
    volume = solution.answers["volume"]
    assert isinstance(volume, Volume)
    solvent_again(given.mass("mass"), given.concentration("solubility"), volume)
    return f"{volume.text('mL', 4)} at {given.concentration('solubility').text('mg/mL')} hold {given.mass('mass').text('mg')}."


def _measurable(given: Given) -> Solution:
    capacity, share = given.volume("capacity"), exact(given.percent("share"))
    least = least_measurable(capacity, share)
    return Solution(Worksheet("Least measurable volume", (measurable_step(capacity, share),)), {"least": least})


def _measurable_again(given: Given, solution: Solution) -> str:
    least = solution.answers["least"]
    assert isinstance(least, Volume)
    measurable_again(given.volume("capacity"), exact(given.percent("share")), least)
    return f"{given.volume('capacity').ratio(least)!s} times that volume fill the measure."


_EMPTY = "Give three of the four, and leave the one that is wanted empty."
KINDS = (
    ProblemKind(
        "liquid-aliquot",
        "Liquid aliquot: the fourth amount",
        GROUP,
        (
            Field("needed", "Drug needed", Sort.MASS, "20 mg", optional=True, hint=_EMPTY, not_with="strength"),
            Field("strength", "or strength", Sort.CONCENTRATION, "", optional=True),
            Field("final_volume", "and volume of it", Sort.VOLUME, "", optional=True),
            Field("weighed", "Drug weighed", Sort.MASS, "120 mg", optional=True),
            Field("volume", "Dissolved and brought to", Sort.VOLUME, "30 mL", optional=True),
            Field("take", "Taken of the solution", Sort.VOLUME, "", optional=True),
            Field("solubility", "What dissolves", Sort.CONCENTRATION, "65 mg/mL", optional=True),
        ),
        _aliquot,
        _aliquot_again,
        bench=True,
    ),
    ProblemKind(
        "liquid-aliquot-plan",
        "Liquid aliquot: planned for a balance",
        GROUP,
        (
            Field("needed", "Drug needed", Sort.MASS, "20 mg"),
            Field("solubility", "What dissolves", Sort.CONCENTRATION, "65 mg/mL"),
            Field("room", "Room for it in the liquid", Sort.VOLUME, "25 mL"),
            *BALANCE,
            Field("capacity", "Capacity of the balance", Sort.MASS, "120 g", optional=True),
            LIMIT,
            MEASURES,
        ),
        _plan,
        _plan_again,
    ),
    ProblemKind(
        "volume-aliquot",
        "Aliquot of a liquid ingredient",
        GROUP,
        (
            Field("needed", "Liquid needed", Sort.VOLUME, "0.5 mL", optional=True, hint=_EMPTY),
            Field("measured", "Liquid measured", Sort.VOLUME, "2 mL", optional=True),
            Field("volume", "Brought to", Sort.VOLUME, "", optional=True),
            Field("take", "Taken of the mixture", Sort.VOLUME, "2 mL", optional=True),
        ),
        _volumes,
        _volumes_again,
        bench=True,
    ),
    ProblemKind(
        "least-solvent",
        "Least volume that dissolves",
        GROUP,
        (
            Field("mass", "Mass to dissolve", Sort.MASS, "200 mg"),
            Field("solubility", "Solubility", Sort.CONCENTRATION, "65 mg/mL"),
        ),
        _solvent,
        _solvent_again,
        bench=True,
    ),
    ProblemKind(
        "least-measurable",
        "Least measurable volume",
        GROUP,
        (
            Field("capacity", "Capacity of the measure", Sort.VOLUME, "10 mL"),
            Field("share", "Least share of it", Sort.PERCENT, "20 %"),
        ),
        _measurable,
        _measurable_again,
        bench=True,
    ),
)
