"""What is said over the engine's socket: by two clients at once, by hostile ones, and by none."""

import asyncio

import pytest

from custom_components.nvr_hotspare.recorder import listener as listener_module
from custom_components.nvr_hotspare.recorder.client import EngineClient
from custom_components.nvr_hotspare.recorder.errors import (
    EngineBusyError,
    EngineGoneError,
    RequestError,
)
from custom_components.nvr_hotspare.recorder.messages import (
    MAX_LINE,
    PROTOCOL,
    Configure,
    Ping,
    Provision,
    Record,
    Status,
    Stop,
    Unpair,
    encode_request,
)
from custom_components.nvr_hotspare.recorder.model import ChannelState
from custom_components.nvr_hotspare.recorder.orders import Orders, Settings
from tests.recorder.scripted_camera import (
    ScriptedCamera,
    eventually,
)
from tests.recorder.service_lab import Engine, hello, say


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

    def states() -> dict[str, ChannelState | None]:
        return {name: it.state for name, it in engine.service.report().channels.items()}

    await eventually(lambda: states() == {"yard": ChannelState.RECORDING, "hall": None})
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


@pytest.mark.parametrize("number", [1, 5])
async def test_a_request_that_comes_again_is_not_obeyed(engine: Engine, number: int) -> None:
    talk = await engine.raw()
    assert await say(talk, hello())
    assert await say(talk, encode_request(5, Ping()))

    assert await say(talk, encode_request(number, Stop())) == {"bye": "A request comes again."}
    assert not engine.service.done.is_set()
    talk[1].close()


async def test_an_engine_of_this_machine_is_not_paired(client: EngineClient) -> None:
    with pytest.raises(RequestError, match="not paired"):
        await client.request(Unpair())


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
    refused = 40 - listener_module._MAX_CONNECTIONS
    await eventually(lambda: sum(task.done() for task in ended) >= refused)
    await asyncio.sleep(0.2)

    assert sum(task.done() for task in ended) == refused
    for _, writer in talks:
        writer.close()
    await asyncio.wait(ended)


async def test_a_client_that_reads_nothing_makes_way_like_one_that_hangs(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener_module, "STALE", 0.2)
    _, writer = await engine.raw()
    writer.write(hello())
    for number in range(2, 20_000):
        writer.write(encode_request(number, Status()))
    await eventually(lambda: engine.listener._client is not None)
    slow = engine.listener._client
    assert slow
    await eventually(lambda: not slow.alive)  # as it takes no answers, it is asked no more
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
