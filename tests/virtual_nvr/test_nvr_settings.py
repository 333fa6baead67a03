"""Settings of a recorder that change while it runs, as its owner would change them."""

import aiohttp
import pytest

from tests.virtual_nvr.nvr_lab import (
    RECORDING,
    StartNvr,
    eventually,
    job_settings,
    job_state,
    loopback_address,
)
from tests.virtual_nvr.soap_peer import SoapPeer
from virtual_nvr.control import CommandError
from virtual_nvr.nvr.command import obey
from virtual_nvr.nvr.config import ChannelConfig, Limits


def own(number: int) -> ChannelConfig:
    uri = f"rtsp://{loopback_address()}:9/{number}"
    return ChannelConfig(name=f"Camera {number}", uri=uri, username="viewer", password="secret")


async def told(peer: SoapPeer) -> dict[str, str]:
    recordings = await peer.call("recording", "GetRecordings") or []
    return {it.RecordingToken: it.Configuration.Source.Name for it in recordings}


async def test_channels_come_go_and_are_renamed(start_nvr: StartNvr) -> None:
    unit, peer = await start_nvr(channels=(own(1), own(2)))
    await obey(unit, ["remove_channel", "1"])
    await obey(unit, ["rename_channel", "2", "Back", "door"])
    await obey(unit, ["add_channel", "rtsp://127.9.9.9:9/3", "Yard"])
    expected = {"recording-channel-2": "Back door", "recording-channel-3": "Yard"}
    assert await told(peer) == expected
    receivers = await peer.call("receiver", "GetReceivers")
    assert {it.Token for it in receivers} == {"receiver-channel-2", "receiver-channel-3"}

    # So it stays when the unit restarts.
    unit.reboot()
    await eventually(lambda: answers(peer, yes=False))
    await eventually(lambda: answers(peer, yes=True))
    assert await told(peer) == expected


async def answers(peer: SoapPeer, *, yes: bool) -> bool:
    try:
        await peer.call("device", "GetSystemDateAndTime")
    except aiohttp.ClientError:
        return not yes
    return yes


@pytest.mark.parametrize(
    "words",
    [
        ["remove_channel", "7"],
        ["rename_channel", "7", "Yard"],
        ["add_channel", "rtsp://me:secret@127.9.9.9/", "Yard"],
        ["limit", "1", "2", "many"],
        ["limit", "1"],
    ],
)
async def test_a_change_that_makes_no_sense_is_refused(
    start_nvr: StartNvr, words: list[str]
) -> None:
    unit, _ = await start_nvr(channels=(own(1),))
    with pytest.raises(CommandError):
        await obey(unit, words)


async def test_limits_that_shrink_keep_what_is_there(start_nvr: StartNvr) -> None:
    unit, peer = await start_nvr(channels=(own(1), own(2)), limits=Limits(recordings=3))
    await obey(unit, ["limit", "2", "2", "2"])
    assert len(await told(peer)) == 2
    told_limits = await peer.call("recording", "GetServiceCapabilities")
    assert told_limits.MaxRecordings == 2
    with pytest.raises(CommandError, match="room for 2"):
        await obey(unit, ["add_channel", "rtsp://127.9.9.9:9/3", "Yard"])


async def test_a_receiver_outlives_its_job_on_a_unit_that_keeps_them(start_nvr: StartNvr) -> None:
    _, peer = await start_nvr(keeps_receivers=True)
    recording = await peer.call("recording", "CreateRecording", RecordingConfiguration=RECORDING)
    settings = job_settings(recording)
    made = await peer.call("recording", "CreateRecordingJob", JobConfiguration=settings)
    assert (await job_state(peer, made.JobToken))[0] == "Idle"
    await peer.call("recording", "DeleteRecordingJob", JobToken=made.JobToken)
    (receiver,) = await peer.call("receiver", "GetReceivers")
    state = await peer.call("receiver", "GetReceiverState", ReceiverToken=receiver.Token)
    assert state.AutoCreated
