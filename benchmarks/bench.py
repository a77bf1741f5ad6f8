"""`make bench`: exact emulation against float32 ONNX Runtime and against hls4ml, in one run; kept in docs/.

Writes docs/benchmarks.json (what was measured) and docs/benchmarks.md (the same, to be read). Nothing here is
a test: times depend on the machine, and the machine is stated.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from benchmarks import emulation, hls4ml_peer

DOCS = Path(__file__).resolve().parent.parent / "docs"

_TEXT = """# Benchmarks

Written by `make bench` on {when}: {cpu}, {cores} cores, {system}; Python {python}, edgeml {edgeml},
ONNX Runtime {onnxruntime}, hls4ml {hls4ml}, NumPy {numpy}. All sides run in one process on the same machine, the two ONNX
Runtime sides in turn, {rounds} rounds; medians. Weights are random with the spread of trained ones; speed does not
depend on them.

## Emulation, per sample

| network | samples | edgeml, exact | float32 ONNX Runtime, same topology | edgeml / float32 | hls4ml {hls4ml} `predict` | hls4ml / edgeml |
|---|---|---|---|---|---|---|
{speed}

Times in microseconds per sample. hls4ml's side is its own `compile()` and `predict()` of the same fixed-point graph; its
integers were equal to the reference's ({exact}).

## From the graph to the first prediction

| network | edgeml | hls4ml | hls4ml / edgeml |
|---|---|---|---|
{ready}

edgeml builds the exact ONNX model and a session; hls4ml writes C++ and compiles it with `g++`.

The float32 side is the same topology with float32 weights in plain ONNX (Gemm or Conv, ReLU, MaxPool), with the better of
one batch and edgeml's batch size. `benchmarks/emulation.py` and `benchmarks/hls4ml_peer.py` are what ran.
"""


def main() -> int:
    """Measure and write both files; 1 if an emulation was not exact."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--samples", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--hls4ml-samples", type=int, default=1000)
    args = parser.parse_args()
    rows: list[dict[str, Any]] = []
    for graph, io_type in ((emulation.mnist_mlp(), "io_parallel"), (emulation.mnist_cnn(), "io_stream")):
        sys.stderr.write(f"{graph.name} ...\n")
        ours = emulation.measure(graph, args.samples, args.rounds, threads=0)
        peer = hls4ml_peer.measure(graph, io_type, args.hls4ml_samples)
        rows.append({**asdict(ours), "hls4ml": asdict(peer)})
    about = {
        "when": datetime.now(UTC).date().isoformat(),
        "cpu": emulation.cpu(),
        "cores": len(os.sched_getaffinity(0)),
        "system": platform.platform(),
        "python": platform.python_version(),
        "rounds": args.rounds,
        **{name: metadata.version(name) for name in ("edgeml", "onnxruntime", "hls4ml", "numpy")},
    }
    (DOCS / "benchmarks.json").write_text(
        json.dumps({"about": about, "rows": rows}, indent=1) + "\n", encoding="utf-8"
    )
    (DOCS / "benchmarks.md").write_text(_page(about, rows), encoding="utf-8")
    sys.stdout.write((DOCS / "benchmarks.md").read_text(encoding="utf-8"))
    return 0 if all(row["hls4ml"]["exact"] for row in rows) else 1


def _page(about: dict[str, Any], rows: list[dict[str, Any]]) -> str:
    speed = [
        f"| {r['network']} | {r['samples']} (hls4ml {r['hls4ml']['samples']}, {r['hls4ml']['io_type']}) | {r['exact_us']:.1f} | "
        f"{r['float_us']:.1f} | {r['ratio']:.2f} | {r['hls4ml']['predict_us']:.0f} | {r['hls4ml']['predict_us'] / r['exact_us']:.0f} |"
        for r in rows
    ]
    ready = [
        f"| {r['network']} | {r['ready_ms']:.0f} ms | {r['hls4ml']['ready_s']:.1f} s | "
        f"{r['hls4ml']['ready_s'] / r['ready_ms'] * 1e3:.0f} |"
        for r in rows
    ]
    exact = "yes" if all(r["hls4ml"]["exact"] for r in rows) else "NOT in every case"
    return _TEXT.format(**about, speed="\n".join(speed), ready="\n".join(ready), exact=exact)


if __name__ == "__main__":
    sys.exit(main())
