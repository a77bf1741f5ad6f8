"""Estimates before synthesis: resources, clocks, and whether a design fits, with checked intervals.

    hardware = estimate(graph, board, "verilog", {"mode": "stream"})        # figures.Hardware
    result = preflight(graph, board, "hls4ml", {"io_type": "io_stream"})    # does it fit, and what would

A kind of design is a package here, named after its back end: `model` counts and makes figures, `solve` finds
the layout that meets a goal, `preflight` says whether it fits. Beside them lies what they share: `count` is
what is counted, `calibration` turns counts into figures with measured errors, `solve` is the search, `ledger`
keeps what tools really reported. The model is written down in docs/estimates.md.

To add a kind of design, add its package with `ESTIMATOR` and its errors to calibration.json.
"""

from __future__ import annotations

from edgeml.estimate.entrance import (
    design_title,
    designs,
    estimate,
    hint,
    preflight,
    record,
    refuse_if_too_big,
)
from edgeml.estimate.ledger import EMPTY, Ledger
from edgeml.estimate.solve import Goal
from edgeml.estimate.verdict import Preflight

__all__ = [
    "EMPTY",
    "Goal",
    "Ledger",
    "Preflight",
    "design_title",
    "designs",
    "estimate",
    "hint",
    "preflight",
    "record",
    "refuse_if_too_big",
]
