"""A Vivado project for a network: `vivado -mode batch -source build.tcl` does all of it.

Three kinds, by what the board offers:
- a Zynq or Zynq UltraScale+ gets a block design with an AXI DMA, a bitstream with its .hwh and drivers;
- a board with a serial line on the FPGA's pins gets the serial top with its self-test;
- a bare part or a card that is programmed through a platform is built out of context, without a bitstream.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from edgeml.backends.verilog.manifest import MANIFEST, VerilogManifest
from edgeml.boards import Board
from edgeml.files import FileSet
from edgeml.fixed import IntArray
from edgeml.quoting import tcl, tcl_list
from edgeml.share import share_dir
from edgeml.synth import top as serial_top
from edgeml.synth.dma import drivers, system
from edgeml.synth.vendors.base import VendorProject

_FAMILIES = {"Zynq-7000": "zynq", "Zynq UltraScale+": "zynqmp"}
_DMA_BASE = {"zynq": 0x40400000, "zynqmp": 0xA0000000}


@dataclass(frozen=True)
class _Values:
    """The values at the beginning of build.tcl."""

    part: str
    board: str
    top: str
    network: str
    mhz: float
    sources: tuple[str, ...]
    constraints: tuple[str, ...]
    dma_base: int = 0

    def text(self) -> str:
        period = 1000 / self.mhz
        lines = [
            "# vivado -mode batch -source build.tcl",
            "set here [file dirname [file normalize [info script]]]",
            "cd $here",
            f"set part {tcl(self.part, 'part')}",
            f"set board {tcl(self.board, 'board')}",
            f"set top {tcl(self.top, 'module')}",
            f"set network {tcl(self.network, 'module')}",
            f"set mhz {self.mhz:g}",
            f"set period {period:.3f}",
            f"set dma_base {self.dma_base:#x}",
            f"set sources {tcl_list([f'rtl/{name}' for name in self.sources], 'file')}",
            f"set constraints {tcl_list(self.constraints, 'file')}",
        ]
        return "\n".join([*lines, ""])


def emit(
    manifest: VerilogManifest,
    verilog: Mapping[str, bytes],
    board: Board,
    inputs: Mapping[str, IntArray],
    expected: Mapping[str, IntArray],
) -> VendorProject:
    """The project.

    Args:
        manifest: of the Verilog.
        verilog: its files by name.
        board: the board; its flow is Vivado's or Vitis's.
        inputs: golden codes (samples, *shape) by input.
        expected: golden codes by output.

    Raises:
        EdgemlError: the serial top cannot be made for this board; says why.
    """
    family = _FAMILIES.get(board.family)
    if family:
        return _zynq(manifest, verilog, board, inputs, expected, family)
    if board.pins is not None and board.pins.uart_tx is not None and board.pins.uart_rx is not None:
        return _serial(manifest, verilog, board, inputs, expected)
    return _out_of_context(manifest, verilog, board)


def _clock(manifest: VerilogManifest, board: Board) -> float:
    """The clock that the Verilog was pipelined for; the board's if that is not known."""
    return manifest.clock_mhz or board.clock_mhz


def _files(verilog: Mapping[str, bytes], manifest: VerilogManifest) -> dict[str, bytes]:
    files = {f"rtl/{name}": content for name, content in verilog.items()}
    return {**files, MANIFEST: manifest.to_json().encode()}


def _script(name: str) -> str:
    return (share_dir("hw") / "vivado" / name).read_text(encoding="utf-8")


def _zynq(
    manifest: VerilogManifest,
    verilog: Mapping[str, bytes],
    board: Board,
    inputs: Mapping[str, IntArray],
    expected: Mapping[str, IntArray],
    family: str,
) -> VendorProject:
    block_design = system.emit(manifest)
    files = _files({**verilog, **block_design.files.files}, manifest)
    base = _DMA_BASE[family]
    mhz = _clock(manifest, board)
    sources = tuple(dict.fromkeys((*manifest.files, *block_design.files)))
    values = _Values(board.part, board.name, block_design.top, manifest.top, mhz, sources, (), base)
    files["build.tcl"] = "\n".join(
        [values.text(), _script(f"{family}.tcl"), _script("system.tcl"), _script("reports.tcl")]
    ).encode()
    for name, content in drivers.emit(manifest, inputs, expected, base).files.items():
        files[f"drivers/{name}"] = content
    notes = (
        "The block design has the processor, an AXI DMA and the network; `edgeml.bit`, `edgeml.hwh` and the "
        "Python driver are put into drivers/python.",
        "If Vivado knows the board, its preset configures the processor; else the processor's memory is as "
        "the boot image on the card sets it up, which is what PYNQ's images do.",
    )
    return VendorProject("vivado", f"{board.name}: DMA, {mhz:g} MHz", FileSet(files), "build.tcl", mhz, notes)


def _serial(
    manifest: VerilogManifest,
    verilog: Mapping[str, bytes],
    board: Board,
    inputs: Mapping[str, IntArray],
    expected: Mapping[str, IntArray],
) -> VendorProject:
    top = serial_top.emit(manifest, board, inputs, expected, vendors=True)
    rtl = {name: top.files[name] for name in top.verilog}
    files = _files({**verilog, **rtl}, manifest)
    files[f"constraints/{top.constraints}"] = top.files[top.constraints]
    mhz = top.serial.clock.mhz
    sources = tuple(top.sources(manifest))
    values = _Values(
        board.part,
        board.name,
        serial_top.TOP,
        manifest.top,
        mhz,
        sources,
        (f"constraints/{top.constraints}",),
    )
    files["build.tcl"] = "\n".join([values.text(), _script("pins.tcl"), _script("reports.tcl")]).encode()
    return VendorProject(
        "vivado", f"{board.name}: serial line, {mhz:g} MHz", FileSet(files), "build.tcl", mhz, top.notes
    )


def _out_of_context(manifest: VerilogManifest, verilog: Mapping[str, bytes], board: Board) -> VendorProject:
    mhz = _clock(manifest, board)
    files = _files(verilog, manifest)
    xdc = f"create_clock -name aclk -period {1000 / mhz:.3f} [get_ports aclk]\n"
    files["constraints/clock.xdc"] = xdc.encode()
    values = _Values(
        board.part,
        board.name,
        manifest.top,
        manifest.top,
        mhz,
        tuple(manifest.files),
        ("constraints/clock.xdc",),
    )
    files["build.tcl"] = "\n".join(
        [values.text(), _script("out_of_context.tcl"), _script("reports.tcl")]
    ).encode()
    notes = ("Out of context: no pins and no bitstream, figures of the network alone.",)
    return VendorProject(
        "vivado", f"{board.name}: out of context, {mhz:g} MHz", FileSet(files), "build.tcl", mhz, notes
    )
