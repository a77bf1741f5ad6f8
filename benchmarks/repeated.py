"""Figures of presets over folds and seeds, float beside quantized and fixed-point, with their intervals.

    python -m benchmarks.repeated --runs /tmp/repeated --jobs 2      # writes docs/benchmarks-presets.md

A training that is done stays in the folder of runs, so an interrupted measurement goes on. The page gets the
plans that are complete there, and keeps its rows of all others, each with its date.
"""

from __future__ import annotations

import argparse
import platform
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from benchmarks import emulation
from edgeml import pipeline, presets
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
    figures: tuple[str, ...] = ("accuracy",)

    @property
    def folder(self) -> str:
        """Its folder of runs."""
        return f"{self.preset}-{self.folds}-folds" if self.folds else self.preset

    @property
    def how(self) -> str:
        """The repetition in a few words: "5 folds, 10 seeds"."""
        return f"{self.folds} folds, {self.seeds} seeds" if self.folds else f"{self.seeds} seeds"


PLANS = (
    Measurement("iris_mlp", 5, 10),
    Measurement("cancer_mlp", 5, 10),
    Measurement("iris_mlp", 0, 5),
    Measurement("cancer_mlp", 0, 5),
    Measurement("digits_mlp", 0, 5),
    Measurement("digits_cnn", 0, 3),
    Measurement("digits_gru", 0, 3),
    Measurement("digits_learned", 0, 3),
    Measurement("mnist_mlp", 0, 2),
    Measurement("mnist_cnn", 0, 2),
    Measurement("mnist_512", 0, 2),
    Measurement("fashion_cnn", 0, 3),
    Measurement("cifar10_grey_cnn", 0, 3),
    Measurement("magic_mlp", 0, 3),
    Measurement("nsl_kdd_mlp", 0, 3),
    Measurement("pulse_mlp", 0, 5),
    Measurement("ecg_cnn", 0, 5),
    Measurement("pulse_flags_cnn", 0, 3, ("accuracy", "all_right")),
    Measurement("diabetes_mlp", 0, 5, ("r2", "rmse")),
    Measurement("ecg_autoencoder", 0, 5, ("mse",)),
)


def measure(plan: Measurement, folder: Path, jobs: int) -> None:
    """Train what is missing."""
    preset = presets.load(plan.preset)
    run = train(preset, folder, presets.choose(preset))
    if not run.graph_file.is_file():
        pipeline.lower(run)
    repeat(RepeatPlan(plan.preset, folder, folds=plan.folds, seeds=plan.seeds, jobs=jobs), _tell)


def _tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def lines(plan: Measurement, repeats: Repeats, day: str) -> Iterator[str]:
    """A line of the table by figure."""
    known = {figure.name: figure for figure in repeats.figures}
    for figure in (known[name] for name in plan.figures if name in known):
        by_model = [spread(repeats.rows, figure.name, model) for model in MODELS]
        cells = [_cell(one, figure) for one in by_model]
        cells.append(_cell(spread(repeats.rows, figure.name, "fixed", "float"), figure, signed=True))
        yield f"| {plan.preset} | {plan.how} | {figure.title} | {' | '.join(cells)} | {day} |"


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


def page(rows: Sequence[str]) -> str:
    """The text of the page."""
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in ("tensorflow", "keras", "qkeras-v3"))
    head = (
        "# Presets over folds and seeds",
        "",
        f"Written by `python -m benchmarks.repeated`: {emulation.cpu()}, one thread (`OMP_NUM_THREADS=1`), "
        f"{platform.platform()};",
        f"Python {platform.python_version()}, {versions}.",
        "",
        "| preset | repeated | figure | float32 | QAT | fixed-point | fixed-point less float32 | measured |",
        "|---|---|---|---|---|---|---|---|",
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
    return "\n".join((*head, *rows, *tail))


def main() -> None:
    """Measure what is asked for and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", nargs="*", help="presets to measure; all if left out")
    arguments = parser.parse_args()
    earlier = PAGE.read_text(encoding="utf-8").splitlines()
    rows: list[str] = []
    for plan in PLANS:
        folder = arguments.runs / plan.folder
        if arguments.only is None or plan.preset in arguments.only:
            measure(plan, folder, arguments.jobs)
        rows += _complete(plan, folder) or [
            line for line in earlier if line.startswith(f"| {plan.preset} | {plan.how} |")
        ]
    PAGE.write_text(page(rows), encoding="utf-8")


def _complete(plan: Measurement, folder: Path) -> list[str]:
    """Its lines if it was measured there as it is planned."""
    file = folder / FILE
    if not file.is_file():
        return []
    repeats = Repeats.read(file)
    if not repeats.complete or (repeats.folds, repeats.seeds) != (plan.folds, plan.seeds):
        return []
    return list(lines(plan, repeats, f"{datetime.fromtimestamp(file.stat().st_mtime, UTC):%Y-%m-%d}"))


if __name__ == "__main__":
    main()
