"""The kinds of ops, by their effect on the elements of their input."""

from __future__ import annotations

from enum import Enum


class Kind(Enum):
    """The kind of an op, which every op declares; streaming, layout and fusion follow from it."""

    MOVES = "moves"
    """Elements of one input change their place and nothing else: reshape, transpose, slice, repeat."""

    POINTWISE = "pointwise"
    """Every element of the result depends on the elements at the same place alone."""

    LINEAR = "linear"
    """A product with a constant matrix along the last axis."""

    WINDOW = "window"
    """Every element of the result depends on a window over the spatial axes."""

    OTHER = "other"
    """None of these: a source, or an op that joins, pads or reduces."""
