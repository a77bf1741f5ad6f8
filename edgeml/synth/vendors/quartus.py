"""A Quartus project for a network: `quartus_sh -t build.tcl` compiles it, its reports are in reports/.

A board with a serial line on the FPGA's pins gets the serial top with its self-test; a bare part gets the
network alone with virtual pins, which are placed and timed but lead nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from edgeml.backends.verilog.manifest import VerilogManifest
from edgeml.boards import Board
from edgeml.files import FileSet
from edgeml.quoting import comment, tcl
from edgeml.share import share_dir
from edgeml.synth import top as serial_top
from edgeml.synth.vectors import Vectors
from edgeml.synth.vendors.base import VendorProject, clock_of, has_serial_line, project_files

_REVISION = "edgeml"


def emit(
    manifest: VerilogManifest,
    verilog: Mapping[str, bytes],
    board: Board,
    golden: Vectors,
) -> VendorProject:
    """The project.

    Args:
        manifest: of the Verilog.
        verilog: its files by name.
        board: the board; its flow is Quartus's.
        golden: the golden vectors.

    Raises:
        EdgemlError: the serial top cannot be made for this board; says why.
    """
    files = project_files(verilog, manifest)
    if has_serial_line(board):
        serial_board = serial_top.emit(manifest, board, golden, vendors=True)
        files |= {f"rtl/{name}": serial_board.files[name] for name in serial_board.verilog}
        pins = serial_board.files[serial_board.constraints].decode().splitlines()
        top, clock, mhz, notes = serial_top.TOP, "clk", serial_board.serial.clock.mhz, serial_board.notes
        sources, settings = serial_board.sources(manifest), "serial line"
    else:
        pins = [
            f"set_instance_assignment -name VIRTUAL_PIN ON -to {tcl(port, 'port')}"
            for port in _ports(manifest)
        ]
        top, clock, mhz = manifest.top, "aclk", clock_of(manifest, board)
        notes = ("Virtual pins: figures of the network alone, no image to load.",)
        sources, settings = list(manifest.files), "virtual pins"
    files["edgeml.qpf"] = f'PROJECT_REVISION = "{_REVISION}"\n'.encode()
    files["edgeml.qsf"] = _settings(board, top, sources, pins).encode()
    files["edgeml.sdc"] = (
        f"create_clock -name {clock} -period {1000 / mhz:.3f} [get_ports {tcl(clock, 'port')}]\n"
        "derive_clock_uncertainty\n"
    ).encode()
    files["build.tcl"] = (share_dir("hw") / "quartus" / "build.tcl").read_bytes()
    return VendorProject(
        "quartus", f"{board.name}: {settings}, {mhz:g} MHz", FileSet(files), "build.tcl", mhz, notes
    )


def _ports(manifest: VerilogManifest) -> list[str]:
    """All ports but the clock; an assignment to a bus is one to all its bits."""
    source, sink = manifest.input.port, manifest.output.port
    buses = [f"{source}_tdata", f"{sink}_tdata"]
    wires = [f"{source}_tvalid", f"{source}_tready", f"{sink}_tvalid", f"{sink}_tready", f"{sink}_tlast"]
    return ["aresetn", *buses, *wires]


def _settings(board: Board, top: str, sources: Sequence[str], pins: Sequence[str]) -> str:
    lines = [
        f"# {comment(board.title)}",
        f"set_global_assignment -name FAMILY {tcl(board.family, 'family')}",
        f"set_global_assignment -name DEVICE {tcl(board.part, 'part')}",
        f"set_global_assignment -name TOP_LEVEL_ENTITY {tcl(top, 'module')}",
        "set_global_assignment -name PROJECT_OUTPUT_DIRECTORY reports",
        "set_global_assignment -name VERILOG_INPUT_VERSION VERILOG_2001",
        "set_global_assignment -name NUM_PARALLEL_PROCESSORS ALL",
        *(f"set_global_assignment -name VERILOG_FILE {tcl(f'rtl/{name}', 'file')}" for name in sources),
        "set_global_assignment -name SDC_FILE edgeml.sdc",
        *pins,
    ]
    return "\n".join([*lines, ""])
