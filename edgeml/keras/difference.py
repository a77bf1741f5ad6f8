"""Differences of a model in its own framework from its exact graph, layer by layer, on samples.

For a model whose lowering is exact there is nothing to measure; for one with a note `exact=False` this is
the other half of the note. Floats are compared as they are, never rounded to the graph's grid first.

Invariant: an element counts as equal only if the framework's float is exactly code * 2^-frac.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from pydantic import ConfigDict

from edgeml.documents import Record
from edgeml.ir import Graph, evaluate_codes, input_codes
from edgeml.ir.work import batch_size
from edgeml.keras.lower import Lowered
from edgeml.keras.runner import keras_floats

Execute: TypeAlias = Callable[[Any, Sequence[str]], Mapping[str, Any]]
"""Samples and the wanted values of the graph in; floats (samples, *shape) by value out, some missing."""

_BATCH = 256
"""Most samples at a time: every inner value of them is held twice."""


class LayerDifference(Record):
    """One layer's output: its own framework against the graph.

    Attributes:
        layer: its name in the graph.
        samples: how many were compared.
        elements: integers compared, over all samples.
        differing: how many of them are not equal.
        max_lsb: the largest difference in LSBs of the graph's value.
        max_abs: the largest difference as a number.
        double: how many integers differ from the same layers computed in float64; None if they were not.
    """

    model_config = ConfigDict(allow_inf_nan=True)  # float32 may overflow in Keras

    layer: str
    samples: int
    elements: int
    differing: int
    max_lsb: float
    max_abs: float
    double: int | None = None


def measure(model: Any, lowered: Lowered, x: Any) -> tuple[LayerDifference, ...]:
    """Run Keras and the graph on the same samples.

    Args:
        model: the Keras model.
        lowered: what it was lowered to.
        x: floats (samples, *shape), at least one; a mapping by input name or a sequence for several inputs.

    Returns:
        In the graph's order, every layer with a difference, and every output, different or not.

    Raises:
        EdgemlError: the data or the model do not fit the graph.
    """
    graph = lowered.graph

    def execute(part: Any, names: Sequence[str]) -> Mapping[str, Any]:
        return keras_floats(model, graph, part, names, lowered.options)

    return measured(graph, lowered.layer_values.values(), x, execute)


def measured(graph: Graph, values: Iterable[str], x: Any, execute: Execute) -> tuple[LayerDifference, ...]:
    """Run another executor and the graph on the same samples.

    Args:
        graph: the exact graph.
        values: those of its values that are compared where the executor gives them, beside the outputs.
        x: as for `measure`.
        execute: the other executor.

    Returns:
        As `measure`.

    Raises:
        EdgemlError: the data do not fit the graph, or the executor does not run.
    """
    value_names = {*values, *graph.outputs}
    names = [node.name for node in graph.nodes if node.name in value_names]
    rows: dict[str, LayerDifference] = {}
    for part in _batches(x, batch_size(graph, _BATCH)):
        floats = execute(part, names)
        codes = evaluate_codes(graph, input_codes(graph, part), keep=names)
        for name in (name for name in names if name in floats):
            frac = np.asarray(graph.info(name).type.frac, np.int32)
            apart = np.abs(floats[name].astype(np.float64) - np.ldexp(codes[name].astype(np.float64), -frac))
            now = LayerDifference(
                layer=name,
                samples=len(apart),
                elements=apart.size,
                differing=int(np.count_nonzero(apart)),
                max_lsb=float(np.ldexp(apart, frac).max()),
                max_abs=float(apart.max()),
            )
            rows[name] = _joined(rows[name], now) if name in rows else now
    return tuple(rows[name] for name in names if name in rows and _tells(rows[name], graph.outputs))


def _tells(row: LayerDifference, outputs: tuple[str, ...]) -> bool:
    return row.differing > 0 or row.layer in outputs


def _joined(a: LayerDifference, b: LayerDifference) -> LayerDifference:
    return LayerDifference(
        layer=a.layer,
        samples=a.samples + b.samples,
        elements=a.elements + b.elements,
        differing=a.differing + b.differing,
        max_lsb=max(a.max_lsb, b.max_lsb),
        max_abs=max(a.max_abs, b.max_abs),
    )


def _batches(x: Any, size: int) -> list[Any]:
    """The samples in batches of a size, in the form they were given."""
    arrays = list(x.values()) if isinstance(x, Mapping) else list(x) if isinstance(x, list | tuple) else [x]
    starts = range(0, len(arrays[0]), size)
    if isinstance(x, Mapping):
        return [{name: array[at : at + size] for name, array in x.items()} for at in starts]
    if isinstance(x, list | tuple):
        return [[array[at : at + size] for array in x] for at in starts]
    return [x[at : at + size] for at in starts]
