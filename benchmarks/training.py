"""Throughput of quantization-aware training: edgeml's epoch beside Keras' own `fit` of the same QKeras model.

    python -m benchmarks.training        # writes docs/benchmarks-training.md

Each side is a process of its own, because edgeml's settings of TensorFlow (repeatable kernels) hold for a
whole process and `fit` is measured without them. The sides take turns, an epoch each, so that other work on
the machine meets both. The first epoch of each, which compiles, is not counted.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import platform
import statistics
import time
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from benchmarks import emulation

PAGE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks-training.md"
SIDES = ("edgeml", "fit")
NETWORKS = (("mnist_mlp", 20_000), ("mnist_cnn", 4_000))
OPTIMIZERS = ("adam", "sgd", "rmsprop")


def _serve(pipe: Any, side: str, network: str, optimizer: str, samples: int) -> None:
    """The work of a process: epochs that are asked for; sends seconds on the clock and of the processor."""
    from edgeml import presets
    from edgeml.keras.backend import import_keras
    from edgeml.training.build import build_model
    from edgeml.training.fit import PhaseSettings, PhaseTrainer
    from edgeml.training.seeds import make_repeatable

    keras = import_keras()
    preset = presets.load(network)
    chosen = presets.choose(preset, [f"training.optimizer={optimizer}", "data.task=classification"])
    data = _part(presets.prepare(chosen.data), samples)
    training = chosen.training
    if side == "edgeml":
        make_repeatable(0)
        model = build_model(preset, chosen)
        trainer = PhaseTrainer(model, data, PhaseSettings.of("qat", training, 0))
        state = trainer.settings.begin()

        def epoch() -> None:
            nonlocal state
            state = trainer.epoch(state, lambda _: None)
    else:
        model = build_model(preset, chosen)
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        named = keras.optimizers.get(
            {"class_name": optimizer, "config": {"learning_rate": training.learning_rate}}
        )
        model.compile(named, loss, metrics=["accuracy"])
        validation = (data.x_val, data.y_val)

        def epoch() -> None:
            model.fit(
                data.x_train,
                data.y_train,
                batch_size=training.batch_size,
                validation_data=validation,
                validation_batch_size=1000,
                verbose=0,
            )

    while pipe.recv():
        began, used = time.perf_counter(), time.process_time()
        epoch()
        pipe.send((time.perf_counter() - began, time.process_time() - used))


def _part(data: Any, samples: int) -> Any:
    """The first samples of the training part, and a fifth as many to validate on."""
    from dataclasses import replace

    few = samples // 5
    return replace(
        data,
        x_train=data.x_train[:samples],
        y_train=data.y_train[:samples],
        x_val=data.x_val[:few],
        y_val=data.y_val[:few],
    )


def measure(network: str, optimizer: str, samples: int, rounds: int) -> dict[str, Any]:
    """Median seconds of an epoch of both sides, and of the ratio of neighbouring epochs."""
    context = multiprocessing.get_context("spawn")
    pipes, processes = {}, []
    for side in SIDES:
        pipes[side], theirs = context.Pipe()
        process = context.Process(
            target=_serve, args=(theirs, side, network, optimizer, samples), daemon=True
        )
        process.start()
        processes.append(process)
    times: dict[str, list[tuple[float, float]]] = {side: [] for side in SIDES}
    for _ in range(rounds + 1):
        for side in SIDES:
            pipes[side].send(True)
            times[side].append(pipes[side].recv())
    for side, process in zip(SIDES, processes, strict=True):
        pipes[side].send(False)
        process.join()
    wall = {side: [one for one, _ in times[side][1:]] for side in SIDES}
    work = {side: [one for _, one in times[side][1:]] for side in SIDES}
    pairs = zip(wall["fit"], wall["edgeml"], strict=True)
    return {
        "network": network,
        "optimizer": optimizer,
        "samples": samples,
        **{side: statistics.median(wall[side]) for side in SIDES},
        **{f"{side}_work": statistics.median(work[side]) for side in SIDES},
        "ratio": statistics.median(fit / ours for fit, ours in pairs),
    }


def page(rows: list[dict[str, Any]], rounds: int) -> str:
    """The text of the page."""
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in ("tensorflow", "keras", "qkeras-v3"))
    today, cores, load = datetime.now(UTC).date(), len(os.sched_getaffinity(0)), os.getloadavg()[1]
    head = (
        "# Training, edgeml beside `fit`",
        "",
        f"Written by `python -m benchmarks.training` on {today}: {emulation.cpu()}, {cores} cores,",
        f"{platform.platform()}; Python {platform.python_version()}, {versions}.",
        f"Load of five minutes: {load:.1f}; ratios are more to be trusted than times.",
        "",
        "| network | optimizer | samples | edgeml, s per epoch | Keras `fit`, s per epoch "
        "| throughput, edgeml / fit | processor time, edgeml and fit, s |",
        "|---|---|---|---|---|---|---|",
    )
    lines = (
        f"| {row['network']} | {row['optimizer']} | {row['samples']:,} | {row['edgeml']:.2f} "
        f"| {row['fit']:.2f} | {row['ratio']:.2f} | {row['edgeml_work']:.2f} and {row['fit_work']:.2f} |"
        for row in rows
    )
    tail = (
        "",
        f"The same QKeras model, data, batch size, optimizer and validation part; {rounds} epochs of each",
        "side in turn, medians, the first epoch of each (compilation) left out. `fit` has Keras' defaults,",
        "without the repeatable kernels that edgeml turns on; oneDNN's kernels are on for both",
        "([ADR 0124](adr/0124-onednn-is-on-where-it-is-exact.md)).",
        "",
    )
    return "\n".join((*head, *lines, *tail))


def main() -> None:
    """Measure and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    rows = [
        measure(network, optimizer, samples, arguments.rounds)
        for network, samples in NETWORKS
        for optimizer in OPTIMIZERS
    ]
    PAGE.write_text(page(rows, arguments.rounds), encoding="utf-8")


if __name__ == "__main__":
    main()
