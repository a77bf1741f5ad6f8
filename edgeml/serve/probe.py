"""One sample through a run: float, fixed point, and the integers of every value in between.

Invariant: the exact graph is evaluated by the reference, the float model runs as it lies in the folder, and
what is not there has its reason.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.errors import EdgemlError
from edgeml.fixed import to_float
from edgeml.ir import evaluate_codes, input_codes
from edgeml.ir.ops.const import Const
from edgeml.keras.kinds import layer_kinds
from edgeml.presets import Prepared
from edgeml.presets.prepare import model_samples
from edgeml.report.floats import FloatModel
from edgeml.report.pictures import is_picture
from edgeml.runs import Run

MOST_VALUES = 4096
"""Integers of one value that are sent; of a larger one the first."""

MOST_FEATURES = 262_144
"""Numbers of a sample."""

_MOST_OPEN = 4


class Opened:
    """A run with its data and its float model, read once.

    Args:
        run: with an exact graph and one input.

    Raises:
        EdgemlError: it has none, or its data are missing.
    """

    def __init__(self, run: Run) -> None:
        self.run, self.graph = run, run.graph()
        if len(self.graph.inputs) != 1:
            raise EdgemlError("has several inputs; a sample here has one", run.folder.name)
        self.data: Prepared = run.data()
        self.kinds = layer_kinds(run.model_file)
        self.float_model, self.no_float = _float_model(run)

    @property
    def stored(self) -> NDArray[Any]:
        """The stored test samples, (samples, ...)."""
        return np.asarray(self.data.dataset.x_test)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of a stored sample."""
        return self.stored.shape[1:]

    @property
    def picture(self) -> bool:
        """A sample is a picture of one channel, which can be drawn."""
        return is_picture(self.shape) and self.shape[2] == 1

    def described(self) -> dict[str, Any]:
        """The form of a sample, for the page: shape, limits, names of features, number of test samples."""
        stored = self.stored[np.isfinite(self.stored)]  # a table's gaps are NaN, which JSON has not
        names = self.data.dataset.feature_names or ()
        return {
            "shape": list(self.shape),
            "features": math.prod(self.shape),
            "picture": self.picture,
            "low": float(stored.min()) if stored.size else 0.0,
            "high": float(stored.max()) if stored.size else 1.0,
            "names": list(names) if len(names) <= 64 else [],
            "samples": len(self.stored),
            "classes": list(self.data.class_names),
            "takes_rows": self.data.columns is None,
        }

    def sample(self, number: int) -> dict[str, Any]:
        """A stored test sample and its truth; None for a value that is missing.

        Raises:
            EdgemlError: there is none of that number.
        """
        if not 0 <= number < len(self.stored):
            raise EdgemlError(
                f"there is no test sample {number}", self.run.folder.name, f"0 to {len(self.stored) - 1}"
            )
        names, labels = self.data.class_names, self.data.y_test
        truth = names[int(labels[number])] if names else ""
        return {
            "values": [None if np.isnan(v) else float(v) for v in self.stored[number].ravel()],
            "truth": truth,
        }

    def evaluated(self, values: Sequence[float]) -> dict[str, Any]:
        """Everything that the network makes of a sample.

        Args:
            values: as stored, before the scaling.

        Raises:
            EdgemlError: it has another number of values, or they do not fit the input.
        """
        x = self._prepared(values)
        codes = self._codes(x)
        output = self.graph.outputs[0]
        fixed = to_float(codes[output], self.graph.info(output).type.frac)[0]
        floats = None if self.float_model is None else self.float_model.predict(x.astype(np.float32))[0]
        return {
            "classes": list(self.data.class_names),
            "fixed": _numbers(fixed),
            "float": None if floats is None else _numbers(np.asarray(floats)),
            "no_float": self.no_float,
            "says": self._class_of(fixed, 0.0),
            "float_says": "" if floats is None else self._class_of(np.asarray(floats), self._threshold()),
            "values": [self._row(name, codes[name][0]) for name in codes],
        }

    def _prepared(self, values: Sequence[float]) -> NDArray[np.float32]:
        need = math.prod(self.shape)
        if self.data.columns is not None:
            raise EdgemlError(
                "its data have columns of text or gaps; take a test sample", self.run.folder.name
            )
        if len(values) != need:
            raise EdgemlError(f"a sample has {need} numbers, not {len(values)}", self.run.folder.name)
        stored = np.asarray(values, np.float32).reshape(1, *self.shape)
        if not np.isfinite(stored).all():
            raise EdgemlError("every number has to be finite", self.run.folder.name)
        data = self.data
        return model_samples(stored, self.run.config.data, data.scaling, data.columns)

    def _codes(self, x: NDArray[np.float32]) -> dict[str, NDArray[np.int64]]:
        names = [node.name for node in self.graph.nodes if not isinstance(node.op, Const)]
        codes = evaluate_codes(self.graph, input_codes(self.graph, x), names)
        return {name: np.broadcast_to(codes[name], (1, *self.graph.info(name).shape)) for name in names}

    def _row(self, name: str, codes: NDArray[np.int64]) -> dict[str, Any]:
        info, node = self.graph.info(name), self.graph.node(name)
        flat = codes.ravel()
        clipped = int(np.count_nonzero((flat <= info.scalar.lo) | (flat >= info.scalar.hi)))
        return {
            "name": name,
            "layer": node.layer,
            "kind": self.kinds.of(node.layer) or node.op.op_name().replace("_", " "),
            "type": str(info.type),
            "shape": list(info.shape),
            "codes": [int(code) for code in flat[:MOST_VALUES]],
            "left": max(0, flat.size - MOST_VALUES),
            "ends": clipped if node.op.op_name() == "cast" else 0,
        }

    def _class_of(self, outputs: NDArray[Any], threshold: float) -> str:
        names = self.data.class_names
        if not names:
            return ""
        if outputs.size == 1:
            return (
                names[int(outputs.ravel()[0] > threshold)]
                if len(names) == 2
                else names[int(outputs.ravel()[0])]
            )
        return names[int(outputs.argmax())] if outputs.size == len(names) else ""

    def _threshold(self) -> float:
        return 0.0 if self.float_model is None else self.float_model.threshold


class Probes:
    """The runs that were opened last, at most a few.

    The evaluations run in threads; one run is opened once.
    """

    def __init__(self) -> None:
        self._opened: OrderedDict[tuple[str, int], Opened] = OrderedDict()
        self._lock = Lock()

    def of(self, run: Run) -> Opened:
        """A run with its data.

        Raises:
            EdgemlError: it has no exact graph, or its data are missing.
        """
        if not run.graph_file.is_file():
            raise EdgemlError("has no exact graph yet", run.folder.name, "wait for the end of its training")
        key = (str(run.folder), run.graph_file.stat().st_mtime_ns)
        with self._lock:
            if key not in self._opened:
                self._opened[key] = Opened(run)
            self._opened.move_to_end(key)
            while len(self._opened) > _MOST_OPEN:
                self._opened.popitem(last=False)
            return self._opened[key]


def parsed_row(text: str) -> list[float]:
    """The numbers of a line of CSV.

    Raises:
        EdgemlError: it is longer than a sample can be, or a field is no number.

    >>> parsed_row("5.1, 3.5;1.4, 0.2")
    [5.1, 3.5, 1.4, 0.2]
    """
    fields = text.replace(";", ",").replace("\t", ",").strip().rstrip(",").split(",")
    if len(fields) > MOST_FEATURES:
        raise EdgemlError(f"a sample has at most {MOST_FEATURES:,} numbers", "row")
    numbers: list[float] = []
    for place, field in enumerate(fields, 1):
        try:
            numbers.append(float(field))
        except ValueError:
            raise EdgemlError(f"field {place}, {field.strip()[:40]!r}, is no number", "row") from None
    return numbers


def _float_model(run: Run) -> tuple[FloatModel | None, str]:
    path = run.onnx / "float.onnx"
    if not path.is_file():
        return None, "there is no onnx/float.onnx (edgeml export RUN --to onnx)"
    try:
        return FloatModel(path, 1), ""
    except EdgemlError as error:
        return None, str(error)


def _numbers(values: NDArray[Any]) -> list[float]:
    return [float(value) for value in values.ravel()[:MOST_VALUES]]
