"""Requests as one account: how a unit is convinced, and what its answers are taken for."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

import aiohttp
import pytest
from yarl import URL

from custom_components.nvr_hotspare.nvr.account import LIMIT, AccountClient
from custom_components.nvr_hotspare.nvr.errors import (
    UnitCredentialsError,
    UnitProtocolError,
    UnitRefusedError,
    UnitUnreachableError,
)
from custom_components.nvr_hotspare.nvr.http import Answer
from custom_components.nvr_hotspare.nvr.model import Credentials, Endpoint
from custom_components.nvr_hotspare.nvr.ration import AccountLockedError
from custom_components.nvr_hotspare.recorder.auth import Guard, Verdict
from tests.nvr.scripted_unit import Request, ScriptedUnit, http, scripted_unit

PASSWORD = "cellar-door"
OPEN = '<ok locked="no"/>'
LOCKED = '<no locked="yes"/>'

type Opened = Callable[..., AccountClient]


@pytest.fixture
def client_of(session: aiohttp.ClientSession) -> Opened:
    def make(unit: ScriptedUnit, password: str = PASSWORD, timeout: float = 60.0) -> AccountClient:
        account = Credentials(username="admin", password=password)
        return AccountClient(session, unit.endpoint, account, timeout=timeout, locked=_locked)

    return make


def _locked(answer: Answer) -> float:
    return 600.0 if b"yes" in answer.body else 0.0


class Peer:
    """A web interface with one account."""

    def __init__(self, *, basic: bool = False, status: str = "200 OK", body: str = OPEN) -> None:
        self._guard = Guard("Peer", {"admin": PASSWORD}, algorithms=() if basic else ("MD5",))
        self._basic = basic
        self.status = status
        self.body = body

    def __call__(self, request: Request, _: asyncio.StreamWriter) -> bytes:
        method = "POST" if request.body else "GET"
        told = request.headers.get("authorization")
        if self._guard.verify(told, method, request.path) is Verdict.ACCEPTED:
            return http(self.body, self.status)
        challenge = 'Basic realm="Peer"' if self._basic else self._guard.challenges()[0]
        return http(self.body, "401 Unauthorized", WWW_Authenticate=challenge)


async def test_a_challenge_is_answered_once(client_of: Opened) -> None:
    async with scripted_unit(Peer()) as unit:
        answer = await client_of(unit).ask("GET", "/info?a=1")
    assert (answer.status, answer.body) == (200, OPEN.encode())
    assert [it.carries_digest for it in unit.requests] == [False, True]
    assert {it.path for it in unit.requests} == {"/info?a=1"}


async def test_what_is_encoded_is_signed_as_it_is_sent(client_of: Opened) -> None:
    path = URL("/find?from=2026-06-16%2014:34:00&key=[0]", encoded=True)
    async with scripted_unit(Peer()) as unit:
        assert (await client_of(unit).ask("GET", path)).status == 200
    assert unit.requests[1].path == "/find?from=2026-06-16%2014:34:00&key=[0]"


async def test_an_order_has_a_connection_of_its_own_and_questions_share_one(
    client_of: Opened,
) -> None:
    async with scripted_unit(Peer()) as unit:
        client = client_of(unit)
        for _ in range(3):
            await client.ask("GET", "/info")
        assert unit.connections == 1
        await client.ask("POST", "/order", b"<do/>", content_type="application/xml")
    assert unit.connections > 1
    assert unit.requests[-1].body == b"<do/>"
    assert unit.requests[-1].headers["content-type"] == "application/xml"


async def test_a_wrong_password_costs_two_attempts_in_all(client_of: Opened) -> None:
    async with scripted_unit(Peer()) as unit:
        client = client_of(unit, "wrong")
        for _ in range(5):
            with pytest.raises(UnitCredentialsError):
                await client.ask("GET", "/info")
    assert unit.attempts == 2


async def test_a_password_is_never_shown_to_who_wants_to_see_it(client_of: Opened) -> None:
    async with scripted_unit(Peer(basic=True)) as unit:
        with pytest.raises(UnitCredentialsError, match="show it to all"):
            await client_of(unit).ask("GET", "/info")
    assert not any("authorization" in it.headers for it in unit.requests)


async def test_an_account_that_the_unit_says_is_locked_is_not_offered(client_of: Opened) -> None:
    async with scripted_unit(Peer(status="403 Forbidden", body=LOCKED)) as unit:
        client = client_of(unit)
        for _ in range(3):
            with pytest.raises(AccountLockedError):
                await client.ask("GET", "/info")
    assert unit.attempts == 1


async def test_what_the_account_may_not_do_is_no_wrong_password(client_of: Opened) -> None:
    async with scripted_unit(Peer(status="403 Forbidden")) as unit:
        client = client_of(unit)
        statuses = [(await client.ask("GET", "/info")).status for _ in range(4)]
    assert statuses == [403] * 4


async def test_an_answer_that_is_too_large_is_none(client_of: Opened) -> None:
    async with scripted_unit(Peer(body="x" * (LIMIT + 1))) as unit:
        with pytest.raises(UnitProtocolError):
            await client_of(unit).ask("GET", "/info")


async def _silence(_: Request, __: asyncio.StreamWriter) -> bytes:
    await asyncio.Event().wait()
    return b""


async def test_a_unit_that_does_not_answer_in_time_is_unreachable(client_of: Opened) -> None:
    async with scripted_unit(_silence) as unit:
        with pytest.raises(UnitUnreachableError, match="in time"):
            await client_of(unit, timeout=0.1).ask("GET", "/info")
        with pytest.raises(UnitUnreachableError, match="in time"):
            await client_of(unit).ask("GET", "/info", seconds=0.1)


# Signs of life


@pytest.mark.parametrize("status", ["200 OK", "401 Unauthorized", "403 Forbidden", "500 Oh"])
async def test_any_answer_of_a_unit_is_a_sign_of_life_and_needs_no_account(
    client_of: Opened, status: str
) -> None:
    async with scripted_unit(lambda _, __: http(OPEN, status)) as unit:
        beat, _ = await client_of(unit).heartbeat("/life", fresh=True)
    assert beat.round_trip >= 0
    assert unit.attempts == 0


@pytest.mark.parametrize("status", ["404 Not Found", "405 No", "501 Not Implemented"])
async def test_who_does_not_know_the_path_is_another(client_of: Opened, status: str) -> None:
    async with scripted_unit(lambda _, __: http(OPEN, status)) as unit:
        with pytest.raises(UnitProtocolError, match="no such recorder"):
            await client_of(unit).heartbeat("/life", fresh=True)


@pytest.mark.parametrize("status", ["502 Bad Gateway", "503 No", "504 Gateway Timeout"])
async def test_who_speaks_for_a_unit_that_is_gone_is_no_sign_of_life(
    client_of: Opened, status: str
) -> None:
    async with scripted_unit(lambda _, __: http(OPEN, status)) as unit:
        with pytest.raises(UnitUnreachableError):
            await client_of(unit).heartbeat("/life", fresh=True)


async def test_a_host_that_refuses_says_so(client_of: Opened) -> None:
    async with scripted_unit(Peer()) as unit:
        pass
    with pytest.raises(UnitRefusedError):
        await client_of(unit).heartbeat("/life", fresh=True)


async def test_a_host_that_is_none_is_found_out_at_once(session: aiohttp.ClientSession) -> None:
    nobody = Endpoint(host="no host")
    account = Credentials(username="admin", password=PASSWORD)
    with pytest.raises(UnitUnreachableError):
        AccountClient(session, nobody, account, timeout=1.0)


# Answers that go on

STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: multipart/mixed\r\n\r\n"


def told(
    peer: Peer, talk: Callable[[asyncio.StreamWriter], Awaitable[None]]
) -> Callable[[Request, asyncio.StreamWriter], Awaitable[bytes]]:
    """Answer who has the password as `peer` does, but for its events."""

    async def answer(request: Request, writer: asyncio.StreamWriter) -> bytes:
        first = peer(request, writer)
        if request.path != "/events" or b" 401 " in first:
            return first
        writer.write(STREAM)
        await talk(writer)
        return b""

    return answer


async def test_what_a_unit_tells_comes_as_it_is_told_until_it_ends(client_of: Opened) -> None:
    async def talk(writer: asyncio.StreamWriter) -> None:
        writer.write(b"one")
        await writer.drain()

    async with (
        scripted_unit(told(Peer(), talk)) as unit,
        client_of(unit).listen("/events", silence=60.0) as stream,
    ):
        assert (stream.status, stream.content_type) == (200, "multipart/mixed")
        assert await anext(stream.chunks) == b"one"
        with pytest.raises(UnitUnreachableError, match="no more"):
            await anext(stream.chunks)
    assert unit.attempts == 1


async def test_a_unit_that_falls_silent_is_gone(client_of: Opened) -> None:
    async def talk(_: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    async with (
        scripted_unit(told(Peer(), talk)) as unit,
        client_of(unit).listen("/events", silence=0.1) as stream,
    ):
        with pytest.raises(UnitUnreachableError, match="in time"):
            await anext(stream.chunks)


async def test_who_listens_does_not_keep_others_from_asking(client_of: Opened) -> None:
    async def talk(_: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    async with scripted_unit(told(Peer(), talk)) as unit:
        client = client_of(unit)
        async with AsyncExitStack() as listening:
            for _ in range(6):
                await listening.enter_async_context(client.listen("/events", silence=60.0))
            assert (await client.ask("GET", "/info")).body == OPEN.encode()


async def test_a_wrong_password_is_one_for_who_listens_too(client_of: Opened) -> None:
    async with scripted_unit(Peer()) as unit:
        client = client_of(unit, "wrong")
        for _ in range(4):
            with pytest.raises(UnitCredentialsError):
                async with client.listen("/events", silence=60.0):
                    pass
    assert unit.attempts == 2
