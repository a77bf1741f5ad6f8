"""The kind of function that each template of hls4ml is: what a call makes of the structure of its arguments.

Read off the headers of hls4ml once; `library` shows that a project has the same ones. The types, sizes and
constants come from the project. Where elements are only moved, or the largest of a window is taken, the call
itself is driven to see which element goes where.

Invariant: what is said of a result holds for every code within the bounds of the arguments; a template that
is not here, or is configured otherwise, is unknown, with the reason.

To add a template, write its function and name it in `BLOCKS`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeAlias

import numpy as np

from edgeml.backends.hls4ml.facts import (
    BlockSite,
    VariableFacts,
    cast_to,
    fits,
    full,
    misfit,
    odd_product,
    unknown_results,
    within,
)
from edgeml.backends.hls4ml.moves import moved_elements, pooled
from edgeml.backends.hls4ml.sums import summed_products
from edgeml.fixed import IntArray, Overflow
from edgeml.ir.structure import Form, Structure, joined_pair, position, stepped, unknown

BlockRule: TypeAlias = Callable[[BlockSite], list[VariableFacts]]


# ---------------------------------------------------------------- one element each


def _linear(site: BlockSite) -> list[VariableFacts]:
    (x,), (to,) = site.inputs, site.results
    reason = misfit(site, n_in=x.size)
    return unknown_results(site, reason) if reason else [cast_to(x, to)]


def _relu(site: BlockSite) -> list[VariableFacts]:
    (x,), (to,) = site.inputs, site.results
    reason = misfit(site, n_in=x.size)
    if reason:
        return unknown_results(site, reason)
    zero = np.zeros(x.size, np.int64)
    positive = replace(x, lo=np.maximum(x.lo, 0), hi=np.maximum(x.hi, 0))
    result = cast_to(replace(positive, structure=stepped(x.structure, x.structure.shape)), to)
    return [replace(result, lo=np.minimum(result.lo, zero))]


def _normalize(site: BlockSite) -> list[VariableFacts]:
    (x,), (to,), (scale, bias) = site.inputs, site.results, site.weights
    filters = site.config.number("n_filt")
    channels = x.size if filters == -1 else filters
    reason = misfit(site, n_in=x.size) or odd_product(site.config)
    if channels is None or (scale.size, bias.size) != (channels, channels) or x.size % max(channels, 1):
        reason = reason or "as many factors as n_filt says are not there"
    if reason or channels is None:
        return unknown_results(site, reason)
    index = np.arange(x.size) % channels
    factors, summands = scale.codes[index].astype(object), bias.codes[index].astype(object)
    product, own = x.precision.type.frac + scale.precision.type.frac, bias.precision.type.frac
    frac = max(product, own)
    ends = [
        end.astype(object) * factors * 2 ** (frac - product) + summands * 2 ** (frac - own)
        for end in (x.lo, x.hi)
    ]
    low, high = np.minimum(*ends), np.maximum(*ends)
    needs = max(x.precision.type.frac + scale.frac, bias.frac)
    exact = to.type.frac >= needs and within(int(low.min()), int(high.max()), frac, to)
    rising = bool(np.all(scale.codes >= 0)) and (exact or to.overflow in (Overflow.SAT, Overflow.SAT_SYM))
    numbers = (scale.codes[index], bias.codes[index])
    structure = stepped(x.structure, x.structure.shape, *numbers, monotone=rising, affine=exact)
    if not exact:
        return [full(to, structure, wraps=x.wraps, rounds=x.rounds or x.wraps)]
    move = to.type.frac - frac
    lo, hi = ((end * 2**move if move >= 0 else end // 2**-move).astype(np.int64) for end in (low, high))
    return [VariableFacts(to, structure, lo, hi, x.wraps, x.rounds or x.wraps, (*x.through, to))]


def _embedding(site: BlockSite) -> list[VariableFacts]:
    (x,), (to,), (table,) = site.inputs, site.results, site.weights
    reason = misfit(site, n_in=x.size, n_out=1, vocab_size=table.size)
    last = int(x.hi.max(initial=0)) * 2.0**-x.precision.type.frac
    if int(x.lo.min(initial=0)) < 0 or last >= table.size:
        reason = reason or f"an index from {x.lo.min()} to {last:g} into {table.size} entries"
    if reason:
        return unknown_results(site, reason)
    return [full(to, stepped(x.structure, x.structure.shape, monotone=False))]


def _act(site: BlockSite) -> list[VariableFacts]:
    """hls4ml's quantizer of one type per element, which it writes out for the project."""
    (x,), (to,) = site.inputs, site.results
    body = site.firmware.generated.partition(f"void {site.call.function}(")[2].partition("}")[0]
    kinds = dict(re.findall(r"out\[(\d+)\] = (ap_u?fixed<[^>]*>)\(inp", body))
    if sorted(map(int, kinds)) != list(range(x.size)):
        return unknown_results(site, "one type for each element is not there")
    names = np.array([kinds[str(at)] for at in range(x.size)])
    rules = np.unique(names, return_inverse=True)[1].reshape(-1)
    return [full(to, stepped(x.structure, x.structure.shape, rules, monotone=False))]


# ---------------------------------------------------------------- several elements


def _one_hot(site: BlockSite) -> list[VariableFacts]:
    """hls4ml's softmax in its form that marks the first largest element."""
    (x,), (to,) = site.inputs, site.results
    form = site.config.members.get("implementation")
    reason = misfit(site, n_in=x.size, n_slice=x.size)
    if form != "nnet::softmax_implementation::argmax":
        reason = reason or f"the implementation {form} of softmax"
    if reason:
        return unknown_results(site, reason)
    largest = position(x.structure)
    if largest.form is not Form.POSITION:
        return [full(to, unknown((x.size,), largest.reason))]
    places = np.repeat(largest.places.reshape(-1, 1), x.size, axis=1)
    return [full(to, Structure(Form.POSITION, (x.size,), places, np.zeros(x.size, np.int64)))]


def _merge(form: Form) -> BlockRule:
    def rule(site: BlockSite) -> list[VariableFacts]:
        (a, b), (to,) = site.inputs, site.results
        reason = misfit(site, n_elem=a.size, n_elem1=a.size, n_elem2=b.size)
        if reason or a.size != b.size:
            return unknown_results(site, reason or "values of different size")
        frac = max(a.precision.type.frac, b.precision.type.frac)
        shape, product = (a.size,), a.precision.type.frac + b.precision.type.frac
        x, y = (_ends(one, frac) for one in (a, b))
        if form is Form.SUM:
            lo, hi = x[0] + y[0], x[1] + y[1]
        elif form is Form.PRODUCT:
            frac = product
            corners = np.stack([m.astype(object) * n for m in (a.lo, a.hi) for n in (b.lo, b.hi)])
            lo, hi = corners.min(axis=0), corners.max(axis=0)
        else:
            lo, hi = np.minimum(x[0], y[0]), np.maximum(x[1], y[1])
        exact = fits(lo, hi, frac, to)
        structure = joined_pair(a.structure, b.structure, shape, form, affine=form is Form.SUM)
        through = (*a.through, *b.through, to)
        wraps = a.wraps or b.wraps
        rounds = a.rounds or b.rounds or wraps
        if exact:
            grow = to.type.frac - frac
            lo, hi = ((np.asarray(end, object) * 2**grow).astype(np.int64) for end in (lo, hi))
            return [VariableFacts(to, structure, lo, hi, wraps, rounds, through)]
        reason = f"{to} does not hold the {form.value}"
        if structure.form is Form.FUNCTION or structure.form is Form.MONOTONE:
            return [full(to, replace(structure, form=Form.FUNCTION, affine=False))]
        if form is Form.SUM and to.type.frac >= frac and to.overflow is Overflow.WRAP:
            return [full(to, structure, wraps=wraps or reason, rounds=rounds, through=(to,))]
        return [full(to, unknown(shape, reason))]

    return rule


def _ends(x: VariableFacts, frac: int) -> tuple[IntArray, IntArray]:
    grow = frac - x.precision.type.frac
    return x.lo.astype(object) << grow, x.hi.astype(object) << grow


BLOCKS: Mapping[str, tuple[int, BlockRule]] = {
    "linear": (1, _linear),
    "relu": (1, _relu),
    "normalize": (1, _normalize),
    "embedding": (1, _embedding),
    "act": (1, _act),
    "dense": (1, summed_products),
    "conv_1d_cl": (1, summed_products),
    "conv_2d_cl": (1, summed_products),
    "pointwise_conv_1d_cl": (1, summed_products),
    "pointwise_conv_2d_cl": (1, summed_products),
    "depthwise_conv_1d_cl": (1, summed_products),
    "depthwise_conv_2d_cl": (1, summed_products),
    "softmax": (1, _one_hot),
    "transpose": (1, moved_elements),
    "resize_nearest": (1, moved_elements),
    "zeropad1d_cl": (1, moved_elements),
    "zeropad2d_cl": (1, moved_elements),
    "cropping1d_cl": (1, moved_elements),
    "cropping2d_cl": (1, moved_elements),
    "clone_stream": (1, moved_elements),
    "repack_stream": (1, moved_elements),
    "concatenate1d": (2, moved_elements),
    "concatenate2d": (2, moved_elements),
    "concatenate3d": (2, moved_elements),
    "pooling1d_cl": (1, pooled),
    "pooling2d_cl": (1, pooled),
    "add": (2, _merge(Form.SUM)),
    "multiply": (2, _merge(Form.PRODUCT)),
    "maximum": (2, _merge(Form.MAXIMUM)),
    "minimum": (2, _merge(Form.MINIMUM)),
}
"""The number of values that each template of hls4ml reads, and its rule."""
