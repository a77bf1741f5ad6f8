"""The workers of a training meet before TensorFlow waits for them, which it does without end.

The first worker listens on its own address, the others tell it their numbers; when all are there, all go on
and the address is TensorFlow's.

Invariant: it takes at most the time that it is given, and the error names the workers that did not come.
"""

from __future__ import annotations

import socket
import time
from contextlib import ExitStack, suppress

from edgeml.errors import EdgemlError, excerpt
from edgeml.training.cluster import PATIENCE, WorkerPlace

_GO = b"go\n"
_PAUSE_SECONDS = 0.2
_ANSWER_SECONDS = 5.0


def meet(place: WorkerPlace, seconds: float) -> None:
    """Wait until all workers are there.

    Args:
        place: of this process among them.
        seconds: most time that it takes.

    Raises:
        EdgemlError: some did not come in time, or the address cannot be used.
    """
    if len(place.workers) == 1:
        return
    until = time.monotonic() + seconds
    absent = _tell(place, until) if place.index else _collect(place, until)
    if absent:
        raise EdgemlError(
            f"{excerpt(', '.join(absent), 300)} did not come within {seconds:g} s",
            place.title,
            f"start the same command on all workers; {PATIENCE} sets another time",
        )


def _collect(place: WorkerPlace, until: float) -> list[str]:
    """The addresses of the workers that did not come to the first one."""
    port = int(place.workers[0].rsplit(":", 1)[1])
    with ExitStack() as stack:
        try:
            server = stack.enter_context(socket.create_server(("", port)))
        except (OSError, OverflowError) as error:
            hint = "end what uses it, or name another port in TF_CONFIG"
            raise EdgemlError(f"cannot listen on port {port}: {error}", place.title, hint) from None
        there: dict[int, socket.socket] = {}
        while len(there) < len(place.workers) - 1 and time.monotonic() < until:
            server.settimeout(_PAUSE_SECONDS)
            with suppress(OSError, ValueError):
                peer, _ = server.accept()
                stack.enter_context(peer)
                peer.settimeout(_ANSWER_SECONDS)
                number = int(peer.recv(16))
                if 0 < number < len(place.workers):
                    there[number] = peer
        absent = [one for number, one in enumerate(place.workers) if number and number not in there]
        for peer in there.values() if not absent else ():
            with suppress(OSError):
                peer.sendall(_GO)
                peer.recv(16)  # till it closes, so that the address is free at once
    return absent


def _tell(place: WorkerPlace, until: float) -> list[str]:
    """The address of the first worker if it does not answer."""
    host, port = place.workers[0].rsplit(":", 1)
    while time.monotonic() < until:
        with (
            suppress(OSError),
            socket.create_connection((host.strip("[]"), int(port)), _ANSWER_SECONDS) as peer,
        ):
            peer.sendall(f"{place.index}\n".encode())
            peer.settimeout(max(_PAUSE_SECONDS, until - time.monotonic()))
            if peer.recv(16) == _GO:
                return []
        time.sleep(_PAUSE_SECONDS)
    return [place.workers[0]]
