"""Conv: a convolution with the bias that may follow."""

from __future__ import annotations

from edgeml.backends.hls4ml.layer import LayerConstant
from edgeml.backends.hls4ml.ops._convolution import convolution, dilated
from edgeml.backends.hls4ml.ops._linear import result_and_bias
from edgeml.backends.hls4ml.planner import Planner
from edgeml.ir import Node
from edgeml.ir.ops.conv import Conv


def plan(node: Node, planner: Planner) -> None:
    """Dilation becomes zeros in the kernel."""
    op = node.as_op(Conv)
    constant = planner.constant(node.inputs[1])
    kernel = LayerConstant(dilated(constant.codes, op.dilation), constant.type)
    last, bias = result_and_bias(node, planner, constant.codes.shape[-1])
    convolution(node, last, planner, kernel, bias, op.strides, op.padding, op.groups)
