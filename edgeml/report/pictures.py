"""Small pictures of samples inside a page: PNG as a data address.

Invariant: a picture has at most `MOST` pixels a side, so that its bytes are bounded.
"""

from __future__ import annotations

import base64
import struct
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST = 48
_LEAST = 4
_CHANNELS = {1: 0, 3: 2}
"""Colour types of PNG by channels."""


def is_picture(shape: tuple[int, ...]) -> bool:
    """True for samples (height, width, channels) of 1 or 3 channels, four pixels a side or more."""
    return len(shape) == 3 and shape[2] in _CHANNELS and min(shape[:2]) >= _LEAST


def picture(sample: NDArray[Any], low: float, high: float) -> str:
    """The data address of a PNG of a sample.

    Args:
        sample: (height, width, 1 or 3); every so many pixels are left out of a larger one.
        low: what becomes black.
        high: what becomes white.
    """
    step = max(1, -(-max(sample.shape[:2]) // MOST))
    thin = sample[::step, ::step]
    scaled = np.clip((thin - low) / ((high - low) or 1.0), 0.0, 1.0)
    pixels = np.round(255 * scaled).astype(np.uint8)
    height, width, channels = pixels.shape
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    header = struct.pack(">IIBBBBB", width, height, 8, _CHANNELS[channels], 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
    return "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\n" + body).decode()
