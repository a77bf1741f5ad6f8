"""Ops on two values, in the layout that both can have."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from edgeml.backends.qonnx.model import QonnxModel, QonnxTensor
from edgeml.ir import Node
from edgeml.ir.layout import FIRST, LAST

Emitter: TypeAlias = Callable[[QonnxModel, Node], QonnxTensor]


def emit_pair(operator: str) -> Emitter:
    """The emitter of an op on two values."""

    def emit(model: QonnxModel, node: Node) -> QonnxTensor:
        shape = model.shape(node.name)
        variable = [name for name in node.inputs if name not in model.constants]
        layouts = {model.tensors[name].layout for name in variable}
        same = all(model.shape(name) == shape for name in variable)
        full = all(len(model.shape(name)) == len(shape) for name in variable)
        layout = layouts.copy().pop() if len(layouts) == 1 and same else LAST
        layout = FIRST if FIRST in layouts and full else layout
        inputs = [model.value(name, layout, len(shape)) for name in node.inputs]
        return QonnxTensor(model.node(operator, inputs, model.output_name(node.name, layout)), layout)

    return emit
