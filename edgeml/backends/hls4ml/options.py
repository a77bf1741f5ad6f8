"""The options of an hls4ml project."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeAlias, cast

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from edgeml.boards.target import TargetRequest, known_case, megahertz, no_hls4ml, resolve
from edgeml.errors import EdgemlError
from edgeml.settings import PerLayer, Settings, parse_settings

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


def _lower(value: Any) -> Any:
    if isinstance(value, Mapping):
        table = cast("Mapping[Any, Any]", value)
        return {key: _lower(item) for key, item in table.items()}
    return value.lower() if isinstance(value, str) else value


def _no_clash(name: str) -> str:
    if name.lower() in ("nnet", "hls", "std", "main", "input", "defines", "parameters"):
        raise ValueError("this name has another meaning in the project's C++")
    return name


@dataclass(frozen=True)
class HlsTarget:
    """The complete target of a project.

    Args:
        backend: hls4ml's back end.
        part: the device, as that back end calls it.
        clock_period_ns: target clock period.
    """

    backend: HlsBackend
    part: str
    clock_period_ns: float


class Hls4mlOptions(Settings):
    """Options of the hls4ml back end.

    Attributes:
        backend: hls4ml's back end, upper or lower case. None: the board's, or Vitis.
        board: a board of `edgeml list boards`; gives back end, part and clock.
        part: the device by the vendor's name; not together with `board`.
        clock_mhz: target clock; a period is understood as clock_period_ns. None: the board's, or 200.
        io_type: "io_parallel" (all values of a tensor at once) or "io_stream" (pixel by pixel through FIFOs).
        strategy: of the matrix products, for all or per layer ({"fc1": "resource", "default": "latency"}).
            "auto": latency if everything can be unrolled, else resource.
        reuse_factor: how often each multiplier is used, for all or per layer. None: 1, or where that exceeds
            the unroll limit the smallest that does not.
        project: name of the top function and of the files.
        trace: write hooks (left out of synthesis) through which C simulation shows inner values.
    """

    backend: Annotated[HlsBackend | None, BeforeValidator(known_case)] = None
    board: str | None = None
    part: (
        Annotated[str, Field(min_length=1, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.+-]*$", max_length=64)] | None
    ) = None
    clock_mhz: Annotated[float, Field(gt=0, le=1000)] | None = None
    io_type: Literal["io_parallel", "io_stream"] = "io_parallel"
    strategy: Annotated[PerLayer[Strategy], BeforeValidator(_lower)] = "auto"
    reuse_factor: PerLayer[Annotated[int, Field(ge=1)]] | None = None
    project: Annotated[
        str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$", max_length=64), AfterValidator(_no_clash)
    ] = "myproject"
    trace: bool = True

    @model_validator(mode="after")
    def _one_target(self) -> Hls4mlOptions:
        if self.board is not None and self.part is not None:
            raise ValueError("give a board or a part, not both")
        return self

    def target(self) -> HlsTarget:
        """Back end, part and clock.

        Raises:
            EdgemlError: the board is unknown, or its chip is none that this hls4ml back end can target.
        """
        if self.backend == "Libero" and self.io_type == "io_stream":
            raise EdgemlError(
                "hls4ml 1.3 cannot write io_stream projects for Libero",
                "hls4ml options, io_type",
                "use io_parallel",
            )
        resolved = resolve(TargetRequest(self.board, self.clock_mhz, self.backend))
        if resolved.board is not None and resolved.board.hls4ml is None:
            raise no_hls4ml(resolved.board, "hls4ml options, board")
        backend = cast("HlsBackend", resolved.hls_backend)
        part = self.part or DEFAULT_PARTS[backend]
        if resolved.board is not None and resolved.board.hls4ml is not None:
            part = resolved.board.hls4ml.part or resolved.board.part
        return HlsTarget(backend, part, 1000.0 / resolved.clock_mhz)


def parse_options(settings: Mapping[str, Any]) -> Hls4mlOptions:
    """Options from plain settings; "hls_backend", as the command line calls it, is "backend".

    Raises:
        EdgemlError: an unknown key or board (near matches given) or a bad value.
    """
    values = dict(settings)
    if "hls_backend" in values:
        if "backend" in values:
            raise EdgemlError(
                "is given twice, as backend and as hls_backend", "hls4ml options", "leave one out"
            )
        values["backend"] = values.pop("hls_backend")
    if "clock_period_ns" in values:
        period = values.pop("clock_period_ns")
        values["clock_mhz"] = megahertz(values.get("clock_mhz"), period, "hls4ml options")
    options = parse_settings(Hls4mlOptions, values, "hls4ml options")
    options.target()
    return options
