"""Each worked example reads as it was last read by a person: words, numbers, sources, notes, refusals."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.domain import refusals
from tests.domain.edges import at_the_edges, whole_examples
from tests.domain.sheets import as_read, examples, kept

EXAMPLES, KEPT = examples(), kept()
EDGES = {name: KEPT.pop((stem, name)) for stem, name in list(KEPT) if stem == "edges"}
WHOLE = whole_examples(EXAMPLES)


@pytest.mark.parametrize("at", EXAMPLES, ids=[f"{stem}: {name}" for stem, name in EXAMPLES])
def test_a_worksheet_reads_as_it_is_kept(at: tuple[str, str]) -> None:
    assert as_read(EXAMPLES[at]) == KEPT.get(at), (
        "If the change is meant: .venv/bin/python -m tests.domain.sheets, and read the difference of tests/worksheets"
    )


@pytest.mark.parametrize("kind", WHOLE)
def test_a_field_at_its_edge_is_solved_or_refused_as_it_is_kept(kind: str) -> None:
    assert list(at_the_edges(kind, WHOLE[kind])) == EDGES.get(kind, "").split("\n"), (
        "If the change is meant: .venv/bin/python -m tests.domain.sheets, and read the difference of tests/worksheets/edges.txt"
    )


def test_nothing_is_kept_of_an_example_that_is_gone() -> None:
    assert KEPT.keys() == EXAMPLES.keys()
    assert EDGES.keys() == WHOLE.keys()


@pytest.mark.parametrize("path", sorted(refusals.KEPT.glob("*.txt")), ids=lambda path: path.stem)
def test_no_refusal_is_kept_of_a_test_that_is_gone(path: Path) -> None:
    source = Path(__file__).with_name(f"{path.stem}.py").read_text("utf-8")
    gone = [name for name in refusals.kept(path.stem) if f"def {name.partition('[')[0]}(" not in source]
    assert gone == []
