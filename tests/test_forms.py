"""The strict fields that every form is made of, with the whole table of bad input."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict

from pharmacy import clock
from pharmacy.accounts.models import Person
from pharmacy.errors import PharmacyError
from pharmacy.forms import (
    ActForm,
    CountField,
    DayField,
    PositiveField,
    QuantityField,
    TextField,
    day_text,
    not_in_future,
    optional,
    required,
)


class Sheet(ActForm):
    name = TextField("Name", [required("The name is asked for.")])
    note = TextField("Note", longest=20)
    amount = QuantityField("Amount", [optional()])
    strength = PositiveField("Strength", [required("The strength is asked for.")])
    count = CountField("Count", [optional()])
    day = DayField("Day", [required("The day is asked for."), not_in_future])


GOOD = {"name": "Moss", "strength": "4.5", "day": "20 NOV 2026"}


def read(app: Flask, **typed: str) -> Sheet:
    with app.test_request_context("/", method="POST"):
        form = Sheet(formdata=MultiDict({**GOOD, **typed}))
        form.validate()
        return form


def errors(app: Flask, field: str, typed: str) -> list[str]:
    form = read(app, **{field: typed})
    assert set(form.errors) <= {field}, form.errors
    return [str(error) for error in form[field].errors]


# --- numbers ----------------------------------------------------------------------------------------------------------

NO_NUMBERS = [
    "-1", "-0", "+1", "1e3", "1E3", "Infinity", "inf", "NaN", "nan", "１", "４.５", "٤", "4,5", "1,000", "4.5.1", "0x10", "0b1", "1_000",
    ".5", "5.", "007", "00", "4 5", "4.5 mg", "abc", "½", "²", "4．5", "9" * 400, "0." + "0" * 400 + "1", "1" * 10, "0.1234567891",
    "\x00", "4.5\x00", "−4", "4.5\u200b", "<b>4</b>", "'4'", "1/2", "--", "٣٫٥", "1\n2",
]  # fmt: skip


@pytest.mark.parametrize("field", ["amount", "strength", "count"])
@pytest.mark.parametrize("typed", NO_NUMBERS)
def test_what_is_no_plain_number_is_refused_in_a_sentence_and_stays_as_typed(
    app: Flask, field: str, typed: str
) -> None:
    form = read(app, **{field: typed})
    (said, *_) = [str(error) for error in form[field].errors]
    assert said.endswith(".")
    assert form[field].data is None
    assert form[field]._value() == typed


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("4,5", "with a point, not a comma"),
        (".5", "Write a zero before the point: 0.5."),
        ("1e3", "plain number"),
        ("１", "plain number"),
    ],
)
def test_the_sentence_says_what_to_type_instead(app: Flask, typed: str, said: str) -> None:
    (found,) = errors(app, "amount", typed)
    assert said in found


@pytest.mark.parametrize(
    ("typed", "value"),
    [("0", "0"), ("4.5", "4.5"), (" 4.5 ", "4.5"), ("0.50", "0.50"), ("999999999.999999999", "999999999.999999999")],
)
def test_a_plain_number_is_read_exactly(app: Flask, typed: str, value: str) -> None:
    assert read(app, amount=typed)["amount"].data == Decimal(value)


def test_nothing_is_none_where_nothing_need_be(app: Flask) -> None:
    form = read(app, amount="", count="  ")
    assert (form.amount.data, form.count.data, form.count.whole, form.errors) == (None, None, None, {})


@pytest.mark.parametrize("typed", ["0", "0.0", "0.000000000"])
def test_nothing_is_no_strength(app: Flask, typed: str) -> None:
    assert errors(app, "strength", typed) == ["The number must be above 0."]


@pytest.mark.parametrize("typed", ["", " ", "\u00a0"])
def test_a_strength_must_be_typed(app: Flask, typed: str) -> None:
    assert errors(app, "strength", typed) == ["The strength is asked for."]


@pytest.mark.parametrize("typed", ["30.5", "30.0", "4,5", "1e1"])
def test_a_count_is_whole(app: Flask, typed: str) -> None:
    assert errors(app, "count", typed)


def test_a_count_is_an_int(app: Flask) -> None:
    assert read(app, count="30").count.whole == 30


@pytest.mark.parametrize(
    ("value", "shown"), [("4.50", "4.5"), ("100", "100"), ("1E+2", "100"), ("0.000001", "0.000001"), ("0", "0")]
)
def test_a_number_is_shown_without_exponent_or_trailing_zero(app: Flask, value: str, shown: str) -> None:
    with app.test_request_context("/"):
        form = Sheet(data={"amount": Decimal(value)})
        assert form.amount._value() == shown


# --- days -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed", ["23 NOV 2026", "23 nov 2026", " 23  Nov 2026", "2026-11-23", "11/23/2026", "23 November 2026"]
)
def test_a_day_is_read_in_the_ways_people_write_it(app: Flask, typed: str) -> None:
    assert read(app, day=typed).day.data == date(2026, 11, 23)


@pytest.mark.parametrize(
    "typed",
    [
        "29 FEB 2026", "29 FEB 1900", "2025-02-29", "30 FEB 2024", "31 APR 2026", "00 NOV 2026", "2026-13-01", "13/13/2026", "1 JAN 1899",
        "0001-01-01", "23.11.2026", "23 NOV 26", "20261123", "yesterday", "２３ NOV 2026", "23 НОЯ 2026", "1e3", "Infinity", "9" * 400, "<b>",
        "2026-11-23T10:00", "23 NOV 2026\x00", "0",
    ],
)  # fmt: skip
def test_a_day_that_is_none_is_refused_and_stays_as_typed(app: Flask, typed: str) -> None:
    form = read(app, day=typed)
    assert [str(error) for error in form.day.errors] == [
        "Write the day as 23 NOV 2026. There is no such day, or it is written otherwise."
    ]
    assert (form.day.data, form.day._value()) == (None, typed)


def test_the_29th_of_february_of_a_leap_year_is_a_day(app: Flask) -> None:
    assert read(app, day="29 FEB 2024").day.data == date(2024, 2, 29)


def test_a_day_to_come_is_refused_where_it_must_have_come_and_today_is_not(app: Flask) -> None:
    assert errors(app, "day", day_text(clock.today() + timedelta(days=1))) == ["The day lies in the future."]
    assert errors(app, "day", "31 DEC 9999") == ["The day lies in the future."]
    assert errors(app, "day", day_text(clock.today())) == []


@pytest.mark.parametrize("typed", ["", "   "])
def test_a_day_must_be_typed(app: Flask, typed: str) -> None:
    assert errors(app, "day", typed) == ["The day is asked for."]


def test_a_day_is_shown_with_its_month_in_letters() -> None:
    assert [day_text(date(2026, month, 3)) for month in (1, 2, 12)] == ["03 JAN 2026", "03 FEB 2026", "03 DEC 2026"]


# --- words ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed",
    [
        "Мария", "王小明", "محمد بن علي", "אברהם", "क्षत्रिय", "می\u200cخواهم", "Nguyễn", "O’Brien-Smythe", "O'Brien", 'Ann "Bunny"', "<b>Moss</b>",
        "{{ 7 * 7 }}", "'; DROP TABLE patient; --", "a & b", "🌿", "N" * 200, "Zoe\u0308", "%s%n", "\\", "null", "0",
    ],
)  # fmt: skip
def test_a_name_of_any_script_passes_as_it_is(app: Flask, typed: str) -> None:
    form = read(app, name=typed)
    assert (form.name.errors, form.name.data) == ([], typed)


def test_blanks_around_a_name_go(app: Flask) -> None:
    assert read(app, name=" \u00a0 Moss\u3000").name.data == "Moss"


@pytest.mark.parametrize("typed", ["", " ", "\t", "\n", "\u00a0\u2003\u3000"])
def test_blanks_are_no_name(app: Flask, typed: str) -> None:
    assert errors(app, "name", typed) == ["The name is asked for."]


@pytest.mark.parametrize(
    "sign",
    [
        "\x00",
        "\x07",
        "\x1b",
        "\x7f",
        "\x85",
        "\x9b",
        "\t",
        "\n",
        "\r",
        "\u200b",
        "\u2028",
        "\u202a",
        "\u202e",
        "\u2060",
        "\u2066",
        "\u2069",
        "\ufeff",
    ],
)
def test_a_sign_that_hides_or_turns_text_around_is_refused(app: Flask, sign: str) -> None:
    assert errors(app, "name", f"Mo{sign}ss") == ["Take out the invisible characters."]


@pytest.mark.parametrize("typed", ["\u200c", "\u200d\u200c", "\u200e"])
def test_what_nobody_can_see_is_no_name(app: Flask, typed: str) -> None:
    assert errors(app, "name", typed) == ["Take out the invisible characters."]


def test_a_text_has_a_length(app: Flask) -> None:
    assert errors(app, "name", "N" * 201) == ["At most 200 characters."]
    assert errors(app, "note", "N" * 21) == ["At most 20 characters."]
    assert errors(app, "note", "") == []


# --- what every form carries ------------------------------------------------------------------------------------------


def test_a_form_about_a_row_carries_what_the_page_showed_until_it_is_posted(app: Flask) -> None:
    row = Person(id=7, version=3)
    with app.test_request_context("/"):
        form = Sheet.about(row)
        assert (form.seen_id.data, form.seen_version.data) == ("7", "3")
        seen = form.seen(Person, 7)
        assert (seen.id, seen.version) == (7, 3)
    with app.test_request_context("/", method="POST", data={"seen_id": "7", "seen_version": "2"}):
        posted, beside = Sheet.about(row), Sheet.about(row, formdata=None)
        assert posted.seen(Person, 7).version == 2, "what was on the screen, not what is there now"
        assert beside.seen(Person, 7).version == 3, "another form of the same page was not posted"


@pytest.mark.parametrize("typed", ["x", "-1", "1e3", "１", "9" * 400, "7 ", " "])
def test_a_seen_number_that_is_none_counts_as_none(app: Flask, typed: str) -> None:
    with app.test_request_context("/", method="POST", data={"seen_id": typed, "seen_version": typed}):
        seen = Sheet.about().seen(Person, 7)
        assert (seen.id, seen.version) == (7, None)


def test_a_form_of_another_page_is_refused(app: Flask) -> None:
    with (
        app.test_request_context("/", method="POST", data={"seen_id": "8"}),
        pytest.raises(PharmacyError, match="another page"),
    ):
        Sheet.about().seen(Person, 7)


@pytest.mark.parametrize("key", ["", "x", "A" * 32, "a" * 31, "a" * 33, "a" * 31 + "\n", "ａ" * 32])
def test_a_key_that_was_not_given_out_is_refused(app: Flask, key: str) -> None:
    with (
        app.test_request_context("/", method="POST", data={"key": key}),
        pytest.raises(PharmacyError, match="lost its key"),
    ):
        Sheet.about().once()


def test_every_page_gives_out_another_key(app: Flask) -> None:
    with app.test_request_context("/"):
        keys = {Sheet().once() for _ in range(50)}
    assert len(keys) == 50


def test_what_a_service_refuses_stands_at_its_field_and_else_at_the_head(app: Flask) -> None:
    form = read(app)
    with form.catching():
        raise PharmacyError("There is one already.", "name")
    with form.catching():
        raise PharmacyError("Not today.")
    with form.catching():
        raise PharmacyError("No such field.", "a_field_of_no_form")
    assert (form.name.errors, form.form_errors) == (["There is one already."], ["Not today.", "No such field."])
    assert form.focus() == "name"
