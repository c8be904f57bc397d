"""The verbs about patients and prescribers: adding, changing, and recording what a patient takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session
from stdnum import luhn

from pharmacy import clock
from pharmacy.actions.acting import Opened, Seen, acting, answered
from pharmacy.actions.catalogue import Action, Actor
from pharmacy.actions.record import Plain
from pharmacy.errors import PharmacyError
from pharmacy.patients import queries
from pharmacy.patients.models import Condition, MedicineTaken, Patient, Prescriber, Sensitivity
from pharmacy.rules import book

CURRENT, AS_NEEDED, STOPPED = "current", "as needed", "stopped"
USES = (CURRENT, AS_NEEDED, STOPPED)


@dataclass(frozen=True, slots=True)
class SensitivityGiven:
    """What is not borne: kind (drug, excipient, shell), the words, and what happened."""

    kind: str
    words: str
    reaction: str = ""


@dataclass(frozen=True, slots=True)
class PatientData:
    """A patient as typed. Conditions are codes of the rule book, or free words."""

    given_name: str
    family_name: str
    born: date
    sex: str
    street: str
    town: str
    phone: str
    language: str = "English"
    pregnancy: str = "unknown"
    lactation: str = "unknown"
    conditions: tuple[str, ...] = ()
    sensitivities: tuple[SensitivityGiven, ...] = ()
    another_person: bool = False  # someone of this name and birthday is known, and this is somebody else


@dataclass(frozen=True, slots=True)
class MedicineEntry:
    """One line of what a patient takes. ``medicine_id`` is the row that it corrects, if it was there already."""

    typed: str
    use: str
    last_dose: date | None
    source: str
    medicine_id: int | None = None


@dataclass(frozen=True, slots=True)
class PrescriberData:
    """A prescriber as typed."""

    given_name: str
    family_name: str
    credentials: str
    npi: str
    licence: str
    licence_state: str
    phone: str
    street: str = ""
    town: str = ""
    active: bool = True


@answered
def add_patient(db: Session, actor: Actor, data: PatientData, key: str | None = None) -> Plain:
    """Add a patient; answers the id. Someone of the same name and birthday is asked about."""
    with acting(db, actor, Action.ADD_PATIENT, Seen(Patient), key=key) as opened:
        _check_patient(db, data, None)
        row = Patient(takes_none=False, sensitivities=[], conditions=[])
        _write_patient(row, data)
        db.add(row)
        db.flush()
        opened.concerns("patient", row.id)
        opened.answer = row.id
    return opened.answer


@answered
def change_patient(db: Session, actor: Actor, seen: Seen[Patient], data: PatientData, key: str) -> Plain:
    """Change what is known of a patient. Open fills are screened again by whoever knows them."""
    with acting(db, actor, Action.CHANGE_PATIENT, seen, key=key) as opened:
        row = queries.patient(db, opened.subject.id)
        _check_patient(db, data, row.id)
        _write_patient(row, data)
        opened.answer = row.id
    return opened.answer


def _check_patient(db: Session, data: PatientData, but: int | None) -> None:
    if data.born > clock.today():
        raise PharmacyError("The day lies in the future.", "born")
    if data.born.year < 1900:
        raise PharmacyError("The year of birth is before 1900.", "born")
    if not data.another_person and (
        other := queries.same_person(db, data.given_name, data.family_name, data.born, but)
    ):
        raise PharmacyError(
            f"{other.full_name} with this birthday is known already. If this is somebody else, tick “another person”.",
            "another_person",
        )
    if data.sex == "male" and "yes" in {data.pregnancy, data.lactation}:
        raise PharmacyError("Sex and pregnancy do not agree; correct one of them.", "pregnancy")


def _write_patient(row: Patient, data: PatientData) -> None:
    for name in (
        "given_name",
        "family_name",
        "born",
        "sex",
        "street",
        "town",
        "phone",
        "language",
        "pregnancy",
        "lactation",
    ):
        setattr(row, name, getattr(data, name))
    row.searchable = queries.searchable(data.given_name, data.family_name, data.phone, data.born.isoformat())
    choices = book.load().choices
    wanted = [
        (found.code, found.words) if (found := choices.condition(one, one)) else ("other", one)
        for one in data.conditions
    ]
    kept = [one for one in row.conditions if (one.code, one.words) in wanted]
    have = {(one.code, one.words) for one in kept}
    row.conditions = [
        *kept,
        *(Condition(code=code, words=words) for code, words in dict.fromkeys(wanted) if (code, words) not in have),
    ]
    given = [_sensitivity(one) for one in data.sensitivities]
    same = {(one.kind, one.words, one.reaction): one for one in row.sensitivities}
    row.sensitivities = [same.get((one.kind, one.words, one.reaction), one) for one in given]


def _sensitivity(given: SensitivityGiven) -> Sensitivity:
    known = book.load().choices.sensitivity(given.words, given.words)
    return Sensitivity(
        kind=known.kind if known and known.kind else given.kind,
        substance=known.code if known else given.words,
        words=given.words,
        reaction=given.reaction,
    )


# --- what a patient takes --------------------------------------------------------------------------------------------


@answered
def record_medicines(
    db: Session, actor: Actor, seen: Seen[Patient], entries: Sequence[MedicineEntry], takes_none: bool, key: str
) -> Plain:
    """Record the whole list as it was told today, or that the patient was asked and takes nothing.

    A row that is no longer told is kept as removed. A name that was resolved by a person stays so while it is the same.
    """
    with acting(db, actor, Action.RECORD_MEDICINES, seen, key=key) as opened:
        if takes_none and entries:
            raise PharmacyError("Medicines are listed, and “takes none” is ticked; only one can be true.", "takes_none")
        if not takes_none and not entries:
            raise PharmacyError("List the medicines, or tick that the patient was asked and takes none.", "takes_none")
        row = queries.patient(db, opened.subject.id)
        listed = {one.id: one for one in row.medicines if not one.removed}
        told = {_record(opened, listed, entry).id for entry in entries}
        for medicine_id, medicine in listed.items():
            if medicine_id not in told:
                medicine.removed = True
        row.takes_none, row.history_asked_at, row.history_asked_by = takes_none, clock.now(), actor.id
        opened.answer = row.id
    return opened.answer


def _record(opened: Opened[Patient], listed: dict[int, MedicineTaken], entry: MedicineEntry) -> MedicineTaken:
    if entry.use not in USES:
        raise PharmacyError("Say whether it is taken now, as needed, or was stopped.", "use")
    if entry.last_dose is not None and entry.last_dose > clock.today():
        raise PharmacyError(f"The last dose of {entry.typed} lies in the future.", "last_dose")
    found = listed.get(entry.medicine_id) if entry.medicine_id is not None else None
    if entry.medicine_id is not None and found is None:
        raise PharmacyError("One of the medicines was changed in the meantime. Open the page again.")
    if found is None:
        found = MedicineTaken(patient_id=opened.subject.id, removed=False, resolution="")
        opened.db.add(found)
    if found.typed != entry.typed:
        _recognise(found, entry.typed)
    found.use, found.last_dose, found.source = entry.use, entry.last_dose, entry.source
    found.asked_by, found.asked_at = opened.actor.id, clock.now()
    opened.db.flush()
    return found


def _recognise(row: MedicineTaken, typed: str) -> None:
    vocabulary = book.load().vocabulary
    found = vocabulary.recognise(typed)
    row.typed, row.recognition, row.vocabulary = typed, found.status.value, vocabulary.version
    row.ingredients, row.unexplained = list(found.ingredients), list(found.unexplained)
    row.resolved_by, row.resolution = None, ""


@answered
def resolve_medicine(
    db: Session, actor: Actor, seen: Seen[MedicineTaken], ingredients: Sequence[str], resolution: str, key: str
) -> Plain:
    """Say what is in a medicine that nobody knew: its ingredients, or what was found about it and where."""
    with acting(db, actor, Action.RESOLVE_MEDICINE, seen, reason=resolution, key=key) as opened:
        row, vocabulary = opened.subject, book.load().vocabulary
        known = vocabulary.ingredients()
        unknown = [code for code in ingredients if code not in known]
        if unknown:
            raise PharmacyError(f"The rule book does not know {', '.join(unknown)}.", "ingredients")
        row.ingredients, row.resolution = list(ingredients), opened.reason
        row.resolved_by, row.vocabulary = actor.id, vocabulary.version
        opened.concerns("patient", row.patient_id)
        opened.answer = row.patient_id
    return opened.answer


# --- prescribers -----------------------------------------------------------------------------------------------------


def is_npi(npi: str) -> bool:
    """Whether the ten digits close: Luhn over 80840 and the number (CMS, NPI check digit)."""
    return len(npi) == 10 and npi.isascii() and npi.isdigit() and npi[0] in "12" and bool(luhn.is_valid(f"80840{npi}"))


@answered
def add_prescriber(db: Session, actor: Actor, data: PrescriberData, key: str | None = None) -> Plain:
    """Add a prescriber; answers the id."""
    with acting(db, actor, Action.ADD_PRESCRIBER, Seen(Prescriber), key=key) as opened:
        _check_prescriber(db, data, None)
        row = Prescriber()
        _write_prescriber(row, data)
        db.add(row)
        db.flush()
        opened.concerns("prescriber", row.id)
        opened.answer = row.id
    return opened.answer


@answered
def change_prescriber(db: Session, actor: Actor, seen: Seen[Prescriber], data: PrescriberData, key: str) -> Plain:
    """Change what is known of a prescriber."""
    with acting(db, actor, Action.CHANGE_PRESCRIBER, seen, key=key) as opened:
        _check_prescriber(db, data, opened.subject.id)
        _write_prescriber(opened.subject, data)
        opened.answer = opened.subject.id
    return opened.answer


def _check_prescriber(db: Session, data: PrescriberData, but: int | None) -> None:
    if not is_npi(data.npi):
        raise PharmacyError(
            "This is no NPI: ten digits of which the last one checks the others. Look for a slip.", "npi"
        )
    if any(row.npi == data.npi and row.id != but for row in queries.prescribers(db)):
        raise PharmacyError("A prescriber with this NPI is known already.", "npi")


def _write_prescriber(row: Prescriber, data: PrescriberData) -> None:
    for name in PrescriberData.__slots__:
        setattr(row, name, getattr(data, name))
    row.searchable = queries.searchable(data.given_name, data.family_name, data.phone, data.npi)
