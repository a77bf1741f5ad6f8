"""Scaling of features: from the raw values of a data set to the input of a model.

Invariant: `apply` is (x - offset) * scale in float32 (for "log", "quantile" and "pca" with the step of
`edgeml.datasets._curves` before, instead or behind), rounded after each of the two operations, so that
a reader of the numbers of `to_dict` (the run's config, the deployed model's pre-processing) computes the same
input bit for bit. Offset and scale are fitted on the training part alone and broadcast over the last axis:
one value per feature of tabular data, per channel of images, or one for all.

"source" is fitted to nothing: its numbers stand in an imported file.

To add a kind, add it to `Kind` and to `_statistics`; one with a table of its own also to `_curves`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from edgeml.datasets._base import Array, check_finite, checksum
from edgeml.datasets._curves import interpolated, logarithm, quantile_knots, whitened, whitening
from edgeml.errors import EdgemlError, unknown_name

Kind = Literal["none", "unit", "standard", "minmax", "robust", "log", "quantile", "pca", "source"]

TABLES = {"log": "chosen", "quantile": "knots", "pca": "matrix"}
"""The kinds with a table beside offset and scale, and what it is called where it is stored."""


@dataclass(frozen=True, eq=False)
class Scaling:
    """(x - offset) * scale in float32.

    Args:
        kind: "none"; "unit": divided by one constant; "standard": mean 0, variance 1; "minmax": training data
            in 0..1; "robust": median 0, interquartile range 1; "log": sign(x) * log1p(|x|), then "standard";
            "quantile": share of training data below x; "pca": "standard", then decorrelated, each direction
            with variance 1; "source": the quantization of the input that an imported file states.
        offset: float32, shape () or (features,).
        scale: float32, the same shape, finite, not zero. 1 where the training data does not spread, so that
            nothing divides by 0.
        table: of "log" which features are logarithms, bool (features,); of "quantile" its knots, float64
            (knots, features), NaN for features that stay; of "pca" its matrix, float64 (features,
            directions); None for the others.

    Raises:
        EdgemlError: the numbers are not such arrays.
    """

    kind: Kind
    offset: Array
    scale: Array
    table: Array | None = None

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise unknown_name("scaling", str(self.kind), get_args(Kind))
        for name in ("offset", "scale"):
            with np.errstate(over="ignore"):
                array = np.array(getattr(self, name), dtype=np.float32)
            if array.ndim > 1 or not np.isfinite(array).all():
                raise EdgemlError(
                    f"the {name} of a scaling must be finite numbers, one or one per feature", self.kind
                )
            array.flags.writeable = False
            object.__setattr__(self, name, array)
        if not self.scale.all():
            raise EdgemlError(
                "the scale of a scaling is zero, which makes every feature zero",
                self.kind,
                "give a constant that float32 can divide by, or data of another unit",
            )
        if self.offset.shape != self.scale.shape:
            raise EdgemlError(f"offset has shape {self.offset.shape}, scale {self.scale.shape}", self.kind)
        self._check_table()

    def _check_table(self) -> None:
        if (self.table is None) == (self.kind in TABLES):
            what = "lacks its table" if self.table is None else "has a table, which it has no use for"
            raise EdgemlError(what, f"scaling {self.kind}")
        if self.table is None:
            return
        axis = 0 if self.kind == "pca" else -1
        fits = self.table.ndim == (1 if self.kind == "log" else 2)
        if not fits or not self.table.size or self.table.shape[axis] != self.offset.size:
            what = f"its table has shape {self.table.shape} for {self.offset.size} features"
            raise EdgemlError(what, f"scaling {self.kind}")
        self.table.flags.writeable = False

    @property
    def features(self) -> int:
        """The number of features behind it; 0 if it takes any number."""
        if self.kind == "pca" and self.table is not None:
            return self.table.shape[1]
        return self.offset.size if self.offset.ndim else 0

    @staticmethod
    def fit(kind: Kind, x_train: Array, constant: float = 255.0, staying: Array | None = None) -> Scaling:
        """The scaling of a kind for a training part.

        Args:
            kind: one of `Kind`.
            x_train: raw training features, shape (n, ..., features).
            constant: divisor of "unit", such as 255 or 256 for pixels, 16 for the 8x8 digits.
            staying: true for features that are left as they are (one of several categories, a flag), bool
                (features,); "pca" takes them all. None: no feature.

        Raises:
            EdgemlError: unknown kind, constant not positive, data not finite, or a feature that spreads so
                little that its scale is no float32.
        """
        if kind not in get_args(Kind):
            raise unknown_name("scaling", str(kind), get_args(Kind))
        if kind == "none":
            return Scaling(kind, np.array(0), np.array(1))
        if kind == "source":
            raise EdgemlError(
                "is the quantization of the input that an imported file states",
                "scaling source",
                "choose none, unit, standard, minmax, robust, log, quantile or pca",
            )
        if kind == "unit":
            if not constant > 0 or not np.isfinite(constant):
                raise EdgemlError(f"cannot divide by {constant}", "scaling unit", "give a positive constant")
            if staying is not None and staying.any():
                scale = np.where(staying, 1.0, 1 / constant)
                return Scaling(kind, np.zeros(len(staying)), scale)
            return Scaling(kind, np.array(0), np.array(1 / constant))
        if x_train.ndim < 2 or not x_train.size:
            raise EdgemlError(f"cannot fit to data of shape {x_train.shape}", f"scaling {kind}")
        check_finite(x_train, f"scaling {kind}")
        rows = x_train.reshape(-1, x_train.shape[-1])
        stays = np.zeros(rows.shape[1], bool) if staying is None else staying
        if kind == "quantile":
            knots = quantile_knots(rows.astype(np.float64), "scaling quantile")
            knots[:, stays] = np.nan
            return Scaling(kind, np.zeros(len(stays)), np.ones(len(stays)), knots)
        if kind == "log":
            rows = np.where(stays, rows, logarithm(rows))
        elif kind == "pca":
            stays = np.zeros_like(stays)
        offset, spread = _statistics(kind, rows.astype(np.float64))
        offset, spread = np.where(stays, 0.0, offset), np.where(stays, 1.0, spread)
        with np.errstate(divide="ignore", over="ignore"):
            scale = np.where(spread == 0, 1.0, 1.0 / spread).astype(np.float32)
        if not np.isfinite(scale).all():
            column = int(np.flatnonzero(~np.isfinite(scale))[0])
            raise EdgemlError(
                f"feature {column} spreads by {spread[column]:g} only",
                f"scaling {kind}",
                "drop the feature or change its unit",
            )
        offset = offset.astype(np.float32)
        if kind == "pca":
            centred = (rows.astype(np.float32) - offset) * scale
            return Scaling(kind, offset, scale, whitening(centred, "scaling pca"))
        return Scaling(kind, offset, scale, ~stays if kind == "log" else None)

    def apply(self, x: Array) -> Array:
        """The input of the model.

        Args:
            x: raw features, shape (n, ..., features).

        Returns:
            float32, the shape of x; of "pca" with its directions in place of the features.

        Raises:
            EdgemlError: x has another number of features than the data it was fitted to, or is not finite,
                before or after scaling.
        """
        if self.offset.ndim and (x.ndim < 2 or x.shape[-1] != self.offset.size):
            raise EdgemlError(
                f"fitted to {self.offset.size} features, given data of shape {x.shape}",
                f"scaling {self.kind}",
            )
        check_finite(x, f"scaling {self.kind}")
        with np.errstate(over="ignore", invalid="ignore"):
            if self.kind == "quantile" and self.table is not None:
                stays = np.isnan(self.table[0])
                scaled = np.where(stays, x, interpolated(x, np.where(stays, 0.0, self.table)))
                scaled = scaled.astype(np.float32)
            else:
                values = x.astype(np.float32)
                if self.kind == "log" and self.table is not None:
                    values = np.where(self.table, logarithm(values), values)
                scaled = (values - self.offset) * self.scale
            if self.kind == "pca" and self.table is not None:
                scaled = whitened(scaled, self.table)
        check_finite(scaled, f"data after scaling {self.kind}")
        return scaled

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON or TOML, from which, with `table`, `from_dict` gets the same numbers."""
        return {"kind": self.kind, "offset": self.offset.tolist(), "scale": self.scale.tolist()}

    @property
    def table_digest(self) -> str:
        """The checksum of the table; "" if there is none."""
        return "" if self.table is None else checksum({"x": self.table})

    @staticmethod
    def from_dict(values: Mapping[str, Any], where: str = "scaling", table: Array | None = None) -> Scaling:
        """The scaling that `to_dict` wrote.

        Raises:
            EdgemlError: a key is missing or unknown, or a value is not a number.
        """
        if set(values) != {"kind", "offset", "scale"}:
            raise EdgemlError(
                f"expected kind, offset and scale, found {', '.join(sorted(values)) or 'nothing'}", where
            )
        try:
            offset, scale = (np.array(values[key], dtype=np.float32) for key in ("offset", "scale"))
        except (TypeError, ValueError) as error:
            raise EdgemlError(f"offset and scale must be numbers: {error}", where) from error
        return Scaling(values["kind"], offset, scale, table)


def _statistics(kind: Kind, table: Array) -> tuple[Array, Array]:
    """Offset and spread of every column of a float64 table; a constant column has spread exactly 0."""
    low, high = table.min(axis=0), table.max(axis=0)
    if kind == "minmax":
        return low, high - low
    if kind in ("standard", "log", "pca"):
        # The mean of equal numbers may round, which would leave a spread of an ulp to divide by.
        constant = low == high
        return np.where(constant, low, table.mean(axis=0)), np.where(constant, 0.0, table.std(axis=0))
    quarter, median, three_quarters = np.percentile(table, [25, 50, 75], axis=0)
    return median, three_quarters - quarter
