"""Days as people write and read them, and the last day of a month."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date

from pharmacy.domain.errors import Impossible

LONGEST = 20  # "30 September 2026" and some room
FIRST_YEAR = 1900
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")

NAMES = (
    "JANUARY", "FEBRUARY", "MARCH", "APRIL", "MAY", "JUNE",
    "JULY", "AUGUST", "SEPTEMBER", "OCTOBER", "NOVEMBER", "DECEMBER",
)  # fmt: skip
_IN_LETTERS = re.compile(r"([0-9]{1,2}) ([A-Za-z]{3,9}) ([0-9]{4})")
_YEAR_FIRST = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})")
_MONTH_FIRST = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")


def day_text(day: date) -> str:
    """A day that cannot be read two ways, whatever the locale: ``28 AUG 2026``."""
    return f"{day.day:02d} {MONTHS[day.month - 1]} {day.year:04d}"


def read_day(text: str) -> date:
    """A day as a person writes one: ``23 NOV 2026``, ``23 November 2026``, ``2026-11-23`` or ``11/23/2026``.

    The same on every page and in every file, whatever the locale; months in figures stand first, as in the United States.
    """
    given = " ".join(text.split())
    parts = _parts(given) if len(given) <= LONGEST else None
    try:
        if parts is not None and parts[0] >= FIRST_YEAR:
            return date(*parts)
    except ValueError:
        pass
    raise Impossible("Write the day as 23 NOV 2026. There is no such day, or it is written otherwise.")


def _parts(given: str) -> tuple[int, int, int] | None:
    """Year, month and day of the month, or None where it is written otherwise."""
    if found := _IN_LETTERS.fullmatch(given):
        name = found[2].upper()
        names = NAMES if name in NAMES else MONTHS
        return (int(found[3]), names.index(name) + 1, int(found[1])) if name in names else None
    if found := _YEAR_FIRST.fullmatch(given):
        return int(found[1]), int(found[2]), int(found[3])
    if found := _MONTH_FIRST.fullmatch(given):
        return int(found[3]), int(found[1]), int(found[2])
    return None


def last_day_of_month(text: str) -> date:
    """The last day on which a lot marked ``06/2027`` may be used: 30 JUN 2027.

    An expiry given as month and year means the last day of that month (USP General Notices, labelling of expiration).
    """
    month, slash, year = text.strip().partition("/")
    digits = month.isascii() and month.isdigit() and year.isascii() and year.isdigit()
    if not (slash and digits and len(month) <= 2 and len(year) == 4 and 1 <= int(month) <= 12 and int(year) >= 1):
        raise Impossible("Write the month and the year as 06/2027.")
    return date(int(year), int(month), monthrange(int(year), int(month))[1])
