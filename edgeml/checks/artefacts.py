"""Run the artefacts that lie in a folder, as they are, on the golden vectors.

Invariant: an executor that fails gets a row with the reason, and the others still run. A missing tool,
artefact or port is NOT RUN; an executor that does not run to its end is NOT RUN and failed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from edgeml import backends
from edgeml.backend import Runner, Takes
from edgeml.checks import exported
from edgeml.checks import golden as vectors
from edgeml.checks.board import Wiring, check_board
from edgeml.checks.compare import compare
from edgeml.checks.compared import compare_files
from edgeml.checks.coverage import Coverage, coverage
from edgeml.checks.devices import FpgaBoard, Microcontroller
from edgeml.checks.earlier import covers, sealed_coverage
from edgeml.checks.golden import Golden
from edgeml.checks.keras import check_keras
from edgeml.checks.names import BOARD, KERAS, MCU, ON_A_LINE, REFERENCE, SOURCE, named_runners, select
from edgeml.checks.result import Check, Result
from edgeml.checks.source import Reader, check_source
from edgeml.deviations import summary
from edgeml.errors import EdgemlError, MissingToolError
from edgeml.fixed import IntArray
from edgeml.ir import Graph, evaluate_codes
from edgeml.presets import Lowering
from edgeml.scratch import scratch_folder

_COVERED = 1000
"""Real samples that coverage is computed for: as many as slow executors run."""

_FEWEST = 40
"""Vectors that a runner gets whatever they take."""

_LISTED = 100
"""Most deviations that a row lists."""

Progress = Callable[[str], None]
"""A function that is called with the name of the executor that runs next."""


def check_folder(
    folder: Path,
    graph: Graph,
    golden: Golden,
    names: Sequence[str] = ("all",),
    samples: int = 0,
    model_file: Path | None = None,
    progress: Progress | None = None,
    wiring: Wiring | None = None,
    files: bool = True,
    cover: bool = True,
    earlier: Coverage | None = None,
    source: Reader | None = None,
    lowering: Lowering | None = None,
) -> Check:
    """Run what lies in `folder` and compare it with the golden integers.

    Args:
        folder: a run folder, or one with the same layout.
        graph: the exact graph.
        golden: the vectors.
        names: which checks, see `choices`.
        samples: how many real samples are compared; 0 for all, or `Runner.samples` where a runner is slow.
            Synthetic vectors are compared whole, or as many as `Runner.most_vectors` allows.
        model_file: the Keras model, if there is one.
        progress: called with the name of the executor that runs next.
        wiring: the serial port or log of a board; if it names one, the board is checked as well.
        files: compare constants, types and code of the artefacts with a fresh emission as well.
        cover: compute the coverage of the vectors.
        earlier: coverage of an earlier check; used if it is of this graph and these vectors.
        source: reads the imported model, if it is not a Keras model.
        lowering: how the Keras model was lowered; derived from the graph if None.

    Returns:
        A row for every executor, with the reason for one that does not run to its end.

    Raises:
        EdgemlError: an unknown check, a negative number of samples, or a log or port that is not there.
    """
    if samples < 0:
        raise EdgemlError(
            f"{samples} samples cannot be checked", "--samples", "give a positive number, or 0 for all"
        )
    whole, golden = golden, golden.head(samples) if samples else golden
    wiring = wiring or Wiring()
    wiring.need_there()
    results: list[Result] = []
    notes_file = folder / "notes.json"
    chosen = select([*(names or ["all"]), *([BOARD] if wiring.is_used and MCU not in names else [])])
    other = KERAS if source is not None else SOURCE  # no row for the framework that the model is not from
    for name in (name for name in chosen if name != other or name in names):
        if progress is not None:
            progress(name)
        if name == REFERENCE:
            results.append(_row(name, lambda: compare(REFERENCE, graph, golden, _reference(graph))))
        elif name == KERAS:
            results.append(_row(name, lambda: check_keras(graph, golden, model_file, notes_file, lowering)))
        elif name == SOURCE:
            results.append(_row(name, lambda: check_source(graph, golden, source, notes_file)))
        elif name in ON_A_LINE:
            device = FpgaBoard() if name == BOARD else Microcontroller()
            results.append(_row(name, lambda d=device: check_board(graph, whole, folder, wiring, samples, d)))
        else:
            owner, executors = _executors(name)
            results += [
                _check_runner(
                    runner,
                    folder / backends.load(owner).folder,
                    owner,
                    graph,
                    golden if samples or not runner.samples else golden.head(runner.samples),
                    files,
                    samples,
                )
                for runner in executors
            ]
    return Check(
        model=graph.name,
        graph=graph.digest,
        samples=golden.samples,
        synthetic=golden.synthetic_count,
        results=tuple(results),
        notes=tuple(map(str, graph.notes)),
        coverage=_coverage(graph, golden.head(_COVERED), earlier) if cover else None,
    )


def _executors(name: str) -> tuple[str, tuple[Runner, ...]]:
    """The back end and the runners that a name of `choices` stands for."""
    named = named_runners().get(name)
    return (name, backends.load(name).runners()) if named is None else (named[0], (named[1],))


def _coverage(graph: Graph, golden: Golden, earlier: Coverage | None) -> Coverage:
    if earlier is not None and earlier.samples == golden.samples and covers(earlier, graph, golden):
        return earlier
    return sealed_coverage(coverage(graph, golden.joined().inputs), graph, golden)


def check_graph(
    graph: Graph,
    x: Any,
    names: Sequence[str] = ("all",),
    settings: Mapping[str, Mapping[str, Any]] | None = None,
    progress: Progress | None = None,
) -> Check:
    """Emit a graph for every chosen back end into a temporary folder and check it there.

    Without an io_type in `settings`, a graph whose io_parallel project would compile for minutes becomes an
    io_stream project, and its row says so.

    Args:
        graph: the exact graph.
        x: floats (samples, ...) like the Keras input.
        names: which checks, see `choices`.
        settings: options by back end.
        progress: called with the name of the executor that runs next.

    Returns:
        A row for every executor, with the reason for one that cannot be emitted or does not run to its end.

    Raises:
        EdgemlError: an unknown check or option, or data that do not fit.
    """
    golden = vectors.make(graph, x)
    unemitted: list[Result] = []
    remarks: dict[str, str] = {}
    with scratch_folder() as name:
        folder = Path(name)
        for chosen in select(names):
            if chosen in (REFERENCE, KERAS, SOURCE, *ON_A_LINE):
                continue
            owner, executors = _executors(chosen)
            backend = backends.load(owner)
            chosen_options, note = (settings or {}).get(owner, {}), ""
            if not backend.missing():
                chosen_options, note = backend.for_check(graph, chosen_options)
            if note and progress is not None:
                progress(f"{chosen}, {note}")
            remarks |= dict.fromkeys((runner.name for runner in executors), note)
            options = backend.options(chosen_options)
            reason = exported.why_not(backend, graph, options)
            if not reason:
                try:
                    backend.emit(graph, options).write(folder / backend.folder)
                except EdgemlError as error:
                    reason = str(error)
            if reason:
                unemitted += [_not_run(runner.name, reason) for runner in executors]
        check = check_folder(
            folder,
            graph,
            golden,
            [n for n in select(names) if n not in (KERAS, SOURCE)],
            progress=progress,
            files=False,
        )
    reasons = {result.backend: result for result in unemitted}
    results = tuple(
        result.model_copy(
            update={"reason": "; ".join(filter(None, [remarks.get(result.backend), result.reason]))}
        )
        for result in (reasons.get(result.backend, result) for result in check.results)
    )
    return check.model_copy(update={"results": results})


def _reference(graph: Graph) -> Callable[[Golden, Sequence[str]], dict[str, IntArray]]:
    def execute(golden: Golden, keep: Sequence[str]) -> dict[str, IntArray]:
        return evaluate_codes(graph, golden.inputs, [*graph.outputs, *keep])

    return execute


def _check_runner(
    runner: Runner, folder: Path, backend: str, graph: Graph, golden: Golden, files: bool, at_least: int = 0
) -> Result:
    if not (folder / runner.artefact).exists():
        reason = exported.reason(folder.parent, backend, graph)
        return _not_run(runner.name, reason or f"not exported (edgeml export RUN --to {backend})")
    missing = runner.available()
    if missing:
        return _not_run(runner.name, missing)

    def execute(part: Golden, keep: Sequence[str]) -> dict[str, IntArray]:
        return runner.run(folder, graph, part.x if runner.takes is Takes.FLOATS else part.inputs, keep)

    def check() -> Result:
        part, step, remark = _affordable(runner, folder, graph, golden, at_least)
        result = compare(runner.name, graph, part, execute)
        if result.first is not None and result.first.synthetic:
            number, *place = result.first.index
            first = result.first.model_copy(update={"index": (number * step, *place)})
            result = result.model_copy(update={"first": first})
        result = _with_deviations(result, backend, folder, graph) if files else result
        return result.model_copy(update={"reason": "; ".join(filter(None, [result.reason, remark]))})

    return _row(runner.name, check)


def _affordable(
    runner: Runner, folder: Path, graph: Graph, golden: Golden, at_least: int
) -> tuple[Golden, int, str]:
    """The vectors that a runner is done with in minutes, the step between its synthetic ones, and a remark.

    `at_least` so many real samples stay.
    """
    most, there = runner.most_vectors(folder, graph), golden.samples + golden.synthetic_count
    if not most or there <= max(most, _FEWEST):
        return golden, 1, ""
    part, step = golden.within(max(most, _FEWEST), min(at_least, golden.samples))
    return part, step, f"{part.samples + part.synthetic_count} of {there} vectors, as each takes long"


def _with_deviations(result: Result, backend: str, folder: Path, graph: Graph) -> Result:
    """The row with the files' deviations, which are a mismatch even if all integers agree."""
    try:
        deviations = compare_files(backends.load(backend), folder, graph)
    except EdgemlError as error:
        reason = f"its files were not compared with a fresh emission: {error}"
        return result.model_copy(update={"reason": "; ".join(filter(None, [result.reason, reason]))})
    remedy = ""
    if deviations:
        remedy = f"edgeml export RUN --to {backend} writes it again"
        other = exported.other_versions(folder.parent, backend, graph)
        remedy = f"{other}: {remedy}" if other else remedy
    reason = "; ".join(filter(None, [summary(deviations), remedy, result.reason]))
    wrong = tuple(str(deviation) for deviation in deviations if not deviation.text)
    status = "mismatch" if wrong else result.status
    return result.model_copy(update={"status": status, "reason": reason, "deviations": wrong[:_LISTED]})


def _row(name: str, check: Callable[[], Result]) -> Result:
    """The row of one executor, with the error's text if it fails."""
    try:
        return check()
    except MissingToolError as error:
        return _not_run(name, str(error))
    except EdgemlError as error:
        return _not_run(name, str(error), failed=True)
    except OSError as error:
        return _not_run(name, f"{error.filename or 'a file'}: {error.strerror or error}", failed=True)
    except MemoryError:
        return _not_run(name, "there is not enough memory to run it", failed=True)


def _not_run(backend: str, reason: str, failed: bool = False) -> Result:
    return Result(backend=backend, status="not-run", reason=reason, failed=failed)
