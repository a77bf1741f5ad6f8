"""From a preset to a trained run folder: the float baseline, then the quantization-aware model.

Each step ends in a file of the run folder; a step whose file is there is done. So the same call goes on
where a killed one stopped, and ends with the same weights.

Invariant: model.keras is there only if both trainings are complete.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from edgeml.errors import EdgemlError
from edgeml.files import staged_path
from edgeml.keras.backend import import_keras
from edgeml.keras.float_model import copy_weights, float_model
from edgeml.keras.load import load_model
from edgeml.keras.lower import lower_model
from edgeml.locks import locked
from edgeml.presets import Choices, Prepared, Preset, choose, prepare
from edgeml.presets.stored import write_fitted
from edgeml.runconfig import RunConfig
from edgeml.runs import Run
from edgeml.scratch import scratch_folder
from edgeml.training.board import BoardExtras
from edgeml.training.build import build_model
from edgeml.training.callbacks import PhaseCallbacks
from edgeml.training.fit import PhaseSettings, check_names, fit
from edgeml.training.goal import check_end
from edgeml.training.history import read_history, tensorboard, write_history
from edgeml.training.initial import initialize
from edgeml.training.progress import SilentProgress, TrainingProgress
from edgeml.training.recorded import RecordedProgress
from edgeml.training.replicas import Replicas, replicas_of
from edgeml.training.seeds import make_repeatable
from edgeml.training.small.phase import SmallPhase
from edgeml.training.small.teacher import teacher_logits
from edgeml.training.task import with_task

if TYPE_CHECKING:
    import keras


def train(
    preset: Preset,
    folder: str | os.PathLike[str],
    choices: Choices | None = None,
    progress: TrainingProgress | None = None,
    strict: bool = False,
    overwrite: bool = False,
    replicas: Replicas | None = None,
) -> Run:
    """Train the float baseline and, from its weights, the quantization-aware model.

    Args:
        preset: what to train.
        folder: the run folder; if it holds the same run, finished or not, that one goes on.
        choices: the preset's settings with changes, see `edgeml.presets.choose`; the preset's own if None.
        progress: notified of every epoch.
        strict: refuse a model that cannot be lowered exactly, before it is trained.
        overwrite: where the folder holds a run of another configuration, delete it and begin anew.
        replicas: as `replicas_of` makes them of the settings; made here if None, which is too late in a
            process whose TensorFlow has begun its work.

    Returns:
        The run, with float.keras, model.keras, history.csv, logs/ and config.toml.

    Raises:
        EdgemlError: the folder holds another run or is in use, the data is not there, the model does not fit
            it or cannot be lowered, training diverges, or the disk is full.
        MissingToolError: TensorFlow, QKeras or scikit-learn is not installed.
        KeyboardInterrupt: the same call goes on from there.
    """
    import_keras()
    chosen = choices or choose(preset)
    replicas = replicas or replicas_of(chosen.training)
    check_names(chosen.training)
    chosen, _ = with_task(preset, chosen)
    data = prepare(chosen.data)
    with locked(Path(folder)):
        fresh = not (Path(folder) / "config.toml").is_file()
        run = Run.create(Path(folder), RunConfig.of(preset, chosen, data), overwrite)
        try:
            _train_phases(preset, run, data, progress or SilentProgress(), replicas, strict)
        except EdgemlError:
            if fresh:
                run.withdraw()
            raise
    return run


_SHARED = ("float.keras", "history.csv", ".training.npz", "model.keras")
"""The files of a run folder that a training goes on from."""


def _train_phases(
    preset: Preset, run: Run, data: Prepared, progress: TrainingProgress, replicas: Replicas, strict: bool
) -> None:
    """Train what is not trained yet."""
    write_fitted(run.folder, data)
    replicas.share(run, _SHARED)
    if not run.float_file.is_file() and not run.model_file.is_file():
        _train_phase("float", preset, run, data, progress, replicas, strict)
    if not run.model_file.is_file():
        _train_phase("qat", preset, run, data, progress, replicas)


def _reload(model: keras.Model) -> None:
    """Save the untrained model and load it again: some layers of QKeras do not come back.

    Raises:
        EdgemlError: it does not load.
    """
    with scratch_folder() as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        load_model(path)


def _train_phase(
    phase: Literal["float", "qat"],
    preset: Preset,
    run: Run,
    data: Prepared,
    progress: TrainingProgress,
    replicas: Replicas,
    strict: bool = False,
) -> None:
    """Train one model and write its file last."""
    choices = run.config.choices
    if phase == "float":
        choices = _own_quantizers(preset, run, strict)
    make_repeatable(run.config.seed)  # it empties the stack of scopes, so it comes before them
    with replicas.watched(), replicas.scope():
        _train_model(phase, preset, choices, run, data, progress, replicas, strict)


def _own_quantizers(preset: Preset, run: Run, strict: bool) -> Choices:
    """The choices with the preset's own quantizers, which the float baseline starts with.

    QKeras scales and clips the initial weights of a layer by its quantizer. With the preset's own a baseline
    is the same whatever quantizers are chosen. Where the network has other weights with them, the choices
    stay.

    Raises:
        EdgemlError: as of `_check`, of the network with the chosen quantizers.
    """
    chosen = run.config.choices
    if chosen.quantizers == preset.quantizers:
        return chosen
    model = build_model(preset, chosen)
    _check(model, run, strict)
    own = chosen.model_copy(update={"quantizers": preset.quantizers})
    try:
        other = build_model(preset, own)
    except EdgemlError:  # they do not fit this network
        return chosen
    shapes = [[(weight.name, tuple(weight.shape)) for weight in one.weights] for one in (model, other)]
    return own if shapes[0] == shapes[1] else chosen


def _check(model: keras.Model, run: Run, strict: bool) -> None:
    """Refuse a model now, not after hours of training.

    Raises:
        EdgemlError: it cannot be lowered, its end does not fit the task, or it is not made for the settings.
    """
    assert run.config.data is not None
    lower_model(model, run.name, strict, options=run.config.lowering)
    check_end(model, run.config.data.task, run.config.lowering.outputs)
    SmallPhase(model, run).check()


def _train_model(
    phase: Literal["float", "qat"],
    preset: Preset,
    choices: Choices,
    run: Run,
    data: Prepared,
    progress: TrainingProgress,
    replicas: Replicas,
    strict: bool,
) -> None:
    """The same within the scope of its replicas, of the model that the choices make."""
    assert run.config.training is not None and run.config.quantizers is not None  # as `train` wrote it
    settings = PhaseSettings.of(phase, run.config.training, run.config.seed, run.config.data.task)
    model = build_model(preset, choices)
    if phase == "float":
        if choices == run.config.choices:
            _check(model, run, strict)
        _reload(model)
        model, before, file = float_model(model), [], run.float_file
        initialize(model, run.config.training.initializer, run.config.seed)
    else:
        copy_weights(load_model(run.float_file), model)
        before = [row for row in read_history(run.history_file) if row.phase != phase]
        file = run.model_file
    small = SmallPhase.of(model, run) if phase == "qat" else None
    if small is not None:
        replicas.check_small(small.learned)
    teacher = teacher_logits(run, model, data) if phase == "qat" else None
    with tensorboard(run.logs, phase) as board:
        callbacks = PhaseCallbacks.of(preset, phase, run.folder)
        training = run.config.training
        if training.tensorboard:
            place = run.logs / phase / "validation"
            extras = BoardExtras(training.tensorboard, place, model, data, training)
            callbacks = callbacks.beside(extras.callback())
        if small is not None:
            settings, callbacks = small.begin(settings, callbacks, data)
        watched = RecordedProgress(progress, run.history_file, before)
        rows = fit(
            model, data, settings, run.state_file, board, watched, callbacks, preset.loss, teacher, replicas
        )
    if small is not None:
        small.end()
    write_history(run.history_file, [*before, *rows])
    with staged_path(file) as temporary:
        model.save(temporary)
    run.state_file.unlink(missing_ok=True)
