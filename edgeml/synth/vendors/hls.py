"""Run an hls4ml project through Vitis HLS (or Vivado HLS) and read its reports.

The project is as edgeml exported it: its build_prj.tcl and project.tcl are hls4ml's own. Only build_opt.tcl,
which says what to do, is written here.
"""

from __future__ import annotations

import time
from pathlib import Path

from edgeml import tools, vendor
from edgeml.backends.hls4ml.manifest import Hls4mlManifest
from edgeml.errors import EdgemlError
from edgeml.figures import Hardware
from edgeml.files import write_atomic
from edgeml.tools import run

SECONDS = 4 * 3600.0
_CLOCK_GRAIN = 2.0  # of a file system's times
_BACKENDS = ("Vitis", "Vivado", "VivadoAccelerator")
_STEPS = ("reset", "csim", "synth", "cosim", "validation", "export", "vsynth", "fifo_opt")


def build(
    project: Path, cosim: bool = False, vsynth: bool = False, seconds: float = SECONDS
) -> list[Hardware]:
    """Synthesize and read what comes out.

    Args:
        project: the hls4ml project, RUN/hls4ml.
        cosim: count cycles in a simulation of the RTL too.
        vsynth: run Vivado's synthesis on the RTL too.
        seconds: time limit.

    Raises:
        MissingToolError: there is no Vitis HLS here.
        EdgemlError: it is another tool's project, or the tool fails, hangs or leaves no report.
    """
    backend = Hls4mlManifest.read(project).backend
    if backend not in _BACKENDS:
        raise EdgemlError(
            f"was written for hls4ml's {backend or 'unknown'} backend",
            str(project),
            "export again with --hls-backend Vitis; other backends build with hls4ml itself",
        )
    installed = tools.need("vitis_hls")
    phases = {"reset", "synth", *(["cosim"] if cosim else []), *(["vsynth"] if vsynth else [])}
    steps = "".join(f"    {step:<10} {int(step in phases)}\n" for step in _STEPS)
    write_atomic(project / "build_opt.tcl", f"array set opt {{\n{steps}}}\n")
    script = ["--mode", "hls", "--tcl"] if installed.path.name == "vitis-run" else ["-f"]
    log = project / "vitis_hls.log"
    start = time.time()
    run([installed.path, *script, "build_prj.tcl"], project, log, seconds, installed.environment)
    rows = list(vendor.scan(project).rows)
    reports = [name for row in rows if row.reached == "estimated" for name in row.reports]
    if not any((project / name).stat().st_mtime >= start - _CLOCK_GRAIN for name in reports):
        raise EdgemlError(
            "ended without a new synthesis report", installed.path.name, f"all output is in {log}"
        )
    return rows
