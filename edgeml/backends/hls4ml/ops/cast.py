"""Cast: a linear activation whose result type has the graph's rounding and overflow."""

from __future__ import annotations

import numpy as np

from edgeml.backends.hls4ml.layer import Precision
from edgeml.backends.hls4ml.ops._affine import affine, identity
from edgeml.backends.hls4ml.ops._powers import powers
from edgeml.backends.hls4ml.planner import CannotExpressError, Planner
from edgeml.errors import EdgemlError
from edgeml.fixed import MAX_WIDTH, FixedType, FixedTypeArray, IntArray, Round, align, cover
from edgeml.ir import Node, Shape
from edgeml.ir.ops.cast import Cast


def plan(node: Node, planner: Planner) -> None:
    """An assignment to ap_fixed<W, I, Q, O>, which defines the graph's Cast."""
    op = node.as_op(Cast)
    (x,) = node.inputs
    if not isinstance(op.to, FixedType):
        _per_element(node, planner, op, op.to, x)
        return
    activation(node, planner, "linear", x, Precision(op.to, op.rounding, op.overflow))


def _per_element(node: Node, planner: Planner, op: Cast, to: FixedTypeArray, x: str) -> None:
    """Types that differ in the binary point only: shift to a common one, cast, shift back.

    hls4ml has one type per tensor. (Its heterogeneous quantizer is there for HGQ and lets a pass of its
    own choose all other types.)
    """
    if int(to.width.min()) != int(to.width.max()):
        raise CannotExpressError("widths that differ per element", "use one width for the whole tensor")
    shape, info = planner.shape(x), planner.graph.info(x)
    common = FixedType(to.signed, int(to.width.flat[0]), int(to.frac.min()))
    shift = np.broadcast_to(to.frac, shape) - common.frac
    try:
        lo, hi = info.aligned(info.frac)
        ends = [_shifted(end, shift) for end in (lo, hi)]
        raised = cover(int(ends[0].min()), int(ends[1].max()), info.frac)
    except EdgemlError as error:
        raise CannotExpressError(error.what, error.hint) from None
    source = affine(node, planner, planner.source(x), shape, raised, powers(shift), part="raised")
    source = planner.add(
        node,
        "Activation",
        (_wide_enough(node, planner, source, shape, Precision(common, op.rounding, op.overflow)),),
        Precision(common, op.rounding, op.overflow),
        part="cast",
        attributes={"activation": "linear", "n_in": info.size},
        types={"table": Precision(common)},
    )
    affine(node, planner, source, shape, planner.type(node.name), powers(-shift))


def _shifted(codes: IntArray, shift: IntArray) -> IntArray:
    """codes * 2^shift.

    Raises:
        EdgemlError: more than 63 bits are needed.
    """
    return align(codes, int(shift.max()) - shift, int(shift.max()))


def activation(node: Node, planner: Planner, function: str, x: str, result: Precision) -> None:
    """An element-wise activation of one of hls4ml's exact functions, "linear" or "relu"."""
    size = planner.graph.info(x).size
    if function == "linear" and planner.held_as(x).type == result.type:
        planner.alias(node, x)  # hls4ml removes such a layer
        return
    planner.add(
        node,
        "Activation",
        (_wide_enough(node, planner, planner.source(x), planner.shape(x), result),),
        result,
        attributes={"activation": function, "n_in": size},
        types={"table": Precision(result.type)},  # declared by every activation, used by none of these
    )


def _wide_enough(node: Node, planner: Planner, source: str, shape: Shape, result: Precision) -> str:
    """The layer to cast: if more bits are dropped than it has, first a wider copy.

    To round, ap_private reads the bit below the new LSB, which has to be one of the value's.
    """
    type = planner.held_in(source).type
    drop = type.frac - result.type.frac
    if drop < type.width or result.rounding is Round.TRN:
        return source
    if drop >= MAX_WIDTH:
        raise CannotExpressError(f"a cast that drops {drop} bits", "cast in two steps")
    return identity(node, planner, source, shape, FixedType(type.signed, drop + 1, type.frac), part="wide")
