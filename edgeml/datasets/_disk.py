"""Samples that are read from the disk one by one, indexed like an array.

Invariant: what is taken costs memory for the rows that were asked for.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Any

import numpy as np

from edgeml.datasets._base import Array


class DiskRows(ABC):
    """Rows on the disk.

    Args:
        count: how many there are.
        shape: of one of them.
        dtype: as they are stored.
    """

    def __init__(self, count: int, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        self.shape, self.dtype = (count, *shape), dtype
        self.ndim, self.size = len(self.shape), math.prod(self.shape)

    @abstractmethod
    def read(self, index: int) -> Array:
        """One row.

        Raises:
            EdgemlError: it cannot be read, or is not like the first.
        """

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: Any) -> Array:
        indices = np.arange(len(self))[rows]
        if indices.ndim == 0:
            return self.read(int(indices))
        block = np.empty((len(indices), *self.shape[1:]), self.dtype)
        for place, index in enumerate(indices):
            block[place] = self.read(int(index))
        return block

    def __array__(self, dtype: Any = None, copy: Any = None) -> Array:
        """All rows in memory."""
        del copy
        return self[:].astype(dtype or self.dtype, copy=False)

    def astype(self, dtype: Any, copy: bool = True) -> Array:
        """All rows in memory, of another type."""
        return self[:].astype(dtype, copy=copy)
