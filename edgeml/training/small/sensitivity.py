"""The sensitivity to pruning: a trained network's figure with a share of one layer's weights pruned.

The weights of the smallest magnitude go, those of the other layers stay, and nothing is trained again, so it
says where a network bears pruning, not what it reaches after training with it. RUN/pruning.json has it.

Invariant: masks are those of `training.pruning` with the pattern "weight"; the run's model stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from edgeml import tasks
from edgeml.errors import EdgemlError
from edgeml.keras.load import load_model
from edgeml.presets.pruning import Pruning
from edgeml.runs import Run
from edgeml.training.figure import percent_of_model
from edgeml.training.small.masks import masks
from edgeml.training.small.pruning import prunable
from edgeml.training.small.pruning_record import PRUNING_FILE, PrunedRow, PruningSensitivity

SHARES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
"""Shares of a layer's weights that are pruned."""


def measure_pruning(run: Run, tell: Callable[[str], None]) -> PruningSensitivity:
    """Measure the quantized model of a run on the validation part, and write RUN/pruning.json.

    Args:
        run: trained and lowered.
        tell: called with each layer's name before it is pruned.

    Raises:
        EdgemlError: the model has no layer that is pruned, the data have no validation part or no truth, or
            the file cannot be written.
    """
    model, data = load_model(run.model_file), run.data()
    layers = prunable(model, Pruning(sparsity=SHARES[0]))
    if not layers:
        raise EdgemlError("has no dense layer or convolution over all channels to prune", run.name)

    def percent() -> float:
        return percent_of_model(model, data, data.x_val, data.y_val)

    rows: list[PrunedRow] = []
    whole = percent()
    for layer in layers:
        tell(layer.name)
        rows += pruned_rows(layer, percent)
    record = PruningSensitivity(
        graph=run.graph().digest,
        measure=tasks.load(data.task).measure,
        samples=len(data.x_val),
        percent=whole,
        rows=tuple(rows),
    )
    record.write(run.folder / PRUNING_FILE)
    return record


def pruned_rows(layer: Any, percent: Callable[[], float]) -> list[PrunedRow]:
    """The rows of one layer, which is left as it was; `percent` gives the figure of the model as it is."""
    kernel, rows = layer.kernel.numpy(), list[PrunedRow]()
    zero = int(kernel.size - (kernel != 0).sum())
    for share in SHARES:
        if int(share * kernel.size) >= kernel.size:
            break
        layer.kernel.assign(kernel * masks({layer.name: kernel}, Pruning(sparsity=share))[layer.name])
        rows.append(
            PrunedRow(layer=layer.name, weights=kernel.size, zero=zero, share=share, percent=percent())
        )
    layer.kernel.assign(kernel)
    return rows
