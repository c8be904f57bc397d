"""What may be asked: every kind of problem with its fields, as the document of the file format prints it."""

from __future__ import annotations

from collections.abc import Iterator

from pharmacy.domain.problems import PROBLEMS
from pharmacy.domain.problems.kinds import Field, ProblemKind


def reference() -> str:
    """Every kind in Markdown, by its group, in the order in which they are registered."""
    groups: dict[str, list[ProblemKind]] = {}
    for kind in PROBLEMS.values():
        groups.setdefault(kind.group, []).append(kind)
    return "\n".join(line for group, kinds in groups.items() for line in _group(group, kinds))


def _group(group: str, kinds: list[ProblemKind]) -> Iterator[str]:
    yield f"## {group}\n"
    for kind in kinds:
        yield f"### `{kind.key}`: {kind.title}\n"
        yield "| field | what it is | written as | example |"
        yield "|---|---|---|---|"
        for field in kind.fields:
            yield f"| `{field.name}`{_when(field)} | {_words(field)} | {_written(field)} | {_example(field)} |"
        yield ""


def _when(field: Field) -> str:
    """Whether, and beside which other field, it may or must be left out."""
    said = []
    if field.only_with:
        said.append(f"only beside `{field.only_with}`")
    if field.not_with:
        said.append(f"not beside `{field.not_with}`")
    if field.optional:
        said.insert(0, "may be left out")
    return f" ({'; '.join(said)})" if said else ""


def _words(field: Field) -> str:
    return f"{field.label}. {field.hint}".removesuffix(" ") if field.hint else field.label


def _written(field: Field) -> str:
    return f"one of {', '.join(f'`{one}`' for one in field.choices)}" if field.choices else field.sort.value


def _example(field: Field) -> str:
    return f"`{field.example}`".replace("\n", "`, `") if field.example else ""
