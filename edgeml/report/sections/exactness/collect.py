"""The results of the check, as far as the files in the run folder are those that were checked."""

from __future__ import annotations

from edgeml.checks import earlier, golden
from edgeml.checks.result import Check
from edgeml.report.sections.exactness.facts import ExactnessFacts
from edgeml.report.source import RunSource


def collect(source: RunSource) -> ExactnessFacts:
    """The results in check.json; a result that nothing in the folder vouches for is not run.

    Raises:
        EdgemlError: check.json or golden.npz is damaged.
    """
    reasons = {"exactness": "there is no check.json yet (edgeml check RUN)"}
    return ExactnessFacts.of(reasons, exactness=_check(source))


def _check(source: RunSource) -> Check | None:
    run, graph = source.run, source.graph
    if not run.check_file.is_file():
        return None
    vectors = golden.read(run.golden_file, graph) if run.golden_file.is_file() else None
    return earlier.as_it_is(Check.read(run.check_file), run.folder, graph, vectors)
