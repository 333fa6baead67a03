"""Convincing a unit with as few attempts as can be: units close accounts after a few wrong ones."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
import logging

import pytest

from custom_components.nvr_hotspare.nvr.errors import UnitCredentialsError
from custom_components.nvr_hotspare.nvr.model import Place
from custom_components.nvr_hotspare.recorder.model import Source
from tests.nvr.conftest import Drive, StartNvr
from tests.nvr.scripted_unit import Request, fault, http, scripted_unit, soap, time_answer
from virtual_nvr.nvr.config import Auth, Lockout

_INFORMATION = soap(
    "<tds:GetDeviceInformationResponse><tds:Manufacturer>M</tds:Manufacturer>"
    "<tds:Model>X</tds:Model><tds:FirmwareVersion>1</tds:FirmwareVersion>"
    "<tds:SerialNumber>S-1</tds:SerialNumber><tds:HardwareId>H</tds:HardwareId>"
    "</tds:GetDeviceInformationResponse>"
)
_CHALLENGE = 'Digest realm="unit", nonce="abc", qop="auth"'
_PLACES = [
    Place(key=str(number), name="Gate", source=Source(uri=f"rtsp://127.0.0.{number}/s"))
    for number in range(1, 6)
]


@pytest.mark.parametrize("auth", list(Auth))
async def test_gets_in_whatever_the_unit_wants(
    auth: Auth, start_nvr: StartNvr, drive: Drive
) -> None:
    unit = await start_nvr(auth=auth)
    driver = drive(unit)
    assert (await driver.identify()).serial == "VN-0001"
    assert (await driver.probe()).identity.serial == "VN-0001"


@pytest.mark.parametrize("auth", list(Auth))
async def test_a_wrong_password_costs_one_attempt_a_call(
    auth: Auth, start_nvr: StartNvr, drive: Drive
) -> None:
    unit = await start_nvr(auth=auth, lockout=Lockout(attempts=2, seconds=60))
    wrong = drive(unit, password="wrong")
    with pytest.raises(UnitCredentialsError):
        await wrong.record(_PLACES)
    # A second attempt would have closed the account; the right password opens it again.
    await drive(unit).identify()
    for call in (wrong.probe, wrong.settings, wrong.places):
        with pytest.raises(UnitCredentialsError):
            await call()
        await drive(unit).identify()


async def test_heartbeats_of_a_closed_account_go_on(start_nvr: StartNvr, drive: Drive) -> None:
    unit = await start_nvr(lockout=Lockout(attempts=1, seconds=60))
    driver = drive(unit, password="wrong")
    with pytest.raises(UnitCredentialsError):
        await driver.identify()
    with pytest.raises(UnitCredentialsError, match="locked"):
        await driver.identify()
    assert (await driver.heartbeat()).clock_offset is not None


@pytest.mark.parametrize("minutes", [-90, 90])
async def test_a_wrong_clock_of_the_unit_is_allowed_for(
    minutes: int, start_nvr: StartNvr, drive: Drive
) -> None:
    unit = await start_nvr(auth=Auth.WSSE)
    unit.clock_offset = timedelta(minutes=minutes)
    await drive(unit).identify()


async def test_the_clock_is_measured_again_before_a_rejection_is_believed(
    start_nvr: StartNvr, drive: Drive
) -> None:
    unit = await start_nvr(auth=Auth.WSSE)
    driver = drive(unit)
    await driver.identify()
    unit.clock_offset = timedelta(hours=1)
    await driver.identify()


def _digest_only(request: Request, _: asyncio.StreamWriter) -> bytes:
    if request.carries_digest:
        return http(_INFORMATION)
    return http("", "401 Unauthorized", WWW_Authenticate=_CHALLENGE)


def _token_only(status: str) -> Callable[[Request, asyncio.StreamWriter], bytes]:
    def script(request: Request, _: asyncio.StreamWriter) -> bytes:
        if request.operation == "GetSystemDateAndTime":
            return http(time_answer())
        if request.carries_token:
            return http(_INFORMATION)
        return fault("NotAuthorized", status=status)

    return script


async def test_digest_and_token_are_never_sent_together(drive: Drive) -> None:
    async with scripted_unit(_digest_only) as unit:
        await drive(unit.endpoint).identify()
    assert not any(request.carries_token for request in unit.requests)
    assert any(request.carries_digest for request in unit.requests)


@pytest.mark.parametrize("status", ["400 Bad Request", "401 Unauthorized", "200 OK", "500 Error"])
async def test_a_unit_that_knows_only_tokens_gets_them(status: str, drive: Drive) -> None:
    async with scripted_unit(_token_only(status)) as unit:
        driver = drive(unit.endpoint)
        await driver.identify()
        # Once known, no call begins without.
        del unit.requests[:]
        await driver.identify()
    assert all(it.carries_token for it in unit.requests if "Network" not in it.operation)


async def test_a_password_is_never_sent_in_the_clear(drive: Drive) -> None:
    def script(_: Request, __: asyncio.StreamWriter) -> bytes:
        return http("", "401 Unauthorized", WWW_Authenticate='Basic realm="unit"')

    async with scripted_unit(script) as unit:
        with pytest.raises(UnitCredentialsError):
            await drive(unit.endpoint).identify()
    for request in unit.requests:
        assert not request.headers.get("authorization", "").startswith("Basic")
        assert b"cellar-door" not in request.body


async def test_an_account_that_may_not_do_this_is_told_so(drive: Drive) -> None:
    def script(request: Request, writer: asyncio.StreamWriter) -> bytes:
        if request.carries_digest:
            return fault("NotAuthorized", reason="Only administrators", status="403 Forbidden")
        return _digest_only(request, writer)

    async with scripted_unit(script) as unit:
        with pytest.raises(UnitCredentialsError, match="Only administrators"):
            await drive(unit.endpoint).restart()
    assert unit.attempts == 1


async def test_a_unit_that_changes_its_mind_is_followed(drive: Drive) -> None:
    moods = {"now": _token_only("400 Bad Request")}

    def script(request: Request, writer: asyncio.StreamWriter) -> bytes:
        return moods["now"](request, writer)

    async with scripted_unit(script) as unit:
        driver = drive(unit.endpoint)
        await driver.identify()
        moods["now"] = _digest_only
        with pytest.raises(UnitCredentialsError):
            await driver.identify()
        await driver.identify()


async def test_no_secret_reaches_the_log_or_an_error(
    start_nvr: StartNvr, drive: Drive, caplog: pytest.LogCaptureFixture
) -> None:
    unit = await start_nvr(auth=Auth.WSSE)
    source = Source(uri="rtsp://127.0.0.9/s", username="viewer", password="hush-hush")
    place = Place(key="a", name="Gate", source=source)
    with caplog.at_level(logging.DEBUG):
        driver = drive(unit)
        await driver.provision([place])
        await driver.places()
        with pytest.raises(UnitCredentialsError) as caught:
            await drive(unit, password="open-sesame").identify()
    told = caplog.text + repr(caught.value) + repr(driver) + repr(place)
    for secret in ("cellar-door", "hush-hush", "open-sesame"):
        assert secret not in told
