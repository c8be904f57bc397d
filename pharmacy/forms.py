"""What every form has in common: what the page showed, a one-time key, and strict fields. Syntax only."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar, TypeVar

from flask import Response, make_response, render_template
from flask_wtf import FlaskForm
from wtforms import HiddenField, StringField, ValidationError
from wtforms.validators import InputRequired, Length, Optional

from pharmacy import clock
from pharmacy.actions.acting import Seen
from pharmacy.db import Subject
from pharmacy.domain.dates import day_text, read_day
from pharmacy.domain.quantity import NotAQuantity, parse_count, parse_decimal
from pharmacy.errors import PharmacyError

S = TypeVar("S", bound=Subject)
# joiners (U+200C, U+200D) are letters' business in many scripts and stay
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u2028-\u202e\u2060\u2066-\u2069\ufeff]")
LINES = re.compile(r"[\t\n]")


def required(sentence: str = "This is asked for.") -> InputRequired:
    """The field must be filled; blanks do not count (see :class:`TextField`)."""
    return InputRequired(sentence)


class ActForm(FlaskForm):  # type: ignore[misc]
    """A form that acts: it carries what the page showed and a key that lets it act once."""

    PAGE: ClassVar[tuple[str, ...]] = ()  # names of fields, where the page has them in another order than the form
    key = HiddenField(default=lambda: uuid.uuid4().hex)
    seen_id = HiddenField()
    seen_version = HiddenField()

    @classmethod
    def about(cls, row: Subject | None = None, **kwargs: Any) -> Any:
        """The form for a row as it is now; what was posted, if anything, wins."""
        form = cls(**kwargs)
        is_posted = form.is_submitted() and kwargs.get("formdata", form) is not None
        if row is not None and not is_posted:
            form.seen_id.data, form.seen_version.data = str(row.id), str(row.version)
        return form

    def seen(self, model: type[S], row_id: int | None = None) -> Seen[S]:
        """The row and version that the person saw. An id given by the address must be the form's own."""
        its_id, version = _whole(self.seen_id.data), _whole(self.seen_version.data)
        if row_id is not None and its_id not in {None, row_id}:
            raise PharmacyError("This form belongs to another page. Open the page again.")
        return Seen(model, row_id if row_id is not None else its_id, version)

    def once(self) -> str:
        """The one-time key."""
        key = str(self.key.data or "")
        if not re.fullmatch(r"[0-9a-f]{32}", key):
            raise PharmacyError("This form has lost its key. Open the page again.")
        return key

    def in_page_order(self) -> list[Any]:
        """The fields as they follow each other on the page; those that ``PAGE`` does not name come after."""
        place = {name: at for at, name in enumerate(self.PAGE)}
        return sorted(self, key=lambda field: place.get(field.short_name, len(place)))

    @contextmanager
    def catching(self) -> Iterator[None]:
        """Show what a service refuses beside the field that it names, or at the head of the form."""
        try:
            yield
        except PharmacyError as error:
            field = getattr(self, error.field, None) if error.field else None
            if field is not None and hasattr(field, "errors"):
                field.errors = [*field.errors, error.sentence]
            else:
                self.form_errors: list[str] = [*self.form_errors, error.sentence]

    def focus(self) -> str | None:
        """The first field that is wrong, so that the page can put the cursor there."""
        return next((name for name, errors in self.errors.items() if errors and name), None)


def _whole(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"[0-9]{1,15}", text, re.ASCII) else None


def answer(template: str, form: ActForm | None = None, status: int | None = None, **context: Any) -> Response:
    """The page: 422 when its form was refused, so that no machine takes it for done."""
    refused = form is not None and bool(form.errors)
    return make_response(render_template(template, form=form, **context), status or (422 if refused else 200))


class TextField(StringField):  # type: ignore[misc]
    """One line of any script, trimmed, without control or direction-changing characters, at most 200 characters."""

    def __init__(self, label: str = "", validators: Any = (), longest: int = 200, **kwargs: Any) -> None:
        super().__init__(label, [*validators, Length(max=longest, message=f"At most {longest} characters.")], **kwargs)

    def process_formdata(self, valuelist: list[str]) -> None:
        if valuelist:
            self.data = valuelist[0].strip()
            self.raw_data = [self.data]  # blanks alone are not an answer

    def pre_validate(self, form: Any) -> None:  # noqa: ARG002  WTForms' signature
        given = self.data or ""
        if CONTROL.search(given) or LINES.search(given) or (given and not any(sign.isprintable() for sign in given)):
            raise ValidationError("Take out the invisible characters.")


class QuantityField(StringField):  # type: ignore[misc]
    """A plain decimal number; ``data`` is a Decimal, or None where it is left empty or wrong."""

    data: Decimal | None

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else format(self.data.normalize(), "f")

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = None
        if valuelist and valuelist[0].strip():
            try:
                self.data = self.read(valuelist[0])
            except NotAQuantity as refused:
                raise ValueError(str(refused)) from None
        elif valuelist:
            self.raw_data = [""]

    def read(self, text: str) -> Decimal:
        return parse_decimal(text)


class PositiveField(QuantityField):
    """A plain decimal number above zero."""

    def read(self, text: str) -> Decimal:
        value = parse_decimal(text)
        if not value:
            raise NotAQuantity("The number must be above 0.")
        return value


class CountField(QuantityField):
    """A whole number, 0 or more; ``whole`` gives it as an int."""

    def read(self, text: str) -> Decimal:
        return Decimal(parse_count(text))

    @property
    def whole(self) -> int | None:
        return None if self.data is None else int(self.data)


class DayField(StringField):  # type: ignore[misc]
    """A calendar day: ``23 NOV 2026``, ``2026-11-23`` or ``11/23/2026``; ``data`` is a date or None."""

    data: date | None

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else day_text(self.data)

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = None
        if not valuelist or not valuelist[0].strip():
            self.raw_data = [""] if valuelist else None
            return
        self.data = read_day(valuelist[0])


def not_in_future(_form: Any, field: DayField) -> None:
    """A day that has come already."""
    if field.data is not None and field.data > clock.today():
        raise ValidationError("The day lies in the future.")


optional = Optional
