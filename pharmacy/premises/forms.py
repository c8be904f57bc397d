"""Forms of the pharmacy's own pages: text in, plain values out."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from wtforms import BooleanField, RadioField, SelectChoice, SelectField, StringField, TextAreaField

from pharmacy.domain.balance import MinimumRule
from pharmacy.domain.quantity import NotAQuantity, parse_decimal
from pharmacy.forms import ActForm, DayField, PositiveField, QuantityField, TextField, not_in_future, optional, required
from pharmacy.premises.service import BalanceData, Identity
from pharmacy.premises.settings import SettingKind


class IdentityForm(ActForm):
    name = TextField("Name", [required("The pharmacy’s name is asked for.")])
    street = TextField("Street", [required("The street is asked for.")])
    town = TextField("Town, state, ZIP", [required("The town is asked for.")])
    phone = TextField("Telephone", [required("The telephone number is asked for.")], longest=40)
    licence = TextField("Licence number", [required("The licence number is asked for.")], longest=60)
    reason = TextField("Why it changes", [required("Say why.")], longest=500)

    def identity(self, timezone: str) -> Identity:
        return Identity(self.name.data, self.street.data, self.town.data, self.phone.data, self.licence.data, timezone)


class SettingForm(ActForm):
    """One setting: its value is a text or a choice, as the catalogue says."""

    value = StringField("New value", [required("Type or choose the new value.")])
    effective_from = DayField("From", [optional()])
    reason = TextField("Why", [required("Say why.")], longest=500)


class ChosenSettingForm(SettingForm):
    value = SelectField("New value")


def setting_form(kind: SettingKind) -> type[SettingForm]:
    """The form that fits the setting."""
    if not kind.options:
        return SettingForm
    field = SelectField("New value", choices=[SelectChoice(value, words) for value, words in kind.options])
    return type("OneSettingForm", (ChosenSettingForm,), {"value": field})


RULES = [
    SelectChoice(MinimumRule.CLASSIC.value, "Classic rule: sensitivity requirement × 100 ÷ accepted error"),
    SelectChoice(
        MinimumRule.USP41.value, "USP <41>: 2 × repeatability ÷ 0.10 %, and never less than 820 × readability"
    ),
]
MOST_TYPED = 3000


class ReadingsField(TextAreaField):  # type: ignore[misc]
    """Plain decimal numbers, one a line or with blanks between them; ``data`` is a tuple of Decimals."""

    data: tuple[Decimal, ...]

    def _value(self) -> str:
        return str(self.raw_data[0]) if self.raw_data else ""

    def process_data(self, value: Any) -> None:
        self.data = value or ()

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = ()
        given = valuelist[0] if valuelist else ""
        if len(given) > MOST_TYPED:
            raise ValueError("Type the readings alone, one a line.")
        found = []
        for number, text in enumerate(re.split(r"[\s;]+", given.strip()) if given.strip() else (), start=1):
            try:
                found.append(parse_decimal(text))
            except NotAQuantity as refused:
                raise ValueError(f"Reading {number}: {refused}") from None
        self.data = tuple(found)


class BalanceForm(ActForm):
    name = TextField("Name", [required("The name is asked for.")], longest=60)
    serial = TextField("Serial number", [required("The serial number is asked for.")], longest=60)
    readability = PositiveField("Readability", [required("Type what the last digit shows.")])
    sensitivity_requirement = PositiveField("Sensitivity requirement", [required("Type the sensitivity requirement.")])
    accepted_error = PositiveField("Accepted error of a weighing", [required("Type the accepted error, often 5.")])
    capacity = PositiveField("Capacity", [required("Type the capacity.")])
    calibration_due = DayField("Calibration due", [required("Say when it is due.")])
    active = BooleanField("In use", default=True)
    rule = RadioField("It weighs from", choices=RULES, default=MinimumRule.CLASSIC.value)
    repeatability = QuantityField("Repeatability", [optional()])
    readings = ReadingsField("Or its readings of one small weight, in mg")
    repeatability_on = DayField("Measured on", [optional(), not_in_future])

    def balance(self) -> BalanceData:
        given: dict[str, Any] = {name: getattr(self, name).data for name in BalanceData.__dataclass_fields__}
        return BalanceData(**given)


class ChangeBalanceForm(BalanceForm):
    reason = TextField("Why it changes", [required("Say why.")], longest=500)
