"""The types of the public functions' arguments and results, for readers and for type checkers.

Invariant: nothing is imported here but typing and NumPy's own types.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Data: TypeAlias = ArrayLike | Mapping[str, ArrayLike] | Sequence[ArrayLike]
"""Floats (samples, ...) like the Keras input; for several inputs a mapping by name, or all in order."""

Values: TypeAlias = NDArray[np.float64] | Any
"""float64 values of shape (samples, ...); of a network with several outputs a dict of them by name."""

Settings: TypeAlias = Mapping[str, Any]
"""Plain values by key, nested ({"training": {"epochs": 5}}) or dotted ({"training.epochs": 5})."""

PathLike: TypeAlias = str | os.PathLike[str]
"""A file or folder."""

Tell: TypeAlias = Callable[[str], None]
"""A function that is called with a line about each step that begins; `print` works, in a notebook too."""


class KerasModel(Protocol):
    """The attributes of a model that `lower` uses; every Keras 3 model has them."""

    @property
    def layers(self) -> Sequence[Any]:
        """Its layers."""
        ...

    def get_config(self) -> Any:
        """Its configuration."""
        ...
