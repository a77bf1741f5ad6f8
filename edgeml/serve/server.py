"""The server: one process on 127.0.0.1, until Ctrl-C."""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable
from pathlib import Path

from edgeml import install
from edgeml.errors import EdgemlError, MissingToolError

ADDRESS = "127.0.0.1"
PORT = 8265
_PACKAGES = ("starlette", "uvicorn", "jinja2")


def serve(root: Path, port: int = PORT, tell: Callable[[str], None] = lambda _: None) -> None:
    """Answer requests until the process is interrupted.

    Args:
        root: the folder of runs.
        port: to listen on; 0 takes a free one.
        tell: called with the address, once it answers.

    Raises:
        EdgemlError: there is no such folder, or the port is not free.
        MissingToolError: starlette or uvicorn is not installed.
    """
    require()
    if not root.is_dir():
        raise EdgemlError("is no folder of runs", str(root), "edgeml run PRESET makes one, runs/ by default")
    with listening(port) as listener:
        import uvicorn

        from edgeml.serve.app import application

        port = listener.getsockname()[1]
        settings = uvicorn.Config(
            application(root, port),
            log_level="warning",
            proxy_headers=False,
            server_header=False,
            access_log=False,
            timeout_graceful_shutdown=1,
            ws="none",
        )
        tell(f"http://{ADDRESS}:{port}/")
        uvicorn.Server(settings).run(sockets=[listener])


def require() -> None:
    """Refuse to work without the packages of the extra `serve`.

    Raises:
        MissingToolError: one is not installed.
    """
    for name in _PACKAGES:
        try:
            __import__(name)
        except ImportError as error:
            raise MissingToolError(f"{name} is not installed", "serve", install.command("serve")) from error


def listening(port: int) -> socket.socket:
    """A socket that listens on the port, on this machine alone.

    Raises:
        EdgemlError: the port is not free, or may not be used.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((ADDRESS, port))
    except OSError as error:
        listener.close()
        used = error.errno == errno.EADDRINUSE
        what = (
            "is in use, perhaps by another edgeml serve"
            if used
            else f"cannot be listened on: {error.strerror}"
        )
        raise EdgemlError(what, f"port {port}", "--port 0 takes a free one, --port N another one") from None
    listener.listen(64)
    return listener
