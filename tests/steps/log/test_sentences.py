"""Every action has its sentence, and every entry of the demonstration is read as one."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from pharmacy.actions.acting import Conflict, Refused
from pharmacy.actions.catalogue import PERMITS, Action
from pharmacy.actions.models import AuditEntry
from pharmacy.domain.calculation import WeighingKey
from pharmacy.labelling.models import IssuedLabel
from pharmacy.log import naming, queries, words
from pharmacy.log.queries import Filters
from pharmacy.log.sentences import Raw, tell, who_did_what
from pharmacy.prescriptions import review
from pharmacy.prescriptions.models import Fill, Prescription
from tests.demo.test_demonstration import seen
from tests.demo.told import Demo


def test_every_action_has_a_sentence() -> None:
    assert set(words.SENTENCES) == set(Action)
    assert set(PERMITS) | {Action.REFUSED} == set(Action)


@pytest.mark.parametrize("action", list(Action))
def test_a_sentence_begins_in_the_middle_and_names_only_kinds_that_have_names(action: Action) -> None:
    from pharmacy.log import naming

    sentence = words.SENTENCES[action]
    assert not sentence.endswith(".")
    assert sentence[0].islower()
    for kind in re.findall(r"\{(.*?)\}", sentence):
        assert kind == "*" or kind in naming._FROM, kind


def test_every_entry_of_the_demonstration_is_one_whole_sentence(demo: Demo) -> None:
    raw = queries.entries(demo.db, Filters(), limit=1000)
    told = tell(demo.db, raw)
    assert len(told) == len(raw) > 250
    for one in told:
        assert re.fullmatch(r"[A-Z].*\.", one.sentence), one.sentence
        assert not re.search(r"[{}]|None|\ba (fill|patient|lot|preparation|finding|prescription)\b", one.sentence), (
            one.sentence
        )
        for row in one.rows or ():
            for change in row.changes:
                assert change.was is not None or change.now is not None
                assert "_" not in change.name, change.name


@pytest.mark.parametrize(
    ("action", "sentence"),
    [
        (Action.DEMONSTRATE, "The program began a demonstration, times simulated."),
        (Action.ADD_PATIENT, "Tina Mallow added the patient Fergus Bramblewick."),
        (Action.RECORD_MEDICINES, "Tina Mallow recorded the medicines that Fergus Bramblewick takes."),
        (Action.ENTER_PRESCRIPTION, "Tina Mallow entered Rx 100001 for Fergus Bramblewick."),
        (Action.CONFIRM_MEDICINES, "Tina Mallow confirmed the medicines of Fergus Bramblewick for fill 100001-00."),
        (Action.ACCEPT_FILL, "Paul Sorrel accepted fill 100001-00."),
        (Action.PLAN_PREPARATION, "Tina Mallow planned preparation C261016-01."),
        (Action.RECORD_WEIGHING, "Tina Mallow weighed 523.2 mg of the drug for preparation C261016-01."),
        (Action.RELEASE_PREPARATION, "Pia Larkspur released and signed preparation C261016-01."),
        (Action.PACK_FILL, "Tina Mallow filled the containers of fill 100001-00 from lot C261016-01."),
        (Action.ISSUE_LABEL, "Tina Mallow issued the label of fill 100001-00."),
        (Action.VERIFY_FILL, "Paul Sorrel verified and signed fill 100001-00."),
        (Action.HAND_OVER, "Tina Mallow handed fill 100001-00 over for Fergus Bramblewick."),
        (Action.RETURN_FILL, "Tina Mallow took fill 100004-00 back to the shelf for destruction."),
        (Action.DESTROY_FILL, "Paul Sorrel destroyed fill 100004-00."),
        (Action.START_REFILL, "Tina Mallow started fill 100001-01 as a refill."),
        (Action.HOLD_FILL, "Paul Sorrel put fill 100011-00 on hold and asked the prescriber."),
        (Action.RECEIVE_LOT, "Tina Mallow received lot N-7741 into quarantine."),
        (Action.RELEASE_LOT, "Pia Larkspur released lot N-7741."),
        (Action.APPROVE_FORMULA, None),
        (Action.DECIDE_FINDING, "Pia Larkspur decided finding medicine.thyroid of fill 100002-00."),
    ],
)
def test_the_first_entry_of_each_kind_reads_so(demo: Demo, action: Action, sentence: str | None) -> None:
    n = demo.db.scalars(select(AuditEntry.n).where(AuditEntry.action == action.value).order_by(AuditEntry.n)).first()
    assert n is not None
    (told,) = tell(demo.db, [queries.entry(demo.db, n)])
    if sentence is None:
        assert re.fullmatch(r"Pia Larkspur approved and signed MFR-\d+ version 1\.", told.sentence)
    else:
        assert told.sentence.replace("\u00a0", " ") == sentence


def test_a_refusal_says_what_was_tried_and_why(demo: Demo) -> None:
    fill = demo.fill_of("Lucinda")
    with pytest.raises(Refused):
        review.accept_fill(demo.db, demo.actor("tina"), seen(fill))
    (raw,) = queries.entries(demo.db, Filters(action=Action.REFUSED), limit=1)
    (told,) = tell(demo.db, [raw])
    assert told.sentence == f"Tina Mallow was refused; what was tried: accepted fill {fill.number}."
    assert ("because", "this is done by: pharmacist") in told.facts
    assert (told.mark, told.icon) == ("stop", "slash-circle")


def test_people_in_columns_are_named(demo: Demo) -> None:
    (raw,) = queries.entries(demo.db, Filters(action=Action.ACCEPT_FILL), limit=1)
    (told,) = tell(demo.db, [raw])
    shown = {change.name: change.now for row in told.rows or () for change in row.changes}
    assert shown["accepted by"] == "Paul Sorrel"
    assert re.fullmatch(r"\d\d [A-Z]{3} 2026 \d\d:\d\d:\d\d", shown["accepted at"] or "")


def test_a_body_lawfully_disposed_of_leaves_its_sentence(demo: Demo) -> None:
    from pharmacy.actions import record
    from pharmacy.actions.acting import dispose

    n = demo.db.scalars(select(AuditEntry.n).where(AuditEntry.action == "prescription:enter")).first()
    dispose(demo.db, demo.actor("pia"), [n or 0], "Kept longer than the law asks for.")
    (told,) = tell(demo.db, [queries.entry(demo.db, n or 0)])
    assert told.rows is None
    assert told.sentence == "Tina Mallow entered Rx 100001 for Fergus Bramblewick."
    (newest,) = tell(demo.db, queries.entries(demo.db, Filters(), limit=1))
    assert newest.sentence == "Pia Larkspur disposed of bodies of old entries."
    assert record.verify(demo.db.connection(), "main").first_bad is None


def test_whoever_came_second_reads_who_was_first(demo: Demo) -> None:
    fill = demo.fill_of("Wilhelmina")
    before = seen(fill)
    review.hold_fill(demo.db, demo.actor("paul"), before, "Is this meant beside the drops?", "Iris Parable")
    with Session(demo.raw) as own, pytest.raises(Conflict) as conflict:
        review.reject_fill(own, demo.actor("pia"), before, "Twice.")
    (told,) = who_did_what(demo.db, conflict.value.since)
    assert told["who"] == "Paul Sorrel"
    assert told["what"] == "put this on hold and asked the prescriber"


def test_an_entry_nobody_can_have_written_is_shown_as_such() -> None:
    raw = Raw(7, "no time", 2, "pharmacist", "fill:devour", "h", "p", [("fill", "1")], {"changes": []})
    from pharmacy.log import sentences

    told = sentences._told(raw, {("person", "2"): "Paul Sorrel", ("fill", "1"): "fill 100001-00"})
    assert told.sentence.startswith("Entry 7 cannot be read")
    assert told.mark == "stop"


def test_names_of_subjects_are_looked_up_together(demo: Demo) -> None:
    raw = queries.entries(demo.db, Filters(), limit=50)
    with demo.statements(demo.db.get_bind()) as few:  # type: ignore[arg-type]
        tell(demo.db, raw[:5])
    with demo.statements(demo.db.get_bind()) as many:  # type: ignore[arg-type]
        tell(demo.db, raw * 4)
    assert len(few) == len(many) == 1


def test_a_fill_is_named_by_its_number(demo: Demo) -> None:
    assert demo.db.get(Fill, 1) is not None
    from pharmacy.log import naming

    assert naming.names(demo.db, [("fill", "1"), ("fill", "999"), ("document", "ab" * 32)]) == {
        ("fill", "1"): "fill 100001-00",
        ("fill", "999"): "fill 999",
        ("document", "ab" * 32): f"document {('ab' * 32)[:12]}",
    }


@pytest.mark.parametrize(
    ("line", "words_"),
    [
        ("drug", "the drug"),
        ("aliquot-diluent", "the diluent of the aliquot"),
        ("final-volume", "the final volume"),
        ("sodium-benzoate", "sodium benzoate"),
        ("load-1", "load 1"),
        ("capsule-07", "capsule 7"),
    ],
)
def test_a_line_is_called_by_words(line: str, words_: str) -> None:
    assert words.line_words(line) == words_


def test_every_line_that_results_are_computed_from_has_its_words() -> None:
    assert {key.value for key in WeighingKey} < set(words.LINES)


def test_a_document_is_called_by_what_it_is(demo: Demo) -> None:
    order = demo.db.scalars(select(Prescription).where(Prescription.original.is_not(None))).first()
    label = demo.db.scalars(select(IssuedLabel)).first()
    assert order is not None
    assert order.original
    assert label is not None
    ids = [("document", order.original), ("document", label.document)]
    with demo.statements(demo.db.get_bind()) as statements:  # type: ignore[arg-type]
        found = naming.names(demo.db, ids)
    assert len(statements) == 1
    assert found[ids[0]].startswith("the original of Rx 1")
    assert found[ids[1]] == f"the document of label {label.serial}"
