"""The forms of the formulary: a formula as fields and lines, never as code."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any, cast

from wtforms import FieldList, Form, FormField, PasswordField, SelectField, TextAreaField, ValidationError
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from pharmacy.domain.beyond_use import BeyondUseClass
from pharmacy.domain.errors import CalculationRefused
from pharmacy.domain.formula import (
    CapsuleFormula,
    Formula,
    LiquidFormula,
    Particulars,
    Portion,
    QualityCheck,
    TriturationFormula,
)
from pharmacy.domain.plain import exact_text
from pharmacy.domain.quantity import Mass, Volume
from pharmacy.errors import PharmacyError
from pharmacy.forms import CONTROL, ActForm, PositiveField, TextField, optional, required
from pharmacy.formulary.models import MasterFormulationRecord

LONGEST_TEXT = 6000


class LinesField(TextAreaField):  # type: ignore[misc]
    """One entry a line; empty lines do not count. ``lines`` gives them trimmed."""

    def __init__(self, label: str = "", validators: Any = (), **kwargs: Any) -> None:
        longest = Length(max=LONGEST_TEXT, message=f"At most {LONGEST_TEXT} characters.")
        super().__init__(label, [*validators, longest], **kwargs)

    @property
    def lines(self) -> tuple[str, ...]:
        return tuple(line.strip() for line in str(self.data or "").splitlines() if line.strip())

    def pre_validate(self, form: Any) -> None:  # noqa: ARG002  WTForms' signature
        if CONTROL.search(str(self.data or "").replace("\r", "")):
            raise ValidationError("Take out the invisible characters.")


class Filled(InputRequired):  # type: ignore[misc]
    """At least one line that is not blank."""

    def __call__(self, form: Any, field: LinesField) -> None:
        super().__call__(form, field)
        if not field.lines:
            raise ValidationError(self.message)


class PortionForm(Form):  # type: ignore[misc]
    """The amount of one component in 100 mL."""

    amount = PositiveField("Amount in 100 mL", [required("Say how much.")])


class VersionForm(ActForm):
    """The next version of a record: what may change from one version to the next. The strength may not."""

    name = TextField("Name of the formula", [required("The formula needs a name.")])
    container = TextField("Container", [required("Say what it is kept and dispensed in.")], longest=300)
    storage = TextField("Storage", [required("Say how it is stored.")], longest=300)
    description = TextField("What it looks like", [required("Describe the finished preparation.")], longest=300)
    bud_class = SelectField("Class", choices=[SelectChoice(one.value, one.words) for one in BeyondUseClass])
    bud_reference = TextAreaField(
        "Source", [required("Name the source."), Length(max=1000, message="At most 1000 characters.")]
    )
    instructions = LinesField("Instructions, one step a line", [Filled("Write the steps.")])
    equipment = LinesField("Equipment, one a line")
    checks = LinesField(
        "Checks before release, one a line: what: expected result", [Filled("Write at least one check.")]
    )
    labelling = LinesField("What label and leaflet must say, one a line")
    reason = TextField("What changes and why", [required("Say what changes and why.")], longest=500)

    @classmethod
    def of(cls, record: MasterFormulationRecord, formula: Formula) -> VersionForm:
        """The form of this kind of formula, filled with the latest version until something was posted."""
        form = cast("VersionForm", _FORMS[type(formula)].about(record))
        if not form.is_submitted():
            form.show(formula)
        return form

    def show(self, formula: Formula) -> None:
        more = formula.particulars
        self.name.data, self.container.data, self.storage.data = formula.name, more.container, more.storage
        self.description.data, self.bud_class.data = more.physical_description, more.bud_class.value
        self.bud_reference.data = more.bud_reference
        self.instructions.data, self.equipment.data = "\n".join(more.instructions), "\n".join(more.equipment)
        self.checks.data = "\n".join(f"{one.name}: {one.expected}" for one in more.quality_checks)
        self.labelling.data = "\n".join(more.labelling)

    def validate_checks(self, field: LinesField) -> None:
        for line in field.lines:
            what, colon, expected = line.partition(":")
            if not (what.strip() and colon and expected.strip()):
                raise ValidationError(
                    f"Write what is checked, a colon, and the expected result: “{line[:60]}” lacks one."
                )

    def formula(self, former: Formula) -> Formula:
        """The former formula with what was typed; PharmacyError when the domain refuses it."""
        try:
            return self.changed(replace(former, name=self.name.data, particulars=self.particulars()))
        except CalculationRefused as refused:
            raise PharmacyError(str(refused)) from refused

    def changed(self, former: Formula) -> Formula:
        return former

    def particulars(self) -> Particulars:
        checks = (line.partition(":") for line in self.checks.lines)
        return Particulars(
            container=self.container.data,
            storage=self.storage.data,
            physical_description=self.description.data,
            bud_class=BeyondUseClass(self.bud_class.data),
            bud_reference=str(self.bud_reference.data).strip(),
            instructions=self.instructions.lines,
            equipment=self.equipment.lines,
            quality_checks=tuple(QualityCheck(what.strip(), expected.strip()) for what, _, expected in checks),
            labelling=self.labelling.lines,
        )


class CapsuleVersionForm(VersionForm):
    """Masses are in mg, the mean of at least ten, net."""

    filler_full = PositiveField("Filler that alone fills the shell", [required("Weigh it: the mean of ten.")])
    drug_full = PositiveField("Drug that alone fills the shell", [required("Weigh or estimate it.")])
    shell_mass = PositiveField("Empty shell", [required("Weigh it: the mean of ten.")])

    def show(self, formula: Formula) -> None:
        super().show(formula)
        assert isinstance(formula, CapsuleFormula)
        assert isinstance(formula.filler_full, Mass)
        assert isinstance(formula.drug_full, Mass)
        self.filler_full.data, self.drug_full.data = _number(formula.filler_full), _number(formula.drug_full)
        self.shell_mass.data = _number(formula.shell_mass)

    def changed(self, former: Formula) -> Formula:
        assert isinstance(former, CapsuleFormula)
        masses = [Mass.of(_given(field), "mg") for field in (self.filler_full, self.drug_full, self.shell_mass)]
        return replace(former, filler_full=masses[0], drug_full=masses[1], shell_mass=masses[2])

    def validate_drug_full(self, field: PositiveField) -> None:
        if field.data is not None and field.data > 5000:
            raise ValidationError("No shell holds that much: write the mass in mg.")

    validate_filler_full = validate_shell_mass = validate_drug_full


class LiquidVersionForm(VersionForm):
    """Amounts in 100 mL of each component but the drug and the vehicle, in the order of the formula."""

    portions = FieldList(FormField(PortionForm), max_entries=12)
    mark = PositiveField("Step of the final measure", [required("Say how finely it is marked.")])

    def show(self, formula: Formula) -> None:
        super().show(formula)
        assert isinstance(formula, LiquidFormula)
        self.mark.data = _number(formula.mark)
        while len(self.portions) < len(formula.portions):
            self.portions.append_entry({"amount": formula.portions[len(self.portions)].per_100_ml})

    def changed(self, former: Formula) -> Formula:
        assert isinstance(former, LiquidFormula)
        if len(self.portions) != len(former.portions):
            raise PharmacyError("The formula was changed in the meantime. Open the page again.")
        portions = tuple(
            Portion(one.component, _given(entry.form.amount), one.unit)
            for one, entry in zip(former.portions, self.portions, strict=True)
        )
        return replace(former, portions=portions, mark=Volume.of(_given(self.mark), "mL"))


class TriturationVersionForm(VersionForm):
    """Its ratio is its strength: another ratio is another record."""


_FORMS: dict[type, type[VersionForm]] = {
    CapsuleFormula: CapsuleVersionForm,
    LiquidFormula: LiquidVersionForm,
    TriturationFormula: TriturationVersionForm,
}


def _number(amount: Mass | Volume) -> Decimal:
    return Decimal(exact_text(amount.value))


def _given(field: Any) -> Decimal:
    assert isinstance(field.data, Decimal)
    return field.data


class ApproveForm(ActForm):
    """The signature under a draft; a reason where one's own work is approved alone."""

    secret = PasswordField("Your password or PIN", [required("Sign with your password or PIN.")])
    solo_reason = TextField("Why nobody else can approve it", [optional()], longest=300)


class RetireForm(ActForm):
    reason = TextField("Why nothing more is to be made by it", [required("Say why.")], longest=500)


class BringForm(ActForm):
    """Only a button."""
