"""Operators of a TensorFlow Lite model that compute on shapes alone, as constants.

TensorFlow's converter writes a Flatten as SHAPE, STRIDED_SLICE, PACK and RESHAPE, and an UpSampling2D with
CONCATENATION too. With a batch of one all shapes are known, so the chain is computed when the file is read.

Invariant: what is folded depends on no data; operators that do are left as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.errors import EdgemlError
from edgeml.importers.tflite_reader.model import TfliteModel, TfliteOperator, TfliteTensor

_FOLDED = ("SHAPE", "STRIDED_SLICE", "PACK", "CONCATENATION")
_MOST = 64
"""Numbers of a shape."""


def folded(model: TfliteModel) -> TfliteModel:
    """The model without operators that compute shapes.

    Raises:
        EdgemlError: such an operator is not valid; names it.
    """
    tensors = list(model.tensors)
    operators: list[TfliteOperator] = []
    for operator in model.operators:
        values = _computed(operator, tensors) if operator.kind in _FOLDED else None
        if values is None:
            operators.append(operator)
            continue
        place = operator.outputs[0]
        tensors[place] = replace(tensors[place], values=values, shape=values.shape)
    return replace(model, tensors=tuple(tensors), operators=tuple(operators))


def _computed(operator: TfliteOperator, tensors: Sequence[TfliteTensor]) -> NDArray[Any] | None:
    """The result of an operator on shapes; None if it reads data."""
    inputs = [tensors[place] for place in operator.inputs if place >= 0]
    if len(operator.outputs) != 1 or not inputs:
        return None
    if operator.kind == "SHAPE":
        return np.array(inputs[0].shape, np.int32)
    parts = [tensor.values for tensor in inputs]
    constants = [values for values in parts if values is not None and values.size <= _MOST]
    if len(constants) < len(parts) or operator.options is None:
        return None
    try:
        if operator.kind == "PACK":
            return np.stack(constants, axis=operator.options.Axis())
        if operator.kind == "CONCATENATION":
            return np.concatenate(constants, axis=operator.options.Axis())
        return sliced(constants, operator.options)
    except (ValueError, IndexError) as error:
        raise EdgemlError(f"is not valid: {error}", operator.name, "convert it again") from error


def sliced(constants: Sequence[NDArray[Any]], options: Any) -> NDArray[Any]:
    """The first array cut as the others say: begin, end, strides.

    Source: lite/kernels/internal/strided_slice_logic.h; ellipses and new axes are not read.

    Raises:
        ValueError: it has them, or another number of inputs.
    """
    if len(constants) != 4 or options.EllipsisMask() or options.NewAxisMask():
        raise ValueError("a slice of another form")
    values, *ends = constants
    begin, end, stride = (part.reshape(-1) for part in ends)
    places: list[slice | int] = []
    for axis in range(begin.size):
        bit = 1 << axis
        if options.ShrinkAxisMask() & bit:
            places.append(int(begin[axis]))
            continue
        first = None if options.BeginMask() & bit else int(begin[axis])
        last = None if options.EndMask() & bit else int(end[axis])
        places.append(slice(first, last, int(stride[axis])))
    return np.asarray(values[tuple(places)])
