"""What the writer writes, the reader of the standard library reads back the same."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pharmacy.formulary import toml

text = st.text(st.characters(codec="utf-8"), max_size=30)
scalar = st.booleans() | st.integers(-(2**63), 2**63 - 1) | text
shape = st.recursive(
    scalar, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4), max_leaves=20
)
document = st.dictionaries(text, shape, max_size=6)


@given(document)
def test_whatever_is_written_reads_back_the_same(data: dict[str, Any]) -> None:
    assert tomllib.loads(toml.dumps(data)) == data


def test_plain_values_stand_first_then_tables_and_nothing_that_is_not_there() -> None:
    data = {
        "particulars": {"days": 3, "kept": None},
        "name": "A “b”\n",
        "studies": [{"days": 1}, {"days": 2}],
        "no": None,
    }
    assert toml.dumps(data) == (
        'name = "A “b”\\n"\n\n[particulars]\ndays = 3\n\n[[studies]]\ndays = 1\n\n[[studies]]\ndays = 2\n'
    )


def test_short_lists_stand_on_a_line_and_long_ones_on_a_line_each() -> None:
    assert toml.dumps({"a": ["x", True, 3], "b": []}) == 'a = ["x", true, 3]\nb = []\n'
    long = ["a" * 40, "b" * 40]
    assert toml.dumps({"a": long}) == f'a = [\n  "{long[0]}",\n  "{long[1]}",\n]\n'


@pytest.mark.parametrize("text", ["", '"', "\\", "\t\r\n\b\f", "\x7f\x85\u2028\ufeff", "é ñ 漢", "'''", "# no remark"])
def test_no_sign_breaks_a_text(text: str) -> None:
    written = toml.dumps({"text": text, "list": [text], text or "x": 1})
    assert tomllib.loads(written)["text"] == text
    assert written.isprintable() or "\n" in written


def test_a_key_that_is_no_bare_word_is_quoted() -> None:
    assert toml.dumps({"a b": {"c.d": 1}}) == '["a b"]\n"c.d" = 1\n'


@pytest.mark.parametrize("value", [1.5, object(), b"x"])
def test_what_has_no_place_in_a_formula_is_not_written(value: object) -> None:
    with pytest.raises(TypeError):
        toml.dumps({"x": value})
