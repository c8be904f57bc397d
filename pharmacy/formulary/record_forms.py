"""The forms by which a record begins: a family in several strengths, a copy of another record, an exported file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import cast

from wtforms import FileField, HiddenField, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length

from pharmacy.domain.formula import CapsuleFormula, Component, Formula, Role
from pharmacy.domain.quantity import Mass, NotAQuantity, parse_decimal
from pharmacy.domain.strength import check_no_decimal_comma
from pharmacy.errors import PharmacyError
from pharmacy.forms import ActForm, PositiveField, TextField, optional, required
from pharmacy.formulary.exchange import LARGEST
from pharmacy.formulary.models import MasterFormulationRecord
from pharmacy.formulary.starting import FAMILIES
from pharmacy.formulary.variants import at_strength, family_strength, filler_of, in_filler
from pharmacy.stock.models import StockItem

MOST_STRENGTHS = 20
PROGRAM, RECORD = "program", "record"


class StrengthsField(TextField):
    """Several numbers with commas or blanks between them; ``strengths`` gives them, none twice."""

    strengths: tuple[Decimal, ...] = ()

    def process_formdata(self, valuelist: list[str]) -> None:
        super().process_formdata(valuelist)
        typed = str(self.data or "")
        try:
            check_no_decimal_comma(typed)
        except NotAQuantity as refused:
            raise ValueError(str(refused)) from None
        parts = typed.replace(",", " ").replace(";", " ").split()
        if len(parts) > MOST_STRENGTHS:
            raise ValueError(f"At most {MOST_STRENGTHS} strengths at once.")
        try:
            self.strengths = tuple(parse_decimal(one) for one in parts)
        except NotAQuantity as refused:
            raise ValueError(f"Write the strengths as 0.5, 1, 1.5. {refused}") from None
        if len(set(self.strengths)) != len(self.strengths):
            raise ValueError("A strength stands there twice.")


class FamilyForm(ActForm):
    """One formulation in several strengths: a record for each."""

    source = SelectField("Formulation", [required("Choose a formulation.")])
    strengths = StrengthsField("Strengths")

    @classmethod
    def of(cls, records: Sequence[MasterFormulationRecord]) -> FamilyForm:
        """The program's families, and every record, which is the first of its own."""
        form = cast("FamilyForm", cls.about())
        form.source.choices = [
            SelectChoice("", "choose"),
            *(SelectChoice(f"{PROGRAM}:{key}", one.title, optgroup="Of the program") for key, one in FAMILIES.items()),
            *(
                SelectChoice(f"{RECORD}:{one.id}", f"{one.number}, {one.title}", optgroup="As a record")
                for one in records
            ),
        ]
        return form

    @property
    def chosen(self) -> tuple[str, str]:
        """The sort of source, and its key or id."""
        sort, _, which = str(self.source.data).partition(":")
        return sort, which


class CopyForm(ActForm):
    """Another record after this one: what is changed at once. The rest is changed in its next version."""

    name = TextField("Name of the formula", [required("The formula needs a name.")])
    strength = PositiveField("Strength", [required("Say the strength.")])
    filler = SelectField("Filler", choices=[])
    filler_full = PositiveField("As much of it fills the shell", [optional()])
    bud_reference = TextAreaField(
        "Source of the beyond-use date",
        [required("Name the source."), Length(max=1000, message="At most 1000 characters.")],
    )

    @classmethod
    def of(cls, record: MasterFormulationRecord, formula: Formula, fillers: Sequence[StockItem]) -> CopyForm:
        """The form as the record is, until something was posted."""
        form = cast("CopyForm", cls.about(record))
        filler = filler_of(formula)
        if filler is None:
            del form.filler, form.filler_full
        else:
            if not isinstance(formula, CapsuleFormula):
                del form.filler_full
            others = [one for one in fillers if one.code != filler.code]
            form.filler.choices = [
                SelectChoice(filler.code, f"{filler.name}, as it is"),
                *(SelectChoice(one.code, one.name) for one in others),
            ]
        if not form.is_submitted():
            form.name.data, form.bud_reference.data = formula.name, formula.particulars.bud_reference
            form.strength.data = family_strength(formula)
            if filler is not None:
                form.filler.data = filler.code
        return form

    def copy(self, formula: Formula, fillers: Sequence[StockItem]) -> Formula:
        """The formula after this one, as it was typed; PharmacyError at the field that does not go."""
        assert isinstance(self.strength.data, Decimal)
        try:
            made = at_strength(formula, self.strength.data)
        except PharmacyError as refused:
            raise PharmacyError(refused.sentence, "strength") from refused
        chosen = next((one for one in fillers if self.filler is not None and one.code == self.filler.data), None)
        if chosen is not None:
            full = getattr(self.filler_full, "data", None)
            component = Component(chosen.code, chosen.name, Role.FILLER, _grade_of(chosen.code))
            made = in_filler(made, component, Mass.of(full, "mg") if full is not None else None)
        return renamed(made, self.name.data if self.name.data != formula.name else made.name, self.bud_reference.data)


def _grade_of(code: str) -> str:
    """What the program's own formulas say of a component, to be read and put right in the next version."""
    known = {part.code: part.grade for family in FAMILIES.values() for part in family.base.components}
    return known.get(code, "")


def renamed(formula: Formula, name: str, bud_reference: str) -> Formula:
    """The formula under that name, with that source of its beyond-use date."""
    particulars = replace(formula.particulars, bud_reference=bud_reference.strip())
    return replace(formula, name=name, particulars=particulars)


class ImportForm(ActForm):
    """A formula that was exported here or elsewhere.

    What has a record here comes back with its ``text``, to be written as the next version with a reason.
    """

    file = FileField("Formula (TOML)")
    text = HiddenField()
    reason = TextField("What changes and why", longest=500)

    def content(self) -> bytes:
        """The bytes of the file, no more than one too many; PharmacyError when none was chosen."""
        if self.text.data:
            return str(self.text.data).encode()
        given = self.file.data
        if not given or not getattr(given, "filename", ""):
            raise PharmacyError("Choose a file.", "file")
        given.stream.seek(0)
        return bytes(given.read(LARGEST + 1))


__all__ = ("PROGRAM", "RECORD", "CopyForm", "FamilyForm", "ImportForm", "StrengthsField")
