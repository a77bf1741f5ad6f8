"""Estimates of a novel design: those of edgeml's own Verilog."""

from __future__ import annotations

from typing import Any

from edgeml.estimate.design import EstimateInput
from edgeml.estimate.verilog import VerilogEstimator
from edgeml.figures import Hardware


class NovelEstimator(VerilogEstimator):
    """The same under another name."""

    name = "novel_design"
    title = "novel design"

    def figures(self, at: EstimateInput[Any]) -> Hardware:
        return super().figures(at).model_copy(update={"design": self.name})

    def counterpart(self, at: EstimateInput[Any], real: Hardware) -> tuple[Any, Hardware, str]:
        scope, modelled, fabric = super().counterpart(at, real)
        return scope, modelled.model_copy(update={"design": self.name}), fabric


ESTIMATOR = NovelEstimator()
