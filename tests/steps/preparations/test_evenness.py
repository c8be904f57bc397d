"""The weights of single capsules: the mean and the scatter have limits, which need a reason at the finish and are shown."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from pharmacy.actions.catalogue import Actor
from pharmacy.errors import PharmacyError
from pharmacy.preparations import paper, queries
from pharmacy.preparations.evenness import Evenness, evenness
from pharmacy.preparations.outcome import Outcome
from pharmacy.preparations.record import compounding_record
from pharmacy.preparations.state import state
from tests.steps.preparations.test_pages import get, text_of
from tests.steps.preparations.test_paper import pages_of
from tests.steps.preparations.worktop import Bench

SignIn = Callable[[Actor], FlaskClient]
FORMULA = "capsule 4.5"
EVEN = ["178.9"] * 10  # net 130.9 mg, the target being 130.9347 mg
HEAVY = ["186.0"] * 10  # net 138.0 mg, 105.4 %
SCATTERED = ["168.0", "189.8"] * 5  # net 120.0 and 141.8 mg: each inside, mean 130.9 mg, RSD 8.8 %


def weighed(at_bench: Bench, tina: Actor, gross: list[str], reason: str = "") -> int:
    preparation = at_bench.plan(tina, FORMULA)
    at_bench.weigh_on_target(tina, preparation)
    at_bench.weigh_capsules(tina, preparation, gross, reason)
    at_bench.check(tina, preparation)
    return preparation


def shown(db: Session, preparation: int) -> Evenness:
    found = evenness(state(db, preparation))
    db.rollback()
    assert found is not None
    return found


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("gross", "said"),
    [
        (HEAVY, "The mean net mass, 105.4 %, is outside 95 to 105 %: say why."),
        (SCATTERED, "The RSD, 8.8 %, is above 5 %: say why."),
        (
            ["175.0", "195.0"] * 5,
            "The mean net mass, 104.6 %, is outside 95 to 104 % and the RSD, 7.7 %, is above 5 %: say why.",
        ),
    ],
)
def test_a_mean_or_a_scatter_outside_is_finished_only_with_a_reason(
    db: Session, at_bench: Bench, tina: Actor, paul: Actor, gross: list[str], said: str
) -> None:
    if "104 %" in said:
        at_bench.set_policy("capsule_mean_tolerance", "4")
        said = said.replace("outside 95 to 104 %", "outside 96 to 104 %")
    preparation = weighed(at_bench, tina, gross, "weighed twice")
    with pytest.raises(PharmacyError) as refused:
        at_bench.finish(tina, preparation, "98")
    assert plain(refused.value.sentence) == said
    assert refused.value.field == "reason"
    at_bench.finish(tina, preparation, "98", "the tamper was worn")
    made = queries.preparation(db, preparation)
    assert made.yield_reason == "the tamper was worn"
    assert Outcome.from_json(made.result).capsule_faults
    db.rollback()
    at_bench.release(paul, preparation)


def test_even_capsules_need_no_reason(db: Session, at_bench: Bench, tina: Actor) -> None:
    preparation = weighed(at_bench, tina, EVEN)
    at_bench.finish(tina, preparation, "98")
    assert Outcome.from_json(queries.preparation(db, preparation).result).capsule_faults == ()


def test_expected_and_observed_stand_side_by_side(db: Session, at_bench: Bench, tina: Actor) -> None:
    found = shown(db, weighed(at_bench, tina, SCATTERED))
    assert [(plain(one.name), plain(one.expected), plain(one.observed), one.good) for one in found.measures] == [
        (
            "Each capsule",
            "90 to 110 % of the target net mass: 165.9 mg to 192.0 mg with the shell",
            "10 of 10 inside; all 10 from 91.6 to 108.3 %",
            True,
        ),
        ("Mean net mass", "95 to 105 % of the target", "130.9 mg, 100 %", True),
        ("Scatter (RSD)", "at most 5 %", "8.8 %, SD 11.49 mg", False),
        (
            "Expected outside in the lot",
            "no limit; approximate, from mean and SD of this sample",
            "about 25 %",
            None,
        ),
    ]
    assert plain(found.each[0].net) == "120.0 mg"
    assert plain(found.shell).startswith("Mean empty shell 48 mg")
    assert "Weighed together, these 10 capsules would show only their mean" in plain(found.pooled)
    assert "4.5 mg of drug in 130.9 mg (3.4 %)" in plain(found.cannot_prove)
    assert "10 capsules, 1,789 mg in all, less 10 shells of 48 mg" in plain(found.second_way)
    assert found.kept == ()


def test_nothing_is_said_before_two_capsules_are_weighed(db: Session, at_bench: Bench, tina: Actor) -> None:
    preparation = at_bench.plan(tina, FORMULA)
    at_bench.weigh_on_target(tina, preparation)
    at_bench.weigh_capsules(tina, preparation, ["178.9"])
    assert evenness(state(db, preparation)) is None
    assert compounding_record(db, preparation).capsules is None


@pytest.mark.parametrize("gross", ["48.0", "12.5"])
def test_a_capsule_no_heavier_than_its_shell_is_refused_whatever_the_reason(
    at_bench: Bench, tina: Actor, gross: str
) -> None:
    preparation = at_bench.plan(tina, FORMULA)
    at_bench.weigh_on_target(tina, preparation)
    with pytest.raises(PharmacyError, match="Capsule 2 weighs no more than an empty shell") as refused:
        at_bench.weigh_capsules(tina, preparation, ["178.9", gross, "178.9"], "it is so")
    assert refused.value.field == "gross"
    at_bench.weigh_capsules(tina, preparation, ["178.9", "48.1", "178.9"], "nearly empty, kept for the record")


def test_later_settings_change_no_finished_record(db: Session, at_bench: Bench, tina: Actor) -> None:
    preparation = weighed(at_bench, tina, SCATTERED)
    at_bench.finish(tina, preparation, "98", "worn tamper")
    before = compounding_record(db, preparation)
    db.rollback()
    for key, value in (
        ("capsule_tolerance", "5"),
        ("capsule_mean_tolerance", "1"),
        ("capsule_rsd_limit", "10"),
        ("capsules_weighed", "30"),
    ):
        at_bench.set_policy(key, value)
    after = compounding_record(db, preparation)
    assert after == before
    assert state(db, preparation).dots == state(db, preparation).dots
    assert len(state(db, preparation).singles) == 10


def test_a_record_from_before_the_limits_were_kept_still_reads(db: Session, at_bench: Bench, tina: Actor) -> None:
    preparation = weighed(at_bench, tina, HEAVY)
    at_bench.finish(tina, preparation, "98", "heavy hand")
    stored = dict(queries.preparation(db, preparation).result or {})
    stored.pop("capsule_limits")
    old = Outcome.from_json(stored)
    assert old.capsule_limits is None
    assert old.capsule_faults == ()


def test_the_bench_and_the_record_show_it_in_the_same_words(
    at_bench: Bench, sign_in: SignIn, tina: Actor, paul: Actor
) -> None:
    preparation = weighed(at_bench, tina, HEAVY)
    client = sign_in(tina)
    finish = text_of(get(client, f"/preparations/{preparation}/bench"))
    assert "The mean net mass, 105.4 %, is outside 95 to 105 %: say why below" in finish
    weighing = text_of(get(client, f"/preparations/{preparation}/bench?step=capsules"))
    at_bench.finish(tina, preparation, "98", "heavy hand")
    record = text_of(get(sign_in(paul), f"/preparations/{preparation}"))
    for page in (weighing, record):
        for said in (
            "138 mg, 105.4 %",
            "at most 5 %",
            "would show only their mean",
            "needs an assay of single capsules",
        ):
            assert said in page, said
    assert "“heavy hand”" in record
    assert "A second way agrees: The blend fills" in record
    assert "The mean net mass, 105.4 %, is outside 95 to 105 %" in record


def test_the_paper_holds_it_too(db: Session, at_bench: Bench, tina: Actor) -> None:
    preparation = weighed(at_bench, tina, HEAVY)
    at_bench.finish(tina, preparation, "98", "heavy hand")
    text = " ".join(pages_of(paper.render(compounding_record(db, preparation))))
    for said in (
        "Gross Net Of the target Gross Net Of the target 1. 186.0 mg 138.0 mg 105.4 %",
        "Mean net mass 95 to 105 % of the target 138 mg, 105.4 % OUTSIDE",
        "Scatter (RSD) at most 5 % 0 %, SD 0 mg inside",
        "Expected outside in the lot",
        "content uniformity needs an assay of single capsules (USP <905>)",
        "Explained at the finish heavy hand",
        "Second calculation The blend fills",
    ):
        assert said in text, said


def test_both_limits_are_settings_with_a_range(db: Session, at_bench: Bench, tina: Actor) -> None:
    at_bench.set_policy("capsule_mean_tolerance", "6")
    at_bench.set_policy("capsule_rsd_limit", "9")
    preparation = weighed(at_bench, tina, HEAVY)
    assert shown(db, preparation).faults == ()
    at_bench.finish(tina, preparation, "98")
    kept = Outcome.from_json(queries.preparation(db, preparation).result).capsule_limits
    assert kept is not None
    assert (kept.each, kept.mean, kept.rsd) == (Decimal(10), Decimal(6), Decimal(9))
