"""Softsign: a real function, for the quantizer that follows."""

from __future__ import annotations

from edgeml.keras.layers._functions import node
from edgeml.keras.operations._families import real_function

OPERATION = real_function(node("Softsign"), lambda keras, x, y: keras.ops.softsign(x))
