#!/usr/bin/env python3
"""What ``make bench`` does: measure, and say each median as a ratio to hashing the same input in the same run.

Seconds differ from machine to machine; how many hashes of its input a calculation costs hardly does, so that the ratios of
build/benchmarks.json can be compared. It is no gate: a missed target is said, and the run succeeds all the same.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
RAW, REPORT = ROOT / "build" / "benchmarks-raw.json", ROOT / "build" / "benchmarks.json"


def measured(raw: dict[str, Any]) -> list[dict[str, Any]]:
    """One row for each measurement that is not itself the hash of its group."""
    medians = {(one["group"], "hash" in one["name"]): one["stats"]["median"] for one in raw["benchmarks"]}
    return [
        {
            "name": one["group"],
            "median_ms": round(one["stats"]["median"] * 1000, 3),
            "least_ms": round(one["stats"]["min"] * 1000, 3),
            "hash_us": round(medians[one["group"], True] * 1_000_000, 3),
            "ratio": round(one["stats"]["median"] / medians[one["group"], True]),
            "rounds": one["stats"]["rounds"],
            "target_ms": one["extra_info"].get("target_ms"),
        }
        for one in raw["benchmarks"]
        if "hash" not in one["name"]
    ]


def main() -> int:
    """Run the benchmarks, print the table, keep it."""
    REPORT.parent.mkdir(exist_ok=True)
    options = ["-q", "-p", "no:xdist", "-p", "no:cacheprovider", "-o", "python_files=bench_*.py", "--no-header"]
    bench = ["--benchmark-only", "--benchmark-quiet", "--benchmark-warmup=on", f"--benchmark-json={RAW}"]
    status = pytest.main([*options, *bench, str(ROOT / "tests" / "benchmarks"), *sys.argv[1:]])
    if status:
        return int(status)
    raw = json.loads(RAW.read_text("utf-8"))
    rows = measured(raw)
    kept = {"at": raw["datetime"], "python": raw["machine_info"]["python_version"], "measured": rows}
    REPORT.write_text(json.dumps(kept, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    RAW.unlink()
    print(f"{'':<30}{'median':>12}{'least':>12}{'target':>10}{'hash of the input':>20}{'ratio':>9}")
    for row in rows:
        target = "" if row["target_ms"] is None else f"{row['target_ms']} ms"
        missed = "  above its target" if row["target_ms"] is not None and row["median_ms"] > row["target_ms"] else ""
        print(
            f"{row['name']:<30}{row['median_ms']:>9.2f} ms{row['least_ms']:>9.2f} ms{target:>10}{row['hash_us']:>17.2f} µs{row['ratio']:>9,}{missed}"
        )
    print(f"Kept in {REPORT.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
