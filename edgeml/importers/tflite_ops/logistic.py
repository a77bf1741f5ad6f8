"""LOGISTIC of int8."""

from __future__ import annotations

import numpy as np

from edgeml.importers.affine.value import AffineValue
from edgeml.importers.tflite_ops._table import by_table
from edgeml.importers.tflite_reader.model import TfliteOperator
from edgeml.importers.tflite_reader.reader import TfliteReader


def lower(operator: TfliteOperator, reader: TfliteReader) -> AffineValue:
    """1 / (1 + exp(-x)) by table."""
    with np.errstate(over="ignore"):
        return by_table(operator, reader, lambda x: np.float32(1) / (np.float32(1) + np.exp(-x)))
