"""Who we are: HTTP Digest or WS-UsernameToken, with as few attempts as can be."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, Protocol

from lxml import etree
from lxml.etree import _Element as Element
from yarl import URL

from ...recorder.auth import Authenticator
from ..errors import UnitCredentialsError, UnitProtocolError
from ..http import HttpRequest, UnitHttp
from ..model import Credentials
from . import soap
from .security import with_token

_LIMIT = 2_097_152
"""Bytes of an answer: 256 channels with all their profiles need about as much."""
_PARSED_AT_ONCE = 65_536
_CLOCK_TOLERANCE = 2.0
_REJECTED: Final = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be asked."""

    url: URL
    action: str
    envelope: Element


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came back: SOAP, except where the account was rejected."""

    status: int
    challenges: tuple[str, ...]
    size: int
    envelope: Element | None
    fault: soap.Fault | None

    @property
    def unauthorized(self) -> bool:
        """Whether the unit does not answer this account, or nobody without one."""
        return self.status in _REJECTED or (self.fault is not None and self.fault.unauthorized)


class Clock(Protocol):
    """How far the unit's clock is from ours."""

    async def __call__(self, *, anew: bool) -> float | None:
        """Return its time minus ours in seconds, measured just now if `anew`.

        None where the unit does not tell the time.
        """


class Exchange:
    """Sends requests as one account.

    How the unit wants to be convinced is found out by asking without credentials: HTTP Digest
    where it challenges with that, else WS-UsernameToken; never both, never Basic (ONVIF Core,
    "Authentication"). So a wrong password costs one attempt of those after which units close
    an account. Every request has a connection of its own: on one that the unit is just closing
    nobody knew whether an operation was carried out.
    """

    def __init__(
        self,
        http: UnitHttp,
        credentials: Credentials,
        clock: Clock,
    ) -> None:
        self._http = http
        self._credentials = credentials
        self._clock = clock
        self._takes_tokens = False

    async def send(self, request: Request, *, pre_auth: bool) -> Reply:
        """Send a request with whatever proof of identity the unit wants.

        Args:
            request: What to ask.
            pre_auth: Whether the unit should answer it without any.

        Raises:
            UnitCredentialsError: The account is not accepted, or may not do this.
            UnitUnreachableError, UnitCertificateError: As `UnitHttp.send`.
            UnitProtocolError: The answer is no SOAP.
        """
        if pre_auth or not self._takes_tokens:
            reply = await self._post(request)
            if not reply.unauthorized:
                return reply
            if authorization := self._digest(request.url, reply.challenges):
                self._takes_tokens = False
                return _accepted(await self._post(request, authorization=authorization))
        self._takes_tokens = True
        reply = await self._send_token(request)
        self._takes_tokens = not reply.unauthorized
        return _accepted(reply)

    def _digest(self, url: URL, challenges: tuple[str, ...]) -> str | None:
        account = Authenticator(self._credentials.username, self._credentials.password)
        account.accept(challenges)
        answer = account.authorization("POST", url.raw_path_qs)
        return answer if answer and answer.startswith("Digest ") else None

    async def _send_token(self, request: Request) -> Reply:
        offset = await self._clock(anew=False) or 0.0
        reply = await self._post_token(request, offset)
        if not reply.unauthorized:
            return reply
        # A rejected token may just be too old for a unit whose clock was set meanwhile.
        measured = await self._clock(anew=True) or 0.0
        if abs(measured - offset) > _CLOCK_TOLERANCE:
            return await self._post_token(request, measured)
        return reply

    async def _post_token(self, request: Request, offset: float) -> Reply:
        envelope = with_token(request.envelope, self._credentials, offset)
        return await self._post(request, envelope=envelope)

    async def _post(
        self, request: Request, *, envelope: Element | None = None, authorization: str = ""
    ) -> Reply:
        headers = {
            "Content-Type": f'application/soap+xml; charset=utf-8; action="{request.action}"'
        }
        if authorization:
            headers["Authorization"] = authorization
        body = etree.tostring(request.envelope if envelope is None else envelope)
        sent = HttpRequest(url=request.url, body=body, headers=headers)
        answer = await self._http.send(sent, limit=_LIMIT, fresh=True)
        try:
            parsed = await aside(len(answer.body), soap.parse, answer.body)
        except UnitProtocolError as error:
            if answer.status not in _REJECTED:
                raise UnitProtocolError(f"{error} (HTTP {answer.status})") from None
            parsed = None
        return Reply(
            status=answer.status,
            challenges=answer.challenges,
            size=len(answer.body),
            envelope=parsed,
            fault=None if parsed is None else soap.fault_of(parsed),
        )


def _accepted(reply: Reply) -> Reply:
    if not reply.unauthorized:
        return reply
    if reply.fault is not None and reply.fault.reason:
        raise UnitCredentialsError(reply.fault.reason)
    raise UnitCredentialsError(f"It does not accept the account (HTTP {reply.status})")


async def aside[*A, R](size: int, function: Callable[[*A], R], *arguments: *A) -> R:
    """Compute something of an answer of `size` bytes: a large one in a thread of its own."""
    if size <= _PARSED_AT_ONCE:
        return function(*arguments)
    return await asyncio.to_thread(function, *arguments)
