"""A public function that raises an error says in its docstring which one.

Methods of classes with bases, and the functions that a folder's contract states, are described there once.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted((ROOT / "edgeml").rglob("*.py"))

CONTRACTS = frozenset(("command", "float_onnx", "lower", "plan", "write"))
"""Names of the functions of files in folders whose contract docs/extending.md states."""

FAULTS = frozenset(("AssertionError", "AttributeError", "NotImplementedError"))
"""Errors of the code itself."""


def public_functions(module: ast.Module) -> Iterator[ast.FunctionDef]:
    """The functions of a module and the methods of its classes without bases."""
    for node in module.body:
        if isinstance(node, ast.FunctionDef):
            yield node
        elif isinstance(node, ast.ClassDef) and not node.bases and not node.name.startswith("_"):
            yield from (part for part in node.body if isinstance(part, ast.FunctionDef))


def own_raises(node: ast.AST) -> Iterator[ast.expr]:
    """The errors that a function raises itself, without functions and classes inside of it."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Raise) and child.exc is not None:
            yield child.exc.func if isinstance(child.exc, ast.Call) else child.exc
        elif not isinstance(child, ast.FunctionDef | ast.Lambda | ast.ClassDef):
            yield from own_raises(child)


def silent(source: str) -> list[str]:
    """LINE NAME for every public function that raises and does not say so."""
    lines: list[str] = []
    for function in public_functions(ast.parse(source)):
        raised = {ast.unparse(name) for name in own_raises(function)} - FAULTS
        exempt = function.name.startswith("_") or function.name in CONTRACTS
        if raised and not exempt and "Raises:" not in (ast.get_docstring(function) or ""):
            lines.append(f"{function.lineno} {function.name}")
    return lines


def test_functions_say_what_they_raise() -> None:
    offenders = {path.relative_to(ROOT).as_posix(): silent(path.read_text()) for path in FILES}
    assert {path: lines for path, lines in offenders.items() if lines} == {}


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("def f():\n    if x:\n        raise EdgemlError('no')", ["1 f"]),
        ('class A:\n    def f(self):\n        """A."""\n        raise self._error("no")', ["2 f"]),
        ('def f():\n    """A.\n\n    Raises:\n        EdgemlError: no.\n    """\n    raise EdgemlError', []),
        ("def _f():\n    raise EdgemlError('no')", []),
        ("def lower(x):\n    raise EdgemlError('no')", []),
        ("class A(B):\n    def f(self):\n        raise EdgemlError('no')", []),
        ("def f():\n    raise NotImplementedError", []),
        ("def f():\n    try:\n        g()\n    except OSError:\n        raise", []),
        ("def f():\n    def inner():\n        raise EdgemlError('no')\n    return inner", []),
    ],
)
def test_each_case_of_the_rule(source: str, lines: list[str]) -> None:
    assert silent(source) == lines
