"""The float baseline rounded after training: what training for the quantization is worth, at equal widths.

Invariant: the graphs are exact and evaluated on the whole test set; what cannot be made says why in every one
of its numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from edgeml.errors import EdgemlError
from edgeml.estimate import Ledger
from edgeml.ir import Graph
from edgeml.ir.samples import feeds
from edgeml.report import quality
from edgeml.report.exact import classes, executor
from edgeml.report.numbers import absent
from edgeml.report.predictions import predict
from edgeml.report.sections.hardware.collect import on_target
from edgeml.report.sections.ways.facts import PostTrainingResult, WaysFacts
from edgeml.report.sections.weights.bops import bit_operations
from edgeml.report.sections.weights.collect import constant_bits
from edgeml.report.source import RunSource

if TYPE_CHECKING:
    from edgeml.presets import Prepared
    from edgeml.runs import Run
    from edgeml.training.post_training import RecalibratedType

_TYPES: tuple[Literal["own", "calibrated"], ...] = ("own", "calibrated")


def collect(source: RunSource) -> WaysFacts:
    """The float baseline rounded after training, at the run's own types and calibrated.

    Raises:
        EdgemlError: the test samples do not fit the exact graph.
    """
    models = source.shared(predict)
    results = rounded(
        source.run, source.data, models.classes["float"], models.reasons.get("float", ""), source.ledger
    )
    return WaysFacts(post_training=results)


def rounded(
    run: Run, data: Prepared, baseline: NDArray[np.int64] | None, why: str, ledger: Ledger
) -> tuple[PostTrainingResult, ...]:
    """The baseline at the run's own types, and with its types calibrated.

    Args:
        run: a run with model.keras and float.keras.
        data: the activations are calibrated on its training part.
        baseline: classes that the float baseline gives on the test samples.
        why: there are none.
        ledger: earlier results of tools, which narrow the estimates.
    """
    return tuple(_measured(run, data, types, baseline, why, ledger) for types in _TYPES)


def _measured(
    run: Run, data: Prepared, types: Literal["own", "calibrated"], baseline: Any, why: str, ledger: Ledger
) -> PostTrainingResult:
    try:
        graph, moved = _graph(run, data.x_train if types == "calibrated" else None)
        execute, _ = executor(graph)
        predicted = classes(graph, execute(feeds(graph, data.x_test)))
    except EdgemlError as error:
        none = absent(str(error))
        return PostTrainingResult(types=types, accuracy=none, agreement=none, weight_bits=none, bops=none)
    return PostTrainingResult(
        types=types,
        graph=graph.digest,
        moved=tuple(_in_words(item) for item in moved),
        accuracy=quality.agreement(
            predicted, np.asarray(data.y_test, np.int64) if data.class_names else None, quality.NO_LABELS
        ),
        agreement=quality.agreement(predicted, baseline, why),
        weight_bits=constant_bits(graph),
        bops=bit_operations(graph),
        hardware=on_target(run, graph, ledger),
    )


def _graph(run: Run, samples: Any) -> tuple[Graph, tuple[RecalibratedType, ...]]:
    if not run.float_file.is_file():
        raise EdgemlError(f"there is no float.keras to round: {run.no_baseline}", str(run.folder))
    from edgeml.training.post_training import post_training

    result = post_training(run.model_file, run.float_file, run.name, samples)
    return result.graph, result.moved


def _in_words(item: RecalibratedType) -> str:
    """A moved type in a few words, its integer bits without the sign."""
    return f"{item.layer} {item.what}, {item.bits} bits: {item.before} to {item.after} integer bits"
