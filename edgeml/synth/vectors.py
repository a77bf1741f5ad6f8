"""Golden vectors: the codes that a design is fed and those that it has to give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from edgeml.fixed import IntArray


@dataclass(frozen=True)
class Vectors:
    """Golden vectors: codes (samples, *shape) by input and by output."""

    inputs: Mapping[str, IntArray]
    expected: Mapping[str, IntArray]

    def first(self, count: int) -> Vectors:
        """The first `count` samples; all if there are fewer."""
        return Vectors(
            {name: codes[:count] for name, codes in self.inputs.items()},
            {name: codes[:count] for name, codes in self.expected.items()},
        )
