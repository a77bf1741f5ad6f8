"""The words of the code: a name says what its value is, and a class name means one thing everywhere.

See docs/glossary.md and docs/adr/0040.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted((ROOT / "edgeml").rglob("*.py"))

PARTICIPLES = frozenset(
    (
        "asked",
        "came",
        "found",
        "given",
        "gone",
        "heard",
        "held",
        "kept",
        "known",
        "made",
        "said",
        "seen",
        "taken",
        "told",
        "wanted",
    )
)
"""Words that say what happened to a value and not what it is. Alone they are no names."""

CLAUSE = re.compile(r"(That|What|How|Where|Whether|Which|Who|Whose|When|Why)\b")
"""The beginning of a docstring that has a clause in place of its subject: "What a board needs."."""

FIELDS_OF_FILES = {"Importing.taken": "a key of config.toml"}
"""Names that a file format has; another name would be another format."""


def classes(source: str) -> Iterator[str]:
    """The names of all classes, nested ones included."""
    return (node.name for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ClassDef))


def bound_name(node: ast.AST) -> str:
    """The name that a node binds: a variable, argument, attribute, function, class or alias; "" if none."""
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return name
        case (
            ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()) | ast.arg(arg=name)
        ):
            return name
        case ast.ExceptHandler(name=str(name)) | ast.alias(asname=str(name)) | ast.MatchAs(name=str(name)):
            return name
        case _:
            return ""


def vague(source: str) -> list[str]:
    """LINE NAME for every name that is a participle."""
    lines: list[tuple[int, str]] = []

    def visit(node: ast.AST, owner: str) -> None:
        for child in ast.iter_child_nodes(node):
            name = bound_name(child)
            if name.strip("_").lower() in PARTICIPLES and f"{owner}{name}" not in FIELDS_OF_FILES:
                lines.append((child.lineno, name))  # pyright: ignore[reportAttributeAccessIssue]
            visit(child, f"{child.name}." if isinstance(child, ast.ClassDef) else owner)

    visit(ast.parse(source), "")
    return [f"{line} {name}" for line, name in sorted(lines)]


def clauses(source: str) -> list[str]:
    """LINE DOCSTRING for every docstring, those of attributes included, that begins with a clause."""
    bodies = [
        body for node in ast.walk(ast.parse(source)) if isinstance(body := getattr(node, "body", None), list)
    ]
    strings = [
        (statement.lineno, value)
        for body in bodies
        for statement in body
        if isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(value := statement.value.value, str)
    ]
    return [f"{line} {text.splitlines()[0]}" for line, text in sorted(strings) if CLAUSE.match(text)]


def test_class_names_are_unique() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for path in FILES:
        for name in classes(path.read_text()):
            places[name].append(path.relative_to(ROOT).as_posix())
    assert {name: where for name, where in places.items() if len(where) > 1} == {}


@pytest.mark.parametrize("package", sorted({path.relative_to(ROOT).parts[1] for path in FILES}))
def test_names_say_what_a_value_is(package: str) -> None:
    files = [path for path in FILES if path.relative_to(ROOT).parts[1] == package]
    offenders = {path.relative_to(ROOT).as_posix(): vague(path.read_text()) for path in files}
    assert {path: lines for path, lines in offenders.items() if lines} == {}


PACKAGES: dict[str, list[Path]] = defaultdict(list)
for _path in (
    *FILES,
    *(file for room in ("benchmarks", "models", "scripts", "tests") for file in (ROOT / room).rglob("*.py")),
):
    _parts = _path.relative_to(ROOT).parts
    PACKAGES["/".join(_parts[:2]) if _parts[0] == "edgeml" else _parts[0]].append(_path)


@pytest.mark.parametrize("package", sorted(PACKAGES))
def test_the_subject_of_a_docstring_is_no_clause(package: str) -> None:
    offenders = {path.relative_to(ROOT).as_posix(): clauses(path.read_text()) for path in PACKAGES[package]}
    offenders = {path: lines for path, lines in offenders.items() if lines}
    assert offenders == {}


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ('"""How it is."""', ["1 How it is."]),
        (
            'class A:\n    """Whether."""\n    x = 1\n    """Where it is.\n\n    More."""',
            ["2 Whether.", "4 Where it is."],
        ),
        ('def f():\n    """That of another."""', ["2 That of another."]),
        ('"""Howitzers."""\nx = "What"\nf("Why")', []),
        ('def f():\n    """The place where it is."""', []),
    ],
)
def test_the_rule_on_docstrings_finds_them(source: str, lines: list[str]) -> None:
    assert clauses(source) == lines


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("found = 1", ["1 found"]),
        ("def f(told):\n    pass", ["1 told"]),
        ("def f(*, _known=1):\n    self.made = 1", ["1 _known", "2 made"]),
        ("class _Kept:\n    seen: int = 0", ["1 _Kept", "2 seen"]),
        ("for found, x in y: pass", ["1 found"]),
        ("import a as said", ["1 said"]),
        ("try: pass\nexcept E as gone: pass", ["2 gone"]),
        ("class Importing:\n    taken: int", []),
        ("f(found=1)\nx = found.told\nknown_good = is_kept(x)", []),
    ],
)
def test_the_rule_on_names_finds_them(source: str, lines: list[str]) -> None:
    assert vague(source) == lines


def test_nested_classes_count() -> None:
    assert sorted(classes("class A:\n    class B: pass\ndef f():\n    class C: pass")) == ["A", "B", "C"]
