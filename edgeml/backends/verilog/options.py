"""The options of the Verilog back end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from edgeml.backends.verilog.names import Names
from edgeml.backends.verilog.stream.factors import largest
from edgeml.settings import PerLayer, Settings, parse_settings

_NS_PER_LEVEL = 2.5
"""A 16-bit adder with the wires to it on a low-cost 28 to 45 nm FPGA. Only place and route knows better."""


def _identifier(name: str) -> str:
    if Names().unique(name) != name:
        raise ValueError("is not an identifier in Verilog, or a reserved word")
    return name


class VerilogOptions(Settings):
    """Options of the Verilog back end.

    Attributes:
        top: name of the top module, and the beginning of all others; the model's name by default.
        clock_mhz: clock to pipeline for, by a coarse delay model.
        adders_per_stage: adders between two registers, whatever the clock; `clock_mhz` is then only the clock
            that estimates count cycles in.
        mode: "parallel": a sample per beat, everything laid out side by side; "stream": a pixel with all its
            channels per beat, dense layers folded; "auto": parallel if `unroll_limit` allows it, else stream.
        reuse_factor: clocks that a streamed dense layer may take for a sample, and so how often each of its
            multipliers is used; by default as many as it takes for the sample to come in. For all, or per
            layer ({"fc1": 16, "default": 4}); 1 lays a layer out side by side if its input comes in one beat.
            A convolution is folded only if it is named: clocks for each of its windows.
        clocks_per_sample: reuse factors for all layers of a stream, dense ones and convolutions, so that each
            is done with a sample in so many clocks, with the fewest multipliers; factors that `reuse_factor`
            names stay. Where neither is given and the convolutions are more than `unroll_limit` allows, as
            many clocks as lead to 256 multipliers.
        pair_bits: two products in one multiplier, for folded layers whose weights and sums fit it: bits of
            the wider operand of the chip's multipliers (25 on 7 series, 27 on UltraScale+, 18 on ECP5). For
            all that fit, or per layer ({"fc1": 25}), where one that does not fit is refused; 0: none.
            `--fit` tries it where DSP blocks are scarce, unless it is given.
        unroll_limit: most operations (nonzero weights times positions, and elements) laid out side by side.
    """

    top: Annotated[str, Field(max_length=64), AfterValidator(_identifier)] | None = None
    clock_mhz: Annotated[float, Field(gt=0, le=1000)] = 100.0
    adders_per_stage: Annotated[int, Field(ge=1, le=1000)] | None = None
    mode: Literal["auto", "parallel", "stream"] = "auto"
    reuse_factor: PerLayer[Annotated[int, Field(ge=1)]] | None = None
    clocks_per_sample: Annotated[int, Field(ge=1, le=1 << 40)] | None = None
    pair_bits: PerLayer[Annotated[int, Field(ge=0, le=64)]] | None = None
    unroll_limit: Annotated[int, Field(ge=1)] = 16384

    @model_validator(mode="after")
    def _something_to_fold(self) -> VerilogOptions:
        if self.mode == "parallel" and largest(self.reuse_factor) > 1:
            raise ValueError("mode=parallel folds nothing: leave out reuse_factor, or use mode=stream")
        if self.mode == "parallel" and self.clocks_per_sample is not None:
            raise ValueError("mode=parallel folds nothing: leave out clocks_per_sample, or use mode=stream")
        if self.mode == "parallel" and largest(self.pair_bits) > 1:
            raise ValueError("mode=parallel has no multipliers: leave out pair_bits, or use mode=stream")
        return self

    @property
    def levels(self) -> float:
        """Adder levels per stage."""
        if self.adders_per_stage is not None:
            return float(self.adders_per_stage)
        return max(1.0, 1000.0 / self.clock_mhz / _NS_PER_LEVEL)


def parse_options(settings: Mapping[str, Any]) -> VerilogOptions:
    """Options from plain settings.

    Raises:
        EdgemlError: an unknown key (near matches given) or a bad value.
    """
    return parse_settings(VerilogOptions, settings, "verilog options")
