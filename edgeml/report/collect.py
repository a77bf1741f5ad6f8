"""Facts of a run folder: reads its files, runs its models on the test set, times them.

Invariant: what is not in the folder or cannot run here is absent with the reason; only a run without an exact
graph or without its data is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from edgeml.checks import bound, earlier, exported
from edgeml.checks import golden as vectors
from edgeml.checks.result import Check
from edgeml.errors import EdgemlError
from edgeml.ir import Graph
from edgeml.report import exact, hardware, layers, quality, rounded, speed, weights
from edgeml.report.facts import CertificateRow, Data, Facts
from edgeml.report.facts_hardware import latency_rows, resource_rows
from edgeml.report.floats import FloatModel
from edgeml.report.inputs import effort, history
from edgeml.report.numbers import Number, absent, measured
from edgeml.report.repeat import commands

if TYPE_CHECKING:
    from edgeml.boards import Board
    from edgeml.presets import Prepared
    from edgeml.runs import Run

LAYER_SAMPLES = 1_000
"""Test samples for layer table and histograms: the int64 reference is slow, the statistics settle early."""

SPEED_SAMPLES = 1_000
"""Samples of the batch that is timed."""

_PACKAGES = ("onnx", "onnxruntime", "qonnx", "hls4ml")
"""Their versions are the report's; those of training stand in the run's configuration."""

Tell = Callable[[str], None]
"""Told what begins."""


def _quiet(what: str) -> None:
    del what


def collect(run: Run, tell: Tell = _quiet, boards: Sequence[Board] = ()) -> Facts:
    """Everything a report of the run holds.

    Args:
        run: a trained and lowered run; what was exported and checked is in the report as well.
        tell: told what begins.
        boards: to compare its designs on, beside its target; none: see `edgeml.report.hardware.look`.

    Raises:
        EdgemlError: there is no exact graph, the data are missing or other ones, or a file is damaged.
        MissingToolError: scikit-learn is not installed.
    """
    changed = bound.sentence(run)
    run = bound.as_trained(run)  # what config.toml says now is no fact of the model
    graph, data = run.graph(), run.data()
    labels = np.asarray(data.y_test, np.int64) if data.class_names else None
    tell("predictions")
    models = _Models(run, graph, data.x_test)
    predicted, reasons = models.predictions, models.reasons
    fixed = predicted["fixed"]
    tell("layers")
    looked = data.x_test[:LAYER_SAMPLES]
    rows, activations = layers.measure(graph, {graph.inputs[0]: looked})
    tell("hardware")
    found = hardware.look(run, graph, boards)
    tell("rounded after training")
    post_training = rounded.look(run, data, predicted["float"], reasons.get("float", ""))
    tell("speed")
    timed, no_speed = models.timed(data.x_test[:SPEED_SAMPLES])
    parts: dict[str, Any] = {
        "per_class": quality.per_class(labels, fixed, data.class_names),
        "confusion": quality.confusion(labels, fixed, data.class_names),
        "exactness": _exactness(run, graph),
        "history": _history(run.history_file),
        "speed": timed,
        "certificate": _certificate(graph),
        "weights": weights.histograms(graph),
        "activations": activations,
        "resources": resource_rows(found.hardware),
        "latency": latency_rows(found.hardware),
    }
    nothing = " ".join(found.gaps) or "no source tells"
    why = {
        "per_class": quality.NO_LABELS,
        "confusion": quality.NO_LABELS,
        "exactness": "there is no check.json yet (edgeml check RUN)",
        "history": "there is no history.csv",
        "speed": no_speed,
        "certificate": "the graph computes nothing",
        "weights": "the graph has no weights",
        "activations": "the graph casts nothing",
        "resources": nothing,
        "latency": nothing,
    }
    return Facts(
        model=run.name,
        graph=graph.digest,
        summary=_shape(graph),
        data=_data(run, data),
        seed=run.config.seed,
        versions={**run.config.versions, **_versions()},
        machine=speed.machine(),
        samples=len(data.x_test),
        layer_samples=len(looked),
        accuracy=quality.accuracies(labels, predicted, reasons),
        trained=effort(parts["history"]),
        agreement=quality.agreements(predicted, reasons),
        sizes=weights.sizes(graph, models.float_parameters(), models.int8_bits()),
        post_training=post_training,
        layers=rows,
        commands=commands(run),
        lowering=_lowering(run),
        changed=changed,
        target=run.config.targets.board,
        compared=found.compared,
        boards=found.boards,
        hardware=found.hardware,
        gaps=found.gaps,
        missing={name: why[name] for name, value in parts.items() if not value},
        **parts,
    )


class _Models:
    """The four models of a run and their predictions on the test set."""

    def __init__(self, run: Run, graph: Graph, x: NDArray[np.float32]) -> None:
        self._graph = graph
        self._floats: dict[str, FloatModel] = {}
        self.reasons: dict[str, str] = {}
        self._exact, reason = exact.executor(graph)
        if reason:
            self.reasons["exact"] = reason
        self.predictions: dict[str, Any] = {
            "fixed": exact.classes(graph, self._exact(x)),
            "qat": self._qat(run, x),
        }
        for name in ("float", "int8"):
            self.predictions[name] = self._float(name, run, x)

    def float_parameters(self) -> Number:
        """Elements of the baseline's weights."""
        if "float" not in self._floats:
            return absent(self.reasons["float"])
        return measured(self._floats["float"].parameters)

    def int8_bits(self) -> Number:
        """Bits of the int8 model's constants."""
        if "int8" not in self._floats:
            return absent(self.reasons["int8"])
        return measured(self._floats["int8"].constant_bits)

    def timed(self, x: NDArray[np.float32]) -> tuple[Any, str]:
        """The models timed side by side, or None and the reason."""
        if "exact" in self.reasons:
            return None, self.reasons["exact"]
        one = x[:1]
        calls: dict[str, Callable[[], object]] = {"exact": lambda: self._exact(x)}
        calls |= {name: _call(model, x) for name, model in self._floats.items()}
        alone: dict[str, Callable[[], object]] = {"exact": lambda: self._exact(one)}
        alone |= {name: _call(model, one) for name, model in self._floats.items()}
        return speed.measure(calls, alone, len(x), speed.threads(), self.reasons), ""

    def _qat(self, run: Run, x: NDArray[np.float32]) -> Any:
        if not run.model_file.is_file():
            self.reasons["qat"] = f"there is no {run.model_file.name}"
            return None
        try:
            from edgeml.importers.run import own_outputs

            outputs = own_outputs(run, x)
        except EdgemlError as error:
            self.reasons["qat"] = str(error)
            return None
        return exact.classes(self._graph, outputs[self._graph.outputs[0]])

    def _gone(self, name: str, run: Run) -> str:
        """Why there is no float or int8 model, and what would make one."""
        kept_reason = exported.reason(run.folder, name, self._graph)
        if kept_reason:
            return kept_reason
        if not run.float_file.is_file():
            return f"there is no float baseline: {run.no_baseline}"
        return f"onnx/{name}.onnx is not in the run (edgeml export RUN --to onnx)"

    def _float(self, name: str, run: Run, x: NDArray[np.float32]) -> Any:
        path = run.onnx / f"{name}.onnx"
        if not path.is_file():
            self.reasons[name] = self._gone(name, run)
            return None
        try:
            self._floats[name] = model = FloatModel(path, speed.threads())
            return quality.predictions(model.predict(x), model.threshold)
        except EdgemlError as error:
            self._floats.pop(name, None)
            self.reasons[name] = str(error)
            return None


def _call(model: FloatModel, x: NDArray[np.float32]) -> Callable[[], object]:
    return lambda: model.predict(x, batch=len(x))


def _lowering(run: Run) -> tuple[str, ...]:
    """What the lowering noted, and how far the graph then is from Keras, a sentence each."""
    from edgeml.keras.notes import Notes

    if not run.notes_file.is_file():
        return ()
    notes = Notes.read(run.notes_file)
    sentences = [f"{n.layer}: {n.text}{'' if n.exact else ' (not exact)'}" for n in notes.notes]
    sentences += [
        f"{row.layer}: {row.differing} of {row.elements} integers differ from {notes.source}, by at most "
        f"{row.max_lsb:.3g} LSB (measured on {row.samples} samples)"
        for row in notes.differences
        if row.differing
    ]
    return tuple(sentences)


def _exactness(run: Run, graph: Graph) -> Check | None:
    """What the check found; what nothing in the folder vouches for is not run."""
    if not run.check_file.is_file():
        return None
    golden = vectors.read(run.golden_file, graph) if run.golden_file.is_file() else None
    return earlier.as_it_is(Check.read(run.check_file), run.folder, graph, golden)


def _history(path: Path) -> Any:
    if not path.is_file():
        return ()
    from dataclasses import asdict

    from edgeml.training.history import read_history

    return history((asdict(row) for row in read_history(path)), str(path))


def _certificate(graph: Graph) -> tuple[CertificateRow, ...]:
    from dataclasses import asdict

    from edgeml.backends.onnx.certificate import certificate

    return tuple(CertificateRow(**asdict(row)) for row in certificate(graph))


def _data(run: Run, data: Prepared) -> Data:
    numbers = run.config.scaling
    scaled = f"{numbers.kind}, (x - offset) * scale with the numbers in config.toml"
    return Data(
        name=data.dataset.name,
        source=data.dataset.source,
        licence=data.dataset.licence,
        checksum=data.dataset.checksum,
        note=data.dataset.note,
        scaling="none" if numbers.kind == "none" else scaled,
        train=len(data.x_train),
        val=len(data.x_val),
        test=len(data.x_test),
    )


def _shape(graph: Graph) -> str:
    """The model in a line: its input's shape, its matrix products and convolutions, its output's shape."""
    parts = ["x".join(map(str, graph.info(graph.inputs[0]).shape))]
    for node in graph.nodes:
        if node.op.op_name() in ("mat_mul", "conv"):
            filters = graph.info(node.name).shape[-1]
            parts.append(f"{'conv' if node.op.op_name() == 'conv' else 'dense'} {filters}")
    return ", ".join(parts)


def _versions() -> dict[str, str]:
    found: dict[str, str] = {}
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found
