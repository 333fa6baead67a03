"""Which of the frames that a recorder plays belong to a span, and when no more can come."""

from .errors import SourceProtocolError
from .model import Frame, VideoFrame
from .spans import Span

_SECOND = 1_000_000_000
BEFORE = 60 * _SECOND
"""How long before the span footage may begin: with the key frame before it."""
AFTER = 30 * _SECOND
"""How much footage beyond the span is asked for, so that a key frame follows its end."""
BESIDE = _SECOND
"""By how much audio may come later than the video beside it, or end later."""
_OVERLAP = 10 * _SECOND
_EVER = 1 << 63
_MOST = 1000
"""Frames of a second, of video and audio together: no camera makes as many."""


class Extent:
    """Takes the frames from the key frame at or before a span to before the first one after it.

    Attributes:
        is_past: Whether video came that is later than the span.
        is_over: Whether all of it came that can come.
        reached: Up to when audio has its video, None before the first key frame.
    """

    def __init__(self, span: Span, *, has_audio: bool) -> None:
        """Expect the footage of a span, where it has audio that too."""
        self.is_past = False
        self.is_over = False
        self.reached: int | None = None
        self._span = span
        self._has_audio = has_audio
        self._key: int | None = None
        """When the latest key frame was captured."""
        self._cut: int | None = None
        """The same of the one that is not taken any more."""
        self._repeats = False
        """Whether the frames that come now came before."""
        self._left = (span.length + BEFORE + AFTER) // _SECOND * _MOST

    @property
    def seconds(self) -> float:
        """How much of the span has come."""
        reached = self._span.start if self.reached is None else self.reached
        return max(0, min(reached, self._span.end) - self._span.start) / _SECOND

    def takes(self, frame: Frame) -> bool:
        """Whether this frame, the next one, belongs to it.

        Raises:
            SourceProtocolError: The recorder plays what was not asked for, or plays it again.
        """
        self._left -= 1
        if self._left < 0:
            raise SourceProtocolError("The recorder sends more frames than a camera makes.")
        if isinstance(frame, VideoFrame):
            return self._takes_video(frame)
        return self._takes_audio(frame.time)

    def _takes_video(self, frame: VideoFrame) -> bool:
        time, span = frame.time, self._span
        if time < span.start - BEFORE:
            raise SourceProtocolError("The recorder sends earlier footage than was asked for.")
        if time > span.end + AFTER + BEFORE:  # beyond a gap, or by a clock that is wrong
            self.is_over = True
            return False
        if frame.key:
            self._begin_group(time)
        if self._repeats:
            return False
        if self._key is not None:
            self.reached = max(time, self.reached or time)
        self.is_past |= time >= span.end
        if self._cut is not None:
            self.reached = _EVER
            self.is_over |= not self._has_audio or time >= self._cut + BESIDE
            return False
        return self._key is not None

    def _begin_group(self, time: int) -> None:
        """Take up a key frame. Files of a recorder may overlap: no group of pictures counts twice.

        One that is sent again is told by its time; what is sent much later than it should be is
        no overlap, and never ends if the recorder plays in a circle.
        """
        if self._key is not None and time < self._key - _OVERLAP:
            raise SourceProtocolError("The recorder's footage goes back in time.")
        self._repeats = self._key is not None and time <= self._key
        if not self._repeats:
            self._key = time
            if time >= self._span.end and self._cut is None:
                self._cut = time

    def _takes_audio(self, time: int) -> bool:
        if self._cut is not None and time >= self._cut:
            self.is_over = True
        return not self.is_over and time < self._span.end + AFTER
