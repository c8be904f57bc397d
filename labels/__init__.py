"""Container labels: a LabelContent becomes a PDF, the same bytes every time; it fits, or it raises LabelOverflow."""

from labels.content import AuxiliaryLabel, LabelContent
from labels.draw import draw
from labels.layout import LabelOverflow, MissingGlyph, place
from labels.stock import STOCKS, LabelStock

__all__ = ["STOCKS", "AuxiliaryLabel", "LabelContent", "LabelOverflow", "LabelStock", "MissingGlyph", "render"]


def render(content: LabelContent, stock: LabelStock) -> bytes:
    """The label as a PDF of the stock's exact size, one page or two. Raises LabelOverflow (MissingGlyph is one)."""
    return draw(place(content, stock), stock)
