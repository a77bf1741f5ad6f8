"""A table in a .csv file: one header line, then one sample per line, numbers and one label column.

pandas reads it; numbers are rounded as Python rounds them. Lines that pandas refuses, or reads although a
table like this has no such thing (a missing value, a line of another length), are looked for a second time
line by line, so that every error names the file's line, counted from 1.

Invariant: memory stays below ten times the file's size and a constant; a bad file is one `EdgemlError`.
"""

from __future__ import annotations

import csv
import math
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import IO, Any

import numpy as np

from edgeml import install
from edgeml.datasets._base import Array
from edgeml.datasets._labels import NUMBER, is_missing
from edgeml.datasets._limits import check_size
from edgeml.errors import EdgemlError, MissingToolError, excerpt, unknown_name

MOST_COLUMNS = 20_000
_LONGEST_LINE = 1 << 22
_LOOKED_AT = 100  # samples, for the decimal mark
_USUAL_TARGETS = ("target", "label", "class", "y")
_LARGEST = float(np.finfo(np.float32).max)
DATE = re.compile(
    r"\d{4}[-/]\d{1,2}[-/]\d{1,2}([T ].*)?|\d{1,2}[./-]\d{1,2}[./-](\d{4}|\d{2})( .*)?"
    r"|\d{1,2}:\d{2}(:\d{2}.*)?"
)
DATES_ADVICE = (
    "make numbers of it (days since a start; sine and cosine of the hour), or leave it out: data.drop"
)
SLIP_ADVICE = "mend the value, empty it and set data.missing, or drop the column"
_CATEGORIES = "categories? Set data.categories=one_hot; or leave the column out: data.drop"
_GAPS = "drop such lines, or set data.missing=median"
_BOOLEANS = ("True", "TRUE", "true", "False", "FALSE", "false")  # 1 and 0, as pandas has it
_INFINITE = ("inf", "+inf", "-inf", "infinity", "+infinity", "-infinity")


@dataclass(frozen=True, eq=False)
class CsvTable:
    """The content of a .csv file.

    Args:
        x: float64, shape (samples, features), finite in float32.
        labels: the distinct labels as text, none of them missing.
        codes: which of them each sample has, shape (samples,).
        features: names of the feature columns.
        target: name of the label column.
    """

    x: Array
    labels: tuple[str, ...]
    codes: Array
    features: tuple[str, ...]
    target: str


def read_csv(path: Path, target: str | None = None) -> CsvTable:
    """The table in a file; commas, semicolons or tabs between the values, UTF-8, any line ends.

    Args:
        path: the file.
        target: the label column; if None, the one called target, label, class or y.

    Raises:
        EdgemlError: no such file, no header, no such column, a value that is no number, a missing one.
        MissingToolError: pandas is not installed.
    """
    check_size(path)
    with opened(path) as file:
        separator, header = header_of(file, path)
        column = target_column(header, target, path)
        begins = file.tell()
        first = next(_rows(file, separator, path), [])
        file.seek(begins)
        decimal = decimal_mark(file, separator, path)
        # pandas would make as many columns as the first sample has values.
        frame = None if len(first) > len(header) else _frame(file, separator, len(header), column, decimal)
    if frame is not None and not len(frame):
        raise EdgemlError("has no samples", str(path), "it needs one line per sample below the header")
    table = None if frame is None else _table(frame, header, column)
    if table is None:
        raise _first_fault(path, separator, header, column, decimal)
    if decimal == "," and all(NUMBER.fullmatch(_pointed(label)) for label in table.labels):
        return replace(table, labels=tuple(map(_pointed, table.labels)))
    return table


def header_of(file: IO[str], path: Path) -> tuple[str, list[str]]:
    """The separator and the column names; the file then is at its first sample.

    Raises:
        EdgemlError: the first line is no header.
    """
    separator = _separator(file, path)
    file.seek(0)
    header = [name.strip() for name in next(_rows(file, separator, path), [])]
    _check_header(header, path)
    return separator, header


def decimal_mark(file: IO[str], separator: str, path: Path) -> str:
    """The mark in front of decimals, "," or "."; the file stays where it is.

    It is a comma where commas do not separate, and of the first samples some have one in a number and none
    has a point in one.
    """
    if separator == ",":
        return "."
    begins, commas = file.tell(), 0
    for row in islice(_rows(file, separator, path), _LOOKED_AT):
        fields = [field.strip() for field in row]
        if any("." in field and NUMBER.fullmatch(field) for field in fields):
            commas = 0
            break
        commas += sum("," in field and NUMBER.fullmatch(_pointed(field)) is not None for field in fields)
    file.seek(begins)
    return "," if commas else "."


def _pointed(text: str) -> str:
    """A number with a point for its decimal comma."""
    return text.replace(",", ".", 1)


def _frame(file: IO[str], separator: str, columns: int, target: int, decimal: str) -> Any:
    """The rest of the file as a DataFrame with one column more than the header has, or None."""
    try:
        import pandas as pd
    except ImportError as error:
        raise MissingToolError(
            "pandas is not installed; it reads .csv", getattr(file, "name", ""), install.command("data")
        ) from error
    kinds: Any = dict.fromkeys(range(columns), "float64") | {target: "category", columns: "category"}
    with warnings.catch_warnings():
        warnings.filterwarnings("error", category=pd.errors.ParserWarning)
        try:
            return pd.read_csv(
                file,
                sep=separator,
                header=None,
                names=range(columns + 1),
                dtype=kinds,
                decimal=decimal,
                index_col=False,
                keep_default_na=False,
                na_values=[],
            )
        except (ValueError, OverflowError, pd.errors.ParserWarning):  # ParserError is a ValueError
            return None


def _table(frame: Any, header: list[str], column: int) -> CsvTable | None:
    """The table, or None if it has a fault."""
    beyond = frame.pop(len(header)).cat
    if any(beyond.categories != "") or (beyond.codes < 0).any():
        return None
    labels = frame.pop(column).cat
    codes, texts = np.asarray(labels.codes), tuple(map(str, labels.categories))
    if (codes < 0).any() or any(is_missing(text) for text in texts):
        return None
    x = frame.to_numpy(np.float64)
    if not (np.abs(x).max(initial=0.0) <= _LARGEST):  # also for NaN
        return None
    features = tuple(name for number, name in enumerate(header) if number != column)
    return CsvTable(x, texts, codes, features, header[column])


def _first_fault(path: Path, separator: str, header: list[str], column: int, decimal: str) -> EdgemlError:
    """The error that names the first line with a fault, and how many more have one."""
    first: EdgemlError | None = None
    more = samples = 0
    with opened(path) as file:
        rows = csv.reader(_lines(file, path), delimiter=separator, strict=True)
        begins, quoted = 1, False
        try:
            for row in rows:
                line, begins = begins, rows.line_num + 1
                if line == 1 or not row or (len(row) == 1 and not row[0].strip()):
                    continue
                plain = [_pointed(field) for field in row] if decimal == "," else row
                fault = _fault(plain, line, header, column, path)
                samples += 1
                if fault is not None and first is None:
                    first = fault
                elif fault is not None:
                    more += 1
        except csv.Error as error:
            quoted = "unexpected end" in str(error)
            if first is None:
                what = "a quotation mark is never closed" if quoted else f"cannot be read: {error}"
                return EdgemlError(f"{what}, in the sample that begins in line {begins}", str(path))
    if first is None:
        return EdgemlError("cannot be read as a table of numbers and one label column", str(path))
    lines = "line has" if more == 1 else "lines have"
    hint = first.hint
    if hint == _CATEGORIES and more + 1 < samples / 2:
        hint = SLIP_ADVICE
    elif hint == _GAPS and more + 1 == samples:
        hint = "is the column empty? Leave it out: data.drop"
    what = f"{first.what}; {more} more {lines} a fault" if more else first.what
    return EdgemlError(what, first.where, hint)


def _fault(row: list[str], line: int, header: list[str], column: int, path: Path) -> EdgemlError | None:
    where = str(path)
    if len(row) != len(header):
        hint = "decimal commas? Write 1.5, not 1,5" if len(row) == 2 * len(header) - 1 else ""
        return EdgemlError(f"line {line} has {len(row)} values, the header has {len(header)}", where, hint)
    for number, (name, field) in enumerate(zip(header, row, strict=True)):
        text = field.strip()
        if is_missing(text):
            kind = "label" if number == column else "number"
            return EdgemlError(
                f"column {name!r:.60} has no {kind} in line {line} but {text!r}",
                where,
                "drop such lines" if number == column else _GAPS,
            )
        if number == column or text in _BOOLEANS:
            continue
        if text.lower() in _INFINITE or (NUMBER.fullmatch(text) and abs(float(text)) > _LARGEST):
            return EdgemlError(
                f"column {name!r:.60} holds {text!r:.40} in line {line}, infinite or too large for float32",
                where,
                "drop such lines or change the unit",
            )
        if not NUMBER.fullmatch(text) or not math.isfinite(float(text)):
            return EdgemlError(
                f"column {name!r:.60} holds {text!r:.40} in line {line}, not a number", where, _remedy(text)
            )
    return None


def _remedy(text: str) -> str:
    point = _pointed(text)
    if point != text and NUMBER.fullmatch(point):
        return f"decimal commas: write {point} for {text}"
    return DATES_ADVICE if DATE.fullmatch(text) else _CATEGORIES


def _check_header(header: list[str], path: Path) -> None:
    where, remedy = str(path), "the first line names the columns, such as mass,energy,label"
    if len(header) < 2:
        raise EdgemlError("the first line is not a header of two or more column names", where, remedy)
    if len(header) > MOST_COLUMNS:
        what = f"has {len(header)} columns, a .csv at most {MOST_COLUMNS}"
        raise EdgemlError(what, where, "save wide data with numpy.savez as x and y")
    numbers = [name for name in header if NUMBER.fullmatch(name)]
    counted = [str(int(name)) for name in numbers] if all(map(str.isdecimal, numbers)) else []
    first = int(counted[0]) if counted else 0
    if numbers and (len(numbers) == len(header) or counted != [str(first + i) for i in range(len(numbers))]):
        raise EdgemlError(f"the first line is not a header: it holds the value {numbers[0]}", where, remedy)
    if "" in header:
        raise EdgemlError(
            f"the first line is not a header: column {header.index('') + 1} (from 1) has no name",
            where,
            "an index that pandas wrote? Write the file with to_csv(..., index=False)",
        )
    if len(set(header)) != len(header):
        twice = next(name for name in header if header.count(name) > 1)
        raise EdgemlError(f"the first line is not a header: {twice!r:.60} is there twice", where, remedy)


def target_column(header: list[str], target: str | None, path: Path) -> int:
    """The position of the label column.

    Args:
        header: column names.
        target: its name; if None, the one called target, label, class or y.
        path: the file, for messages.

    Raises:
        EdgemlError: there is no such column, or more than one.
    """
    if target is not None:
        if target not in header:
            raise unknown_name("column", target, header, str(path))
        return header.index(target)
    usual = [name for name in header if name.lower() in _USUAL_TARGETS]
    if len(usual) != 1:
        names = f"{', '.join(header[:12])}{', ...' if len(header) > 12 else ''}"
        raise EdgemlError(
            "which column has the labels?", str(path), f"set data.target to one of {excerpt(names, 300)}"
        )
    return header.index(usual[0])


def _separator(file: IO[str], path: Path) -> str:
    """The most frequent of comma, semicolon and tab in the first line."""
    first = next(_lines(file, path), "")
    return max(",;\t", key=first.count)


def _rows(file: IO[str], separator: str, path: Path) -> Iterator[list[str]]:
    try:
        yield from csv.reader(_lines(file, path), delimiter=separator)
    except csv.Error as error:
        raise EdgemlError(f"the first lines cannot be read: {error}", str(path)) from None


def _lines(file: IO[str], path: Path) -> Iterator[str]:
    """The lines; one whose values would fill the memory is refused."""
    number = 1
    while line := file.readline(_LONGEST_LINE):
        if len(line) == _LONGEST_LINE:
            raise EdgemlError(f"line {number} has over {_LONGEST_LINE:,} characters", str(path))
        yield line
        number += 1


@contextmanager
def opened(path: Path) -> Iterator[IO[str]]:
    """The file as text, for the context.

    Raises:
        EdgemlError: it is not there, cannot be read or is not UTF-8; also of what is read in the context.
    """
    if not path.is_file():
        raise EdgemlError("there is no such data file", str(path))
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield file
    except UnicodeDecodeError as error:
        hint = "save it as UTF-8: iconv -f latin1 -t utf-8"
        what = f"not UTF-8 text: {error.reason} in line {_bad_line(path)}"
        raise EdgemlError(what, str(path), hint) from None
    except OSError as error:
        raise EdgemlError(f"cannot read the data file: {error.strerror}", str(path)) from error


def _bad_line(path: Path) -> int:
    """The first line that is no UTF-8, counted from 1."""
    with path.open("rb") as file:
        number = 0
        for number, line in enumerate(file, start=1):
            try:
                line.decode()
            except UnicodeDecodeError:
                return number
    return number
