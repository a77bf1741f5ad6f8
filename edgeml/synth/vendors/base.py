"""The files of a vendor's project, for any tool."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from edgeml.backends.verilog.manifest import MANIFEST, VerilogManifest
from edgeml.boards import Board
from edgeml.files import FileSet


@dataclass(frozen=True)
class VendorProject:
    """Files that a vendor's tool takes.

    Args:
        tool: the name in `edgeml.tools`.
        settings: the chosen settings, in a few words.
        files: all of it; reports appear in `reports/`.
        script: the script that the tool runs.
        mhz: the clock it is made for.
        notes: what a reader must know, a sentence each.
    """

    tool: str
    settings: str
    files: FileSet
    script: str
    mhz: float
    notes: tuple[str, ...]


def project_files(verilog: Mapping[str, bytes], manifest: VerilogManifest) -> dict[str, bytes]:
    """The Verilog in rtl/ and its manifest, by path in the project."""
    return {**{f"rtl/{name}": text for name, text in verilog.items()}, MANIFEST: manifest.to_json().encode()}


def clock_of(manifest: VerilogManifest, board: Board) -> float:
    """The clock in MHz that the Verilog was pipelined for; the board's if the manifest does not state it."""
    return manifest.clock_mhz or board.clock_mhz


def has_serial_line(board: Board) -> bool:
    """True if the FPGA's own pins have a serial line, so that the serial top can be made."""
    return board.pins is not None and board.pins.uart_tx is not None and board.pins.uart_rx is not None
