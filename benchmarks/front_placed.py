"""A network of either side of `benchmarks.front`, placed and routed on an ECP5-85F by nextpnr.

Both sides get the same surroundings: a shift register drives all inputs but the clock, another one takes the
outputs when a counter comes round, so three pins are enough and every path of the network lies between
registers. The network is flattened in itself and kept apart from its surroundings: cells are those whose name
begins with its instance, after routing. The clock is the fastest one of the whole design.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.placed import packed_parts
from edgeml import boards, families
from edgeml.synth import place
from edgeml.tools import load as load_tool
from edgeml.tools import yosys

BOARD = "ulx3s-85f"
PASSES = "synth_ecp5 -nodsp"
TOP, NETWORK = "front_top", "u_network"
MHZ = 100.0
"""The clock that nextpnr is asked for; it optimizes until it has that."""

_SEED = 1
_HEAD = r"\bmodule\s+{top}\s*\((.*?)\);"
_PORT = re.compile(r"\b(input|output)\b\s*(?:wire|reg)?\s*(?:\[(\d+):0\])?\s*(\w+)")


def ports(text: str, top: str) -> list[tuple[str, int, str]]:
    """The ports of a module: direction, bits, name.

    Raises:
        ValueError: the text has no such module, or none with a list of ports that says what they are.

    >>> ports("module m (input clk, input wire [3:0] x, // one\\n output reg [1:0] y\\n);", "m")
    [('input', 1, 'clk'), ('input', 4, 'x'), ('output', 2, 'y')]
    """
    head = re.search(_HEAD.format(top=re.escape(top)), re.sub(r"//[^\n]*", "", text), re.DOTALL)
    found = _PORT.findall(head[1]) if head else []
    if not found:
        raise ValueError(f"no module {top} with a list of ports")
    return [(direction, int(high or 0) + 1, name) for direction, high, name in found]


def surroundings(top: str, interface: Sequence[tuple[str, int, str]], clock: str) -> str:
    """The Verilog of the module around the network."""
    bits = {"input": 0, "output": 0}
    wires = [f".{clock}(clk)"]
    for direction, width, name in interface:
        if name != clock:
            low = bits[direction]
            bits[direction] += width
            wires.append(f".{name}({'in' if direction == 'input' else 'out'}[{low + width - 1}:{low}])")
    first, last = bits["input"] - 1, bits["output"] - 1
    return f"""\
module {TOP} (input wire clk, input wire din, output reg dout);
  reg [{first}:0] in;
  reg [{last}:0] taken;
  reg [11:0] count;
  wire [{last}:0] out;
  always @(posedge clk) begin
    in <= {{in[{first - 1}:0], din}};
    count <= count + 12'd1;
    taken <= count == 0 ? out : taken << 1;
    dout <= taken[{last}];
  end
  (* keep_hierarchy *) {top} {NETWORK} ({", ".join(wires)});
endmodule
"""


def placed(sources: Sequence[Path], top: str, clock: str, folder: Path, seconds: float) -> dict[str, Any]:
    """Synthesize, place and route.

    Args:
        sources: Verilog files of the network.
        top: its module.
        clock: its clock.
        folder: where the tools run.
        seconds: time limit of each tool.

    Returns:
        Cells of the network after routing and the clock, by the fields of `benchmarks.front.FrontRow`.

    Raises:
        MissingToolError: there is no Yosys or no nextpnr-ecp5.
        EdgemlError: one of them failed; names the log.
    """
    text = "\n".join(source.read_text() for source in sources)
    folder.mkdir(parents=True, exist_ok=True)
    around = folder / f"{TOP}.v"
    around.write_text(surroundings(top, ports(text, top), clock))
    apart = "setattr -unset keep_hierarchy"  # mapped by now, so that the netlist can be flat
    yosys.synthesize([*sources, around], TOP, PASSES, folder, pads=apart, output="synthesis", seconds=seconds)
    board = boards.load(BOARD)
    flow = families.mapped(board).open
    assert flow is not None
    program, log = load_tool(flow.placer).need(), folder / "place.log"
    words = [*board.nextpnr, "--router", "router2", "--write", "routed.json", "--lpf-allow-unconstrained"]
    place.place(
        program, "synthesis/netlist.json", TOP, words, folder, "report.json", log,
        mhz=MHZ, seed=_SEED, seconds=seconds, outputs=["routed.json"],
    )  # fmt: skip
    report = place.read_report(folder / "report.json", log)
    cells = packed_parts(json.loads((folder / "routed.json").read_bytes()))[NETWORK]
    return {
        "ecp5_luts": cells[flow.counts["lut"]],
        "ecp5_registers": cells[flow.counts["ff"]],
        "fmax_mhz": round(report.clocks[0].achieved, 1),
        "placer": f"{program.path.name} {program.version}",
        "ecp5_passes": PASSES,
    }
