"""The forms of dispensing. Syntax only: what a hand-over asks for is for the service to say."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from wtforms import FieldList, RadioField, SelectField, SelectMultipleField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired
from wtforms.widgets import CheckboxInput, ListWidget

from pharmacy.dispensing.leaving import RELATIONSHIPS, Counselling, Given, Method
from pharmacy.dispensing.queries import Point
from pharmacy.forms import ActForm, TextField, required
from pharmacy.prescriptions.forms import LongTextField

NOBODY = SelectChoice("", "choose")
People = Sequence[tuple[int, str]]


def point_code(words: str) -> str:
    """A point of the talk by its own words, so that a tick never slips to another point."""
    return sha256(words.encode()).hexdigest()[:12]


def _person(text: Any) -> int | None:
    return int(text) if text else None


class HandOverForm(ActForm):
    """To whom, how, and what was said."""

    scans = FieldList(TextField("Scan the label"), "Bar codes of the labels", min_entries=0)
    method = RadioField(
        "How it leaves",
        choices=[
            SelectChoice(Method.PICK_UP.value, "Picked up"),
            SelectChoice(Method.COURIER.value, "Courier"),
            SelectChoice(Method.POST.value, "Post"),
        ],
        default=Method.PICK_UP.value,
    )
    relationship = RadioField(
        "To",
        choices=[
            SelectChoice("patient", "The patient"),
            SelectChoice("family", "Family"),
            SelectChoice("other", "Someone else"),
        ],
        validators=[InputRequired("Say who that is: the patient, family or someone else.")],
    )
    to_whom = TextField("Name, if not the patient")
    carrier = TextField("Carrier", longest=80)
    tracking = TextField("Tracking number", longest=80)
    packed_by = SelectField("Packed by", default="")
    counselling = RadioField(
        "Counselling",
        choices=[
            SelectChoice(Counselling.DONE.value, "Done"),
            SelectChoice(Counselling.DECLINED.value, "Offered and declined"),
        ],
        validators=[InputRequired("Say whether the talk took place.")],
    )
    counselled_by = SelectField("Counselled by (a pharmacist)", default="")
    told = SelectMultipleField(
        "What was told", choices=[], widget=ListWidget(prefix_label=False), option_widget=CheckboxInput()
    )

    def offer(self, bottles: int, points: Sequence[Point], staff: People, pharmacists: People) -> None:
        """Put the choices in: as many scans as containers, the points of the talk, and people."""
        while len(self.scans) < bottles:
            self.scans.append_entry()
        self.told.choices = [SelectChoice(point_code(one.words), one.words) for one in points]
        self.packed_by.choices = [NOBODY, *(SelectChoice(str(person), name) for person, name in staff)]
        self.counselled_by.choices = [NOBODY, *(SelectChoice(str(person), name) for person, name in pharmacists)]

    def given(self, patient: str, points: Sequence[Point]) -> Given:
        """What was typed. The patient's own name is not typed again."""
        who = str(self.relationship.data or "")
        ticked = set(self.told.data or ())
        return Given(
            Method(self.method.data),
            self.to_whom.data or (patient if who == RELATIONSHIPS[0] else ""),
            who,
            Counselling(self.counselling.data),
            _person(self.counselled_by.data),
            tuple(one.words for one in points if point_code(one.words) in ticked),
            tuple(entry.data or "" for entry in self.scans),
            self.carrier.data or "",
            self.tracking.data or "",
            _person(self.packed_by.data),
        )


class ReasonForm(ActForm):
    """Why."""

    reason = LongTextField("Reason", [required("Say why.")])


class ReturnForm(ReasonForm):
    """Not collected, or it may not leave."""


class DestroyForm(ReasonForm):
    """Why and how it is destroyed, and who watched."""

    witness = TextField("Witness", [required("Say who watched.")])
