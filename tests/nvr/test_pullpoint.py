"""Listening to units: recorders in software, and scripted ones that behave oddly."""

import asyncio
from collections.abc import Callable

from lxml import etree
import pytest

from custom_components.nvr_hotspare.nvr.base import Subscription
from custom_components.nvr_hotspare.nvr.errors import (
    UnitCredentialsError,
    UnitProtocolError,
    UnitRequestError,
    UnitUnreachableError,
    UnitUnsupportedError,
)
from custom_components.nvr_hotspare.nvr.model import (
    Capability,
    Restarting,
    StorageState,
    UnitEvent,
)
from custom_components.nvr_hotspare.nvr.onvif import pullpoint
from custom_components.nvr_hotspare.nvr.onvif.notifications import event_of
from tests.nvr.conftest import Drive, StartNvr
from tests.nvr.scripted_unit import (
    SOAP,
    Request,
    fault,
    http,
    scripted_unit,
    services_answer,
    soap,
    time_answer,
)
from virtual_nvr.nvr.config import Auth, Limits, Lockout

WELL = StorageState(storage="disk-1", failed=False)
BROKEN = StorageState(storage="disk-1", failed=True)

_TEV = 'xmlns="http://www.onvif.org/ver10/events/wsdl"'
_WSNT = 'xmlns="http://docs.oasis-open.org/wsn/b-2"'
_INFORMATION = soap("<tds:GetDeviceInformationResponse/>")


def _times(seconds: int) -> str:
    return (
        "<CurrentTime>2026-11-24T10:00:00Z</CurrentTime>"
        f"<TerminationTime>2026-11-24T10:00:{seconds:02}Z</TerminationTime>"
    )


def _created(address: str = "http://10.9.8.7:81/sub?id=7", parameters: str = "") -> bytes:
    reference = (
        '<SubscriptionReference xmlns:a="http://www.w3.org/2005/08/addressing">'
        f"<a:Address>{address}</a:Address>{parameters}</SubscriptionReference>"
    )
    name = "CreatePullPointSubscriptionResponse"
    return http(soap(f"<{name} {_TEV}>{reference}{_times(59)}</{name}>"))


def _pulled(messages: str = "", seconds: int = 59) -> bytes:
    name = "PullMessagesResponse"
    return http(soap(f"<{name} {_TEV}>{_times(seconds)}{messages}</{name}>"))


def _script(**answers: bytes) -> Callable[[Request, object], bytes]:
    """Answer as a unit with events does, but for these operations."""
    known: dict[str, bytes] = {
        "GetSystemDateAndTime": http(time_answer()),
        "GetServices": http(services_answer("events")),
        "GetDeviceInformation": http(_INFORMATION),
        "CreatePullPointSubscription": _created(),
        "PullMessages": _pulled(),
        "Renew": http(soap(f"<RenewResponse {_WSNT}>{_times(59)}</RenewResponse>")),
        "Unsubscribe": http(soap(f"<UnsubscribeResponse {_WSNT}/>")),
    }
    return lambda request, _: (known | answers)[request.operation]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pullpoint, "_PACE", 0.0)


@pytest.mark.parametrize("auth", list(Auth))
async def test_is_told_how_things_are_and_what_happens(
    auth: Auth, start_nvr: StartNvr, drive: Drive
) -> None:
    unit = await start_nvr(auth=auth)
    subscription = await drive(unit).subscribe()
    assert await subscription.pull() == [WELL]
    waiting = asyncio.create_task(_next(subscription))
    await unit.fail_storage()
    assert await waiting == BROKEN
    await unit.mend_storage()
    assert await _next(subscription) == WELL
    unit.announce_restart()
    assert await _next(subscription) == Restarting()


async def _next(subscription: Subscription) -> UnitEvent:
    while not (events := await subscription.pull()):
        pass
    (event,) = events
    return event


async def test_a_pull_without_events_is_an_answer(
    start_nvr: StartNvr, drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pullpoint, "WAIT", 1)
    subscription = await drive(await start_nvr()).subscribe()
    await subscription.pull()
    assert await subscription.pull() == []


async def test_a_unit_that_is_gone_breaks_the_pull(drive: Drive) -> None:
    async with scripted_unit(_script()) as unit:
        subscription = await drive(unit.endpoint).subscribe()
        assert await subscription.pull() == []
    with pytest.raises(UnitUnreachableError):
        await subscription.pull()
    await subscription.close()


async def test_a_connection_that_is_cut_breaks_the_pull(drive: Drive) -> None:
    async with scripted_unit(_script(PullMessages=b"")) as unit:
        subscription = await drive(unit.endpoint).subscribe()
        with pytest.raises(UnitUnreachableError):
            await subscription.pull()


async def test_who_closes_makes_room_for_the_next(start_nvr: StartNvr, drive: Drive) -> None:
    driver = drive(await start_nvr(limits=Limits(pull_points=1)))
    subscription = await driver.subscribe()
    with pytest.raises(UnitRequestError, match="no room"):
        await driver.subscribe()
    await subscription.close()
    await driver.subscribe()


async def test_a_pull_point_that_is_gone_is_told(start_nvr: StartNvr, drive: Drive) -> None:
    subscription = await drive(await start_nvr()).subscribe()
    await subscription.close()
    with pytest.raises(UnitRequestError):
        await subscription.pull()
    await subscription.close()


@pytest.mark.parametrize("auth", list(Auth))
async def test_a_wrong_password_costs_one_attempt(
    auth: Auth, start_nvr: StartNvr, drive: Drive
) -> None:
    unit = await start_nvr(auth=auth, lockout=Lockout(attempts=2, seconds=60))
    with pytest.raises(UnitCredentialsError):
        await drive(unit, password="wrong").subscribe()
    await drive(unit).subscribe()  # a second attempt would have closed the account


async def test_an_account_that_may_not_listen_is_not_a_wrong_password(drive: Drive) -> None:
    refusal = fault("NotAuthorized", reason="Operators only")
    async with scripted_unit(_script(CreatePullPointSubscription=refusal)) as unit:
        with pytest.raises(UnitUnsupportedError, match="Operators only"):
            await drive(unit.endpoint).subscribe()


async def test_a_unit_without_events_is_asked_for_nothing_more(drive: Drive) -> None:
    async with scripted_unit(_script(GetServices=http(services_answer("media")))) as unit:
        with pytest.raises(UnitUnsupportedError):
            await drive(unit.endpoint).subscribe()
        assert unit.asked("GetDeviceInformation") == 0


async def test_probing_finds_events(start_nvr: StartNvr, drive: Drive) -> None:
    probe = await drive(await start_nvr()).probe()
    assert Capability.EVENTS in probe.capabilities


async def test_a_pull_point_is_asked_at_the_host_given_with_what_the_unit_wants(
    drive: Drive,
) -> None:
    parameters = '<a:ReferenceParameters><Id xmlns="urn:unit">42</Id></a:ReferenceParameters>'
    script = _script(CreatePullPointSubscription=_created(parameters=parameters))
    async with scripted_unit(script) as unit:
        subscription = await drive(unit.endpoint).subscribe()
        await subscription.pull()
        request = unit.requests[-1]
        assert request.path == "/sub?id=7"
        header = etree.fromstring(request.body).find(f"{{{SOAP}}}Header")
        assert header is not None
        assert header.findtext("{urn:unit}Id") == "42"
        told = {etree.QName(it).localname: it.text for it in header}
        assert told["To"] == "http://10.9.8.7:81/sub?id=7"
        assert (told["Action"] or "").endswith("/PullPointSubscription/PullMessagesRequest")


async def test_is_renewed_before_it_ends(drive: Drive) -> None:
    async with scripted_unit(_script(PullMessages=_pulled(seconds=20))) as unit:
        subscription = await drive(unit.endpoint).subscribe()
        await subscription.pull()
        assert unit.asked("Renew") == 0
        await subscription.pull()
        assert unit.asked("Renew") == 1


@pytest.mark.parametrize("codes", [("ActionNotSupported",), ("InvalidArgVal",)])
async def test_a_unit_that_does_not_renew_is_pulled_all_the_same(
    codes: tuple[str, ...], drive: Drive
) -> None:
    script = _script(PullMessages=_pulled(seconds=0), Renew=fault(*codes))
    async with scripted_unit(script) as unit:
        subscription = await drive(unit.endpoint).subscribe()
        for _ in range(2):
            assert await subscription.pull() == []
        assert unit.asked("Renew") == 1


async def test_a_unit_that_answers_at_once_is_not_asked_at_once(
    drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pullpoint, "_PACE", 60.0)
    async with scripted_unit(_script()) as unit:
        subscription = await drive(unit.endpoint).subscribe()
        await subscription.pull()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await subscription.pull()
        assert unit.asked("PullMessages") == 1


async def test_a_unit_that_does_not_answer_is_not_waited_for(
    drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pullpoint, "WAIT", 0)
    monkeypatch.setattr(pullpoint, "_MARGIN", 0.1)
    monkeypatch.setattr(pullpoint, "_CLOSING", 0.1)
    answers = _script()

    async def script(request: Request, _: asyncio.StreamWriter) -> bytes:
        if request.operation in {"PullMessages", "Unsubscribe"}:
            await asyncio.Event().wait()
        return answers(request, None)

    async with scripted_unit(script) as unit:
        subscription = await drive(unit.endpoint).subscribe()
        with pytest.raises(UnitUnreachableError, match="in time"):
            await subscription.pull()
        await subscription.close()


@pytest.mark.parametrize(
    "answer",
    [
        http(soap(f"<CreatePullPointSubscriptionResponse {_TEV}/>")),
        http(soap(f"<PullMessagesResponse {_TEV}/>")),
        _created(address="urn:uuid:1234"),
        _created(address="http://10.9.8.7:port\u00e9"),
        _created(parameters=f"<a:ReferenceParameters><I>{'1' * 5000}</I></a:ReferenceParameters>"),
        http("<html/>"),
    ],
    ids=["no reference", "another answer", "a name", "no address", "too much", "no SOAP"],
)
async def test_an_answer_that_makes_no_sense_is_refused(answer: bytes, drive: Drive) -> None:
    async with scripted_unit(_script(CreatePullPointSubscription=answer)) as unit:
        with pytest.raises(UnitProtocolError):
            await drive(unit.endpoint).subscribe()


@pytest.mark.parametrize("times", ["", "<CurrentTime>soon</CurrentTime>", _times(5)])
async def test_a_unit_that_tells_no_sensible_time_is_pulled(times: str, drive: Drive) -> None:
    answer = http(soap(f"<PullMessagesResponse {_TEV}>{times}</PullMessagesResponse>"))
    async with scripted_unit(_script(PullMessages=answer)) as unit:
        subscription = await drive(unit.endpoint).subscribe()
        for _ in range(2):
            assert await subscription.pull() == []


def _notification(
    topic: str, data: str = "", source: str = "", operation: str = "Changed"
) -> etree._Element:
    return etree.fromstring(
        f'<NotificationMessage {_WSNT} xmlns:tt="http://www.onvif.org/ver10/schema">'
        f"<Topic>{topic}</Topic><Message>"
        f'<tt:Message UtcTime="2026-11-24T10:00:00Z" PropertyOperation="{operation}">'
        f"<tt:Source>{source}</tt:Source><tt:Data>{data}</tt:Data></tt:Message>"
        "</Message></NotificationMessage>"
    )


_DISK = '<tt:SimpleItem Name="Token" Value="d"/>'
_FAILED = '<tt:SimpleItem Name="Other" Value="x"/><tt:SimpleItem Name="Failed" Value="{}"/>'
_STORAGE = "tns1:Device/tns1:HardwareFailure/StorageFailure"


@pytest.mark.parametrize(
    ("notification", "event"),
    [
        (_notification("tns1:Device/OperationMode/ShutdownInitiated"), Restarting()),
        (_notification(" Device/OperationMode/ShutdownInitiated\n"), Restarting()),
        (_notification("tns1:Device/OperationMode/ShutdownInitiated/Extra"), None),
        (_notification("tns1:VideoSource/MotionAlarm"), None),
        (_notification(""), None),
        (
            _notification(_STORAGE, _FAILED.format("true"), _DISK),
            StorageState(storage="d", failed=True),
        ),
        (
            _notification(_STORAGE, _FAILED.format("1"), operation="Initialized"),
            StorageState(storage="", failed=True),
        ),
        (
            _notification(_STORAGE, _FAILED.format("false"), _DISK),
            StorageState(storage="d", failed=False),
        ),
        (
            _notification(_STORAGE, _FAILED.format("true"), _DISK, "Deleted"),
            StorageState(storage="d", failed=False),
        ),
        (_notification(_STORAGE, _DISK), None),
        (etree.fromstring(f"<N {_WSNT}><Topic>{_STORAGE}</Topic></N>"), None),
    ],
)
def test_events_are_read(notification: etree._Element, event: UnitEvent | None) -> None:
    assert event_of(notification) == event
