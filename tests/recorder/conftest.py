"""What the tests of the engine share: one in this process, its client, and a camera."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from custom_components.nvr_hotspare.recorder import listener as listener_module
from custom_components.nvr_hotspare.recorder.client import EngineClient
from custom_components.nvr_hotspare.recorder.messages import Configure
from custom_components.nvr_hotspare.recorder.orders import Settings
from tests.recorder.scripted_camera import ScriptedCamera, gops, scripted_camera
from tests.recorder.service_lab import Engine


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


@pytest.fixture
async def recorder() -> AsyncIterator[ScriptedCamera]:
    async with scripted_camera() as recorder:
        yield recorder
