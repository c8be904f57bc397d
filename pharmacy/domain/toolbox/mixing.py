"""Mixing: dilution by C1 × V1 = C2 × V2, alligation alternate of two and of several, alligation medial."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm

from pharmacy.domain.amounts import Amount, Basis, Written, amount_text, digits, full_text, in_full, like, shown
from pharmacy.domain.errors import Impossible
from pharmacy.domain.quantity import NBSP, Volume, decimal_text
from pharmacy.domain.toolbox.strengths import check_amounts, common_basis, in_one_unit, scaled
from pharmacy.domain.worksheet import OWN, WorksheetStep

ADDITIVE = "volumes are taken to add up; make up to the final volume instead of trusting the sum"
Named = tuple[tuple[str, Written], ...]


@dataclass(frozen=True, slots=True)
class Dilution:
    """A stock diluted: strengths in one unit, amounts, and the diluent between them."""

    unit: str
    stock_strength: Fraction
    stock: Amount
    final_strength: Fraction
    final: Amount

    @property
    def diluent(self) -> Amount:
        return like(self.final, self.final.value - self.stock.value)


def dilution(
    stock_strength: Written | None, stock: Amount | None, final_strength: Written | None, final: Amount | None
) -> tuple[Dilution, tuple[WorksheetStep, ...]]:
    """The one of the four that is None from the other three; diluting never makes a thing stronger."""
    given = (("stock_strength", stock_strength), ("final_strength", final_strength))
    strengths: Named = tuple((field, one) for field, one in given if one is not None)
    for field, one in strengths:
        if not one.number:
            raise Impossible("The strength must be above 0.", field)
    amounts = tuple(
        (field, one) for field, one in (("stock_amount", stock), ("final_amount", final)) if one is not None
    )
    check_amounts(common_basis(strengths), amounts)
    unit, numbers, steps = in_one_unit(tuple((_label(field), one) for field, one in strengths))
    if stock_strength is None or final_strength is None:
        assert stock is not None
        assert final is not None
        return _unknown_strength(unit, numbers[0], stock, final, steps, is_stock=stock_strength is None)
    return _unknown_amount(unit, numbers[0], stock, numbers[1], final, steps)


def _strength(number: Fraction, unit: str) -> str:
    return f"{in_full(number)}{NBSP}{unit}"


def _unknown_strength(
    unit: str, number: Fraction, stock: Amount, final: Amount, steps: tuple[WorksheetStep, ...], *, is_stock: bool
) -> tuple[Dilution, tuple[WorksheetStep, ...]]:
    if stock.value >= final.value:
        raise Impossible(
            f"{amount_text(stock)} of stock cannot be diluted to {amount_text(final)}; the final amount must be more.",
            "final_amount",
        )
    if is_stock:
        made = Dilution(unit, number * final.value / stock.value, stock, number, final)
        most = {"%": 100, "ppm": 1_000_000, "mg/g": 1000}.get(unit)
        if most is not None and made.stock_strength > most:
            raise Impossible(
                f"No stock has {_strength(made.stock_strength, unit)}; look at the amounts.", "stock_amount"
            )
        words, name, result = "final amount × final strength ÷ stock amount", "Stock strength", made.stock_strength
        numbers = f"{full_text(final)} × {_strength(number, unit)} ÷ {full_text(stock)}"
    else:
        made = Dilution(unit, number, stock, number * stock.value / final.value, final)
        words, name, result = "stock amount × stock strength ÷ final amount", "Final strength", made.final_strength
        numbers = f"{full_text(stock)} × {_strength(number, unit)} ÷ {full_text(final)}"
    step = WorksheetStep(name, words, numbers, digits(result), unit, OWN)
    return made, (*steps, step, _diluent_step(made))


def _unknown_amount(
    unit: str,
    stock_strength: Fraction,
    stock: Amount | None,
    final_strength: Fraction,
    final: Amount | None,
    steps: tuple[WorksheetStep, ...],
) -> tuple[Dilution, tuple[WorksheetStep, ...]]:
    if final_strength >= stock_strength:
        raise Impossible(
            f"A stock of {_strength(stock_strength, unit)} cannot be diluted to {_strength(final_strength, unit)}; "
            "dilution only weakens.",
            "final_strength",
        )
    strong, weak = _strength(stock_strength, unit), _strength(final_strength, unit)
    if stock is None:
        assert final is not None
        made = Dilution(unit, stock_strength, scaled(final, final_strength / stock_strength), final_strength, final)
        words, name = "final amount × final strength ÷ stock strength", "Stock to take"
        step = WorksheetStep(name, words, f"{full_text(final)} × {weak} ÷ {strong}", *shown(made.stock), OWN)
    else:
        made = Dilution(unit, stock_strength, stock, final_strength, scaled(stock, stock_strength / final_strength))
        words, name = "stock amount × stock strength ÷ final strength", "Final amount"
        step = WorksheetStep(name, words, f"{full_text(stock)} × {strong} ÷ {weak}", *shown(made.final), OWN)
    return made, (*steps, step, _diluent_step(made))


def _diluent_step(made: Dilution) -> WorksheetStep:
    numbers = f"{full_text(made.final)} − {full_text(made.stock)}"
    note = f"make up to {amount_text(made.final)}: volumes need not add up" if isinstance(made.final, Volume) else ""
    return WorksheetStep("Diluent", "final amount − stock", numbers, *shown(made.diluent), OWN, note)


@dataclass(frozen=True, slots=True)
class Mixture:
    """Several of one ingredient's strengths mixed: strengths in one unit, parts as whole numbers, perhaps amounts."""

    unit: str
    strengths: tuple[Fraction, ...]
    wanted: Fraction
    parts: tuple[int, ...]
    amounts: tuple[Amount, ...] = ()
    total: Amount | None = None


def whole_parts(parts: tuple[Fraction, ...]) -> tuple[int, ...]:
    """The same proportion in the smallest whole numbers."""
    common = lcm(*(one.denominator for one in parts))
    whole = [int(one * common) for one in parts]
    divisor = gcd(*whole)
    return tuple(one // divisor for one in whole)


def alligation(
    strengths: Named, wanted: Written, known: tuple[str, Amount] | None
) -> tuple[Mixture, tuple[WorksheetStep, ...]]:
    """Parts of each strength (by field) for a mixture of the wanted one; amounts where one is known.

    Alligation alternate: each stronger is set against each weaker one; of each as many parts as the other is away from the
    wanted strength. ``known`` is the amount of ``total`` or of one of the fields. Of three or more strengths this is
    one answer of many.
    """
    basis = common_basis((*strengths, ("wanted", wanted)))
    if known is not None:
        check_amounts(basis, (known,))
    labels = tuple((_label(field), one) for field, one in (*strengths, ("wanted", wanted)))
    unit, (*numbers, target), steps = in_one_unit(labels)
    _check_between(strengths, tuple(numbers), target, unit)
    exact = tuple(
        sum((abs(target - other) for other in numbers if (other < target) is not (one < target)), Fraction(0))
        for one in numbers
    )
    found = Mixture(unit, tuple(numbers), target, whole_parts(exact))
    lines = [
        _part_step(_label(field), one, numbers, target, unit)
        for (field, _), one in zip(strengths, numbers, strict=True)
    ]
    proportion = _proportion_step(found, exact)
    if known is None:
        return found, (*steps, *lines, proportion)
    return _with_amounts(found, (*steps, *lines, proportion), tuple(field for field, _ in strengths), known)


_NAMES = {"higher": "the stronger one", "lower": "the weaker one", "wanted": "the strength wanted"}


def _label(field: str) -> str:
    """``the stronger one``, ``strength 2``: what the worksheet calls a field."""
    return _NAMES.get(field, field.replace("_", " "))


def _check_between(strengths: Named, numbers: tuple[Fraction, ...], target: Fraction, unit: str) -> None:
    for (field, _), one in zip(strengths, numbers, strict=True):
        if one == target:
            raise Impossible(f"{_strength(one, unit)} is what is wanted: take that one alone, or leave it out.", field)
    if not min(numbers) < target < max(numbers):
        raise Impossible(
            f"No mixture of these is {_strength(target, unit)}; it must lie between {_strength(min(numbers), unit)} and "
            f"{_strength(max(numbers), unit)}.",
            "wanted",
        )


def _part_step(label: str, one: Fraction, numbers: list[Fraction], target: Fraction, unit: str) -> WorksheetStep:
    others = [other for other in numbers if (other < target) is not (one < target)]
    pairs = [(target, other) if other < target else (other, target) for other in others]
    differences = [f"({in_full(high)} − {in_full(low)})" for high, low in pairs]
    total = sum((high - low for high, low in pairs), Fraction(0))
    words = "wanted − weaker, for each weaker one" if one > target else "stronger − wanted, for each stronger one"
    return WorksheetStep(
        f"Parts of {label}, {_strength(one, unit)}",
        words if len(pairs) > 1 else words.partition(",")[0],
        " + ".join(differences) if len(pairs) > 1 else differences[0].strip("()"),
        digits(total),
        "parts",
        OWN,
    )


def _proportion_step(found: Mixture, parts: tuple[Fraction, ...]) -> WorksheetStep:
    note = "one answer of many: each stronger against each weaker one" if len(found.parts) > 2 else ""
    numbers = " : ".join(decimal_text(one, 12) for one in parts)
    result = " : ".join(decimal_text(one) for one in found.parts)
    return WorksheetStep("Proportion", "the parts in whole numbers", numbers, result, "", OWN, note)


def _with_amounts(
    found: Mixture, steps: tuple[WorksheetStep, ...], fields: tuple[str, ...], known: tuple[str, Amount]
) -> tuple[Mixture, tuple[WorksheetStep, ...]]:
    field, amount = known
    whole = sum(found.parts)
    its = whole if field == "total" else found.parts[fields.index(field.removesuffix("_amount"))]
    amounts = tuple(scaled(amount, Fraction(part, its)) for part in found.parts)
    total = scaled(amount, Fraction(whole, its))
    lines = [
        WorksheetStep(
            f"Take of {_label(name)}, {_strength(strength, found.unit)}",
            "total × its parts ÷ all parts"
            if field == "total"
            else "known amount × its parts ÷ parts of the known one",
            f"{full_text(amount)} × {part} ÷ {its}",
            *shown(one),
            OWN,
        )
        for name, strength, part, one in zip(fields, found.strengths, found.parts, amounts, strict=True)
        if name != field.removesuffix("_amount")
    ]
    summed = WorksheetStep(
        "Mixture",
        "sum of what is taken",
        " + ".join(full_text(one) for one in amounts),
        *shown(total),
        OWN,
        ADDITIVE if isinstance(total, Volume) else "",
    )
    made = Mixture(found.unit, found.strengths, found.wanted, found.parts, amounts, total)
    return made, (*steps, *lines, summed)


@dataclass(frozen=True, slots=True)
class Medial:
    """The strength of a mixture of given amounts."""

    unit: str
    strength: Fraction
    total: Amount


def medial(portions: tuple[tuple[Amount, Written], ...]) -> tuple[Medial, tuple[WorksheetStep, ...]]:
    """Alligation medial: the mean of the strengths, weighted by their amounts."""
    strengths: Named = tuple(("portions", one) for _, one in portions)
    basis: Basis | None = common_basis(strengths)
    check_amounts(basis, tuple(("portions", amount) for amount, _ in portions))
    unit, numbers, steps = in_one_unit(tuple((f"Strength {at}", one) for at, (_, one) in enumerate(portions, start=1)))
    first = portions[0][0]
    total = like(first, sum((amount.value for amount, _ in portions), Fraction(0)))
    products = tuple(amount.value * number for (amount, _), number in zip(portions, numbers, strict=True))
    found = Medial(unit, sum(products, Fraction(0)) / total.value, total)
    pairs = [
        f"{full_text(one)} × {_strength(number, unit)}" for (one, _), number in zip(portions, numbers, strict=True)
    ]
    return found, (
        *steps,
        WorksheetStep(
            "Mixture",
            "sum of the amounts",
            " + ".join(full_text(amount) for amount, _ in portions),
            *shown(total),
            OWN,
            ADDITIVE if isinstance(total, Volume) else "",
        ),
        WorksheetStep(
            "Strength of the mixture",
            "sum of amount × strength ÷ sum of the amounts",
            f"({' + '.join(pairs)}) ÷ {full_text(total)}",
            digits(found.strength),
            unit,
            OWN,
        ),
    )
