"""Keras itself as one row of the check.

Invariant: the row is "exact" only if every float of Keras is exactly the graph's integer. Where the
lowering noted that it may not be, a difference is still a mismatch, but one that was announced: the row names
the note and its bound. A note is about one graph and one model file, by their digests; of others it announces
nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from edgeml.checks.announced import Framework, announcing, judged
from edgeml.checks.compare import compare
from edgeml.checks.golden import Golden
from edgeml.checks.names import KERAS
from edgeml.checks.result import Result
from edgeml.errors import MissingToolError
from edgeml.fixed import IntArray
from edgeml.ir import Graph
from edgeml.ir.ops.const import Const
from edgeml.ir.steps import FLOAT32_BITS
from edgeml.presets import Lowering
from edgeml.runs import model_digest


def check_keras(
    graph: Graph,
    golden: Golden,
    model_file: Path | None,
    notes_file: Path,
    lowering: Lowering | None = None,
) -> Result:
    """Compare the trained model with the golden integers.

    Args:
        graph: the exact graph.
        golden: the vectors, with the floats Keras takes.
        model_file: the Keras model, if there is one.
        notes_file: what its lowering noted; may not be there.
        lowering: how it was lowered; found from the graph if None.

    Raises:
        EdgemlError: the model is damaged, or it is another one.
    """
    if model_file is None or not model_file.exists():
        return Result(backend=KERAS, status="not-run", reason="there is no Keras model here")
    try:
        from edgeml.keras.load import load_model
        from edgeml.keras.runner import OffGridError, keras_codes

        model = load_model(model_file)
    except MissingToolError as error:
        return Result(backend=KERAS, status="not-run", reason=str(error))

    def execute(part: Golden, keep: Sequence[str]) -> dict[str, IntArray]:
        return keras_codes(model, graph, part.x, keep, lowering)

    try:
        result = compare(KERAS, graph, golden, execute)
    except OffGridError as error:
        result = _off_grid(model, graph, golden, str(error), lowering)
    if result.status != "mismatch":
        return result
    notes = announcing(graph, model_digest(model_file), notes_file)
    if notes is None:
        return result
    return judged(result, notes, graph, golden.joined(), _framework(model, graph, lowering))


def _off_grid(model: Any, graph: Graph, golden: Golden, reason: str, lowering: Lowering | None) -> Result:
    """Keras returned floats that are no integers of the output's type: count what is not equal."""
    from edgeml.keras.runner import keras_floats

    both = golden.joined()
    floats = keras_floats(model, graph, both.x, options=lowering)
    wrong, worst = 0, 0
    for name, expected in both.expected.items():
        frac = np.asarray(graph.info(name).type.frac, np.int32)
        apart = np.abs(np.ldexp(floats[name].astype(np.float64), frac) - expected)
        wrong += int(np.count_nonzero(apart))
        worst = max(worst, int(np.ceil(apart.max(initial=0))))
    return Result(
        backend=KERAS,
        status="mismatch",
        samples=golden.samples,
        synthetic=golden.synthetic_count,
        mismatches=wrong,
        max_abs_lsb=worst,
        reason=reason,
    )


def _framework(model: Any, graph: Graph, lowering: Lowering | None) -> Framework:
    """The Keras model on some vectors again, in float32 and in float64.

    Raises:
        EdgemlError: the model does not fit the graph.
    """
    from edgeml.keras.runner import NoDoubleError, keras_floats, lowered_as

    lowered = lowered_as(model, graph, lowering)
    bits = _factor_bits(graph, lowered.factored)
    rounded = None
    if bits and set(bits.values()) != {FLOAT32_BITS}:
        few, all_bits = (
            lowered_as(model, graph, lowered.options.model_copy(update={"factor_bits": number})).graph
            for number in (bits, None)
        )
        rounded = few, all_bits

    def single(x: Mapping[str, Any], keep: Sequence[str]) -> Mapping[str, Any]:
        return keras_floats(model, graph, x, keep, lowering)

    def double(x: Mapping[str, Any], keep: Sequence[str]) -> Mapping[str, Any] | None:
        try:
            return keras_floats(model, graph, x, keep, lowering, double=True)
        except NoDoubleError:
            return None

    values = tuple(dict.fromkeys((*lowered.layer_values.values(), *graph.outputs)))
    return Framework(values, single, double, lowered.factored, rounded)


def _factor_bits(graph: Graph, layers: frozenset[str]) -> dict[str, int]:
    """The significant bits of the factors that a graph has, by layer."""
    bits: dict[str, int] = {}
    for node in graph.nodes:
        if node.layer in layers and isinstance(node.op, Const) and "factor" in node.name:
            most = int(np.max(np.abs(node.op.codes), initial=1))
            bits[node.layer] = min(max(most.bit_length(), bits.get(node.layer, 1)), FLOAT32_BITS)
    return bits
