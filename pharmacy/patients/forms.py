"""Forms about patients, the medicines that they take, and prescribers: text in, plain values out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wtforms import (
    BooleanField,
    FieldList,
    Form,
    FormField,
    HiddenField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    ValidationError,
)
from wtforms.widgets import CheckboxInput, ListWidget

from pharmacy.errors import PharmacyError
from pharmacy.forms import ActForm, DayField, TextField, not_in_future, optional, required
from pharmacy.patients.data import (
    SEXES,
    STATES,
    ConditionEntry,
    MedicineEntry,
    PatientData,
    PrescriberData,
    SensitivityEntry,
)
from pharmacy.patients.medicines import MOST_MEDICINES
from pharmacy.patients.models import MedicineTaken, Patient
from pharmacy.rules import book
from pharmacy.rules.facts import Answer, Use

KINDS = [SelectChoice("drug", "drug"), SelectChoice("excipient", "excipient"), SelectChoice("shell", "capsule shell")]
MOST_ROWS = 20
BLANK_ROWS = 3
MOST_INGREDIENTS = 6
SOURCES = ("patient", "family or carer", "prescriber", "another pharmacy", "discharge letter")


class FindForm(ActForm):
    """A search among patients: a POST, because an address is kept in histories and server logs."""

    q = TextField("Name, telephone number or date of birth", [required("Type what to find.")])


class SensitivityRow(Form):  # type: ignore[misc]
    """One thing that the patient does not bear; a row without its words counts for nothing."""

    words = TextField("To what")
    kind = SelectField("Sort", choices=KINDS)
    reaction = TextField("What happened")

    def validate_words(self, field: TextField) -> None:
        if not field.data and self.reaction.data:
            raise ValidationError("Name what the patient does not bear.")


class PatientForm(ActForm):
    given_name = TextField("Given name", [required("The given name is asked for.")])
    family_name = TextField("Family name", [required("The family name is asked for.")])
    born = DayField("Date of birth", [required("The date of birth is asked for."), not_in_future])
    sex = SelectField("Sex", choices=[SelectChoice(one, one) for one in SEXES], default="unknown")
    street = TextField("Street", [required("The street is asked for.")])
    town = TextField("Town, state, ZIP", [required("The town is asked for.")])
    phone = TextField("Telephone", [required("The telephone number is asked for.")], longest=40)
    language = TextField("Language", [required("The language is asked for.")], longest=60, default="English")
    pregnancy = SelectField(
        "Pregnant", choices=[SelectChoice(one.value, one.value) for one in Answer], default="unknown"
    )
    lactation = SelectField(
        "Breast-feeding", choices=[SelectChoice(one.value, one.value) for one in Answer], default="unknown"
    )
    conditions = SelectMultipleField(
        "Conditions", widget=ListWidget(prefix_label=False), option_widget=CheckboxInput(), default=()
    )
    other_conditions = TextField("Other conditions", longest=1000)
    sensitivities = FieldList(FormField(SensitivityRow), label="Sensitivities", max_entries=MOST_ROWS)
    none_known = BooleanField("Asked: no known allergies or sensitivities")
    another_person = BooleanField("This is another person of the same name and birthday")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.conditions.choices = [SelectChoice(one.code, one.words) for one in book.load().choices.conditions]
        if not self.is_submitted():
            self.add_rows()

    @classmethod
    def of(cls, row: Patient) -> PatientForm:
        """The form filled with what is known; codes are ticked, other words stand in the line beside."""
        known = {one.code for one in book.load().choices.conditions}
        form: PatientForm = cls.about(
            row,
            obj=_Plain(row),
            data={
                "conditions": [one.code for one in row.conditions if one.code in known],
                "other_conditions": "; ".join(one.words for one in row.conditions if one.code not in known),
                "none_known": not row.sensitivities,
                "sensitivities": [
                    {"words": one.words, "kind": one.kind, "reaction": one.reaction} for one in row.sensitivities
                ],
            },
        )
        return form

    def validate_none_known(self, field: BooleanField) -> None:
        """An empty list is shown as "no known allergies", so somebody must have asked."""
        named = any(entry.form.words.data for entry in self.sensitivities)
        if field.data and named:
            raise ValidationError("Some are named above. Empty those rows, or take out this tick.")
        if not field.data and not named:
            raise ValidationError("Ask, then write what the patient does not bear, or tick that nothing is known.")

    @property
    def substances(self) -> list[str]:
        """What the rule book knows that somebody may not bear."""
        return [one.words for one in book.load().choices.sensitivities]

    def add_rows(self, count: int = 2) -> None:
        """Room for more, up to the most that fit."""
        for _ in range(min(count, MOST_ROWS - len(self.sensitivities))):
            self.sensitivities.append_entry()

    def patient(self) -> PatientData:
        """What was typed, as the service takes it. Words that the rule book knows take their code."""
        rows = [entry.form for entry in self.sensitivities if entry.form.words.data]
        others = [one.strip() for one in (self.other_conditions.data or "").split(";")]
        conditions = [ConditionEntry.coded(code) for code in self.conditions.data or ()]
        conditions += [ConditionEntry.typed(one) for one in others if one]
        names = ("given_name", "family_name", "born", "sex", "street", "town", "phone", "language")
        return PatientData(
            **{name: getattr(self, name).data for name in (*names, "pregnancy", "lactation")},
            sensitivities=tuple(
                SensitivityEntry.typed(row.words.data, row.kind.data, row.reaction.data or "") for row in rows
            ),
            conditions=tuple(dict.fromkeys(conditions)),
        )


class _Plain:
    """A patient without the lists, which a form fills otherwise."""

    LISTS = frozenset({"conditions", "sensitivities"})

    def __init__(self, row: Patient) -> None:
        self._row = row

    def __getattr__(self, name: str) -> Any:
        if name in self.LISTS:
            raise AttributeError(name)
        return getattr(self._row, name)


class MedicineRow(Form):  # type: ignore[misc]
    """One medicine. ``id`` is the row that it was; emptied or ticked as not taken any more, it goes off the list."""

    id = HiddenField()
    typed = TextField("Name as told")
    use = SelectField("Taken", choices=[SelectChoice(one.value, one.value) for one in Use], default=Use.CURRENT.value)
    last_dose = DayField("Last dose", [optional(), not_in_future])
    source = TextField("Known from", default=SOURCES[0])
    removed = BooleanField("Off the list")

    @property
    def counts(self) -> bool:
        """Whether the row says something."""
        return bool(self.typed.data) and not self.removed.data

    def validate_typed(self, field: TextField) -> None:
        if not field.data and not self.id.data and self.last_dose.raw_data and self.last_dose.raw_data[0]:
            raise ValidationError("Name the medicine.")

    def validate_source(self, field: TextField) -> None:
        if self.counts and not field.data:
            raise ValidationError("Say where this is known from.")

    def entry(self) -> MedicineEntry:
        row_id = self.id.data or ""
        if row_id and not (row_id.isascii() and row_id.isdigit() and len(row_id) < 16):
            raise PharmacyError("This form belongs to another page. Open the page again.")
        return MedicineEntry(
            self.typed.data, self.use.data, self.last_dose.data, self.source.data, int(row_id) if row_id else None
        )


class MedicinesForm(ActForm):
    medicines = FieldList(FormField(MedicineRow), label="Medicines", max_entries=MOST_MEDICINES)
    none = BooleanField("Asked: the patient takes no medicine at all")
    sources = SOURCES

    @classmethod
    def of(cls, row: Patient, standing: Sequence[MedicineTaken]) -> MedicinesForm:
        """The list as it stands, and room for more."""
        names = ("id", "typed", "use", "last_dose", "source")
        filled = [{name: getattr(one, name) for name in names} for one in standing]
        form: MedicinesForm = cls.about(row, data={"medicines": filled})
        if not form.is_submitted():
            form.add_rows()
        return form

    def add_rows(self, count: int = BLANK_ROWS) -> None:
        """Room for more, up to the most that fit."""
        for _ in range(min(count, MOST_MEDICINES - len(self.medicines))):
            self.medicines.append_entry()

    def entries(self) -> tuple[MedicineEntry, ...]:
        return tuple(row.form.entry() for row in self.medicines if row.form.counts)


class ResolveForm(ActForm):
    """What a pharmacist found out: known ingredients by their names, or words and their source."""

    ingredients = FieldList(
        TextField("Ingredient"), label="What it holds", min_entries=MOST_INGREDIENTS, max_entries=MOST_INGREDIENTS
    )
    resolution = TextField("What you found out, and where", longest=500)

    def codes(self) -> tuple[str, ...]:
        """The codes of the ingredients named; a :class:`PharmacyError` names what is not on the list."""
        known = {name.casefold(): code for code, name in book.load().vocabulary.ingredients().items()}
        given = [" ".join(field.data.split()) for field in self.ingredients if field.data]
        unknown = [name for name in given if name.casefold() not in known]
        if unknown:
            raise PharmacyError(
                f"The rule book does not know {', '.join(unknown)}. Choose from the list, or write below what you found.",
                "ingredients",
            )
        return tuple(dict.fromkeys(known[name.casefold()] for name in given))


class PrescriberForm(ActForm):
    given_name = TextField("Given name", [required("The given name is asked for.")])
    family_name = TextField("Family name", [required("The family name is asked for.")])
    credentials = TextField("Credentials", longest=60)
    npi = TextField("NPI", [required("The NPI is asked for.")], longest=20)
    licence = TextField("Licence number", [required("The licence number is asked for.")], longest=60)
    licence_state = SelectField(
        "State of the licence", choices=[SelectChoice("", "choose"), *(SelectChoice(one, one) for one in STATES)]
    )
    phone = TextField("Telephone", [required("The telephone number is asked for.")], longest=40)
    street = TextField("Street")
    town = TextField("Town, state, ZIP")
    active = BooleanField("Prescribes still", default=True)

    def prescriber(self) -> PrescriberData:
        given: dict[str, Any] = {name: getattr(self, name).data or "" for name in PrescriberData.__dataclass_fields__}
        return PrescriberData(**{**given, "npi": "".join(given["npi"].split()), "active": bool(self.active.data)})
