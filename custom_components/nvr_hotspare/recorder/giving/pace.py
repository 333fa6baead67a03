"""How quickly footage is given back: so many bytes a second, all jobs together."""

import threading
import time

_BURST = 0.25
"""Seconds of bandwidth that may be used at once."""
_UNLIMITED = 8 << 20
"""Bytes that are copied at once if there is no limit: so quickly a job can be ended."""
_LEAST = 16 << 10


class StoppedError(Exception):
    """A job is to end."""


class Pace:
    """A limit that any number of threads keep to. All of its methods may be called by any thread.

    Attributes:
        bandwidth: Bytes per second; 0 for no limit.
    """

    def __init__(self) -> None:
        self.bandwidth = 0
        self._lock = threading.Lock()
        self._due = 0.0
        """When the bytes that were taken so far have been paid for."""

    @property
    def chunk(self) -> int:
        """How many bytes to take at once."""
        if not self.bandwidth:
            return _UNLIMITED
        return min(_UNLIMITED, max(_LEAST, int(self.bandwidth * _BURST)))

    def reserve(self, count: int) -> float:
        """Return how many seconds to wait before so many bytes more may travel; they count."""
        bandwidth = self.bandwidth
        with self._lock:
            now = time.monotonic()
            if not bandwidth:
                self._due = now
                return 0.0
            wait = max(0.0, self._due - now)
            self._due = now + wait + count / bandwidth
            return wait

    def take(self, count: int, stop: threading.Event) -> None:
        """Wait until so many bytes more may travel; StoppedError as soon as `stop` is set."""
        if stop.wait(self.reserve(count)):
            raise StoppedError
