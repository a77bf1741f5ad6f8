"""`edgeml.diagnose`: why fixed point is worse than float, layer by layer, and what wins it back."""

from __future__ import annotations

from typing import TYPE_CHECKING, overload

if TYPE_CHECKING:
    from edgeml.diagnose.hls4ml.compare import ProjectComparison
    from edgeml.diagnose.result import Diagnosis
    from edgeml.runs import Run
    from edgeml.types import PathLike, Tell


@overload
def diagnose(
    run: Run | PathLike, samples: int = 1000, progress: Tell | None = None, hls4ml: None = None
) -> Diagnosis: ...
@overload
def diagnose(
    run: Run | PathLike, samples: int = 1000, progress: Tell | None = None, *, hls4ml: PathLike
) -> ProjectComparison: ...
def diagnose(
    run: Run | PathLike, samples: int = 1000, progress: Tell | None = None, hls4ml: PathLike | None = None
) -> Diagnosis | ProjectComparison:
    """Measure what each layer loses in fixed point, and try types that win it back; nothing is trained.

    Args:
        run: a run or its folder.
        samples: most test samples.
        progress: called with a line about what is tried; `print` works.
        hls4ml: the folder of a project that hls4ml wrote; it is compiled, run and compared with the run's
            Keras model instead. The run may then be a Keras model's file.

    Returns:
        `.fixed`, `.in_float` and `.float_baseline` are scores; `.layers` has a row per layer, `.changes` what
        wins score back, cheapest first, with `.settings` for --set, `.mismatches` of artefacts.

    Raises:
        EdgemlError: the run has no exact graph or several inputs, its data is missing, or an argument is of
            another kind.
        MissingToolError: TensorFlow or QKeras is not installed.
    """
    from edgeml.arguments import count_of, path_of, tell_of
    from edgeml.diagnose.run import diagnose as diagnose_run
    from edgeml.runs import Run

    most, tell = count_of(samples, "samples", "samples"), tell_of(progress, "progress")
    place = run.folder if isinstance(run, Run) else path_of(run, "run", "give a run or its folder")
    if hls4ml is not None:
        from edgeml.diagnose.hls4ml.opening import compare_with

        project = path_of(hls4ml, "hls4ml", "give the folder that hls4ml's write() made")
        return compare_with(place, project, None, most, tell)
    opened = run if isinstance(run, Run) else Run.find(place)
    return diagnose_run(opened, most, tell)
