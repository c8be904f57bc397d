"""Strengths: per cent w/w, w/v and v/v, ratio, ppm, mg/mL; and how much of an ingredient a strength means."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from pharmacy.domain.amounts import PLACES, Amount, Basis, Way, Written, digits, full_text, in_full, like, shown
from pharmacy.domain.errors import Impossible
from pharmacy.domain.quantity import NBSP, Mass, Volume, decimal_text
from pharmacy.domain.worksheet import OWN, WorksheetStep

# What 1 of each is in the whole: g in 1 g, g in 1 mL, or mL in 1 mL.
_SIZE = {
    Way.PERCENT: Fraction(1, 100),
    Way.MILLION: Fraction(1, 1_000_000),
    Way.MG_ML: Fraction(1, 1000),
    Way.MCG_ML: Fraction(1, 1_000_000),
    Way.MG_G: Fraction(1, 1000),
}
OF_WHAT = {
    Basis.MASS_IN_MASS: "grams in 100 g",
    Basis.MASS_IN_VOLUME: "grams in 100 mL",
    Basis.VOLUME_IN_VOLUME: "millilitres in 100 mL",
}


def share(strength: Written) -> Fraction:
    """The strength as a part of one: g in 1 g, g in 1 mL, or mL in 1 mL."""
    return 1 / strength.number if strength.way is Way.RATIO else strength.number * _SIZE[strength.way]


def percent_of(strength: Written) -> Fraction:
    """The strength in per cent."""
    return share(strength) * 100


def percent_step(strength: Written, name: str) -> WorksheetStep:
    """A strength that was not written in per cent, in per cent."""
    number, result = in_full(strength.number), digits(percent_of(strength))
    words, numbers = {
        Way.PERCENT: ("as written", f"{number}{NBSP}%"),
        Way.RATIO: ("1 ÷ parts × 100 %", f"1 ÷ {number} × 100 %"),
        Way.MILLION: ("ppm ÷ 10,000", f"{number}{NBSP}ppm ÷ 10,000{NBSP}ppm × 1 %"),
        Way.MG_ML: ("mg/mL ÷ 10: grams in 100 mL", f"{number}{NBSP}mg/mL ÷ 10{NBSP}mg/mL × 1 %"),
        Way.MCG_ML: ("mcg/mL ÷ 10,000: grams in 100 mL", f"{number}{NBSP}mcg/mL ÷ 10,000{NBSP}mcg/mL × 1 %"),
        Way.MG_G: ("mg/g ÷ 10: grams in 100 g", f"{number}{NBSP}mg/g ÷ 10{NBSP}mg/g × 1 %"),
    }[strength.way]
    return WorksheetStep(f"{name[:1].upper()}{name[1:]} in per cent", words, numbers, result, "%", OWN)


@dataclass(frozen=True, slots=True)
class Forms:
    """One strength in every way; ``mg`` is mg in 1 mL (w/v) or 1 g (w/w), and none of v/v."""

    percent: Fraction
    parts: Fraction
    million: Fraction
    mg: Fraction | None


def forms(strength: Written, basis: Basis) -> Forms:
    """The same strength in every way; refused when it is 0, or written for another basis."""
    if strength.basis not in {None, basis}:
        raise Impossible(f"{strength.text()} is not {basis.value}; choose the basis that the strength has.", "basis")
    part = share(strength)
    if not part:
        raise Impossible("The strength must be above 0.", "strength")
    return Forms(part * 100, 1 / part, part * 1_000_000, None if basis is Basis.VOLUME_IN_VOLUME else part * 1000)


def form_steps(strength: Written, basis: Basis, found: Forms) -> tuple[WorksheetStep, ...]:
    """Every way as a line of the worksheet."""
    percent = f"{in_full(found.percent)}{NBSP}%"
    steps = [
        percent_step(strength, "Strength"),
        WorksheetStep(
            "As a ratio",
            "1 in (100 % ÷ per cent)",
            f"100 % ÷ {percent}",
            f"1:{decimal_text(found.parts, PLACES)}",
            "",
            OWN,
            f"{OF_WHAT[basis].split()[0]}: 1 in {decimal_text(found.parts, PLACES)}",
        ),
        WorksheetStep(
            "In parts per million",
            "per cent × 10,000",
            f"{percent} ÷ 1 % × 10,000{NBSP}ppm",
            digits(found.million),
            "ppm",
            OWN,
        ),
    ]
    if found.mg is not None:
        unit = "mg/mL" if basis is Basis.MASS_IN_VOLUME else "mg/g"
        words = f"per cent × 10: {OF_WHAT[basis]} as {unit}"
        steps.append(
            WorksheetStep(f"In {unit}", words, f"{percent} ÷ 1 % × 10{NBSP}{unit}", digits(found.mg), unit, OWN)
        )
    return tuple(steps)


@dataclass(frozen=True, slots=True)
class Portion:
    """So much of an ingredient in so much of the whole, and the strength that this is, in per cent."""

    percent: Fraction
    ingredient: Amount
    total: Amount


def _in_grams(amount: Amount) -> Fraction:
    """Grams or millilitres."""
    return amount.value / 1000 if isinstance(amount, Mass) else amount.value


def portion(basis: Basis, strength: Written | None, ingredient: Amount | None, total: Amount | None) -> Portion:
    """Strength, ingredient and whole from two of the three; refused when the ingredient is more than the whole."""
    if strength is not None and strength.basis not in {None, basis}:
        raise Impossible(f"{strength.text()} is not {basis.value}; choose the basis that the strength has.", "basis")
    _check_kind(basis, "ingredient", ingredient, Volume if basis is Basis.VOLUME_IN_VOLUME else Mass)
    _check_kind(basis, "total", total, Mass if basis is Basis.MASS_IN_MASS else Volume)
    if strength is None:
        assert ingredient is not None
        assert total is not None
        part = _in_grams(ingredient) / _in_grams(total)
        if part > (2 if basis is Basis.MASS_IN_VOLUME else 1):
            raise Impossible(
                "The ingredient is more than the whole; write the whole with the ingredient in it.", "total"
            )
        return Portion(part * 100, ingredient, total)
    part = share(strength)
    if not part:
        raise Impossible("The strength must be above 0.", "strength")
    if ingredient is None:
        assert total is not None
        grams = _in_grams(total) * part
        made: Amount = Volume(grams) if basis is Basis.VOLUME_IN_VOLUME else Mass(grams * 1000)
        return Portion(part * 100, made, total)
    whole = _in_grams(ingredient) / part
    return Portion(part * 100, ingredient, Mass(whole * 1000) if basis is Basis.MASS_IN_MASS else Volume(whole))


def _check_kind(basis: Basis, field: str, amount: Amount | None, kind: type[Amount]) -> None:
    if amount is not None and not isinstance(amount, kind):
        wanted = "a mass, such as 5 g" if kind is Mass else "a volume, such as 100 mL"
        raise Impossible(f"For {basis.value} write {wanted}.", field)


def portion_step(basis: Basis, found: Portion, unknown: str) -> WorksheetStep:
    """The one of the three that was asked for."""
    percent = f"{in_full(found.percent)}{NBSP}%"
    ingredient, total = full_text(found.ingredient), full_text(found.total)
    said = f"{basis.value}: {OF_WHAT[basis]}"
    if unknown == "strength":
        return WorksheetStep(
            "Strength",
            "ingredient ÷ whole × 100 %",
            f"{ingredient} ÷ {total} × 100 %",
            digits(found.percent),
            "%",
            OWN,
            f"{said}; the whole has the ingredient in it",
        )
    if unknown == "ingredient":
        words, numbers = "whole × per cent ÷ 100", f"{total} × {percent} ÷ 100 %"
        return WorksheetStep("Ingredient", words, numbers, *shown(found.ingredient), OWN, said)
    words, numbers = "ingredient ÷ per cent × 100", f"{ingredient} ÷ {percent} × 100 %"
    return WorksheetStep("Whole", words, numbers, *shown(found.total), OWN, f"{said}; made up to this, not added")


def in_one_unit(
    strengths: tuple[tuple[str, Written], ...],
) -> tuple[str, tuple[Fraction, ...], tuple[WorksheetStep, ...]]:
    """Strengths that are to be compared: in the way in which all are written, else in per cent with the steps to it."""
    ways = {strength.way for _, strength in strengths if strength.number}
    if len(ways) == 1 and (way := ways.pop()) is not Way.RATIO:
        return way.value, tuple(strength.number for _, strength in strengths), ()
    steps = tuple(percent_step(one, name) for name, one in strengths if one.way is not Way.PERCENT and one.number)
    return "%", tuple(percent_of(strength) for _, strength in strengths), steps


def common_basis(strengths: tuple[tuple[str, Written], ...]) -> Basis | None:
    """The basis that all these strengths have, by field; None when none is stated. A diluent of 0 has any."""
    counted = [(field, one) for field, one in strengths if one.number or one.basis]
    stated = {one.basis for _, one in counted if one.basis}
    if len(stated) > 1:
        raise Impossible(
            "The strengths are not of one basis: write all as w/w, all as w/v or all as v/v.", counted[-1][0]
        )
    fixed = any(one.way in {Way.MG_ML, Way.MCG_ML, Way.MG_G} for _, one in counted)
    for field, one in counted:
        if fixed and one.basis is None:
            basis = next(iter(stated))
            raise Impossible(f"Say of what this strength is: {one.text()} {basis.value}.", field)
    return next(iter(stated), None)


def check_amounts(basis: Basis | None, amounts: tuple[tuple[str, Amount], ...]) -> None:
    """Refuse amounts that cannot be mixed: a mass with a volume, or either against the basis of the strengths."""
    for field, amount in amounts:
        wanted = type(amounts[0][1]) if basis is None else Mass if basis is Basis.MASS_IN_MASS else Volume
        if not isinstance(amount, wanted):
            named = "a mass, such as 30 g" if wanted is Mass else "a volume, such as 500 mL"
            why = f"the strengths are {basis.value}" if basis else "the amounts must be of one kind"
            raise Impossible(f"Write {named}: {why}.", field)


def scaled(amount: Amount, factor: Fraction) -> Amount:
    """So many times the amount."""
    return like(amount, amount.value * factor)
