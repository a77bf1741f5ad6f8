"""The peer of `benchmarks.front`, run in an environment of its own that has HGQ2 and da4ml, never edgeml's.

    .venv-hgq2/bin/python benchmarks/hgq2_side.py DATA.npz FOLDER EPOCHS SEED FIRST LAST

DATA.npz has x_train, y_train, x_val, y_val, x_test, y_test and `input_type` (keep_negative, integer bits,
fractional bits). The dense network of the presets is trained with HGQ2's own layers, callbacks and defaults,
the penalty rising from FIRST to LAST. Some of the checkpoints that no other beats in validation accuracy and
EBOPs become Verilog by da4ml in FOLDER/N; front.json lists them with the accuracy of da4ml's own integers on
the test part.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "jax")

MOST_POINTS = 6
"""Checkpoints that become Verilog, evenly spread over the front."""

UNITS = (32, 32)


def network(inputs: int, classes: int, input_type: tuple[int, int, int]) -> Any:
    """HGQ2's form of the dense network of digits_learned: bits per weight and per input."""
    import keras
    from hgq.config import LayerConfigScope, QuantizerConfig, QuantizerConfigScope
    from hgq.layers import QDense

    keep_negative, integer, fraction = input_type
    first = QuantizerConfig(
        "kif", "datalane", k0=bool(keep_negative), i0=integer, f0=fraction, overflow_mode="WRAP"
    )
    with (
        QuantizerConfigScope(place="all", default_q_type="kbi", overflow_mode="SAT_SYM"),
        QuantizerConfigScope(place="datalane", default_q_type="kif", overflow_mode="WRAP"),
        LayerConfigScope(enable_ebops=True, beta0=1e-6),
    ):
        layers = [QDense(units, activation="relu") for units in UNITS]
        layers[0] = QDense(UNITS[0], activation="relu", iq_conf=first)
        return keras.Sequential([keras.Input((inputs,)), *layers, QDense(classes)])


def trained(data: Any, folder: Path, epochs: int, seed: int, first: float, last: float) -> tuple[Any, float]:
    """The model and the seconds of its training; its checkpoints lie in the folder."""
    import keras
    from hgq.utils.sugar import BetaScheduler, FreeEBOPs, ParetoFront, PieceWiseSchedule

    keras.utils.set_random_seed(seed)
    model = network(data["x_train"].shape[1], int(data["y_train"].max()) + 1, tuple(data["input_type"]))
    steps = epochs * -(-len(data["x_train"]) // 32)
    rate = keras.optimizers.schedules.CosineDecay(8e-3, steps, alpha=0.01)
    model.compile(
        keras.optimizers.Adam(rate),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    callbacks = [
        BetaScheduler(PieceWiseSchedule([(0, first, "log"), (epochs, last, "constant")])),
        FreeEBOPs(),
        ParetoFront(folder / "checkpoints", ["val_accuracy", "ebops"], [1, -1]),
    ]
    began = time.monotonic()
    model.fit(
        data["x_train"],
        data["y_train"],
        batch_size=32,
        epochs=epochs,
        validation_data=(data["x_val"], data["y_val"]),
        callbacks=callbacks,
        verbose=0,
    )
    return model, time.monotonic() - began


def written(model: Any, data: Any, folder: Path) -> dict[str, Any]:
    """Verilog of one checkpoint, and the accuracy of the integers that it stands for."""
    import numpy as np
    from da4ml.codegen import VerilogModel
    from da4ml.converter import trace_model
    from da4ml.trace import comb_trace
    from hgq.utils import trace_minmax

    trace_minmax(model, data["x_train"], verbose=False)
    logic = comb_trace(*trace_model(model))
    design = VerilogModel(logic, "model", folder, latency_cutoff=4, clock_period=10, print_latency=False)
    design.write()
    outputs = logic.predict(data["x_test"].astype(np.float64))
    keras_outputs = np.asarray(model(data["x_test"]))
    return {
        "test_accuracy": float(np.mean(outputs.argmax(1) == data["y_test"])),
        "equal_to_keras": bool(np.array_equal(outputs.astype(np.float32), keras_outputs)),
        "cost": float(logic.cost),
    }


def main() -> None:
    """Train and write."""
    import keras
    import numpy as np

    data = dict(np.load(sys.argv[1]))
    folder = Path(sys.argv[2])
    epochs, seed, first, last = int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5]), float(sys.argv[6])
    model, seconds = trained(data, folder, epochs, seed, first, last)
    files = sorted((folder / "checkpoints").iterdir(), key=_ebops)
    chosen = sorted({round(i * (len(files) - 1) / max(1, MOST_POINTS - 1)) for i in range(MOST_POINTS)})
    points = []
    for number, index in enumerate(chosen):
        checkpoint = keras.models.load_model(files[index], compile=False)
        row = written(checkpoint, data, folder / str(number))
        validation = np.asarray(checkpoint(data["x_val"])).argmax(1)
        row |= {"val_accuracy": float(np.mean(validation == data["y_val"])), "ebops": _ebops(files[index])}
        points.append(row)
    final = np.asarray(model(data["x_val"])).argmax(1)
    result = {
        "seconds": seconds,
        "last_val_accuracy": float(np.mean(final == data["y_val"])),
        "points": points,
    }
    (folder / "front.json").write_text(json.dumps(result, indent=1))


def _ebops(file: Path) -> float:
    return float(file.stem.split("ebops=")[1])


if __name__ == "__main__":
    main()
