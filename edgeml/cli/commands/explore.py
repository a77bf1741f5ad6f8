"""`edgeml explore`: search for designs that keep limits, and make one of them a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.markup import escape

from edgeml.cli import explore_rows, steps
from edgeml.cli import names as names_
from edgeml.cli.console import ERR, OUT, print_json, print_next
from edgeml.cli.options import (
    ClusterOption,
    EpochsOption,
    GpusOption,
    JsonOption,
    OverwriteOption,
    SetOption,
    comma_list,
    gpus_of,
    named,
)
from edgeml.errors import EdgemlError
from edgeml.quoting import shell

if TYPE_CHECKING:
    from edgeml.explore.record import StudyRecord
    from edgeml.explore.request import StudyRequest

_STUDY = "study.json"


def _limit(flag: str, text: str) -> typer.models.OptionInfo:
    return typer.Option(flag, help=text)


def command(
    preset: Annotated[
        str,
        typer.Argument(
            help="A preset, your own file.py, or the folder of a study.",
            autocompletion=names_.begin_so(names_.presets),
        ),
    ],
    board: Annotated[str, named("--board", "A board; the preset's by default.", names_.boards)] = "",
    mcu: Annotated[str, named("--mcu", "A microcontroller instead of a board.", names_.mcus)] = "",
    design: Annotated[str, named("--design", "verilog or hls4ml.", names_.designs)] = "",
    max_accuracy_loss: Annotated[
        str | None, _limit("--max-accuracy-loss", "Points that may be lost against float: 0.5.")
    ] = None,
    max_latency: Annotated[str | None, _limit("--max-latency", "Time of a sample: 500ns, 5us.")] = None,
    max_interval: Annotated[
        str | None, _limit("--max-interval", "Time from one sample to the next: 100ns.")
    ] = None,
    max_lut: Annotated[str | None, _limit("--max-lut", "LUTs: 12000, or 60% of the board's.")] = None,
    max_ff: Annotated[str | None, _limit("--max-ff", "Flip-flops, likewise.")] = None,
    max_dsp: Annotated[str | None, _limit("--max-dsp", "DSP blocks, likewise.")] = None,
    max_bram: Annotated[str | None, _limit("--max-bram", "Memory blocks, likewise.")] = None,
    max_flash: Annotated[str | None, _limit("--max-flash", "Flash of a microcontroller: 64k, 50%.")] = None,
    max_ram: Annotated[str | None, _limit("--max-ram", "RAM, likewise.")] = None,
    max_instructions: Annotated[
        str | None, _limit("--max-instructions", "Instructions per sample: 200k.")
    ] = None,
    objectives: Annotated[
        str,
        named(
            "--objectives",
            "What is minimized, accuracy maximized; accuracy,lut or accuracy,flash by default.",
            explore_rows.metrics,
            several=True,
        ),
    ] = "",
    trials: Annotated[int, typer.Option("--trials", help="Trials in all.")] = 60,
    jobs: Annotated[int, typer.Option("--jobs", help="Processes at a time.")] = 1,
    cluster: ClusterOption = "",
    gpus: GpusOption = 1.0,
    sampler: Annotated[
        Literal["tpe", "nsga2", "nsga3"], typer.Option("--sampler", help="Optuna's way to choose trials.")
    ] = "tpe",
    generation: Annotated[int, typer.Option("--generation", help="Trials that are chosen at a time.")] = 12,
    knobs: Annotated[
        str,
        named("--knobs", "What is turned; all that apply by default.", explore_rows.knobs, several=True),
    ] = "",
    ranges: Annotated[
        list[str] | None,
        named(
            "--range",
            "weight_bits=2:6, or a list: clock=50,100.",
            explore_rows.range_begins,
            metavar="KNOB=RANGE",
        ),
    ] = None,
    settings: SetOption = None,
    epochs: EpochsOption = None,
    seed: Annotated[int, typer.Option("--seed", help="Seed of training and search.")] = 0,
    storage: Annotated[
        str,
        typer.Option("--storage", help="Optuna's storage; a SQLite file in the study's folder by default."),
    ] = "",
    confirm: Annotated[
        Literal["synth"] | None, typer.Option("--confirm", help="Synthesize the front as well.")
    ] = None,
    pick: Annotated[str, typer.Option("--pick", help="Make a trial a run folder: knee, or its number.")] = "",
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", help="Folder of the study, runs/PRESET-explore by default; with --pick, of the run."
        ),
    ] = None,
    overwrite: OverwriteOption = False,
    json: JsonOption = False,
) -> None:
    """Search for designs that keep limits of resources, time and accuracy, and are beaten by no other.

    Sizes, bits per layer, layout, reuse, clock and pruning are turned; designs are judged by their exact
    integers. Goes on where an interrupted search stopped. STUDY/explore.html has the front, --pick makes a
    trial a run.
    """
    limits = {
        "accuracy_loss": max_accuracy_loss,
        "latency": max_latency,
        "interval": max_interval,
        "lut": max_lut,
        "ff": max_ff,
        "dsp": max_dsp,
        "bram": max_bram,
        "flash": max_flash,
        "ram": max_ram,
        "instructions": max_instructions,
    }
    if (Path(preset) / _STUDY).is_file():
        _opened(Path(preset), pick, out, storage, overwrite, json)
        return
    if pick:
        raise EdgemlError("is not the folder of a study", preset, "explore first, then pick from its folder")
    for flag, number, least in (
        ("--trials", trials, 1),
        ("--jobs", jobs, 1),
        ("--generation", generation, 2),
    ):
        if number < least:
            raise EdgemlError(f"{number} is too few", flag, f"use {least} or more")
    from edgeml import presets
    from edgeml._version import __version__
    from edgeml.explore import knob as knobs_
    from edgeml.explore.knob import ChoiceBounds
    from edgeml.explore.request import Sampler, StudyRequest, check_objectives, limits_of
    from edgeml.explore.target import ExploreTarget

    chosen = presets.load(preset)
    for text in ranges or []:
        ChoiceBounds.parse(text)
    named_knobs = comma_list(knobs, "--knobs") if knobs else []
    for name in named_knobs:
        knobs_.load(name)
    target = ExploreTarget.of(board, mcu, design, presets.choose(chosen, settings or []).targets.board)
    request = StudyRequest(
        preset=preset,
        settings=tuple(settings or []),
        seed=seed,
        epochs=epochs,
        target=target.kind,
        target_name=target.name,
        design=target.design,
        objectives=check_objectives(comma_list(objectives, "--objectives") if objectives else [], target),
        limits=limits_of(limits, target),
        sampler=Sampler(sampler),
        generation=generation,
        ranges=tuple(ranges or []),
        knobs=tuple(named_knobs),
        edgeml=__version__,
        code=chosen.digest,
    )
    place = out or Path("runs") / f"{chosen.name}-explore"
    record = _searched(
        request, place, trials, jobs, (cluster, gpus_of(gpus)), storage, confirm is not None, overwrite
    )
    _show(record, place, json)
    if not record.front:
        raise typer.Exit(1)


def _searched(
    request: StudyRequest,
    place: Path,
    trials: int,
    jobs: int,
    cluster: tuple[str, float],
    storage: str,
    confirm: bool,
    overwrite: bool,
) -> StudyRecord:
    """Search with a live table."""
    from edgeml.explore.engine import explore

    with steps.at_work(place), explore_rows.live_table(trials) as view:
        return explore(request, place, trials, jobs, storage, confirm, overwrite, view, *cluster)


def _opened(root: Path, pick: str, out: Path | None, storage: str, overwrite: bool, json: bool) -> None:
    """Show a study that is there, or make one of its trials a run."""
    from edgeml.explore.record import FILE, StudyRecord

    if not pick:
        _show(StudyRecord.read(root / FILE), root, json)
        return
    from edgeml.explore.engine import picked
    from edgeml.explore.pick import chosen_row, train_line
    from edgeml.explore.request import StudyRequest

    row = chosen_row(root, pick, storage)
    place = out or root.with_name(f"{root.name}-{row.number}")
    with steps.at_work(root), steps.working(f"trial {row.number}") as tell:
        run = picked(root, row, place, overwrite, lambda line: tell(line) if line else None)
    request = StudyRequest.read(root / _STUDY)
    if json:
        print_json(
            {
                "run": str(run.folder),
                "graph": run.graph().digest,
                "trial": row.number,
                "above": row.excess,
                "command": train_line(request, row),
            }
        )
        return
    ERR.print(f"[green]trial {row.number}[/] of {escape(str(root))} in {escape(str(place))}")
    for line in explore_rows.above(row):
        ERR.print(line)
    OUT.print(f"the same from the preset: {train_line(request, row)}", markup=False, soft_wrap=True)
    print_next(explore_rows.next_steps(request, row, place))


def _show(record: StudyRecord, root: Path, json: bool) -> None:
    """Print the front."""
    if json:
        print_json(explore_rows.document(record, root))
        return
    from edgeml.explore.differences import sentence

    OUT.print(explore_rows.front_table(record))
    OUT.print(f"{escape(sentence(record))}.")
    OUT.print(f"[dim]{escape(explore_rows.times(record))}[/]")
    OUT.print(f"page: {escape(str(root / 'explore.html'))}")
    if record.knee is not None:
        print_next(f"edgeml explore {shell(str(root))} --pick knee")
