"""The calculators as pages: each kind opens, solves its own examples, and refuses beside the field."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from pharmacy.actions.catalogue import Actor
from pharmacy.actions.models import AuditEntry
from pharmacy.calculators import queries
from pharmacy.domain.problems import PROBLEMS
from pharmacy.domain.problems.kinds import ProblemKind, Sort
from pharmacy.domain.problems.toolbox import KINDS
from tests.steps.preparations.worktop import Bench

SignIn = Callable[[Actor], FlaskClient]
FOLDER = Path(__file__).parents[2] / "worked_examples"
PUBLISHED = [
    (one["solve"], one["given"])
    for path in sorted(FOLDER.glob("*.toml"))
    for one in tomllib.loads(path.read_text("utf-8"))["problem"]
    if "refused" not in one and one["solve"] in PROBLEMS and PROBLEMS[one["solve"]].bench
]
BENCH = [kind for kind in PROBLEMS.values() if kind.bench]


def read(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).replace("\u00a0", " ").split())


def examples(kind: ProblemKind) -> dict[str, str]:
    return {
        f"g_{one.name}": one.example for one in kind.fields if one.example and one.sort not in {Sort.TABLE, Sort.FLAG}
    }


def post(client: FlaskClient, kind: str, data: dict[str, Any], status: int = 200) -> str:
    answer = client.post(f"/calculators/{kind}", data=data)
    assert answer.status_code == status, read(answer.get_data(as_text=True))[:600]
    return answer.get_data(as_text=True)


def test_the_list_names_every_kind_of_the_bench_under_its_group(sign_in: SignIn, tina: Actor) -> None:
    page = sign_in(tina).get("/calculators").get_data(as_text=True)
    for kind in BENCH:
        assert f'href="/calculators/{kind.key}"' in page
        assert kind.group in unescape(page)
    assert list(queries.groups()) == list(dict.fromkeys(kind.group for kind in BENCH))


def test_it_is_reached_from_the_navigation_by_all_who_read_and_by_nobody_else(
    sign_in: SignIn, tina: Actor, paul: Actor, pia: Actor, ada: Actor, adam: Actor
) -> None:
    for actor in (tina, paul, pia, ada):
        assert 'href="/calculators"' in sign_in(actor).get("/").get_data(as_text=True), actor.name
    assert sign_in(adam).get("/calculators").status_code == 403


def test_each_calculator_opens_with_a_field_for_all_that_it_asks(sign_in: SignIn, tina: Actor) -> None:
    client = sign_in(tina)
    for kind in BENCH:
        page = unescape(client.get(f"/calculators/{kind.key}").get_data(as_text=True))
        for one in kind.fields:
            assert f'name="g_{one.name}"' in page, (kind.key, one.name)
            assert one.label in page, (kind.key, one.label)
        assert "The worksheet stands here once it is worked out" in page, kind.key


def typed(value: object) -> str:
    """A value of the file format as a person types it into the page."""
    if isinstance(value, list):
        return "\n".join(typed(one) for one in value)
    if isinstance(value, dict):
        return "; ".join(f"{name}: {typed(one)}" for name, one in value.items())
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def test_each_calculator_solves_its_worked_examples_and_writes_nothing(
    sign_in: SignIn, tina: Actor, raw: Engine
) -> None:
    client = sign_in(tina)
    with raw.connect() as connection:
        before = connection.scalar(select(func.count()).select_from(AuditEntry))
    solved = Counter[str]()
    for kind, given in PUBLISHED:
        if solved[kind] < 3:
            page = post(client, kind, {f"g_{name}": typed(value) for name, value in given.items()})
            assert "A second way agrees." in page, kind
            assert 'class="calc"' in page, kind
            solved[kind] += 1
    assert solved.keys() == {kind.key for kind in BENCH}
    with raw.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(AuditEntry)) == before, "it is only looked at"


@pytest.mark.parametrize("bad", ["0", "-1", "Infinity", "4,5 mL", "１", "9" * 150, "9" * 400, "<b>x</b>", "5 apples"])
def test_what_is_typed_wrongly_is_refused_beside_its_field_and_stays(sign_in: SignIn, tina: Actor, bad: str) -> None:
    client, measured = sign_in(tina), {Sort.MASS, Sort.VOLUME, Sort.AMOUNT, Sort.STRENGTH, Sort.DENSITY}
    tried = 0
    for kind in BENCH:
        for field in [one for one in kind.fields if one.sort in measured and one.example][:1] if kind in KINDS else ():
            page = post(client, kind.key, {**examples(kind), f"g_{field.name}": bad}, status=422)
            assert f'id="g_{field.name}-e"' in page, (kind.key, field.name)
            assert f'value="{bad}"' in unescape(page), kind.key
            assert "A second way agrees." not in page, kind.key
            assert "<b>x" not in page, kind.key
            tried += 1
    assert tried >= 9


def test_a_refusal_says_what_to_do_without_the_name_that_files_use(sign_in: SignIn, tina: Actor) -> None:
    given = {"g_stock_strength": "20", "g_final_strength": "4 %", "g_final_amount": "250 mL"}
    page = read(post(sign_in(tina), "dilution", given, status=422))
    assert "Write the strength as 5 %, 1:1000" in page
    assert "stock_strength:" not in page


def test_a_refusal_of_several_fields_together_stands_at_the_one_to_correct(sign_in: SignIn, tina: Actor) -> None:
    given = {"g_stock_strength": "1 %", "g_final_strength": "4 %", "g_final_amount": "250 mL"}
    page = post(sign_in(tina), "dilution", given, status=422)
    assert 'id="g_final_strength-e"' in page
    assert "dilution only weakens" in page


def test_a_list_is_typed_one_a_line_and_a_wrong_line_is_named(sign_in: SignIn, tina: Actor) -> None:
    client = sign_in(tina)
    page = read(post(client, "alligation-several", {"g_strengths": "50 %\r\n20 %\r\n5 %", "g_wanted": "10 %"}))
    assert "1 : 1 : 10" in page
    page = read(post(client, "alligation-several", {"g_strengths": "50 %\r\nmuch", "g_wanted": "10 %"}, status=422))
    assert "much: Write the strength" in page


def test_an_answer_that_is_rounded_for_the_page_says_what_it_is_exactly(sign_in: SignIn, tina: Actor) -> None:
    given = {"g_stock_strength": "15 %", "g_final_strength": "5 %", "g_final_amount": "500 mL"}
    page = read(post(sign_in(tina), "dilution", given))
    assert "166.6667 mL" in page
    assert "rounded; exactly 500/3 mL" in page


def test_a_root_or_an_unwieldy_fraction_is_never_called_exact(sign_in: SignIn, tina: Actor) -> None:
    client = sign_in(tina)
    page = read(post(client, "standard-deviation", {"g_values": "1 mg\n2 mg\n4 mg"}))
    assert "rounded; more exactly 1.527525 mg" in page
    capsules = examples(PROBLEMS["capsules"]) | {"g_strength": "0.7 mg", "g_count": "700"}
    assert "more exactly" in read(post(client, "capsules", capsules))


def test_a_wrong_dose_does_not_stand_as_if_it_were_the_answer(sign_in: SignIn, tina: Actor) -> None:
    given = {"g_was": "1 mg/mL", "g_now": "5 mg/mL", "g_volume": "4.5 mL"}
    page = read(post(sign_in(tina), "concentration-change", given))
    assert "Dose, as before 4.5 mg" in page
    assert "WRONG: the old volume of the new liquid would hold 22.5 mg" in page


@pytest.mark.parametrize(
    ("kind", "field"),
    [(kind.key, one.name) for kind in PROBLEMS.values() if kind.bench for one in kind.fields if one.sort is Sort.TABLE],
)
def test_a_field_of_tables_names_the_names_in_its_refusal(sign_in: SignIn, tina: Actor, kind: str, field: str) -> None:
    given = {**examples(PROBLEMS[kind]), f"g_{field}": "nothing of the kind"}
    hint = next(one.hint for one in PROBLEMS[kind].fields if one.name == field)
    assert ":" in hint
    assert f"Write each line as name: value; name: value. {hint}" in read(post(sign_in(tina), kind, given, status=422))


def test_a_table_is_typed_as_names_and_values_one_a_line(sign_in: SignIn, tina: Actor) -> None:
    given = {**examples(PROBLEMS["beyond-use"]), "g_studies": "Fawcett 1997"}
    page = read(post(sign_in(tina), "beyond-use", given, status=422))
    assert "Write each line as name: value; name: value." in page


@pytest.mark.parametrize("key", ["nothing", "potenc", "idle_minutes"])
def test_there_is_no_such_calculator(sign_in: SignIn, tina: Actor, key: str) -> None:
    client = sign_in(tina)
    assert client.get(f"/calculators/{key}").status_code == 404
    assert client.post(f"/calculators/{key}").status_code == 404


def test_an_auditor_may_calculate_and_finds_nothing_to_attach_with(
    at_bench: Bench, db: Session, sign_in: SignIn, ada: Actor, tina: Actor
) -> None:
    at_bench.plan(tina, "capsule 4.5")
    page = post(sign_in(ada), "dilution", examples(PROBLEMS["dilution"]))
    assert "A second way agrees." in page
    assert "Attach to a compounding record" not in page
