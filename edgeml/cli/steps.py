"""The steps of a run on the terminal: a progress bar or a line during a step, a table after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from rich.markup import escape

from edgeml.cli.bands import Bands
from edgeml.cli.console import ERR, progress, say
from edgeml.cli.front_rows import front_lines
from edgeml.errors import EdgemlError
from edgeml.locks import locked

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

    from edgeml.checks.result import Check, Result
    from edgeml.pipeline import Exported, RepeatPlan
    from edgeml.report.facts import Facts
    from edgeml.runs import Run
    from edgeml.training.progress import EpochRow
    from edgeml.training.repeats import Repeats

_STYLES = {
    "exact": "[green]exact[/]",
    "mismatch": "[bold red]MISMATCH[/]",
    "announced": "[yellow]as announced[/]",
    "not-run": "[yellow]not run[/]",
    "failed": "[bold red]FAILED[/]",
}


class TrainingBars:
    """Progress of training as one bar per phase."""

    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._task: TaskID | None = None
        self._done = 0

    def phase(self, name: str, epochs: int, done: int) -> None:
        """Start a bar."""
        if self._task is not None:
            self._bars.remove_task(self._task)
        self._done = done
        title = {"float": "float baseline", "qat": "quantization-aware"}.get(name, name)
        self._task = self._bars.add_task(title, total=epochs, completed=done, detail="")

    def advance(self, fraction: float) -> None:
        """Move it within an epoch."""
        if self._task is not None:
            self._bars.update(self._task, completed=self._done + fraction)

    def epoch(self, row: EpochRow) -> None:
        """Move it to the end of an epoch."""
        self._done = row.epoch
        if self._task is not None:
            detail = f"loss {row.loss:.4f}  {row.shown}"
            self._bars.update(self._task, completed=row.epoch, detail=detail)


@contextmanager
def training_bars() -> Iterator[TrainingBars]:
    """Bars for `edgeml.training.train.train`."""
    with progress() as bars:
        yield TrainingBars(bars)


@contextmanager
def working(title: str) -> Iterator[Callable[[str], None]]:
    """A spinner with a text that names the current work."""
    with ERR.status(f"{title} ...") as status:
        yield lambda what: status.update(f"{title}: {what} ...")


@contextmanager
def at_work(folder: Path) -> Iterator[None]:
    """Lock a run folder; at an interrupt, print which files are kept in it."""
    with locked(folder):
        try:
            yield
        except (KeyboardInterrupt, SystemExit):
            with suppress(OSError):  # the terminal may be gone
                say(f"\nkept in {escape(str(folder))}: {', '.join(_kept_files(folder)) or 'nothing yet'}")
            raise


@contextmanager
def alone(run: Path) -> Iterator[Run]:
    """The run of that folder or name, locked and then loaded; at an interrupt, print which files are kept."""
    from edgeml import api

    with at_work(api.load(run).folder):
        yield api.load(run)


def _kept_files(folder: Path) -> Iterator[str]:
    """The complete files of a run folder or a study, in the order in which they were made."""
    names = {
        "float.keras": "the float baseline",
        ".training.npz": "the training up to its last epoch",
        "model.keras": "the trained model",
        "graph.json": "the exact graph",
        "onnx": "onnx",
        "hls4ml": "hls4ml",
        "verilog": "verilog",
        "c": "c",
        "check.json": "check.json",
        "report.html": "the report",
        "base/float.keras": "the study's float baseline",
        "study.db": "the trials that ended",
        "trials": "the trainings that were begun",
    }
    for name, what in names.items():
        if (folder / name).exists():
            yield what


@contextmanager
def refusing(backend: str, refused: dict[str, str]) -> Iterator[None]:
    """Turn a back end's error into a noted reason, so that the others are still written."""
    try:
        yield
    except EdgemlError as error:
        refused[backend] = error.beside(backend)


def folder_of(preset: str, out: Path | None) -> Path:
    """The run folder of a preset."""
    from edgeml import presets

    return out or Path("runs") / presets.load(preset).name


def worker_folder_of(preset: str, out: Path | None, settings: Sequence[str]) -> Path:
    """The run folder of this process among the workers of a training; that of the preset for the first.

    Raises:
        EdgemlError: a setting does not fit, or the strategy needs a TF_CONFIG that is wrong.
    """
    from edgeml import presets
    from edgeml.training.cluster import place_of

    folder = folder_of(preset, out)
    if presets.choose(presets.load(preset), settings).training.strategy != "multiworker":
        return folder
    return place_of().folder(folder)


def train(
    preset: str,
    folder: Path,
    settings: Sequence[str],
    seed: int | None,
    epochs: int | None,
    strict: bool = False,
    overwrite: bool = False,
) -> Run:
    """Train with bars, lower, and print the folder of the run, which the caller has locked."""
    from edgeml import pipeline, presets

    chosen = presets.load(preset)
    choices = presets.choose(chosen, settings, seed, epochs)
    with working("loading TensorFlow"):
        from edgeml.training.replicas import replicas_of
        from edgeml.training.small.collapse import refuse_constant
        from edgeml.training.task import with_task
        from edgeml.training.train import train as train_preset
    with working("waiting for the devices of the training"):
        replicas = replicas_of(choices.training)  # before TensorFlow has chosen them itself
    choices, reason = with_task(chosen, choices)
    if reason:
        ERR.print(f"task: {choices.data.task.replace('_', '-')} ({escape(reason)})")
    with training_bars() as bars:
        run = train_preset(chosen, folder, choices, bars, strict, overwrite, replicas)
    with working("lowering"):
        graph = pipeline.lower(run, strict)
        refuse_constant(run, graph)
    for row in (*data_rows(run), *inexact_rows(run), *front_lines(run)):
        ERR.print(row)
    ERR.print(f"[green]trained[/] {escape(graph.name)} in {escape(str(run.folder))}")
    return run


def repeated(plan: RepeatPlan) -> Repeats | None:
    """Train the folds and seeds of a plan whose run is trained, and print their spread; None without any."""
    from edgeml import pipeline
    from edgeml.cli.repeat_rows import repeat_rows

    if not plan.folds and plan.seeds == 1:
        return None
    with working("repeat") as tell:
        record = pipeline.repeat(plan, tell)
    for row in repeat_rows(record):
        ERR.print(row)
    return record


def data_rows(run: Run) -> Iterator[str]:
    """The assumptions about a user's own data file: its split, and numbers that became classes."""
    from edgeml import datasets
    from edgeml.runs import RANDOM

    source = run.config.data.dataset
    if source == RANDOM:
        yield "[yellow]data[/] none are given: random samples, drawn evenly from the input's type"
    elif source not in datasets.names() and (note := run.data().dataset.note):
        yield f"[yellow]data[/] {escape(source)}: {escape(note)}"
    if axes := run.config.data.axes:
        yield f"[yellow]data[/] a sample's axes are taken in the order {escape(str(list(axes)))}: data.axes"


def taken_rows(run: Run) -> Iterator[Bands]:
    """The types of a configuration of hls4ml, and what became of each; nothing if there was none."""
    stated = run.config.importing.taken if run.config.importing else ()
    if stated:
        cells = [
            [
                escape(row.layer or "(others)"),
                row.tensor,
                escape(row.type),
                escape(row.origin),
                f"[green]used[/] {escape(row.remark)}".rstrip() if row.used else escape(row.remark),
            ]
            for row in stated
        ]
        yield Bands(("layer", "tensor", "type", "stated in", "what became of it"), cells, texts=(3, 4))


def inexact_rows(run: Run) -> Iterator[Bands | str]:
    """The notes of the lowering, and the differences measured; nothing for a graph without notes."""
    from edgeml.keras.notes import Notes

    notes = Notes.read(run.notes_file)
    if notes.not_compared:
        yield f"[yellow]not compared[/] with its own framework: {escape(notes.not_compared)}"
    layers: dict[tuple[str, bool], list[str]] = {}
    for note in notes.notes:
        layers.setdefault((note.text, note.exact), []).append(note.layer)
    for (text, exact), names in layers.items():  # steps of a recurrent layer share one line
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        yield f"{'note:' if exact else '[yellow]not exact[/]'} {escape(names[0] + more)}: {escape(text)}"
    if notes.differences and not any(row.differing for row in notes.differences):
        samples = notes.differences[0].samples
        yield f"[green]exact[/] {escape(notes.source)} gives the same integers on {samples} samples"
    elif notes.differences:
        yield Bands(
            ("layer", "samples", "integers", f"differ from {notes.source}", "max LSB", "from float64"),
            [
                [
                    escape(r.layer),
                    str(r.samples),
                    str(r.elements),
                    str(r.differing),
                    f"{r.max_lsb:.3g}",
                    "-" if r.double is None else str(r.double),
                ]
                for r in notes.differences
            ],
        )
        double = [row.layer for row in notes.differences if row.differing and row.double is not None]
        if double:
            yield f"compared in float64 too: {escape(', '.join(double))}"


def exported_table(rows: Sequence[Exported]) -> Bands:
    """A table of back ends with their files or reasons."""
    cells = [
        [row.backend, str(row.files) if row.files else "-", escape(row.reason) or "[green]written[/]"]
        for row in rows
    ]
    return Bands(("back end", "files", "result"), cells, texts=(2,))


def check_table(check: Check) -> Bands:
    """A table of executors with status and detail."""
    cells = [[r.backend, _STYLES[r.state], *_figures(r), _result_text(r)] for r in check.results]
    heads = ("executor", "integers", "real + synthetic", "differ", "max LSB", "seconds", "remark")
    return Bands(heads, cells, texts=(6,))


def samples_of(result: Result) -> str:
    """Real samples, and the synthetic ones apart from them."""
    return f"{result.samples} + {result.synthetic}" if result.synthetic else str(result.samples)


def _figures(result: Result) -> list[str]:
    if result.status == "not-run":
        return ["-", "-", "-", "-"]
    return [samples_of(result), str(result.mismatches), str(result.max_abs_lsb), f"{result.seconds:.2f}"]


def _result_text(result: Result) -> str:
    if result.first is None:
        return escape(result.remark)
    return escape("; ".join(filter(None, [f"first: {result.first}", result.remark])))


def absent_sections(facts: Facts) -> bool:
    """Print each section that the report lacks, with its reason; True if there is one."""
    for section, reason in facts.failed.items():
        say(f"[yellow]not in the report:[/] {section}: {escape(reason)}")
    return bool(facts.failed)
