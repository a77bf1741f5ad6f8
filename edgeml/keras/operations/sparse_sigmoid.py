"""SparseSigmoid: a real function, for the quantizer that follows."""

from __future__ import annotations

from edgeml.keras.layers._functions import sparse_sigmoid
from edgeml.keras.operations._families import real_function

OPERATION = real_function(sparse_sigmoid, lambda keras, x, y: keras.ops.sparse_sigmoid(x))
