from decimal import Decimal

import pytest

from labels.stock import FILE, STOCKS, read_stocks, stock

GOOD = FILE.read_text(encoding="utf-8")


def test_the_two_daily_stocks_are_there_with_their_sizes_in_millimetres() -> None:
    assert (stock("4x3").width, stock("4x3").height) == (Decimal("101.6"), Decimal("76.2"))
    assert (stock("4x2").width, stock("4x2").height) == (Decimal("101.6"), Decimal("50.8"))
    assert next(iter(STOCKS)) == "4x3"


def test_an_unknown_stock_is_answered_with_those_there_are() -> None:
    with pytest.raises(ValueError, match=r"no label stock '9x9'; there are 4x3, 4x2, 4x6"):
        stock("9x9")


@pytest.mark.parametrize("code", STOCKS)
def test_the_patients_zone_is_half_the_stock_and_half_of_what_the_printer_reaches(code: str) -> None:
    one = stock(code)
    if one.shape == "columns":
        whole, before, after = one.width, one.margins.left, one.margins.right
    else:
        whole, before, after = one.height, one.margins.top, one.margins.bottom
    assert one.patient_zone >= whole / 2
    assert one.patient_zone - before >= (whole - before - after) / 2


@pytest.mark.parametrize(
    ("good", "bad", "message"),
    [
        ("patient_minimum = 12", "patient_minimum = 11.5", "12 points or more"),
        ("rest_minimum = 7", "rest_minimum = 5", "6 points or more"),
        ("rest_maximum = 9", "rest_maximum = 6", "rest_maximum is below"),
        ('shape = "columns"\nwidth', 'shape = "round"\nwidth', "shape must be one of"),
        ("dots_per_inch = 203", "dots_per_inch = 150", "dots_per_inch"),
        ("width = 101.6", "width = 0", "width must be a number above 0"),
        ("height = 76.2", 'height = "76.2"', "height must be a number above 0"),
        ("height = 76.2", "height = true", "height must be a number above 0"),
        ("height = 76.2", "height = 76.2\ndepth = 1", "unknown field depth"),
        ('name = "4 × 3 in"', "", "name is missing"),
        ('code = "4x2"', 'code = "4x3"', "stands twice"),
    ],
)
def test_a_stock_that_cannot_be_is_refused_with_file_stock_and_field(good: str, bad: str, message: str) -> None:
    with pytest.raises(ValueError, match=message) as refusal:
        read_stocks(GOOD.replace(good, bad, 1))
    assert str(refusal.value).startswith("stock.toml, stock")


def test_a_file_without_any_stock_is_refused() -> None:
    with pytest.raises(ValueError, match="no stock at all"):
        read_stocks("")
