"""mediaFileFind: what is recorded, as files.

The traps: a search counts channels from one and its answer from zero, times are local, a space is
%20, nothing found is an error, and a search that is not destroyed stays open for good.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
import itertools

from custom_components.nvr_hotspare.recorder.spans import Span

from ..nvr.director import Held
from .firmware import DahuaFirmware
from .wire import RefusedError, flat, lines, number

_SECOND = 1_000_000_000
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - local, as all times here
_FORMAT = "%Y-%m-%d %H:%M:%S"
_MOST = 100
"""Files that are told at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaFile:
    """A stretch of footage; its times are local, in seconds since 1970."""

    channel: int
    start: int
    end: int
    is_open: bool


@dataclass(slots=True)
class _Search:
    found: list[MediaFile] = field(default_factory=list)
    asked: bool = False


class Finder:
    """The searches of a recorder."""

    def __init__(
        self,
        channels: Callable[[], int],
        firmware: DahuaFirmware,
        ahead: Callable[[], int],
        held: Callable[[int, int, int], Awaitable[Held]],
    ) -> None:
        """Search for footage.

        Args:
            channels: How many the recorder has.
            firmware: How it answers.
            ahead: How far its clock is ahead, in nanoseconds, its time zone left aside.
            held: What there is of a channel between two times, by the true clock.
        """
        self._channels = channels
        self._firmware = firmware
        self._ahead = ahead
        self._held = held
        self._searches: dict[str, _Search] = {}
        self._numbers = itertools.count(8_000_001)

    @property
    def open(self) -> int:
        """How many searches were not destroyed."""
        return len(self._searches)

    async def get(self, action: str, query: Mapping[str, str]) -> str:
        """Carry out an action."""
        end = self._firmware.line_end
        if action == "factory.create":
            return f"result={self._create()}{end}"
        name = query.get("object", "")
        search = self._searches.get(name)
        if search is None:
            raise RefusedError
        match action:
            case "findFile":
                search.found = await self._find(query)
                search.asked = True
                if not search.found and self._firmware.nothing_is_error:
                    raise RefusedError
            case "findNextFile":
                return self._next(search, query)
            case "close":
                search.found = []
            case "destroy":
                del self._searches[name]
            case _:
                raise RefusedError
        return f"OK{end}"

    def _create(self) -> str:
        if len(self._searches) >= self._firmware.finders:
            raise RefusedError(HTTPStatus.INTERNAL_SERVER_ERROR)
        name = str(next(self._numbers))
        self._searches[name] = _Search()
        return name

    async def _find(self, query: Mapping[str, str]) -> list[MediaFile]:
        channel = number(query.get("condition.Channel"))
        if not 1 <= channel <= self._channels():
            raise RefusedError
        if query.get("condition.Types[0]", "dav") != "dav":
            return []
        start, end = (_time(query.get(f"condition.{it}Time")) for it in ("Start", "End"))
        shift = self._shift
        held = await self._held(channel - 1, start * _SECOND - shift, end * _SECOND - shift)
        files = [file for span in held.spans for file in self._files(channel - 1, span)]
        if held.goes_on and files:
            last = files[-1]
            files[-1] = MediaFile(
                channel=last.channel, start=last.start, end=last.end, is_open=True
            )
        return [
            file
            for file in files
            if file.start < end and file.end > start
            if self._firmware.lists_open_file or not file.is_open
        ]

    def _files(self, channel: int, span: Span) -> Iterator[MediaFile]:
        """Cut a stretch into files, whole seconds long, as names of files have them."""
        first, last = ((moment + self._shift) // _SECOND for moment in (span.start, span.end))
        length = self._firmware.file_seconds
        while first < last:
            end = min(last, first // length * length + length)
            yield MediaFile(channel=channel, start=first, end=end, is_open=False)
            first = end

    def _next(self, search: _Search, query: Mapping[str, str]) -> str:
        if not search.asked:
            raise RefusedError
        count = min(number(query.get("count")), _MOST)
        told, search.found = search.found[:count], search.found[count:]
        files = [self._told(file) for file in told]
        pairs = [("found", len(files)), *flat("", {"items": files})]
        return lines(pairs, self._firmware.line_end)

    def _told(self, file: MediaFile) -> Mapping[str, object]:
        start, end = _moment(file.start), _moment(file.end)
        told: dict[str, object] = {
            "Channel": file.channel + self._firmware.answers_from_one,
            "Cluster": 0,
            "Disk": 0,
            "Duration": file.end - file.start,
            "EndTime": end.strftime(_FORMAT),
            "FilePath": (
                f"/mnt/dvr/{start:%Y-%m-%d}/{file.channel:03}/dav/{start:%H}/"
                f"{start:%H.%M.%S}-{end:%H.%M.%S}[R][0@0][0].dav"
            ),
            "FileState": "Temporary" if file.is_open else "Local",
            "Flags": ["Timing"],
            "Length": 4096 * (file.end - file.start),
            "StartTime": start.strftime(_FORMAT),
            "Type": "dav",
            "VideoStream": "Main",
        }
        if self._firmware.tells_utc_offset:
            told["UTCOffset"] = self._firmware.utc_offset
        return told

    @property
    def _shift(self) -> int:
        """Nanoseconds by which local time is ahead of the true one in UTC."""
        return self._ahead() + self._firmware.utc_offset * _SECOND


def _time(text: str | None) -> int:
    try:
        moment = datetime.strptime(text or "", _FORMAT)  # noqa: DTZ007 - local
    except ValueError:
        raise RefusedError from None
    return round((moment - _EPOCH).total_seconds())


def _moment(seconds: int) -> datetime:
    return _EPOCH + timedelta(seconds=seconds)
