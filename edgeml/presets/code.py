"""Digests of a preset file's definitions, without comments, layout and docstrings.

Invariant: two files with equal digests build equal models. The numbers in `PRESET = Preset(...)` are not part
of the digests, because a run compares them one by one, after `--set`.
"""

from __future__ import annotations

import ast
import hashlib

_PRESET = "PRESET"
_IMPORTS = "imports"
_REST = "statements"


def code_digests(source: bytes) -> dict[str, str]:
    """SHA-256 of every top-level definition of a module, by name; imports and other statements as one each.

    Raises:
        SyntaxError: it is no Python.

    >>> plain = code_digests(b"def build(q): return q  # as it is")
    >>> plain == code_digests(b"def build(q): return (q)"), plain == code_digests(b"def build(q): return -q")
    (True, False)
    """
    parts: dict[str, list[str]] = {}
    for statement in ast.parse(source).body:
        name = _name(statement)
        if name == _PRESET:
            statement = _only_functions(statement)
        elif _is_text(statement):
            continue
        parts.setdefault(name, []).append(ast.dump(_Bare().visit(statement)))
    return {name: hashlib.sha256("\n".join(texts).encode()).hexdigest() for name, texts in parts.items()}


class _Bare(ast.NodeTransformer):
    """Removes docstrings."""

    def generic_visit(self, node: ast.AST) -> ast.AST:
        body = getattr(node, "body", None)
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and body and _is_text(body[0]):
            node.body = body[1:] or [ast.Pass()]
        return super().generic_visit(node)


def _name(statement: ast.stmt) -> str:
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return _IMPORTS
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return statement.name
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    target = statement.target if isinstance(statement, ast.AnnAssign) else next(iter(targets), None)
    return target.id if isinstance(target, ast.Name) else _REST


def _only_functions(statement: ast.stmt) -> ast.stmt:
    """PRESET = Preset(build=..., loss=...) without its other arguments; other forms as they are."""
    value = getattr(statement, "value", None)
    if isinstance(value, ast.Call) and not value.args and all(word.arg for word in value.keywords):
        value.keywords = [word for word in value.keywords if word.arg in ("build", "loss")]
    return statement


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
