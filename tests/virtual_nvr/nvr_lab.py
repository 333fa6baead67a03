"""What tests of virtual recorders need besides fixtures."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
import random
from typing import Any
from urllib.parse import quote

import aiohttp

from tests.virtual_nvr.soap_peer import SoapPeer
from virtual_nvr.cameras import VirtualCamera
from virtual_nvr.nvr.config import ChannelConfig, NvrConfig
from virtual_nvr.nvr.unit import VirtualNvr

type StartNvr = Callable[..., Awaitable[tuple[VirtualNvr, SoapPeer]]]

CAMERA_PASSWORD = "p@ss:w/rd"


def loopback_address() -> str:
    """Return an address that nobody else uses, so that every unit can have the usual ports."""
    return f"127.{random.randrange(16, 250)}.{random.randrange(250)}.{random.randrange(1, 250)}"


def nvr_config(folder: Path, **settings: Any) -> NvrConfig:
    """Return the configuration of a unit that has its own address and lives in this folder."""
    values: dict[str, Any] = {
        "name": "Attic",
        "serial": "VN-0001",
        "host": loopback_address(),
        "username": "admin",
        "password": "cellar-door",
        "folder": folder,
        **settings,
    }
    return NvrConfig(**values)


def peer_of(config: NvrConfig, http: aiohttp.ClientSession) -> SoapPeer:
    """Return a client that knows the unit's account."""
    address = f"http://{config.host}:{config.http_port}"
    return SoapPeer(http, address, config.username, config.password)


def channel_of(camera: VirtualCamera, password: str = CAMERA_PASSWORD) -> ChannelConfig:
    """Return the camera as a channel of a unit's own."""
    return ChannelConfig(name="Gate", uri=camera.uri, username="viewer", password=password)


def with_credentials(camera: VirtualCamera, password: str = CAMERA_PASSWORD) -> str:
    """Return the camera's URI as clients write it into a receiver."""
    return camera.uri.replace("rtsp://", f"rtsp://viewer:{quote(password, safe='')}@")


async def eventually(check: Callable[[], Awaitable[bool]]) -> None:
    """Wait until something is so; the test's own time limit ends what never will be."""
    while not await check():  # noqa: ASYNC110 - what is waited for happens elsewhere
        await asyncio.sleep(0.05)


RECORDING = {
    "Source": {
        "SourceId": "urn:a",
        "Name": "Gate",
        "Location": "",
        "Description": "",
        "Address": "",
    },
    "Content": "Stand-in",
    "MaximumRetentionTime": "PT0S",
}


def receiver_settings(uri: str, mode: str = "AutoConnect") -> dict[str, Any]:
    """Return a receiver's configuration."""
    setup = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}
    return {"Mode": mode, "MediaUri": uri, "StreamSetup": setup}


def job_settings(recording: str, receiver: str | None = None, **settings: Any) -> dict[str, Any]:
    """Return a job's configuration; without a receiver it wants one made."""
    source = {"SourceToken": {"Token": receiver}} if receiver else {"AutoCreateReceiver": True}
    return {
        "RecordingToken": recording,
        "Mode": "Idle",
        "Priority": 1,
        "Source": [source],
        **settings,
    }


async def job_state(peer: SoapPeer, job: str) -> tuple[str, str | None]:
    """Return a job's state and what is wrong with its track."""
    state = await peer.call("recording", "GetRecordingJobState", JobToken=job)
    return state.State, state.Sources[0].Tracks.Track[0].Error
