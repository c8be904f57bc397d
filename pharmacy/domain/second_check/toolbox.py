"""The toolbox a second time: from the answers back to what was given, in parts per million and by sums, in other code."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction

from pharmacy.domain.amounts import Amount, Basis, Quantity, Way, Written
from pharmacy.domain.quantity import Concentration, Density, Mass, Volume
from pharmacy.domain.salts import ATOMIC_WEIGHTS, Salt
from pharmacy.domain.second_check.spans import demand

_ATOM = re.compile(r"([A-Z][a-z]?)(\d*)")


def per_million(strength: Written) -> Fraction:
    """How many parts in a million parts; of mg/mL, mcg in 1 mL."""
    number = strength.number
    if strength.way is Way.RATIO:
        return Fraction(1_000_000) / number
    if strength.way is Way.PERCENT:
        return number * 10_000
    return number * 1000 if strength.way in {Way.MG_ML, Way.MG_G} else number


def dilution_again(
    stock_strength: Written, stock: Amount, final_strength: Written, final: Amount, diluent: Amount
) -> None:
    """As much of the ingredient after as before; and stock and diluent make the whole."""
    before, after = per_million(stock_strength) * stock.value, per_million(final_strength) * final.value
    demand(before == after > 0, "the ingredient before and after")
    demand(type(stock) is type(final) is type(diluent), "what is measured")
    demand(stock.value + diluent.value == final.value, "stock and diluent together")
    demand(diluent.value > 0, "the diluent")


def mixture_again(strengths: Sequence[Written], wanted: Written, parts: Sequence[int]) -> None:
    """What the stronger ones are too strong by, the weaker ones make up for."""
    demand(len(strengths) == len(parts) and all(part > 0 for part in parts), "the parts")
    away = [per_million(one) - per_million(wanted) for one in strengths]
    demand(sum(part * one for part, one in zip(parts, away, strict=True)) == 0, "the strength of the mixture")


def amounts_again(amounts: Sequence[Amount], parts: Sequence[int], total: Amount) -> None:
    """The amounts stand to each other as their parts, and their sum is the whole."""
    first = amounts[0]
    for amount, part in zip(amounts, parts, strict=True):
        demand(amount.value * parts[0] == first.value * part, "the proportion of the amounts")
        demand(type(amount) is type(total), "what is measured")
    demand(sum(one.value for one in amounts) == total.value, "the sum of the amounts")


def medial_again(portions: Sequence[tuple[Amount, Written]], strength: Written, total: Amount) -> None:
    """Each amount by how far it is from the mean: together nothing."""
    away = (amount.value * (per_million(one) - per_million(strength)) for amount, one in portions)
    demand(sum(away) == 0, "the strength of the mixture")
    rest = total.value
    for amount, _ in portions:
        rest -= amount.value
    demand(rest == 0, "the sum of the amounts")


def portion_again(basis: Basis, strength: Written, ingredient: Amount, total: Amount) -> None:
    """The ingredient in a million parts of the whole."""
    size = 1000 if basis is Basis.MASS_IN_VOLUME else 1  # mg and mL: 1 g in 1 mL is a million ppm
    demand(isinstance(ingredient, Volume) is (basis is Basis.VOLUME_IN_VOLUME), "what the ingredient is measured by")
    demand(isinstance(total, Mass) is (basis is Basis.MASS_IN_MASS), "what the whole is measured by")
    demand(ingredient.value * 1_000_000 == per_million(strength) * total.value * size, "the ingredient in the whole")


def forms_again(strength: Written, percent: Fraction, parts: Fraction, million: Fraction, mg: Fraction | None) -> None:
    """Every way back to parts per million."""
    there = per_million(strength)
    demand(there > 0 and million == there, "the parts per million")
    demand(percent * 10_000 == there, "the per cent")
    demand(parts * there == 1_000_000, "the ratio")
    demand(mg is None or mg * 1000 == there, "the milligrams")


def formula_weight_again(salt: Salt) -> Fraction:
    """The formula weight from the atoms as the formula is written, water and all."""
    total = Fraction(0)
    for part in salt.formula.split("·"):
        many = re.match(r"\d*", part)
        assert many is not None
        atoms = _ATOM.findall(part[many.end() :])
        weight = sum(Fraction(ATOMIC_WEIGHTS[atom]) * int(number or 1) for atom, number in atoms)
        total += weight * int(many.group() or 1)
    return total


def ions_again(
    weight: Fraction,
    charges: tuple[tuple[int, int], ...],
    mass: Mass,
    mmol: Fraction,
    meq: Fraction,
) -> None:
    """By the equivalent weight instead of by moles; and the charges of a salt's two ions are as large as each other."""
    number, charge = charges[0]
    demand(mass.value * number * charge == meq * weight, "the milliequivalents")
    demand(meq == mmol * number * charge, "the millimoles")
    demand(len({many * size for many, size in charges}) == 1, "the charges of the ions")


def ion_again(number: int, weight: Fraction | None, salt_mmol: Fraction, mmol: Fraction, mass: Mass | None) -> None:
    """From each ion back to the salt."""
    demand(mmol / number == salt_mmol, "the millimoles of an ion")
    demand((mass is None) is (weight is None), "the mass of an ion")
    if mass is not None and weight is not None:
        demand(mass.value / weight / number == salt_mmol, "the mass of an ion")


def density_again(mass: Mass, volume: Volume, density: Density) -> None:
    """So many grams in each millilitre, all millilitres together."""
    demand(density.value * volume.value * 1000 == mass.value > 0, "mass and volume")


def reconstituted_again(
    drug: Mass, displacement: Volume, diluent: Volume, final: Volume, concentration: Concentration
) -> None:
    """All the drug is in what comes out, and what comes out is powder and diluent."""
    demand(displacement.value + diluent.value == final.value, "powder and diluent together")
    demand(min(displacement.value, diluent.value) >= 0, "what is added")
    demand(concentration.value * final.value == drug.value, "the drug in the final volume")


def dose_again(dose: Mass, concentration: Concentration, volume: Volume, mark: Volume | None) -> None:
    """The drug in that volume; and it ends at a mark."""
    demand(volume.value * concentration.value == dose.value, "the drug in the volume")
    demand(mark is None or volume.value % mark.value == 0, "the marks")


def tablets_again(needed: Mass, tablet: Mass, count: int, left_over: Mass) -> None:
    """One tablet fewer is too little; what is left over is less than one."""
    demand((count - 1) * tablet.value < needed.value <= count * tablet.value, "the tablets")
    demand(needed.value + left_over.value == count * tablet.value, "the drug left over")


def containers_again(amount: Quantity, size: Quantity, needed: int, full: int, in_last: Quantity) -> None:
    """The full ones and the last one hold it all; one fewer would not."""
    demand(full * size.value + in_last.value == amount.value, "what the containers hold")
    demand(0 <= in_last.value < size.value, "the last container")
    demand(needed == full + (1 if in_last.value else 0), "the number of containers")


def supply_again(quantity: Quantity, dose: Quantity, times: Fraction, days: int, left_over: Quantity) -> None:
    """Taken away dose by dose: so many doses are in it, and less than a day's doses are left."""
    doses = quantity.value / dose.value
    demand(0 < days <= 3650, "the days")
    demand(days * times <= doses < (days + 1) * times, "the days")
    demand(left_over.value + days * times * dose.value == quantity.value, "what is left over")


def quantity_again(quantity: Quantity, dose: Quantity, times: Fraction, days: int) -> None:
    """The doses of all days are the quantity."""
    demand(0 < days <= 3650, "the days")
    demand(quantity.value / dose.value == times * days, "the quantity")


def shown_again(answers: Mapping[str, str], results: Sequence[str]) -> None:
    """Every answer stands as a line of the worksheet, as people read it."""
    for name, said in answers.items():
        demand(said in results, f"how the worksheet states {name.replace('_', ' ')}")
