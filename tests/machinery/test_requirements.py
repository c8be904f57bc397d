"""The pins are those of pyproject.toml, hold their hashes, and name no place of anybody's machine."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
HOW = "Run `make lock` and commit what it wrote."


def pins(name: str) -> dict[str, str]:
    """Package to version, as the file pins them."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return {
        canonicalize_name(found[0]): found[1]
        for found in re.findall(r"^([A-Za-z0-9._-]+)==([^\s;]+)", text, re.MULTILINE)
    }


@pytest.mark.parametrize("given", PROJECT["project"]["dependencies"])
def test_what_the_program_needs_is_pinned_within_its_bounds(given: str) -> None:
    asked = Requirement(given)
    pinned = pins("requirements.txt").get(canonicalize_name(asked.name))
    assert pinned is not None, f"requirements.txt lacks {asked.name}. {HOW}"
    assert asked.specifier.contains(pinned), (
        f"requirements.txt has {asked.name} {pinned}, asked is {asked.specifier}. {HOW}"
    )


@pytest.mark.parametrize("given", PROJECT["dependency-groups"]["dev"])
def test_what_the_tests_need_is_pinned_within_its_bounds(given: str) -> None:
    asked = Requirement(given)
    pinned = pins("requirements-dev.txt").get(canonicalize_name(asked.name))
    assert pinned is not None, f"requirements-dev.txt lacks {asked.name}. {HOW}"
    assert asked.specifier.contains(pinned), (
        f"requirements-dev.txt has {asked.name} {pinned}, asked is {asked.specifier}. {HOW}"
    )


def test_the_tests_run_on_the_versions_that_the_pharmacy_runs() -> None:
    runtime, dev = pins("requirements.txt"), pins("requirements-dev.txt")
    assert runtime
    assert {name: dev.get(name) for name in runtime} == runtime, f"The two files differ. {HOW}"


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_pin_has_its_hash_and_no_place(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    blocks = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)[1:]
    assert blocks
    for block in blocks:
        assert "--hash=sha256:" in block, f"{name}: {block.splitlines()[0]} has no hash. {HOW}"
    assert not re.search(r"://|--(extra-)?index-url|--find-links|file:|^-e|\s/", text, re.MULTILINE), (
        f"{name} names a place. {HOW}"
    )
