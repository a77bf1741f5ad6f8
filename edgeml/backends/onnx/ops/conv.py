"""Conv: in float32, split into limbs, or tap by tap in float64."""

from __future__ import annotations

from edgeml.backends.onnx.ops._linear import bias_constant, by_taps, conv_inputs, conv_node, limbs_of, sum_of
from edgeml.backends.onnx.plan import Step
from edgeml.backends.onnx.terms import Term, Terms
from edgeml.ir import Node
from edgeml.ir.layout import FIRST
from edgeml.ir.ops.conv import Conv


def emit(terms: Terms, node: Node, step: Step) -> Term:
    """A convolution, with its bias if it has one."""
    linear = step.fused or node
    weight = linear.inputs[1]
    op = linear.op
    assert isinstance(op, Conv)
    codes = terms.plan.constants[weight]
    if not step.double:
        inputs = conv_inputs(terms, linear, node, step, codes)
        if step.fused is not None:
            inputs.append(bias_constant(terms, node, step))
        return Term(conv_node(terms, op, terms.shape(weight), inputs, node.name), step.unit, False, FIRST)
    limbs = limbs_of(terms, linear)
    if not limbs:
        return by_taps(terms, node, op, step)
    parts = [
        terms.to_float(
            conv_node(
                terms,
                op,
                terms.shape(weight),
                conv_inputs(terms, linear, node, step, limb),
                f"{node.name}/limb{position}",
            ),
            double=True,
        )
        for position, limb in enumerate(limbs)
    ]
    return Term(sum_of(terms, parts, node.name), step.unit, True, FIRST)
