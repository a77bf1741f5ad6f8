"""The advice for a float model that guesses: another scaling, or more training."""

from __future__ import annotations

from edgeml.ptq.run import _as_trained
from tests.report.test_collect import iris_graph, make_run


def test_the_scaling_is_in_doubt_unless_it_is_that_of_the_training(tmp_path) -> None:
    run = make_run(tmp_path / "run", iris_graph())
    own = run.config.data
    assert _as_trained(run, own)
    assert _as_trained(run, own.model_copy(update={"max_classes": 3}))
    for change in ({"scaling": "unit"}, {"constant": 255.0}, {"dataset": "digits"}):
        assert not _as_trained(run, own.model_copy(update=change))
    assert not _as_trained(None, own)
