"""`edgeml.fit_mcus`: the footprint of a run's C, and whether it fits microcontrollers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from edgeml.arguments import run_of

if TYPE_CHECKING:
    from edgeml.footprint import McuFit
    from edgeml.runs import Run
    from edgeml.types import PathLike


def fit_mcus(
    run: PathLike | Run, mcus: Sequence[PathLike], progress: Callable[[str], None] | None = None
) -> tuple[McuFit, ...]:
    """Measure the C of a run on the cores of microcontrollers, with GCC and QEMU, and compare bytes.

    Args:
        run: a run whose C was exported.
        mcus: names from `edgeml list mcus`, or .toml files with the same keys.
        progress: called with each core that is measured; figures in RUN/mcus.json are taken as they are.

    Returns:
        For each, in order: `.verdict`, `.needs` (flash and RAM in bytes against what there is), `.latency`
        (nanoseconds with an interval), `.figures` of the core with its layers, or the `.reason` for none.

    Raises:
        EdgemlError: there is no such run or microcontroller, or the run has no C.
    """
    from edgeml import mcus as controllers
    from edgeml.checks import golden
    from edgeml.footprint import fit, footprint

    opened = run_of(run)
    graph = opened.graph()
    chosen = [controllers.load(name) for name in mcus]
    figures = footprint(
        opened.folder,
        graph,
        lambda: golden.read(opened.golden_file, graph, opened.origin).inputs,
        [mcu.core for mcu in chosen],
        progress or (lambda _: None),
    )
    return tuple(fit(mcu, figures) for mcu in chosen)
