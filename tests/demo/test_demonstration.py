"""What the demonstration pharmacy shows, and where it refuses to be."""

from __future__ import annotations

import itertools
import stat
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import time_machine
from flask.testing import FlaskCliRunner
from sqlalchemy import Select, func, select

from pharmacy import clock
from pharmacy.accounts.models import Person
from pharmacy.actions import record
from pharmacy.actions.acting import Seen
from pharmacy.actions.catalogue import Role
from pharmacy.actions.models import AuditBody, AuditEntry
from pharmacy.config import Config
from pharmacy.domain.workflow import Status
from pharmacy.error_pages import STATIC
from pharmacy.errors import PharmacyError
from pharmacy.formulary import queries as formulary
from pharmacy.labelling.models import Container
from pharmacy.patients.models import Patient, Prescriber
from pharmacy.premises import queries as premises
from pharmacy.preparations import draft
from pharmacy.preparations import service as preparations
from pharmacy.preparations.models import Preparation, PreparationFill
from pharmacy.prescriptions import review
from pharmacy.prescriptions.models import Fill, Prescription
from pharmacy.screening import queries as screening
from pharmacy.stock import queries as stock
from tests.demo.told import AT, SIGN_INS, Demo, guard_and_make, tell

EXPIRED = "N-6019"


def count(demo: Demo, model: type) -> int:
    return demo.db.scalar(select(func.count()).select_from(model)) or 0


def seen(row: Fill) -> Seen[Fill]:
    return Seen(Fill, row.id, row.version)


def test_there_are_twelve_patients_four_prescribers_and_sixteen_prescriptions(demo: Demo) -> None:
    assert (count(demo, Patient), count(demo, Prescriber), count(demo, Prescription)) == (12, 4, 16)
    patients = set(demo.db.scalars(select(Prescription.patient_id)))
    assert len(patients) == 12  # nobody is there for nothing
    assert len(set(demo.db.scalars(select(Prescription.prescriber_id)))) == 4


def test_every_strength_and_both_liquids_are_ordered(demo: Demo) -> None:
    ordered = set(demo.db.execute(select(Prescription.form, Prescription.strength)).all())
    capsules = {strength for form, strength in ordered if form == "capsule"}
    liquids = {strength for form, strength in ordered if form == "liquid"}
    assert capsules == {Decimal(text) for text in ("0.5", "1", "1.5", "2", "3", "4.5")}
    assert liquids == {Decimal(1), Decimal(5)}


def test_a_fill_stands_in_every_stage(demo: Demo) -> None:
    standing = Counter(demo.db.scalars(select(Fill.status)))
    passed_through = {Status.VERIFIED.value}  # verification and the shelf of pick-up are one step
    assert set(standing) | passed_through == {status.value for status in Status}
    verified = select(func.count()).where(AuditEntry.action == "fill:verify")
    assert demo.db.scalar(verified) == 7


def test_a_refill_came_from_stock_without_a_preparation(demo: Demo) -> None:
    refill = demo.fill("100001-01")
    assert refill.status == Status.HANDED_OVER
    made_for = select(PreparationFill).where(PreparationFill.fill_id == refill.id)
    assert demo.db.scalars(made_for).all() == []
    lot = demo.db.scalars(select(Container.lot_id).where(Container.fill_id == refill.id)).one()
    first = demo.fill("100001-00")
    (made,) = demo.db.scalars(select(Preparation).where(Preparation.lot_id == lot))
    assert made.compounded_on is not None
    assert made.compounded_on < clock.local(refill.since).date()
    assert demo.db.scalars(select(Container.lot_id).where(Container.fill_id == first.id)).one() == lot


def test_oxycodone_blocks_its_patient_and_nobody_can_pass(demo: Demo) -> None:
    blocked = demo.fill_of("Ingrid")
    (block,) = [row for row in screening.open_findings(demo.db, blocked.id) if row.level == "BLOCK"]
    assert "oxycodone" in str(block.content).casefold()
    assert not screening.told(block).needs.decidable
    for who in ("paul", "pia"):
        with pytest.raises(PharmacyError, match=r".+"):
            review.accept_fill(demo.db, demo.actor(who), seen(blocked))
    assert demo.fill(blocked.number).status == Status.IN_REVIEW


def test_a_medicine_that_nobody_knows_is_not_checked(demo: Demo) -> None:
    unknown = demo.fill_of("Lucinda")
    (finding,) = [row for row in screening.open_findings(demo.db, unknown.id) if row.level == "NOT CHECKED"]
    assert "Sereniva" in str(finding.content)
    with pytest.raises(PharmacyError, match=r".+"):
        review.accept_fill(demo.db, demo.actor("pia"), seen(unknown))


def test_the_expired_lot_cannot_be_chosen(demo: Demo) -> None:
    expired = demo.lot(EXPIRED)
    assert (expired.status, expired.use_before < clock.today(), expired.available > 0) == ("released", True, True)
    selectable = stock.selectable_lots(demo.db, "naltrexone-hcl", clock.today())
    assert selectable
    assert EXPIRED not in {lot.number for lot in selectable}
    choice = choice_for(demo, "Cornelius", **{"naltrexone-hcl": expired.id})
    with pytest.raises(PharmacyError, match=r"past|expired|15 OCT"):
        preparations.plan_preparation(demo.db, demo.actor("tina"), choice)


def choice_for(demo: Demo, given_name: str, **lots: int) -> draft.Choice:
    """What the planning page would send for this patient's newest fill; lots by component code."""
    row = demo.fill_of(given_name)
    order = demo.db.get_one(Prescription, row.prescription_id)
    (version,) = formulary.approved_for(demo.db, order.form, order.strength)
    balance = premises.usable_balances(demo.db, clock.today())[0]
    from pharmacy.formulary import definition

    formula = definition.read(version)
    first = {
        one.code: stock.selectable_lots(demo.db, one.code, clock.today())[0].id
        for one in formula.components
        if one.code not in lots
    }
    return draft.Choice(version.id, (row.id,), lots=first | lots, balance_id=balance.id)


def test_a_beyond_use_date_too_short_is_refused_with_the_quantity_that_fits(demo: Demo) -> None:
    with pytest.raises(PharmacyError) as refused:
        preparations.plan_preparation(demo.db, demo.actor("tina"), choice_for(demo, "Agnes"))
    assert "35" in refused.value.sentence  # a liquid with water keeps 35 days: USP <795> (2023), Table 4
    assert demo.fill_of("Agnes").quantity == 60
    fits = preparations.plan_preparation(demo.db, demo.actor("tina"), choice_for(demo, "Cornelius"))
    assert fits > 0  # what stops the one is the date alone


def test_one_balance_is_overdue_and_is_not_offered(demo: Demo) -> None:
    everything = premises.balances(demo.db, clock.today())
    usable = premises.usable_balances(demo.db, clock.today())
    assert {one.balance.name for one in everything} - {one.name for one in usable} == {"B-2, prescription balance"}


def test_the_first_entry_says_what_it_is(demo: Demo) -> None:
    first = demo.db.scalars(select(AuditEntry).where(AuditEntry.n == 1)).one()
    body = demo.db.scalars(select(AuditBody).where(AuditBody.sha256 == first.body_sha256)).one()
    assert first.action == "pharmacy:demonstrate"
    assert b"demonstration, times simulated" in body.content


def test_time_goes_by_from_entry_to_entry_and_never_reaches_the_future(demo: Demo) -> None:
    times = [datetime.fromisoformat(at) for at in demo.db.scalars(select(AuditEntry.at).order_by(AuditEntry.n))]
    assert len(times) > 200
    assert all(before < after for before, after in itertools.pairwise(times))
    assert times[-1] < AT
    assert times[0] > AT - timedelta(days=42)


def test_nobody_works_at_night_before_today(demo: Demo) -> None:
    hours = {
        clock.local(datetime.fromisoformat(at)).hour
        for at in demo.db.scalars(select(AuditEntry.at))
        if datetime.fromisoformat(at) < AT - timedelta(days=1)
    }
    assert min(hours) >= 7
    assert max(hours) < 18


def test_its_record_verifies_and_verifies_from_the_console(demo: Demo, runner: FlaskCliRunner) -> None:
    verdict = record.verify(demo.db.connection(), "main")
    assert (verdict.first_bad, verdict.disposed) == (None, 0)
    told = runner.invoke(args=["verify-records"])
    assert told.exit_code == 0
    assert f"{verdict.entries} entries verify" in told.output


def test_who_prepared_never_released_or_verified(demo: Demo) -> None:
    for made in demo.db.scalars(select(Preparation).where(Preparation.judged_by.is_not(None))):
        assert made.judged_by not in made.made_by
    for row in demo.db.scalars(select(Fill)):
        entries = demo.db.scalars(
            select(AuditEntry.actor).where(AuditEntry.action == "fill:verify", AuditEntry.id.in_(about(row)))
        ).all()
        assert not set(entries) & set(row.made_by)


def about(row: Fill) -> Select[int]:
    from pharmacy.actions.models import AuditSubject

    return select(AuditSubject.entry_id).where(AuditSubject.kind == "fill", AuditSubject.subject_id == str(row.id))


def test_the_sign_ins_are_for_their_owner_alone_and_each_opens_the_door(demo: Demo) -> None:
    file = demo.data / SIGN_INS
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    text = file.read_text()
    for role in Role:
        if role is not Role.PROGRAM:
            assert sum(line.startswith(f"{role.value:<22} ") for line in text.splitlines()) == 1, role
    passwords = demo.passwords()
    assert len(set(passwords.values())) == len(passwords) == count(demo, Person) == 5
    for key in passwords:
        assert demo.visit(key).get("/").status_code == 200


def test_each_page_says_that_it_is_a_demonstration(demo: Demo) -> None:
    outside = demo.app.test_client().get("/sign-in").get_data(as_text=True)
    assert "Demonstration pharmacy" in outside
    for key in ("pia", "ada", "adam", "tina"):
        client = demo.visit(key)
        pages = [
            str(rule.rule)
            for rule in demo.app.url_map.iter_rules()
            if "GET" in (rule.methods or ()) and not rule.arguments and rule.endpoint not in {*STATIC, "healthz"}
        ]
        for page in pages:
            answer = client.get(page)
            if answer.status_code in {200, 403, 404}:
                assert "Demonstration pharmacy" in answer.get_data(as_text=True), (key, page)


@pytest.fixture
def runner(demo: Demo) -> Iterator[FlaskCliRunner]:
    with demo.app.app_context():
        yield demo.app.test_cli_runner()


def test_a_second_demonstration_is_refused_where_there_is_a_pharmacy(demo: Demo, runner: FlaskCliRunner) -> None:
    before = count(demo, AuditEntry)
    told = runner.invoke(args=["demo"])
    assert told.exit_code == 1
    assert "needs an empty one" in told.output
    again = runner.invoke(args=["demo", "--if-empty"])
    assert (again.exit_code, SIGN_INS in again.output, "signs in as" in again.output) == (
        0,
        True,
        False,
    )  # printed once
    demo.db.rollback()
    assert count(demo, AuditEntry) == before


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "::", "pharmacy.example"])
def test_a_demonstration_is_served_on_this_machine_alone(runner: FlaskCliRunner, host: str) -> None:
    told = runner.invoke(args=["check-serving", host])
    assert told.exit_code == 1
    assert "this machine alone" in told.output


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_a_demonstration_is_served_on_loopback(runner: FlaskCliRunner, host: str) -> None:
    assert runner.invoke(args=["check-serving", host]).exit_code == 0


def test_the_folder_of_a_demonstration_is_not_served_as_a_pharmacy(runner: FlaskCliRunner) -> None:
    told = runner.invoke(args=["check-serving", "127.0.0.1", "--real"])
    assert (told.exit_code, "Name a folder of its own" in told.output) == (1, True)


def test_a_demonstration_is_not_begun_for_another_address(tmp_path: Path) -> None:
    from pharmacy.app import create_app

    folder = tmp_path / "empty"
    folder.mkdir()
    guard_and_make(folder).dispose()
    app = create_app(Config(data=folder, host="192.0.2.7"))
    with app.app_context():
        told = app.test_cli_runner().invoke(args=["demo"])
    assert (told.exit_code, "DEMO=0" in told.output) == (1, True)
    assert not (folder / SIGN_INS).exists()
    app.extensions["engine"].dispose()


def test_it_may_be_told_just_after_midnight_far_away_and_across_a_change_of_the_clocks(tmp_path: Path) -> None:
    folder = tmp_path / "chicago"
    folder.mkdir()
    just_after = datetime(2026, 11, 23, 6, 10, tzinfo=UTC)  # 00:10 in Chicago, where the clocks went back on 1 NOV
    clock.set_zone("America/Chicago")
    try:
        with time_machine.travel(just_after, tick=False):
            tell(folder)
            engine = guard_and_make(folder)
            with engine.connect() as connection:
                assert record.verify(connection, "main").first_bad is None
                at = connection.scalars(select(AuditEntry.at).order_by(AuditEntry.n)).all()
            engine.dispose()
        assert clock.local(datetime.fromisoformat(at[0])).strftime("%d %H:%M") == "14 07:30"
        assert datetime.fromisoformat(at[-1]) < just_after
    finally:
        clock.set_zone("")
