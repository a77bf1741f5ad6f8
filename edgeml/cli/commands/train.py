"""`edgeml train`: float baseline, quantization-aware model, exact graph; folds and seeds of it."""

from __future__ import annotations

from typing import Annotated

import typer

from edgeml.cli import steps
from edgeml.cli.console import ERR, print_json, print_next
from edgeml.cli.options import (
    EpochsOption,
    JsonOption,
    OutOption,
    OverwriteOption,
    PresetArgument,
    SeedOption,
    SetOption,
    StrictOption,
)
from edgeml.quoting import shell

FoldsOption = Annotated[
    int,
    typer.Option("--folds", help="Train again on so many folds of the data, 3 or more; mean and spread."),
]
SeedsOption = Annotated[
    int, typer.Option("--seeds", help="Train again from so many seeds, of every fold if there are folds.")
]
JobsOption = Annotated[int, typer.Option("--jobs", help="Folds and seeds trained at a time.")]


def command(
    preset: PresetArgument,
    out: OutOption = None,
    epochs: EpochsOption = None,
    seed: SeedOption = None,
    settings: SetOption = None,
    folds: FoldsOption = 0,
    seeds: SeedsOption = 1,
    jobs: JobsOption = 1,
    strict: StrictOption = False,
    overwrite: OverwriteOption = False,
    json: JsonOption = False,
) -> None:
    """Train a preset and lower it to the exact graph. Goes on where an interrupted run stopped.

    With --folds or --seeds the same training is repeated in RUN/folds and RUN/seeds, and its spread reported.
    """
    from edgeml import pipeline

    place = steps.folder_of(preset, out)
    plan = pipeline.RepeatPlan(
        preset, place, tuple(settings or []), seed, epochs, folds, seeds, jobs, strict, overwrite
    )
    plan.check()
    record = None
    with steps.at_work(place):
        run = steps.train(preset, place, settings or [], seed, epochs, strict, overwrite)
        if folds or seeds > 1:
            with steps.working("repeat") as tell:
                record = pipeline.repeat(plan, tell)
    if record is not None:
        from edgeml.cli.repeat_rows import facts_of, repeat_rows

        for row in repeat_rows(record):
            ERR.print(row)
    if json:
        document = {"run": str(run.folder), "graph": run.graph().digest}
        print_json(document if record is None else {**document, "repeats": facts_of(record)})
    else:
        folder = shell(str(run.folder))
        print_next(f"edgeml export {folder} --to onnx,qonnx,hls4ml && edgeml check {folder}")
