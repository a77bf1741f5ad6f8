"""What a search may change: one file per knob, see `edgeml.explore.knob`."""

from __future__ import annotations
