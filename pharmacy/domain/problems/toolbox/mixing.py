"""Problems of mixing: dilution, alligation alternate, alligation medial."""

from __future__ import annotations

from pharmacy.domain.amounts import Amount, Written, amount_text, parse_mass_or_volume, parse_strength
from pharmacy.domain.errors import Impossible
from pharmacy.domain.problems.given import BadGiven, Given
from pharmacy.domain.problems.kinds import Field, ProblemKind, Solution, Sort
from pharmacy.domain.problems.toolbox.reading import (
    EMPTY,
    all_shown,
    answered_strength,
    one_empty,
    people_read,
    strength,
    strength_answer,
)
from pharmacy.domain.quantity import Mass, NotAQuantity, Volume, decimal_text
from pharmacy.domain.second_check.spans import demand
from pharmacy.domain.second_check.toolbox import amounts_again, dilution_again, medial_again, mixture_again
from pharmacy.domain.toolbox.mixing import Mixture, alligation, dilution, medial
from pharmacy.domain.worksheet import Worksheet

GROUP = "Dilution and mixing"
FOUR = ("stock_strength", "stock_amount", "final_strength", "final_amount")
MOST = 12  # strengths or portions of one mixture
DILUENT = parse_strength("0 %")


def amount(given: Given, name: str) -> Amount | None:
    """The mass or volume of the field, or None where it is left empty."""
    return given.read(name, parse_mass_or_volume) if given.has(name) else None


def _dilution(given: Given) -> Solution:
    unknown = one_empty(given, FOUR)
    made, steps = dilution(
        strength(given, "stock_strength"),
        amount(given, "stock_amount"),
        strength(given, "final_strength"),
        amount(given, "final_amount"),
    )
    answer = {
        "stock_strength": strength_answer(made.stock_strength, made.unit),
        "stock_amount": made.stock,
        "final_strength": strength_answer(made.final_strength, made.unit),
        "final_amount": made.final,
    }[unknown]
    return Solution(Worksheet("Dilution", steps), {unknown: answer, "diluent": made.diluent})


def _dilution_again(given: Given, solution: Solution) -> str:
    answers = solution.answers
    stock_strength = strength(given, "stock_strength") or answered_strength(answers["stock_strength"])
    final_strength = strength(given, "final_strength") or answered_strength(answers["final_strength"])
    stock, final = amount(given, "stock_amount") or answers["stock_amount"], amount(given, "final_amount")
    final = final or _amount(answers["final_amount"])
    diluent = _amount(answers["diluent"])
    dilution_again(stock_strength, _amount(stock), final_strength, final, diluent)
    all_shown(solution)
    times = decimal_text(final.value / _amount(stock).value, 4)
    return f"{amount_text(final)} is {times} times the stock of {amount_text(_amount(stock))}, and {times} times as dilute."


def _amount(answer: object) -> Amount:
    demand(isinstance(answer, (Mass, Volume)), "what is measured")
    assert isinstance(answer, (Mass, Volume))
    return answer


KNOWN = ("total", "higher_amount", "lower_amount")


def _two(given: Given) -> tuple[tuple[tuple[str, Written], ...], Written, tuple[str, Amount] | None]:
    """The two strengths by field, the wanted one, and the one amount that is known."""
    strengths = (("higher", given.read("higher", parse_strength)), ("lower", strength(given, "lower") or DILUENT))
    wanted = given.read("wanted", parse_strength)
    known = [(name, found) for name in KNOWN if (found := amount(given, name)) is not None]
    if len(known) > 1:
        raise Impossible("Write one amount: the total, or that of one of the two; the other follows.", known[1][0])
    return strengths, wanted, next(iter(known), None)


def _alligation(given: Given) -> Solution:
    strengths, wanted, known = _two(given)
    found, steps = alligation(strengths, wanted, known)
    if found.strengths[0] < found.strengths[1]:
        raise Impossible("Write the stronger one here, the weaker one below.", "higher")
    return Solution(Worksheet("Alligation alternate", steps), _mixed(found, ("higher_amount", "lower_amount"), known))


def _mixed(found: Mixture, names: tuple[str, ...], known: tuple[str, Amount] | None) -> dict[str, Amount | str]:
    """The parts, and every amount that was not given."""
    answers: dict[str, Amount | str] = {"parts": " : ".join(str(one) for one in found.parts)}
    if found.total is not None:
        answers |= dict(zip(names, found.amounts, strict=True)) | {"total": found.total}
    return {name: one for name, one in answers.items() if known is None or name != known[0]}


def _parts(solution: Solution) -> tuple[int, ...]:
    return tuple(int(one) for one in str(solution.answers["parts"]).split(" : "))


def _mixture_words(solution: Solution, strengths: tuple[Written, ...], wanted: Written) -> str:
    parts = _parts(solution)
    said = " and ".join(f"{decimal_text(part)} of {one.text()}" for part, one in zip(parts, strengths, strict=True))
    return f"{decimal_text(sum(parts))} parts, {said}, together are {wanted.text()}."


def _alligation_again(given: Given, solution: Solution) -> str:
    strengths, wanted, known = _two(given)
    written = tuple(one for _, one in strengths)
    mixture_again(written, wanted, _parts(solution))
    if known is not None:
        total, higher, lower = (known[1] if name == known[0] else _amount(solution.answers[name]) for name in KNOWN)
        amounts_again([higher, lower], _parts(solution), total)
    all_shown(solution)
    return _mixture_words(solution, written, wanted)


def _several(given: Given) -> tuple[tuple[tuple[str, Written], ...], Written, tuple[str, Amount] | None]:
    texts = given.texts("strengths")
    if not 2 <= len(texts) <= MOST:
        raise Impossible(f"Write 2 to {MOST} strengths, one a line.", "strengths")
    written = tuple(_one_of_them(one) for one in texts)
    total = amount(given, "total")
    named = tuple((f"strength_{number}", one) for number, one in enumerate(written, start=1))
    return named, given.read("wanted", parse_strength), None if total is None else ("total", total)


def _one_of_them(text: str) -> Written:
    try:
        return parse_strength(text)
    except NotAQuantity as why:
        raise BadGiven(f"strengths: {text[:30]}: {why}", "strengths") from None


def _alligation_several(given: Given) -> Solution:
    strengths, wanted, known = _several(given)
    try:
        found, steps = alligation(strengths, wanted, known)
    except Impossible as refused:
        field = "strengths" if refused.field.startswith("strength_") else refused.field
        raise Impossible(str(refused), field) from None
    names = tuple(f"amount_{number}" for number in range(1, len(strengths) + 1))
    return Solution(Worksheet("Alligation alternate of several", steps), _mixed(found, names, known))


def _several_again(given: Given, solution: Solution) -> str:
    strengths, wanted, known = _several(given)
    written = tuple(one for _, one in strengths)
    mixture_again(written, wanted, _parts(solution))
    if known is not None:
        amounts = [_amount(solution.answers[f"amount_{number}"]) for number in range(1, len(written) + 1)]
        amounts_again(amounts, _parts(solution), known[1])
    all_shown(solution)
    return _mixture_words(solution, written, wanted)


def _portions(given: Given) -> tuple[tuple[Amount, Written], ...]:
    texts = given.texts("portions")
    if not 2 <= len(texts) <= MOST:
        raise Impossible(f"Write 2 to {MOST} portions, one a line: 30 g of 2.5 %.", "portions")
    found = []
    for text in texts:
        many, of, one = text.partition(" of ")
        try:
            if not of:
                raise NotAQuantity("write each as 30 g of 2.5 %.")
            found.append((parse_mass_or_volume(many), parse_strength(one)))
        except NotAQuantity as why:
            raise BadGiven(f"portions: {text[:40]}: {why}", "portions") from None
    return tuple(found)


def _medial(given: Given) -> Solution:
    found, steps = medial(_portions(given))
    answers = {"strength": strength_answer(found.strength, found.unit), "total": found.total}
    return Solution(Worksheet("Alligation medial", steps), answers)


def _medial_again(given: Given, solution: Solution) -> str:
    portions, total = _portions(given), _amount(solution.answers["total"])
    mean = answered_strength(solution.answers["strength"])
    medial_again(portions, mean, total)
    all_shown(solution)
    said = people_read(solution.answers["strength"])
    return f"{amount_text(total)} of {said} hold as much as the {len(portions)} portions together."


_WANTED = Field(
    "wanted", "Strength wanted", Sort.STRENGTH, "30 %", hint="It lies between the strongest and the weakest."
)
KINDS = (
    ProblemKind(
        "dilution",
        "Dilution (C1V1)",
        GROUP,
        (
            Field("stock_strength", "Strength of the stock", Sort.STRENGTH, "20 %", optional=True, hint=EMPTY),
            Field("stock_amount", "Amount of the stock", Sort.AMOUNT, "", optional=True, hint=EMPTY),
            Field("final_strength", "Strength wanted", Sort.STRENGTH, "4 %", optional=True, hint=EMPTY),
            Field("final_amount", "Final amount", Sort.AMOUNT, "250 mL", optional=True, hint=EMPTY),
        ),
        _dilution,
        _dilution_again,
        bench=True,
    ),
    ProblemKind(
        "alligation",
        "Alligation alternate of two",
        GROUP,
        (
            Field("higher", "Stronger one", Sort.STRENGTH, "70 %"),
            Field("lower", "Weaker one", Sort.STRENGTH, "20 %", optional=True, hint="Empty: a diluent of 0 %."),
            _WANTED,
            Field(
                "total",
                "Total to make",
                Sort.AMOUNT,
                "500 mL",
                optional=True,
                hint="One amount, or none for parts alone.",
            ),
            Field("higher_amount", "Amount of the stronger one", Sort.AMOUNT, "", optional=True),
            Field("lower_amount", "Amount of the weaker one", Sort.AMOUNT, "", optional=True),
        ),
        _alligation,
        _alligation_again,
        bench=True,
    ),
    ProblemKind(
        "alligation-several",
        "Alligation alternate of several",
        GROUP,
        (
            Field("strengths", "Strengths at hand", Sort.LIST, "50 %\n20 %\n5 %", hint="One a line."),
            Field("wanted", "Strength wanted", Sort.STRENGTH, "10 %", hint=_WANTED.hint),
            Field("total", "Total to make", Sort.AMOUNT, "120 g", optional=True, hint="Empty: parts alone."),
        ),
        _alligation_several,
        _several_again,
        bench=True,
    ),
    ProblemKind(
        "alligation-medial",
        "Alligation medial",
        GROUP,
        (
            Field(
                "portions", "What is mixed", Sort.LIST, "30 g of 2.5 %\n15 g of 1 %", hint="One a line: 30 g of 2.5 %."
            ),
        ),
        _medial,
        _medial_again,
        bench=True,
    ),
)
