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
from edgeml._version import __version__

DOCS = Path(__file__).resolve().parent.parent / "docs"

PAGE = Path(__file__).with_name("page.md")
"""The text around the figures."""


def main() -> int:
    """Measure and write both files; 1 if an emulation was not exact."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--samples", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--hls4ml-samples", type=int, default=1000)
    args = parser.parse_args()
    rows: list[dict[str, Any]] = []
    networks = (
        (emulation.mnist_mlp(), "io_parallel", args.samples),
        (emulation.mnist_mlp(8), "", args.samples),
        (emulation.mnist_cnn(), "io_stream", args.samples),
        (emulation.ad01(), "", args.samples),
        (emulation.resnet8(), "", max(1, args.samples // 16)),
    )
    for graph, io_type, samples in networks:
        sys.stderr.write(f"{graph.name} ...\n")
        peer = asdict(hls4ml_peer.measure(graph, io_type, args.hls4ml_samples)) if io_type else None
        for threads in (1, 0):  # hls4ml has one; 0 is ONNX Runtime's default, all cores
            ours = emulation.measure(graph, samples, args.rounds, threads)
            rows.append({**asdict(ours), "threads": threads, "hls4ml": peer})
    about = {
        "when": datetime.now(UTC).date().isoformat(),
        "cpu": emulation.cpu(),
        "cores": len(os.sched_getaffinity(0)),
        "system": platform.platform(),
        "python": platform.python_version(),
        "load": f"{os.getloadavg()[1]:.1f}",
        "rounds": args.rounds,
        "edgeml": __version__,
        **{name: metadata.version(name) for name in ("onnxruntime", "hls4ml", "numpy")},
    }
    (DOCS / "benchmarks.json").write_text(
        json.dumps({"about": about, "rows": rows}, indent=1) + "\n", encoding="utf-8"
    )
    (DOCS / "benchmarks.md").write_text(_page(about, rows), encoding="utf-8")
    sys.stdout.write((DOCS / "benchmarks.md").read_text(encoding="utf-8"))
    return 0 if all(row["hls4ml"]["exact"] for row in rows if row["hls4ml"]) else 1


def _page(about: dict[str, Any], rows: list[dict[str, Any]]) -> str:
    speed: list[str] = []
    ready: list[str] = []
    single: list[str] = []
    for row in rows:
        peer, threads = row["hls4ml"], row["threads"] or "all cores"
        ours = f"{row['exact_us']:.2f} | {row['float_us']:.2f} | {row['ratio']:.2f} | {row['int8_us']:.2f}"
        theirs = f"{peer['predict_us']:.0f} | {peer['predict_us'] / row['exact_us']:.0f}" if peer else "- | -"
        speed.append(f"| {row['network']} | {threads} | {row['samples']} | {ours} | {theirs} |")
        one = f"{row['single_us']:.1f} | {row['single_float_us']:.1f} | {row['single_ratio']:.2f}"
        single.append(f"| {row['network']} | {threads} | {one} |")
        if row["threads"] == 1 and peer:
            first = peer["ready_s"] / row["ready_ms"] * 1e3
            ready.append(
                f"| {row['network']} | {row['ready_ms']:.0f} ms | {peer['ready_s']:.1f} s | {first:.0f} |"
            )
    exact = "yes" if all(row["hls4ml"]["exact"] for row in rows if row["hls4ml"]) else "NOT in every case"
    text = PAGE.read_text(encoding="utf-8")
    return text.format(
        **about, speed="\n".join(speed), single="\n".join(single), ready="\n".join(ready), exact=exact
    )


if __name__ == "__main__":
    sys.exit(main())
