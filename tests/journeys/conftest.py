"""Journeys go through a real browser and a real server; nothing is mocked.

``serve()`` gives a pharmacy that runs on a fresh, migrated data folder; ``serve(demonstration=True)`` one filled with the
demonstration. ``visit(server)`` gives a person at a browser of her own. Whatever goes wrong on a page that nobody expected
fails the journey at its end.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.journeys.browser import DESK, SCREENSHOTS, NoBrowser, Visitor, open_chromium
from tests.journeys.seed import first_morning
from tests.journeys.server import Server

HERE = Path(__file__).resolve().parent

# A busy machine is slow, not wrong: what should come is waited for as long as a patient person would.
PATIENCE = 30_000
expect.set_options(timeout=PATIENCE)
FAILED = pytest.StashKey[bool]()

Serve = Callable[..., Server]
Visit = Callable[..., Visitor]


@pytest.hookimpl(tryfirst=True)  # before -m chooses
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)
    # A walk through every page takes minutes: begun last it would leave one core waiting for the other.
    items.sort(key=lambda item: (HERE not in item.path.parents, item.path != HERE / "test_pages.py"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember on the test whether it failed, so that the visitors' pages can be kept as they stood."""
    report = yield
    if call.when == "call":
        item.stash[FAILED] = report.failed
    return report


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One Chromium for all journeys; each visitor has a context of her own in it."""
    with sync_playwright() as playwright:
        try:
            browser = open_chromium(playwright)
        except NoBrowser as problem:
            pytest.fail(str(problem), pytrace=False)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def migrated_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder as ``flask --app wsgi migrate`` makes it, to copy from."""
    template = Server(tmp_path_factory.mktemp("migrated") / "instance")
    template.flask("migrate")
    return template.data


@pytest.fixture(scope="session")
def demonstration_folder(migrated_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder filled with the demonstration pharmacy, to copy from; its sign-ins are in ``demo-sign-ins.txt``."""
    folder = tmp_path_factory.mktemp("demonstration") / "instance"
    shutil.copytree(migrated_folder, folder)
    Server(folder).flask("demo", "--if-empty")
    return folder


@pytest.fixture(scope="session")
def ready_folder(migrated_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder of a pharmacy on its first morning, to copy from: people, formulas and stock, and nothing of a patient."""
    folder = tmp_path_factory.mktemp("ready") / "instance"
    shutil.copytree(migrated_folder, folder)
    first_morning(Server(folder))
    return folder


@pytest.fixture
def serve(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Serve]:
    """Give ``serve(demonstration=False, ready=False, seed=None, **environment)``: a pharmacy that is stopped at the end.

    ``seed(server)`` is called before the server starts, to prepare the data folder by the program's commands or services.
    """
    started: list[Server] = []

    def start(
        *,
        demonstration: bool = False,
        ready: bool = False,
        seed: Callable[[Server], object] | None = None,
        **environment: str,
    ) -> Server:
        kind = "demonstration" if demonstration else "ready" if ready else "migrated"
        template: Path = request.getfixturevalue(f"{kind}_folder")
        folder = tmp_path / f"instance-{len(started)}"
        shutil.copytree(template, folder)
        server = Server(folder, environment)
        if seed is not None:
            seed(server)
        started.append(server)
        server.start()
        return server

    yield start
    try:
        for server in started:
            server.stop()
    finally:
        for server in started:
            server.kill()


@pytest.fixture
def visit(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """Give ``visit(server)``: a person at a browser of her own, who notices what goes wrong.

    When the journey fails, each visitor's page is kept as ``build/screenshots/failed-<test>-<n>.png``.
    """
    visitors: list[Visitor] = []

    def come(server: Server) -> Visitor:
        context = chromium.new_context(viewport=DESK, locale="en-US", accept_downloads=True)
        context.set_default_timeout(PATIENCE)
        visitor = Visitor(context, server.base)
        visitors.append(visitor)
        return visitor

    yield come
    problems = [problem for visitor in visitors for problem in visitor.problems]
    if request.node.stash.get(FAILED, False):
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        for number, visitor in enumerate(visitors, 1):
            visitor.page.screenshot(path=SCREENSHOTS / f"failed-{request.node.name}-{number}.png", full_page=True)
    for visitor in visitors:
        visitor.context.close()
    assert not problems, "The browser complained:\n" + "\n".join(problems)
