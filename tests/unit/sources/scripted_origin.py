"""An origin on the loopback interface whose answers are written byte by byte."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

Script = Callable[["Heard", asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Heard:
    """One request as the origin heard it; header names in lower case."""

    target: str
    headers: dict[str, str]


@dataclass
class Origin:
    """An HTTP server whose answers are written byte by byte. `heard` are all requests, `opened` all connections."""

    port: int = 0
    scripts: dict[str, Script] = field(default_factory=dict)
    heard: list[Heard] = field(default_factory=list)
    opened: int = 0

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def answers(self, path: str, body: bytes = b"", status: str = "200 OK", **headers: str) -> None:
        """Answer `path` with a whole body; underscores in header names are hyphens."""
        lines = {"content-length": str(len(body))} | {name.replace("_", "-"): value for name, value in headers.items()}
        head = f"HTTP/1.1 {status}\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items()) + "\r\n"
        self.writes(path, head.encode() + body)

    def writes(self, path: str, data: bytes) -> None:
        """Answer `path` with these very bytes and close."""

        async def script(heard: Heard, writer: asyncio.StreamWriter) -> None:
            writer.write(data)

        self.scripts[path] = script

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.opened += 1
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            lines = [line.partition(": ") for line in head[1:] if line]
            heard = Heard(head[0].split(" ")[1], {name.lower(): value for name, _, value in lines})
            self.heard.append(heard)
            script = self.scripts.get(heard.target.partition("?")[0])
            if script is None:
                writer.write(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")
            else:
                await script(heard, writer)
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def listening() -> AsyncIterator[Origin]:
    """An origin on 127.0.0.1."""
    origin = Origin()
    server = await asyncio.start_server(origin.serve, "127.0.0.1", 0)
    origin.port = server.sockets[0].getsockname()[1]
    yield origin
    server.close()
