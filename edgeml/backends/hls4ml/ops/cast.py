"""Cast: a linear activation whose result type has the graph's rounding and overflow."""

from __future__ import annotations

from edgeml.backends.hls4ml.layer import Precision
from edgeml.backends.hls4ml.planner import CannotExpressError, Planner
from edgeml.fixed import FixedType
from edgeml.ir import Node
from edgeml.ir.ops.cast import Cast


def plan(node: Node, planner: Planner) -> None:
    """An assignment to ap_fixed<W, I, Q, O>, which is what the graph's Cast is defined by."""
    op = node.op
    assert isinstance(op, Cast)
    (x,) = node.inputs
    if not isinstance(op.to, FixedType):
        raise CannotExpressError("a type per element", "use one type for the whole tensor")
    activation(node, planner, "linear", x, Precision(op.to, op.rounding, op.overflow))


def activation(node: Node, planner: Planner, function: str, x: str, result: Precision) -> None:
    """An element-wise activation of one of hls4ml's exact functions, "linear" or "relu"."""
    size = planner.graph.info(x).size
    if function == "linear" and planner.held_as(x).type == result.type:
        planner.alias(node, x)  # hls4ml removes such a layer
        return
    planner.add(
        node,
        "Activation",
        (planner.source(x),),
        result,
        attributes={"activation": function, "n_in": size},
        types={"table": Precision(result.type)},  # declared by every activation, used by none of these
    )
