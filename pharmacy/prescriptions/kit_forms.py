"""The form of a titration kit: daily doses with their days, and the strengths that may make them."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from wtforms import FieldList, FormField, SelectField, StringField, ValidationError
from wtforms import Form as PlainForm
from wtforms.fields.choices import SelectChoice

from pharmacy.domain.directions import When
from pharmacy.domain.errors import CalculationRefused
from pharmacy.domain.kits import MOST_CONTAINERS
from pharmacy.domain.quantity import Mass, NotAQuantity, parse_count, parse_positive
from pharmacy.domain.strength import Form, Strength, check_no_decimal_comma
from pharmacy.domain.titration import DoseStep, Titration
from pharmacy.forms import CountField, TextField, required
from pharmacy.prescriptions.forms import MOST_STEPS, ReceivedForm, WhyForm, read_steps
from pharmacy.prescriptions.kit_order import KitOrder
from pharmacy.prescriptions.order import MOST_REFILLS


class DoseStepForm(PlainForm):  # type: ignore[misc]
    """One step of a titration, as typed."""

    dose = StringField("Dose a day, mg")
    days = StringField("Days")

    @property
    def is_empty(self) -> bool:
        return not (self.dose.data or "").strip() and not (self.days.data or "").strip()

    def step(self) -> DoseStep:
        """The step; raises ValueError with a sentence, and says it at the field."""
        dose, days = None, None
        wrong = []
        try:
            dose = _read(self.dose, parse_positive, "Type the dose.")
        except NotAQuantity as refused:
            wrong.append(refused)
        try:
            days = int(_read(self.days, parse_count, "Type for how many days."))
        except NotAQuantity as refused:
            wrong.append(refused)
        if wrong:
            raise wrong[0]
        assert dose is not None
        assert days is not None
        try:
            return DoseStep(Mass.of(dose, "mg"), days)
        except CalculationRefused as refused:
            self.days.errors = [str(refused)]
            raise

    def dose_so_far(self) -> Mass | None:
        """The dose, once it can be read; its days may be missing still."""
        try:
            return Mass.of(parse_positive(self.dose.data or ""), "mg")
        except NotAQuantity:
            return None

    def validate(self, *_: Any, **__: Any) -> bool:
        return True  # the list validates its steps together: only then is it known which rows count


def _read(field: StringField, reader: Any, missing: str) -> Any:
    try:
        if not (field.data or "").strip():
            raise NotAQuantity(missing)
        return reader(field.data or "")
    except NotAQuantity as refused:
        field.errors = [str(refused)]
        raise


class KitForm(ReceivedForm, WhyForm):
    """A new titration kit, in the order of the paper."""

    form = SelectField(
        "Form", choices=[SelectChoice(form.value, form.words) for form in Form], default=Form.CAPSULE.value
    )
    when = SelectField("When", choices=[when.value for when in When], default=When.BEDTIME.value)
    steps = FieldList(FormField(DoseStepForm), label="Daily doses", min_entries=3, max_entries=MOST_STEPS)
    strengths = TextField("Make these strengths")
    most = SelectField("Containers at most", choices=[str(one) for one in range(1, MOST_CONTAINERS + 1)], default="2")
    refills = CountField("Refills", [required("Type 0 if there are none.")], default=Decimal(0))
    refill_days = CountField("Days of a refill", [required("Type for how many days a refill is.")], default=Decimal(30))

    def validate_refills(self, field: CountField) -> None:
        if field.data is not None and field.data > MOST_REFILLS:
            raise ValidationError(f"Refills is a whole number, 0 to {MOST_REFILLS}.")

    def validate_steps(self, field: FieldList) -> None:
        try:
            self.titration()
        except ValueError as refused:
            if not any(step.form.dose.errors or step.form.days.errors for step in field):
                raise ValidationError(str(refused)) from None
            raise ValidationError("Correct the marked step.") from None

    def validate_strengths(self, _field: TextField) -> None:
        if self.form.data in set(Form):  # else that field says so
            self.chosen()

    def titration(self) -> Titration:
        """The titration that the rows make, empty rows left out; a ValueError says what is wrong."""
        rows = [entry.form for entry in self.steps if not entry.form.is_empty]
        return Titration(Form(self.form.data), read_steps(rows), When(self.when.data))

    def doubts(self) -> list[str]:
        """What is missing or wrong in the steps, each with the number of its step."""
        rows = [(number, entry.form) for number, entry in enumerate(self.steps, start=1)]
        return [f"Step {number}: {said}" for number, row in rows for said in (*row.dose.errors, *row.days.errors)]

    def doses_so_far(self) -> tuple[Mass, ...]:
        """The daily doses that can be read already, whatever is missing besides."""
        found = (entry.form.dose_so_far() for entry in self.steps)
        return tuple(dose for dose in found if dose is not None)

    def chosen(self) -> tuple[Strength, ...]:
        """The strengths that the pharmacist typed; none where the program is to choose."""
        form, found = Form(self.form.data), []
        try:
            check_no_decimal_comma(self.strengths.data or "")
        except NotAQuantity as refused:
            raise ValidationError(str(refused)) from None
        for text in re.split(r"[,;+]|\band\b", self.strengths.data or ""):
            number = text.strip().removesuffix(form.strength_unit).strip()
            if number:
                try:
                    found.append(Strength(parse_positive(number), form))
                except NotAQuantity as refused:
                    raise ValidationError(f"“{text.strip()[:20]}”: {refused}") from None
        return tuple(found)

    def order(self) -> KitOrder:
        """What was ordered, once the form is valid."""
        return KitOrder(
            self.titration(),
            self.chosen(),
            int(self.most.data or 0),
            self.refills.whole or 0,
            self.refill_days.whole or 0,
            self.purpose.data or "",
            bool(self.print_purpose.data),
            self.why_compounded(),
        )

    def grow(self) -> None:
        """One more empty step, for those without the script."""
        if len(self.steps) < MOST_STEPS:
            self.steps.append_entry()
