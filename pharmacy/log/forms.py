"""What of the log is asked for: text in, filters out."""

from __future__ import annotations

from wtforms import BooleanField, SelectField
from wtforms.fields.choices import SelectChoice

from pharmacy.actions.catalogue import Action
from pharmacy.forms import ActForm, DayField, TextField
from pharmacy.log.words import SENTENCES


def _words(action: Action) -> str:
    return f"{action.value.replace(':', ': ').replace('-', ' ')}"


class FilterForm(ActForm):
    person = SelectField("Person", coerce=int, default=0)
    action = SelectField(
        "What",
        choices=[SelectChoice("", "everything"), *(SelectChoice(action.value, _words(action)) for action in SENTENCES)],
        default="",
    )
    patient = TextField("Patient, by name, telephone or birth", longest=200)
    prescription = TextField("Rx or fill number", longest=30)
    lot = TextField("Lot number", longest=60)
    first_day = DayField("From")
    last_day = DayField("To")
    without_views = BooleanField("Leave out what was only looked at")
    before = TextField("", longest=15)

    def earlier_than(self) -> int | None:
        text = self.before.data or ""
        return int(text) if text.isascii() and text.isdigit() else None
