"""ContentMgmt/search: what is recorded, as files, a page at a time.

The traps: the name of a position is misspelt, or not; times end in Z and are local on many
firmwares; the status of the last page is OK and of all others MORE.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice

from lxml.etree import _Element as Element

from custom_components.nvr_hotspare.recorder.spans import Span

from ..nvr.director import Held
from .firmware import HikvisionFirmware
from .tracks import channel_of, track_of
from .wire import Wire, bad, children, number, parse, text

_SECOND = 1_000_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
_PLAYED = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """A stretch of footage, in seconds since 1970 as the firmware tells times."""

    start: int
    end: int


class Search:
    """The searches of a recorder."""

    def __init__(
        self,
        firmware: HikvisionFirmware,
        address: str,
        ahead: Callable[[], int],
        held: Callable[[int, int, int], Awaitable[Held]],
    ) -> None:
        """Search for footage.

        Args:
            firmware: How it answers.
            address: Host and port of the recorder's RTSP server.
            ahead: How far its clock is ahead, in nanoseconds, its time zone left aside.
            held: What there is of a channel between two times, by the true clock.
        """
        self._firmware = firmware
        self._address = address
        self._ahead = ahead
        self._held = held
        self._wire = Wire(firmware.namespace)

    async def answer(self, body: bytes) -> Element:
        """Carry out a search."""
        asked = parse(body, "CMSearchDescription")
        tracks = next(children(asked, self._firmware.track_list), None)
        channel = channel_of(text(tracks, "trackID"))
        spans = next(children(asked, "timeSpanList"), None)
        start, end = (_time(text(spans, "timeSpan", name)) for name in ("startTime", "endTime"))
        spelling = "Postion" if self._firmware.misspells_position else "Position"
        first = number(text(asked, f"searchResult{spelling}") or "0")
        most = min(number(text(asked, "maxResults") or "40"), self._firmware.most_matches)
        files = [it async for it in self._files(channel, start, end)]
        page = list(islice(files, first, first + most))
        status = "NO MATCHES" if not page else "MORE" if first + most < len(files) else "OK"
        element = self._wire.element
        return element(
            "CMSearchResult",
            element("searchID", text(asked, "searchID") or ""),
            element("responseStatus", "true"),
            element("responseStatusStrg", status),
            element("numOfMatches", len(page)),
            element("matchList", *(self._match(channel, it) for it in page)),
        )

    async def _files(self, channel: int, start: int, end: int) -> AsyncIterator[_File]:
        shift = self.shift
        found = await self._held(channel, start * _SECOND - shift, end * _SECOND - shift)
        files = [file for span in found.spans for file in self._cut(span)]
        if found.goes_on and not self._firmware.lists_open_file:
            files = files[:-1]
        for file in files:
            if file.start < end and file.end > start:
                yield file

    def _cut(self, span: Span) -> Iterator[_File]:
        """Cut a stretch into files, whole seconds long, as names of files have them."""
        first = (span.start + self.shift) // _SECOND
        last = -(-(span.end + self.shift) // _SECOND)
        length = self._firmware.file_seconds
        while first < last:
            end = min(last, first // length * length + length)
            yield _File(start=first, end=end)
            first = end

    def _match(self, channel: int, file: _File) -> Element:
        element, track = self._wire.element, track_of(channel)
        start, end = _moment(file.start), _moment(file.end)
        uri = (
            f"rtsp://{self._address}/Streaming/tracks/{track}/?starttime={start:{_PLAYED}}"
            f"&endtime={end:{_PLAYED}}&name=ch{channel:02}_{file.start:017}&size=4096"
        )
        return element(
            "searchMatchItem",
            element("sourceID", "{00000000-0000-0000-0000-000000000000}"),
            element("trackID", track),
            element(
                "timeSpan",
                element("startTime", f"{start:{_FORMAT}}"),
                element("endTime", f"{end:{_FORMAT}}"),
            ),
            element(
                "mediaSegmentDescriptor",
                element("contentType", "video"),
                element("codecType", "H.264-BP"),
                element("playbackURI", uri),
            ),
        )

    @property
    def shift(self) -> int:
        """Nanoseconds by which the times that end in Z are ahead of the true ones."""
        offset = self._firmware.utc_offset * _SECOND if self._firmware.local_times else 0
        return self._ahead() + offset


def _time(told: str | None) -> int:
    try:
        moment = datetime.strptime(told or "", _FORMAT).replace(tzinfo=UTC)
    except ValueError:
        raise bad("badParameters") from None
    return round((moment - _EPOCH).total_seconds())


def _moment(seconds: int) -> datetime:
    return _EPOCH + timedelta(seconds=seconds)
