"""Samples as bytes: a stream's beats one after the other, as the manifest packs them.

Bits above an element's width continue its sign, so that equal codes are equal bytes.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from edgeml.backends.verilog.manifest import Stream
from edgeml.backends.verilog.runner import unpack
from edgeml.errors import EdgemlError
from edgeml.fixed import IntArray


def sample_bytes(stream: Stream) -> int:
    """Bytes of a sample on this stream."""
    return stream.beats * stream.bits // 8


def encode(stream: Stream, codes: Mapping[str, IntArray]) -> NDArray[np.uint8]:
    """Bytes, shape (samples, `sample_bytes`).

    Args:
        stream: the port.
        codes: (samples, *shape) by value.

    Raises:
        EdgemlError: a value is missing, has another shape, or has codes that its type does not hold.
    """
    parts: list[NDArray[np.uint8]] = []
    for lanes in stream.values:
        values = codes.get(lanes.value)
        if values is None or values.shape[1:] != lanes.shape:
            shape_text = "no such vectors" if values is None else f"vectors of shape {values.shape}"
            raise EdgemlError(f"{shape_text}, the Verilog takes {lanes.shape}", lanes.value, "export again")
        low = -(1 << (lanes.width - 1)) if lanes.signed else 0
        high = low + (1 << lanes.width) - 1
        if values.size and not low <= int(values.min()) <= int(values.max()) <= high:
            raise EdgemlError(
                f"codes beyond {low} to {high}, which its {lanes.width} bits hold",
                lanes.value,
                "export again",
            )
        table = values.reshape(len(values), stream.beats, lanes.elements).astype(f"<i{lanes.lane // 8}")
        parts.append(np.ascontiguousarray(table).view(np.uint8))
    data = np.concatenate(parts, axis=-1)
    return data.reshape(len(data), -1)


def decode(stream: Stream, data: NDArray[np.uint8]) -> dict[str, IntArray]:
    """Codes (samples, *shape) by value from bytes (samples, `sample_bytes`); whole lanes are read."""
    beats = data.reshape(len(data), stream.beats, stream.bits // 8)
    padded = np.zeros((*beats.shape[:2], -(-beats.shape[2] // 4) * 4), np.uint8)
    padded[..., : beats.shape[2]] = beats
    return unpack(stream, padded.view("<u4"))
