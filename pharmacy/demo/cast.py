"""Who appears: everybody here is invented, and every number is one that is kept for fiction or refused by its registry."""

from __future__ import annotations

from dataclasses import dataclass
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
_NO = {"pregnancy": "no", "lactation": "no"}
_NOT = {"pregnancy": "does not apply", "lactation": "does not apply"}


def _sensitive(*words: str) -> tuple[SensitivityEntry, ...]:
    return tuple(SensitivityEntry.typed(one) for one in words)


def _ill(*words: str) -> tuple[ConditionEntry, ...]:
    return tuple(ConditionEntry.typed(one) for one in words)


PATIENTS: dict[str, PatientData] = {
    "fergus": PatientData("Bramblewick", "Fergus", date(1971, 5, 14), "male", "3 Hedge Row", _TOWN, "555-0142", **_NOT),
    "aurelio": PatientData(
        "Candlewax", "Aurelio", date(1958, 2, 3), "male", "41 Tallow Street", _TOWN, "555-0143",
        sensitivities=_sensitive("lactose"), **_NOT),
    "odile": PatientData("Quillfeather", "Odile", date(1984, 9, 30), "female", "8 Inkwell Close", _TOWN, "555-0144", **_NO),
    "barnaby": PatientData("Thimblewood", "Barnaby", date(1966, 12, 1), "male", "17 Bobbin Way", _TOWN, "555-0145", **_NOT),
    "marisol": PatientData("Finchley-Oats", "Marisol", date(1990, 4, 22), "female", "5 Granary Court", _TOWN, "555-0146", **_NO),
    "tobias": PatientData("Inkpen", "Tobias", date(1979, 7, 7), "male", "29 Blotter Lane", _TOWN, "555-0147", **_NOT),
    "wilhelmina": PatientData(
        "Dustcote", "Wilhelmina", date(1949, 1, 19), "female", "2 Mantelpiece Mews", _TOWN, "555-0148", **_NOT),
    "cornelius": PatientData("Bellweather", "Cornelius", date(1988, 3, 11), "male", "63 Vane Hill", _TOWN, "555-0149", **_NOT),
    "ingrid": PatientData("Saltmarsh", "Ingrid", date(1975, 10, 5), "female", "11 Reedbed Road", _TOWN, "555-0150", **_NO),
    "lucinda": PatientData("Marrowfat", "Lucinda", date(1993, 6, 17), "female", "34 Pea Green", _TOWN, "555-0151", **_NO),
    "percival": PatientData(
        "Nettleby", "Percival", date(1961, 8, 25), "male", "7 Dock Leaf Drive", _TOWN, "555-0152",
        conditions=_ill("severe renal impairment"), **_NOT),
    "agnes": PatientData("Tolliver-Pym", "Agnes", date(1982, 11, 9), "female", "90 Cuckoo Corner", _TOWN, "555-0153", **_NO),
}  # fmt: skip

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
