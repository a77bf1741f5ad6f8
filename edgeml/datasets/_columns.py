"""Columns of a table as features: missing values filled, categories one-hot or by number.

A table's raw values are float32, shape (n, columns): numbers as they are, categories as the position in
`Column.categories`, NaN where a value is missing. A `ColumnPlan` turns them into features. It is fitted to
the training part alone, by scikit-learn's ColumnTransformer of SimpleImputer and OrdinalEncoder. A category
that the training part never shows has no column of its own: one-hot it is all zeros, by number -1.

Invariant: `apply` moves values and never computes with them, so that a function in C gives the same float32.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, cast, get_args

import numpy as np

from edgeml import install
from edgeml.datasets._base import Array, Column
from edgeml.errors import EdgemlError, MissingToolError, excerpt

Missing = Literal["refuse", "mean", "median", "most_frequent", "flag"]
"""The treatment of missing values; "flag": the median, and a feature that is 1 where a value was missing."""

Categories = Literal["refuse", "one_hot", "ordinal"]
"""The treatment of columns of text."""

_KINDS = ("number", "one_hot", "ordinal")


@dataclass(frozen=True)
class TableOptions:
    """The reading of a table.

    Args:
        targets: the target columns; if empty, the one called target, label, class or y.
        drop: columns that are left out.
        missing: the treatment of missing values.
        categories: the treatment of columns of text.
    """

    targets: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    missing: Missing = "refuse"
    categories: Categories = "refuse"

    def needed(self, path: Path) -> bool:
        """True if a file has to be read as a table with rules for its columns."""
        plain = len(self.targets) < 2 and not self.drop
        return path.suffix.lower() == ".parquet" or not (
            plain and self.missing == "refuse" and self.categories == "refuse"
        )


@dataclass(frozen=True)
class ColumnRule:
    """One column's features.

    Args:
        name: of the column.
        kind: "number", "one_hot" or "ordinal".
        categories: of a column of text, by raw value.
        levels: the raw values that the training part shows.
        fill: the raw value that stands for a missing one; None: of a number it is refused, of a category
            no category.
        flag: true if a feature says where a value was missing.
    """

    name: str
    kind: str
    categories: tuple[str, ...] = ()
    levels: tuple[int, ...] = ()
    fill: float | None = None
    flag: bool = False

    @property
    def features(self) -> tuple[str, ...]:
        """Names of its features."""
        names = (self.name,)
        if self.kind == "one_hot":
            names = tuple(f"{self.name}={self.categories[code]}" for code in self.levels)
        return (*names, f"{self.name} missing") if self.flag else names


@dataclass(frozen=True)
class ColumnPlan:
    """The features of all columns, in the order of the columns."""

    rules: tuple[ColumnRule, ...]

    @staticmethod
    def fit(
        columns: Sequence[Column], x_train: Array, missing: Missing, categories: Categories
    ) -> ColumnPlan:
        """The plan for a training part.

        Args:
            columns: of the table.
            x_train: its raw values, shape (n, columns).
            missing: what becomes of missing values.
            categories: what becomes of columns of text.

        Raises:
            EdgemlError: a column of numbers has none in the training part.
            MissingToolError: scikit-learn is not installed.
        """
        texts = [i for i, column in enumerate(columns) if column.categories]
        numbers = [i for i, column in enumerate(columns) if not column.categories]
        empty = next((i for i in range(len(columns)) if np.isnan(x_train[:, i]).all()), None)
        if empty is not None:
            raise EdgemlError(
                f"column {columns[empty].name!r:.60} has no value in the training part",
                f"data.missing={missing}",
                "leave it out: data.drop",
            )
        fitted = _transformer(numbers, texts, missing).fit(x_train)
        fills = dict.fromkeys(range(len(columns))) if missing == "refuse" else {}
        levels: dict[int, tuple[int, ...]] = {}
        if numbers and missing != "refuse":
            fills |= dict(zip(numbers, fitted.named_transformers_["numbers"].statistics_, strict=True))
        if texts:
            steps = fitted.named_transformers_["texts"]
            statistics = steps[0].statistics_ if missing != "refuse" else [None] * len(texts)
            fills |= dict(zip(texts, statistics, strict=True))
            for i, values in zip(texts, steps[-1].categories_, strict=True):
                levels[i] = tuple(int(value) for value in values if not np.isnan(value))
        gaps = [bool(np.isnan(values).any()) for values in x_train.T]
        return ColumnPlan(
            tuple(
                ColumnRule(
                    name=column.name,
                    kind=categories if column.categories else "number",
                    categories=column.categories,
                    levels=levels.get(i, ()),
                    fill=None if fills[i] is None else float(np.float32(fills[i])),
                    flag=missing == "flag" and gaps[i],
                )
                for i, column in enumerate(columns)
            )
        )

    @property
    def features(self) -> tuple[str, ...]:
        """Names of all features."""
        return tuple(name for rule in self.rules for name in rule.features)

    @property
    def staying(self) -> Array:
        """True for features that no scaling should touch (a category, a flag); bool, shape (features,)."""
        return np.array(
            [
                rule.kind == "one_hot" or (rule.flag and name == rule.features[-1])
                for rule in self.rules
                for name in rule.features
            ],
            bool,
        )

    def apply(self, x: Array) -> Array:
        """Features, float32, shape (n, features).

        Args:
            x: raw values, shape (n, columns).

        Raises:
            EdgemlError: another number of columns, or a missing number for which there is no rule.
        """
        if x.ndim != 2 or x.shape[1] != len(self.rules):
            raise EdgemlError(
                f"fitted to {len(self.rules)} columns, given data of shape {x.shape}", "columns"
            )
        parts: list[Array] = []
        for rule, raw in zip(self.rules, np.asarray(x, np.float32).T, strict=True):
            missing = np.isnan(raw)
            if missing.any() and rule.fill is None and rule.kind == "number":
                row = int(np.flatnonzero(missing)[0])
                raise EdgemlError(
                    f"column {rule.name!r:.60} has no value in sample {row} (counted from 0)",
                    "columns",
                    "fill it in, or train with data.missing=median",
                )
            values = raw if rule.fill is None else np.where(missing, np.float32(rule.fill), raw)
            levels = np.array(rule.levels, np.float32)
            if rule.kind == "one_hot":
                parts.append(values[:, None] == levels)
            elif rule.kind == "ordinal":
                there = np.isin(values, levels)
                parts.append(np.where(there, np.searchsorted(levels, values), -1)[:, None])
            else:
                parts.append(values[:, None])
            if rule.flag:
                parts.append(missing[:, None])
        return np.concatenate([part.astype(np.float32) for part in parts], axis=1)

    def unseen(self, x: Array) -> dict[str, int]:
        """The number of samples that have a category that the training part never shows, by column."""
        counts = {
            rule.name: int((~np.isnan(raw) & ~np.isin(raw, rule.levels)).sum())
            for rule, raw in zip(self.rules, x.T, strict=True)
            if rule.categories
        }
        return {name: count for name, count in counts.items() if count}

    @property
    def digest(self) -> str:
        """SHA-256 of `to_json`."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    def to_json(self) -> str:
        """The text of columns.json, from which `from_dict` restores an equal plan."""
        return json.dumps({"columns": [asdict(rule) for rule in self.rules]}, indent=1) + "\n"

    @staticmethod
    def from_dict(values: Mapping[str, Any], where: str) -> ColumnPlan:
        """The plan in the values of columns.json.

        Raises:
            EdgemlError: the values are damaged.
        """
        try:
            rows = cast("list[dict[str, Any]]", values["columns"])
            rules = tuple(
                ColumnRule(
                    name=str(row["name"]),
                    kind=str(row["kind"]),
                    categories=tuple(map(str, row["categories"])),
                    levels=tuple(map(int, row["levels"])),
                    fill=None if row["fill"] is None else float(row["fill"]),
                    flag=bool(row["flag"]),
                )
                for row in rows
            )
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise EdgemlError(
                f"is damaged: {excerpt(repr(error), 100)}", where, "train again with --overwrite"
            ) from error
        if any(not 0 <= level < len(rule.categories) for rule in rules for level in rule.levels):
            what = "is damaged: a category of another number than the column has"
            raise EdgemlError(what, where, "train again with --overwrite")
        if not all(rule.kind in _KINDS for rule in rules):
            raise EdgemlError("is damaged: a column of unknown kind", where, "train again with --overwrite")
        return ColumnPlan(rules)


def check_columns(columns: Sequence[Column], x: Array, missing: Missing, categories: Categories) -> None:
    """Refuse columns for which there is no rule.

    Args:
        columns: of the table.
        x: all raw values.
        missing: what becomes of missing values.
        categories: what becomes of columns of text.

    Raises:
        EdgemlError: a column of text or a missing value where they are refused.
    """
    text = next((column for column in columns if column.categories), None)
    if text is not None and categories == "refuse":
        raise EdgemlError(
            f"column {text.name!r:.60} holds text ({', '.join(text.categories[:3])}, ...)",
            "data.categories=refuse",
            "set data.categories=one_hot or ordinal, or leave the column out: data.drop",
        )
    gaps = np.isnan(x).sum(axis=0)
    if gaps.any() and missing == "refuse":
        first = int(np.flatnonzero(gaps)[0])
        raise EdgemlError(
            f"column {columns[first].name!r:.60} has no value in {gaps[first]} samples",
            "data.missing=refuse",
            f"set data.missing to one of {', '.join(get_args(Missing)[1:])}",
        )


def _transformer(numbers: list[int], texts: list[int], missing: Missing) -> Any:
    try:
        from sklearn.compose import ColumnTransformer
        from sklearn.impute import SimpleImputer
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import OrdinalEncoder
    except ImportError as error:
        raise MissingToolError(
            "scikit-learn is not installed; it fits tables", "columns", install.command("data")
        ) from error
    strategy = "median" if missing == "flag" else missing
    fill = "passthrough" if missing == "refuse" else SimpleImputer(strategy=strategy)
    most = "passthrough" if missing == "refuse" else SimpleImputer(strategy="most_frequent")
    encode = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    return ColumnTransformer(
        [("numbers", fill, numbers), ("texts", make_pipeline(most, encode), texts)], sparse_threshold=0
    )
