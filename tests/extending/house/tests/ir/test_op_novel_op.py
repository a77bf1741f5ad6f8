"""NovelOp in plain Python."""

from __future__ import annotations

from fractions import Fraction

from tests.ir.op_case import OpCase, object_array


class TestNovelOp(OpCase):
    name = "novel_op"

    def expected(self, op, node, graph, *inputs):
        return object_array(inputs[0].shape, lambda *at: max(2 * inputs[0][at], Fraction(0)))
