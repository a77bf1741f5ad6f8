"""What a user can choose of the way from a Keras model to the exact graph.

Invariant: the defaults are those of `edgeml.lower(model)`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from edgeml.errors import EdgemlError
from edgeml.fixed import FixedType
from edgeml.settings import PerLayer, Settings, per_layer

FACTOR_BITS = 17
"""Significant bits of a real factor: with its sign one 18-bit operand of an FPGA's multiplier."""

FactorBits = Annotated[int, Field(ge=2, le=24, strict=True)]
"""float32, in which Keras has its factors, has 24."""


class Lowering(Settings):
    """How a model is lowered: `--set lowering.outputs=probabilities`, `lowering.factor_bits=12`.

    Args:
        outputs: what a sigmoid or softmax at the end becomes. "logits" leaves it off, with a note: the
            largest logit, or the sign of the one, is the class. "probabilities" makes it part of the graph,
            by table, with 8 fractional bits (softmax: as many as keep the largest). A type such as
            "ufixed<8,0>" states the type of the output, and holds for any other activation at the end too.
        input_type: the type that a model's input is rounded to before anything else, such as "ufixed<8,8>"
            for pixels from 0 to 255; for all inputs or by name. Without it a QActivation behind the input
            says so.
        factor_bits: significant bits of factors that are not quantized (batch normalization, PReLU, odd
            slopes, scales under alpha="auto", means), without the sign; for all layers or by layer.
    """

    outputs: str = "logits"
    input_type: PerLayer[str] | None = None
    factor_bits: PerLayer[FactorBits] = FACTOR_BITS

    @field_validator("outputs")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in ("logits", "probabilities"):
            try:
                FixedType.parse(value)
            except EdgemlError as error:
                raise ValueError(
                    f'{error.what}; write logits, probabilities or a type such as "ufixed<8,0>"'
                ) from None
        return value

    @field_validator("input_type")
    @classmethod
    def _types(cls, value: str | dict[str, str] | None) -> str | dict[str, str] | None:
        for text in value.values() if isinstance(value, dict) else [value] if value else []:
            try:
                FixedType.parse(text)
            except EdgemlError as error:
                raise ValueError(f'{error.what}; write a type such as "ufixed<8,8>"') from None
        return value

    def type_of(self, name: str) -> FixedType | None:
        """The stated type of an input, if there is one."""
        text = per_layer(self.input_type, name)
        return None if text is None else FixedType.parse(text)

    @property
    def kind(self) -> Literal["logits", "table"]:
        """Whether what decides at the end is left off."""
        return "logits" if self.outputs == "logits" else "table"

    @property
    def type(self) -> FixedType | None:
        """The stated type of the outputs, if there is one."""
        return None if self.outputs in ("logits", "probabilities") else FixedType.parse(self.outputs)
