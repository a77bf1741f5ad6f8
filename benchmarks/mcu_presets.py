"""Every preset on emulated microcontrollers: every integer of its test samples compared with the reference.

    python -m benchmarks.mcu_presets [--runs runs] [--presets digits_mlp,iris_mlp] [--samples 0] [--epochs 2]

A preset without a run folder is trained first, for that many epochs, and its C is written anew. What cannot
be had (data, a compiler, room in the emulated machine) is its row's reason. Rows of the same C and as many
samples are kept, so that a stopped call goes on where it was. After every core, it writes
`benchmarks/results/mcu_presets.json`, and from it the table of `docs/mcus-presets.md`.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from edgeml import presets
from edgeml.errors import EdgemlError
from edgeml.files import write_atomic
from edgeml.tools import run as run_tool

CORES = ("cortex-m0", "cortex-m4", "cortex-m7", "cortex-m33", "cortex-m55", "riscv32")
RESULTS = Path(__file__).parent / "results/mcu_presets.json"
PAGE = Path(__file__).parents[1] / "docs/mcus-presets.md"
BEGIN = "<!-- What follows is written by `make mcu-presets`. -->\n"
_SECONDS = 7200.0

Rows = dict[str, dict[str, Any]]
"""By preset: what holds for all cores, and under "cores" the row of each."""


def command(*words: str | Path) -> Any:
    """The JSON document of a command of edgeml, however it ends.

    Raises:
        EdgemlError: it printed none; its last line.
    """
    with tempfile.TemporaryDirectory() as name:
        log = Path(name) / "log"
        program = [sys.executable, "-m", "edgeml", *words, "--json"]
        output = run_tool(program, Path.cwd(), log, _SECONDS, check=False).output
    try:
        return json.loads(output[output.index("{") : output.rindex("}") + 1])
    except ValueError:
        lines = [line.strip() for line in output.splitlines() if line.strip()]
        told = next((line for line in lines if "error" in line), lines[-1] if lines else "printed nothing")
        raise EdgemlError(told, f"edgeml {words[0]}") from None


def prepared(name: str, run: Path, epochs: int) -> dict[str, Any]:
    """The C of a run, which is trained if there is none: what it is known again by."""
    if not (run / "graph.json").is_file():
        command("train", name, "--epochs", str(epochs), "--out", run)
    command("export", run, "--to", "c")
    return {"source": sha256((run / "c/src/model.c").read_bytes()).hexdigest()}


def checked(run: Path, core: str, samples: int) -> dict[str, Any]:
    """The row of a core."""
    document = command("check", run, "--with", core, "--samples", str(samples))
    row = next(one for one in document["results"] if one["backend"] == core)
    kept = ("status", "samples", "synthetic", "mismatches", "reason", "seconds")
    return {"asked": samples, "day": f"{datetime.now(UTC):%Y-%m-%d}"} | {key: row[key] for key in kept}


def cell(row: Mapping[str, Any] | None) -> str:
    """A core's result in the table."""
    if row is None:
        return "-"
    if row["status"] == "exact":
        return f"exact, {row['samples']:,} + {row['synthetic']:,}, {row['seconds']:.0f} s"
    return str(row["status"])


def page(rows: Rows) -> str:
    """The tables."""
    lines = [
        "| preset | " + " | ".join(CORES) + " |",
        "| --- |" + " --- |" * len(CORES),
    ]
    notes: list[str] = []
    for name, row in sorted(rows.items()):
        cores = row.get("cores", {})
        lines.append(f"| {name} | " + " | ".join(cell(cores.get(core)) for core in CORES) + " |")
        reasons = {core: one["reason"] for core, one in cores.items() if one["status"] != "exact"}
        reasons |= {"all": row["reason"]} if row.get("reason") else {}
        # Without the remedy and the log's path, which are of one machine.
        notes += [f"- {name}, {core}: {reason.partition(' (')[0]}" for core, reason in reasons.items()]
    return "\n".join([*lines, *([""] if notes else []), *notes]) + "\n"


def write(rows: Rows) -> None:
    """Keep the rows and write the page anew."""
    write_atomic(RESULTS, json.dumps(rows, indent=1, sort_keys=True) + "\n")
    head = PAGE.read_text(encoding="utf-8").partition(BEGIN)[0]
    write_atomic(PAGE, f"{head}{BEGIN}\n{page(rows)}")


def main() -> None:
    """Check what is not there yet, row by row."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="where the run folders are")
    parser.add_argument("--presets", default=",".join(presets.names()), help="some of them")
    parser.add_argument("--cores", default=",".join(CORES), help="some of them")
    parser.add_argument("--samples", type=int, default=10_000, help="most test samples of each")
    parser.add_argument("--epochs", type=int, default=2, help="training of presets without a run folder")
    args = parser.parse_args()
    rows: Rows = json.loads(RESULTS.read_text()) if RESULTS.is_file() else {}
    for name in args.presets.split(","):
        run = args.runs / name
        try:
            fresh = prepared(name, run, args.epochs)
        except EdgemlError as error:
            rows[name] = {"reason": str(error)}
            write(rows)
            continue
        same = rows.get(name, {}).get("source") == fresh["source"]
        rows[name] = fresh | {"cores": rows[name]["cores"] if same else {}}
        for core in args.cores.split(","):
            if rows[name]["cores"].get(core, {}).get("asked", -1) >= args.samples:
                continue
            print(f"{name} on {core}", file=sys.stderr, flush=True)
            try:
                rows[name]["cores"][core] = checked(run, core, args.samples)
            except EdgemlError as error:
                rows[name]["cores"][core] = {"asked": args.samples, "status": "not run", "reason": str(error)}
            write(rows)


if __name__ == "__main__":
    main()
