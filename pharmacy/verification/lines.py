"""The fill line by line: as entered, as prepared, as printed on its labels, and whether the label says what the data say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from labels import LabelContent
from pharmacy.domain import directions as taking
from pharmacy.domain.dates import day_text
from pharmacy.domain.strength import Form
from pharmacy.labelling.models import Container
from pharmacy.prescriptions import queries as prescriptions
from pharmacy.prescriptions.models import Fill
from pharmacy.verification.checking import Difference, valid_labels
from pharmacy.verification.lot_record import LotRecord

SAME, DIFFERS, EYES = "same", "differs", ""


@dataclass(frozen=True, slots=True)
class ProofLine:
    """One line. An empty text means: not stated there. ``verdict`` is empty where only a person can compare."""

    name: str
    entered: str
    prepared: str
    printed: str
    verdict: str
    strong: bool = False


def proof_lines(
    one: Fill, rows: Sequence[Container], lots: Sequence[LotRecord], differences: Sequence[Difference] | None
) -> list[ProofLine]:
    """Every line that is compared, in the order of the paper. Without ``differences`` nothing is said of same or not."""
    row, form = one.prescription, Form(one.prescription.form)
    said = [LabelContent.from_json(label.content) for container in rows for label in valid_labels(container)[:1]]
    differing = {found.field for found in differences or ()}

    def printed(field: str) -> str:
        return " / ".join(dict.fromkeys(str(getattr(content, field) or "") for content in said))

    def verdict(*fields: str) -> str:
        if not said or differences is None:
            return EYES
        return DIFFERS if differing & set(fields) else SAME

    owed = f"; {form.amount_text(one.owed)} owed" if one.owed else ""
    left = prescriptions.refills_left(row)
    purpose = row.purpose + ("" if row.print_purpose or not row.purpose else " (not to be printed)")
    allergies = ", ".join(each.words for each in row.patient.sensitivities) or "none known"
    beside = "; ".join(dict.fromkeys(name for lot in lots for name in lot.besides_the_drug))
    return [
        ProofLine("Patient", row.patient.full_name, "", printed("patient"), verdict("patient"), strong=True),
        ProofLine("Born", day_text(row.patient.born), "", "", EYES),
        ProofLine("Allergies", allergies, beside, "", EYES),
        ProofLine(
            "Medicine",
            prescriptions.medicine_text(row),
            _medicines(lots),
            printed("drug"),
            _medicine(one, lots, verdict("drug")),
            strong=True,
        ),
        ProofLine(
            "Directions",
            taking.sentence(prescriptions.directions_for(one)),
            "",
            printed("directions"),
            verdict("directions"),
        ),
        ProofLine(
            "Quantity",
            form.amount_text(one.quantity) + owed,
            _packed(rows, lots, form),
            " + ".join(content.quantity for content in said),
            verdict("quantity", "container", "containers") if _whole(one, rows) or differences is None else DIFFERS,
        ),
        ProofLine("Refills", f"{row.refills}, {left} left", "", printed("refills"), verdict("refills")),
        ProofLine("Purpose", purpose, "", printed("purpose"), verdict("purpose")),
        ProofLine("Written", f"{day_text(row.written_on)}, expires {day_text(row.expires_on)}", "", "", EYES),
        ProofLine("Prescriber", row.prescriber.full_name, "", printed("prescriber"), verdict("prescriber")),
        ProofLine(
            "Lot", "", " / ".join(f"{lot.lot.number}, {lot.lot.status}" for lot in lots), printed("lot"), verdict("lot")
        ),
        ProofLine(
            "Beyond use",
            "",
            " / ".join(_beyond_use(lot) for lot in lots),
            " / ".join(dict.fromkeys(f"Do not use after {day_text(content.do_not_use_after)}" for content in said)),
            verdict("do_not_use_after"),
        ),
        ProofLine(
            "Warnings",
            "",
            "",
            " / ".join(dict.fromkeys(" ".join(each.text for each in content.warnings) for content in said)),
            verdict("warnings"),
        ),
    ]


def _medicines(lots: Sequence[LotRecord]) -> str:
    made = (" ".join(lot.medicine) if lot.medicine else lot.lot.item.name for lot in lots)
    return " / ".join(dict.fromkeys(made))


def _medicine(one: Fill, lots: Sequence[LotRecord], printed: str) -> str:
    """Printed as entered, and made by a formula of the very form and strength that was prescribed."""
    row = one.prescription
    for lot in lots:
        if lot.preparation is not None:
            record = lot.preparation.formula_version.record
            if (record.kind, record.strength) != (row.form, row.strength):
                return DIFFERS
    return printed


def _packed(rows: Sequence[Container], lots: Sequence[LotRecord], form: Form) -> str:
    packed = " + ".join(form.amount_text(row.quantity) for row in rows) or "nothing packed"
    made = "; ".join(f"of {lot.made} made" for lot in lots if lot.made)
    return f"{packed}, {made}" if made else packed


def _whole(one: Fill, rows: Sequence[Container]) -> bool:
    return sum(row.quantity for row in rows) == one.quantity


def _beyond_use(lot: LotRecord) -> str:
    decided = lot.preparation.beyond_use_decided_by if lot.preparation is not None else ""
    return f"{day_text(lot.lot.use_before)}{f': {decided}' if decided else ''}"
