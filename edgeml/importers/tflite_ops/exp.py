"""EXP of int8."""

from __future__ import annotations

import numpy as np

from edgeml.importers.affine.value import AffineValue
from edgeml.importers.tflite_ops._table import by_table
from edgeml.importers.tflite_reader.model import TfliteOperator
from edgeml.importers.tflite_reader.reader import TfliteReader


def lower(operator: TfliteOperator, reader: TfliteReader) -> AffineValue:
    """The exponential by table."""
    return by_table(operator, reader, np.exp)
