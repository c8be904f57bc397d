"""Liquids from tablets and by liquid aliquot at the bench: counted, weighed, measured, taken from stock, on record."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from pharmacy.actions.catalogue import Actor
from pharmacy.domain.calculation import LiquidPlan, plan_from_json
from pharmacy.domain.formula import LiquidFormula
from pharmacy.domain.quantity import NBSP, Concentration
from pharmacy.domain.routes import LiquidAliquot, TabletPowder, WholeTablets
from pharmacy.errors import Mismatch, NotReady, PharmacyError
from pharmacy.formulary import starting
from pharmacy.formulary.definition import strength_of
from pharmacy.log import queries as queries_of_the_log
from pharmacy.log.queries import Filters
from pharmacy.log.sentences import tell
from pharmacy.preparations import paper, queries, service
from pharmacy.preparations.outcome import Outcome
from pharmacy.preparations.record import compounding_record
from pharmacy.preparations.service import Choice
from tests import factories
from tests.steps.preparations.test_paper import pages_of
from tests.steps.preparations.worktop import Bench

SignIn = Callable[[Actor], FlaskClient]
FAMILIES = starting.FAMILIES
SUSPENSION, SOLUTION = FAMILIES["suspension-tablets"].base, FAMILIES["solution-nonpreserved"].base
assert isinstance(SUSPENSION, LiquidFormula)
assert isinstance(SOLUTION, LiquidFormula)
TABLET = SUSPENSION.drug
THIN = replace(SOLUTION, concentration=Concentration.of("0.1", "mg/mL"), portions=())


@dataclass
class Shelf:
    """A bench with tablets on it, and the formulas that are made of them."""

    bench: Bench
    suspension: int
    thin: int
    tablets: int

    def choice(self, version: int, **given: Any) -> Choice:
        formula = THIN if version == self.thin else SUSPENSION
        lots = {one.code: self.bench.lots[one.code] for one in formula.components}
        lots |= {TABLET.code: self.tablets} if formula is SUSPENSION else {}
        whole = {"excess": Decimal(0), "balance_id": 1, "for_stock": Decimal(135), **given}
        return Choice(version, lots=lots, **whole)

    def plan(self, actor: Actor, version: int, **given: Any) -> int:
        return service.plan_preparation(self.bench.db, actor, self.choice(version, **given))

    def the_plan(self, preparation: int) -> LiquidPlan:
        plan = plan_from_json(queries.preparation(self.bench.db, preparation).plan)
        assert isinstance(plan, LiquidPlan)
        return plan


@pytest.fixture
def shelf(at_bench: Bench, raw: Engine) -> Shelf:
    item = at_bench.items[TABLET.code]
    label = {"label_strength": Decimal(50), "ndc": "51927-5086-1", "use_before": date(2026, 12, 20)}
    at_bench.lots[TABLET.code] = lot = factories.lot(raw, item, amount=30, number="TAB-1", **label)
    versions = []
    for formula in (SUSPENSION, THIN):
        product = factories.item(raw, f"product-{len(versions)}", "preparation", "mL", name=formula.name)
        given = {"kind": formula.kind, "strength": strength_of(formula), "item_id": product}
        versions.append(factories.formula(raw, formula.to_json(), **given))
    return Shelf(at_bench, versions[0], versions[1], lot)


CRUSHED = {"crushed": True, "tablets_weighed": 20, "tablets_together": Decimal(6080)}


def test_whole_tablets_are_counted_and_taken_from_their_lot(
    db: Session, shelf: Shelf, tina: Actor, paul: Actor
) -> None:
    preparation = shelf.plan(tina, shelf.suspension)
    assert isinstance(shelf.the_plan(preparation).route, WholeTablets)
    lines = shelf.bench.lines(preparation)
    assert [one.key for one in lines] == ["tablets", "ascorbic-acid", "sodium-benzoate", "glycerin", "final-volume"]
    assert (lines[0].text(lines[0].target), lines[0].lot) == (f"3{NBSP}pieces", "TAB-1")
    assert lines[-1].text(lines[-1].target) == f"150{NBSP}mL"
    with pytest.raises(PharmacyError, match="whole pieces"):
        shelf.bench.weigh(tina, preparation, "tablets", "2.7", "TAB-1")
    with pytest.raises(Mismatch, match="takes lot TAB-1"):
        shelf.bench.weigh(tina, preparation, "tablets", "3", "TAB-2")
    shelf.bench.weigh_on_target(tina, preparation)
    assert shelf.bench.available(TABLET.code) == 27
    shelf.bench.check(tina, preparation)
    shelf.bench.finish(tina, preparation, "150")
    made = queries.preparation(db, preparation)
    result = Outcome.from_json(made.result)
    assert result.delivered.percent == 100
    assert result.delivered.step.numbers == f"3 × 50{NBSP}mg ÷ 150{NBSP}mL"
    assert made.beyond_use == date(2026, 12, 20)  # the expiry of the tablets
    assert "lot TAB-1" in made.beyond_use_decided_by
    record = compounding_record(db, preparation)
    ingredient = next(one for one in record.ingredients if one.lot == "TAB-1")
    assert ingredient.used == f"3{NBSP}pieces"
    assert "20 DEC 2026" in ingredient.ends
    assert "NDC 51927-5086-1" in ingredient.certificate
    assert f"50{NBSP}mg naltrexone HCl a tablet by its label" in ingredient.certificate
    shelf.bench.release(paul, preparation)


def test_the_record_of_tablets_claims_no_weight_no_range_and_no_volume_that_nobody_measured(
    db: Session, shelf: Shelf, tina: Actor
) -> None:
    preparation = shelf.plan(tina, shelf.suspension)
    shelf.bench.weigh_on_target(tina, preparation)
    shelf.bench.check(tina, preparation)
    shelf.bench.finish(tina, preparation, "150")
    record = compounding_record(db, preparation)
    left_out = "; what the tablets really hold (USP: 90.0 to 110.0 % of their label) is not in it"
    assert record.delivered_again.endswith("the drug in the tablets by their label.")
    assert record.weighings[0].limits == f"exactly 3{NBSP}pieces"
    delivered = next(one for one in record.results if one.name == "Delivered strength")
    assert delivered.observed.endswith(left_out)
    assert left_out in record.delivered_words
    water = next(one for one in record.ingredients if one.lot == "PUR-1")
    assert (water.used, water.how) == (f"about 120{NBSP}mL", "to volume, not measured")
    assert left_out in " ".join(text for step in (record.delivered,) if step for text in (step.note,))
    printed = " ".join(pages_of(paper.render(record)))
    for said in ("exactly 3 pieces", "not measured", "by their label", "is not in it"):
        assert said in printed
    assert "weighed in" not in printed


def test_the_page_of_a_record_of_tablets_says_what_its_interval_leaves_out(
    sign_in: SignIn, shelf: Shelf, tina: Actor
) -> None:
    preparation = shelf.plan(tina, shelf.suspension)
    shelf.bench.weigh_on_target(tina, preparation)
    shelf.bench.check(tina, preparation)
    shelf.bench.finish(tina, preparation, "150")
    page = sign_in(tina).get(f"/preparations/{preparation}").text
    assert "what the tablets really hold (USP: 90.0 to 110.0 % of their label) is not in it" in page
    assert "exactly 3" in page


def test_the_log_calls_tablets_tablets(db: Session, shelf: Shelf, tina: Actor) -> None:
    preparation = shelf.plan(tina, shelf.suspension)
    shelf.bench.weigh(tina, preparation, "tablets", "4", "TAB-1", "one more")
    shelf.bench.weigh(tina, preparation, "tablets", "3", "TAB-1")
    told = [one.sentence.replace(NBSP, " ") for one in tell(db, queries_of_the_log.entries(db, Filters()))]
    number = queries.preparation(db, preparation).number
    assert f"Tina Mallow counted 4 tablets for preparation {number}, outside its limits." in told
    assert f"Tina Mallow counted 3 tablets for preparation {number}." in told


def test_the_log_names_the_lines_of_an_aliquot(db: Session, shelf: Shelf, tina: Actor) -> None:
    preparation = shelf.plan(tina, shelf.thin, for_stock=Decimal(100))
    shelf.bench.weigh_on_target(tina, preparation)
    told = " ".join(one.sentence for one in tell(db, queries_of_the_log.entries(db, Filters())))
    assert "of the drug of the aliquot for" in told
    assert "of the solution of the aliquot for" in told
    assert "of the part taken of the aliquot for" in told


def test_a_tablet_too_many_is_kept_only_with_a_reason_and_changes_the_strength(
    db: Session, shelf: Shelf, tina: Actor
) -> None:
    preparation = shelf.plan(tina, shelf.suspension)
    with pytest.raises(PharmacyError, match="outside"):
        shelf.bench.weigh(tina, preparation, "tablets", "4", "TAB-1")
    shelf.bench.weigh_on_target(tina, preparation, {"tablets": "4"})
    shelf.bench.check(tina, preparation)
    shelf.bench.finish(tina, preparation, "150")
    result = Outcome.from_json(queries.preparation(db, preparation).result)
    assert result.delivered.percent * 3 == 400
    assert not result.within


def test_crushed_tablets_are_counted_weighed_together_and_their_powder_is_weighed(
    db: Session, shelf: Shelf, tina: Actor
) -> None:
    preparation = shelf.plan(tina, shelf.suspension, **CRUSHED)
    assert isinstance(shelf.the_plan(preparation).route, TabletPowder)
    lines = {one.key: one for one in shelf.bench.lines(preparation)}
    assert list(lines)[:3] == ["tablets", "tablets-weighed", "drug"]
    assert lines["drug"].text(lines["drug"].target) == f"820.8{NBSP}mg"
    assert lines["drug"].lot == ""
    with pytest.raises(NotReady, match="First comes"):
        shelf.bench.weigh(tina, preparation, "drug", "820.8")
    shelf.bench.weigh_on_target(tina, preparation, {"tablets-weighed": "6.0000"})
    assert shelf.bench.available(TABLET.code) == 10  # all that are crushed, not 2.7 of them
    shelf.bench.check(tina, preparation)
    shelf.bench.finish(tina, preparation, "135")
    result = Outcome.from_json(queries.preparation(db, preparation).result)
    assert result.delivered.percent * 3 == 304


def test_fewer_tablets_on_the_shelf_than_are_crushed_are_refused_at_their_lot(shelf: Shelf, tina: Actor) -> None:
    with pytest.raises(NotReady, match="40\u00a0pieces are needed") as refused:
        shelf.plan(tina, shelf.suspension, **{**CRUSHED, "tablets_weighed": 40, "tablets_together": Decimal(12160)})
    assert refused.value.field == f"lot_{TABLET.code}"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"crushed": True}, "tablets_weighed"),
        ({**CRUSHED, "tablets_weighed": 19}, "tablets_weighed"),
        ({**CRUSHED, "tablets_together": Decimal(0)}, "tablets_together"),
        ({**CRUSHED, "tablets_together": Decimal("6080.05")}, "tablets_together"),
        ({**CRUSHED, "tablets_together": Decimal(5_000_000)}, "tablets_together"),
        ({**CRUSHED, "tablets_weighed": 60, "tablets_together": Decimal(250_000)}, "tablets_together"),
    ],
)
def test_a_wrong_mean_of_tablets_is_refused_at_its_field(
    shelf: Shelf, tina: Actor, given: dict[str, Any], field: str
) -> None:
    with pytest.raises(PharmacyError) as refused:
        shelf.plan(tina, shelf.suspension, **given)
    assert refused.value.field == field


def test_tablets_of_another_strength_are_refused(shelf: Shelf, raw: Engine, tina: Actor) -> None:
    item = shelf.bench.items[TABLET.code]
    shelf.tablets = factories.lot(raw, item, amount=30, number="TAB-25", label_strength=Decimal(25))
    with pytest.raises(PharmacyError, match="takes tablets of 50"):
        shelf.plan(tina, shelf.suspension)


def test_a_liquid_aliquot_is_weighed_dissolved_and_taken(db: Session, shelf: Shelf, tina: Actor, paul: Actor) -> None:
    preparation = shelf.plan(tina, shelf.thin, for_stock=Decimal(100))
    route = shelf.the_plan(preparation).route
    assert isinstance(route, LiquidAliquot)
    lines = {one.key: one for one in shelf.bench.lines(preparation)}
    assert list(lines) == ["aliquot-drug", "aliquot-volume", "aliquot-taken", "final-volume"]
    first, *rest = compounding_record(db, preparation).instructions
    weigh, volume, taken = (one.text(one.target) for one in list(lines.values())[:3])
    assert first.startswith(
        f"In this batch the drug goes in by an aliquot: weigh {weigh} of Naltrexone HCl, bring it with Purified water to "
        f"{volume}, and measure {taken} of that solution."
    )
    assert tuple(rest) == shelf.the_plan(preparation).formula.particulars.instructions
    with pytest.raises(NotReady, match="First comes"):
        shelf.bench.weigh(tina, preparation, "aliquot-taken", str(lines["aliquot-taken"].target))
    shelf.bench.weigh_on_target(tina, preparation)
    brought, take = (
        Decimal(route.volume.value.numerator) / route.volume.value.denominator,
        lines["aliquot-taken"].target,
    )
    assert shelf.bench.available("naltrexone-hcl") == 25_000 - lines["aliquot-drug"].target
    assert shelf.bench.available("purified-water") == 10_000 - (brought + 100 - take)
    shelf.bench.check(tina, preparation)
    shelf.bench.finish(tina, preparation, "100")
    made = queries.preparation(db, preparation)
    assert Outcome.from_json(made.result).within
    assert made.beyond_use == date(2026, 12, 6)  # 14 days
    shelf.bench.release(paul, preparation)


# --- the pages -------------------------------------------------------------------------------------------------------------


def _posted(page: str, **typed: str) -> dict[str, str]:
    key = re.search(r'name="key"[^>]*value="([^"]*)"', page)
    chosen = dict(re.findall(r'<select[^>]*name="(lot_[^"]+|balance)"[^>]*>\s*<option[^>]*value="(\d+)"', page))
    assert key
    return {"key": key[1], **chosen, "excess": "0", "holes": "100", **typed}


def test_the_planning_page_offers_both_ways_and_shows_the_count(sign_in: SignIn, shelf: Shelf, tina: Actor) -> None:
    client = sign_in(tina)
    address = f"/preparations/new/{shelf.suspension}"
    page = client.get(address).text
    assert "Tablets go in" in page
    whole = client.post(f"{address}/preview", data=_posted(page, for_stock="135", crushed="whole")).text
    assert "counted" in whole
    assert "150" in whole
    typed = {"for_stock": "135", "crushed": "crushed", "tablets_weighed": "20", "tablets_together": "6.0800"}
    crushed = client.post(f"{address}/preview", data=_posted(page, **typed)).text
    assert "820.8" in crushed
    few = client.post(address, data=_posted(page, **{**typed, "tablets_weighed": "19"}, do="plan"))
    assert few.status_code == 422
    assert "at least 20 tablets" in few.text
    planned = client.post(address, data=_posted(client.get(address).text, **typed, do="plan"))
    assert planned.status_code == 302
    bench = client.get(planned.headers["Location"]).text
    assert "Count now" in bench
    assert "Count the tablets that are weighed and crushed." in bench


def test_a_liquid_is_finished_on_its_page(sign_in: SignIn, shelf: Shelf, tina: Actor) -> None:
    preparation = shelf.plan(tina, shelf.suspension)
    shelf.bench.weigh_on_target(tina, preparation)
    shelf.bench.check(tina, preparation)
    page = sign_in(tina).get(f"/preparations/{preparation}/bench")
    assert page.status_code == 200
    assert "Yield and finish" in page.text
    assert "If it is outside the limits: why" in page.text
    assert "capsules’ weights" not in page.text


def test_powder_is_planned_without_a_word_of_tablets(sign_in: SignIn, shelf: Shelf, tina: Actor) -> None:
    assert "Tablets go in" not in sign_in(tina).get(f"/preparations/new/{shelf.thin}").text
