"""A run from end to end: train, lower, export, check, report, each step on the files of the run folder.

Every step reads what the step before it wrote and writes its own files atomically, so a run that was
killed goes on with the same command.

Invariant: `check` and `report` see the files in the folder as they are, never fresh copies.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from edgeml import backends
from edgeml.backends.base import Backend
from edgeml.checks import golden as vectors
from edgeml.checks.artefacts import check_folder
from edgeml.checks.result import Check
from edgeml.errors import MissingToolError
from edgeml.files import FileSet, write_atomic

if TYPE_CHECKING:
    from edgeml.ir import Graph
    from edgeml.report.facts import Facts
    from edgeml.runs import Run

GOLDEN_SAMPLES = 10_000
"""Test samples kept in golden.npz; the whole test set of MNIST."""

Tell = Callable[[str], None]
"""Told what begins."""


def _quiet(what: str) -> None:
    del what


@dataclass(frozen=True)
class Exported:
    """What became of one back end: files written, or the reason why not."""

    backend: str
    files: int
    reason: str = ""


def lower(run: Run) -> Graph:
    """Lower the trained model, write graph.json, graph.npz and golden.npz.

    Raises:
        EdgemlError: the model cannot be lowered; names the layer.
        MissingToolError: TensorFlow or QKeras is not installed.
    """
    from edgeml.keras.training import lower_run

    graph = lower_run(run)
    data = run.data()
    golden = vectors.make(graph, data.x_test[:GOLDEN_SAMPLES], data.y_test[:GOLDEN_SAMPLES])
    vectors.save(golden, run.golden_file)
    return graph


def export(
    run: Run,
    names: Sequence[str],
    settings: Mapping[str, Mapping[str, Any]],
    tell: Tell = _quiet,
) -> list[Exported]:
    """Emit the run's graph for each back end into the run folder.

    All back ends are asked before one file is written, so that a refusal leaves the folder as it was.

    Args:
        run: a trained and lowered run.
        names: of back ends.
        settings: options by back end.
        tell: told what begins.

    Raises:
        EdgemlError: an unknown back end or option, or an op that one cannot express.
        MissingToolError: a back end's package is not installed.
    """
    graph = run.graph()
    chosen: dict[str, tuple[Backend, Any]] = {}
    for name in names:
        backend = backends.load(name)
        chosen[name] = (backend, backend.options(settings.get(name, {})))
    emitted: dict[str, FileSet] = {}
    for name, (backend, options) in chosen.items():
        tell(name)
        emitted[name] = backend.emit(graph, options)
    by_folder: dict[str, FileSet] = {}
    for name, files in emitted.items():
        folder = chosen[name][0].folder
        by_folder[folder] = by_folder.get(folder, FileSet()).merged(files)
    for folder, files in by_folder.items():
        # A folder of its own is replaced whole; the onnx folder is shared and also holds the float models.
        target = run.folder / folder
        if folder == "onnx":
            files.write(target)
        else:
            files.replace(target)
    return [Exported(name, len(files)) for name, files in emitted.items()]


def export_float(run: Run, tell: Tell = _quiet) -> list[Exported]:
    """The float baseline as ONNX, and its int8 QDQ form calibrated on training samples, for comparison.

    Raises:
        EdgemlError: the float model cannot be written as ONNX; names the layer.
    """
    from edgeml.backends.onnx.int8 import quantize_int8
    from edgeml.keras.float_onnx import float_onnx
    from edgeml.keras.load import load_model

    tell("float baseline")
    written: list[Exported] = []
    model = float_onnx(load_model(run.float_file))
    write_atomic(run.onnx / "float.onnx", model)
    written.append(Exported("float", 1))
    try:
        write_atomic(run.onnx / "int8.onnx", quantize_int8(model, run.data().x_train))
        written.append(Exported("int8", 1))
    except MissingToolError as error:
        written.append(Exported("int8", 0, str(error)))
    return written


def target_settings(run: Run, changes: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Options of the back ends as the run's targets say, with `changes` put over them."""
    targets = run.config.targets
    hls4ml: dict[str, Any] = {
        "board": targets.board,
        "backend": targets.hls_backend,
        "io_type": targets.io_type,
        "strategy": targets.strategy,
        "reuse_factor": targets.reuse_factor,
        "clock_period_ns": targets.clock_ns,
    }
    settings = {"hls4ml": hls4ml}
    for name, change in changes.items():
        settings[name] = {**settings.get(name, {}), **change}
    return settings


def export_installed(
    run: Run,
    names: Sequence[str],
    settings: Mapping[str, Mapping[str, Any]],
    strict: bool,
    tell: Tell = _quiet,
) -> list[Exported]:
    """As `export`, with the float models where "onnx" is among the back ends.

    Args:
        run: a trained and lowered run.
        names: of back ends.
        settings: options by back end.
        strict: a back end whose package is missing is an error; else its row tells the reason.
        tell: told what begins.

    Raises:
        EdgemlError: see `export`.
        MissingToolError: strict, and a package is missing.
    """
    ready, missing = installed(names)
    if strict and missing:
        raise MissingToolError(f"cannot be emitted: {missing[0].reason}", missing[0].backend)
    rows = export(run, ready, settings, tell)
    if "onnx" in ready and run.float_file.exists():
        try:
            rows += export_float(run, tell)
        except MissingToolError as error:
            rows.append(Exported("float", 0, str(error)))
    return rows + missing


def installed(names: Sequence[str]) -> tuple[list[str], list[Exported]]:
    """Which back ends can emit here, and the reasons of those that cannot."""
    ready: list[str] = []
    missing: list[Exported] = []
    for name in names:
        reason = backends.load(name).missing()
        if reason:
            missing.append(Exported(name, 0, reason))
        else:
            ready.append(name)
    return ready, missing


def check(run: Run, names: Sequence[str] = ("all",), samples: int = 0, tell: Tell = _quiet) -> Check:
    """Run the artefacts in the folder, compare integers, write check.json.

    Args:
        run: an exported run.
        names: which checks, see `edgeml.checks.artefacts.choices`.
        samples: how many test samples; 0 for as many as each executor takes by default.
        tell: told what begins.

    Raises:
        EdgemlError: an unknown check, a damaged file, or an artefact that does not run.
    """
    graph = run.graph()
    golden = vectors.read(run.golden_file, graph)
    result = check_folder(run.folder, graph, golden, names, samples, run.model_file, tell)
    write_atomic(run.check_file, result.to_json())
    return result


def report(run: Run, tell: Tell = _quiet) -> Facts:
    """Write report.json, report.md and report.html from what lies in the folder.

    Raises:
        EdgemlError: a file is missing or damaged.
        MissingToolError: the report's packages are not installed.
    """
    from edgeml.report import write
    from edgeml.report.collect import collect

    tell("collecting facts")
    facts = collect(run, tell)
    tell("drawing")
    write(facts, run.folder)
    return facts
