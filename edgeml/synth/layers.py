"""The layer of a cell, by the module instances in its name.

Yosys maps every module apart and flattens afterwards, so the name of each cell begins with its path. Below
the design, a layer's module is u_core.u_LAYER (a sample per beat), or u_LAYER_ROLE (streamed); one of these
may hold those of several layers that work in the same clocks, u_LAYER_now.u_OTHER.

Invariant: every cell has one layer; what lies in no layer (streams, control) is counted under the name of
its own module, so that the shares add up to the whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from edgeml.families import Family
from edgeml.figures import LayerFigures

Instance = tuple[str, ...]
"""Names of module instances, from the top down."""

_CORE = "u_core"


def layer_of(path: Instance, prefix: Instance = (), names: Iterable[str] = ()) -> str:
    """The layer of a module instance; "" for the design's own top and for all outside of it.

    Args:
        path: instance names from the top of the netlist down.
        prefix: path of the design in the netlist: () if it is the top, its instance in a board's top.
        names: names of layers, so that "u_conv1_control" is known to be conv1's.

    >>> layer_of(("u_core", "u_fc1")), layer_of(("u_model", "u_core", "u_fc1"), ("u_model",))
    ('fc1', 'fc1')
    >>> layer_of(("u_conv1_control", "g[0]"), names=["conv", "conv1"]), layer_of(("u_skid",)), layer_of(())
    ('conv1', 'skid', '')
    >>> layer_of(("u_act1_now", "u_fc1", "g[0]"), names=["fc1", "act1"])
    'fc1'
    """
    if path[: len(prefix)] != prefix:
        return ""
    inner = path[len(prefix) :]
    inner = inner[1:] if inner[:1] == (_CORE,) else inner
    if not inner or not inner[0].startswith("u_"):
        return ""
    layers = set(names)
    for part in reversed(inner):
        if part.startswith("u_") and part.removeprefix("u_") in layers:
            return part.removeprefix("u_")
    name = inner[0].removeprefix("u_")
    fitting = [layer for layer in layers if name == layer or name.startswith(f"{layer}_")]
    return max(fitting, key=len, default=name)


def shares(
    instances: Mapping[Instance, Mapping[str, int]],
    family: Family,
    top: str,
    prefix: Instance = (),
    ops: Mapping[str, str] | None = None,
) -> tuple[LayerFigures, ...]:
    """Resources by layer.

    Args:
        instances: cells by type of every module instance.
        family: what they cost.
        top: what to call the cells in no layer.
        prefix: path of the design in the netlist.
        ops: kinds of op by layer, in the order of the data; () keeps the order of the instances.

    Raises:
        EdgemlError: a kind of cell is unknown.
    """
    kinds = ops or {}
    counted: dict[str, Counter[str]] = {layer: Counter() for layer in kinds}
    for path, cells in instances.items():
        layer = layer_of(path, prefix, kinds) or top
        counted.setdefault(layer, Counter()).update(cells)
    return tuple(
        LayerFigures(layer=layer, op=kinds.get(layer, ""), usage=family.usage(cells))
        for layer, cells in counted.items()
        if cells
    )
