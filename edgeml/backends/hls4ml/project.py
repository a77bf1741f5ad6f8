"""From a plan to the files of an hls4ml project.

Invariant: after hls4ml's optimizer passes every type, constant, strategy and reuse factor is the planned one,
or nothing is returned. The bytes depend on plan and options alone.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import logging
import sys
import warnings
from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np

from edgeml import install
from edgeml.backends.hls4ml.layer import Hls4mlLayer, Precision
from edgeml.backends.hls4ml.manifest import MANIFEST, Hls4mlManifest, LayerValue
from edgeml.backends.hls4ml.options import Hls4mlOptions
from edgeml.backends.hls4ml.planner import LayerPlan
from edgeml.backends.hls4ml.reuse import Parallelism, choose
from edgeml.errors import EdgemlError, MissingToolError
from edgeml.files import FileSet
from edgeml.fixed import FixedType
from edgeml.ir import Graph
from edgeml.scratch import scratch_folder

"""The manifest with the project's variable of every graph value; read by the runner."""

_CONFIG = "hls4ml_config.yml"

_SEPCONV1D = "firmware/nnet_utils/nnet_sepconv1d_latency.h"
"""A header with the include guard of its 2-D twin in hls4ml 1.3.0: a project with both does not compile."""

_SMART_HLS = "$(SHLS_ROOT_DIR)"
"""SmartHLS for Libero's makefiles: its environment variable, because hls4ml would search for the program."""

_NEVER_USED = "fixed<61,29,TRN_ZERO,SAT_SYM,0>"
"""The default of every type, unlike any planned type: a type that equals it after the passes was not set."""


def build(graph: Graph, plan: LayerPlan, options: Hls4mlOptions) -> FileSet:
    """Write the project into memory.

    Raises:
        MissingToolError: hls4ml is not installed.
        EdgemlError: hls4ml refuses the project or changes a type.
    """
    parallel = choose(plan.layers, options)
    with scratch_folder() as folder, quiet():
        model = model_graph(plan, options, parallel, Path(folder) / "project")
        verify(model, plan, parallel)
        _hls4ml_does(lambda: _write(model), "cannot write the project")
        files = _collected(Path(folder) / "project", model.config.config)
    files[MANIFEST] = _manifest(graph, plan, options)
    return FileSet(files)


def model_graph(
    plan: LayerPlan, options: Hls4mlOptions, parallel: dict[str, Parallelism], folder: Path
) -> Any:
    """hls4ml's ModelGraph for a plan; it will write to `folder`.

    Raises:
        MissingToolError: hls4ml is not installed.
        EdgemlError: hls4ml refuses it.
    """
    try:
        from hls4ml.backends import get_backend
        from hls4ml.model.graph import ModelGraph
    except ImportError as error:
        raise MissingToolError(
            f"hls4ml is not installed ({error})", "hls4ml", install.command("hls4ml")
        ) from None

    target = options.target()
    extra = {"smarthls_path": _SMART_HLS} if target.backend == "Libero" else {}
    config = get_backend(target.backend).create_initial_config(
        part=target.part, clock_period=target.clock_period_ns, io_type=options.io_type, **extra
    )
    config |= {
        "Backend": target.backend,
        "ProjectName": options.project,
        "OutputDir": str(folder),
        "TraceOutput": _traced(options),
        "HLSConfig": {
            "Model": _model_config(plan),
            "LayerName": {
                name: _layer_config(layer, parallel[layer.name], options)
                for layer in plan.layers
                # In io_stream a Reshape becomes a "repack_..." whose copies take their type from here.
                for name in (layer.name, *((f"repack_{layer.name}",) if layer.kind == "Reshape" else ()))
            },
        },
    }
    return _hls4ml_does(
        lambda: ModelGraph.from_layer_list(
            config,
            [layer.description() for layer in plan.layers],
            list(plan.inputs.values()),
            list(dict.fromkeys(plan.outputs.values())),
        ),
        "does not accept the network",
    )


def _model_config(plan: LayerPlan) -> dict[str, Any]:
    """Settings of all layers; a quantizer with types per element must not make hls4ml choose the others."""
    config = {"Precision": _NEVER_USED, "ReuseFactor": 1, "Strategy": "latency", "BramFactor": 10**9}
    if any(layer.kind == "FixedPointQuantizer" for layer in plan.layers):
        config["BitExact"] = False
    return config


def verify(model: Any, plan: LayerPlan, parallel: dict[str, Parallelism]) -> None:
    """Compare hls4ml's layers with the planned ones.

    Raises:
        EdgemlError: a type, constant, strategy or reuse factor differs, or a layer is missing.
    """
    planned = {layer.name: layer for layer in plan.layers}
    for node in model.get_layers():
        name = node.name if node.name in planned else node.name.removeprefix("repack_")
        if name in planned:
            _verify_layer(node, planned.pop(name), parallel[name])
            continue
        # Layers that hls4ml inserts (clones and paddings of streams) only move values.
        precisions = [variable.type.precision for variable in node.get_variables()]
        if any(str(precision) != str(node.get_input_variable().type.precision) for precision in precisions):
            raise _changed(node.name, f"an inserted {node.class_name} changes the type")
    names = {name for name, layer in planned.items() if layer.kind != "Reshape"}
    if names:
        raise _changed(sorted(names)[0], "the layer was removed")


def _verify_layer(node: Any, layer: Hls4mlLayer, parallelism: Parallelism) -> None:
    expected = {f"{name}_t": str(precision) for name, precision in layer.precisions.items()}
    for name, named in node.types.items():
        if name == "index_t" and str(named.precision) == "uint<1>":
            continue  # of compressed weights; there are none
        wider = (
            layer.kind.startswith("MaxPooling") and name == "accum_t"
        )  # Catapult widens it; nothing is summed
        if wider and _holds(named.precision, layer.types["accum"].type):
            continue
        if str(named.precision) != expected.get(name):
            raise _changed(layer.name, f"{name} is {named.precision} instead of {expected.get(name)}")
    for variable in node.get_variables():
        if str(variable.type.precision) != expected["result_t"]:
            raise _changed(layer.name, f"its output is {variable.type.precision} instead of {layer.result}")
    for name, attribute in node.weights.items():
        constant = layer.weights.get(name)
        if constant is None or str(attribute.type.precision) != str(Precision(constant.type)):
            raise _changed(
                layer.name, f"{name} is {attribute.type.precision}, asked for {constant and constant.type}"
            )
        if not np.array_equal(np.sort(np.ravel(attribute.data)), np.sort(np.ravel(constant.values))):
            raise _changed(layer.name, f"the values of {name} are not those of the graph")
    if layer.kind not in ("InputLayer", "Reshape") and not node.get_attr("function_cpp"):
        raise EdgemlError(f"hls4ml's back end has no code for a {node.class_name}", layer.name)
    if layer.products is not None:
        set_by_hls4ml = (node.get_attr("strategy"), node.get_attr("reuse_factor"))
        if set_by_hls4ml != (parallelism.strategy, parallelism.reuse_factor):
            raise _changed(
                layer.name, f"strategy and reuse factor are {set_by_hls4ml} instead of {parallelism}"
            )


def _holds(precision: Any, type: FixedType) -> bool:
    """True if an hls4ml type holds every value of a type."""
    return (
        precision.integer - precision.signed >= type.integer - type.signed
        and precision.fractional >= type.frac
        and precision.signed >= type.signed
    )


def _changed(name: str, what: str) -> EdgemlError:
    return EdgemlError(f"hls4ml changed the plan: {what}", name, "this is a defect; please report it")


def _layer_config(layer: Hls4mlLayer, parallelism: Parallelism, options: Hls4mlOptions) -> dict[str, Any]:
    return {
        "Precision": {name: str(precision) for name, precision in layer.precisions.items()},
        "Strategy": parallelism.strategy,
        "ReuseFactor": parallelism.reuse_factor,
        "Trace": _traced(options) and layer.kind != "InputLayer",
        # hls4ml reads these from here and not from "Precision".
        **{f"{name}_t": str(precision) for name, precision in layer.types.items() if name != "accum"},
    }


def _traced(options: Hls4mlOptions) -> bool:
    """True if trace hooks are to be written; those of Quartus' io_stream all read the project's output."""
    backend = options.target().backend
    return options.trace and backend != "oneAPI" and (backend, options.io_type) != ("Quartus", "io_stream")


def _hls4ml_does(step: Any, what: str) -> Any:
    """Run a step of hls4ml, whose refusals may be of any exception class."""
    try:
        return step()
    except EdgemlError:
        raise
    except Exception as error:  # hls4ml raises bare Exception, RuntimeError, ValueError, KeyError...
        reason = str(error).strip() or type(error).__name__
        raise EdgemlError(f"hls4ml {what}: {reason}", "hls4ml") from error


@contextlib.contextmanager
def quiet() -> Generator[None]:
    """Suppress hls4ml's output and warnings, and keep it from loading TensorFlow.

    hls4ml's writers import Keras only to save a Keras model, and there is none here.
    """
    blocked = [name for name in ("keras", "tensorflow") if name not in sys.modules]
    disabled = logging.root.manager.disable
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), warnings.catch_warnings():
        warnings.filterwarnings("ignore")
        try:
            for name in blocked:
                sys.modules[name] = None  # type: ignore[assignment]  # makes the import raise ImportError
            yield
        finally:
            for name in blocked:
                sys.modules.pop(name, None)
            logging.disable(disabled)


def _write(model: Any) -> None:
    """Have hls4ml write its files.

    The wheel of hls4ml 1.3.0 lacks Libero's build_lib.sh, which only its own `compile` would run; the steps
    that come after it are done here.
    """
    try:
        model.write()
    except FileNotFoundError as error:
        writer = model.config.backend.writer
        if writer.__class__.__name__ != "LiberoWriter" or Path(str(error.filename)).name != "build_lib.sh":
            raise
        writer.write_nnet_utils(model)
        writer.write_generated_code(model)
        writer.write_yml(model)


def _collected(folder: Path, config: dict[str, Any]) -> dict[str, bytes]:
    """The files, with hls4ml's random stamp replaced by a digest and without the temporary folder's name."""
    import yaml  # hls4ml brings it

    stamp = str(config["Stamp"]).encode()
    files = {
        path.relative_to(folder).as_posix(): path.read_bytes().replace(str(folder).encode(), b".")
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != _CONFIG and path.suffix != ".pyc"  # Catapult's headers bring one
    }
    files = {name: mended_header(name, content) for name, content in files.items()}
    total = hashlib.sha256()
    for name, content in files.items():
        total.update(name.encode() + b"\0" + content.replace(stamp, b""))
    fixed_stamp = total.hexdigest()[:8]
    plain = {key: str(value) if isinstance(value, Path) else value for key, value in config.items()}
    plain |= {"OutputDir": ".", "Stamp": fixed_stamp}
    files = {name: content.replace(stamp, fixed_stamp.encode()) for name, content in files.items()}
    return files | {_CONFIG: yaml.safe_dump(plain).encode()}


def mended_header(name: str, content: bytes) -> bytes:
    """A header of hls4ml with the include guard that it should have.

    Args:
        name: its place in the project.
        content: as hls4ml brings it.
    """
    if name == _SEPCONV1D:
        return content.replace(b"CONV2D_LATENCY_H_", b"CONV1D_LATENCY_H_")
    return content


def _manifest(graph: Graph, plan: LayerPlan, options: Hls4mlOptions) -> bytes:
    def entry(name: str, layer: str) -> LayerValue:
        info = graph.info(name)
        return LayerValue(value=name, layer=layer, shape=info.shape, frac=info.frac)

    inner = plan.values.items() if _traced(options) else ()
    manifest = Hls4mlManifest(
        graph=graph.digest,
        backend=options.target().backend,
        project=options.project,
        options=options.model_dump(mode="json", exclude_none=True),
        inputs=tuple(entry(*pair) for pair in plan.inputs.items()),
        outputs=tuple(entry(*pair) for pair in plan.outputs.items()),
        # Values inside a composite op have no name in the graph.
        values=tuple(entry(*pair) for pair in inner if pair[0] in graph.infos),
    )
    return manifest.to_json().encode()
