"""Masks of magnitude pruning: 0 for a weight that is pruned, 1 for one that is kept.

Invariant: a weight that is zero is pruned before one that is not, so that a share that rises prunes more and
never others.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from edgeml.datasets import Array
from edgeml.errors import EdgemlError
from edgeml.presets.pruning import Pruning


def masks(kernels: Mapping[str, Array], pruning: Pruning, done: float = 1.0) -> dict[str, Array]:
    """The masks of all kernels.

    Args:
        kernels: by layer, in the order of the model; (..., inputs, outputs).
        pruning: shares, pattern and scope.
        done: the part of it that is done now.

    Returns:
        float32 of 0 and 1, of the kernels' shapes.

    Raises:
        EdgemlError: a layer would have no weight left, or does not fit the pattern.
    """
    groups, share = pruning.groups, pruning.share * done
    whole = {name: kernel for name, kernel in kernels.items() if name not in pruning.fan_in}
    chosen: dict[str, Array] = {}
    most = share
    if groups is not None:
        chosen = {name: _groups(name, kernel, groups, share) for name, kernel in whole.items()}
    elif whole:
        scores = {name: _scores(kernel, pruning.pattern == "neuron") for name, kernel in whole.items()}
        parts = [scores] if pruning.scope == "global" else [{name: score} for name, score in scores.items()]
        chosen = {name: mask for part in parts for name, mask in _largest(part, share).items()}
        most = min(_most(part) for part in parts)
    for name, mask in chosen.items():
        if not np.any(mask):
            raise EdgemlError(
                f"would have none of its {mask.size:,} {_UNITS[pruning.pattern == 'neuron']} left at a "
                f"sparsity of {share:.3g}; with its weights of now it keeps one at up to {most:.3f}",
                name,
                f'--set training.pruning.sparsity={most:.3f} or less, scope="layer", or skip it: '
                f"--set 'training.pruning.skip=[\"{name}\"]'",
            )
    for name, count in pruning.fan_in.items():
        chosen[name] = _fan_in(kernels[name], count, done)
    return {
        name: np.broadcast_to(chosen[name], kernel.shape).astype(np.float32)
        for name, kernel in kernels.items()
    }


_UNITS = ("weights", "outputs")
"""The units of pruning in a message: single weights, or neurons and filters."""


def _scores(kernel: Array, neurons: bool) -> Array:
    """Magnitudes of weights, or norms of the weights of an output."""
    if neurons:
        return np.sqrt(np.square(kernel.astype(np.float64)).sum(axis=tuple(range(kernel.ndim - 1))))
    return np.abs(kernel)


def _largest(scores: Mapping[str, Array], share: float) -> dict[str, Array]:
    """True for all but a share of the smallest; of equals the first ones go."""
    flat = np.concatenate([score.ravel() for score in scores.values()])
    mask = np.ones(flat.size, bool)
    mask[np.argsort(flat, kind="stable")[: int(share * flat.size)]] = False
    ends = np.cumsum([score.size for score in scores.values()])[:-1]
    parts = np.split(mask, ends)
    return {name: part.reshape(scores[name].shape) for name, part in zip(scores, parts, strict=True)}


def _most(scores: Mapping[str, Array]) -> float:
    """The largest share, in thousandths, at which the largest score of every layer is kept."""
    flat = np.concatenate([score.ravel() for score in scores.values()])
    ranks = np.empty(flat.size, np.int64)
    ranks[np.argsort(flat, kind="stable")] = np.arange(flat.size)
    ends = np.cumsum([score.size for score in scores.values()])[:-1]
    least = min(int(part.max()) for part in np.split(ranks, ends))
    return (1000 * least // flat.size) / 1000


def _fan_in(kernel: Array, count: int, done: float) -> Array:
    """True for the largest weights of each output, `count` of them in the end; of equals the last ones."""
    magnitude = np.abs(kernel).reshape(-1, kernel.shape[-1])
    order = np.argsort(np.argsort(magnitude, axis=0, kind="stable"), axis=0, kind="stable")
    return (order >= int(max(len(magnitude) - count, 0) * done)).reshape(kernel.shape)


def _groups(name: str, kernel: Array, groups: tuple[int, int], share: float) -> Array:
    """True for the largest of each M neighbouring inputs, N of them in the end.

    Raises:
        EdgemlError: the inputs are no multiple of M.
    """
    keep, size = groups
    inputs, outputs = kernel.shape[-2:]
    if inputs % size:
        raise EdgemlError(
            f"has {inputs} inputs, no multiple of {size} as the pattern {keep}:{size} needs",
            name,
            f"skip it: --set 'training.pruning.skip=[\"{name}\"]'",
        )
    magnitude = np.abs(kernel).reshape(-1, inputs // size, size, outputs)
    order = np.argsort(np.argsort(magnitude, axis=2, kind="stable"), axis=2, kind="stable")
    return (order >= int(share * size + 1e-9)).reshape(kernel.shape)
