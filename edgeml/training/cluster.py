"""The workers of a training over several processes, as TF_CONFIG names them, and the folder of each.

TF_CONFIG is TensorFlow's own variable; every worker has the same list and an index of its own:

    TF_CONFIG='{"cluster": {"worker": ["a:12345", "b:12345"]}, "task": {"type": "worker", "index": 0}}'

Invariant: whatever is wrong with it is refused before TensorFlow waits for a worker that cannot come.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgeml.errors import EdgemlError
from edgeml.limits import positive_variable
from edgeml.reading import parse_json

VARIABLE = "TF_CONFIG"
PATIENCE = "EDGEML_WORKER_SECONDS"
"""The environment variable with the seconds that a worker waits for the others to come."""

_PATIENCE_SECONDS = 120.0
_KINDS = ("chief", "worker")
_EXAMPLE = (
    'set it on each worker: {"cluster": {"worker": ["a:12345", "b:12345"]}, '
    '"task": {"type": "worker", "index": 0}}'
)


@dataclass(frozen=True)
class WorkerPlace:
    """One worker among all.

    Attributes:
        workers: the addresses "host:port" of all, the chief first.
        index: of this process among them.
    """

    workers: tuple[str, ...]
    index: int

    @property
    def title(self) -> str:
        """Its name for messages."""
        return f"worker {self.index} of {len(self.workers)} ({self.workers[self.index]})"

    def folder(self, run: Path) -> Path:
        """Its run folder: the first worker's is RUN, the others have RUN-worker-1 and so on."""
        return run.with_name(f"{run.name}-worker-{self.index}") if self.index else run


def place_of() -> WorkerPlace:
    """This process' place among the workers.

    Raises:
        EdgemlError: TF_CONFIG is not set, or is not what TensorFlow takes.
    """
    text = os.environ.get(VARIABLE, "")
    if not text:
        raise EdgemlError(
            "the strategy multiworker takes its workers from it, and it is not set", VARIABLE, _EXAMPLE
        )
    try:
        content: Any = parse_json(text.encode(), VARIABLE, "cluster", _EXAMPLE)
        cluster, task = content["cluster"], content["task"]
        addresses = {kind: list(cluster.get(kind, [])) for kind in _KINDS}
        kind, number = str(task["type"]), int(task["index"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        what = f"is no JSON with cluster and task: {type(error).__name__} {error}"
        raise EdgemlError(what, VARIABLE, _EXAMPLE) from None
    workers = [str(one) for kind_ in _KINDS for one in addresses[kind_]]
    odd = next((one for one in workers if not re.fullmatch(r"\S+:\d{1,5}", one)), "")
    if odd or not workers:
        what = f"{odd!r} is no host:port" if odd else "its cluster has no workers"
        raise EdgemlError(what, VARIABLE, _EXAMPLE)
    if len(set(workers)) < len(workers):
        raise EdgemlError("two workers have one address", VARIABLE, "give each a port of its own")
    if kind not in _KINDS or not 0 <= number < len(addresses[kind]):
        what = f"its task is {kind} {number}, and the cluster has {len(addresses.get(kind, []))} of that type"
        raise EdgemlError(what, VARIABLE, f"count from 0; {_EXAMPLE}")
    return WorkerPlace(tuple(workers), workers.index(addresses[kind][number]))


def patience() -> float:
    """The seconds that a worker waits for the others to come.

    Raises:
        EdgemlError: the environment's value is no positive number.
    """
    hint = f"unset it for {_PATIENCE_SECONDS:g}"
    return positive_variable(PATIENCE, _PATIENCE_SECONDS, 1e6, "number of seconds", hint)
