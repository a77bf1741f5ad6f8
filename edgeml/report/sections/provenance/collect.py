"""The commands that repeat a run.

Invariant: they name every setting that differs from the shipped preset's; a preset file of the user's is
named but never run, for a report must not run code that a run folder points at.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from edgeml import install, presets
from edgeml.report.sections.provenance.facts import ProvenanceFacts
from edgeml.report.sections.summary.settings import changes_of
from edgeml.report.source import RunSource

if TYPE_CHECKING:
    from edgeml.runs import Run

_ARTEFACTS = {
    "onnx": "onnx/exact.onnx",
    "qonnx": "onnx/qonnx.onnx",
    "qdq": "onnx/qdq.onnx",
    "hls4ml": "hls4ml",
    "verilog": "verilog",
    "c": "c",
}
"""The entry of the run folder that shows that a back end was exported."""


def collect(source: RunSource) -> ProvenanceFacts:
    """The commands.

    Raises:
        EdgemlError: the shipped preset cannot be read.
    """
    return ProvenanceFacts(commands=commands(source.run))


def commands(run: Run) -> tuple[str, ...]:
    """Shell commands, with a comment where a command alone is not enough."""
    ref, folder = run.config.preset, f"runs/{run.name}"
    lines = [install.elsewhere()]
    words = ["edgeml", "train", ref.file or ref.name, "--out", folder, "--seed", str(run.config.seed)]
    if run.config.imported:
        words = ["edgeml", "import", ref.file, "--data", run.config.data.dataset, "--out", folder]
        lines.append(f"# with the settings in config.toml; SHA-256 of the imported file: {ref.sha256}")
    elif ref.file:
        lines.append(f"# with the settings in config.toml; SHA-256 of the preset's file: {ref.sha256}")
    elif ref.name not in presets.names():
        lines.append("# this preset is not shipped any more; config.toml has its settings")
    else:
        preset = presets.load(ref.name)
        words += [word for change in changes_of(run, preset) for word in ("--set", change)]
        if preset.digest != ref.sha256:
            lines.append(f"# the preset was changed since; SHA-256 of the one used: {ref.sha256}")
    exported = [name for name, path in _ARTEFACTS.items() if (run.folder / path).exists()]
    after = [["edgeml", "export", folder, "--to", ",".join(exported)]] if exported else []
    after += [["edgeml", "check", folder], ["edgeml", "report", folder]]
    return (*lines, *(shlex.join(line) for line in (words, *after)))
