"""What stands against handing a fill over: its label must say what the data say now, and its lots must still be good.

Everything is reckoned again from the rows as they are; nothing that a page showed is trusted.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from labels import LabelContent
from pharmacy import clock
from pharmacy.domain.dates import day_text
from pharmacy.errors import NotReady
from pharmacy.labelling import queries as labelling
from pharmacy.labelling import service as labels
from pharmacy.labelling.issuing import contents
from pharmacy.labelling.models import Container, IssuedLabel
from pharmacy.prescriptions import queries as prescriptions
from pharmacy.prescriptions.models import Fill
from pharmacy.prescriptions.screen import is_current
from pharmacy.screening import queries as screening

NAMES = {
    "patient": "patient",
    "drug": "medicine",
    "directions": "directions",
    "purpose": "purpose",
    "do_not_use_after": "date after which it is not to be used",
    "container": "number of the container",
    "containers": "count of containers",
    "warnings": "warnings",
    "quantity": "quantity",
    "lot": "lot",
    "refills": "refills",
    "prescriber": "prescriber",
    "fill_number": "fill number",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One field in which a label is not what the data say now. Both in words."""

    container: int
    field: str
    printed: str
    now: str

    def sentence(self) -> str:
        return (
            f"Label {self.container}, {NAMES.get(self.field, self.field.replace('_', ' '))}: "
            f"printed “{self.printed}”, by the data now “{self.now}”."
        )


def valid_labels(row: Container) -> list[IssuedLabel]:
    """The labels of the container that are not void; there is to be exactly one."""
    return [label for label in row.labels if label.status == labelling.VALID]


def differences(db: Session, one: Fill, rows: Sequence[Container]) -> list[Difference]:
    """Where the valid labels differ from what they would say if they were issued now.

    The day of filling and the serial are the label's own. ``one`` comes from ``prescriptions.queries.fill``, ``rows`` from
    ``labelling.queries.containers``.
    """
    expected = dict(contents(db, one, rows))
    found = []
    for row in rows:
        for label in valid_labels(row)[:1]:
            printed = LabelContent.from_json(label.content)
            now = dataclasses.replace(expected[row.id], serial=printed.serial, filled_on=printed.filled_on)
            found += [
                Difference(row.ordinal, part.name, _words(was), _words(is_now))
                for part in dataclasses.fields(LabelContent)
                if (was := getattr(printed, part.name)) != (is_now := getattr(now, part.name))
            ]
    return found


def _words(value: Any) -> str:
    if isinstance(value, date):
        return day_text(value)
    if isinstance(value, tuple):
        return " ".join(one.text for one in value)
    return "nothing" if value in {None, ""} else str(value)


def objections(db: Session, one: Fill, rows: Sequence[Container]) -> list[str]:
    """Everything that stands against approving the fill, in sentences; empty when nothing does."""
    found = []
    row = one.prescription
    if row.expires_on < clock.today():
        found.append(f"The prescription expired on {day_text(row.expires_on)}.")
    if one.accepted_at is None or one.medicines_confirmed_at is None:
        found.append("The fill has not passed its clinical review.")
    found += undecided(db, one.id)
    if why_not := labels.why_not_kept(db, one, rows):
        found.append(why_not)
    found += label_objections(db, one, rows)
    return found


def label_objections(db: Session, one: Fill, rows: Sequence[Container]) -> list[str]:
    """What is wrong with the labels: each container has exactly one that counts, and it says what the data say now."""
    found = []
    for row in rows:
        count = len(valid_labels(row))
        if count != 1:
            what = "has no valid label" if not count else f"has {count} valid labels"
            found.append(f"Container {row.ordinal} of {len(rows)} {what}.")
    return found + [one_of.sentence() for one_of in differences(db, one, rows)]


def check_current(db: Session, one: Fill) -> None:
    """Raise NotReady when a fact changed in the very moment between the screening and the act."""
    if not is_current(db, one):
        raise NotReady("A fact has just changed: the rules are to be run again. Look at the page anew.")


def undecided(db: Session, fill_id: int) -> list[str]:
    """That findings are open, in one sentence that names them; or nothing."""
    still_open = screening.open_findings(db, fill_id)
    if not still_open:
        return []
    titles = "; ".join(str(row.content["title"]) for row in still_open)
    return [f"Not decided: {titles}. The fill goes back to its clinical review."]


def shown(db: Session, one: Fill, rows: Sequence[Container]) -> dict[str, Any]:
    """What the pharmacist saw, by digest and number: kept with the verification."""
    run = screening.latest(db, one.id)
    return {
        "original": one.prescription.original or "telephone order",
        "labels": {label.serial: label.document for row in rows for label in valid_labels(row)},
        "lots": sorted({row.lot.number for row in rows}),
        "containers": [row.id for row in rows],
        "screening": run.id if run else None,
        "findings": [finding.id for finding in screening.findings(db, one.id)],
        "medicine": prescriptions.medicine_text(one.prescription),
        "quantity": one.quantity,
    }
