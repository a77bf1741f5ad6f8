"""Figures of the search, in one go: `python -m benchmarks.explore`, about ten minutes on two idle cores.

    overhead    the search's own share of the time of the trials
    speed       trials per hour of two processes beside one, and whether both end with the same front
    front       whether a trial has at most half the preset's LUTs within half a point of its accuracy
    opening     the time of the command that shows a study of 100,000 made-up trials

Wall times are of this machine and of what else it does: the load is printed beside them.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from edgeml.explore.record import FILE, StudyRecord
from edgeml.tools import run as run_tool
from tests.explore.made_up import many_rows, question, record_of, write_study

_WORDS = ("explore", "digits_mlp", "--board", "pynq-z2", "--max-accuracy-loss", "0.5")
_PAIR_TRIALS = 72


def main() -> int:
    """0 if all figures are within their bounds."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.explore")
    parser.add_argument("--folder", type=Path, help="for the studies; a temporary one by default")
    parser.add_argument("--trials", type=int, default=60)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = args.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        rows = [*_whole(folder, args.trials), *_pair(folder), *_opening(folder)]
    for name, figure, bound, holds in rows:
        sys.stdout.write(f"{name:<44} {figure:<28} {bound:<22} {'holds' if holds else 'MISSED'}\n")
    sys.stdout.write(f"load {', '.join(f'{one:.1f}' for one in os.getloadavg())} on {os.cpu_count()} cores\n")
    return 0 if all(holds for *_, holds in rows) else 1


_Figure = tuple[str, str, str, bool]


def _edgeml(folder: Path, *words: str) -> float:
    """The wall seconds of a command, which may exit with 1 for want of a front."""
    began = time.monotonic()
    run_tool([sys.executable, "-m", "edgeml", *words], folder, folder / "log.txt", 4 * 3600, check=False)
    return time.monotonic() - began


def _study(folder: Path, name: str, trials: int, jobs: int) -> tuple[StudyRecord, float]:
    place = folder / name
    seconds = _edgeml(folder, *_WORDS, "--trials", str(trials), "--jobs", str(jobs), "--out", str(place))
    return StudyRecord.read(place / FILE), seconds


def _whole(folder: Path, trials: int) -> list[_Figure]:
    record, seconds = _study(folder, "whole", trials, 2)
    share = record.search_seconds / record.trial_seconds
    own = record.own
    assert own is not None
    beating = [
        row.number
        for row in record.front
        if row.figures["lut"].value <= 0.5 * own.figures["lut"].value
        and row.figures["accuracy"].value >= own.figures["accuracy"].value - 0.5
    ]
    return [
        (
            f"{trials} trials of digits_mlp, --jobs 2",
            f"{seconds / 60:.1f} min",
            "under 20 min",
            seconds < 1200,
        ),
        ("the search's own share of trial time", f"{share:.1%}", "below 5 %", share < 0.05),
        ("half the LUTs within 0.5 points", f"trials {beating}", "at least one", bool(beating)),
    ]


def _pair(folder: Path) -> list[_Figure]:
    (one, alone), (two, both) = (_study(folder, f"jobs{jobs}", _PAIR_TRIALS, jobs) for jobs in (1, 2))
    plain = {"seconds"}
    fronts = [[row.model_dump(exclude=plain) for row in record.front] for record in (one, two)]
    return [
        (
            "trials per hour, two processes over one",
            f"{alone / both:.2f}",
            "at least 1.7",
            alone >= 1.7 * both,
        ),
        (
            "fronts of the two",
            "equal" if fronts[0] == fronts[1] else "differ",
            "equal",
            fronts[0] == fronts[1],
        ),
    ]


def _opening(folder: Path) -> list[_Figure]:
    place = folder / "many"
    place.mkdir(exist_ok=True)
    request = question()
    write_study(place, record_of(request, many_rows(request, 100_000)))
    seconds = _edgeml(folder, "explore", str(place))
    return [("opening 100,000 made-up trials", f"{seconds:.1f} s", "under 3 s", seconds < 3)]


if __name__ == "__main__":
    sys.exit(main())
