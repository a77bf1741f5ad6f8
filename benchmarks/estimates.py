"""Estimates against synthesis: measure, fit, test, and write down what came out.

    python -m benchmarks.estimates measure ecp5 xilinx7 ice40    # Yosys over all; goes on where it stopped
    python -m benchmarks.estimates write                         # calibration.json, estimates-validation.md

Results are kept in benchmarks/results/FAMILY.json, one line per design. `write` fits the weights of the kinds
of logic on a third of the designs (benchmarks/designs.py says which) and tests on the rest; nothing is typed
in by hand.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks import validation
from benchmarks.designs import Design, designs
from benchmarks.netlist import PASSES, netlist
from edgeml.families import load

RESULTS = Path(__file__).with_name("results")


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("step", choices=("measure", "write"))
    parser.add_argument("families", nargs="*", default=[])
    parser.add_argument(
        "--minutes", type=float, default=1e9, help="stop before a design that would begin later"
    )
    parser.add_argument("--backwards", action="store_true", help="begin with the last design")
    args = parser.parse_args()
    if args.step == "write":
        return validation.write(RESULTS)
    end = time.monotonic() + args.minutes * 60
    order = list(designs())
    for design in reversed(order) if args.backwards else order:
        for family in args.families or PASSES:
            if design.name not in results(family) and time.monotonic() < end:
                row = measured(design, family)
                keep(family, row)
                sys.stdout.write(f"{family} {design.name} {row['lut']} LUT, {row['seconds']} s\n")
                sys.stdout.flush()
    return 0


def results(family: str) -> dict[str, dict[str, Any]]:
    """The measurements of a family, by design."""
    path = RESULTS / f"{family}.json"
    rows = [json.loads(line) for line in path.read_text().splitlines()] if path.is_file() else []
    return {row["design"]: row for row in rows}


def keep(family: str, row: dict[str, Any]) -> None:
    """Add one line."""
    RESULTS.mkdir(exist_ok=True)
    with (RESULTS / f"{family}.json").open("a") as file:
        file.write(json.dumps(row) + "\n")


def measured(design: Design, family: str) -> dict[str, Any]:
    """Synthesize one design."""
    synthesized, manifest = netlist(design, family)
    total = load(family).usage(synthesized.cells)
    return {
        "design": design.name,
        "tool": f"Yosys {synthesized.version}",
        **{kind: figure.value for kind, figure in total.present().items()},
        "latency": manifest.latency,
        "interval": manifest.interval,
        "seconds": round(synthesized.seconds, 1),
        "cells": dict(sorted(synthesized.cells.items())),
    }


if __name__ == "__main__":
    sys.exit(main())
