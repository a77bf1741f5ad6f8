"""ONNX models compared by inputs, outputs, constants and nodes; a node is known by what it gives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from edgeml.deviations import Deviation
from edgeml.errors import EdgemlError


def compare_models(file: str, found: bytes, fresh: bytes) -> list[Deviation]:
    """Every difference between two serialized models.

    Args:
        file: its name, for the result.
        found: what lies there.
        fresh: what would be written today.

    Raises:
        EdgemlError: what lies there is no ONNX model.
    """
    if found == fresh:
        return []
    import onnx
    from google.protobuf.message import DecodeError

    try:
        mine, theirs = onnx.load_from_string(found), onnx.load_from_string(fresh)
    except DecodeError as error:
        raise EdgemlError(f"not a readable ONNX model ({error})", file, "export it again") from None
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
    found: dict[str, str] = {}
    for kind, ports in (("input", model.graph.input), ("output", model.graph.output)):
        for port in ports:
            tensor = port.type.tensor_type
            shape = [dim.dim_param or dim.dim_value for dim in tensor.shape.dim]
            found[f"{kind} {port.name}"] = f"of element type {tensor.elem_type} and shape {shape}"
    return found


def _opsets(model: Any) -> dict[str, str]:
    return {f"opset {entry.domain or 'ai.onnx'}": str(entry.version) for entry in model.opset_import}


def _metadata(model: Any) -> dict[str, str]:
    found = {f"metadata {entry.key}": entry.value[:60] for entry in model.metadata_props}
    return found | {"ir_version": str(model.ir_version)}


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

    held, wanted = ({t.name: t for t in model.graph.initializer} for model in (mine, theirs))
    for name in dict.fromkeys((*wanted, *held)):
        if name not in held:
            yield f"constant {name} is missing"
        elif name not in wanted:
            yield f"constant {name} is there, and not in a fresh emission"
        elif held[name].data_location == onnx.TensorProto.EXTERNAL:
            yield f"constant {name} is in another file"
        elif held[name].SerializeToString(deterministic=True) != wanted[name].SerializeToString(
            deterministic=True
        ):
            yield from _array(f"constant {name}", held[name], wanted[name])


def _array(name: str, mine: Any, theirs: Any) -> Iterator[str]:
    from onnx import numpy_helper

    try:
        found = numpy_helper.to_array(mine)
    except (ValueError, TypeError) as error:
        yield f"{name} cannot be read ({error})"
        return
    expected = numpy_helper.to_array(theirs)
    if (found.dtype, found.shape) != (expected.dtype, expected.shape):
        is_, wanted = (f"{array.dtype} of shape {array.shape}" for array in (found, expected))
        yield f"{name} is {is_}, {wanted} expected"
        return
    # Zeros of both signs and NaN are told apart: one of them is not what was written.
    size = found.dtype.itemsize
    bits = (
        np.ascontiguousarray(array).reshape(-1).view(np.uint8).reshape(-1, size)
        for array in (found, expected)
    )
    mine_bits, wanted_bits = bits
    apart = np.flatnonzero((mine_bits != wanted_bits).any(axis=1))
    if len(apart):
        at = tuple(int(i) for i in np.unravel_index(apart[0], found.shape)) if found.shape else ()
        more = f", and {len(apart) - 1} more differ" if len(apart) > 1 else ""
        yield f"{name} {list(at)} is {found[at]}, {expected[at]} expected{more}"


def _nodes(mine: Any, theirs: Any) -> Iterator[str]:
    held, wanted = ({tuple(node.output): node for node in model.graph.node} for model in (mine, theirs))
    for outputs in dict.fromkeys((*wanted, *held)):
        name = f"the node that gives {', '.join(outputs)}"
        if outputs not in held:
            yield f"{name} is missing"
            continue
        if outputs not in wanted:
            yield f"{name} is there, and not in a fresh emission"
            continue
        yield from (f"{name}: {what}" for what in _tables(_node(held[outputs]), _node(wanted[outputs])))


def _node(node: Any) -> dict[str, str]:
    import onnx

    found = {"the op": f"{node.domain}::{node.op_type}" if node.domain else node.op_type}
    found["its inputs"] = ", ".join(node.input)
    for attribute in node.attribute:
        kind = onnx.AttributeProto
        if attribute.type in (kind.TENSOR, kind.GRAPH, kind.GRAPHS, kind.TENSORS):
            plain = attribute.SerializeToString(deterministic=True).hex()
        else:
            plain = repr(onnx.helper.get_attribute_value(attribute))
        found[f"its {attribute.name}"] = plain
    return found


def _unknown(model: Any) -> Iterator[str]:
    """What a fresh emission never has."""
    for what, there in (
        ("functions", model.functions),
        ("sparse constants", model.graph.sparse_initializer),
        ("training steps", model.training_info),
    ):
        if len(there):
            yield f"has {what} of its own"
