"""The settings in which runs differ, and runs that differ in nothing but their seed."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from edgeml.report.comparison.facts import RunRow
from edgeml.report.sections.accuracy.facts import AccuracyRow
from edgeml.report.sections.summary.facts import SummaryRow

UNSET = "not set"
"""The cell of a run that does not have a setting."""


@dataclass(frozen=True)
class SettingRow:
    """A setting in which runs differ, with its value in each of them."""

    key: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class SeedGroup:
    """Runs of the same settings from several seeds.

    Attributes:
        runs: in the order they were given.
        mean: of the exact graphs' accuracies.
        deviation: of a single one of them (n - 1 in the denominator).
    """

    runs: tuple[RunRow, ...]
    mean: float
    deviation: float


def differences(runs: Sequence[RunRow]) -> tuple[SettingRow, ...]:
    """The settings that are not the same in all runs; seed, model and data are among them."""
    tables = [_settings(run) for run in runs]
    keys = dict.fromkeys(key for table in tables for key in table)
    rows = (SettingRow(key, tuple(table.get(key, UNSET) for table in tables)) for key in keys)
    return tuple(row for row in rows if len(set(row.values)) > 1)


def seed_groups(runs: Sequence[RunRow]) -> tuple[SeedGroup, ...]:
    """Runs that differ in nothing but their seed, two or more with an accuracy."""
    by: dict[tuple[tuple[str, str], ...], list[RunRow]] = {}
    for run in runs:
        table = {key: value for key, value in _settings(run).items() if key != "seed"}
        by.setdefault(tuple(sorted(table.items())), []).append(run)
    groups: list[SeedGroup] = []
    for members in by.values():
        accuracies = [run.part(AccuracyRow).accuracy.fixed.value for run in members]
        values = [value for value in accuracies if value is not None]
        if len(values) == len(members) > 1:
            groups.append(SeedGroup(tuple(members), statistics.mean(values), statistics.stdev(values)))
    return tuple(groups)


def _settings(run: RunRow) -> dict[str, str]:
    own = run.part(SummaryRow)
    return {"model": own.model, "data checksum": own.checksum[:12], "seed": str(own.seed), **own.settings}
