"""Place and route against synthesis and the estimate: `python -m benchmarks.placed [icebreaker ulx3s-85f]`.

Some of the designs of benchmarks/designs.py go through the whole flow of a board, with the top module and its
self-test, as `edgeml synth` would do it. Kept in benchmarks/results/placed.json, one line per design and
board; what is there is not measured again. With `--write` only docs/estimates-placed.md is written anew.

A row has the LUTs of the whole board after synthesis and after placement, those of the network alone with the
estimate made for it, and the clock that routing reached beside the one that the design was pipelined for.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.designs import Design, designs
from edgeml import boards, estimate
from edgeml.boards import Board
from edgeml.estimate.ledger import NOTHING
from edgeml.figures import Figure, Hardware
from edgeml.fixed import IntArray
from edgeml.ir import Graph, evaluate_codes
from edgeml.synth.flow import Flow, Request, Vectors

RESULTS = Path(__file__).with_name("results") / "placed.json"
PAGE = Path(__file__).parent.parent / "docs" / "estimates-placed.md"
CHOSEN = (
    *("dense_16_8_w2", "dense_16_8_w4", "dense_16_8_w6", "dense_24_12_w4_s60", "dense_24_12_w8_s85"),
    *("mlp_4_16_3_w4", "mlp_12_10_5_a4", "mlp_13_11_7_3_w3", "table_a6", "argmax_4"),
    *("fold_16_8_r8", "fold_16_8_r4", "cnn_10_4_w6", "cnn_8_3_4_w4"),
)
"""Of every kind some, small enough for an iCE40 UltraPlus with the board's top around it."""

_VECTORS = 32

_HEAD = """# Place and route against synthesis and the estimate

Written by `python -m benchmarks.placed` with Python {version}. Whole boards: the network, the serial line and
the self-test. LUT counts of the whole board after synthesis and after placement; of the network alone after
synthesis, beside the estimate that was made for it (low, value, high). Fmax in MHz is what routing reached,
the clock is the board's."""


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.placed")
    parser.add_argument("boards", nargs="*", default=["icebreaker", "ulx3s-85f"])
    parser.add_argument("--write", action="store_true", help="only write the page")
    args = parser.parse_args()
    wanted = {design.name: design for design in designs() if design.name in CHOSEN}
    for board in [] if args.write else args.boards:
        for name in CHOSEN:
            if (board, name) not in results():
                row = measured(wanted[name], boards.load(board))
                with RESULTS.open("a") as file:
                    file.write(json.dumps(row) + "\n")
                sys.stdout.write(f"{row}\n")
                sys.stdout.flush()
    PAGE.write_text(page(list(results().values())))
    return 0


def results() -> dict[tuple[str, str], dict[str, Any]]:
    """What is known, by board and design."""
    rows = [json.loads(line) for line in RESULTS.read_text().splitlines()] if RESULTS.is_file() else []
    return {(row["board"], row["design"]): row for row in rows}


def measured(design: Design, board: Board) -> dict[str, Any]:
    """One design through the whole flow, but for the bitstream."""
    inputs = _codes(design.graph)
    vectors = Vectors(inputs, evaluate_codes(design.graph, inputs, design.graph.outputs))
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="edgeml-placed-") as name:
        folder = Path(name)
        flow = Flow(design.graph, vectors, board, folder, Request(None, "synthesis", 1, _settings(design)))
        synthesized = _made(flow)
        flow = Flow(design.graph, vectors, board, folder, Request(None, "place", 1, _settings(design)))
        placed = _made(flow)
        told = estimate.estimate(design.graph, board, "verilog", flow.options, "yosys", NOTHING)
    assert told.total.lut is not None and placed.fmax_mhz is not None
    network = sum(_lut(layer.usage.lut) for layer in synthesized.layers if layer.op)
    return {
        "board": board.name,
        "design": design.name,
        "tools": ", ".join(
            f"{s.tool} {s.version}" for s in placed.stages if s.name in ("synthesis", "place")
        ),
        "network": network,
        "estimate": [told.total.lut.low, told.total.lut.value, told.total.lut.high],
        "synthesized": _lut(synthesized.total.lut),
        "placed": _lut(placed.total.lut),
        "clock_mhz": placed.clock_mhz,
        "fmax_mhz": placed.fmax_mhz.value,
        "pipelined_mhz": flow.options.clock_mhz,
        "seconds": round(time.monotonic() - start, 1),
    }


def _settings(design: Design) -> dict[str, Any]:
    """The design's own layout, but for the clock, which is the flow's choice."""
    return {
        key: value for key, value in design.options.items() if key not in ("clock_mhz", "adders_per_stage")
    }


def _made(flow: Flow) -> Hardware:
    found = flow.run(lambda _: None)
    assert found is not None
    return found


def _lut(figure: Figure | None) -> float:
    assert figure is not None
    return figure.value


def _codes(graph: Graph) -> dict[str, IntArray]:
    rng = np.random.default_rng(0)
    found: dict[str, IntArray] = {}
    for name in graph.inputs:
        info = graph.info(name)
        found[name] = rng.integers(info.lo, np.asarray(info.hi) + 1, (_VECTORS, *info.shape))
    return found


def page(rows: list[dict[str, Any]]) -> str:
    """The results for people."""
    ratios = {
        board: [row["placed"] / row["synthesized"] for row in rows if row["board"] == board]
        for board in dict.fromkeys(row["board"] for row in rows)
    }
    inside = sum(row["estimate"][0] <= row["network"] <= row["estimate"][2] for row in rows)
    version = platform.python_version()
    lines = [
        *_HEAD.format(version=version).splitlines(),
        "",
        "| board | design | network | estimate | board, synthesized | placed | ratio | Fmax | clock, MHz |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        low, value, high = row["estimate"]
        cells = [
            *(
                row["board"],
                row["design"],
                f"{row['network']:,.0f}",
                f"{low:,.0f}, {value:,.0f}, {high:,.0f}",
            ),
            *(f"{row['synthesized']:,.0f}", f"{row['placed']:,.0f}"),
            *(f"{row['placed'] / row['synthesized']:.2f}", f"{row['fmax_mhz']:.1f}", f"{row['clock_mhz']:g}"),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    lines.append("")
    for board, found in ratios.items():
        lines.append(
            f"- {board}: placed over synthesized {statistics.median(found):.2f} in the median of "
            f"{len(found)} designs, {min(found):.2f} to {max(found):.2f}."
        )
    slow = sum(row["fmax_mhz"] < row["clock_mhz"] for row in rows)
    lines += [
        f"- The network's LUTs after synthesis are in the estimate's interval in {inside} of {len(rows)}.",
        f"- Slower than the board's clock: {slow} of {len(rows)}.",
        f"- Tools: {'; '.join(dict.fromkeys(row['tools'] for row in rows))}.",
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
