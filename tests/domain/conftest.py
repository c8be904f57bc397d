"""The machine may be busy: an example that is slow now and then is no failure. And what is refused is read."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest
from hypothesis import HealthCheck, is_hypothesis_test, settings

from tests.domain import refusals

settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")

FOUND = pytest.StashKey[dict[str, dict[str, list[str]]]]()
kept = cache(refusals.kept)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(refusals.MEANT, action="store_true", help="write tests/refusals anew")


@pytest.fixture(autouse=True)
def refusals_are_read(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each refusal that the test expects reads as it was last read by a person."""
    with refusals.caught(monkeypatch) as said:
        yield
    if is_hypothesis_test(request.node.obj):
        return  # its examples are others each time
    module, name = request.path.stem, refusals.name_of(request.node)
    if request.config.getoption(refusals.MEANT, default=False):
        if said:
            request.config.stash.setdefault(FOUND, {}).setdefault(module, {})[name] = said
    else:
        assert said == kept(module).get(name, []), (
            "If the change is meant: .venv/bin/python -m tests.domain.refusals, and read the difference of tests/refusals"
        )


def pytest_sessionfinish(session: pytest.Session) -> None:
    if session.config.getoption(refusals.MEANT, default=False):
        refusals.write(session.config.stash.get(FOUND, {}))
