"""The preparation as C and Python: the float32 that training saw, bit for bit, on the same rows."""

from __future__ import annotations

import ctypes
import shutil
import subprocess

import numpy as np
import pytest

from edgeml.datasets import ColumnPlan, Scaling
from edgeml.datasets._base import Column
from edgeml.presets.prepare_code import prepare_files

RNG = np.random.default_rng(3)
COLUMNS = (Column("a"), Column("place", ("east", 'no"rth', "s\u00fcd?")), Column("b"), Column("c"))
ROWS = 300
X = np.column_stack(
    [
        np.exp(RNG.normal(0, 3, ROWS)),
        RNG.integers(0, 3, ROWS),
        RNG.normal(5, 2, ROWS).round(1),
        np.maximum(RNG.normal(0, 1e3, ROWS), 0),  # every other one is zero
    ]
).astype(np.float32)
GAPS = RNG.random(X.shape) < [0.1, 0.1, 0.0, 0.0]
HOLES = np.where(GAPS, np.nan, X).astype(np.float32)
CASES = (
    *(
        (kind, None, None)
        for kind in ("none", "unit", "standard", "minmax", "robust", "log", "quantile", "pca")
    ),
    ("standard", "median", "one_hot"),
    ("log", "flag", "ordinal"),
    ("quantile", "flag", "one_hot"),
    ("pca", "most_frequent", "ordinal"),
)


@pytest.fixture(scope="module", params=CASES, ids=["-".join(filter(None, case)) for case in CASES])
def case(request):
    """Raw rows to fit to, other raw rows, the features that edgeml makes of those, and the files."""
    kind, missing, categories = request.param
    if missing is None:
        plan, raw = None, X[:, [0, 2, 3]]
        train, rest = raw[:200], raw[100:] * np.float32(1.1)
        scaling = Scaling.fit(kind, train, 100.0)
        return rest, scaling.apply(rest), prepare_files(scaling, None, 3), plan
    train = HOLES[HOLES[:, 1] != 2][:150]  # which never shows the third place
    plan = ColumnPlan.fit(COLUMNS, train, missing, categories)
    scaling = Scaling.fit(kind, plan.apply(train), staying=plan.staying)
    return HOLES, scaling.apply(plan.apply(HOLES)), prepare_files(scaling, plan, len(plan.features)), plan


def test_python_gives_what_training_saw(case):
    raw, expected, files, plan = case
    module: dict = {}
    exec(compile(files["prepare/prepare.py"], "prepare.py", "exec"), module)
    assert module["prepare"](raw).tobytes() == expected.tobytes()
    if plan is not None:
        assert [module["category"](1, text) for text in (*COLUMNS[1].categories, "west")] == [0, 1, 2, -1]


@pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")
def test_c_gives_what_training_saw(case, tmp_path):
    raw, expected, files, plan = case
    files.write(tmp_path)
    library = tmp_path / "prepare.so"
    command = ["gcc", "-std=c99", "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"]
    subprocess.run([*command, "-o", library, tmp_path / "prepare" / "prepare.c", "-lm"], check=True)
    c = ctypes.CDLL(str(library))
    rows, ours = np.ascontiguousarray(raw), np.zeros(expected.shape, np.float32)
    pointer = ctypes.POINTER(ctypes.c_float)
    for number in range(len(rows)):
        places = (rows[number : number + 1], ours[number : number + 1])
        assert c.edgeml_prepare(*(place.ctypes.data_as(pointer) for place in places)) == 0
    assert ours.tobytes() == expected.tobytes()
    if plan is None:
        return
    c.edgeml_category.restype = ctypes.c_float
    texts = (*COLUMNS[1].categories, "west")
    assert [c.edgeml_category(1, text.encode()) for text in texts] == [0, 1, 2, -1]


@pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")
def test_a_missing_number_without_a_rule_is_reported(tmp_path):
    plan = ColumnPlan.fit(COLUMNS, X, "refuse", "ordinal")
    scaling = Scaling.fit("none", X)
    files = prepare_files(scaling, plan, 4)
    files.write(tmp_path)
    source, library = tmp_path / "prepare" / "prepare.c", tmp_path / "prepare.so"
    subprocess.run(["gcc", "-std=c99", "-shared", "-fPIC", "-o", library, source, "-lm"], check=True)
    c, result = ctypes.CDLL(str(library)), np.zeros(4, np.float32)
    pointer = ctypes.POINTER(ctypes.c_float)
    for column, expected in ((2, 3), (1, 0)):  # of text it is no category, which is -1
        row = X[0].copy()
        row[column] = np.nan
        assert c.edgeml_prepare(row.ctypes.data_as(pointer), result.ctypes.data_as(pointer)) == expected
    assert result[1] == -1
    module: dict = {}
    exec(compile(files["prepare/prepare.py"], "prepare.py", "exec"), module)
    with pytest.raises(ValueError, match="column 2 has no value in sample 0"):
        module["prepare"](np.where([[0, 0, 1, 0]], np.nan, X[:1]))
