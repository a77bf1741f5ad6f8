"""The measures of trials: one file each, see `edgeml.explore.metric`."""

from __future__ import annotations
