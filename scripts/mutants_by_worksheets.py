#!/usr/bin/env python3
"""The quick half of ``make mutants``: which mutants does a worksheet betray that reads other than it is kept?

For each mutant that was not killed before, a forked process reads the kept worksheets (tests/domain/sheets.py) that call its function,
the quickest first, until one differs. That takes milliseconds where a run of pytest takes half a second. What no worksheet
betrays is left for mutmut, which runs every test of the domain against it.
"""

from __future__ import annotations

import os
import resource
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SECONDS = 20
FEW = 8

At = tuple[str, str]  # a worksheet: its file and its name


def generate(processes: int) -> None:
    """Write the folder mutants/, as mutmut does before it tries anything."""
    from mutmut import __main__ as mutmut

    mutmut.set_mutant_under_test("mutant_generation")
    Path("mutants").mkdir(exist_ok=True)
    mutmut.copy_src_dir()
    mutmut.copy_also_copy_files()
    mutmut.setup_source_paths()
    mutmut.create_mutants(processes)


def calls() -> tuple[dict[str, list[At]], dict[At, str]]:
    """The worksheets that call each function, the quickest first, and how each is kept."""
    from mutmut.state import state

    from tests.domain import sheets

    kept, problems = sheets.kept(), sheets.examples()
    seconds: dict[At, float] = {}
    calling: dict[str, list[At]] = defaultdict(list)
    for at, problem in problems.items():
        os.environ["MUTANT_UNDER_TEST"] = ""
        began = time.perf_counter()
        if sheets.as_read(problem) != kept[at]:
            raise SystemExit(f"{at} does not read as it is kept, without any mutant: make test.")
        seconds[at] = time.perf_counter() - began
        os.environ["MUTANT_UNDER_TEST"] = "stats"
        called = state()._stats  # noqa: SLF001  mutmut has no other way to say what was called
        called.clear()
        sheets.as_read(problem)
        for function in called:
            calling[function].append(at)
    os.environ["MUTANT_UNDER_TEST"] = ""
    for function, found in calling.items():
        found.sort(key=seconds.__getitem__)
        calling[function] = [*found[:FEW], *found[FEW :: max(len(found) // FEW, 1)]]
    return calling, kept


def betrayed(mutant: str, worksheets: list[At], kept: dict[At, str], problems: dict[At, dict[str, Any]]) -> bool:
    """In the forked process: whether a worksheet differs or fails."""
    from tests.domain import sheets

    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
    os.environ["MUTANT_UNDER_TEST"] = mutant
    for at in worksheets:
        try:
            if sheets.as_read(problems[at]) != kept[at]:
                return True
        except Exception:  # noqa: BLE001  whatever a mutant raises, a test would have failed
            return True
    return False


def main() -> int:
    """Generate, then try each mutant that was not killed before."""
    os.chdir(ROOT)
    processes = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    generate(processes)

    from mutmut.mutation.data import SourceFileMutationData
    from mutmut.stats import status_by_exit_code
    from mutmut.utils.file_utils import walk_mutatable_files
    from mutmut.utils.format_utils import mangled_name_from_mutant_name

    files = []
    for path in sorted(walk_mutatable_files()):
        data = SourceFileMutationData(path=path)
        data.load()
        files.append(data)
    os.chdir("mutants")  # where the tests and the mutated modules are
    sys.path.insert(0, str(Path.cwd()))
    calling, kept = calls()
    from tests.domain import sheets

    problems = sheets.examples()
    running: dict[int, tuple[SourceFileMutationData, str, float]] = {}
    verdicts = Counter[str]()

    def wait() -> None:
        pid, status = os.wait()
        data, mutant, began = running.pop(pid)
        found = status != 0
        verdicts["betrayed" if found else "left for mutmut"] += 1
        if found:
            data.exit_code_by_key[mutant] = 1
            data.durations_by_key[mutant] = time.perf_counter() - began

    for data in files:
        for mutant in list(data.exit_code_by_key):
            if status_by_exit_code[data.exit_code_by_key[mutant]] in {"survived", "no tests"}:
                data.exit_code_by_key[mutant] = None  # there may be a test by now
            worksheets = calling.get(mangled_name_from_mutant_name(mutant), [])
            if data.exit_code_by_key[mutant] is not None or not worksheets:
                continue
            while len(running) >= processes:
                wait()
            pid = os.fork()
            if not pid:
                os._exit(betrayed(mutant, worksheets, kept, problems))
            running[pid] = (data, mutant, time.perf_counter())
        while running:
            wait()
        os.chdir(ROOT)
        data.save()
        os.chdir("mutants")
    print(", ".join(f"{n} {what}" for what, n in verdicts.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
