"""The ports of modules: buses of elements, and the core, a pipeline between two buses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgeml.ir import Graph

WAIVERS = """\
// Operands extend to the width that the interval of the result needs; casts drop bits, and weights of zero
// leave elements unread.
// verilator lint_off WIDTHEXPAND
// verilator lint_off UNUSEDSIGNAL
"""
"""The header of every emitted module: switches off lint warnings that do not apply to generated code."""


@dataclass(frozen=True)
class BusPort:
    """A graph input or output as a bus of equal elements.

    Args:
        value: the graph value.
        identifier: its name in Verilog.
        shape: of the value, without the batch axis.
        width: bits of an element: of the widest type among them.
        signed: whether elements are two's complement.
        frac: fractional bits of every element, in C order.
    """

    value: str
    identifier: str
    shape: tuple[int, ...]
    width: int
    signed: bool
    frac: tuple[int, ...]

    @property
    def size(self) -> int:
        """Number of elements."""
        return len(self.frac)

    @property
    def bits(self) -> int:
        """Bits of the bus."""
        return self.size * self.width


def port(graph: Graph, value: str, identifier: str) -> BusPort:
    """The port of a graph value."""
    info = graph.info(value)
    fracs = np.broadcast_to(np.asarray(info.type.frac), info.shape).reshape(-1)
    width = int(np.max(info.type.width))
    return BusPort(value, identifier, info.shape, width, info.type.signed, tuple(int(f) for f in fracs))


@dataclass(frozen=True)
class Core:
    """A pipeline without handshake: inputs in, `latency` enabled clocks later outputs out.

    Args:
        name: of the module.
        inputs: its input buses.
        outputs: its output buses.
        latency: clocks; 0 is combinational.
        files: file name -> text.
    """

    name: str
    inputs: tuple[BusPort, ...]
    outputs: tuple[BusPort, ...]
    latency: int
    files: dict[str, str]
