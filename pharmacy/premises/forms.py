"""Forms of the pharmacy's own pages: text in, plain values out."""

from __future__ import annotations

from typing import Any

from wtforms import BooleanField, SelectChoice, SelectField, StringField

from pharmacy.forms import ActForm, DayField, PositiveField, TextField, optional, required
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


class BalanceForm(ActForm):
    name = TextField("Name", [required("The name is asked for.")], longest=60)
    serial = TextField("Serial number", [required("The serial number is asked for.")], longest=60)
    readability = PositiveField("Readability", [required("Type what the last digit shows.")])
    sensitivity_requirement = PositiveField("Sensitivity requirement", [required("Type the sensitivity requirement.")])
    accepted_error = PositiveField("Accepted error of a weighing", [required("Type the accepted error, often 5.")])
    capacity = PositiveField("Capacity", [required("Type the capacity.")])
    calibration_due = DayField("Calibration due", [required("Say when it is due.")])
    active = BooleanField("In use", default=True)

    def balance(self) -> BalanceData:
        given: dict[str, Any] = {name: getattr(self, name).data for name in BalanceData.__dataclass_fields__}
        return BalanceData(**given)


class ChangeBalanceForm(BalanceForm):
    reason = TextField("Why it changes", [required("Say why.")], longest=500)
