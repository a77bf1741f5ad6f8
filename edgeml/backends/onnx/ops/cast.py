"""Cast: clip, round and wrap in units of the new LSB."""

from __future__ import annotations

import numpy as np

from edgeml.backends.onnx.model import ExactModel, ScaledTensor
from edgeml.backends.onnx.ops._casting import OnnxCast, clip_bounds, emit_cast
from edgeml.backends.onnx.plan import CarrierStep
from edgeml.backends.onnx.units import Unit, UnitSite
from edgeml.fixed import Overflow
from edgeml.ir import Node
from edgeml.ir.ops.cast import Cast


def result_unit(at: UnitSite) -> Unit:
    """Units of the new LSB: rounding is to integers."""
    assert isinstance(at.node.op, Cast)
    return at.inputs[0] if at.changes_nothing else at.node.op.to.frac


def input_unit(at: UnitSite) -> Unit:
    """Units of the new LSB."""
    assert isinstance(at.node.op, Cast)
    return at.node.op.to.frac


def emit(model: ExactModel, node: Node, step: CarrierStep) -> ScaledTensor:
    """Clip, round and wrap, in the layout that the input has."""
    op = node.as_op(Cast)
    (source,) = node.inputs
    x = model.tensors[source]
    if step.noop:
        return x
    info, result = model.graph.info(source), model.graph.info(node.name)
    below, above = op.overflow_sides(info)
    bounds = clip_bounds(op.to, op.overflow)
    if any(bound.ndim for bound in bounds):
        # Where a bound cannot be reached, it may be too wide for the carrier; the interval's end is not.
        bounds = np.where(below, bounds[0], result.lo), np.where(above, bounds[1], result.hi)
    lo, hi = int(info.lo.min()), int(info.hi.max())
    if op.overflow in (Overflow.SAT, Overflow.SAT_SYM) and np.any(below) and not op.to.signed:
        lo = 0  # the clip comes first
    cast = OnnxCast(
        node.name,
        info.shape,
        x.layout,
        step.double,
        op.to,
        bounds,
        bool(np.any(below)),
        bool(np.any(above)),
        op.rounds(model.plan.grids[source]),
        lo,
        hi,
    )
    tensor = model.fetch(source, step.unit, step.double, x.layout)
    tensor = emit_cast(model, tensor, op.rounding, op.overflow, cast)
    if step.double and not step.result_double:
        tensor = model.to_float(tensor, double=False)
    return ScaledTensor(tensor, step.unit, step.result_double, x.layout)
