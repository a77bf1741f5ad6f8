"""`edgeml.diagnose`: why fixed point is worse than float, layer by layer, and what wins it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edgeml.diagnose.result import Diagnosis
    from edgeml.runs import Run
    from edgeml.types import PathLike, Tell


def diagnose(run: Run | PathLike, samples: int = 1000, progress: Tell | None = None) -> Diagnosis:
    """Measure what each layer loses in fixed point, and try types that win it back; nothing is trained.

    Args:
        run: a run or its folder.
        samples: most test samples.
        progress: called with a line about what is tried; `print` works.

    Returns:
        `.fixed`, `.in_float` and `.float_baseline` are scores; `.layers` has a row per layer, `.changes` what
        wins score back, cheapest first, with `.settings` for --set, `.mismatches` of artefacts.

    Raises:
        EdgemlError: the run has no exact graph or several inputs, or its data is missing.
        MissingToolError: TensorFlow or QKeras is not installed.
    """
    from pathlib import Path

    from edgeml.diagnose.run import diagnose as diagnose_run
    from edgeml.runs import Run

    opened = run if isinstance(run, Run) else Run.find(Path(run))
    return diagnose_run(opened, samples, progress or (lambda _: None))
