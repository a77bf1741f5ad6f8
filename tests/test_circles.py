"""No module of edgeml imports itself by way of others; imports inside functions count like those at the top.

Imports for type checkers do not count: nothing is loaded by them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def modules(root: Path) -> dict[str, Path]:
    """The Python files of the package by their dotted names."""
    paths = (path for path in sorted((root / "edgeml").rglob("*.py")))
    return {
        ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__"): path
        for path in paths
    }


def loaded(node: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    """The import statements below a node that are run."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            for other in child.orelse:
                yield from loaded(other)
        elif isinstance(child, ast.Import | ast.ImportFrom):
            yield child
        else:
            yield from loaded(child)


def imports(source: str, known: Mapping[str, object]) -> set[str]:
    """The modules among `known` that a source imports."""
    names: set[str] = set()
    for statement in loaded(ast.parse(source)):
        if isinstance(statement, ast.Import):
            names |= {alias.name for alias in statement.names}
        else:
            inner = {f"{statement.module}.{alias.name}" for alias in statement.names}
            names |= {name if name in known else str(statement.module) for name in inner}
    return names & known.keys()


def circle(graph: Mapping[str, set[str]]) -> list[str]:
    """One circle of modules, or none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return error.args[1]
    return []


def test_no_circle() -> None:
    files = modules(ROOT)
    graph = {name: imports(path.read_text(encoding="utf-8"), files) - {name} for name, path in files.items()}
    assert sum(map(len, graph.values())) > len(files), "imports are not seen"
    assert circle(graph) == []


SHIPPED = "from edgeml.b import thing\n"
HIDDEN = "def late():\n    import edgeml.b\n"
CHECKERS = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from edgeml import b\n"


@pytest.mark.parametrize(("source", "seen"), [(SHIPPED, True), (HIDDEN, True), (CHECKERS, False)])
def test_the_check_sees_a_circle(source: str, seen: bool) -> None:
    known = {"edgeml.a": None, "edgeml.b": None}
    graph = {"edgeml.a": imports(source, known), "edgeml.b": imports("import edgeml.a\n", known)}
    assert bool(circle(graph)) is seen
