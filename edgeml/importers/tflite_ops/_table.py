"""Functions of one int8 value as a table of their 256 codes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from edgeml.fixed import IntArray, cover
from edgeml.importers.affine.value import AffineValue
from edgeml.importers.tflite_reader.model import TfliteOperator
from edgeml.importers.tflite_reader.reader import TfliteReader, one_scale
from edgeml.ir.ops.lookup import Lookup


def by_table(
    operator: TfliteOperator,
    reader: TfliteReader,
    function: Callable[[NDArray[np.float32]], NDArray[np.float32]],
) -> AffineValue:
    """The 256 codes of a function in float32, rounded half away from zero.

    Source: lite/kernels/internal/common.h (LUTPopulateInt8).
    """
    (x, x_zero), (y, y_zero) = one_scale(reader.tensor(operator, 0)), one_scale(reader.result(operator))
    steps = np.arange(-128, 128).astype(np.float32) - np.float32(x_zero)
    numbers = function(np.float32(x) * steps) * (np.float32(1) / np.float32(y))
    rounded = np.sign(numbers) * np.floor(np.abs(numbers) + np.float32(0.5))
    return by_codes(operator, reader, np.clip(rounded.astype(np.int64) + y_zero, -128, 127))


def by_codes(operator: TfliteOperator, reader: TfliteReader, codes: IntArray) -> AffineValue:
    """The codes of the result for the codes -128 to 127 of the first input."""
    value = reader.value(operator)
    kind = reader.assembly.info(value.only.node).scalar
    table = codes[np.clip(np.arange(kind.lo, kind.hi + 1) + 128, 0, 255)]
    entries = reader.assembly.const(table, cover(int(table.min()), int(table.max()), 0), "table")
    node = reader.assembly.add(Lookup(), value.only.node, entries, part="codes")
    return reader.quantizer(reader.result(operator)).value_of(node, value.shape, value.index)
