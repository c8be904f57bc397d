#!/usr/bin/env python3
"""What ``make mutants`` does: change the arithmetic in thousands of small ways and see that a test of the domain notices.

    scripts/mutants.py                     every module; what was killed before and has not changed is not tried again
    scripts/mutants.py balance shells      these modules of pharmacy/domain, from the beginning
    scripts/mutants.py -j 2 balance        with two processes instead of one

It prints the score of each module and writes what survived, each with its difference, to build/mutants.txt. It is no
gate: docs/mutants.md says which survivors change nothing that can be seen.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path

from libcst import Module
from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.diff_apply import read_mutant_function, read_mutants_module, read_original_function
from mutmut.stats import status_by_exit_code
from mutmut.utils.file_utils import walk_mutatable_files

ROOT = Path(__file__).resolve().parent.parent
REPORT = ROOT / "build" / "mutants.txt"
KILLED = {"killed", "timeout"}  # a mutant that never ends was noticed too
TARGET = 90


@dataclass(frozen=True, slots=True)
class Tried:
    """The mutants of one module, by what became of them, and the seconds that they took."""

    path: Path
    outcomes: dict[str, str]
    seconds: float

    @property
    def module(self) -> str:
        return ".".join(self.path.with_suffix("").parts[2:])

    @property
    def tried(self) -> int:
        return sum(outcome != "not checked" for outcome in self.outcomes.values())

    @property
    def killed(self) -> int:
        return sum(outcome in KILLED for outcome in self.outcomes.values())

    @property
    def survivors(self) -> list[str]:
        return [name for name, outcome in self.outcomes.items() if outcome not in KILLED | {"not checked"}]


def results() -> Iterator[Tried]:
    """What is on record in the folder mutants/, module by module."""
    for path in sorted(walk_mutatable_files()):
        data = SourceFileMutationData(path=path)
        data.load()
        outcomes = {name: status_by_exit_code[code] for name, code in data.exit_code_by_key.items()}
        if outcomes:
            yield Tried(path, outcomes, sum(data.durations_by_key.values()))


def difference(module: Module, name: str) -> str:
    """The lines in which the mutant differs from the function as it is written."""
    before = Module([read_original_function(module, name)]).code.strip().splitlines()
    after = Module([read_mutant_function(module, name)]).code.strip().splitlines()
    changed = unified_diff(before, after, lineterm="", n=1)
    return "\n".join(f"    {line}" for line in changed if not line.startswith(("---", "+++")))


WHYS = (  # the first that fits the line that was changed and the line that it became
    (r"^.*(Fraction\(0\)|Fraction\(1\)|start=).*$", "the start of a sum, or of a count that is only shown"),
    (r"strict=", "both sequences have one length by their making"),
    (r"(decimal_text|\.text|rounded|side_text|percent_text)\(", "a figure that no example has so many places of"),
    (
        r"(raise |Impossible|Refused|NotAQuantity|BadGiven|NotInTheRecord|CannotBe|Conflict|DoesNotFit|Expired)",
        "a refusal that no test reads to the letter",
    ),
    (r"(demand|within)\(", "what a second way would disagree about: no test brings the first way to it"),
    (r"(<|>)=? ?-?[0-9(]", "an edge at which both sides come to the same, or that nothing reaches"),
    (r"[\"']", "words, or a name, that no test reads to the letter"),
    (r"(None|, \))", "an argument that makes no difference where it is called"),
)
OTHER = "nothing that a worksheet or a test shows; a test may be missing"


def why(said: str) -> str:
    """What kind of survivor this is, from the lines that differ."""
    lines = "\n".join(line.strip()[1:] for line in said.splitlines() if line.strip()[:1] in {"-", "+"})
    return next((words for pattern, words in WHYS if re.search(pattern, lines)), OTHER)


def report(found: list[Tried]) -> None:
    """The table on the screen, and the survivors in the file."""
    print(f"{'module':<32}{'tried':>7}{'killed':>8}{'score':>9}{'seconds':>9}")
    for one in found:
        print(f"{one.module:<32}{one.tried:>7}{one.killed:>8}{100 * one.killed / one.tried:>7.1f} %{one.seconds:>9.0f}")
    tried, killed, seconds = (sum(getattr(one, name) for one in found) for name in ("tried", "killed", "seconds"))
    print(f"{'all of these':<32}{tried:>7}{killed:>8}{100 * killed / tried:>7.1f} %{seconds:>9.0f}   target {TARGET} %")
    REPORT.parent.mkdir(exist_ok=True)
    kinds = Counter[str]()
    with REPORT.open("w", encoding="utf-8") as out:
        print(f"{killed} of {tried} mutants were killed: {100 * killed / tried:.1f} %. These were not:\n", file=out)
        for one in found:
            if one.survivors:
                module = read_mutants_module(one.path)
                said = Counter(one.outcomes[name] for name in one.survivors)
                print(f"{one.module}: {', '.join(f'{n} {outcome}' for outcome, n in said.items())}", file=out)
                for name in one.survivors:
                    said = difference(module, name)
                    kinds[why(said)] += 1
                    print(f"  {name.rpartition('.')[2]}: {one.outcomes[name]}; {why(said)}", file=out)
                    print(said, file=out)
                print(file=out)
    for words, number in kinds.most_common():
        print(f"{number:>7}  {words}")
    print(f"What survived: {REPORT.relative_to(ROOT)}")


def main() -> int:
    """Read the worksheets against each mutant, run mutmut on what they do not betray, with the lowest priority; then report."""
    given = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    given.add_argument("modules", nargs="*", help="modules of pharmacy/domain, such as balance or second_check.balance")
    given.add_argument("-j", "--processes", type=int, default=1)
    given.add_argument("--report", action="store_true", help="only report what was tried before")
    asked = given.parse_args()
    os.chdir(ROOT)
    if not asked.report:
        began = time.monotonic()
        os.nice(19)
        if not asked.modules:
            quick = [sys.executable, "scripts/mutants_by_worksheets.py", str(asked.processes)]
            subprocess.run(quick, check=True)  # noqa: S603  our own command line
        patterns = [f"pharmacy.domain.{module}.*" for module in asked.modules]
        command = [
            str(Path(sys.executable).with_name("mutmut")),
            "run",
            "--max-children",
            str(asked.processes),
            *patterns,
        ]
        ran = subprocess.run(command, check=False)  # noqa: S603  our own command line
        if ran.returncode:
            return ran.returncode
        print(f"\n{time.monotonic() - began:.0f} s in all")
    found = [one for one in results() if one.tried and (not asked.modules or one.module in asked.modules)]
    if not found:
        print("Nothing was tried yet.")
        return 1
    report(found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
