"""`python -m tests.fuzz`: as many attempts as wanted, or a saved failure again."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.progress import Progress

from edgeml.errors import EdgemlError
from edgeml.pipeline.cluster_pool import ClusterPool
from tests.fuzz.case import DifferenceError, replay
from tests.fuzz.shares import CORES, MODELS, FuzzShare, ShareResult
from tests.importers.campaign import KINDS


def main() -> int:
    """0 if nothing differed, 1 otherwise."""
    if sys.argv[1:2] == ["replay"]:
        return _replay(Path(sys.argv[2]))
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument(
        "--graphs", type=int, default=1000, help="random graphs in ONNX Runtime; a tenth of them in qonnx"
    )
    parser.add_argument("--models", type=int, default=50, help="random QKeras models")
    parser.add_argument("--hls4ml", type=int, default=10, help="random graphs as compiled hls4ml projects")
    parser.add_argument("--verilog", type=int, default=10, help="random graphs as simulated Verilog")
    parser.add_argument("--mcus", type=int, default=0, help="random graphs as C on emulated cores")
    parser.add_argument("--c", type=int, default=400, help="random graphs as compiled C, many at once")
    parser.add_argument(
        "--imports",
        type=int,
        default=50,
        help="random QONNX and QDQ models through the importers; a tenth as many of TensorFlow Lite",
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("fuzz-failures"))
    parser.add_argument(
        "--cluster", default="", help="Ray cluster whose machines have this source tree on their PYTHONPATH"
    )
    parser.add_argument("--parts", type=int, default=8, help="with --cluster: shares of each campaign")
    args = parser.parse_args()
    # The qonnx package runs a graph node by node and takes its time.
    counts = {
        "onnx": args.graphs,
        "qonnx": args.graphs // 10,
        "hls4ml": args.hls4ml,
        "verilog": args.verilog,
        "c": args.c,
        CORES: args.mcus,
        MODELS: args.models,
    } | {kind: max(args.imports // 10, 1) if kind == "tflite" else args.imports for kind in KINDS}
    if not args.imports:
        counts |= dict.fromkeys(KINDS, 0)
    shares = [
        FuzzShare(args.out.resolve(), kind, count, args.seed) for kind, count in counts.items() if count
    ]
    failed = False
    for result in _on_cluster(args.cluster, args.parts, shares) if args.cluster else _here(shares):
        verdicts = ", ".join(f"{number} {verdict}" for verdict, number in sorted(result.counts.items()))
        name = f"import of {result.kind}" if result.kind in KINDS else result.kind
        sys.stdout.write(f"{name}: {verdicts or 'nothing run'}; seed {args.seed}, {result.seconds:.0f} s\n")
        for line in result.lines:
            sys.stdout.write(f"  {line.replace('FAILURES', str(args.out))}\n")
        failed |= result.failed
    return 1 if failed else 0


def _here(shares: Sequence[FuzzShare]) -> Iterator[ShareResult]:
    """The results one after the other, with a bar for each."""
    with Progress(transient=True) as bars:
        for share in shares:
            task = bars.add_task(share.kind, total=share.count if share.kind in KINDS else None)
            yield share.run(lambda _, t=task: bars.advance(t))


def _on_cluster(address: str, parts: int, shares: Sequence[FuzzShare]) -> Iterator[ShareResult]:
    """The results of shares on a cluster, as they are done.

    Raises:
        EdgemlError: it cannot be used, or a share was given up.
    """
    jobs = [part for share in shares for part in share.shared_out(parts)]
    with ClusterPool(address) as pool:
        for _, result in pool.results(jobs):
            if isinstance(result, EdgemlError):
                raise result
            yield result


def _replay(folder: Path) -> int:
    try:
        sys.stdout.write(f"{replay(folder)}\n")
    except DifferenceError as error:
        sys.stdout.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except EdgemlError as error:
        sys.exit(str(error))
