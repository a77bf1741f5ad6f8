"""Figures of a trial: of the exact graph on the validation and the test part, and of its hardware.

Invariant: the validation part alone decides; the test part is looked at and decides nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from edgeml import tasks
from edgeml.errors import EdgemlError

if TYPE_CHECKING:
    from edgeml.ir import Graph
    from edgeml.presets import Prepared
    from edgeml.runs import Run


def score_graph(graph: Graph, data: Prepared) -> tuple[float, float]:
    """The figure of the task in percent, on the validation and on the test part, of the graph's integers.

    Raises:
        EdgemlError: outputs and truth do not belong together.
    """
    from edgeml.ir.samples import feeds
    from edgeml.report.exact import executor

    execute, _ = executor(graph)

    def part(x: Any, y: Any) -> float:
        values = execute(feeds(graph, x))
        outputs = values if isinstance(values, dict) else {graph.outputs[0]: values}
        return percent_of(graph, outputs, replace(data, x_test=x, y_test=y))

    return part(data.x_val, data.y_val), part(data.x_test, data.y_test)


def percent_of(graph: Graph, outputs: Any, data: Prepared, threshold: float | None = None) -> float:
    """The figure of the task in percent on the samples that stand as the test part of the data.

    Raises:
        EdgemlError: the data have no truth.
    """
    from edgeml.importers import outcome

    pair = outcome.aligned(data.task, graph, None, outputs, data)
    if pair is None:
        raise EdgemlError("has no labels to measure with", data.dataset.name, "explore with labelled data")
    above = outcome.output_threshold(graph, None) if threshold is None else threshold
    return round(tasks.load(data.task).percent(*pair, above), 6)


def score_float(run: Run) -> tuple[str, float, float, int]:
    """The measure of the float baseline of a run, its figure on the validation and the test part in percent.

    Returns:
        The measure, both figures, and how many samples the validation part has.

    Raises:
        EdgemlError: the baseline is not trained, or the data have no truth.
    """
    from edgeml.keras.load import load_model
    from edgeml.training.figure import percent_of_model

    data, model = run.data(), load_model(run.float_file)
    validation = percent_of_model(model, data, data.x_val, data.y_val)
    test = percent_of_model(model, data, data.x_test, data.y_test)
    return tasks.load(data.task).measure, validation, test, len(data.x_val)
