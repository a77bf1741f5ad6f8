"""Cast: clip, round and wrap in units of the new LSB."""

from __future__ import annotations

import numpy as np

from edgeml.backends.onnx.ops._casting import Job, clip_bounds, quantized
from edgeml.backends.onnx.plan import Step
from edgeml.backends.onnx.terms import Term, Terms
from edgeml.fixed import Overflow
from edgeml.ir import Node
from edgeml.ir.ops.cast import Cast


def emit(terms: Terms, node: Node, step: Step) -> Term:
    """To another type."""
    op = node.op
    assert isinstance(op, Cast)
    (source,) = node.inputs
    x = terms.terms[source]
    if step.noop:
        return x
    info, result = terms.graph.info(source), terms.graph.info(node.name)
    below, above = op.overflow_sides(info)
    bounds = clip_bounds(op.to, op.overflow)
    if any(bound.ndim for bound in bounds):
        # Where a bound cannot be reached, it may be too wide for the carrier; the interval's end is not.
        bounds = np.where(below, bounds[0], result.lo), np.where(above, bounds[1], result.hi)
    lo, hi = int(info.lo.min()), int(info.hi.max())
    if op.overflow in (Overflow.SAT, Overflow.SAT_SYM) and np.any(below) and not op.to.signed:
        lo = 0  # the clip comes first
    job = Job(
        node.name,
        info.shape,
        x.layout,
        step.double,
        op.to,
        bounds,
        bool(np.any(below)),
        bool(np.any(above)),
        op.rounds(terms.plan.grids[source]),
        lo,
        hi,
    )
    tensor = terms.fetch(source, step.unit, step.double, x.layout)
    tensor = quantized(terms, tensor, op.rounding, op.overflow, job)
    if step.double and not step.result_double:
        tensor = terms.to_float(tensor, double=False)
    return Term(tensor, step.unit, step.result_double, x.layout)
