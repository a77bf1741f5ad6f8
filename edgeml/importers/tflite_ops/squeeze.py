"""SQUEEZE: a reshape."""

from __future__ import annotations

from edgeml.importers.tflite_ops import reshape

lower = reshape.lower
