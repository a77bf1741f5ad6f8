"""Speed of exact emulation against float32 ONNX Runtime on the same topology.

    python benchmarks/emulation.py [--samples 5000] [--rounds 15] [--threads 0] [--json]

Both sides run in this process on the same samples, in turn, so that a change of clock or load meets both;
the medians are compared. On one thread processor time is counted, which other work of the machine changes
least; on all cores the time that passes. The float side is the topology with float32 weights in plain ONNX:
its input is not quantized, its activations are ReLU. It is given the best of one batch, the emulator's batch
size and 16.
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
from edgeml.backends.onnx.int8 import quantize_int8
from edgeml.fixed import FixedType
from edgeml.ir import Builder, Graph, evaluate
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.cast import Cast
from edgeml.ir.ops.conv import Conv
from edgeml.ir.ops.mat_mul import MatMul
from edgeml.ir.ops.max_pool import MaxPool
from edgeml.ir.ops.reshape import Reshape
from edgeml.ir.ops.scale import Scale
from edgeml.ir.ops.sum_pool import SumPool

_SINGLE = 50
"""Calls with one sample per round."""

_PAUSE = 0.1
"""Seconds between sides: threads of ONNX Runtime's sessions still look for work, on all cores, for a while.
After 0.01 s they took a core from the side that was measured next."""

PIXEL = FixedType(False, 8, 8)
WEIGHT = FixedType(True, 6, 5)
BIAS = FixedType(True, 6, 5)
ACTIVATION = FixedType(False, 6, 4)
SUMMAND = FixedType(True, 8, 4)

NO_PADDING = ((0, 0), (0, 0))
VALID = Conv((1, 1), NO_PADDING, (1, 1))
SAME = Conv((1, 1), ((1, 1), (1, 1)), (1, 1))
HALF = Conv((2, 2), ((0, 1), (0, 1)), (1, 1))
HALF_POINTWISE = Conv((2, 2), NO_PADDING, (1, 1))


@dataclass(frozen=True)
class Row:
    """One network; times in microseconds per sample, medians; `single` is a call with one sample."""

    network: str
    samples: int
    exact_us: float
    float_us: float
    ratio: float
    int8_us: float
    single_us: float
    single_float_us: float
    single_ratio: float
    ready_ms: float
    evaluate_us: float


def codes(shape: tuple[int, ...], type: FixedType, seed: int) -> NDArray[np.int64]:
    """Random codes, small ones more often, as trained weights are."""
    spread = np.random.default_rng(seed).normal(0, type.hi / 3, shape)
    return np.clip(np.rint(spread), type.lo, type.hi).astype(np.int64)


def dense(build: Builder, x: str, name: str, units: int, seed: int, weights: FixedType = WEIGHT) -> str:
    """A dense layer."""
    size = build.info(x).shape[-1]
    weight = build.const(codes((size, units), weights, seed), weights, f"{name}.weight")
    product = build.add(MatMul(), x, weight, name=f"{name}.matmul")
    bias = build.const(codes((units,), BIAS, seed + 1), BIAS, f"{name}.bias")
    return build.add(Add(), product, bias, name=name)


def conv(
    build: Builder, x: str, name: str, filters: int, seed: int, kernel: int = 3, op: Conv = VALID
) -> str:
    """A square convolution."""
    channels = build.info(x).shape[-1]
    shape = (kernel, kernel, channels, filters)
    weight = build.const(codes(shape, WEIGHT, seed), WEIGHT, f"{name}.weight")
    product = build.add(op, x, weight, name=f"{name}.conv")
    bias = build.const(codes((filters,), BIAS, seed + 1), BIAS, f"{name}.bias")
    return build.add(Add(), product, bias, name=name)


def mnist_mlp(bits: int = 6) -> Graph:
    """784-256-64-32-10 with weights and activations of as many bits."""
    build = Builder("mnist_mlp" if bits == WEIGHT.width else f"mnist_mlp_{bits}bit")
    x = build.input((784,), PIXEL)
    activation = FixedType(False, bits, bits - 2)
    for position, units in enumerate((256, 64, 32), start=1):
        x = dense(build, x, f"fc{position}", units, 10 * position, FixedType(True, bits, bits - 1))
        x = build.cast(x, activation, name=f"act{position}")
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


def resnet8() -> Graph:
    """The size of MLPerf Tiny's ResNet-8: 32x32x3, stacks of 16, 32 and 64 filters, residual sums."""
    build = Builder("resnet8")
    x = build.cast(
        conv(build, build.input((32, 32, 3), PIXEL), "conv0", 16, 1, op=SAME), ACTIVATION, name="a0"
    )
    for stack, filters in enumerate((16, 32, 64), start=1):
        wider = stack > 1
        y = conv(build, x, f"conv{stack}a", filters, 10 * stack, op=HALF if wider else SAME)
        y = build.cast(y, ACTIVATION, name=f"a{stack}")
        y = build.cast(conv(build, y, f"conv{stack}b", filters, 10 * stack + 3, op=SAME), SUMMAND)
        if wider:
            x = conv(build, x, f"skip{stack}", filters, 10 * stack + 6, 1, HALF_POINTWISE)
            x = build.cast(x, SUMMAND)
        x = build.cast(build.add(Add(), y, x, name=f"sum{stack}"), ACTIVATION, name=f"b{stack}")
    x = build.add(SumPool((8, 8), (8, 8), NO_PADDING), x, name="pool")
    x = build.cast(build.add(Scale(-6), x, name="mean"), ACTIVATION, name="pooled")
    return build.graph(dense(build, build.add(Reshape((64,)), x, name="flatten"), "logits", 10, 90))


def ad01() -> Graph:
    """The size of MLPerf Tiny's autoencoder: 640, four times 128, 8, four times 128, 640."""
    build = Builder("ad01")
    x = build.input((640,), FixedType(True, 8, 4))
    for position, units in enumerate((*(128,) * 4, 8, *(128,) * 4)):
        x = build.cast(dense(build, x, f"fc{position}", units, position), ACTIVATION, name=f"act{position}")
    return build.graph(dense(build, x, "output", 640, 9))


def float_model(graph: Graph) -> bytes:
    """The same topology in float32: Gemm or Conv, ReLU, MaxPool; channels first inside."""
    nodes: list[onnx.NodeProto] = []
    tensors: list[onnx.TensorProto] = []
    place = {graph.inputs[0]: graph.inputs[0]}

    def node(op: str, *inputs: str, **attributes: Any) -> str:
        nodes.append(helper.make_node(op, inputs, [f"t{len(nodes)}"], **attributes))
        return f"t{len(nodes) - 1}"

    def constant(name: str, axes: tuple[int, ...] | None = None) -> str:
        frac = np.asarray(graph.info(name).type.frac, np.int32)
        values = np.ldexp(graph.constant(name), -frac).astype(np.float32)
        tensors.append(numpy_helper.from_array(values if axes is None else values.transpose(axes), name))
        return name

    shape = graph.info(graph.inputs[0]).shape
    if len(shape) == 3:
        tensors.append(numpy_helper.from_array(np.array([0, shape[-1], *shape[:-1]]), "shape"))
        # One channel: the same elements in the same order. Several: the images are taken channels first.
        place[graph.inputs[0]] = node("Reshape", graph.inputs[0], "shape")
    for step in graph.nodes:
        read = [place[name] for name in step.inputs if name in place]
        match step.op:
            case MatMul():
                weights = constant(step.inputs[1]), constant(f"{step.layer}.bias")
                place[step.name] = node("Gemm", *read, *weights)
            case Conv(strides=strides, padding=padding):
                weights = constant(step.inputs[1], (3, 2, 0, 1)), constant(f"{step.layer}.bias")
                pads = [pair[end] for end in (0, 1) for pair in padding]
                place[step.name] = node("Conv", *read, *weights, strides=strides, pads=pads)
            case Cast(to=to):
                place[step.name] = read[0] if to.signed else node("Relu", *read)
            case MaxPool():
                place[step.name] = node("MaxPool", *read, kernel_shape=[2, 2], strides=[2, 2])
            case SumPool():
                place[step.name] = node("GlobalAveragePool", *read)
            case Reshape():
                place[step.name] = node("Flatten", *read)
            case Add() | Scale() if read:
                place[step.name] = read[0] if len(read) == 1 else node("Add", *read)
            case _:
                pass
    last = place[graph.outputs[0]]
    info = helper.make_tensor_value_info
    model = helper.make_model(
        helper.make_graph(
            nodes,
            graph.name,
            [info(graph.inputs[0], TensorProto.FLOAT, ["samples", *shape])],
            [info(last, TensorProto.FLOAT, ["samples", *graph.info(graph.outputs[0]).shape])],
            tensors,
        ),
        opset_imports=[helper.make_opsetid("", 13)],
        ir_version=7,
    )
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString()


def seconds(call: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    """Of one call, by a clock."""
    start = clock()
    call()
    return clock() - start


def measure(graph: Graph, samples: int, rounds: int, threads: int) -> Row:
    """Both sides in turn."""
    x = np.random.default_rng(0).random((samples, *graph.info(graph.inputs[0]).shape), np.float32)
    ready = statistics.median(seconds(lambda: Emulator(graph, threads).predict(x[:1])) for _ in range(5))
    emulator = Emulator(graph, threads)
    if not np.array_equal(emulator.predict(x[:50]), evaluate(graph, x[:50])):
        raise SystemExit(f"{graph.name}: the emulator differs from evaluate")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(float_model(graph), options, providers=["CPUExecutionProvider"])
    name, size = graph.inputs[0], emulator.batch
    content = quantize_int8(float_model(graph), x[:200])
    int8 = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    one = x[:1]

    def in_batches(session: Any, size: int) -> None:
        for start in range(0, samples, size):
            session.run(None, {name: x[start : start + size]})

    def often(call: Callable[[], object]) -> Callable[[], object]:
        return lambda: [call() for _ in range(_SINGLE)]

    sides: dict[str, Callable[[], object]] = {
        "exact": lambda: emulator.predict(x),
        "whole": lambda: session.run(None, {name: x}),
        "batches": lambda: in_batches(session, size),
        "small batches": lambda: in_batches(session, 16),
        "int8": lambda: in_batches(int8, size),
        "exact, one": often(lambda: emulator.predict(one)),
        "float, one": often(lambda: session.run(None, {name: one})),
    }
    times: dict[str, list[float]] = {side: [] for side in sides}
    for _ in range(rounds):
        for side, call in sides.items():
            time.sleep(_PAUSE)
            times[side].append(seconds(call, time.process_time if threads == 1 else time.perf_counter))
    calls = {side: _SINGLE if side.endswith("one") else samples for side in sides}
    median = {side: statistics.median(values) / calls[side] * 1e6 for side, values in times.items()}
    plain = min(median["whole"], median["batches"], median["small batches"])
    return Row(
        network=graph.name,
        samples=samples,
        exact_us=median["exact"],
        float_us=plain,
        ratio=median["exact"] / plain,
        int8_us=median["int8"],
        single_us=median["exact, one"],
        single_float_us=median["float, one"],
        single_ratio=median["exact, one"] / median["float, one"],
        ready_ms=ready * 1e3,
        evaluate_us=seconds(lambda: evaluate(graph, x[:50])) / 50 * 1e6,
    )


_INSTRUCTIONS = {"AVX2": ("avx2",), "AVX-512": ("avx512f",), "VNNI": ("avx512_vnni", "avx_vnni")}
"""Instructions that ONNX Runtime's kernels for eight bits differ by, and their flags in /proc/cpuinfo."""


def cpu() -> str:
    """The processor's name and which instructions for products of eight bits it has, where Linux tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        facts = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
        flags = set(facts["flags"].split())
        words = [
            f"{'with' if flags & {*names} else 'without'} {each}" for each, names in _INSTRUCTIONS.items()
        ]
        return f"{facts['model name']} ({', '.join(words)})"
    except (OSError, KeyError):
        return platform.processor()


def main() -> None:
    parser = argparse.ArgumentParser(description="Exact emulation against float32 ONNX Runtime.")
    parser.add_argument("--samples", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument(
        "--threads", type=int, default=0, help="of ONNX Runtime, both sides; 0 is its default"
    )
    parser.add_argument("--networks", default="", help="names, with commas between; all of them if empty")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    graphs = (mnist_mlp(), mnist_cnn(8, 16), mnist_cnn(), ad01(), resnet8())
    chosen = [graph for graph in graphs if not args.networks or graph.name in args.networks.split(",")]
    rows = [measure(graph, args.samples, args.rounds, args.threads) for graph in chosen]
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
    heads = (
        "exact us",
        "float us",
        "ratio",
        "int8 us",
        "one us",
        "float one",
        "ratio",
        "ready ms",
        "evaluate us",
    )
    print(f"{'network':18} " + " ".join(f"{head:>11}" for head in heads))
    for row in rows:
        figures = (row.exact_us, row.float_us, row.ratio, row.int8_us, row.single_us, row.single_float_us)
        more = (row.single_ratio, row.ready_ms, row.evaluate_us)
        print(f"{row.network:18} " + " ".join(f"{figure:11.2f}" for figure in (*figures, *more)))


if __name__ == "__main__":
    main()
