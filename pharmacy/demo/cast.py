"""Who appears: everybody here is invented, and every number is one that is kept for fiction or refused by its registry."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from pharmacy.actions.catalogue import Role
from pharmacy.patients.data import ConditionEntry, MedicineEntry, PatientData, PrescriberData, SensitivityEntry
from pharmacy.premises.service import Identity

PHARMACY = Identity("Mortar & Thistle Compounding", "12 Example Lane", "Sampleton, IL 00000", "555-0100", "PHY-00000")


@dataclass(frozen=True, slots=True)
class Colleague:
    """Someone who works at the demonstration pharmacy. ``told`` names the role that its printed sign-in stands for."""

    key: str
    full_name: str
    credentials: str
    roles: tuple[Role, ...]
    told: str = ""


COLLEAGUES = (
    Colleague("pia", "Pia Larkspur", "PharmD", (Role.PHARMACIST_IN_CHARGE,), "pharmacist in charge"),
    Colleague("paul", "Paul Sorrel", "RPh", (Role.PHARMACIST,), "pharmacist"),
    Colleague("tina", "Tina Mallow", "CPhT", (Role.TECHNICIAN,), "technician"),
    Colleague("ada", "Ada Quill", "", (Role.AUDITOR,), "auditor"),
    Colleague("adam", "Adam Thyme", "", (Role.ADMINISTRATOR,), "administrator"),
)

_TOWN = "Sampleton, IL 00000"


def _sensitive(*words: str) -> tuple[SensitivityEntry, ...]:
    return tuple(SensitivityEntry.typed(one) for one in words)


def _ill(*words: str) -> tuple[ConditionEntry, ...]:
    return tuple(ConditionEntry.typed(one) for one in words)


def _woman(family: str, given: str, born: date, street: str, phone: str) -> PatientData:
    return PatientData(family, given, born, "female", street, _TOWN, phone, pregnancy="no", lactation="no")


def _other(family: str, given: str, born: date, sex: str, street: str, phone: str) -> PatientData:
    nothing = "does not apply"
    return PatientData(family, given, born, sex, street, _TOWN, phone, pregnancy=nothing, lactation=nothing)


PATIENTS: dict[str, PatientData] = {
    "fergus": _other("Bramblewick", "Fergus", date(1971, 5, 14), "male", "3 Hedge Row", "555-0142"),
    "aurelio": replace(
        _other("Candlewax", "Aurelio", date(1958, 2, 3), "male", "41 Tallow Street", "555-0143"),
        sensitivities=_sensitive("lactose"),
    ),
    "odile": _woman("Quillfeather", "Odile", date(1984, 9, 30), "8 Inkwell Close", "555-0144"),
    "barnaby": _other("Thimblewood", "Barnaby", date(1966, 12, 1), "male", "17 Bobbin Way", "555-0145"),
    "marisol": _woman("Finchley-Oats", "Marisol", date(1990, 4, 22), "5 Granary Court", "555-0146"),
    "tobias": _other("Inkpen", "Tobias", date(1979, 7, 7), "male", "29 Blotter Lane", "555-0147"),
    "wilhelmina": _other("Dustcote", "Wilhelmina", date(1949, 1, 19), "female", "2 Mantelpiece Mews", "555-0148"),
    "cornelius": _other("Bellweather", "Cornelius", date(1988, 3, 11), "male", "63 Vane Hill", "555-0149"),
    "ingrid": _woman("Saltmarsh", "Ingrid", date(1975, 10, 5), "11 Reedbed Road", "555-0150"),
    "lucinda": _woman("Marrowfat", "Lucinda", date(1993, 6, 17), "34 Pea Green", "555-0151"),
    "percival": replace(
        _other("Nettleby", "Percival", date(1961, 8, 25), "male", "7 Dock Leaf Drive", "555-0152"),
        conditions=_ill("severe renal impairment"),
    ),
    "agnes": _woman("Tolliver-Pym", "Agnes", date(1982, 11, 9), "90 Cuckoo Corner", "555-0153"),
}

MEDICINES: dict[str, tuple[MedicineEntry, ...]] = {
    "fergus": (MedicineEntry("ibuprofen 400 mg", "as needed"),),
    "aurelio": (MedicineEntry("levothyroxine 75 mcg"), MedicineEntry("lisinopril 10 mg")),
    "odile": (),
    "barnaby": (MedicineEntry("metformin 500 mg"),),
    "marisol": (),
    "tobias": (MedicineEntry("vitamin D3"),),
    "wilhelmina": (MedicineEntry("amlodipine 5 mg"),),
    "cornelius": (),
    "ingrid": (MedicineEntry("oxycodone IR 5 mg", "current", source="patient, by telephone"),),
    "lucinda": (MedicineEntry("Sereniva calm syrup"), MedicineEntry("sertraline 50 mg")),
    "percival": (MedicineEntry("atorvastatin 20 mg"),),
    "agnes": (),
}

PRESCRIBERS: dict[str, PrescriberData] = {
    "fable": PrescriberData("Fable", "Cosmo", "MD", "1234567893", "MD-00017", "IL", "555-0166", "1 Moral Terrace", _TOWN),
    "parable": PrescriberData("Parable", "Iris", "DO", "1999999984", "DO-00023", "IL", "555-0167", "4 Allegory Place", _TOWN),
    "riddle": PrescriberData("Riddle", "Soren", "NP", "1000000004", "NP-00031", "IL", "555-0168", "9 Sphinx Street", _TOWN),
    "ballad": PrescriberData("Ballad", "Maude", "MD", "1100000003", "MD-00042", "IL", "555-0169", "22 Refrain Road", _TOWN),
}  # fmt: skip
