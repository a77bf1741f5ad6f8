"""The peer of `benchmarks.front`, run in an environment of its own that has HGQ2 and da4ml, never edgeml's.

    .venv-hgq2/bin/python benchmarks/hgq2_side.py FOLDER          # trains
    .venv-hgq2/bin/python benchmarks/hgq2_side.py FOLDER FILE OUT # Verilog of a checkpoint in FOLDER/OUT

FOLDER/data.npz has x_train, y_train, x_val, y_val, x_test and y_test, FOLDER/settings.json what
`benchmarks.front_peer.peer_settings` says. The dense network of the preset is trained with HGQ2's own layers,
callbacks and defaults; FOLDER/checkpoints has the checkpoints that no other beats in validation accuracy and
EBOPs, and FOLDER/trained.json is there once the training has ended. An interrupted training goes on from
FOLDER/last.keras, which is kept every twenty epochs. FOLDER/OUT/point.json has the accuracy of da4ml's own
integers on the test part and is written after the Verilog.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

os.environ.setdefault("KERAS_BACKEND", "jax")

_KEPT = 20
"""Epochs from one kept state of the training to the next."""


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


def compiled(data: Any, settings: dict[str, Any]) -> Any:
    """The untrained model."""
    import keras

    units, epochs = settings["units"], settings["epochs"]
    model = network(data["x_train"].shape[1], units, settings["input_type"])
    steps = epochs * -(-len(data["x_train"]) // settings["batch_size"])
    rate = keras.optimizers.schedules.CosineDecay(settings["learning_rate"], steps, alpha=0.01)
    if units[-1] > 1:
        loss: Any = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        accuracy: Any = keras.metrics.SparseCategoricalAccuracy(name="accuracy")
    else:
        loss = keras.losses.BinaryCrossentropy(from_logits=True)
        accuracy = keras.metrics.BinaryAccuracy(threshold=0.0, name="accuracy")
    model.compile(keras.optimizers.Adam(rate), loss, metrics=[accuracy])
    return model


def train(data: Any, folder: Path, settings: dict[str, Any]) -> None:
    """Train to the end, from the epoch that `last.json` says if there is one."""
    import keras
    from hgq.utils.sugar import BetaScheduler, FreeEBOPs, ParetoFront, PieceWiseSchedule

    epochs, last = settings["epochs"], folder / "last.json"
    state = json.loads(last.read_text()) if last.is_file() else {"epochs": 0, "seconds": 0.0}
    began = time.monotonic() - state["seconds"]
    keras.utils.set_random_seed(settings["seed"] + state["epochs"])
    model = keras.models.load_model(folder / "last.keras") if state["epochs"] else compiled(data, settings)
    front = ParetoFront(folder / "checkpoints", ["val_accuracy", "ebops"], [1, -1])
    for file in sorted((folder / "checkpoints").glob("*.keras"), key=_epoch):
        if _epoch(file) < state["epochs"]:
            front.record.append(np.array([_figure(file, "val_accuracy"), _figure(file, "ebops")]))
            front.paths.append(file)
        else:  # of the epochs that come again
            file.unlink()

    history = folder / "history.jsonl"
    lines = history.read_text().splitlines(keepends=True) if state["epochs"] else []
    history.write_text("".join(lines[: state["epochs"]]))

    def keep(epoch: int, logs: dict[str, Any]) -> None:
        line = {"epoch": epoch, **{name: float(value) for name, value in logs.items()}}
        with history.open("a") as file:
            file.write(json.dumps(line) + "\n")
        if (epoch + 1) % _KEPT == 0:
            model.save(folder / "next.keras")
            (folder / "next.keras").replace(folder / "last.keras")
            last.write_text(json.dumps({"epochs": epoch + 1, "seconds": time.monotonic() - began}))

    rising = [(0, settings["first"], "log"), (epochs, settings["last"], "constant")]
    model.fit(
        data["x_train"],
        data["y_train"],
        batch_size=settings["batch_size"],
        epochs=epochs,
        initial_epoch=state["epochs"],
        validation_data=(data["x_val"], data["y_val"]),
        callbacks=[
            BetaScheduler(PieceWiseSchedule(rising)),
            FreeEBOPs(),
            front,
            keras.callbacks.LambdaCallback(on_epoch_end=keep),
        ],
        verbose=0,
    )
    result = {"epochs": epochs, "seconds": time.monotonic() - began}
    (folder / "trained.json").write_text(json.dumps(result))


def written(model: Any, data: Any, folder: Path) -> dict[str, Any]:
    """Verilog of one checkpoint, and the accuracy of the integers that it stands for."""
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
    """Train, or write the Verilog of a checkpoint."""
    import hgq.layers  # noqa: F401  registers the layers that files have
    import keras

    folder, *checkpoint = map(Path, sys.argv[1:])
    data = dict(np.load(folder / "data.npz"))
    if not checkpoint:
        train(data, folder, json.loads((folder / "settings.json").read_text()))
        return
    file, out = (folder / name for name in checkpoint)
    model = keras.models.load_model(file, compile=False)
    point = written(model, data, out)
    validation = classes_of(np.asarray(model(data["x_val"])))
    point |= {"val_accuracy": float(np.mean(validation == data["y_val"])), "ebops": _figure(file, "ebops")}
    (out / "point.json").write_text(json.dumps(point, indent=1))


def _figure(file: Path, name: str) -> float:
    """A figure that the name of a checkpoint says."""
    figure = re.search(rf"(?:^|_){name}=([^_]+)", file.stem)
    assert figure is not None
    return float(figure[1])


def _epoch(file: Path) -> float:
    return _figure(file, "epoch")


if __name__ == "__main__":
    main()
