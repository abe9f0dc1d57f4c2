"""Who imports whom, read from the source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "simulator"


@dataclass(frozen=True)
class Import:
    """One module imported by another.

    ``typing`` marks those under ``if TYPE_CHECKING``, ``late`` those inside functions.
    """

    file: str
    module: str
    typing: bool
    late: bool


@cache
def module_names() -> dict[str, Path]:
    """Every module of the package by its dotted name."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports_of(path: Path) -> Iterator[Import]:
    """What a file imports; ``from package import module`` counts as the module."""
    file = path.relative_to(ROOT).as_posix()
    yield from _walk(ast.parse(path.read_text(encoding="utf-8")), file, typing=False, late=False)


def _walk(node: ast.AST, file: str, *, typing: bool, late: bool) -> Iterator[Import]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield Import(file, alias.name, typing, late)
    elif isinstance(node, ast.ImportFrom):
        assert node.level == 0, f"{file}:{node.lineno}: relative import"
        for alias in node.names:
            inner = f"{node.module}.{alias.name}"
            yield Import(file, inner if inner in module_names() else str(node.module), typing, late)
    late = late or isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
        for child in node.body:
            yield from _walk(child, file, typing=True, late=late)
        for child in node.orelse:
            yield from _walk(child, file, typing=typing, late=late)
        return
    for child in ast.iter_child_nodes(node):
        yield from _walk(child, file, typing=typing, late=late)


@cache
def all_imports() -> tuple[Import, ...]:
    return tuple(found for path in module_names().values() for found in imports_of(path))
