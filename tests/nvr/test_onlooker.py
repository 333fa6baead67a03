"""Cameras are asked how they are set, and cost nothing where they do not tell."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import aiohttp
import pytest

from custom_components.nvr_hotspare.nvr.camera_state import Aspect, Encoding, changes
from custom_components.nvr_hotspare.nvr.onvif import camera as onvif_camera
from custom_components.nvr_hotspare.nvr.onvif.camera import Onlooker, read_encoding
from custom_components.nvr_hotspare.recorder.model import CameraAddress, Source
from tests.nvr.conftest import CAMERA_PASSWORD
from virtual_nvr.cameras import CamerasConfig, VirtualCamera, VirtualCameras
from virtual_nvr.clip import ClipFormat
from virtual_nvr.nvr.meddling import meddle
from virtual_nvr.private import Credentials

PORT = 8899
SMALL = ClipFormat(width=320, height=192, bit_rate=200_000, gop=5)


@pytest.fixture
async def camera(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[VirtualCamera]:
    config = CamerasConfig(
        count=1,
        first_address="127.11.43.1",
        port=0,
        format=SMALL,
        cache=tmp_path_factory.getbasetemp(),
        onvif_port=PORT,
    )
    async with VirtualCameras(config, Credentials("viewer", CAMERA_PASSWORD)) as cameras:
        yield cameras.cameras[1]


@pytest.fixture
def onlooker(session: aiohttp.ClientSession) -> Onlooker:
    return Onlooker(session)


def source_of(camera: VirtualCamera, *, password: str = CAMERA_PASSWORD) -> Source:
    address = CameraAddress(host=camera.address, protocol="onvif", port=PORT)
    return Source(uri=camera.uri, username="viewer", password=password, address=address)


async def test_a_camera_tells_its_time_and_its_encoding(
    onlooker: Onlooker, camera: VirtualCamera
) -> None:
    camera.settings.ahead = timedelta(seconds=-600)
    told = await onlooker.look(source_of(camera))
    assert told is not None
    assert told.clock == pytest.approx(-600, abs=3)
    assert (told.time_source, told.time_zone) == ("NTP", "UTC0")
    assert told.encodings == {
        "Main stream": Encoding(
            codec="H264", resolution="320x192", frame_rate="25", bitrate="200", key_interval="5"
        )
    }


async def test_what_somebody_changes_is_seen(onlooker: Onlooker, camera: VirtualCamera) -> None:
    camera.settings.ahead = timedelta(seconds=600)
    before = await onlooker.look(source_of(camera))
    await meddle(camera.address, PORT, "viewer", CAMERA_PASSWORD)
    after = await onlooker.look(source_of(camera))
    assert before is not None
    assert after is not None
    assert [it.aspect for it in changes(before, after)] == [
        Aspect.CLOCK,
        Aspect.TIME_SOURCE,
        Aspect.RESOLUTION,
        Aspect.FRAME_RATE,
        Aspect.BITRATE,
    ]


async def test_an_account_that_a_camera_rejects_is_offered_once(
    onlooker: Onlooker, camera: VirtualCamera
) -> None:
    source = source_of(camera, password="wrong")
    for _ in range(3):
        told = await onlooker.look(source)
        assert told is not None
        assert told.clock is not None, "nobody has to say who asks for the time"
        assert not told.encodings
    assert camera.settings.wrong_ones == 1
    right = await onlooker.look(source_of(camera))
    assert right is not None
    assert right.encodings


async def test_a_camera_that_does_not_speak_onvif_tells_nothing(
    onlooker: Onlooker, camera: VirtualCamera
) -> None:
    source = source_of(camera)
    nowhere = CameraAddress(host=camera.address, protocol="onvif", port=1)
    assert await onlooker.look(replace(source, address=nowhere)) is None
    assert await onlooker.look(Source(uri=f"rtsp://{camera.address}/stream")) is None
    assert await onlooker.look(Source(uri="rtsp:///stream")) is None


async def test_a_camera_that_never_answers_is_not_waited_for(
    onlooker: Onlooker, camera: VirtualCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onvif_camera, "PATIENCE", 0.2)
    rtsp = int(camera.uri.rpartition(":")[2].partition("/")[0])  # takes requests, and waits on
    silent = CameraAddress(host=camera.address, protocol="onvif", port=rtsp)
    assert await onlooker.look(replace(source_of(camera), address=silent)) is None


def test_a_configuration_that_makes_no_sense_tells_nothing() -> None:
    assert read_encoding(None) == Encoding()
    assert read_encoding({"Encoding": 5}) == Encoding()
