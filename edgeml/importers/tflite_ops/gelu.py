"""GELU of int8."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from edgeml.importers.affine.value import AffineValue
from edgeml.importers.tflite_ops._table import by_table
from edgeml.importers.tflite_reader.model import TfliteOperator
from edgeml.importers.tflite_reader.reader import TfliteReader


def lower(operator: TfliteOperator, reader: TfliteReader) -> AffineValue:
    """x times the share of a normal distribution below x, or its approximation by tanh, by table.

    Source: lite/kernels/internal/reference/gelu.h.
    """
    approximate = operator.options is not None and operator.options.Approximate()
    return by_table(operator, reader, _by_tanh if approximate else _by_erf)


def _by_tanh(x: NDArray[np.float32]) -> NDArray[np.float32]:
    root = np.float32(math.sqrt(2 / math.pi))
    return np.float32(0.5) * x * (1 + np.tanh(root * (x + np.float32(0.044715) * x * x * x)))


def _by_erf(x: NDArray[np.float32]) -> NDArray[np.float32]:
    below = [math.erf(number * math.sqrt(0.5)) for number in x.tolist()]
    return np.float32(0.5) * x * (1 + np.array(below, np.float32))
