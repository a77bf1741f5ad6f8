"""The layout of a design: everything side by side, or sample by sample through layers that share hardware."""

from __future__ import annotations

from collections.abc import Iterator

from edgeml.explore.knob import ChoiceBounds, Dimension, Knob, SpaceInput


class LayoutKnob(Knob):
    """The mode of edgeml's Verilog, or the io_type of an hls4ml project."""

    title = "layout of the design"

    def dimensions(self, at: SpaceInput, bounds: ChoiceBounds | None) -> Iterator[Dimension]:
        if at.target.design == "verilog":
            names = _allowed(bounds, ("parallel", "stream"))
            yield Dimension(
                "layout", names, (names or ("",))[0], (), tuple((f"verilog.mode={name}",) for name in names)
            )
        elif at.target.design == "hls4ml":
            names = _allowed(bounds, ("io_parallel", "io_stream"))
            lines = tuple((f"targets.io_type={name}",) for name in names)
            yield Dimension("layout", names, at.choices.targets.io_type, lines)


def _allowed(bounds: ChoiceBounds | None, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(str(name) for name in bounds.among(names)) if bounds else names


KNOB = LayoutKnob()
