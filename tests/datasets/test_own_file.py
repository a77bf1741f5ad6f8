"""A user's own .npz and .csv files, good and bad, and the real NSL-KDD as both."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edgeml import datasets
from edgeml.datasets import _own_file
from edgeml.errors import EdgemlError
from tests.datasets.offline import save
from tests.support import needs_data

N = 50
X = np.random.default_rng(3).normal(size=(N, 3))
Y = np.arange(N) % 2


def npz(folder: Path, **arrays) -> Path:
    path = folder / "own.npz"
    save(path, {name: np.asarray(array) for name, array in arrays.items()})
    return path


def csv(folder: Path, text: str, name: str = "own.csv") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def table(separator: str = ",", target: str = "target", labels=("no", "yes")) -> str:
    rows = [[*map(repr, row), labels[label]] for row, label in zip(X.tolist(), Y, strict=True)]
    return "\n".join(separator.join(row) for row in [["a", "b", "c", target], *rows]) + "\n"


def test_x_and_y(tmp_path: Path) -> None:
    data = datasets.load(npz(tmp_path, x=X, y=Y, feature_names=["a", "b", "c"]))
    assert data.name == "own"
    assert (len(data.y_train), len(data.y_val), len(data.y_test)) == (30, 10, 10)
    assert data.class_names == ("0", "1")
    assert data.feature_names == ("a", "b", "c")
    everything = np.concatenate([data.x_train, data.x_val, data.x_test])
    assert sorted(map(tuple, everything.tolist())) == sorted(map(tuple, X.astype(np.float32).tolist()))


def test_published_parts_are_kept(tmp_path: Path) -> None:
    parts = {
        f"{axis}_{part}": array for part in ("train", "test", "val") for axis, array in (("x", X), ("y", Y))
    }
    data = datasets.load(npz(tmp_path, **parts))
    np.testing.assert_array_equal(data.x_val, X.astype(np.float32))
    assert data.note == "split as published"
    del parts["x_val"], parts["y_val"]
    data = datasets.load(npz(tmp_path, **parts))
    np.testing.assert_array_equal(data.x_test, X.astype(np.float32))
    assert (len(data.y_train), len(data.y_val)) == (45, 5)
    assert "10 % of the training part" in data.note


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        (Y * 7 - 3, ("-3", "4")),
        (Y.astype(bool), ("0", "1")),
        (Y.astype(np.float32), ("0", "1")),
        (Y[:, None], ("0", "1")),
        (np.eye(2)[Y], ("0", "1")),
        (np.array(["cat", "dog"])[Y], ("cat", "dog")),
    ],
)
def test_kinds_of_labels(labels: np.ndarray, names: tuple[str, ...], tmp_path: Path) -> None:
    parts = {"x_train": X, "x_test": X, "x_val": X, "y_train": labels, "y_test": labels, "y_val": labels}
    data = datasets.load(npz(tmp_path, **parts))
    np.testing.assert_array_equal(data.y_train, Y)
    assert data.class_names == names


def test_class_names(tmp_path: Path) -> None:
    assert datasets.load(npz(tmp_path, x=X, y=Y, class_names=["a", "b", "c"])).class_names == ("a", "b", "c")
    with pytest.raises(EdgemlError, match="labels from 0 to 1 but 1 class names"):
        datasets.load(npz(tmp_path, x=X, y=Y, class_names=["a"]))
    with pytest.raises(EdgemlError, match="the labels are not numbers"):
        datasets.load(npz(tmp_path, x=X, y=np.array(["a", "b"])[Y], class_names=["a", "b"]))


@pytest.mark.parametrize(
    ("arrays", "what"),
    [
        ({"x": X}, "has no array y"),
        ({"features": X, "labels": Y}, "has no array x, y"),
        ({"x_train": X, "y_train": Y}, "has no array x_test, y_test"),
        ({"x": X, "y": Y[:-1]}, "50 samples but its labels have shape"),
        ({"x": X[:, 0], "y": Y}, r"x_train has shape \(50,\)"),
        ({"x": X[:0], "y": Y[:0]}, "labels have shape"),
        ({"x": X + 1j, "y": Y}, "not real numbers"),
        ({"x": X.astype(str), "y": Y}, "not real numbers"),
        ({"x": X, "y": Y + 0.5}, "not whole numbers"),
        ({"x": X, "y": np.full(N, np.nan)}, "not whole numbers"),
        ({"x": X, "y": X}, "not one-hot"),
        ({"x": X, "y": Y.astype("M8[s]")}, "expected whole numbers or text"),
        ({"x": X, "y": Y * 0}, "fewer than two classes"),
        ({"x": X, "y": np.arange(N)}, "50 different whole numbers from 0 to 49, which looks like a quantity"),
        ({"x": X, "y": np.arange(N).astype(str)}, "looks like a quantity"),
        ({"x": X, "y": np.array([f"c{i}" for i in range(N)])}, "cannot be split with every class"),
        ({"x": X, "y": np.where(np.arange(N) < 3, 7, Y)}, "class '7' has 3 samples, and 4 are needed"),
        ({"x": X, "y": Y, "class_names": ["a", "a"]}, "two classes are called 'a'"),
        ({"x": X, "y": Y, "class_names": ["a", "b\n"]}, "is no class name"),
        ({"x": X, "y": Y - 1, "class_names": ["a", "b"]}, "labels from -1 to 0 but 2 class names"),
        ({"x": X, "y": np.array(["a", "NaN"])[Y]}, "a label is missing: 'NaN'"),
        ({"x": X, "y": Y.astype("S1")}, "expected whole numbers or text"),
        ({"x": X, "y": Y.astype(complex)}, "expected whole numbers or text"),
        ({"x_train": X, "y_train": Y, "x_test": X, "y_test": Y.astype(str)}, "text, of another numbers"),
        ({"x": X, "y": Y, "feature_names": ["a"]}, "1 feature names"),
        ({"x_train": X, "y_train": Y, "x_test": X[:, :2], "y_test": Y}, r"x_test have shape \(2,\)"),
    ],
)
def test_bad_npz(arrays: dict, what: str, tmp_path: Path) -> None:
    with pytest.raises(EdgemlError, match=what) as caught:
        datasets.load(npz(tmp_path, **arrays))
    assert str(tmp_path) in caught.value.where


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e39])
def test_not_finite_names_column_and_row(bad: float, tmp_path: Path) -> None:
    x = X.copy()
    x[[7, 9], 1] = bad
    with pytest.raises(EdgemlError, match=r"column 'b' has 2 missing, infinite.*sample 7, counted from 0"):
        datasets.load(npz(tmp_path, x=x, y=Y, feature_names=["a", "b", "c"]))
    x[3, 2] = bad
    with pytest.raises(EdgemlError, match=r"column 1 \(counted from 0\) has 2 .* so have 1 other columns"):
        datasets.load(npz(tmp_path, x=x, y=Y))


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_csv(separator: str, tmp_path: Path) -> None:
    data = datasets.load(csv(tmp_path, table(separator)))
    same = datasets.load(npz(tmp_path, x=X, y=Y))
    assert data.checksum == same.checksum
    assert data.class_names == ("no", "yes")
    assert data.feature_names == ("a", "b", "c")


def test_csv_target(tmp_path: Path) -> None:
    path = csv(tmp_path, table(target="what"))
    assert datasets.load(path, target="what").class_names == ("no", "yes")
    with pytest.raises(EdgemlError, match="which column has the labels") as caught:
        datasets.load(path)
    assert "a, b, c, what" in caught.value.hint
    with pytest.raises(EdgemlError, match="unknown column 'whta'") as caught:
        datasets.load(path, target="whta")
    assert "did you mean what?" in caught.value.hint


def test_csv_labels_sort_as_numbers(tmp_path: Path) -> None:
    assert datasets.load(csv(tmp_path, table(labels=("10", "9")))).class_names == ("9", "10")


def test_csv_byte_order_mark_and_crlf(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_bytes(b"\xef\xbb\xbf" + table().replace("\n", "\r\n").encode())
    assert datasets.load(path).feature_names == ("a", "b", "c")


@pytest.mark.parametrize("written", [("0.0", "1.0"), ("0", "1"), ("0.", "1."), ("0.000e+00", "1.000e+00")])
def test_csv_labels_mean_numbers_however_they_are_written(written, tmp_path: Path) -> None:
    many = [f"{i % 12}" for i in range(240)]
    expected = np.arange(240) % 12
    as_floats = [f"{float(text):.{i % 3}f}" for i, text in enumerate(many)]
    (tmp_path / "t.csv").write_text("a,y\n" + "".join(f"{i},{t}\n" for i, t in enumerate(as_floats)))
    raw = _own_file.load(tmp_path / "t.csv")
    assert raw.classes == tuple(str(i) for i in range(12))
    np.testing.assert_array_equal(raw.train.y, expected)
    data = datasets.load(csv(tmp_path, table(labels=written)))
    assert data.class_names == ("0", "1")
    assert data.checksum == datasets.load(npz(tmp_path, x=X, y=Y)).checksum


def test_csv_with_a_gap_in_its_whole_numbers(tmp_path: Path) -> None:
    data = datasets.load(csv(tmp_path, table(labels=("10", "8"))))
    assert data.class_names == ("8", "10")
    assert "whole numbers from 8 to 10, taken as 2 classes" in data.note


def test_a_quantity_is_a_class_only_where_that_is_said(tmp_path: Path) -> None:
    text = "a,y\n" + "".join(f"{i},{18 + i % 60}\n" for i in range(600))
    with pytest.raises(EdgemlError, match="60 different whole numbers from 18 to 77") as caught:
        datasets.load(csv(tmp_path, text))
    assert "data.max_classes=60" in caught.value.hint
    assert datasets.load(tmp_path / "own.csv", max_classes=60).n_classes == 60
    with pytest.raises(EdgemlError, match="looks like a quantity"):
        datasets.load(tmp_path / "own.csv", max_classes=59)


def test_names_that_pandas_gives_to_columns_are_a_header(tmp_path: Path) -> None:
    assert datasets.load(csv(tmp_path, table().replace("a,b,c", "0,1,2"))).feature_names == ("0", "1", "2")


@pytest.mark.parametrize("ends", ["\r", "\r\n", "\n\n", "\n   \n"])
def test_csv_line_ends(ends: str, tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_bytes(table().replace("\n", ends).encode())
    assert datasets.load(path).checksum == datasets.load(npz(tmp_path, x=X, y=Y)).checksum


def test_csv_numbers_are_rounded_as_python_rounds(tmp_path: Path) -> None:
    texts = ["123456789012345678901234567890", "0.1", "+1e-7", "9007199254740993", "1.00000005960464477540"]
    (tmp_path / "t.csv").write_text("a,y\n" + "".join(f"{t},{i % 2}\n" for i, t in enumerate(texts)))
    assert _own_file.load(tmp_path / "t.csv").train.x[:, 0].tolist() == [float(text) for text in texts]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "not a header"),
        ("1.5,1.5,2\n", "not a header: it holds the value 1.5"),
        ("a,target\n", "has no samples"),
        ("a,target\n1,x\n2\n", "line 3 has 1 values, the header has 2"),
        (table() + "1,2,tcp,yes\n", r"column 'c' holds 'tcp' in line 52, not a number"),
        (table() + "1,2,1.2.3,yes\n", r"holds '1.2.3' in line 52, not a number .mend the value, empty it"),
        ("a,b,target\n1,2024-01-31,x\n2,2024-02-01,y\n", "holds '2024-01-31' .*make numbers of it"),
        ("a,b,target\n1,31.1.24 10:00,x\n2,1.2.24 10:05,y\n", "make numbers of it"),
        ("a,b,target\n1,north,x\n2,south,y\n", "categories. Set data.categories=one_hot"),
        ("a,b,target\n1,,x\n2,,y\n", "is the column empty. Leave it out: data.drop"),
        (table() + "1,,3,yes\n", r"column 'b' has no number in line 52 but ''"),
        (table() + "1,nan,3,yes\n1,2,NA,no\n", r"column 'b' has no number in line 52 but 'nan'; 1 more line"),
        (table() + "1,2,3,\n", "column 'target' has no label in line 52 but ''"),
        (table() + "1,2,3, ?\n", r"column 'target' has no label in line 52 but '\?'"),
        (table() + "1,2,3\n", "line 52 has 3 values, the header has 4"),
        (table() + "\n1,2,3,yes,5\n", "line 53 has 5 values, the header has 4"),
        (table() + "1,2,3,yes,5,6\n", "line 52 has 6 values, the header has 4"),
        ("a,target\n1,x,3,4\n", "line 2 has 4 values, the header has 2"),
        (table() + "1,1e39,3,yes\n", "column 'b' holds '1e39' in line 52, infinite or too large"),
        (table() + "1,-inf,3,yes\n", "infinite or too large"),
        (table() + '1,"2,3,yes\n', "a quotation mark is never closed, in the sample that begins in line 52"),
        (table(";") + "1;2,5;3;yes\n", r"holds '2,5' in line 52, not a number \(decimal commas: write 2.5"),
        ("5.1,3.5,setosa\n" * 9, "not a header: it holds the value 5.1"),
        ("5,3,setosa\n" * 9, "not a header: it holds the value 5"),
        (",a,target\n0,1,x\n", r"column 1 \(from 1\) has no name"),
        ("a,a,target\n0,1,x\n", "'a' is there twice"),
        (table().replace("yes", "0.5").replace("no", "1"), "labels are not whole numbers: 0.5"),
    ],
)
def test_bad_csv(text: str, what: str, tmp_path: Path) -> None:
    with pytest.raises(EdgemlError, match=what) as caught:
        datasets.load(csv(tmp_path, text))
    assert "own.csv" in caught.value.where


def test_other_bad_requests(tmp_path: Path) -> None:
    (tmp_path / "binary.csv").write_bytes(b"a,target\n\xff,1\n")
    with pytest.raises(EdgemlError, match="not UTF-8"):
        datasets.load(tmp_path / "binary.csv")
    with pytest.raises(EdgemlError, match="no such data file"):
        datasets.load(tmp_path / "absent.csv")
    with pytest.raises(EdgemlError, match="no such data file"):
        datasets.load("absent.npz")
    with pytest.raises(EdgemlError, match=r"cannot read \.txt"):
        datasets.load(csv(tmp_path, table(), "own.txt"))
    with pytest.raises(EdgemlError, match="no column 'y'"):
        datasets.load(npz(tmp_path, x=X, y=Y), target="y")
    with pytest.raises(EdgemlError, match="iris has its own labels"):
        datasets.load("iris", target="species")
    with pytest.raises(EdgemlError, match="unknown data set 'mnits'") as caught:
        datasets.load("mnits")
    assert "mnist" in caught.value.hint
    with pytest.raises(EdgemlError, match="unknown data set 'base'"):
        datasets.load("base")


def test_nsl_kdd() -> None:
    data = datasets.load(needs_data("nsl_kdd"))
    assert data.x_train.shape[1:] == data.x_test.shape[1:] == (119,)
    assert len(data.y_train) + len(data.y_val) == 25192
    assert len(data.y_test) == 22544
    assert data.feature_names is not None
    assert data.feature_names[0] == "duration"
    scaling = datasets.Scaling.fit("standard", data.x_train)
    scaled = scaling.apply(data.x_train)
    spread = scaled.std(axis=0)
    constant = data.x_train.min(axis=0) == data.x_train.max(axis=0)
    assert constant.any()  # some services never occur: nothing may divide by zero
    np.testing.assert_allclose(spread[~constant], 1, rtol=1e-3)
    assert (scaled[:, constant] == 0).all()


def test_nsl_kdd_as_csv(tmp_path: Path) -> None:
    """The first 2,000 training samples written as a CSV give the same data as the same samples in an .npz."""
    with np.load(needs_data("nsl_kdd")) as file:
        x, y, names = file["x_train"][:2000], file["y5_train"][:2000], file["feature_names"]
        classes = file["classes5"]
    keep = y < 3  # the two rarest families have too few samples here
    x, y = x[keep], y[keep]
    lines = [",".join([*names, "family"])]
    lines += [",".join([*map(str, row), classes[label]]) for row, label in zip(x.tolist(), y, strict=True)]
    data = datasets.load(csv(tmp_path, "\n".join(lines)), target="family")
    assert data.class_names == tuple(sorted(classes[:3]))
    same = datasets.load(npz(tmp_path, x=x, y=classes[y]))
    assert data.checksum == same.checksum
    assert data.feature_names == tuple(names)
