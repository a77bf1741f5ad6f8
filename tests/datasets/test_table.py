"""Tables with text, gaps, several targets, decimal commas: read the same each time, fitted on train alone."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgeml import datasets
from edgeml.datasets import ColumnPlan, TableOptions
from edgeml.datasets._base import Column
from edgeml.errors import EdgemlError
from edgeml.presets import DataSpec, prepare

ROWS = 60


def table(rows: int = ROWS) -> list[dict[str, str]]:
    """Rows of a made-up table."""
    rng = np.random.default_rng(0)
    return [
        {
            "mass": "" if row % 7 == 3 else f"{rng.normal():.3f}",
            "charge": str(rng.integers(-1, 2)),
            "detector": ["north", "south", "east"][row % 3],
            "energy": f"{rng.normal() + row % 2:.3f}",
            "time": f"{rng.normal():.3f}",
            "label": ["signal", "noise"][row % 2],
        }
        for row in range(rows)
    ]


def written(path: Path, rows: list[dict[str, str]], separator: str = ",", comma: bool = False) -> str:
    """A .csv file."""
    lines = [separator.join(rows[0])]
    for row in rows:
        values = [value.replace(".", ",") if comma else value for value in row.values()]
        lines.append(separator.join(values))
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def spec(path: str, **settings: Any) -> DataSpec:
    chosen: dict[str, Any] = {"missing": "median", "categories": "one_hot", "target": "label"} | settings
    return DataSpec(dataset=path, **chosen)


def test_text_becomes_features_and_gaps_are_filled(tmp_path: Path) -> None:
    data = prepare(spec(written(tmp_path / "t.csv", table()), scaling="standard"))
    assert data.columns is not None
    names = (
        "mass",
        "charge",
        *(f"detector={place}" for place in ("east", "north", "south")),
        "energy",
        "time",
    )
    assert data.columns.features == names
    assert data.x_train.shape == (36, 7)
    assert set(np.unique(data.x_train[:, 2:5])) == {0, 1}
    assert (data.x_train[:, 2:5].sum(axis=1) == 1).all()
    np.testing.assert_allclose(data.x_train[:, [1, 5, 6]].mean(axis=0), 0, atol=1e-6)
    assert data.class_names == ("noise", "signal")


def test_it_is_what_scikit_learn_makes_of_it(tmp_path: Path) -> None:
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    data = prepare(spec(written(tmp_path / "t.csv", table()), scaling="standard"))
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    theirs = ColumnTransformer(
        [("numbers", numbers, [0, 1, 3, 4]), ("text", OneHotEncoder(sparse_output=False), [2])]
    ).fit(data.dataset.x_train)
    order = [0, 1, 4, 5, 6, 2, 3]
    expected = theirs.transform(data.dataset.x_test)[:, order]
    np.testing.assert_allclose(data.x_test, expected, rtol=1e-5, atol=1e-6)


def test_the_same_file_gives_the_same_data(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", table())
    first, second = prepare(spec(path)), prepare(spec(path))
    assert first.dataset.checksum == second.dataset.checksum
    assert first.columns == second.columns
    assert first.x_test.tobytes() == second.x_test.tobytes()


def test_only_the_training_part_is_fitted_to(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", table())
    before = prepare(spec(path, scaling="minmax"))
    trained = {row.tobytes() for row in before.dataset.x_train}
    rows = table()
    whole = datasets.load(path, table=TableOptions(("label",), missing="median", categories="one_hot"))
    changed = 0
    columns = [column.name for column in whole.columns]
    for row in rows:
        raw = [
            float({"east": 0, "north": 1, "south": 2}[row[name]]) if name == "detector" else row[name]
            for name in columns
        ]
        values = np.array([np.nan if value == "" else float(value) for value in raw], np.float32)
        if values.tobytes() not in trained:
            row["time"] = f"{1000 + changed}.5"
            changed += 1
    assert changed == ROWS - len(before.dataset.x_train)
    after = prepare(spec(written(tmp_path / "other.csv", rows), scaling="minmax"))
    assert after.columns == before.columns
    assert after.scaling.to_dict() == before.scaling.to_dict()
    assert after.x_train.tobytes() == before.x_train.tobytes()
    assert after.x_test.max() > 100


def test_semicolons_and_decimal_commas_are_found(tmp_path: Path) -> None:
    plain = prepare(spec(written(tmp_path / "a.csv", table())))
    comma = prepare(spec(written(tmp_path / "b.csv", table(), ";", comma=True)))
    assert plain.x_test.tobytes() == comma.x_test.tobytes()
    numbers = [{"a": row["energy"], "b": row["time"], "label": row["label"]} for row in table()]
    first = datasets.load(written(tmp_path / "c.csv", numbers))
    second = datasets.load(written(tmp_path / "d.csv", numbers, "\t", comma=True))
    assert first.checksum == second.checksum
    targets = [{"a": row["energy"], "y": row["time"]} for row in table()]
    third = datasets.load(written(tmp_path / "e.csv", targets, ";", comma=True), numbers=True)
    assert third.checksum == datasets.load(written(tmp_path / "f.csv", targets), numbers=True).checksum


def test_classes_of_unequal_size_are_reported(tmp_path: Path) -> None:
    rows = table()
    equal = datasets.load(written(tmp_path / "a.csv", rows), table=TableOptions((), (), "mean", "one_hot"))
    assert "unequal" not in equal.note
    kept = [row for number, row in enumerate(rows) if row["label"] == "signal" or number % 6 == 1]
    data = datasets.load(written(tmp_path / "b.csv", kept), table=TableOptions((), (), "mean", "one_hot"))
    assert "classes are unequal: 18 training samples of signal, 6 of noise" in data.note
    assert "always signal is right on 75.0% of the test part" in data.note


def test_several_targets_are_a_regression(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", table())
    data = prepare(spec(path, target=("energy", "time"), drop=("label",)))
    assert data.task == "regression"
    assert data.y_train.shape == (36, 2)
    assert data.columns is not None
    assert [rule.name for rule in data.columns.rules] == ["mass", "charge", "detector"]


@pytest.mark.parametrize("missing", ["mean", "median", "most_frequent", "flag"])
def test_missing_values(missing) -> None:
    x = np.array([[1, 0], [2, 1], [2, 1], [9, np.nan], [np.nan, 1]], np.float32)
    plan = ColumnPlan.fit((Column("n"), Column("t", ("a", "b"))), x, missing, "ordinal")
    fill = {"mean": 3.5, "median": 2, "most_frequent": 2, "flag": 2}[missing]
    expected = np.array([[1, 0], [2, 1], [2, 1], [9, 1], [fill, 1]])
    if missing == "flag":
        flags = np.array([[0, 0], [0, 0], [0, 0], [0, 1], [1, 0]])
        expected = np.stack([expected[:, 0], flags[:, 0], expected[:, 1], flags[:, 1]], axis=1)
        assert plan.features == ("n", "n missing", "t", "t missing")
    np.testing.assert_array_equal(plan.apply(x), expected)
    again = ColumnPlan.from_dict(json.loads(plan.to_json()), "columns.json")
    assert again == plan
    assert again.digest == plan.digest


@pytest.mark.parametrize(("kind", "expected"), [("one_hot", [[0, 0], [1, 0]]), ("ordinal", [[-1], [0]])])
def test_a_category_that_training_never_shows(kind, expected) -> None:
    column = Column("t", ("a", "b", "c"))
    plan = ColumnPlan.fit((column,), np.array([[1], [2]], np.float32), "refuse", kind)
    unseen = np.array([[0], [1]], np.float32)
    np.testing.assert_array_equal(plan.apply(unseen), expected)
    assert plan.unseen(unseen) == {"t": 1}


@pytest.mark.parametrize(
    ("change", "settings", "message"),
    [
        ({}, {"categories": "refuse"}, r"'detector' holds text \(east, north.*data.categories=one_hot"),
        ({}, {"missing": "refuse"}, r"'mass' has no value in 9 samples.*set data.missing to one of mean"),
        ({}, {"drop": ("detektor",)}, "did you mean detector"),
        ({}, {"target": ("energy", "tme")}, "did you mean time"),
        ({}, {"drop": ("label",)}, "'label' is a target and dropped"),
        ({"time": "2024-05-17"}, {}, "'time' holds dates .*days since a start.*data.drop"),
        ({"time": "17.5.2024 12:30"}, {}, "'time' holds dates"),
        ({"time": ""}, {}, "'time' has no value at all.*data.drop"),
        ({"label": ""}, {}, "target 'label' has no value in 60 samples .*drop those samples"),
        ({"label": "signal"}, {}, "fewer than two classes"),
        ({"time": "1e99"}, {}, "'time' holds '1e99', too large for float32"),
        ({}, {"target": ("energy", "time"), "task": "classification"}, "data.task=multi_label or regression"),
        ({}, {"task": "regression"}, "target 'label' is text"),
    ],
)
def test_what_has_no_rule_is_one_error(tmp_path: Path, change, settings, message) -> None:
    path = written(tmp_path / "t.csv", [row | change for row in table()])
    with pytest.raises(EdgemlError, match=message):
        prepare(spec(path, **settings))


def test_a_slip_among_numbers_is_no_category(tmp_path: Path) -> None:
    rows = table()
    rows[5]["time"] = "1.2x"
    with pytest.raises(EdgemlError, match="'time' holds '1.2x' among numbers"):
        prepare(spec(written(tmp_path / "t.csv", rows)))


def test_a_line_of_another_length_is_named(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    written(path, table())
    path.write_text(path.read_text() + "1,2,north\n")
    with pytest.raises(EdgemlError, match="line 62 has 3 values, the header has 6"):
        prepare(spec(str(path)))


def test_parquet_is_a_csv_with_types(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow", reason="pyarrow, which reads .parquet, is not installed")
    pq = pytest.importorskip("pyarrow.parquet")

    rows = table()
    columns: dict[str, Any] = {name: [row[name] for row in rows] for name in rows[0]}
    for name in ("mass", "energy", "time"):
        columns[name] = [float(value) if value else None for value in columns[name]]
    columns["charge"] = [int(value) for value in columns["charge"]]
    columns["detector"] = pa.array(columns["detector"]).dictionary_encode()
    pq.write_table(pa.table(columns), tmp_path / "t.parquet")
    data = prepare(spec(str(tmp_path / "t.parquet")))
    assert data.x_test.tobytes() == prepare(spec(written(tmp_path / "t.csv", rows))).x_test.tobytes()
    (tmp_path / "t.parquet").write_bytes(b"PAR1 nothing")
    with pytest.raises(EdgemlError, match=r"damaged \.parquet file"):
        prepare(spec(str(tmp_path / "t.parquet")))


def test_parquet_without_pyarrow_says_what_to_install(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    (tmp_path / "t.parquet").write_bytes(b"PAR1")
    with pytest.raises(EdgemlError, match=r"pyarrow is not installed.*\(.+\)"):
        prepare(spec(str(tmp_path / "t.parquet")))


def test_rules_are_for_tables(tmp_path: Path) -> None:
    np.savez(tmp_path / "t.npz", x=np.zeros((3, 2)), y=[0, 1, 0])
    with pytest.raises(EdgemlError, match=r"is no table.*are for \.csv and \.parquet"):
        prepare(spec(str(tmp_path / "t.npz"), target=None))


def test_texts_are_no_targets_of_a_regression(tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text("a,b,label\n" + "1,2,yes\n2,3,no\n" * 10)
    with pytest.raises(EdgemlError, match=r"no numbers but 'yes' and the like.*leave data\.task out"):
        prepare(DataSpec(dataset=str(table), task="regression"))
