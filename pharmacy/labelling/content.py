"""What a container's label says: facts of fill, lot and formula put into words, once, before anything is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from labels import AuxiliaryLabel, LabelContent
from pharmacy.domain import directions as taking
from pharmacy.domain.dates import day_text
from pharmacy.domain.formula import Particulars
from pharmacy.domain.quantity import NBSP
from pharmacy.domain.strength import Form
from pharmacy.errors import NotReady
from pharmacy.labelling.models import Container
from pharmacy.premises.models import Pharmacy
from pharmacy.prescriptions import queries as prescriptions
from pharmacy.prescriptions.models import Fill, Prescription
from pharmacy.rules.findings import LabelWarning

STATEMENT = "Compounded preparation. Not FDA-approved. Off-label use. Rx only"


@dataclass(frozen=True, slots=True)
class Around:
    """What a label says besides the fill and its container; all labels of one fill share it."""

    pharmacy: Pharmacy
    warnings: tuple[LabelWarning, ...]
    containers: int
    on: date
    place: int | None = None  # in a kit: which of its containers the fill is; ``containers`` are then those of the kit


def label_content(
    fill: Fill, container: Container, particulars: Particulars, around: Around, serial: str
) -> LabelContent:
    """The label of one container (its lot loaded; the fill from ``prescriptions.queries.fill``).

    ``particulars`` are those of the formula by which the container's lot was made. Raises NotReady when something that
    must stand on every label is missing.
    """
    row, place = fill.prescription, around.pharmacy
    form = Form(row.form)
    try:
        return LabelContent(
            patient=row.patient.full_name,
            drug=prescriptions.medicine_text(row),
            directions=taking.sentence(prescriptions.directions_for(fill)),
            purpose=row.purpose if row.print_purpose and row.purpose else None,
            do_not_use_after=container.lot.use_before,
            container=around.place or container.ordinal,
            containers=around.containers,
            warnings=auxiliary(around.warnings),
            statement=STATEMENT,
            quantity=form.amount_text(container.quantity).replace(" ", NBSP),
            filled_on=around.on,
            lot=container.lot.number,
            route=form.route.capitalize(),
            refills=refills(row, around.on),
            prescriber=row.prescriber.full_name,
            storage=particulars.storage,
            description=particulars.physical_description,
            pharmacy_name=place.name,
            pharmacy_address=f"{place.street}, {place.town}",
            pharmacy_phone=place.phone,
            fill_number=fill.number,
            serial=serial,
        )
    except ValueError as missing:
        raise NotReady(str(missing)) from missing


def auxiliary(warnings: Sequence[LabelWarning]) -> tuple[AuxiliaryLabel, ...]:
    """The warnings as the label takes them, weightiest first."""
    return tuple(AuxiliaryLabel(one.text, one.symbol or None, one.weight) for one in warnings)


def refills(row: Prescription, on: date) -> str:
    """``Refills: 3 before 02 MAR 2027``: on that day the prescription is no longer good. Its fills are loaded."""
    left = prescriptions.refills_left(row)
    if left < 1 or row.expires_on < on:
        return "No refills"
    return f"Refills: {left} before {day_text(row.expires_on + timedelta(days=1))}"


def serial_of(fill: Fill, container: Container, issued_so_far: int) -> str:
    """``100231-00-1-01``: fill, container, and which label of that container; a void one keeps its number."""
    return f"{fill.number}-{container.ordinal}-{issued_so_far + 1:02}"


def in_words(content: LabelContent) -> str:
    """The label for someone who hears it instead of seeing its picture."""
    bottle = f"Bottle {content.container} of {content.containers}." if content.containers > 1 else ""
    warnings = " ".join(one.text for one in content.warnings_by_weight())
    parts = (
        f"{content.patient}.",
        f"{content.drug}.",
        content.directions,
        f"For: {content.purpose}." if content.purpose else "",
        f"Do not use after {day_text(content.do_not_use_after)}.",
        bottle,
        warnings,
        f"{content.statement}.",
        f"{content.quantity}, lot {content.lot}, serial {content.serial}.",
    )
    return " ".join(part for part in parts if part).replace(NBSP, " ")
