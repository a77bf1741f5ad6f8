"""`edgeml run`: train, export, check and report."""

from __future__ import annotations

import typer

from edgeml import backends
from edgeml.cli import steps
from edgeml.cli.console import ERR, OUT
from edgeml.cli.options import (
    BoardOption,
    EpochsOption,
    FoldsOption,
    JobsOption,
    JsonOption,
    OutOption,
    OverwriteOption,
    PresetArgument,
    SamplesOption,
    SeedOption,
    SeedsOption,
    SetOption,
    StrictOption,
    ToOption,
    comma_list,
    without_none,
)


def command(
    preset: PresetArgument,
    out: OutOption = None,
    epochs: EpochsOption = None,
    seed: SeedOption = None,
    to: ToOption = "all",
    board: BoardOption = None,
    samples: SamplesOption = 0,
    settings: SetOption = None,
    folds: FoldsOption = 0,
    seeds: SeedsOption = 1,
    jobs: JobsOption = 1,
    strict: StrictOption = False,
    overwrite: OverwriteOption = False,
    json: JsonOption = False,
) -> None:
    """Train, export, check and report. Goes on where an interrupted run stopped.

    With --folds or --seeds the training is repeated before the report, which has its spread.

    Exits with 1 if an integer differs, or if a back end that was named cannot be written.
    """
    from edgeml import pipeline
    from edgeml.estimate import Ledger

    names = list(backends.names()) if to == "all" else comma_list(to, "--to")
    for name in names:
        backends.load(name)
    place = steps.folder_of(preset, out)
    plan = pipeline.RepeatPlan(
        preset, place, tuple(settings or []), seed, epochs, folds, seeds, jobs, strict, overwrite
    )
    plan.check()
    with steps.at_work(place):
        run = steps.train(preset, place, plan.settings, seed, epochs, strict, overwrite)
        steps.repeated(plan)
        shortcuts = without_none({"board": board})
        with steps.working("export") as tell:
            rows = pipeline.export(run, names, pipeline.target_settings(run, {"hls4ml": shortcuts}), tell)
        ERR.print(steps.exported_table(rows))
        with steps.working("check") as tell:
            result = pipeline.check(run, samples=samples, tell=tell)
        ERR.print(steps.check_table(result))
        with steps.working("report") as tell:
            facts = pipeline.report(run, Ledger.of_user(), tell)
        failed = steps.absent_sections(facts)
    if json:
        OUT.file.write(run.report_file("json").read_text(encoding="utf-8"))
    else:
        for line in facts.headline():
            OUT.print(line)
        OUT.print(f"report: {run.report_file('html')}")
    unwritten = to != "all" and any(row.reason for row in rows if row.backend in names)
    if unwritten or failed or not result.ok:
        raise typer.Exit(1)
