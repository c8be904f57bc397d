"""One formula after another: the same at another strength, in another filler, under another name.

Whatever a study proved, it proved of the formula that it studied: a variant keeps each study, so that it may shorten,
and no longer as one of its own formula. A text that names the former strength or filler is changed where that is its
purpose (name, label, description); where work would be done by it, the variant is refused until it is taken out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal

from pharmacy.domain.errors import CalculationRefused
from pharmacy.domain.formula import CapsuleFormula, Component, Formula, LiquidFormula, Particulars, TriturationFormula
from pharmacy.domain.quantity import Concentration, Mass, decimal_text
from pharmacy.errors import PharmacyError
from pharmacy.formulary.definition import strength_of

# More is a slip: a tablet of the full dose has 50 mg, and the strongest liquid that the program brings 5 mg/mL.
LARGEST = {"capsule": Decimal(50), "liquid": Decimal(20), "trituration": Decimal(1000)}


def family_strength(formula: Formula) -> Decimal:
    """What the members of its family differ in: mg a capsule, mg/mL, or the parts of a trituration."""
    return Decimal(formula.parts) if isinstance(formula, TriturationFormula) else strength_of(formula)


def family_unit(formula: Formula) -> str:
    """The unit of that: mg, mg/mL, or parts in all."""
    return {"capsule": "mg", "liquid": "mg/mL", "trituration": "parts"}[formula.kind]


def at_strength(formula: Formula, strength: Decimal) -> Formula:
    """The same formula at another strength (of a trituration: in that many parts); PharmacyError at ``strengths``."""
    if strength == family_strength(formula):
        return formula
    _check_strength(formula, strength)
    try:
        made = _with(formula, strength)
    except CalculationRefused as refused:
        raise PharmacyError(str(refused), "strengths") from refused
    was, now = _said(formula), _said(made)
    return _retold(made, was, now, "strengths")


def check_strength(formula: Formula) -> None:
    """Refuse a strength that nobody means, wherever the formula comes from; PharmacyError at ``strengths``."""
    _check_strength(formula, family_strength(formula))


def _check_strength(formula: Formula, strength: Decimal) -> None:
    most = LARGEST[formula.kind]
    if not 0 < strength <= most:
        said = f"{decimal_text(most)} {family_unit(formula)}"
        raise PharmacyError(f"A strength must be above 0 and at most {said}.", "strengths")


def in_filler(formula: Formula, filler: Component, filler_full: Mass | None) -> Formula:
    """The same capsule or trituration in another filler, with what of it alone fills the shell."""
    former = filler_of(formula)
    if former is None:
        raise PharmacyError("A liquid has no filler.", "filler")
    if filler.code == former.code:
        return formula
    changed: Formula
    if isinstance(formula, TriturationFormula):
        changed = replace(formula, diluent=filler)
    else:
        assert isinstance(formula, CapsuleFormula)
        if filler_full is None:
            raise PharmacyError(f"Weigh how much {filler.name} alone fills the shell: the mean of ten.", "filler_full")
        changed = replace(formula, filler=filler, filler_full=filler_full)
    return _retold(changed, (former.name,), (filler.name,), "filler")


def filler_of(formula: Formula) -> Component | None:
    """The filler of a capsule, the diluent of a trituration; None of a liquid."""
    if isinstance(formula, CapsuleFormula):
        return formula.filler
    return formula.diluent if isinstance(formula, TriturationFormula) else None


def _with(formula: Formula, strength: Decimal) -> Formula:
    if isinstance(formula, CapsuleFormula):
        return replace(formula, strength=Mass.of(strength, "mg"))
    if isinstance(formula, LiquidFormula):
        return replace(formula, concentration=Concentration.of(strength, "mg/mL"))
    if strength != strength.to_integral_value():
        raise PharmacyError("A trituration is 1 part in a whole number of parts.", "strengths")
    return replace(formula, parts=int(strength))


def _said(formula: Formula) -> tuple[str, ...]:
    """How texts name the strength: ``4.5 mg``; ``1 mg/mL``; ``1 in 10``, ``100 mg in 1 g`` and ``100 mg/g``."""
    number = decimal_text(strength_of(formula))
    if isinstance(formula, TriturationFormula):
        return (f"1 in {formula.parts}", f"{number} mg in 1 g", f"{number} mg/g")
    return (f"{number} {family_unit(formula)}",)


def _retold(formula: Formula, was: tuple[str, ...], now: tuple[str, ...], field: str) -> Formula:
    """The formula with its name, label and description retold; refused where a step of the work says the former."""
    more = formula.particulars
    for text in _work(more):
        if named := next((one for one in was if _pattern(one).search(text)), ""):
            raise PharmacyError(
                f"“{text[:80]}” names {named}: write a version of the record without that first, or copy it by file.",
                field,
            )

    def told(text: str) -> str:
        for before, after in zip(was, now, strict=True):
            text = _pattern(before).sub(_cased(after), text)
        return text

    name = told(formula.name)
    particulars = replace(
        more,
        physical_description=told(more.physical_description),
        labelling=tuple(told(line) for line in more.labelling),
        studies=tuple(replace(one, same_formula_and_container=False) for one in more.studies),
    )
    if name == formula.name:
        name = f"{name}, {now[0]}"
    return replace(formula, name=name, particulars=particulars)


def _cased(words: str) -> Callable[[re.Match[str]], str]:
    """The words in place of others, beginning as those began."""
    return lambda found: words if not found[0][0].islower() else words[0].lower() + words[1:]


def _work(more: Particulars) -> Iterator[str]:
    yield from more.instructions
    yield from more.repeatability
    for check in more.quality_checks:
        yield f"{check.name}: {check.expected}"


def _pattern(said: str) -> re.Pattern[str]:
    """The words as a whole, whatever blank stands between them and in whatever case: ``4.5 mg`` is not in ``14.5 mg``."""
    words = r"[\s\u00a0\u202f]+".join(re.escape(word) for word in said.split())
    return re.compile(rf"(?<![\w.,]){words}(?![\w/]|[.,]\d)", re.IGNORECASE)
