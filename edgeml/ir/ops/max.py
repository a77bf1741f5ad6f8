"""Max: the larger of two values, element by element."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from edgeml.ir.ops._extreme import Extreme


@dataclass(frozen=True, eq=False)
class Max(Extreme):
    """max(a, b) at the finer LSB of the two; shapes broadcast as in NumPy."""

    choose: ClassVar[np.ufunc] = np.maximum
