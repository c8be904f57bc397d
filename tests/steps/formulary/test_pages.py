"""The pages of the formulary, through the client as a browser sends them."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from pharmacy.accounts.models import Person, PersonRole
from pharmacy.actions.acting import Seen
from pharmacy.actions.catalogue import Actor
from pharmacy.actions.models import AuditBody
from pharmacy.domain.beyond_use import BeyondUseClass
from pharmacy.domain.formula import CapsuleFormula, LiquidFormula
from pharmacy.domain.quantity import Mass
from pharmacy.formulary import definition, queries, service
from pharmacy.formulary.models import FormulaVersion, MasterFormulationRecord
from pharmacy.formulary.starting import capsule
from pharmacy.premises import service as premises
from pharmacy.premises.models import Pharmacy
from tests import factories
from tests.steps.formulary.conftest import signature

SignIn = Callable[[Actor], FlaskClient]


def fields(page: str, action: str = "") -> dict[str, str]:
    """What a browser would send of the form with this address: every field as it stands on the page."""
    forms = re.findall(r"<form[^>]*>.*?</form>", page, re.DOTALL)
    (form,) = [one for one in forms if (action in one[:300] if action else "data-main" in one[:300])]
    sent = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r' name="([^"]*)"', tag), re.search(r' value="([^"]*)"', tag)
        if name and ('type="checkbox"' not in tag or " checked" in tag):
            sent[name[1]] = html.unescape(value[1]) if value else ""
    for name, text in re.findall(r'<textarea[^>]* name="([^"]*)"[^>]*>(.*?)</textarea>', form, re.DOTALL):
        sent[name] = html.unescape(text).lstrip("\r\n")
    for name, options in re.findall(r'<select[^>]* name="([^"]*)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'<option selected value="([^"]*)"', options)
        assert chosen, name
        sent[name] = html.unescape(chosen[1])
    return sent


def record_of(db: Session, title: str) -> MasterFormulationRecord:
    db.rollback()
    (found,) = [one for one in queries.records(db) if one.title.replace("\u00a0", " ") == title]
    return found


@pytest.fixture
def capsules(db: Session, drafts: list[int]) -> MasterFormulationRecord:
    return record_of(db, "naltrexone HCl 4.5 mg capsule")


def test_an_empty_formulary_offers_the_starting_formulas_to_a_pharmacist(
    sign_in: SignIn, db: Session, paul: Actor, tina: Actor
) -> None:
    assert "starting-formulas" not in sign_in(tina).get("/formulary").get_data(as_text=True)
    client = sign_in(paul)
    sent = fields(client.get("/formulary").get_data(as_text=True), "starting-formulas")
    assert client.post("/formulary/starting-formulas", data=sent).status_code == 302
    page = client.get("/formulary").get_data(as_text=True)
    assert page.count("MFR-000") >= 9
    assert "none: nothing can be made by it" in page


def test_a_record_shows_every_element_of_the_formula(
    sign_in: SignIn, db: Session, tina: Actor, capsules: MasterFormulationRecord
) -> None:
    page = sign_in(tina).get(f"/formulary/{capsules.id}").get_data(as_text=True)
    formula = definition.read(capsules.versions[0])
    more = formula.particulars
    told = html.unescape(page)
    for part in (more.container, more.storage, more.physical_description, more.bud_reference, *more.labelling):
        assert part in told, part
    for part in (*more.instructions, *more.equipment, *(one.expected for one in more.quality_checks)):
        assert part in told, part
    for component in formula.components:
        assert component.name in told
        assert component.grade in told
    assert "180 days" in told
    assert "126.3438" in told  # the calculation, with its working
    assert "No version is in force" in told


def test_the_pharmacist_in_charge_reads_signs_and_the_record_says_so(
    sign_in: SignIn, db: Session, pia: Actor, capsules: MasterFormulationRecord
) -> None:
    client, version_id = sign_in(pia), capsules.versions[0].id
    page = client.get(f"/formulary/versions/{version_id}").get_data(as_text=True)
    sent = fields(page, "/approval")
    wrong = client.post(f"/formulary/versions/{version_id}/approval", data={**sent, "secret": "135790"})
    assert wrong.status_code == 422
    assert 'id="sign-secret-e"' in wrong.get_data(as_text=True)
    assert "135790" not in wrong.get_data(as_text=True)
    sent["secret"] = factories.PIN
    assert client.post(f"/formulary/versions/{version_id}/approval", data=sent).status_code == 302
    page = client.get(f"/formulary/{capsules.id}").get_data(as_text=True)
    assert "Version 1 is in force." in page
    assert "Approved by Pia Larkspur" in page


def test_the_author_is_told_that_another_approves(sign_in: SignIn, db: Session, items: object, pia: Actor) -> None:
    own = service.draft_formula(db, pia, capsule("3"))
    client = sign_in(pia)
    page = client.get(f"/formulary/versions/{own}").get_data(as_text=True)
    assert "You wrote it and may not approve it: Paul Sorrel may." in page
    assert "/approval" not in page


def only(raw: Engine, db: Session, kept: Actor) -> None:
    """Nobody but this person works here any more."""
    others = db.scalars(select(Person.id).where(Person.id != kept.id)).all()
    db.rollback()
    for one in others:
        factories.change(raw, Person, one, active=False)


def test_where_nobody_else_may_approve_the_two_ways_out_are_told_and_led_to(
    sign_in: SignIn, db: Session, raw: Engine, items: object, pia: Actor
) -> None:
    client = sign_in(pia)
    only(raw, db, pia)
    empty = html.unescape(client.get("/formulary").get_data(as_text=True))
    assert (
        "Whoever brings them in is their author and may not approve them, and nobody else here is a pharmacist" in empty
    )
    own = service.draft_formula(db, pia, capsule("3"))
    ways = "You wrote it and may not approve it, and nobody else here is a pharmacist: an administrator adds one under People"
    for address in (f"/formulary/versions/{own}", "/formulary", "/"):
        page = html.unescape(client.get(address).get_data(as_text=True))
        assert ways in page, address
        assert 'href="/pharmacy/settings/solo_mode"' in page, address
        assert 'href="/people/new"' not in page, address  # she is no administrator here
    factories.put(raw, PersonRole, person_id=pia.id, role="administrator")
    for address in (f"/formulary/versions/{own}", "/formulary", "/"):
        assert 'href="/people/new"' in client.get(address).get_data(as_text=True), address


def test_a_pharmacist_not_in_charge_approves_on_the_page_what_the_one_in_charge_wrote(
    sign_in: SignIn, db: Session, items: object, pia: Actor, paul: Actor
) -> None:
    own = service.draft_formula(db, pia, capsule("3"))
    client = sign_in(paul)
    assert "Read and approve" in client.get("/formulary").get_data(as_text=True)
    sent = fields(client.get(f"/formulary/versions/{own}").get_data(as_text=True), "/approval")
    sent["secret"] = factories.PIN
    assert client.post(f"/formulary/versions/{own}/approval", data=sent).status_code == 302
    assert "Approved by Paul Sorrel" in client.get(f"/formulary/{queries.version(db, own).record_id}").get_data(
        as_text=True
    )


def test_the_author_withdraws_a_draft_on_its_page_with_a_reason(
    sign_in: SignIn, db: Session, items: object, pia: Actor, paul: Actor
) -> None:
    own = service.draft_formula(db, pia, capsule("3"))
    assert "/withdrawal" not in sign_in(paul).get(f"/formulary/versions/{own}").get_data(as_text=True)
    client, address = sign_in(pia), f"/formulary/versions/{own}/withdrawal"
    sent = fields(client.get(f"/formulary/versions/{own}").get_data(as_text=True), "/withdrawal")
    refused = client.post(address, data=sent)
    assert refused.status_code == 422
    assert 'id="withdrawal-e"' in refused.get_data(as_text=True)
    assert client.post(address, data={**sent, "withdrawal": "the wrong shells"}).status_code == 302
    page = client.get(f"/formulary/versions/{own}").get_data(as_text=True)
    assert "Withdrawn" in page
    assert "/withdrawal" not in page
    record = queries.version(db, own).record_id
    assert "Below is version 1, withdrawn." in client.get(f"/formulary/{record}").get_data(as_text=True)
    assert client.get(f"/formulary/{record}/new-version").status_code == 200


def test_a_technician_reads_and_is_offered_no_act(
    sign_in: SignIn, tina: Actor, capsules: MasterFormulationRecord
) -> None:
    client = sign_in(tina)
    page = client.get(f"/formulary/versions/{capsules.versions[0].id}").get_data(as_text=True)
    assert "Pia Larkspur may approve it." in page
    assert "/withdrawal" not in page
    assert client.get(f"/formulary/{capsules.id}/new-version").status_code == 403
    assert client.post(f"/formulary/versions/{capsules.versions[0].id}/approval").status_code == 403


def test_a_new_version_keeps_what_was_not_changed_and_tells_what_was(
    sign_in: SignIn, db: Session, paul: Actor, pia: Actor, capsules: MasterFormulationRecord
) -> None:
    first = capsules.versions[0]
    service.approve_formula(db, pia, Seen(FormulaVersion, first.id), signature(pia))
    client, address = sign_in(paul), f"/formulary/{capsules.id}/new-version"
    sent = fields(client.get(address).get_data(as_text=True))
    sent |= {"filler_full": "132.4", "reason": "ten shells weighed", "bud_class": BeyondUseClass.NONAQUEOUS.value}
    answer = client.post(address, data=sent)
    assert answer.status_code == 302, answer.get_data(as_text=True)
    db.rollback()
    was, now = (definition.read(one) for one in queries.record(db, capsules.id).versions)
    assert isinstance(was, CapsuleFormula)
    assert isinstance(now, CapsuleFormula)
    assert (was.filler_full, now.filler_full) == (Mass.of("130", "mg"), Mass.of("132.4", "mg"))
    assert now.particulars == was.particulars
    page = client.get(answer.location).get_data(as_text=True)
    assert "Changed from version 1" in page
    assert "132.4" in page
    assert [one.id for one in queries.approved(db)] == [first.id]


def test_a_liquid_is_changed_by_its_parts_in_100_ml(
    sign_in: SignIn, db: Session, paul: Actor, drafts: list[int]
) -> None:
    record = record_of(db, "naltrexone HCl 1 mg/mL oral liquid")
    client, address = sign_in(paul), f"/formulary/{record.id}/new-version"
    sent = fields(client.get(address).get_data(as_text=True))
    assert sent["portions-0-amount"] == "20"
    sent |= {"portions-0-amount": "25", "reason": "less bitter"}
    assert client.post(address, data=sent).status_code == 302
    db.rollback()
    now = definition.read(queries.record(db, record.id).versions[-1])
    assert isinstance(now, LiquidFormula)
    assert [one.per_100_ml for one in now.portions] == [Decimal(25), Decimal("0.5"), Decimal("0.1")]


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        *(("filler_full", text) for text in ("", "0", "-1", "1e3", "Infinity", "１", "4,5", "9" * 400, "130000")),
        ("checks", "no colon here"),
        ("checks", "  \n "),
        ("instructions", " \n"),
        ("instructions", "mix\x07well"),
        ("bud_class", "forever"),
        ("bud_reference", ""),
        ("storage", ""),
        ("container", "x" * 301),
        ("reason", "  "),
    ],
)
def test_bad_input_is_answered_beside_its_field_and_writes_nothing(
    sign_in: SignIn, db: Session, paul: Actor, capsules: MasterFormulationRecord, field: str, typed: str
) -> None:
    client, address = sign_in(paul), f"/formulary/{capsules.id}/new-version"
    sent = fields(client.get(address).get_data(as_text=True)) | {"shell_mass": "49", "reason": "other shells"}
    answer = client.post(address, data=sent | {field: typed})
    assert answer.status_code == 422
    assert f'id="{field}-e"' in answer.get_data(as_text=True)
    assert 'value="49"' in answer.get_data(as_text=True)
    db.rollback()
    assert len(queries.record(db, capsules.id).versions) == 1


def test_a_formula_that_the_domain_refuses_is_answered_with_its_sentence(
    sign_in: SignIn, db: Session, paul: Actor, drafts: list[int]
) -> None:
    record = record_of(db, "naltrexone HCl 5 mg/mL oral liquid")
    client, address = sign_in(paul), f"/formulary/{record.id}/new-version"
    sent = fields(client.get(address).get_data(as_text=True))
    sent |= {"portions-0-amount": "99.9", "reason": "all glycerin"}
    answer = client.post(address, data=sent)
    assert answer.status_code == 422
    assert "leave no room for the vehicle" in answer.get_data(as_text=True)


def test_two_who_write_a_version_and_the_second_sees_the_conflict(
    sign_in: SignIn, paul: Actor, pia: Actor, capsules: MasterFormulationRecord
) -> None:
    address = f"/formulary/{capsules.id}/new-version"
    first, second = sign_in(paul), sign_in(pia)
    seen_by_second = fields(second.get(address).get_data(as_text=True))
    mine = fields(first.get(address).get_data(as_text=True)) | {"shell_mass": "49", "reason": "other shells"}
    assert first.post(address, data=mine).status_code == 302
    answer = second.post(address, data=seen_by_second | {"shell_mass": "50", "reason": "my shells"})
    assert answer.status_code == 409
    assert "my shells" in answer.get_data(as_text=True)


def test_what_does_not_exist_is_not_found(sign_in: SignIn, paul: Actor) -> None:
    client = sign_in(paul)
    for address in ("/formulary/999", "/formulary/versions/999", "/formulary/999/new-version"):
        assert client.get(address).status_code == 404, address


def test_the_approved_version_is_retired_on_its_page(
    sign_in: SignIn, db: Session, raw: Engine, pia: Actor, capsules: MasterFormulationRecord
) -> None:
    version_id = capsules.versions[0].id
    factories.change(raw, FormulaVersion, version_id, status="approved", approved_by=pia.id, approved_at=factories.NOW)
    client = sign_in(pia)
    sent = fields(client.get(f"/formulary/versions/{version_id}").get_data(as_text=True), "/retirement")
    address = f"/formulary/versions/{version_id}/retirement"
    assert client.post(address, data={**sent, "reason": ""}).status_code == 422
    assert client.post(address, data={**sent, "reason": "filler withdrawn"}).status_code == 302
    db.rollback()
    assert db.scalar(select(FormulaVersion.status).where(FormulaVersion.id == version_id)) == "retired"


def test_working_alone_the_author_approves_with_a_reason_that_stands_in_the_record(
    sign_in: SignIn, db: Session, items: object, pia: Actor
) -> None:
    own = service.draft_formula(db, pia, capsule("3"))
    pharmacy = db.scalars(select(Pharmacy.id)).one()
    premises.set_policy(db, pia, Seen(Pharmacy, pharmacy), "solo_mode", "yes", "the only pharmacist this week")
    client, address = sign_in(pia), f"/formulary/versions/{own}/approval"
    sent = fields(client.get(f"/formulary/versions/{own}").get_data(as_text=True), "/approval")
    sent["secret"] = factories.PIN
    unsaid = client.post(address, data=sent)
    assert unsaid.status_code == 422
    assert "say why you check it alone" in unsaid.get_data(as_text=True)
    sent = fields(client.get(f"/formulary/versions/{own}").get_data(as_text=True), "/approval")
    sent |= {"secret": factories.PIN, "solo_reason": "nobody else is here today"}
    assert client.post(address, data=sent).status_code == 302
    db.rollback()
    assert queries.version(db, own).status == "approved"
    (body,) = [one for one in db.scalars(select(AuditBody)) if "nobody else is here today" in str(one.content)]
    assert "solo" in str(body.content)
