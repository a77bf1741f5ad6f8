"""The functions of `import edgeml`; each imports what it needs when it is called.

A graph: `lower`, `evaluate`, `trace`, `emulator`, `emit`, `check`. A run folder, step by step as on the
command line: `train`, `export`, `check`, `estimate`, `synth`, `report`, and `load` for one that is there.

Invariant: a function here adds nothing but names and defaults to what lies below; nothing is printed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

from edgeml.arguments import path_of, run_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from edgeml.backends.onnx.emulator import Emulator
    from edgeml.boards import Board
    from edgeml.checks.result import Check
    from edgeml.estimate import Ledger, Preflight
    from edgeml.files import FileSet
    from edgeml.fixed import FixedType
    from edgeml.ir import Graph
    from edgeml.pipeline import Exported, Synthesis
    from edgeml.report.facts import Facts
    from edgeml.runs import Run
    from edgeml.types import Data, KerasModel, PathLike, Settings, Tell

_FOLDER = "give a folder"


def lower(
    model: KerasModel,
    name: str = "",
    strict: bool = False,
    softmax: Literal["logits", "table"] = "logits",
    outputs: str | FixedType = "logits",
    factor_bits: int | Mapping[str, int] | None = None,
    input_type: str | FixedType | Mapping[str, str] | None = None,
    float_type: str | FixedType | None = None,
    layer_types: Mapping[str, str] | None = None,
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
            normalization; for all layers, or by layer ("default" is for the others). None: float32's 24.
        input_type: what the input is rounded to before anything else, "ufixed<8,8>" for pixels from 0 to 255;
            for all inputs, or by name. By default the QActivation behind the input says so.
        float_type: the type of layers that the model leaves in float, such as "fixed<16,6>": their weights
            and biases are rounded to it, and their results where another layer reads them; this is noted.
        layer_types: the same by layer, over `float_type`: {"logits": "fixed<16,6>"}.

    Raises:
        EdgemlError: a layer or quantizer is not covered, or a tensor is not quantized; names the layer.
        MissingToolError: TensorFlow or QKeras is not installed.
    """
    from edgeml.keras.lower import lower as lower_model
    from edgeml.presets import Lowering
    from edgeml.settings import parse_settings

    bits = dict(factor_bits) if isinstance(factor_bits, Mapping) else factor_bits
    kinds = dict(input_type) if isinstance(input_type, Mapping) else str(input_type) if input_type else None
    settings = {
        "outputs": str(outputs),
        "factor_bits": bits,
        "input_type": kinds,
        "float_type": None if float_type is None else str(float_type),
        "layer_types": dict(layer_types or {}),
    }
    options = parse_settings(Lowering, settings, "lower")
    return lower_model(model, name or None, strict, softmax, options)


@overload
def trace(graph: Graph, x: Data, raw: Literal[False] = False) -> dict[str, NDArray[np.float64]]: ...
@overload
def trace(graph: Graph, x: Data, raw: Literal[True]) -> dict[str, NDArray[np.int64]]: ...
def trace(graph: Graph, x: Data, raw: bool = False) -> Mapping[str, NDArray[Any]]:
    """Every inner value of the network, exact, to compare with another executor's.

    Args:
        graph: the exact graph.
        x: floats (samples, ...) like the Keras input; for several inputs a mapping by name or all in order.
        raw: give int64 codes instead of values.

    Returns:
        By the value's name, as `print(graph)` has it, in the graph's order, constants left out: float64
        values code * 2^-frac (or the codes) of shape (samples, ...).

    Raises:
        EdgemlError: the data do not fit the inputs.
    """
    from edgeml.fixed import to_float
    from edgeml.ir import evaluate_codes, graph_of, input_codes

    graph = graph_of(graph)
    names = [node.name for node in graph.nodes if node.op.op_name() != "const"]
    codes = evaluate_codes(graph, input_codes(graph, x), names)
    return {name: codes[name] if raw else to_float(codes[name], graph.info(name).type.frac) for name in names}


def emulator(graph: Graph) -> Emulator:
    """A fast executor of the graph whose integers are the graph's.

    Its `predict(x)` takes floats (samples, ...) like the Keras input and returns float64 values
    code * 2^-frac of shape (samples, ...); with `raw=True` int64 codes.

    Args:
        graph: the exact graph.

    Raises:
        EdgemlError: an op needs more bits than float64 carries exactly.
    """
    from edgeml.backends.onnx.emulator import Emulator
    from edgeml.ir import graph_of

    return Emulator(graph_of(graph))


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
    from edgeml.ir import graph_of

    graph, name = graph_of(graph), target or settings.pop("backend", "")
    if not isinstance(name, str) or not name:
        raise EdgemlError(
            "no back end is named",
            "emit",
            'write edgeml.emit(graph, "onnx"); `edgeml list backends` lists them',
        )
    chosen = backends.load(name)
    return chosen.emit(graph, chosen.options(settings))


@overload
def check(
    graph: Graph,
    x: Data,
    backends: Sequence[str] = ("all",),
    settings: Mapping[str, Settings] | None = None,
    progress: Tell | None = None,
) -> Check: ...
@overload
def check(
    graph: Run | PathLike, *, backends: Sequence[str] = ("all",), progress: Tell | None = None
) -> Check: ...
def check(
    graph: Graph | Run | PathLike,
    x: Data | None = None,
    backends: Sequence[str] = ("all",),
    settings: Mapping[str, Settings] | None = None,
    progress: Tell | None = None,
) -> Check:
    """Emit the graph for every back end that is there, run it and compare integers with the reference.

    Of a run, its artefacts are run as they lie in its folder, on its own test samples, and check.json is
    written; `x` and `settings` are for graphs.

    Args:
        graph: the exact graph; or a run or its folder.
        x: floats (samples, ...) like the Keras input; a mapping by name for several inputs.
        backends: "all", or some of `evaluate` and the names from `edgeml list backends`; the names of rows,
            such as "onnxruntime" and "verilator", mean the same.
        settings: options by back end.
        progress: called with a line about each executor that runs; `print` works.

    Returns:
        The object behind check.json; `.ok` is false if anything differs or does not run to its end. A row is
        found by either name: `result["verilator"]` or `result["verilog"]`.

    Raises:
        EdgemlError: an unknown name or option, or data that do not fit.
    """
    from edgeml import pipeline
    from edgeml.checks.artefacts import check_graph
    from edgeml.errors import EdgemlError
    from edgeml.ir import Graph

    if not isinstance(graph, Graph):
        if x is not None or settings:
            raise EdgemlError("a run is checked on its own data", "check", "for other data give run.graph()")
        return pipeline.check(run_of(graph), backends, tell=progress or _quiet)
    if x is None:
        raise EdgemlError("needs data", "check", "give floats (samples, ...) like the Keras input")
    return check_graph(graph, x, backends, settings, progress)


# ---------------------------------------------------------------- a run folder, step by step


def load(folder: PathLike) -> Run:
    """A run folder: its configuration, graph, data and results.

    Args:
        folder: the folder, or its name below runs/.

    Raises:
        EdgemlError: it is no run; near names below runs/ are named.
    """
    return run_of(folder)


def train(
    preset: PathLike,
    out: PathLike | None = None,
    epochs: int | None = None,
    seed: int | None = None,
    settings: Settings | None = None,
    strict: bool = False,
    progress: Tell | None = None,
) -> Run:
    """Train a preset and lower it to the exact graph; goes on where an interrupted run stopped.

    Args:
        preset: a name from `edgeml list presets`, or your own file.py with a PRESET.
        out: the run folder; runs/PRESET by default.
        epochs: most epochs of either training phase; early stopping may take fewer.
        seed: of initial weights and shuffling; 0 by default.
        settings: changes to the preset's, as --set takes them: {"quantizers": {"weights": {"bits": 4}}} or
            {"quantizers.weights.bits": 4}.
        strict: refuse what may differ from Keras instead of noting it.
        progress: called with a line about the progress every few seconds; `print` works.

    Returns:
        The run, with config.toml, model.keras, float.keras, history.csv, graph.json and golden.npz.

    Raises:
        EdgemlError: an unknown preset or setting, data that is not there, a folder that holds another run
            or is in use, a model that cannot be lowered, or one that was pruned until no output varies.
        MissingToolError: TensorFlow, QKeras or scikit-learn is not installed.
    """
    from edgeml import pipeline, presets
    from edgeml.locks import locked
    from edgeml.settings import assignments

    chosen = presets.load(path_of(preset, "preset", "give a preset's name or file"))
    choices = presets.choose(chosen, assignments(settings or {}), seed, epochs)
    folder = path_of(out, "out", _FOLDER) if out is not None else Path("runs") / chosen.name
    from edgeml.training.progress import LineProgress, SilentProgress
    from edgeml.training.small.collapse import refuse_constant
    from edgeml.training.train import train as train_preset

    with locked(folder):
        run = train_preset(
            chosen, folder, choices, LineProgress(progress) if progress else SilentProgress(), strict
        )
        (progress or _quiet)("lowering")
        refuse_constant(run, pipeline.lower(run, strict))
    return run


def export(
    run: Run | PathLike,
    backends: Sequence[str] = ("all",),
    settings: Mapping[str, Settings] | None = None,
    progress: Tell | None = None,
) -> list[Exported]:
    """Write the artefacts of some back ends into the run folder, for `check`, `report` and the command line.

    Args:
        run: a run or its folder.
        backends: "all", or names from `edgeml list backends`.
        settings: options by back end, put over the run's targets.
        progress: called with a line about each artefact that is written; `print` works.

    Returns:
        A row per back end; one that cannot express the network, or lacks its package, says why.

    Raises:
        EdgemlError: an unknown back end or option, or a folder that cannot be written.
    """
    from edgeml import backends as back_ends
    from edgeml import pipeline

    opened = run_of(run)
    names = back_ends.names() if "all" in backends else backends
    return pipeline.export(
        opened, names, pipeline.target_settings(opened, settings or {}), progress or _quiet
    )


def estimate(
    graph: Graph | Run | PathLike,
    board: str | Path | Board,
    design: str = "verilog",
    settings: Settings | None = None,
    max_latency: int | str | None = None,
    ii: int | None = None,
    fit: bool = False,
    ledger: PathLike | None = None,
) -> Preflight:
    """The resources and times of a design on a board, and whether it fits, before anything is synthesized.

    Args:
        graph: the exact graph, or a run or its folder, whose targets then count as well.
        board: a name from `edgeml list boards`, a board's .toml file, or a board.
        design: the kind of design: "verilog" (our own) or "hls4ml".
        settings: options of that back end, such as {"reuse_factor": 8}.
        max_latency: choose reuse factors for at most so many clocks (100), or a time ("500ns").
        ii: choose them for so many clocks between two samples.
        fit: choose them so that the design fits the board.
        ledger: a file of earlier results, which narrow the intervals; by default none is read, so that equal
            arguments give equal figures. The commands read the file that `edgeml ledger` names.

    Returns:
        `.estimate` has the figures, each with the interval it lies in; `.state` says whether it fits and
        `.needs` why; `.solution` has the chosen options of the back end.

    Raises:
        EdgemlError: the back end cannot express the network or target the board, or no reuse factors do.
    """
    from edgeml.boards.target import TargetRequest
    from edgeml.estimate import preflight
    from edgeml.ir import Graph
    from edgeml.synth import wish

    target = _board(board)
    by_design = {design: _nested(settings)}
    if isinstance(graph, Graph):
        exact, chosen = graph, wish.settings(TargetRequest(), {}, by_design, (), target)[1]
    else:
        opened = run_of(graph)
        exact, chosen = opened.graph(), opened.settings(by_design, (), target)[1]
    options = {key: value for key, value in chosen[design].items() if key not in ("board", "part")}
    request = wish.Wish(str(max_latency) if max_latency is not None else None, ii, fit)
    goal = request.goal(wish.clock_ns(design, options, target))
    return preflight(exact, target, design, options, goal, ledger=_ledger(ledger))


def synth(
    run: Run | PathLike,
    board: str | Path | Board,
    clock_mhz: float | None = None,
    until: Literal["synthesis", "place", "bitstream"] | None = None,
    seed: int = 1,
    settings: Settings | None = None,
    seconds: float = 7200.0,
    progress: Tell | None = None,
    ledger: PathLike | None = None,
) -> Synthesis:
    """Synthesize the run's Verilog for a board with the tools that are there; open boards get a bitstream.

    Args:
        run: a run or its folder.
        board: a name from `edgeml list boards`, a board's .toml file, or a board.
        clock_mhz: to design for; the run's by default, else the board's.
        until: the last step.
        seed: of the placement.
        settings: options of the Verilog back end, such as {"reuse_factor": 8}.
        seconds: time limit of each program.
        progress: called with a line about each step that begins; `print` works.
        ledger: a file of earlier results, to which the tools' figures are added; by default there is none.
            `edgeml synth` takes the file that `edgeml ledger` names.

    Returns:
        The folder, the figures with their source, the vendor's project and why its tool did not run.

    Raises:
        EdgemlError: the design does not fit, an integer differs, or a tool failed (names the log).
        MissingToolError: a tool is missing.
    """
    from edgeml import pipeline
    from edgeml.synth.request import Request

    request = Request(clock_mhz, until, seed, _nested(settings), seconds)
    return pipeline.synth(run_of(run), _board(board), request, _ledger(ledger), progress or _quiet)


def report(
    run: Run | PathLike,
    folder: PathLike | None = None,
    boards: Sequence[str | Path | Board] = (),
    progress: Tell | None = None,
    ledger: PathLike | None = None,
) -> Facts:
    """Write report.html, report.md and report.json of a run.

    Args:
        run: a run or its folder.
        folder: where they are written; the run's own by default.
        boards: to compare its designs on; by default those it was made for, and a few of each kind.
        progress: called with a line about each part of the report; `print` works.
        ledger: a file of earlier results, which narrow the estimates; by default none is read. The command
            `edgeml report` reads the file that `edgeml ledger` names.

    Returns:
        The facts behind the report, as report.json has them.

    Raises:
        EdgemlError: a file of the run is missing or damaged.
        MissingToolError: the report's packages are not installed.
    """
    from edgeml import pipeline

    where = path_of(folder, "folder", _FOLDER) if folder is not None else None
    return pipeline.report(
        run_of(run), _ledger(ledger), progress or _quiet, where, [_board(board) for board in boards]
    )


def _quiet(what: str) -> None:
    del what


def _board(board: str | Path | Board) -> Board:
    from edgeml import boards

    return board if isinstance(board, boards.Board) else boards.load(board)


def _ledger(path: PathLike | None) -> Ledger:
    from edgeml.estimate import EMPTY, Ledger

    return EMPTY if path is None else Ledger(path_of(path, "ledger", "give the ledger's file"))


def _nested(settings: Settings | None) -> dict[str, Any]:
    """Dotted keys as tables."""
    from edgeml.settings import assignments, set_values

    return set_values({}, assignments(settings or {}))
