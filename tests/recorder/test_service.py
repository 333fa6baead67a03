"""What is said over the engine's socket: by good clients, by two at once, and by hostile ones."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
import json
import os
from pathlib import Path

from hypothesis import given, strategies as st
import pytest

from custom_components.nvr_hotspare.recorder import listener as listener_module
from custom_components.nvr_hotspare.recorder.archive import mark
from custom_components.nvr_hotspare.recorder.client import EngineClient
from custom_components.nvr_hotspare.recorder.errors import (
    EngineBusyError,
    EngineGoneError,
    MessageError,
    RequestError,
)
from custom_components.nvr_hotspare.recorder.listener import Listener
from custom_components.nvr_hotspare.recorder.messages import (
    MAX_CHANNELS,
    MAX_LINE,
    PROTOCOL,
    Configure,
    Hello,
    Ping,
    Provision,
    Record,
    Release,
    Remove,
    Request,
    Returned,
    Status,
    Stop,
    encode_request,
    parse_request,
    read,
)
from custom_components.nvr_hotspare.recorder.model import ChannelState, Source
from custom_components.nvr_hotspare.recorder.orders import Orders, OrdersFile, Settings
from custom_components.nvr_hotspare.recorder.plain import Plain, PlainError, dump, load
from custom_components.nvr_hotspare.recorder.report import ChannelReport, EngineReport
from custom_components.nvr_hotspare.recorder.returned import returned
from custom_components.nvr_hotspare.recorder.service import Service
from tests.recorder.scripted_camera import (
    ScriptedCamera,
    eventually,
    gops,
    scripted_camera,
)

type Talk = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Engine:
    """A service with its listener, in this process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.socket = folder / "engine.sock"
        self.orders = OrdersFile(folder / "engine.json")
        self.reports: list[EngineReport] = []
        mark(folder / "footage")

    async def start(self) -> None:
        self.service = Service(self.folder / "footage", self.orders, "1.2.3")
        await self.service.start()
        self.listener = Listener(self.service)
        await self.listener.start(self.socket)
        self._running = asyncio.create_task(self.listener.run())

    async def stop(self) -> None:
        self.service.done.set()
        self.listener.close()
        await self.service.stop()
        await self._running

    def ring(self, channel: str) -> int:
        """Bytes in memory, as last reported."""
        return self._channel(channel).ring

    def frames(self, channel: str) -> int:
        """Frames written, as last reported."""
        return self._channel(channel).frames

    def state(self, channel: str) -> ChannelState | None:
        """What is done about a channel, as last reported."""
        return self._channel(channel).state

    def _channel(self, name: str) -> ChannelReport:
        channels = self.reports[-1].channels if self.reports else {}
        return channels.get(name, ChannelReport(provisioned=False, recorded=False))

    async def client(self) -> EngineClient:
        return await EngineClient.connect(self.socket, "1.2.3", self.reports.append)

    async def raw(self) -> Talk:
        return await asyncio.open_unix_connection(self.socket)


@pytest.fixture
async def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Engine]:
    monkeypatch.setattr(listener_module, "_REPORTS", 0.05)
    engine = Engine(tmp_path)
    await engine.start()
    yield engine
    await engine.stop()


@pytest.fixture
async def client(engine: Engine) -> AsyncIterator[EngineClient]:
    client = await engine.client()
    await client.request(Configure(settings=Settings(free_floor=0)))
    yield client
    await client.close()


@pytest.fixture
async def camera() -> AsyncIterator[ScriptedCamera]:
    async with scripted_camera() as camera:
        camera.media = gops(range(10))
        yield camera


async def say(talk: Talk, data: bytes) -> dict[str, Plain] | None:
    """Say something and return the answer, None if the engine hangs up."""
    reader, writer = talk
    writer.write(data)
    try:
        async with asyncio.timeout(10):
            while (message := await read(reader)) is not None and "report" in message:
                pass
    except ConnectionError:
        return None
    return message


def hello(number: int = 1, protocol: int = PROTOCOL) -> bytes:
    return encode_request(number, Hello(protocol=protocol, version="1.2.3"))


# Orders are carried out


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


# One client at a time


async def test_a_second_client_is_refused_while_the_first_is_there(
    engine: Engine, client: EngineClient
) -> None:
    with pytest.raises(EngineBusyError, match="Another client"):
        await engine.client()

    assert (await client.status()).version == "1.2.3"


async def test_a_client_that_hangs_makes_way_and_is_told(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener_module, "STALE", 0.2)
    stale = await engine.raw()
    assert await say(stale, hello())
    await asyncio.sleep(0.3)
    newer = await engine.client()

    assert await say(stale, b"") == {"bye": "A newer client has taken over."}
    assert await say(stale, encode_request(2, Record(channels=("yard",)))) is None
    await newer.request(Ping())
    await newer.close()
    stale[1].close()


async def test_after_a_client_has_gone_the_next_may_come(engine: Engine) -> None:
    for _ in range(3):
        client = await engine.client()
        await client.close()
        await asyncio.sleep(0.05)


async def test_nobody_is_left_waiting_when_the_engine_goes(engine: Engine) -> None:
    client = await engine.client()
    asking = asyncio.create_task(client.stay())
    engine.listener.close()
    await asyncio.wait_for(asking, 5)
    with pytest.raises(EngineGoneError):
        await client.request(Ping())
    await client.close()


async def test_without_a_client_what_is_watched_is_let_go_and_what_is_recorded_goes_on(
    engine: Engine, camera: ScriptedCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await engine.client()
    await client.request(Configure(settings=Settings(free_floor=0)))
    sources = {"yard": camera.source(), "hall": camera.source()}
    await client.request(Provision(sources=sources))
    await client.attempt(Record(channels=("yard",)))
    await eventually(lambda: engine.ring("hall") > 0)
    monkeypatch.setattr(listener_module, "WARM_ALONE", 0.0)
    await client.close()
    await eventually(lambda: "TEARDOWN" in camera.methods)

    states = {name: it.state for name, it in engine.service.report().channels.items()}
    assert states == {"yard": ChannelState.RECORDING, "hall": None}
    monkeypatch.setattr(listener_module, "WARM_ALONE", 300.0)
    again = await engine.client()
    await eventually(lambda: engine.ring("hall") > 0)
    await again.close()
    monkeypatch.setattr(listener_module, "ALONE", 0.0)
    await eventually(engine.service.done.is_set)


async def test_an_engine_that_nobody_needs_ends(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener_module, "WARM_ALONE", 0.0)
    await eventually(engine.service.done.is_set)


# Hostile ones


@pytest.mark.parametrize(
    "data",
    [
        b"\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"\xff\xfe\n",
        b"[]\n",
        b"[" * 50_000 + b"\n",
        b"1" * 10_000 + b"\n",
        b'{"id": NaN}\n',
        b'{"id": 1}\n',
        b'{"id": "1", "do": "ping"}\n',
        b'{"id": 1, "do": "ping"}\n',
        b'{"id": 1, "do": "hello"}\n',
        b'{"id": 1, "do": "hello", "protocol": "1", "version": "1"}\n',
        b'{"id": 1, "do": "hello", "protocol": true, "version": "1"}\n',
        b"x" * (2 * MAX_LINE),
        b"x" * (2 * MAX_LINE) + b"\n",
    ],
)
async def test_who_does_not_say_hello_is_hung_up_on(engine: Engine, data: bytes) -> None:
    talk = await engine.raw()
    answer = await say(talk, data)
    assert answer is None or set(answer) == {"bye"}
    assert await say(talk, b"") is None
    talk[1].close()
    client = await engine.client()
    await client.close()


@pytest.mark.parametrize(
    "request_",
    [
        b'{"id": 2, "do": "explode"}\n',
        b'{"id": 2, "do": "record"}\n',
        b'{"id": 2, "do": "record", "channels": "yard"}\n',
        b'{"id": 2, "do": "record", "channels": [1]}\n',
        b'{"id": 2, "do": "provision", "sources": {"yard": null}}\n',
        b'{"id": 2, "do": "provision", "sources": {"yard": {"uri": 5}}}\n',
        b'{"id": 2, "do": "configure", "settings": {"ring_seconds": "1"}}\n',
        b'{"id": 2, "do": "configure", "settings": {"days": 1.5}}\n',
        b'{"id": 2, "do": "configure", "settings": {"ring_bytes": -1}}\n',
        b'{"id": 2, "do": "configure", "settings": {"ring_seconds": 1e999}}\n',
    ],
)
async def test_a_request_that_makes_no_sense_is_refused_and_changes_nothing(
    engine: Engine, request_: bytes
) -> None:
    talk = await engine.raw()
    assert await say(talk, hello())
    answer = await say(talk, request_)
    assert answer
    assert answer["id"] == 2
    assert answer["error"]
    assert (await say(talk, encode_request(3, Ping()))) == {"id": 3, "result": None}
    talk[1].close()

    assert engine.orders.read() == Orders()


async def test_who_never_says_anything_does_not_stay(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener_module, "_GREETING", 0.05)
    talk = await engine.raw()

    assert await say(talk, b"") is None
    talk[1].close()


async def test_connections_are_limited(engine: Engine) -> None:
    talks = [await engine.raw() for _ in range(40)]
    ended = [asyncio.create_task(reader.read(1)) for reader, _ in talks]
    await asyncio.sleep(0.2)

    assert sum(task.done() for task in ended) == 40 - listener_module._MAX_CONNECTIONS
    for _, writer in talks:
        writer.close()
    await asyncio.wait(ended)


async def test_a_client_that_reads_nothing_makes_way_like_one_that_hangs(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener_module, "STALE", 0.2)
    _, writer = await engine.raw()
    writer.write(hello())
    for number in range(20_000):
        writer.write(encode_request(number, Status()))
    await eventually(lambda: engine.listener._client is not None)
    slow = engine.listener._client
    assert slow
    await asyncio.sleep(0.5)
    assert 0 < slow._writer.transport.get_write_buffer_size() < 200_000
    client = await engine.client()
    await client.close()
    writer.close()


async def test_another_protocol_is_answered_with_ours_and_may_only_end_the_engine(
    engine: Engine,
) -> None:
    talk = await engine.raw()
    answer = await say(talk, hello(protocol=PROTOCOL + 1))
    assert answer
    assert isinstance(answer["result"], dict)
    assert answer["result"]["protocol"] == PROTOCOL
    await say(talk, encode_request(2, Stop()))
    talk[1].close()

    assert engine.service.done.is_set()


# Dataclasses as plain data


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True, kw_only=True)
class Inner:
    number: int
    colour: Colour = Colour.RED


@dataclass(frozen=True, kw_only=True)
class Outer:
    inner: Inner
    named: Mapping[str, Inner] = field(default_factory=dict)
    many: tuple[float, ...] = ()
    maybe: str | None = None


@given(
    st.builds(
        Outer,
        named=st.dictionaries(st.text(), st.from_type(Inner)),
        many=st.tuples(st.floats(allow_nan=False)),
    )
)
def test_what_is_dumped_is_loaded_again(outer: Outer) -> None:
    assert load(Outer, json.loads(json.dumps(dump(outer)))) == outer


def test_unknown_fields_are_ignored_and_missing_ones_take_defaults() -> None:
    assert load(Outer, {"inner": {"number": 1, "new": []}, "newer": 1}) == Outer(
        inner=Inner(number=1)
    )


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {},
        {"inner": 1},
        {"inner": {"number": True}},
        {"inner": {"number": 1.0}},
        {"inner": {"number": 1, "colour": "blue"}},
        {"inner": {"number": 1, "colour": []}},
        {"inner": {"number": 1}, "many": {}},
        {"inner": {"number": 1}, "many": ["1"]},
        {"inner": {"number": 1}, "named": {"a": 1}},
        {"inner": {"number": 1}, "maybe": 1},
    ],
)
def test_other_data_is_refused(data: Plain) -> None:
    with pytest.raises(PlainError):
        load(Outer, data)


def test_a_request_is_what_was_sent() -> None:
    requests: list[Request] = [
        Hello(protocol=1, version="x"),
        Provision(sources={"yard": Source(uri="rtsp://x/", username="a", password="b")}),
        Remove(channels=("yard",), delete_footage=True),
        Configure(settings=Settings(days=3)),
    ]
    for number, request in enumerate(requests):
        assert parse_request(json.loads(encode_request(number, request))) == (number, request)


def test_a_password_in_a_bad_request_is_not_repeated() -> None:
    message = json.loads(encode_request(1, Provision(sources={"a": Source(uri="u")})))
    message["sources"]["a"]["password"] = ["cellar-door"]
    with pytest.raises(MessageError) as caught:
        parse_request(message)
    assert "cellar-door" not in str(caught.value)
