"""One file per Keras or QKeras layer, named as its class in snake_case; the folder is the list.

A file has `lower(layer, builder, inputs) -> value`. What it returns carries the layer's output. Optional
constants say more:

    MOVES = True       it only moves or keeps elements, so it commutes with a quantizer and may stand between
                       a model input and the quantizer of that input
    MERGES = True      it can be called on several tensors
    AUGMENTS = True    it changes samples while a model is trained and nothing afterwards; Keras writes
                       training=True into its calls
    TAKES_FLOAT = True it can be given values that are not quantized yet and decides itself

Invariant: for every input the value equals the layer's float32 output, unless a note says `exact=False`
or float32 itself was not exact. To add a layer, add its file; helpers start with an underscore.
"""

from __future__ import annotations
