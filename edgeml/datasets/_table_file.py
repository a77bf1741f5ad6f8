"""Tables with text, gaps or several targets: a .csv or .parquet file as raw values and columns.

A column is numbers if every value that is there is one (a decimal comma is found where the separator is
none), else text, whose distinct values become categories. Dates are refused: which number of a date carries
the information is for the user to say.

Invariant: the same file gives the same values and categories each time; categories are sorted as text.
"""

from __future__ import annotations

import csv
import importlib
import re
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from edgeml import install
from edgeml.datasets._base import Array, Column, Raw, Split
from edgeml.datasets._columns import TableOptions, check_columns
from edgeml.datasets._csv_file import (
    DATE,
    DATES_ADVICE,
    SLIP_ADVICE,
    decimal_mark,
    header_of,
    opened,
    target_column,
)
from edgeml.datasets._labels import NUMBER, about, encode, is_missing
from edgeml.datasets._limits import check_size
from edgeml.errors import EdgemlError, MissingToolError, excerpt, unknown_name

SUFFIXES = (".csv", ".parquet")

_MOST_CATEGORIES = 1000
_BOOLEANS = {"true": 1.0, "false": 0.0}


@dataclass(frozen=True, eq=False)
class RawTable:
    """The content of a table.

    Args:
        x: float32 raw values, shape (samples, columns), see `edgeml.datasets._columns`.
        columns: their names and categories.
        targets: the target columns by name, float64 numbers or text, each (samples,).
    """

    x: Array
    columns: tuple[Column, ...]
    targets: dict[str, Array]


def load_table(path: Path, options: TableOptions, numbers: bool, max_classes: int | None) -> Raw:
    """The samples and targets of a table, whose columns have rules.

    Args:
        path: a .csv or .parquet file.
        options: targets, dropped columns, and what becomes of text and gaps.
        numbers: true if targets are numbers, else classes.
        max_classes: see `edgeml.datasets._labels.encode`.

    Raises:
        EdgemlError: as `read_table`; or text, gaps or targets that the options do not provide for.
        MissingToolError: as `read_table`.
    """
    table = read_table(path, options.targets, options.drop)
    check_columns(table.columns, table.x, options.missing, options.categories)
    features = tuple(column.name for column in table.columns)
    if numbers:
        y = target_numbers(table, str(path))
        return Raw(Split(table.x, y), (), features=features, columns=table.columns)
    if len(table.targets) > 1:
        what = f"has {len(table.targets)} target columns, which are no classes"
        raise EdgemlError(what, str(path), "set data.task=multi_label or regression, or name one target")
    ((name, labels),) = table.targets.items()
    (codes,), classes = encode([labels], None, f"{path}, column {name!r:.60}", max_classes)
    note = about(classes)
    return Raw(Split(table.x, codes), classes, features=features, note=note, columns=table.columns)


def target_numbers(table: RawTable, where: str) -> Array:
    """The targets as numbers, float64, shape (samples, targets).

    Raises:
        EdgemlError: one is text.
    """
    text = next((name for name, values in table.targets.items() if values.dtype.kind == "U"), None)
    if text is not None:
        what = f"target {text!r:.60} is text ({table.targets[text][0]!r:.40}), no number"
        raise EdgemlError(what, where, "name another target, or leave data.task out")
    return np.stack(list(table.targets.values()), axis=1)


def read_table(path: Path, targets: tuple[str, ...], drop: tuple[str, ...] = ()) -> RawTable:
    """The table in a file.

    Args:
        path: a .csv or .parquet file.
        targets: the target columns; if empty, the one called target, label, class or y.
        drop: columns that are left out.

    Raises:
        EdgemlError: no such file or column, damaged, a column of dates, or a target with gaps.
        MissingToolError: pandas, or pyarrow for a .parquet file, is not installed.
    """
    check_size(path)
    where = str(path)
    texts = _parquet(path) if path.suffix.lower() == ".parquet" else _csv(path)
    names = list(texts)
    for name in (*targets, *drop):
        if name not in texts:
            raise unknown_name("column", name, names, where)
    if not targets:
        targets = (names[target_column(names, None, path)],)
    both = set(targets) & set(drop)
    if both:
        raise EdgemlError(f"{both.pop()!r:.60} is a target and dropped", where, "leave it out of data.drop")
    features = [name for name in names if name not in (*targets, *drop)]
    if not features:
        raise EdgemlError("has no column but targets and dropped ones", where, "leave some in")
    columns = [_column(name, texts[name], where) for name in features]
    return RawTable(
        np.stack([values for _, values in columns], axis=1),
        tuple(column for column, _ in columns),
        {name: _target(name, texts[name], where) for name in targets},
    )


def _column(name: str, values: Array, where: str) -> tuple[Column, Array]:
    """A column, and its raw values, float32 (samples,)."""
    distinct, codes = np.unique(values.astype(str), return_inverse=True)
    texts = [str(text).strip() for text in distinct]
    numbers = _numbers(texts)
    if numbers is not None:
        with np.errstate(over="ignore"):
            raw = numbers.astype(np.float32)
        if np.isinf(raw).any():
            text = texts[int(np.flatnonzero(np.isinf(raw))[0])]
            what = f"column {name!r:.60} holds {text!r:.40}, too large for float32"
            raise EdgemlError(what, where, "drop such lines or change the unit")
        return Column(name), raw[codes]
    there = sorted({text for text in texts if not is_missing(text)})
    if not there:
        raise EdgemlError(f"column {name!r:.60} has no value at all", where, "leave it out: data.drop")
    odd = [text for text in there if not NUMBER.fullmatch(text)]
    if len(odd) < len(there) / 2:
        what = f"column {name!r:.60} holds {odd[0]!r:.40} among numbers"
        raise EdgemlError(what, where, SLIP_ADVICE)
    if all(DATE.fullmatch(text) for text in there):
        raise EdgemlError(f"column {name!r:.60} holds dates ({there[0]})", where, DATES_ADVICE)
    if len(there) > _MOST_CATEGORIES:
        what = f"column {name!r:.60} has {len(there):,} different texts, such as {there[0]!r:.40}"
        raise EdgemlError(what, where, "an identifier? Leave it out: data.drop")
    place = {text: float(number) for number, text in enumerate(there)}
    raw = np.array([np.nan if is_missing(text) else place[text] for text in texts], np.float32)
    return Column(name, tuple(there)), raw[codes]


def _target(name: str, values: Array, where: str) -> Array:
    """Numbers where all are numbers, else text; a gap is refused."""
    texts = np.char.strip(values.astype(str))
    gaps = [row for row, text in enumerate(texts.tolist()) if is_missing(text)]
    if gaps:
        raise EdgemlError(
            f"target {name!r:.60} has no value in {len(gaps)} samples (first: sample {gaps[0]}, from 0)",
            where,
            "drop those samples: a missing target cannot be learned from",
        )
    distinct, codes = np.unique(texts, return_inverse=True)
    numbers = _numbers([str(text) for text in distinct])
    return texts if numbers is None else numbers[codes]


def _numbers(texts: list[str]) -> Array | None:
    """The numbers that texts are, float64, NaN for missing ones; None if one is no number."""
    values = np.empty(len(texts))
    for place, text in enumerate(texts):
        if is_missing(text):
            values[place] = np.nan
        elif text.lower() in _BOOLEANS:
            values[place] = _BOOLEANS[text.lower()]
        elif NUMBER.fullmatch(text):
            values[place] = float(text)
        else:
            return None
    return None if np.isnan(values).all() else values


def _csv(path: Path) -> dict[str, Array]:
    """The columns of a .csv file as text, with a point for a decimal comma."""
    try:
        import pandas as pd
    except ImportError as error:
        raise MissingToolError(
            "pandas is not installed; it reads .csv", str(path), install.command("data")
        ) from error
    with opened(path) as file:
        separator, header = header_of(file, path)
        comma = decimal_mark(file, separator, path) == ","
        with warnings.catch_warnings():
            warnings.filterwarnings("error", category=pd.errors.ParserWarning)
            try:
                frame: Any = pd.read_csv(
                    file,
                    sep=separator,
                    header=None,
                    names=range(len(header) + 1),
                    dtype=str,
                    index_col=False,
                    keep_default_na=False,
                    na_values=[],
                )
            except (ValueError, pd.errors.ParserWarning) as error:
                raise EdgemlError(f"cannot be read as a table: {error}", str(path)) from error
    if not len(frame):
        raise EdgemlError("has no samples", str(path), "it needs one line per sample below the header")
    beyond = frame.pop(len(header)).fillna("")
    frame = frame.fillna("")
    # pandas reads a short line as one whose last values are empty.
    if (beyond != "").any() or (frame[len(header) - 1] == "").any():
        _check_lines(path, separator, len(header))
    columns = {name: frame[number].to_numpy(dtype=str) for number, name in enumerate(header)}
    if comma:
        pattern = re.compile(r"[+-]?\d*,\d+([eE][+-]?\d+)?")
        columns = {name: _pointed(values, pattern) for name, values in columns.items()}
    return columns


def _pointed(values: Array, pattern: re.Pattern[str]) -> Array:
    return np.array(
        [text.replace(",", ".") if pattern.fullmatch(text.strip()) else text for text in values.tolist()]
    )


def _check_lines(path: Path, separator: str, columns: int) -> None:
    """Refuse lines of another length."""
    with opened(path) as file:
        rows = csv.reader(file, delimiter=separator)
        for row in rows:
            if row and len(row) != columns:
                what = f"line {rows.line_num} has {len(row)} values, the header has {columns}"
                raise EdgemlError(what, str(path), "a separator inside a value? Put it in quotation marks")


def _parquet(path: Path) -> dict[str, Array]:
    """The columns of a .parquet file as text; nulls are empty."""
    try:
        pa: Any = importlib.import_module("pyarrow")
        pq: Any = importlib.import_module("pyarrow.parquet")
    except ImportError as error:
        raise MissingToolError(
            "pyarrow is not installed; it reads .parquet", str(path), install.command("parquet")
        ) from error
    if not path.is_file():
        raise EdgemlError("there is no such data file", str(path))
    try:
        table: Any = pq.read_table(path)
    except (pa.ArrowException, OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise EdgemlError(
            f"damaged .parquet file: {excerpt(reason, 200)}", str(path), "get it again"
        ) from error
    if not table.num_rows:
        raise EdgemlError("has no samples", str(path))
    columns: dict[str, Array] = {}
    for field, values in zip(table.schema, table.columns, strict=True):
        if pa.types.is_temporal(field.type):
            raise EdgemlError(f"column {field.name!r:.60} holds dates", str(path), DATES_ADVICE)
        plain = values.cast(field.type.value_type) if pa.types.is_dictionary(field.type) else values
        readable = (pa.types.is_string, pa.types.is_large_string, pa.types.is_boolean, pa.types.is_integer)
        if not (any(kind(plain.type) for kind in readable) or pa.types.is_floating(plain.type)):
            what = f"column {field.name!r:.60} is of type {field.type}, no numbers and no text"
            raise EdgemlError(what, str(path), "leave it out when the file is written")
        columns[field.name] = np.array(["" if value is None else str(value) for value in plain.to_pylist()])
    return columns
