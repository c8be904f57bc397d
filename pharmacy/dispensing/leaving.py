"""What is told of a hand-over, and what stands against it. Nothing here writes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy.orm import Session

from pharmacy import clock
from pharmacy.dispensing import queries
from pharmacy.domain.beyond_use import TooShort
from pharmacy.domain.dates import day_text
from pharmacy.domain.strength import Form
from pharmacy.errors import Mismatch, NotReady, PharmacyError
from pharmacy.labelling import service as labels
from pharmacy.labelling.models import Container
from pharmacy.preparations.supply import Supply, supply, that_fits
from pharmacy.prescriptions.models import Fill
from pharmacy.stock.movements import check_in_date
from pharmacy.stock.words import RELEASED
from pharmacy.verification import checking
from pharmacy.verification import queries as verification


class Method(StrEnum):
    """How a fill leaves the pharmacy."""

    PICK_UP = "pick-up"
    COURIER = "courier"
    POST = "post"


class Counselling(StrEnum):
    """Whether the talk took place: an offer may be declined, and that is recorded."""

    DONE = "done"
    DECLINED = "declined"


RELATIONSHIPS = ("patient", "family", "other")


@dataclass(frozen=True, slots=True)
class Given:
    """What is told of one hand-over. ``told`` are the points as shown that were told; ``scans`` one for each container."""

    method: Method
    to_whom: str
    relationship: str
    counselling: Counselling
    counselled_by: int | None = None
    told: tuple[str, ...] = ()
    scans: tuple[str, ...] = ()
    carrier: str = ""
    tracking: str = ""
    packed_by: int | None = None

    def check(self) -> None:
        """Refuse what is missing, at its field: a parcel has a carrier, a tracking number and somebody who packed it."""
        if not self.to_whom.strip():
            raise PharmacyError("Say to whom it is handed or sent.", "to_whom")
        if self.relationship not in RELATIONSHIPS:
            raise PharmacyError("Say who that is: the patient, family or someone else.", "relationship")
        if self.method is Method.PICK_UP:
            return
        if not self.carrier.strip():
            raise PharmacyError("Say which carrier takes it.", "carrier")
        if not self.tracking.strip():
            raise PharmacyError("Write down the tracking number.", "tracking")
        if self.packed_by is None:
            raise PharmacyError("Say who packed it.", "packed_by")


def check_people(db: Session, given: Given) -> None:
    """Counselling is a pharmacist's act, whoever hands over; a parcel was packed by someone who works here."""
    if given.packed_by is not None and given.packed_by not in {one.id for one in queries.staff(db)}:
        raise PharmacyError("Choose who packed it from the people who work here.", "packed_by")
    counsellors = {one.id for one in queries.pharmacists(db)}
    if given.counselled_by is not None and given.counselled_by not in counsellors:
        raise PharmacyError("Counselling is done by a pharmacist.", "counselled_by")
    if given.counselling is Counselling.DONE and given.counselled_by is None:
        raise PharmacyError("Say which pharmacist counselled.", "counselled_by")


def check_talk(points: Sequence[queries.Point], given: Given) -> None:
    """Every point that the rules ask for was told, unless the talk was declined."""
    if given.counselling is Counselling.DECLINED:
        return
    untold = [one.words for one in points if one.words not in given.told]
    if untold:
        raise PharmacyError(f"Not told yet: {' '.join(untold)}", "told")


def check_scans(one: Fill, rows: Sequence[Container], scans: Iterable[str]) -> None:
    """Each container's label was scanned: its bar code is the fill's number, its square code names the very serial.

    Raises Mismatch at the field ``scans``: another fill's bottle, a void label, one bottle scanned twice.
    """
    given = [text.strip().upper() for text in scans if text.strip()]
    count = len(rows)
    if len(given) < count:
        what = "the container" if count == 1 else f"each of the {count} containers"
        raise PharmacyError(f"Scan the label of {what}: {len(given)} of {count} scanned.", "scans")
    if len(given) > count:
        raise PharmacyError(f"{len(given)} labels were scanned, but the fill has {count}.", "scans")
    expected = {
        f"{one.number}|{row.lot.number}|{label.serial}".upper(): label.serial
        for row in rows
        for label in checking.valid_labels(row)
    }
    serials = []
    for text in given:
        if text == one.number.upper():
            continue
        if text not in expected:
            raise Mismatch(f"“{text[:60]}” is no valid label of fill {one.number}. Do not hand it over.", "scans")
        serials.append(expected[text])
    if len(serials) != len(set(serials)):
        raise Mismatch("The same container was scanned twice.", "scans")


def against(db: Session, one: Fill, rows: Sequence[Container]) -> list[str]:
    """Everything that stands against handing the fill over today, in sentences; empty when nothing does."""
    found = checking.undecided(db, one.id)
    waits = queries.waits_until(db, one.id)
    if waits:
        found.append(f"It was decided to wait: naltrexone may start on {waits[1]} ({waits[0].content['title']}).")
    if not rows:
        found.append("Nothing is packed for this fill.")
    for row in rows:
        if row.lot.status != RELEASED:
            found.append(f"Lot {row.lot.number} is {row.lot.status}; only a released lot is handed over.")
    found += _labels_as_verified(db, one, rows)
    if rows and (why_not := _too_short(one, rows)):
        found.append(why_not)
    return found


def _labels_as_verified(db: Session, one: Fill, rows: Sequence[Container]) -> list[str]:
    """The labels on the containers are those that the pharmacist signed for."""
    approval = verification.approval(db, one.id)
    if approval is None:
        return ["No pharmacist has verified this fill."]
    issued = {label.serial: label.document for row in rows for label in checking.valid_labels(row)}
    if issued != approval.shown["labels"] or len(issued) != len(rows):
        return ["The labels are not those that were verified."]
    return []


def _too_short(one: Fill, rows: Sequence[Container]) -> str:
    """Why the beyond-use date is too early for the supply, with the quantity that fits; empty when it is not."""
    for row in rows:
        try:
            check_in_date(row.lot, clock.today())
        except NotReady as past:
            return past.sentence
    lots = [row.lot for row in rows]
    if not isinstance(labels.outlasts(one, lots), TooShort):
        return ""
    last, used, form = min(lot.use_before for lot in lots), supply(one), Form(one.prescription.form)
    days, quantity = that_fits(one, last)
    offer = (
        f"{form.amount_text(quantity)} for {days} {'day' if days == 1 else 'days'} would fit, the rest owed: return this one "
        "and fill it anew."
        if quantity
        else "Not even one day of it fits: return it."
    )
    return (
        f"It may be used until {day_text(last)}, but {form.amount_text(one.quantity)} would last from "
        f"{day_text(used.first_day)} to {day_text(used.last_day)}. {offer}"
    )


def supply_of(one: Fill) -> Supply:
    """The days on which the fill would be used if it were handed over today."""
    return supply(one)
