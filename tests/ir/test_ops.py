"""Every op: its meaning in plain Python, and what it refuses. The tests themselves are in `op_case`."""

from __future__ import annotations

import decimal
import importlib
import itertools
import math
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeml.fixed import FixedType, FixedTypeArray, IntArray, Overflow, Round
from edgeml.ir import Builder, Op, evaluate_codes, ops
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.arg_max import ArgMax
from edgeml.ir.ops.cast import Cast
from edgeml.ir.ops.concat import Concat
from edgeml.ir.ops.const import Const
from edgeml.ir.ops.conv import Conv
from edgeml.ir.ops.input import Input
from edgeml.ir.ops.lookup import Lookup
from edgeml.ir.ops.mat_mul import MatMul
from edgeml.ir.ops.max import Max
from edgeml.ir.ops.max_pool import MaxPool
from edgeml.ir.ops.min import Min
from edgeml.ir.ops.mul import Mul
from edgeml.ir.ops.pad import Pad
from edgeml.ir.ops.relu import Relu
from edgeml.ir.ops.repeat import Repeat
from edgeml.ir.ops.reshape import Reshape
from edgeml.ir.ops.scale import Scale
from edgeml.ir.ops.slice import Slice
from edgeml.ir.ops.softmax import Softmax
from edgeml.ir.ops.sum_pool import SumPool
from edgeml.ir.ops.transpose import Transpose
from tests.fixed import reference
from tests.ir.op_case import INHERITED, PLAIN, OpCase, Refused, Values, object_array, values
from tests.strategies import code_arrays

WIDE = FixedType(True, 40, 20)
WIDEST = FixedType(True, 63, 0)


def zip_broadcast(f: Any, a: Values, b: Values) -> Values:
    """f on pairs of elements, shapes broadcast by the rule of trailing axes written out."""
    rank = max(a.ndim, b.ndim)
    a, b = (x.reshape((1,) * (rank - x.ndim) + x.shape) for x in (a, b))
    shape = tuple(max(m, n) for m, n in zip(a.shape, b.shape, strict=True))

    def at(x: Values, index: tuple[int, ...]) -> Any:
        return x[tuple(0 if n == 1 else i for i, n in zip(index, x.shape, strict=True))]

    return object_array(shape, lambda *index: f(at(a, index), at(b, index)))


def window(x: Values, at: tuple[int, ...], size: Any, strides: Any, padding: Any, dilation: Any) -> list[Any]:
    """(tap, pixel) of the real pixels under the window at position `at`; padding is left out."""
    found: list[Any] = []
    for tap in itertools.product(*(range(k) for k in size)):
        pixel = tuple(
            p * s - pad[0] + t * d
            for p, s, pad, t, d in zip(at, strides, padding, tap, dilation, strict=True)
        )
        if all(0 <= i < n for i, n in zip(pixel, x.shape, strict=False)):
            found.append((tap, pixel))
    return found


def positions(x: Values, size: Any, strides: Any, padding: Any, dilation: Any) -> tuple[int, ...]:
    """The number of windows that fit along each spatial axis, counted one by one."""
    return tuple(
        sum(1 for start in range(0, n + sum(pad), s) if start + (k - 1) * d < n + sum(pad))
        for n, k, s, pad, d in zip(x.shape, size, strides, padding, dilation, strict=False)
    )


class TestInput(OpCase):
    name = "input"
    refusals = (
        Refused(lambda: Input((3, 0), PLAIN), (), "empty axis"),
        Refused(lambda: Input((3,), FixedTypeArray(True, [4, 5], 0)), (), "does not fit a value of shape"),
        Refused(lambda: Input((2.5,), PLAIN), (), "no <class 'int'>|no tuple|2.5"),  # pyright: ignore[reportArgumentType]
        Refused(lambda: Input((3,), PLAIN), ((3,),), "takes 0|one or more inputs"),
    )

    def expected(self, op, node, graph, *inputs):
        raise AssertionError  # an input means what it is given

    def check(self, graph, inputs):
        results = evaluate_codes(graph, inputs, keep=graph.inputs)
        for name in graph.inputs:
            np.testing.assert_array_equal(results[name], inputs[name])


class TestConst(OpCase):
    name = "const"
    refusals = (
        Refused(lambda: Const(np.array([8]), FixedType(True, 4, 0)), (), "codes from 8 to 8 do not fit"),
        Refused(lambda: Const(np.array([-1]), FixedType(False, 4, 0)), (), "do not fit ufixed"),
        Refused(lambda: Const(np.array([]), PLAIN), (), "without elements"),
        Refused(lambda: Const(np.array([0.5]), PLAIN), (), "whole numbers"),  # pyright: ignore[reportArgumentType]
        Refused(lambda: Const(np.array([1, 2]), FixedTypeArray(True, [4, 4, 4], 0)), (), "per-element type"),
    )

    def expected(self, op, node, graph, *inputs):
        return values(np.asarray(op.codes), graph.info(node.name))

    def test_is_frozen_and_its_own(self):
        given_codes = np.array([1, 2])
        op = Const(given_codes, PLAIN)
        given_codes[0] = 9
        assert op.codes.tolist() == [1, 2]
        with pytest.raises(ValueError, match="read-only"):
            op.codes[0] = 3


class TestCast(OpCase):
    name = "cast"
    refusals = (
        Refused(
            lambda: Cast(FixedTypeArray(True, [4, 5], 0), Round.TRN, Overflow.SAT),
            ((3,),),
            "per-element type",
        ),
        Refused(lambda: Cast(PLAIN, Overflow.SAT, Round.TRN), ((3,),), "is no"),  # pyright: ignore[reportArgumentType]
    )

    def expected(self, op, node, graph, *inputs):
        (x,) = inputs
        width, frac = (np.broadcast_to(np.asarray(part), x.shape) for part in (op.to.width, op.to.frac))

        def element(*index: int) -> Fraction:
            to = FixedType(op.to.signed, width[index], frac[index])
            return reference.value(reference.cast(x[index], to, op.rounding, op.overflow), to.frac)

        return object_array(x.shape, element)

    def test_bounds_where_int64_ends(self):
        """A value that leaves int64 on its way to ufixed<63> is zeroed or wrapped, not kept."""
        build = Builder("edge")
        x = build.input((2,), FixedType(False, 62, 0))
        for overflow in Overflow:
            build.cast(x, FixedType(False, 63, 3), Round.TRN, overflow, name=overflow.value)
        graph = build.graph(*(overflow.value for overflow in Overflow))
        top = 2**62 - 1
        results = evaluate_codes(graph, {"input": np.array([[top, 1], [top // 8, 3]])})
        for overflow in Overflow:
            info, got = graph.info(overflow.value), results[overflow.value]
            assert np.all((info.lo <= got) & (got <= info.hi)), overflow
        assert results["SAT"][0].tolist() == [2**63 - 1, 8]
        assert results["SAT_ZERO"][0].tolist() == [0, 8]
        assert results["WRAP"][0].tolist() == [top * 8 % 2**63, 8]


class TestMatMul(OpCase):
    name = "mat_mul"
    refusals = (
        Refused(MatMul, ((3,), np.ones((4, 2))), r"input of shape \(3,\) against weights of shape \(4, 2\)"),
        Refused(MatMul, ((3,), np.ones(3)), r"\(inputs, outputs\) expected"),
        Refused(MatMul, ((), np.ones((1, 1))), "input of shape"),
        Refused(MatMul, ((3,), (3, 2)), "input 2 must be a constant"),
        Refused(MatMul, ((3,),), "takes 2 inputs, got 1"),
        Refused(MatMul, (((3,), FixedType(True, 60, 0)), np.full((3, 2), 100)), "needs about 69 bits"),
    )

    def expected(self, op, node, graph, *inputs):
        x, w = inputs
        return object_array(
            (*x.shape[:-1], w.shape[1]),
            lambda *at: sum(x[(*at[:-1], k)] * w[k, at[-1]] for k in range(w.shape[0])),
        )

    @settings(max_examples=40, suppress_health_check=INHERITED)
    @given(st.data())
    def test_bounds_are_reached(self, data):
        kind = FixedType(data.draw(st.booleans()), data.draw(st.integers(1, 9)), 2)
        w: IntArray = data.draw(code_arrays((3, 4), PLAIN.lo, PLAIN.hi))
        build = Builder("tight")
        x = build.input((3,), kind)
        graph = build.graph(build.add(MatMul(), x, build.const(w, PLAIN), name="y"))
        info = graph.info("y")
        highest = np.where(w > 0, kind.hi, kind.lo).T  # one sample per output
        lowest = np.where(w > 0, kind.lo, kind.hi).T
        assert np.diagonal(evaluate_codes(graph, {"input": highest})["y"]).tolist() == info.hi.tolist()
        assert np.diagonal(evaluate_codes(graph, {"input": lowest})["y"]).tolist() == info.lo.tolist()
        assert isinstance(info.type, FixedType)
        if info.type.width > 1:  # one bit less would not do
            narrower = FixedType(info.type.signed, info.type.width - 1, 0)
            assert info.lo.min() < narrower.lo or info.hi.max() > narrower.hi


class TestConv(OpCase):
    name = "conv"
    refusals = (
        Refused(lambda: Conv((1,), ((0, 0),), (1,)), ((3,), np.ones((1, 1, 1))), r"\(length, channels\)"),
        Refused(lambda: Conv((1,), ((0, 0),), (1,)), ((3, 3, 3, 3), np.ones((1, 3, 1))), "input of shape"),
        Refused(lambda: Conv((1,), ((0, 0),), (1,)), ((4, 2), np.ones((2, 2, 2, 1))), "weights of shape"),
        Refused(lambda: Conv((1, 1), ((0, 0),), (1,)), ((4, 2), np.ones((2, 2, 1))), "need 1 entries each"),
        Refused(lambda: Conv((1,), ((0, 0),), (1,)), ((4, 3), np.ones((2, 2, 1))), "do not fit 1 groups"),
        Refused(lambda: Conv((1,), ((0, 0),), (1,), 2), ((4, 4), np.ones((2, 2, 3))), "do not fit 2 groups"),
        Refused(lambda: Conv((1,), ((0, 0),), (1,), 0), ((4, 4), np.ones((2, 2, 3))), "do not fit 0 groups"),
        Refused(lambda: Conv((0,), ((0, 0),), (1,)), ((4, 2), np.ones((2, 2, 1))), "must be at least 1"),
        Refused(lambda: Conv((1,), ((0, -1),), (1,)), ((4, 2), np.ones((2, 2, 1))), "negative padding"),
        Refused(lambda: Conv((1,), ((0, 0),), (4,)), ((4, 2), np.ones((2, 2, 1))), "does not fit into"),
        Refused(lambda: Conv((1,), ((0,),), (1,)), ((4, 2), np.ones((2, 2, 1))), "is no"),  # pyright: ignore[reportArgumentType]
        Refused(lambda: Conv((1,), ((0, 0),), (1,), True), ((4, 2), np.ones((2, 2, 1))), "True is no"),
        Refused(lambda: Conv((1,), ((0, 0),), (1,)), ((4, 2), (2, 2, 1)), "must be a constant"),
        Refused(lambda: Conv((1,), ((0, 0),), (1,)), (((4, 2), WIDEST), np.ones((2, 2, 1))), "needs about"),
    )

    def expected(self, op, node, graph, *inputs):
        x, w = inputs
        per_group, filters = w.shape[-2], w.shape[-1]

        def element(*at: int) -> Fraction:
            first = at[-1] // (filters // op.groups) * per_group
            return sum(
                (
                    x[(*pixel, first + c)] * w[(*tap, c, at[-1])]
                    for tap, pixel in window(x, at[:-1], w.shape[:-2], op.strides, op.padding, op.dilation)
                    for c in range(per_group)
                ),
                Fraction(0),
            )

        return object_array(
            (*positions(x, w.shape[:-2], op.strides, op.padding, op.dilation), filters), element
        )

    @settings(max_examples=40, suppress_health_check=INHERITED)
    @given(st.data())
    def test_bounds_are_reached(self, data):
        """Also at the border, where the padding is known to be zero."""
        kind = FixedType(data.draw(st.booleans()), data.draw(st.integers(1, 9)), 2)
        w: IntArray = data.draw(code_arrays((3, 2, 2), PLAIN.lo, PLAIN.hi))
        build = Builder("tight")
        x = build.input((4, 2), kind)
        op = Conv((1,), ((2, 1),), (1,))
        graph = build.graph(build.add(op, x, build.const(w, PLAIN), name="y"))
        info = graph.info("y")
        for position, kernel in np.ndindex(info.shape):
            lowest, highest = np.full((1, 4, 2), kind.lo), np.full((1, 4, 2), kind.lo)
            for tap, channel in np.ndindex(3, 2):
                pixel = position - 2 + tap
                if 0 <= pixel < 4:
                    positive = w[tap, channel, kernel] > 0
                    highest[0, pixel, channel] = kind.hi if positive else kind.lo
                    lowest[0, pixel, channel] = kind.lo if positive else kind.hi
            at = (0, position, kernel)
            assert evaluate_codes(graph, {"input": highest})["y"][at] == info.hi[at[1:]]
            assert evaluate_codes(graph, {"input": lowest})["y"][at] == info.lo[at[1:]]


class TestAdd(OpCase):
    name = "add"
    refusals = (
        Refused(Add, ((3,), (4,)), "do not broadcast"),
        Refused(Add, (((3,), FixedType(True, 62, 0)), ((3,), FixedType(True, 63, 0))), "the sum needs about"),
        Refused(Add, (((3,), WIDE), ((3,), FixedType(True, 8, 60))), "63 bits"),
        Refused(Add, ((3,), (3,), (3,)), "takes 2 inputs, got 3"),
    )

    def expected(self, op, node, graph, *inputs):
        return zip_broadcast(lambda a, b: a + b, *inputs)


class TestMul(OpCase):
    name = "mul"
    refusals = (
        Refused(Mul, ((3,), (4,)), "do not broadcast"),
        Refused(Mul, (((3,), WIDE), ((3,), WIDE)), "the product needs about"),
    )

    def expected(self, op, node, graph, *inputs):
        return zip_broadcast(lambda a, b: a * b, *inputs)


class TestMax(OpCase):
    name = "max"
    refusals = (Refused(Max, ((3,), (4,)), "do not broadcast"),)

    def expected(self, op, node, graph, *inputs):
        return zip_broadcast(lambda a, b: a if a > b else b, *inputs)


class TestMin(OpCase):
    name = "min"
    refusals = (Refused(Min, ((2, 3), (3, 2)), "do not broadcast"),)

    def expected(self, op, node, graph, *inputs):
        return zip_broadcast(lambda a, b: a if a < b else b, *inputs)


class TestScale(OpCase):
    name = "scale"
    others = frozenset({"add"})
    refusals = (
        Refused(lambda: Scale(np.array([1, 2])), ((3,),), r"a shift of shape \(2,\)"),
        Refused(lambda: Scale(np.array([1, 2])), ((1,),), r"a shift of shape \(2,\)"),
        Refused(lambda: Scale(np.array([[1]])), ((1,),), r"a shift of shape \(1, 1\)"),
        Refused(lambda: Scale(2000), ((3,),), "out of reach"),
        Refused(lambda: Scale(np.array([0, 0, -2000])), ((3,),), "out of reach"),
        Refused(lambda: Scale(0.5), ((3,),), "0.5 is no"),  # pyright: ignore[reportArgumentType]
    )

    def expected(self, op, node, graph, *inputs):
        shift = np.broadcast_to(np.asarray(op.shift), inputs[0].shape)
        return object_array(inputs[0].shape, lambda *at: inputs[0][at] * Fraction(2) ** int(shift[at]))

    def test_one_shift_in_any_form_is_the_same_op(self):
        assert Scale(np.array(2)) == Scale(2) == Scale(np.int64(2))  # pyright: ignore[reportArgumentType]
        assert hash(Scale(np.array(2))) == hash(Scale(2))
        assert Scale(np.array([2])) != Scale(2)
        assert Scale(np.array([2, 3])) != Scale(np.array([[2, 3]]))


class TestRelu(OpCase):
    name = "relu"

    def expected(self, op, node, graph, *inputs):
        return object_array(inputs[0].shape, lambda *at: max(inputs[0][at], Fraction(0)))


class TestLookup(OpCase):
    name = "lookup"
    others = frozenset({"relu"})
    refusals = (
        Refused(
            Lookup, (((3,), FixedTypeArray(True, [4, 4, 4], 0)), np.ones(16)), "one type for all elements"
        ),
        Refused(Lookup, (((3,), FixedType(True, 17, 0)), np.ones(16)), "17 bits; at most 16"),
        Refused(
            Lookup, (((3,), FixedType(True, 3, 0)), np.ones(16)), r"a table of shape \(16,\) for 8 codes"
        ),
        Refused(Lookup, (((3,), FixedType(True, 3, 0)), (8,)), "must be a constant"),
    )

    def expected(self, op, node, graph, *inputs):
        x, table = inputs
        type = graph.info(node.inputs[0]).scalar
        lowest = reference.value(type.lo, type.frac)
        return object_array(x.shape, lambda *at: table[int((x[at] - lowest) * Fraction(2) ** type.frac)])

    def test_only_what_can_be_reached_counts(self):
        build = Builder("restricted")
        x = build.add(Relu(), build.input((2,), FixedType(True, 3, 0)))
        x = build.cast(x, FixedType(True, 3, 0))
        y = build.add(Lookup(), x, build.const([-8, -7, -6, -5, 1, 3, 2, 0], PLAIN))
        assert (build.info(y).lo.tolist(), build.info(y).hi.tolist()) == ([0, 0], [3, 3])

    def test_each_element_has_its_own_bounds(self):
        build = Builder("parts")
        bit = build.input((2, 3), FixedType(False, 1, 0))
        numbers = build.const([[0, 2, 2], [4, 6, 0]], FixedType(False, 3, 0))
        index = build.cast(build.add(Add(), bit, numbers), FixedType(False, 3, 0))
        y = build.add(Lookup(), index, build.const([-8, -7, 6, 5, 1, 3, 2, 2], PLAIN))
        assert build.info(y).lo.tolist() == [[-8, 5, 5], [1, 2, -8]]
        assert build.info(y).hi.tolist() == [[-7, 6, 6], [3, 2, -7]]

    def test_bounds_of_stretches_of_every_length(self):
        rng = np.random.default_rng(2)
        entries = rng.integers(-8, 8, 32)
        first = rng.integers(0, 32, 400)
        last = rng.integers(first, 32)
        build = Builder("stretches")
        x, ends = build.input((400,), FixedType(False, 5, 0)), FixedType(False, 5, 0)
        x = build.add(Min(), build.add(Max(), x, build.const(first, ends)), build.const(last, ends))
        y = build.add(Lookup(), build.cast(x, ends), build.const(entries, PLAIN))
        stretches = [entries[low : high + 1] for low, high in zip(first, last, strict=True)]
        assert build.info(y).lo.tolist() == [part.min() for part in stretches]
        assert build.info(y).hi.tolist() == [part.max() for part in stretches]

    def test_entries_of_several_types(self):
        build = Builder("mixed")
        table = build.const([1, 2], FixedTypeArray(True, [3, 4], [0, 1]))
        x = build.input((2,), FixedType(False, 1, 0))
        with pytest.raises(Exception, match="one type for all entries"):
            build.add(Lookup(), x, table)


class TestMaxPool(OpCase):
    name = "max_pool"
    refusals = (
        Refused(lambda: MaxPool((2,), (1,), ((0, 0),)), ((4,),), "window"),
        Refused(lambda: MaxPool((2,), (1,), ((0, 0),)), ((4, 4, 1),), "window"),
        Refused(lambda: MaxPool((2,), (1,), ((2, 0),)), ((4, 1),), "without a value"),
        Refused(lambda: MaxPool((5,), (1,), ((0, 0),)), ((4, 1),), "does not fit into"),
        Refused(lambda: MaxPool((2,), (0,), ((0, 0),)), ((4, 1),), "at least 1"),
        Refused(lambda: MaxPool((2,), (1,), ((-1, 0),)), ((4, 1),), "negative padding"),
    )

    def expected(self, op, node, graph, *inputs):
        (x,) = inputs
        ones = (1,) * len(op.pool)
        return object_array(
            (*positions(x, op.pool, op.strides, op.padding, ones), x.shape[-1]),
            lambda *at: max(
                x[(*pixel, at[-1])] for _, pixel in window(x, at[:-1], op.pool, op.strides, op.padding, ones)
            ),
        )


class TestSumPool(OpCase):
    name = "sum_pool"
    refusals = (
        Refused(lambda: SumPool((2,), (1,), ((0, 0),)), ((4,),), "window"),
        Refused(lambda: SumPool((2, 2), (1, 1), ((0, 0),)), ((4, 4, 1),), "window"),
        Refused(lambda: SumPool((2,), (1,), ((0, 0),)), (((4, 1), WIDEST),), "the sum needs about"),
        Refused(lambda: SumPool((0,), (1,), ((0, 0),)), ((4, 1),), "at least 1"),
    )

    def expected(self, op, node, graph, *inputs):
        (x,) = inputs
        ones = (1,) * len(op.pool)
        return object_array(
            (*positions(x, op.pool, op.strides, op.padding, ones), x.shape[-1]),
            lambda *at: sum(
                (
                    x[(*pixel, at[-1])]
                    for _, pixel in window(x, at[:-1], op.pool, op.strides, op.padding, ones)
                ),
                Fraction(0),
            ),
        )


class TestArgMax(OpCase):
    name = "arg_max"
    refusals = (Refused(ArgMax, ((),), "a scalar has no axis"),)

    def expected(self, op, node, graph, *inputs):
        (x,) = inputs
        return object_array(x.shape[:-1], lambda *at: Fraction(list(x[at]).index(max(x[at]))))


class TestReshape(OpCase):
    name = "reshape"
    refusals = (
        Refused(lambda: Reshape((4,)), ((3,),), r"3 elements of shape \(3,\) cannot take shape \(4,\)"),
        Refused(lambda: Reshape((-1, -3)), ((3,),), "cannot take shape"),
        Refused(lambda: Reshape((3, 0)), ((3,),), "cannot take shape"),
    )

    def expected(self, op, node, graph, *inputs):
        flat = list(inputs[0].flat)
        result = np.empty(op.shape, object)
        for index in itertools.product(*(range(n) for n in op.shape)):
            result[index] = flat.pop(0)
        return result

    def test_to_a_scalar(self):
        build = Builder("scalar")
        y = build.add(Reshape(()), build.input((1, 1), PLAIN))
        graph = build.graph(y)
        assert evaluate_codes(graph, {"input": np.array([[[3]], [[-4]]])})[y].tolist() == [3, -4]


class TestTranspose(OpCase):
    name = "transpose"
    refusals = (
        Refused(lambda: Transpose((0, 0)), ((3, 4),), r"order \(0, 0\)"),
        Refused(lambda: Transpose((1, 0)), ((3,),), "order"),
        Refused(lambda: Transpose((-1, 0)), ((3, 4),), "order"),
    )

    def expected(self, op, node, graph, *inputs):
        (x,) = inputs

        def element(*at: int) -> Any:
            source = [0] * x.ndim
            for axis, position in zip(op.order, at, strict=True):
                source[axis] = position
            return x[tuple(source)]

        return object_array(tuple(x.shape[axis] for axis in op.order), element)


class TestConcat(OpCase):
    name = "concat"
    refusals = (
        Refused(lambda: Concat(1), ((3,), (3,)), r"axis 1 for shape \(3,\)"),
        Refused(lambda: Concat(-1), ((3,), (3,)), "axis -1"),
        Refused(lambda: Concat(0), ((3, 2), (3, 3)), "do not fit along axis 0"),
        Refused(lambda: Concat(0), ((3, 2), (3,)), "do not fit along axis 0"),
        Refused(lambda: Concat(0), (), "takes one or more inputs, got 0"),
    )

    def expected(self, op, node, graph, *inputs):
        sizes = [x.shape[op.axis] for x in inputs]
        sources = [(x, i) for x, size in zip(inputs, sizes, strict=True) for i in range(size)]

        def element(*at: int) -> Any:
            x, position = sources[at[op.axis]]
            return x[(*at[: op.axis], position, *at[op.axis + 1 :])]

        return object_array(
            (*inputs[0].shape[: op.axis], sum(sizes), *inputs[0].shape[op.axis + 1 :]), element
        )


class TestPad(OpCase):
    name = "pad"
    refusals = (
        Refused(lambda: Pad(((0, 0),)), ((3, 4),), "padding"),
        Refused(lambda: Pad(((0, -1),)), ((3,),), "padding"),
    )

    def expected(self, op, node, graph, *inputs):
        (x,) = inputs
        shape = tuple(n + sum(pair) for n, pair in zip(x.shape, op.padding, strict=True))

        def element(*at: int) -> Any:
            source = tuple(i - pair[0] for i, pair in zip(at, op.padding, strict=True))
            inside = all(0 <= i < n for i, n in zip(source, x.shape, strict=True))
            return x[source] if inside else Fraction(0)

        return object_array(shape, element)

    def test_of_a_scalar(self):
        build = Builder("scalar")
        assert build.info(build.add(Pad(()), build.input((), PLAIN))).shape == ()


class TestRepeat(OpCase):
    name = "repeat"
    refusals = (
        Refused(lambda: Repeat(1, 2), ((3,),), "axis 1"),
        Refused(lambda: Repeat(-1, 2), ((3,),), "axis -1"),
        Refused(lambda: Repeat(0, 0), ((3,),), "0 times"),
    )

    def expected(self, op, node, graph, *inputs):
        (x,) = inputs
        shape = tuple(n * (op.times if axis == op.axis else 1) for axis, n in enumerate(x.shape))
        return object_array(
            shape, lambda *at: x[tuple(i // op.times if axis == op.axis else i for axis, i in enumerate(at))]
        )


class TestSlice(OpCase):
    name = "slice"
    refusals = (
        Refused(lambda: Slice((0,), (4,), (1,)), ((3,),), "slice"),
        Refused(lambda: Slice((2,), (2,), (1,)), ((3,),), "slice"),
        Refused(lambda: Slice((-1,), (2,), (1,)), ((3,),), "slice"),
        Refused(lambda: Slice((0,), (3,), (0,)), ((3,),), "slice"),
        Refused(lambda: Slice((0,), (3,), (1,)), ((3, 3),), "slice"),
    )

    def expected(self, op, node, graph, *inputs):
        (x,) = inputs
        kept = [list(range(a, b, s)) for a, b, s in zip(op.starts, op.stops, op.steps, strict=True)]
        return object_array(
            tuple(map(len, kept)), lambda *at: x[tuple(k[i] for k, i in zip(kept, at, strict=True))]
        )


class TestSoftmax(OpCase):
    name = "softmax"
    refusals = (
        Refused(lambda: Softmax(0, 8), ((3,),), "0 fractional bits"),
        Refused(lambda: Softmax(25, 8), ((3,),), "25 fractional bits"),
        Refused(lambda: Softmax(8, 3), ((3,),), "3 index bits"),
        Refused(lambda: Softmax(8, 17), ((3,),), "17 index bits"),
        Refused(lambda: Softmax(8, 4), ((16,),), "a sum over 16 classes"),
        Refused(lambda: Softmax(8, 8), ((),), "a scalar has no axis"),
    )

    def expected(self, op, node, graph, *inputs):
        (x,) = inputs
        steps = op.steps(graph.info(node.inputs[0]))
        result = np.empty(x.shape, object)
        for row in np.ndindex(x.shape[:-1]):
            logits = list(x[row])
            index = [min(rounded(max(logits) - v, steps.index), top(steps.index)) for v in logits]
            power = [Fraction(round(exp(-i) * 2**steps.power.frac), 2**steps.power.frac) for i in index]
            total = rounded(sum(power, Fraction(0)), steps.total)
            assert 1 <= total <= top(steps.total)
            share = rounded(1 / total, steps.share)
            result[row] = [rounded(p * share, steps.result) for p in power]
        return result

    @settings(max_examples=60)
    @given(data=st.data())
    def test_is_near_softmax_and_keeps_the_order(self, data):
        """Against float64, within the stated bound; a larger logit never gets less."""
        n, frac, bits = (data.draw(st.integers(low, high)) for low, high in ((1, 12), (1, 14), (5, 12)))
        kind = FixedType(
            data.draw(st.booleans()), data.draw(st.integers(1, 14)), data.draw(st.integers(-3, 9))
        )
        build, op = Builder("near"), Softmax(frac, bits)
        x = build.input((n,), kind)
        graph = build.graph(build.add(op, x, name="softmax"))
        info = graph.info(x)
        codes = np.stack([data.draw(code_arrays((n,), kind.lo, kind.hi)) for _ in range(8)])
        got = evaluate_codes(graph, {"input": codes})["softmax"]
        logits = codes * kind.lsb
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        meant = powers / powers.sum(axis=1, keepdims=True)
        assert np.abs(got * 2.0**-frac - meant).max() <= op.error_bound(info) * (1 + 1e-9)
        order = np.argsort(codes, axis=1, kind="stable")
        assert np.all(np.diff(np.take_along_axis(got, order, 1), axis=1) >= 0)
        assert np.all(np.take_along_axis(got, np.argmax(codes, 1)[:, None], 1)[:, 0] == got.max(axis=1))
        if op.keeps_argmax(info):
            np.testing.assert_array_equal(np.argmax(got, 1), np.argmax(codes, 1))

    @pytest.mark.parametrize("frac", [6, 8, 9, 12])
    def test_keeps_argmax_exactly_where_it_says(self, frac):
        """Two logits one LSB apart, all others equal to the larger: the worst case."""
        build, op, n = Builder("gap"), Softmax(frac, 12), 10
        x = build.input((n,), FixedType(True, 8, 4))
        graph = build.graph(build.add(op, x, name="softmax"))
        codes = np.full((1, n), 5)
        codes[0, 0] = 4
        got = evaluate_codes(graph, {"input": codes})["softmax"][0]
        assert op.keeps_argmax(graph.info(x)) == (frac >= 8)
        assert got[0] < got[1] or frac < 8

    def test_ends(self):
        """One class is certain; a spread that wraps hls4ml's own block, and equal logits."""
        build, op = Builder("ends"), Softmax(8, 12)
        x = build.input((4,), FixedType(True, 16, 0))
        graph = build.graph(build.add(op, x, name="softmax"))
        codes = np.array([[32767, -32768, -32768, -32768], [7, 7, 7, 7], [0, -32768, 32767, 32767]])
        got = evaluate_codes(graph, {"input": codes})["softmax"]
        assert got.tolist() == [[256, 0, 0, 0], [64, 64, 64, 64], [0, 0, 128, 128]]
        build = Builder("one")
        y = build.add(op, build.input((1,), FixedType(True, 5, 2)))
        assert evaluate_codes(build.graph(y), {"input": np.array([[-16], [15]])})[y].tolist() == [
            [256],
            [256],
        ]


def rounded(value: Fraction, kind: FixedType) -> Fraction:
    """To the grid of a type, halves up."""
    return Fraction(math.floor(value * Fraction(2) ** kind.frac + Fraction(1, 2))) / Fraction(2) ** kind.frac


def top(kind: FixedType) -> Fraction:
    """The largest value of a type."""
    return Fraction(kind.hi) / Fraction(2) ** kind.frac


def exp(value: Fraction) -> Fraction:
    """To 40 digits."""
    with decimal.localcontext(prec=40):
        return Fraction((Decimal(value.numerator) / Decimal(value.denominator)).exp())


@pytest.mark.parametrize("name", ops.names())
def test_every_op_is_tested_and_documented(name):
    kind = ops.load(name)
    assert issubclass(kind, Op)
    assert kind.op_name() == name
    assert kind.__doc__
    assert kind.infer.__doc__
    if (Path(__file__).parent / f"test_op_{name}.py").is_file():
        importlib.import_module(f"tests.ir.test_op_{name}")
    cases = {case.__name__ for case in OpCase.__subclasses__() if case.name == name}
    lacking = f"edgeml/ir/ops/{name}.py: tests/ir/test_op_{name}.py has no OpCase with name = {name!r}"
    assert cases == {f"Test{kind.__name__}"}, lacking
