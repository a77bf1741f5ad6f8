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

    hls4ml has one type per tensor; where widths differ too, each element gets a statement of its own.
    """
    if int(to.width.min()) != int(to.width.max()):
        _element_by_element(node, planner, op, to, x)
        return
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


def _element_by_element(node: Node, planner: Planner, op: Cast, to: FixedTypeArray, x: str) -> None:
    """hls4ml's FixedPointQuantizer, made for HGQ: out[i] = ap_fixed<W_i, I_i, Q, O>(inp[i]).

    Its pass that then chooses all other types is off (BitExact, see `edgeml.backends.hls4ml.project`).
    """
    if planner.stream or planner.backend not in _QUANTIZING:
        raise CannotExpressError(
            "widths that differ per element",
            f"use io_parallel with {' or '.join(_QUANTIZING)}, or one width for the whole tensor",
        )
    shape = planner.shape(x)
    widest = Precision(FixedType(to.signed, 1, int(to.frac.min())), op.rounding, op.overflow)
    source = _wide_enough(node, planner, planner.source(x), shape, widest)
    mask = [np.broadcast_to(part, shape)[np.newaxis] for part in (int(to.signed), to.width, to.integer)]
    planner.add(
        node,
        "FixedPointQuantizer",
        (source,),
        planner.type(node.name),
        attributes={
            "mask_kbi": tuple(mask),
            "RND": op.rounding.value,
            "SAT": op.overflow.value,
            "overrides": {},
            "fusible": False,
        },
    )


_QUANTIZING = ("Vitis", "Vivado")
"""hls4ml's back ends whose quantizers of several widths have the types that are asked for; on Quartus and
oneAPI one bit becomes two."""


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
