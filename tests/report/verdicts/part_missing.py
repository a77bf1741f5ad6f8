"""A damaged history, and the run without it."""

from __future__ import annotations

from pathlib import Path

from edgeml.report.collect import collect
from edgeml.report.facts import Facts
from edgeml.report.verdict import RunVerdict
from edgeml.runs import Run
from tests.report.verdicts._made import small_run


def broken(folder: Path) -> Facts:
    run = small_run(folder / "run")
    run.history_file.write_text("phase,epoch\nqat")
    return collect(run)


def mended(folder: Path, verdicts: tuple[RunVerdict, ...]) -> Facts:
    (found,) = verdicts
    assert "history.csv" in found.text and "delete the file" in found.remedy
    run = Run.open(folder / "run")
    run.history_file.unlink()
    return collect(run)
