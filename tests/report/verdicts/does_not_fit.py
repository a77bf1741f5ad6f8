"""A design that is too large for the target, and the board that the remedy names as the target."""

from __future__ import annotations

from pathlib import Path

from edgeml.report.facts import Facts
from edgeml.report.sections.hardware.facts import BoardFacts, latency_rows, resource_rows
from edgeml.report.verdict import RunVerdict
from tests.report.hardware import estimated
from tests.report.samples import sample_facts

BOARDS = ("icebreaker", "pynq-z2", "ulx3s-85f")


def _facts(target: str) -> Facts:
    from edgeml import boards

    found = tuple(estimated("", board, 20_000, layers=False) for board in BOARDS)
    known = tuple(BoardFacts.of(boards.load(board)) for board in BOARDS)
    rows = {"resources": resource_rows(found), "latency": latency_rows(found)}
    return sample_facts(hardware=found, boards=known, target=target, **rows)


def broken(folder: Path) -> Facts:
    return _facts("icebreaker")


def mended(folder: Path, verdicts: tuple[RunVerdict, ...]) -> Facts:
    (found,) = verdicts
    assert found.text.startswith("It does not fit the ")
    (setting,) = found.settings
    assert f"--set {setting} --out runs/first-run && edgeml report" in found.command
    return _facts(setting.removeprefix("targets.board="))
