"""stochastic_ternary: at inference the same as ternary."""

from __future__ import annotations

from dataclasses import replace

from edgeml.keras.quantizers import ternary

QUANTIZER = replace(ternary.QUANTIZER, examples=({"alpha": 1.0},))
