"""The float baseline rounded after training: what training for the quantization is worth, at equal widths.

Invariant: the graphs are exact and evaluated on the whole test set; what cannot be made says why in every one
of its numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from edgeml.errors import EdgemlError
from edgeml.ir import Graph
from edgeml.report import hardware, quality
from edgeml.report.bops import bit_operations
from edgeml.report.exact import classes, executor
from edgeml.report.facts import PostTraining
from edgeml.report.numbers import absent
from edgeml.report.weights import constant_bits

if TYPE_CHECKING:
    from edgeml.presets import Prepared
    from edgeml.runs import Run
    from edgeml.training.post_training import RecalibratedType

_TYPES: tuple[Literal["own", "calibrated"], ...] = ("own", "calibrated")


def look(run: Run, data: Prepared, baseline: NDArray[np.int64] | None, why: str) -> tuple[PostTraining, ...]:
    """The baseline at the run's own types, and with its types calibrated.

    Args:
        run: a run with model.keras and float.keras.
        data: the activations are calibrated on its training part.
        baseline: classes that the float baseline gives on the test samples.
        why: there are none.
    """
    return tuple(_measured(run, data, types, baseline, why) for types in _TYPES)


def _measured(
    run: Run, data: Prepared, types: Literal["own", "calibrated"], baseline: Any, why: str
) -> PostTraining:
    try:
        graph, moved = _graph(run, data.x_train if types == "calibrated" else None)
        execute, _ = executor(graph)
        predicted = classes(graph, execute(data.x_test))
    except EdgemlError as error:
        none = absent(str(error))
        return PostTraining(types=types, accuracy=none, agreement=none, weight_bits=none, bops=none)
    return PostTraining(
        types=types,
        graph=graph.digest,
        moved=tuple(_told(item) for item in moved),
        accuracy=quality.agreement(
            predicted, np.asarray(data.y_test, np.int64) if data.class_names else None, quality.NO_LABELS
        ),
        agreement=quality.agreement(predicted, baseline, why),
        weight_bits=constant_bits(graph),
        bops=bit_operations(graph),
        hardware=hardware.on_target(run, graph),
    )


def _graph(run: Run, samples: Any) -> tuple[Graph, tuple[RecalibratedType, ...]]:
    if not run.float_file.is_file():
        raise EdgemlError(f"there is no float.keras to round: {run.no_baseline}", str(run.folder))
    from edgeml.training.post_training import post_training

    found = post_training(run.model_file, run.float_file, run.name, samples)
    return found.graph, found.moved


def _told(item: RecalibratedType) -> str:
    """A moved type in a few words, its integer bits without the sign."""
    return f"{item.layer} {item.what}, {item.bits} bits: {item.before} to {item.after} integer bits"
