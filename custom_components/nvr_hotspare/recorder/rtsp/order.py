"""What a client wants played: the headers of PLAY (ONVIF Streaming, "Initiating Playback")."""

from dataclasses import dataclass
from datetime import UTC, datetime
import re

from .message import Headers

REPLAY = "onvif-replay"
"""The feature that a client requires where it sends such headers."""

_CLOCK = re.compile(r"clock\s*=\s*(?P<start>[^-\s]*)\s*-\s*(?P<end>[^-\s;]*)", re.IGNORECASE)
_FROM_THE_START = re.compile(r"npt\s*=\s*(?:0*(?:\.0*)?|now)?\s*-\s*", re.IGNORECASE)
_UTC = re.compile(r"(\d{8}T\d{6})(?:\.(\d{1,9}))?Z", re.ASCII | re.IGNORECASE)
_INTRA = re.compile(r"intra(?:\s*/\s*(\d{1,9}))?", re.ASCII | re.IGNORECASE)
_FORWARD = re.compile(r"1(?:\.0*)?", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = 1_000_000_000
_BAD_REQUEST, _NOT_VALID, _INVALID_RANGE = 400, 456, 457


class RefusedOrderError(Exception):
    """The order can't be carried out; `status` is what RTSP has for that."""

    def __init__(self, status: int) -> None:
        super().__init__(f"status {status}")
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to play, forward; times in nanoseconds since 1970 UTC."""

    start: int | None = None
    """Where to begin, None for where the footage does."""
    end: int | None = None
    """Frames captured then or later are not wanted."""
    paced: bool = True
    """Whether to play in real time, rather than as fast as the client takes it."""
    intra: bool = False
    """Whether only key frames are wanted."""
    interval: int = 0
    """Nanoseconds from one of these to the next at least."""


def parse_order(headers: Headers) -> Order:
    """Return what the headers of PLAY say.

    Raises:
        RefusedOrderError: They make no sense, or ask for what this server can't do: to play
            backwards or at another speed, or to leave out B-frames.
    """
    start, end = _parse_range(headers.get("Range") or "")
    if not _FORWARD.fullmatch(headers.get("Scale") or "1"):
        raise RefusedOrderError(_NOT_VALID)
    control = (headers.get("Rate-Control") or "yes").lower()
    if control not in {"yes", "no"}:
        raise RefusedOrderError(_BAD_REQUEST)
    frames = headers.get("Frames") or "all"
    intra = _INTRA.fullmatch(frames)
    if not intra and frames.lower() != "all":
        raise RefusedOrderError(_NOT_VALID)
    return Order(
        start=start,
        end=end,
        paced=control == "yes",
        intra=intra is not None,
        interval=int(intra[1] or 0) * 1_000_000 if intra else 0,
    )


def _parse_range(text: str) -> tuple[int | None, int | None]:
    """Return from when to when to play (RFC 2326, sections 3.7 and 12.29).

    Clients that know nothing of recordings ask for all from the beginning, in normal play time.
    """
    if not text or _FROM_THE_START.fullmatch(text):
        return None, None
    clock = _CLOCK.match(text)
    if clock is None:
        raise RefusedOrderError(_INVALID_RANGE)
    start, end = (parse_time(part) if part else None for part in clock.groups())
    if start is not None and end is not None and end <= start:
        raise RefusedOrderError(_INVALID_RANGE)
    return start, end


def parse_time(text: str) -> int:
    """Return a utc-time of RFC 2326 (section 3.7) as nanoseconds since 1970 UTC.

    Raises:
        RefusedOrderError: It is none.
    """
    match = _UTC.fullmatch(text)
    if match is None:
        raise RefusedOrderError(_INVALID_RANGE)
    try:
        moment = datetime.strptime(match[1].upper(), "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        raise RefusedOrderError(_INVALID_RANGE) from None
    return int((moment - _EPOCH).total_seconds()) * _SECOND + int((match[2] or "").ljust(9, "0"))
