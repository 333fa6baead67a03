"""A sign of life: GetSystemDateAndTime, built by hand because every unit is asked every 5 s.

The operation is of access class PRE_AUTH (ONVIF Core, "GetSystemDateAndTime"): no credentials,
and so no account that a wrong password could lock.
"""

from datetime import UTC, datetime
from http import HTTPStatus
import time
from typing import Final

from lxml.etree import _Element as Element
from yarl import URL

from ..clock import YEARS
from ..errors import UnitProtocolError
from ..http import Answer, HttpRequest, UnitHttp
from ..model import Heartbeat
from . import soap

_REQUEST: Final = (
    b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>'
    b'<GetSystemDateAndTime xmlns="http://www.onvif.org/ver10/device/wsdl"/>'
    b"</s:Body></s:Envelope>"
)
_HEADERS: Final = {
    "Content-Type": (
        "application/soap+xml; charset=utf-8; "
        'action="http://www.onvif.org/ver10/device/wsdl/GetSystemDateAndTime"'
    )
}
_LIMIT = 65_536
_SCHEMA = "{http://www.onvif.org/ver10/schema}"
_PARTS: Final = [_SCHEMA + it for it in ("Year", "Month", "Day", "Hour", "Minute", "Second")]
_REJECTED: Final = {HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
"""What some units answer because they want credentials even for this (403: a closed account)."""


async def beat(http: UnitHttp, url: URL, *, fresh: bool) -> Heartbeat:
    """Ask the device service for the time, once; how long it may take is for the caller to say.

    Raises:
        UnitUnreachableError: No answer; `UnitRefusedError` if refused.
        UnitCertificateError: Something answers that does not prove to be the unit.
        UnitProtocolError: Something answers that is no ONVIF unit.
    """
    sent, started = time.time(), time.perf_counter()
    request = HttpRequest(url=url, body=_REQUEST, headers=_HEADERS)
    answer = await http.send(request, limit=_LIMIT, fresh=fresh)
    round_trip = time.perf_counter() - started
    told = _time_told(answer)
    # The unit tells whole seconds, half a second late on average.
    offset = None if told is None else told + 0.5 - (sent + round_trip / 2)
    return Heartbeat(round_trip=round_trip, clock_offset=offset)


def _time_told(answer: Answer) -> float | None:
    """Return the unit's time in seconds since 1970, None where it lives and does not tell."""
    try:
        envelope = soap.parse(answer.body)
    except UnitProtocolError:
        if answer.status in _REJECTED:
            return None
        raise UnitProtocolError(
            f"Something answers, but not an ONVIF unit (HTTP {answer.status})"
        ) from None
    utc = next(envelope.iter(f"{_SCHEMA}UTCDateTime"), None)
    return None if utc is None else _seconds(utc)


def _seconds(utc: Element) -> float | None:
    told = {part.tag: part.text or "" for part in utc.iter()}
    try:
        year, month, day, hour, minute, second = (int(told.get(tag, "")) for tag in _PARTS)
        time_told = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError, OverflowError:
        return None
    return time_told.timestamp() if year in YEARS else None
