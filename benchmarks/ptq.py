"""Accuracy after quantization without training, beside onnxruntime's int8 and beside training for it.

    python -m benchmarks.ptq runs/mnist_cnn runs/digits_cnn               # trained runs: float.keras and QAT
    python -m benchmarks.ptq resnet8_float.h5 --data cifar10_subset.npz   # a float model of one's own

Prints a row of docs/quantizing.md for each model. Accuracy is that of the exact graph on the whole test part,
which nothing was chosen on. In brackets: on how many samples the float model's right class became a wrong
one, and the reverse; their difference has about the root of their sum as standard deviation. QAT is the
run's own exact graph at the widths that it was trained for.

With --unread the samples of the training part that calibration did not read are counted with the test part.
The float model may have been trained on them, so that only the difference to it means something.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

import edgeml
from edgeml.backends.onnx.int8 import quantize_int8
from edgeml.importers.run import read_again
from edgeml.ptq.judge import calibration_order
from edgeml.ptq.run import float_source, quantize_model
from edgeml.report.floats import FloatModel
from edgeml.report.quality import predictions
from edgeml.runs import Run

WIDTHS = (8, 6, 4)


def main() -> int:
    """Measure every model and print its row."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("models", nargs="+")
    parser.add_argument("--data")
    parser.add_argument("--bits", type=int, action="append")
    parser.add_argument("--unread", action="store_true")
    args = parser.parse_args()
    widths = tuple(args.bits or WIDTHS)
    heads = ("model", "test samples", "float32", "onnxruntime int8", *(f"{w} bits" for w in widths), "QAT")
    print(f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
    for model in args.models:
        print(f"| {' | '.join(row(model, args.data, widths, args.unread))} |", flush=True)
    return 0


def row(model: str, data: str | None, widths: tuple[int, ...], unread: bool) -> list[str]:
    """The cells of one model."""
    source = float_source(model)
    stated = {"data": {"dataset": data}} if data else {}
    with tempfile.TemporaryDirectory() as folder:
        runs = [
            quantize_model(
                source,
                Path(folder) / f"ptq{bits}",
                {**stated, "quantize": {"weights": bits, "activations": bits}},
            )
            for bits in widths
        ]
        graphs = [read_again(run).graph for run in runs]
        prepared = runs[0].data()
        x, y = prepared.x_test, np.asarray(prepared.y_test)
        if unread:
            settings = runs[0].config.post_training
            assert settings is not None
            rest = calibration_order(len(prepared.x_train), settings.seed)[settings.samples :]
            x = np.concatenate([x, prepared.x_train[rest]])
            y = np.concatenate([y, np.asarray(prepared.y_train)[rest]])
        int8 = Path(folder) / "int8.onnx"
        int8.write_bytes(quantize_int8(runs[0].float_onnx, prepared.x_train))
        plain, others = (FloatModel(path).predict(x) for path in (runs[0].float_onnx, int8))
        ours = (edgeml.emulator(graph).predict(x) for graph in graphs)
        cells = [f"{percent(out, y)} {changed(plain, out, y)}" for out in (others, *ours)]
    return [Path(model).stem, f"{len(y):,}", percent(plain, y), *cells, trained(model, x, y)]


def changed(plain: Any, outputs: Any, labels: Any) -> str:
    """The samples that turned wrong, and those that turned right: (-3 +2)."""
    before, after = (predictions(values) == labels for values in (plain, outputs))
    return f"(-{np.sum(before & ~after)} +{np.sum(after & ~before)})"


def trained(model: str, x: Any, y: Any) -> str:
    """The accuracy of a run that was trained for its quantization, with its widths."""
    if Path(model).is_file():
        return "not trained"
    run = Run.find(model)
    quantizers = run.config.quantizers
    if quantizers is None:
        return "not trained"
    bits = f"{quantizers.weights.bits}/{quantizers.activations.bits}"
    return f"{percent(edgeml.emulator(run.graph()).predict(x), y)} ({bits} bits)"


def percent(outputs: Any, labels: Any) -> str:
    """The share of right classes."""
    return f"{100 * float(np.mean(predictions(outputs) == labels)):.2f} %"


if __name__ == "__main__":
    sys.exit(main())
