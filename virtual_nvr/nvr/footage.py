"""What a channel's files hold. Plain synchronous code."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from custom_components.nvr_hotspare.recorder.archive import Archive, Clip
from custom_components.nvr_hotspare.recorder.errors import FootageError
from custom_components.nvr_hotspare.recorder.model import Tracks
from custom_components.nvr_hotspare.recorder.mp4.reader import Mp4Reader

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Extent:
    """From the first frame of a recording to its last, whatever gaps lie between."""

    first: datetime
    last: datetime


def extent_of(archive: Archive, channel: str) -> Extent | None:
    """Return what a channel's files hold, None where there is no footage."""
    clips = archive.clips(channel)
    for reader in _newest_first(clips):
        last = None
        with suppress(FootageError, OSError):
            for fragment in reader.fragments():
                last = fragment.samples[-1].time
        if last is not None:
            return Extent(instant(clips[0].start), instant(last))
    return None


def tracks_of(archive: Archive, channel: str) -> Tracks | None:
    """Return what a decoder needs for a channel's newest footage, None where there is none."""
    newest = next(_newest_first(archive.clips(channel)), None)
    return newest.tracks if newest else None


def instant(nanoseconds: int) -> datetime:
    """Return the time that is so many nanoseconds after 1970 UTC."""
    return _EPOCH + timedelta(microseconds=nanoseconds // 1000)


def _newest_first(clips: Sequence[Clip]) -> Iterator[Mp4Reader]:
    """Read each clip, those that are damaged or were just removed excepted."""
    for clip in reversed(clips):
        with suppress(FootageError, OSError), clip.path.open("rb") as file:
            yield Mp4Reader(file)
