"""Cut an ONNX model at the tensors that hold values of the graph.

A tensor holds value * 2^unit in a layout. A stage is the nodes between such tensors; its structure comes from
the nodes (`edgeml.stages.nodes`), and whether a sum in it can round from bounds that its own constants give:
the stage with all constants made positive, run on the largest magnitudes, bounds every partial sum in any
order.

Invariant: nothing of a stage is taken from the graph but names, shapes, types and the bounds of its sources,
which the stages before it are shown to keep.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from edgeml.errors import EdgemlError
from edgeml.fixed import IntArray, from_float
from edgeml.ir import Graph, Shape, ValueInfo
from edgeml.ir.layout import LAST, Layout, Order, restore
from edgeml.ir.steps import FLOAT32_BITS, FLOAT64_BITS
from edgeml.ir.structure import Form, Structure, constant, marked, moved, source
from edgeml.reading import refusing
from edgeml.stages import ArtefactStage, QuantizerStage
from edgeml.stages.assembling import ancestors
from edgeml.stages.nodes import NodeSite, structure_of

if TYPE_CHECKING:
    import onnx

Executor: TypeAlias = Callable[["onnx.ModelProto", Mapping[str, NDArray[Any]]], list[NDArray[Any]]]
"""Runs a model on tensors by name and gives its outputs, in order."""

_FLOATS = (1, 11)
"""ONNX' numbers of float32 and float64."""

_AFFINE = (
    *("Add", "Sub", "Mul", "MatMul", "Gemm", "Conv", "ReduceSum"),
    *("Identity", "Cast", "Reshape", "Transpose", "Slice", "Concat", "Pad", "Gather"),
)
"""Operators whose result grows with the magnitudes of all of their inputs and constants."""

_PAIR = ("QuantizeLinear", "DequantizeLinear")


@dataclass(frozen=True, eq=False)
class TensorPlace:
    """The tensor that holds a value: tensor = value * 2^unit, in a layout."""

    tensor: str
    unit: IntArray
    layout: Layout = LAST


class CutModel:
    """A model with the tensors that hold values of a graph.

    Args:
        model: with static shapes but for the batch axis.
        places: by value; of an input the tensor of its codes.
        outputs: the tensor of each output, which holds plain values.
        execute: runs a model.
        where: the file, for messages.
        folded: tensors that nodes compute from constants alone.

    Raises:
        EdgemlError: shapes cannot be inferred, or a constant is malformed or lies in another file.
    """

    def __init__(
        self,
        model: onnx.ModelProto,
        places: Mapping[str, TensorPlace],
        outputs: Mapping[str, str],
        execute: Executor,
        where: str,
        folded: Mapping[str, NDArray[Any]] | None = None,
    ) -> None:
        import onnx

        self._model, self._places, self._outputs = model, places, outputs
        self._execute, self._where = execute, where
        self._constants = constants_in(model, where) | dict(folded or {})
        makers = {output: node for node in model.graph.node for output in node.output}
        self._makers = {output: node for output, node in makers.items() if output not in self._constants}
        self._ports = {port.name: port for port in model.graph.input}
        dims = [port.type.tensor_type.shape.dim for port in model.graph.input]
        self._samples = max((int(dim[0].dim_value) for dim in dims if dim), default=0)
        try:
            inferred = onnx.shape_inference.infer_shapes(_standard(model), strict_mode=True)
        except onnx.shape_inference.InferenceError as error:
            raise EdgemlError(
                f"has shapes that cannot be inferred ({error})", where, "export it again"
            ) from None
        infos = (*inferred.graph.value_info, *inferred.graph.input, *inferred.graph.output)
        self._infos = {info.name: info.type.tensor_type for info in infos}

    def stages(self, graph: Graph, hidden: Sequence[str] = ()) -> Iterator[ArtefactStage | QuantizerStage]:
        """The stages of all named values and of the outputs.

        A stage ends at values that its own value depends on in the graph: an artefact may compute two equal
        values once, under the name of either.

        Args:
            graph: prepared.
            hidden: values that no stage ends at; one that is there once may be an end before it is quantized.

        Raises:
            EdgemlError: a node is malformed, or reads what nothing computes.
        """
        stages = self._stages(graph, hidden)
        while True:
            with self._refusing():
                stage = next(stages, None)
            if stage is None:
                return
            yield stage

    def _stages(self, graph: Graph, hidden: Sequence[str]) -> Iterator[ArtefactStage | QuantizerStage]:
        named: dict[str, list[str]] = {}
        for node in graph.nodes:
            place = self._places.get(node.name)
            if place is None or not (place.tensor in self._makers or place.tensor in self._ports):
                continue
            if node.name in hidden:
                bare = replace(place, tensor=self._unquantized(place.tensor))
                if hidden.count(node.name) > 1 or bare.tensor == place.tensor:
                    continue
                place = bare
            if node.name in graph.inputs:
                yield self._quantizer(graph, node.name, place)
            else:
                ends = _ends(named, ancestors(graph, node.name))
                yield from self._split(graph, node.name, place, ends)
            named.setdefault(place.tensor, []).append(node.name)
        for name in graph.outputs:
            tensor = self._outputs[name]
            if name not in named.get(tensor, ()) or np.any(self._places[name].unit != 0):
                ends = _ends(named, {name, *ancestors(graph, name)})
                yield from self._split(graph, name, TensorPlace(tensor, np.array(0)), ends)

    def _split(
        self, graph: Graph, name: str, place: TensorPlace, ends: Mapping[str, str]
    ) -> Iterator[ArtefactStage]:
        """The stage of a value, or two if a sum is quantized in it to codes that it has already."""
        stage = self._stage(graph, name, place, ends)
        tensor = self._unquantized(place.tensor)
        if stage.structure.form is Form.UNKNOWN and tensor != place.tensor:
            yield self._stage(graph, name, replace(place, tensor=tensor), ends)
            stage = self._stage(graph, name, place, {tensor: name})
        yield stage

    def _unquantized(self, tensor: str) -> str:
        """The tensor of which another one is the codes."""
        while tensor in self._makers and self._makers[tensor].op_type in _PAIR:
            tensor = self._makers[tensor].input[0]
        return tensor

    def _nodes(self, tensor: str, ends: Mapping[str, str]) -> list[Any]:
        """The nodes that compute a tensor from tensors among `ends`, inputs and constants, in order."""
        tensors, reached = [tensor], set[str]()
        while tensors:
            name = tensors.pop()
            if name in reached or name in ends or name not in self._makers:
                continue
            reached.add(name)
            tensors += [source for source in self._makers[name].input if source]
        return [node for node in self._model.graph.node if reached & set(node.output)]

    def _quantizer(self, graph: Graph, name: str, place: TensorPlace) -> QuantizerStage:
        nodes = self._nodes(place.tensor, {})
        info = graph.info(name)
        structure = self._structure(nodes, {name: source(info.shape, 0)}, place, info)
        model = self._part(nodes, [name], place.tensor)

        def run(values: NDArray[np.float32]) -> IntArray:
            (tensor,) = self._execute(model, {name: values.astype(self._kind(name))})
            with self._refusing():
                return _codes(tensor, info, place)

        return QuantizerStage(name, structure, run)

    def _stage(self, graph: Graph, name: str, place: TensorPlace, ends: Mapping[str, str]) -> ArtefactStage:
        result = graph.info(name)
        if place.tensor in self._constants:
            codes = _codes(self._constants[place.tensor], result, place)
            return ArtefactStage(name, (), constant(result.shape), "", lambda _: codes)
        nodes = self._nodes(place.tensor, ends)
        read = dict.fromkeys(t for node in nodes for t in node.input if t in ends)
        sources = {tensor: ends[tensor] for tensor in (read if nodes else {place.tensor: None})}
        structures, first = dict[str, Structure](), 0
        for tensor, value in sources.items():
            info, at = graph.info(value), self._places[value]
            exponents = np.asarray(at.unit - np.asarray(info.type.frac, np.int64))
            plain = source(info.shape, first, exponents)
            structures[tensor] = moved(
                [plain], lambda arrays, at=at: _arranged(arrays[0][None], at.layout)[0]
            )
            first += info.size
        structure = self._structure(nodes, structures, place, result)
        bare = [t for n in nodes if n.op_type == "Shape" for t in n.input if t in self._ports]
        model = self._part(nodes, [*sources, *dict.fromkeys(bare)], place.tensor)

        def finer(codes: Mapping[str, IntArray], more: int, bits: int) -> IntArray:
            feeds: dict[str, NDArray[Any]] = {}
            for tensor, value in sources.items():
                place_of, kind = self._places[value], self._kind(tensor)
                feeds[tensor] = _tensor(codes[value], graph.info(value), place_of, kind, more)
            for tensor in bare:  # whose number of samples is read, and nothing else
                feeds[tensor] = np.zeros((1, *self._shape(tensor)), self._kind(tensor))
            (tensor,) = self._execute(model, feeds)
            with self._refusing():
                return _codes(tensor, result, place, bits)

        rounds = ""
        if structure.affine or structure.form is Form.PRODUCT:
            rounds = self._rounds(graph, nodes, sources)
        elif structure.form is Form.POSITION:  # values that rounding makes equal have another largest one
            kinds = [node.op_type for node in nodes]
            rounds = self._rounds(graph, nodes[: kinds.index("ArgMax")], sources)
        of = tuple(sources.values())
        return ArtefactStage(name, of, structure, rounds, lambda codes: finer(codes, 0, 0), finer=finer)

    def _structure(
        self, nodes: Sequence[Any], sources: Mapping[str, Structure], place: TensorPlace, info: ValueInfo
    ) -> Structure:
        """The structure of the codes that a stage's tensor holds, in the graph's order."""
        structures = dict(sources)
        for node in nodes:
            if node.op_type == "Shape" and not node.domain:
                structures[node.output[0]] = constant(())
                continue
            kinds = [structures.get(name) for name in node.input]
            constants = [self._constants.get(name) for name in node.input]
            missing = [
                name
                for name, x, c in zip(node.input, kinds, constants, strict=True)
                if name and x is c is None
            ]
            if missing:
                raise EdgemlError(
                    f"reads {missing[0]!r}, which nothing computes", self._where, "export it again"
                )
            shape = self._shape(node.output[0])
            site = NodeSite(node.op_type, _attributes(node), kinds, constants, shape, self._samples)
            structures[node.output[0]] = structure_of(node.domain, site)
        if place.tensor not in structures:
            return constant(info.shape)
        floats = moved(
            [structures[place.tensor]], lambda arrays: restore(arrays[0][None], info.shape, place.layout)[0]
        )
        exponents = np.asarray(info.type.frac, np.int64) - place.unit
        return marked(floats, exponents)

    def _part(
        self, nodes: Sequence[Any], inputs: Sequence[str], output: str, inner: bool = False
    ) -> onnx.ModelProto:
        """A model of some nodes; with `inner`, every tensor is an output."""
        from onnx import helper, numpy_helper

        used = {name for node in nodes for name in node.input}
        initializers = [
            numpy_helper.from_array(values, name) for name, values in self._constants.items() if name in used
        ]
        chosen, tensor = list(nodes), output
        if not chosen:  # the output is an input
            chosen, output = [helper.make_node("Identity", [output], ["result"])], "result"
        results = [o for node in chosen for o in node.output] if inner else [output]
        graph = helper.make_graph(
            chosen,
            "stage",
            [self._port(name) for name in inputs],
            [self._port(tensor if name == "result" else name, name) for name in results],
            initializers,
        )
        part = helper.make_model(graph, opset_imports=list(self._model.opset_import))
        part.ir_version = self._model.ir_version
        return part

    def _rounds(self, graph: Graph, nodes: Sequence[Any], sources: Mapping[str, str]) -> str:
        """The reason why a float of an affine stage may not be exact, or "".

        Every tensor is a whole number of steps of 2^-grid; a sum of fewer than 2^24 (2^53) steps is exact.
        """
        grids: dict[str, int] = {name: _grid(values) for name, values in self._constants.items()}
        peaks: dict[str, NDArray[Any]] = {}
        for tensor, value in sources.items():
            info, at = graph.info(value), self._places[value]
            grids[tensor] = int(np.max(np.asarray(info.type.frac, np.int64) - at.unit))
            largest = np.maximum(np.abs(info.lo), np.abs(info.hi))[np.newaxis]
            peaks[tensor] = _tensor(largest, info, at, self._kind(tensor))
        odd = next((node.op_type for node in nodes if node.op_type not in _AFFINE), "")
        if odd or not nodes:
            return odd and f"{odd} in a sum"
        part = self._part(nodes, list(sources), nodes[-1].output[0], inner=True)
        for output, values in zip((o.name for o in part.graph.output), _magnitudes(part, peaks), strict=True):
            node = self._makers[output]
            of = [grids[name] for name in node.input if name in grids and self._is_float(name)]
            if node.op_type in ("Mul", "MatMul", "Gemm", "Conv"):
                of = [sum(of[:2]), *of[2:]]
            grids[output] = max(of, default=0)
            limit = FLOAT64_BITS if self._kind(output) is np.float64 else FLOAT32_BITS
            bits = float(np.log2(np.max(values, initial=0.0) or 1e-300)) + grids[output]
            # The bound itself is a float64, whose own rounding may hide what is just above 2^53.
            if bits > limit or (limit == FLOAT64_BITS and bits == limit):
                return (
                    f"a partial sum of {output} may need {int(np.ceil(bits))} bits, and a float has {limit}"
                )
        return ""

    def _refusing(self) -> AbstractContextManager[None]:
        """Turns what a malformed node raises into an error that names the file."""
        return refusing(self._where, "has a node that cannot be understood", "export it again")

    def _shape(self, tensor: str) -> Shape:
        """Without the batch axis."""
        dims = self._infos[tensor].shape.dim if tensor in self._infos else ()
        return tuple(int(dim.dim_value) for dim in dims[1:])

    def _kind(self, tensor: str) -> type[np.floating[Any]]:
        return np.float64 if tensor in self._infos and self._infos[tensor].elem_type == 11 else np.float32

    def _is_float(self, tensor: str) -> bool:
        if tensor in self._constants:
            return self._constants[tensor].dtype.kind == "f"
        return tensor not in self._infos or self._infos[tensor].elem_type in _FLOATS

    def _port(self, tensor: str, name: str = "") -> Any:
        """The tensor as an input or output of a part, under a name of its own if one is given."""
        from onnx import helper

        info = self._infos.get(tensor)
        if info is None:
            return helper.make_empty_tensor_value_info(name or tensor)
        first = info.shape.dim[0].dim_value if len(info.shape.dim) else 0
        shape = [first or "samples", *self._shape(tensor)] if len(info.shape.dim) else []
        return helper.make_tensor_value_info(name or tensor, info.elem_type, shape)


def constants_in(model: onnx.ModelProto, where: str) -> dict[str, NDArray[Any]]:
    """The constants of a model by name.

    Raises:
        EdgemlError: one is malformed, or lies in another file.
    """
    from onnx import TensorProto, numpy_helper

    tensors = model.graph.initializer
    if any(tensor.data_location == TensorProto.EXTERNAL for tensor in tensors):
        raise EdgemlError("has constants in another file", where, "export it again")
    with refusing(where, "has a constant that cannot be read", "export it again"):
        return {tensor.name: numpy_helper.to_array(tensor) for tensor in tensors}


def _ends(named: Mapping[str, Sequence[str]], values: set[str]) -> dict[str, str]:
    """The tensors that hold one of the values, with the value."""
    first = (
        (tensor, next((name for name in names if name in values), "")) for tensor, names in named.items()
    )
    return {tensor: name for tensor, name in first if name}


def _standard(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model with Identity in place of operators of other domains, which keep the shape of their input."""
    import onnx

    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    for node in copy.graph.node:
        if node.domain:
            node.op_type, node.domain = "Identity", ""
            del node.input[1:], node.attribute[:]
    return copy


def _magnitudes(part: onnx.ModelProto, peaks: Mapping[str, NDArray[Any]]) -> list[NDArray[np.float64]]:
    """Bounds of all tensors of an affine part, partial sums in any order included.

    All constants are made positive and all differences sums; float64 adds whole numbers of steps exactly.
    """
    import onnx
    from onnx.reference import ReferenceEvaluator

    for tensor in part.graph.initializer:
        values = onnx.numpy_helper.to_array(tensor)
        if values.dtype.kind == "f":
            tensor.CopyFrom(onnx.numpy_helper.from_array(np.abs(values.astype(np.float64)), tensor.name))
    for node in part.graph.node:
        if node.op_type == "Sub":
            node.op_type = "Add"
        for attribute in node.attribute:
            if node.op_type == "Cast" and attribute.i == onnx.TensorProto.FLOAT:
                attribute.i = onnx.TensorProto.DOUBLE
    feeds = {name: np.abs(values).astype(np.float64) for name, values in peaks.items()}
    results: Any = ReferenceEvaluator(part).run(None, feeds)
    return results


def _attributes(node: Any) -> dict[str, Any]:
    from onnx import helper

    return {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}


def _arranged(values: NDArray[Any], layout: Layout) -> NDArray[Any]:
    """(batch, *shape) in the graph's order as the tensor's elements; the inverse of `restore`."""
    if layout.order is Order.FIRST:
        return np.moveaxis(values, -1, 1)
    if layout.order is Order.FLAT:
        image = values.reshape(values.shape[0], *layout.image)
        return np.moveaxis(image, -1, 1).reshape(values.shape[0], -1)
    return values


def _tensor(
    codes: IntArray, info: ValueInfo, place: TensorPlace, kind: type[Any], more: int = 0
) -> NDArray[Any]:
    """Codes, with some fractional bits more, as the tensor's floats; every code of a value is one exactly."""
    exponents = np.broadcast_to(place.unit - np.asarray(info.type.frac, np.int64) - more, info.shape)
    values = np.ldexp(codes.astype(np.float64), exponents)
    return np.ascontiguousarray(_arranged(values, place.layout).astype(kind))


def _codes(tensor: NDArray[Any], info: ValueInfo, place: TensorPlace, more: int = 0) -> IntArray:
    """A tensor's floats as codes with some fractional bits more."""
    values = restore(tensor, info.shape, place.layout)
    return from_float(values, np.asarray(info.type.frac, np.int64) - place.unit + more)


def _grid(values: NDArray[Any]) -> int:
    """The exponent of the finest bit of any of the values, negated."""
    if values.dtype.kind != "f":
        return 0
    mantissas, exponents = np.frexp(values[values != 0].astype(np.float64))
    whole = np.ldexp(mantissas, 53).astype(np.int64)
    lowest = np.frexp((whole & -whole).astype(np.float64))[1] - 1
    return int(np.max(53 - exponents - lowest, initial=-4096))
