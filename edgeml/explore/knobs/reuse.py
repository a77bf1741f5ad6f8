"""The reuse factor: how many multiplications of a layer share one multiplier."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from edgeml.explore.knob import Choice, ChoiceBounds, Dimension, Knob, SpaceInput

_FACTORS = (1, 2, 4, 8, 16, 32, 64)


class Reuse(Knob):
    """One factor for all layers; a design that lies side by side has none."""

    title = "reuse factor"

    def dimensions(self, at: SpaceInput, bounds: ChoiceBounds | None) -> Iterator[Dimension]:
        choices = tuple(bounds.among(_FACTORS)) if bounds else _FACTORS
        if at.target.design == "verilog":
            lines = tuple((f"verilog.reuse_factor={factor}",) for factor in choices)
            yield Dimension("reuse", choices, 1, (), lines)
        elif at.target.design == "hls4ml":
            own = at.choices.targets.reuse_factor
            yield Dimension.of_key(
                "reuse", "targets.reuse_factor", choices, own if isinstance(own, int) else 1
            )

    def unused(self, values: Mapping[str, Choice]) -> frozenset[str]:
        return frozenset({"reuse"}) if values.get("layout") == "parallel" else frozenset()


KNOB = Reuse()
