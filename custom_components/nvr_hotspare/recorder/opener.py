"""How a camera's stream is opened: by the engine's own client, or through PyAV."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
import logging
from typing import Protocol

from .errors import (
    SourceInvalidError,
    SourceProtocolError,
    SourceRedirectedError,
    SourceUnreachableError,
    SourceUnsupportedError,
)
from .libav.stream import LibavStream, open_stream as open_through_libav
from .model import Frame, Source, Tracks
from .rtsp.client import OPEN_TIMEOUT
from .stream import open_stream

_LOGGER = logging.getLogger(__name__)


class Stream(Protocol):
    """A stream that plays."""

    async def read(self) -> list[tuple[Tracks, Frame]]:
        """Wait for frames and return those that have arrived; SourceError where none will."""

    def read_rest(self) -> list[tuple[Tracks, Frame]]:
        """Return the frames that have arrived, without waiting for any."""


class Opener:
    """Opens the stream of one source, as often as need be, and remembers how it can be opened.

    The engine's own client comes first. Where it can't play what the camera offers (another codec,
    UDP only, an answer that it does not understand) PyAV does, in a process of its own, and from
    then on at once. Wrong credentials, and cameras that don't answer, are no reason for that, nor
    is being sent elsewhere, where libav would go.

    Attributes:
        source: What it opens.
    """

    def __init__(self, source: Source, name: str) -> None:
        """Open the stream of a source that is called so in the log."""
        self.source = source
        self._name = name
        self._through_libav = False
        self._told = False

    @asynccontextmanager
    async def open(self, within: float = OPEN_TIMEOUT) -> AsyncIterator[Stream]:
        """Play the stream.

        Raises:
            SourceError: It can be played in neither way; a subclass says why. Each may take
                `within` seconds.
        """
        reason = ""
        async with AsyncExitStack() as stack:
            if not self._through_libav:
                try:
                    stream = await stack.enter_async_context(open_stream(self.source, within))
                except SourceInvalidError, SourceRedirectedError:
                    raise
                except (SourceProtocolError, SourceUnsupportedError) as error:
                    reason = str(error)
                else:
                    yield stream
                    return
            yield await self._enter_libav(stack, within, reason)

    async def _enter_libav(self, stack: AsyncExitStack, within: float, reason: str) -> LibavStream:
        try:
            stream = await stack.enter_async_context(open_through_libav(self.source, within))
        except (SourceProtocolError, SourceUnsupportedError) as error:
            self._through_libav = False  # so that the client is asked again
            raise type(error)(f"{reason} {error}".strip()) from error
        except SourceUnreachableError as error:
            if not reason:
                raise
            # It did answer, if nothing that makes sense.
            raise SourceProtocolError(f"{reason} {error}") from error
        if not self._through_libav:
            self._through_libav = True
            _LOGGER.warning(
                "%s: %s It is played through PyAV, in process %d.", self._name, reason, stream.pid
            )
        if stream.left_out and not self._told:
            self._told = True
            _LOGGER.warning(
                "%s: Its audio (%s) can't be recorded and is left out.",
                self._name,
                stream.left_out,
            )
        return stream
