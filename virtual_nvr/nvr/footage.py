"""What a decoder needs for a channel's footage. Plain synchronous code."""

from contextlib import suppress

from custom_components.nvr_hotspare.recorder.archive import Archive
from custom_components.nvr_hotspare.recorder.errors import FootageError
from custom_components.nvr_hotspare.recorder.model import Tracks
from custom_components.nvr_hotspare.recorder.mp4.reader import Mp4Reader


def tracks_of(archive: Archive, channel: str) -> Tracks | None:
    """Return what a decoder needs for a channel's newest footage, None where there is none.

    Clips that are damaged or were just removed are passed over.
    """
    for clip in reversed(archive.clips(channel)):
        with suppress(FootageError, OSError), clip.path.open("rb") as file:
            return Mp4Reader(file).tracks
    return None
