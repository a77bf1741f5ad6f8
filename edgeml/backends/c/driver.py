"""Runs one layer of model.c alone, compiled with sanitizers.

The program around it puts the values that the layer reads where they lie in the whole program, makes the very
call of the whole program, and gives the result back. A variable that is cut takes numbers from outside, or
gives away those that it gets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edgeml.backends.c.layers import CutVariable, Layer, Region
from edgeml.backends.c.ports import CManifest
from edgeml.backends.c.runner import PLAIN, RUN_SECONDS, compiled
from edgeml.errors import EdgemlError
from edgeml.files import read_bytes
from edgeml.fixed import IntArray
from edgeml.scratch import scratch_folder
from edgeml.tools import run


@dataclass(frozen=True)
class Drive:
    """A part of a layer that can be run.

    Args:
        layer: the layer.
        entries: variables that take numbers from outside.
        result: the variable that gives its numbers away; None for the layer's result.
    """

    layer: Layer
    entries: tuple[CutVariable, ...]
    result: CutVariable | None


class Driver:
    """The program that runs parts of layers.

    Args:
        files: sources and headers of the program, by their place.
        source: the place of model.c.
        manifest: names and types.
        drives: the parts.
    """

    def __init__(
        self, files: Mapping[str, bytes], source: str, manifest: CManifest, drives: Sequence[Drive]
    ) -> None:
        self._cuts = [cut for layer in _layers(drives) for cut in layer.cuts]
        self._files = {**files, source: _with_cuts(files[source].decode(), self._cuts).encode()}
        self._source, self._manifest, self._drives = source, manifest, tuple(drives)
        self._program: Path | None = None

    def run(self, number: int, values: Mapping[str, IntArray], cuts: Mapping[str, IntArray]) -> IntArray:
        """Codes (vectors, elements) that a part makes of others.

        Args:
            number: of the part.
            values: codes (vectors, *shape) of every value that the layer reads.
            cuts: numbers (vectors, elements) of the variables that take some, by owner.

        Raises:
            EdgemlError: it does not compile, or a sanitizer found something.
        """
        drive = self._drives[number]
        if self._program is None:
            self._program = compiled(self._files, self._main(), flags=PLAIN)
        parts = [_bytes(values[region.port.value], _dtype(region)) for region in drive.layer.regions]
        parts += [_bytes(cuts[cut.owner], "<i8") for cut in drive.entries]
        count = max((len(part) for part in parts), default=1)
        with scratch_folder() as scratch:
            table = np.concatenate(parts, axis=1) if parts else np.zeros((1, 0), np.uint8)
            (scratch / "in").write_bytes(table.tobytes())
            words = ["in", "out", str(number), str(count)]
            run([self._program, *words], scratch, scratch / "log", RUN_SECONDS, writes=[scratch / "out"])
            data = read_bytes(scratch / "out", "output of the program")
        kind = "<i8" if drive.result is not None else _dtype(drive.layer.result)
        result = np.frombuffer(data, kind).astype(np.int64)
        if result.size % count:
            raise EdgemlError(f"wrote {result.size} numbers for {count} vectors", drive.layer.functions[-1])
        return result.reshape(count, -1)

    def _main(self) -> str:
        ports = (*self._manifest.inputs, *self._manifest.outputs)
        prefix = self._manifest.prefix
        return _MAIN.format(
            cuts="\n".join(
                f"static int64_t seen{n}[{len(c.numbers)}], given{n}[{len(c.numbers)}];"
                for n, c in enumerate(self._cuts)
            )
            or "/* none */",
            table="".join(
                f"{{seen{n}, given{n}, {len(c.numbers)}, 0, 0}}, " for n, c in enumerate(self._cuts)
            ),
            source=self._source,
            ports="\n".join(f"static {prefix}_{one.name}_t {one.name}[{one.size}];" for one in ports),
            cases="\n".join(self._case(n, drive) for n, drive in enumerate(self._drives)),
        )

    def _case(self, number: int, drive: Drive) -> str:
        numbers = {cut.owner: n for n, cut in enumerate(self._cuts)}
        lines = [f"    case {number}:"]
        for region in drive.layer.regions:
            size = region.port.size * region.port.item_bytes
            lines.append(f"        ok = ok && fread({_address(region)}, {size}, 1, in) == 1;")
        for cut in drive.entries:
            n = numbers[cut.owner]
            lines.append(
                f"        ok = ok && fread(given{n}, sizeof given{n}, 1, in) == 1; cuts[{n}].on = 1;"
            )
        lines.append(f"        {drive.layer.text};")
        if drive.result is not None:
            n = numbers[drive.result.owner]
            lines.append(f"        ok = ok && fwrite(seen{n}, sizeof seen{n}, 1, out) == 1;")
        else:
            result = drive.layer.result
            size = result.port.size * result.port.item_bytes
            lines.append(f"        ok = ok && fwrite({_address(result)}, {size}, 1, out) == 1;")
        for cut in drive.layer.cuts:  # all turns of the loops, or the numbers belong to others
            n = numbers[cut.owner]
            lines.append(f"        ok = ok && cuts[{n}].at == {len(cut.numbers)};")
        return "\n".join([*lines, "        break;"])


def _layers(drives: Sequence[Drive]) -> list[Layer]:
    return list({drive.layer.functions: drive.layer for drive in drives}.values())


def _address(region: Region) -> str:
    base = f"&{region.memory}" if region.memory == "arena" else region.memory
    return f"(unsigned char *){base} + {region.place}"


def _dtype(region: Region) -> str:
    return f"<{'i' if region.port.kind.signed else 'u'}{region.port.item_bytes}"


def _bytes(codes: IntArray, kind: str) -> NDArray[np.uint8]:
    """Codes (vectors, ...) as the memory of a program, (vectors, bytes)."""
    return np.ascontiguousarray(codes.reshape(len(codes), -1).astype(kind)).view(np.uint8)


def _with_cuts(text: str, cuts: Sequence[CutVariable]) -> str:
    """The source in which the variables pass through `edgeml_cut`."""
    changes: list[tuple[int, int, str]] = []
    for number, cut in enumerate(cuts):
        statement = cut.statement
        value = statement.exprs[0]
        assert value is not None
        if statement.what == "declare" and statement.name == cut.name:
            kind = statement.kind
            assert kind is not None
            changes.append((value.start, 0, f"({kind.number.name})edgeml_cut({number}, (int64_t)("))
            changes.append((_end(text, value.start), 1, "))"))
        else:
            changes.append((statement.start, 0, f"{cut.name} = edgeml_cut({number}, {cut.name}); "))
    for place, _, more in sorted(changes, reverse=True):
        text = text[:place] + more + text[place:]
    return text


def _end(text: str, start: int) -> int:
    """The end of an expression that begins at a place: its semicolon."""
    return text.index(";", start)


_MAIN = """\
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

{cuts}
static struct {{
    int64_t *seen, *given;
    long size, at, on;
}} cuts[] = {{{table}{{0, 0, 0, 0, 0}}}};

static int64_t edgeml_cut(int which, int64_t number)
{{
    const long at = cuts[which].at++;
    if (at >= cuts[which].size) {{
        abort();
    }}
    cuts[which].seen[at] = number;
    return cuts[which].on ? cuts[which].given[at] : number;
}}

#define EDGEML_TRACE(number, result, bytes) ((void)0)
#include "{source}"

{ports}

int main(int count, char **words)
{{
    if (count != 5) {{
        return 2;
    }}
    FILE *in = fopen(words[1], "rb");
    FILE *out = fopen(words[2], "wb");
    const long part = strtol(words[3], NULL, 10), vectors = strtol(words[4], NULL, 10);
    int ok = in != NULL && out != NULL;
    for (long i = 0; ok && i < vectors; ++i) {{
        for (unsigned n = 0; n < sizeof cuts / sizeof cuts[0]; ++n) {{
            cuts[n].at = 0;
            cuts[n].on = 0;
        }}
        switch (part) {{
{cases}
        default:
            ok = 0;
        }}
    }}
    if (out != NULL) {{
        ok = fclose(out) == 0 && ok;
    }}
    return ok ? 0 : 1;
}}
"""
