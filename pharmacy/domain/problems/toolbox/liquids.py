"""Problems of mass and volume: density, reconstitution, and the volume of a dose."""

from __future__ import annotations

from pharmacy.domain.amounts import amount_text, parse_mass, parse_volume
from pharmacy.domain.errors import Impossible
from pharmacy.domain.problems.given import Given
from pharmacy.domain.problems.kinds import Field, ProblemKind, Solution, Sort
from pharmacy.domain.problems.toolbox.reading import (
    EMPTY,
    all_shown,
    is_plain_concentration,
    read_concentration,
)
from pharmacy.domain.quantity import Concentration, Density, Mass, Volume, exact, parse_positive
from pharmacy.domain.second_check.toolbox import density_again, dose_again, reconstituted_again
from pharmacy.domain.toolbox.liquids import (
    Reconstituted,
    concentration_step,
    dose_step,
    dose_volume,
    reconstitute,
    reconstituted_steps,
    weighed,
    weighed_step,
)
from pharmacy.domain.worksheet import Worksheet, WorksheetStep

GROUP = "Mass and volume"
HOW = "5 mg/mL, 187 mg/5 mL or 0.3 % w/v."


def _density_of(given: Given) -> Density | None:
    """The density, written with its unit or as the specific gravity."""
    if given.has("specific_gravity"):
        if given.has("density"):
            raise Impossible("Write the density or the specific gravity, not both.", "specific_gravity")
        return Density(exact(given.read("specific_gravity", parse_positive)))
    if not given.has("density"):
        return None
    density = given.density("density")
    if not density.value:
        raise Impossible("The density must be above 0 g/mL.", "density")
    return density


def _mass(given: Given, name: str) -> Mass | None:
    return given.read(name, parse_mass) if given.has(name) else None


def _volume(given: Given, name: str) -> Volume | None:
    return given.read(name, parse_volume) if given.has(name) else None


def _density(given: Given) -> Solution:
    mass, volume, density = _mass(given, "mass"), _volume(given, "volume"), _density_of(given)
    empty = [name for name, one in (("mass", mass), ("volume", volume), ("density", density)) if one is None]
    if len(empty) != 1:
        sentence = "Fill in two of mass, volume and density." if empty else "Leave one of the three empty."
        raise Impossible(sentence, empty[0] if empty else "density")
    found = weighed(mass, volume, density)
    step = weighed_step(found, empty[0], gravity=given.has("specific_gravity"))
    return Solution(Worksheet("Density", (step,)), {empty[0]: getattr(found, empty[0])})


def _density_again(given: Given, solution: Solution) -> str:
    answers = solution.answers
    mass = _mass(given, "mass") or answers["mass"]
    volume = _volume(given, "volume") or answers["volume"]
    density = _density_of(given) or answers["density"]
    assert isinstance(mass, Mass)
    assert isinstance(volume, Volume)
    assert isinstance(density, Density)
    density_again(mass, volume, density)
    all_shown(solution)
    heavier = "heavier than" if density.value > 1 else "lighter than" if density.value < 1 else "as heavy as"
    return f"{amount_text(volume)} weigh {amount_text(mass)}: {heavier} as much water."


FOUR = ("displacement", "diluent", "concentration", "final_volume")


def _final(given: Given, drug: Mass) -> tuple[Volume | None, str]:
    """The final volume and the field that states it: itself, or the concentration."""
    if given.has("concentration"):
        if given.has("final_volume"):
            raise Impossible("Write the concentration or the final volume, not both.", "final_volume")
        concentration = given.read("concentration", read_concentration)
        return Volume(drug.value / concentration.value), "concentration"
    return _volume(given, "final_volume"), "final_volume" if given.has("final_volume") else ""


def _reconstitution(given: Given) -> Solution:
    drug = given.read("drug", parse_mass)
    final, stated = _final(given, drug)
    displacement = given.volume("displacement") if given.has("displacement") else None
    diluent = _volume(given, "diluent")
    known = {"displacement": displacement, "diluent": diluent, "final volume or concentration": final}
    empty = [name for name, one in known.items() if one is None]
    if len(empty) != 1:
        first = empty[0] if empty and empty[0] in FOUR else "final_volume"
        raise Impossible(
            "Fill in two of powder displacement, diluent, and concentration or final volume; a displacement that "
            "does not matter is 0 mL.",
            first if empty else "diluent",
        )
    found = reconstitute(drug, displacement, diluent, final, stated)
    steps = reconstituted_steps(found, empty[0], stated=stated)
    if stated == "concentration" and not is_plain_concentration(given.text("concentration")):
        steps = (concentration_step(given.text("concentration"), found.concentration), *steps)
    return Solution(Worksheet("Reconstitution", steps), _reconstituted(found, empty[0], stated))


def _reconstituted(found: Reconstituted, unknown: str, stated: str) -> dict[str, Volume | Concentration]:
    answers: dict[str, Volume | Concentration] = {}
    if unknown in FOUR:
        answers[unknown] = getattr(found, unknown)
    if stated != "final_volume":
        answers["final_volume"] = found.final
    if stated != "concentration":
        answers["concentration"] = found.concentration
    return answers


def _reconstitution_again(given: Given, solution: Solution) -> str:
    answers, drug = solution.answers, given.read("drug", parse_mass)
    displacement = given.volume("displacement") if given.has("displacement") else answers["displacement"]
    diluent = _volume(given, "diluent") or answers["diluent"]
    final = _volume(given, "final_volume") or answers["final_volume"]
    stated = given.has("concentration")
    concentration = given.read("concentration", read_concentration) if stated else answers["concentration"]
    for one in (displacement, diluent, final):
        assert isinstance(one, Volume)
    assert isinstance(displacement, Volume)
    assert isinstance(diluent, Volume)
    assert isinstance(final, Volume)
    assert isinstance(concentration, Concentration)
    reconstituted_again(drug, displacement, diluent, final, concentration)
    all_shown(solution)
    added, powder = amount_text(diluent), amount_text(displacement)
    return f"{added} of diluent and {powder} that the powder takes up are {amount_text(final)}, with {amount_text(drug)} in them."


def _dose(given: Given) -> Solution:
    dose, concentration = given.read("dose", parse_mass), given.read("concentration", read_concentration)
    mark = _volume(given, "mark")
    volume = dose_volume(dose, concentration, mark)
    steps: tuple[WorksheetStep, ...] = (dose_step(dose, concentration, volume, mark),)
    if not is_plain_concentration(given.text("concentration")):
        steps = (concentration_step(given.text("concentration"), concentration), *steps)
    return Solution(Worksheet("Volume of a dose", steps), {"volume": volume})


def _dose_again(given: Given, solution: Solution) -> str:
    dose, concentration = given.read("dose", parse_mass), given.read("concentration", read_concentration)
    volume = solution.answers["volume"]
    assert isinstance(volume, Volume)
    dose_again(dose, concentration, volume, _volume(given, "mark"))
    all_shown(solution)
    return f"{amount_text(volume)} × {concentration.text('mg/mL', 4)} = {amount_text(dose)} in one dose."


_CONCENTRATION = Field("concentration", "Concentration", Sort.CONCENTRATION, "5 mg/mL", hint=HOW)
KINDS = (
    ProblemKind(
        "density",
        "Density and specific gravity",
        GROUP,
        (
            Field("mass", "Mass", Sort.MASS, "45 g", optional=True, hint="Fill in two of the three."),
            Field("volume", "Volume", Sort.VOLUME, "", optional=True),
            Field("density", "Density", Sort.DENSITY, "1.25 g/mL", optional=True),
            Field("specific_gravity", "Or specific gravity", Sort.NUMBER, "", optional=True, hint="No unit: 1.25."),
        ),
        _density,
        _density_again,
        bench=True,
    ),
    ProblemKind(
        "reconstitution",
        "Reconstitution of a powder",
        GROUP,
        (
            Field("drug", "Drug in the container", Sort.MASS, "500 mg"),
            Field(
                "displacement",
                "Powder displacement",
                Sort.VOLUME,
                "0.2 mL",
                optional=True,
                hint="None to speak of: 0 mL.",
            ),
            Field("diluent", "Diluent that is added", Sort.VOLUME, "", optional=True, hint=EMPTY),
            Field("concentration", "Concentration wanted", Sort.CONCENTRATION, "50 mg/mL", optional=True, hint=HOW),
            Field("final_volume", "Or final volume", Sort.VOLUME, "", optional=True),
        ),
        _reconstitution,
        _reconstitution_again,
        bench=True,
    ),
    ProblemKind(
        "dose-volume",
        "Dose in mL",
        GROUP,
        (
            Field("dose", "Dose", Sort.MASS, "4.5 mg"),
            _CONCENTRATION,
            Field(
                "mark",
                "Between two marks of the syringe",
                Sort.VOLUME,
                "0.1 mL",
                optional=True,
                hint="Empty: not compared.",
            ),
        ),
        _dose,
        _dose_again,
        bench=True,
    ),
)
