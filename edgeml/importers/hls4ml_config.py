"""A configuration of hls4ml, YAML or JSON: the types that it states, by layer and tensor.

Either the dictionary that `hls4ml.utils.config_from_keras_model` gives (Model, LayerType, LayerName), or a
whole project's file, which has it under HLSConfig. Only `Precision` is of interest; what hls4ml would add
(reuse factors, strategies) is an option of its back end here.

Invariant: nothing of the file is run, tags of YAML included; every type in it is used or named as not used.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edgeml import install, limits
from edgeml.errors import EdgemlError, MissingToolError
from edgeml.files import read_bytes
from edgeml.presets.lowering import StatedType
from edgeml.reading import parse_json, refusing

_WHAT = "configuration of hls4ml"
_FORM = "give the dictionary of hls4ml.utils.config_from_keras_model, saved as YAML or JSON"
_INTEGER = re.compile(r"(?:ap_|ac_)?(u?)int<\s*(\d+)\s*>")
_FIXED = re.compile(r"(?:ap_|ac_)?(u?)fixed<\s*(\d+)\s*,\s*(-?\d+)\s*(?:,(?P<modes>[^>]*))?>")
_ALL = ("weight", "bias", "result")

HLS_MODES = ("TRN", "WRAP")
"""Rounding and overflow of ap_fixed where none are written."""


@dataclass(frozen=True)
class HlsPrecision:
    """The statements of a configuration.

    Args:
        path: the file.
        layers: by layer, by tensor ("weight", "bias", "result", "accum", ...), the type as it is written.
        default: the type of everything else; empty if none is stated.
    """

    path: Path
    layers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    default: str = ""


def read_hls4ml_config(path: Path) -> HlsPrecision:
    """The types in a configuration.

    Raises:
        EdgemlError: there is no such file, it is neither YAML nor JSON, or has another form.
        MissingToolError: it is YAML, and the package that reads it is not installed.
    """
    content = read_bytes(path, _WHAT, limits.TEXT)
    document = _parsed(content, path)
    if isinstance(document, dict) and "HLSConfig" in document:
        document = document["HLSConfig"]
    if not isinstance(document, dict) or not ({"Model", "LayerName"} & set(document)):
        raise EdgemlError(f"is not a {_WHAT}: it has neither Model nor LayerName", str(path), _FORM)
    by_name = document.get("LayerName") or {}
    model = document.get("Model") or {}
    if not isinstance(by_name, dict) or not isinstance(model, dict):
        raise EdgemlError(f"is not a {_WHAT}: Model and LayerName are tables", str(path), _FORM)
    if document.get("LayerType"):
        raise EdgemlError(
            "states types by kind of layer (LayerType), which are not taken over",
            str(path),
            "state them by LayerName: config_from_keras_model(model, granularity='name')",
        )
    default = _tensors(model.get("Precision"), path, "Model")
    layers = {
        str(name): _tensors(entry.get("Precision") if isinstance(entry, dict) else None, path, str(name))
        for name, entry in by_name.items()
    }
    return HlsPrecision(path, layers, default.get("default", ""))


def hls_type(text: str, where: str) -> StatedType:
    """A type as hls4ml writes it; ap_fixed truncates and wraps where it says nothing.

    Args:
        text: "ap_fixed<16,6>", "ufixed<8,0,RND_CONV,SAT>", "int<8>".
        where: for messages.

    Raises:
        EdgemlError: it is no such type.

    >>> print(hls_type("ap_fixed<16,6>", ""), hls_type("uint<8>", ""), hls_type("fixed<8,1,AP_RND>", ""))
    fixed<16,6,TRN,WRAP> ufixed<8,8,TRN,WRAP> fixed<8,1,RND,WRAP>
    """
    integer, fixed = _INTEGER.fullmatch(text.strip()), _FIXED.fullmatch(text.strip())
    if integer is not None:
        return StatedType.parse(f"{integer[1]}fixed<{integer[2]},{integer[2]},{','.join(HLS_MODES)}>")
    if fixed is None:
        raise EdgemlError(f"{text[:60]!r} is no type of hls4ml that is read", where, "write ap_fixed<16,6>")
    written = [mode.strip() for mode in (fixed["modes"] or "").split(",") if mode.strip()]
    modes = [*written[:2], *HLS_MODES[len(written) :]]
    return StatedType.parse(f"{fixed[1]}fixed<{fixed[2]},{fixed[3]},{','.join(modes)}>")


def _parsed(content: bytes, path: Path) -> Any:
    if content.lstrip()[:1] == b"{":
        return parse_json(content, path, _WHAT, _FORM)
    try:
        import yaml
    except ImportError:
        raise MissingToolError(
            "YAML needs the package pyyaml", str(path), install.command("hls4ml")
        ) from None

    class Plain(yaml.SafeLoader):
        """Knows no tags: what a project notes of its model is left out."""

    Plain.add_multi_constructor("!", _nothing)
    with refusing(path, f"is not a {_WHAT}", _FORM):
        try:
            return yaml.load(content, Plain)  # noqa: S506  (a SafeLoader)
        except yaml.YAMLError as error:
            raise ValueError(" ".join(str(error).split())) from None


def _nothing(*_: object) -> None:
    """The value that a tag of YAML stands for."""


def _tensors(precision: Any, path: Path, layer: str) -> dict[str, str]:
    """Types by tensor; one type for all stands under "default"."""
    if precision is None:
        return {}
    if isinstance(precision, str):
        return {"default": precision}
    if isinstance(precision, dict) and all(isinstance(text, str) for text in precision.values()):
        return {str(tensor): text for tensor, text in precision.items()}
    raise EdgemlError(f"has no types as the Precision of {layer}", str(path), _FORM)


def refuse_own_types(path: Path, title: str) -> None:
    """Refuse a configuration beside a file that states its types itself.

    Args:
        path: the configuration.
        title: the format of the file: "a QONNX model".

    Raises:
        EdgemlError: always.
    """
    raise EdgemlError(
        f"a configuration of hls4ml states types of Keras' layers, and this is {title}",
        str(path),
        "leave it out: such a file states its types itself",
    )


def stated_types(layer: str, precision: HlsPrecision) -> Iterator[tuple[str, str, str]]:
    """Tensor, type as written and place in the configuration, of one layer; "auto" states nothing."""
    for tensor, text in precision.layers.get(layer, {}).items():
        if text == "auto":
            continue
        place = f"LayerName.{layer}.Precision"
        if tensor == "default":
            yield from ((each, text, place) for each in _ALL)
        else:
            yield tensor, text, f"{place}.{tensor}"
