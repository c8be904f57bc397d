"""Several people, several processes, and a machine that stops: one chain, whole actions, nothing lost."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from pharmacy.actions import record
from pharmacy.actions.acting import Conflict, Seen, acting
from pharmacy.actions.catalogue import Action, Actor
from pharmacy.prescriptions.models import Fill
from pharmacy.stock.models import Lot, StockMovement
from tests.actions.door import actions, recount, verdict, verify_fill

ROOT = Path(__file__).resolve().parents[2]


def writer(mode: str, engine: Engine, lot: int, *more: int) -> subprocess.Popen[str]:
    """Start another process on the same file."""
    command = [sys.executable, "-m", "tests.actions.writer", mode, str(engine.url.database), str(lot), *map(str, more)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def at_once(count: int, work: Callable[[int], None]) -> list[BaseException]:
    """Let so many threads begin together; returns what went wrong."""
    failures: list[BaseException] = []
    ready = threading.Barrier(count)

    def run(number: int) -> None:
        try:
            ready.wait()
            work(number)
        except BaseException as failure:  # noqa: BLE001  what a thread raised is looked at by the test
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


def test_of_two_people_who_act_at_once_one_gets_a_conflict_that_names_the_other(
    engine: Engine, tina: Actor, paul: Actor, lot: Seen[Lot]
) -> None:
    def count(number: int) -> None:
        with Session(engine) as own:
            own.get(Lot, lot.id)
            with acting(own, (tina, paul)[number], Action.CORRECT_COUNT, lot, reason="counted") as opened:
                time.sleep(0.05)
                opened.subject.supplier = f"counted by {number}"

    (failure,) = at_once(2, count)
    assert isinstance(failure, Conflict)
    (first,) = failure.since
    with Session(engine) as db:
        row = db.get_one(Lot, lot.id)
        assert row.supplier == f"counted by {[tina.id, paul.id].index(first.actor)}"
        assert row.version == 2
    assert verdict(engine).entries == 1


def test_the_same_form_sent_eight_times_at_once_acts_once(engine: Engine, paul: Actor, fill: Seen[Fill]) -> None:
    answers: list[record.Plain] = []

    def send(_number: int) -> None:
        with Session(engine) as own:
            answers.append(verify_fill(own, paul, fill, "one key"))

    assert at_once(8, send) == []
    assert answers == [{"fill": fill.id, "status": "verified"}] * 8
    with Session(engine) as db:
        assert actions(db) == ["fill:verify"]


def test_four_processes_leave_one_chain_without_gaps_or_duplicates_and_lose_no_milligram(
    engine: Engine, lots: list[int]
) -> None:
    shared, own = lots[0], lots[1]
    writers = [writer("many", engine, lot, 20) for lot in (shared, shared, shared, own)]
    for one in writers:
        one.communicate()
    assert [one.returncode for one in writers] == [0] * 4
    found = verdict(engine)
    assert (found.entries, found.first_bad) == (80, None)
    with Session(engine) as db:
        assert db.get_one(Lot, shared).available == Decimal(25000 - 60)
        assert db.get_one(Lot, own).available == Decimal(25000 - 20)
        assert db.get_one(Lot, shared).version == 61


def test_killed_before_any_statement_of_an_action_it_leaves_all_or_nothing(engine: Engine, lots: list[int]) -> None:
    with writer("die", engine, lots[0]) as doomed:
        told = doomed.communicate()[0].splitlines()
    assert doomed.returncode == 0
    blows = [[int(word) for word in line.split()] for line in told]
    assert len(blows) > 8  # the lock, the key, the row, the writes, the entry, the commit: each was hit
    for blow, died, version, taken, moved, entries in blows[:-1]:
        assert (died, version, taken, moved, entries) == (1, 1, 0, 0, 0), f"blow {blow} left something behind"
    assert blows[-1][1:] == [0, 2, 1, 1, 1]
    assert verdict(engine).first_bad is None


def test_a_writer_killed_at_random_leaves_whole_actions_only(engine: Engine, lots: list[int]) -> None:
    seen = 0
    for _ in range(6):
        with writer("many", engine, lots[0], 100_000) as doomed:
            assert doomed.stdout is not None
            assert doomed.stdout.readline() == "ready\n"
            time.sleep(0.05 + random.random() * 0.1)
            os.kill(doomed.pid, signal.SIGKILL)
        found = verdict(engine)
        assert found.first_bad is None
        assert found.entries > seen
        seen = found.entries
    with Session(engine) as db:
        lot = db.get_one(Lot, lots[0])
        moves = [done.moved("lot", lot.id) for done in record.history(db.connection(), "lot", lot.id)]
        assert moves == [[now - 1, now] for now in range(lot.version, 1, -1)]
        wasted = db.scalar(select(func.count()).where(StockMovement.kind == "wasted"))
        assert (lot.version - 1, 25000 - lot.available, wasted) == (seen, seen, seen)


def test_the_record_verifies_while_others_write_it(engine: Engine, lots: list[int]) -> None:
    with writer("many", engine, lots[0], 60) as busy:
        while busy.poll() is None:
            assert verdict(engine).first_bad is None
    assert busy.returncode == 0
    assert verdict(engine).entries == 60


@pytest.mark.parametrize("people", [3])
def test_a_reader_never_waits_for_a_writer(engine: Engine, tina: Actor, lot: Seen[Lot], people: int) -> None:
    with Session(engine) as writing, acting(writing, tina, Action.CORRECT_COUNT, lot, reason="counted") as opened:
        opened.subject.supplier = "not yet"
        writing.flush()

        def read(_number: int) -> None:
            with Session(engine) as own:
                assert own.get_one(Lot, lot.id).supplier == "Example Supply Co"

        assert at_once(people, read) == []
    with Session(engine) as after:
        assert after.get_one(Lot, lot.id).supplier == "not yet"
        assert recount(after, tina, Seen(Lot, lot.id, 2), "then")
