"""The steps from a trained or imported model to checked artefacts: lower, export, check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from edgeml import backends, tasks
from edgeml.checks import bound, exported
from edgeml.checks import golden as vectors
from edgeml.checks.artefacts import check_folder
from edgeml.checks.board import Wiring
from edgeml.checks.earlier import merged, prints, stamped
from edgeml.checks.exported import Exported
from edgeml.checks.result import Check
from edgeml.errors import EdgemlError
from edgeml.files import FileSet, read_bytes, write_atomic
from edgeml.ir.samples import feeds
from edgeml.ir.work import samples_within
from edgeml.pipeline.step import Tell, alone, quiet
from edgeml.runs import Run

if TYPE_CHECKING:
    from edgeml.checks.source import Reader
    from edgeml.importers import SourceModel
    from edgeml.ir import Graph

GOLDEN_SAMPLES = 10_000
"""Most test samples kept in golden.npz; the whole test set of MNIST."""

_GOLDEN_WORK = 5e10
"""Work of `edgeml.ir.work` that they may take; a network of large images gets fewer, but four."""


@alone
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
    count = samples_within(graph, _GOLDEN_WORK, 4, GOLDEN_SAMPLES)
    classes = tasks.load(data.task).truth is tasks.Truth.CLASSES
    labels = data.y_test[:count] if classes and data.class_names else None
    golden = vectors.make(graph, feeds(graph, data.x_test[:count]), labels)
    vectors.save(golden, run.golden_file)
    return graph


def _lower(run: Run, strict: bool) -> Graph:
    if run.config.imported:
        from edgeml.importers.run import lower_import

        return lower_import(run, strict)
    from edgeml.keras.run import lower_run

    return lower_run(run, strict)


@alone
def export(
    run: Run,
    names: Sequence[str],
    settings: Mapping[str, Mapping[str, Any]],
    tell: Tell = quiet,
    refused: Mapping[str, str] = MappingProxyType({}),
) -> list[Exported]:
    """Emit the run's graph into the run folder; the float models as well where "onnx" is among the back ends.

    A golden.npz of an older edgeml gets its synthetic vectors.

    Every back end that can be written is written. Any other is a row with the reason and the remedy; the
    reasons are kept in RUN/export.json, where `check` and `report` find them.

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
            rows.append(Exported(name, 0, error.beside(name)))
            continue
        by_folder[backend.folder] = by_folder.get(backend.folder, FileSet()).merged(files)
        rows.append(Exported(name, len(files)))
    for folder, files in by_folder.items():
        # A folder of its own is replaced whole; the onnx folder is shared and also holds the float models.
        if folder == run.onnx.name:
            files.write(run.folder / folder)
        else:
            files.replace(run.folder / folder)
    if "onnx" in names and (run.float_file.exists() or run.float_onnx.exists()):
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
        there = run.float_onnx.is_file()
        plain = read_bytes(run.float_onnx, "float model") if there else float_onnx(load_model(run.float_file))
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


@alone
def check(
    run: Run,
    names: Sequence[str] = ("all",),
    samples: int = 0,
    tell: Tell = quiet,
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
    golden = vectors.read(run.golden_file, graph, run.origin)
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
        from edgeml.importers.run import own_model

        return own_model(run), run.model_digest()

    return read
