"""Elements at other places: reshapes, parts, padding, repetitions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from tests.importers.qonnx_pieces.linear import quantized
from tests.importers.qonnx_pieces.net import End, Net


def transposed(net: Net, end: End) -> End | None:
    if not end.spatial:
        return None
    channels, height, width = end.shape
    return replace(
        end, name=net.node("Transpose", end.name, perm=[0, 1, 3, 2]), shape=(channels, width, height)
    )


def flattened(net: Net, end: End) -> End | None:
    """Flatten, Reshape, or PyTorch's chain of Shape, Gather, Unsqueeze and Concat."""
    if not end.spatial:
        return None
    kind = net.any_of("flatten", "reshape", "chain", "slices")
    if kind == "flatten":
        name = net.node("Flatten", end.name)
    elif kind == "reshape":
        name = net.node("Reshape", end.name, net.integers(net.any_of(1, 0), -1))
    else:
        size = net.node("Shape", end.name)
        if kind == "chain":
            size = unsqueezed(net, net.node("Gather", size, net.const(0, np.int64), axis=0), 0)
        elif net.opset >= 10:
            size = net.node("Slice", size, net.integers(0), net.integers(1), net.integers(0))
        else:
            size = net.node("Slice", size, starts=[0], ends=[1], axes=[0])
        name = net.node("Reshape", end.name, net.node("Concat", size, net.integers(-1), axis=0))
    return replace(end, name=name, shape=(int(np.prod(end.shape)),))


def unsqueezed(net: Net, name: str, axis: int) -> str:
    if net.opset < 13:
        return net.node("Unsqueeze", name, axes=[axis])
    return net.node("Unsqueeze", name, net.integers(axis))


def squeezed(net: Net, end: End) -> End | None:
    """(channels, 1, 1) without its axes of one, or a vector that gets some and loses them again."""
    if end.spatial and end.shape[1:] != (1, 1):
        return None
    name = end.name
    if not end.spatial:
        name = unsqueezed(net, unsqueezed(net, name, 2), 3)
    name = (
        net.node("Squeeze", name, axes=[2, 3])
        if net.opset < 13
        else net.node("Squeeze", name, net.integers(2, 3))
    )
    return replace(end, name=name, shape=end.shape[:1])


def sliced(net: Net, end: End) -> End | None:
    """A part of one axis: every pixel or every other."""
    axis = net.below(0, len(end.shape))
    size = end.shape[axis]
    if size < 3:
        return None
    start, stop, step = net.below(0, 2), size - net.below(0, 2), 1
    if net.opset >= 10:
        step = net.below(1, 3)
        limits = [net.integers(number) for number in (start, stop, axis + 1, step)]
        name = net.node("Slice", end.name, *limits)
    else:
        name = net.node("Slice", end.name, starts=[start], ends=[stop], axes=[axis + 1])
    shape = list(end.shape)
    shape[axis] = len(range(start, stop, step))
    return replace(end, name=name, shape=tuple(shape))


def gathered(net: Net, end: End) -> End | None:
    """Neighbouring channels."""
    if end.shape[0] < 3:
        return None
    first = net.below(0, 2)
    count = end.shape[0] - 1 - first
    name = net.node("Gather", end.name, net.integers(*range(first, first + count)), axis=1)
    return replace(end, name=name, shape=(count, *end.shape[1:]))


def split(net: Net, end: End) -> End | None:
    """Two halves of the channels, added, multiplied or put side by side the other way round."""
    channels = end.shape[0]
    if channels % 2 or not end.scale:
        return None
    if net.opset >= 18:
        first = net.node("Split", end.name, outputs=2, axis=1, num_outputs=2)
    elif net.opset >= 13:
        first = net.node("Split", end.name, net.integers(channels // 2, channels // 2), outputs=2, axis=1)
    else:
        first = net.node("Split", end.name, outputs=2, axis=1, split=[channels // 2] * 2)
    kind = net.any_of("Add", "Sub", "Mul", "Concat")
    if kind == "Concat":
        return replace(end, name=net.node("Concat", f"{first}_1", first, axis=1))
    return quantized(net, End(net.node(kind, first, f"{first}_1"), (channels // 2, *end.shape[1:])))


def padded(net: Net, end: End) -> End | None:
    if not end.spatial or max(end.shape) > 12:
        return None
    before, after = net.below(0, 3), net.below(0, 3)
    pads = [0, 0, before, after, 0, 0, after, before]
    if net.opset < 11:
        name = net.node("Pad", end.name, pads=pads)
    else:
        others = (1.0, -0.5) if net.powers else ()  # a number between two codes is rounded, with a note
        number = [net.const(net.any_of(0.0, 0.0, *others))] if net.chance(0.5) else []
        if net.opset >= 18 and net.chance(0.5):
            pads = [after, before, before, after]
            number = [*(number or [""]), net.integers(-1, 2)]
        name = net.node("Pad", end.name, net.integers(*pads), *number)
    channels, height, width = end.shape
    return End(name, (channels, height + before + after, width + before + after))


def resized(net: Net, end: End) -> End | None:
    """The nearest neighbour, by factors or by sizes, in the coordinate modes that are read."""
    if not end.spatial or end.shape[1] * end.shape[2] > 40:
        return None
    channels, height, width = end.shape
    up = (net.below(1, 3), net.below(1, 4))
    shape = (channels, height * up[0], width * up[1])
    scales = net.const([1.0, 1.0, *up])
    if net.opset < 10:
        return replace(end, name=net.node("Upsample", end.name, scales, mode="nearest"), shape=shape)
    if net.opset == 10:
        return replace(end, name=net.node("Resize", end.name, scales, mode="nearest"), shape=shape)
    modes = net.any_of(("asymmetric", "floor"), ("half_pixel", "round_prefer_floor"))
    flags = {"mode": "nearest", "coordinate_transformation_mode": modes[0], "nearest_mode": modes[1]}
    if net.opset >= 18 and net.chance(0.5):
        inputs, flags = ["", net.const([*reversed(up)])], {**flags, "axes": [3, -2]}
    elif net.chance(0.3):
        inputs = ["", "", net.integers(1, *shape)] if net.opset >= 13 else [net.const([]), net.const([])]
        inputs = inputs if net.opset >= 13 else [*inputs, net.integers(1, *shape)]
    else:
        inputs = ["" if net.opset >= 13 else net.const([]), scales]
    return replace(end, name=net.node("Resize", end.name, *inputs, **flags), shape=shape)


def depth_to_space(net: Net, end: End) -> End | None:
    if not end.spatial or end.shape[0] % 4 or not end.scale:
        return None
    channels, height, width = end.shape
    mode = {"mode": net.any_of("DCR", "CRD")} if net.opset >= 11 else {}
    name = net.node("DepthToSpace", end.name, blocksize=2, **mode)
    return replace(end, name=name, shape=(channels // 4, 2 * height, 2 * width))


def space_to_depth(net: Net, end: End) -> End | None:
    if not end.spatial or end.shape[1] % 2 or end.shape[2] % 2 or not end.scale:
        return None
    channels, height, width = end.shape
    name = net.node("SpaceToDepth", end.name, blocksize=2)
    return replace(end, name=name, shape=(4 * channels, height // 2, width // 2))


def repeated(net: Net, end: End) -> End | None:
    """A value twice along an axis, or an axis of one that grows."""
    axis = net.below(0, len(end.shape))
    shape = list(end.shape)
    if shape[axis] == 1:
        shape[axis] = 3
        name = net.node("Expand", end.name, net.integers(1, *shape))
    elif int(np.prod(shape)) < 40:
        counts = [2 if place == axis else 1 for place in range(len(shape))]
        shape[axis] *= 2
        name = net.node("Tile", end.name, net.integers(1, *counts))
    else:
        return None
    return replace(end, name=name, shape=tuple(shape))


def nothing(net: Net, end: End) -> End:
    """Nodes that change no value."""
    kind = net.any_of("Identity", "Dropout", "Cast")
    to: dict[str, Any] = {"to": 1} if kind == "Cast" else {}
    return replace(end, name=net.node(kind, end.name, **to))


PIECES = (
    transposed,
    flattened,
    squeezed,
    sliced,
    gathered,
    split,
    padded,
    resized,
    depth_to_space,
    space_to_depth,
    repeated,
    nothing,
)
