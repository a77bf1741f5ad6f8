"""From what a user names, a preset, a model's file or a run, to the subject of the rules.

Nothing is trained and nothing is written. Code is run of a preset's file alone, which is the user's own.

Invariant: what cannot be read because the user named it wrongly or because it is damaged is an error; what
is merely not there is a missing part with its reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from edgeml.errors import EdgemlError
from edgeml.importers.hls4ml_config import read_hls4ml_config, refuse_own_types
from edgeml.ir import Graph
from edgeml.lint.subject import Floats, LabelledClasses, Missing, Subject, TrainingLoss
from edgeml.presets import Lowering, Prepared, Targets

if TYPE_CHECKING:
    from edgeml.importers import SourceFile
    from edgeml.runs import Run

SAMPLES = 500
"""Samples that are looked at, spread evenly over the data."""

_NO_KERAS = "the model is not one of Keras"


@dataclass(frozen=True)
class LintRequest:
    """The request of a user.

    Args:
        what: a preset's name or .py file, a model's file, or a run.
        data: a data set's name or file, for a model's file.
        weights: the file with the weights of an architecture in .json.
        assignments: `--set` of a preset's or an import's settings.
        input_type: of a model's file, as for an import.
        float_type: the same.
        board: to build for.
        layer_types: types by layer, as for an import.
        hls4ml_config: a configuration of hls4ml whose types are taken, as for an import.
    """

    what: str
    data: str | None = None
    weights: Path | None = None
    assignments: Sequence[str] = ()
    input_type: str | None = None
    float_type: str | None = None
    board: str | None = None
    layer_types: Mapping[str, str] = field(default_factory=dict)
    hls4ml_config: Path | None = None


_OF_FILES = ("data", "weights", "input_type", "float_type", "layer_types", "hls4ml_config")
"""Parts of a request that a preset or a run states itself."""


def open_subject(request: LintRequest) -> Subject:
    """The subject that a user names.

    Raises:
        EdgemlError: there is no such preset, file or run, it is damaged, or a setting does not fit.
        MissingToolError: TensorFlow or QKeras is not installed.
    """
    from edgeml import importers, presets

    path = Path(request.what)
    suffixes = {s for name in importers.names() for s in importers.load(name).suffixes} | {".hdf5"}
    if path.suffix.lower() in suffixes:
        return _of_file(path, request)
    if path.suffix == ".py" or (request.what in presets.names() and not (path / "config.toml").is_file()):
        return _of_preset(request)
    return _of_run(request)


def _of_preset(request: LintRequest) -> Subject:
    from edgeml import presets
    from edgeml.training.build import build_model
    from edgeml.training.task import with_task

    _refuse(request, "a preset states it itself; change it by --set")
    preset = presets.load(request.what)
    choices, _ = with_task(preset, presets.choose(preset, [*request.assignments, *_board(request)]))
    model = build_model(preset, choices)
    data = _data(lambda: presets.prepare(choices.data))
    return _subject(
        preset.name,
        model,
        choices.lowering,
        choices.targets,
        data,
        loss=_own_loss(model),
        trained=Missing("the preset is not trained; lint its run afterwards"),
    )


def _of_run(request: LintRequest) -> Subject:
    from edgeml.keras.load import load_model
    from edgeml.runs import Run

    if not (Path(request.what) / "config.toml").is_file() and not (Path("runs") / request.what).is_dir():
        raise EdgemlError(
            "is no preset, no model's file and no run",
            request.what,
            "give a name from edgeml list presets, a file such as net.keras, or a run folder",
        )
    _refuse(request, "a run has it from its training or import")
    run = Run.find(request.what)
    if request.assignments:
        raise EdgemlError(
            "a run's settings are those it was made with", "--set", "lint its preset or file instead"
        )
    graph = run.graph()
    targets = run.config.targets
    if request.board:
        targets = targets.model_copy(update={"board": request.board})
    there = run.is_keras and run.model_file.is_file()
    model: Any = load_model(run.model_file) if there else _no_model(run)
    if isinstance(model, Missing):
        loss: TrainingLoss | Missing = model
    else:
        loss = _loss_in_file(run.model_file) if run.config.imported else _own_loss(model)
    return _subject(
        run.name, model, run.config.lowering, targets, _data(run.data), loss=loss, trained=True, graph=graph
    )


def open_model(model: Any, request: LintRequest) -> Subject:
    """The subject that a Keras model in memory is.

    Raises:
        EdgemlError: it is no model that has a list of layers, or a setting does not fit.
    """
    lowering, targets, data = _choices(request, "model")
    lowering = _with_hls4ml(model, lowering, request)
    no_loss = Missing("of a model in memory the loss is not read")
    return _subject(
        str(getattr(model, "name", "model")), model, lowering, targets, data, loss=no_loss, trained=True
    )


def _no_model(run: Run) -> Missing:
    """The reason why a run has no Keras model."""
    return Missing(f"there is no {run.model_file.name}" if run.is_keras else _NO_KERAS)


def _of_file(path: Path, request: LintRequest) -> Subject:
    from edgeml import importers
    from edgeml.files import read_bytes
    from edgeml.importers import SourceFile
    from edgeml.runconfig import KERAS_FORMATS, import_name

    parts = (import_name(path), *_choices(request, path.name))
    weights = None if request.weights is None else read_bytes(request.weights, "weights file")
    source = SourceFile(path, read_bytes(path, "model file"), weights)
    kind = importers.choose(source)
    if kind in KERAS_FORMATS:
        return _of_keras_file(source, request, *parts)
    if request.hls4ml_config is not None:
        refuse_own_types(request.hls4ml_config, importers.load(kind).title)
    return _of_other_file(source, kind, *parts)


def _with_hls4ml(model: Any, lowering: Lowering, request: LintRequest) -> Lowering:
    """The settings completed with the types of a configuration of hls4ml, if one is named."""
    if request.hls4ml_config is None:
        return lowering
    from edgeml.importers.hls4ml_types import with_hls4ml_types

    return with_hls4ml_types(model, lowering, read_hls4ml_config(request.hls4ml_config))[0]


def _choices(request: LintRequest, what: str) -> tuple[Lowering, Targets, Prepared | Missing]:
    """Settings and data of a model that was trained elsewhere."""
    from edgeml.importers.run import ImportChoices
    from edgeml.runs import RANDOM
    from edgeml.settings import parse_settings, set_values

    plain = set_values(
        {"data": {"dataset": request.data or RANDOM}}, [*request.assignments, *_board(request)]
    )
    stated = {"input_type": request.input_type, "float_type": request.float_type}
    chosen = plain.setdefault("lowering", {})
    chosen |= {key: value for key, value in stated.items() if value is not None}
    if request.layer_types:
        chosen["layer_types"] = {**chosen.get("layer_types", {}), **request.layer_types}
    choices = parse_settings(ImportChoices, plain, f"lint of {what}")
    data: Prepared | Missing = Missing("no data are named: add --data NAME|FILE")
    if request.data:
        from edgeml.presets import prepare

        data = prepare(choices.data, unlabelled=True)
    return choices.lowering, choices.targets, data


def _of_keras_file(
    source: SourceFile,
    request: LintRequest,
    name: str,
    lowering: Lowering,
    targets: Targets,
    data: Prepared | Missing,
) -> Subject:
    from edgeml.keras.load import model_of

    model = model_of(source.content, source.where, source.weights)
    lowering = _with_hls4ml(model, lowering, request)
    return _subject(name, model, lowering, targets, data, loss=_loss_in_file(source.path), trained=True)


def _of_other_file(
    source: SourceFile,
    kind: str,
    name: str,
    lowering: Lowering,
    targets: Targets,
    data: Prepared | Missing,
) -> Subject:
    from edgeml import importers
    from edgeml.importers import ImportOptions

    samples = None if isinstance(data, Missing) else data.x_test
    imported = importers.read(source, ImportOptions(name, lowering, samples=samples), kind)
    no_loss = Missing("the file does not say what the model was trained with")
    return _subject(
        name, Missing(_NO_KERAS), lowering, targets, data, loss=no_loss, trained=True, graph=imported.graph
    )


def _subject(
    name: str,
    model: Any,
    lowering: Lowering,
    targets: Targets,
    data: Prepared | Missing,
    *,
    loss: TrainingLoss | Missing,
    trained: bool | Missing,
    graph: Graph | None = None,
) -> Subject:
    """The parts put together; a Keras model without a graph is lowered."""
    from edgeml import boards
    from edgeml.keras.lower import lower_model
    from edgeml.keras.topology import topology

    boards.load(targets.board)  # an unknown one is an error of the request
    network = model if isinstance(model, Missing) else topology(model)
    part: Graph | Missing = graph or Missing("there is no graph")
    refused = ""
    if graph is None and not isinstance(model, Missing):
        try:
            part = lower_model(model, name, options=lowering).graph
        except EdgemlError as error:
            refused = str(error)
            part = Missing("the model cannot be lowered, see not-lowered")
    samples, labels = _fitting(part, data)
    return Subject(name, network, part, samples, labels, loss, trained, refused, lowering, targets)


def _fitting(
    graph: Graph | Missing, data: Prepared | Missing
) -> tuple[Floats | Missing, LabelledClasses | Missing]:
    """Samples and labels as the graph takes them.

    Raises:
        EdgemlError: the samples have another shape.
    """
    if isinstance(data, Missing):
        return data, data
    x, y = data.x_test, data.y_test
    if isinstance(graph, Graph):
        if len(graph.inputs) != 1:
            missing = Missing(f"the model has {len(graph.inputs)} inputs, and data are read for one")
            return missing, missing
        shape = graph.info(graph.inputs[0]).shape
        if tuple(x.shape[1:]) != shape:
            raise EdgemlError(
                f"the model takes samples of shape {shape}, the data have {data.sample_shape}",
                "--data",
                "give the data that it was trained on, with --set data.flatten=true if it takes vectors",
            )
    if not len(x):
        return Missing("there are no test samples"), Missing("there are no test samples")
    some = np.unique(np.linspace(0, len(x) - 1, min(len(x), SAMPLES)).astype(np.int64))
    labels: LabelledClasses | Missing = Missing("the data have no labels")
    if data.class_names:
        labels = LabelledClasses(np.asarray(y, np.int64)[some], data.class_names)
    return x[some], labels


def _data(read: Callable[[], Prepared]) -> Prepared | Missing:
    """The data, or why they are not there."""
    try:
        return read()
    except EdgemlError as error:
        return Missing(str(error))


def _own_loss(model: Any) -> TrainingLoss:
    """The loss of edgeml's own training, which fits the model's end."""
    from edgeml.training.ending import ending

    return TrainingLoss("the loss that edgeml chooses", from_logits=ending(model) == "logits")


def _loss_in_file(path: Path) -> TrainingLoss | Missing:
    from edgeml.keras.compiled import loss_of_file

    stated = loss_of_file(path)
    if stated is None:
        return Missing("the file does not say what the model was trained with")
    return TrainingLoss(*stated)


def _board(request: LintRequest) -> list[str]:
    return [f"targets.board={request.board}"] if request.board else []


def _refuse(request: LintRequest, hint: str) -> None:
    for option in _OF_FILES:
        if getattr(request, option) not in (None, {}):
            flag = "--layer-type" if option == "layer_types" else f"--{option.replace('_', '-')}"
            raise EdgemlError("is for a model's file", flag, hint)
