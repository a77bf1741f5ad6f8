"""Digests of every file that is emitted, to show what a change of the code does to the artefacts.

    python -m tests.emitted write BEFORE.json          on one commit
    python -m tests.emitted write AFTER.json           on another
    python -m tests.emitted compare BEFORE.json AFTER.json     exit code 1 if a file differs

Emitted are the graphs of `tests.zoo` and, with `--presets`, every preset with random weights, by every back
end with its default options and, for those that have one, as a stream. A refusal counts with its text.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from edgeml import backends, presets
from edgeml.errors import EdgemlError
from edgeml.ir import Graph
from tests.zoo import zoo

VARIANTS: dict[str, tuple[dict[str, Any], ...]] = {
    "hls4ml": ({}, {"io_type": "io_stream"}),
    "verilog": ({}, {"mode": "stream"}),
}
"""Options of each back end; those not named here are emitted with their defaults."""


def preset_graphs() -> Iterator[Graph]:
    """Every preset, lowered with the weights that a seed of 1 gives."""
    from edgeml.keras.backend import import_keras
    from edgeml.keras.lower import lower
    from edgeml.training.build import build_model

    for name in presets.names():
        preset = presets.load(name)
        import_keras().utils.set_random_seed(1)
        yield lower(build_model(preset))


def digests(graphs: Iterator[Graph]) -> dict[str, str]:
    """SHA-256 of every file, or the text of the refusal, by "graph/backend[options]/file"."""
    result: dict[str, str] = {}
    for graph in graphs:
        for name in backends.names():
            backend = backends.load(name)
            for settings in VARIANTS.get(name, ({},)):
                label = f"{graph.name}/{name}{json.dumps(settings) if settings else ''}"
                try:
                    files = backend.emit(graph, backend.options(settings))
                except EdgemlError as error:
                    result[label] = f"refused: {error}"
                    continue
                for path in files:
                    result[f"{label}/{path}"] = hashlib.sha256(files[path]).hexdigest()
    return result


def differences(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """One line per file that only one side has, or that differs."""
    lines = [f"only before: {key}" for key in before.keys() - after.keys()]
    lines += [f"only after: {key}" for key in after.keys() - before.keys()]
    lines += [f"differs: {key}" for key in before.keys() & after.keys() if before[key] != after[key]]
    return sorted(lines)


def main(arguments: list[str]) -> int:
    """0 if nothing differs, 1 otherwise."""
    parser = argparse.ArgumentParser(prog="python -m tests.emitted")
    commands = parser.add_subparsers(dest="command", required=True)
    write = commands.add_parser("write")
    write.add_argument("file", type=Path)
    write.add_argument("--presets", action="store_true", help="the presets as well; needs TensorFlow")
    compare = commands.add_parser("compare")
    compare.add_argument("before", type=Path)
    compare.add_argument("after", type=Path)
    args = parser.parse_args(arguments)
    if args.command == "write":
        result = digests(iter(zoo().values()))
        if args.presets:
            result |= digests(preset_graphs())
        args.file.write_text(json.dumps(result, indent=1, sort_keys=True) + "\n")
        sys.stdout.write(f"{len(result)} files and refusals\n")
        return 0
    lines = differences(*(json.loads(path.read_text()) for path in (args.before, args.after)))
    sys.stdout.write("".join(f"{line}\n" for line in lines) or "every file is the same\n")
    return int(bool(lines))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
