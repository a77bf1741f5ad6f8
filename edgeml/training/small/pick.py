"""A checkpoint of a front as a run of its own."""

from __future__ import annotations

import shutil
from pathlib import Path

from edgeml import presets
from edgeml.errors import EdgemlError
from edgeml.files import staged_path
from edgeml.keras.learned import learned_layers
from edgeml.keras.load import load_model
from edgeml.locks import locked
from edgeml.presets import Choices, Preset
from edgeml.runs import Run
from edgeml.training.build import build_model
from edgeml.training.small.front import Front

_NO_FRONT = "has no learned widths and prunes nothing, so its front would be one point"


def check_front(preset: Preset, choices: Choices) -> None:
    """Refuse a training whose front would be one point.

    Raises:
        EdgemlError: all its widths are stated and it prunes nothing, or there is one epoch.
    """
    if not choices.training.pruning.prunes and not any(learned_layers(build_model(preset, choices))):
        raise EdgemlError(_NO_FRONT, preset.name, _remedy(choices.data.dataset))
    if choices.training.epochs == 1:
        raise EdgemlError(
            "has one epoch of quantization-aware training, so its front would be one point",
            preset.name,
            f"take more of them: --epochs {preset.training.epochs if preset.training.epochs > 1 else 100}",
        )


def _remedy(dataset: str) -> str:
    """Trainings that have a front: a pruned one, a preset of the data that learns its widths, one's own."""
    name = f"{dataset}_learned"
    learned = f"train {name}, which learns them, or " if name in presets.names() else ""
    return (
        f"prune: --set training.pruning.sparsity=0.5; or {learned}build the model of the layers of "
        "edgeml.keras.learned, as models/digits_learned.py does"
    )


def front_of(run: Run) -> Front:
    """The front of a run that was pruned or trained with learned widths.

    Raises:
        EdgemlError: it was neither, is not trained to the end, or its front is damaged.
    """
    if not run.model_file.is_file():
        raise EdgemlError("is not trained to the end", str(run.folder), f"run edgeml {run.origin}")
    front = Front(run.front)
    if not front.points:
        raise EdgemlError(_NO_FRONT, str(run.folder), _remedy(run.config.data.dataset))
    return front


def pick(run: Run, number: int, folder: Path, overwrite: bool = False) -> Run:
    """Make a checkpoint of a run's front a run of its own, as if it had been trained with that setting.

    Args:
        run: with the front; it stays as it is.
        number: of the checkpoint, counted from 1, the one with the fewest bit operations.
        folder: of the new run.
        overwrite: where the folder holds a run of another configuration, delete it.

    Raises:
        EdgemlError: there is no such front or checkpoint, or the folder holds something else.
    """
    front = front_of(run)
    assert run.config.training is not None  # it was trained
    penalty = run.config.training.bit_penalty.model_copy(update={"pick": number})
    point = front.chosen(penalty)
    training = run.config.training.model_copy(update={"bit_penalty": penalty})
    with locked(folder):
        result = Run.create(folder, run.config.model_copy(update={"training": training}), overwrite)
        model = load_model(run.model_file)
        for variable, value in zip(model.variables, front.weights(point), strict=True):
            variable.assign(value)
        for source, target in ((run.float_file, result.float_file), (run.history_file, result.history_file)):
            with staged_path(target) as temporary:
                shutil.copyfile(source, temporary)
        with staged_path(result.model_file) as temporary:
            model.save(temporary)
    return result
