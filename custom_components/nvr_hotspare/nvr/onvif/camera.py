"""Asking a camera itself how it is set, by ONVIF, as the account that its stream has."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp

from ...recorder.model import Source
from ..camera_state import CameraState, Encoding
from ..errors import UnitCredentialsError, UnitError
from ..model import Credentials, Endpoint
from ..untrusted import printable
from .client import OnvifClient
from .reading import part, parts, text
from .wsdl import Service

PATIENCE: Final = 5.0
"""Seconds after which a camera is not asked any more."""
_PORT: Final = 80
_PARALLEL: Final = 16
_MOST: Final = 32
"""Encodings of one camera that are looked at."""


class Onlooker:
    """Looks at cameras. An account that one rejected is not offered to it again."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session
        self._rejected: set[tuple[str, Credentials]] = set()
        self._slots = asyncio.Semaphore(_PARALLEL)

    async def look(self, source: Source) -> CameraState | None:
        """Ask a camera; None where it does not tell, for whatever reason."""
        try:
            async with self._slots, asyncio.timeout(PATIENCE):
                return await self._ask(source)
        except UnitError, TimeoutError:
            return None

    async def _ask(self, source: Source) -> CameraState:
        account = Credentials(username=source.username, password=source.password)
        endpoint = _endpoint(source)
        client = OnvifClient(self._session, endpoint, account, timeout=PATIENCE)
        beat = await client.heartbeat(fresh=True)  # nobody has to say who asks for the time
        told = await client.call(Service.DEVICE, "GetSystemDateAndTime")
        encodings: Mapping[str, Encoding] = {}
        if (endpoint.host, account) not in self._rejected:
            try:
                encodings = await _encodings(client)
            except UnitCredentialsError:
                self._rejected.add((endpoint.host, account))
        return CameraState(
            clock=beat.clock_offset,
            time_source=printable(text(told, "DateTimeType")),
            time_zone=printable(text(told, "TimeZone", "TZ")),
            encodings=encodings,
        )


async def _encodings(client: OnvifClient) -> Mapping[str, Encoding]:
    told = parts(await client.call(Service.MEDIA, "GetVideoEncoderConfigurations"))
    return {
        printable(text(it, "Name") or text(it, "token")): read_encoding(it) for it in told[:_MOST]
    }


def read_encoding(told: Any) -> Encoding:
    """Return one of the answer's configurations (onvif.xsd, VideoEncoderConfiguration)."""
    codec = text(told, "Encoding")
    width, height = (_number(told, "Resolution", it) for it in ("Width", "Height"))
    return Encoding(
        codec=printable(codec),
        resolution=f"{width}x{height}" if width and height else "",
        frame_rate=_number(told, "RateControl", "FrameRateLimit"),
        bitrate=_number(told, "RateControl", "BitrateLimit"),
        key_interval=_number(told, codec, "GovLength") if codec else "",
    )


def _number(told: Any, *names: str) -> str:
    found = part(told, *names)
    return str(found) if isinstance(found, int) and found else ""


def _endpoint(source: Source) -> Endpoint:
    """Return where a camera speaks ONVIF: where its recorder does it, else at the usual port."""
    address = source.address
    if address is not None and address.protocol == "onvif":
        return Endpoint(host=address.host, port=address.port)
    return Endpoint(host=urlsplit(source.uri).hostname or "", port=_PORT)
