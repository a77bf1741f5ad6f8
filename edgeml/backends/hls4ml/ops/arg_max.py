"""ArgMax: hls4ml's softmax in its "argmax" form marks the first largest element; a Dense layer numbers it."""

from __future__ import annotations

import numpy as np

from edgeml.backends.hls4ml.layer import LayerConstant, Precision
from edgeml.backends.hls4ml.planner import CannotExpressError, Planner
from edgeml.fixed import FixedType
from edgeml.ir import Node

_BIT = FixedType(False, 1, 0)
_AC_BITS = 32
_TABLES = ("table", "exp_table", "inv_table", "inv_inp", "accum")


def plan(node: Node, planner: Planner) -> None:
    """The index of the largest of n elements."""
    (x,) = node.inputs
    shape = planner.shape(x)
    if planner.backend == "Catapult":
        raise CannotExpressError("hls4ml's Catapult back end has no argmax", "return the logits")
    if len(shape) != 1:
        raise CannotExpressError(f"the largest along one of {len(shape)} axes", "flatten first")
    width = planner.held_as(x).type.width
    if planner.backend in ("Quartus", "oneAPI") and width > _AC_BITS:
        raise CannotExpressError(
            f"a value of {width} bits; hls4ml's {planner.backend} softmax compiles up to {_AC_BITS}",
            "cast to fewer bits first",
        )
    size, result = shape[0], planner.type(node.name)
    one_hot = planner.add(
        node,
        "Softmax",
        (planner.source(x),),
        _BIT,
        part="one_hot",
        attributes={
            "activation": "softmax",
            "implementation": "argmax",
            "n_in": size,
            "n_outer": 1,
            "n_inner": 1,
            "axis": -1,
            "skip": False,
            "table_size": 1,
            "exp_table_size": 1,
            "inv_table_size": 1,
        },
        types={name: Precision(_BIT) for name in _TABLES},  # of the other forms; "argmax" has no tables
    )
    planner.add(
        node,
        "Dense",
        (one_hot,),
        result,
        attributes={"n_in": size, "n_out": 1},
        types={"accum": Precision(result)},
        weights={
            "weight": LayerConstant(np.arange(size, dtype=np.int64).reshape(size, 1), result),
            "bias": LayerConstant(np.zeros(1, np.int64), _BIT),
        },
    )
