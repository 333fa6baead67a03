"""Requests to a unit's web interface as one account, with HTTP Digest (RFC 7616).

For units that are not talked to by ONVIF. The unit is asked without credentials first and its
challenge is answered once: a wrong password costs one attempt. Basic is never answered, it would
show the password to whoever listens.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from http import HTTPStatus
import time
from typing import Final

import aiohttp
from yarl import URL

from ..recorder.auth import Authenticator
from .errors import UnitCredentialsError, UnitProtocolError, UnitUnreachableError
from .http import Answer, HttpRequest, UnitHttp, read
from .model import Credentials, Endpoint, Heartbeat
from .ration import AccountLockedError, Ration

LIMIT: Final = 2_097_152
"""Bytes of an answer: 256 channels with their weekly schedules need about as much."""
_HEARTBEAT_LIMIT: Final = 65_536
_HEARTBEAT_TIMEOUT: Final = 30.0
"""The longest that a slow unit's answer counts as life."""
_REJECTED: Final = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
_NO_UNIT: Final = {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.NOT_IMPLEMENTED}
"""What a web server answers that does not know the path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """An answer that goes on for as long as both want."""

    status: int
    content_type: str
    chunks: AsyncIterator[bytes]
    """Raises `UnitUnreachableError` after too long a silence, or where the connection is lost."""


class AccountClient:
    """One unit's web interface, as one account sees it. It has no tasks and holds no connection."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        endpoint: Endpoint,
        credentials: Credentials,
        *,
        timeout: float,
        locked: Callable[[Answer], float] = lambda _: 0.0,
    ) -> None:
        """Make one.

        Args:
            session: Never closed here.
            endpoint: Where the unit answers.
            credentials: The account.
            timeout: Seconds that a request may take as a whole, if nothing else is said.
            locked: Reads off an answer that rejects the account for how many seconds the unit
                has locked it.

        Raises:
            UnitUnreachableError: The endpoint's host is no host name.
        """
        self.endpoint = endpoint
        self.credentials = credentials
        self._http = UnitHttp(session, endpoint)
        self._timeout = timeout
        self._locked = locked
        self._ration = Ration()

    async def heartbeat(self, path: str | URL, *, fresh: bool) -> tuple[Heartbeat, Answer]:
        """Ask for a sign of life, without credentials and without retrying.

        That it wants to know who asks is one.

        Raises:
            UnitUnreachableError: Nothing answers in 30 s; a `UnitRefusedError` if refused.
            UnitProtocolError: Something answers that does not know the path.
        """
        request = HttpRequest(method="GET", url=self._http.url(path))
        started = time.perf_counter()
        async with _limited(_HEARTBEAT_TIMEOUT):
            answer = await self._http.send(request, limit=_HEARTBEAT_LIMIT, fresh=fresh)
        if answer.status in _NO_UNIT:
            raise UnitProtocolError(
                f"Something answers, but no such recorder (HTTP {answer.status})"
            )
        return Heartbeat(round_trip=time.perf_counter() - started, clock_offset=None), answer

    async def ask(
        self,
        method: str,
        path: str | URL,
        body: bytes = b"",
        *,
        content_type: str = "",
        seconds: float | None = None,
    ) -> Answer:
        """Make a request; returns the answer of any status but 401, 502, 503 and 504.

        Only reading uses a kept-alive connection: on one that the unit is just closing nobody knew
        whether an order was carried out.

        Args:
            method: Of HTTP.
            path: On the unit; a URL of which everything but the path is ignored is as good, and
                says how it is to be encoded.
            body: What to send.
            content_type: What that is.
            seconds: How long it may take as a whole, if not as long as any request.

        Raises:
            UnitUnreachableError: No answer, or not in time.
            UnitCredentialsError: The account is not accepted; `AccountLockedError` if it was not
                offered, because it was rejected lately.
            UnitProtocolError: The answer is not HTTP, or larger than any unit's.
        """
        request = HttpRequest(
            method=method,
            url=self._http.url(path),
            body=body,
            headers={"Content-Type": content_type} if content_type else {},
        )
        fresh = method != "GET"
        limited = _limited(self._timeout if seconds is None else seconds)
        async with self._ration.turn(), limited:
            answer = await self._http.send(request, limit=LIMIT, fresh=fresh)
            if answer.status == HTTPStatus.UNAUTHORIZED:
                signed = self._signed(request, answer)
                answer = await self._http.send(signed, limit=LIMIT, fresh=fresh)
            self._judge(answer)
            return answer

    @asynccontextmanager
    async def listen(self, path: str | URL, *, silence: float) -> AsyncGenerator[Stream]:
        """Make a request whose answer goes on, and enter once it begins.

        Args:
            path: As in `ask`.
            silence: Seconds without a byte after which the unit is taken for gone.

        Raises:
            UnitError: As `ask`.
        """
        request = HttpRequest(method="GET", url=self._http.url(path))
        async with AsyncExitStack() as stack:
            async with self._ration.turn(), _limited(self._timeout):
                challenge = await self._http.send(request, limit=LIMIT, fresh=True)
                if challenge.status == HTTPStatus.UNAUTHORIZED:
                    request = self._signed(request, challenge)
                response = await stack.enter_async_context(self._http.opened(request, fresh=True))
                if response.status in _REJECTED:
                    self._judge(await read(response, LIMIT))
                self._ration.accepted()
            yield Stream(
                status=response.status,
                content_type=response.headers.get("Content-Type", ""),
                chunks=_chunks(response, silence),
            )

    def _signed(self, request: HttpRequest, challenge: Answer) -> HttpRequest:
        """Return a request that answers a challenge."""
        account = Authenticator(self.credentials.username, self.credentials.password)
        account.accept(challenge.challenges)
        answer = account.authorization(request.method, request.url.raw_path_qs)
        if answer is None or not answer.startswith("Digest "):
            self._check_locked(challenge)
            if not challenge.challenges:
                raise UnitCredentialsError("It asks for the password in a way that makes no sense")
            raise UnitCredentialsError("It wants the password in a way that would show it to all")
        return replace(request, headers={**request.headers, "Authorization": answer})

    def _judge(self, answer: Answer) -> None:
        """Note whether the account was accepted; raises `UnitCredentialsError` if not."""
        if answer.status == HTTPStatus.UNAUTHORIZED:
            self._ration.rejected()
        if answer.status in _REJECTED:
            self._check_locked(answer)
        if answer.status == HTTPStatus.UNAUTHORIZED:
            raise UnitCredentialsError("It does not accept the account (HTTP 401)")
        self._ration.accepted()

    def _check_locked(self, answer: Answer) -> None:
        if seconds := self._locked(answer):
            self._ration.locked(seconds)
            raise AccountLockedError("It has locked the account for now")


async def _chunks(response: aiohttp.ClientResponse, silence: float) -> AsyncGenerator[bytes]:
    while True:
        try:
            async with _limited(silence):
                chunk = await response.content.readany()
        except aiohttp.ClientError, OSError:
            raise UnitUnreachableError("The connection was lost") from None
        if not chunk:
            raise UnitUnreachableError("It tells no more")
        yield chunk


@asynccontextmanager
async def _limited(seconds: float) -> AsyncGenerator[None]:
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise UnitUnreachableError("No answer in time") from None
