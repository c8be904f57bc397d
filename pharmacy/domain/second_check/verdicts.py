"""A verdict beside a figure: what is printed lies on the side that the verdict says, or the worksheet contradicts itself."""

from __future__ import annotations

import re
from fractions import Fraction

from pharmacy.domain.quantity import NBSP
from pharmacy.domain.second_check.spans import demand
from pharmacy.domain.worksheet import Worksheet, WorksheetStep

_N = r"([0-9][0-9,]*(?:\.[0-9]+)?)"
_RANGE = re.compile(rf"\b(inside|OUTSIDE) {_N} to {_N} %")
_LIMITS = re.compile(rf"\blimits {_N} to {_N} %: (inside|OUTSIDE)")
_MOST = re.compile(rf"\b(inside|OUTSIDE): at most {_N} %")
_ACCEPTED = re.compile(rf"\bat most {_N} % (?:is )?accepted(: it must not)?")
_OF_THE_LABEL = re.compile(rf"^{_N} % of the label")


def verdicts_followed(worksheet: Worksheet) -> None:
    """Refuse a worksheet with a verdict that its own figure does not bear."""
    for step in worksheet.steps:
        demand(_bears(step), f"the line {step.name}, whose figure is on the other side of its limit")


def _bears(step: WorksheetStep) -> bool:
    note = step.note.replace(NBSP, " ")
    label = _OF_THE_LABEL.search(note)
    shown = label[1] if label else step.result if step.unit == "%" else ""
    if not re.fullmatch(_N, shown):
        return True
    figure = _number(shown)
    if found := _LIMITS.search(note):
        return (_number(found[1]) <= figure <= _number(found[2])) == (found[3] == "inside")
    if found := _MOST.search(note):
        return (figure <= _number(found[2])) == (found[1] == "inside")
    if found := _ACCEPTED.search(note):
        return (figure <= _number(found[1])) == (found[2] is None)
    if found := _RANGE.search(note):
        return (_number(found[2]) <= figure <= _number(found[3])) == (found[1] == "inside")
    return True


def _number(text: str) -> Fraction:
    return Fraction(text.replace(",", ""))
