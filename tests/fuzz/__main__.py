"""`python -m tests.fuzz`: as many attempts as wanted, or a saved failure again."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from rich.progress import Progress

from tests.fuzz.campaign import JOINT_TURNS, Outcome, graph_campaign, joint_campaign
from tests.fuzz.case import EXACT, DifferenceError, replay
from tests.fuzz.emulated import attempt_on_cores
from tests.fuzz.models import model_campaign
from tests.importers.campaign import KINDS, campaign


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
    args = parser.parse_args()
    # The qonnx package runs a graph node by node and takes its time.
    wanted = {
        "onnx": args.graphs,
        "qonnx": args.graphs // 10,
        "hls4ml": args.hls4ml,
        "verilog": args.verilog,
        "c": args.c,
    }
    failed = False
    with tempfile.TemporaryDirectory(prefix="edgeml-fuzz-cache-") as cache, Progress(transient=True) as bars:
        os.environ["EDGEML_CACHE"] = cache
        for name, count in wanted.items():
            if not count:
                continue
            task = bars.add_task(name, total=None)
            start = time.perf_counter()
            attempts = joint_campaign if name in JOINT_TURNS else graph_campaign
            outcome = attempts(name, count, args.seed, lambda t=task: bars.advance(t))
            failed |= _told(name, outcome, count, args, time.perf_counter() - start)
        if args.mcus:
            task = bars.add_task("mcus", total=args.mcus)
            start = time.perf_counter()
            tell = lambda: bars.advance(task)  # noqa: E731  # the task's bar
            outcome = graph_campaign("c", args.mcus, args.seed, tell, attempt_on_cores)
            failed |= _told("c on emulated cores", outcome, args.mcus, args, time.perf_counter() - start)
        if args.models:
            task = bars.add_task("models", total=args.models)
            start = time.perf_counter()
            outcome = model_campaign(args.models, args.seed, lambda: bars.advance(task))
            failed |= _told("keras", outcome, args.models, args, time.perf_counter() - start)
        for kind in KINDS if args.imports else ():
            count = max(args.imports // 10, 1) if kind == "tflite" else args.imports
            task = bars.add_task(kind, total=count)
            start = time.perf_counter()
            found = campaign(kind, range(args.seed, args.seed + count), lambda t=task: bars.advance(t))
            lines = [line for line in found.lines if " rounded " not in line]
            counted = ", ".join(f"{number} {verdict}" for verdict, number in sorted(found.counts.items()))
            seconds = time.perf_counter() - start
            sys.stdout.write(
                "\n".join([f"import of {kind}: {counted}; seed {args.seed}, {seconds:.0f} s", *lines, ""])
            )
            failed |= not found.right
    return 1 if failed else 0


def _told(name: str, outcome: Outcome, count: int, args: argparse.Namespace, seconds: float) -> bool:
    verdicts = ", ".join(f"{number} {verdict}" for verdict, number in sorted(outcome.counts.items()))
    sys.stdout.write(f"{name}: {verdicts or 'nothing run'}; seed {args.seed}, {seconds:.0f} s\n")
    if outcome.failure is not None:
        folder = outcome.failure.save(args.out)
        sys.stdout.write(f"  {outcome.failure.message}\n  replay: python -m tests.fuzz replay {folder}\n")
        return True
    if outcome.counts[EXACT] < count:
        sys.stdout.write(f"  only {outcome.counts[EXACT]} of {count} could be run\n")
        return True
    return False


def _replay(folder: Path) -> int:
    try:
        sys.stdout.write(f"{replay(folder)}\n")
    except DifferenceError as error:
        sys.stdout.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
