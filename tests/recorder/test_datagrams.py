"""A server that sends over UDP alone."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from custom_components.nvr_hotspare.recorder.errors import SourceUnsupportedError
from custom_components.nvr_hotspare.recorder.model import Source
from custom_components.nvr_hotspare.recorder.rtsp.client import open_session
from tests.recorder.footage import SMALL, decode, run
from virtual_nvr.cameras import CamerasConfig, VirtualCameras
from virtual_nvr.private import Credentials

ACCOUNT = Credentials("viewer", "cellar-door")


@pytest.fixture
async def uri() -> AsyncIterator[str]:
    config = CamerasConfig(count=1, first_address="127.0.9.20", port=0, format=SMALL, udp=True)
    async with VirtualCameras(config, ACCOUNT) as site:
        yield site.cameras[1].uri


async def test_who_asks_for_tcp_is_refused(uri: str) -> None:
    source = Source(uri=uri, username=ACCOUNT.username, password=ACCOUNT.password)
    with pytest.raises(SourceUnsupportedError, match="over TCP"):
        async with open_session(source):
            pass


async def test_ffmpeg_plays_it(uri: str, tmp_path: Path) -> None:
    account = f"{ACCOUNT.username}:{ACCOUNT.password}@"
    code, _, _ = await run(  # it complains of pictures before the first key frame
        *("ffmpeg", "-v", "error", "-rtsp_transport", "udp"),
        *("-i", uri.replace("://", f"://{account}"), "-t", "3", "-c", "copy"),
        tmp_path / "seen.mp4",
    )

    assert code == 0
    decoded, _ = await decode(tmp_path / "seen.mp4")
    assert decoded > 25
