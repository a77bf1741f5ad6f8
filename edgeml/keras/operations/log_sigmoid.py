"""LogSigmoid: a real function, for the quantizer that follows."""

from __future__ import annotations

from edgeml.keras.layers._functions import log_sigmoid
from edgeml.keras.operations._families import real_function

OPERATION = real_function(log_sigmoid, lambda keras, x, y: keras.ops.log_sigmoid(x))
