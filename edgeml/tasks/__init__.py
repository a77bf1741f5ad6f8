"""Tasks of models: classification, regression, autoencoder, multi-label, or no labels at all.

    task = tasks.load("regression")
    task.figures(predictions, targets)           # (TaskFigure(name="mse", ...), ...)
    name, reason = tasks.infer(TaskEvidence(...))    # of a model and its data

The folder is the registry: a file is a task with `TASK`, a file with an underscore in front is a helper.

Invariant: a task knows arrays alone, no run, no file and no framework, so that imports, reports and training
take the same figures from it.

To add a task, write `edgeml/tasks/NAME.py` with `TASK = NameTask()`, a subclass of `Task`; the contract test
`tests/tasks/test_contract.py` finds it.
"""

from __future__ import annotations

from edgeml.errors import unknown_name
from edgeml.folder import ModuleFolder
from edgeml.tasks._anomaly import anomaly_figures, anomaly_scores
from edgeml.tasks._base import Task, TaskEvidence, TaskFigure, Truth, metrics
from edgeml.tasks._difference import OutputDifference, output_difference

__all__ = [
    "OutputDifference",
    "Task",
    "TaskEvidence",
    "TaskFigure",
    "Truth",
    "anomaly_figures",
    "anomaly_scores",
    "infer",
    "load",
    "metrics",
    "names",
    "output_difference",
]

_FOLDER = ModuleFolder("task", __name__)


def names() -> tuple[str, ...]:
    """The tasks, by file name, sorted."""
    return _FOLDER.names()


def load(name: str) -> Task:
    """A task.

    Raises:
        EdgemlError: there is none of that name.
    """
    if name not in names():
        raise unknown_name("task", name, names())
    return _FOLDER.declared(name, "TASK", Task)


def infer(evidence: TaskEvidence) -> tuple[str, str]:
    """The task that a model and its data speak for, and the reason in a few words.

    Tasks are asked by rising `rank`; the last one takes everything.
    """
    for name in sorted(names(), key=lambda name: load(name).rank):
        reason = load(name).claim(evidence)
        if reason:
            return name, reason
    raise AssertionError("the task without labels claims every model")
