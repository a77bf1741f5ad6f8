"""One file per operation of `keras.ops`, named as its class in snake_case; the folder is the list.

`x + y`, `x[:, 1:]`, `-x`, `keras.ops.maximum(x, 0.5)` in a functional model are such operations. A file has

    lower(operation, builder, args, options) -> value

where args are what the operation was called with: a `Operand` for each value, all else as it was written.
Optional constants say more:

    MOVES = True       it only moves elements of its one tensor, see `edgeml.keras.layers`
    POINTWISE = True   of one tensor it is a function element by element, so that it can follow a real one

Invariant: for every input the value equals Keras' float32 result, unless a note says `exact=False` or float32
itself was not exact. To add one, add its file and a case in tests/keras/test_operations.py.
"""

from __future__ import annotations
