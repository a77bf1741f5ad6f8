"""The Python of the docs: it compiles, every name of edgeml's in it exists, and its types agree."""

from __future__ import annotations

import ast
import importlib
import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.support import needs_tool

ROOT = Path(__file__).parent.parent
FILES = [path for path in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))) if path.is_file()]
EXAMPLES = {
    f"{path.relative_to(ROOT).as_posix()}:{text[: found.start()].count(chr(10)) + 1}": found[1]
    for path in FILES
    for text in [path.read_text(encoding="utf-8")]
    for found in re.finditer(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
}
INLINE = {
    f"{path.relative_to(ROOT).as_posix()}: {name}": name
    for path in FILES
    if "adr" not in path.parts
    for name in re.findall(r"`(edgeml(?:\.\w+)+)\(", path.read_text(encoding="utf-8"))
}
GIVEN = """from typing import Any
import numpy as np
model: Any = ...
keras_model: Any = ...
x: np.ndarray = np.zeros((1, 4))
"""
"""Names that the examples take as given."""


def resolved(name: str) -> object:
    """The thing of a dotted name; a function hides a package of its name only where it is the last part."""
    parts = name.split(".")
    found: object = importlib.import_module(parts[0])
    for at, part in enumerate(parts[1:], 2):
        inner = getattr(found, part, None)
        if inner is None or (at < len(parts) and not hasattr(inner, parts[at])):
            inner = importlib.import_module(".".join(parts[:at]))
        found = inner
    return found


def test_there_are_examples() -> None:
    assert {"README.md", "docs/python.md", "docs/extending.md"} <= {name.split(":")[0] for name in EXAMPLES}


@pytest.mark.parametrize("name", EXAMPLES)
def test_it_compiles_and_its_names_exist(name: str) -> None:
    tree = ast.parse(EXAMPLES[name], name)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "edgeml":
            assert resolved(f"edgeml.{node.attr}") is not None
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("edgeml"):
            for alias in node.names:
                assert resolved(f"{node.module}.{alias.name}") is not None


@pytest.mark.parametrize("name", INLINE)
def test_functions_in_the_text_exist(name: str) -> None:
    assert callable(resolved(INLINE[name]))


SCRIPTS = ("## Arrays in memory",)
"""Headings of docs/python.md whose examples are one script."""


def script(heading: str) -> str:
    """The examples below a heading of docs/python.md, one after the other."""
    page = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    below = page.split(f"{heading}\n")[1].split("\n## ")[0]
    return "".join(re.findall(r"^```python\n(.*?)^```", below, re.MULTILINE | re.DOTALL))


@pytest.mark.slow
@pytest.mark.tool
def test_their_types_agree() -> None:
    scripts = {heading: script(heading) for heading in SCRIPTS}
    alone = {n: text for n, text in EXAMPLES.items() if not any(text in other for other in scripts.values())}
    examples = alone | scripts
    folder = ROOT / "tests" / "examples_of_docs"  # within the project, so that its settings hold
    folder.mkdir(exist_ok=True)
    files: list[Path] = []
    try:
        for name, text in examples.items():
            file = folder / (re.sub(r"\W+", "_", name) + ".py")
            file.write_text(GIVEN + text, encoding="utf-8")
            files.append(file)
        words = [needs_tool("pyright"), "--outputjson", *map(str, files)]
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
        found = json.loads(done.stdout)
    finally:
        for file in files:
            file.unlink()
        folder.rmdir()
    assert found["summary"]["filesAnalyzed"] >= len(examples)
    assert [(item["file"], item["message"]) for item in found["generalDiagnostics"]] == []


@pytest.mark.slow
@pytest.mark.parametrize("heading", SCRIPTS)
def test_they_run_as_they_stand(heading: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    exec(compile(script(heading), heading, "exec"), {})
    assert (tmp_path / "runs" / "net-ptq4" / "quantize.json").is_file()
