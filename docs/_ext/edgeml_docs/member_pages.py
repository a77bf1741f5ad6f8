"""Pages of what edgeml has, one table per folder: boards, microcontrollers, data sets, presets, layers, ...

A page is a function without arguments below `PAGES`; it loads every member of its folder, so that a member
that does not declare what it should ends the build.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from importlib import import_module
from inspect import getdoc
from pathlib import Path
from types import ModuleType
from typing import Any

from edgeml import backends, boards, datasets, importers, mcus, presets, tasks, tools
from edgeml.explore import knobs, metrics
from edgeml.folder import ModuleFolder, camel_case
from edgeml.keras import layers, operations, quantizers
from edgeml.keras.backend import import_keras, import_qkeras
from edgeml.keras.registry import class_of
from edgeml.lint import Rule
from edgeml.lint import code as lint_code
from edgeml.lint import load as load_rule
from edgeml.lint import names as rule_names
from edgeml.presets.sizes import bounds_text
from edgeml.ptq import corrections, methods
from edgeml_docs.markdown import table


def _page(title: str, lead: str, head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A page of one table."""
    return f"# {title}\n\n{lead}\n\n{NOTE}\n\n{table(head, rows)}"


NOTE = "Written from the folders when the site is built."


class UndescribedMemberError(Exception):
    """A member without a docstring."""


def first_sentence(thing: Any, name: str) -> str:
    """The first paragraph of a docstring.

    Raises:
        UndescribedMemberError: it has none.
    """
    text = (getdoc(thing) or "").strip().split("\n\n")[0]
    if not text:
        raise UndescribedMemberError(f"{name} has no docstring")
    return text


def boards_page() -> str:
    """Boards and bare parts."""
    rows = [
        (
            f"`{b.name}`",
            b.title,
            b.family,
            f"`{b.part}`",
            f"{b.resources.lut:,}",
            f"{b.resources.dsp:,}",
            f"{b.clock_mhz:g}",
            f"`{b.flow.value}`",
            ", ".join(f"[{s.document}]({s.url})" for s in b.sources),
        )
        for b in map(boards.load, boards.names())
    ]
    head = ("name", "board", "family", "part", "LUT", "DSP", "clock in MHz", "flow", "sources")
    return _page(
        "Boards", "`edgeml list boards`; how each is used: [synthesis](../synthesis.md).", head, rows
    )


def mcus_page() -> str:
    """Microcontrollers."""
    rows = [
        (
            f"`{m.name}`",
            m.title,
            f"`{m.core}`",
            f"{m.clock_mhz:g}",
            f"{m.flash.kib:,}",
            f"{m.ram.kib:,}",
            "yes" if m.dsp else "no",
            m.fpu,
            ", ".join(f"[{s.document}]({s.url})" for s in m.sources),
        )
        for m in map(mcus.load, mcus.names())
    ]
    head = (
        "name",
        "device",
        "core",
        "MHz",
        "flash in KiB",
        "RAM in KiB",
        "DSP instructions",
        "FPU",
        "sources",
    )
    lead = "`edgeml list mcus`; what is measured: [microcontrollers](../mcus.md)."
    return _page("Microcontrollers", lead, head, rows)


def datasets_page() -> str:
    """Data sets."""
    rows = []
    for name in datasets.names():
        info = datasets.info(name)
        kinds = f"{len(info.classes)} classes" if info.classes else f"{len(info.targets)} targets"
        shape = " x ".join(map(str, info.shape))
        source = f"[{info.source}]({info.url})" if info.url.startswith("http") else info.source
        rows.append((f"`{name}`", info.title, shape, kinds, f"{info.samples:,}", info.licence, source))
    head = ("name", "title", "shape of a sample", "outputs", "samples", "licence", "source")
    return _page("Data sets", "`edgeml list datasets`; files of your own: [data](../data.md).", head, rows)


def presets_page() -> str:
    """Presets."""
    rows = [
        (
            f"`{p.name}`",
            p.summary,
            f"`{p.data.dataset}`",
            str(p.quantizers.weights.bits),
            str(p.quantizers.activations.bits),
            bounds_text(p.sizes),
            f"`{p.targets.board}`",
        )
        for p in map(presets.load, presets.names())
    ]
    head = (
        "name",
        "network",
        "data",
        "bits of weights",
        "bits of activations",
        "sizes",
        "board",
    )
    lead = (
        "`edgeml run NAME` trains one; what they reach: [accuracy of the presets](../presets.md). The files "
        "lie in `models/` and are the best pattern for your own. Sizes may vary within these bounds, "
        "`--set model.sizes.fc1=24`; [edgeml explore](../explore.md) searches among them."
    )
    return _page("Presets", lead, head, rows)


def layers_page() -> str:
    """Layers, quantizers and operations of Keras."""
    import_keras()
    import_qkeras()
    parts = ["# Layers, quantizers, operations\n", f"How they are used: [layers](../layers.md).\n\n{NOTE}\n"]
    for title, folder in (("Layers", layers), ("Quantizers", quantizers), ("Operations", operations)):
        rows = [_class_row(folder, name) for name in folder.names()]
        parts.append(f"## {title}\n\n{table(('class', 'what it becomes'), rows)}")
    return "\n".join(parts)


def _class_row(folder: Any, name: str) -> tuple[str, str]:
    """The class, and the sentence of its file without the name that it begins with."""
    text = _first_of_module(folder, name)
    _, colon, rest = text.partition(": ")
    return f"`{_class_name(folder, name)}`", rest if colon else text


def _class_name(folder: Any, name: str) -> str:
    """As users write it; operations are no classes of a package that users import."""
    kind = None if folder is operations else class_of(name)
    return camel_case(name) if kind is None else kind.__name__


def _first_of_module(folder: Any, name: str) -> str:
    package = folder.__name__
    module = import_module(f"{package}.{ModuleFolder('x', package).path(name).stem}")
    return first_sentence(module, f"{package}.{name}")


def _files_of(package: ModuleType) -> list[tuple[str, str]]:
    """The members of a package, each with the first sentence of its file."""
    names = ModuleFolder("member", package.__name__).names()
    return [(name, _first_of_module(package, name)) for name in names]


def backends_page() -> str:
    """Back ends."""
    rows = [(f"`{b.name}`", b.summary) for b in map(backends.load, backends.names())]
    return (
        f"# Back ends\n\n`edgeml export RUN --to NAME`.\n{NOTE}\n{table(('name', 'what is written'), rows)}"
    )


def ops_page() -> str:
    """Ops of the exact graph."""
    folder = ModuleFolder("op", "edgeml.ir.ops")
    rows = [_op_row(name, folder.load(name)) for name in folder.names()]
    lead = "`print(graph)` shows them. A composite op expands to core ops, which every back end answers."
    head = ("op", "what it does", "back ends with a rule of their own")
    return _page("Ops of the exact graph", lead, head, rows)


def _op_row(name: str, module: Any) -> tuple[str, str, str]:
    kind = getattr(module, camel_case(name))
    having = [
        backend
        for backend in backends.names()
        if (Path(import_module(f"edgeml.backends.{backend}").__path__[0]) / "ops" / f"{name}.py").is_file()
    ]
    return f"`{camel_case(name)}`", first_sentence(kind, name), ", ".join(having) or "none: it expands"


def lint_page() -> str:
    """Lint rules, as a table; docs/lint.md has the words."""
    rows = [
        (
            f"[`{lint_code(name)}`](../lint.md#{_slug(f'{lint_code(name)}: {rule.title}')})",
            rule.severity.value,
            rule.title,
        )
        for name in rule_names()
        for rule in [load_rule(name)]
    ]
    lead = "`edgeml lint FILE`; each with its reason and remedy: [lint](../lint.md)."
    return _page("Lint rules", lead, ("rule", "severity", "what it finds"), rows)


def _rule_row(code: str, rule: Rule) -> tuple[str, str, str]:
    place = _slug(f"{code}: {rule.title}")
    return f"[`{code}`](../lint.md#{place})", rule.severity.value, rule.title


def _slug(title: str) -> str:
    return re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-")


def others_page() -> str:
    """Everything else that is a folder: tasks, formats of models, tools, calibration."""
    parts = [f"# Tasks, formats, tools, calibration\n\n{NOTE}\n"]
    sections: Iterable[tuple[str, str, list[tuple[str, str]]]] = (
        (
            "Tasks",
            "`data.task`: [training](../training.md#the-task).",
            [(n, tasks.load(n).title) for n in tasks.names()],
        ),
        (
            "Formats of imported models",
            "`edgeml import`: [importing](../importing.md), [Keras](../importing-keras.md).",
            [(n, importers.load(n).title) for n in importers.names()],
        ),
        (
            "Calibration methods",
            "`edgeml quantize --method`: [quantizing](../quantizing.md).",
            _files_of(methods),
        ),
        (
            "Corrections after training",
            "`edgeml quantize --correct`: [quantizing](../quantizing.md).",
            _files_of(corrections),
        ),
        (
            "Knobs of a search",
            "`edgeml explore --knobs`: [exploring](../explore.md).",
            _files_of(knobs),
        ),
        (
            "Figures of a search",
            "`edgeml explore --objectives`: [exploring](../explore.md).",
            _files_of(metrics),
        ),
        (
            "Tools",
            "`edgeml doctor` says which of them are found, and how to get the others.",
            _files_of(tools),
        ),
    )
    for title, lead, rows in sections:
        parts.append(
            f"## {title}\n\n{lead}\n\n{table(('name', 'meaning'), [(f'`{n}`', text) for n, text in rows])}"
        )
    return "\n".join(parts)


PAGES: dict[str, Callable[[], str]] = {
    "boards": boards_page,
    "mcus": mcus_page,
    "datasets": datasets_page,
    "presets": presets_page,
    "layers": layers_page,
    "backends": backends_page,
    "ops": ops_page,
    "lint-rules": lint_page,
    "others": others_page,
}
"""Name of each page -> what writes it."""
