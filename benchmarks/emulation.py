"""Speed of exact emulation against float32 ONNX Runtime on the same topology.

    python benchmarks/emulation.py [--samples 5000] [--rounds 15] [--threads 0] [--json]

Both sides run in this process on the same samples, in turn, so that a change of clock or load meets both;
the medians are compared. The float side is the topology with float32 weights in plain ONNX: its input is not
quantized, its activations are ReLU. It is given the better of one batch and the emulator's batch size.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from edgeml._version import __version__
from edgeml.backends.onnx.emulator import Emulator
from edgeml.fixed import FixedType
from edgeml.ir import Builder, Graph, evaluate
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.conv import Conv
from edgeml.ir.ops.mat_mul import MatMul
from edgeml.ir.ops.max_pool import MaxPool
from edgeml.ir.ops.reshape import Reshape

PIXEL = FixedType(False, 8, 8)
WEIGHT = FixedType(True, 6, 5)
BIAS = FixedType(True, 6, 5)
ACTIVATION = FixedType(False, 6, 4)

NO_PADDING = ((0, 0), (0, 0))


@dataclass(frozen=True)
class Row:
    """One network; times in microseconds per sample, medians."""

    network: str
    samples: int
    exact_us: float
    float_us: float
    ratio: float
    ready_ms: float
    evaluate_us: float


def codes(shape: tuple[int, ...], type: FixedType, seed: int) -> NDArray[np.int64]:
    """Random codes, small ones more often, as trained weights are."""
    spread = np.random.default_rng(seed).normal(0, type.hi / 3, shape)
    return np.clip(np.rint(spread), type.lo, type.hi).astype(np.int64)


def dense(build: Builder, x: str, name: str, units: int, seed: int) -> str:
    """A dense layer."""
    size = build.info(x).shape[-1]
    weight = build.const(codes((size, units), WEIGHT, seed), WEIGHT, f"{name}.weight")
    product = build.add(MatMul(), x, weight, name=f"{name}.matmul")
    bias = build.const(codes((units,), BIAS, seed + 1), BIAS, f"{name}.bias")
    return build.add(Add(), product, bias, name=name)


def conv(build: Builder, x: str, name: str, filters: int, seed: int) -> str:
    """A 3x3 convolution without padding."""
    channels = build.info(x).shape[-1]
    weight = build.const(codes((3, 3, channels, filters), WEIGHT, seed), WEIGHT, f"{name}.weight")
    product = build.add(Conv((1, 1), NO_PADDING, (1, 1)), x, weight, name=f"{name}.conv")
    bias = build.const(codes((filters,), BIAS, seed + 1), BIAS, f"{name}.bias")
    return build.add(Add(), product, bias, name=name)


def mnist_mlp() -> Graph:
    """784-256-64-32-10 with 6-bit weights and activations."""
    build = Builder("mnist_mlp")
    x = build.input((784,), PIXEL)
    for position, units in enumerate((256, 64, 32), start=1):
        x = dense(build, x, f"fc{position}", units, 10 * position)
        x = build.cast(x, ACTIVATION, name=f"act{position}")
    return build.graph(dense(build, x, "fc4", 10, 40))


def mnist_cnn(first: int = 16, second: int = 24) -> Graph:
    """The preset's topology: two convolutions with pooling, dense 32 and 10, 6 bits."""
    build = Builder(f"mnist_cnn_{first}_{second}")
    x = build.input((28, 28, 1), PIXEL)
    for position, filters in enumerate((first, second), start=1):
        x = conv(build, x, f"conv{position}", filters, 10 * position)
        x = build.cast(x, ACTIVATION, name=f"act{position}")
        x = build.add(MaxPool((2, 2), (2, 2), NO_PADDING), x, name=f"pool{position}")
    x = build.add(Reshape((5 * 5 * second,)), x, name="flatten")
    x = build.cast(dense(build, x, "fc1", 32, 30), ACTIVATION, name="act3")
    return build.graph(dense(build, x, "logits", 10, 40))


def float_model(graph: Graph) -> bytes:
    """The same topology in float32: Gemm or Conv, ReLU, MaxPool; channels first inside."""
    nodes: list[onnx.NodeProto] = []
    tensors: list[onnx.TensorProto] = []
    last = graph.inputs[0]

    def node(op: str, *inputs: str, **attributes: Any) -> None:
        nonlocal last
        nodes.append(helper.make_node(op, [last, *inputs], [f"t{len(nodes)}"], **attributes))
        last = f"t{len(nodes) - 1}"

    def constant(name: str, axes: tuple[int, ...] | None = None) -> str:
        values = np.ldexp(graph.constant(name), -WEIGHT.frac).astype(np.float32)
        tensors.append(numpy_helper.from_array(values if axes is None else values.transpose(axes), name))
        return name

    shape = graph.info(last).shape
    if len(shape) == 3:
        tensors.append(numpy_helper.from_array(np.array([0, shape[-1], *shape[:-1]]), "shape"))
        node("Reshape", "shape")
    for step in graph.nodes:
        match step.op.op_name():
            case "mat_mul":
                node("Gemm", constant(step.inputs[1]), constant(f"{step.layer}.bias"))
            case "conv":
                node("Conv", constant(step.inputs[1], (3, 2, 0, 1)), constant(f"{step.layer}.bias"))
            case "cast":
                node("Relu")
            case "max_pool":
                node("MaxPool", kernel_shape=[2, 2], strides=[2, 2])
            case "reshape":
                node("Flatten")
            case _:
                pass
    info = helper.make_tensor_value_info
    model = helper.make_model(
        helper.make_graph(
            nodes,
            graph.name,
            [info(graph.inputs[0], TensorProto.FLOAT, ["samples", *shape])],
            [info(last, TensorProto.FLOAT, ["samples", 10])],
            tensors,
        ),
        opset_imports=[helper.make_opsetid("", 13)],
        ir_version=7,
    )
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString()


def seconds(call: Callable[[], object]) -> float:
    """Of one call."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def measure(graph: Graph, samples: int, rounds: int, threads: int) -> Row:
    """Both sides in turn."""
    x = np.random.default_rng(0).random((samples, *graph.info(graph.inputs[0]).shape), np.float32)
    ready = statistics.median(seconds(lambda: Emulator(graph, threads).predict(x[:1])) for _ in range(5))
    emulator = Emulator(graph, threads)
    if not np.array_equal(emulator.predict(x[:200]), evaluate(graph, x[:200])):
        raise SystemExit(f"{graph.name}: the emulator differs from evaluate")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(float_model(graph), options, providers=["CPUExecutionProvider"])
    name, size = graph.inputs[0], emulator.batch

    def in_batches() -> None:
        for start in range(0, samples, size):
            session.run(None, {name: x[start : start + size]})

    sides: dict[str, Callable[[], object]] = {
        "exact": lambda: emulator.predict(x),
        "whole": lambda: session.run(None, {name: x}),
        "batches": in_batches,
    }
    times: dict[str, list[float]] = {side: [] for side in sides}
    for _ in range(rounds):
        for side, call in sides.items():
            time.sleep(0.01)  # the other side's threads still look for work for a while
            times[side].append(seconds(call))
    exact, whole, batches = (statistics.median(values) / samples * 1e6 for values in times.values())
    reference = seconds(lambda: evaluate(graph, x[:200])) / 200 * 1e6
    plain = min(whole, batches)
    return Row(graph.name, samples, exact, plain, exact / plain, ready * 1e3, reference)


def cpu() -> str:
    """The processor's name where Linux tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor()


def main() -> None:
    parser = argparse.ArgumentParser(description="Exact emulation against float32 ONNX Runtime.")
    parser.add_argument("--samples", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument(
        "--threads", type=int, default=0, help="of ONNX Runtime, both sides; 0 is its default"
    )
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    graphs = (mnist_mlp(), mnist_cnn(8, 16), mnist_cnn())
    rows = [measure(graph, args.samples, args.rounds, args.threads) for graph in graphs]
    about = {
        "cpu": cpu(),
        "python": platform.python_version(),
        "edgeml": __version__,
        "onnxruntime": onnxruntime.__version__,
        "numpy": np.__version__,
        "threads": args.threads,
        "rounds": args.rounds,
    }
    if args.json:
        print(json.dumps({"about": about, "rows": [asdict(row) for row in rows]}, indent=1))
        return
    print(", ".join(f"{key} {value}" for key, value in about.items()))
    heads = ("samples", "exact us", "float us", "ratio", "ready ms", "evaluate us")
    print(f"{'network':18} " + " ".join(f"{head:>11}" for head in heads))
    for row in rows:
        print(
            f"{row.network:18} {row.samples:11d} {row.exact_us:11.2f} {row.float_us:11.2f} {row.ratio:11.2f} "
            f"{row.ready_ms:11.1f} {row.evaluate_us:11.1f}"
        )


if __name__ == "__main__":
    main()
