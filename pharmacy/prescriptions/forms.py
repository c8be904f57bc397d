"""Forms of prescriptions and their review: text in, domain values out. Whether a dose is safe is not their question."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol, TypeVar

from flask_wtf.file import FileField
from wtforms import (
    BooleanField,
    FieldList,
    FormField,
    HiddenField,
    PasswordField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms import Form as PlainForm
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length

from pharmacy import clock
from pharmacy.domain.dates import day_text
from pharmacy.domain.directions import Directions, Step, When
from pharmacy.domain.errors import CalculationRefused
from pharmacy.domain.quantity import NotAQuantity, parse_count, parse_positive
from pharmacy.domain.strength import Form
from pharmacy.errors import PharmacyError
from pharmacy.forms import CONTROL, ActForm, CountField, DayField, PositiveField, TextField, not_in_future, required
from pharmacy.patients import queries as patients
from pharmacy.prescriptions.order import MOST_REFILLS, CameBy, Order, Receipt
from pharmacy.prescriptions.panel import Typed
from pharmacy.rules import book
from pharmacy.screening.service import Decided, Outcome

R_co = TypeVar("R_co", covariant=True)
MOST_STEPS = 12
REASONS = (
    "No product of this strength is made",
    "No product of this form is made",
    "The patient does not bear an ingredient of the product",
    "The product cannot be had",
    "Another reason (say which)",
)
HOW = ("phone", "fax", "secure message", "in person")


class LongTextField(TextAreaField):  # type: ignore[misc]
    """Some lines of any script, trimmed, without control or direction-changing characters."""

    def __init__(self, label: str = "", validators: Any = (), longest: int = 1000, **kwargs: Any) -> None:
        super().__init__(label, [*validators, Length(max=longest, message=f"At most {longest} characters.")], **kwargs)

    def process_formdata(self, valuelist: list[str]) -> None:
        if valuelist:
            self.data = valuelist[0].replace("\r\n", "\n").strip()
            self.raw_data = [self.data]

    def pre_validate(self, form: Any) -> None:  # noqa: ARG002  WTForms' signature
        if self.data and CONTROL.search(self.data):
            raise ValidationError("Take out the invisible characters.")


class StepForm(PlainForm):  # type: ignore[misc]
    """One step of the directions, as typed: it is read as a whole by :meth:`OrderForm.directions`."""

    amount = StringField("Amount")
    when = SelectField("When", choices=[when.value for when in When], default=When.BEDTIME.value)
    days = StringField("Days")

    @property
    def is_empty(self) -> bool:
        return not (self.amount.data or "").strip() and not (self.days.data or "").strip()

    def step(self) -> Step:
        """The step; raises ValueError with a sentence, and says it at the field."""
        amount, days = None, None
        wrong = []
        try:
            amount = _read(self.amount, parse_positive)
        except NotAQuantity as refused:
            wrong.append(refused)
        try:
            days = int(_read(self.days, parse_count)) if (self.days.data or "").strip() else None
        except NotAQuantity as refused:
            wrong.append(refused)
        if wrong:
            raise wrong[0]
        assert amount is not None
        try:
            return Step(amount, When(self.when.data), days)
        except CalculationRefused as refused:
            field = self.days if days == 0 or (days or 0) > 3650 else self.amount
            field.errors = [str(refused)]
            raise

    def validate(self, *_: Any, **__: Any) -> bool:
        return True  # the list validates its steps together: only then is it known which rows count


class Readable(Protocol[R_co]):
    """A row of steps as typed."""

    def step(self) -> R_co: ...


def read_steps(rows: Sequence[Readable[R_co]]) -> tuple[R_co, ...]:
    """The steps of all rows; each that is wrong says so at its field before the first of them is raised."""
    steps: list[R_co] = []
    wrong: list[ValueError] = []
    for row in rows:
        try:
            steps.append(row.step())
        except ValueError as refused:
            wrong.append(refused)
    if wrong:
        raise wrong[0]
    return tuple(steps)


def _read(field: StringField, reader: Any) -> Any:
    try:
        return reader(field.data or "")
    except NotAQuantity as refused:
        field.errors = [str(refused)]
        raise


class WhyForm(ActForm):
    """Who prescribed it and why it is made: what every order has, a kit too."""

    PAGE = (
        "written_on", "came_by", "original", "caller", "read_back", "patient", "prescriber", "form", "when", "strength",
        "steps", "most", "strengths", "quantity", "refills", "refill_days", "purpose", "reason_for_compounding",
        "print_purpose", "other_reason",
    )  # fmt: skip
    held_id = HiddenField()
    prescriber = TextField("Name, NPI or phone")
    prescriber_id = HiddenField()
    purpose = TextField("Off-label purpose")
    print_purpose = BooleanField("The prescriber wrote the purpose, or the patient agrees: print it")
    reason_for_compounding = SelectField("Reason for compounding", choices=list(REASONS))
    other_reason = TextField("Which other reason")

    def validate_other_reason(self, field: TextField) -> None:
        if self.reason_for_compounding.data == REASONS[-1] and not field.data:
            raise ValidationError("Say which reason.")

    def why_compounded(self) -> str:
        """Why it is compounded, in the words of the list or in own ones."""
        chosen = str(self.reason_for_compounding.data)
        return self.other_reason.data or "" if chosen == REASONS[-1] else chosen

    @staticmethod
    def purposes() -> tuple[str, ...]:
        """The coded purposes that the rule book offers; another one may be typed."""
        return tuple(one.words for one in book.load().choices.purposes)


class OrderForm(WhyForm):
    """The medicine, its directions, quantity and purpose: shared by entry, correction and amendment."""

    form = SelectField(
        "Form", choices=[SelectChoice(form.value, form.words) for form in Form], default=Form.CAPSULE.value
    )
    strength = PositiveField("Strength", [required("Type the strength.")])
    steps = FieldList(FormField(StepForm), label="Directions", min_entries=1, max_entries=MOST_STEPS)
    quantity = CountField("Dispense", [required("Type the quantity.")])
    refills = CountField("Refills", [required("Type 0 if there are none.")], default=Decimal(0))

    def validate_quantity(self, field: CountField) -> None:
        if field.data == 0:
            raise ValidationError("The number must be above 0.")

    def validate_refills(self, field: CountField) -> None:
        if field.data is not None and field.data > MOST_REFILLS:
            raise ValidationError(f"Refills is a whole number, 0 to {MOST_REFILLS}.")

    def validate_steps(self, field: FieldList) -> None:
        try:
            self.directions()
        except ValueError as refused:
            if not any(step.form.amount.errors or step.form.days.errors for step in field):
                raise ValidationError(str(refused)) from None
            raise ValidationError("Correct the marked step.") from None

    def directions(self) -> Directions:
        """The directions that the rows make, empty rows left out; a ValueError says what is wrong."""
        rows = [entry.form for entry in self.steps if not entry.form.is_empty]
        return Directions(Form(self.form.data), read_steps(rows))

    def order(self) -> Order:
        """What was ordered, once the form is valid."""
        assert self.strength.data is not None
        return Order(
            Form(self.form.data),
            self.strength.data,
            self.directions(),
            self.quantity.whole or 0,
            self.refills.whole or 0,
            self.purpose.data or "",
            bool(self.print_purpose.data),
            self.why_compounded(),
        )

    def typed(self) -> Typed:
        """As much of the order as can be read; a half-filled form gives what it holds."""
        try:
            form = Form(self.form.data)
        except ValueError:
            form = Form.CAPSULE
        try:
            directions = self.directions()
        except ValueError:
            directions = None
        return Typed(form, self.strength.data, directions, self.quantity.whole or None)

    def grow(self) -> None:
        """One more empty step, for those without the script."""
        if len(self.steps) < MOST_STEPS:
            self.steps.append_entry()

    def show(self, order: Order) -> None:
        """Fill the form with an order as it stands."""
        self.form.data, self.strength.data = order.form.value, order.strength
        while len(self.steps):
            self.steps.pop_entry()
        for step in order.directions.steps:
            days = "" if step.days is None else str(step.days)
            self.steps.append_entry(
                {"amount": format(step.amount.normalize(), "f"), "when": step.when.value, "days": days}
            )
        self.quantity.data, self.refills.data = Decimal(order.quantity), Decimal(order.refills)
        self.purpose.data, self.print_purpose.data = order.purpose, order.print_purpose
        known = order.reason_for_compounding in REASONS
        self.reason_for_compounding.data = order.reason_for_compounding if known else REASONS[-1]
        self.other_reason.data = "" if known else order.reason_for_compounding


def whole_id(field: HiddenField) -> int | None:
    """The id that a hidden field carries, if it is one."""
    text = str(field.data or "")
    return int(text) if re.fullmatch(r"[0-9]{1,15}", text, re.ASCII) else None


class ReceivedForm(ActForm):
    """How an order came, and for whom."""

    written_on = DayField("Date written", [required("Type the day on which it was written."), not_in_future])
    came_by = SelectField("Came by", choices=[one.value for one in CameBy], default=CameBy.PAPER.value)
    original = FileField("The original")
    caller = TextField("Who called")
    read_back = BooleanField("Read back to the caller")
    patient = TextField("Name, phone or date of birth")
    patient_id = HiddenField()

    def receipt(self) -> Receipt:
        """How it came. The file is read here, up to one byte more than is allowed."""
        assert self.written_on.data is not None
        uploaded = self.original.data
        content = uploaded.read() if getattr(uploaded, "filename", None) else None
        return Receipt(
            self.written_on.data, CameBy(self.came_by.data), content, self.caller.data or "", bool(self.read_back.data)
        )


class EntryForm(ReceivedForm, OrderForm):
    """A new prescription, in the order of the paper."""


class AmendForm(OrderForm):
    """A change after review. The prescriber who authorised it may also be told by phone: that is ``authorised_by``."""

    authorised_by = TextField("Authorised by", [required("Say who authorised the change.")])
    reason = LongTextField("Reason", [required("Say why it is changed.")])


class ActOnlyForm(ActForm):
    """A form that is only a button."""


class ChooseFormulaForm(ActForm):
    """By which record a fill is made; each button carries its own."""

    formula = HiddenField()

    def record_id(self) -> int:
        chosen = whole_id(self.formula)
        if chosen is None:
            raise PharmacyError("Choose one of the formulas.", "formula")
        return chosen


class ConfirmMedicinesForm(ActForm):
    """Carries which list was read out, so that another one is not confirmed with it."""

    list_seen = HiddenField()


def moment_text(at: datetime) -> str:
    """``23 NOV 2026 11:20`` on the pharmacy's wall clock."""
    here = clock.local(at)
    return f"{day_text(here.date())} {here:%H:%M}"


class MomentField(StringField):  # type: ignore[misc]
    """A day with a time of the pharmacy's wall clock: ``23 NOV 2026 11:20``; ``data`` is an instant or None."""

    SHAPES = ("%d %b %Y %H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%m/%d/%Y %H:%M")

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else moment_text(self.data)

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = None
        given = " ".join(valuelist[0].split()) if valuelist else ""
        if not given:
            self.raw_data = [""] if valuelist else None
            return
        if given.isascii() and len(given) <= 30:
            zone = clock.local(clock.now()).tzinfo
            for shape in self.SHAPES:
                try:
                    found = datetime.strptime(given, shape).replace(tzinfo=zone)
                except ValueError:
                    continue
                if found.year >= 1900:
                    self.data = found
                    return
        raise ValueError("Write day and time as 23 NOV 2026 11:20.")


class DecideForm(ActForm):
    """The decision on one finding. What its rule asks for, the service tests."""

    outcome = RadioField(
        "Decide",
        choices=[
            SelectChoice(Outcome.WAIT.value, "Wait until the date, then start"),
            SelectChoice(Outcome.GO_ON.value, "Go on, with the prescriber’s agreement"),
        ],
        default=Outcome.GO_ON.value,
    )
    reason = TextField("Reason, in your words", [required("Give the reason in your own words.")], longest=500)
    spoke_with = TextField("Spoke with")
    spoke_how = SelectField("How", choices=list(HOW), default=HOW[0])
    spoke_at = MomentField("When")
    secret = PasswordField("Your password or PIN")

    def decided(self) -> Decided:
        contact = bool(self.spoke_with.data)
        return Decided(
            Outcome(self.outcome.data),
            self.reason.data or "",
            self.spoke_with.data or "",
            self.spoke_how.data if contact else "",
            self.spoke_at.data if contact else None,
        )


class ReopenForm(ActForm):
    reason = TextField("Why it is reopened", [required("Say why.")], longest=500)


class ResolveForm(ActForm):
    """What an unknown medicine holds, or what was found and where."""

    medicine_version = HiddenField()
    ingredients = TextField("Ingredients, if known")
    resolution = TextField("What you found, and where", longest=500)

    def chosen(self) -> tuple[str, ...]:
        """The codes of the ingredients named; a name that the rule book does not know is refused."""
        named = [one.strip() for one in re.split(r"[,;+]", self.ingredients.data or "") if one.strip()]
        codes = {one: patients.ingredient_code(one) for one in named}
        unknown = [one for one, code in codes.items() if code is None]
        if unknown:
            raise PharmacyError(
                f"The rule book knows no {', '.join(unknown)}. Describe it beside instead.", "ingredients"
            )
        return tuple(dict.fromkeys(code for code in codes.values() if code))

    def version(self) -> int | None:
        text = str(self.medicine_version.data or "")
        return int(text) if re.fullmatch(r"[0-9]{1,15}", text, re.ASCII) else None


class HoldForm(ActForm):
    question = LongTextField("What is asked", [required("Write down the question.")])
    asked_of = TextField("Who is asked", [required("Say whom you ask.")])


class ClarifyForm(ActForm):
    answer = LongTextField("The answer", [required("Write down the answer.")])
    answered_by = TextField("Who answered", [required("Say who answered.")])


class ReasonForm(ActForm):
    """Rejecting or cancelling: why."""

    reason = LongTextField("Reason", [required("Say why.")])


class FindForm(ActForm):
    """A prescription or fill by its number."""

    number = TextField("Number", [required("Type a number such as 100231 or 100231-00.")], longest=20)
