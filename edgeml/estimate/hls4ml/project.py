"""An hls4ml project in time and space: its layers put together as its top function does.

io_parallel with the latency strategy is one pipeline; otherwise the layers are processes that hand arrays
(io_parallel) or streams of pixels (io_stream) to each other.

Invariant: resources are the sum over layers, so a layer's reuse factor changes its own share only.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from edgeml.backends.hls4ml.layer import Hls4mlLayer
from edgeml.backends.hls4ml.planner import LayerPlan
from edgeml.backends.hls4ml.reuse import Parallelism
from edgeml.estimate.count import Count
from edgeml.estimate.hls4ml import layer as hls_layer
from edgeml.estimate.hls4ml.layer import LayerCost, LayerSite
from edgeml.estimate.hls4ml.shapes import layer_shapes
from edgeml.families import Fabric
from edgeml.ir import Graph, Shape


@dataclass(frozen=True)
class TimedLayer:
    """A layer in time: its cost, and the clock in which its first input comes."""

    layer: Hls4mlLayer
    cost: LayerCost
    start: int


@dataclass(frozen=True)
class TimedProject:
    """A whole project; latency and interval in clocks."""

    placed: tuple[TimedLayer, ...]
    latency: int
    interval: int


class ProjectModel:
    """Costs of the layers of one plan; a layer's cost is computed anew for every way to multiply.

    Args:
        graph: what was planned, for the shapes.
        plan: its layers.
        chip: its fabric.
        clock_ns: clock period.
        stream: io_stream.
        vitis: made with Vitis HLS, else with Vivado HLS.
    """

    def __init__(
        self, graph: Graph, plan: LayerPlan, chip: Fabric, clock_ns: float, stream: bool, vitis: bool = True
    ) -> None:
        self._plan, self._stream, self._chip, self._clock_ns = plan, stream, chip, clock_ns
        self._vitis = vitis
        self._by_name = {layer.name: layer for layer in plan.layers}
        self._shapes = layer_shapes(graph, plan)
        # A convolution in io_parallel is a loop over positions: every layer is then a process.
        self._processes = not stream and any(layer.kind.startswith(_CONVOLUTIONS) for layer in plan.layers)

    @property
    def shapes(self) -> Mapping[str, Shape]:
        """The shape of every layer's output, by its name."""
        return self._shapes

    @property
    def layers(self) -> Sequence[Hls4mlLayer]:
        """The plan's layers, in the order of the data."""
        return self._plan.layers

    def cost(self, layer: Hls4mlLayer, how: Parallelism) -> LayerCost:
        """One layer's cost."""
        if not layer.inputs or layer.kind == "Reshape":
            return LayerCost(Count(), 0)
        before = self._by_name[layer.inputs[0]]
        shape = self._shapes[before.name]
        site = LayerSite(self._chip, self._clock_ns, self._stream, before.result.type, self._vitis)
        cost = layer_cost(layer, how, site, shape, self._shapes[layer.name])
        space, channels = _split(self._shapes[layer.name])
        if layer.name in self._plan.outputs.values() or not (self._stream or self._processes):
            return cost
        if self._stream:
            queue = hls_layer.fifo(space, channels, layer.result.type.width, site)
        else:
            queue = hls_layer.hand_over(space * channels, layer.result.type.width)
        return replace(cost, count=cost.count + queue)

    def project(self, ways: Mapping[str, Parallelism]) -> TimedProject:
        """The layers in time, each multiplied as `ways` says by its name."""
        costs = {layer.name: self.cost(layer, ways[layer.name]) for layer in self.layers}
        return self.arranged(costs, ways)

    def arranged(self, costs: Mapping[str, LayerCost], ways: Mapping[str, Parallelism]) -> TimedProject:
        """The same from costs that are known already."""
        if self._stream:
            return self._streamed(costs)
        dataflow = any(
            how.strategy == "resource" and self._by_name[name].products is not None
            for name, how in ways.items()
        ) or any(cost.steps > 1 for cost in costs.values())
        return self._in_turn(costs, 1 if dataflow else 0)

    def _in_turn(self, costs: Mapping[str, LayerCost], handover: int) -> TimedProject:
        """io_parallel: a layer begins when those it reads are done."""
        ends: dict[str, int] = {}
        placed: list[TimedLayer] = []
        for layer in self.layers:
            cost = costs[layer.name]
            start = max((ends[name] for name in layer.inputs), default=0)
            idle = not layer.inputs or layer.kind == "Reshape"
            span = 0 if idle else cost.depth + cost.interval * (cost.steps - 1) + handover
            ends[layer.name] = start + span
            placed.append(TimedLayer(layer, cost, start))
        latency = max((ends[name] for name in self._plan.outputs.values()), default=0)
        interval = max(cost.busy for cost in costs.values())
        return TimedProject(tuple(placed), max(1, latency), interval + (handover if interval > 1 else 0))

    def _streamed(self, costs: Mapping[str, LayerCost]) -> TimedProject:
        """io_stream: a layer begins with its first pixel and ends when the layers before it have ended."""
        starts: dict[str, int] = {}
        ends: dict[str, int] = {}
        placed: list[TimedLayer] = []
        for layer in self.layers:
            cost = costs[layer.name]
            begin = max((starts[name] for name in layer.inputs), default=0)
            done = max((ends[name] for name in layer.inputs), default=0)
            if not layer.inputs:
                space, _ = _split(self._shapes[layer.name])
                starts[layer.name], ends[layer.name] = 0, space
                placed.append(TimedLayer(layer, cost, 0))
                continue
            if layer.kind == "Reshape":
                starts[layer.name], ends[layer.name] = begin, done
                placed.append(TimedLayer(layer, cost, begin))
                continue
            start = done if cost.gathers else begin
            starts[layer.name] = start + cost.interval * (cost.first - 1) + cost.depth
            ends[layer.name] = max(done, start + cost.interval * (cost.steps - 1)) + cost.depth
            placed.append(TimedLayer(layer, cost, start))
        latency = max((ends[name] for name in self._plan.outputs.values()), default=0)
        busiest = max(
            [cost.busy if not cost.gathers else cost.interval for cost in costs.values()]
            + [_split(self._shapes[name])[0] for name in self._plan.inputs.values()]
        )
        return TimedProject(tuple(placed), max(1, latency), busiest)


def layer_cost(
    layer: Hls4mlLayer, how: Parallelism, site: LayerSite, shape: Shape, result: Shape
) -> LayerCost:
    """One layer's cost, whatever its kind.

    Args:
        layer: the layer.
        how: how it multiplies.
        site: what it is built for.
        shape: of its input.
        result: of its output.
    """
    kind = layer.kind
    if kind.startswith(_CONVOLUTIONS):
        return _convolution(layer, how, site, shape, result)
    if layer.products is not None:
        product = hls_layer.dense_cost(layer, how, site)
        return replace(product, depth=product.depth + 2, gathers=True) if site.stream else product
    if kind.startswith(("MaxPooling", "AveragePooling", "GlobalPooling")):
        return _pool(layer, site, shape, result)
    pixels, channels = _split(result)
    side, steps = (channels, pixels) if site.stream else (pixels * channels, 1)
    if kind == "Embedding" or (kind == "Activation" and layer.attributes["activation"] not in _PLAIN):
        return LayerCost(hls_layer.table(layer, site, side), 2, 1, steps)
    if kind in ("Activation", "BatchNormalization", "FixedPointQuantizer"):
        # A cast is chained behind what comes before it, unless it is a process of its own.
        return LayerCost(hls_layer.elementwise(layer, site, side), 1 if site.stream else 0, 1, steps)
    if kind in ("ZeroPadding1D", "ZeroPadding2D", "Transpose", "Concatenate", "Resize"):
        moved = side * layer.result.type.width
        return LayerCost(
            Count(logic=moved if site.stream else 0, ff=moved if site.stream else 0), 1, 1, steps
        )
    width = layer.result.type.width
    return LayerCost(Count(chain=side * width, ff=side * width), 1, 1, steps)


_PLAIN = ("linear", "relu")
_CONVOLUTIONS = ("Conv", "DepthwiseConv")


def _split(shape: Shape) -> tuple[int, int]:
    """Pixels and channels; a vector is one pixel."""
    return (math.prod(shape[:-1]), shape[-1]) if shape else (1, 1)


def _window(layer: Hls4mlLayer) -> tuple[int, int]:
    attributes = layer.attributes
    rows = int(attributes.get("filt_height", attributes.get("pool_height", 1)))
    return rows, int(attributes.get("filt_width", attributes.get("pool_width", 1)))


def _convolution(
    layer: Hls4mlLayer, how: Parallelism, site: LayerSite, shape: Shape, result: Shape
) -> LayerCost:
    (rows, columns), (pixels, channels), out = _window(layer), _split(shape), _split(result)[0]
    if layer.products is not None:
        core = hls_layer.dense_cost(layer, how, site)
    else:
        core = hls_layer.depthwise(layer, site)
    taps, bits = rows * columns * channels, site.input_type.width
    if not site.stream:
        # The window of every position is chosen from the whole image, four ways in a table.
        image = 0 if site.vitis else math.prod(shape) * bits  # Vivado HLS keeps what it is given
        choose = Count(logic=taps * bits * math.ceil(out / 4), ff=taps * bits + image)
        return replace(core, count=core.count + choose, depth=core.depth + 1, steps=out, first=out)
    buffer = hls_layer.line_buffer(rows - 1, shape[-2], channels * bits)
    window = Count(ff=taps * bits * 2, logic=40)
    attributes, wide = layer.attributes, shape[-2]
    if any(attributes.get(f"pad_{side}", 0) for side in ("top", "bottom", "left", "right")):
        wide += int(attributes["pad_left"]) + int(attributes["pad_right"])
        pixels = wide * (
            pixels // shape[-2] + int(attributes.get("pad_top", 0)) + int(attributes.get("pad_bottom", 0))
        )
        # hls4ml pads in a process of its own, with a stream to this one.
        window += hls_layer.fifo(pixels, channels, bits, site)
    # The resource strategy is not pipelined over pixels.
    pace = core.interval
    if how.strategy == "resource":
        pace = core.depth + hls_layer.PIXEL_CLOCKS
    elif site.vitis:
        pace = max(pace, hls_layer.VITIS_CONVOLUTION)
    first = (rows - 1) * wide + columns
    return LayerCost(core.count + buffer + window, core.depth + 2, pace, pixels, first, reuse=core.reuse)


def _pool(layer: Hls4mlLayer, site: LayerSite, shape: Shape, result: Shape) -> LayerCost:
    (rows, columns), (pixels, channels), out = _window(layer), _split(shape), _split(result)[0]
    inputs = math.prod(shape) * site.input_type.width
    if not site.stream:
        # hls4ml compares one after the other: a comparison and a choice each.
        depth = hls_layer.clocks((rows * columns - 1) * 1.5, site)
        wait = hls_layer.waiting(rows * columns, depth) * out * channels * site.input_type.width
        count = hls_layer.pooling(layer, out * channels, rows * columns) + Count(ff=inputs + wait)
        return LayerCost(count, depth)
    pace = hls_layer.VITIS_POOLING if site.vitis else 1
    width = channels * layer.result.type.width
    if layer.kind.startswith("Global"):
        # One value per channel is compared with every pixel.
        count = hls_layer.pooling(layer, channels, 2) + Count(ff=width)
        return LayerCost(count, 2, 1, pixels, pixels)
    count = hls_layer.pooling(layer, channels, rows * columns) + Count(ff=width * (rows * columns + 1))
    buffer = hls_layer.line_buffer(rows - 1, shape[-2], channels * site.input_type.width)
    return LayerCost(count + buffer, 2, pace, pixels, (rows - 1) * shape[-2] + columns)
