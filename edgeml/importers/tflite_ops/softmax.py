"""SOFTMAX of int8: of two classes by table, of more at the end of a model.

Of two logits the codes depend on their difference alone, so that a table of 511 entries has them. Of more,
TFLite divides by a sum of exponentials in Q12.19 with products of 62 bits, which no table and no emulator in
floats holds: the graph ends in the logits, whose largest one is the class. `integer_softmax` gives the file's
own output from them, code for code.
"""

from __future__ import annotations

from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from edgeml.fixed import FixedType, cover
from edgeml.importers.affine.arrange import as_source
from edgeml.importers.affine.settle import softmax_within
from edgeml.importers.affine.value import AffineValue
from edgeml.importers.tflite_reader.model import TfliteOperator
from edgeml.importers.tflite_reader.reader import TfliteReader, one_scale
from edgeml.importers.tflite_reader.softmax import integer_softmax
from edgeml.ir.ops.lookup import Lookup
from edgeml.ir.ops.mat_mul import MatMul


def lower(operator: TfliteOperator, reader: TfliteReader) -> AffineValue:
    """Probabilities of two classes; of more it waits for the end of the model, where it is left off."""
    value = reader.value(operator)
    if value.source_shape[-1] != 2:
        return value.after(_refused, "softmax")
    assembly = reader.assembly
    value = as_source(assembly, value)
    scale, _ = one_scale(reader.tensor(operator, 0))
    beta = 1.0 if operator.options is None else float(operator.options.Beta())
    signs = assembly.const(np.array([[1, -1], [-1, 1]]), FixedType(True, 2, 0), "signs")
    apart = assembly.add(MatMul(), value.only.node, signs, part="difference")
    kind = assembly.info(apart).scalar
    differences = np.clip(np.arange(kind.lo, kind.hi + 1), -255, 255)
    table = integer_softmax(np.stack([differences, np.zeros_like(differences)], axis=1), scale, beta)[:, 0]
    entries = assembly.const(table, cover(int(table.min()), int(table.max()), 0), "table")
    node = assembly.add(Lookup(), apart, entries, part="codes")
    return reader.quantizer(reader.result(operator)).value_of(node, value.shape, value.index)


def _refused(_: NDArray[np.float64]) -> NoReturn:
    raise softmax_within()
