"""The Event service, asked by a client that knows the WSDL and its schemas."""

import asyncio
from typing import Any

from aiohttp import web
import pytest

from tests.virtual_nvr.nvr_lab import RECORDING, StartNvr, loopback_address
from tests.virtual_nvr.soap_peer import SoapFaultError, SoapPeer
from virtual_nvr.control import CommandError
from virtual_nvr.nvr.command import obey
from virtual_nvr.nvr.config import Limits

STORAGE = "tns1:Device/HardwareFailure/StorageFailure"
SHUTDOWN = "tns1:Device/OperationMode/ShutdownInitiated"
REBOOT = "tns1:Monitoring/OperatingTime/LastReboot"

type Told = list[tuple[str, dict[str, str]]]


async def subscribe(peer: SoapPeer) -> str:
    """Make a pull point and empty it; returns its address."""
    answer = await peer.call("event", "CreatePullPointSubscription", InitialTerminationTime="PT60S")
    address: str = answer.SubscriptionReference.Address._value_1
    assert [topic for topic, _ in await pull(peer, address)] == [REBOOT, STORAGE]
    return address


async def pull(peer: SoapPeer, address: str, wait: str = "PT10S") -> Told:
    answer = await peer.call_at(address, "event", "PullMessages", Timeout=wait, MessageLimit=10)
    return [_read(it) for it in answer.NotificationMessage]


def _read(notification: Any) -> tuple[str, dict[str, str]]:
    message = notification.Message._value_1
    items = [it for part in (message.Source, message.Data) if part for it in part.SimpleItem]
    return notification.Topic._value_1, {it.Name: it.Value for it in items}


async def test_tells_its_topics(start_nvr: StartNvr) -> None:
    _, peer = await start_nvr()
    told = await peer.call("event", "GetEventProperties")
    assert told.FixedTopicSet
    names = [it.tag.rpartition("}")[2] for it in told.TopicSet._value_1]
    assert names == ["Device", "Monitoring"]


async def test_tells_how_things_are_when_asked_first(start_nvr: StartNvr) -> None:
    unit, peer = await start_nvr()
    await unit.fail_storage()
    answer = await peer.call("event", "CreatePullPointSubscription")
    address = answer.SubscriptionReference.Address._value_1
    [(_, reboot), (topic, storage)] = await pull(peer, address)
    assert "Status" in reboot
    assert (topic, storage) == (STORAGE, {"Token": "disk-1", "Failed": "true"})


async def test_a_pull_waits_until_something_happens(start_nvr: StartNvr) -> None:
    unit, peer = await start_nvr()
    address = await subscribe(peer)
    waiting = asyncio.create_task(pull(peer, address))
    await asyncio.sleep(0.1)
    assert not waiting.done()
    await obey(unit, ["fail_storage"])
    assert await waiting == [(STORAGE, {"Token": "disk-1", "Failed": "true"})]
    await obey(unit, ["mend_storage"])
    assert await pull(peer, address) == [(STORAGE, {"Token": "disk-1", "Failed": "false"})]


async def test_a_pull_without_events_ends_with_its_time(start_nvr: StartNvr) -> None:
    _, peer = await start_nvr()
    address = await subscribe(peer)
    assert await pull(peer, address, wait="PT0.1S") == []


async def test_a_restart_is_announced_to_who_waits(start_nvr: StartNvr) -> None:
    unit, peer = await start_nvr()
    address = await subscribe(peer)
    waiting = asyncio.create_task(pull(peer, address))
    await asyncio.sleep(0.1)
    await obey(unit, ["announce_restart"])
    assert await waiting == [(SHUTDOWN, {})]


async def test_a_broken_disk_records_nothing(start_nvr: StartNvr) -> None:
    unit, peer = await start_nvr()
    token = await peer.call("recording", "CreateRecording", RecordingConfiguration=RECORDING)
    await unit.fail_storage()
    assert unit.held == {token}
    await unit.mend_storage()
    assert unit.held == set()


async def test_pull_points_are_renewed_and_taken_away(start_nvr: StartNvr) -> None:
    _, peer = await start_nvr()
    address = await subscribe(peer)
    told = await peer.call_at(address, "event", "Renew", TerminationTime="PT5M")
    assert (told.TerminationTime - told.CurrentTime).total_seconds() == pytest.approx(300, abs=1)
    await peer.call_at(address, "event", "Unsubscribe")
    with pytest.raises(SoapFaultError):
        await pull(peer, address)


async def test_a_pull_point_ends_when_nobody_asks(start_nvr: StartNvr) -> None:
    _, peer = await start_nvr()
    address = await subscribe(peer)
    await peer.call_at(address, "event", "Renew", TerminationTime="PT0.1S")
    await asyncio.sleep(0.2)
    with pytest.raises(SoapFaultError):
        await pull(peer, address)


async def test_keeps_no_more_pull_points_than_it_says(start_nvr: StartNvr) -> None:
    _, peer = await start_nvr(limits=Limits(pull_points=1))
    assert (await peer.call("event", "GetServiceCapabilities")).MaxPullPoints == 1
    address = await subscribe(peer)
    with pytest.raises(SoapFaultError):
        await subscribe(peer)
    await peer.call_at(address, "event", "Unsubscribe")
    await subscribe(peer)


async def test_strangers_get_no_pull_point(start_nvr: StartNvr) -> None:
    _, peer = await start_nvr()
    peer.username = ""
    with pytest.raises(SoapFaultError) as fault:
        await peer.call("event", "CreatePullPointSubscription")
    assert fault.value.status == 401


async def test_a_filter_is_refused_rather_than_ignored(start_nvr: StartNvr) -> None:
    _, peer = await start_nvr()
    body = (
        b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>'
        b'<CreatePullPointSubscription xmlns="http://www.onvif.org/ver10/events/wsdl">'
        b'<Filter><TopicExpression xmlns="http://docs.oasis-open.org/wsn/b-2"/></Filter>'
        b"</CreatePullPointSubscription></s:Body></s:Envelope>"
    )
    status, answer = await peer.post("event", body)
    assert (status, b"InvalidFilterFault" in answer) == (400, True)


async def test_words_that_are_no_command_are_refused(start_nvr: StartNvr) -> None:
    unit, _ = await start_nvr()
    with pytest.raises(CommandError):
        await obey(unit, ["fail"])


async def test_pushes_heartbeats_and_goes_on_when_nobody_takes_them(start_nvr: StartNvr) -> None:
    pushes = asyncio.Queue[str]()

    async def take(request: web.Request) -> web.Response:
        pushes.put_nowait(request.method)
        return web.Response()

    async def listen(host: str) -> web.AppRunner:
        app = web.Application()
        app.router.add_post("/here", take)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, host, 8123).start()
        return runner

    host = loopback_address()
    runner = await listen(host)
    await start_nvr(push_url=f"http://{host}:8123/here", push_seconds=0.05)
    assert await pushes.get() == "POST"
    await runner.cleanup()
    while not pushes.empty():
        pushes.get_nowait()
    runner = await listen(host)
    assert await pushes.get() == "POST"
    await runner.cleanup()
