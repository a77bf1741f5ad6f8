"""Verilog compared with what would be written today: every module, and what the manifest promises of them."""

from __future__ import annotations

from pathlib import Path

from edgeml.backends.verilog.manifest import MANIFEST, VerilogManifest
from edgeml.deviations import Deviation
from edgeml.deviations.text import compare_text
from edgeml.files import FileSet, read_bytes


def compare_design(folder: Path, fresh: FileSet, promised: VerilogManifest) -> tuple[Deviation, ...]:
    """Deviations of the files and of the manifest: per file the first line that differs.

    Args:
        folder: where the Verilog lies.
        fresh: what would be written today.
        promised: the manifest in `fresh`.

    Raises:
        EdgemlError: a file cannot be read.
    """
    deviations: list[Deviation] = []
    for name in fresh:
        if name == MANIFEST:
            continue
        path = folder / name
        if path.is_file():
            deviations += compare_text(name, read_bytes(path, "Verilog file"), fresh[name])
        else:
            deviations.append(Deviation(name, "is missing"))
    there = VerilogManifest.read(folder)
    for name in VerilogManifest.model_fields:
        if name in ("options", "clock_mhz"):
            continue
        is_, expected = getattr(there, name), getattr(promised, name)
        if is_ != expected:
            deviations.append(Deviation(MANIFEST, f"{name} is {_short(is_)}, {_short(expected)} expected"))
    return tuple(deviations)


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
