"""Requests that are answered: those that a browser on this machine makes for this page.

Another site can make a browser send requests to 127.0.0.1, under a name of its own (DNS rebinding) or from
its own page (cross-site requests). The first have another Host, the second another Origin.

Invariant: GET changes nothing. A POST has the Origin of this page and is JSON, which no form of another site
can send.
"""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
"""Of every answer that does not say otherwise."""


@dataclass(frozen=True)
class Guard:
    """An application behind the checks of host, origin and size.

    Args:
        app: the application.
        port: that it listens on.
        largest: bytes that the body of a request may have.
    """

    app: ASGIApp
    port: int
    largest: int

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
            return
        reason = self._reason(scope)
        if reason:
            await PlainTextResponse(f"refused: {reason}\n", 403)(scope, receive, send)
            return
        size = 0

        async def bounded() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > self.largest:
                return {"type": "http.disconnect"}
            return message

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                names = {name.lower() for name, _ in message["headers"]}
                more = [(k.encode(), v.encode()) for k, v in HEADERS.items() if k.encode() not in names]
                message["headers"] = [*message["headers"], *more]
            await send(message)

        await self.app(scope, bounded, with_headers)

    def _reason(self, scope: Scope) -> str:
        """The reason why a request is refused; "" if it is not."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        hosts = {f"127.0.0.1:{self.port}", f"localhost:{self.port}"}
        if headers.get("host", "") not in hosts:
            return "this page answers under 127.0.0.1 and localhost alone"
        if scope["method"] in ("GET", "HEAD"):
            return ""
        if scope["method"] != "POST":
            return f"{scope['method']} is not known here"
        if headers.get("origin", "") not in {f"http://{host}" for host in hosts}:
            return "the request is from another page"
        if headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            return "a request that asks for something is JSON"
        length = headers.get("content-length", "")
        if not length.isdigit() or int(length) > self.largest:
            return f"a request has at most {self.largest:,} bytes, and says how many"
        return ""
