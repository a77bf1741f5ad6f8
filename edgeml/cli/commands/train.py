"""`edgeml train`: float baseline, quantization-aware model, exact graph; folds and seeds of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.markup import escape

from edgeml.cli import steps
from edgeml.cli.console import ERR, OUT, print_json, print_next
from edgeml.cli.front_rows import front_facts, front_table
from edgeml.cli.options import (
    ClusterOption,
    EpochsOption,
    FoldsOption,
    GpusOption,
    JobsOption,
    JsonOption,
    OutOption,
    OverwriteOption,
    PresetArgument,
    SeedOption,
    SeedsOption,
    SetOption,
    StrictOption,
    gpus_of,
)
from edgeml.cli.pruning_rows import pruning_table
from edgeml.quoting import shell

if TYPE_CHECKING:
    from edgeml.runs import Run
    from edgeml.training.small.pruning_record import PruningSensitivity

FrontOption = Annotated[
    bool,
    typer.Option("--front", help="List the checkpoints of learned widths or pruning that no other beats."),
]
PickOption = Annotated[
    int,
    typer.Option(
        "--pick",
        min=0,
        help="Make checkpoint N of a run's front a run of its own, in RUN-N by default; PRESET is that run.",
    ),
]
FindOption = Annotated[
    bool,
    typer.Option(
        "--find-lr", help="Only look for learning rates: a range test, RUN/find-lr.html, a --set line."
    ),
]
SensitivityOption = Annotated[
    bool,
    typer.Option(
        "--pruning-sensitivity",
        help="Prune each layer of the trained model alone, by shares: accuracies, and the report's chart.",
    ),
]
StrategyOption = Annotated[
    Literal["single", "mirrored", "multiworker"] | None,
    typer.Option(
        "--strategy",
        help="mirrored: this machine's devices; multiworker: TF_CONFIG; training.strategy says the same.",
    ),
]


def command(
    preset: PresetArgument,
    out: OutOption = None,
    epochs: EpochsOption = None,
    seed: SeedOption = None,
    settings: SetOption = None,
    folds: FoldsOption = 0,
    seeds: SeedsOption = 1,
    jobs: JobsOption = 1,
    cluster: ClusterOption = "",
    gpus: GpusOption = 1.0,
    strategy: StrategyOption = None,
    find_lr: FindOption = False,
    front: FrontOption = False,
    pick: PickOption = 0,
    pruning_sensitivity: SensitivityOption = False,
    strict: StrictOption = False,
    overwrite: OverwriteOption = False,
    json: JsonOption = False,
) -> None:
    """Train a preset and lower it to the exact graph. Goes on where an interrupted run stopped.

    With --folds or --seeds the same training is repeated in RUN/folds and RUN/seeds, and its spread reported.
    """
    from edgeml import pipeline

    settings = [*(settings or []), *([f"training.strategy={strategy}"] if strategy else [])]
    if pick:
        _picked(preset, pick, out, overwrite, json)
        return
    if front:
        _check_front(preset, settings, epochs)

    place = steps.worker_folder_of(preset, out, settings)
    if find_lr:
        _test_rates(preset, place, settings, seed, json)
        return
    plan = pipeline.RepeatPlan(
        preset,
        place,
        tuple(settings),
        seed,
        epochs,
        folds,
        seeds,
        jobs,
        strict,
        overwrite,
        cluster,
        gpus_of(gpus),
    )
    plan.check()
    with steps.at_work(place):
        run = steps.train(preset, place, settings, seed, epochs, strict, overwrite)
        record = steps.repeated(plan)
        pruned = _measure_pruning(run) if pruning_sensitivity else None
    if json:
        from edgeml.cli.repeat_rows import facts_of

        document = {"run": str(run.folder), "graph": run.graph().digest}
        document |= front_facts(run) if front else {}
        document |= {"pruning": pruned.model_dump(mode="json", by_alias=True)} if pruned else {}
        print_json(document if record is None else {**document, "repeats": facts_of(record)})
        return
    for table in front_table(run) if front else ():
        OUT.print(table)
    if pruned is not None:
        OUT.print(pruning_table(pruned))
    _go_on(run)


def _measure_pruning(run: Run) -> PruningSensitivity:
    """Measure the sensitivity to pruning, with a line for every layer."""
    from edgeml.training.small.sensitivity import measure_pruning

    with steps.working("pruning layers") as tell:
        return measure_pruning(run, tell)


def _test_rates(preset: str, place: Path, settings: list[str], seed: int | None, json: bool) -> None:
    """Test learning rates, and print what the test suggests."""
    from edgeml import pipeline, presets
    from edgeml.cli.rate_rows import rate_facts, rate_rows

    chosen = presets.load(preset)
    with steps.at_work(place), steps.working("testing learning rates"):
        tests = pipeline.find_learning_rates(chosen, presets.choose(chosen, settings, seed), place)
    if json:
        print_json({"page": str(place / "find-lr.html"), "tests": rate_facts(tests)})
        return
    for row in rate_rows(tests):
        OUT.print(row)
    lines = [f"--set {test.setting}={test.suggestion:g}" for test in tests if test.suggestion is not None]
    if lines:
        print_next(f"edgeml train {shell(preset)} {' '.join(lines)}")


def _go_on(run: Run) -> None:
    folder = shell(str(run.folder))
    print_next(f"edgeml export {folder} --to onnx,qonnx,hls4ml && edgeml check {folder}")


def _check_front(preset: str, settings: list[str], epochs: int | None) -> None:
    """Refuse a front of one point before anything is trained."""
    from edgeml import presets

    chosen = presets.load(preset)
    with steps.working("loading TensorFlow"):
        from edgeml.training.small.pick import check_front
    check_front(chosen, presets.choose(chosen, settings, epochs=epochs))


def _picked(source: str, number: int, out: Path | None, overwrite: bool, json: bool) -> None:
    """Make a checkpoint a run, and lower it."""
    from edgeml import pipeline
    from edgeml.runs import Run

    run = Run.find(source)
    with steps.working("loading TensorFlow"):
        from edgeml.training.small.pick import pick
    place = out or run.folder.with_name(f"{run.folder.name}-{number}")
    with steps.at_work(place):
        picked_run = pick(run, number, place, overwrite)
        with steps.working("lowering"):
            graph = pipeline.lower(picked_run)
    if json:
        print_json({"run": str(picked_run.folder), "graph": graph.digest})
    else:
        ERR.print(f"[green]checkpoint {number}[/] of {escape(str(run.folder))} in {escape(str(place))}")
        _go_on(picked_run)
