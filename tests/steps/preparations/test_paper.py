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
from pharmacy.preparations.record import compounding_record
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
        "Second calculation: 105 capsules' worth",
        "523.4 mg 513.0 mg to 533.8 mg 524.6 mg",
        "before: 500.0 mg, Tina Mallow",
        "Pass through a 60-mesh sieve",
        "10. 192.6 mg gross, 144.6 mg net, 110.4 % OUTSIDE",
        "Kept because: heavy shell",
        "Closed, clean, undamaged, evenly filled",
        "Clear size 3 capsules filled with a white to off-white powder.",
        "89 capsules, 89 % of what was to be made (limits 90 to 105 %)",
        "one tray was dropped",
        "inside 90 to 110 %",
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
