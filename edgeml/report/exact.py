"""The classes that an exact graph gives, by the emulator or, where that is too narrow, the reference.

Invariant: whichever runs, the integers are the graph's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.errors import EdgemlError
from edgeml.ir import Graph, evaluate
from edgeml.ir.ops.arg_max import ArgMax
from edgeml.report import quality
from edgeml.report.machine import threads


def executor(graph: Graph) -> tuple[Callable[[Any], Any], str]:
    """The function that evaluates the graph, and the reason why it is not the emulator; "" if it is."""
    from edgeml.backends.onnx.emulator import Emulator

    try:
        return Emulator(graph, threads=threads()).predict, ""
    except EdgemlError as error:
        return lambda x: evaluate(graph, x), str(error)


def classes(graph: Graph, values: Any) -> NDArray[np.int64]:
    """The class of each sample from values of the first output; those of an ArgMax are classes already."""
    values = first(values)
    output = graph.outputs[0]
    if isinstance(graph.node(output).op, ArgMax):
        values = np.asarray(values).astype(np.int64)
    # What is never negative is no logit but a probability (or a class).
    threshold = 0.5 if int(graph.info(output).lo.min()) >= 0 else 0.0
    return quality.predictions(values, threshold)


def first(values: Any) -> Any:
    """The values of the first output of several."""
    return next(iter(values.values())) if isinstance(values, Mapping) else values
