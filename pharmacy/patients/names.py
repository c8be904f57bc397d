"""How names, telephone numbers and birthdays are made comparable, so that any part of any of them finds the person.

Both sides go through the same: what is stored as ``searchable`` when a row is written, and what someone types.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime

# Letters that look like a plain one with a mark but do not decompose into it.
_PLAIN = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h", "ŧ": "t"}
)
_DROPPED = re.compile(r"['’‘ʼ`´]")  # O'Brien is found as obrien
_PHONE = re.compile(r"\+?\(?[0-9][0-9 ()./\-]{4,}[0-9]", re.ASCII)
_DAYS = re.compile(
    r"(?<![0-9])(?:[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}|[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}|[0-9]{1,2}[ ][A-Za-z]{3,9}[ ][0-9]{4})(?![0-9])",
    re.ASCII,
)
_SHAPES = ("%Y-%m-%d", "%m/%d/%Y", "%d %b %Y", "%d %B %Y")
MOST_WORDS = 8


def plain(text: str) -> str:
    """Lower case, without accents and punctuation; the letters and digits of every script stay."""
    decomposed = unicodedata.normalize("NFKD", _DROPPED.sub("", text).casefold())
    unmarked = "".join(one for one in decomposed if unicodedata.category(one) != "Mn").casefold().translate(_PLAIN)
    return " ".join("".join(one if one.isalnum() else " " for one in unmarked).split())


def digits(phone: str) -> str:
    """The digits of a telephone number, without the country code of the United States."""
    found = "".join(one for one in unicodedata.normalize("NFKD", phone) if one.isascii() and one.isdigit())
    return found[1:] if len(found) == 11 and found.startswith("1") else found


def searchable(family_name: str, given_name: str, phone: str, *more: str) -> str:
    """The one line that is searched; it begins with the family name, so that it also sorts people."""
    parts = (plain(family_name), plain(given_name), digits(phone), *more)
    return " ".join(part for part in parts if part)


def born_words(born: date) -> str:
    """A date of birth as it stands in the line."""
    return born.isoformat()


def wanted(text: str) -> list[str]:
    """The pieces that must all be found: birthdays and telephone numbers whole, the rest word by word."""
    found: list[str] = []

    def take_day(match: re.Match[str]) -> str:
        day = _day(match.group())
        if day is None:
            return match.group()
        found.append(day.isoformat())
        return " "

    def take_phone(match: re.Match[str]) -> str:
        found.append(digits(match.group()))
        return " "

    rest = _DAYS.sub(take_day, " ".join(text.split()))
    rest = _PHONE.sub(take_phone, rest)
    return [*found, *plain(rest).split()][:MOST_WORDS]


def _day(text: str) -> date | None:
    for shape in _SHAPES:
        try:
            return datetime.strptime(text, shape).date()  # noqa: DTZ007  a calendar day has no zone
        except ValueError:
            continue
    return None


def has_letters(name: str) -> bool:
    """Whether it can be a name: some letter of some script stands in it."""
    return any(one.isalpha() for one in name)
