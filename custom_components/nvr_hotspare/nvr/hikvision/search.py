"""What is recorded, as files: ContentMgmt/search of ISAPI.

The name of a position is misspelt on most firmwares, and not on some, so it is said both ways.
Times end in Z and are local ones on many: which it is, who asks has to find out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import uuid4

from lxml.etree import _Element as Element

from ..errors import UnitError, UnitProtocolError, UnitRequestError, UnitUnsupportedError
from ..untrusted import child, text_of, within
from .client import IsapiClient
from .tracks import track_of

_SEARCH: Final = "ContentMgmt/search"
_TIME: Final = "%Y-%m-%dT%H:%M:%SZ"
_PAGE: Final = 40
_MOST_PAGES: Final = 100
_SECONDS: Final = 20.0
"""A search may have to wake disks."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SPELLINGS: Final = ("searchResultPostion", "searchResultPosition")
_LISTS: Final = ("trackList", "trackIDList")


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A stretch of footage; times in seconds since 1970, as the recorder tells them."""

    start: int
    end: int


class Finder:
    """Searches, and remembers how this firmware wants to be asked."""

    def __init__(self, client: IsapiClient) -> None:
        self._client = client
        self._list = ""

    async def find(self, channel: int, start: int, end: int) -> Sequence[File]:
        """Return the files of a channel that reach between two times; times as in `File`.

        Raises:
            UnitError: As `IsapiClient.order`.
        """
        files: list[File] = []
        name = str(uuid4()).upper()
        for _ in range(_MOST_PAGES):
            told = await self._page(name, channel, (start, end), len(files))
            found = [_file(it) for it in within(told, "searchMatchItem")]
            files += found
            if text_of(told, "responseStatusStrg").upper() != "MORE" or not found:
                return [it for it in files if it.start < end and it.end > start]
        raise UnitProtocolError("Its search finds more than any unit holds")

    async def _page(self, name: str, channel: int, times: tuple[int, int], first: int) -> Element:
        """Ask for a page, in the way that this firmware understands."""
        refused: UnitError | None = None
        for listed in (self._list,) if self._list else _LISTS:
            asked = self._description(name, channel, times, first, listed)
            try:
                told = await self._client.order("POST", _SEARCH, asked, seconds=_SECONDS)
            except (UnitRequestError, UnitUnsupportedError) as error:
                refused = refused or error
            else:
                self._list = listed
                return told
        raise refused or UnitProtocolError("It does not search")

    def _description(
        self, name: str, channel: int, times: tuple[int, int], first: int, listed: str
    ) -> Element:
        element = self._client.element
        start, end = (f"{_EPOCH + timedelta(seconds=it):{_TIME}}" for it in times)
        span = element("timeSpan", element("startTime", start), element("endTime", end))
        return element(
            "CMSearchDescription",
            element("searchID", name),
            element(listed, element("trackID", str(track_of(channel)))),
            element("timeSpanList", span),
            element("maxResults", str(_PAGE)),
            *(element(spelling, str(first)) for spelling in _SPELLINGS),
            element("metadataList", element("metadataDescriptor", "//recordType.meta.std-cgi.com")),
        )


def _file(match: Element) -> File:
    told = child(match, "timeSpan")
    start, end = (_seconds(text_of(told, name)) for name in ("startTime", "endTime"))
    return File(start=start, end=max(start, end))


def _seconds(text: str) -> int:
    try:
        moment = datetime.strptime(text, _TIME).replace(tzinfo=UTC)
    except ValueError:
        raise UnitProtocolError("It tells a time that is none") from None
    return round((moment - _EPOCH).total_seconds())
