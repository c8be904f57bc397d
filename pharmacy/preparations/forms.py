"""The forms of a preparation. Syntax only: what a plan, a lot or a balance allows is said by the service."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, TypeVar

from wtforms import (
    FieldList,
    Form,
    FormField,
    HiddenField,
    PasswordField,
    RadioField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    SubmitField,
    TextAreaField,
)
from wtforms.validators import Length
from wtforms.widgets import CheckboxInput, ListWidget

from pharmacy.domain.dates import day_text
from pharmacy.forms import (
    ActForm,
    CountField,
    PositiveField,
    QuantityField,
    TextField,
    optional,
    required,
)
from pharmacy.preparations.draft import FURTHER, Choice
from pharmacy.preparations.models import Preparation
from pharmacy.preparations.offer import Offer
from pharmacy.preparations.service import Observed
from pharmacy.stock.models import Lot
from pharmacy.stock.words import amount_text

F = TypeVar("F", bound=ActForm)
SIZE = {"mg": Decimal(1000)}  # a trituration is typed in g and kept in mg


def _id(value: Any) -> int:
    text = str(value or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 15 else 0


class PlanForm(ActForm):
    """What to make, of which lots, on which balance. The lots' fields are added for each formula (:func:`plan_form`)."""

    fills = SelectMultipleField(
        "For these fills",
        coerce=_id,
        validate_choice=False,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    for_stock = QuantityField("And for stock", [optional()])
    excess = QuantityField("Process excess", [required("Say how much more is made for losses; 0 if nothing.")])
    balance = SelectField("Balance", coerce=_id, validate_choice=False)
    holes = CountField("Holes of the machine", [optional()])
    crushed = SelectField(
        "Tablets go in",
        choices=[SelectChoice("whole", "whole"), SelectChoice("crushed", "crushed, weighed by their mean mass")],
        default="whole",
        validate_choice=False,
    )
    tablets_weighed = CountField("Tablets weighed together", [optional()])
    tablets_together = PositiveField("Their mass together", [optional()])
    version_id = 0
    unit = "piece"

    def in_page_order(self) -> list[Any]:
        """What and how much, tablets, the lots, and the balance last."""
        first = ("fills", "for_stock", "excess", "holes", "crushed", "tablets_weighed", "tablets_together")
        places = {**dict.fromkeys(self._fields, len(first)), **{name: at for at, name in enumerate(first)}}
        return sorted(self, key=lambda field: (field.short_name == "balance", places[field.short_name]))

    def choice(self) -> Choice:
        """The choice that was made."""
        stock = self.for_stock.data or Decimal(0)
        lots = {
            name.removeprefix("lot_"): field.data for name, field in self._fields.items() if name.startswith("lot_")
        }
        parts = {
            name.removeprefix("part_"): field.data for name, field in self._fields.items() if name.startswith("part_")
        }
        return Choice(
            self.version_id,
            tuple(self.fills.data or ()),
            stock * SIZE.get(self.unit, Decimal(1)),
            self.excess.data or Decimal(0),
            {code: lot_id for code, lot_id in lots.items() if lot_id},
            self.balance.data or 0,
            self.holes.whole or 0,
            {code: amount for code, amount in parts.items() if amount},
            self.crushed.data == "crushed",
            self.tablets_weighed.whole or 0,
            (self.tablets_together.data or Decimal(0)) * 1000,
        )

    def prefill(self, choice: Choice) -> None:
        """Show this choice on a page that was not yet posted."""
        self.fills.data = list(choice.fills)
        self.for_stock.data = (choice.for_stock / SIZE.get(self.unit, Decimal(1))) if choice.for_stock else None
        self.excess.data, self.holes.data = choice.excess, Decimal(choice.holes)
        self.balance.data = choice.balance_id
        for code, lot_id in choice.lots.items():
            field = self._fields.get(f"lot_{code}")
            if field is not None:
                field.data = lot_id

    def lot_fields(self) -> list[Any]:
        """The lots that the formula asks for."""
        lots = (name for name in self._fields if name.startswith("lot_") and not name.endswith(FURTHER))
        return [self._fields[name] for name in lots]

    def further_fields(self) -> list[tuple[Any, Any]]:
        """What is left of a further lot, with how much of it: only where there is one."""
        lots = (name for name in self._fields if name.startswith("lot_") and name.endswith(FURTHER))
        return [(self._fields[name], self._fields[f"part_{name.removeprefix('lot_')}"]) for name in lots]


def plan_form(offer: Offer) -> PlanForm:
    """The form for one formula: a choice of lots for each of its components, first-expiring first."""
    fields: dict[str, Any] = {"version_id": offer.version.id, "unit": offer.unit}
    for place in offer.places:
        empty = (
            [SelectChoice("0", "none")]
            if place.may_be_empty
            else []
            if place.lots
            else [SelectChoice("0", "no lot can be used")]
        )
        choices = [*empty, *(SelectChoice(str(lot.id), _lot_words(lot)) for lot in place.lots)]
        fields[f"lot_{place.code}"] = SelectField(place.name, coerce=_id, choices=choices, validate_choice=False)
        if place.code.endswith(FURTHER):
            fields[f"part_{place.code}"] = QuantityField("Of it", [optional()])
    form = type("PlanFormOfAFormula", (PlanForm,), fields)()
    form.fills.choices = [SelectChoice(str(one.id), one.number) for one in offer.fills]
    form.balance.choices = [SelectChoice(str(one.id), one.name) for one in offer.balances] or [
        SelectChoice("0", "no balance is in date")
    ]
    return form  # type: ignore[no-any-return]


def _lot_words(lot: Lot) -> str:
    return f"{lot.number} · until {day_text(lot.use_before)} · {amount_text(lot.available, lot.item.unit)}"


class ReadingForm(ActForm):
    """One reading; ``again`` throws it away, ``keep`` records it outside its limits."""

    line = HiddenField()
    reading = PositiveField("Reading", [required("Type what the balance shows.")])
    lot = TextField("Scan the container", [optional()], longest=80)
    reason = TextField("Or say why this weight is kept (a pharmacist will read it)", [optional()], longest=300)
    again = SubmitField("Weigh again")
    keep = SubmitField("Record outside")


class CapsulesForm(ActForm):
    """Single capsules by gross mass."""

    gross = FieldList(PositiveField("Gross mass", [optional()]), max_entries=200)
    reason = TextField("If one lies outside: why it is kept (a pharmacist will read it)", [optional()], longest=300)

    def weights(self) -> dict[int, Decimal]:
        return {number: one.data for number, one in enumerate(self.gross, start=1) if one.data is not None}


class CheckForm(Form):  # type: ignore[misc]
    """One trait: what is seen, and whether that is what is expected."""

    observed = TextField("Seen", [optional()], longest=300)
    passed = RadioField(
        "As expected",
        choices=[SelectChoice("yes", "as expected"), SelectChoice("no", "not as expected")],
        validators=[optional()],
    )


class ChecksForm(ActForm):
    checks = FieldList(FormField(CheckForm), max_entries=40)

    def observed(self, names: list[str]) -> tuple[Observed, ...]:
        """Those that were filled in; one that is begun must be whole."""
        found = []
        for name, one in zip(names, self.checks, strict=False):
            seen, passed = one.form.observed.data or "", one.form.passed.data
            if seen or passed:
                if not seen:
                    one.form.observed.errors = ["Say what you see."]
                if not passed:
                    one.form.passed.errors = ["Say whether it is as expected."]
                found.append(Observed(name, seen, passed == "yes"))
        return tuple(found)

    def is_whole(self) -> bool:
        whole = not any(one.form.observed.errors or one.form.passed.errors for one in self.checks)
        if not whole:
            self.form_errors = [*self.form_errors, "A check needs both: what is seen, and whether it is as expected."]
        return whole


class FinishForm(ActForm):
    amount = PositiveField("Yield", [required("Say how much came out.")])
    reason = TextField("If it is outside the limits: why", [optional()], longest=300)


class SecretField(PasswordField):  # type: ignore[misc]
    """A password or PIN; never sent back to the page."""


class ReleaseForm(ActForm):
    note = TextField("Note (may be left empty)", [optional()], longest=300)
    solo_reason = TextField("Why you release your own work", [optional()], longest=300)
    secret = SecretField("Your password or PIN", [required("Sign with your password or PIN.")])


class GiveUpForm(ActForm):
    reason = TextField("Why it is given up", [required("Say why.")], longest=300)


class RejectForm(ActForm):
    reason = TextAreaField("Why", [required("Say why."), Length(max=500, message="At most 500 characters.")])
    secret = SecretField("Your password or PIN", [required("Sign with your password or PIN.")])


def fresh(form: type[F], row: Preparation, **kwargs: Any) -> F:
    """A form of the page that was not the one posted: it carries the row as it is now."""
    made = form(formdata=None, **kwargs)
    made.seen_id.data, made.seen_version.data = str(row.id), str(row.version)
    return made


def show_capsules(form: CapsulesForm, recorded: list[str]) -> None:
    """One field for each capsule of the sample, with what is recorded already, in the balance's own decimals."""
    while len(form.gross):
        form.gross.pop_entry()
    for text in recorded:
        form.gross.append_entry().raw_data = [text]


def show_checks(form: ChecksForm, count: int) -> None:
    """One row for each check of the formula."""
    while len(form.checks) < count:
        form.checks.append_entry()
