"""The peer of `benchmarks.front`, run in an environment of its own that has HGQ2 and da4ml, never edgeml's.

    .venv-hgq2/bin/python benchmarks/hgq2_side.py FOLDER

FOLDER/data.npz has x_train, y_train, x_val, y_val, x_test and y_test, FOLDER/settings.json what
`benchmarks.front.peer_settings` says. The dense network of the preset is trained with HGQ2's own layers,
callbacks and defaults. Some of the checkpoints that no other beats in validation accuracy and EBOPs become
Verilog by da4ml in FOLDER/N; FOLDER/front.json lists them with the accuracy of da4ml's own integers on the
test part.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "jax")


def network(inputs: int, units: list[int], input_type: list[int]) -> Any:
    """HGQ2's form of the dense network: bits per weight and per input."""
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
        hidden = [QDense(size, activation="relu") for size in units[:-1]]
        hidden[0] = QDense(units[0], activation="relu", iq_conf=first)
        return keras.Sequential([keras.Input((inputs,)), *hidden, QDense(units[-1])])


def classes_of(outputs: Any) -> Any:
    """The class of each sample: the largest output, or the sign of a single one."""
    return outputs.argmax(1) if outputs.shape[1] > 1 else (outputs[:, 0] > 0).astype(int)


def trained(data: Any, folder: Path, settings: dict[str, Any]) -> tuple[Any, float]:
    """The model and the seconds of its training; its checkpoints lie in the folder."""
    import keras
    from hgq.utils.sugar import BetaScheduler, FreeEBOPs, ParetoFront, PieceWiseSchedule

    units, epochs, batch_size = settings["units"], settings["epochs"], settings["batch_size"]
    keras.utils.set_random_seed(settings["seed"])
    model = network(data["x_train"].shape[1], units, settings["input_type"])
    steps = epochs * -(-len(data["x_train"]) // batch_size)
    rate = keras.optimizers.schedules.CosineDecay(settings["learning_rate"], steps, alpha=0.01)
    if units[-1] > 1:
        loss: Any = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        accuracy: Any = keras.metrics.SparseCategoricalAccuracy(name="accuracy")
    else:
        loss = keras.losses.BinaryCrossentropy(from_logits=True)
        accuracy = keras.metrics.BinaryAccuracy(threshold=0.0, name="accuracy")
    model.compile(keras.optimizers.Adam(rate), loss, metrics=[accuracy])
    rising = [(0, settings["first"], "log"), (epochs, settings["last"], "constant")]
    callbacks = [
        BetaScheduler(PieceWiseSchedule(rising)),
        FreeEBOPs(),
        ParetoFront(folder / "checkpoints", ["val_accuracy", "ebops"], [1, -1]),
    ]
    began = time.monotonic()
    model.fit(
        data["x_train"],
        data["y_train"],
        batch_size=batch_size,
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
    from da4ml.trace import comb_trace, to_pipeline
    from hgq.utils import trace_minmax

    trace_minmax(model, data["x_train"], verbose=False)
    logic = comb_trace(*trace_model(model))
    pipeline = to_pipeline(logic, 4, verbose=False)
    VerilogModel(pipeline, "model", folder, clock_period=10, print_latency=False).write()
    outputs = logic.predict(data["x_test"].astype(np.float64))
    keras_outputs = np.asarray(model(data["x_test"]))
    return {
        "test_accuracy": float(np.mean(classes_of(outputs) == data["y_test"])),
        "equal_to_keras": bool(np.array_equal(outputs.astype(np.float32), keras_outputs)),
        "cost": float(logic.cost),
        "latency": len(pipeline.solutions),
    }


def main() -> None:
    """Train and write."""
    import keras
    import numpy as np

    folder = Path(sys.argv[1])
    data = dict(np.load(folder / "data.npz"))
    settings = json.loads((folder / "settings.json").read_text())
    model, seconds = trained(data, folder, settings)
    files = sorted((folder / "checkpoints").iterdir(), key=_ebops)
    most = settings["points"]
    chosen = sorted({round(i * (len(files) - 1) / max(1, most - 1)) for i in range(most)})
    points = []
    for number, index in enumerate(chosen):
        checkpoint = keras.models.load_model(files[index], compile=False)
        row = written(checkpoint, data, folder / str(number))
        validation = classes_of(np.asarray(checkpoint(data["x_val"])))
        row |= {"val_accuracy": float(np.mean(validation == data["y_val"])), "ebops": _ebops(files[index])}
        points.append(row)
    final = classes_of(np.asarray(model(data["x_val"])))
    result = {
        "seconds": seconds,
        "epochs": settings["epochs"],
        "last_val_accuracy": float(np.mean(final == data["y_val"])),
        "points": points,
    }
    (folder / "front.json").write_text(json.dumps(result, indent=1))


def _ebops(file: Path) -> float:
    return float(file.stem.split("ebops=")[1])


if __name__ == "__main__":
    main()
