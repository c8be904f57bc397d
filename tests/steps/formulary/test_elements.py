"""Every element of a master formulation record is on its page, and can be written into its next version."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from pharmacy.actions.catalogue import Actor
from pharmacy.domain.formula import CapsuleFormula, Formula, LiquidFormula
from pharmacy.domain.keeping import StabilityStudy, Temperature
from pharmacy.domain.quantity import Concentration, Density, Mass, Volume
from pharmacy.formulary import definition, queries, service
from pharmacy.formulary.starting import FAMILIES, capsule, liquid
from tests import factories
from tests.steps.formulary.test_pages import fields

SignIn = Callable[[Actor], FlaskClient]
TABLETS = FAMILIES["suspension-tablets"].base
PROOF = StabilityStudy(
    "Larch et al. 2025",
    90,
    Temperature.ROOM,
    stability_indicating=True,
    same_formula_and_container=True,
    documents="Binder 4",
)
COLD_PROOF = replace(PROOF, temperature=Temperature.REFRIGERATOR, antimicrobial_effectiveness=True)
ELEMENTS: dict[str, Callable[[Formula], tuple[str, ...]]] = {
    "1 name, strength, form": lambda one: (one.name, one.title),
    "2 components with amounts and what matters of them": lambda one: tuple(
        said for part, amount in definition.amounts(one) for said in (part.name, part.role.value, amount, part.grade)
    ),
    "3 container": lambda one: (one.particulars.container,),
    "4 instructions and equipment": lambda one: (*one.particulars.instructions, *one.particulars.equipment),
    "5 physical description": lambda one: (one.particulars.physical_description,),
    "6 beyond-use date and storage": lambda one: (
        one.particulars.storage,
        one.particulars.bud_class.words,
        " days from",
    ),
    "7 source of the beyond-use date": lambda one: (
        one.particulars.bud_reference,
        *(definition.study_text(study) for study in one.particulars.studies),
    ),
    "8 calculations": lambda one: ("Calculations", *(step.name for step in definition.calculation(one))),
    "9 labelling": lambda one: one.particulars.labelling,
    "10 quality checks with expected results": lambda one: tuple(
        said for check in one.particulars.quality_checks for said in (check.name, check.expected)
    ),
    "11 what else makes it the same each time": lambda one: one.particulars.repeatability,
}


@pytest.fixture
def page(sign_in: SignIn, db: Session, items: object, paul: Actor, tina: Actor) -> Callable[[Formula], str]:
    """The page of the formula's record as Tina reads it."""

    def shown(formula: Formula) -> str:
        draft = service.draft_formula(db, paul, formula)
        record = queries.version(db, draft).record_id
        return html.unescape(sign_in(tina).get(f"/formulary/{record}").get_data(as_text=True))

    return shown


@pytest.mark.parametrize(
    ("studies", "said"),
    [
        ((COLD_PROOF,), "90 days, lengthened by the stability study Larch et al. 2025 (USP <795> (2023))"),
        ((replace(COLD_PROOF, days=200),), "180 days, lengthened by the stability study Larch et al. 2025"),
        ((COLD_PROOF, replace(COLD_PROOF, days=20, citation="S")), "20 days, shortened by the stability study S"),
        ((replace(COLD_PROOF, documents=""),), ""),
        ((), ""),
    ],
)
def test_the_record_says_the_limit_of_its_class_and_the_study_that_changes_it(
    page: Callable[[Formula], str], studies: tuple[StabilityStudy, ...], said: str
) -> None:
    formula = liquid("1")
    text = page(replace(formula, particulars=replace(formula.particulars, studies=studies)))
    assert "Limit of its class" in text
    assert "35 days from the day of compounding" in text
    assert ("With its study" in text) is bool(said)
    assert said in text


@pytest.mark.parametrize("element", ELEMENTS)
@pytest.mark.parametrize(
    "formula", [capsule("4.5"), liquid("1"), TABLETS, FAMILIES["triturations-mcc"].base], ids=definition.product_code
)
def test_the_page_shows(page: Callable[[Formula], str], element: str, formula: Formula) -> None:
    wanted = ELEMENTS[element](formula)
    assert wanted
    text = page(formula)
    for said in wanted:
        assert said in text, said


@pytest.fixture
def write(sign_in: SignIn, db: Session, items: object, paul: Actor) -> Callable[..., object]:
    """Type into the form of the next version; the formula as it then stands, or the page where it was refused."""

    def typed(formula: Formula, **given: str) -> object:
        draft = service.draft_formula(db, paul, formula)
        record = queries.version(db, draft).record_id
        client, address = sign_in(paul), f"/formulary/{record}/new-version"
        sent = fields(client.get(address).get_data(as_text=True)) | {"reason": "as measured"}
        answer = client.post(address, data=sent | {name.replace("__", "-"): value for name, value in given.items()})
        if answer.status_code != 302:
            assert answer.status_code == 422
            return answer.get_data(as_text=True)
        db.rollback()
        return definition.read(queries.record(db, record).versions[-1])

    return typed


def test_a_study_is_written_with_everything_that_lengthening_asks(write: Callable[..., Formula]) -> None:
    base = capsule("4.5")
    now = write(
        base,
        studies__1__citation=PROOF.citation,
        studies__1__days="90",
        studies__1__temperature="room temperature",
        studies__1__documents="Binder 4",
        studies__1__stability_indicating="y",
        studies__1__same_formula_and_container="y",
    )
    assert now.particulars.studies == (*base.particulars.studies, PROOF)
    assert replace(now, particulars=base.particulars) == base


def test_a_study_that_is_emptied_is_gone(write: Callable[..., Formula]) -> None:
    now = write(capsule("4.5"), studies__0__citation="", studies__0__days="", studies__0__temperature="")
    assert now.particulars.studies == ()


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"studies__1__days": "30"}, "studies-1-citation"),
        ({"studies__1__citation": "S"}, "studies-1-days"),
        ({"studies__1__citation": "S", "studies__1__days": "0"}, "studies-1-days"),
        ({"studies__1__citation": "S", "studies__1__days": "3651"}, "studies-1-days"),
        ({"studies__1__citation": "S", "studies__1__days": "1.5"}, "studies-1-days"),
        ({"studies__1__citation": "S", "studies__1__days": "9" * 400}, "studies-1-days"),
        ({"studies__1__citation": "S" * 301, "studies__1__days": "9"}, "studies-1-citation"),
        ({"studies__1__accelerated": "y"}, "studies-1-citation"),
        ({"kept": ""}, "kept"),
        ({"kept": "shelf"}, "kept"),
        ({"others__0__each": "1"}, "others-0-code"),
        ({"others__0__code": "silica"}, "others-0-code"),
        ({"others__0__code": "mcc", "others__0__each": "1", "others__0__full": "1"}, "others-0-code"),
        ({"shell_capacity": "0"}, "shell_capacity"),
        ({"drug_full": "4.5"}, "drug_full"),
        ({"drug_full": "6", "drug_by": "g/mL"}, "drug_full"),
        ({"bud_class": "nonpreserved-aqueous"}, "kept"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(
    write: Callable[..., object], given: dict[str, str], field: str
) -> None:
    page = write(capsule("4.5"), **given)
    assert isinstance(page, str)
    assert f'id="{field}-e"' in page


def test_packing_is_written_as_a_density_with_the_capacity_of_the_shell(write: Callable[..., Formula]) -> None:
    now = write(capsule("4.5"), filler_full="0.4333", filler_by="g/mL", shell_capacity="0.3")
    assert isinstance(now, CapsuleFormula)
    assert now.filler_full == Density.of("0.4333", "g/mL")
    assert now.drug_full == Mass.of(160, "mg")
    assert now.shell_capacity == Volume.of("0.3", "mL")


def test_a_further_powder_is_chosen_from_stock_and_kept(
    write: Callable[..., Formula], raw: Engine, items: object
) -> None:
    factories.item(raw, "silica", kind="excipient", unit="mg", name="Colloidal silicon dioxide")
    now = write(capsule("4.5"), others__0__code="silica", others__0__each="1.3", others__0__full="25")
    assert isinstance(now, CapsuleFormula)
    (powder,) = now.others
    assert (powder.component.name, powder.each, powder.full) == (
        "Colloidal silicon dioxide",
        Mass.of("1.3", "mg"),
        Mass.of(25, "mg"),
    )


def test_what_is_known_of_a_liquid_is_written_and_what_is_not_stays_unknown(write: Callable[..., Formula]) -> None:
    now = write(liquid("1"), solubility="60", drug_displacement="0.7", portions__1__displacement="0.6")
    assert isinstance(now, LiquidFormula)
    assert now.solubility == Concentration.of(60, "mg/mL")
    assert now.drug_displacement == Fraction(7, 10)
    assert [one.displacement for one in now.portions] == [None, Fraction(6, 10), None]


def test_a_displacement_that_no_decimal_says_comes_back_as_it_was(write: Callable[..., Formula]) -> None:
    base = replace(liquid("1"), drug_displacement=Fraction(2, 3))
    now = write(base, mark="10")
    assert isinstance(now, LiquidFormula)
    assert (now.drug_displacement, now.mark) == (Fraction(2, 3), Volume.of(10, "mL"))
