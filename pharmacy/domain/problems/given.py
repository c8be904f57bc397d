"""What a problem gives, read strictly: each value is text with its unit, and every refusal names its field."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import TypeVar

from pharmacy.domain.dates import read_day
from pharmacy.domain.errors import CalculationRefused
from pharmacy.domain.quantity import (
    Concentration,
    Density,
    Mass,
    NotAQuantity,
    Volume,
    exact,
    parse_amount,
    parse_count,
    parse_decimal,
)

MOST_COUNT = (
    999_999_999  # nine digits, as of a number that is written as text; each field has a smaller bound of its own
)
C = TypeVar("C", bound=Enum)
T = TypeVar("T")


class BadGiven(CalculationRefused):
    """A field of a problem is missing, unknown or no value of its kind; ``field`` names it."""


class Given:
    """The fields of one problem. Each getter reads one field by its name, or raises :class:`BadGiven` at it.

    Values are text (``"4.5 mg"``), whole numbers, true or false, days, or lists of tables; a float is never read.
    """

    def __init__(self, values: Mapping[str, object], where: str = "") -> None:
        self._values = {name: value for name, value in values.items() if value is not None and value != ""}
        self._where = where
        self._asked: set[str] = set()

    def has(self, name: str) -> bool:
        """Whether the field is given and not empty."""
        self._asked.add(name)
        return name in self._values

    def mass(self, name: str) -> Mass:
        with self._at(name):
            return parse_amount(Mass, self._text(name))

    def volume(self, name: str) -> Volume:
        with self._at(name):
            return parse_amount(Volume, self._text(name))

    def concentration(self, name: str) -> Concentration:
        with self._at(name):
            return parse_amount(Concentration, self._text(name))

    def density(self, name: str) -> Density:
        with self._at(name):
            return parse_amount(Density, self._text(name))

    def read(self, name: str, reader: Callable[[str], T]) -> T:
        """What a reader of text makes of the field; what it refuses is refused at this field."""
        with self._at(name):
            return reader(self._text(name))

    def fill(self, name: str) -> Mass | Density:
        """What fills a shell: its measured mass (``130 mg``), or the density that the powder packs to (``0.45 g/mL``)."""
        with self._at(name):
            is_density = self._text(name).endswith("g/mL")
        return self.density(name) if is_density else self.mass(name)

    def percent(self, name: str) -> Decimal:
        """The number of per cent of a text such as ``5 %``."""
        with self._at(name):
            number, sign, rest = self._text(name).partition("%")
            if not sign or rest.strip():
                raise NotAQuantity("Write it in per cent: 5 %.")
            return parse_decimal(number)

    def number(self, name: str) -> Decimal:
        """A plain number without a unit."""
        with self._at(name):
            return parse_decimal(self._text(name))

    def ratio(self, name: str) -> Fraction:
        """A plain number, or a fraction such as ``1/3``, above 0."""
        with self._at(name):
            above, slash, below = self._text(name).partition("/")
            value = exact(parse_decimal(above))
            divisor = exact(parse_decimal(below)) if slash else Fraction(1)
            if not value or not divisor:
                raise NotAQuantity("The number must be above 0.")
            return value / divisor

    def count(self, name: str) -> int:
        """A whole number."""
        with self._at(name):
            value = self._value(name)
            if isinstance(value, int) and not isinstance(value, bool) and value > MOST_COUNT:
                raise NotAQuantity(f"The number is too long: write at most {MOST_COUNT:,}.")
            if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
                return value
            return parse_count(self._text(name))

    def day(self, name: str) -> date:
        """A day: a date of the file, or text in any way that :func:`read_day` knows, such as ``02 MAR 2026``."""
        with self._at(name):
            value = self._value(name)
            if isinstance(value, date):
                return value
            return read_day(self._text(name))

    def text(self, name: str) -> str:
        """Any text of one line."""
        with self._at(name):
            return self._text(name)

    def flag(self, name: str) -> bool:
        """True or false; ``yes`` and ``no`` do as well; false when it is not given."""
        if not self.has(name):
            return False
        with self._at(name):
            value = self._value(name)
            if isinstance(value, bool):
                return value
            if isinstance(value, str) and value in {"yes", "no", "true", "false"}:
                return value in {"yes", "true"}
            raise NotAQuantity("Write true or false.")

    def choice(self, name: str, kind: type[C]) -> C:
        """One of the values of an enumeration."""
        with self._at(name):
            try:
                return kind(self._text(name))
            except ValueError:
                allowed = ", ".join(str(one.value) for one in kind)
                raise NotAQuantity(f"Choose one of: {allowed}.") from None

    def masses(self, name: str) -> tuple[Mass, ...]:
        """Several masses: a list of texts, or one text with commas or line breaks between them."""
        with self._at(name):
            return tuple(parse_amount(Mass, one) for one in self.texts(name))

    def percents(self, name: str) -> tuple[Decimal, ...]:
        """Several numbers of per cent, written with or without the sign."""
        with self._at(name):
            return tuple(parse_decimal(one.removesuffix("%")) for one in self.texts(name))

    def texts(self, name: str) -> tuple[str, ...]:
        """Several texts: a list, or one text with commas, semicolons or line breaks between them."""
        with self._at(name):
            value = self._value(name)
            if isinstance(value, str):
                parts: Sequence[object] = value.replace(";", "\n").replace(",", "\n").splitlines()
            elif isinstance(value, (list, tuple)):
                parts = value
            else:
                raise NotAQuantity("Write one value a line.")
            if not all(isinstance(one, str) for one in parts):
                raise NotAQuantity("Write each value as text with its unit, in quotation marks.")
            return tuple(text for one in parts if (text := str(one).strip()))

    def tables(self, name: str) -> tuple[Given, ...]:
        """A list of tables, such as the lots of a drug."""
        with self._at(name):
            value = self._value(name)
            if not isinstance(value, (list, tuple)) or not all(isinstance(one, Mapping) for one in value):
                raise NotAQuantity("Write a list of tables: [{ … }, { … }].")
            return tuple(Given(one, f"{self._path(name)}[{at}]") for at, one in enumerate(value, start=1))

    def finish(self, not_asked: Mapping[str, str] | None = None) -> None:
        """Raise :class:`BadGiven` when a field was given that nobody asked for.

        `not_asked` says of the fields that there are why one of them may not be asked for.
        """
        unknown = sorted(self._values.keys() - self._asked)
        if not_asked and unknown and unknown[0] in not_asked:
            raise BadGiven(f"{unknown[0]}: {not_asked[unknown[0]]}", unknown[0])
        if unknown:
            known = ", ".join(sorted(not_asked or self._asked))
            name = self._path(unknown[0])
            raise BadGiven(f"{name} is no field of this problem; its fields are {known}.", name)

    def _path(self, name: str) -> str:
        return f"{self._where}.{name}" if self._where else name

    def _value(self, name: str) -> object:
        self._asked.add(name)
        if name not in self._values:
            raise NotAQuantity("This is missing.")
        return self._values[name]

    def _text(self, name: str) -> str:
        value = self._value(name)
        if isinstance(value, str):
            return value.strip()
        if isinstance(value, int) and not isinstance(value, bool):
            if abs(value) > MOST_COUNT:
                raise NotAQuantity(f"The number is too long: write at most {MOST_COUNT:,}.")
            return str(value)
        raise NotAQuantity("Write it as text with its unit, in quotation marks.")

    @contextmanager
    def _at(self, name: str) -> Iterator[None]:
        """Whatever is refused here is refused at this field."""
        try:
            yield
        except BadGiven:
            raise
        except CalculationRefused as why:
            path = self._path(name)
            raise BadGiven(f"{path}: {why}", path) from why
