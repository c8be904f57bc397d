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
from collections.abc import Callable
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SECONDS = 20
FEW, FEW_EDGES = 8, 4
EDGES = "edges"

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


def readers() -> tuple[dict[At, Callable[[], str]], dict[At, str]]:
    """How each worksheet, and the edges of each kind of problem, is read; and how each is kept."""
    from tests.domain import edges, sheets

    kept, problems = sheets.kept(), sheets.examples()
    whole = edges.whole_examples(problems)
    read: dict[At, Callable[[], str]] = {at: partial(sheets.as_read, one) for at, one in problems.items()}
    for kind, given in whole.items():
        read[EDGES, kind] = partial(lambda kind, given: "\n".join(edges.at_the_edges(kind, given)), kind, given)
    return read, kept


def calls(read: dict[At, Callable[[], str]], kept: dict[At, str]) -> dict[str, list[At]]:
    """A few worksheets that call each function, the quickest and some of the others, and then the edges of a few kinds."""
    from mutmut.state import state

    seconds: dict[At, float] = {}
    calling: dict[str, list[At]] = defaultdict(list)
    for at, reading in read.items():
        os.environ["MUTANT_UNDER_TEST"] = ""
        began = time.perf_counter()
        if reading() != kept[at]:
            raise SystemExit(f"{at} does not read as it is kept, without any mutant: make test.")
        seconds[at] = time.perf_counter() - began
        os.environ["MUTANT_UNDER_TEST"] = "stats"
        called = state()._stats  # noqa: SLF001  mutmut has no other way to say what was called
        called.clear()
        reading()
        for function in called:
            calling[function].append(at)
    os.environ["MUTANT_UNDER_TEST"] = ""
    for function, found in calling.items():
        sheets, edges = ([at for at in found if (at[0] == EDGES) == of_edges] for of_edges in (False, True))
        for one in (sheets, edges):
            one.sort(key=seconds.__getitem__)
        calling[function] = [*sheets[:FEW], *sheets[FEW :: max(len(sheets) // FEW, 1)], *edges[:FEW_EDGES]]
    return calling


def betrayed(mutant: str, at: list[At], read: dict[At, Callable[[], str]], kept: dict[At, str]) -> bool:
    """In the forked process: whether a worksheet differs or fails."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
    os.environ["MUTANT_UNDER_TEST"] = mutant
    for one in at:
        try:
            if read[one]() != kept[one]:
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
    read, kept = readers()
    calling = calls(read, kept)
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
                os._exit(betrayed(mutant, worksheets, read, kept))
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
