"""Estimates before synthesis: resources, clocks, and whether a design fits, with checked intervals.

    found = estimate(graph, board, "verilog", {"mode": "stream"})     # figures.Hardware, source "estimate"
    told = preflight(graph, board, "hls4ml", {"io_type": "io_stream"})  # does it fit, and what would

`circuit` and `parts` count the cells of our own Verilog, `hls_layer` and `hls` model hls4ml's layers,
`calibration` turns counts into figures with measured errors, `solve` and `solve_verilog` search reuse
factors, `ledger` keeps what tools really reported. The model is written down in docs/estimates.md.

To add a design style, add its counts here and its errors to calibration.json.
"""

from __future__ import annotations

from edgeml.estimate.model import estimate, record
from edgeml.estimate.preflight import preflight, refuse_if_too_big
from edgeml.estimate.preflight_verilog import hint
from edgeml.estimate.solve import Goal
from edgeml.estimate.verdict import Preflight

__all__ = ["Goal", "Preflight", "estimate", "hint", "preflight", "record", "refuse_if_too_big"]
