"""Shared by ops on two values: the layout that both operands can have."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from edgeml.backends.onnx.model import ExactModel, ScaledTensor
from edgeml.backends.onnx.plan import CarrierStep
from edgeml.ir import Node
from edgeml.ir.layout import FIRST, LAST, Layout

Emitter: TypeAlias = Callable[[ExactModel, Node, CarrierStep], ScaledTensor]


def emit_pair(operator: str) -> Emitter:
    """The emitter of a commutative op on two values: both operands in the result's unit."""

    def emit(model: ExactModel, node: Node, step: CarrierStep) -> ScaledTensor:
        layout, rank = common_layout(model, node), len(model.shape(node.name))
        operands = [model.fetch(name, step.unit, step.double, layout, rank) for name in node.inputs]
        tensor = model.writer.new_node(operator, operands, node.name)
        return ScaledTensor(tensor, step.unit, step.double, layout)

    return emit


def common_layout(model: ExactModel, node: Node) -> Layout:
    """The layout both operands can have: the one a variable has if its shape is the result's."""
    variable = [name for name in node.inputs if not model.constant(name)]
    shape = model.shape(node.name)
    layouts = [model.tensors[name].layout for name in variable]
    if any(len(model.shape(name)) < len(shape) for name in variable):
        return LAST
    if any(layout == FIRST for layout in layouts):
        return FIRST
    same = all(layout == layouts[0] for layout in layouts)
    return layouts[0] if same and all(model.shape(name) == shape for name in variable) else LAST
