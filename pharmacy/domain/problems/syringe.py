"""Problems of liquid doses: the oral syringe that measures them, and a changed concentration."""

from __future__ import annotations

from fractions import Fraction

from pharmacy.domain.plain import exact_text
from pharmacy.domain.problems.given import BadGiven, Given
from pharmacy.domain.problems.kinds import Answer, Field, ProblemKind, Solution, Sort
from pharmacy.domain.problems.taking import read_each
from pharmacy.domain.quantity import Concentration, Mass, Volume, decimal_text, parse_amount
from pharmacy.domain.second_check.spans import demand, demand_answers
from pharmacy.domain.second_check.titration import demand_measured
from pharmacy.domain.syringes import SYRINGES, SyringeFacts, choose, dose_volume, syringe_steps
from pharmacy.domain.worksheet import OWN, Worksheet, WorksheetStep

GROUP = "Directions and supply"


def _above_0(name: str, value: Fraction) -> None:
    if value <= 0:
        raise BadGiven(f"{name}: It must be above 0.", name)


def _doses(given: Given) -> tuple[tuple[Mass, ...], Concentration]:
    doses, concentration = given.masses("doses"), given.concentration("concentration")
    if not doses or any(one.value <= 0 for one in doses):
        raise BadGiven("doses: Each dose must be above 0.", "doses")
    _above_0("concentration", concentration.value)
    return doses, concentration


def _read_syringe(given: Given) -> tuple[SyringeFacts, ...]:
    """The pharmacy's own syringes where they are given; the usual ones else."""
    if not given.has("syringes"):
        return SYRINGES
    found = []
    for one in given.tables("syringes"):
        capacity, mark, least = one.volume("capacity"), one.volume("graduation"), one.volume("least")
        try:
            found.append(SyringeFacts(f"{capacity.text('mL')} oral syringe", capacity, mark, least, "as given"))
        except ValueError as why:
            raise BadGiven(f"syringes: {why}", "syringes") from why
        one.finish()
    return tuple(found)


def _syringe(given: Given) -> Solution:
    doses, concentration = _doses(given)
    made = read_each(given, "made", lambda text: parse_amount(Concentration, text)) if given.has("made") else ()
    if any(one.value <= 0 for one in made):
        raise BadGiven("made: Each concentration must be above 0.", "made")
    chosen = choose(doses, concentration, made, _read_syringe(given), "doses")
    volumes = [dose_volume(one, concentration) for one in doses]
    answers: dict[str, Answer] = {
        "volumes": ", ".join(f"{exact_text(one.value)} mL" for one in volumes),
        "capacity": chosen.capacity,
        "graduation": chosen.graduation,
    }
    worksheet = Worksheet("Oral syringe", syringe_steps(doses, concentration, chosen))
    return Solution(worksheet, answers, (chosen, volumes))


def _syringe_again(given: Given, solution: Solution) -> str:
    doses, concentration = _doses(given)
    chosen, volumes = solution.subject
    for dose, volume in zip(doses, volumes, strict=True):
        demand(volume.value * concentration.value == dose.value, "the drug in the volume")
    again: dict[str, object] = {"capacity": chosen.capacity, "graduation": chosen.graduation}
    again["volumes"] = ", ".join(f"{exact_text(dose.value / concentration.value)} mL" for dose in doses)
    demand_answers(solution.answers, again)
    demand_measured([one.value for one in volumes], chosen.least.value, chosen.capacity.value, chosen.graduation.value)
    said = " and ".join(f"{one.text('mL', 6)} is {int(one.value / chosen.graduation.value)} marks" for one in volumes)
    return f"In a {chosen.name} {said}."


def _change_of(given: Given) -> tuple[Concentration, Concentration, Volume]:
    was, now, volume = given.concentration("was"), given.concentration("now"), given.volume("volume")
    for name, value in (("was", was.value), ("now", now.value), ("volume", volume.value)):
        _above_0(name, value)
    return was, now, volume


def _change(given: Given) -> Solution:
    was, now, volume = _change_of(given)
    new, times = volume.times(was.ratio(now)), now.ratio(was)
    dose, wrong = Mass(volume.value * was.value), Mass(volume.value * now.value)
    steps = (
        WorksheetStep("Dose", "old volume × old concentration", f"{volume.text('mL', 6)} × {was.text('mg/mL', 6)}",
                      decimal_text(dose.value, 6), "mg", OWN),
        WorksheetStep("New volume", "dose ÷ new concentration",
                      f"{dose.text('mg', 6)} ÷ {now.text('mg/mL', 6)}",
                      decimal_text(new.value, 4), "mL", OWN),
        WorksheetStep("The trap", "old volume × new concentration", f"{volume.text('mL', 6)} × {now.text('mg/mL', 6)}",
                      decimal_text(wrong.value, 6), "mg", OWN, f"{decimal_text(times, 4)} times the dose"),
    )  # fmt: skip
    answers: dict[str, Answer] = {"volume": new, "dose": dose, "wrong_dose": wrong, "times": times}
    return Solution(Worksheet("Change of concentration", steps), answers)


def _change_again(given: Given, solution: Solution) -> str:
    was, now, volume = _change_of(given)
    new, wrong = solution.answers["volume"], solution.answers["wrong_dose"]
    assert isinstance(new, Volume)
    assert isinstance(wrong, Mass)
    demand(new.value * now.value == volume.value * was.value, "the dose before and after")
    demand(solution.answers["dose"] == Mass(new.value * now.value), "the dose")
    demand(wrong.value / now.value == volume.value, "the dose of the old volume")
    demand(solution.answers["times"] == wrong.value / (new.value * now.value), "how many times the dose")
    return f"{new.text('mL', 4)} of the new liquid hold what {volume.text('mL', 6)} of the old one held."


KINDS = (
    ProblemKind(
        "syringe",
        "Oral syringe for a dose",
        GROUP,
        (
            Field("doses", "Doses", Sort.LIST, "0.5 mg\n4.5 mg"),
            Field("concentration", "Concentration", Sort.CONCENTRATION, "5 mg/mL"),
            Field("made", "Concentrations made here", Sort.LIST, "1 mg/mL\n5 mg/mL", optional=True),
            Field(
                "syringes",
                "Syringes at hand",
                Sort.TABLE,
                optional=True,
                hint="Such as capacity: 5 mL; graduation: 0.2 mL; least: 0.5 mL. The usual ones when left out.",
            ),
        ),
        _syringe,
        _syringe_again,
        bench=True,
    ),
    ProblemKind(
        "concentration-change",
        "Change of concentration",
        GROUP,
        (
            Field("was", "Concentration before", Sort.CONCENTRATION, "1 mg/mL"),
            Field("now", "Concentration now", Sort.CONCENTRATION, "5 mg/mL"),
            Field("volume", "Volume taken before", Sort.VOLUME, "4.5 mL"),
        ),
        _change,
        _change_again,
        bench=True,
    ),
)
