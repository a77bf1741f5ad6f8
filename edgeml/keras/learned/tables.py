"""LearnedTables: outputs of one bit, each any function of a few bits of the input that training chooses.

The method is that of DWN (Bacellar et al., "Differentiable weightless neural networks", ICML 2024, arXiv
2410.11112). A table's entries are the signs of trained numbers. Each of its places reads the input with the
largest score, and the scores learn from the slope that each input would have had in that place. The slope by
a place is the difference of the entries with a one and a zero there, averaged over entries near the one that
was read.

Invariant: forward and backward pass are made of values that do not depend on the number of threads.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from edgeml.keras.backend import import_keras

keras = import_keras()
ops = keras.ops

MOST_PLACES = 8
"""Inputs of a table beyond which its entries, and the LUTs that they take, are too many to be of use."""


@keras.saving.register_keras_serializable("edgeml")
class LearnedTables(keras.layers.Layer):
    """Tables of `places` bits of the last axis, (..., features) to (..., units); results are 0 or 1.

    Args:
        units: number of tables.
        places: bits that each reads; 6 are one LUT of most FPGAs.
        fraction: inputs of 2^-fraction and more are ones, all others zeros.
        smoothing: weight of the entries that differ in one place, from 0 to 0.5, in a place's slope; those
            that differ in k places have its k-th power.

    Raises:
        ValueError: an argument is out of its range.
    """

    def __init__(
        self, units: int, places: int = 6, fraction: int = 1, smoothing: float = 0.25, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        if units < 1:
            raise ValueError(f"units={units}: one table is the least")
        if not 1 <= places <= MOST_PLACES:
            raise ValueError(f"places={places}: a table reads from 1 to {MOST_PLACES} bits")
        if not 0 <= smoothing <= 0.5:
            raise ValueError(f"smoothing={smoothing} is not from 0 to 0.5")
        self.units, self.places, self.fraction, self.smoothing = units, places, fraction, smoothing

    def build(self, input_shape: Any) -> None:
        """Scores (units * places, features) and entries (units, 2^places), neither is a kernel."""
        features = int(input_shape[-1])
        self.scores = self.add_weight(
            name="scores",
            shape=(self.units * self.places, features),
            initializer=keras.initializers.RandomNormal(stddev=1.0),
        )
        self.entries = self.add_weight(
            name="entries",
            shape=(self.units, 1 << self.places),
            initializer=keras.initializers.RandomUniform(-1.0, 1.0),
        )

    def call(self, inputs: Any) -> Any:
        """The entries that the inputs select."""
        features = int(inputs.shape[-1])
        bits = ops.cast(inputs >= 2.0**-self.fraction, inputs.dtype)
        slope = inputs - ops.stop_gradient(inputs)
        flat = ops.transpose(ops.reshape(bits + slope, (-1, features)))
        read = ops.custom_gradient(self._read)(flat, ops.copy(self.scores), ops.copy(self.entries))
        shape = (-1, *inputs.shape[1:-1], self.units)
        return ops.reshape(ops.transpose(read), shape)

    def _read(self, bits: Any, scores: Any, entries: Any) -> tuple[Any, Callable[..., Any]]:
        """Entries (units, samples) of bits (features, samples), and the function that gives the slopes."""
        chosen = ops.reshape(ops.top_k(scores, 1)[1], (-1,))  # of equal scores the first
        placed = ops.reshape(ops.take(bits, chosen, axis=0), (self.units, self.places, -1))
        weights = (1 << np.arange(self.places, dtype=np.int32))[np.newaxis, :, np.newaxis]
        index = ops.sum(ops.cast(placed, "int32") * weights, axis=1)
        index += np.arange(self.units, dtype=np.int32)[:, np.newaxis] << self.places
        values = ops.cast(entries >= 0, bits.dtype)
        result = ops.take(ops.reshape(values, (-1,)), index)

        def slopes(*by_result: Any, upstream: Any = None) -> tuple[Any, Any, Any]:
            above = by_result[0] if upstream is None else upstream
            steps = ops.take(self._steps(entries), index, axis=0)  # (units, samples, places)
            by_place = ops.transpose(steps * above[:, :, np.newaxis], (0, 2, 1))
            by_place = ops.reshape(by_place, (self.units * self.places, -1))
            by_bits = ops.segment_sum(by_place, chosen, num_segments=int(bits.shape[0]))
            by_scores = ops.matmul(by_place, ops.transpose(2 * bits - 1))
            by_entries = ops.segment_sum(
                ops.reshape(above, (-1,)), ops.reshape(index, (-1,)), num_segments=self.units << self.places
            )
            by_entries = ops.reshape(by_entries, (self.units, -1))
            settled = (ops.abs(entries) > 1) & (entries * by_entries < 0)
            return by_bits, by_scores, ops.where(settled, ops.zeros_like(by_entries), by_entries)

        return result, slopes

    def _steps(self, entries: Any) -> Any:
        """Half the difference that each place makes at each entry, (units * 2^places, places)."""
        axes = range(1, self.places + 1)
        cube = ops.reshape(ops.clip(entries, -1.0, 1.0), (self.units, *(2,) * self.places))
        steps: list[Any] = []
        for place in range(self.places):
            own = self.places - place  # the lowest place is the last axis
            near = cube
            for axis in axes:
                if axis != own:
                    near = near + self.smoothing * (ops.flip(near, axis) - near)
            zero, one = (ops.take(near, [code], axis=own) for code in (0, 1))
            both = ops.concatenate([one - zero] * 2, axis=own) / 2
            steps.append(ops.reshape(both, (-1,)))
        return ops.stack(steps, axis=1)

    def connections(self) -> np.ndarray:
        """The input that each place reads, int64 of shape (units, places)."""
        chosen = np.argmax(ops.convert_to_numpy(self.scores), axis=1)
        return chosen.reshape(self.units, self.places).astype(np.int64)

    def codes(self) -> np.ndarray:
        """The entries, int64 of shape (units, 2^places), 0 or 1; place k is bit k of an entry's number."""
        return (ops.convert_to_numpy(self.entries) >= 0).astype(np.int64)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's, with a table per unit on its last axis."""
        return (*input_shape[:-1], self.units)

    def get_config(self) -> dict[str, Any]:
        """The settings."""
        own = ("units", "places", "fraction", "smoothing")
        return {**super().get_config(), **{name: getattr(self, name) for name in own}}
