"""Figures of presets over folds and seeds, float beside quantized and fixed-point, with their intervals.

    python -m benchmarks.repeated --runs /tmp/repeated --jobs 2      # writes docs/benchmarks-presets.md

A training that is done stays in the folder of runs, so an interrupted measurement goes on. The page has the
plans that are complete there.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from benchmarks import emulation
from edgeml import presets
from edgeml.pipeline.repeats import RepeatPlan, repeat
from edgeml.training.repeats import FILE, MODELS, RepeatFigure, Repeats, RepeatSpread, spread
from edgeml.training.train import train

PAGE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks-presets.md"


@dataclass(frozen=True)
class Measurement:
    """A preset, how it is repeated, and the figures that are stated."""

    preset: str
    folds: int
    seeds: int
    figures: tuple[str, ...] = ("accuracy", "balanced_accuracy")


PLANS = (
    Measurement("iris_mlp", 5, 10),
    Measurement("cancer_mlp", 5, 10),
    Measurement("diabetes_mlp", 5, 3, ("r2", "rmse")),
    Measurement("digits_mlp", 0, 5),
    Measurement("digits_cnn", 0, 5),
    Measurement("pulse_mlp", 0, 5),
)


def measure(plan: Measurement, folder: Path, jobs: int) -> None:
    """Train what is missing."""
    preset = presets.load(plan.preset)
    train(preset, folder, presets.choose(preset))
    repeat(RepeatPlan(plan.preset, folder, folds=plan.folds, seeds=plan.seeds, jobs=jobs), _tell)


def _tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def lines(plan: Measurement, repeats: Repeats) -> Iterator[str]:
    """A line of the table by figure."""
    known = {figure.name: figure for figure in repeats.figures}
    for figure in (known[name] for name in plan.figures if name in known):
        by_model = [spread(repeats.rows, figure.name, model) for model in MODELS]
        cells = [_cell(one, figure) for one in by_model]
        cells.append(_cell(spread(repeats.rows, figure.name, "fixed", "float"), figure, signed=True))
        how = f"{plan.folds} folds, " if plan.folds else ""
        yield f"| {plan.preset} | {how}{plan.seeds} seeds | {figure.title} | {' | '.join(cells)} |"


def _cell(values: RepeatSpread | None, figure: RepeatFigure, signed: bool = False) -> str:
    """Mean and standard deviation, and the interval of the mean."""
    if values is None:
        return "-"
    factor, form = (100, ".2f") if figure.kind == "share" else (1, ".3f")
    form = f"+{form}" if signed else form
    text = f"{values.mean * factor:{form}} ± {(values.deviation or 0) * factor:{form.lstrip('+')}}"
    interval = values.shown_interval(figure.kind, signed)
    if interval is None:
        return text
    return f"{text} ({interval[0] * factor:{form}} to {interval[1] * factor:{form}})"


def page(done: list[tuple[Measurement, Repeats]]) -> str:
    """The text of the page."""
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in ("tensorflow", "keras", "qkeras-v3"))
    head = (
        "# Presets over folds and seeds",
        "",
        f"Written by `python -m benchmarks.repeated` on {datetime.now(UTC).date()}: {emulation.cpu()},",
        f"{len(os.sched_getaffinity(0))} cores, {platform.platform()}; Python {platform.python_version()}, "
        f"{versions}.",
        "",
        "| preset | repeated | figure | float32 | QAT | fixed-point | fixed-point less float32 |",
        "|---|---|---|---|---|---|---|",
    )
    tail = (
        "",
        "Each cell: mean ± standard deviation over the trainings, in brackets the 95 % interval of the mean;",
        "shares in percent. Seeds are 0 to n - 1. With folds every sample is tested once by seed, and the",
        "interval is that of other samples (Nadeau and Bengio, 2003); with seeds alone it is that of",
        "initial weights and order on the same test part ([training](training.md)). The difference is taken",
        "training by training.",
        "",
    )
    return "\n".join((*head, *(line for plan, repeats in done for line in lines(plan, repeats)), *tail))


def main() -> None:
    """Measure what is asked for and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", nargs="*", help="presets to measure; all if left out")
    arguments = parser.parse_args()
    done = []
    for plan in PLANS:
        folder = arguments.runs / plan.preset
        if arguments.only is None or plan.preset in arguments.only:
            measure(plan, folder, arguments.jobs)
        if (folder / FILE).is_file():
            repeats = Repeats.read(folder / FILE)
            if repeats.complete and (repeats.folds, repeats.seeds) == (plan.folds, plan.seeds):
                done.append((plan, repeats))
    PAGE.write_text(page(done), encoding="utf-8")


if __name__ == "__main__":
    main()
