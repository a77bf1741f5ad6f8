"""stochastic_binary: at inference the same as binary."""

from __future__ import annotations

from dataclasses import replace

from edgeml.keras.quantizers import binary

QUANTIZER = replace(binary.QUANTIZER, examples=({"alpha": 1.0},))
