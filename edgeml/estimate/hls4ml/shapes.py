"""The shape that every layer of an hls4ml project has in the project itself, as hls4ml derives it.

Several values of a graph can lie in one layer: what follows a Flatten is held by the layer before it, whose
stream still has its pixels. So a layer's shape follows from its attributes and its inputs; a value of the
graph speaks only for the layer that was made for it.

Invariant: equal to the shapes of the variables in the emitted project (tests/estimate/test_hls_shapes.py).
"""

from __future__ import annotations

from edgeml.backends.hls4ml.layer import Hls4mlLayer
from edgeml.backends.hls4ml.planner import LayerPlan
from edgeml.ir import Graph, Shape

_SPACE = ("height", "width")


def layer_shapes(graph: Graph, plan: LayerPlan) -> dict[str, Shape]:
    """The shape of what comes out of every layer, by the layer's name.

    Args:
        graph: what was planned.
        plan: its layers.
    """
    first: dict[str, Shape] = {}
    for value, layer in (*plan.inputs.items(), *plan.values.items()):
        first.setdefault(layer, graph.info(value).shape)  # later values are other views of the same numbers
    shapes: dict[str, Shape] = {}
    for layer in plan.layers:
        shapes[layer.name] = _shape(layer, [shapes[name] for name in layer.inputs], first.get(layer.name))
    return shapes


def _shape(layer: Hls4mlLayer, inputs: list[Shape], result: Shape | None) -> Shape:
    attributes = layer.attributes
    if "target_shape" in attributes:
        return tuple(int(n) for n in attributes["target_shape"])
    if layer.kind == "Dense":
        return (int(attributes["n_out"]),)
    if layer.kind == "Embedding":
        return int(attributes["n_in"]), int(attributes["n_out"])
    if "out_width" in attributes:
        space = tuple(int(attributes[f"out_{side}"]) for side in _SPACE if f"out_{side}" in attributes)
        return (*space, int(attributes.get("n_filt", attributes.get("n_chan", 1))))
    if layer.kind == "Concatenate":
        axis = int(attributes["axis"]) - 1
        joined = sum(shape[axis] for shape in inputs)
        return (*inputs[0][:axis], joined, *inputs[0][axis + 1 :])
    if not inputs:
        return result or (1,)
    if layer.kind in ("Activation", "BatchNormalization"):
        return inputs[0]
    return result or inputs[0]
