"""A bought lot comes in, waits in quarantine, and is released or rejected."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from pharmacy import clock
from pharmacy.actions.acting import Conflict, Refused, Seen
from pharmacy.actions.catalogue import Actor
from pharmacy.actions.models import AuditEntry
from pharmacy.domain.potency import potency
from pharmacy.errors import NotReady, PharmacyError
from pharmacy.stock import queries, service
from pharmacy.stock.certificates import CertificateGiven
from pharmacy.stock.models import Lot, StockMovement
from pharmacy.stock.service import Receipt
from tests import factories


def seen(db: Session, lot_id: int) -> Seen[Lot]:
    return Seen(Lot, lot_id, queries.lot(db, lot_id).version)


def field_of(refused: pytest.ExceptionInfo[PharmacyError]) -> str:
    return refused.value.field


def test_a_received_lot_waits_in_quarantine_and_cannot_be_chosen(
    db: Session, tina: Actor, naltrexone: int, receipt: Receipt
) -> None:
    lot = queries.lot(db, service.receive_lot(db, tina, naltrexone, receipt))
    assert (lot.status, lot.quarantined, lot.available) == ("quarantined", Decimal(25000), Decimal(0))
    assert queries.selectable_lots(db, "naltrexone-hcl", clock.today()) == []
    assert [one.kind for one in queries.movements(db, lot.id)] == ["received"]


def test_the_certificate_of_a_received_lot_gives_its_potency(
    db: Session, tina: Actor, naltrexone: int, receipt: Receipt
) -> None:
    lot = queries.lot(db, service.receive_lot(db, tina, naltrexone, receipt))
    assert potency(service.certificate(lot)) == Fraction("0.90272")


def test_a_lot_without_a_stated_expiry_is_good_for_a_year_from_receipt_and_is_marked(
    db: Session, tina: Actor, naltrexone: int, receipt: Receipt
) -> None:
    lot = queries.lot(db, service.receive_lot(db, tina, naltrexone, replace(receipt, use_before=None)))
    assert (lot.use_before, lot.expiry_from_receipt) == (date(2027, 11, 20), True)


def test_a_year_from_29_february_is_never_a_day_too_long() -> None:
    from pharmacy.stock.words import last_day_from_receipt

    assert last_day_from_receipt(date(2028, 2, 29)) == date(2029, 2, 28)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        (None, "assay"),
        (CertificateGiven(), "assay"),
        (CertificateGiven(assay=Decimal("99.2")), "basis"),
        (CertificateGiven(Decimal("99.2"), "wet"), "basis"),
        (CertificateGiven(Decimal("99.2"), "anhydrous"), "water"),
        (CertificateGiven(Decimal("99.2"), "dried"), "water"),
        (CertificateGiven(Decimal("99.2"), "dried", Decimal("8.9"), Decimal("0.1")), "solvents"),
        (CertificateGiven(Decimal(0), "as is"), "assay"),
        (CertificateGiven(Decimal(992), "as is"), "assay"),
        (CertificateGiven(Decimal("99.2"), "anhydrous", Decimal(100)), "water"),
    ],
)
def test_a_drug_is_not_received_without_numbers_that_agree(
    db: Session, tina: Actor, naltrexone: int, receipt: Receipt, given: CertificateGiven | None, field: str
) -> None:
    with pytest.raises(PharmacyError) as refused:
        service.receive_lot(db, tina, naltrexone, replace(receipt, certificate=given))
    assert field_of(refused) == field
    assert db.scalars(select(Lot)).all() == []


def test_a_shell_needs_no_certificate_and_is_counted_whole(db: Session, tina: Actor, shells: int) -> None:
    boxes = Receipt("Example Supply Co", "S-1", Decimal("999.5"), date(2026, 11, 20), date(2029, 1, 31))
    with pytest.raises(PharmacyError, match="whole number") as refused:
        service.receive_lot(db, tina, shells, boxes)
    assert field_of(refused) == "amount"
    lot = queries.lot(db, service.receive_lot(db, tina, shells, replace(boxes, amount=Decimal(1000))))
    assert lot.quarantined == 1000


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"supplier": " "}, "supplier"),
        ({"number": ""}, "number"),
        ({"amount": Decimal(0)}, "amount"),
        ({"amount": Decimal(-1)}, "amount"),
        ({"amount": Decimal("Infinity")}, "amount"),
        ({"received_on": date(2999, 1, 1)}, "received_on"),
        ({"use_before": date(2026, 1, 31)}, "expiry"),
    ],
)
def test_what_is_missing_or_impossible_is_refused_at_its_field(
    db: Session, tina: Actor, naltrexone: int, receipt: Receipt, wrong: dict[str, object], field: str
) -> None:
    with pytest.raises(PharmacyError) as refused:
        service.receive_lot(db, tina, naltrexone, replace(receipt, **wrong))
    assert field_of(refused) == field


def test_the_same_lot_is_not_received_twice(db: Session, tina: Actor, naltrexone: int, receipt: Receipt) -> None:
    service.receive_lot(db, tina, naltrexone, receipt)
    with pytest.raises(PharmacyError, match="here already") as refused:
        service.receive_lot(db, tina, naltrexone, receipt)
    assert field_of(refused) == "number"


def test_the_same_form_sent_twice_receives_once(db: Session, tina: Actor, naltrexone: int, receipt: Receipt) -> None:
    first = service.receive_lot(db, tina, naltrexone, receipt, "a" * 32)
    assert service.receive_lot(db, tina, naltrexone, receipt, "a" * 32) == first
    assert len(db.scalars(select(StockMovement)).all()) == 1


def test_what_is_made_here_is_not_received(db: Session, raw: Engine, tina: Actor, receipt: Receipt) -> None:
    made = factories.item(raw, "naltrexone-capsule-4.5mg", kind="preparation", unit="piece")
    with pytest.raises(PharmacyError, match="made here"):
        service.receive_lot(db, tina, made, receipt)


def test_only_the_pharmacist_in_charge_releases(
    db: Session, tina: Actor, paul: Actor, pia: Actor, naltrexone: int, receipt: Receipt
) -> None:
    lot_id = service.receive_lot(db, tina, naltrexone, receipt)
    for actor in (tina, paul):
        with pytest.raises(Refused, match="pharmacist in charge"):
            service.release_lot(db, actor, seen(db, lot_id), "certificate compared")
    service.release_lot(db, pia, seen(db, lot_id), "certificate compared")
    lot = queries.lot(db, lot_id)
    assert (lot.status, lot.quarantined, lot.available) == ("released", Decimal(0), Decimal(25000))


@pytest.mark.parametrize("who", ["ada", "adam"])
def test_who_has_no_clinical_role_receives_nothing(
    db: Session, naltrexone: int, receipt: Receipt, who: str, request: pytest.FixtureRequest
) -> None:
    with pytest.raises(Refused):
        service.receive_lot(db, request.getfixturevalue(who), naltrexone, receipt)


def test_a_release_asks_for_what_was_compared(
    db: Session, tina: Actor, pia: Actor, naltrexone: int, receipt: Receipt
) -> None:
    lot_id = service.receive_lot(db, tina, naltrexone, receipt)
    with pytest.raises(Refused, match="reason"):
        service.release_lot(db, pia, seen(db, lot_id), "  ")


def test_an_expired_lot_is_not_released(db: Session, raw: Engine, pia: Actor, naltrexone: int) -> None:
    lot_id = factories.lot(
        raw, naltrexone, status="quarantined", use_before=date(2026, 1, 31), assay=Decimal(99), assay_basis="as is"
    )
    with pytest.raises(NotReady, match="past its expiry, 31 JAN 2026"):
        service.release_lot(db, pia, seen(db, lot_id), "compared")


def test_a_drug_without_certificate_numbers_is_not_released(
    db: Session, raw: Engine, pia: Actor, naltrexone: int
) -> None:
    lot_id = factories.lot(raw, naltrexone, status="quarantined")
    with pytest.raises(NotReady, match="no certificate numbers"):
        service.release_lot(db, pia, seen(db, lot_id), "compared")
    assert queries.lot(db, lot_id).status == "quarantined"


def test_the_release_puts_a_wrongly_entered_assay_right(
    db: Session, tina: Actor, pia: Actor, naltrexone: int, receipt: Receipt
) -> None:
    lot_id = service.receive_lot(db, tina, naltrexone, receipt)
    read = CertificateGiven(Decimal("99.7"), "anhydrous", Decimal("8.9"), Decimal("0.1"))
    service.release_lot(db, pia, seen(db, lot_id), "assay is 99.7 on the certificate", certificate_read=read)
    assert queries.lot(db, lot_id).assay == Decimal("99.7")


def test_a_lot_made_here_is_released_only_with_its_compounding_record(
    db: Session, raw: Engine, pia: Actor, naltrexone: int
) -> None:
    made = factories.item(raw, "naltrexone-capsule-3mg", kind="preparation", unit="piece")
    lot_id = factories.put(
        raw,
        Lot,
        item_id=made,
        number="C261123-01",
        origin="made",
        status="quarantined",
        received_on=date(2026, 11, 23),
        use_before=date(2027, 5, 1),
        quarantined=Decimal(30),
    )
    with pytest.raises(NotReady, match="compounding record"):
        service.release_lot(db, pia, seen(db, lot_id), "looks good")
    with pytest.raises(NotReady, match="compounding record"):
        service.reject_lot(db, pia, seen(db, lot_id), "looks bad")


def test_a_released_lot_goes_back_to_quarantine_at_once_and_is_released_again(
    db: Session, raw: Engine, tina: Actor, pia: Actor, naltrexone: int
) -> None:
    lot_id = factories.lot(raw, naltrexone, assay=Decimal(99), assay_basis="as is")
    service.quarantine_lot(db, tina, seen(db, lot_id), "supplier's recall notice")
    assert queries.selectable_lots(db, "naltrexone-hcl", clock.today()) == []
    service.release_lot(db, pia, seen(db, lot_id), "the recall names another lot")
    assert [one.id for one in queries.selectable_lots(db, "naltrexone-hcl", clock.today())] == [lot_id]


def test_a_rejected_lot_is_gone_for_good(
    db: Session, tina: Actor, paul: Actor, pia: Actor, naltrexone: int, receipt: Receipt
) -> None:
    lot_id = service.receive_lot(db, tina, naltrexone, receipt)
    service.reject_lot(db, paul, seen(db, lot_id), "seal broken; sent back")
    lot = queries.lot(db, lot_id)
    assert (lot.status, lot.quarantined, lot.available) == ("rejected", 0, 0)
    with pytest.raises(Refused, match="rejected"):
        service.release_lot(db, pia, seen(db, lot_id), "on second thoughts")
    with pytest.raises(NotReady, match="rejected"):
        service.correct_count(db, tina, seen(db, lot_id), Decimal(5), "found some")


def test_two_people_on_one_lot_and_the_second_is_told_who_was_first(
    db: Session, tina: Actor, paul: Actor, pia: Actor, naltrexone: int, receipt: Receipt
) -> None:
    lot_id = service.receive_lot(db, tina, naltrexone, receipt)
    both_saw = seen(db, lot_id)
    service.reject_lot(db, paul, both_saw, "seal broken")
    with pytest.raises((Conflict, Refused)):
        service.release_lot(db, pia, both_saw, "compared")


def test_every_step_of_a_lot_stands_in_the_log_under_the_lot(
    db: Session, tina: Actor, pia: Actor, naltrexone: int, receipt: Receipt
) -> None:
    lot_id = service.receive_lot(db, tina, naltrexone, receipt)
    service.release_lot(db, pia, seen(db, lot_id), "compared")
    actions = db.scalars(select(AuditEntry.action).order_by(AuditEntry.n)).all()
    assert list(actions)[-2:] == ["lot:receive", "lot:release"]


def test_an_item_needs_a_code_that_nobody_has(db: Session, paul: Actor, tina: Actor) -> None:
    service.add_item(db, paul, "lactose", "Lactose monohydrate", "filler", "mg")
    for code, field in (("lactose", "code"), ("Lactose mono", "code"), ("", "code")):
        with pytest.raises(PharmacyError) as refused:
            service.add_item(db, paul, code, "Another", "filler", "mg")
        assert field_of(refused) == field
    with pytest.raises(Refused, match="pharmacist"):
        service.add_item(db, tina, "talc", "Talc", "filler", "mg")
