"""A layout of our own Verilog that was chosen, and the share of a board that it takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Mode = Literal["parallel", "stream"]


@dataclass(frozen=True)
class BoardShare:
    """The share of a board that a design takes.

    Args:
        fits: certainly, interval included.
        possible: not certainly too large.
        area: the sum of the shares of the board's resources.
        lut: the share of its LUTs alone.
        worst: the high end of the scarcest resource as a share of the board's.
        kind: which one that is.
    """

    fits: bool
    possible: bool
    area: float
    lut: float
    worst: float
    kind: str


@dataclass(frozen=True)
class VerilogLayout:
    """A layout that was chosen.

    Args:
        mode: "parallel" or "stream".
        by_layer: reuse factors; empty if everything is laid out side by side.
        latency: clocks.
        interval: clocks between samples.
        share: of the board.
        minimized: in words.
        proven: whether the search was complete.
        pair_bits: bits of the multipliers that two products share; 0: a product in each.
    """

    mode: Mode
    by_layer: Mapping[str, int]
    latency: int
    interval: int
    share: BoardShare
    minimized: str = ""
    proven: bool = True
    pair_bits: int = 0

    @property
    def certain(self) -> bool:
        """A layout that has to fit is taken only where it surely does."""
        return True

    def settings(self) -> dict[str, object]:
        """Options of the Verilog back end that say the same."""
        factors = {"reuse_factor": dict(self.by_layer)} if self.by_layer else {}
        return {"mode": self.mode, **factors, **({"pair_bits": self.pair_bits} if self.pair_bits else {})}

    def flags(self) -> str:
        """The command line options of the layout."""
        words = [f"--set verilog.mode={self.mode}"]
        values = set(self.by_layer.values())
        if len(values) == 1:
            words.append(f"--set verilog.reuse_factor={values.pop()}")
        else:
            words += [f"--set verilog.reuse_factor.{name}={n}" for name, n in self.by_layer.items()]
        if self.pair_bits:
            words.append(f"--set verilog.pair_bits={self.pair_bits}")
        return " ".join(words)

    def text(self) -> str:
        """The layout in words: "mode stream, fc1 16, fc2 8"."""
        words = [f"mode {self.mode}", *(f"{name} {factor}" for name, factor in self.by_layer.items())]
        if self.pair_bits:
            words.append(f"two products in a multiplier of {self.pair_bits} bits")
        return ", ".join(words)
