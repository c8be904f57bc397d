"""Settings that change a number or a rule: who sets them, from when, and why; identity, numbers, solo mode."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
import time_machine
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from pharmacy import clock
from pharmacy.actions.acting import Conflict, Refused, Seen, acting
from pharmacy.actions.catalogue import PROGRAM, Action, Actor
from pharmacy.domain.errors import Impossible
from pharmacy.domain.suitability import check_excess
from pharmacy.domain.tolerances import Tolerances
from pharmacy.errors import NotFound, PharmacyError
from pharmacy.premises import queries, service
from pharmacy.premises.models import Counter, Pharmacy, Setting
from pharmacy.premises.service import Identity
from pharmacy.premises.settings import SETTINGS, Policy, Sort, policy_of
from tests.domain.builders import planned_capsules

IDENTITY = Identity("Quill & Thyme", "1 Sample Street", "Sampleton, IL 00000", "555-0199", "PHY-1")
Set = Callable[..., None]


@pytest.fixture
def put(db: Session, pia: Actor) -> Set:
    """``put("idle_minutes", "20")`` sets it as the pharmacist in charge."""

    def put(name: str, value: str, reason: str = "As agreed", **more: object) -> None:
        own = queries.the_pharmacy(db)
        assert own is not None
        service.set_policy(db, pia, Seen(Pharmacy, own.id, own.version), name, value, reason, **more)

    return put


# --- the catalogue ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", SETTINGS)
def test_each_setting_says_what_it_changes_and_its_default_is_allowed(key: str) -> None:
    kind = SETTINGS[key]
    assert kind.read(kind.stored(kind.default)) == kind.default
    assert type(kind.read(kind.stored(kind.default))) is type(kind.default)
    assert kind.words
    assert kind.changes.endswith(".")
    assert kind.range_text
    assert kind.text(kind.default)


@pytest.mark.parametrize("key", [key for key, kind in SETTINGS.items() if kind.sort in {Sort.WHOLE, Sort.NUMBER}])
def test_each_range_ends_where_it_says(key: str) -> None:
    kind = SETTINGS[key]
    step = Decimal(1) if kind.sort is Sort.WHOLE else Decimal("0.1")
    assert kind.low < kind.high
    for inside in (kind.low, kind.high):
        assert kind.read(format(inside, "f")) == inside
    for outside in (kind.low - step, kind.high + step):
        with pytest.raises(PharmacyError):
            kind.read(format(outside, "f"))


def test_a_plan_and_the_settings_have_the_same_limits() -> None:
    excess, holes = SETTINGS["process_excess"], SETTINGS["machine_holes"]
    assert (excess.low, excess.high) == (0, 25)
    assert (holes.low, holes.high) == (1, 1000)
    assert check_excess(excess.high) == Fraction(5, 4)
    with pytest.raises(Impossible, match="from 0 to 25 %"):
        check_excess(excess.high + Decimal("0.1"))
    for value in (holes.low, holes.high):
        assert planned_capsules(holes=int(value)).loads
    for value in (holes.low - 1, holes.high + 1):
        with pytest.raises(Impossible, match="1 to 1,000 holes"):
            planned_capsules(holes=int(value))
    for key, name in (("combined_error_limit", "combined"), ("assay_error", "assay")):
        assert Tolerances(**{name: SETTINGS[key].high})
        with pytest.raises(Impossible):
            Tolerances(**{name: SETTINGS[key].high + Decimal("0.1")})


def test_the_catalogue_and_the_policy_name_the_same_settings() -> None:
    assert list(SETTINGS) != []
    assert set(SETTINGS) == set(Policy.__dataclass_fields__)


def test_the_defaults_are_the_ones_that_the_pharmacy_was_told() -> None:
    policy = policy_of({})
    assert policy.idle_minutes == 15
    assert policy.prescription_valid_days == 365
    assert policy.day_of_compounding_is_day_one is True
    assert (policy.delivered_low, policy.delivered_high) == (Decimal("90.0"), Decimal("110.0"))
    assert policy.process_excess == 5
    assert policy.solo_mode is False
    assert policy.late_after()["in review"] == timedelta(hours=2)


def test_a_value_that_is_no_longer_allowed_is_read_as_the_default() -> None:
    assert policy_of({"idle_minutes": "900", "no_such": "1"}) == policy_of({})


# --- setting -----------------------------------------------------------------------------------------------------------


def test_the_pharmacist_in_charge_sets_a_policy_with_a_reason(db: Session, put: Set) -> None:
    put("process_excess", "7.5", "Losses were higher than thought")
    assert queries.policy(db).process_excess == Decimal("7.5")
    change = queries.settings(db)["process_excess"].in_effect
    assert change is not None
    assert (change.value, change.who, change.reason) == (
        "7.5\u00a0%",
        "Pia Larkspur",
        "Losses were higher than thought",
    )


def test_a_policy_without_a_reason_is_refused(db: Session, put: Set) -> None:
    with pytest.raises(Refused, match="reason"):
        put("process_excess", "7.5", "  ")
    assert queries.policy(db).process_excess == 5


def test_nobody_else_sets_a_policy(db: Session, tina: Actor, paul: Actor, ada: Actor, adam: Actor) -> None:
    for actor in (tina, paul, ada, adam):
        with pytest.raises(Refused) as refused:
            service.set_policy(db, actor, Seen(Pharmacy, 1), "solo_mode", "yes", "Alone today")
        assert refused.value.who == "pharmacist in charge"


@pytest.mark.parametrize(
    "value", ["", "0", "-1", "1e3", "Infinity", "NaN", "１", "4,5", "1_000", ".5", "9" * 400, "15.5", "1", "61", "yes"]
)
def test_a_value_that_is_no_number_of_the_range_is_refused(db: Session, put: Set, value: str) -> None:
    with pytest.raises(PharmacyError) as refused:
        put("idle_minutes", value)
    assert refused.value.field == "value"
    assert queries.policy(db).idle_minutes == 15


@pytest.mark.parametrize(("name", "value"), [("solo_mode", "perhaps"), ("label_stock", "5x5"), ("solo_mode", "True")])
def test_a_choice_is_one_of_the_list(put: Set, name: str, value: str) -> None:
    with pytest.raises(PharmacyError):
        put(name, value)


def test_a_setting_that_does_not_exist_is_not_found(put: Set) -> None:
    with pytest.raises(NotFound):
        put("dose_limit", "50")


def test_setting_what_is_set_already_is_refused(put: Set) -> None:
    with pytest.raises(PharmacyError, match="already"):
        put("process_excess", "5.0")


def test_a_setting_takes_effect_when_it_says_and_earlier_instants_keep_theirs(db: Session, put: Set) -> None:
    now = clock.now()
    put("process_excess", "8", effective_from=now + timedelta(days=3))
    assert queries.policy(db).process_excess == 5
    assert queries.policy(db, now + timedelta(days=4)).process_excess == 8
    state = queries.settings(db)["process_excess"]
    assert state.in_effect is None
    assert [change.value for change in state.to_come] == ["8\u00a0%"]
    with time_machine.travel(now + timedelta(days=3, hours=1), tick=False):
        assert queries.policy(db).process_excess == 8
        assert queries.settings(db)["process_excess"].to_come == ()
    assert queries.policy(db, now - timedelta(days=1)).process_excess == 5


def test_a_later_setting_of_the_same_instant_counts(db: Session, put: Set) -> None:
    soon = clock.now() + timedelta(days=2)
    put("process_excess", "8", effective_from=soon)
    put("process_excess", "6", effective_from=soon)
    assert queries.policy(db, soon).process_excess == 6


def test_nothing_takes_effect_in_the_past_or_beyond_a_year(put: Set) -> None:
    for begins in (clock.now() - timedelta(days=1), clock.now() + timedelta(days=400)):
        with pytest.raises(PharmacyError) as refused:
            put("process_excess", "8", effective_from=begins)
        assert refused.value.field == "effective_from"


def test_a_day_to_come_begins_at_midnight_of_the_pharmacys_wall_clock() -> None:
    clock.set_zone("America/Chicago")
    try:
        with time_machine.travel(datetime(2026, 11, 23, 15, tzinfo=UTC), tick=False):
            begins = service.beginning_of(clock.today() + timedelta(days=1))
            assert begins is not None
            assert begins.astimezone(UTC) == datetime(2026, 11, 24, 6, tzinfo=UTC)
            assert service.beginning_of(clock.today()) is None
    finally:
        clock.set_zone("")


def test_a_day_after_the_clocks_change_begins_at_its_own_midnight() -> None:
    clock.set_zone("America/Chicago")
    try:
        with time_machine.travel(datetime(2026, 10, 31, 15, tzinfo=UTC), tick=False):  # clocks go back on 01 NOV 2026
            begins = service.beginning_of(clock.today() + timedelta(days=2))
            assert begins is not None
            assert begins.astimezone(UTC) == datetime(2026, 11, 2, 6, tzinfo=UTC)
    finally:
        clock.set_zone("")


def test_two_people_setting_policy_at_once_do_not_overwrite_each_other(db: Session, pia: Actor) -> None:
    own = queries.the_pharmacy(db)
    assert own is not None
    seen = Seen(Pharmacy, own.id, own.version)
    service.set_policy(db, pia, seen, "process_excess", "6", "First")
    with pytest.raises(Conflict) as conflict:
        service.set_policy(db, pia, seen, "process_excess", "7", "Second")
    assert [done.action for done in conflict.value.since] == [Action.SET_POLICY.value]
    assert queries.policy(db).process_excess == 6


def test_the_same_form_sent_twice_sets_once(db: Session, pia: Actor) -> None:
    own = queries.the_pharmacy(db)
    assert own is not None
    seen, key = Seen(Pharmacy, own.id, own.version), "b" * 32
    first = service.set_policy(db, pia, seen, "process_excess", "6", "Agreed", key)
    assert service.set_policy(db, pia, seen, "process_excess", "6", "Agreed", key) == first
    assert len(db.scalars(select(Setting)).all()) == 1


# --- identity, numbers, solo ---------------------------------------------------------------------------------------------


def test_the_pharmacy_is_made_once(db: Session) -> None:
    with pytest.raises(PharmacyError, match="already"), acting(db, PROGRAM, Action.SET_UP, Seen(Pharmacy)) as opened:
        service.set_up_within(opened, IDENTITY, demonstration=False)


def test_an_empty_database_takes_the_pharmacy(db: Session, raw: Engine) -> None:
    with raw.begin() as connection:
        connection.execute(Pharmacy.__table__.delete())
    assert queries.is_empty(db)
    with acting(db, PROGRAM, Action.SET_UP, Seen(Pharmacy)) as opened:
        service.set_up_within(opened, IDENTITY, demonstration=True)
    own = queries.the_pharmacy(db)
    assert own is not None
    assert (own.name, own.demonstration, own.site) == ("Quill & Thyme", True, "main")
    assert not queries.is_empty(db)


@pytest.mark.parametrize("field", ["name", "street", "town", "phone", "licence"])
def test_an_identity_lacks_nothing(field: str) -> None:
    from dataclasses import replace

    with pytest.raises(PharmacyError) as refused:
        replace(IDENTITY, **{field: " "}).check()
    assert refused.value.field == field


def test_only_the_pharmacist_in_charge_changes_the_identity(db: Session, pia: Actor, paul: Actor) -> None:
    own = queries.the_pharmacy(db)
    assert own is not None
    seen = Seen(Pharmacy, own.id, own.version)
    with pytest.raises(Refused):
        service.change_pharmacy(db, paul, seen, IDENTITY, "Moved")
    service.change_pharmacy(db, pia, seen, IDENTITY, "Moved")
    changed = queries.the_pharmacy(db)
    assert changed is not None
    assert changed.name == "Quill & Thyme"
    with pytest.raises(Conflict):
        service.change_pharmacy(db, pia, seen, IDENTITY, "Moved again")


def test_numbers_never_repeat_and_what_was_rolled_back_was_never_given(db: Session, tina: Actor) -> None:
    def take(*names: str, fail: bool = False) -> list[int]:
        with acting(db, tina, Action.ADD_PATIENT, Seen(Counter)) as opened:
            found = [service.next_number(opened, name) for name in names]
            if fail:
                raise PharmacyError("No.")
        return found

    assert take("prescription", "prescription", "formula") == [100001, 100002, 1]
    with pytest.raises(PharmacyError):
        take("prescription", fail=True)
    assert take("prescription") == [100003]


def test_solo_needs_the_mode_and_a_reason(db: Session, put: Set) -> None:
    assert service.solo(db, "  ") is None
    with pytest.raises(PharmacyError, match="Solo mode is off") as refused:
        service.solo(db, "Nobody else is here")
    assert refused.value.field == "solo_reason"
    put("solo_mode", "yes", "One pharmacist from today on")
    alone = service.solo(db, " Nobody else is here ")
    assert alone is not None
    assert alone.reason == "Nobody else is here"
