"""The knobs of a search: one file each, see `edgeml.explore.knob`."""

from __future__ import annotations
