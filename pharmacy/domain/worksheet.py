"""A calculation that a second person can follow with a pencil."""

from __future__ import annotations

from dataclasses import dataclass

from pharmacy.domain.plain import Plain
from pharmacy.domain.quantity import NBSP

OWN = "own arithmetic"
# What a reader with a pencil must know of every worksheet.
AS_SHOWN = "Numbers are shown to a few places and carried on unrounded; a line that rounds says so."
_SQUARE = str.maketrans("()", "[]")


def bracketed(name: str) -> str:
    """A name in brackets; its own become square ones, so that nobody takes a part of it for arithmetic."""
    return f"({name.translate(_SQUARE)})"


@dataclass(frozen=True, slots=True)
class WorksheetStep(Plain):
    """One line: its name, the expression in words and in numbers, the result with its unit, and where it is from.

    `note` says what the reader must know besides, such as the rounding error.
    """

    name: str
    words: str
    numbers: str
    result: str
    unit: str
    source: str
    note: str = ""

    def text(self) -> str:
        """The result with a no-break space before its unit."""
        return f"{self.result}{NBSP}{self.unit}" if self.unit else self.result


@dataclass(frozen=True, slots=True)
class Worksheet(Plain):
    """The steps in the order in which they were computed: the same on the screen, on paper and in the record."""

    title: str
    steps: tuple[WorksheetStep, ...]

    def step(self, name: str) -> WorksheetStep:
        """The step of that name; raises :class:`KeyError` when there is none."""
        for one in self.steps:
            if one.name == name:
                return one
        raise KeyError(name)
