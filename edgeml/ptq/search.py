"""Widths by layer: the least bit operations within a loss of accuracy, by what each layer's rounding costs.

First every layer's weights and every result are narrowed alone, all else at full width: the sensitivity.
Then, from the narrowest width for all that keeps the bound, the narrowing that saves most bit operations
for the noise that it adds is taken, again and again, as long as the loss on the judged samples keeps the
bound. What broke it is tried again in a further pass: on few samples, accuracy is no smooth function.

Invariant: the widths that are returned were judged, and keep the bound; nothing is extrapolated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from edgeml.errors import EdgemlError
from edgeml.ptq.choice import Widths
from edgeml.ptq.engine import (
    Calibrated,
    QuantizedNet,
    RoundedLayer,
    Tell,
    quickly_quantized,
    reading_bits,
)
from edgeml.ptq.judge import Judge, Score, macs
from edgeml.ptq.record import SensitivityRow
from edgeml.ptq.tensors import TensorRunner

_STEPS = (16, 14, 12, 10, 8, 7, 6, 5, 4, 3, 2)

_PASSES = 3

Kind = Literal["weights", "result"]


@dataclass(frozen=True)
class WidthChoice:
    """One tensor whose width can change.

    Args:
        kind: weights of a layer, or a result.
        name: of the layer, or of the tensor.
        layer: for people.
    """

    kind: Kind
    name: str
    layer: str

    def bits(self, widths: Widths) -> int:
        """Its width."""
        return (widths.weights if self.kind == "weights" else widths.activations)[self.name]

    def at(self, widths: Widths, bits: int) -> Widths:
        """The same widths but for this one."""
        change = widths.with_weights if self.kind == "weights" else widths.with_activations
        return change(self.name, bits)


@dataclass(frozen=True)
class MixedWidths:
    """The result of a search.

    Args:
        widths: within the bound.
        score: of them.
        net: quantized to them.
        trials: how many networks were judged.
    """

    widths: Widths
    score: Score
    net: QuantizedNet
    trials: int


class WidthSearch:
    """A search over widths of one network.

    Args:
        source: the network and its statistics.
        judge: judges each trial.
        start: the widest widths.
        tell: called with a line about each trial.
    """

    def __init__(self, source: Calibrated, judge: Judge, start: Widths, tell: Tell) -> None:
        self._source, self._judge, self._start, self._tell = source, judge, start, tell
        self.choices = (
            *(WidthChoice("weights", layer.name, layer.name) for layer in source.net.layers),
            *(WidthChoice("result", point.tensor, point.layer) for point in source.points),
        )
        self.trials = 0
        self._memo: dict[tuple[str, int], RoundedLayer] = {}

    @cached_property
    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        """Shapes of the layers' outputs for one sample."""
        return output_shapes(self._source)

    def bit_operations(self, widths: Widths) -> int:
        """Multiplications times bits of weights times bits of data, per sample."""
        return bit_operations(self._source, widths, self.shapes)

    def sensitivity(self) -> tuple[SensitivityRow, ...]:
        """Each tensor at each narrower width, alone, all others at full width."""
        rows: list[SensitivityRow] = []
        for choice in self.choices:
            for bits in narrower(choice.bits(self._start)):
                score, _ = self._try(
                    choice.at(self._start, bits), f"{choice.layer} {choice.kind} at {bits} bits"
                )
                loss = self._judge.loss(score)
                rows.append(
                    SensitivityRow(
                        layer=choice.layer,
                        tensor=choice.kind,
                        bits=bits,
                        loss=round(loss, 4),
                        sqnr_db=round(score.sqnr_db, 2),
                    )
                )
        return tuple(rows)

    def narrowed(self, bound: float, rows: tuple[SensitivityRow, ...]) -> MixedWidths:
        """The narrowest widths found within the bound.

        Args:
            bound: points that may be lost.
            rows: the sensitivity.

        Raises:
            EdgemlError: full widths lose more already; says how much, and what they cost.
        """
        noise = {(row.tensor, row.layer, row.bits): 10 ** (-row.sqnr_db / 10) for row in rows}
        score, net = self._try(self._start, "full widths")
        if self._judge.loss(score) > bound:
            raise EdgemlError(
                f"loses {self._judge.loss(score):.2f} points of {self._judge.measure} at full widths, and "
                f"{bound:g} are allowed (at {self.bit_operations(self._start):,} bit operations)",
                self._source.net.name,
                "allow more with --max-accuracy-loss, or begin with more bits: --bits 10",
            )
        best = self._evenly(MixedWidths(self._start, score, net, 0), bound)
        for _ in range(_PASSES):
            before, best = best, self._pass(best, bound, noise)
            if best is before:
                break
        return MixedWidths(best.widths, best.score, best.net, self.trials)

    def _evenly(self, best: MixedWidths, bound: float) -> MixedWidths:
        """The narrowest width for all tensors alike that keeps the bound."""
        for bits in narrower(max(choice.bits(self._start) for choice in self.choices)):
            widths = self._start
            for choice in self.choices:
                widths = choice.at(widths, min(bits, choice.bits(widths)))
            score, net = self._try(widths, f"all at {bits} bits")
            if self._judge.loss(score) <= bound:
                best = MixedWidths(widths, score, net, 0)
        return best

    def _pass(self, best: MixedWidths, bound: float, noise: Mapping[Any, float]) -> MixedWidths:
        """Narrow one tensor after the other; one that breaks the bound is left as it is."""
        open_ = set(self.choices)
        while step := self._next(best.widths, open_, noise):
            choice, bits = step
            widths = choice.at(best.widths, bits)
            score, net = self._try(widths, f"{choice.layer} {choice.kind} to {bits} bits")
            if self._judge.loss(score) <= bound:
                best = MixedWidths(widths, score, net, 0)
            else:
                open_.discard(choice)
        return best

    def _next(self, widths: Widths, open_: set[WidthChoice], noise: Mapping[Any, float]) -> Any:
        """The narrowing that saves most bit operations for the noise that it adds; None if none is left."""
        now = self.bit_operations(widths)
        best, most = None, 0.0
        for choice in self.choices:
            following = narrower(choice.bits(widths))[:1]
            if choice not in open_ or not following:
                continue
            (bits,) = following
            saved = now - self.bit_operations(choice.at(widths, bits))
            key, before = (choice.kind, choice.layer, bits), (choice.kind, choice.layer, choice.bits(widths))
            added = max(noise.get(key, 1.0) - noise.get(before, 0.0), 1e-12)
            if saved > 0 and saved / added > most:
                best, most = (choice, bits), saved / added
        return best

    def _try(self, widths: Widths, what: str) -> tuple[Score, QuantizedNet]:
        self.trials += 1
        self._tell(what)
        net = quickly_quantized(self._source, widths, self._memo)
        return self._judge.score(net.runner()), net


def narrower(bits: int) -> tuple[int, ...]:
    """The widths below one, the widest first.

    >>> narrower(6)
    (5, 4, 3, 2)
    """
    return tuple(step for step in _STEPS if step < bits)


def output_shapes(source: Calibrated) -> dict[str, tuple[int, ...]]:
    """Shapes of the layers' outputs for one sample."""
    names = tuple(layer.output for layer in source.net.layers)
    values = TensorRunner(source.net.model(), source.net.name, names).run(source.x[:1], names)
    return {name: value.shape[1:] for name, value in zip(names, values, strict=True)}


def bit_operations(source: Calibrated, widths: Widths, shapes: Mapping[str, tuple[int, ...]]) -> int:
    """Multiplications times bits of weights times bits of data, per sample."""
    counts = macs(source.net, shapes)
    by_tensor = {**widths.activations, source.net.source: widths.inputs}
    return sum(
        counts[layer.name] * widths.weights[layer.name] * reading_bits(source.net, by_tensor, layer)
        for layer in source.net.layers
    )
