from pathlib import Path

import pytest

from tests.virtual_nvr.nvr_lab import (
    RECORDING,
    StartNvr,
    channel_of,
    eventually,
    job_settings,
    job_state,
    loopback_address,
    receiver_settings,
    with_credentials,
)
from tests.virtual_nvr.soap_peer import SoapFaultError, SoapPeer
from virtual_nvr.cameras import State, VirtualCamera
from virtual_nvr.nvr.config import ChannelConfig, Limits


async def create(peer: SoapPeer) -> str:
    token: str = await peer.call("recording", "CreateRecording", RecordingConfiguration=RECORDING)
    return token


async def test_own_channels_are_recorded_and_told(
    start_nvr: StartNvr, camera: VirtualCamera, tmp_path: Path
) -> None:
    _, peer = await start_nvr(channels=(channel_of(camera),))
    [item] = await peer.call("recording", "GetRecordings")
    [job] = await peer.call("recording", "GetRecordingJobs")
    [receiver] = await peer.call("receiver", "GetReceivers")

    async def active() -> bool:
        return await job_state(peer, job.JobToken) == ("Active", None)

    await eventually(active)
    assert item.Configuration.Source.Address == camera.uri
    assert job.JobConfiguration.RecordingToken == item.RecordingToken
    assert job.JobConfiguration.Source[0].SourceToken.Token == receiver.Token
    assert receiver.Configuration.MediaUri == camera.uri
    assert list((tmp_path / "nvr" / "recordings" / item.RecordingToken).iterdir())


async def test_spare_is_provisioned_and_records_on_command(
    start_nvr: StartNvr, camera: VirtualCamera
) -> None:
    _, peer = await start_nvr()
    recording = await create(peer)
    made = await peer.call(
        "recording", "CreateRecordingJob", JobConfiguration=job_settings(recording)
    )
    job, receiver = made.JobToken, made.JobConfiguration.Source[0].SourceToken.Token
    await peer.call(
        "receiver",
        "ConfigureReceiver",
        ReceiverToken=receiver,
        Configuration=receiver_settings(with_credentials(camera)),
    )
    told = await peer.call("receiver", "GetReceiver", ReceiverToken=receiver)
    state = await peer.call("receiver", "GetReceiverState", ReceiverToken=receiver)
    assert told.Configuration.MediaUri == camera.uri
    assert (state.State, state.AutoCreated) == ("NotConnected", True)
    assert not camera._viewers

    await peer.call("recording", "SetRecordingJobMode", JobToken=job, Mode="Active")

    async def active() -> bool:
        return await job_state(peer, job) == ("Active", None)

    await eventually(active)
    state = await peer.call("receiver", "GetReceiverState", ReceiverToken=receiver)
    assert state.State == "Connected"

    async def has_footage() -> bool:
        told = await peer.call("search", "GetRecordingInformation", RecordingToken=recording)
        return any(track.DataTo > track.DataFrom for track in told.Track)

    await eventually(has_footage)
    await peer.call("recording", "SetRecordingJobMode", JobToken=job, Mode="Idle")

    async def left() -> bool:
        return not camera._viewers

    await eventually(left)
    assert await job_state(peer, job) == ("Idle", None)
    information = await peer.call("search", "GetRecordingInformation", RecordingToken=recording)
    assert information.RecordingStatus == "Stopped"
    assert await has_footage()


async def test_wrong_camera_password_is_an_error_of_the_job(
    start_nvr: StartNvr, camera: VirtualCamera
) -> None:
    _, peer = await start_nvr(channels=(channel_of(camera, password="guess"),))

    async def failed() -> bool:
        return (await job_state(peer, "job-channel-1"))[0] == "Error"

    await eventually(failed)
    _, error = await job_state(peer, "job-channel-1")
    assert error
    assert "guess" not in error


async def test_job_is_not_active_while_the_camera_is_silent(
    start_nvr: StartNvr, camera: VirtualCamera
) -> None:
    _, peer = await start_nvr(channels=(channel_of(camera),))

    async def is_now(wanted: str) -> bool:
        return (await job_state(peer, "job-channel-1"))[0] == wanted

    await eventually(lambda: is_now("Active"))
    await camera.set(State.DROPPED)
    await eventually(lambda: is_now("Error"))
    await camera.set(State.ON)
    await eventually(lambda: is_now("Active"))


async def test_summary_advances_only_while_data_is_written(
    start_nvr: StartNvr, camera: VirtualCamera
) -> None:
    unit, peer = await start_nvr(channels=(channel_of(camera),))
    before = await peer.call("search", "GetRecordingSummary")
    assert before.NumberRecordings == 0

    async def advanced(since: object) -> bool:
        now = await peer.call("search", "GetRecordingSummary")
        return bool(now.NumberRecordings == 1 and now.DataUntil > since)

    await eventually(lambda: advanced(before.DataUntil))
    await unit.hold(1)
    held = await peer.call("search", "GetRecordingSummary")
    assert await job_state(peer, "job-channel-1") == ("Error", "The recorder does not write")
    assert (await peer.call("search", "GetRecordingSummary")).DataUntil == held.DataUntil
    await unit.let_go(1)
    await eventually(lambda: advanced(held.DataUntil))


async def test_higher_priority_wins(start_nvr: StartNvr, camera: VirtualCamera) -> None:
    _, peer = await start_nvr()
    recording = await create(peer)
    receiver = (
        await peer.call(
            "receiver",
            "CreateReceiver",
            Configuration=receiver_settings(with_credentials(camera)),
        )
    ).Token
    low, high = [
        (
            await peer.call(
                "recording",
                "CreateRecordingJob",
                JobConfiguration=job_settings(
                    recording, receiver, Mode="Active", Priority=priority
                ),
            )
        ).JobToken
        for priority in (1, 2)
    ]

    async def active() -> bool:
        return await job_state(peer, high) == ("Active", None)

    await eventually(active)
    assert await job_state(peer, low) == ("Idle", None)


async def test_deleting_a_recording_deletes_all_that_is_its_own(
    start_nvr: StartNvr, camera: VirtualCamera, tmp_path: Path
) -> None:
    _, peer = await start_nvr()
    recording = await create(peer)
    made = await peer.call(
        "recording", "CreateRecordingJob", JobConfiguration=job_settings(recording, Mode="Active")
    )
    await peer.call(
        "receiver",
        "ConfigureReceiver",
        ReceiverToken=made.JobConfiguration.Source[0].SourceToken.Token,
        Configuration=receiver_settings(with_credentials(camera)),
    )

    async def active() -> bool:
        return await job_state(peer, made.JobToken) == ("Active", None)

    await eventually(active)
    await peer.call("recording", "DeleteRecording", RecordingToken=recording)
    assert await peer.call("recording", "GetRecordings") == []
    assert await peer.call("recording", "GetRecordingJobs") == []
    assert await peer.call("receiver", "GetReceivers") == []
    assert not (tmp_path / "nvr" / "recordings" / recording).exists()


async def test_limits_are_announced_and_kept(start_nvr: StartNvr) -> None:
    _, peer = await start_nvr(limits=Limits(recordings=2, jobs=1, receivers=1))
    told = await peer.call("recording", "GetServiceCapabilities")
    assert (told.MaxRecordings, told.MaxRecordingJobs) == (2, 1)
    assert (await peer.call("receiver", "GetServiceCapabilities")).SupportedReceivers == 1
    first, _ = await create(peer), await create(peer)

    async def refused(detail: str, service: str, operation: str, **arguments: object) -> None:
        with pytest.raises(SoapFaultError) as caught:
            await peer.call(service, operation, **arguments)
        assert caught.value.subcodes == ["Action", detail]
        assert (caught.value.status, caught.value.code) == (500, "Receiver")

    await refused("MaxRecordings", "recording", "CreateRecording", RecordingConfiguration=RECORDING)
    options = await peer.call("recording", "GetRecordingOptions", RecordingToken=first)
    assert options.Job.Spare == 1
    job = {"JobConfiguration": job_settings(first)}
    await peer.call("recording", "CreateRecordingJob", **job)
    await refused("MaxRecordingJobs", "recording", "CreateRecordingJob", **job)
    await refused(
        "MaxReceivers",
        "receiver",
        "CreateReceiver",
        Configuration=receiver_settings("rtsp://127.0.0.1/"),
    )
    assert len(await peer.call("receiver", "GetReceivers")) == 1


OWN = "recording-channel-1"


@pytest.mark.parametrize(
    ("service", "operation", "arguments", "detail"),
    [
        ("recording", "DeleteRecording", {"RecordingToken": "x"}, "NoRecording"),
        ("recording", "DeleteRecording", {"RecordingToken": OWN}, "CannotDelete"),
        ("recording", "GetRecordingJobState", {"JobToken": "x"}, "NoRecordingJob"),
        ("recording", "CreateRecordingJob", {"JobConfiguration": job_settings("x")}, "NoRecording"),
        (
            "recording",
            "CreateRecordingJob",
            {"JobConfiguration": job_settings(OWN, "x")},
            "BadConfiguration",
        ),
        ("receiver", "GetReceiver", {"ReceiverToken": "x"}, "UnknownToken"),
        (
            "receiver",
            "DeleteReceiver",
            {"ReceiverToken": "receiver-channel-1"},
            "CannotDeleteReceiver",
        ),
        (
            "receiver",
            "CreateReceiver",
            {"Configuration": receiver_settings("http://127.0.0.1/")},
            "BadConfiguration",
        ),
        (
            "receiver",
            "CreateReceiver",
            {"Configuration": receiver_settings("rtsp://127.0.0.1/" + "a" * 255)},
            "BadConfiguration",
        ),
        ("search", "EndSearch", {"SearchToken": "x"}, "InvalidToken"),
    ],
)
async def test_wrong_requests_get_the_fault_of_the_specification(
    start_nvr: StartNvr, service: str, operation: str, arguments: dict[str, object], detail: str
) -> None:
    nowhere = ChannelConfig(name="Gate", uri=f"rtsp://{loopback_address()}/")
    _, peer = await start_nvr(channels=(nowhere,))
    with pytest.raises(SoapFaultError) as caught:
        await peer.call(service, operation, **arguments)
    assert caught.value.subcodes == ["InvalidArgVal", detail]
    assert (caught.value.status, caught.value.code) == (400, "Sender")


async def test_unit_without_dynamic_recordings_creates_none(start_nvr: StartNvr) -> None:
    _, peer = await start_nvr(dynamic_recordings=False)
    with pytest.raises(SoapFaultError) as caught:
        await create(peer)
    assert caught.value.subcodes == ["ActionNotSupported", "NotImplemented"]


async def test_unit_without_receivers_does_not_tell_where_its_cameras_are(
    start_nvr: StartNvr, camera: VirtualCamera
) -> None:
    _, peer = await start_nvr(channels=(channel_of(camera),), receiver=False)
    [item] = await peer.call("recording", "GetRecordings")
    [job] = await peer.call("recording", "GetRecordingJobs")
    assert not item.Configuration.Source.Address
    assert job.JobConfiguration.Source[0].SourceToken.Type.endswith("/Profile")
    with pytest.raises(SoapFaultError) as caught:
        await peer.call("receiver", "GetReceivers")
    assert caught.value.subcodes == ["ActionNotSupported"]
