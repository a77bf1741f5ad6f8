"""SOFTMAX of int8, at the end of a model."""

from __future__ import annotations

from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from edgeml.errors import EdgemlError
from edgeml.importers.affine.value import AffineValue
from edgeml.importers.tflite_reader.model import TfliteOperator
from edgeml.importers.tflite_reader.reader import TfliteReader


def _refused(_: NDArray[np.float64]) -> NoReturn:
    raise EdgemlError("a softmax in the midst of a model", hint="convert the model up to its logits")


def lower(operator: TfliteOperator, reader: TfliteReader) -> AffineValue:
    """Waits for the end of the model, where it is left off; the largest logit is the class."""
    return reader.value(operator).after(_refused, "softmax")
