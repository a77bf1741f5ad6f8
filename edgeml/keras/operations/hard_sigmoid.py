"""HardSigmoid: a real function, for the quantizer that follows."""

from __future__ import annotations

from edgeml.keras.layers._functions import FUNCTIONS
from edgeml.keras.operations._families import real_function

OPERATION = real_function(FUNCTIONS["hard_sigmoid"], lambda keras, x, y: keras.ops.hard_sigmoid(x))
