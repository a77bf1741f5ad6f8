"""A memory for a campaign: results that the edits of an artefact do not change.

Two kinds of results are remembered: those of the graph, which is not edited, on the same codes; and those
of a part of a model of ONNX or QONNX with the same bytes, on the same tensors. Each whole model is run anew.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import cache, wraps
from hashlib import blake2b
from typing import Any

import numpy as np

from edgeml import backends, tools
from edgeml.backends.onnx import prover as onnx_prover
from edgeml.backends.onnx import runner as onnx_runner
from edgeml.backends.qonnx import prover as qonnx_prover
from edgeml.ir.ops.input import Input
from edgeml.prove import prove, quantizer, witness
from edgeml.prove.segment import GraphSegment
from tests.prove import test_refuted

_MOST = 400
"""Results that are remembered of each function."""


class Remembered:
    """A function whose results are remembered by a key that says all of what they depend on.

    Args:
        function: the function.
        key: from its arguments; None where nothing is to be remembered.
    """

    def __init__(self, function: Callable[..., Any], key: Callable[..., Hashable]) -> None:
        self._function, self._key = function, key
        self._results: OrderedDict[Hashable, tuple[Any, Any]] = OrderedDict()

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        key = self._key(*arguments, **named)
        if key is None:
            return self._function(*arguments, **named)
        if key not in self._results:
            result = self._function(*arguments, **named)
            self._results[key] = (result, arguments)  # so that no other object gets the number of one
            if len(self._results) > _MOST:
                self._results.popitem(last=False)
        self._results.move_to_end(key)
        return self._results[key][0]


def seal(values: Any) -> str:
    """A digest of arrays by name, or of one: types, shapes and bytes."""
    total = blake2b(digest_size=20)
    named: Mapping[str, Any] = values if isinstance(values, Mapping) else {"": values}
    for name, value in named.items():
        array = np.ascontiguousarray(value)
        total.update(f"{name} {array.dtype} {array.shape} ".encode())
        total.update(array.tobytes())
    return total.hexdigest()


def remember(names: Sequence[str]) -> None:
    """Let this process remember from now on."""
    tools.find = cache(tools.find)
    for name in names:
        backend = backends.load(name)
        prepared = Remembered(backend.prepared, id)
        _put(backend, "prepared", prepared)
    _of_the_graph()
    _of_models()


def _of_the_graph() -> None:
    _put(quantizer, "_steps", Remembered(quantizer._steps, id))
    evaluate = Remembered(witness.evaluate_codes, _graph_and_codes)
    codes = Remembered(witness.input_codes, _graph_and_codes)
    for module in (witness, test_refuted):
        _put(module, "evaluate_codes", evaluate)
        _put(module, "input_codes", codes)
    inputs = Remembered(test_refuted.codes, lambda graph, *a, **n: (id(graph), a, *n.items()))
    _put(test_refuted, "codes", inputs)
    _put(prove, "GraphSegment", Remembered(GraphSegment, _segment))
    _method(GraphSegment, "evaluate", lambda self, codes: (id(self), seal(codes)))
    _method(Input, "codes", lambda self, x: (id(self), seal(x)))


def _put(owner: Any, name: str, value: Any) -> None:
    setattr(owner, name, value)


def _method(kind: type, name: str, key: Callable[..., Hashable]) -> None:
    remembered = Remembered(getattr(kind, name), key)

    @wraps(remembered.__call__)
    def method(*arguments: Any) -> Any:
        return remembered(*arguments)

    _put(kind, name, method)


def _graph_and_codes(graph: Any, codes: Any, keep: Sequence[str] = ()) -> Hashable:
    return id(graph), seal(codes), tuple(keep)


def _segment(graph: Any, sources: Sequence[str], value: str, elements: Any = None) -> Hashable:
    return (id(graph), tuple(sources), value) if elements is None else None


def _of_models() -> None:
    keys: dict[int, Hashable] = {}

    def key_of(
        model: bytes, where: str, threads: int = 0, config: Mapping[str, str] | None = None
    ) -> Hashable:
        del where
        return blake2b(model, digest_size=20).hexdigest(), threads, *(config or {}).items()

    opened = Remembered(onnx_runner.open_session, key_of)

    def open_part(*arguments: Any, **named: Any) -> Any:
        session = opened(*arguments, **named)
        keys[id(session)] = key_of(*arguments, **named)
        return session

    _put(onnx_runner, "open_session", opened)
    _put(onnx_prover, "open_session", open_part)
    ran = Remembered(
        onnx_prover.run_session,
        lambda session, outputs, feeds, where: (keys[id(session)], tuple(outputs), seal(feeds)),
    )
    _put(onnx_prover, "run_session", ran)
    executed = Remembered(qonnx_prover.execute, lambda model, feeds, where: (_bytes(model), seal(feeds)))
    _put(qonnx_prover, "execute", executed)


def _bytes(model: Any) -> str:
    return blake2b(model.SerializeToString(deterministic=True), digest_size=20).hexdigest()
