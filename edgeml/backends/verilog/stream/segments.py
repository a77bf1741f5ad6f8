"""The segments of a stream: what stands between two streams of beats. Each becomes some parts of hw/rtl."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from edgeml.backends.verilog.stream.beats import Beats
from edgeml.backends.verilog.stream.kernel import Kernel
from edgeml.fixed import IntArray

Pair: TypeAlias = tuple[int, int]


@dataclass(frozen=True)
class WindowSegment:
    """edgeml_window in front of a kernel; sizes as (rows, columns), one row if there is one spatial axis."""

    node: str
    source: Beats
    size: Pair
    reach: Pair
    strides: Pair
    padding: tuple[Pair, Pair]
    fill: tuple[int, ...]


@dataclass(frozen=True)
class KernelSegment:
    """A pipeline laid out like any graph."""

    kernel: Kernel
    sink: Beats


@dataclass(frozen=True)
class SerializeSegment:
    """edgeml_serialize, behind a FIFO if several beats come per sample."""

    node: str
    source: Beats
    sink: Beats


@dataclass(frozen=True)
class FoldSegment:
    """edgeml_fold and its weights (beats, lanes, outputs); `paired`: two outputs share a multiplier."""

    node: str
    source: Beats
    sink: Beats
    weights: IntArray
    weight_bits: int
    paired: bool = False


@dataclass(frozen=True)
class ProductSegment:
    """edgeml_product, its weights and the bias that its sums begin with.

    Args:
        node: the convolution or dense layer.
        source: a whole window or vector per beat.
        sink: a part of the outputs per beat, one for every pass.
        weights: (passes, beats, lanes, outputs); depthwise (passes, beats, lanes).
        weight_bits: of a weight.
        bias: (passes, outputs) at the LSB of the sums.
        depthwise: each lane is for one output alone.
        paired: two outputs share a multiplier.
    """

    node: str
    source: Beats
    sink: Beats
    weights: IntArray
    weight_bits: int
    bias: IntArray
    depthwise: bool
    paired: bool = False

    @property
    def passes(self) -> int:
        """Passes through a beat."""
        return self.weights.shape[0]

    @property
    def beats(self) -> int:
        """Clocks of a pass."""
        return self.weights.shape[1]

    @property
    def lanes(self) -> int:
        """Elements per clock."""
        return self.weights.shape[2]

    @property
    def outputs(self) -> int:
        """Sums per pass."""
        return self.weights.shape[-1]

    @property
    def multipliers(self) -> int:
        """Products per clock."""
        return self.lanes if self.depthwise else self.lanes * self.outputs


@dataclass(frozen=True)
class CollectSegment:
    """edgeml_collect: parts of a pixel or vector become a whole one."""

    node: str
    source: Beats
    sink: Beats


@dataclass(frozen=True)
class ReduceSegment:
    """edgeml_reduce: the sum or the maximum of all pixels."""

    node: str
    source: Beats
    sink: Beats
    is_maximum: bool


@dataclass(frozen=True)
class QueueSegment:
    """edgeml_fifo in front of a join; `network` finds its depth."""

    node: str
    source: Beats


Segment: TypeAlias = (
    WindowSegment
    | KernelSegment
    | SerializeSegment
    | FoldSegment
    | ProductSegment
    | CollectSegment
    | ReduceSegment
    | QueueSegment
)

INPUT = -1
"""The place of the input among the streams of a plan."""


@dataclass(frozen=True)
class StreamPlan:
    """All segments, each behind those that it reads, with the beats at both ends.

    Args:
        source: what comes in.
        segments: in the order of the data.
        reads: the segments that each one reads, by place; `INPUT` for the input.
        sink: what comes out of the last one.
    """

    source: Beats
    segments: tuple[Segment, ...]
    reads: tuple[tuple[int, ...], ...]
    sink: Beats
