"""A Vivado project for a network: `vivado -mode batch -source build.tcl` does all of it.

Three kinds, by what the board offers:
- a Zynq or Zynq UltraScale+ gets a block design with an AXI DMA, a bitstream with its .hwh and drivers;
- a board with a serial line on the FPGA's pins gets the serial top with its self-test;
- a bare part or a card that is programmed through a platform is built out of context, without a bitstream.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from edgeml.backends.verilog.manifest import VerilogManifest
from edgeml.boards import Board
from edgeml.files import FileSet
from edgeml.quoting import tcl, tcl_list
from edgeml.share import share_dir
from edgeml.synth import top as serial_top
from edgeml.synth.dma import drivers, system
from edgeml.synth.vectors import Vectors
from edgeml.synth.vendors.base import VendorProject, clock_of, has_serial_line, project_files

_FAMILIES = {"Zynq-7000": "zynq", "Zynq UltraScale+": "zynqmp"}
_DMA_BASE = {"zynq": 0x40400000, "zynqmp": 0xA0000000}


def emit(
    manifest: VerilogManifest, verilog: Mapping[str, bytes], board: Board, golden: Vectors
) -> VendorProject:
    """The project.

    Args:
        manifest: of the Verilog.
        verilog: its files by name.
        board: the board; its flow is Vivado's or Vitis's.
        golden: the golden vectors.

    Raises:
        EdgemlError: the serial top cannot be made for this board; says why.
    """
    if family := _FAMILIES.get(board.family):
        return _zynq(manifest, verilog, board, golden, family)
    if has_serial_line(board):
        return _serial(manifest, verilog, board, golden)
    return _out_of_context(manifest, verilog, board)


def _zynq(
    manifest: VerilogManifest, verilog: Mapping[str, bytes], board: Board, golden: Vectors, family: str
) -> VendorProject:
    block_design, base = system.emit(manifest), _DMA_BASE[family]
    files = project_files({**verilog, **block_design.files.files}, manifest)
    for name, content in drivers.emit(manifest, golden, base).files.items():
        files[f"drivers/{name}"] = content
    values = _Values(
        board=board,
        kind="DMA",
        top=block_design.top,
        network=manifest.top,
        mhz=clock_of(manifest, board),
        sources=tuple(dict.fromkeys((*manifest.files, *block_design.files))),
        dma_base=base,
    )
    notes = (
        "The block design has the processor, an AXI DMA and the network; `edgeml.bit`, `edgeml.hwh` and the "
        "Python driver are put into drivers/python.",
        "If Vivado knows the board, its preset configures the processor; else the processor's memory is as "
        "the boot image on the card sets it up, which is what PYNQ's images do.",
    )
    return values.project(files, (f"{family}.tcl", "system.tcl"), notes)


def _serial(
    manifest: VerilogManifest, verilog: Mapping[str, bytes], board: Board, golden: Vectors
) -> VendorProject:
    top = serial_top.emit(manifest, board, golden, vendors=True)
    files = project_files({**verilog, **{name: top.files[name] for name in top.verilog}}, manifest)
    constraints = f"constraints/{top.constraints}"
    files[constraints] = top.files[top.constraints]
    values = _Values(
        board=board,
        kind="serial line",
        top=serial_top.TOP,
        network=manifest.top,
        mhz=top.serial.clock.mhz,
        sources=tuple(top.sources(manifest)),
        constraints=(constraints,),
    )
    return values.project(files, ("pins.tcl",), top.notes)


def _out_of_context(manifest: VerilogManifest, verilog: Mapping[str, bytes], board: Board) -> VendorProject:
    mhz, constraints = clock_of(manifest, board), "constraints/clock.xdc"
    files = project_files(verilog, manifest)
    files[constraints] = f"create_clock -name aclk -period {1000 / mhz:.3f} [get_ports aclk]\n".encode()
    values = _Values(
        board=board,
        kind="out of context",
        top=manifest.top,
        network=manifest.top,
        mhz=mhz,
        sources=tuple(manifest.files),
        constraints=(constraints,),
    )
    notes = ("Out of context: no pins and no bitstream, figures of the network alone.",)
    return values.project(files, ("out_of_context.tcl",), notes)


@dataclass(frozen=True, kw_only=True)
class _Values:
    """The values at the beginning of build.tcl; clocks in MHz, periods in ns."""

    board: Board
    kind: str
    top: str
    network: str
    mhz: float
    sources: tuple[str, ...]
    constraints: tuple[str, ...] = ()
    dma_base: int = 0

    def project(
        self, files: dict[str, bytes], scripts: tuple[str, ...], notes: tuple[str, ...]
    ) -> VendorProject:
        """The project of some files and a build.tcl of these values, the scripts, and that of the reports."""
        folder = share_dir("hw") / "vivado"
        parts = [(folder / name).read_text(encoding="utf-8") for name in (*scripts, "reports.tcl")]
        files["build.tcl"] = "\n".join([self.text(), *parts]).encode()
        settings = f"{self.board.name}: {self.kind}, {self.mhz:g} MHz"
        return VendorProject("vivado", settings, FileSet(files), "build.tcl", self.mhz, notes)

    def text(self) -> str:
        """The lines of build.tcl that set them."""
        lines = [
            "# vivado -mode batch -source build.tcl",
            "set here [file dirname [file normalize [info script]]]",
            "cd $here",
            f"set part {tcl(self.board.part, 'part')}",
            f"set board {tcl(self.board.name, 'board')}",
            f"set top {tcl(self.top, 'module')}",
            f"set network {tcl(self.network, 'module')}",
            f"set mhz {self.mhz:g}",
            f"set period {1000 / self.mhz:.3f}",
            f"set dma_base {self.dma_base:#x}",
            f"set sources {tcl_list([f'rtl/{name}' for name in self.sources], 'file')}",
            f"set constraints {tcl_list(self.constraints, 'file')}",
        ]
        return "\n".join([*lines, ""])
