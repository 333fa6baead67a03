"""What footage a unit has of a camera, and where it plays it."""

import asyncio
import time
from typing import Final

from ...recorder.giving.model import Replay
from ...recorder.spans import Span, intersection, union
from ..clock import ClockMeter
from ..errors import UnitProtocolError, UnitRequestError, UnitUnsupportedError
from ..model import Credentials, FootageTold
from ..uris import at_host, stream_uri
from . import search
from .client import OnvifClient
from .inventory import Container, Inventory
from .wsdl import Service

_STREAM: Final = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}
"""RTP over RTSP over TCP (onvif.xsd, TransportProtocol)."""


class OnvifFootage:
    """Asks for it; one search at a time, because units have few sessions for them."""

    def __init__(self, client: OnvifClient, credentials: Credentials) -> None:
        self._client = client
        self._credentials = credentials
        self._clock = ClockMeter(client)
        self._searching = asyncio.Lock()

    async def footage(self, container: Container, within: Span) -> FootageTold:
        """Tell what video a recording holds, by our clock.

        Raises:
            UnitUnsupportedError: The unit can't tell.
            UnitError: As `OnvifClient.call`.
        """
        async with self._searching:
            bounds = await self._clock.measure()
            ahead = bounds.ahead
            told = await search.held(
                self._client,
                container.token,
                container.video,
                _shifted(within, ahead),
                time.time_ns() + ahead,
            )
            bounds = bounds.widened(await self._clock.glance())
        spans = union(_shifted(span, -ahead) for span in told.spans)
        return FootageTold(
            spans=intersection(spans, [within]),
            exact=told.exact,
            uncertainty=bounds.doubt(ahead) + told.resolution,
        )

    async def replay(self, container: Container) -> Replay:
        """Ask where the unit plays a recording.

        Of the address that it tells only port and path are believed, as of its services.

        Raises:
            UnitUnsupportedError: It does not play recordings, or only over TLS.
            UnitError: As `OnvifClient.call`.
        """
        told = await self._client.call(
            Service.REPLAY, "GetReplayUri", StreamSetup=_STREAM, RecordingToken=container.token
        )
        uri = stream_uri(told) if isinstance(told, str) else None
        if uri is None:
            raise UnitProtocolError("It does not say where it plays a recording")
        if not uri.startswith("rtsp://"):
            raise UnitUnsupportedError("It plays recordings over RTSP with TLS only")
        return Replay(
            uri=at_host(uri, self._client.endpoint.host),
            username=self._credentials.username,
            password=self._credentials.password,
            ahead=(await self._clock.measure()).ahead,
        )


def place_of(inventory: Inventory, key: str) -> Container:
    """Return our recording of a place; the one that is still filled, if there are more.

    Raises:
        UnitRequestError: There is none.
    """
    found = sorted(inventory.held(key), key=lambda it: not inventory.jobs_of(it))
    if not found:
        raise UnitRequestError("It holds nothing of this camera")
    return found[0]


def _shifted(span: Span, by: int) -> Span:
    return Span(span.start + by, span.end + by)
