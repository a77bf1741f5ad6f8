"""One file per operation of `keras.ops`, named as its class in snake_case; the folder is the list.

`x + y`, `x[:, 1:]`, `-x`, `keras.ops.maximum(x, 0.5)` in a functional model are such operations. A file
declares `OPERATION`, an `OperationHandler`: how the operation is lowered, its float ONNX, and examples that
the contract tests build. An operation is its own float counterpart.

Invariant: for every input the value equals Keras' float32 result, unless a note says `exact=False` or float32
itself was not exact. To add one, add its file; helpers start with an underscore.
"""

from __future__ import annotations

from edgeml.keras.handlers import OperationHandler
from edgeml.keras.registry import HandlerFolder

REMEDIES = {
    "Split": "use slices, as in x[:, :4]",
    "Where": "use relu, keras.ops.maximum and minimum",
    "Greater": "use relu, keras.ops.maximum and minimum",
    "Less": "use relu, keras.ops.maximum and minimum",
    "Argmax": "end the model in the values; their largest is the class",
    "Einsum": "use x @ c with a constant c, or keras.layers",
    "Tensordot": "use x @ c with a constant c",
    "Conv": "use QConv1D or QConv2D, whose kernels are quantized",
    "MaxPool": "use keras.layers.MaxPooling1D or MaxPooling2D",
    "AveragePool": "use keras.layers.AveragePooling1D or AveragePooling2D",
    "BatchNorm": "use keras.layers.BatchNormalization",
    "Var": "use BatchNormalization, whose statistics are constants",
    "Std": "use BatchNormalization, whose statistics are constants",
    "NotEqual": "leave a Masking layer out and feed sequences of one length: every step counts",
}
"""The substitutes of operations that are known and not covered, by class."""

FOLDER = HandlerFolder("operation", __name__, "OPERATION", OperationHandler, REMEDIES)
names, load, handler = FOLDER.names, FOLDER.load, FOLDER.handler
