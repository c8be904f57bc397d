"""The two codes of a label as black rectangles in whole modules: zint does the encoding, nothing is drawn here."""

from dataclasses import dataclass
from functools import lru_cache

import zint


@dataclass(frozen=True, slots=True)
class Modules:
    """A code without its quiet zone: size and black rectangles (x, y, width, height) in modules from the top left.

    A one-dimensional code is one module high; its drawer stretches it.
    """

    width: int
    height: int
    black: tuple[tuple[int, int, int, int], ...]


def encodable(text: str) -> bool:
    """Whether every scanner gives this text back as it is: printable ASCII only."""
    return bool(text) and all(" " <= letter <= "~" for letter in text)


@lru_cache(maxsize=256)
def code128(text: str) -> Modules:
    """Code 128 (ISO/IEC 15417). Raises ValueError if the text cannot be encoded."""
    symbol = _encode(zint.Symbology.CODE128, text)
    bars = tuple((round(bar.x), 0, round(bar.width), 1) for bar in symbol.vector.rectangles)
    return Modules(symbol.width, 1, bars)


@lru_cache(maxsize=256)
def data_matrix(text: str) -> Modules:
    """Square DataMatrix ECC 200 (ISO/IEC 16022). Raises ValueError if the text cannot be encoded."""
    symbol = _encode(zint.Symbology.DATAMATRIX, text)
    black = tuple((round(dot.x), round(dot.y), round(dot.width), round(dot.height)) for dot in symbol.vector.rectangles)
    return Modules(symbol.width, symbol.rows, black)


def _encode(symbology: zint.Symbology, text: str) -> zint.Symbol:
    if not encodable(text):
        raise ValueError(f"A code holds printable ASCII only, not {text!r}.")
    symbol = zint.Symbol()
    symbol.symbology = symbology
    symbol.scale = 0.5  # one module is then 1 in zint's vector output
    symbol.show_text = False
    if symbology == zint.Symbology.DATAMATRIX:
        symbol.option_3 = zint.DataMatrixOptions.SQUARE
    try:
        symbol.encode(text)
        symbol.buffer_vector()
    except (RuntimeError, ValueError, OSError) as error:
        raise ValueError(f"{text!r} is too long for a code.") from error
    return symbol
