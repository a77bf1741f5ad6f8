"""The preparation of a sample as source code: prepare.h and prepare.c in C99, prepare.py with NumPy alone.

A deployed model takes what training gave it: columns as features, filled, encoded and scaled. Both functions
do what `ColumnPlan.apply` and `Scaling.apply` do, in the same types and order, from the same numbers.

Invariant: both give the float32 that training saw, bit for bit, with IEEE arithmetic that is not contracted
(-std=c99, or -ffp-contract=off). The one exception is the logarithm, which is the C library's `log1p` in
double; another library may round it otherwise, after which the float differs by at most one unit in its
last place, rarely.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgeml.datasets import ColumnPlan, Scaling
from edgeml.files import FileSet, read_bytes
from edgeml.share import share_dir

_FOLDER = "prepare"


@dataclass(frozen=True)
class _Feature:
    """One feature before scaling: the column it comes from, and what is done with it."""

    column: int
    kind: int  # 0 the number, 1 is it this category, 2 place among the known ones, 3 is it missing
    value: float = 0.0
    first: int = 0
    count: int = 0


def prepare_files(scaling: Scaling, columns: ColumnPlan | None, features: int) -> FileSet:
    """prepare.h, prepare.c and prepare.py.

    Args:
        scaling: of the features.
        columns: the rules of a table's columns; None: every column is a feature.
        features: the number of features before scaling.

    Returns:
        The files, in the folder "prepare".
    """
    stage, ranked = _stage(columns, features)
    fills = [None] * features if columns is None else [rule.fill for rule in columns.rules]
    refused = [] if columns is None else [i for i, rule in enumerate(columns.rules) if _refuses(rule)]
    categories = () if columns is None else tuple(rule.categories for rule in columns.rules)
    matrix = scaling.table if scaling.kind == "pca" else None
    counts = {
        "COLUMNS": len(fills),
        "STAGE": len(stage),
        "FEATURES": len(stage) if matrix is None else matrix.shape[1],
    }
    numbers = {
        "OFFSET": np.broadcast_to(scaling.offset, len(stage)),
        "SCALE": np.broadcast_to(scaling.scale, len(stage)),
    }
    c = [
        f"static const float {name}[{len(values)}] = {{{_floats(values)}}};"
        for name, values in numbers.items()
        if scaling.kind != "quantile"
    ]
    c += [
        f"static const float FILL[{len(fills)}] = {{{', '.join(_c_float(fill) for fill in fills)}}};",
        f"static const unsigned char NEEDED[{len(fills)}] = "
        f"{{{', '.join(str(int(i in refused)) for i in range(len(fills)))}}};",
        f"static const float KNOWN[{len(ranked) or 1}] = {{{_floats(ranked or [0.0])}}};",
        f"static const struct rule RULES[{len(stage)}] = {{",
        *(f"    {{{f.column}, {f.kind}, {_c_float(f.value)}, {f.first}, {f.count}}}," for f in stage),
        "};",
        *_c_table(scaling),
        *_c_categories(categories),
    ]
    python = {
        **{name: [float(value) for value in values] for name, values in numbers.items()},
        "FILL": [float("nan") if fill is None else fill for fill in fills],
        "NEEDED": refused,
        "KNOWN": ranked,
        "RULES": [(f.column, f.kind, f.value, f.first, f.count) for f in stage],
        "CATEGORIES": [list(names) for names in categories],
        "KIND": str(scaling.kind),
        "TABLE": None if scaling.table is None else scaling.table.tolist(),
    }
    lines = [f"{name} = {_literal(value)}" for name, value in python.items()]
    defines = "\n".join(f"#define EDGEML_PREPARE_{name} {count}" for name, count in counts.items())
    filled = {"@DEFINES@": defines, "@TABLES@": "\n".join(c), "@NUMBERS@": "\n".join(lines)}
    files: dict[str, bytes] = {}
    for name in ("prepare.h", "prepare.c", "prepare.py"):
        text = read_bytes(share_dir("hw") / "c" / "prepare" / f"{name}.in", "template").decode()
        for mark, value in filled.items():
            text = text.replace(mark, value)
        files[f"{_FOLDER}/{name}"] = text.encode()
    return FileSet(files)


def _refuses(rule: Any) -> bool:
    return rule.kind == "number" and rule.fill is None


def _stage(columns: ColumnPlan | None, features: int) -> tuple[list[_Feature], list[float]]:
    """The features before scaling, and the categories of those that are counted by number."""
    if columns is None:
        return [_Feature(column, 0) for column in range(features)], []
    stage: list[_Feature] = []
    ranked: list[float] = []
    for place, rule in enumerate(columns.rules):
        if rule.kind == "one_hot":
            stage += [_Feature(place, 1, float(code)) for code in rule.levels]
        elif rule.kind == "ordinal":
            stage.append(_Feature(place, 2, 0.0, len(ranked), len(rule.levels)))
            ranked += [float(code) for code in rule.levels]
        else:
            stage.append(_Feature(place, 0))
        if rule.flag:
            stage.append(_Feature(place, 3))
    return stage, ranked


def _c_table(scaling: Scaling) -> list[str]:
    """The step beside the affine scaling, as macros and tables."""
    table = scaling.table
    if table is None:
        return []
    if scaling.kind == "log":
        chosen = ", ".join(str(int(value)) for value in table)
        return ["#define LOGARITHM", f"static const unsigned char CHOSEN[{len(table)}] = {{{chosen}}};"]
    name, macro = ("KNOTS", "QUANTILES") if scaling.kind == "quantile" else ("MATRIX", "WHITENING")
    rows = [f"    {{{', '.join(_c_double(value) for value in row)}}}," for row in table]
    shape = f"[{table.shape[0]}][{table.shape[1]}]"
    return [f"#define {macro} {len(table)}", f"static const double {name}{shape} = {{", *rows, "};"]


def _c_categories(categories: Sequence[Sequence[str]]) -> list[str]:
    rows = [(place, code, text) for place, names in enumerate(categories) for code, text in enumerate(names)]
    lines = [f"    {{{place}, {code}, {_c_text(text)}}}," for place, code, text in rows]
    return [
        f"static const struct category CATEGORIES[{len(rows) + 1}] = {{",
        *lines,
        "    {-1, -1, 0},",
        "};",
    ]


def _c_text(text: str) -> str:
    """A C string; what is not plain ASCII is escaped by octal bytes, of which each has three digits."""
    plain = {byte: chr(byte) for byte in range(32, 127) if chr(byte) not in '"\\?'}
    escaped = "".join(plain.get(byte, f"\\{byte:03o}") for byte in text.encode())
    return f'"{escaped}"'


def _floats(values: Iterable[float]) -> str:
    return ", ".join(_c_float(value) for value in values)


def _c_float(value: float | None) -> str:
    """A float by its hexadecimal digits, which no compiler rounds."""
    return "NAN" if value is None or np.isnan(value) else f"{float(np.float32(value)).hex()}f"


def _c_double(value: float) -> str:
    return "NAN" if np.isnan(value) else float(value).hex()


def _literal(value: Any) -> str:
    """A Python literal, in which a missing number is `NAN`."""
    return repr(value).replace("nan", "NAN") if _has_nan(value) else repr(value)


def _has_nan(value: Any) -> bool:
    if isinstance(value, list):
        return any(_has_nan(item) for item in value)
    return isinstance(value, float) and np.isnan(value)
