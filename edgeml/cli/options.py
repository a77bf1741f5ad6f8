"""Arguments and options that several commands share, with their tab completion."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from edgeml.cli import names
from edgeml.errors import EdgemlError

complete_runs = names.begin_so(names.runs)


def named(
    flag: str,
    text: str,
    completions: Callable[[], Sequence[str]],
    *,
    several: bool = False,
    metavar: str | None = None,
) -> Any:
    """An option whose value is a name, or several between commas, with tab completion.

    Args:
        flag: "--board".
        text: its help.
        completions: gives the names that exist.
        several: the value is a list between commas.
        metavar: the value's name in the help; None: that of its type.
    """
    complete = names.begin_so(completions, several)
    return typer.Option(flag, help=text, autocompletion=complete, metavar=metavar)


def setting(text: str, completions: Callable[[], Sequence[str]]) -> Any:
    """The option --set of a command; see `named`."""
    return named("--set", text, completions, metavar="KEY=VALUE")


def data_option(text: str) -> Any:
    """The option --data of a command: a data set or a file of the user's; see `named`."""
    return named("--data", text, names.datasets, metavar="NAME|FILE")


PresetArgument = Annotated[
    str,
    typer.Argument(
        help="A preset's name, or your own file.py with a PRESET.",
        autocompletion=names.begin_so(names.presets),
    ),
]
RunArgument = Annotated[
    Path, typer.Argument(help="A run folder, such as runs/digits_mlp.", autocompletion=complete_runs)
]
OutOption = Annotated[Path | None, typer.Option("--out", help="Run folder; runs/PRESET by default.")]
EpochsOption = Annotated[
    int | None,
    typer.Option("--epochs", help="Most epochs of either training phase; early stopping may take fewer."),
]
SeedOption = Annotated[int | None, typer.Option("--seed", help="Seed of initial weights and shuffling.")]
FoldsOption = Annotated[
    int,
    typer.Option("--folds", help="Train again on so many folds of the data, 3 or more; mean and spread."),
]
SeedsOption = Annotated[
    int, typer.Option("--seeds", help="Train again from so many seeds, of every fold if there are folds.")
]
JobsOption = Annotated[int, typer.Option("--jobs", help="Folds and seeds trained at a time.")]
SetOption = Annotated[
    list[str] | None,
    setting(
        "Change a setting of data, quantizers, training, targets, lowering or model, such as "
        "training.epochs=5.",
        names.settings,
    ),
]
ImportSetOption = Annotated[
    list[str] | None,
    setting(
        "Change a setting of data, targets or lowering, such as data.scaling=standard.", names.import_settings
    ),
]
BackendSetOption = Annotated[
    list[str] | None,
    setting("Change an option of a back end, such as verilog.reuse_factor=4.", names.options),
]
VerilogSetOption = Annotated[
    list[str] | None,
    setting(
        "Change an option of the Verilog back end, such as verilog.reuse_factor=4.", names.verilog_options
    ),
]
WeightsFileOption = Annotated[
    Path | None,
    typer.Option("--weights", help="The file with the weights, for an architecture in .json."),
]
LayerTypeOption = Annotated[
    list[str] | None,
    typer.Option("--layer-type", metavar="NAME=TYPE", help="The same of one layer; may be given again."),
]
Hls4mlConfigOption = Annotated[
    Path | None,
    typer.Option("--hls4ml-config", help="A configuration of hls4ml (YAML, JSON) whose types are taken."),
]
StrictOption = Annotated[
    bool,
    typer.Option(
        "--strict", help="Refuse layers whose integers may differ from Keras, instead of noting them."
    ),
]
OverwriteOption = Annotated[
    bool,
    typer.Option("--overwrite", help="Delete a run of another configuration in the run folder, begin anew."),
]
AnewOption = Annotated[
    bool, typer.Option("--overwrite", help="Delete the run in the run folder, and begin anew.")
]
McuOption = Annotated[
    str,
    named("--mcu", "Microcontrollers, separated by commas, or all.", names.mcus, several=True),
]
BoardOption = Annotated[
    str | None,
    named("--board", "A board, see edgeml list boards.", names.boards),
]
ClockOption = Annotated[
    float | None,
    typer.Option("--clock", metavar="MHZ", help="Clock to design for; the run's or the board's by default."),
]
BoardsOption = Annotated[
    list[str] | None,
    named(
        "--board",
        "A board to compare on, may be given again; those the run was made for and a few by default.",
        names.boards,
    ),
]
ToOption = Annotated[
    str, named("--to", "Back ends, separated by commas, or all.", names.backends, several=True)
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
MaxLatencyOption = Annotated[
    str | None,
    typer.Option("--max-latency", help="Reuse factors for so many clocks per sample, or a time: 500ns."),
]
IiOption = Annotated[
    int | None, typer.Option("--ii", min=1, help="Reuse factors for so many clocks between two samples.")
]
FitOption = Annotated[bool, typer.Option("--fit", help="Reuse factors with which it fits the board.")]
ClusterOption = Annotated[
    str,
    typer.Option(
        "--cluster", metavar="ADDRESS", help="Work on a Ray cluster: HOST:PORT, or auto on its machines."
    ),
]
GpusOption = Annotated[
    float,
    typer.Option("--gpus", help="Share of a GPU for each training, where the cluster has some; 0: none."),
]
SamplesOption = Annotated[
    int, typer.Option("--samples", help="Test samples to compare; 0: all, fewer for slow executors.")
]


def clock_of(mhz: float | None) -> float | None:
    """The clock that `--clock` asks for, in MHz; None: as the run or the board says.

    Raises:
        EdgemlError: it is no clock for an FPGA.
    """
    if mhz is not None and not 0 < mhz <= 1000:
        raise EdgemlError(f"{mhz:g} MHz is no clock for an FPGA", "--clock", "0 to 1000")
    return mhz


def gpus_of(share: float) -> float:
    """The share of a GPU that `--gpus` asks for.

    Raises:
        EdgemlError: it is none.
    """
    if not 0 <= share <= 1:
        raise EdgemlError(f"{share:g} is no share of a GPU", "--gpus", "0 to 1, 0.25 for four on one GPU")
    return share


def layer_types(assignments: list[str]) -> dict[str, str]:
    """NAME=TYPE, given again for each layer, as a table.

    Raises:
        EdgemlError: one is no such pair, or a layer is named twice.
    """
    table: dict[str, str] = {}
    for assignment in assignments:
        name, equals, type = (part.strip() for part in assignment.partition("="))
        if not (name and equals and type):
            raise EdgemlError("is not NAME=TYPE", f"--layer-type {assignment}", "write fc1=fixed<16,6>")
        if name in table:
            raise EdgemlError(f"the layer {name} is named twice", f"--layer-type {assignment}")
        table[name] = type
    return table


def comma_list(text: str, flag: str) -> list[str]:
    """Split at commas: "a,b" is ["a", "b"].

    Raises:
        EdgemlError: nothing is named.
    """
    names = [part.strip() for part in text.split(",") if part.strip()]
    if not names:
        raise EdgemlError("names nothing", flag)
    return list(dict.fromkeys(names))


def without_none(settings: dict[str, Any]) -> dict[str, Any]:
    """The settings without those that are None."""
    return {key: value for key, value in settings.items() if value is not None}
