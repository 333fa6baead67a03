"""The engine's client against engines that lie, and what keeps an engine running."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
import gc
from itertools import pairwise
import json
import os
from pathlib import Path
import signal
import threading
import time

import pytest

from custom_components.nvr_hotspare.recorder import (
    attendant,
    client as client_module,
    supervisor,
)
from custom_components.nvr_hotspare.recorder.archive import mark
from custom_components.nvr_hotspare.recorder.client import EngineClient
from custom_components.nvr_hotspare.recorder.errors import EngineGoneError, RequestError
from custom_components.nvr_hotspare.recorder.messages import (
    MAX_LINE,
    PROTOCOL,
    Ping,
    Provision,
    Record,
    Release,
)
from custom_components.nvr_hotspare.recorder.model import Source
from custom_components.nvr_hotspare.recorder.report import EngineReport
from custom_components.nvr_hotspare.recorder.supervisor import Supervisor
from tests.recorder.scripted_camera import eventually

WELCOME = {"protocol": PROTOCOL, "version": "0", "pid": 1}


@asynccontextmanager
async def liar(path: Path, *answers: bytes) -> AsyncIterator[None]:
    """An engine that welcomes its client and then answers each request by what is given."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hello = json.loads(await reader.readline())
        writer.write(json.dumps({"id": hello["id"], "result": WELCOME}).encode() + b"\n")
        for answer in answers:
            if await reader.readline():
                writer.write(answer)
        await reader.read()
        writer.close()

    server = await asyncio.start_unix_server(serve, path)
    async with server:
        yield


@asynccontextmanager
async def connected(path: Path) -> AsyncIterator[EngineClient]:
    client = await EngineClient.connect(path, "0", lambda _: None)
    try:
        yield client
    finally:
        await client.close()


@pytest.mark.parametrize(
    "answer",
    [
        b"nonsense\n",
        b"[]\n",
        b'{"report": {}}\n',
        b'{"report": 5}\n',
        b'{"id": 2, "result": 5}\n',
        b'{"id": 2, "result": {"pid": "1"}}\n',
        b'{"id": 2, "error": 5}\n{"bye": 5}\nnonsense\n',
        b"x" * (3 * MAX_LINE),
    ],
)
async def test_an_engine_that_speaks_nonsense_is_gone(tmp_path: Path, answer: bytes) -> None:
    async with liar(tmp_path / "s", answer), connected(tmp_path / "s") as client:
        with pytest.raises(EngineGoneError):
            await client.status()


async def test_answers_to_nobody_are_ignored(tmp_path: Path) -> None:
    answers = b'{"id": 9, "result": 1}\n{"other": 1}\n{"id": 2, "result": null}\n'
    async with liar(tmp_path / "s", answers), connected(tmp_path / "s") as client:
        await client.request(Ping())


async def test_a_refusal_is_told_as_the_engine_says_it(tmp_path: Path) -> None:
    refusal = b'{"id": 2, "error": "Not today."}\n'
    async with liar(tmp_path / "s", refusal), connected(tmp_path / "s") as client:
        with pytest.raises(RequestError, match=r"Not today\."):
            await client.request(Ping())


async def test_an_engine_that_hangs_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "_ANSWER", 0.5)
    async with liar(tmp_path / "s", b""), connected(tmp_path / "s") as client:
        with pytest.raises(EngineGoneError, match="does not answer"):
            await client.request(Ping())
        with pytest.raises(EngineGoneError):
            await client.request(Ping())


# What keeps an engine running


class Watched(Supervisor):
    """A supervisor that remembers what it was told."""

    def __init__(self, folder: Path) -> None:
        self.reports: list[EngineReport | None] = []
        self.engines: list[EngineClient] = []
        super().__init__(
            folder / "state",
            folder / "footage",
            on_attached=self._met,
            on_report=self.reports.append,
        )

    async def _met(self, engine: EngineClient) -> None:
        self.engines.append(engine)

    @property
    def pids(self) -> list[int]:
        return [engine.welcome.pid for engine in self.engines]


@pytest.fixture
async def make(tmp_path: Path) -> AsyncIterator[Callable[[], Watched]]:
    mark(tmp_path / "footage")
    made: list[Watched] = []

    def build() -> Watched:
        made.append(Watched(tmp_path))
        return made[-1]

    yield build
    for each in made:
        await each.stop()


async def attached(one: Watched) -> EngineClient:
    one.start()
    await eventually(lambda: one.client is not None)
    assert one.client
    return one.client


async def test_an_engine_that_dies_is_replaced_and_its_client_told(
    make: Callable[[], Watched],
) -> None:
    one = make()
    await attached(one)
    os.kill(one.pids[0], signal.SIGKILL)
    await eventually(lambda: len(one.engines) == 2 and one.client is not None)

    assert one.pids[0] != one.pids[1]
    assert None in one.reports
    assert one.reports[-1] is not None


async def test_one_that_dies_again_and_again_is_started_ever_more_rarely(
    make: Callable[[], Watched], monkeypatch: pytest.MonkeyPatch
) -> None:
    starts: list[float] = []

    def fail(*_: object) -> None:
        starts.append(time.monotonic())
        raise EngineGoneError("The engine does not start: for a test.")

    monkeypatch.setattr(supervisor, "launch", fail)
    monkeypatch.setattr(attendant, "_FIRST_PAUSE", 0.05)
    one = make()
    one.start()
    await eventually(lambda: len(starts) == 5)
    pauses = [later - earlier for earlier, later in pairwise(starts)]

    assert "for a test" in one.error
    # A busy machine makes them longer, nothing makes them shorter.
    assert all(pause > least for pause, least in zip(pauses[1:], (0.05, 0.1, 0.2), strict=True))


async def test_a_second_one_waits_until_the_first_has_gone(make: Callable[[], Watched]) -> None:
    first, second = make(), make()
    await attached(first)
    second.start()
    await eventually(lambda: "Another client" in second.error)
    assert second.client is None
    await first.detach()
    await attached(second)

    assert second.pids == first.pids


async def test_an_engine_of_another_version_is_replaced_unless_it_records(
    make: Callable[[], Watched], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = make()
    client = await attached(first)
    await client.request(Provision(sources={"yard": Source(uri="rtsp://127.0.0.1:1/")}))
    await client.attempt(Record(channels=("yard",)))
    await first.detach()
    monkeypatch.setattr(supervisor, "version", lambda: "9.9")
    second = make()
    await attached(second)
    assert second.pids == first.pids
    assert second.client
    await second.client.request(Release(channels=("yard",)))
    await second.detach()
    third = make()
    await attached(third)

    assert third.pids != first.pids


async def test_stopping_while_it_starts_leaves_no_engine(
    make: Callable[[], Watched], tmp_path: Path
) -> None:
    one = make()
    one.start()
    await eventually(lambda: one._launching is not None)
    await one.stop()

    assert not (tmp_path / "state" / "engine.sock").exists()


async def test_an_engine_left_alone_while_it_starts_is_found_by_who_ends_it(
    make: Callable[[], Watched], tmp_path: Path
) -> None:
    first, second = make(), make()
    first.start()
    await eventually(lambda: first._launching is not None)
    await first.detach()
    await second.stop()

    assert not (tmp_path / "state" / "engine.sock").exists()


async def test_an_engine_that_fails_to_start_after_nobody_wants_it_any_more_is_no_news(
    make: Callable[[], Watched], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    begun, told = threading.Event(), threading.Event()

    def fail(*_: object) -> None:
        begun.set()
        told.wait(10)
        raise EngineGoneError("It does not start.")

    with monkeypatch.context() as patch:
        patch.setattr(supervisor, "launch", fail)
        one = make()
        one.start()
        await eventually(begun.is_set)
        leaving = asyncio.create_task(one.detach())
        await eventually(lambda: one._task is None)
        told.set()
        await leaving
        await one.stop()
    one._launching = None
    gc.collect()
    assert "never retrieved" not in caplog.text
