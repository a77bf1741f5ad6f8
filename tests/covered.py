"""Line coverage by package, and whether it is enough: `make coverage` measures, this adds up.

python -m tests.covered coverage.json       a line per package; exit 1 if one is below 95 %
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PACKAGES = ("fixed", "ir", "passes", "backends")
LEAST = 95.0


def lines(report: Mapping[str, Any], package: str) -> tuple[int, int]:
    """Lines that ran and lines there are, from the JSON that coverage.py writes."""
    found = [
        entry["summary"]
        for name, entry in report["files"].items()
        if Path(name).is_relative_to(Path("edgeml") / package)
    ]
    return sum(part["covered_lines"] for part in found), sum(part["num_statements"] for part in found)


def main(path: str) -> int:
    """Print a line per package; 1 if one is not covered enough."""
    report = json.loads(Path(path).read_text())
    poor = 0
    for package in PACKAGES:
        ran, there = lines(report, package)
        share = 100 * ran / there if there else 0.0
        poor += share < LEAST
        told = "" if share >= LEAST else "  TOO FEW"
        sys.stdout.write(f"edgeml/{package}: {share:.1f} % of {there} lines{told}\n")
    return int(poor > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
