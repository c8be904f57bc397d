"""Lots of tablets: counted, with the strength on their label and their NDC, and never with a certificate's potency."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from pharmacy.actions.acting import Seen
from pharmacy.actions.catalogue import Actor
from pharmacy.domain.quantity import Mass
from pharmacy.errors import PharmacyError
from pharmacy.stock import queries, service
from pharmacy.stock.labels import LabelGiven
from pharmacy.stock.models import Lot
from pharmacy.stock.service import Receipt
from tests import factories
from tests.steps.stock.test_pages import SignIn, post

FIFTY = LabelGiven(Decimal(50), "51927-5086-1")


@pytest.fixture
def tablets(raw: Engine) -> int:
    return factories.item(
        raw, "naltrexone-tablet-50mg", kind="tablet", unit="piece", name="Naltrexone HCl 50 mg tablets"
    )


@pytest.fixture
def bottle() -> Receipt:
    """Thirty tablets of 50 mg."""
    expiry = date(2028, 6, 30)
    return Receipt("Example Supply Co", "T-1", Decimal(30), date(2026, 11, 20), expiry, label=FIFTY)


def test_a_lot_of_tablets_keeps_its_label(db: Session, tina: Actor, tablets: int, bottle: Receipt) -> None:
    lot = queries.lot(db, service.receive_lot(db, tina, tablets, bottle))
    assert (lot.label_strength, lot.ndc, lot.quarantined) == (Decimal(50), "51927-5086-1", Decimal(30))
    facts = queries.lot_facts(lot)
    assert facts.label_strength == Mass.of(50, "mg")
    assert facts.certificate is None


@pytest.mark.parametrize(
    ("label", "field"),
    [
        (None, "label_strength"),
        (LabelGiven(), "label_strength"),
        (LabelGiven(Decimal(0)), "label_strength"),
        (LabelGiven(Decimal("1000.1")), "label_strength"),
        *((LabelGiven(Decimal(50), ndc), "ndc") for ndc in ("0056", "519275086", "51927_5086", "51927-50866-1", "x")),
    ],
)
def test_tablets_are_not_received_without_a_label_that_can_be(
    db: Session, tina: Actor, tablets: int, bottle: Receipt, label: LabelGiven | None, field: str
) -> None:
    with pytest.raises(PharmacyError) as refused:
        service.receive_lot(db, tina, tablets, replace(bottle, label=label))
    assert refused.value.field == field
    assert queries.lots_of(db, tablets) == []


@pytest.mark.parametrize("ndc", ["", " 51927-5086 ", "0056-0011", "0056-0011-70", "12345-678-9", "12345-6789-10"])
def test_an_ndc_is_kept_as_it_is_printed(db: Session, tina: Actor, tablets: int, bottle: Receipt, ndc: str) -> None:
    given = replace(bottle, label=LabelGiven(Decimal(50), ndc))
    assert queries.lot(db, service.receive_lot(db, tina, tablets, given)).ndc == (ndc.strip() or None)


def test_a_part_of_a_tablet_is_not_received(db: Session, tina: Actor, tablets: int, bottle: Receipt) -> None:
    with pytest.raises(PharmacyError, match="whole number"):
        service.receive_lot(db, tina, tablets, replace(bottle, amount=Decimal("2.7")))


def test_powder_has_no_label_strength(db: Session, tina: Actor, naltrexone: int, receipt: Receipt) -> None:
    with pytest.raises(PharmacyError, match="no tablet") as refused:
        service.receive_lot(db, tina, naltrexone, replace(receipt, label=FIFTY))
    assert refused.value.field == "label_strength"
    kept = queries.lot(
        db, service.receive_lot(db, tina, naltrexone, replace(receipt, label=LabelGiven(None, "51927-5086")))
    )
    assert kept.ndc == "51927-5086"


def test_a_wrong_strength_is_put_right_at_the_release(
    db: Session, tina: Actor, pia: Actor, tablets: int, bottle: Receipt
) -> None:
    wrong = replace(bottle, label=LabelGiven(Decimal(25), ""))
    lot_id = service.receive_lot(db, tina, tablets, wrong)
    seen = Seen(Lot, lot_id, queries.lot(db, lot_id).version)
    service.release_lot(db, pia, seen, "compared with the bottle", label_read=FIFTY)
    lot = queries.lot(db, lot_id)
    assert (lot.status, lot.label_strength, lot.ndc) == ("released", Decimal(50), "51927-5086-1")


def test_tablets_are_items_that_are_counted(db: Session, paul: Actor) -> None:
    with pytest.raises(PharmacyError, match="Tablets are counted") as refused:
        service.add_item(db, paul, "naltrexone-tablet-25mg", "Naltrexone HCl 25 mg tablets", "tablet", "mg")
    assert refused.value.field == "unit"
    assert service.add_item(db, paul, "naltrexone-tablet-25mg", "Naltrexone HCl 25 mg tablets", "tablet", "piece")


def test_tablets_are_received_and_released_on_their_pages(
    sign_in: SignIn, db: Session, tina: Actor, pia: Actor, tablets: int
) -> None:
    given = {
        "supplier": "Example Supply Co",
        "number": "T-2",
        "amount": "100",
        "received_on": "20 NOV 2026",
        "basis": "",
    }
    client = sign_in(tina)
    status, page = post(client, f"/stock/items/{tablets}/receive", **given, expiry="06/2028")
    assert status == 422
    assert "one tablet holds by its label" in page
    status, _ = post(
        client, f"/stock/items/{tablets}/receive", **given, expiry="06/2028", label_strength="25", ndc="51927-5086"
    )
    assert status == 302
    lot = queries.lots_of(db, tablets)[0]
    page = client.get(f"/stock/lots/{lot.id}").text
    assert "25&nbsp;mg" in page
    assert "51927-5086" in page
    status, _ = post(
        sign_in(pia),
        f"/stock/lots/{lot.id}/release",
        reason="as the bottle says",
        basis="",
        label_strength="50",
        ndc="51927-5086",
    )
    assert status == 302
    db.rollback()  # an older snapshot would not show it
    assert queries.lot(db, lot.id).label_strength == Decimal(50)
