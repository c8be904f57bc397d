"""One formulation in several strengths, and one record after another."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from pharmacy.actions.acting import Refused
from pharmacy.actions.catalogue import Actor
from pharmacy.actions.models import AuditEntry
from pharmacy.domain.formula import CapsuleFormula, Component, Formula, Role, TriturationFormula
from pharmacy.domain.quantity import Concentration, Mass
from pharmacy.errors import PharmacyError
from pharmacy.formulary import definition, queries, service
from pharmacy.formulary.exchange import export_text, import_text
from pharmacy.formulary.starting import FAMILIES, capsule, liquid
from pharmacy.formulary.variants import at_strength, family_strength, in_filler
from tests.steps.formulary.test_pages import fields, record_of

SignIn = Callable[[Actor], FlaskClient]
LACTOSE = Component("lactose-anhydrous", "Anhydrous lactose", Role.FILLER)
TRITURATION = FAMILIES["triturations-mcc"].base


# --- the formulas themselves -----------------------------------------------------------------------------------------


def test_another_strength_changes_strength_and_name_and_nothing_else_of_the_work() -> None:
    base = capsule("4.5")
    made = at_strength(base, Decimal("0.25"))
    assert isinstance(made, CapsuleFormula)
    assert made.strength == Mass.of("0.25", "mg")
    assert made.name == "Naltrexone HCl 0.25 mg capsules in microcrystalline cellulose"
    more = replace(made.particulars, studies=base.particulars.studies)
    assert replace(made, strength=base.strength, name=base.name, particulars=more) == base
    assert at_strength(made, Decimal("4.5")).name == base.name


def test_a_study_of_the_one_strength_no_longer_is_one_of_the_others_own_formula() -> None:
    base = capsule("4.5")
    proof = replace(base.particulars.studies[0], same_formula_and_container=True, days=120)
    base = replace(base, particulars=replace(base.particulars, studies=(proof,)))
    for made in (at_strength(base, Decimal(1)), in_filler(base, LACTOSE, Mass.of(225, "mg"))):
        (study,) = made.particulars.studies
        assert (study.days, study.same_formula_and_container) == (120, False)


def test_a_label_that_names_the_strength_follows_it() -> None:
    made = at_strength(TRITURATION, Decimal(20))
    assert isinstance(made, TriturationFormula)
    assert made.parts == 20
    assert "Naltrexone HCl 50 mg in 1 g" in made.particulars.labelling
    assert made.name == "Naltrexone HCl 1 in 20 trituration in microcrystalline cellulose"


def test_a_liquid_follows_its_strength_too() -> None:
    made = at_strength(liquid("1"), Decimal("0.5"))
    assert getattr(made, "concentration") == Concentration.of("0.5", "mg/mL")
    assert made.name.startswith("Naltrexone HCl 0.5 mg/mL oral solution")


def test_a_step_of_the_work_that_names_the_former_strength_stops_the_family() -> None:
    base = capsule("4.5")
    steps = ("Weigh 4.5\u00a0mg for each capsule.", *base.particulars.instructions)
    named = replace(base, particulars=replace(base.particulars, instructions=steps))
    with pytest.raises(PharmacyError, match=r"names 4\.5 mg") as refused:
        at_strength(named, Decimal(1))
    assert refused.value.field == "strengths"
    others = ("Weigh 14.5 mg, then 4.5 mg/mL, then 4.5 g.", *base.particulars.instructions)
    at_strength(replace(base, particulars=replace(base.particulars, instructions=others)), Decimal(1))


def test_a_name_without_the_strength_gets_it_behind() -> None:
    assert at_strength(replace(capsule("4.5"), name="Ours"), Decimal(1)).name == "Ours, 1 mg"


@pytest.mark.parametrize(
    ("base", "strength"),
    [
        (capsule("4.5"), Decimal(0)),
        (capsule("4.5"), Decimal("50.1")),
        (liquid("1"), Decimal(101)),
        (TRITURATION, Decimal("10.5")),
        (TRITURATION, Decimal(1)),
        (TRITURATION, Decimal(1001)),
    ],
)
def test_a_strength_that_cannot_be_is_refused(base: CapsuleFormula, strength: Decimal) -> None:
    with pytest.raises(PharmacyError) as refused:
        at_strength(base, strength)
    assert refused.value.field == "strengths"


def test_another_filler_needs_its_own_measured_mass() -> None:
    made = in_filler(capsule("4.5"), LACTOSE, Mass.of(225, "mg"))
    assert isinstance(made, CapsuleFormula)
    assert (made.filler, made.filler_full) == (LACTOSE, Mass.of(225, "mg"))
    assert made.name == "Naltrexone HCl 4.5 mg capsules in anhydrous lactose"
    with pytest.raises(PharmacyError, match="the mean of ten") as refused:
        in_filler(capsule("4.5"), LACTOSE, None)
    assert refused.value.field == "filler_full"
    assert getattr(in_filler(TRITURATION, LACTOSE, None), "diluent") == LACTOSE
    assert in_filler(capsule("4.5"), capsule("1").filler, None) == capsule("4.5")
    with pytest.raises(PharmacyError, match="no filler"):
        in_filler(liquid("1"), LACTOSE, None)


# --- the verbs -------------------------------------------------------------------------------------------------------


def test_a_family_is_one_action_and_a_record_with_a_number_for_each_strength(
    db: Session, items: object, paul: Actor
) -> None:
    wanted = [capsule(one) for one in ("0.5", "1", "1.5")]
    drafts = service.draft_family(db, paul, wanted, "c" * 32)
    assert service.draft_family(db, paul, wanted, "c" * 32) == drafts  # the same form sent twice
    versions = [queries.version(db, one) for one in drafts]
    assert [one.record.number for one in versions] == ["MFR-0001", "MFR-0002", "MFR-0003"]
    assert [definition.read(one) for one in versions] == wanted
    assert {one.status for one in versions} == {"draft"}
    assert list(db.scalars(select(AuditEntry.action))).count("formula:draft") == 1


def test_a_family_is_written_whole_or_not_at_all(db: Session, items: object, paul: Actor, tina: Actor) -> None:
    service.draft_formula(db, paul, capsule("1"))
    with pytest.raises(PharmacyError, match="write the next version of MFR-0001"):
        service.draft_family(db, paul, [capsule("0.5"), capsule("1")])
    with pytest.raises(PharmacyError, match="at least one"):
        service.draft_family(db, paul, [])
    with pytest.raises(Refused, match="pharmacist"):
        service.draft_family(db, tina, [capsule("0.5")])
    assert len(queries.records(db)) == 1


def test_a_family_of_the_program_comes_with_its_items_in_the_strengths_asked_for(db: Session, paul: Actor) -> None:
    drafts = service.bring_family(db, paul, FAMILIES["capsules-lactose"], (Decimal("0.75"), Decimal(2)))
    titles = [queries.version(db, one).record.title for one in drafts]
    assert [one.replace("\u00a0", " ") for one in titles] == [
        "naltrexone HCl 0.75 mg capsule in anhydrous lactose",
        "naltrexone HCl 2 mg capsule in anhydrous lactose",
    ]
    assert service.bring_family(db, paul, FAMILIES["triturations-mcc"])
    assert service.bring_family(db, paul, FAMILIES["triturations-mcc"]) == []


def test_two_fillers_of_one_strength_are_two_records_and_two_products(
    db: Session, drafts: list[int], paul: Actor
) -> None:
    mcc = record_of(db, "naltrexone HCl 4.5 mg capsule")
    lactose = record_of(db, "naltrexone HCl 4.5 mg capsule in anhydrous lactose")
    assert mcc.strength == lactose.strength == Decimal("4.5")
    assert mcc.item_id != lactose.item_id


# --- the pages -------------------------------------------------------------------------------------------------------


def test_the_page_makes_a_family_of_the_program(sign_in: SignIn, db: Session, items: object, paul: Actor) -> None:
    client = sign_in(paul)
    page = client.get("/formulary/families").get_data(as_text=True)
    assert "Capsules in anhydrous lactose" in page
    sent = {"csrf_token": "", **_blank(page)} | {"source": "program:capsules-mcc", "strengths": "0.5, 1 1.5"}
    assert client.post("/formulary/families", data=sent).status_code == 302
    assert "3 drafts were written" in client.get("/formulary").get_data(as_text=True)
    db.rollback()
    assert [one.strength for one in queries.records(db)] == [Decimal("0.5"), Decimal(1), Decimal("1.5")]


def test_the_page_makes_a_family_of_a_record(sign_in: SignIn, db: Session, items: object, paul: Actor) -> None:
    service.draft_formula(db, paul, replace(capsule("1"), name="Ours 1 mg"))
    record = queries.records(db)[0]
    client = sign_in(paul)
    sent = _blank(client.get("/formulary/families").get_data(as_text=True))
    sent |= {"source": f"record:{record.id}", "strengths": "2; 3"}
    assert client.post("/formulary/families", data=sent).status_code == 302
    db.rollback()
    names = [definition.read(one.versions[0]).name for one in queries.records(db)]
    assert names == ["Ours 1 mg", "Ours 2 mg", "Ours 3 mg"]


@pytest.mark.parametrize(
    ("source", "strengths", "field"),
    [
        ("", "1", "source"),
        ("program:unknown", "1", "source"),
        ("program:capsules-mcc", "0", "strengths"),
        ("program:capsules-mcc", "1, 1", "strengths"),
        ("program:capsules-mcc", "1e3", "strengths"),
        ("program:capsules-mcc", "Infinity", "strengths"),
        ("program:capsules-mcc", "9" * 400, "strengths"),
        ("program:capsules-mcc", "1 mg", "strengths"),
        ("program:capsules-mcc", " ".join(str(n) for n in range(1, 22)), "strengths"),
        ("program:triturations-mcc", "10.5", "strengths"),
        ("program:capsules-mcc", "5,7", "strengths"),
        ("program:capsules-mcc", "0,3", "strengths"),
        ("program:capsules-mcc", "0.5,1", "strengths"),
        ("program:suspension-tablets", "20.01", "strengths"),
        ("record:1", "", "strengths"),
    ],
)
def test_a_family_that_cannot_be_is_answered_beside_its_field(
    sign_in: SignIn, db: Session, items: object, paul: Actor, source: str, strengths: str, field: str
) -> None:
    service.draft_formula(db, paul, capsule("4.5"))
    client = sign_in(paul)
    sent = _blank(client.get("/formulary/families").get_data(as_text=True)) | {"source": source, "strengths": strengths}
    answer = client.post("/formulary/families", data=sent)
    assert answer.status_code == 422
    assert f'id="{field}-e"' in answer.get_data(as_text=True)
    db.rollback()
    assert len(queries.records(db)) == 1


def test_a_decimal_comma_is_told_with_the_sentence_of_every_number(
    sign_in: SignIn, db: Session, items: object, paul: Actor
) -> None:
    client = sign_in(paul)
    sent = _blank(client.get("/formulary/families").get_data(as_text=True)) | {"source": "program:capsules-mcc"}
    page = client.post("/formulary/families", data=sent | {"strengths": "2,5"}).get_data(as_text=True)
    assert "Write each number with a point, not a comma: 4.5." in page
    assert client.post("/formulary/families", data=sent | {"strengths": "2; 5 3"}).status_code == 302


@pytest.mark.parametrize(
    ("base", "most", "unit"),
    [(capsule("4.5"), "50", "mg"), (liquid("1"), "20", "mg/mL"), (TRITURATION, "1000", "parts")],
)
def test_a_strength_that_nobody_means_is_refused(base: Formula, most: str, unit: str) -> None:
    assert family_strength(at_strength(base, Decimal(most))) == Decimal(most)
    more = Decimal(most) + (1 if unit == "parts" else Decimal("0.01"))
    with pytest.raises(PharmacyError, match="above 0 and at most ") as refused:
        at_strength(base, more)
    assert str(refused.value).endswith(f"{Decimal(most):,} {unit}.")
    assert refused.value.field == "strengths"


def test_an_imported_liquid_is_held_to_the_same_strength(db: Session, items: object, paul: Actor) -> None:
    strong = replace(liquid("1"), concentration=Concentration.of(21, "mg/mL"), name="Far too strong")
    with pytest.raises(PharmacyError, match="at most 20 mg/mL") as refused:
        service.import_formula(db, paul, export_text(strong).encode())
    assert refused.value.field == "file"


def test_a_record_is_copied_to_another_strength_and_filler(
    sign_in: SignIn, db: Session, items: object, paul: Actor
) -> None:
    service.draft_formula(db, paul, capsule("4.5"))
    record = queries.records(db)[0]
    client, address = sign_in(paul), f"/formulary/{record.id}/copy"
    sent = fields(client.get(address).get_data(as_text=True))
    assert (sent["strength"], sent["filler"], sent["filler_full"]) == ("4.5", "mcc", "")
    sent |= {"strength": "0.75", "filler": "lactose-anhydrous"}
    missing = client.post(address, data=sent)
    assert missing.status_code == 422
    assert 'id="filler_full-e"' in missing.get_data(as_text=True)
    sent = fields(client.get(address).get_data(as_text=True))
    sent |= {"strength": "0.75", "filler": "lactose-anhydrous", "filler_full": "224", "bud_reference": "Table 4"}
    answer = client.post(address, data=sent)
    assert answer.status_code == 302, answer.get_data(as_text=True)
    db.rollback()
    made = definition.read(queries.records(db)[1].versions[0])
    assert isinstance(made, CapsuleFormula)
    assert made.name == "Naltrexone HCl 0.75 mg capsules in anhydrous lactose"
    assert (made.filler.code, made.filler.grade[:2], made.filler_full) == (
        "lactose-anhydrous",
        "NF",
        Mass.of(224, "mg"),
    )
    assert made.particulars.bud_reference == "Table 4"


def test_a_copy_that_changes_nothing_is_refused_and_one_by_name_alone_is_not(
    sign_in: SignIn, db: Session, items: object, paul: Actor
) -> None:
    service.draft_formula(db, paul, capsule("4.5"))
    record = queries.records(db)[0]
    client, address = sign_in(paul), f"/formulary/{record.id}/copy"
    answer = client.post(address, data=fields(client.get(address).get_data(as_text=True)))
    assert answer.status_code == 422
    assert 'id="name-e"' in answer.get_data(as_text=True)
    sent = fields(client.get(address).get_data(as_text=True)) | {"name": "For the blister"}
    assert client.post(address, data=sent).status_code == 302


def test_a_copy_of_a_liquid_has_no_filler(sign_in: SignIn, db: Session, items: object, paul: Actor) -> None:
    service.draft_formula(db, paul, liquid("1"))
    record = queries.records(db)[0]
    client, address = sign_in(paul), f"/formulary/{record.id}/copy"
    sent = fields(client.get(address).get_data(as_text=True))
    assert "filler" not in sent
    assert client.post(address, data=sent | {"strength": "2"}).status_code == 302


def test_a_version_is_exported_under_its_number_and_imported_as_a_draft(
    sign_in: SignIn, db: Session, items: object, paul: Actor
) -> None:
    draft = service.draft_formula(db, paul, capsule("4.5"))
    client = sign_in(paul)
    answer = client.get(f"/formulary/versions/{draft}/file")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="MFR-0001-v1.toml"'
    assert answer.mimetype == "application/toml"
    text = answer.get_data(as_text=True)
    assert import_text(text) == capsule("4.5")
    assert text.startswith("# MFR-0001, version 1, draft: naltrexone HCl 4.5 mg capsule\n")
    sent = _blank(client.get("/formulary/import").get_data(as_text=True))
    changed = text.replace("capsules in microcrystalline", "tiny capsules in microcrystalline")
    answer = client.post("/formulary/import", data=sent | {"file": (_file(changed), "any name.toml")})
    assert answer.status_code == 302, answer.get_data(as_text=True)
    db.rollback()
    assert definition.read(queries.records(db)[1].versions[0]).name.startswith("Naltrexone HCl 4.5 mg tiny capsules")


def test_a_file_of_a_record_that_exists_is_offered_as_its_next_version(
    sign_in: SignIn, db: Session, items: object, paul: Actor, pia: Actor
) -> None:
    draft = service.draft_formula(db, paul, capsule("4.5"))
    client = sign_in(pia)
    text = client.get(f"/formulary/versions/{draft}/file").get_data(as_text=True)

    def send(content: str) -> tuple[int, str]:
        sent = _blank(client.get("/formulary/import").get_data(as_text=True))
        answer = client.post("/formulary/import", data=sent | {"file": (_file(content), "MFR-0001-v1.toml")})
        return answer.status_code, answer.get_data(as_text=True)

    status, page = send(text)
    assert (status, "This is MFR-0001 as it stands. Nothing is changed from version 1." in page) == (422, True)
    status, page = send(text.replace('storage = "Room', 'storage = "A dry room'))
    assert status == 200
    assert "Write it as version 2" in page
    assert "A dry room temperature" in page
    asked = {name: html.unescape(str(value)) for name, value in _blank(page).items()}
    silent = client.post("/formulary/import", data=asked | {"reason": ""})
    assert silent.status_code == 422
    assert 'id="reason-e"' in silent.get_data(as_text=True)
    assert "Write it as version 2" in silent.get_data(as_text=True)
    answers = [client.post("/formulary/import", data=asked | {"reason": "A drier place"}) for _ in range(2)]
    assert [one.status_code for one in answers] == [302, 302]
    assert answers[0].headers["Location"] == answers[1].headers["Location"]
    broken = client.post("/formulary/import", data=asked | {"reason": "A drier place", "text": "x = ["})
    assert broken.status_code == 422
    db.rollback()
    (record,) = queries.records(db)
    assert [(one.number, one.author_id, one.status) for one in record.versions] == [
        (1, paul.id, "draft"), (2, pia.id, "draft"),
    ]  # fmt: skip
    assert definition.read(record.versions[1]).particulars.storage.startswith("A dry room")


def test_the_sentence_to_an_author_in_charge_may_break_its_line_on_a_telephone(
    sign_in: SignIn, db: Session, items: object, pia: Actor
) -> None:
    draft = service.draft_formula(db, pia, capsule("4.5"))
    page = sign_in(pia).get(f"/formulary/versions/{draft}").get_data(as_text=True)
    (span,) = re.findall(r"<span class=\"([^\"]*)\">(?:(?!</span>).)*You wrote it and may not", page, re.DOTALL)
    assert span == "small"


@pytest.mark.parametrize(("text", "said"), [("", "Choose a file"), ("x = [", "no TOML"), ("x" * 70000, "64 KB")])
def test_a_file_that_is_none_is_answered_beside_its_field(
    sign_in: SignIn, db: Session, items: object, paul: Actor, text: str, said: str
) -> None:
    client = sign_in(paul)
    sent = _blank(client.get("/formulary/import").get_data(as_text=True))
    file = {"file": (_file(text), "formula.toml")} if text else {}
    answer = client.post("/formulary/import", data=sent | file)
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert 'id="file-e"' in page
    assert said in page
    db.rollback()
    assert queries.records(db) == []


def test_a_technician_begins_no_record_and_may_export(
    sign_in: SignIn, db: Session, items: object, paul: Actor, tina: Actor
) -> None:
    draft = service.draft_formula(db, paul, capsule("4.5"))
    client = sign_in(tina)
    record = queries.version(db, draft).record_id
    for address in ("/formulary/families", "/formulary/import", f"/formulary/{record}/copy"):
        assert client.get(address).status_code == 403, address
        assert client.post(address).status_code == 403, address
    assert client.get(f"/formulary/versions/{draft}/file").status_code == 200
    page = client.get("/formulary").get_data(as_text=True)
    assert "Make a family" not in page


def _blank(page: str) -> dict[str, object]:
    """The hidden fields of the page's form."""
    form = re.search(r"<form[^>]*data-main.*?</form>", page, re.DOTALL)
    assert form
    tags = re.findall(r'<input[^>]*type="hidden"[^>]*>', form[0])
    pairs = [(re.search(r' name="([^"]*)"', tag), re.search(r' value="([^"]*)"', tag)) for tag in tags]
    return {name[1]: value[1] if value else "" for name, value in pairs if name}


def _file(text: str) -> object:
    import io

    return io.BytesIO(text.encode())
