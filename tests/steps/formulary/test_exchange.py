"""A formula goes out as a file and comes back the same; a file that is no formula is refused at its field."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from pharmacy.actions.acting import Conflict, Refused, Seen
from pharmacy.actions.catalogue import Actor
from pharmacy.domain.formula import (
    CapsuleFormula,
    Component,
    Formula,
    LiquidFormula,
    Particulars,
    Portion,
    Powder,
    QualityCheck,
    Role,
    TriturationFormula,
    VehicleKind,
)
from pharmacy.domain.keeping import BeyondUseClass, StabilityStudy, Temperature
from pharmacy.domain.quantity import Mass
from pharmacy.errors import Mismatch, NotReady, PharmacyError
from pharmacy.formulary import definition, exchange, queries, service
from pharmacy.formulary.exchange import NotAFormula, export_text, file_name, import_text
from pharmacy.formulary.models import MasterFormulationRecord
from pharmacy.formulary.starting import FAMILIES, STARTING_FORMULAS, capsule, liquid
from pharmacy.stock.models import StockItem
from tests import factories

CAPSULE = capsule("4.5")
TEXT = export_text(CAPSULE)


def wrong(before: str, after: str, text: str = TEXT) -> NotAFormula:
    """What is said of the file with one piece changed."""
    assert before in text
    with pytest.raises(NotAFormula) as refused:
        import_text(text.replace(before, after, 1))
    return refused.value


def test_a_file_says_its_format_and_reads_as_a_person_writes() -> None:
    text = export_text(CAPSULE, "MFR-0006,\nversion 2")
    assert text.startswith(
        '# MFR-0006, version 2\nformat = "triturate formula 1"\nkind = "capsule"\nname = "Naltrexone'
    )
    assert 'strength = "4.5 mg"\n' in text
    assert '\n[filler]\ncode = "mcc"\n' in text
    assert '\n[[particulars.quality_checks]]\nname = "Packing"\n' in text
    assert file_name("MFR-0006", 2) == "MFR-0006-v2.toml"


line = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cf", "Zl", "Zp", "Cs")), min_size=1, max_size=40)
a_study = st.builds(
    StabilityStudy,
    citation=line.filter(str.strip),
    days=st.integers(1, 3650),
    temperature=st.sampled_from([None, *Temperature]),
    accelerated=st.booleans(),
    documents=line,
)


@given(
    st.sampled_from(STARTING_FORMULAS),
    line,
    st.lists(line, min_size=1, max_size=4),
    st.lists(a_study, max_size=3),
    st.fractions(min_value=Fraction(1, 1000), max_value=2000, max_denominator=10**6),
)
def test_a_formula_comes_back_exactly_whatever_its_words_and_numbers(
    formula: Formula, name: str, steps: list[str], studies: list[StabilityStudy], mass: Fraction
) -> None:
    particulars = replace(formula.particulars, instructions=tuple(steps), studies=tuple(studies))
    changed: Formula = replace(formula, name=name, particulars=particulars)
    if formula.kind == "capsule":
        changed = replace(changed, shell_mass=Mass(mass))  # type: ignore[call-arg]
    assert import_text(export_text(changed)) == changed


@pytest.mark.parametrize(
    ("before", "after", "where", "said"),
    [
        ("triturate formula 1", "triturate formula 2", "format", "The first line must be"),
        ('kind = "capsule"', 'kind = "tablet"', "kind", "capsule, liquid, trituration"),
        ('strength = "4.5 mg"', 'strength = "4.5"', "strength", 'An amount in mg is expected, such as "4.5 mg".'),
        ('strength = "4.5 mg"', 'strength = "4.5 mL"', "strength", "4.5 mg"),
        ('strength = "4.5 mg"', "strength = 4.5", "strength", "as text with its unit"),
        ('strength = "4.5 mg"', "strength = 4", "strength", 'An amount in mg is expected, such as "4.5 mg".'),
        ('strength = "4.5 mg"', 'strength = "4,5 mg"', "strength", "A number is not readable"),
        ('strength = "4.5 mg"', 'strength = "0.3 g"', "strength", "An amount in mg is expected"),
        ('filler_full = "130 mg"', 'filler_full = "1 mL"', "filler_full", '"4.5 mg" or "4.5 g/mL".'),
        ('strength = "4.5 mg"', 'strength = "inf mg"', "strength", "A number is not readable"),
        ('strength = "4.5 mg"', f'strength = "{"9" * 400} mg"', "strength", "longer than any"),
        ('strength = "4.5 mg"', 'strength = "6 g"', "strength", "4.5 mg"),
        ('filler_full = "130 mg"', 'filler_full = "6000 mg"', "filler_full", "write the mass in mg"),
        ('strength = "4.5 mg"', 'strength = "160 mg"', "drug_full", "the smallest shell that would do"),
        ('strength = "4.5 mg"', "", "strength", "strength: This field is missing: write it."),
        ('shell_size = "3"', 'shell_size = "3"\ncode = "print(1)"', "code", "There is no such field: take it out"),
        ('shell_size = "3"', "shell_size = 3", "shell_size", "Text in quotation marks"),
        ('role = "filler"', 'role = "glue"', "filler.role", "One of these is expected"),
        ('bud_class = "nonaqueous"', 'bud_class = "forever"', "particulars.bud_class", "nonpreserved-aqueous"),
        ('kept = "room temperature"', 'kept = "shelf"', "particulars.kept", "room temperature, refrigerator"),
        ('expected = "Closed', 'spected = "Closed', "particulars.quality_checks[2].expected", "This field is missing"),
        ("days = 360", "days = 0", "particulars.studies[1].days", "covers 1 to 3,650 days"),
        ("days = 360", 'days = "360"', "particulars.studies[1].days", "A whole number"),
        ("days = 360", "days = 99999999", "particulars.studies[1].days", "larger than any"),
        ("accelerated = false", 'accelerated = "no"', "particulars.studies[1].accelerated", "true or false"),
        ("days = 360", "days = 2026-01-01", "particulars.studies[1].days", "in quotation marks"),
        ('container = "', 'container = "\\u202E', "particulars.container", "invisible"),
        ('container = "', f'container = "{"x" * 6000}', "particulars.container", "longer than 6000"),
        ('storage = "Room', 'storage = ""\nx = "Room', "particulars.x", "no such field"),
        ('name = "Microcrystalline cellulose"', 'name = "Hypromellose"', "filler", "delays release"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_field(before: str, after: str, where: str, said: str) -> None:
    refused = wrong(before, after)
    assert refused.where == where
    assert refused.field == "file"
    assert said in refused.sentence
    assert refused.sentence.startswith(f"{where}: ")


def test_a_file_may_begin_with_the_byte_order_mark_of_windows() -> None:
    assert import_text("\ufeff" + TEXT) == CAPSULE
    assert import_text(b"\xef\xbb\xbf" + TEXT.encode()) == CAPSULE


def test_a_file_of_another_drug_is_refused_because_fills_are_matched_by_strength_alone() -> None:
    refused = wrong('substance = "naltrexone HCl"', 'substance = "naloxone HCl"')
    assert (refused.where, "makes naltrexone HCl alone" in refused.sentence) == ("substance", True)
    assert import_text(TEXT.replace('substance = "naltrexone HCl"\n', "")) == CAPSULE


def test_every_field_and_word_that_the_reader_takes_is_in_the_document_of_the_format() -> None:
    document = (Path(__file__).parents[3] / "docs/formula-format.md").read_text("utf-8")
    common, *sections = re.split(r"^## (?=A capsule|A liquid|A trituration|Particulars)", document, flags=re.MULTILINE)
    assert [one.splitlines()[0] for one in sections] == ["A capsule", "A liquid", "A trituration", "Particulars"]
    places: list[tuple[str, tuple[type, ...]]] = [
        (common, (Component,)),
        (sections[0], (CapsuleFormula, Powder)),
        (sections[1], (LiquidFormula, Portion)),
        (sections[2], (TriturationFormula,)),
        (sections[3], (Particulars, QualityCheck, StabilityStudy)),
    ]
    missing = [
        f"{kind.__name__}.{field.name}"
        for text, kinds in places
        for kind in kinds
        for field in dataclasses.fields(kind)
        if not re.search(rf"`\[*{field.name}\]*`", text) and not re.search(rf"`\[*{field.name}\]*`", common)
    ]
    assert not missing, f"docs/formula-format.md says nothing of {missing}"
    words = [one.value for kind in (Role, VehicleKind, BeyondUseClass, Temperature) for one in kind]
    words += [exchange.FORMAT, *(kind.kind for kind in (CapsuleFormula, LiquidFormula, TriturationFormula))]
    assert not [word for word in words if word not in document]


def test_an_empty_text_that_the_record_needs_is_named() -> None:
    refused = wrong(f'container = "{CAPSULE.particulars.container}"', 'container = ""')
    assert (refused.where, "needs its container" in refused.sentence) == ("particulars.container", True)


def test_a_liquid_whose_parts_do_not_sum_is_refused_at_them() -> None:
    text = export_text(liquid("1"))
    refused = wrong('per_100_ml = "20"', 'per_100_ml = "99.9"', text)
    assert "leave no room for the vehicle" in refused.sentence
    assert wrong('per_100_ml = "20"', 'per_100_ml = "200"', text).where.startswith("portions[1]")
    assert wrong('per_100_ml = "20"', "per_100_ml = 20", text).where == "portions[1].per_100_ml"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"\xff\xfe", "UTF-8"),
        (b"not toml at all", "no TOML"),
        (b"__import__('os').system('true')", "no TOML"),
        (b"x = " + b"[" * 3000 + b"]" * 3000, "no TOML"),
        (b"a" * (exchange.LARGEST + 1), "larger than 64 KB"),
        (b"[[formula]]\n", "format"),
        (b'format = "triturate formula 1"\n', "kind"),
        (b'format = "triturate formula 1"\nkind = ["capsule"]\n', "kind"),
        (b'format = "triturate formula 1"\nx = [' + b"1," * 101 + b"]\n", "more than 100"),
    ],
)
def test_what_is_no_formula_file_is_refused_in_a_sentence(content: bytes, said: str) -> None:
    with pytest.raises(NotAFormula, match=said):
        import_text(content)


def test_a_file_of_the_largest_size_is_still_read() -> None:
    text = TEXT + "#" * (exchange.LARGEST - len(TEXT.encode()))
    assert import_text(text) == CAPSULE


# --- into the formulary ----------------------------------------------------------------------------------------------


def test_an_imported_formula_is_a_draft_of_a_new_record(db: Session, items: object, paul: Actor) -> None:
    draft = service.import_formula(db, paul, TEXT.encode())
    version = queries.version(db, draft)
    assert (version.status, version.author_id, version.number) == ("draft", paul.id, 1)
    assert definition.read(version) == CAPSULE
    assert import_text(export_text(definition.read(version))) == CAPSULE


def test_a_file_that_is_refused_writes_nothing(db: Session, items: object, paul: Actor, tina: Actor) -> None:
    with pytest.raises(NotAFormula):
        service.import_formula(db, paul, b"x")
    with pytest.raises(Refused, match="pharmacist"):
        service.import_formula(db, tina, TEXT.encode())
    assert queries.records(db) == []


def test_a_file_cannot_call_what_is_kept_here_by_another_name(db: Session, items: object, paul: Actor) -> None:
    text = TEXT.replace('name = "Microcrystalline cellulose"', 'name = "Sucrose"')
    with pytest.raises(Mismatch, match="mcc is kept here as “Microcrystalline cellulose”") as refused:
        service.import_formula(db, paul, text.encode())
    assert refused.value.field == "file"
    again = TEXT.replace('name = "Microcrystalline cellulose"', 'name = "microcrystalline  Cellulose"')
    assert service.import_formula(db, paul, again.encode())


def test_a_component_that_is_not_kept_here_is_named_with_its_code(db: Session, items: object, paul: Actor) -> None:
    text = TEXT.replace('code = "mcc"', 'code = "ginger"')
    with pytest.raises(NotReady, match="add it under the code ginger") as refused:
        service.import_formula(db, paul, text.encode())
    assert refused.value.field == "file"


def test_a_component_is_taken_as_what_it_is_kept_for(db: Session, raw: Engine, items: object, paul: Actor) -> None:
    item_id = db.scalar(select(StockItem.id).where(StockItem.code == "mcc"))
    assert item_id is not None
    db.rollback()
    factories.change(raw, StockItem, item_id, kind=Role.SWEETENER.value)
    with pytest.raises(Mismatch, match="kept as a sweetener"):
        service.import_formula(db, paul, TEXT.encode())


def test_importing_what_there_is_already_says_which_record_it_is(db: Session, items: object, paul: Actor) -> None:
    first = service.import_formula(db, paul, TEXT.encode())
    number = queries.version(db, first).record.number
    with pytest.raises(Exception, match=f"write the next version of {number}"):
        service.import_formula(db, paul, TEXT.encode())


def test_a_changed_file_of_a_record_is_its_next_version_by_whoever_imports_it(
    db: Session, items: object, paul: Actor, pia: Actor, tina: Actor
) -> None:
    first = queries.version(db, service.import_formula(db, paul, TEXT.encode()))
    record, changed = first.record, TEXT.replace('storage = "Room', 'storage = "A dry room')
    seen, other = Seen(MasterFormulationRecord, record.id, record.version), export_text(capsule("1.5"))
    for content, actor, reason, problem in (
        (TEXT, pia, "again", "Nothing is changed from version 1"),
        (changed, pia, " ", "Say what changes and why"),
        (other, pia, "smaller", "another formulation than this record"),
        (changed, tina, "drier", "pharmacist"),
    ):
        with pytest.raises((PharmacyError, Refused), match=problem):
            service.import_version(db, actor, seen, content.encode(), reason)
        db.rollback()
    draft = service.import_version(db, pia, seen, changed.encode(), "A drier place", "a" * 32)
    assert service.import_version(db, pia, seen, changed.encode(), "A drier place", "a" * 32) == draft, "sent twice"
    db.rollback()
    made = queries.version(db, draft)
    assert (made.record_id, made.number, made.status, made.author_id) == (record.id, 2, "draft", pia.id)
    assert definition.read(made) == import_text(changed)
    assert len(queries.records(db)) == 1
    with pytest.raises(Conflict):
        service.import_version(db, paul, seen, TEXT.encode(), "As it was")


def test_a_formulation_of_another_name_is_a_record_and_a_product_of_its_own(
    db: Session, items: object, paul: Actor
) -> None:
    service.import_formula(db, paul, TEXT.encode())
    other = service.import_formula(db, paul, export_text(replace(CAPSULE, name="For the blister")).encode())
    codes = {db.get_one(StockItem, one.item_id).code for one in db.scalars(select(MasterFormulationRecord)).all()}
    assert codes == {"naltrexone-capsule-4.5mg", "naltrexone-capsule-4.5mg-2"}
    names = {db.get_one(StockItem, one.item_id).name for one in db.scalars(select(MasterFormulationRecord)).all()}
    assert names == {"Naltrexone HCl 4.5 mg capsule", "Naltrexone HCl 4.5 mg capsule (MFR-0002)"}
    assert queries.version(db, other).record.number == "MFR-0002"


def test_the_programs_own_files_are_read_by_the_same_reader() -> None:
    assert {key: family.base.kind for key, family in FAMILIES.items()}["suspension-oil"] == "liquid"
    assert all(family.formulas for family in FAMILIES.values())
