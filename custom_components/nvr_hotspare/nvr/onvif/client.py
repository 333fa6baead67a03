"""Calls of a unit's operations: where its services are, and how long it may take."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

import aiohttp
from lxml.etree import _Element as Element
from yarl import URL

from ..errors import (
    UnitProtocolError,
    UnitRequestError,
    UnitUnreachableError,
    UnitUnsupportedError,
)
from ..http import UnitHttp
from ..model import Credentials, Endpoint, Heartbeat
from .exchange import Exchange, Reply, Request, aside
from .heartbeat import beat
from .services import paths_from_capabilities, paths_from_services
from .wsdl import Service, messages

_DEVICE_PATH: Final = "/onvif/device_service"  # ONVIF Core, "Device service"
_PARALLEL = 8
_HEARTBEAT_TIMEOUT = 30.0
"""The longest that a slow unit's answer counts as life."""
_PRE_AUTH: Final = {"GetServices", "GetServiceCapabilities", "GetCapabilities"}
"""Operations that a unit answers without credentials (ONVIF Core, "Access classes")."""


class OnvifClient:
    """One unit, as one account sees it."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        endpoint: Endpoint,
        credentials: Credentials,
        *,
        timeout: float,
    ) -> None:
        """Make one.

        Args:
            session: Never closed here.
            endpoint: Where the unit's services answer.
            credentials: The account.
            timeout: Seconds that a call may take as a whole.

        Raises:
            UnitUnreachableError: The endpoint's host is no host name.
        """
        self.http = UnitHttp(session, endpoint)
        self.clock_offset: float | None = None
        """The unit's clock minus ours in seconds, as last measured."""
        self._timeout = timeout
        self._exchange = Exchange(self.http, credentials, self._clock)
        self._paths: Mapping[Service, str] | None = None
        self._slots = asyncio.Semaphore(_PARALLEL)
        self._device = self.http.url(_DEVICE_PATH)

    @property
    def endpoint(self) -> Endpoint:
        """Where the unit's services answer."""
        return self.http.endpoint

    async def heartbeat(self, *, fresh: bool) -> Heartbeat:
        """Ask for a sign of life, without credentials; errors as those of `beat`."""
        async with _limited(_HEARTBEAT_TIMEOUT):
            found = await beat(self.http, self._device, fresh=fresh)
        if found.clock_offset is not None:
            self.clock_offset = found.clock_offset
        return found

    async def services(self, *, anew: bool = False) -> Mapping[Service, str]:
        """Return the paths of the services that the unit has; asked once, or `anew`.

        Raises:
            UnitError: As `call`.
        """
        if self._paths is None or anew:
            try:
                answer = await self._call(self._device, "GetServices", IncludeCapability=False)
                self._paths = paths_from_services(answer)
            except UnitUnsupportedError, UnitRequestError:
                answer = await self._call(self._device, "GetCapabilities", Category=["All"])
                self._paths = paths_from_capabilities(answer)
        return self._paths

    async def call(self, service: Service, operation: str, **arguments: Any) -> Any:
        """Call an operation and return zeep's reading of the answer: any part can be None.

        Raises:
            UnitUnreachableError: No answer, or not in the time a call may take as a whole.
            UnitCertificateError: What answers does not prove to be the unit.
            UnitUnsupportedError: The unit lacks the service or the operation.
            UnitCredentialsError: The account is not accepted, or may not do this.
            UnitFullError: A limit of the unit is reached.
            UnitRequestError: The unit would not do it, for another reason.
            UnitProtocolError: The answer makes no sense.
        """
        if service is Service.DEVICE:
            return await self._call(self._device, operation, **arguments)
        url = self.http.url(await self.path(service))
        return await self._call(url, operation, service, **arguments)

    async def path(self, service: Service) -> str:
        """Return where a service answers.

        Raises:
            UnitUnsupportedError: The unit lacks it.
            UnitError: As `call`.
        """
        path = (await self.services()).get(service)
        if path is None:  # a unit that is still starting may not tell all at once
            path = (await self.services(anew=True)).get(service)
        if path is None:
            raise UnitUnsupportedError(f"It has no {service.name.lower()} service")
        return path

    async def send(
        self, url: URL, action: str, envelope: Element, *, seconds: float | None = None
    ) -> Element:
        """Send a request that was built by hand, and return the envelope of the answer.

        It waits for no other call, and no other for it.

        Args:
            url: Of the unit.
            action: The SOAP action.
            envelope: The request.
            seconds: How long it may take as a whole, if not as long as any call.

        Raises:
            UnitError: As `call`.
        """
        async with _limited(self._timeout if seconds is None else seconds):
            request = Request(url, action, envelope)
            return _answer(await self._exchange.send(request, pre_auth=False))

    async def _call(
        self, url: URL, operation: str, service: Service = Service.DEVICE, **arguments: Any
    ) -> Any:
        known = await messages()
        envelope, action = known.build(service, operation, **arguments)
        request = Request(url, action, envelope)
        async with self._slots, _limited(self._timeout):
            reply = await self._exchange.send(request, pre_auth=operation in _PRE_AUTH)
            return await aside(reply.size, known.read, service, operation, _answer(reply))

    async def _clock(self, *, anew: bool) -> float | None:
        if anew or self.clock_offset is None:
            await self.heartbeat(fresh=True)
        return self.clock_offset


def _answer(reply: Reply) -> Element:
    """Return the envelope of an answer that is one."""
    if reply.fault is not None:
        reply.fault.throw()
    if reply.envelope is None:
        raise UnitProtocolError(f"The answer is not SOAP (HTTP {reply.status})")
    return reply.envelope


@asynccontextmanager
async def _limited(seconds: float) -> AsyncGenerator[None]:
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise UnitUnreachableError("No answer in time") from None
