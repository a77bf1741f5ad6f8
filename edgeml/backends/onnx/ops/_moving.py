"""The order of a value's axes, and its tensor in the carrier of a step."""

from __future__ import annotations

from edgeml.backends.onnx.model import ExactModel
from edgeml.backends.onnx.plan import CarrierStep
from edgeml.ir import Node
from edgeml.ir.layout import FIRST, LAST, Layout


def kept_tensor(model: ExactModel, node: Node, step: CarrierStep) -> tuple[str, Layout]:
    """The input in the carrier of the step, channels first if that is how it lies."""
    (source,) = node.inputs
    x = model.tensors[source]
    layout = x.layout if x.layout == FIRST else LAST
    before = x.unit if not isinstance(step.unit, int) else step.unit
    return model.fetch(source, before, step.double, layout), layout


def axes_of(layout: Layout, rank: int) -> list[int]:
    """The graph's axis at each axis of the tensor behind the batch."""
    return [rank - 1, *range(rank - 1)] if layout == FIRST else list(range(rank))
