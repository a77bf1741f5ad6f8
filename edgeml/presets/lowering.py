"""The settings of the lowering from a Keras model to the exact graph.

Invariant: the defaults are those of `edgeml.lower(model)`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, field_validator

from edgeml.errors import EdgemlError
from edgeml.fixed import FixedType, Overflow, Round
from edgeml.settings import PerLayer, Settings, per_layer

FactorBits = Annotated[int, Field(ge=2, le=24, strict=True)]
"""Most significant bits of a factor: Keras has factors in float32, which has 24."""


Tensor: TypeAlias = Literal["weight", "bias", "result"]
"""The tensors of a layer that have a type of their own."""


@dataclass(frozen=True)
class StatedType:
    """A type with rounding and overflow: half to even and saturation by default."""

    type: FixedType
    rounding: Round = Round.RND_CONV
    overflow: Overflow = Overflow.SAT

    @staticmethod
    def parse(text: str) -> StatedType:
        """From "fixed<16,6>", or with a rounding and an overflow "fixed<16,6,TRN,WRAP>".

        Raises:
            EdgemlError: it is no type.

        >>> print(StatedType.parse("fixed<16,6,RND,WRAP>"))
        fixed<16,6,RND,WRAP>
        """
        body, closed = text.strip().removesuffix(">"), text.strip().endswith(">")
        kind, *modes = [part.strip() for part in body.split(",")]
        width, modes = modes[:1], modes[1:]
        type = FixedType.parse(f"{kind},{width[0]}>" if width and closed else text)
        try:
            names = [mode.upper().removeprefix("AP_") for mode in modes]
            rounding = Round[names[0]] if names else Round.RND_CONV
            overflow = Overflow[names[1]] if len(names) > 1 else Overflow.SAT
        except KeyError as error:
            raise EdgemlError(f"{error} is no rounding or overflow of ap_fixed", text) from None
        if len(modes) > 2:
            raise EdgemlError("is no type", text, "write fixed<16,6> or fixed<16,6,RND_CONV,SAT>")
        return StatedType(type, rounding, overflow)

    def __str__(self) -> str:
        if (self.rounding, self.overflow) == (Round.RND_CONV, Overflow.SAT):
            return str(self.type)
        return f"{str(self.type)[:-1]},{self.rounding.name},{self.overflow.name}>"


def _typed(text: str | None, example: str = "fixed<16,6>") -> str | None:
    """The text, if it states a type.

    Raises:
        ValueError: it does not.
    """
    if text is not None:
        try:
            StatedType.parse(text)
        except EdgemlError as error:
            raise ValueError(f'{error.what}; write a type such as "{example}"') from None
    return text


class TensorTypes(Settings):
    """The types of one layer's tensors; what is left out is as `Lowering.float_type` has it.

    Args:
        weight: of all of its weights but the bias.
        bias: of its bias.
        result: of its output, before its own activation; after the type there may be a rounding and an
            overflow of `ap_fixed`, "fixed<16,6,RND,SAT>".
    """

    weight: str | None = None
    bias: str | None = None
    result: str | None = None

    @field_validator("weight", "bias", "result")
    @classmethod
    def _types(cls, value: str | None) -> str | None:
        return _typed(value)


class Lowering(Settings):
    """Settings of the lowering: `--set lowering.outputs=probabilities`, `lowering.factor_bits=12`.

    Args:
        outputs: what a sigmoid or softmax at the end becomes. "logits" leaves it off, with a note: the
            largest logit, or the sign of the one, is the class. "probabilities" makes it part of the graph,
            by table, with 8 fractional bits (softmax: as many as keep the largest). A type such as
            "ufixed<8,0>" states the type of the output, and holds for any other activation at the end too.
        input_type: the type that a model's input is rounded to before anything else, such as "ufixed<8,8>"
            for pixels from 0 to 255; for all inputs or by name. Without it a QActivation behind the input
            says so.
        float_type: the type of layers that the model leaves in float, such as "fixed<16,6>": their weights
            and biases are rounded to it, and their results where another layer reads them.
        layer_types: the same by layer, such as {"logits": "fixed<16,6>"}, over `float_type`; or by tensor,
            {"logits": {"weight": "fixed<8,1>", "bias": "fixed<8,1>", "result": "fixed<16,6>"}}.
        factor_bits: significant bits of factors that are not quantized (batch normalization, PReLU, odd
            slopes, scales under alpha="auto", means), without the sign; for all layers or by layer. None
            takes the fewest with which the quantizers behind give the same codes on the data, and the 24 of
            float32 where there are no data.
        multiplier_bits: bits of the integer multipliers that requantize sums of an imported integer model
            (ONNX, TFLite); None takes the fewest that equal the source's own arithmetic for every sum.
        threshold_bits: bits of a quantizer up to which it is built of thresholds instead; of a Keras model
            where that is cheaper than the multiplier and `factor_bits` says nothing of the layer.
    """

    outputs: str = "logits"
    input_type: PerLayer[str] | None = None
    float_type: str | None = None
    layer_types: dict[str, str | TensorTypes] = Field(default_factory=dict)
    factor_bits: PerLayer[FactorBits] | None = None
    multiplier_bits: Annotated[int, Field(ge=2, le=31, strict=True)] | None = None
    threshold_bits: Annotated[int, Field(ge=0, le=8, strict=True)] = 3

    @field_validator("outputs")
    @classmethod
    def _valid_outputs(cls, value: str) -> str:
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
            _typed(text, "ufixed<8,8>")
            stated = StatedType.parse(text).type
            if text.count(",") > 1:
                what = "names modes, and an input is always rounded half to even and saturated"
                raise ValueError(f'{text!r} {what}; write "{stated}"')
        return value

    @field_validator("float_type")
    @classmethod
    def _one(cls, value: str | None) -> str | None:
        return _typed(value)

    @field_validator("layer_types")
    @classmethod
    def _each(cls, value: dict[str, str | TensorTypes]) -> dict[str, str | TensorTypes]:
        for entry in value.values():
            if isinstance(entry, str):
                _typed(entry)
        return value

    def type_of(self, name: str) -> FixedType | None:
        """The stated type of an input, if there is one."""
        text = per_layer(self.input_type, name)
        return None if text is None else FixedType.parse(text)

    def stated(self, layer: str, tensor: Tensor) -> StatedType | None:
        """The stated type of a tensor of a layer that the model leaves in float; None if there is none."""
        entry = self.layer_types.get(layer, self.float_type)
        text = getattr(entry, tensor) or self.float_type if isinstance(entry, TensorTypes) else entry
        return None if text is None else StatedType.parse(text)

    @property
    def kind(self) -> Literal["logits", "table"]:
        """The form of the final softmax or sigmoid: "logits" if it is left off, else "table"."""
        return "logits" if self.outputs == "logits" else "table"

    @property
    def type(self) -> FixedType | None:
        """The stated type of the outputs, if there is one."""
        return None if self.outputs in ("logits", "probabilities") else FixedType.parse(self.outputs)
