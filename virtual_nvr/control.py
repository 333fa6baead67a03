"""Commands to a running process: a line each through a Unix socket, `ok` or `error: ...` back."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
import socket

_MAX_LINE = 1024


class CommandError(Exception):
    """A command that can't be obeyed; the text is the answer."""


@asynccontextmanager
async def listen(path: Path, obey: Callable[[list[str]], Awaitable[None]]) -> AsyncIterator[None]:
    """Take commands, split into words, on a socket that only this user may open."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                try:
                    await obey(line.decode(errors="replace").split())
                except CommandError as error:
                    writer.write(f"error: {error}\n".encode())
                else:
                    writer.write(b"ok\n")
                await writer.drain()
        except ConnectionError, ValueError:  # ValueError: the line is too long
            pass
        finally:
            writer.close()

    server = await asyncio.start_unix_server(serve, sock=_bind(path), limit=_MAX_LINE)
    try:
        yield
    finally:
        server.close()
        server.close_clients()


def _bind(path: Path) -> socket.socket:
    """Make the socket, in the place of one that a killed process left."""
    path.unlink(missing_ok=True)
    bound = socket.socket(socket.AF_UNIX)
    bound.bind(str(path))
    path.chmod(0o600)
    return bound
