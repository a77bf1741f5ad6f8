"""Lookup: an Embedding with one output per element, indexed by the code counted from the lowest one."""

from __future__ import annotations

import numpy as np

from edgeml.backends.hls4ml.layer import LayerConstant
from edgeml.backends.hls4ml.ops._affine import affine
from edgeml.backends.hls4ml.ops._reshape import reshape
from edgeml.backends.hls4ml.planner import CannotExpressError, Planner
from edgeml.fixed import FixedType
from edgeml.ir import Node


def plan(node: Node, planner: Planner) -> None:
    """x * 2^frac - lowest code is the index; the table is the graph's own."""
    x, table = node.inputs
    index, entries = planner.type(x), planner.constant(table)
    shape, size = planner.shape(x), planner.graph.info(x).size
    source = planner.source(x)
    # ac_fixed, unlike ap_fixed, cannot index an array; only Quartus' parallel kernel converts it.
    if planner.backend in ("Catapult", "oneAPI") or (planner.backend == "Quartus" and planner.stream):
        raise CannotExpressError(
            f"hls4ml's {planner.backend} back end cannot look up a fixed-point value", "use Vitis or Vivado"
        )
    whole = FixedType(False, index.width, 0)
    factor = LayerConstant(np.array(1, np.int64), FixedType(False, 1, -index.frac))
    offset = LayerConstant(np.array(-index.lo, np.int64), whole)
    source = affine(node, planner, source, shape, whole, factor, offset, part="index")
    if len(shape) != 1:
        source = reshape(node, planner, source, shape, (size,), part="flat")
    name = planner.add(
        node,
        "Embedding",
        (source,),
        entries.type,
        part="table",
        attributes={"n_in": size, "n_out": 1, "vocab_size": len(entries.codes)},
        weights={"embeddings": entries},
    )
    reshape(node, planner, name, (size, 1), shape)
