"""LearnedTables: bits put beside each other as an index; each table has a part of a Lookup.

A Lookup's index has at most MAX_INDEX_BITS bits, so many tables are several Lookups side by side.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from edgeml.fixed import FixedType, IntArray, Overflow, Round
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.cast import Cast
from edgeml.ir.ops.concat import Concat
from edgeml.ir.ops.lookup import MAX_INDEX_BITS, Lookup
from edgeml.ir.ops.mat_mul import MatMul
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import LayerHandler, LayerKind, example
from edgeml.keras.layers._float import itself
from edgeml.keras.onnx_builder import FloatOnnxBuilder, FloatTensor
from edgeml.keras.quantizers._common import real_floats


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """A MatMul by powers of two, the number of the table above, a Lookup."""
    for tensor in ("scores", "entries"):
        real_floats(getattr(layer, tensor), f"{builder.layer}.{tensor}")
    value, frac = _bits(layer, builder, inputs[0])
    places, entries = _places(layer), layer.codes()
    most = 1 << (MAX_INDEX_BITS - layer.places)
    starts = range(0, layer.units, most)
    parts: list[str] = []
    for start in starts:
        stem = "" if len(starts) == 1 else f"{start}."
        units = slice(start, start + most)
        parts.append(_tables(layer, builder, value, frac, places[:, units], entries[units], stem))
    if len(parts) == 1:
        return parts[0]
    return builder.add(Concat(len(builder.info(parts[0]).shape) - 1), *parts, part="tables")


def _bits(layer: Any, builder: LayerBuilder, value: str) -> tuple[str, int]:
    """A value whose codes are the bits, and its fractional bits; no cast where its codes are bits already."""
    info = builder.info(value)
    kind = info.type
    if (
        isinstance(kind, FixedType)
        and (kind.signed, kind.width) == (False, 1)
        and kind.frac <= layer.fraction
    ):
        return value, kind.frac
    bit = FixedType(False, 1, layer.fraction)
    return builder.add(Cast(bit, Round.TRN, Overflow.SAT), value, part="bits"), bit.frac


def _places(layer: Any) -> IntArray:
    """2^place wherever a table reads an input, summed where it reads one twice, (features, units)."""
    places = np.zeros((int(layer.scores.shape[1]), layer.units), np.int64)
    for place, read in enumerate(layer.connections().T):
        places[read, np.arange(layer.units)] += 1 << place
    return places


def _tables(
    layer: Any, builder: LayerBuilder, value: str, frac: int, places: IntArray, entries: IntArray, stem: str
) -> str:
    """The results of some of the tables."""
    units = len(entries)
    index = FixedType(False, layer.places + (units - 1).bit_length(), 0)
    # Values are code * 2^-frac, so that 2^frac in the weights makes them whole.
    weights = builder.const(places, FixedType(False, layer.places, -frac), f"{stem}places", owner=layer.name)
    numbers = builder.const(np.arange(units) << layer.places, index, f"{stem}numbers", owner=layer.name)
    table = np.zeros(1 << index.width, np.int64)
    table[: entries.size] = entries.reshape(-1)
    stored = builder.const(table, FixedType(False, 1, 0), f"{stem}entries", owner=layer.name)
    placed = builder.add(MatMul(), value, weights, part=f"{stem}placed")
    total = builder.add(Add(), placed, numbers, part=f"{stem}total")
    code = builder.add(Cast(index, Round.TRN, Overflow.WRAP), total, part=f"{stem}index")
    return builder.add(Lookup(), code, stored, part=f"{stem}table")


def float_onnx(build: FloatOnnxBuilder, layer: Any, inputs: list[FloatTensor]) -> FloatTensor:
    """Gather of the inputs that are read, of the bits beside each other, and of the entries."""
    value = build.channels_last(inputs[0])
    read = build.add("Gather", [value.name, build.const(layer.connections(), np.int64)], axis=-1)
    bits = build.add("Less", [read, build.const(2.0**-layer.fraction)])
    zeros = build.add("Cast", [bits], to=1)  # float32
    ones = build.add("Sub", [build.const(1.0), zeros])
    powers = build.const(2.0 ** np.arange(layer.places))
    index = build.add("MatMul", [ones, powers])
    index = build.add("Add", [index, build.const(np.arange(layer.units) << layer.places)])
    index = build.add("Cast", [index], to=7)  # int64
    name = build.add("Gather", [build.const(layer.codes().reshape(-1)), index], axis=0)
    return FloatTensor(name, (*value.shape[:-1], layer.units))


LAYER = LayerHandler(
    kind=LayerKind.QUANTIZED,
    lower=lower,
    float_layer=itself,
    float_onnx=float_onnx,
    examples=(
        example((6,), units=5, places=3),
        example((4, 3), units=4, places=2, fraction=0, smoothing=0.0),
        example((3,), units=257, places=8),
    ),
)
