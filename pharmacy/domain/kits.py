"""Which strengths make a titration, and how many units of each are taken in each step.

The daily doses are the order; the strengths are how it is made. Capsules of several strengths are taken together so
that a dose is reached with the fewest; of a liquid each dose comes from one bottle, in whole graduations of its syringe.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import combinations, product
from math import gcd, lcm

from pharmacy.domain.directions import Directions, Step, units_for_days
from pharmacy.domain.errors import CalculationRefused, CannotBeMeasured, Impossible
from pharmacy.domain.plain import exact_text
from pharmacy.domain.quantity import Concentration, Mass, Volume, exact
from pharmacy.domain.strength import Form, Strength
from pharmacy.domain.syringes import SYRINGES, SyringeFacts, replans
from pharmacy.domain.titration import Kit, KitPart, Titration

MOST_AT_ONCE = 20  # capsules at one intake: more cannot be meant
MOST_CONTAINERS = 3  # of one kit: more cannot be followed
MOST_CANDIDATES = 12
NEAR = 40  # so many doses above and below are tried when one cannot be made

Amounts = tuple[tuple[Fraction, ...], ...]  # for each step, what is taken at once of each strength
Syringes = tuple[SyringeFacts | None, ...]


def fewest(dose: int, strengths: Sequence[int], most: int = MOST_AT_ONCE) -> tuple[int, ...] | None:
    """How many of each strength (the largest first) reach the dose with the fewest units; None when none do.

    Of equal numbers the one with fewer different strengths is taken, then the one with more of the larger strength.
    """
    best: tuple[int, ...] | None = None
    key = (most + 1, 0)

    def go(rest: int, index: int, taken: tuple[int, ...]) -> None:
        nonlocal best, key
        if not rest:
            found = (*taken, *(0,) * (len(strengths) - len(taken)))
            its_key = (sum(found), sum(1 for one in found if one))
            if its_key < key:
                best, key = found, its_key
            return
        if index == len(strengths):
            return
        room, strength = min(most, key[0]) - sum(taken), strengths[index]
        if rest > strength * room:
            return
        for count in range(min(rest // strength, room), -1, -1):
            go(rest - count * strength, index + 1, (*taken, count))

    go(dose, 0, ())
    return best


def make_kit(
    titration: Titration,
    strengths: Sequence[Strength],
    syringes: Sequence[SyringeFacts] = SYRINGES,
    made: Sequence[Strength] = (),
) -> Kit:
    """The kit of exactly these strengths; each must be needed, and every dose must be reached.

    ``made``: the strengths that the pharmacy makes, for a refusal that names what would do.
    """
    chosen = _checked(titration, strengths)
    if len(chosen) > MOST_CONTAINERS:
        raise Impossible(f"A kit has at most {MOST_CONTAINERS} containers.", "strengths")
    patterns = _patterns(titration, chosen, syringes)
    if patterns is None:
        raise _refused(titration, chosen, len(chosen), syringes, made)
    amounts, used = patterns
    for at, strength in enumerate(chosen):
        if not any(amount[at] for amount in amounts):
            raise Impossible(f"No step takes any {strength.text()}: leave it out.", "strengths")
    return _assemble(titration, chosen, amounts, used)


def propose(
    titration: Titration,
    candidates: Sequence[Strength],
    most: int = 2,
    syringes: Sequence[SyringeFacts] = SYRINGES,
) -> Kit:
    """The kit with which the patient takes the fewest units in all, of at most `most` of the strengths.

    Capsules: the fewest in all, then the fewest strengths, then the fewest days on which two are taken together, then
    the larger strengths. Liquids: the fewest bottles, then the fewest mL, then the smallest syringes.
    """
    if not 1 <= most <= MOST_CONTAINERS:
        raise Impossible(f"A kit has from 1 to {MOST_CONTAINERS} containers.", "containers")
    offered = _checked(titration, candidates)
    best: tuple[tuple[object, ...], tuple[Strength, ...], Amounts, Syringes] | None = None
    for size in range(1, min(most, len(offered)) + 1):
        for chosen in combinations(offered, size):
            found = _patterns(titration, chosen, syringes)
            if found is None or not all(any(amount[at] for amount in found[0]) for at in range(size)):
                continue
            key = _key(titration, chosen, *found)
            if best is None or key < best[0]:
                best = key, chosen, *found
        if best is not None and titration.form is Form.LIQUID:
            break
    if best is None:
        raise _refused(titration, offered, most, syringes)
    return _assemble(titration, *best[1:])


def _checked(titration: Titration, strengths: Sequence[Strength]) -> tuple[Strength, ...]:
    """The strengths, the weakest first, each once and of the titration's form."""
    if not strengths or len(strengths) > MOST_CANDIDATES:
        raise Impossible(f"Name from 1 to {MOST_CANDIDATES} strengths.", "strengths")
    if any(one.form is not titration.form for one in strengths):
        raise Impossible(f"The strengths must be of the {titration.form.words}.", "strengths")
    if len({one.amount for one in strengths}) != len(strengths):
        raise Impossible("A strength is named twice.", "strengths")
    return tuple(sorted(strengths, key=lambda one: one.amount))


def _patterns(
    titration: Titration, chosen: Sequence[Strength], syringes: Sequence[SyringeFacts]
) -> tuple[Amounts, Syringes] | None:
    if titration.form is Form.LIQUID:
        return _poured(titration, chosen, syringes)
    doses = [titration.at_once(step).value for step in titration.steps]
    strengths = [exact(one.amount) for one in reversed(chosen)]
    scale = lcm(*(one.denominator for one in (*doses, *strengths)))
    whole = [int(one * scale) for one in strengths]
    found = []
    for dose in doses:
        counts = fewest(int(dose * scale), whole)
        if counts is None:
            return None
        found.append(tuple(Fraction(one) for one in reversed(counts)))
    return tuple(found), (None,) * len(chosen)


def _poured(
    titration: Titration, chosen: Sequence[Strength], syringes: Sequence[SyringeFacts]
) -> tuple[Amounts, Syringes] | None:
    """Each dose from one bottle, as few mL as its syringe has a mark for; each bottle with one syringe of its own."""
    best: tuple[tuple[Fraction, ...], Amounts, Syringes] | None = None
    for used in product(syringes, repeat=len(chosen)):
        amounts = []
        for step in titration.steps:
            volumes = [titration.at_once(step).value / exact(one.amount) for one in chosen]
            fitting = [at for at, volume in enumerate(volumes) if used[at].measures(Volume(volume))]
            if not fitting:
                break
            taken = min(fitting, key=lambda at, volumes=volumes: volumes[at])  # type: ignore[misc]
            amounts.append(tuple(volume if at == taken else Fraction(0) for at, volume in enumerate(volumes)))
        else:
            total = sum(
                (sum(one, Fraction(0)) * step.days for one, step in zip(amounts, titration.steps, strict=True)),
                Fraction(0),
            )
            key = (total, *(one.capacity.value for one in used), *(one.graduation.value for one in used))
            if best is None or key < best[0]:
                best = key, tuple(amounts), used
    return None if best is None else best[1:]


def _key(titration: Titration, chosen: Sequence[Strength], amounts: Amounts, used: Syringes) -> tuple[object, ...]:
    pairs = list(zip(amounts, titration.steps, strict=True))
    units = sum((sum(amount, Fraction(0)) * step.days for amount, step in pairs), Fraction(0))
    mixed = sum(step.days for amount, step in pairs if sum(1 for one in amount if one) > 1)
    larger = tuple(-one.amount for one in reversed(chosen))
    capacity = tuple(one.capacity.value for one in used if one)
    return (units, len(chosen), mixed, *capacity, *larger)


def _assemble(titration: Titration, chosen: Sequence[Strength], amounts: Amounts, used: Syringes) -> Kit:
    parts = []
    for at, strength in enumerate(chosen):
        last = max(number for number, amount in enumerate(amounts) if amount[at])
        taken = tuple(
            Step(Decimal(exact_text(amount[at])), titration.when, step.days)
            for amount, step in zip(amounts[: last + 1], titration.steps, strict=False)
        )
        directions = Directions(titration.form, taken, by_days=len(chosen) > 1)
        quantity = units_for_days(directions, directions.length or 0)
        parts.append(KitPart(strength, directions, Decimal(exact_text(quantity)), used[at]))
    return Kit(titration, tuple(parts))


# --- what would do ------------------------------------------------------------------------------------------------------


def _refused(
    titration: Titration,
    offered: Sequence[Strength],
    most: int,
    syringes: Sequence[SyringeFacts],
    made: Sequence[Strength] = (),
) -> CalculationRefused:
    """Why no kit of at most `most` of these strengths makes every step, and what would do."""
    if titration.form is Form.LIQUID:
        return _unmeasurable(titration, offered, syringes, made)
    names = _names(offered)
    for step in titration.steps:
        dose = titration.at_once(step)
        if not _reached(dose.value, offered, most):
            near = " or ".join(one.text("mg") for one in _near(dose, offered, most))
            can = f" {near} can be." if near else ""
            return Impossible(
                f"{dose.text('mg', 6)} at once cannot be made of {names}.{can}{_one_for_all(titration)}", "strengths"
            )
    for more in range(most + 1, MOST_CONTAINERS + 1):
        if any(_patterns(titration, chosen, syringes) for chosen in combinations(offered, min(more, len(offered)))):
            return Impossible(
                f"No {most} of these strengths make every step; {more} do.{_one_for_all(titration)}", "containers"
            )
    return Impossible(f"No kit of these strengths makes every step.{_one_for_all(titration)}", "strengths")


def _names(offered: Sequence[Strength]) -> str:
    *first, last = [one.amount_text() for one in offered]
    return f"{', '.join(first)} and {last} capsules" if first else f"{last} capsules"


def _reached(dose: Fraction, offered: Sequence[Strength], most: int) -> bool:
    strengths = [exact(one.amount) for one in reversed(offered)]
    scale = lcm(dose.denominator, *(one.denominator for one in strengths))
    whole = [int(one * scale) for one in strengths]
    size = min(most, len(whole))
    return any(fewest(int(dose * scale), chosen) is not None for chosen in combinations(whole, size))


def _near(dose: Mass, offered: Sequence[Strength], most: int) -> Iterator[Mass]:
    """The next dose below and the next above that can be made."""
    strengths = [exact(one.amount) for one in offered]
    scale = lcm(*(one.denominator for one in strengths))
    unit = Fraction(gcd(*(int(one * scale) for one in strengths)), scale)
    below = dose.value // unit
    for numbers in (range(below, max(below - NEAR, 0), -1), range(below + 1, below + NEAR)):
        found = next((unit * one for one in numbers if _reached(unit * one, offered, most)), None)
        if found is not None:
            yield Mass(found)


def _one_for_all(titration: Titration) -> str:
    """The one strength that would make every step, where it would not be too many at once."""
    doses = [titration.at_once(step).value for step in titration.steps]
    scale = lcm(*(one.denominator for one in doses))
    unit = Fraction(gcd(*(int(one * scale) for one in doses)), scale)
    if max(doses) / unit > MOST_AT_ONCE:
        return ""
    return f" Capsules of {Mass(unit).text('mg', 6)} would make every step."


def _unmeasurable(
    titration: Titration, offered: Sequence[Strength], syringes: Sequence[SyringeFacts], made: Sequence[Strength]
) -> CannotBeMeasured:
    doses = [titration.at_once(step) for step in titration.steps]
    others = [Concentration(exact(one.amount)) for one in made if one not in offered and one.form is Form.LIQUID]
    found = "; ".join(one.words() for one in replans(doses, others, syringes))
    names = " and ".join(one.amount_text() for one in offered)
    offer = f" Of {found} could be measured." if found else " Ask for doses that can be measured."
    return CannotBeMeasured(f"No oral syringe measures every dose of {names}.{offer}", "strengths")
