"""x * scale + bias with constants, as hls4ml's BatchNormalization: product and sum are exact there."""

from __future__ import annotations

import numpy as np

from edgeml.backends.hls4ml.layer import LayerConstant, Precision
from edgeml.backends.hls4ml.planner import CannotExpressError, Planner
from edgeml.fixed import FixedType, IntArray
from edgeml.ir import Node, Shape

ONE = LayerConstant(np.array(1, np.int64), FixedType(False, 1, 0))
ZERO = LayerConstant(np.array(0, np.int64), FixedType(False, 1, 0))


def affine(
    node: Node,
    planner: Planner,
    source: str,
    shape: Shape,
    result: FixedType | Precision,
    scale: LayerConstant = ONE,
    bias: LayerConstant = ZERO,
    part: str = "",
) -> str:
    """Add the layer.

    Args:
        node: the op it belongs to.
        planner: where to add it.
        source: the layer it reads.
        shape: of x and of the result; the constants broadcast to it.
        result: type of the result, wide enough for every value.
        scale: factors.
        bias: summands.
        part: as for `Planner.add`.

    Returns:
        The layer's name.

    Raises:
        CannotExpressError: a constant does not broadcast to the shape.
    """
    if any(np.broadcast_shapes(constant.codes.shape, shape) != shape for constant in (scale, bias)):
        raise CannotExpressError(f"a constant that is larger than the value of shape {shape}")
    if np.all(scale.values == 1) and not bias.codes.any():  # hls4ml removes x * 1 + 0
        return identity(node, planner, source, shape, result, part)
    size = int(np.prod(shape, dtype=np.int64))
    channels = shape[-1] if shape else 1
    per_channel = len(shape) > 1 and all(_is_per_channel(constant.codes) for constant in (scale, bias))
    target = (channels,) if per_channel else shape
    constants = {
        name: LayerConstant(
            np.broadcast_to(_squeezed(constant.codes, len(target)), target).reshape(-1), constant.type
        )
        for name, constant in (("scale", scale), ("bias", bias))
    }
    return planner.add(
        node,
        "BatchNormalization",
        (source,),
        result,
        part=part,
        attributes={
            "n_in": size,
            "n_filt": channels if per_channel else -1,
            "use_gamma": True,
            "use_beta": True,
        },
        weights=constants,
    )


def identity(
    node: Node, planner: Planner, source: str, shape: Shape, result: FixedType | Precision, part: str = ""
) -> str:
    """The same values in another type that holds them; no layer at all if the type is the same."""
    precision = result if isinstance(result, Precision) else Precision(result)
    if planner.held_in(source).type == precision.type:
        return planner.hold(node, source, part)
    return planner.add(
        node,
        "Activation",
        (source,),
        precision,
        part=part,
        attributes={"activation": "linear", "n_in": int(np.prod(shape, dtype=np.int64))},
        types={"table": Precision(precision.type)},
    )


def _is_per_channel(codes: IntArray) -> bool:
    return codes.ndim == 0 or codes.size == codes.shape[-1]


def _squeezed(codes: IntArray, rank: int) -> IntArray:
    return codes.reshape(codes.shape[codes.ndim - rank :]) if codes.ndim > rank else codes
