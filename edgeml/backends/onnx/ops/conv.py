"""Conv: in float32, split into limbs, or tap by tap in float64."""

from __future__ import annotations

from edgeml.backends.onnx.model import ExactModel, ScaledTensor
from edgeml.backends.onnx.ops._linear import bias_constant, by_taps, conv_inputs, conv_node, limbs_of, sum_of
from edgeml.backends.onnx.plan import CarrierStep
from edgeml.backends.onnx.units import any_unit, preferred_or_lsb
from edgeml.ir import Node
from edgeml.ir.layout import FIRST
from edgeml.ir.ops.conv import Conv

result_unit, input_unit = preferred_or_lsb, any_unit


def emit(model: ExactModel, node: Node, step: CarrierStep) -> ScaledTensor:
    """A convolution, with its bias if it has one."""
    linear = step.fused or node
    weight = linear.inputs[1]
    op = linear.as_op(Conv)
    codes = model.plan.constants[weight]
    if not step.double:
        inputs = conv_inputs(model, linear, node, step, codes)
        if step.fused is not None:
            inputs.append(bias_constant(model, node, step))
        return ScaledTensor(
            conv_node(model, op, model.shape(weight), inputs, node.name), step.unit, False, FIRST
        )
    limbs = limbs_of(model, linear)
    if not limbs:
        return by_taps(model, node, op, step)
    parts = [
        model.to_float(
            conv_node(
                model,
                op,
                model.shape(weight),
                conv_inputs(model, linear, node, step, limb),
                f"{node.name}/limb{position}",
            ),
            double=True,
        )
        for position, limb in enumerate(limbs)
    ]
    return ScaledTensor(sum_of(model, parts, node.name), step.unit, True, FIRST)
