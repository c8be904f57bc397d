"""The program's own text, read for the fences: modules as syntax trees, templates without their Jinja."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "pharmacy"
TEMPLATES = ROOT / "templates"


@functools.cache
def modules(folder: Path = PROGRAM) -> dict[str, ast.Module]:
    """Every module under the folder, by its path from the root of the repository."""
    found = {
        path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted(folder.rglob("*.py"))
    }
    assert found, f"no module under {folder}: a fence that sees nothing refuses nothing"
    return found


def templates() -> dict[str, str]:
    """Every template's text, by its path from the root of the repository."""
    found = {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(TEMPLATES.rglob("*.html"))
    }
    assert found, "no templates"
    return found


def docstrings(tree: ast.Module) -> set[ast.Constant]:
    """The docstrings of a module, its classes and functions: prose, not program."""
    holders = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return {
        node.body[0].value
        for node in ast.walk(tree)
        if isinstance(node, holders)
        and node.body
        and isinstance(node.body[0], ast.Expr)
        and isinstance(node.body[0].value, ast.Constant)
    }


def texts(tree: ast.Module) -> Iterator[ast.Constant]:
    """Every piece of text in it that is no docstring, those inside f-strings too."""
    prose = docstrings(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in prose:
            yield node


def calls(tree: ast.Module) -> Iterator[tuple[ast.Call, str]]:
    """Every call with the name of what is called, such as ``datetime.now``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield node, ast.unparse(node.func)


def within(tree: ast.Module) -> dict[ast.AST, str]:
    """Each node to the name of the innermost function around it."""
    named: dict[ast.AST, str] = {}

    def visit(node: ast.AST, name: str) -> None:
        named[node] = name
        inner = node.name if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) else name
        for child in ast.iter_child_nodes(node):
            visit(child, inner)

    visit(tree, "")
    return named


def set_attributes(tree: ast.Module) -> Iterator[tuple[ast.Attribute, str]]:
    """Every attribute that is assigned to, with the statement in words."""
    for node in ast.walk(tree):
        targets = node.targets if isinstance(node, ast.Assign) else []
        if isinstance(node, (ast.AnnAssign, ast.AugAssign)):
            targets = [node.target]
        for target in targets:
            for part in ast.walk(target):
                if isinstance(part, ast.Attribute):
                    yield part, ast.unparse(node)
