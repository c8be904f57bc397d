"""The compounding record on paper: every element is there, on numbered pages, the same bytes each time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pypdfium2
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from pharmacy.actions.catalogue import Actor
from pharmacy.actions.models import AuditEntry
from pharmacy.preparations import paper
from pharmacy.preparations.record import certificate_words, compounding_record
from pharmacy.stock.models import Lot
from tests.steps.preparations.worktop import Bench

FORMULA = "capsule 4.5"


def pages_of(content: bytes) -> list[str]:
    """The text of each page, blanks and line ends alike."""
    document = pypdfium2.PdfDocument(content)
    try:
        found = []
        for number in range(len(document)):
            page = document[number]
            text = page.get_textpage()
            found.append(" ".join(text.get_text_range().replace("\u00a0", " ").replace("\u0002", "-").split()))
            text.close()
            page.close()
        return found
    finally:
        document.close()


def made(at_bench: Bench, tina: Actor, paul: Actor) -> int:
    fill = at_bench.put_fill()
    preparation = at_bench.plan(tina, FORMULA, fills=(fill,), for_stock=Decimal(70))
    at_bench.weigh(tina, preparation, "drug", "500.0", "NAL-1", "thought the jar was empty")
    at_bench.weigh(tina, preparation, "drug", "524.6", "NAL-1")
    at_bench.weigh_on_target(tina, preparation, {"drug": "524.6"})
    at_bench.weigh_capsules(tina, preparation, ["178.9"] * 9 + ["192.6"], "heavy shell")
    at_bench.check(tina, preparation)
    at_bench.finish(tina, preparation, "89", "one tray was dropped")
    at_bench.release(paul, preparation, note="looked at each capsule")
    return preparation


def test_every_element_of_the_compounding_record_is_printed(
    db: Session, at_bench: Bench, tina: Actor, paul: Actor
) -> None:
    pages = pages_of(paper.render(compounding_record(db, made(at_bench, tina, paul))))
    text = " ".join(pages)
    for element in (
        "Mortar & Thistle Compounding",
        "Compounding record, lot C261123-01",
        "naltrexone HCl 4.5 mg capsule",
        "version 1: Naltrexone HCl 4.5 mg capsules in microcrystalline cellulose",
        "23 NOV 2026",
        "Compounded by Tina Mallow",
        "NAL-1 Example Supply Co expiry 30 JUN 2028",
        "assay 99.2 % (anhydrous), water 8.9 %, solvents 0.1 %",
        "472.5 mg ÷ 90.272 % of lot NAL-1",
        "Numbers are shown to a few places and carried on unrounded; a line that rounds says so.",
        "Second calculation: 105 capsules' worth",
        "523.4 mg 513.0 mg to 533.8 mg 524.6 mg inside",
        "before: 500.0 mg, Tina Mallow",
        "Pass through a 60-mesh sieve",
        "10. 192.6 mg 144.6 mg 110.4 % OUTSIDE",
        "Kept because: heavy shell",
        "Closed, clean, undamaged, evenly filled",
        "Clear size 3 capsules filled with a white to off-white powder.",
        "Yield 100 capsules; 90 to 105 % 89 capsules, 89 % OUTSIDE",
        "one tray was dropped",
        "Delivered strength 4.5 mg; 90 to 110 %",
        "21 MAY 2027",
        "180 days from 23 NOV 2026, the day of compounding is day 1",
        "Room temperature, 20–25 °C.",
        "Light-resistant, tight vial",
        "Released and signed by Paul Sorrel",
        "looked at each capsule",
    ):
        assert element in text, element
    for number, page in enumerate(pages, start=1):
        assert f"page {number} of {len(pages)}" in page


def test_the_same_record_gives_the_same_bytes(db: Session, at_bench: Bench, tina: Actor, paul: Actor) -> None:
    preparation = made(at_bench, tina, paul)
    first, second = (paper.render(compounding_record(db, preparation)) for _ in range(2))
    assert first == second


def test_what_is_not_recorded_yet_is_said(db: Session, at_bench: Bench, tina: Actor) -> None:
    text = " ".join(pages_of(paper.render(compounding_record(db, at_bench.plan(tina, FORMULA)))))
    assert "not recorded yet" in text
    assert "Not released yet." in text


def test_long_words_break_and_foreign_letters_never_vanish(db: Session, at_bench: Bench, tina: Actor) -> None:
    record = compounding_record(db, at_bench.plan(tina, FORMULA))
    odd = replace(
        record,
        makers=("M" * 200, "<b>Ωmega & ﷺ</b>"),
        judgement="why " * 800,
        instructions=("stir " * 900,),
        judged="Rejected and signed by 小林",
    )
    text = " ".join(pages_of(paper.render(odd)))
    assert text.replace(" ", "").count("M" * 60) >= 1
    assert "<b>" in text
    assert "[U+FDFA]" in text
    assert "[U+5C0F][U+6797]" in text
    assert text.count("why") == 800
    assert text.count("stir") == 900


def test_the_pdf_comes_by_its_neutral_name_and_its_reading_is_recorded(
    engine: Engine, at_bench: Bench, tina: Actor, ada: Actor, sign_in: Callable[[Actor], FlaskClient]
) -> None:
    preparation = at_bench.plan(tina, FORMULA)
    answer = sign_in(ada).get(f"/preparations/{preparation}/compounding-record.pdf")
    assert answer.status_code == 200
    assert answer.mimetype == "application/pdf"
    assert answer.headers["Content-Disposition"] == "inline; filename=compounding-record.pdf"
    assert answer.data.startswith(b"%PDF")
    with Session(engine) as db:
        actions = db.scalars(select(AuditEntry.action).where(AuditEntry.actor == ada.id)).all()
    assert "subject:view" in actions


# USP <795> (2023), what a compounding record holds, element by element; as domain notes 1.5 list it.
ELEMENTS = {
    "name, strength, dosage form": ("naltrexone HCl 4.5 mg capsule", "naltrexone HCl (anhydrous)"),
    "date of preparation": ("Day of compounding 23 NOV 2026",),
    "internal identification number": ("Compounding record, lot C261123-01", "fill "),
    "who compounded, who verified": ("Compounded by Tina Mallow", "Released and signed by Paul Sorrel"),
    "vendor, lot and expiry of each component": (
        "NAL-1 Example Supply Co expiry 30 JUN 2028",
        "MCC-1 Example Supply Co expiry 30 JUN 2028",
        "SHE-1 Example Supply Co expiry 30 JUN 2028",
    ),
    "actual weight of each component": ("513.0 mg to 533.8 mg 524.6 mg", "13.2247 g", "100 pieces"),
    "total quantity and yield": ("Yield 100 capsules; 90 to 105 % 89 capsules, 89 % OUTSIDE", "one tray was dropped"),
    "beyond-use date and storage": ("Beyond-use date 21 MAY 2027", "Storage Room temperature, 20–25 °C."),
    "calculations": ("Potency of the lot", "Second calculation", "Strength, how it was computed"),
    "physical description": ("Clear size 3 capsules filled with a white to off-white powder.",),
    "results of quality checks": (
        "Trait Expected Observed Verdict By",
        "as expected",
        "Weights Expected Observed Verdict",
        "Delivered strength 4.5 mg; 90 to 110 %",
        "inside",
    ),
    "master formulation record": ("version 1: Naltrexone HCl 4.5 mg capsules in microcrystalline cellulose",),
}


def test_each_of_the_twelve_elements_is_on_the_paper(db: Session, at_bench: Bench, tina: Actor, paul: Actor) -> None:
    text = " ".join(pages_of(paper.render(compounding_record(db, made(at_bench, tina, paul)))))
    lacking = [(element, words) for element, all_of in ELEMENTS.items() for words in all_of if words not in text]
    assert not lacking
    assert len(ELEMENTS) == 12


def test_signs_that_the_type_lacks_are_written_as_words(db: Session, at_bench: Bench, tina: Actor) -> None:
    record = compounding_record(db, at_bench.plan(tina, FORMULA))
    odd = replace(record, plausibility="√(Σ squares)")
    text = " ".join(pages_of(paper.render(odd)))
    assert "square root of (sum of squares)" in text
    assert "[U+" not in text


def test_the_strength_of_a_trituration_is_printed_as_people_say_it(db: Session, at_bench: Bench, tina: Actor) -> None:
    record = compounding_record(db, at_bench.plan(tina, FORMULA))
    stock = db.get_one(Lot, at_bench.lots["naltrexone-hcl"])
    stock.drug_fraction = "15622698/156246875"
    assert certificate_words(stock).replace("\u00a0", " ") == "strength 99.987 mg/g by its own compounding record"
    assert record.ingredients[0].certificate.startswith("assay 99.2")
    db.rollback()
