"""Scale: a product with powers of two."""

from __future__ import annotations

import numpy as np

from edgeml.backends.hls4ml.ops._affine import affine
from edgeml.backends.hls4ml.ops._powers import powers
from edgeml.backends.hls4ml.planner import Planner
from edgeml.ir import Node
from edgeml.ir.ops.scale import Scale


def plan(node: Node, planner: Planner) -> None:
    """BatchNormalization with a one-bit factor 2^shift, or factors that differ by shifts."""
    op = node.as_op(Scale)
    (x,) = node.inputs
    factors = powers(np.asarray(op.shift, np.int64))
    affine(node, planner, planner.source(x), planner.shape(x), planner.type(node.name), factors)
