"""Keras layers whose fractional bits are trained with the weights, for the smallest hardware.

    from edgeml.keras.learned import LearnedActivation, LearnedConv2D, LearnedDense, LearnedTables

The method is that of HGQ (Sun et al., "Gradient-based automatic per-weight mixed precision quantization for
neural networks on-chip", arXiv 2405.00645): fractional bits are real numbers that are rounded in the forward
pass and have a gradient from the quantization error; the number of effective bit operations is a penalty; a
weight or input whose bits reach zero is zero. Two things are edgeml's own: inputs are truncated, which costs
no hardware and whose mean the biases learn to make up for, and they saturate instead of wrapping, so that no
sample outside the training data can wrap. `LearnedTables` has no widths: it learns
which bits its tables read, and their entries (decision 137).

Invariant: every value that a layer multiplies lies on a power-of-two grid, so that the exact graph has its
integers.
"""

from __future__ import annotations

from edgeml.keras.learned.activation import LearnedActivation
from edgeml.keras.learned.base import LearnedWidths, learned_layers
from edgeml.keras.learned.conv2d import LearnedConv2D
from edgeml.keras.learned.dense import LearnedDense
from edgeml.keras.learned.tables import LearnedTables

__all__ = [
    "LearnedActivation",
    "LearnedConv2D",
    "LearnedDense",
    "LearnedTables",
    "LearnedWidths",
    "learned_layers",
]
