"""The figures of one core: a program is linked, taken apart, and run on some samples under QEMU."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from edgeml import tools
from edgeml.backends.c.emulated import linked
from edgeml.backends.c.largest import LAYER, constants_by_function
from edgeml.backends.c.ports import MANIFEST, CManifest
from edgeml.backends.c.runner import check_ports, packed
from edgeml.errors import EdgemlError
from edgeml.figures import Figure
from edgeml.fixed import IntArray
from edgeml.footprint.figures import CoreFigures, LayerFootprint
from edgeml.ir import Graph
from edgeml.mcus.cores import McuCore
from edgeml.mcus.emulate import Block, emulate
from edgeml.mcus.listing import Listing, Symbol, listing

SAMPLES = 16
"""Samples that instructions are counted for: their number hardly depends on the sample."""

_MODEL_CODE = ".model_text"
_AROUND = ("main", "edgeml_start", "edgeml_begin", "edgeml_put", "edgeml_end")


def measure(folder: Path, graph: Graph, core: McuCore, codes: Mapping[str, IntArray]) -> CoreFigures:
    """Compile the C in a folder for a core, run it and count.

    Args:
        folder: where the C back end wrote its files.
        graph: what they were written from.
        core: the core.
        codes: (samples, *shape) by input; the first `SAMPLES` are run.

    Raises:
        MissingToolError: compiler, emulator or g++ (for QEMU's plugin) is missing; says how to get it.
        EdgemlError: the files are damaged or do not compile, or the program does not run.
    """
    manifest = CManifest.read(folder / MANIFEST)
    check_ports(manifest, graph, folder)
    sources, program = linked(core, folder, manifest, graph)
    parts = listing(core, program)
    functions = [one for one in parts.symbols if one.section == _MODEL_CODE]
    entry = f"{manifest.prefix}_run"
    names = list(dict.fromkeys(one.name for one in functions if one.name.startswith(LAYER)))
    names.append(entry)
    # What layers share has no role: it counts for the layer that ran last, as a library's functions do.
    roles = [(*_ends(one), names.index(one.name) + 1) for one in functions if one.name in names]
    roles += [(*_ends(one), 0) for one in parts.symbols if one.name in _AROUND]
    first = {name: values[:SAMPLES] for name, values in codes.items()}
    samples = len(first[graph.inputs[0]])
    if not samples:
        raise EdgemlError("there are no samples to run", str(folder), "export again")
    done = emulate(core, program, packed(manifest.inputs, first), samples, roles)
    constants = constants_by_function(sources.sources)
    spent = _spent(core, parts, done.blocks, done.samples)
    layers = tuple(
        LayerFootprint(
            layer="" if name == entry else name.removeprefix(LAYER),
            code=sum(
                one.size for one in functions if one.name == name or (name == entry and one.name not in names)
            ),
            constants=constants.get(name, 0),
            instructions=spent[at + 1][0],
            cycles=_cycles(*spent[at + 1][1:]),
        )
        for at, name in enumerate(names)
    )
    total = [sum(part) for part in zip(*spent.values(), strict=True)] or [0.0, 0.0, 0.0]
    return CoreFigures(
        core=core.name,
        compiler=_version(core.compiler),
        emulator=_version(core.emulator),
        code=parts.bytes_of(_MODEL_CODE),
        constants=parts.bytes_of(".model_constants"),
        support=parts.bytes_of(".support_text"),
        arena=parts.bytes_of(".model_bss", ".model_data"),
        buffers=sum(one.size * one.item_bytes for one in (*manifest.inputs, *manifest.outputs)),
        stack=done.stack,
        instructions=total[0],
        cycles=_cycles(total[1], total[2]),
        timing=core.timing.document,
        samples=done.samples,
        layers=layers,
    )


def _ends(symbol: Symbol) -> tuple[int, int]:
    """First address and address behind the end; Arm marks functions in Thumb code by an odd address."""
    start = symbol.at & ~1
    return start, start + symbol.size


def _spent(core: McuCore, parts: Listing, blocks: tuple[Block, ...], samples: int) -> dict[int, list[float]]:
    """Instructions, fewest and most cycles per sample by role."""
    addresses = list(parts.instructions)
    kinds = list(parts.instructions.values())
    result: dict[int, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
    for block in blocks:
        start = bisect_left(addresses, block.at)
        each = [core.timing.cycles[kind] for kind in kinds[start : start + block.instructions]]
        share = block.runs / samples
        spent = result[block.role]
        spent[0] += block.instructions * share
        spent[1] += sum(least for least, _ in each) * share
        spent[2] += sum(most for _, most in each) * share
    return result


def _cycles(least: float, most: float) -> Figure:
    """The middle of the interval, and the interval."""
    return Figure(value=(least + most) / 2, low=least, high=most)


def _version(name: str) -> str:
    tool = tools.load(name)
    installed = tool.find()
    return tool.executables[0] if installed is None else f"{installed.path.name} {installed.version}"
