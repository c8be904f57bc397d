"""Adding and correcting a patient: what cannot be is refused, what is changed can be read in the record."""

import json
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pharmacy.actions.acting import Refused, Seen
from pharmacy.actions.catalogue import Actor
from pharmacy.actions.models import AuditBody, AuditEntry, AuditSubject
from pharmacy.errors import PharmacyError
from pharmacy.patients import queries, service
from pharmacy.patients.data import ConditionEntry, SensitivityEntry
from pharmacy.patients.models import Condition, Patient, Sensitivity
from pharmacy.rules import book
from tests.steps.patients.conftest import FERGUS

NASTY = '<script>alert("x")</script> O\'Brien & Söhne'
SCRIPTS = ("李小龍", "Νίκος", "محمد", "Ćwiklińska", "अमृता", "김철수", "Ng", NASTY, "x" * 200, "𝔉ergus", "Zoë")


def counted(db: Session, model: type) -> int:
    return db.scalar(select(func.count()).select_from(model)) or 0


def last_changes(db: Session) -> list[dict[str, object]]:
    """What the newest entry says was changed."""
    newest = select(AuditBody.content).join(AuditEntry, AuditEntry.body_sha256 == AuditBody.sha256)
    body = db.scalars(newest.order_by(AuditEntry.n.desc()).limit(1)).one()
    return list(json.loads(body)["changes"])


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_name_in_any_script_survives_as_it_was_typed(db: Session, tina: Actor, name: str) -> None:
    patient_id = service.add_patient(db, tina, replace(FERGUS, family_name=name, given_name=name))
    row = queries.patient(db, patient_id)
    assert (row.family_name, row.given_name) == (name, name)
    assert [found.id for found in queries.search(db, name)] == [patient_id]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"family_name": ""}, "family_name"),
        ({"family_name": "  "}, "family_name"),
        ({"given_name": ""}, "given_name"),
        ({"family_name": "x" * 201}, "family_name"),
        ({"family_name": "123"}, "family_name"),
        ({"given_name": "…"}, "given_name"),
        ({"born": date(1899, 12, 31)}, "born"),
        ({"sex": "m"}, "sex"),
        ({"street": ""}, "street"),
        ({"town": " "}, "town"),
        ({"phone": ""}, "phone"),
        ({"phone": "none"}, "phone"),
        ({"phone": "555"}, "phone"),
        ({"phone": "5" * 16}, "phone"),
        ({"language": ""}, "language"),
        ({"pregnancy": "maybe"}, "pregnancy"),
        ({"pregnancy": "yes"}, "pregnancy"),  # of a man
        ({"lactation": ""}, "lactation"),
        ({"sensitivities": (SensitivityEntry("food", "Nuts"),)}, "sensitivities"),
        ({"sensitivities": (SensitivityEntry("drug", " "),)}, "sensitivities"),
        ({"conditions": (ConditionEntry("other", ""),)}, "other_conditions"),
        ({"conditions": (ConditionEntry("other", "x" * 201),)}, "other_conditions"),
    ],
)
def test_a_missing_or_impossible_fact_is_refused_at_its_field(
    db: Session, tina: Actor, change: dict[str, object], field: str
) -> None:
    with pytest.raises(PharmacyError) as refused:
        service.add_patient(db, tina, replace(FERGUS, **change))
    assert refused.value.field == field
    assert counted(db, Patient) == 0


def test_renaming_somebody_into_a_known_person_asks_too(db: Session, tina: Actor) -> None:
    service.add_patient(db, tina, FERGUS)
    other = service.add_patient(db, tina, replace(FERGUS, given_name="Angus"))
    with pytest.raises(PharmacyError) as refused:
        service.change_patient(db, tina, Seen(Patient, other, 1), FERGUS)
    assert refused.value.field == "another_person"
    service.change_patient(db, tina, Seen(Patient, other, 1), replace(FERGUS, given_name="Angus", phone="555-555-0777"))
    assert queries.patient(db, other).phone == "555-555-0777"


def test_technicians_and_pharmacists_write_and_nobody_else(
    db: Session, tina: Actor, paul: Actor, ada: Actor, adam: Actor, nora: Actor
) -> None:
    for actor in (ada, adam, nora):
        with pytest.raises(Refused) as refused:
            service.add_patient(db, actor, FERGUS)
        assert refused.value.who == "pharmacist or technician"
    first = service.add_patient(db, tina, FERGUS)
    service.change_patient(db, paul, Seen(Patient, first, 1), replace(FERGUS, phone="555-555-0888"))
    for actor in (ada, adam, nora):
        with pytest.raises(Refused):
            service.change_patient(db, actor, Seen(Patient, first, 2), FERGUS)


# --- sensitivities and conditions -----------------------------------------------------------------------------------


def test_typed_words_take_the_rule_books_code_where_it_knows_them() -> None:
    assert SensitivityEntry.typed("milk sugar").substance == "lactose"
    assert SensitivityEntry.typed("Lactose", "drug").kind == "excipient"
    assert SensitivityEntry.typed("HPMC").kind == "shell"
    assert SensitivityEntry.typed("Moondust", "excipient") == SensitivityEntry("excipient", "Moondust", "Moondust", "")
    assert ConditionEntry.typed("Hashimoto").code == "thyroid-disease"
    assert ConditionEntry.typed("Green spots") == ConditionEntry("other", "Green spots")


@pytest.mark.parametrize("choice", book.load().choices.conditions, ids=lambda choice: choice.code)
def test_every_condition_of_the_rule_book_can_be_recorded(db: Session, tina: Actor, choice: object) -> None:
    entry = ConditionEntry.coded(choice.code)
    patient_id = service.add_patient(db, tina, replace(FERGUS, conditions=(entry,)))
    assert [(one.code, one.words) for one in queries.patient(db, patient_id).conditions] == [
        (choice.code, choice.words)
    ]


@pytest.mark.parametrize("choice", book.load().choices.sensitivities, ids=lambda choice: choice.code)
def test_every_sensitivity_of_the_rule_book_can_be_recorded(db: Session, tina: Actor, choice: object) -> None:
    entry = SensitivityEntry.typed(choice.words)
    patient_id = service.add_patient(db, tina, replace(FERGUS, sensitivities=(entry,)))
    (row,) = queries.patient(db, patient_id).sensitivities
    assert (row.kind, row.substance) == (choice.kind, choice.code)


def test_a_condition_that_nobody_knows_is_no_code() -> None:
    with pytest.raises(PharmacyError):
        ConditionEntry.coded("green-spots")


def test_a_correction_writes_only_what_is_different(db: Session, tina: Actor) -> None:
    lactose, gelatin = SensitivityEntry.typed("lactose"), SensitivityEntry.typed("gelatin", reaction="rash")
    liver, spots = ConditionEntry.coded("liver-failure"), ConditionEntry.typed("Green spots")
    data = replace(FERGUS, sensitivities=(lactose, gelatin), conditions=(liver, spots))
    patient_id = service.add_patient(db, tina, data)
    kept = [row.id for row in queries.patient(db, patient_id).sensitivities]

    dyes = SensitivityEntry.typed("dyes")
    changed = replace(data, sensitivities=(lactose, dyes), conditions=(liver,))
    service.change_patient(db, tina, Seen(Patient, patient_id, 1), changed)

    row = queries.patient(db, patient_id)
    assert [one.words for one in row.sensitivities] == ["lactose", "dyes"]
    assert row.sensitivities[0].id == kept[0]
    assert [one.code for one in row.conditions] == ["liver-failure"]
    assert row.version == 2
    ops = sorted((change["table"], change["op"]) for change in last_changes(db))
    assert ops == [("condition", "delete"), ("patient", "update"), ("sensitivity", "delete"), ("sensitivity", "insert")]


def test_a_reaction_can_be_corrected_on_its_own(db: Session, tina: Actor) -> None:
    data = replace(FERGUS, sensitivities=(SensitivityEntry.typed("gelatin", reaction="rash"),))
    patient_id = service.add_patient(db, tina, data)
    hives = replace(data, sensitivities=(SensitivityEntry.typed("gelatin", reaction="hives"),))
    service.change_patient(db, tina, Seen(Patient, patient_id, 1), hives)
    (row,) = queries.patient(db, patient_id).sensitivities
    assert row.reaction == "hives"
    assert counted(db, Sensitivity) == 1


def test_the_entry_is_found_under_the_patient(db: Session, tina: Actor) -> None:
    patient_id = service.add_patient(db, tina, replace(FERGUS, conditions=(ConditionEntry.typed("Green spots"),)))
    under = select(AuditSubject.kind).where(AuditSubject.subject_id == str(patient_id), AuditSubject.kind == "patient")
    assert db.scalars(under).all() == ["patient"]
    assert counted(db, Condition) == 1


def test_reading_a_patient_takes_few_statements_however_long_the_lists(db: Session, tina: Actor) -> None:
    from sqlalchemy import event

    many = tuple(SensitivityEntry("drug", f"Invented {n}", f"Invented {n}") for n in range(40))
    patient_id = service.add_patient(db, tina, replace(FERGUS, sensitivities=many))
    db.rollback()
    said: list[str] = []
    engine = db.get_bind()
    event.listen(engine, "before_cursor_execute", lambda *given: said.append(given[2]))
    row = queries.patient(db, patient_id)
    assert len(row.sensitivities) == 40
    assert (row.conditions, row.medicines) == ([], [])
    assert len([one for one in said if one.startswith("SELECT")]) == 4
