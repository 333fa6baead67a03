"""SOAP 1.2 over HTTP: takes requests, lets the services answer, sends faults with their status."""

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus
import logging
from ssl import SSLContext

from aiohttp import web

from .access import Access, NotAuthorizedFault
from .faults import Code, Fault, sender
from .service import Operations
from .xml import Node, envelope, fault_envelope, qualified, read

_LOGGER = logging.getLogger(__name__)

_MAX_REQUEST = 256 * 1024
"""Largest request, in bytes: hundreds of times what any operation of this unit needs."""
_PATIENCE = 10.0
"""Seconds that a client may take to send its request."""


class SoapServer:
    """The unit's HTTP port."""

    def __init__(
        self,
        operations: Operations,
        access: Access,
        before: Callable[[], Awaitable[None]],
        after: Callable[[], Awaitable[None]],
        *,
        tls: SSLContext | None = None,
    ) -> None:
        """Answer with these operations.

        Args:
            operations: Of all services.
            access: Who may ask.
            before: Awaited before an operation is carried out.
            after: Awaited before its answer is sent.
            tls: What proves who it is; None for plain HTTP.
        """
        self._operations = operations
        self._access = access
        self._before = before
        self._after = after
        self._tls = tls
        self._runner: web.AppRunner | None = None

    async def start(
        self, host: str, port: int, beside: Callable[[web.UrlDispatcher], None] | None
    ) -> None:
        """Listen, and have `beside` add routes of its own; OSError where the address is taken."""
        application = web.Application(client_max_size=_MAX_REQUEST)
        application.router.add_post("/onvif/{service}", self._answer)
        if beside is not None:
            beside(application.router)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port, ssl_context=self._tls).start()

    async def stop(self) -> None:
        """Stop listening and close every connection."""
        if self._runner:
            await self._runner.cleanup()
            self._runner = None

    async def _answer(self, request: web.Request) -> web.Response:
        try:
            async with asyncio.timeout(_PATIENCE):
                body = await request.read()
        except TimeoutError:
            raise web.HTTPRequestTimeout from None
        await self._before()
        try:
            content = await self._carry_out(request, body)
            await self._confirm()
        except Fault as fault:
            _LOGGER.debug("%s: %s", request.path, fault.reason)
            return _reply(fault_envelope(fault), fault)
        return _reply(content)

    async def _confirm(self) -> None:
        try:
            await self._after()
        except OSError as error:
            reason = f"The configuration can't be stored: {error.strerror}"
            raise Fault(Code.RECEIVER, "Action", reason=reason) from error

    async def _carry_out(self, request: web.Request, body: bytes) -> bytes:
        message = read(body)
        header, content = message.find("env:Header"), message.find("env:Body")
        asked = content.first() if content else None
        if message.tag != _ENVELOPE or asked is None:
            raise sender("InvalidArgs", reason="This is no SOAP 1.2 request")
        asked.target = request.path_qs
        operation = self._operations.find(asked)
        if not operation.open:
            security = header.find("wsse:Security") if header else None
            self._check(request, security)
        return envelope(await operation(asked))

    def _check(self, request: web.Request, security: Node | None) -> None:
        self._access.check(
            request.method, request.raw_path, request.headers.get("Authorization"), security
        )


_ENVELOPE = qualified("env:Envelope")


def _reply(content: bytes, fault: Fault | None = None) -> web.Response:
    response = web.Response(
        body=content,
        status=fault.status if fault else HTTPStatus.OK,
        headers={"Content-Type": "application/soap+xml; charset=utf-8"},
    )
    if isinstance(fault, NotAuthorizedFault):
        for challenge in fault.challenges:
            response.headers.add("WWW-Authenticate", challenge)
    return response
