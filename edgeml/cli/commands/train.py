"""`edgeml train`: float baseline, quantization-aware model, exact graph."""

from __future__ import annotations

from edgeml.cli import steps
from edgeml.cli.console import print_json, print_next
from edgeml.cli.options import (
    EpochsOption,
    JsonOption,
    OutOption,
    OverwriteOption,
    PresetArgument,
    SeedOption,
    SetOption,
    StrictOption,
)
from edgeml.quoting import shell


def command(
    preset: PresetArgument,
    out: OutOption = None,
    epochs: EpochsOption = None,
    seed: SeedOption = None,
    settings: SetOption = None,
    strict: StrictOption = False,
    overwrite: OverwriteOption = False,
    json: JsonOption = False,
) -> None:
    """Train a preset and lower it to the exact graph. Goes on where an interrupted run stopped."""
    place = steps.folder_of(preset, out)
    with steps.at_work(place):
        run = steps.train(preset, place, settings or [], seed, epochs, strict, overwrite)
    if json:
        print_json({"run": str(run.folder), "graph": run.graph().digest})
    else:
        folder = shell(str(run.folder))
        print_next(f"edgeml export {folder} --to onnx,qonnx,hls4ml && edgeml check {folder}")
