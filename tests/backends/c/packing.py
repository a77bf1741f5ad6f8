"""Weights that are packed however few they are, so that small graphs try the sums of packed weights too."""

from __future__ import annotations

from contextlib import AbstractContextManager
from unittest.mock import patch

from edgeml.backends.c.ops import _weights


def packing_few() -> AbstractContextManager[object]:
    """While it is open, packing costs no code."""
    return patch.multiple(_weights, PACKED_CODE=-1, GROUPED_CODE=-1)
