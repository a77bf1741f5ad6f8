"""From a float model to the run folder of its quantized form, which is like that of an import.

The folder holds the quantized model as QONNX, so that everything that works on an imported model works on it,
the float network as ONNX beside it, as the baseline, and quantize.json.

Invariant: everything is tried before the folder is made; the integers of the exact graph are those that were
judged.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from edgeml.errors import EdgemlError
from edgeml.files import read_bytes, write_atomic
from edgeml.importers import ImportOptions
from edgeml.importers.feeding import check_fit, fitting_data, meanings, with_task
from edgeml.locks import locked
from edgeml.presets import DataSpec, Lowering, PostTraining, Prepared, Targets, prepare
from edgeml.ptq import corrections as corrections_
from edgeml.ptq import methods
from edgeml.ptq.engine import Calibrated, QuantizedNet, Tell, quantized
from edgeml.ptq.exact_graph import exact_graph
from edgeml.ptq.judge import Judge, SampleParts, parts
from edgeml.ptq.net import FloatNet
from edgeml.ptq.record import QUANTIZE_FILE, QuantizationRecord, SensitivityRow, TensorRow
from edgeml.ptq.search import WidthSearch
from edgeml.ptq.source import read_float
from edgeml.ptq.stated import stated_widths, with_useful
from edgeml.ptq.steps import TensorType
from edgeml.quoting import shell
from edgeml.runconfig import EndMeaning, Importing, RunConfig, import_name
from edgeml.runs import RUNS, Run
from edgeml.settings import Settings, parse_settings
from edgeml.tasks import TaskEvidence, Truth

_FILE = "source.onnx"
_FORMAT = "onnx"
_LITTLE = 130.0
"""A float model is worth a remark below so many percent of the share of the most frequent class."""

_SCALED = (
    "the data may be scaled in another way than in training, "
    "see --set data.scaling=unit and data.constant=255"
)
_TRAINED = (
    "the run's data and scaling are those of its training, "
    "so the float baseline needs more of it: edgeml train"
)


_TABLE = "name one of them: data.scaling, quantize.terms"


class QuantizeChoices(Settings):
    """The settings of a quantization that `--set` can change.

    Args:
        data: which data, and how it is scaled; a run's own by default.
        targets: what the model is built for.
        lowering: how it becomes the exact graph.
        quantize: widths, method and corrections.
    """

    data: DataSpec
    targets: Targets = Targets()
    lowering: Lowering = Lowering()
    quantize: PostTraining = PostTraining()


@dataclass(frozen=True)
class FloatSource:
    """The float model that is quantized, and where it comes from.

    Args:
        path: of its file.
        content: its bytes.
        weights: bytes of the file with its weights, for an architecture in .json.
        name: of the run that it is of, or of the file.
        run: the run that it is of, if any.
    """

    path: Path
    content: bytes
    weights: bytes | None
    name: str
    run: Run | None


def float_source(model: str | Path, weights: Path | None = None) -> FloatSource:
    """The float model in a file, or the float baseline of a run.

    Raises:
        EdgemlError: there is no such file or run, or the run has no float baseline.
    """
    path = Path(model)
    if path.is_file():
        beside = None if weights is None else read_bytes(weights, "weights file")
        return FloatSource(path, read_bytes(path, "model file"), beside, import_name(path), None)
    if not path.suffix or path.is_dir():
        run = Run.find(model)
        file = run.float_file if run.float_file.is_file() else run.float_onnx
        if not file.is_file():
            raise EdgemlError(
                f"has no float model: {run.no_baseline}",
                str(run.folder),
                "give the float model's own file: edgeml quantize FILE --data ...",
            )
        return FloatSource(file, read_bytes(file, "float model"), None, run.name, run)
    raise EdgemlError(
        "there is no such file", str(path), "give a float model (.keras, .h5, .onnx) or a run folder"
    )


def quantize_model(
    source: FloatSource,
    folder: Path | None,
    settings: Mapping[str, Any],
    sensitivity: bool = False,
    overwrite: bool = False,
    tell: Tell = lambda _: None,
) -> Run:
    """A run of a float model, quantized after training.

    Args:
        source: the float model.
        folder: the run folder; beside the run, or below runs/, if None.
        settings: plain values of `QuantizeChoices`.
        sensitivity: measure every layer's sensitivity, also without a bound on the loss.
        overwrite: where the folder holds another run, delete it and begin anew.
        tell: called with a line about what begins.

    Returns:
        The run with its model and quantize.json; `edgeml.pipeline.lower` comes next.

    Raises:
        EdgemlError: a model that is damaged, quantized already or not covered (names the layer), data that do
            not fit, no data, a bound that cannot be kept, or a folder that holds another run.
        MissingToolError: a package is not installed.
    """
    start = time.monotonic()
    choices = _choices(source, settings)
    where = str(source.path)
    methods.load(choices.quantize.method)
    for name in choices.quantize.corrections:
        corrections_.load(name)
    net = read_float(source.content, where, source.name, source.weights)
    stated = choices.data.model_dump(exclude_unset=True)
    named, _ = with_task(partial(_evidence, net), choices.data, stated, where)
    data, spec = _data(net, named, where)
    place = folder if folder is not None else default_folder(source, choices.quantize)
    if (place / "config.toml").is_file() and not overwrite:
        there = Run.open(place).config
        run = Run.create(place, _config(source, choices, spec, data, there))  # refuses another one at once
        if run.model_file.is_file() and (place / QUANTIZE_FILE).is_file():
            return run
    samples = parts(data, choices.quantize.samples, choices.quantize.seed)
    advice = _TRAINED if _as_trained(source.run, choices.data) else _SCALED
    result, record = _quantized(net, choices.quantize, samples, sensitivity, where, tell, advice)
    content = result.model().SerializeToString()
    options = ImportOptions(_name(source, choices), choices.lowering)
    imported = exact_graph(content, _FILE, options)
    spec, data, reason = fitting_data(imported, spec, stated, where)
    check_fit(imported, data, spec, where)
    config = _config(source, choices, spec, data).model_copy(
        update={
            "importing": Importing(
                format=_FORMAT,
                file=_FILE,
                task_reason=reason,
                inputs=meanings(imported),
                outputs=_with_curves(imported.outputs, net),
            )
        }
    )
    record = record.model_copy(update={"seconds": round(time.monotonic() - start, 2)})
    with locked(place):
        run = Run.create(place, config, overwrite)
        if overwrite:  # the same configuration, perhaps of another version of edgeml
            run = run.emptied()
        record.write(place / QUANTIZE_FILE)
        write_atomic(run.float_onnx, net.model().SerializeToString())
        write_atomic(run.model_file, content)
    return run


def _as_trained(run: Run | None, spec: DataSpec) -> bool:
    """True for the data of a run, scaled as in its training."""
    if run is None or run.config.importing is not None:
        return False
    own, fields = run.config.data, ("dataset", "scaling", "constant")
    return all(getattr(own, name) == getattr(spec, name) for name in fields)


def default_folder(source: FloatSource, chosen: PostTraining) -> Path:
    """RUN-ptq8 beside a run, runs/NAME-ptq8 for a file; other widths are named."""
    parent = RUNS if source.run is None else source.run.folder.parent
    stem = source.name if source.run is None else source.run.folder.name
    return parent / f"{stem}-{_suffix(chosen)}"


def _suffix(chosen: PostTraining) -> str:
    if chosen.max_loss is not None:
        return "ptq-mixed"
    same = chosen.weights == chosen.activations
    return f"ptq{chosen.weights}" if same else f"ptq-w{chosen.weights}a{chosen.activations}"


def _choices(source: FloatSource, settings: Mapping[str, Any]) -> QuantizeChoices:
    """The settings, a run's own where nothing else is stated.

    Raises:
        EdgemlError: an unknown key or a value that does not fit, or there are no data.
    """
    where = f"quantize {source.path.name}"
    for name, value in settings.items():
        if not isinstance(value, Mapping):
            raise EdgemlError(f"{name} is a table of values, not {value!r}", where, _TABLE)
    values = {key: dict(value) for key, value in settings.items()}
    if source.run is not None:
        own = source.run.config
        own_data = own.data.model_dump(exclude_none=True)
        values["data"] = (
            values.get("data", {})
            if "dataset" in values.get("data", {})
            else {**own_data, **values.get("data", {})}
        )
        values["targets"] = {**own.targets.model_dump(exclude_none=True), **values.get("targets", {})}
    if "dataset" not in values.get("data", {}):
        raise EdgemlError(
            "needs data to calibrate with",
            str(source.path),
            f"edgeml quantize {shell(str(source.path))} --data NAME|FILE",
        )
    return parse_settings(QuantizeChoices, values, where)


def _with_curves(outputs: Sequence[EndMeaning], net: FloatNet) -> tuple[EndMeaning, ...]:
    """The meanings of the outputs with the curves that were left off."""
    curves = (net.ended.get(name, "") for name in net.outputs)
    return tuple(
        meaning.model_copy(update={"function": curve}) for meaning, curve in zip(outputs, curves, strict=True)
    )


def _evidence(net: FloatNet, labels: Any, classes: int) -> TaskEvidence:
    """The ends of a network and the labels of its data."""
    sizes = [int(np.prod(shape, dtype=np.int64)) for shape in net.outputs.values()]
    inputs = int(np.prod(net.shape, dtype=np.int64))
    return TaskEvidence(inputs, sum(sizes), sizes[0], len(sizes) > 1, labels=labels, classes=classes)


def _data(net: FloatNet, spec: DataSpec, where: str) -> tuple[Prepared, DataSpec]:
    """The data in the shape that the network takes; axes are turned or flattened where that alone differs.

    Raises:
        EdgemlError: they do not fit.
    """
    data = prepare(spec, unlabelled=True)
    shape = tuple(data.x_train.shape[1:])
    if shape == net.shape:
        return data, spec
    fitting: list[DataSpec] = []
    if len(net.shape) == 1 and int(np.prod(shape)) == net.shape[0]:
        fitting.append(spec.model_copy(update={"flatten": True}))
    if len(shape) == len(net.shape) > 1 and (*shape[1:], shape[0]) == net.shape:
        fitting.append(spec.model_copy(update={"axes": (*range(1, len(shape)), 0)}))
    for changed in fitting:
        return prepare(changed, unlabelled=True), changed
    raise EdgemlError(
        f"the model takes samples of shape {net.shape}, {spec.dataset} has {data.sample_shape}",
        where,
        "give the data that the model was trained on",
    )


def _config(
    source: FloatSource,
    choices: QuantizeChoices,
    spec: DataSpec,
    data: Prepared,
    there: RunConfig | None = None,
) -> RunConfig:
    """The configuration; with the importing and the task of a quantized run that is there."""
    importing = Importing(format=_FORMAT, file=_FILE)
    if there is not None and there.post_training is not None and there.importing is not None:
        importing = there.importing
        spec = spec.model_copy(update={"task": there.data.task})
    config = RunConfig.of_import(
        source.path,
        source.content + (source.weights or b""),
        spec,
        choices.targets,
        data,
        choices.lowering,
        importing=importing,
    )
    preset = config.preset.model_copy(update={"name": _name(source, choices)})
    return config.model_copy(update={"preset": preset, "post_training": choices.quantize})


def _name(source: FloatSource, choices: QuantizeChoices) -> str:
    return f"{source.name}_{_suffix(choices.quantize)}".replace("-", "_")


def _quantized(
    net: FloatNet,
    chosen: PostTraining,
    samples: SampleParts,
    sensitivity: bool,
    where: str,
    tell: Tell,
    advice: str,
) -> tuple[QuantizedNet, QuantizationRecord]:
    """The quantized network within the settings, and its record; `advice` is for a model that guesses."""
    tell("calibration")
    judge = Judge(net, samples)
    useful = with_useful(net, chosen, samples.calibration, where, tell)
    source, result, dropped = useful.source, useful.net, useful.dropped
    widths = stated_widths(source, chosen, where)
    search = WidthSearch(source, judge, widths, tell)
    rows: tuple[SensitivityRow, ...] = ()
    if sensitivity or chosen.max_loss is not None:
        rows = search.sensitivity()
    widest = search.bit_operations(widths)
    if chosen.max_loss is not None:
        mixed = search.narrowed(chosen.max_loss, rows)
        widths = mixed.widths
        quick = mixed.net, mixed.score
        result = quantized(source, widths, lambda layer: tell(f"rounding {layer}"))
    else:
        quick = None
    score = judge.score(result.runner())
    if quick is not None and judge.loss(score) > max(chosen.max_loss or 0.0, judge.loss(quick[1])):
        result, score = quick
    return result, QuantizationRecord(
        samples=samples.words,
        measure=judge.measure,
        judged=len(samples.judged),
        float_percent=round(judge.float_percent, 4),
        percent=round(score.percent, 4),
        sqnr_db=round(score.sqnr_db, 2),
        bit_operations=search.bit_operations(widths),
        widest=widest,
        method=chosen.method,
        corrections=tuple(name for name in chosen.corrections if name not in dropped),
        dropped=dropped,
        tensors=tuple(_rows(source, result)),
        sensitivity=rows,
        remarks=tuple(_remarks(source, judge, advice)),
        seconds=0.0,
    )


def _rows(source: Calibrated, result: QuantizedNet) -> Iterator[TensorRow]:
    """A row per quantized tensor."""
    owners = {point.tensor: point.layer for point in source.points}
    read = _observed("input", source.net.source, source.net.source, source, result.types)
    exact = _db(source.x, result.types[source.net.source].rounded(source.x))  # bins are coarser than pixels
    yield read.model_copy(update={"sqnr_db": exact})
    for layer in source.net.layers:
        for part, name in (("weights", layer.weights), ("bias", layer.bias)):
            kind = result.types[name]
            plain = source.net.constants[name] if part == "weights" else result.net.constants[name]
            final = kind.rounded(result.net.constants[name])
            yield TensorRow(
                layer=layer.name,
                tensor="weights" if part == "weights" else "bias",
                name=name,
                bits=kind.bits,
                type=str(kind),
                sqnr_db=_db(plain, final),
                saturated=_outside(plain, kind),
            )
    for tensor, owner in owners.items():
        yield _observed("result", owner, tensor, source, result.types)


def _observed(
    what: Any, layer: str, tensor: str, source: Calibrated, types: Mapping[str, TensorType]
) -> TensorRow:
    histogram, kind = source.histograms[tensor], types[tensor]
    centers, counts = histogram.centers, histogram.counts
    rounded = kind.rounded(centers)
    signal, noise = float(np.sum(counts * centers**2)), float(np.sum(counts * (rounded - centers) ** 2))
    codes = np.rint(centers * 2.0 ** kind.exponents(1))
    outside = counts[(codes > kind.most) | (codes < kind.least)].sum() / max(1, counts.sum())
    sqnr = 10 * np.log10(signal / noise) if signal > 0 and noise > 0 else 200.0
    return TensorRow(
        layer=layer,
        tensor=what,
        name=tensor,
        bits=kind.bits,
        type=str(kind),
        sqnr_db=round(float(sqnr), 2),
        saturated=round(float(outside), 6),
    )


def _db(plain: Any, rounded: Any) -> float:
    noise, signal = float(np.sum((rounded - plain) ** 2)), float(np.sum(np.asarray(plain, np.float64) ** 2))
    return round(float(10 * np.log10(signal / noise)), 2) if noise > 0 and signal > 0 else 200.0


def _outside(values: Any, kind: TensorType) -> float:
    codes = np.rint(np.asarray(values, np.float64) * 2.0 ** kind.exponents(np.ndim(values)))
    return round(float(np.mean((codes > kind.most) | (codes < kind.least))), 6)


def _remarks(source: Calibrated, judge: Judge, advice: str) -> Iterator[str]:
    """Sentences on what a user may not expect."""
    classes = judge.samples.truth if judge.task.truth is Truth.CLASSES else None
    if classes is not None and judge.float_percent < _LITTLE * float(
        np.bincount(classes).max() / len(classes)
    ):
        yield f"the float model itself is right on {judge.float_percent:.1f} % only: {advice}"
    for tensor, histogram in source.histograms.items():
        if histogram.low == histogram.high:
            yield f"{tensor} has the value {histogram.low:g} on every calibration sample"
