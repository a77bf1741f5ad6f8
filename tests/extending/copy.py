"""A copy of the tree with new files in it, and what its contract tests say of them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).parents[2]
HOUSE = Path(__file__).parent / "house"
_PARTS = ("edgeml", "models", "hw", "tests", "docs", "pyproject.toml", "edgeml_toolkit.py")


@dataclass(frozen=True)
class Outcome:
    """The result of the contract tests.

    Args:
        passed: tests that passed.
        failed: the text of every failure or error by test.
        output: all that pytest printed.
    """

    passed: tuple[str, ...]
    failed: Mapping[str, str]
    output: str


@dataclass(frozen=True)
class Copy:
    """The copy. Compiled files travel with it, so that it starts as fast as the tree."""

    root: Path

    @staticmethod
    def of(folder: Path) -> Copy:
        """The tree in a new folder, without new files."""
        root = folder / "tree"
        root.mkdir()
        for part in _PARTS:
            source = ROOT / part
            if source.is_dir():
                shutil.copytree(source, root / part, ignore=shutil.ignore_patterns("mutants", "extending"))
            else:
                shutil.copy2(source, root / part)
        return Copy(root)

    def add(self, path: str, change: tuple[str, str] = ("", "")) -> None:
        """Put a new file of `house/` in its place, or the files of a folder.

        Args:
            path: inside `house/`.
            change: a text in it and what stands there instead.
        """
        source = HOUSE / path
        found = not change[0]
        for file in sorted(source.rglob("*")) if source.is_dir() else [source]:
            if file.is_file() and file.suffix != ".pyc":
                target = self.root / file.relative_to(HOUSE)
                target.parent.mkdir(parents=True, exist_ok=True)
                text = file.read_text()
                found = found or change[0] in text
                target.write_text(text.replace(*change) if change[0] else text)
        assert found, f"{change[0]!r} is nowhere in {path}"

    def run(self, tests: Iterable[str], select: str) -> Outcome:
        """Run the contract tests of the copy.

        Args:
            tests: files and folders of tests.
            select: as pytest's -k.
        """
        results = self.root / "results.xml"
        done = subprocess.run(
            [
                *(sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", "-p", "no:cacheprovider"),
                *("-m", "not slow"),
                *("-k", select, f"--junitxml={results}", "-o", "junit_family=xunit1", *tests),
            ],
            cwd=self.root,
            env={**os.environ, "PYTHONPATH": str(self.root), "CI": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert results.is_file(), done.stdout + done.stderr
        passed: list[str] = []
        failed: dict[str, str] = {}
        for case in ElementTree.parse(results).iter("testcase"):
            name = f"{case.get('classname')}.{case.get('name')}"
            faults = [child for child in case if child.tag in ("failure", "error")]
            if faults:
                failed[name] = "\n".join(f"{child.get('message')}\n{child.text}" for child in faults)
            elif case.find("skipped") is None:
                passed.append(name)
        return Outcome(tuple(passed), failed, done.stdout)
