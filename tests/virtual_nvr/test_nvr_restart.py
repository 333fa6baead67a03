"""What a unit still knows, and does, after it was away."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.virtual_nvr.nvr_lab import (
    CAMERA_PASSWORD,
    RECORDING,
    StartNvr,
    channel_of,
    eventually,
    job_settings,
    job_state,
    nvr_config,
    peer_of,
    receiver_settings,
    with_credentials,
)
from tests.virtual_nvr.soap_peer import SoapPeer
from virtual_nvr.cameras import VirtualCamera
from virtual_nvr.nvr.config import ChannelConfig, NvrConfig
from virtual_nvr.nvr.state import StateError
from virtual_nvr.nvr.unit import VirtualNvr


async def provision(peer: SoapPeer, uri: str) -> str:
    """Make the unit record a camera; returns the job."""
    recording = await peer.call("recording", "CreateRecording", RecordingConfiguration=RECORDING)
    made = await peer.call(
        "recording", "CreateRecordingJob", JobConfiguration=job_settings(recording)
    )
    await peer.call(
        "receiver",
        "ConfigureReceiver",
        ReceiverToken=made.JobConfiguration.Source[0].SourceToken.Token,
        Configuration=receiver_settings(uri),
    )
    await peer.call("recording", "SetRecordingJobMode", JobToken=made.JobToken, Mode="Active")
    return str(made.JobToken)


def active(peer: SoapPeer, job: str) -> Any:
    """Return a check whether a job records."""

    async def check() -> bool:
        return await job_state(peer, job) == ("Active", None)

    return check


async def test_what_clients_made_survives_a_restart(
    http: aiohttp.ClientSession, camera: VirtualCamera, tmp_path: Path
) -> None:
    config = nvr_config(tmp_path / "nvr")
    peer = peer_of(config, http)
    async with VirtualNvr(config):
        job = await provision(peer, with_credentials(camera))
        await eventually(active(peer, job))
        before = await peer.call("search", "GetRecordingSummary")
    async with VirtualNvr(config):
        after = await peer.call("search", "GetRecordingSummary")
        assert (after.DataFrom, after.NumberRecordings) == (before.DataFrom, 1)
        await eventually(active(peer, job))
        assert await provision(peer, with_credentials(camera)) != job


async def test_mode_of_an_own_channel_survives_and_its_camera_follows_the_configuration(
    http: aiohttp.ClientSession, tmp_path: Path
) -> None:
    def config(address: str) -> NvrConfig:
        return replace(base, channels=(ChannelConfig(name="Gate", uri=f"rtsp://{address}/"),))

    base, job = nvr_config(tmp_path / "nvr"), "job-channel-1"
    peer = peer_of(base, http)
    async with VirtualNvr(config("127.0.0.1")):
        await peer.call("recording", "SetRecordingJobMode", JobToken=job, Mode="Idle")
    async with VirtualNvr(config("127.0.0.2")):
        told = await peer.call("recording", "GetRecordingJobConfiguration", JobToken=job)
        [receiver] = await peer.call("receiver", "GetReceivers")
    assert told.Mode == "Idle"
    assert receiver.Configuration.MediaUri == "rtsp://127.0.0.2/"


async def test_reboot_is_an_absence_and_a_return(
    start_nvr: StartNvr, camera: VirtualCamera
) -> None:
    _, peer = await start_nvr(channels=(channel_of(camera),))
    await eventually(active(peer, "job-channel-1"))
    await peer.call("device", "SystemReboot")

    async def is_away() -> bool:
        try:
            await peer.call("device", "GetSystemDateAndTime")
        except aiohttp.ClientError:
            return True
        return False

    async def is_back() -> bool:
        return not await is_away()

    async def camera_is_left() -> bool:
        return not camera._viewers

    await eventually(is_away)
    await eventually(camera_is_left)
    await eventually(is_back)
    await eventually(active(peer, "job-channel-1"))


async def test_passwords_are_kept_from_others(
    http: aiohttp.ClientSession, camera: VirtualCamera, tmp_path: Path
) -> None:
    config = nvr_config(tmp_path / "nvr")
    async with VirtualNvr(config):
        await provision(peer_of(config, http), with_credentials(camera))
    assert (config.folder / "unit.json").stat().st_mode & 0o077 == 0
    assert CAMERA_PASSWORD not in repr(config)


async def test_damaged_state_is_not_overwritten(tmp_path: Path) -> None:
    config = nvr_config(tmp_path / "nvr")
    config.folder.mkdir()
    stored = config.folder / "unit.json"
    stored.write_text('{"recordings": [')
    with pytest.raises(StateError, match="not JSON"):
        await VirtualNvr(config).__aenter__()
    assert stored.read_text() == '{"recordings": ['
