"""Figures of estimates, to show what a change of the code does to them.

    python -m tests.estimated write BEFORE.json [--presets]    on one commit
    python -m tests.estimated write AFTER.json [--presets]     on another
    python -m tests.estimated compare BEFORE.json AFTER.json   exit code 1 if a figure or a refusal differs
    python -m tests.estimated refresh                          the few that tests/estimate compares

Estimated are the graphs of `tests.zoo` and, with `--presets`, every preset with random weights, on a board of
each chip family, as the designs and layouts in `LAYOUTS`, without a ledger. A refusal counts with its text.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from edgeml import boards
from edgeml.designs import Design
from edgeml.errors import EdgemlError
from edgeml.estimate import estimate
from edgeml.figures import Figure, Hardware
from edgeml.ir import Graph
from tests.emitted import differences, preset_graphs
from tests.zoo import zoo

BOARDS = (
    *("icebreaker", "ulx3s-85f", "tangnano9k", "certuspro-nx"),
    *("arty-a7-35t", "zcu104", "de10-nano", "agilex7"),
)
LAYOUTS: tuple[tuple[Design, dict[str, Any]], ...] = (
    ("verilog", {}),
    ("verilog", {"mode": "stream"}),
    ("hls4ml", {}),
    ("hls4ml", {"io_type": "io_stream"}),
)
FEW = ("mlp", "cnn_2d", "residual")
GOLDEN = Path(__file__).parent / "estimate" / "figures.json"


def figures(graphs: Iterable[Graph], names: Iterable[str] = BOARDS) -> dict[str, str]:
    """The figures in a line, or the text of the refusal, by "graph/board/design{options}"."""
    targets = [boards.load(name) for name in names]
    result: dict[str, str] = {}
    for graph in graphs:
        for board in targets:
            for design, options in LAYOUTS:
                label = f"{graph.name}/{board.name}/{design}{json.dumps(options) if options else ''}"
                try:
                    result[label] = _line(estimate(graph, board, design, options))
                except EdgemlError as error:
                    result[label] = f"refused: {error}"
    return result


def few() -> dict[str, str]:
    """Those of a few small graphs."""
    return figures(zoo()[name] for name in FEW)


def _line(hardware: Hardware) -> str:
    parts = [f"{kind} {_exact(figure)}" for kind, figure in hardware.total.present().items()]
    if hardware.whole is not None:
        parts += [f"whole {kind} {_exact(figure)}" for kind, figure in hardware.whole.present().items()]
    parts += [f"cycles {_exact(hardware.cycles)}", f"ii {_exact(hardware.ii)}", f"{hardware.clock_mhz:g} MHz"]
    return ", ".join(parts)


def _exact(figure: Figure | None) -> str:
    return "-" if figure is None else figure.text(lambda value: f"{value:.10g}")


def main(arguments: list[str]) -> int:
    """0 if nothing differs, 1 otherwise."""
    parser = argparse.ArgumentParser(prog="python -m tests.estimated")
    commands = parser.add_subparsers(dest="command", required=True)
    write = commands.add_parser("write")
    write.add_argument("file", type=Path)
    write.add_argument("--presets", action="store_true", help="the presets as well; needs TensorFlow")
    compare = commands.add_parser("compare")
    compare.add_argument("before", type=Path)
    compare.add_argument("after", type=Path)
    commands.add_parser("refresh")
    args = parser.parse_args(arguments)
    if args.command == "compare":
        lines = differences(*(json.loads(path.read_text()) for path in (args.before, args.after)))
        sys.stdout.write("".join(f"{line}\n" for line in lines) or "every figure is the same\n")
        return int(bool(lines))
    if args.command == "refresh":
        path, result = GOLDEN, few()
    else:
        path, result = args.file, figures(zoo().values())
        if args.presets:
            result |= figures(preset_graphs())
    path.write_text(json.dumps(result, indent=1, sort_keys=True) + "\n")
    sys.stdout.write(f"{len(result)} estimates and refusals\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
