"""What lies where on a label: millimetres from the top left corner, type in points. Nothing here draws."""

from dataclasses import dataclass

from labels.barcode import Modules


@dataclass(frozen=True, slots=True)
class Text:
    """One line: spans of (text, face) drawn one after the other from ``x`` on the baseline ``y``."""

    page: int
    x: float
    y: float
    size: float
    spans: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """A black bar that parts the patient's block from the rest."""

    page: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Drawing:
    """A warning's symbol in its square."""

    page: int
    x: float
    y: float
    side: float
    name: str


@dataclass(frozen=True, slots=True)
class Code:
    """A code without its quiet zone: each module ``module`` wide, ``height`` of one module row."""

    page: int
    x: float
    y: float
    module: float
    row: float
    modules: Modules


Placed = Text | Rule | Drawing | Code
