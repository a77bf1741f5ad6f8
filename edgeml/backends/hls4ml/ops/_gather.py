"""Any rearrangement of elements that hls4ml has no layer for: a Dense layer whose weights are 0 and 1.

It is exact, and synthesis turns it into wires; in C simulation it costs a product per pair, hence the limit.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from edgeml.backends.hls4ml.layer import LayerConstant, Precision
from edgeml.backends.hls4ml.ops._reshape import reshape
from edgeml.backends.hls4ml.planner import CannotExpressError, Planner
from edgeml.backends.hls4ml.reuse import UNROLL_LIMIT
from edgeml.fixed import FixedType, IntArray
from edgeml.ir import Node

_BIT = FixedType(False, 1, 0)


def gather(node: Node, planner: Planner, x: str, index: IntArray, part: str = "") -> str:
    """result[i] = x.ravel()[index[i]], and 0 where the index is -1.

    Args:
        node: the op it belongs to.
        planner: where to add it.
        x: the graph value it reads.
        index: positions in C order; the result has its shape.
        part: as for `Planner.add`.

    Returns:
        The name of the layer that holds the result.

    Raises:
        CannotExpressError: it would be larger than what HLS tools unroll.
    """
    inputs, flat = planner.graph.info(x).size, index.reshape(-1)
    if inputs * flat.size > UNROLL_LIMIT:
        raise CannotExpressError(
            f"hls4ml's {planner.backend} back end has no layer for it in this form, "
            f"and {inputs} x {flat.size} elements are too many to wire up"
        )
    codes = np.zeros((inputs, flat.size), np.int64)
    codes[flat[flat >= 0], np.flatnonzero(flat >= 0)] = 1
    precision = planner.held_as(x)
    result = Precision(precision.type)
    prefix = f"{part}_" if part else ""
    source = planner.source(x)
    if len(planner.shape(x)) != 1:
        source = reshape(node, planner, source, planner.shape(x), (inputs,), f"{prefix}flat", for_dense=True)
    shaped = index.ndim != 1
    wires: dict[str, Any] = {
        "attributes": {"n_in": inputs, "n_out": flat.size},
        "types": {"accum": result},
        "weights": {
            "weight": LayerConstant(codes, _BIT),
            "bias": LayerConstant(np.zeros(flat.size, np.int64), _BIT),
        },
    }
    name = planner.add(
        node, "Dense", (source,), result, part=f"{prefix}wires" if shaped or part else "", **wires
    )
    if shaped:
        name = reshape(node, planner, name, (flat.size,), index.shape, part)
    return name
