"""Every refusal that a test of the domain expects, as the person reads it: kept as text beside the worksheets.

A change of a sentence, or of the field that it stands at, shows in tests/refusals/ as a difference that someone reads. When
it is meant:

    .venv/bin/python -m tests.domain.refusals
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pharmacy.domain.errors import CalculationRefused

KEPT = Path(__file__).parents[1] / "refusals"
HEAD = "## "
MEANT = "--keep-refusals"


def as_read(refused: CalculationRefused) -> str:
    return f"{type(refused).__name__} at {refused.field or 'no field'}: {refused}"


@contextmanager
def caught(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What ``pytest.raises`` catches meanwhile, as it is read: each sentence once."""
    said: list[str] = []
    leave = pytest.RaisesExc.__exit__

    def leaving(self: object, kind: object, error: object, trace: object) -> bool:
        if isinstance(error, CalculationRefused) and as_read(error) not in said:
            said.append(as_read(error))
        return leave(self, kind, error, trace)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(pytest.RaisesExc, "__exit__", leaving)
        yield said


def name_of(item: pytest.Item) -> str:
    """The test's name in ASCII, whether or not pytest escapes the signs in it."""
    return item.name.encode("unicode_escape").decode("ascii").replace("\\", "")


def kept(module: str) -> dict[str, list[str]]:
    """What stands in the file of a module of tests, by the test's name."""
    path = KEPT / f"{module}.txt"
    if not path.exists():
        return {}
    blocks = path.read_text("utf-8").removeprefix(HEAD).split(f"\n{HEAD}")
    return {name: body.strip("\n").split("\n") for name, _, body in (block.partition("\n") for block in blocks)}


def write(found: dict[str, dict[str, list[str]]]) -> None:
    """Write all files anew."""
    KEPT.mkdir(exist_ok=True)
    for path in KEPT.glob("*.txt"):
        path.unlink()
    for module, tests in found.items():
        blocks = ["\n".join([f"{HEAD}{name}", *said, ""]) for name, said in sorted(tests.items())]
        (KEPT / f"{module}.txt").write_text("\n".join(blocks), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(pytest.main(["-q", "-n0", "-p", "no:benchmark", MEANT, str(Path(__file__).parent)]))
