"""A Conv node, channels first, and the order of its padding."""

from __future__ import annotations

from edgeml.backends.qonnx.model import QonnxModel
from edgeml.ir.layout import FIRST
from edgeml.ir.ops.conv import Conv


def conv_node(model: QonnxModel, name: str, op: Conv, kernel: tuple[int, ...], inputs: list[str]) -> str:
    return model.node(
        "Conv",
        inputs,
        model.output_name(name, FIRST),
        kernel_shape=kernel,
        strides=op.strides,
        pads=onnx_pads(op.padding),
        dilations=op.dilation,
        group=op.groups,
    )


def onnx_pads(padding: tuple[tuple[int, int], ...]) -> tuple[int, ...]:
    """ONNX's order: all befores, then all afters."""
    return (*(before for before, _ in padding), *(after for _, after in padding))
