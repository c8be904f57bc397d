"""The forms of the formulary: a formula as fields and lines, never as code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import cast

from wtforms import FieldList, FormField, PasswordField, SelectField, TextAreaField, ValidationError
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length

from pharmacy.domain.beyond_use import BeyondUseClass
from pharmacy.domain.errors import CalculationRefused
from pharmacy.domain.formula import (
    CapsuleFormula,
    Component,
    Formula,
    LiquidFormula,
    Particulars,
    Portion,
    Powder,
    QualityCheck,
    Role,
    TriturationFormula,
)
from pharmacy.domain.keeping import Temperature
from pharmacy.domain.plain import exact_text
from pharmacy.domain.quantity import Concentration, Mass, Volume
from pharmacy.errors import PharmacyError
from pharmacy.forms import ActForm, PositiveField, TextField, optional, required
from pharmacy.formulary.fields import (
    Filled,
    LinesField,
    PortionForm,
    PowderForm,
    StudyForm,
    fraction_given,
    full_given,
    full_of,
    given,
    measured_by,
    number_of,
    ratio_of,
)
from pharmacy.formulary.models import MasterFormulationRecord
from pharmacy.stock.models import StockItem

MOST_STUDIES = 8
MOST_POWDERS = 6
# where a field of the form is called otherwise than that of the formula
_FIELDS = {
    "physical_description": "description",
    "quality_checks": "checks",
    "per_100_ml": "portions",
    "displacement": "portions",
}


class VersionForm(ActForm):
    """The next version of a record: what may change from one version to the next. The strength may not."""

    name = TextField("Name of the formula", [required("The formula needs a name.")])
    container = TextField("Container", [required("Say what it is kept and dispensed in.")], longest=300)
    storage = TextField("Storage", [required("Say how it is stored.")], longest=300)
    description = TextField("What it looks like", [required("Describe the finished preparation.")], longest=300)
    kept = SelectField(
        "Kept at",
        [required("Say at which temperature it is kept.")],
        choices=[SelectChoice("", "choose"), *(SelectChoice(one.value, one.value) for one in Temperature)],
    )
    studies = FieldList(FormField(StudyForm), label="Stability studies", max_entries=MOST_STUDIES)
    bud_class = SelectField("Class", choices=[SelectChoice(one.value, one.words) for one in BeyondUseClass])
    bud_reference = TextAreaField(
        "Source", [required("Name the source."), Length(max=1000, message="At most 1000 characters.")]
    )
    instructions = LinesField("Instructions, one step a line", [Filled("Write the steps.")])
    repeatability = LinesField("What else makes it the same each time, one a line: mixing times, sieve, temperature")
    equipment = LinesField("Equipment, one a line")
    checks = LinesField(
        "Checks before release, one a line: what: expected result", [Filled("Write at least one check.")]
    )
    labelling = LinesField("What label and leaflet must say, one a line")
    reason = TextField("What changes and why", [required("Say what changes and why.")], longest=500)

    @classmethod
    def of(cls, record: MasterFormulationRecord, formula: Formula, powders: Sequence[StockItem] = ()) -> VersionForm:
        """The form of this kind of formula, filled with the latest version until something was posted."""
        form = cast("VersionForm", _FORMS[type(formula)].about(record))
        if not form.is_submitted():
            form.show(formula)
        form.offer(formula, powders)
        return form

    def offer(self, former: Formula, powders: Sequence[StockItem]) -> None:
        """What there is to choose from; most kinds have nothing."""

    def show(self, formula: Formula) -> None:
        more = formula.particulars
        self.name.data, self.container.data, self.storage.data = formula.name, more.container, more.storage
        self.description.data, self.bud_class.data = more.physical_description, more.bud_class.value
        self.bud_reference.data = more.bud_reference
        self.instructions.data, self.equipment.data = "\n".join(more.instructions), "\n".join(more.equipment)
        self.checks.data = "\n".join(f"{one.name}: {one.expected}" for one in more.quality_checks)
        self.labelling.data = "\n".join(more.labelling)
        self.repeatability.data, self.kept.data = "\n".join(more.repeatability), more.kept.value if more.kept else ""
        for one in more.studies[len(self.studies) :]:
            self.studies.append_entry({**one.to_json(), "days": Decimal(one.days)})
        if len(self.studies) < MOST_STUDIES:
            self.studies.append_entry()

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
            raise PharmacyError(str(refused), _FIELDS.get(refused.field, refused.field)) from refused

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
            repeatability=self.repeatability.lines,
            kept=Temperature(self.kept.data),
            studies=tuple(row.form.study() for row in self.studies if not row.form.is_blank),
        )


class CapsuleVersionForm(VersionForm):
    """Masses are in mg, the mean of at least ten, net; or densities, with the capacity of the shell."""

    filler_full = PositiveField("Filler that alone fills the shell", [required("Weigh it: the mean of ten.")])
    filler_by = measured_by()
    drug_full = PositiveField("Drug that alone fills the shell", [required("Weigh or estimate it.")])
    drug_by = measured_by()
    shell_mass = PositiveField("Empty shell", [required("Weigh it: the mean of ten.")])
    shell_capacity = PositiveField("Capacity of the shell", [optional()])
    others = FieldList(FormField(PowderForm), label="Other powders", max_entries=MOST_POWDERS)

    def show(self, formula: Formula) -> None:
        super().show(formula)
        assert isinstance(formula, CapsuleFormula)
        self.filler_full.data, self.filler_by.data = full_of(formula.filler_full)
        self.drug_full.data, self.drug_by.data = full_of(formula.drug_full)
        self.shell_mass.data = number_of(formula.shell_mass)
        self.shell_capacity.data = None if formula.shell_capacity is None else number_of(formula.shell_capacity)
        for one in formula.others:
            full, by = full_of(one.full)
            self.others.append_entry(
                {"code": one.component.code, "each": number_of(one.each), "full": full, "full_by": by}
            )
        self.others.append_entry()

    def offer(self, former: Formula, powders: Sequence[StockItem]) -> None:
        """The powders that may be chosen: those of stock, and those that the formula has already."""
        assert isinstance(former, CapsuleFormula)
        known = {one.code: Component(one.code, one.name, Role(one.kind)) for one in powders}
        self.powders = known | {one.component.code: one.component for one in former.others}
        for code in (former.drug.code, former.filler.code):
            self.powders.pop(code, None)
        choices = [SelectChoice("", "none"), *(SelectChoice(code, one.name) for code, one in self.powders.items())]
        for row in self.others:
            row.form.code.choices = choices

    def changed(self, former: Formula) -> Formula:
        assert isinstance(former, CapsuleFormula)
        capacity = self.shell_capacity.data
        return replace(
            former,
            filler_full=full_given(self.filler_full, self.filler_by),
            drug_full=full_given(self.drug_full, self.drug_by),
            shell_mass=Mass.of(given(self.shell_mass), "mg"),
            shell_capacity=None if capacity is None else Volume.of(capacity, "mL"),
            others=tuple(
                Powder(
                    self.powders[row.form.code.data],
                    Mass.of(given(row.form.each), "mg"),
                    full_given(row.form.full, row.form.full_by),
                )
                for row in self.others
                if row.form.code.data
            ),
        )

    def validate_drug_full(self, field: PositiveField) -> None:
        if field.data is not None and field.data > 5000:
            raise ValidationError("No shell holds that much: write the mass in mg.")

    validate_filler_full = validate_shell_mass = validate_drug_full


class LiquidVersionForm(VersionForm):
    """Amounts in 100 mL of each component but the drug and the vehicle, in the order of the formula."""

    portions = FieldList(FormField(PortionForm), max_entries=12)
    mark = PositiveField("Step of the final measure", [required("Say how finely it is marked.")])
    solubility = PositiveField("Drug that dissolves in the vehicle", [optional()])
    drug_displacement = PositiveField("Room that 1 g of drug takes up", [optional()])

    def show(self, formula: Formula) -> None:
        super().show(formula)
        assert isinstance(formula, LiquidFormula)
        self.mark.data = number_of(formula.mark)
        self.solubility.data = None if formula.solubility is None else Decimal(exact_text(formula.solubility.value))
        self.drug_displacement.data = ratio_of(formula.drug_displacement)
        while len(self.portions) < len(formula.portions):
            one = formula.portions[len(self.portions)]
            self.portions.append_entry({"amount": one.per_100_ml, "displacement": ratio_of(one.displacement)})

    def changed(self, former: Formula) -> Formula:
        assert isinstance(former, LiquidFormula)
        if len(self.portions) != len(former.portions):
            raise PharmacyError("The formula was changed in the meantime. Open the page again.")
        portions = tuple(
            Portion(
                one.component,
                given(entry.form.amount),
                one.unit,
                fraction_given(entry.form.displacement, one.displacement),
            )
            for one, entry in zip(former.portions, self.portions, strict=True)
        )
        dissolves = self.solubility.data
        return replace(
            former,
            portions=portions,
            mark=Volume.of(given(self.mark), "mL"),
            solubility=None if dissolves is None else Concentration.of(dissolves, "mg/mL"),
            drug_displacement=fraction_given(self.drug_displacement, former.drug_displacement),
        )


class TriturationVersionForm(VersionForm):
    """Its ratio is its strength: another ratio is another record."""


_FORMS: dict[type, type[VersionForm]] = {
    CapsuleFormula: CapsuleVersionForm,
    LiquidFormula: LiquidVersionForm,
    TriturationFormula: TriturationVersionForm,
}


class ApproveForm(ActForm):
    """The signature under a draft; a reason where one's own work is approved alone."""

    secret = PasswordField("Your password or PIN", [required("Sign with your password or PIN.")])
    solo_reason = TextField("Why nobody else can approve it", [optional()], longest=300)


class WithdrawForm(ActForm):
    withdrawal = TextField("Why it is taken back", [required("Say why.")], longest=500)


class RetireForm(ActForm):
    reason = TextField("Why nothing more is to be made by it", [required("Say why.")], longest=500)


class BringForm(ActForm):
    """Only a button."""
