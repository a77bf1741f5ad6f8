"""scripts/links.py and scripts/notebooks.py find what they look for."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.md"))


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_links_that_lead_nowhere(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "a.html").write_text(
        '<p id="top"><a href="inner/b.html#here">good</a> <a href="#top">good</a> <a href="https://x.org">far</a>'
        '<a href="b.html">no file</a><a href="inner/b.html#nowhere">no place</a>'
        '<script src="https://x.org/y.js"></script></p>'
    )
    (tmp_path / "inner" / "b.html").write_text('<h1 id="here"><a href="../a.html">back</a></h1>')
    assert list(script("links").faults(tmp_path)) == [
        "a.html: b.html leads to no file",
        "a.html: inner/b.html#nowhere leads to no such place on the page",
        "a.html: loads https://x.org/y.js from another host",
    ]


def test_a_site_without_pages_is_a_fault(tmp_path: Path) -> None:
    assert list(script("links").faults(tmp_path)) == [f"{tmp_path}: no page"]


@pytest.mark.slow
def test_a_notebook_is_run_and_a_false_claim_named(tmp_path: Path) -> None:
    def run(*words: str) -> subprocess.CompletedProcess[str]:
        places = ("--sources", str(tmp_path), "--outputs", str(tmp_path / "out"))
        command = [sys.executable, str(ROOT / "scripts" / "notebooks.py"), *places, *words]
        environment = {**os.environ, "EDGEML_DATA": "/nowhere"}
        return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)

    head = "---\nfile_format: mystnb\nkernelspec:\n  name: python3\n---\n\n"
    claims = "import os\nassert 'EDGEML_DATA' not in os.environ\nassert 1 + 1 == {}\n"
    cell = f"```{{{{code-cell}}}} ipython3\n{claims}```\n"
    (tmp_path / "good.md").write_text(head + cell.format(2))
    (tmp_path / "bad.md").write_text(head + cell.format(3))
    done = run()
    assert done.returncode == 1
    assert done.stdout.startswith("good: ")
    assert "bad.md FAILED" in done.stderr and "AssertionError" in done.stderr
    again = run("--stale", "good")  # nothing has changed
    assert (again.returncode, again.stdout) == (0, "")
    (tmp_path / "good.md").write_text(head + cell.format("4 - 2"))
    assert run("--stale", "good").stdout.startswith("good: ")
    assert run("other").returncode == 2


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_cells_compile_and_claims_are_asserted(path: Path) -> None:
    from myst_nb.core.read import read_myst_markdown_notebook

    node = read_myst_markdown_notebook(path.read_text(encoding="utf-8"))
    cells = [cell.source for cell in node.cells if cell.cell_type == "code"]
    for cell in cells:
        if not cell.startswith(("!", "%%")):
            compile(cell, path.name, "exec")
    assert sum("assert " in cell for cell in cells) >= 3
