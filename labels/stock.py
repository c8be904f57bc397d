"""The label stocks: how large, what of it the printer reaches, how small its type may be. The values are in stock.toml."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any

FILE = Path(__file__).with_name("stock.toml")
SHAPES = ("columns", "stacked")


@dataclass(frozen=True, slots=True)
class Margins:
    """What the printer does not reach, in millimetres from each edge."""

    left: Decimal
    top: Decimal
    right: Decimal
    bottom: Decimal


@dataclass(frozen=True, slots=True)
class LabelStock:
    """One kind of label. Sizes in millimetres, type in points."""

    code: str
    name: str
    shape: str
    width: Decimal
    height: Decimal
    margins: Margins
    patient_minimum: Decimal
    patient_maximum: Decimal
    rest_minimum: Decimal
    rest_maximum: Decimal
    dots_per_inch: int

    @property
    def patient_zone(self) -> Decimal:
        """How far the patient's block reaches from the left (columns) or the top (stacked) edge, in millimetres.

        At least half of the stock and at least half of what the printer reaches, measured both ways, with a hair to
        spare (16 CCR 1707.5(a)(1): "an area of the label that comprises at least 50 percent of the label").
        """
        if self.shape == "columns":
            whole, before, after = self.width, self.margins.left, self.margins.right
        else:
            whole, before, after = self.height, self.margins.top, self.margins.bottom
        share = Decimal("0.502")
        return max(share * whole, before + share * (whole - before - after))


def stock(code: str) -> LabelStock:
    """The stock of this code ("4x3"); raises ValueError that names those there are."""
    try:
        return STOCKS[code]
    except KeyError:
        raise ValueError(f"There is no label stock {code!r}; there are {', '.join(STOCKS)}.") from None


def read_stocks(text: str, source: str = FILE.name) -> Mapping[str, LabelStock]:
    """The stocks of a TOML text in its order, each checked; ValueError names the source, the stock and the field."""
    stocks: dict[str, LabelStock] = {}
    for number, table in enumerate(tomllib.loads(text, parse_float=Decimal).get("stock", []), 1):
        where = f"{source}, stock {table.get('code', number)}"
        one = _stock(table, where)
        if one.code in stocks:
            raise ValueError(f"{where}: the code stands twice.")
        stocks[one.code] = one
    if not stocks:
        raise ValueError(f"{source}: no stock at all.")
    return MappingProxyType(stocks)


def _stock(table: dict[str, Any], where: str) -> LabelStock:
    texts = {name: _text(table, name, where) for name in ("code", "name", "shape")}
    sizes = ("patient_minimum", "patient_maximum", "rest_minimum", "rest_maximum")
    unknown = set(table) - {*texts, *sizes, "width", "height", "margins", "dots_per_inch"}
    if unknown:
        raise ValueError(f"{where}: unknown field {', '.join(sorted(unknown))}.")
    if texts["shape"] not in SHAPES:
        raise ValueError(f"{where}: shape must be one of {', '.join(SHAPES)}.")
    edges = table.get("margins", {})
    margins = Margins(*(_length(edges, name, f"{where}, margins") for name in ("left", "top", "right", "bottom")))
    points = {name: _length(table, name, where) for name in sizes}
    dots = table.get("dots_per_inch")
    if not isinstance(dots, int) or dots < 200:
        raise ValueError(f"{where}: dots_per_inch must be a whole number from 200; the codes' bars are 0.25 mm.")
    if points["patient_minimum"] < 12:
        raise ValueError(f"{where}: patient_minimum must be 12 points or more (16 CCR 1707.5).")
    if points["rest_minimum"] < 6:
        raise ValueError(f"{where}: rest_minimum must be 6 points or more.")
    for kind in ("patient", "rest"):
        if points[f"{kind}_maximum"] < points[f"{kind}_minimum"]:
            raise ValueError(f"{where}: {kind}_maximum is below {kind}_minimum.")
    return LabelStock(
        code=texts["code"],
        name=texts["name"],
        shape=texts["shape"],
        width=_length(table, "width", where),
        height=_length(table, "height", where),
        margins=margins,
        dots_per_inch=dots,
        **points,
    )


def _text(table: dict[str, Any], name: str, where: str) -> str:
    value = table.get(name)
    if not isinstance(value, str) or not value:
        raise ValueError(f"{where}: {name} is missing.")
    return value


def _length(table: dict[str, Any], name: str, where: str) -> Decimal:
    value = table.get(name)
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or value <= 0:
        raise ValueError(f"{where}: {name} must be a number above 0.")
    return Decimal(value)


STOCKS: Mapping[str, LabelStock] = read_stocks(FILE.read_text(encoding="utf-8"))
