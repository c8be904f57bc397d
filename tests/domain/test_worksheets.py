"""Each worked example reads as it was last read by a person: words, numbers, sources, notes, refusals."""

from __future__ import annotations

import pytest

from tests.domain.sheets import as_read, examples, kept

EXAMPLES, KEPT = examples(), kept()


@pytest.mark.parametrize("at", EXAMPLES, ids=[f"{stem}: {name}" for stem, name in EXAMPLES])
def test_a_worksheet_reads_as_it_is_kept(at: tuple[str, str]) -> None:
    assert as_read(EXAMPLES[at]) == KEPT.get(at), (
        "If the change is meant: .venv/bin/python -m tests.domain.sheets, and read the difference of tests/worksheets"
    )


def test_nothing_is_kept_of_an_example_that_is_gone() -> None:
    assert KEPT.keys() == EXAMPLES.keys()
