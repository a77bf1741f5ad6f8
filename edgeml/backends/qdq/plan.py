"""The plan of a QDQ model: the exact model's with plain values, and what eight-bit integers cannot say.

Invariant: in a graph without refusals every float between two pairs is exact in float32, and so are the int32
sums of a runtime that computes on the stored integers: they have at most 24 bits.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from edgeml.backend import Refusal
from edgeml.backends.onnx.plan import CarrierPlan, CarrierStep, make_plan
from edgeml.backends.onnx.stored import BITS, weights_of
from edgeml.ir import Graph
from edgeml.ir.ops._linear import Linear
from edgeml.ir.ops.input import Input
from edgeml.ir.ops.scale import Scale
from edgeml.ir.steps import FLOAT32_BITS

_LARGEST = 60
"""Largest |frac| and |shift|: scales, their products and quotients are then normal floats."""


def plain_plan(core: Graph) -> CarrierPlan:
    """The plan of a prepared graph whose ops all have emitters."""
    plan = make_plan(core, plain=True)
    refused = {refusal.node for refusal in plan.refusals}
    more = [
        refusal
        for name, step in plan.steps.items()
        if name not in refused and name not in plan.constants
        for refusal in _refusals(plan, step)
    ]
    wide = [
        _too_wide(plan.steps[name])
        for name in core.outputs
        if name in plan.wide and name not in refused and name not in {refusal.node for refusal in more}
    ]
    return replace(plan, refusals=(*plan.refusals, *more, *wide))


def _refusals(plan: CarrierPlan, step: CarrierStep) -> Iterator[Refusal]:
    """The first reason why an op cannot be written."""
    node, graph = step.node, plan.graph
    op, name = node.op, node.name
    where = f"use types nearer to one in {node.layer}"
    if step.result_double or (step.double and not isinstance(op, Input)):
        yield _too_wide(step)
    elif np.any(np.abs(np.asarray(graph.info(name).type.frac)) > _LARGEST):
        yield Refusal(name, op.op_name(), f"its LSB lies beyond 2^{_LARGEST} or 2^-{_LARGEST}", where)
    elif isinstance(op, Scale) and np.any(np.abs(np.asarray(op.shift)) > _LARGEST):
        yield Refusal(name, op.op_name(), f"it shifts by more than {_LARGEST} bits", where)
    elif isinstance(op, Linear):
        weights = weights_of(graph, node)
        if weights.type is None or np.any(np.abs(weights.frac) > _LARGEST):
            size = max(int(weights.codes.max()), -int(weights.codes.min()) - 1)
            reason = f"its weights need {size.bit_length() + 1} bits at one LSB per column, QDQ has {BITS}"
            yield Refusal(name, op.op_name(), reason, f"use narrower weights in {node.layer}")


def _too_wide(step: CarrierStep) -> Refusal:
    node = step.node
    reason = "its values need float64, and QDQ runs in float32"
    if step.bits > FLOAT32_BITS:
        reason = f"its largest partial sum needs {step.bits} bits; QDQ runs in float32, with {FLOAT32_BITS}"
    hint = f"use narrower types in {node.layer}, or export to onnx, which carries 53 bits"
    return Refusal(node.name, node.op.op_name(), reason, hint)
