"""edgeml.json in an hls4ml project: its graph, how it was laid out, which variable is which value."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field

from edgeml.documents import Document, Record
from edgeml.errors import EdgemlError

MANIFEST = "edgeml.json"
_MOST_ELEMENTS = 1 << 31


def _bounded(shape: tuple[int, ...]) -> tuple[int, ...]:
    if any(n < 0 for n in shape) or math.prod(shape) > _MOST_ELEMENTS:
        raise ValueError(f"{shape} is no shape")
    return shape


Identifier = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
"""A name of the project's C++: it goes into the main program as it is."""


class LayerValue(Record):
    """A graph value and the layer of the project that holds it.

    Args:
        value: name in the graph.
        layer: name in the project.
        shape: without the batch axis.
        frac: fractional bits of its codes.
    """

    value: str
    layer: Identifier
    shape: Annotated[tuple[int, ...], AfterValidator(_bounded)]
    frac: int

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)


class Hls4mlManifest(Document):
    """The object behind edgeml.json.

    Args:
        graph: digest of the graph.
        backend: that of hls4ml ("Vitis").
        project: name of the top function.
        options: all options it was written with; None in the manifest of an older edgeml.
        inputs: the graph's inputs.
        outputs: the graph's outputs.
        values: inner values that a simulation can show.
    """

    what: ClassVar[str] = "manifest of an hls4ml project"
    remedy: ClassVar[str] = "export again"

    schema_: Literal[1] = Field(default=1, alias="schema")
    graph: str = ""
    backend: str
    project: Identifier
    options: dict[str, Any] | None = None
    inputs: tuple[LayerValue, ...]
    outputs: tuple[LayerValue, ...]
    values: tuple[LayerValue, ...]

    @classmethod
    def read(cls, folder: str | os.PathLike[str], /) -> Hls4mlManifest:
        """The manifest of the project in a folder.

        Raises:
            EdgemlError: it is missing or malformed.
        """
        return super().read(Path(folder) / MANIFEST)

    def settings(self, where: str) -> dict[str, Any]:
        """The options it was written with, so that it can be written again.

        Args:
            where: the project, for the message.

        Raises:
            EdgemlError: it does not say.
        """
        if self.options is None:
            raise EdgemlError("does not say how it was laid out", where, self.remedy)
        return dict(self.options)
