"""SparsePlus: a real function, for the quantizer that follows."""

from __future__ import annotations

from edgeml.keras.layers._functions import sparse_plus
from edgeml.keras.operations._families import real_function

OPERATION = real_function(sparse_plus, lambda keras, x, y: keras.ops.sparse_plus(x))
