"""Yosys' figures of a Verilog project of ours, without place and route.

figures = synthesize_verilog(Path("RUN/verilog"), boards.load("pynq-z2"), Path("/tmp/work"))

Invariant: the figures are counts of the cells in a netlist that was written; nothing is estimated.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from edgeml.backends.verilog.manifest import Manifest
from edgeml.boards import Board
from edgeml.figures import Figure, Hardware, Stage
from edgeml.ir import Graph
from edgeml.synth import families, layers
from edgeml.tools import yosys

_SECONDS = 3600.0
_PRODUCTS = ("mat_mul", "conv")


def synthesize_verilog(
    folder: Path,
    board: Board,
    work: Path,
    *,
    dsp: bool = True,
    graph: Graph | None = None,
    seconds: float = _SECONDS,
) -> Hardware:
    """Synthesize a project alone, its ports not bound to pins.

    Args:
        folder: of the Verilog and its edgeml.json.
        board: which FPGA.
        work: a folder for Yosys' files; gets netlist.json and synthesis.log.
        dsp: whether multipliers may go into DSP blocks.
        graph: the project's graph, to name the layers' ops and order; None takes the modules' names.
        seconds: time limit.

    Raises:
        MissingToolError: there is no Yosys that knows the family.
        EdgemlError: Yosys cannot synthesize for the board, or failed; names the log.
    """
    manifest = Manifest.read(folder)
    family = families.of(board)
    passes = " ".join(part for part in (family.passes, family.core, "" if dsp else family.no_dsp) if part)
    sources = [folder / name for name in manifest.files]
    made = yosys.synthesize(sources, manifest.top, passes, work, seconds=seconds, oldest=family.oldest)
    return Hardware(
        design="verilog",
        settings=settings(manifest),
        model=manifest.model,
        graph=manifest.graph,
        board=board.name,
        part=board.part,
        source="synthesis",
        total=family.usage(made.cells),
        alone=True,
        layers=layers.shares(made.instances, family, manifest.top, (), layer_ops(graph)),
        cycles=Figure(value=manifest.latency),
        ii=Figure(value=manifest.interval),
        clock_mhz=manifest.clock_mhz or None,
        stages=(
            Stage(
                name="synthesis", tool="yosys", version=made.version, seconds=made.seconds, log=made.log.name
            ),
        ),
        notes=(family.note,) if family.note else (),
    )


def settings(manifest: Manifest) -> str:
    """How the project is laid out, in a few words."""
    clock = f"pipelined for {manifest.clock_mhz:g} MHz" if manifest.clock_mhz else "adders per stage given"
    asked = manifest.reuse_factor
    by_layer = asked.items() if isinstance(asked, Mapping) else [("", asked)] if asked else []
    reuse = " ".join(f"{layer} {factor}".strip() for layer, factor in by_layer)
    return f"{manifest.mode}, {clock}{f', reuse {reuse}' if reuse else ''}"


def layer_ops(graph: Graph | None) -> Mapping[str, str]:
    """Kind of op by layer, in the order of the data: its product if it has one, else the op it ends in."""
    found: dict[str, str] = {}
    for node in graph.nodes if graph is not None else ():
        if found.get(node.layer) not in _PRODUCTS:
            found[node.layer] = node.op.op_name()
    return found
