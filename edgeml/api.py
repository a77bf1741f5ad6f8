"""What `import edgeml` offers, each function importing what it needs when it is called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from edgeml.backends.onnx.emulator import Emulator
    from edgeml.checks.result import Check
    from edgeml.files import FileSet
    from edgeml.fixed import FixedType
    from edgeml.ir import Graph
    from edgeml.runs import Run


def lower(
    model: Any,
    name: str = "",
    strict: bool = False,
    softmax: Literal["logits", "table"] = "logits",
    outputs: str | FixedType = "logits",
    factor_bits: int | Mapping[str, int] = 17,
) -> Graph:
    """The exact graph of a trained QKeras model; `graph.notes` says what its integers do not.

    Args:
        model: a Keras 3 model of quantized layers.
        name: of the graph; the model's own by default.
        strict: refuse what may differ from Keras, such as batch normalization, instead of noting it. A
            sigmoid or softmax that is left off at the end is noted, not refused: the logits are exact.
        softmax: what an output softmax becomes: "logits" leaves it off, "table" gives probabilities.
        outputs: "logits", "probabilities" for a sigmoid or softmax at the end by table, or the type of the
            output, such as "ufixed<8,0>", for these and any other activation at the end.
        factor_bits: significant bits (2 to 24) of factors that are not quantized, such as those of batch
            normalization; for all layers, or by layer ("default" is for the others).

    Raises:
        EdgemlError: a layer or quantizer is not covered, or a tensor is not quantized; names the layer.
        MissingToolError: TensorFlow or QKeras is not installed.
    """
    from edgeml.keras.lower import lower as lower_model
    from edgeml.presets import Lowering
    from edgeml.settings import parse_settings

    bits = dict(factor_bits) if isinstance(factor_bits, Mapping) else factor_bits
    options = parse_settings(Lowering, {"outputs": str(outputs), "factor_bits": bits}, "lower")
    return lower_model(model, name or None, strict, softmax, options)


def emulator(graph: Graph) -> Emulator:
    """A fast executor of the graph whose integers are the graph's.

    Its `predict(x)` takes floats (samples, ...) like the Keras input and returns float64 values
    code * 2^-frac of shape (samples, ...); with `raw=True` int64 codes.

    Raises:
        EdgemlError: an op needs more bits than float64 carries exactly.
    """
    from edgeml.backends.onnx.emulator import Emulator

    return Emulator(graph)


def emit(graph: Graph, target: str = "", /, **settings: Any) -> FileSet:
    """The files of one back end; nothing is written until `.write(folder)`.

        edgeml.emit(graph, "hls4ml", backend="Vivado", board="pynq-z2")

    Args:
        graph: the exact graph.
        target: a name from `edgeml list backends`. Both stand without a keyword, so that an option may have
            any name; `emit(graph, backend="onnx")` is understood where no target is given.
        **settings: the back end's options, such as board="pynq-z2" for hls4ml.

    Raises:
        EdgemlError: an unknown back end or option, or an op it cannot express.
        MissingToolError: the back end's package is not installed.
    """
    from edgeml import backends
    from edgeml.errors import EdgemlError

    name = target or settings.pop("backend", "")
    if not isinstance(name, str) or not name:
        raise EdgemlError(
            "no back end is named",
            "emit",
            'write edgeml.emit(graph, "onnx"); `edgeml list backends` lists them',
        )
    chosen = backends.load(name)
    return chosen.emit(graph, chosen.options(settings))


def check(
    graph: Graph,
    x: Any,
    backends: Sequence[str] = ("all",),
    settings: Mapping[str, Mapping[str, Any]] | None = None,
) -> Check:
    """Emit the graph for every back end that is there, run it and compare integers with the reference.

    Args:
        graph: the exact graph.
        x: floats (samples, ...) like the Keras input; a mapping by name for several inputs.
        backends: "all", or some of `evaluate` and the names from `edgeml list backends`; the names of rows,
            such as "onnxruntime" and "verilator", mean the same.
        settings: options by back end.

    Returns:
        The object behind check.json; `.ok` is false if anything differs or does not run to its end. A row is
        found by either name: `result["verilator"]` or `result["verilog"]`.

    Raises:
        EdgemlError: an unknown name or option, or data that do not fit.
    """
    from edgeml.checks.artefacts import check_graph

    return check_graph(graph, x, backends, settings)


def load(folder: str | Path) -> Run:
    """A run folder: its configuration, graph, data and results.

    Raises:
        EdgemlError: the folder is not a run.
    """
    from edgeml.runs import Run

    return Run.open(Path(folder))
