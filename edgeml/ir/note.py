"""Notes on a graph for the user: values that the lowering rounded, layers that it left off."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Note:
    """A remark on one layer.

    Args:
        layer: its name.
        text: one sentence.
        exact: False if Keras and the graph may give different integers here; a later quantizer then
            turns a difference below its LSB into none or one.
    """

    layer: str
    text: str
    exact: bool = True

    def __str__(self) -> str:
        return f"{self.layer}: {self.text}{'' if self.exact else ' (not exact)'}"
