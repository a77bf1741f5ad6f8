"""What a trial is measured by: one file per metric, see `edgeml.explore.metric`."""

from __future__ import annotations
