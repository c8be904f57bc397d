"""A calculation attached to a compounding record: by whom, to which, solved again, kept, shown and printed."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pypdfium2
import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from pharmacy.actions.acting import Conflict, Refused, Seen
from pharmacy.actions.catalogue import Actor
from pharmacy.calculators import service
from pharmacy.domain.problems import Calculation, solve
from pharmacy.errors import NotFound, PharmacyError
from pharmacy.log import queries as log
from pharmacy.log.sentences import tell
from pharmacy.preparations import paper, queries
from pharmacy.preparations.attached import attached_calculations
from pharmacy.preparations.models import AttachedCalculation, Preparation
from pharmacy.preparations.record import compounding_record
from tests.steps.preparations.worktop import Bench

SignIn = Callable[[Actor], FlaskClient]
FORMULA = "capsule 4.5"
GIVEN: dict[str, object] = {"stock_strength": "20 %", "final_strength": "4 %", "final_amount": "250 mL"}
KEY = "a" * 32


def rows(db: Session) -> list[AttachedCalculation]:
    found = list(db.scalars(select(AttachedCalculation).order_by(AttachedCalculation.id)).all())
    db.rollback()
    return found


def read(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).replace("\u00a0", " ").split())


@pytest.mark.parametrize("who", ["tina", "paul", "pia"])
def test_whoever_works_at_the_bench_attaches(
    db: Session, at_bench: Bench, request: pytest.FixtureRequest, who: str, tina: Actor
) -> None:
    actor = request.getfixturevalue(who)
    preparation = at_bench.plan(tina, FORMULA)
    service.attach(db, actor, at_bench.seen(preparation), "dilution", GIVEN, "  rinse  ")
    (row,) = rows(db)
    assert (row.preparation_id, row.solve, row.given, row.title) == (preparation, "dilution", GIVEN, "Dilution")
    assert (row.note, row.person_id) == ("rinse", actor.id)
    assert Calculation.from_json(row.calculation) == solve("dilution", GIVEN)


@pytest.mark.parametrize("who", ["ada", "adam", "nora"])
def test_nobody_else_attaches(
    db: Session, at_bench: Bench, request: pytest.FixtureRequest, who: str, tina: Actor
) -> None:
    preparation = at_bench.plan(tina, FORMULA)
    with pytest.raises(Refused):
        service.attach(db, request.getfixturevalue(who), at_bench.seen(preparation), "dilution", GIVEN)
    assert rows(db) == []


def test_it_goes_to_a_record_until_its_release(db: Session, at_bench: Bench, tina: Actor, paul: Actor) -> None:
    preparation = at_bench.make(tina, FORMULA, "100")
    service.attach(db, paul, at_bench.seen(preparation), "dilution", GIVEN)
    at_bench.release(paul, preparation)
    with pytest.raises(Refused, match="is released"):
        service.attach(db, paul, at_bench.seen(preparation), "dilution", GIVEN)
    rejected = at_bench.plan(tina, FORMULA)
    at_bench.reject(paul, rejected)
    with pytest.raises(Refused, match="is rejected"):
        service.attach(db, paul, at_bench.seen(rejected), "dilution", GIVEN)
    assert len(rows(db)) == 1


def test_to_attach_is_no_part_of_the_making(db: Session, at_bench: Bench, tina: Actor, paul: Actor) -> None:
    preparation = at_bench.make(tina, FORMULA, "100")
    service.attach(db, paul, at_bench.seen(preparation), "dilution", GIVEN)
    assert queries.preparation(db, preparation).made_by == [tina.id]
    at_bench.release(paul, preparation)


def test_the_same_form_sent_twice_attaches_once(db: Session, at_bench: Bench, tina: Actor) -> None:
    seen = at_bench.seen(at_bench.plan(tina, FORMULA))
    for _ in range(2):
        service.attach(db, tina, seen, "dilution", GIVEN, key=KEY)
    assert len(rows(db)) == 1


def test_a_record_that_someone_else_changed_meanwhile_is_a_conflict(
    db: Session, at_bench: Bench, tina: Actor, paul: Actor
) -> None:
    preparation = at_bench.plan(tina, FORMULA)
    seen = at_bench.seen(preparation)
    service.attach(db, paul, seen, "dilution", GIVEN)
    with pytest.raises(Conflict) as conflict:
        service.attach(db, tina, seen, "dilution", GIVEN)
    assert [one.action for one in conflict.value.since] == ["preparation:attach-calculation"]
    assert len(rows(db)) == 1


def test_what_does_not_solve_is_not_attached_and_names_its_field(db: Session, at_bench: Bench, tina: Actor) -> None:
    seen = at_bench.seen(at_bench.plan(tina, FORMULA))
    with pytest.raises(PharmacyError, match="only weakens") as refused:
        service.attach(db, tina, seen, "dilution", {**GIVEN, "final_strength": "30 %"})
    assert refused.value.field == "final_strength"
    with pytest.raises(PharmacyError, match="no field of this problem"):
        service.attach(db, tina, seen, "dilution", {**GIVEN, "result": "1 mL"})
    with pytest.raises(NotFound):
        service.attach(db, tina, seen, "nothing", GIVEN)
    assert rows(db) == []


def test_no_such_preparation(db: Session, tina: Actor) -> None:
    with pytest.raises(LookupError):
        service.attach(db, tina, Seen(Preparation, 999, 1), "dilution", GIVEN)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE attached_calculation SET note = 'other'",
        "DELETE FROM attached_calculation",
        "INSERT OR REPLACE INTO attached_calculation SELECT * FROM attached_calculation",
    ],
)
def test_what_is_attached_is_never_changed(
    db: Session, raw: Engine, at_bench: Bench, tina: Actor, statement: str
) -> None:
    service.attach(db, tina, at_bench.seen(at_bench.plan(tina, FORMULA)), "dilution", GIVEN)
    with raw.connect() as connection, pytest.raises(IntegrityError, match="append-only"):
        connection.exec_driver_sql(statement)


def test_the_log_says_it_in_a_sentence_and_finds_it_under_the_preparation(
    db: Session, at_bench: Bench, tina: Actor
) -> None:
    preparation = at_bench.plan(tina, FORMULA)
    service.attach(db, tina, at_bench.seen(preparation), "dilution", GIVEN)
    told = tell(db, log.about(db, (("preparation", str(preparation)),)))[-1]
    assert told.sentence == "Tina Mallow attached a calculation to preparation C261123-01."
    assert ("calculation", "Dilution") in told.facts


def test_the_record_shows_it_and_the_paper_prints_it(db: Session, at_bench: Bench, tina: Actor) -> None:
    preparation = at_bench.plan(tina, FORMULA)
    service.attach(db, tina, at_bench.seen(preparation), "dilution", GIVEN, "to rinse the mortar")
    given = {"amount": "1 g", "salt": "magnesium sulfate heptahydrate"}
    service.attach(db, tina, at_bench.seen(preparation), "ions", given)
    first, second = attached_calculations(db, preparation)
    assert (first.title, first.note, first.who, first.at) == (
        "Dilution",
        "to rinse the mortar",
        "Tina Mallow",
        "23 NOV 2026 10:00",
    )
    assert first.given[0] == ("Strength of the stock", "20 %")
    assert [one.text().replace("\u00a0", " ") for one in first.answers] == ["50 mL", "200 mL"]
    assert second.plausibility.startswith("1\u00a0mEq is 123.233\u00a0mg")
    document = pypdfium2.PdfDocument(paper.render(compounding_record(db, preparation)))
    text = " ".join(" ".join(page.get_textpage().get_text_bounded() for page in document).split()).replace(
        "\u00a0", " "
    )
    document.close()
    for words in (
        "Attached calculation: Dilution",
        "Strength of the stock: 20 %; Strength wanted: 4 %; Final amount: 250 mL",
        "250 mL × 4 % ÷ 20 %",
        "to rinse the mortar",
        "250 mL is 5 times the stock of 50 mL",
        "Attached calculation: Magnesium sulfate heptahydrate",
    ):
        assert words in text, words


# --- the page --------------------------------------------------------------------------------------------------------


def hidden(page: str) -> dict[str, str]:
    """What the attaching form of the page would send."""
    (form,) = re.findall(r'<form[^>]*action="/calculators/[a-z-]+/attachments".*?</form>', page, re.DOTALL)
    found = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if name:
            found[name[1]] = unescape(value[1]) if value else ""
    for name, value in re.findall(r'<textarea name="([^"]*)"[^>]*>\n?(.*?)</textarea>', form, re.DOTALL):
        found[name] = unescape(value)
    return found


def options(page: str) -> list[str]:
    (select_,) = re.findall(r'<select[^>]*name="preparation".*?</select>', page, re.DOTALL)
    return [value for value in re.findall(r'<option[^>]*value="([^"]*)"', select_) if value]


def solved_page(client: FlaskClient, kind: str, **given: str) -> str:
    answer = client.post(f"/calculators/{kind}", data={f"g_{name}": value for name, value in given.items()})
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def attach(client: FlaskClient, kind: str, page: str, **data: Any) -> tuple[int, str]:
    answer = client.post(f"/calculators/{kind}/attachments", data={**hidden(page), **data}, follow_redirects=True)
    return answer.status_code, answer.get_data(as_text=True)


def test_from_a_solved_calculation_to_the_record(db: Session, at_bench: Bench, sign_in: SignIn, tina: Actor) -> None:
    at_bench.plan(tina, FORMULA)
    client = sign_in(tina)
    page = solved_page(client, "alligation-several", strengths="50 %\n20 %\n5 %", wanted="10 %", total="120 g")
    assert "C261123-01: naltrexone HCl 4.5 mg capsule, 100 capsules, planned" in read(page)
    (chosen,) = options(page)
    status, shown = attach(client, "alligation-several", page, preparation=chosen, note="for the dusting powder")
    assert status == 200
    for words in ("Attached to this compounding record.", "Attached calculation: Alligation alternate of several",
                  "for the dusting powder", "Take of strength 1, 50 %", "10 g", "50 %; 20 %; 5 %"):  # fmt: skip
        assert words in read(shown), words
    (row,) = rows(db)
    assert row.given == {"strengths": "50 %\n20 %\n5 %", "wanted": "10 %", "total": "120 g"}


def test_without_a_chosen_record_the_result_stays_and_the_choice_is_asked_for(
    at_bench: Bench, db: Session, sign_in: SignIn, tina: Actor
) -> None:
    at_bench.plan(tina, FORMULA)
    client = sign_in(tina)
    page = solved_page(client, "dilution", stock_strength="20 %", final_strength="4 %", final_amount="250 mL")
    for bad in ("", "x", "1", "1-1-1"):
        status, shown = attach(client, "dilution", page, preparation=bad, note="kept")
        assert status == 422
        assert "Choose the compounding record." in shown
        assert "A second way agrees." in shown
        assert 'value="kept"' in shown
    assert rows(db) == []


def test_a_result_that_was_tampered_with_is_solved_again(
    at_bench: Bench, db: Session, sign_in: SignIn, tina: Actor
) -> None:
    at_bench.plan(tina, FORMULA)
    client = sign_in(tina)
    page = solved_page(client, "dilution", stock_strength="20 %", final_strength="4 %", final_amount="250 mL")
    (chosen,) = options(page)
    status, shown = attach(client, "dilution", page, preparation=chosen, g_final_strength="40 %")
    assert status == 422
    assert "dilution only weakens" in shown
    assert rows(db) == []


def test_a_stale_page_is_told_who_was_first(
    at_bench: Bench, db: Session, sign_in: SignIn, tina: Actor, paul: Actor
) -> None:
    preparation = at_bench.plan(tina, FORMULA)
    client = sign_in(tina)
    page = solved_page(client, "dilution", stock_strength="20 %", final_strength="4 %", final_amount="250 mL")
    service.attach(db, paul, at_bench.seen(preparation), "dilution", GIVEN)
    status, shown = attach(client, "dilution", page, preparation=options(page)[0])
    assert status == 409
    assert "Paul Sorrel" in shown
    assert f'href="/preparations/{preparation}">See it as it is now</a>' in shown, "not the calculator: it is as it was"


def test_the_page_of_a_record_leads_to_the_calculators(
    at_bench: Bench, sign_in: SignIn, tina: Actor, ada: Actor
) -> None:
    preparation = at_bench.plan(tina, FORMULA)
    words = "Work something out and attach it"
    assert words in sign_in(tina).get(f"/preparations/{preparation}").get_data(as_text=True)
    assert words not in sign_in(ada).get(f"/preparations/{preparation}").get_data(as_text=True)
