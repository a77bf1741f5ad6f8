"""The settings of a quantization after training, as `edgeml quantize` takes them and config.toml keeps them.

Invariant: equal settings, model and data give equal integers.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from edgeml.settings import Settings

MOST_BITS = 16
"""The widest code that quantization after training gives."""

PtqBits = Annotated[int, Field(ge=2, le=MOST_BITS, strict=True)]
"""Widths of codes that quantization after training gives."""


class LayerWidths(Settings):
    """Other widths for one layer; None: as the rest of the model.

    Args:
        weights: bits of its weights.
        activations: bits of its result.
    """

    weights: PtqBits | None = None
    activations: PtqBits | None = None


class PostTraining(Settings):
    """The settings of one quantization after training.

    Args:
        weights: bits of weights; with `max_loss` the most that a layer gets.
        activations: bits of results; as `weights`.
        inputs: bits of the input; None: 8, or as many as `activations` if that is more.
        terms: bits more than `activations` for what only additions of two results read, as in front of
            a skip connection: adders take them, no multiplier does.
        method: how ranges of results are chosen: a file of `edgeml.ptq.methods`.
        per_channel: true to give each output channel of the weights its own power of two.
        corrections: files of `edgeml.ptq.corrections`, in the order in which they are applied.
        max_loss: points of accuracy that may be lost on validation data for the least bit operations; None:
            the widths are as stated.
        layers: exceptions by layer.
        samples: most samples of the training part that are calibrated with.
        seed: of the choice of samples.
    """

    weights: PtqBits = 8
    activations: PtqBits = 8
    inputs: PtqBits | None = None
    terms: Annotated[int, Field(ge=0, le=8, strict=True)] = 4
    method: str = "mse"
    per_channel: bool = True
    corrections: tuple[str, ...] = ("equalize", "rounding", "bias")
    max_loss: Annotated[float, Field(ge=0, le=100)] | None = None
    layers: dict[str, LayerWidths] = Field(default_factory=dict)
    samples: Annotated[int, Field(ge=1, le=100_000, strict=True)] = 1024
    seed: Annotated[int, Field(ge=0, lt=2**32, strict=True)] = 0
