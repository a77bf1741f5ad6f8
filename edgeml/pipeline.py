"""A run from end to end: train, lower, export, check, report, each step on the files of the run folder.

Every step reads what the step before it wrote and writes its own files atomically, so a run that was
killed goes on with the same command.

Invariant: `check` and `report` see the files in the folder as they are, never fresh copies.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import wraps
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from edgeml import backends
from edgeml.boards.target import BoardTarget, TargetRequest, resolve
from edgeml.checks import bound, exported
from edgeml.checks import golden as vectors
from edgeml.checks.artefacts import check_folder
from edgeml.checks.board import Wiring
from edgeml.checks.earlier import merged, prints, stamped
from edgeml.checks.exported import Exported
from edgeml.checks.result import Check
from edgeml.errors import EdgemlError
from edgeml.files import FileSet, write_atomic
from edgeml.locks import locked
from edgeml.runs import Run

if TYPE_CHECKING:
    from edgeml.boards import Board
    from edgeml.checks.source import Reader
    from edgeml.estimate import Ledger, Preflight
    from edgeml.figures import Hardware
    from edgeml.importers import SourceModel
    from edgeml.ir import Graph
    from edgeml.report.comparison.facts import Comparison
    from edgeml.report.facts import Facts
    from edgeml.synth.request import Request
    from edgeml.vendor import Unread

GOLDEN_SAMPLES = 10_000
"""Test samples kept in golden.npz; the whole test set of MNIST."""

Tell = Callable[[str], None]
"""A function that is called with a line about each step that begins."""


def _quiet(what: str) -> None:
    del what


_Rest = ParamSpec("_Rest")
_Result = TypeVar("_Result")


def _alone(step: Callable[Concatenate[Run, _Rest], _Result]) -> Callable[Concatenate[Run, _Rest], _Result]:
    """A step that holds the lock of the run folder, on the run as read after taking the lock."""

    @wraps(step)
    def alone(run: Run, *args: _Rest.args, **kwargs: _Rest.kwargs) -> _Result:
        with locked(run.folder):
            return step(Run.open(run.folder), *args, **kwargs)

    return alone


@dataclass(frozen=True)
class Synthesis:
    """The result of a synthesis.

    Args:
        folder: RUN/synth/BOARD.
        hardware: the figures; None if no tool here gives any for the board.
        project: the vendor's project; None for open boards.
        not_run: why the vendor's tool did not run; "" if it did.
        notes: of the project.
        preflight: the estimate before any tool ran, with the chosen layout.
    """

    folder: Path
    hardware: Hardware | None
    project: Path | None = None
    not_run: str = ""
    notes: tuple[str, ...] = ()
    preflight: Preflight | None = None


@_alone
def lower(run: Run, strict: bool = False) -> Graph:
    """Lower the trained or imported model; write graph.json, graph.npz, notes.json, golden.npz, trained.json.

    Args:
        run: a trained run, or an imported one.
        strict: refuse what cannot be exact instead of noting it.

    Raises:
        EdgemlError: the model cannot be lowered or, if strict, not exactly; names the layer. Or config.toml
            was changed since training; says what.
        MissingToolError: TensorFlow or QKeras is not installed.
    """
    bound.bind(run)
    graph = _lower(run, strict)
    data = run.data()
    labels = data.y_test[:GOLDEN_SAMPLES] if data.class_names else None
    golden = vectors.make(graph, data.x_test[:GOLDEN_SAMPLES], labels)
    vectors.save(golden, run.golden_file)
    return graph


def _lower(run: Run, strict: bool) -> Graph:
    if run.config.imported:
        from edgeml.importers.run import lower_import

        return lower_import(run, strict)
    from edgeml.keras.run import lower_run

    return lower_run(run, strict)


@_alone
def export(
    run: Run,
    names: Sequence[str],
    settings: Mapping[str, Mapping[str, Any]],
    tell: Tell = _quiet,
    refused: Mapping[str, str] = MappingProxyType({}),
) -> list[Exported]:
    """Emit the run's graph into the run folder; the float models as well where "onnx" is among the back ends.

    A golden.npz of an older edgeml gets its synthetic vectors.

    What can be written is written. What cannot is a row with the reason and the remedy; the reasons are
    kept in RUN/export.json, where `check` and `report` find them.

    Args:
        run: a trained and lowered run.
        names: of back ends.
        settings: options by back end.
        tell: called with a line about each step that begins.
        refused: back ends that are known not to give what was asked for, with the reason.

    Returns:
        One row per back end and float model.

    Raises:
        EdgemlError: an unknown back end or option (nothing is written then), or a folder that cannot be
            written.
    """
    graph = run.graph()
    if run.golden_file.is_file():
        golden = vectors.read(run.golden_file, graph)
        if golden.synthetic is None:
            vectors.save(vectors.with_synthetic(golden, graph), run.golden_file)
    chosen = {name: backends.load(name) for name in names}
    options = {name: backend.options(settings.get(name, {})) for name, backend in chosen.items()}
    rows: list[Exported] = []
    by_folder: dict[str, FileSet] = {}
    for name, backend in chosen.items():
        tell(name)
        reason = refused.get(name) or exported.why_not(backend, graph, options[name])
        if reason:
            rows.append(Exported(name, 0, reason))
            continue
        try:
            files = backend.emit(graph, options[name])
        except EdgemlError as error:
            rows.append(Exported(name, 0, str(error)))
            continue
        by_folder[backend.folder] = by_folder.get(backend.folder, FileSet()).merged(files)
        rows.append(Exported(name, len(files)))
    for folder, files in by_folder.items():
        # A folder of its own is replaced whole; the onnx folder is shared and also holds the float models.
        if folder == run.onnx.name:
            files.write(run.folder / folder)
        else:
            files.replace(run.folder / folder)
    if "onnx" in names and run.float_file.exists():
        rows += _export_float(run, tell)
    exported.keep(run.folder, graph, rows)
    return rows


def _export_float(run: Run, tell: Tell) -> list[Exported]:
    """The float baseline as ONNX, and its int8 QDQ form calibrated on training samples.

    Both are there to be compared with; one that cannot be made is a row with the reason.
    """
    from edgeml.backends.onnx.int8 import quantize_int8
    from edgeml.keras.float_onnx import float_onnx
    from edgeml.keras.load import load_model

    tell("float baseline")
    try:
        plain = float_onnx(load_model(run.float_file))
    except EdgemlError as error:
        return [Exported(name, 0, str(error)) for name in ("float", "int8")]
    write_atomic(run.onnx / "float.onnx", plain)
    rows = [Exported("float", 1)]
    tell("int8 baseline")
    try:
        quantized = quantize_int8(plain, run.data().x_train)
    except EdgemlError as error:
        return [*rows, Exported("int8", 0, str(error))]
    write_atomic(run.onnx / "int8.onnx", quantized)
    return [*rows, Exported("int8", 1)]


def target_settings(
    run: Run, changes: Mapping[str, Mapping[str, Any]], assignments: Sequence[str] = ()
) -> dict[str, dict[str, Any]]:
    """Options of the back ends: `changes` and `--set` over the run's targets over the board's own.

    Raises:
        EdgemlError: as for `Run.settings`.
    """
    return run.settings(changes, assignments)[1]


def clock_for(
    run: Run, board: Board, clock_mhz: float | None, settings: Mapping[str, Any] | None = None
) -> BoardTarget:
    """The target of `synth`: the requested clock, else the run's, else the board's.

    Args:
        run: whose targets count.
        board: the target.
        clock_mhz: `--clock`.
        settings: options of the Verilog back end. A clock among them is the vendor's tool's as well; for
            open tools it is that of the stages alone.
    """
    own = (settings or {}).get("clock_mhz")
    return resolve(
        TargetRequest(board, clock_mhz if own is None or board.flow.is_open else own), run.target_request
    )


@_alone
def check(
    run: Run,
    names: Sequence[str] = ("all",),
    samples: int = 0,
    tell: Tell = _quiet,
    wiring: Wiring | None = None,
) -> Check:
    """Run the artefacts in the folder, compare integers, write check.json.

    What was checked earlier, is not checked now and lies there unchanged keeps its row in check.json.

    Args:
        run: an exported run.
        names: which checks, see `edgeml.checks.artefacts.choices`.
        samples: how many test samples; 0 for as many as each executor takes by default.
        tell: called with a line about each step that begins.
        wiring: a board's port, or the log of one.

    Returns:
        What was run now, without those earlier rows.

    Raises:
        EdgemlError: an unknown check, or damaged vectors.
    """
    graph = run.graph()
    golden = vectors.read(run.golden_file, graph)
    there = prints(run.folder, graph, golden)  # before the runners start: files changed meanwhile keep no row
    earlier: Check | None = None
    if run.check_file.is_file():
        with suppress(EdgemlError):  # rows of a damaged file cannot be kept
            earlier = Check.read(run.check_file)
    earlier_coverage = earlier.coverage if earlier is not None else None
    model_file, source = (run.model_file, None) if run.is_keras else (None, _source(run))
    result_ = check_folder(
        run.folder,
        graph,
        golden,
        names,
        samples,
        model_file,
        tell,
        wiring,
        earlier=earlier_coverage,
        source=source,
        lowering=run.config.lowering,
    )
    result = whole = stamped(result_, there)
    if earlier is not None:
        whole = merged(earlier, result, there)
    whole.write(run.check_file)
    return result


def _source(run: Run) -> Reader:
    """Reads the run's imported file again."""

    def read() -> tuple[SourceModel, str]:
        from edgeml.importers.run import read_again

        return read_again(run).model, run.model_digest()

    return read


@_alone
def synth(
    run: Run, board: Board, request: Request, ledger: Ledger, tell: Tell = _quiet, say: Tell = _quiet
) -> Synthesis:
    """Synthesize the run's Verilog for a board; an open board ends in a bitstream.

    Args:
        run: a lowered run.
        board: the target.
        request: clock, last step, seed, what the layout has to meet.
        ledger: earlier results, which narrow the estimate; what the tools count is added to it.
        tell: called with a line about each step that begins.
        say: called, before any tool runs, with lines on the fit, the chosen layout and a quicker one.

    Raises:
        EdgemlError: the model does not fit, no layout meets the goal, an integer differs, or a tool failed;
            names the log.
        MissingToolError: a tool is missing.
    """
    from edgeml.boards import Flow
    from edgeml.estimate import record
    from edgeml.synth import flow
    from edgeml.synth.read import best
    from edgeml.synth.request import Vectors
    from edgeml.synth.vendors import projects

    graph = run.graph()
    golden = vectors.read(run.golden_file, graph)
    folder = run.folder / "synth" / board.name
    tell("estimate")
    golden_vectors = Vectors(golden.inputs, golden.expected)
    built_for = clock_for(run, board, request.clock_mhz, request.settings)
    steps = flow.SynthesisFlow(
        graph, golden_vectors, board, folder, replace(request, clock_mhz=built_for.clock_mhz), ledger, tell
    )
    for line in (*steps.preflight.lines(), steps.hint()):
        say(line)
    hardware = steps.run(tell)
    if board.flow not in (Flow.VIVADO, Flow.VITIS, Flow.QUARTUS) or request.until is not None:
        return Synthesis(folder, hardware, preflight=steps.preflight)
    tell(f"{board.flow.value} project")
    codes = (golden.inputs, golden.expected)
    done = projects.vendor_project(folder / "verilog", board, folder, *codes, seconds=request.seconds)
    notes = done.notes
    if done.hardware:
        hardware = best(done.hardware)
        hardware.write(folder / flow.RESULT)
        try:
            record(graph, board, hardware, steps.job.options, ledger)
        except EdgemlError as error:
            notes = (*notes, f"Not kept in the ledger: {error}.")
    return Synthesis(folder, hardware, done.project, done.not_run, notes, steps.preflight)


@_alone
def read_reports(
    run: Run, directory: Path, board: Board, ledger: Ledger, skip: Sequence[str] = ()
) -> tuple[list[Hardware], list[str], tuple[Unread, ...]]:
    """File a vendor tool's reports under the run; what they say of the network alone goes into the ledger.

    Args:
        run: a lowered run.
        directory: where the reports lie, at any depth.
        board: which board they are of.
        ledger: where they are kept.
        skip: names of files to leave out.

    Returns:
        All figures; why some are not kept in the ledger, a sentence each; and the reports that could not be
        read.

    Raises:
        EdgemlError: no report can be read, or one is of something else; nothing is written then.
    """
    from edgeml.estimate import record
    from edgeml.synth.read import best, file_reports

    graph = run.graph()
    rows, unread = file_reports(run.folder, directory, board.name, graph.name, graph.digest, skip)
    lines: list[str] = []
    for design in ("hls4ml", "verilog"):
        mine = [row for row in rows if row.design == design and row.total.present()]
        try:
            if mine:
                chosen = best([row for row in mine if row.alone] or mine)
                record(graph, board, chosen, _laid_out(run, chosen, board, directory), ledger)
        except EdgemlError as error:
            lines.append(f"Not kept in the ledger: {error}.")
    return rows, lines, unread


def _laid_out(run: Run, row: Hardware, board: Board, directory: Path) -> dict[str, Any]:
    """The options that the artefact behind some figures was written with, from its manifest.

    Raises:
        EdgemlError: there is none, or it does not state them.
    """
    from edgeml.backends.hls4ml.manifest import Hls4mlManifest
    from edgeml.synth.read import verilog_manifest
    from edgeml.synth.vendors.network import options

    if row.design == "hls4ml":
        return Hls4mlManifest.read(run.hls4ml).settings(str(run.hls4ml))
    manifest = verilog_manifest(run.folder, board.name, directory, row)
    written_with = options(manifest) if manifest is not None else None
    if written_with is None:
        raise EdgemlError("does not state the options of the project", str(directory), "export again")
    return written_with


@_alone
def report(
    run: Run,
    ledger: Ledger,
    tell: Tell = _quiet,
    folder: Path | None = None,
    boards: Sequence[Board] = (),
) -> Facts:
    """Write report.json, report.md and report.html from what lies in the run folder.

    Args:
        run: what it is about.
        ledger: earlier results of tools, which narrow the estimates.
        tell: called with a line about each step that begins.
        folder: where it is written; the run folder by default.
        boards: to compare its designs on; none: those it was made for, and a few of each kind.

    Raises:
        EdgemlError: a file is missing or damaged.
        MissingToolError: the report's packages are not installed.
    """
    from edgeml.report import write
    from edgeml.report.collect import collect

    tell("collecting facts")
    facts = collect(run, tell, boards, ledger)
    tell("drawing")
    write(facts, folder or run.folder)
    return facts


def compare(
    runs: Sequence[Run],
    folder: Path,
    ledger: Ledger,
    tell: Tell = _quiet,
    boards: Sequence[Board] = (),
) -> Comparison:
    """Write comparison.json, comparison.md and comparison.html of several runs.

    A run whose report is older than what it is made of, or lacks a board, gets a new one first.

    Args:
        runs: at least two.
        folder: where it is written.
        ledger: earlier results of tools, which narrow the estimates.
        tell: called with a line about each step that begins.
        boards: to compare on: the first that all runs have figures for.

    Raises:
        EdgemlError: a run is named twice, or its report cannot be made.
        MissingToolError: the report's packages are not installed.
    """
    from edgeml.report import render_comparison
    from edgeml.report.comparison import compare as comparing

    folders = [run.folder.resolve() for run in runs]
    for run, place in zip(runs, folders, strict=True):
        if folders.count(place) > 1:
            raise EdgemlError("is named twice", str(run.folder), "name each run once")
    reports: list[tuple[Path, Facts]] = []
    for run in runs:

        def tell_of(what: str, name: str = run.folder.name) -> None:
            tell(f"{name}: {what}")

        facts = comparing.up_to_date(run, [board.name for board in boards], ledger)
        reports.append((run.folder, facts or report(run, ledger, tell_of, boards=boards)))
    tell("drawing")
    comparison = comparing.compare(reports, folder, [board.name for board in boards])
    render_comparison(comparison).write(folder)
    return comparison
