"""Home Assistant's stream of a camera, whose address may change at any moment.

`Stream.update_source` is made for that, but as of Home Assistant 2026.10 it ends the stream, with
all who watch it, when the stream waits after an error: the very moment in which a recorder has
died. And still images go on to be decoded by the codec that the stream had first. Both are put
right here, at the stream's own private parts, so that everything else of it stays as it is.
"""

import threading
from typing import override

from homeassistant.components.stream import Stream
from homeassistant.components.stream.core import KeyFrameConverter
from homeassistant.core import HomeAssistant, callback


class StreamSwitch:
    """Gives a stream other addresses."""

    def __init__(self, hass: HomeAssistant, stream: Stream) -> None:
        """Take a stream that was not started yet."""
        self._hass = hass
        self.stream = stream
        stream._thread_quit = _Quit(stream)  # noqa: SLF001 - see above

    @callback
    def to(self, url: str) -> None:
        """Go on from another address at once; where nobody watches, with the next who does."""
        stream = self.stream
        stream._keyframe_converter = KeyFrameConverter(  # noqa: SLF001 - see above
            self._hass,
            stream._stream_settings,  # noqa: SLF001
            stream.dynamic_stream_settings,
        )
        if stream.outputs():
            stream.update_source(url)
        else:
            stream.source = url  # it is ending, or idle


class _Quit(threading.Event):
    """Tells the stream's thread to leave its address: for good, or for another one."""

    def __init__(self, stream: Stream) -> None:
        super().__init__()
        self._stream = stream

    @override
    def clear(self) -> None:
        self._stream._fast_restart_once = False  # noqa: SLF001 - as the thread does itself
        super().clear()

    @override
    def wait(self, timeout: float | None = None) -> bool:
        """Wait to be set for good; return early where it is for another address."""
        left = super().wait(timeout)
        if left and self._stream._fast_restart_once:  # noqa: SLF001 - see above
            self.clear()
            return False
        return left
