"""A small graph, predictions and complete facts for the tests of the report; seeded, nothing is trained."""

from __future__ import annotations

from functools import cache
from typing import Any, Literal

import numpy as np

from edgeml.backends.onnx.certificate import certificate
from edgeml.checks.result import Check, Difference, Result
from edgeml.figures import Figure
from edgeml.fixed import FixedType
from edgeml.footprint import CoreFigures, LayerFootprint
from edgeml.ir import Builder, Graph, evaluate
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.mat_mul import MatMul
from edgeml.keras.kinds import LayerKinds
from edgeml.ptq.record import QuantizationRecord, SensitivityRow, TensorRow
from edgeml.report import quality
from edgeml.report.facts import Facts
from edgeml.report.numbers import Number, absent, measured, proven
from edgeml.report.sections.accuracy.collect import accuracies, agreements, majority
from edgeml.report.sections.classes.collect import confusion, per_class
from edgeml.report.sections.layers import statistics as layers
from edgeml.report.sections.mcus.facts import McuRow
from edgeml.report.sections.network.collect import of_graph
from edgeml.report.sections.speed.facts import EmulationSpeed
from edgeml.report.sections.summary.facts import DatasetFacts
from edgeml.report.sections.task.collect import figure_rows
from edgeml.report.sections.task.facts import OutputRow
from edgeml.report.sections.training.collect import effort, history
from edgeml.report.sections.training.facts import Epoch
from edgeml.report.sections.ways.facts import PostTrainingResult
from edgeml.report.sections.weights import collect as weights
from edgeml.tasks import TaskFigure
from edgeml.training.small.front import Checkpoint
from edgeml.training.small.pruning_record import PrunedRow, PruningSensitivity
from tests.report.hardware import estimated, sample_hardware
from tests.report.measured import sample_measured

CLASSES = ("cat", "dog", "fish")


def sample_front() -> dict[str, Any]:
    """Two checkpoints of a training with learned widths."""
    points = (
        Checkpoint(epoch=9, cost=300, strength=1e-4, val_loss=0.4, val_accuracy=0.9),
        Checkpoint(epoch=2, cost=1200, strength=1e-6, val_loss=0.2, val_accuracy=0.975),
    )
    notes = ("the penalty became too strong after epoch 11",)
    return {"front": points, "front_unit": "bit operations", "front_taken": 2, "front_notes": notes}


def sample_pruning() -> PruningSensitivity:
    """Two layers, the second of which bears less."""
    figures = {"fc1": (48, 0, (96.0, 95.5, 80.0)), "fc2": (18, 2, (96.5, 90.0, 60.0))}
    rows = tuple(
        PrunedRow(layer=layer, weights=weights, zero=zero, share=share, percent=percent)
        for layer, (weights, zero, percents) in figures.items()
        for share, percent in zip((0.1, 0.5, 0.9), percents, strict=True)
    )
    digest = sample_graph().digest
    return PruningSensitivity(graph=digest, measure="accuracy", samples=300, percent=96.2, rows=rows)


def sample_graph(seed: int = 1) -> Graph:
    """8 features, 6 hidden units with a ReLU cast, 3 classes."""
    random = np.random.default_rng(seed)
    build = Builder("sample")
    value = build.input((8,), FixedType(True, 6, 3), "x")
    for name, rows, columns in (("fc1", 8, 6), ("fc2", 6, 3)):
        codes = random.integers(-31, 32, (rows, columns)) * (random.random((rows, columns)) > 0.2)
        weight = build.const(codes, FixedType(True, 6, 5), f"{name}.weight")
        bias = build.const(random.integers(-8, 8, columns), FixedType(True, 6, 4), f"{name}.bias")
        product = build.add(MatMul(), value, weight, name=f"{name}.matmul")
        value = build.add(Add(), product, bias, name=name)
        if name == "fc1":
            value = build.cast(value, FixedType(False, 5, 3), name="act1")
    return build.graph(value)


def sample_inputs(samples: int = 300, seed: int = 2) -> np.ndarray:
    """Floats for `sample_graph`, some outside its input type."""
    return np.random.default_rng(seed).normal(0, 1.6, (samples, 8)).astype(np.float32)


def sample_check(graph: Graph, mismatch: bool = False) -> Check:
    """A check with one of each: exact, not run, and if wanted a mismatch."""
    results = [
        Result(backend="onnxruntime", status="exact", samples=300, seconds=0.01),
        Result(backend="keras", status="exact", samples=300, seconds=0.5),
        Result(backend="hls4ml", status="not-run", reason="no g++ on PATH"),
    ]
    if mismatch:
        first = Difference(op="fc1.matmul", index=(3, 2), expected=17, got=16)
        results.append(
            Result(backend="qonnx", status="mismatch", samples=300, mismatches=5, max_abs_lsb=2, first=first)
        )
    return Check(model="sample", graph=graph.digest, samples=300, results=tuple(results))


def sample_history() -> tuple[Epoch, ...]:
    """Two phases; one cell is blank and one is nan."""
    rows: list[dict[str, str | None]] = []
    for phase, start in (("float", 1.0), ("qat", 0.4)):
        for epoch in range(1, 9):
            loss = start / epoch
            rows.append(
                {
                    "phase": phase,
                    "epoch": str(epoch),
                    "loss": "nan" if (phase, epoch) == ("qat", 2) else f"{loss}",
                    "accuracy": f"{1 - loss / 3}",
                    "val_loss": f"{loss * 1.1}",
                    "val_accuracy": f"{1 - loss / 2.5}",
                    "learning_rate": "",
                }
            )
    return history(rows)


def sample_rounding() -> tuple[PostTrainingResult, ...]:
    """Rounded after training: at the run's own types, and calibrated, which could not be made."""
    gone = absent("there is no float.keras to round")
    return (
        PostTrainingResult(
            types="own",
            graph="cd" * 32,
            moved=("act1 activation, 5 bits: 2 to 3 integer bits",),
            accuracy=quality.share(240, 300),
            agreement=quality.share(270, 300),
            weight_bits=proven(432),
            bops=proven(4321),
            hardware=(estimated("cd" * 32, "pynq-z2", 950, layers=False),),
        ),
        PostTrainingResult(types="calibrated", accuracy=gone, agreement=gone, weight_bits=gone, bops=gone),
    )


def sample_footprint() -> dict[str, Any]:
    """A core and two microcontrollers, one of them too small."""
    layers = (
        LayerFootprint(
            layer="fc1",
            code=90,
            constants=54,
            instructions=500.5,
            cycles=Figure(value=600, low=500, high=700),
        ),
        LayerFootprint(
            layer="", code=40, constants=0, instructions=60.0, cycles=Figure(value=80, low=60, high=100)
        ),
    )
    core = CoreFigures(
        core="cortex-m4",
        compiler="arm-none-eabi-gcc 12.2.1",
        emulator="qemu-system-arm 7.2",
        code=130,
        constants=54,
        support=0,
        arena=12,
        buffers=20,
        stack=48,
        instructions=560.5,
        cycles=Figure(value=680, low=560, high=800),
        timing="a manual",
        samples=16,
        layers=layers,
    )
    rows = tuple(
        McuRow(
            name=name,
            title=f"{name} <b>",
            core="cortex-m4",
            clock_mhz=64.0,
            flash=core.flash,
            flash_capacity=capacity,
            ram=core.ram,
            ram_capacity=1024,
            verdict="fits" if capacity > core.flash else "does not fit",
            latency=Number(value=10_625, source="estimate", low=8_750, high=12_500),
            lacking=() if capacity > core.flash else ("flash: 56 bytes missing of 184 needed",),
        )
        for name, capacity in (("large", 4096), ("small", 128))
    )
    return {
        "microcontrollers": rows,
        "mcu_cores": (core,),
        "widest_layer": "fc1",
        "widest_bytes": 12,
    }


def sample_quantization() -> QuantizationRecord:
    """Two layers at 8 bits and what each costs at fewer."""
    costs = ((8, 30.5, 0.0), (4, 20.25, 0.5), (2, 6.0, 12.25))
    tensors: tuple[tuple[str, Literal["weights", "result"], float], ...] = (
        ("fc1", "weights", 0.0),
        ("fc1", "result", 2.5),
        ("fc2", "weights", 5.0),
    )
    return QuantizationRecord(
        samples="900 samples of the training part, judged on 300 of the validation part",
        measure="accuracy",
        judged=300,
        float_percent=91.0,
        percent=90.5,
        sqnr_db=31.5,
        bit_operations=4321,
        widest=8642,
        method="mse",
        corrections=("rounding", "bias"),
        dropped=("equalize",),
        tensors=(
            TensorRow(
                layer="fc1",
                tensor="weights",
                name="fc1.weights",
                bits=8,
                type="fixed<8,0..1>",
                sqnr_db=38.5,
                saturated=0.0012,
            ),
            TensorRow(
                layer="x", tensor="input", name="x", bits=8, type="ufixed<8,0>", sqnr_db=200.0, saturated=0.0
            ),
        ),
        sensitivity=tuple(
            SensitivityRow(layer=layer, tensor=tensor, bits=bits, loss=loss, sqnr_db=db + shift)
            for layer, tensor, shift in tensors
            for bits, db, loss in costs
        ),
        remarks=("act1 has the value 0 on every calibration sample",),
        seconds=1.5,
    )


def sample_facts(mismatch: bool = False, **changes: Any) -> Facts:
    """Everything a report can hold; labels are the graph's own predictions with one in ten wrong."""
    return Facts(**{**_fields(mismatch), **changes})


@cache
def _fields(mismatch: bool) -> dict[str, Any]:
    graph, x = sample_graph(), sample_inputs()
    fixed = quality.predictions(evaluate(graph, x))
    random = np.random.default_rng(3)
    labels = np.where(random.random(len(fixed)) < 0.1, (fixed + 1) % 3, fixed)
    qat = np.where(random.random(len(fixed)) < 0.01, (fixed + 2) % 3, fixed)
    predicted: dict[str, Any] = {"float": labels, "qat": qat, "fixed": fixed}
    reasons = {"int8": "onnx/int8.onnx is not in the run"}
    rows, activations = layers.measure(graph, {"x": x})
    return {
        "model": "sample",
        "run": "first-run",
        "origin": "train",
        "preset": "sample",
        "settings": {"quantizers.weights.bits": "6", "training.epochs": "8"},
        "graph": graph.digest,
        "summary": "two dense layers",
        "data": DatasetFacts(
            name="pets",
            source="invented",
            licence="none stated",
            checksum="ab" * 32,
            note="subset: no accuracy claim",
            scaling="standard",
            train=900,
            val=300,
            test=300,
        ),
        "seed": 7,
        "versions": {"edgeml": "0.1", "numpy": "2.4"},
        "machine": "test machine",
        "samples": len(labels),
        "layer_samples": len(labels),
        "accuracy": accuracies(labels, predicted, reasons),
        "agreement": agreements(predicted, reasons),
        **majority(labels, CLASSES, ""),
        "task": "classification",
        "task_title": "one class per sample",
        "task_figures": figure_rows(
            (TaskFigure("accuracy", "accuracy", 0.9, "share", "higher"),),
            (TaskFigure("accuracy", "accuracy", 0.91, "share", "higher"),),
            "",
        ),
        "task_outputs": (
            OutputRow(
                output="fc2",
                equal=measured(0.99),
                rmse_lsb=measured(0.1),
                max_lsb=measured(1),
                rmse=measured(0.002),
                max_abs=measured(0.02),
            ),
        ),
        "network": of_graph(
            graph, LayerKinds({"fc1": "QDense", "act1": "QActivation", "fc2": "QDense"})
        ).network,
        "sizes": weights.sizes(graph, absent("the baseline was not exported"), absent(reasons["int8"])),
        "post_training": sample_rounding(),
        "ptq": sample_quantization(),
        "per_class": per_class(labels, fixed, CLASSES),
        "confusion": confusion(labels, fixed, CLASSES),
        "exactness": sample_check(graph, mismatch),
        "layers": rows,
        "weights": weights.histograms(graph),
        "activations": activations,
        **sample_front(),
        "pruning": sample_pruning(),
        "history": sample_history(),
        "trained": effort(sample_history()),
        "speed": EmulationSpeed(
            exact=measured(8.1),
            float=measured(7.0),
            int8=absent(reasons["int8"]),
            alone={"exact": measured(29.6), "float": measured(12.7), "int8": absent(reasons["int8"])},
            samples=300,
            threads=1,
            repeats=7,
        ),
        **sample_footprint(),
        **sample_measured(),
        "certificate": certificate(graph),
        "commands": ("edgeml train sample --seed 7", "edgeml check runs/sample"),
        **sample_hardware(graph.digest),
    }
