"""Input and Cast: quantized by QuantizeLinear itself, or written in floats as in the exact model."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from edgeml.backends.onnx.model import ExactModel, ScaledTensor
from edgeml.backends.onnx.ops._casting import clip_bounds
from edgeml.backends.onnx.plan import CarrierStep
from edgeml.backends.onnx.stored import stored_type
from edgeml.backends.onnx.units import simple_unit
from edgeml.backends.qdq.quantizing import QdqPair, add_pair, stored
from edgeml.fixed import ElementType, FixedType, Overflow


@dataclass(frozen=True, eq=False)
class QdqCast:
    """A cast that rounds half to even and saturates, or loses nothing.

    Args:
        name: of the result.
        to: the new type.
        overflow: the mode.
        below: where the input can lie below the type's range.
        above: where it can lie above.
    """

    name: str
    to: ElementType
    overflow: Overflow
    below: NDArray[np.bool_]
    above: NDArray[np.bool_]


def emit_cast(model: ExactModel, source: str, cast: QdqCast) -> str:
    """Add a pair that rounds and saturates; "" if eight bits do not hold the result.

    Args:
        model: where to add it.
        source: the tensor of the input, which holds the value.
        cast: the rest.
    """
    info, (lo, hi) = model.graph.info(cast.name), clip_bounds(cast.to, cast.overflow)
    dtype = stored_type(int(info.lo.min()), int(info.hi.max()), signed=cast.to.signed)
    if not isinstance(cast.to, FixedType) or dtype is None:
        return ""
    limits = np.iinfo(dtype)
    ends = (
        int(lo) if np.any(cast.below) and int(lo) != limits.min else None,
        int(hi) if np.any(cast.above) and int(hi) != limits.max else None,
    )
    return add_pair(model, source, QdqPair(cast.name, dtype, cast.to.frac), ends)


def as_value(model: ExactModel, name: str, tensor: ScaledTensor) -> ScaledTensor:
    """A tensor in units of its LSB as the value, stored as integers if it has few bits."""
    model.tensors[name] = tensor
    value = model.fetch(name, 0, tensor.double, tensor.layout)
    return stored(model, name, ScaledTensor(value, 0, tensor.double, tensor.layout))


def in_codes(step: CarrierStep, to: ElementType) -> CarrierStep:
    """A step of the exact model whose result is in units of its LSB."""
    return replace(step, unit=simple_unit(np.asarray(to.frac, np.int64)))
