from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

def solve(
    kernel: NDArray[np.float32],
    *,
    qintervals: Sequence[tuple[float, float, float]] | None = None,
    search_all_decompose_dc: bool = True,
) -> Any: ...
