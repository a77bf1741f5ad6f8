"""The devices on a serial line: FPGA boards, whose samples are packed as beats, and microcontrollers.

Both speak the frames of `edgeml.synth.top.protocol`. They differ in how a sample lies in a frame, in where
the run folder says so, and in how long they may take.

To add a kind, write a subclass of `Device` and its name in `edgeml.checks.names.ON_A_LINE`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from edgeml.backends.c.ports import MANIFEST as C_MANIFEST
from edgeml.backends.c.ports import CManifest, CPort
from edgeml.backends.c.runner import packed, unpacked
from edgeml.backends.verilog.manifest import MANIFEST, Stream, VerilogManifest
from edgeml.checks.names import BOARD, MCU
from edgeml.errors import EdgemlError
from edgeml.fixed import IntArray
from edgeml.ir import Graph
from edgeml.synth.top.payload import decode, encode, sample_bytes
from edgeml.synth.top.protocol import Identity

# Folders of the Verilog: edgeml.synth.flow writes it for a board, `edgeml export` for none in particular.
_SYNTHESIZED = "synth/{}/verilog"
_EXPORTED = "verilog"
_C_FOLDER = "c"
_MCU_SECONDS = 60.0
"""The time that a microcontroller may take for its self-test; a frame does not say how fast it is."""


class SamplePacking(ABC):
    """Samples and results as the bytes of frames."""

    @property
    @abstractmethod
    def sizes(self) -> tuple[int, int]:
        """Bytes of a sample and of a result."""

    @abstractmethod
    def encode(self, codes: Mapping[str, IntArray]) -> NDArray[np.uint8]:
        """Samples (samples, bytes)."""

    @abstractmethod
    def decode(self, data: NDArray[np.uint8]) -> dict[str, IntArray]:
        """Codes (samples, *shape) by value from results (samples, bytes)."""


@dataclass(frozen=True)
class BeatPacking(SamplePacking):
    """As the streams of a design pack them.

    Args:
        source: where samples go in.
        sink: where results come out.
    """

    source: Stream
    sink: Stream

    @property
    def sizes(self) -> tuple[int, int]:
        return sample_bytes(self.source), sample_bytes(self.sink)

    def encode(self, codes: Mapping[str, IntArray]) -> NDArray[np.uint8]:
        return encode(self.source, codes)

    def decode(self, data: NDArray[np.uint8]) -> dict[str, IntArray]:
        return decode(self.sink, data)


@dataclass(frozen=True)
class MemoryPacking(SamplePacking):
    """As the arrays of a program lie in the memory of a little-endian processor.

    Args:
        inputs: of the program.
        outputs: of the program.
    """

    inputs: tuple[CPort, ...]
    outputs: tuple[CPort, ...]

    @property
    def sizes(self) -> tuple[int, int]:
        source, sink = (sum(one.size * one.item_bytes for one in p) for p in (self.inputs, self.outputs))
        return source, sink

    def encode(self, codes: Mapping[str, IntArray]) -> NDArray[np.uint8]:
        data = np.frombuffer(packed(self.inputs, codes), np.uint8)
        return data.reshape(-1, self.sizes[0])

    def decode(self, data: NDArray[np.uint8]) -> dict[str, IntArray]:
        return unpacked(self.outputs, data.tobytes(), "the device")


class Device(ABC):
    """A kind of device."""

    name: ClassVar[str]
    """The name of its row."""

    artefact: ClassVar[str]
    """Its part of the run folder, for messages."""

    @abstractmethod
    def missing(self, run: Path) -> str:
        """Empty if something was made for such a device, else that nothing was, with the command."""

    @abstractmethod
    def packing(self, identity: Identity, run: Path) -> SamplePacking:
        """The bytes of samples.

        Raises:
            EdgemlError: a manifest cannot be read.
        """

    @abstractmethod
    def remedy(self, identity: Identity) -> str:
        """The hint for a device that holds another network."""

    @abstractmethod
    def test_seconds(self, identity: Identity) -> float:
        """Upper bound of a self-test's time."""

    def packing_of(self, identity: Identity, graph: Graph, run: Path, where: str) -> SamplePacking:
        """The bytes of samples for a device that holds the graph of the run.

        Raises:
            EdgemlError: it holds another network, or takes and gives other numbers of bytes.
        """
        if identity.graph != graph.digest:
            raise EdgemlError(
                f"the board holds {identity.model} with the graph {identity.graph[:16]}, "
                f"the run is of {graph.name} with {graph.digest[:16]}",
                where,
                self.remedy(identity),
            )
        packing = self.packing(identity, run)
        sizes = packing.sizes
        if (identity.input_bytes, identity.output_bytes) != sizes:
            raise EdgemlError(
                f"the board takes {identity.input_bytes} bytes and gives {identity.output_bytes}, "
                f"the {self.artefact} of the run {sizes[0]} and {sizes[1]}",
                where,
                f"export the {self.artefact} as it was, or load the device again",
            )
        return packing


class FpgaBoard(Device):
    """An FPGA with a bitstream that `edgeml synth` made."""

    name: ClassVar[str] = BOARD
    artefact: ClassVar[str] = "Verilog"

    def missing(self, run: Path) -> str:
        there = (
            any(run.glob(f"{_SYNTHESIZED.format('*')}/{MANIFEST}")) or (run / _EXPORTED / MANIFEST).exists()
        )
        return "" if there else "no bitstream was made (edgeml synth RUN)"

    def packing(self, identity: Identity, run: Path) -> SamplePacking:
        synthesized = run / _SYNTHESIZED.format(Path(identity.board).name)
        there = (synthesized / MANIFEST).exists()
        manifest = VerilogManifest.read(synthesized if there else run / _EXPORTED)
        return BeatPacking(manifest.input, manifest.output)

    def remedy(self, identity: Identity) -> str:
        return f"edgeml synth RUN --board {identity.board}, and load the new bitstream"

    def test_seconds(self, identity: Identity) -> float:
        """Every byte takes a clock or two, every beat its turn."""
        vector = identity.latency + identity.interval + 2 * (identity.input_bytes + identity.output_bytes)
        return 2.0 * identity.vectors * vector / max(identity.clock_hz, 1)


class Microcontroller(Device):
    """A microcontroller with the exported C and its program for a serial line."""

    name: ClassVar[str] = MCU
    artefact: ClassVar[str] = "C"

    def missing(self, run: Path) -> str:
        there = (run / _C_FOLDER / C_MANIFEST).exists()
        return "" if there else "not exported (edgeml export RUN --to c)"

    def packing(self, identity: Identity, run: Path) -> SamplePacking:
        manifest = CManifest.read(run / _C_FOLDER / C_MANIFEST)
        return MemoryPacking(manifest.inputs, manifest.outputs)

    def remedy(self, identity: Identity) -> str:
        return "edgeml export RUN --to c, and load the new program"

    def test_seconds(self, identity: Identity) -> float:
        return _MCU_SECONDS
