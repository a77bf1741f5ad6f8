"""What a user can say about an hls4ml project."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from edgeml.errors import EdgemlError
from edgeml.settings import Settings, parse_settings

HlsBackend: TypeAlias = Literal["Vitis", "Vivado", "Quartus", "oneAPI", "Catapult", "Libero"]
Strategy: TypeAlias = Literal["auto", "latency", "resource", "distributed_arithmetic"]

DEFAULT_PARTS: Mapping[HlsBackend, str] = {
    "Vitis": "xc7z020clg400-1",
    "Vivado": "xc7z020clg400-1",
    "Quartus": "Arria10",
    "oneAPI": "Agilex7",
    "Catapult": "xcku115-flvb2104-2-i",
    "Libero": "MPF300",
}
"""The part when neither board nor part is given: a PYNQ-Z2's for AMD, hls4ml's own elsewhere."""

OTHERS = "default"
"""The key of a per-layer table that stands for the layers it does not name."""

_BACKENDS = {name.lower(): name for name in DEFAULT_PARTS}


def _known_case(name: Any) -> Any:
    return _BACKENDS.get(name.lower(), name) if isinstance(name, str) else name


def _lower(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _lower(item) for key, item in value.items()}
    return value.lower() if isinstance(value, str) else value


def _no_clash(name: str) -> str:
    if name.lower() in ("nnet", "hls", "std", "main", "input", "defines", "parameters"):
        raise ValueError("this name means something else in the project's C++")
    return name


class Options(Settings):
    """Options of the hls4ml back end.

    Attributes:
        backend: hls4ml's back end, upper or lower case.
        board: a board of `edgeml list boards`; gives the part.
        part: the device by the vendor's name; not together with `board`.
        clock_period_ns: target clock period.
        io_type: "io_parallel" (all values of a tensor at once) or "io_stream" (pixel by pixel through FIFOs).
        strategy: of the matrix products, for all or per layer ({"fc1": "resource", "default": "latency"}).
            "auto": latency if everything can be unrolled, else resource.
        reuse_factor: how often each multiplier is used, for all or per layer. None: 1, or where that exceeds
            the unroll limit the smallest that does not.
        project: name of the top function and of the files.
        trace: write hooks (left out of synthesis) through which C simulation shows inner values.
    """

    backend: Annotated[HlsBackend, BeforeValidator(_known_case)] = "Vitis"
    board: str | None = None
    part: Annotated[str, Field(min_length=1, pattern=r"^[\w.+-]+$")] | None = None
    clock_period_ns: Annotated[float, Field(gt=0, le=1000)] = 5.0
    io_type: Literal["io_parallel", "io_stream"] = "io_parallel"
    strategy: Annotated[Strategy | dict[str, Strategy], BeforeValidator(_lower)] = "auto"
    reuse_factor: Annotated[int, Field(ge=1)] | dict[str, Annotated[int, Field(ge=1)]] | None = None
    project: Annotated[
        str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$", max_length=64), AfterValidator(_no_clash)
    ] = "myproject"
    trace: bool = True

    @model_validator(mode="after")
    def _one_target(self) -> Options:
        if self.board is not None and self.part is not None:
            raise ValueError("give a board or a part, not both")
        return self

    def target_part(self) -> str:
        """The device by the vendor's name.

        Raises:
            EdgemlError: the board is unknown, or its chip is none that this hls4ml back end can target.
        """
        if self.part is not None:
            return self.part
        if self.board is None:
            return DEFAULT_PARTS[self.backend]
        from edgeml import boards

        return boards.load(self.board).part


def parse_options(settings: Mapping[str, Any]) -> Options:
    """Options from plain settings.

    Raises:
        EdgemlError: an unknown key or board (near matches given) or a bad value.
    """
    options = parse_settings(Options, settings, "hls4ml options")
    options.target_part()
    return options


def per_layer(table: Any, layer: str) -> Any:
    """The entry of a per-layer option for one layer; None if the table says nothing of it."""
    if not isinstance(table, Mapping):
        return table
    entries: Mapping[str, Any] = dict(table)
    return entries.get(layer, entries.get(OTHERS))


def check_layers(option: str, table: Any, layers: set[str]) -> None:
    """Refuse a per-layer table that names a layer there is none of.

    Raises:
        EdgemlError: with near matches.
    """
    from edgeml.errors import unknown_name

    if isinstance(table, Mapping):
        for name in dict(table):
            if name not in layers and name != OTHERS:
                error = unknown_name("layer", name, layers, f"hls4ml options, {option}")
                raise EdgemlError(f"{error.what} or it multiplies nothing", error.where, error.hint)
