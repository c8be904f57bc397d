"""What people do at the counter and at the bench, as one call each: the services in the order of the work."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, cast

from sqlalchemy import event, select
from sqlalchemy.orm import Session

from pharmacy import clock
from pharmacy.accounts import queries as accounts
from pharmacy.accounts import signing
from pharmacy.actions.acting import Seen
from pharmacy.actions.catalogue import Actor, Signature
from pharmacy.db import Subject
from pharmacy.demo import cast as people
from pharmacy.demo import paper
from pharmacy.dispensing import queries as dispensed
from pharmacy.dispensing import service as dispensing
from pharmacy.dispensing.leaving import Counselling, Given, Method
from pharmacy.domain.calculation import LiquidPlan, TriturationPlan, plan_from_json
from pharmacy.domain.dates import day_text
from pharmacy.domain.directions import Directions, Step, When, sentence
from pharmacy.domain.strength import Form, Strength
from pharmacy.domain.workflow import Status
from pharmacy.formulary import definition
from pharmacy.formulary import queries as formulary
from pharmacy.labelling import queries as packed
from pharmacy.labelling import service as labelling
from pharmacy.premises import queries as premises
from pharmacy.preparations import bench, draft, judging, offer, on_hand, weighing
from pharmacy.preparations import queries as making
from pharmacy.preparations import service as preparations
from pharmacy.preparations.models import Preparation
from pharmacy.prescriptions import intake, review
from pharmacy.prescriptions import queries as prescriptions
from pharmacy.prescriptions.models import Fill, Prescription
from pharmacy.prescriptions.order import CameBy, Order, Receipt
from pharmacy.screening import queries as screening
from pharmacy.screening.models import Finding
from pharmacy.screening.service import Decided, Outcome
from pharmacy.verification import service as verification

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass
class Stage:
    """The database, the people with their passwords, and what the story calls by name."""

    db: Session
    first_day: date
    told_at: datetime
    actors: dict[str, Actor] = field(default_factory=dict)
    passwords: dict[str, str] = field(default_factory=dict)
    patients: dict[str, int] = field(default_factory=dict)
    prescribers: dict[str, int] = field(default_factory=dict)
    fills: dict[str, int] = field(default_factory=dict)
    last_at: datetime = _LONG_AGO

    @contextmanager
    def at(self, day: int, hour: int, minute: int = 0) -> Iterator[None]:
        """Let it be this time on that day of the story, on the pharmacy's wall clock."""
        on = self.first_day + timedelta(days=day)
        zone = clock.local(datetime.combine(on, time(12), UTC)).tzinfo  # summer time or not, as it is on that day
        with self._from(datetime.combine(on, time(hour, minute), zone).astimezone(UTC)):
            yield

    @contextmanager
    def ago(self, minutes: int) -> Iterator[None]:
        """Let it be so many minutes before the moment at which the story was begun to be told."""
        with self._from(self.told_at - timedelta(minutes=minutes)):
            yield

    @contextmanager
    def _from(self, start: datetime) -> Iterator[None]:
        """From this moment on time goes by: after each thing done the clock stands a little later."""
        if start <= self.last_at:
            raise ValueError(f"the story goes back in time: {start} is not after {self.last_at}")
        with ExitStack() as clocks:
            clocks.enter_context(clock.simulated(start))

            def on(_db: Session) -> None:
                self.last_at = clock.now()
                clocks.enter_context(clock.simulated(self.last_at + timedelta(seconds=41 + self.last_at.second % 20)))

            event.listen(self.db, "after_commit", on)
            try:
                yield
            finally:
                event.remove(self.db, "after_commit", on)

    def sign(self, who: str) -> Signature:
        """That person's signature, given with the real password."""
        return signing.sign(self.db, self.actors[who], self.passwords[who])

    def seen(self, row: Subject) -> Seen[Subject]:
        """The row as the page shows it now."""
        self.db.rollback()
        self.db.expire_all()
        fresh = self.db.get_one(type(row), row.id)
        return Seen(type(row), fresh.id, fresh.version)


def fill_of(stage: Stage, fill_id: int) -> Fill:
    """The fill as it is now."""
    stage.db.rollback()
    return prescriptions.fill(stage.db, fill_id)


def order(
    form: Form, strength: str, quantity: int, *, amount: str = "1", when: When = When.BEDTIME, refills: int = 3,
    purpose: str = "fibromyalgia", steps: tuple[Step, ...] = (),
) -> Order:  # fmt: skip
    """An order of one step at bedtime, unless the steps are given."""
    taken = Directions(form, steps or (Step(Decimal(amount), when, None),))
    return Order(
        form, Decimal(strength), taken, quantity, refills, purpose, True, "No product of this strength is made"
    )


def enter(stage: Stage, who: str, patient: str, prescriber: str, given: Order, came_by: CameBy = CameBy.FAX) -> int:
    """Enter a prescription with its original; the fill's id."""
    data, doctor = people.PATIENTS[patient], people.PRESCRIBERS[prescriber]
    written = clock.today() - timedelta(days=1)
    receipt = Receipt(written, came_by, caller=f"{doctor.given_name} {doctor.family_name}", read_back=True)
    if came_by is not CameBy.TELEPHONE:
        unit = given.form.amount_text(given.quantity)
        medicine = f"naltrexone HCl {Strength(given.strength, given.form).text()}"
        lines = (
            medicine,
            sentence(given.directions),
            f"Dispense {unit}, refills {given.refills}",
            f"For {given.purpose}",
        )
        name = f"{doctor.given_name} {doctor.family_name}, {doctor.credentials}"
        page = paper.prescription(
            name, f"{data.given_name} {data.family_name}, born {day_text(data.born)}", day_text(written), lines
        )
        receipt = Receipt(written, came_by, original=page)
    ids = (stage.patients[patient], stage.prescribers[prescriber])
    return cast("int", intake.enter_prescription(stage.db, stage.actors[who], *ids, receipt, given))


def submit(stage: Stage, who: str, fill_id: int) -> None:
    """Confirm the medicines for this fill, and send it to review."""
    actor = stage.actors[who]
    review.confirm_medicines(stage.db, actor, seen_of(stage, fill_of(stage, fill_id)))
    if (one := fill_of(stage, fill_id)).status == Status.ENTERED:  # a refill is in review from its start
        review.submit_fill(stage.db, actor, seen_of(stage, one))


def decide_all(stage: Stage, who: str, fill_id: int, reasons: Mapping[str, str]) -> None:
    """Decide every open finding, each with its own reason by rule, or by level."""
    for row in screening.open_findings(stage.db, fill_id):
        told = screening.told(row)
        if not told.needs.decidable:
            continue
        reason = reasons.get(row.rule_id) or reasons.get(row.level, "Talked through with the patient; goes on.")
        spoke = ("Iris Parable", "phone", clock.now()) if told.needs.contact else ("", "", None)
        signature = stage.sign(who) if told.needs.signature else None
        seen = cast("Seen[Finding]", stage.seen(row))
        review.decide_finding(
            stage.db, stage.actors[who], seen, Decided(Outcome.GO_ON, reason, *spoke), signature=signature
        )


def accept(stage: Stage, who: str, fill_id: int, reasons: Mapping[str, str] | None = None) -> None:
    """Decide what is open, then accept."""
    decide_all(stage, who, fill_id, reasons or {})
    review.accept_fill(stage.db, stage.actors[who], seen_of(stage, fill_of(stage, fill_id)))


def plan_lot(
    stage: Stage, who: str, kind: str, strength: str, fills: tuple[int, ...] = (), for_stock: str = "0"
) -> int:
    """Plan a lot from the approved formula, with the lots and the balance that the page would preselect."""
    db = stage.db
    db.rollback()
    (version,) = formulary.approved_for(db, kind, Decimal(strength))
    policy = premises.policy(db)
    balance = premises.usable_balances(db, clock.today())[0]
    choice = draft.Choice(
        version.id, fills, Decimal(for_stock), Decimal(0) if kind == "trituration" else policy.process_excess,
        balance_id=balance.id, holes=policy.machine_holes,
    )  # fmt: skip
    formula = definition.read(version)
    choice = offer.preselected(db, choice, offer.places(db, formula, clock.today()))
    return preparations.plan_preparation(db, stage.actors[who], choice)


def weigh(stage: Stage, who: str, preparation_id: int, at_most: int | None = None) -> None:
    """Record line after line, a little off the target as a hand is, never outside the limits."""
    db, policy = stage.db, premises.policy(stage.db)
    preparation = making.preparation(db, preparation_id)
    lines = bench.lines_of(plan_from_json(preparation.plan), policy.capsules_weighed, policy.capsule_tolerance)
    weighed = [line for line in lines if line.phase is not bench.Phase.SINGLE]
    for number, line in enumerate(weighed[:at_most]):
        seen = cast("Seen[Preparation]", stage.seen(preparation))
        reading = weighing.Reading(line.key, line.number(_near(line, number)), line.lot)
        weighing.record_weighing(db, stage.actors[who], seen, reading)
    if at_most is None and (singles := [line for line in lines if line.phase is bench.Phase.SINGLE]):
        gross = {number: line.number(_near(line, 3 * number)) for number, line in enumerate(singles, 1)}
        weighing.record_capsules(db, stage.actors[who], cast("Seen[Preparation]", stage.seen(preparation)), gross)


def _near(line: bench.Line, number: int) -> Decimal:
    """A reading a few of the device's steps from the target: the same ones each time."""
    if line.base != "mg" or line.key.startswith(bench.LOAD):
        return line.target
    off = line.step * ((number * 7) % 5 - 2)
    return line.target + off if line.within(line.target + off) else line.target


def finish(stage: Stage, who: str, preparation_id: int) -> None:
    """Check what the formula asks for, and finish with all that came out."""
    db = stage.db
    preparation = making.preparation(db, preparation_id)
    plan = plan_from_json(preparation.plan)
    checks = plan.formula.particulars.quality_checks
    observed = tuple(preparations.Observed(one.name, one.expected, True) for one in checks)
    preparations.record_checks(db, stage.actors[who], cast("Seen[Preparation]", stage.seen(preparation)), observed)
    if isinstance(plan, LiquidPlan):
        came_out = bench.decimal_of(plan.made.to("mL"))
    elif isinstance(plan, TriturationPlan):
        came_out = preparation.amount - 40  # mg: some stays in the mortar
    else:
        came_out = preparation.amount
    done = preparations.Finish(came_out)
    preparations.finish_preparation(db, stage.actors[who], cast("Seen[Preparation]", stage.seen(preparation)), done)


def release(stage: Stage, who: str, preparation_id: int) -> None:
    """Release the lot, signed."""
    preparation = making.preparation(stage.db, preparation_id)
    signature = stage.sign(who)
    judging.release_preparation(
        stage.db, stage.actors[who], cast("Seen[Preparation]", stage.seen(preparation)), signature
    )


def make(
    stage: Stage, maker: str, checker: str, kind: str, strength: str, fills: tuple[int, ...] = (), for_stock: str = "0"
) -> int:
    """Plan, weigh, check, finish and release one lot."""
    preparation_id = plan_lot(stage, maker, kind, strength, fills, for_stock)
    weigh(stage, maker, preparation_id)
    finish(stage, maker, preparation_id)
    release(stage, checker, preparation_id)
    return preparation_id


def names(stage: Stage) -> dict[int, str]:
    """Everybody by id."""
    return accounts.names(stage.db, [actor.id for actor in stage.actors.values()])


def prescription_of(stage: Stage, fill_id: int) -> Prescription:
    """The prescription of a fill."""
    return stage.db.scalars(select(Prescription).join(Fill).where(Fill.id == fill_id)).one()


def seen_of(stage: Stage, row: Subject) -> Seen[Any]:
    """The row as the page shows it now, for whatever service asks."""
    return stage.seen(row)


def fill_named(stage: Stage, patient: str) -> int:
    """The newest open fill of that patient."""
    stage.db.rollback()
    return prescriptions.open_fills_of_patient(stage.db, stage.patients[patient])[0].id


def make_and_leave_for_release(stage: Stage, maker: str, kind: str, strength: str, for_stock: str) -> int:
    """One lot that is finished and waits for a pharmacist."""
    preparation_id = plan_lot(stage, maker, kind, strength, (), for_stock)
    weigh(stage, maker, preparation_id)
    finish(stage, maker, preparation_id)
    return preparation_id


def pack(stage: Stage, who: str, fill_id: int) -> None:
    """Fill the containers from released lots, first-expiring first."""
    one = fill_of(stage, fill_id)
    proposed = tuple(
        (choice.lot.id, choice.proposed) for choice in on_hand.offer(stage.db, one).choices if choice.proposed
    )
    labelling.pack_fill(stage.db, stage.actors[who], seen_of(stage, one), proposed)


def pack_and_label(stage: Stage, who: str, fill_id: int) -> None:
    """Fill the containers, then issue their labels on the stock that the policy offers first."""
    pack(stage, who, fill_id)
    labelling.issue_labels(
        stage.db, stage.actors[who], seen_of(stage, fill_of(stage, fill_id)), premises.policy(stage.db).label_stock
    )


def verify(stage: Stage, who: str, fill_id: int) -> None:
    """The pharmacist's final check, signed."""
    signature = stage.sign(who)
    verification.verify_fill(stage.db, stage.actors[who], seen_of(stage, fill_of(stage, fill_id)), signature=signature)


def hand_over(stage: Stage, who: str, counselled_by: str, fill_id: int, method: Method) -> None:
    """To the patient at the counter, or by post."""
    one = fill_of(stage, fill_id)
    sent = method is not Method.PICK_UP
    given = Given(
        method,
        one.prescription.patient.full_name,
        "patient",
        Counselling.DONE,
        counselled_by=stage.actors[counselled_by].id,
        told=tuple(point.words for point in dispensed.points(stage.db, one.id)),
        scans=tuple(one.number for _ in packed.containers(stage.db, one.id)),
        carrier="Sampleton Post" if sent else "",
        tracking=f"SP-{one.number}" if sent else "",
        packed_by=stage.actors[who].id if sent else None,
    )
    dispensing.hand_over(stage.db, stage.actors[who], seen_of(stage, one), given)


def dispense(stage: Stage, who: str, checker: str, fill_id: int, method: Method = Method.PICK_UP) -> None:
    """From released lots to the patient: containers, labels, final check, hand-over."""
    pack_and_label(stage, who, fill_id)
    verify(stage, checker, fill_id)
    hand_over(stage, who, checker, fill_id, method)


def not_collected(stage: Stage, who: str, fill_id: int, reason: str) -> None:
    """Take it from the pick-up shelf."""
    dispensing.return_fill(stage.db, stage.actors[who], seen_of(stage, fill_of(stage, fill_id)), reason)


def refill(stage: Stage, who: str, fill_id: int) -> int:
    """Start the next fill of the same prescription, its medicines asked about again; the new fill's id."""
    order_of_it = seen_of(stage, prescription_of(stage, fill_id))
    next_fill = cast("int", intake.start_refill(stage.db, stage.actors[who], order_of_it))
    submit(stage, who, next_fill)
    return next_fill
