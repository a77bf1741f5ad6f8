"""The rules about hls4ml's templates say nothing that ap_fixed does not do, with random types."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edgeml.backends.hls4ml.blocks import BLOCKS
from edgeml.backends.hls4ml.constants import StoredConstant
from edgeml.backends.hls4ml.facts import BlockSite, VariableFacts
from edgeml.backends.hls4ml.firmware import Config, Firmware, TemplateCall
from edgeml.backends.hls4ml.layer import Precision
from edgeml.fixed import FixedType, IntArray, Overflow, Round, cast, to_float
from edgeml.ir.structure import Form, source

TRIALS = 300
MODES = list(Overflow)


def drawn(rng: np.random.Generator, most: int, modes: bool = True) -> Precision:
    width = int(rng.integers(1, most))
    kind = FixedType(bool(rng.integers(2)), width, int(rng.integers(-1, width + 2)))
    if not modes or rng.random() < 0.5:
        return Precision(kind)
    return Precision(kind, list(Round)[rng.integers(len(Round))], MODES[rng.integers(len(MODES))])


def site(function: str, x: VariableFacts, to: Precision, size: int, **more: object) -> BlockSite:
    types, members = more.get("types", {}), more.get("members", {})
    config = Config("config", "", members)  # type: ignore[arg-type]
    firmware = Firmware(Path(), "top", {}, "", types=types, configs={"config": config})  # type: ignore[arg-type]
    call = TemplateCall(function, "config", (), "layer", 1, "")
    weights = more.get("weights", ())
    return BlockSite(call, config, [x], weights, [to], [size], firmware, lambda _: [])  # type: ignore[arg-type]


def facts(rng: np.random.Generator, size: int) -> VariableFacts:
    kind = drawn(rng, 6, modes=False)
    ends = np.sort(rng.integers(kind.type.lo, kind.type.hi, (2, size), endpoint=True), axis=0)
    return VariableFacts(kind, source((size,), 0), ends[0], ends[1])


def constants(rng: np.random.Generator, name: str, size: int) -> StoredConstant:
    kind = drawn(rng, 5, modes=False)
    codes = rng.integers(kind.type.lo, kind.type.hi, size, endpoint=True)
    return StoredConstant(name, f"{name}_t", to_float(codes, kind.type.frac), kind)


def held(code: int, frac: int, to: Precision) -> bool:
    """True if the value of a code is one of a type's, which AP_SAT_SYM narrows by one."""
    value = code * 2.0**-frac
    least = -to.type.hi if to.type.signed and to.overflow is Overflow.SAT_SYM else to.type.lo
    return least * to.type.lsb <= value <= to.type.hi * to.type.lsb


def assigned(codes: IntArray, frac: int, to: Precision) -> IntArray:
    return cast(codes, frac, to.type, to.rounding, to.overflow)


def inputs(rng: np.random.Generator, x: VariableFacts) -> IntArray:
    some = rng.integers(x.lo, x.hi, (40, x.size), endpoint=True)
    return np.concatenate([np.stack([x.lo, x.hi]), some])


def test_sums_are_what_is_said_of_them() -> None:
    """Exact where nothing wraps; right modulo 2^width, and if the types hold it, where nothing rounds."""
    rng, exact, ring = np.random.default_rng(0), 0, 0
    for _ in range(TRIALS * 4):
        x, to, accum = facts(rng, 3), drawn(rng, 20), drawn(rng, 20)
        weight, bias = constants(rng, "w", 6), constants(rng, "b", 2)
        members = {"product": "nnet::product::mult", "accum_t": "a_t", "strategy": "nnet::latency"}
        rule = BLOCKS["dense"][1]
        (said,) = rule(
            site("dense", x, to, 2, weights=(weight, bias), types={"a_t": (accum, 0)}, members=members)
        )
        codes = inputs(rng, x)
        frac, own = x.precision.type.frac + weight.precision.type.frac, bias.precision.type.frac
        matrix = weight.codes.reshape(3, 2)
        sums = np.broadcast_to(assigned(bias.codes, own, accum), (len(codes), 2))
        for row in range(3):
            products = assigned(codes[:, [row]] * matrix[row], frac, accum)
            sums = assigned(sums + products, accum.type.frac, accum)
        got = to_float(assigned(sums, accum.type.frac, to), to.type.frac)
        true = to_float(codes @ matrix, frac) + to_float(bias.codes, own)
        if not said.wraps:
            exact += 1
            assert np.array_equal(got, true)
        elif not said.rounds:
            ring += 1
            unit = max(frac, own)
            whole = np.rint(true * 2.0**unit).astype(np.int64)
            inside = np.array([all(held(int(v), unit, one) for one in said.through) for v in whole.flat])
            inside = inside.reshape(true.shape)
            assert np.array_equal(got[inside], true[inside])
            if to.overflow is Overflow.WRAP:
                step = min(2.0 ** (one.type.width - one.type.frac) for one in said.through)
                assert not np.any(np.mod(got - true, step))
    assert exact > 20
    assert ring > 20


@pytest.mark.parametrize("function", ["linear", "relu", "normalize"])
def test_functions_of_one_element_are_what_is_said_of_them(function: str) -> None:
    rng, forms = np.random.default_rng(1), set[Form]()
    for _ in range(TRIALS):
        x, to = facts(rng, 1), drawn(rng, 9)
        weight, bias = constants(rng, "s", 1), constants(rng, "b", 1)
        members = {"n_in": "1", "n_filt": "-1", "product": "nnet::product::mult"}
        weights = (weight, bias) if function == "normalize" else ()
        (said,) = BLOCKS[function][1](site(function, x, to, 1, weights=weights, members=members))
        codes = np.arange(int(x.lo[0]), int(x.hi[0]) + 1)
        frac = x.precision.type.frac
        if function == "relu":
            codes = np.maximum(codes, 0)
        if function == "normalize":
            codes = codes * weight.codes
            own, common = frac + weight.precision.type.frac, bias.precision.type.frac
            frac = max(own, common)
            codes = (codes << (frac - own)) + (bias.codes << (frac - common))
        got = assigned(codes, frac, to)
        form = said.structure.form
        forms.add(form)
        assert np.all((got >= said.lo[0]) & (got <= said.hi[0]))
        if form is Form.MONOTONE:
            assert np.all(np.diff(got) >= 0)
        if said.structure.affine:
            assert len(np.unique(np.diff(got))) <= 1
            assert np.array_equal(to_float(got, to.type.frac), to_float(codes, frac))
    assert forms == {Form.MONOTONE, Form.FUNCTION}
