"""The numbers that were fitted to the training part, in a run folder: the same to the bit, or refused."""

from __future__ import annotations

import json

import numpy as np
import pytest

from edgeml import presets
from edgeml.errors import EdgemlError
from edgeml.presets.stored import write_fitted
from edgeml.runconfig import RunConfig
from edgeml.runs import Run


@pytest.fixture
def begun(tmp_path):
    """A run that is to be trained on a table, and its data."""
    rng = np.random.default_rng(1)
    lines = ["mass,place,energy,label"]
    for row in range(80):
        mass = "" if row % 9 == 4 else f"{np.exp(rng.normal(0, 3)):.4g}"
        lines.append(f"{mass},{['east', 'west'][row % 2]},{rng.normal():.3f},{row % 3 % 2}")
    path = tmp_path / "table.csv"
    path.write_text("\n".join(lines) + "\n")
    preset = presets.load("iris_mlp")
    settings = ["data.missing=flag", "data.categories=one_hot", "data.scaling=log", "data.target=label"]
    choices = presets.choose(preset, [f"data.dataset={path}", *settings])
    data = presets.prepare(choices.data)
    run = Run.create(tmp_path / "run", RunConfig.of(preset, choices, data))
    write_fitted(run.folder, data)
    return Run.open(run.folder), data


def test_a_run_reads_the_same_data_again(begun):
    run, data = begun
    assert run.config.data.task == "classification"
    for _ in range(2):
        again = run.data()
        assert again.x_test.tobytes() == data.x_test.tobytes()
        assert again.columns == data.columns
        (run.folder / "columns.json").unlink(missing_ok=True)  # then it is fitted again
        (run.folder / "scaling.npz").unlink(missing_ok=True)


def test_the_preparation_beside_it_gives_the_test_part(begun):
    run, data = begun
    module: dict = {}
    source = (run.folder / "prepare" / "prepare.py").read_text()
    exec(compile(source, "prepare.py", "exec"), module)
    assert module["prepare"](data.dataset.x_test).tobytes() == data.x_test.tobytes()
    assert module["category"](1, "west") == 1


def test_other_numbers_are_refused_and_the_remedy_works(begun):
    run, data = begun
    path = run.folder / "columns.json"
    values = json.loads(path.read_text())
    values["columns"][0]["fill"] = 7.0
    path.write_text(json.dumps(values))
    with pytest.raises(EdgemlError, match=r"columns\.json: has other numbers .*delete the file"):
        run.data()
    path.write_text('{"columns": [{"name": "mass"}]}')
    with pytest.raises(EdgemlError, match=r"columns\.json: is damaged"):
        run.data()
    path.unlink()
    assert run.data().x_test.tobytes() == data.x_test.tobytes()
    write_fitted(run.folder, data)
    with (run.folder / "scaling.npz").open("wb") as file:
        np.savez(file, table=np.zeros(5, bool))
    with pytest.raises(EdgemlError, match=r"scaling\.npz: has other numbers"):
        run.data()
