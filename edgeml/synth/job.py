"""One run on one board, as all steps see it: graph, folder, chip family and programs.

Invariant: nothing here runs a program, or changes after the flow began.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from edgeml import families
from edgeml.backends.verilog.manifest import VerilogManifest
from edgeml.backends.verilog.options import VerilogOptions
from edgeml.boards import Board
from edgeml.estimate import Ledger
from edgeml.ir import Graph
from edgeml.synth.counts import FILE, CellCounts
from edgeml.synth.layers import Instance
from edgeml.synth.request import Request
from edgeml.synth.top import TOP, Top, emit
from edgeml.synth.vectors import Vectors
from edgeml.tools import InstalledTool

DESIGN = "verilog"
_NETWORK = ("u_network",)


@dataclass(frozen=True)
class SynthesisJob:
    """A run on a board.

    Args:
        graph: the exact graph.
        vectors: its golden vectors.
        board: the target.
        folder: RUN/synth/BOARD.
        request: settings, goal and last step.
        clock_mhz: the clock to design for.
        whole: whether the board's top is around the network.
        mapped_family: the family; None if Yosys does not know the FPGA.
        options: of the Verilog.
        tools: the programs that are needed, by name.
        ledger: earlier results, to which what the tools count is added.
    """

    graph: Graph
    vectors: Vectors
    board: Board
    folder: Path
    request: Request
    clock_mhz: float
    whole: bool
    mapped_family: families.Family | None
    options: VerilogOptions
    tools: Mapping[str, InstalledTool]
    ledger: Ledger

    @property
    def runs_at(self) -> float:
        """The clock in MHz that times are counted in, as in the estimates: without a PLL the oscillator's."""
        return self.board.clock_mhz if self.board.flow.is_open else self.clock_mhz

    @property
    def design(self) -> Path:
        """Folder of the Verilog."""
        return self.folder / DESIGN

    @property
    def family(self) -> families.Family:
        """The family; not to be used where `mapped_family` is None."""
        assert self.mapped_family is not None
        return self.mapped_family

    @property
    def open_flow(self) -> families.OpenFlow:
        """Its open place and route; not to be used where the family has none."""
        assert self.family.open is not None
        return self.family.open

    @property
    def manifest(self) -> VerilogManifest:
        """The manifest of the emitted Verilog."""
        return VerilogManifest.read(self.design)

    @cached_property
    def board_top(self) -> Top:
        """The board around the network."""
        return emit(self.manifest, self.board, self.vectors)

    @property
    def prefix(self) -> Instance:
        """Path of the network in the netlist."""
        return _NETWORK if self.whole else ()

    @property
    def top_name(self) -> str:
        """The top module."""
        return TOP if self.whole else self.manifest.top

    @property
    def sources(self) -> Sequence[str]:
        """All files of Verilog, in the design's folder."""
        return self.board_top.sources(self.manifest) if self.whole else self.manifest.files

    @property
    def bitstream(self) -> str:
        """Name of the file, "" if the flow has none."""
        flow = self.family.open
        return f"{self.board.name}{flow.suffix}" if flow is not None else ""

    def instances(self) -> dict[Instance, dict[str, int]]:
        """Cells by the module instance they are in, after synthesis."""
        return CellCounts.read(self.folder / "synthesis" / FILE).by_instance()

    def words(self, templates: Sequence[str]) -> list[str]:
        """Arguments of a program of the open flow."""
        device = next((word for word in self.board.nextpnr if word.startswith("family=")), "")
        values = {
            "constraints": f"{DESIGN}/{self.board_top.constraints}",
            "placed": f"place/{self.open_flow.placed}",
            "bitstream": self.bitstream,
            "device": device.removeprefix("family="),
        }
        return [template.format(**values) for template in templates]
