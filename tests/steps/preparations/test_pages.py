"""The pages: planning with its worksheet, the bench line by line, the record, its PDF, release and rejection."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from pharmacy.actions.catalogue import Actor
from pharmacy.premises.models import Balance
from pharmacy.preparations import queries
from tests import factories
from tests.steps.preparations.worktop import Bench

SignIn = Callable[[Actor], FlaskClient]
FORMULA = "capsule 4.5"


def text_of(page: str) -> str:
    """What a person reads of a page, no-break spaces as blanks."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).replace("\u00a0", " ").split())


def hidden(page: str, prefix: str = "") -> dict[str, str]:
    """What the form carries: the row as it was seen, and its key."""
    found = {}
    for name in ("key", "seen_id", "seen_version"):
        value = re.search(rf'name="{prefix}{name}"[^>]*value="([^"]*)"', page)
        found[prefix + name] = value.group(1) if value else ""
    return found


def post(client: FlaskClient, where: str, page: str, **data: object) -> tuple[int, str]:
    answer = client.post(where, data={**hidden(page), **data}, follow_redirects=True)
    return answer.status_code, answer.get_data(as_text=True)


def get(client: FlaskClient, where: str, status: int = 200) -> str:
    answer = client.get(where)
    assert answer.status_code == status, text_of(answer.get_data(as_text=True))[:400]
    return answer.get_data(as_text=True)


def plan_page(at_bench: Bench, formula: str = FORMULA) -> str:
    return f"/preparations/new/{at_bench.versions[formula]}"


def chosen(page: str) -> dict[str, object]:
    """The form as the page offers it."""
    data: dict[str, object] = {}
    for name, body in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        picked = re.search(r'<option selected value="(\d+)"', body) or re.search(r'<option value="(\d+)"', body)
        data[name] = picked.group(1) if picked else ""
    for name in ("excess", "holes"):
        value = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page)
        data[name] = value.group(1) if value else ""
    return data


def test_accepted_fills_are_offered_under_the_formula_that_makes_them(
    at_bench: Bench, sign_in: SignIn, tina: Actor
) -> None:
    fill = at_bench.put_fill()
    page = get(sign_in(tina), "/preparations/new")
    assert "Fergus Bramblewick" in page
    assert f"{plan_page(at_bench)}?fill={fill}" in unescape(page)


def test_the_plan_page_shows_the_whole_worksheet_before_anything_is_saved(
    db: Session, at_bench: Bench, sign_in: SignIn, tina: Actor
) -> None:
    fill = at_bench.put_fill(quantity=100)
    page = get(sign_in(tina), f"{plan_page(at_bench)}?fill={fill}")
    read = text_of(page)
    for words in ("523.4 mg", "13.2247 g", "Potency of the lot", "90.272 %", "21 MAY 2027", "A second way agrees"):
        assert words in read
    assert queries.open_preparations(db) == []


def test_a_plan_is_saved_and_leads_to_the_bench(db: Session, at_bench: Bench, sign_in: SignIn, tina: Actor) -> None:
    client, fill = sign_in(tina), at_bench.put_fill(quantity=100)
    where = f"{plan_page(at_bench)}?fill={fill}"
    page = get(client, where)
    status, shown = post(client, where, page, fills=fill, do="plan", **chosen(page))
    assert status == 200, text_of(shown)[:600]
    assert "Weigh now" in shown
    assert [one.number for one in queries.open_preparations(db)] == ["C261123-01"]


def test_what_is_worked_out_again_is_not_saved(db: Session, at_bench: Bench, sign_in: SignIn, tina: Actor) -> None:
    client = sign_in(tina)
    page = get(client, plan_page(at_bench))
    status, shown = post(client, plan_page(at_bench), page, do="show", for_stock="100", **chosen(page))
    assert status == 200
    assert "523.4 mg" in text_of(shown)
    fragment = client.post(plan_page(at_bench) + "/preview", data={**chosen(page), "for_stock": "100"})
    assert fragment.status_code == 200
    assert "<html" not in fragment.get_data(as_text=True)
    assert "523.4 mg" in text_of(fragment.get_data(as_text=True))
    assert queries.open_preparations(db) == []


@pytest.mark.parametrize("typed", ["-1", "1e3", "Infinity", "１", "4,5", "9" * 400, "0.5"])
def test_a_quantity_that_is_none_is_refused_and_stays_typed(
    db: Session, at_bench: Bench, sign_in: SignIn, tina: Actor, typed: str
) -> None:
    client = sign_in(tina)
    page = get(client, plan_page(at_bench))
    status, shown = post(client, plan_page(at_bench), page, do="plan", for_stock=typed, **chosen(page))
    assert status == 422
    assert f'value="{typed}"' in shown
    assert queries.open_preparations(db) == []


def test_a_lot_that_the_page_never_offered_is_refused_by_name(at_bench: Bench, sign_in: SignIn, tina: Actor) -> None:
    client = sign_in(tina)
    bad = at_bench.put_lot("mcc", number="MCC-Q", status="quarantined")
    page = get(client, plan_page(at_bench))
    assert "MCC-Q" not in page
    status, shown = post(
        client, plan_page(at_bench), page, do="plan", for_stock="100", **{**chosen(page), "lot_mcc": bad}
    )
    assert status == 422
    assert "MCC-Q of Microcrystalline cellulose is quarantined" in text_of(shown)


def test_one_weighing_at_a_time_by_keyboard_alone(at_bench: Bench, sign_in: SignIn, tina: Actor) -> None:
    client, preparation = sign_in(tina), at_bench.plan(tina, FORMULA)
    where = f"/preparations/{preparation}/bench"
    page = get(client, where)
    assert "513.0 mg to 533.8 mg" in text_of(page)
    status, page = post(client, where, page, line="drug", reading="524.6")
    assert status == 200
    assert "In tolerance, 1.2 mg over" in text_of(page)
    assert "data-scan" in page
    assert at_bench.available("naltrexone-hcl") == 25_000
    status, page = post(client, where, page, line="drug", reading="524.6", lot="NAL-1")
    assert status == 200
    assert "Microcrystalline cellulose, lot MCC-1" in text_of(page)
    assert "524.6 mg in tolerance" in text_of(page)
    assert at_bench.available("naltrexone-hcl") == Decimal("24475.4")


def test_outside_its_limits_weigh_again_is_the_main_button(at_bench: Bench, sign_in: SignIn, tina: Actor) -> None:
    client, preparation = sign_in(tina), at_bench.plan(tina, FORMULA)
    where = f"/preparations/{preparation}/bench"
    page = get(client, where)
    _, page = post(client, where, page, line="drug", reading="509.6", lot="NAL-1")
    assert "Too little, 13.8 mg under" in text_of(page)
    buttons = re.findall(r'<button class="btn btn-(\w+)" type="submit" name="(again|keep)"', page)
    assert buttons == [("primary", "again"), ("stop", "keep")]
    status, refused = post(client, where, page, line="drug", reading="509.6", lot="NAL-1", keep="1")
    assert status == 422
    assert "say why it is kept" in text_of(refused)
    _, again = post(client, where, page, line="drug", reading="509.6", lot="NAL-1", again="1")
    assert 'name="reading"' in again
    assert "509.6" not in again
    status, kept = post(client, where, page, line="drug", reading="509.6", lot="NAL-1", keep="1", reason="jar is empty")
    assert status == 200
    assert "509.6 mg kept: jar is empty" in text_of(kept)


def test_the_wrong_container_is_named(at_bench: Bench, sign_in: SignIn, tina: Actor) -> None:
    client, preparation = sign_in(tina), at_bench.plan(tina, FORMULA)
    where = f"/preparations/{preparation}/bench"
    status, page = post(client, where, get(client, where), line="drug", reading="523.4", lot="MCC-1")
    assert status == 422
    assert "the plan takes lot NAL-1" in text_of(page)
    assert 'value="MCC-1"' in page


@pytest.mark.parametrize("typed", ["", "0", "-1", "1e3", "Infinity", "５２３", "523,4", "523.45", "9" * 400])
def test_a_reading_that_is_none_is_refused(at_bench: Bench, sign_in: SignIn, tina: Actor, typed: str) -> None:
    client, preparation = sign_in(tina), at_bench.plan(tina, FORMULA)
    where = f"/preparations/{preparation}/bench"
    status, page = post(client, where, get(client, where), line="drug", reading=typed, lot="NAL-1")
    assert status == 422
    assert "err" in page
    assert at_bench.available("naltrexone-hcl") == 25_000


def test_a_line_that_does_not_exist_and_a_preparation_that_does_not(
    at_bench: Bench, sign_in: SignIn, tina: Actor
) -> None:
    client, preparation = sign_in(tina), at_bench.plan(tina, FORMULA)
    where = f"/preparations/{preparation}/bench"
    status, _ = post(client, where, get(client, where), line="gold", reading="1", lot="NAL-1")
    assert status == 422
    for missing in ("/preparations/999", "/preparations/999/bench", "/preparations/999/compounding-record.pdf"):
        get(client, missing, 404)


def test_two_people_at_the_bench_the_second_is_told(at_bench: Bench, sign_in: SignIn, tina: Actor, paul: Actor) -> None:
    client, preparation = sign_in(tina), at_bench.plan(tina, FORMULA)
    where = f"/preparations/{preparation}/bench"
    page = get(client, where)
    at_bench.weigh(paul, preparation, "drug", "523.4", "NAL-1")
    status, _ = post(client, where, page, line="drug", reading="520.0", lot="NAL-1")
    assert status == 409


def test_the_same_form_sent_twice_weighs_once(db: Session, at_bench: Bench, sign_in: SignIn, tina: Actor) -> None:
    client, preparation = sign_in(tina), at_bench.plan(tina, FORMULA)
    where = f"/preparations/{preparation}/bench"
    page = get(client, where)
    for _ in range(2):
        status, _ = post(client, where, page, line="drug", reading="523.4", lot="NAL-1")
        assert status == 200
    assert len(queries.weighings(db, preparation)) == 1


def test_capsules_checks_and_finish_through_the_pages(
    db: Session, at_bench: Bench, sign_in: SignIn, tina: Actor
) -> None:
    client, preparation = sign_in(tina), at_bench.plan(tina, FORMULA)
    at_bench.weigh_on_target(tina, preparation)
    base = f"/preparations/{preparation}"
    page = get(client, base + "/bench")
    assert page.count('name="gross-') == 10
    weights = {f"gross-{n}": "178.9" for n in range(4)}
    status, page = post(client, base + "/capsules", page, **weights)
    assert status == 200
    assert "4 of 10 weighed" in text_of(page)
    status, page = post(
        client, base + "/capsules", page, **{f"gross-{n}": "1e3" if n == 6 else "178.9" for n in range(10)}
    )
    assert (status, page.count("See the marked part.")) == (422, 1), "one capsule is wrong, and it is said once"
    weights = {f"gross-{n}": "178.9" if n < 4 else f"17{n}.5" for n in range(10)}
    status, page = post(client, base + "/capsules", page, **weights)
    assert status == 200
    assert len([row for row in queries.weighings(db, preparation) if row.line.startswith("capsule")]) == 10
    assert "Expected: Closed, clean, undamaged, evenly filled" in text_of(page)
    begun = {"checks-0-observed": "white, no lumps"}
    status, refused = post(client, base + "/checks", page, **begun)
    assert status == 422
    assert "Say whether it is as expected" in text_of(refused)
    whole = {f"checks-{n}-observed": "as it should be" for n in range(3)} | {
        f"checks-{n}-passed": "yes" for n in range(3)
    }
    status, page = post(client, base + "/checks", page, **whole)
    assert status == 200
    status, refused = post(client, base + "/finish", page, amount="80")
    assert status == 422
    assert "say why" in text_of(refused)
    status, page = post(client, base + "/finish", page, amount="98")
    assert status == 200
    assert "in quarantine until a pharmacist releases it" in text_of(page)
    assert "A pharmacist who made none of it releases it" in text_of(page)


def test_release_is_signed_on_the_record_page(
    db: Session, at_bench: Bench, sign_in: SignIn, tina: Actor, paul: Actor
) -> None:
    preparation = at_bench.make(tina, FORMULA, "98")
    client, where = sign_in(paul), f"/preparations/{preparation}"
    page = get(client, where)
    assert "I, Paul Sorrel, pharmacist" in page
    status, refused = post(client, where + "/release", page, secret="000000")
    assert status == 422
    assert "not your PIN" in text_of(refused)
    assert "000000" not in refused
    status, shown = post(client, where + "/release", page, secret=factories.PIN)
    assert status == 200
    assert "Released and signed by Paul Sorrel" in text_of(shown)
    assert queries.preparation(db, preparation).status == "released"


def test_the_maker_sees_why_it_is_not_hers_to_release(at_bench: Bench, sign_in: SignIn, paul: Actor) -> None:
    preparation = at_bench.make(paul, FORMULA, "98")
    client, where = sign_in(paul), f"/preparations/{preparation}"
    page = get(client, where)
    assert "You made some of it; another pharmacist releases it." in text_of(page)
    carried = {name.removeprefix("reject-"): value for name, value in hidden(page, "reject-").items()}
    answer = client.post(where + "/release", data={**carried, "secret": factories.PIN})
    assert answer.status_code == 403


def test_working_alone_the_maker_is_asked_why_at_its_field(
    db: Session, at_bench: Bench, sign_in: SignIn, paul: Actor
) -> None:
    preparation = at_bench.make(paul, FORMULA, "98")
    at_bench.set_policy("solo_mode", "yes")
    client, where = sign_in(paul), f"/preparations/{preparation}"
    page = get(client, where)
    status, unsaid = post(client, where + "/release", page, secret=factories.PIN)
    assert status == 422
    assert "say why you check it alone" in text_of(unsaid)
    status, _ = post(client, where + "/release", unsaid, secret=factories.PIN, solo_reason="the colleague is ill")
    assert status == 200
    assert queries.preparation(db, preparation).status == "released"


def test_rejection_is_signed_with_a_reason(
    db: Session, at_bench: Bench, sign_in: SignIn, tina: Actor, paul: Actor
) -> None:
    preparation = at_bench.make(tina, FORMULA, "98")
    client, where = sign_in(paul), f"/preparations/{preparation}"
    page = get(client, where)
    carried = hidden(page, "reject-")
    signed = {**carried, "reject-secret": factories.PASSWORD}
    assert client.post(where + "/rejection", data={**signed, "reject-reason": "  "}).status_code in {403, 422}
    answer = client.post(where + "/rejection", data={**signed, "reject-reason": "specks"}, follow_redirects=True)
    assert answer.status_code == 200
    assert "Rejected and signed by Paul Sorrel" in text_of(answer.get_data(as_text=True))
    assert queries.preparation(db, preparation).status == "rejected"


def test_everyone_who_reads_sees_the_list_and_the_record(
    at_bench: Bench, sign_in: SignIn, tina: Actor, ada: Actor, adam: Actor
) -> None:
    preparation = at_bench.plan(tina, FORMULA)
    client = sign_in(ada)
    assert "C261123-01" in get(client, "/preparations")
    record = get(client, f"/preparations/{preparation}")
    assert "To the bench" not in record
    get(client, f"/preparations/{preparation}/bench", 403)
    get(client, "/preparations/new", 403)
    get(sign_in(adam), "/preparations", 403)


def test_the_bench_says_that_its_balance_is_overdue_before_anything_is_typed(
    at_bench: Bench, sign_in: SignIn, tina: Actor, pia: Actor
) -> None:
    preparation = at_bench.plan(tina, FORMULA)
    where = f"/preparations/{preparation}/bench"
    before = get(sign_in(tina), where)
    factories.change(at_bench.raw, Balance, at_bench.balance, calibration_due=date(2026, 11, 22))
    page = get(sign_in(tina), where)
    said = "was due on 22 NOV 2026; nothing is weighed on it. The pharmacist in charge puts that right"
    assert said in text_of(page)
    assert 'class="weigh-foot"' not in page
    assert f'href="/pharmacy/balances/{at_bench.balance}"' not in page
    assert f'href="/pharmacy/balances/{at_bench.balance}"' in get(sign_in(pia), where)
    status, page = post(sign_in(tina), where, before, line="drug", reading="523.4", lot="NAL-1")
    assert status == 422
    assert text_of(page).count("was due on 22 NOV 2026") == 1
    assert "In tolerance" not in page
    assert 'value="523.4"' in page


def test_whoever_planned_it_gives_it_up_at_the_bench(
    at_bench: Bench, sign_in: SignIn, tina: Actor, paul: Actor
) -> None:
    fill = at_bench.put_fill()
    preparation = at_bench.plan(tina, FORMULA, fills=(fill,))
    where = f"/preparations/{preparation}"
    assert "Tina Mallow, who planned it, may give it up here" in text_of(get(sign_in(paul), f"{where}/bench"))
    client = sign_in(tina)
    page = get(client, f"{where}/bench")
    carried = hidden(page, "give-up-")
    refused = client.post(f"{where}/giving-up", data=carried)
    assert refused.status_code == 422
    assert "Say why." in refused.text
    done = client.post(f"{where}/giving-up", data={**carried, "give-up-reason": "ten too many"}, follow_redirects=True)
    read = text_of(done.text)
    assert (
        "Given up. Nothing of it was weighed, so nothing left the stock. Its fills wait for preparation again." in read
    )
    assert "Given up, nothing of it weighed, by Tina Mallow" in read
    assert "To the bench" not in read


def test_a_lot_that_is_begun_says_who_can_undo_it(at_bench: Bench, sign_in: SignIn, tina: Actor) -> None:
    preparation = at_bench.plan(tina, FORMULA)
    at_bench.weigh(tina, preparation, "drug", "523.4", "NAL-1")
    read = text_of(get(sign_in(tina), f"/preparations/{preparation}/bench"))
    assert "It is begun: a pharmacist rejects it on the page of its record, and what was weighed stays used" in read
    assert "Give it up" not in read


def test_a_rejection_of_what_was_never_weighed_does_not_speak_of_ingredients_used(
    at_bench: Bench, sign_in: SignIn, tina: Actor, paul: Actor
) -> None:
    preparation = at_bench.plan(tina, FORMULA)
    page = text_of(get(sign_in(paul), f"/preparations/{preparation}"))
    assert "Nothing of it is weighed yet, so nothing leaves the stock." in page
    assert "stays used" not in page


def test_every_capsule_outside_is_named_and_marked(at_bench: Bench, sign_in: SignIn, tina: Actor) -> None:
    preparation = at_bench.plan(tina, FORMULA)
    at_bench.weigh_on_target(tina, preparation)
    client, base = sign_in(tina), f"/preparations/{preparation}"
    page = get(client, f"{base}/bench")
    weights = {f"gross-{n}": "193.9" if n in {0, 4, 9} else "178.9" for n in range(10)}
    status, page = post(client, f"{base}/capsules", page, **weights)
    assert status == 422
    read = text_of(page)
    assert "Capsules 1, 5 and 10 are outside 165.9 mg to 192.0 mg. Weigh them again, or say why they are kept." in read
    marked = re.findall(r'aria-invalid="true"[^>]*id="gross-(\d)"|id="gross-(\d)"[^>]*aria-invalid="true"', page)
    marked = [one or other for one, other in marked] or re.findall(r'id="gross-(\d)-e"', page)
    assert marked == ["0", "4", "9"]
    assert read.count("Too much, 15.0 mg over.") == 3
    status, page = post(client, f"{base}/capsules", page, **{**weights, "gross-2": "178.95"})
    assert "Capsule 3: Balance" in text_of(page)
    status, page = post(client, f"{base}/capsules", page, **weights, reason="heavy shells")
    assert status == 200


def test_the_planning_summary_follows_the_page(at_bench: Bench, sign_in: SignIn, tina: Actor) -> None:
    client, where = sign_in(tina), plan_page(at_bench)
    page = get(client, where)
    data = {**chosen(page), "for_stock": "x", "excess": "y", "holes": "z", "do": "plan"}
    _, page = post(client, where, page, **data)
    links = re.findall(r'<a href="#([\w-]+)">', page[page.index("need a correction") :])[:3]
    assert links == ["for_stock", "excess", "holes"]
    assert "A file must be chosen again" not in page


def test_what_was_typed_comes_back_in_words_where_someone_else_was_first(
    at_bench: Bench, sign_in: SignIn, tina: Actor, paul: Actor
) -> None:
    preparation = at_bench.plan(tina, FORMULA)
    client, where = sign_in(tina), f"/preparations/{preparation}/bench"
    page = get(client, where)
    at_bench.weigh(paul, preparation, "drug", "523.4", "NAL-1")
    status, page = post(client, where, page, line="filler", reading="13.2247", lot="MCC-1")
    assert status == 409
    assert "the filler" in text_of(page)
