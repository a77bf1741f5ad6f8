"""The settings of weight clustering."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from edgeml.settings import Settings


class Clustering(Settings):
    """The weights of a layer share a few values, in quantization-aware training; layers with a kernel alone.

    The values are the means of a layer's clusters (k-means of the float baseline's weights); training moves
    them, and each weight stays in its cluster.

    Args:
        values: most different weights per layer; 0 leaves every weight its own.
        skip: layers whose weights stay their own.
    """

    values: Annotated[int, Field(ge=0, le=256, strict=True)] = 0
    skip: tuple[str, ...] = ()
