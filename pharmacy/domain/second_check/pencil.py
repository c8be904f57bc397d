"""A second person with a pencil: every line of a worksheet reckoned again from nothing but its own print.

What a line says of its rounding ("up to the next 10 mL", "rounding error +0.02 %") it is held to; a line that says nothing
is within one unit of the last place of its result. What a line calls its amounts (a name, a lot) is skipped, never
reckoned, and a line that is no arithmetic is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta
from fractions import Fraction
from math import ceil, floor

from pharmacy.domain.quantity import NBSP
from pharmacy.domain.second_check.printed import (
    COUNTED,
    NUMBER,
    UNITS,
    Figure,
    Part,
    Printed,
    Reader,
    Unreadable,
    around,
    figure_of,
    whole,
)
from pharmacy.domain.second_check.spans import demand
from pharmacy.domain.worksheet import Worksheet, WorksheetStep

# Worksheets of older versions do not say to which mark, or step of the balance, these lines are rounded.
_TO_A_READING = (
    "rounded once to the balance",
    "amount in 100 mL × volume to make",
    "holes × net mass of a capsule",
    "volume to make − room of everything else",
)
_WEIGH_MORE = "weigh more"
_AMOUNT = rf"(?:{NUMBER})(?: [A-Za-z%/]+)?"
_SAYS_HOW = re.compile(
    rf", (?:(rounded) (up|down)|(to the nearest|up to the next) ({_AMOUNT})|(held between) ({_AMOUNT} and {_AMOUNT}))$"
)
_OFF = re.compile(rf"(?:^|; )rounding error ([+−])({NUMBER}) %")
_INTERVAL = re.compile(rf"({NUMBER}) % ± (√\(.*\)) = ± ({NUMBER}) %")
_RANGE = re.compile(rf"({NUMBER}) to ({NUMBER})")
_RESULT = re.compile(rf"(?:1:)?({NUMBER})")
_COUNTED = re.compile(r"[a-z]+(?: [a-z]+)?")
_DOUBLING = re.compile(r"from ([^;]+?) to ([^;]+); (.+)")
_ADDED = re.compile(r"([0-9]+): \+ (.+) = (.+)")
_DAY = r"([0-9]{2} [A-Z]{3} [0-9]{4})"
_LATER = re.compile(rf"{_DAY} \+ ([0-9]{{1,5}})(?: days?)?( − 1(?: day)?)?")
_SOONER = re.compile(rf"{_DAY} or {_DAY}, the sooner")
_FEWER = re.compile(r"([0-9]{1,5}) days or ([0-9]{1,5}) days, the fewer")
_BOTH_COUNTED = re.compile(rf"{_DAY} to {_DAY}, at most ([0-9]{{1,5}})")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


def follow(worksheet: Worksheet) -> None:
    """Refuse a worksheet one of whose lines does not follow from what stands in it."""
    followed(worksheet.steps)


def followed(steps: Iterable[WorksheetStep]) -> tuple[WorksheetStep, ...]:
    """The same lines; raises :class:`~pharmacy.domain.errors.ChecksDisagree`, naming the first that does not follow."""
    lines = tuple(steps)
    for step in lines:
        follow_line(step)
    return lines


def follow_line(step: WorksheetStep) -> bool:
    """Whether the result could be reckoned again; where it is another, or the line says what is not so, it is refused."""
    numbers = step.numbers.replace(NBSP, " ")
    if not numbers or (step.words.endswith(_TO_A_READING) and not _SAYS_HOW.search(numbers)):
        return False
    result, unit = str(step.result).replace(NBSP, " "), step.unit.replace(NBSP, " ").removesuffix(" a day")
    try:
        agrees = _agrees(numbers, result, unit, step)
    except Unreadable:
        return False
    demand(agrees is not False, f"the line {step.name}, where {numbers} is not {f'{result} {unit}'.strip()}")
    return bool(agrees)


def _agrees(numbers: str, result: str, unit: str, step: WorksheetStep) -> bool | None:
    """Whether the numbers make the result; None where they are true and leave it open."""
    if numbers[2:3] == " " and (on_days := _of_days(numbers, result)) is not None:
        return on_days
    if fewer := _FEWER.fullmatch(numbers):
        return result == str(min(int(fewer[1]), int(fewer[2]))) and unit == "days"
    if doubling := _DOUBLING.fullmatch(numbers):
        return _doubled(doubling, result)
    if interval := _INTERVAL.fullmatch(numbers):
        return unit == "%" and _interval(interval, result)
    if " : " in numbers:
        return _proportion(numbers.split(" : "), result.split(" : "))
    return _relations(Reader(numbers), result, unit, step)


# --- lines of their own form -------------------------------------------------------------------------------------------


def _of_days(numbers: str, result: str) -> bool | None:
    """A line of the calendar; None where it is none."""
    if later := _LATER.fullmatch(numbers):
        days = int(later[2]) - (1 if later[3] else 0)
        day, _, _ = result.partition(": ")  # a calendar says after the day what is taken on it
        return days <= 36_600 and _day(day) - _day(later[1]) == timedelta(days=days)
    if sooner := _SOONER.fullmatch(numbers):
        return _day(result) == min(_day(sooner[1]), _day(sooner[2]))
    if both := _BOTH_COUNTED.fullmatch(numbers):
        return result == str(max(min((_day(both[2]) - _day(both[1])).days + 1, int(both[3])), 0))
    return None


def _day(text: str) -> date:
    day, month, year = text.split(" ") if re.fullmatch(_DAY, text) else ("", "", "")
    try:
        return date(int(year), _MONTHS.index(month) + 1, int(day))
    except ValueError:
        raise Unreadable from None


def _doubled(read: re.Match[str], result: str) -> bool:
    """Geometric dilution: each addition comes on top of what is inside, and the last of them makes the whole."""
    start, total, additions = read.groups()
    inside, count = whole(start).total, 0
    for count, one in enumerate([] if additions == "nothing to add" else additions.split("; "), start=1):
        added = _ADDED.fullmatch(one)
        if added is None:
            raise Unreadable
        then = whole(added[3]).total
        if added[1] != str(count) or not _meet(inside.plus(whole(added[2]).total), then):
            return False
        inside = then
    return _meet(inside, whole(total).total) and result == str(count)


def _interval(read: re.Match[str], result: str) -> bool:
    """``100 % ± √(…) = ± 1.49 %``, and the ends of that, rounded outward to a tenth."""
    middle, root, off = read.groups()
    said, combined = _RANGE.fullmatch(result), figure_of(off, "%")
    if said is None:
        raise Unreadable
    all_of_it, around_it = around(figure_of("100", "%")), around(figure_of(middle, "%"), 10)  # to 0.01 %
    low = around_it.times(all_of_it.plus(around(combined).negative()))
    high = around_it.times(all_of_it.plus(around(combined)))
    ends = zip((low, high), said.groups(), strict=True)
    return _near(whole(root).total, combined) and all(_near(end, figure_of(one, "%")) for end, one in ends)


def _proportion(parts: list[str], result: list[str]) -> bool:
    """``0.75 : 1.5`` is ``1 : 2``: each part to the first as its number to the first number, exactly."""
    numbers = [_RESULT.fullmatch(one) for one in result]
    if len(numbers) != len(parts) or not all(numbers):
        raise Unreadable
    found = [whole(one).total for one in parts]
    said = [figure_of(one[1]).value for one in numbers if one]
    pairs = zip(found, said, strict=True)
    return all(
        one.lowest * said[0] <= found[0].highest * number and found[0].lowest * number <= one.highest * said[0]
        for one, number in pairs
    )


# --- sums, products and what they are compared with --------------------------------------------------------------------


def _relations(reader: Reader, result: str, unit: str, step: WorksheetStep) -> bool | None:
    parts, relation, true = [reader.part()], "=", True
    while said := reader.relation():
        relation = said
        parts.append(reader.part())
        true = true and _is_true(parts[-2], relation, parts[-1])
    rounding = reader.rest()
    if rounding and not _SAYS_HOW.fullmatch(rounding):
        raise Unreadable
    if relation != "=" and (len(parts) > 2 or rounding):
        raise Unreadable
    if relation == "=":
        agrees: bool | None = _makes(
            _to_be_rounded(parts) if rounding else parts[-1], rounding, result, unit, step.note
        )
    elif relation == "to":
        agrees = _ends(parts, result, unit)
    else:
        agrees = _chosen(parts, result, unit, step)
    return agrees if true else False


def _to_be_rounded(parts: list[Part]) -> Part:
    """The last part; of ``… = 2, rounded up`` what makes the 2, which may be a little more."""
    last = parts[-1].figure
    return parts[-2] if len(parts) > 1 and last and not last.places and not last.unit else parts[-1]


def _is_true(left: Part, relation: str, right: Part) -> bool:
    one, other = left.total, right.total
    if relation == "=":
        same = one.bare or other.bare or _same_kind(one.kind, other.kind)
        return same and (_near(one, right.figure) if right.figure else _meet(one, other))
    if relation == "<":
        return one.lowest < other.highest
    if relation == "to":
        return True
    more, less = (one, other) if relation == "≥" else (other, one)
    return more.highest >= less.lowest


def _ends(parts: list[Part], result: str, unit: str) -> bool:
    said = _RANGE.fullmatch(result)
    if said is None:
        raise Unreadable
    return all(_makes(part, "", one, unit, "") for part, one in zip(parts, said.groups(), strict=True))


def _chosen(parts: list[Part], result: str, unit: str, step: WorksheetStep) -> bool | None:
    """The left amount is the result, as it can be read; below the minimum more is weighed, and how much is chosen."""
    if unit not in UNITS:
        return None
    if _WEIGH_MORE not in step.words:
        return _makes(parts[0], "", result, unit, step.note)
    said = _said(result, unit)
    return None if said.value + said.place >= parts[1].total.lowest else False


def _makes(part: Part, rounding: str, result: str, unit: str, note: str) -> bool:
    """Whether the part is the result: as it is rounded where that is said, else to one unit of its last place."""
    if not unit and " + " in result:
        loads = whole(result)
        if len(loads.terms) != len(part.terms):
            raise Unreadable
        return all(_as_said(one, _middle(load), rounding) for one, load in zip(part.terms, loads.terms, strict=True))
    said, found = _said(result, unit), part.total
    if found.bare:  # the unit stands with the result alone
        found = found.counted_in(said.unit)
    elif not _same_kind(found.kind, UNITS.get(said.unit, COUNTED)[2]):
        return False
    if rounding:
        return _as_said(found, said.value, rounding)
    off = _OFF.search(note.replace(NBSP, " "))
    return _off(found, said, off[1], figure_of(off[2], "%")) if off else _near(found, said)


def _said(result: str, unit: str) -> Figure:
    if not unit and (measured := whole(result).figure if _RESULT.match(result) and " " in result else None):
        return measured
    number = _RESULT.fullmatch(result)
    if number is None or (unit and unit not in UNITS and not _is_counted(unit)):
        raise Unreadable
    return figure_of(number[1], unit)


def _is_counted(unit: str) -> bool:
    return _COUNTED.fullmatch(unit) is not None and unit.removesuffix("s") not in UNITS


def _same_kind(one: int | None, other: int | None) -> bool:
    return one is None or other is None or one == other


def _meet(one: Printed, other: Printed) -> bool:
    return one.lowest <= other.highest and other.lowest <= one.highest


def _near(found: Printed, said: Figure) -> bool:
    """Whether the printed number is what was found, to one unit of its last place: all in whole numbers, for speed."""
    scaled, places, unit = said.to_its_place()
    many, of, _ = UNITS.get(unit, COUNTED)
    over: int = 10**places * of
    value = scaled * many
    return found.low * over <= (value + many) * found.over and (value - many) * found.over <= found.high * over


def _off(found: Printed, said: Figure, sign: str, error: Figure) -> bool:
    """``rounding error −0.014 %``: what is weighed is so much less than what is needed, to the last place of either."""
    share, place = error.value if sign == "+" else -error.value, error.place
    low, high = found.lowest * (1 + share - place), found.highest * (1 + share + place)
    return low - said.place <= said.value <= high + said.place


def _middle(printed: Printed) -> Fraction:
    return (printed.lowest + printed.highest) / 2


def _as_said(found: Printed, value: Fraction, rounding: str) -> bool:
    """Whether the value is what was found, rounded as the line says."""
    said = _SAYS_HOW.fullmatch(rounding)
    if said is None:
        raise Unreadable
    way, to = said[1] or said[3] or said[5], said[2] or said[4] or said[6]
    low, high = found.lowest, found.highest
    if way == "held between":
        first, _, last = to.partition(" and ")
        least, most = (_value(one) for one in (first, last))
        place = Fraction(1, 1_000_000)  # 0.0001 %
        return max(least, min(low, most)) - place <= value <= max(least, min(high, most)) + place
    step = Fraction(1) if way == "rounded" else _value(to)
    if (value / step).denominator != 1:
        return False
    if way == "to the nearest":
        return low - step / 2 <= value <= high + step / 2
    if way == "rounded" and to == "down":
        return floor(low / step) <= value / step <= floor(high / step)
    return ceil(low / step) <= value / step <= ceil(high / step)


def _value(text: str) -> Fraction:
    figure = whole(text).figure
    if figure is None or not figure.scaled:
        raise Unreadable
    return figure.value
