"""Days as people read them, and the last day of a month."""

from __future__ import annotations

from calendar import monthrange
from datetime import date

from pharmacy.domain.errors import Impossible

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


def day_text(day: date) -> str:
    """A day that cannot be read two ways, whatever the locale: ``28 AUG 2026``."""
    return f"{day.day:02d} {MONTHS[day.month - 1]} {day.year:04d}"


def last_day_of_month(text: str) -> date:
    """The last day on which a lot marked ``06/2027`` may be used: 30 JUN 2027.

    An expiry given as month and year means the last day of that month (USP General Notices, labelling of expiration).
    """
    month, slash, year = text.strip().partition("/")
    digits = month.isascii() and month.isdigit() and year.isascii() and year.isdigit()
    if not (slash and digits and len(month) <= 2 and len(year) == 4 and 1 <= int(month) <= 12 and int(year) >= 1):
        raise Impossible("Write the month and the year as 06/2027.")
    return date(int(year), int(month), monthrange(int(year), int(month))[1])
