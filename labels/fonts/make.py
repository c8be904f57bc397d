"""Make the four font files that stand beside this module, from the makers' own releases.

Run by hand, on Debian with the packages ``fonts-clear-sans`` and ``fonts-roboto-unhinted`` and the development
dependencies installed: ``python -m labels.fonts.make``. The product itself never runs it.

Two things are done to each face. It is cut down to Latin, Vietnamese, Cyrillic and the signs a label needs, without
hinting and layout tables, because ReportLab uses neither and a label is sent over a network. And it is renamed
(name ids 1, 4 and 6): ReportLab keeps fonts apart by PostScript name alone and silently drops the glyphs of the second of
two equal names. The Apache licence of both families asks that changed files say that they were changed; name id 5 does.
"""

from pathlib import Path

from fontTools import subset  # type: ignore[import-untyped]  # no stubs; a tool, not the product
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]  # as above

HERE = Path(__file__).parent
DEBIAN = Path("/usr/share/fonts/truetype")

SOURCES = {
    "ClearSans-Medium": DEBIAN / "clear-sans/ClearSans-Medium.ttf",
    "ClearSans-Bold": DEBIAN / "clear-sans/ClearSans-Bold.ttf",
    "RobotoCondensed-Medium": DEBIAN / "roboto/unhinted/RobotoCondensed-Medium.ttf",
    "RobotoCondensed-Bold": DEBIAN / "roboto/unhinted/RobotoCondensed-Bold.ttf",
}

# Not in any range: combining marks (text is composed before it is printed), the soft hyphen and zero-width characters
# (invisible), ligatures and bidirectional controls. Who types one is told which character cannot be printed.
RANGES = (
    (0x0020, 0x007E),  # ASCII
    (0x00A0, 0x00AC),
    (0x00AE, 0x017F),  # Latin-1 without the soft hyphen, Latin Extended-A
    (0x0192, 0x0192),
    (0x01A0, 0x01A1),
    (0x01AF, 0x01B0),  # Vietnamese horned letters
    (0x0218, 0x021B),  # Romanian
    (0x0400, 0x045F),
    (0x0490, 0x0491),  # Cyrillic of Russian, Ukrainian, Belarusian, Serbian, Bulgarian
    (0x1E80, 0x1E85),
    (0x1EA0, 0x1EF9),  # Welsh, Vietnamese
    (0x2010, 0x2015),
    (0x2018, 0x201E),
    (0x2020, 0x2022),
    (0x2026, 0x2026),
    (0x2030, 0x2030),
    (0x2032, 0x2033),
    (0x2039, 0x203A),
    (0x20AC, 0x20AC),
    (0x2116, 0x2116),
    (0x2122, 0x2122),
    (0x215B, 0x215E),
    (0x2190, 0x2193),
    (0x2212, 0x2212),
    (0x2248, 0x2248),
    (0x2260, 0x2260),
    (0x2264, 0x2265),
)


def make(name: str, source: Path, target: Path) -> None:
    """Write the cut down, renamed face; the same source gives the same bytes, its date included."""
    font = TTFont(source, recalcTimestamp=False)
    options = subset.Options(
        hinting=False,
        layout_features=[],
        name_IDs=[0, 1, 2, 3, 4, 5, 6, 13, 14],
        name_languages=[0x409],
        notdef_outline=True,
        recalc_timestamp=False,
        drop_tables=["GPOS", "GSUB", "GDEF", "kern", "LTSH", "VDMX", "hdmx", "gasp"],
    )
    cut = subset.Subsetter(options)
    cut.populate(unicodes=[code for first, last in RANGES for code in range(first, last + 1)])
    cut.subset(font)
    for record in list(font["name"].names):
        if record.platformID != 3:
            font["name"].removeNames(platformID=record.platformID)
    for identifier, text in (
        (1, f"Triturate {name}"),
        (3, f"Triturate {name}"),
        (4, f"Triturate {name}"),
        (5, "A subset without hinting, renamed; changed from the maker's release"),
        (6, f"Triturate{name}"),
    ):
        font["name"].setName(text, identifier, 3, 1, 0x409)
    font.save(target)


if __name__ == "__main__":
    for face, file in SOURCES.items():
        make(face, file, HERE / f"{face}.ttf")
