"""Values of a model under construction that are not exact yet, and wait for a quantizer.

Invariant: a pending value is described here and built by `edgeml.keras.builder`; this file builds nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from edgeml.fixed import FixedType

if TYPE_CHECKING:
    from edgeml.keras.builder import LayerBuilder

FloatFunction = Callable[[NDArray[np.float32]], NDArray[np.float32]]


@dataclass(frozen=True)
class RawInput:
    """A model input that is still float.

    Args:
        name: of the input.
        shape: of the input itself, without the batch axis.
        moves: what only moved its elements since; repeated on the integers once it is quantized.
        power: of two, that it was multiplied by since; the input's type is finer by so many bits.
    """

    name: str
    shape: tuple[int, ...]
    moves: tuple[tuple[str, Callable[[LayerBuilder, str], str]], ...] = ()
    power: int = 0


@dataclass(frozen=True)
class PendingFunction:
    """A real function, element by element, of an exact value.

    Args:
        source: the exact value.
        apply: the function on float32 as Keras computes it.
        what: its name, for messages.
        approximate: builds a stated approximation from the source, for readers that are not quantizers
            and for sources too wide for a table; None refuses.
        logits: how the source decides what the function would (softmax, sigmoid); empty if it does not.
        vector: it mixes the elements of the last axis (softmax), so that no table of one value can hold it.
        probabilities: builds it in a stated type (or the default's), for a model that ends in it.
    """

    source: str
    apply: FloatFunction
    what: str
    approximate: Callable[[str], str] | None = None
    logits: str = ""
    vector: bool = False
    probabilities: Callable[[PendingFunction, FixedType | None], str] | None = None
