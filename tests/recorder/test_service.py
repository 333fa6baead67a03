"""What the engine does when it is told to, and what it keeps of that."""

import os

import pytest

from custom_components.nvr_hotspare.recorder import listener as listener_module
from custom_components.nvr_hotspare.recorder.archive import OpenClip
from custom_components.nvr_hotspare.recorder.client import EngineClient
from custom_components.nvr_hotspare.recorder.errors import (
    RequestError,
)
from custom_components.nvr_hotspare.recorder.messages import (
    MAX_CHANNELS,
    Configure,
    Provision,
    Record,
    Release,
    Remove,
    Returned,
    Stop,
)
from custom_components.nvr_hotspare.recorder.model import ChannelState, Source
from custom_components.nvr_hotspare.recorder.orders import Orders, OrdersFile, Settings
from custom_components.nvr_hotspare.recorder.returned import returned
from tests.recorder.scripted_camera import (
    ScriptedCamera,
    eventually,
)
from tests.recorder.service_lab import Engine


async def test_a_channel_is_provisioned_recorded_released_and_removed(
    engine: Engine, client: EngineClient, camera: ScriptedCamera
) -> None:
    await client.request(Provision(sources={"yard": camera.source()}))
    await eventually(lambda: engine.ring("yard") > 0)
    assert engine.reports[-1].channels["yard"].state is ChannelState.WATCHING
    assert not (await client.attempt(Record(channels=("yard",)))).failures
    await eventually(lambda: engine.frames("yard") > 0)
    assert (await client.status()).channels["yard"].recorded
    await client.request(Release(channels=("yard", "unknown")))
    assert not (await client.status()).channels["yard"].recorded
    assert camera.connections == 1
    await client.request(Remove(channels=("yard", "unknown"), delete_footage=True))

    assert not (await client.status()).channels
    assert engine.orders.read().channels == {}


async def test_without_a_source_nothing_can_be_recorded(client: EngineClient) -> None:
    answer = await client.attempt(Record(channels=("yard",)))

    assert "where the camera is" in answer.failures["yard"]


async def test_orders_are_kept_without_sources(
    engine: Engine, client: EngineClient, camera: ScriptedCamera
) -> None:
    await client.request(Provision(sources={"yard": camera.source("admin", "cellar-door")}))
    await client.attempt(Record(channels=("yard",)))

    assert engine.orders.read() == Orders(settings=Settings(free_floor=0), channels={"yard": True})
    assert b"cellar-door" not in (engine.folder / "engine.json").read_bytes()


async def test_orders_count_even_if_the_disk_that_keeps_them_fails(
    engine: Engine, client: EngineClient, camera: ScriptedCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    await client.request(Provision(sources={"yard": camera.source()}))

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(OrdersFile, "write", fail)
    assert not (await client.attempt(Record(channels=("yard",)))).failures
    await eventually(lambda: engine.frames("yard") > 0)
    await client.request(Release(channels=("yard",)))
    assert not (await client.status()).channels["yard"].recorded


@pytest.mark.parametrize("name", ["", "..", "../x", "a/b", "x" * 200])
async def test_a_channel_that_is_no_name_is_refused(client: EngineClient, name: str) -> None:
    source = Source(uri="rtsp://127.0.0.1:1/")
    with pytest.raises(RequestError, match="name"):
        await client.request(Provision(sources={name: source}))
    with pytest.raises(RequestError, match="name"):
        await client.request(Returned(channel=name, clips=()))
    with pytest.raises(RequestError, match="name"):
        await client.request(Remove(channels=(name,), delete_footage=True))


async def test_an_engine_takes_a_limited_number_of_channels(client: EngineClient) -> None:
    source = Source(uri="rtsp://127.0.0.1:1/")
    await client.request(Configure(settings=Settings(warm=False)))
    names = [f"c{number}" for number in range(MAX_CHANNELS + 1)]
    with pytest.raises(RequestError, match="no more than"):
        await client.request(Provision(sources=dict.fromkeys(names, source)))
    await client.request(Provision(sources=dict.fromkeys(names[1:], source)))


async def test_returned_clips_are_remembered(
    engine: Engine, client: EngineClient, camera: ScriptedCamera
) -> None:
    await client.request(Provision(sources={"yard": camera.source()}))
    await client.attempt(Record(channels=("yard",)))
    await eventually(lambda: engine.frames("yard") > 0)
    await client.request(Release(channels=("yard",)))
    await client.request(Returned(channel="yard", clips=("a.mp4",)))

    assert "a.mp4" in returned(engine.folder / "footage" / "yard")


async def test_a_disk_that_failed_is_no_concern_once_nothing_is_recorded(
    engine: Engine, client: EngineClient, camera: ScriptedCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(5, "Input/output error")

    await client.request(Provision(sources={"yard": camera.source()}))
    with monkeypatch.context() as patch:
        patch.setattr(OpenClip, "write", fail)
        await client.attempt(Record(channels=("yard",)))
        await eventually(lambda: "can't be written" in engine.reports[-1].storage.error)
        await client.request(Release(channels=("yard",)))
    await eventually(lambda: engine.reports[-1].storage.error == "")

    assert engine.reports[-1].channels["yard"].error == ""


async def test_a_recording_that_cannot_be_closed_is_told_until_it_is(
    engine: Engine, client: EngineClient, camera: ScriptedCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: int) -> None:
        raise OSError(5, "Input/output error")

    await client.request(Provision(sources={"yard": camera.source()}))
    await client.attempt(Record(channels=("yard",)))
    await eventually(lambda: engine.frames("yard") > 0)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        await client.request(Release(channels=("yard",)))
        camera.disconnect()
        await eventually(lambda: "can't be closed" in engine.reports[-1].storage.error)
    await eventually(lambda: engine.reports[-1].storage.error == "")

    assert [path.suffix for path in (engine.folder / "footage" / "yard").iterdir()] == [".mp4"]


async def test_stop_ends_the_engine(engine: Engine, client: EngineClient) -> None:
    await client.request(Stop())

    assert engine.service.done.is_set()


async def test_that_a_camera_is_recorded_is_told_without_being_asked_and_at_once(
    engine: Engine, client: EngineClient, camera: ScriptedCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener_module, "_REPORTS", 3600.0)
    await client.request(Provision(sources={"yard": camera.source(), "hall": camera.source()}))
    await eventually(lambda: engine.service.report().channels["yard"].ring > 0)
    await client.attempt(Record(channels=("yard",)))
    await eventually(lambda: engine.state("yard") is ChannelState.RECORDING)
    await client.request(Release(channels=("yard",)))
    await eventually(lambda: engine.state("yard") is ChannelState.WATCHING)
