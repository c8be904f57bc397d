import pytest
import zxingcpp
from PIL import Image

from labels.barcode import Modules, code128, data_matrix, encodable
from labels.symbols import SYMBOLS


def drawn(modules: Modules, scale: int, tall: int) -> Image.Image:
    image = Image.new("L", ((modules.width + 20) * scale, modules.height * tall + 20 * scale), 255)
    for x, y, width, height in modules.black:
        corner = ((x + 10) * scale, y * tall + 10 * scale)
        image.paste(0, (*corner, corner[0] + width * scale, corner[1] + height * tall))
    return image


@pytest.mark.parametrize("text", ["100231-00", "1000042-01", "A", "~ !"])
def test_code_128_reads_back(text: str) -> None:
    (code,) = zxingcpp.read_barcodes(drawn(code128(text), 2, 60))
    assert code.text == text


@pytest.mark.parametrize("text", ["100231-00|C260302-01|L000123", "|" * 5, "x" * 60])
def test_a_data_matrix_reads_back_and_is_square(text: str) -> None:
    modules = data_matrix(text)
    assert modules.width == modules.height
    (code,) = zxingcpp.read_barcodes(drawn(modules, 4, 4))
    assert code.text == text


@pytest.mark.parametrize("text", ["", "é", "a\n", "x" * 5000])
def test_what_no_code_can_carry_is_refused(text: str) -> None:
    assert not encodable(text) or len(text) > 100
    for encode in (code128, data_matrix):
        with pytest.raises(ValueError, match=r"printable ASCII|too long"):
            encode(text)


@pytest.mark.parametrize("name", SYMBOLS)
def test_a_symbol_stays_in_its_square_and_has_more_than_dust(name: str) -> None:
    polygons = SYMBOLS[name]
    assert all(-0.001 <= c <= 1.001 for polygon in polygons for point in polygon for c in point)
    turned = [sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(p, (*p[1:], p[0]), strict=True)) / 2 for p in polygons]
    assert turned[0] > 0
    assert sum(turned) > 0.1
