"""Amin: the smallest along axes."""

from __future__ import annotations

from edgeml.keras.operations._families import reducing
from edgeml.keras.operations._reduce import smallest

OPERATION = reducing(smallest, "ReduceMin", lambda keras, x, y: keras.ops.amin(x, axis=1))
