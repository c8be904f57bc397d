"""What the label of a bought lot says of it: the strength of one tablet, and the National Drug Code."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from pharmacy.domain.formula import Role
from pharmacy.errors import PharmacyError
from pharmacy.stock.models import Lot, StockItem

TABLET_KIND = Role.TABLET.value
LABELLED = frozenset({Role.DRUG.value, TABLET_KIND})  # what has an NDC that is kept
MOST = Decimal(1000)  # mg; naltrexone tablets hold 50 mg
# Labeler and product, and the package where it is printed too: 4-4, 5-3 or 5-4 digits, then 1 or 2.
_NDC = re.compile(r"(?:[0-9]{4}-[0-9]{4}|[0-9]{5}-[0-9]{3,4})(?:-[0-9]{1,2})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class LabelGiven:
    """What a person read off the label: mg of naltrexone HCl in one tablet, and the NDC as printed."""

    strength: Decimal | None = None
    ndc: str = ""


def write_label(lot: Lot, item: StockItem, given: LabelGiven) -> None:
    """Put it on the lot; of tablets the strength is asked for, of nothing else is there one."""
    if item.kind == TABLET_KIND:
        if given.strength is None:
            raise PharmacyError("Say how much naltrexone HCl one tablet holds by its label.", "label_strength")
        if not 0 < given.strength <= MOST:
            raise PharmacyError("The strength of a tablet is above 0 and at most 1,000 mg.", "label_strength")
    elif given.strength is not None:
        raise PharmacyError(f"{item.name} is no tablet; it has no label strength.", "label_strength")
    ndc = given.ndc.strip()
    if ndc and not _NDC.fullmatch(ndc):
        raise PharmacyError("Write the NDC with its hyphens, as printed: 51927-5086, or 51927-5086-1.", "ndc")
    lot.label_strength, lot.ndc = given.strength, ndc or None
