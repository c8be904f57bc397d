"""A lot of naltrexone HCl as a supplier delivers it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import Engine

from pharmacy.stock.certificates import CertificateGiven
from pharmacy.stock.service import Receipt
from tests import factories

DIHYDRATE = CertificateGiven(Decimal("99.2"), "anhydrous", Decimal("8.9"), Decimal("0.1"))


@pytest.fixture
def naltrexone(raw: Engine) -> int:
    """The item naltrexone HCl, kept in mg."""
    return factories.item(raw, "naltrexone-hcl", kind="drug", name="Naltrexone HCl")


@pytest.fixture
def shells(raw: Engine) -> int:
    """The item of empty shells, counted in pieces."""
    return factories.item(raw, "shell-3", kind="shell", unit="piece", name="Empty capsule, size 3")


@pytest.fixture
def receipt() -> Receipt:
    """25 g of dihydrate with its certificate's numbers."""
    return Receipt("Example Supply Co", "N-101", Decimal(25000), date(2026, 11, 20), date(2028, 6, 30), DIHYDRATE)
