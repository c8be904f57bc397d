"""The form of a calculator, made from the fields of its kind of problem. Text in, text out: the kind itself reads it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from wtforms import BooleanField, SelectChoice, SelectField, TextAreaField, ValidationError
from wtforms.validators import Length

from pharmacy.actions.acting import Seen
from pharmacy.calculators.queries import Open
from pharmacy.domain.dates import day_text
from pharmacy.domain.errors import CalculationRefused
from pharmacy.domain.problems.kinds import Field, ProblemKind, Sort
from pharmacy.errors import PharmacyError
from pharmacy.forms import CONTROL, ActForm, DayField, TextField
from pharmacy.preparations.models import Preparation

GIVEN = "g_"  # before each name of the kind's own, so that none is taken for one of the form's
LONGEST = 4000
_LINE = re.compile(r"\s*([a-z_]+)\s*[:=]\s*(.+?)\s*", re.ASCII)


class SeveralField(TextAreaField):  # type: ignore[misc]
    """Some values, one a line."""

    def process_formdata(self, valuelist: list[str]) -> None:
        if valuelist:
            self.data = valuelist[0].replace("\r\n", "\n").strip()

    def pre_validate(self, form: Any) -> None:  # noqa: ARG002  WTForms' signature
        if CONTROL.search(self.data or ""):
            raise ValidationError("Take out the invisible characters.")


class TablesField(SeveralField):
    """Some tables, one a line: ``days: 60; temperature: refrigerator``. ``tables`` gives them."""

    def __init__(self, *given: Any, names: str = "", **more: Any) -> None:
        super().__init__(*given, **more)
        self.names = names

    @property
    def tables(self) -> list[dict[str, str]]:
        return [_table(line) for line in str(self.data or "").splitlines() if line.strip()]

    def pre_validate(self, form: Any) -> None:
        super().pre_validate(form)
        try:
            _ = self.tables
        except ValueError as why:
            raise ValidationError(f"{why} {self.names}".rstrip()) from None


def _table(line: str) -> dict[str, str]:
    found = {}
    for part in line.split(";"):
        pair = _LINE.fullmatch(part)
        if pair is None:
            raise ValueError("Write each line as name: value; name: value.")
        found[pair[1]] = pair[2]
    return found


class CalculatorForm(ActForm):
    """What is given. The fields of a kind are added by :func:`calculator_form`."""

    kind: ProblemKind

    def of(self, name: str) -> Any:
        """The form's field for a field of the kind."""
        return self[GIVEN + name]

    def given(self) -> dict[str, object]:
        """What was typed, as the kind reads it; what is empty is left out."""
        found: dict[str, object] = {}
        for one in self.kind.fields:
            field = self.of(one.name)
            value = field.tables if isinstance(field, TablesField) else field.data
            if value:
                found[one.name] = value
        return found

    def refuse(self, error: CalculationRefused | PharmacyError) -> None:
        """Say a refusal beside the field that it names, or at the head of the form."""
        path, sentence = error.field, str(error)
        name = re.split(r"[.\[]", path)[0]
        said = sentence.removeprefix(f"{path}: ")
        if GIVEN + name in self:
            field = self.of(name)
            field.errors = [*field.errors, said]
        elif name and name in self:
            self[name].errors = [*self[name].errors, said]
        else:
            self.form_errors: list[str] = [*self.form_errors, said]


class AttachForm(CalculatorForm):
    """To which compounding record, and what for. What was given comes along and is solved again."""

    preparation = SelectField("Compounding record", validate_choice=False)
    note = TextField("What for", [], longest=500)

    def seen_preparation(self) -> Seen[Preparation]:
        """The chosen record and the version that the page showed."""
        chosen = re.fullmatch(r"([0-9]{1,15})-([0-9]{1,15})", str(self.preparation.data or ""), re.ASCII)
        if chosen is None:
            raise PharmacyError("Choose the compounding record.", "preparation")
        return Seen(Preparation, int(chosen[1]), int(chosen[2]))


def calculator_form(kind: ProblemKind) -> CalculatorForm:
    """The form that asks what this kind asks."""
    made = type("FormOfKind", (CalculatorForm,), {"kind": kind, **_fields(kind)})
    form = made()
    assert isinstance(form, CalculatorForm)
    return form


def attach_form(kind: ProblemKind, records: list[Open], asked: CalculatorForm | None = None) -> AttachForm:
    """The form that attaches what `asked` had; without it, the one that was posted."""
    made = type("AttachFormOfKind", (AttachForm,), {"kind": kind, **_fields(kind)})
    form = made() if asked is None else made(formdata=None)
    assert isinstance(form, AttachForm)
    form.preparation.choices = _choices(("", "Choose"), *((f"{one.id}-{one.version}", one.words) for one in records))
    return form


def _fields(kind: ProblemKind) -> dict[str, Any]:
    labels = {one.name: one.label for one in kind.fields}
    return {GIVEN + one.name: _field(one, labels) for one in kind.fields}


def _field(one: Field, labels: Mapping[str, str]) -> Any:
    hint = _hint(one, labels)
    if one.sort is Sort.CHOICE:
        empty = ("", "–" if one.optional else "Choose")
        choices = _choices(empty, *((str(each), str(each)) for each in one.choices))
        return SelectField(one.label, choices=choices, validate_choice=False, description=hint)
    if one.sort is Sort.FLAG:
        if not one.optional:
            return BooleanField(one.label, description=hint)
        choices = _choices(("", "–"), ("yes", "yes"), ("no", "no"))
        return SelectField(one.label, choices=choices, validate_choice=False, description=hint)
    longest = Length(max=LONGEST, message=f"At most {LONGEST} characters.")
    if one.sort is Sort.TABLE:
        return TablesField(one.label, [longest], names=one.hint, description=hint)
    if one.sort is Sort.LIST:
        return SeveralField(one.label, [longest], description=hint)
    return DayField(one.label, description=hint) if one.sort is Sort.DAY else TextField(one.label, description=hint)


def _choices(*pairs: tuple[str, str]) -> list[SelectChoice]:
    return [SelectChoice(value, label) for value, label in pairs]


def _hint(one: Field, labels: Mapping[str, str]) -> str:
    """An example that would be right, what the kind says besides, and which other field it needs or excludes."""
    example = "; ".join(one.example.splitlines())
    if example and one.sort is Sort.DAY:
        example = day_text(date.fromisoformat(example))
    such = f"Such as {example}." if example and one.sort not in {Sort.CHOICE, Sort.FLAG} else ""
    how = "One a line, as name: value; name: value." if one.sort is Sort.TABLE else ""
    beside = f"Only beside “{labels[one.only_with]}”." if one.only_with else ""
    if one.not_with:
        beside = f"Not beside “{labels[one.not_with]}”."
    return " ".join(filter(None, (how, such, one.hint, beside)))
