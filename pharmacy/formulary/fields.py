"""The fields and the rows of a formula's form, and numbers that come back from it exactly."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

from wtforms import BooleanField, Form, SelectField, TextAreaField, ValidationError
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from pharmacy.domain.keeping import MOST_DAYS, StabilityStudy, Temperature
from pharmacy.domain.plain import exact_text
from pharmacy.domain.quantity import Density, Mass, Volume, decimal_text
from pharmacy.forms import CONTROL, CountField, PositiveField, TextField, optional, required

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
    displacement = PositiveField("Room that 1 g takes up", [optional()])


class StudyForm(Form):  # type: ignore[misc]
    """One recorded stability study; a row without a citation and without days is none."""

    citation = TextField("Study", longest=300)
    days = CountField("Days")
    temperature = SelectField(
        "At",
        choices=[SelectChoice("", "not stated"), *(SelectChoice(one.value, one.value) for one in Temperature)],
        default="",
    )
    documents = TextField("Where its documents are", longest=300)
    stability_indicating = BooleanField("Stability-indicating")
    same_formula_and_container = BooleanField("This formula in this container")
    antimicrobial_effectiveness = BooleanField("Antimicrobial effectiveness <51>")
    accelerated = BooleanField("Accelerated data alone")

    @property
    def is_blank(self) -> bool:
        return not any(field.data for field in self)

    def validate_citation(self, field: TextField) -> None:
        if not field.data and not self.is_blank:
            raise ValidationError("Name the study.")

    def validate_days(self, field: CountField) -> None:
        if field.data is None and not field.errors and not self.is_blank:
            raise ValidationError("Say for how many days it found the preparation good.")
        if field.data is not None and not 1 <= field.data <= MOST_DAYS:
            raise ValidationError(f"A study covers 1 to {MOST_DAYS:,} days.")

    def study(self) -> StabilityStudy:
        assert self.days.whole is not None
        return StabilityStudy(
            citation=self.citation.data,
            days=self.days.whole,
            temperature=Temperature(self.temperature.data) if self.temperature.data else None,
            stability_indicating=bool(self.stability_indicating.data),
            same_formula_and_container=bool(self.same_formula_and_container.data),
            antimicrobial_effectiveness=bool(self.antimicrobial_effectiveness.data),
            accelerated=bool(self.accelerated.data),
            documents=self.documents.data or "",
        )


MG, DENSITY = "mg", "g/mL"


def measured_by() -> SelectField:
    """Whether a powder's packing was measured as the mass that fills the shell, or as a density."""
    return SelectField(
        "Measured as", choices=[SelectChoice(MG, "mg that fill it"), SelectChoice(DENSITY, "g/mL")], default=MG
    )


class PowderForm(Form):  # type: ignore[misc]
    """A further powder of a capsule, such as a glidant; a row without one is none."""

    code = SelectField("Powder", choices=[], validate_choice=False, default="")
    each = PositiveField("In one capsule", [optional()])
    full = PositiveField("As much of it fills the shell", [optional()])
    full_by = measured_by()

    def validate_code(self, field: SelectField) -> None:
        known = {one.value for one in field.choices}
        if field.data and field.data not in known:
            raise ValidationError("Choose one of the list.")
        if field.data and (self.each.data is None or self.full.data is None):
            raise ValidationError("Say how much of it is in one capsule, and how much of it alone fills the shell.")
        if not field.data and (self.each.data is not None or self.full.data is not None):
            raise ValidationError("Choose the powder.")


def full_of(full: Mass | Density) -> tuple[Decimal, str]:
    """The number and the unit in which it is shown: mg that fill the shell, or g/mL."""
    unit = MG if isinstance(full, Mass) else DENSITY
    return Decimal(exact_text(full.to(unit))), unit


def full_given(field: Any, by: Any) -> Mass | Density:
    return Density.of(given(field), DENSITY) if by.data == DENSITY else Mass.of(given(field), MG)


def number_of(amount: Mass | Volume) -> Decimal:
    return Decimal(exact_text(amount.value))


def ratio_of(value: Fraction | None) -> Decimal | None:
    """The number as it is typed: to six places where no decimal is exact."""
    return None if value is None else Decimal(decimal_text(value, 6))


def fraction_given(field: Any, former: Fraction | None) -> Fraction | None:
    """What was typed, exactly; the former number where only its rounded text came back."""
    if field.data is None:
        return None
    return former if field.data == ratio_of(former) else Fraction(field.data)


def given(field: Any) -> Decimal:
    assert isinstance(field.data, Decimal)
    return field.data
