"""A folder with the files that the pages' commands name, and the command line in this process.

`Workshop` is made once for a module: a trained run, models in every format, data.
"""

from __future__ import annotations

import contextlib
import io
import os
import shlex
import signal
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from edgeml.cli import console
from edgeml.cli.main import build_app
from edgeml.errors import EdgemlError
from tests.importers.formats import hgq2

REPORTS = Path(__file__).parents[1] / "vendor" / "reports"


def command(line: str) -> tuple[int, str]:
    """The exit code of a command line that begins with `edgeml`, and what it printed."""
    name, *words = shlex.split(line)
    assert name == "edgeml", line
    out = io.StringIO()
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    handlers = {number: signal.getsignal(number) for number in numbers}
    screens = [(screen, screen._file) for screen in (console.OUT, console.ERR)]
    code: Any = 0
    try:
        for screen, _ in screens:
            screen._file = out
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            code = build_app()(words, standalone_mode=False) or 0
    except EdgemlError as error:
        code = 2
        out.write(f"error: {error}")
    except SystemExit as stop:
        code = stop.code or 0
    finally:
        for screen, file in screens:
            screen._file = file
        for number, handler in handlers.items():
            signal.signal(number, handler)
    return int(getattr(code, "exit_code", code)), out.getvalue()


@contextlib.contextmanager
def inside(folder: Path) -> Iterator[None]:
    """The process in `folder` for a while."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def data() -> tuple[Any, Any]:
    """150 samples of four measures, multiples of 1/16, and three classes."""
    from sklearn.datasets import load_iris

    x, y = (np.asarray(part) for part in load_iris(return_X_y=True))
    return np.round((x - x.mean(axis=0)) * 16).astype(np.float32) / 16, y


def fill(folder: Path) -> dict[str, Any]:
    """Write the files into `folder`; the names that examples in Python take as given."""
    import keras
    from qkeras import QActivation, QDense

    import edgeml
    from edgeml.presets import load

    keras.utils.set_random_seed(0)
    x, y = data()
    np.savez(folder / "data.npz", x=x, y=y)
    layers = [keras.layers.Dense(8, "relu", name="fc1"), keras.layers.Dense(3, name="logits")]
    plain = keras.Sequential([keras.Input((4,)), *layers], name="net")
    plain.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    plain.fit(x, y, epochs=30, verbose=0)
    plain.save(folder / "float.keras")
    options: Any = {
        "kernel_quantizer": "quantized_bits(6, 1, alpha=1)",
        "bias_quantizer": "quantized_bits(6, 1, alpha=1)",
    }
    inputs = value = keras.Input((4,), name="measures")
    value = QActivation("quantized_bits(8, 2, alpha=1)", name="quantize")(value)
    value = QDense(8, name="fc1", **options)(value)
    value = QActivation("quantized_relu(6, 2)", name="act1")(value)
    model = keras.Model(inputs, QDense(3, name="logits", **options)(value))
    for name in ("fc1", "logits"):
        model.get_layer(name).set_weights(plain.get_layer(name).get_weights())
    model.save(folder / "qkeras.h5")
    graph = edgeml.lower(model)
    written = edgeml.emit(graph, "qonnx").write(folder / "qonnx")
    del written
    (next((folder / "qonnx").glob("*.onnx"))).rename(folder / "model.qonnx.onnx")
    hgq2.sample(folder).rename(folder / "hgq2.keras")
    (folder / "int8.tflite").write_bytes(_int8(plain, x))
    (folder / "hls4ml.yml").write_text(
        "Model:\n  Precision: fixed<16,6>\n  ReuseFactor: 1\nLayerName:\n  fc1:\n    Precision:\n"
        "      weight: fixed<8,2>\n      bias: fixed<8,2>\n      result: fixed<16,6>\n"
    )
    project = folder / "project"
    project.mkdir()
    report = next(REPORTS.rglob("myproject_csynth.xml"), None) or next(REPORTS.rglob("*csynth*"))
    (project / report.name).write_bytes(report.read_bytes())
    return {
        "edgeml": edgeml,
        "model": model,
        "plain": plain,
        "quantizers": load("iris_mlp").quantizers,
        "graph": graph,
        "x": x,
    }


def _int8(model: Any, x: np.ndarray) -> bytes:
    """The model in int8, by TensorFlow Lite's own converter."""
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([row[None]] for row in x)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):  # it tells where it saved it
        warnings.filterwarnings("ignore", category=UserWarning, module="tensorflow")
        return bytes(converter.convert())
