"""The page of every command, from the Typer application: usage, help, arguments and options.

Invariant: an argument or option without a help text is an error.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import typer

from edgeml.cli.main import build_app
from edgeml_docs.markdown import table

HEAD = """# Commands

Written from the commands themselves when the site is built; `edgeml COMMAND --help` prints the same. What all
of them keep to, exit codes among it, is on [another page](../commands.md); every key of `--set` is on
[one more](settings.md).

"""


class UndescribedOptionError(Exception):
    """An option without a help text."""


def commands() -> dict[str, Any]:
    """Every command by its name, in the order of `edgeml --help`."""
    return dict(typer.main.get_group(build_app()).commands)


def page() -> str:
    """The page of all commands."""
    found = commands()
    overview = table(
        ("command", "what it does"), [(f"[`{n}`](#edgeml-{n})", _first(c)) for n, c in found.items()]
    )
    return (
        HEAD
        + overview
        + "".join(f"\n## edgeml {name}\n\n{_section(name, one)}" for name, one in found.items())
    )


def _first(command: Any) -> str:
    return _text(command).split("\n\n")[0]


def _text(command: Any) -> str:
    """The help text, with its paragraphs; an indented paragraph is a block of commands."""
    text = (command.help or "").replace("\b\n", "").strip()
    if not text:
        raise UndescribedOptionError(f"edgeml {command.name} has no help")
    return re.sub(r"(?<!`)(--[a-z][\w-]*)(?!`)", r"`\1`", text)


def _section(name: str, command: Any) -> str:
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    options = [p for p in command.params if p.param_type_name == "option" and not p.hidden]
    usage = " ".join(["edgeml", name, *map(_argument, arguments), *(["[OPTIONS]"] if options else [])])
    parts = [f"    {usage}\n", _text(command) + "\n"]
    if arguments:
        rows = [(f"`{_argument(one)}`", _help(name, one)) for one in arguments]
        parts.append(table(("argument", "meaning"), rows))
    if options:
        rows = [(_flags(one), _help(name, one), _default(one)) for one in options]
        parts.append(table(("option", "meaning", "default"), rows))
    return "\n".join(parts)


def _argument(parameter: Any) -> str:
    name = parameter.name.upper() + ("..." if parameter.nargs == -1 else "")
    return name if parameter.required else f"[{name}]"


def _flags(parameter: Any) -> str:
    flags = ", ".join(f"`{flag}`" for flag in (*parameter.opts, *parameter.secondary_opts))
    value = (
        "" if parameter.is_flag else f" {parameter.metavar or _kind(parameter.type_descriptor.annotation)}"
    )
    return flags + value + (", again for more" if parameter.multiple else "")


def _kind(annotation: Any) -> str:
    """The name of an option's values, as `--help` prints it.

    Raises:
        KeyError: of a type that no command has had before.
    """
    inner = get_args(annotation)[0] if get_origin(annotation) is list else annotation
    if get_origin(inner) is Literal:
        return "/".join(map(str, get_args(inner)))
    return {int: "INTEGER", float: "FLOAT", str: "TEXT", Path: "PATH"}[inner]


def _help(name: str, parameter: Any) -> str:
    if not parameter.help:
        raise UndescribedOptionError(f"edgeml {name}: {parameter.opts} has no help text")
    return re.sub(r"(?<![`\w])(--[a-z][\w-]*)", r"`\1`", parameter.help)


def _default(parameter: Any) -> str:
    value = parameter.default
    if callable(value) or value in (None, False, "", [], ()):
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"
