"""A wide region of one leaf as MultiThreshold: for every code the least value of the leaf that reaches it.

All ops of such a region only grow or only fall with their input, so that the codes do, and bisection of the
ops' own integers gives the steps. Thresholds are codes of the leaf, which float32 holds.

Invariant: the node counts, for every value of the leaf in its interval, to the region's code.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edgeml.backends.qonnx.model import DOMAIN, QonnxModel, QonnxTensor
from edgeml.fixed import FixedType, to_float
from edgeml.ir.layout import FIRST, arrange
from edgeml.ir.staircase import RegionSteps

_LAYOUTS = {1: ("NC", "NC"), 2: ("NWC", "NCW"), 3: ("NHWC", "NCHW")}
"""Names of the axes, channels last and first, batch included."""


def emit(model: QonnxModel, stairs: RegionSteps) -> QonnxTensor:
    """MultiThreshold in the layout that the leaf has."""
    (leaf,) = stairs.region.leaves
    node = stairs.region.end
    info, to = model.graph.info(leaf), model.graph.info(node.name).type
    assert isinstance(to, FixedType)
    x, shape = model.tensors[leaf], info.shape
    source = x.name
    if np.any(stairs.signs < 0):
        signs = arrange(np.broadcast_to(stairs.signs, shape), shape, x.layout)[np.newaxis]
        factor = model.parameter(signs.astype(np.float32), f"{node.name}_sign")
        source = model.node("Mul", [source, factor], model.unique(f"{node.name}_turned"))
    edges = stairs.edges
    if edges.shape[0] > 1 and len(shape) == 1:
        edges = edges[arrange(np.arange(shape[0]), shape, x.layout)]
    thresholds: NDArray[np.float32] = to_float(edges, info.type.frac).astype(np.float32)
    kind = f"{'INT' if to.signed else 'UINT'}{max(to.width, 2 if to.signed else 1)}"
    unit = float(to_float(np.array(1), to.frac))
    output = model.node(
        "MultiThreshold",
        [source, model.initializer(thresholds, f"{node.name}_thresholds")],
        model.output_name(node.name, x.layout),
        DOMAIN,
        out_dtype=kind,
        out_scale=unit,
        out_bias=stairs.first * unit,
        data_layout=_LAYOUTS[len(shape)][x.layout == FIRST],
    )
    return QonnxTensor(output, x.layout)
