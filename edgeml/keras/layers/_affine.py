"""x * a + b with constants per channel."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.ir.ops.add import Add
from edgeml.ir.steps import FLOAT32_BITS
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.quantizers._ops import factor_type, scaled, significant

_REMEDY = "use QBatchNormalization with inverse_quantizer=quantized_po2(4), or QConv2DBatchnorm"

_FINER = 8
"""Bits by which an offset may be finer than the product that it is added to."""


def affine(
    builder: LayerBuilder,
    value: str,
    factor: NDArray[np.floating[Any]],
    offset: NDArray[np.floating[Any]],
    remedy: str = "",
) -> str:
    """The value times `factor` plus `offset`, each of shape (channels,).

    Both are exact if the layer's factor bits hold them. Otherwise the factor is rounded to them and the
    offset to the LSB of its channel's product, and a note says so.

    Raises:
        EdgemlError: a constant is not finite, or cannot be exact and the lowering is strict.
    """
    more_bits = (
        "" if builder.factor_bits >= FLOAT32_BITS else f"--set lowering.factor_bits={FLOAT32_BITS}, or "
    )
    remedy = remedy or more_bits + _REMEDY
    builder.stated("weight")  # its result is rounded, if a type is stated for it
    if not (np.all(np.isfinite(factor)) and np.all(np.isfinite(offset))):
        raise builder.refuse("its constants are not finite", "train the model again")
    product = scaled(builder, value, factor, "factor", remedy)
    codes, frac, error = significant(offset, builder.factor_bits)
    if error or np.any(frac > _grid(builder, product, offset) + _FINER):
        codes, frac = _at_product(builder, product, offset)
        rest = np.abs(np.ldexp(codes.astype(np.float64), -frac.astype(np.int32)) - offset)
        if np.any(rest):
            builder.inexact(
                f"an offset is rounded to the product's grid, off by at most {rest.max():.1e}",
                remedy,
            )
    constant = builder.const(codes, factor_type(codes, frac), "offset")
    return builder.add(Add(), product, constant, part="sum")


def _at_product(
    builder: LayerBuilder, product: str, offset: NDArray[np.floating[Any]]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The offset on the grid of its channel's product, which is at least as fine as the layer's factors."""
    grid = _grid(builder, product, offset)
    _, exponent = np.frexp(offset.astype(np.float64))
    frac = np.clip(builder.factor_bits - exponent, grid, grid + _FINER).astype(np.int64)
    return np.rint(np.ldexp(offset.astype(np.float64), frac.astype(np.int32))).astype(np.int64), frac


def _grid(builder: LayerBuilder, product: str, offset: NDArray[np.floating[Any]]) -> NDArray[np.int64]:
    """Fractional bits of a product, per channel."""
    info = builder.info(product)
    fracs = np.broadcast_to(np.asarray(info.type.frac, np.int64), info.shape)
    return fracs.reshape(-1, offset.size).max(axis=0)


def last_axis(layer: Any, builder: LayerBuilder, value: str) -> None:
    """Refuse normalization along another axis than the channels.

    Raises:
        EdgemlError: the axis is not the last.
    """
    rank = len(builder.info(value).shape)
    axis = layer.axis[0] if isinstance(layer.axis, list | tuple) else layer.axis
    if axis not in (-1, rank):
        raise builder.refuse(f"normalizes axis {axis}", "use axis=-1")
