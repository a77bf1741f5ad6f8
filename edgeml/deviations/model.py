"""ONNX models compared by inputs, outputs, constants and nodes; nodes are matched by their outputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from edgeml.deviations import Deviation
from edgeml.onnx_model import metadata_of, parse_onnx


def compare_models(file: str, content: bytes, fresh: bytes) -> list[Deviation]:
    """Every difference between two serialized models.

    Args:
        file: its name, for the result.
        content: bytes of the file.
        fresh: bytes of a fresh emission.

    Raises:
        EdgemlError: the file is no ONNX model.
    """
    if content == fresh:
        return []
    mine, theirs = parse_onnx(content, file), parse_onnx(fresh, file)
    wrong = [
        *_tables(_ports(mine), _ports(theirs)),
        *_tables(_opsets(mine), _opsets(theirs)),
        *_constants(mine, theirs),
        *_nodes(mine, theirs),
        *_unknown(mine),
    ]
    if wrong:
        return [Deviation(file, what) for what in wrong]
    return [Deviation(file, what, text=True) for what in _tables(_metadata(mine), _metadata(theirs))]


def _ports(model: Any) -> dict[str, str]:
    texts: dict[str, str] = {}
    for kind, ports in (("input", model.graph.input), ("output", model.graph.output)):
        for port in ports:
            tensor = port.type.tensor_type
            shape = [dim.dim_param or dim.dim_value for dim in tensor.shape.dim]
            texts[f"{kind} {port.name}"] = f"of element type {tensor.elem_type} and shape {shape}"
    return texts


def _opsets(model: Any) -> dict[str, str]:
    return {f"opset {entry.domain or 'ai.onnx'}": str(entry.version) for entry in model.opset_import}


def _metadata(model: Any) -> dict[str, str]:
    entries = {f"metadata {key}": text[:60] for key, text in metadata_of(model).items()}
    return entries | {"ir_version": str(model.ir_version)}


def _tables(mine: Mapping[str, str], theirs: Mapping[str, str]) -> Iterator[str]:
    for name in dict.fromkeys((*theirs, *mine)):
        if name not in mine:
            yield f"{name} is missing"
        elif name not in theirs:
            yield f"{name} is there, and not in a fresh emission"
        elif mine[name] != theirs[name]:
            yield f"{name} is {mine[name]}, {theirs[name]} expected"


def _constants(mine: Any, theirs: Any) -> Iterator[str]:
    import onnx

    mine_by_name, fresh_by_name = ({t.name: t for t in model.graph.initializer} for model in (mine, theirs))
    for name in dict.fromkeys((*fresh_by_name, *mine_by_name)):
        if name not in mine_by_name:
            yield f"constant {name} is missing"
        elif name not in fresh_by_name:
            yield f"constant {name} is there, and not in a fresh emission"
        elif mine_by_name[name].data_location == onnx.TensorProto.EXTERNAL:
            yield f"constant {name} is in another file"
        elif mine_by_name[name].SerializeToString(deterministic=True) != fresh_by_name[
            name
        ].SerializeToString(deterministic=True):
            yield from _array(f"constant {name}", mine_by_name[name], fresh_by_name[name])


def _array(name: str, mine: Any, theirs: Any) -> Iterator[str]:
    from onnx import numpy_helper

    try:
        actual = numpy_helper.to_array(mine)
    except (ValueError, TypeError) as error:
        yield f"{name} cannot be read ({error})"
        return
    expected = numpy_helper.to_array(theirs)
    if (actual.dtype, actual.shape) != (expected.dtype, expected.shape):
        is_, expected_text = (f"{array.dtype} of shape {array.shape}" for array in (actual, expected))
        yield f"{name} is {is_}, {expected_text} expected"
        return
    # Bits are compared: zeros of both signs differ, and equal NaNs do not.
    size = actual.dtype.itemsize
    bits = (
        np.ascontiguousarray(array).reshape(-1).view(np.uint8).reshape(-1, size)
        for array in (actual, expected)
    )
    mine_bits, wanted_bits = bits
    apart = np.flatnonzero((mine_bits != wanted_bits).any(axis=1))
    if len(apart):
        at = tuple(int(i) for i in np.unravel_index(apart[0], actual.shape)) if actual.shape else ()
        more = f", and {len(apart) - 1} more differ" if len(apart) > 1 else ""
        yield f"{name} {list(at)} is {actual[at]}, {expected[at]} expected{more}"


def _nodes(mine: Any, theirs: Any) -> Iterator[str]:
    mine_by_output, fresh_by_output = (
        {tuple(node.output): node for node in model.graph.node} for model in (mine, theirs)
    )
    for outputs in dict.fromkeys((*fresh_by_output, *mine_by_output)):
        name = f"the node that gives {', '.join(outputs)}"
        if outputs not in mine_by_output:
            yield f"{name} is missing"
            continue
        if outputs not in fresh_by_output:
            yield f"{name} is there, and not in a fresh emission"
            continue
        yield from (
            f"{name}: {what}"
            for what in _tables(_node(mine_by_output[outputs]), _node(fresh_by_output[outputs]))
        )


def _node(node: Any) -> dict[str, str]:
    import onnx

    properties = {"the op": f"{node.domain}::{node.op_type}" if node.domain else node.op_type}
    properties["its inputs"] = ", ".join(node.input)
    for attribute in node.attribute:
        kind = onnx.AttributeProto
        if attribute.type in (kind.TENSOR, kind.GRAPH, kind.GRAPHS, kind.TENSORS):
            plain = attribute.SerializeToString(deterministic=True).hex()
        else:
            plain = repr(onnx.helper.get_attribute_value(attribute))
        properties[f"its {attribute.name}"] = plain
    return properties


def _unknown(model: Any) -> Iterator[str]:
    """Parts of a model that a fresh emission never has."""
    for what, there in (
        ("functions", model.functions),
        ("sparse constants", model.graph.sparse_initializer),
        ("training steps", model.training_info),
    ):
        if len(there):
            yield f"has {what} of its own"
