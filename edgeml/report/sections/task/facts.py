"""Facts of the task."""

from __future__ import annotations

from typing import ClassVar, Literal

from edgeml.documents import Record
from edgeml.report.numbers import Number, absent
from edgeml.report.section import SectionFacts


class FigureRow(Record):
    """One figure of merit on the test samples.

    Attributes:
        name: its key, such as "mse".
        title: the same in words.
        kind: "share" from 0 to 1, or "amount" in units of the target.
        source: of the model in its own framework.
        fixed: of the exact graph.
        baseline: of the float model that was trained here.
    """

    name: str
    title: str
    kind: Literal["share", "amount"]
    source: Number
    fixed: Number
    baseline: Number = absent("there is no float baseline")


class OutputRow(Record):
    """One output: the exact graph against the model in its own framework, on the test samples.

    Attributes:
        output: its name in the graph.
        equal: share of its elements that are equal.
        rmse_lsb: root of the mean squared difference, in LSBs.
        max_lsb: the largest difference, in LSBs.
        rmse: root of the mean squared difference, as a value.
        max_abs: the largest difference, as a value.
    """

    output: str
    equal: Number
    rmse_lsb: Number
    max_lsb: Number
    rmse: Number
    max_abs: Number


class TaskFacts(SectionFacts):
    """Facts of the task.

    Attributes:
        task: its name.
        task_title: what the outputs are held against, in words.
        task_reason: why it was inferred; empty if it was stated.
        task_figures: figures of merit.
        task_outputs: how far the exact graph is from the model in its own framework.
    """

    may_be_missing: ClassVar[tuple[str, ...]] = ("task_figures", "task_outputs")

    task: str = ""
    task_title: str = ""
    task_reason: str = ""
    task_figures: tuple[FigureRow, ...] = ()
    task_outputs: tuple[OutputRow, ...] = ()
