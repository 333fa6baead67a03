"""What the APIs of vendors have in common: HTTP Digest, and cameras that are logged in to."""

from abc import abstractmethod
import asyncio
from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any, Protocol, override

from aiohttp import web

from custom_components.nvr_hotspare.recorder.auth import Guard, Verdict

from .access import AccountLock
from .director import Held
from .meddling import meddle
from .vendor import Inside, VendorApi

_PATIENCE = 10.0
"""Seconds that a client may take to send its request."""


class Firmware(Protocol):
    """In what the firmwares of all vendors differ."""

    @property
    def login_seconds(self) -> float:
        """Between adding a camera and its first frame."""

    @property
    def meddles_at(self) -> int:
        """The port at which it sets cameras that it adds; 0 where it does not."""

    @property
    def closes_connections(self) -> bool:
        """Whether it closes the connection after each answer."""


class DigestApi(VendorApi):
    """The API of a vendor, whose one account is proven by HTTP Digest.

    Attributes:
        lock: Counts wrong passwords.
    """

    def __init__(
        self, inside: Inside, firmware: Firmware, realm: str, token_of: Callable[[int], str]
    ) -> None:
        """Stand on a recorder; `token_of` names the recording of a channel beneath."""
        config = inside.config
        self._inside = inside
        self._kind = firmware
        self._token_of = token_of
        self._guard = Guard(realm, {config.username: config.password}, algorithms=("MD5",))
        self.lock = AccountLock(config.lockout)
        self._meetings: set[asyncio.Task[None]] = set()

    @abstractmethod
    async def _carry_out(self, request: web.Request, body: bytes) -> web.StreamResponse:
        """Answer who may ask."""

    @abstractmethod
    def _rejection(self) -> web.Response:
        """Return what is said to others; it is challenged to prove who it is where that is 401."""

    @override
    async def stop(self) -> None:
        meetings = list(self._meetings)
        for meeting in meetings:
            meeting.cancel()
        await asyncio.gather(*meetings, return_exceptions=True)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        try:
            async with asyncio.timeout(_PATIENCE):
                body = await request.read()
        except TimeoutError:
            raise web.HTTPRequestTimeout from None
        await self._inside.late()
        response = self._refuse(request)
        if response is None:
            response = await self._carry_out(request, body)
        if self._kind.closes_connections:
            response.force_close()
        return response

    def _refuse(self, request: web.Request) -> web.StreamResponse | None:
        """Return why a request must not be answered, None if it may."""
        verdict = Verdict.MISSING
        if not self.lock.closed:
            authorization = request.headers.get("Authorization")
            verdict = self._guard.verify(authorization, request.method, request.raw_path)
        if verdict is Verdict.ACCEPTED:
            self.lock.right()
            return None
        if verdict is Verdict.REJECTED:
            self.lock.wrong()
        response = self._rejection()
        if response.status == HTTPStatus.UNAUTHORIZED:
            for challenge in self._guard.challenges(stale=verdict is Verdict.STALE):
                response.headers.add("WWW-Authenticate", challenge)
        return response

    def _is_recording(self, channel: int) -> bool:
        return self._inside.director.is_recording(self._token_of(channel))

    async def _held(self, channel: int, start: int, end: int) -> Held:
        return await self._inside.director.held_between(self._token_of(channel), start, end)

    def _meet(self, channel: int, host: str, username: str, password: str) -> None:
        """Log in to the camera of a channel, and set it as this firmware does."""
        if self._kind.meddles_at:
            self._begin(meddle(host, self._kind.meddles_at, username, password))
        if self._kind.login_seconds:
            self._begin(self._log_in(channel))

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        meeting = asyncio.create_task(work)
        self._meetings.add(meeting)
        meeting.add_done_callback(self._meetings.discard)

    async def _log_in(self, channel: int) -> None:
        """Take as long as it does until a camera sends something."""
        token = self._token_of(channel)
        self._inside.held.add(token)
        await asyncio.sleep(self._kind.login_seconds)
        self._inside.held.discard(token)
        await self._inside.settle()
