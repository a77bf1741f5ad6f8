"""The names that commands take: for tab completion, and for the message about a missing argument.

Invariant: nothing heavy is imported, and a folder or registry that cannot be read has no names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, get_args, get_origin

import typer
from typer.core import TyperCommand, TyperGroup

from edgeml.errors import EdgemlError

_MOST = 12


def presets() -> list[str]:
    """Presets that ship with edgeml."""
    from edgeml import presets as registry

    return list(registry.names())


def boards() -> list[str]:
    """Boards that ship with edgeml."""
    from edgeml import boards as registry

    return list(registry.names())


def backends() -> list[str]:
    """Back ends, and all of them."""
    from edgeml import backends as registry

    return [*registry.names(), "all"]


def datasets() -> list[str]:
    """Data sets that edgeml knows."""
    from edgeml import datasets as registry

    return list(registry.names())


def tasks() -> list[str]:
    """Tasks of models."""
    from edgeml import tasks as registry

    return list(registry.names())


def runs() -> list[str]:
    """Run folders below runs/."""
    from edgeml.runs import run_folders

    return [folder.as_posix() for folder in run_folders()]


def mcus() -> list[str]:
    """Microcontrollers, and all of them."""
    from edgeml import mcus

    return [*mcus.names(), "all"]


def checks() -> list[str]:
    """The values of check --with."""
    from edgeml.checks.names import choices

    return [*choices(), "all"]


def settings() -> list[str]:
    """Keys of --set of training commands, each with its "="."""
    from edgeml.presets import Choices

    return [f"{key}=" for key in _keys(Choices)]


def import_settings() -> list[str]:
    """Keys of --set of imports, each with its "="."""
    from edgeml.importers.run import ImportChoices

    return [f"{key}=" for key in _keys(ImportChoices)]


def calibration_methods() -> list[str]:
    """Methods of quantize --method."""
    from edgeml.ptq import methods

    return list(methods.names())


def corrections() -> list[str]:
    """Corrections of quantize --correct."""
    from edgeml.ptq import corrections as registry

    return [*registry.names(), "none"]


def options(*names: str) -> list[str]:
    """Keys of --set of these back ends, or of all, each with its "="."""
    from edgeml import backends as registry

    kinds = {name: type(registry.load(name).options({})) for name in names or registry.names()}
    return [f"{name}.{key}=" for name, kind in kinds.items() for key in _keys(kind)]


def verilog_options() -> list[str]:
    """Keys of --set of synth, which takes those of Verilog."""
    return options("verilog")


def designs() -> list[str]:
    """Designs that are estimated."""
    from edgeml.estimate import designs as kinds

    return list(kinds())


def hls_backends() -> list[str]:
    """Back ends of hls4ml."""
    from edgeml.backends.hls4ml.options import HlsBackend

    return list(get_args(HlsBackend))


def io_types() -> list[str]:
    """The io types of hls4ml."""
    return ["io_parallel", "io_stream"]


def _keys(model: type[Any], before: str = "") -> Iterator[str]:
    """Dotted keys of a description's values."""
    for key, field in model.model_fields.items():
        if get_origin(field.annotation) in (dict, Mapping):
            continue  # a table by layer names, which only the model has
        kinds = [field.annotation, *get_args(field.annotation)]
        inner = next(
            (kind for kind in kinds if isinstance(kind, type) and hasattr(kind, "model_fields")), None
        )
        if inner is None:
            yield before + key
        else:
            yield from _keys(inner, f"{before}{key}.")


def begin_so(names: Callable[[], Sequence[str]], several: bool = False) -> Callable[[str], list[str]]:
    """A completer of one name, or of the last one of several between commas."""

    def complete(incomplete: str) -> list[str]:
        before, comma, begun = incomplete.rpartition(",") if several else ("", "", incomplete)
        listed = set(before.split(","))
        with suppress(EdgemlError, OSError):
            return [f"{before}{comma}{one}" for one in names() if one.startswith(begun) and one not in listed]
        return []

    return complete


class Command(TyperCommand):
    """A Typer command that refuses what is stated twice, of which the last one would hold without a word.

    That is an option with one value, and in options that are given again a key: --set training.epochs=5.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the arguments as Typer's command does.

        Raises:
            EdgemlError: something is stated twice.
        """
        if not ctx.resilient_parsing:
            values, _, order = self.make_parser(ctx).parse_args(list(args))
            for option in order:
                if option.param_type_name == "option" and not getattr(option, "is_flag", False):
                    _refuse_twice(option, order.count(option), values.get(option.name))
        return super().parse_args(ctx, args)


def _refuse_twice(option: Any, times: int, values: Any) -> None:
    """Refuse an option that is given so many times, or one of its keys.

    Raises:
        EdgemlError: says which.
    """
    flag = max(option.opts, key=len)
    if not option.multiple and times > 1:
        raise EdgemlError("is given twice", flag, f"state {flag} once")
    if option.multiple and "=" in (option.metavar or ""):
        keys = [str(value).partition("=")[0].strip() for value in values]
        twice = next((key for key in keys if keys.count(key) > 1), None)
        if twice is not None:
            raise EdgemlError(f"{twice} is stated twice", flag, f"state {flag} {twice}=... once")


class Commands(TyperGroup):
    """A Typer group that lists the choices when a name was left out."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command as Typer's group does.

        Raises:
            EdgemlError: an argument that names something is missing.
        """
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:
            parameter = getattr(error, "param", None)
            if type(error).__name__ != "MissingParameter" or parameter is None:
                raise
            offered = _offered(str(parameter.name))
            if not offered:
                raise
            what, hint = offered
            raise EdgemlError(f"needs {what}", f"edgeml {ctx.invoked_subcommand}", hint) from None


def _offered(name: str) -> tuple[str, str]:
    """A sentence with the choices for the missing argument; empty if it has none."""
    kinds: dict[str, tuple[str, Callable[[], list[str]], str]] = {
        "preset": ("a preset, or your own file.py", presets, "edgeml list presets says more"),
        "run": ("a run folder", runs, ""),
        "runs": ("a run folder", runs, ""),
        "board": ("--board", boards, "edgeml list boards says more"),
        "data": ("--data", datasets, "or your own .npz or .csv file"),
    }
    if name not in kinds:
        return "", ""
    what, names, more = kinds[name]
    there = names()
    if not there:
        return what, "there is none yet: edgeml run PRESET makes one"
    text = ", ".join(there[:_MOST]) + (f" and {len(there) - _MOST} more" if len(there) > _MOST else "")
    return what, f"there are {text}{f'; {more}' if more else ''}"
