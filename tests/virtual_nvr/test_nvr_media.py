import asyncio
from urllib.parse import urlsplit

import av
import pytest

from tests.virtual_nvr.nvr_lab import StartNvr, channel_of, eventually, job_state
from tests.virtual_nvr.soap_peer import SoapFaultError, SoapPeer
from virtual_nvr.cameras import VirtualCamera

SETUP = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}


async def stream_of(peer: SoapPeer, profile: str) -> str:
    told = await peer.call("media", "GetStreamUri", StreamSetup=SETUP, ProfileToken=profile)
    return str(told.Uri)


def watch(uri: str) -> tuple[str, int, int]:
    """Play a stream with FFmpeg's client; returns codec, height and decoded frames."""
    with av.open(uri, options={"rtsp_transport": "tcp"}, timeout=10) as container:
        frames = 0
        for _ in container.decode(video=0):
            frames += 1
            if frames == 10:
                break
        stream = container.streams.video[0]
        return stream.codec_context.name, stream.codec_context.height, frames


async def test_own_channels_can_be_watched_live(start_nvr: StartNvr, camera: VirtualCamera) -> None:
    _, peer = await start_nvr(channels=(channel_of(camera),))

    async def active() -> bool:
        return await job_state(peer, "job-channel-1") == ("Active", None)

    await eventually(active)
    [profile] = await peer.call("media", "GetProfiles")
    [source] = await peer.call("media", "GetVideoSources")
    assert profile.VideoSourceConfiguration.SourceToken == source.token
    assert profile.VideoEncoderConfiguration.Resolution.Height == 192
    uri = urlsplit(await stream_of(peer, profile.token))
    private = uri._replace(netloc=f"{peer.username}:{peer.password}@{uri.netloc}").geturl()
    codec, height, frames = await asyncio.to_thread(watch, private)
    assert (codec, height, frames) == ("h264", 192, 10)


async def test_stream_needs_the_account(start_nvr: StartNvr, camera: VirtualCamera) -> None:
    _, peer = await start_nvr(channels=(channel_of(camera),))
    [profile] = await peer.call("media", "GetProfiles")
    uri = await stream_of(peer, profile.token)
    with pytest.raises(av.HTTPUnauthorizedError):
        await asyncio.to_thread(watch, uri)


async def test_unknown_profile_is_a_fault(start_nvr: StartNvr) -> None:
    _, peer = await start_nvr()
    assert await peer.call("media", "GetProfiles") == []
    with pytest.raises(SoapFaultError) as caught:
        await stream_of(peer, "profile-x")
    assert caught.value.subcodes == ["InvalidArgVal", "NoProfile"]
