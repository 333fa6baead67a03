"""The audio of footage that is played."""

from custom_components.nvr_hotspare.recorder.model import AudioFrame, VideoFrame
from custom_components.nvr_hotspare.recorder.rtsp.message import (
    Headers,
    Request,
    Response,
)
from tests.recorder.replay_lab import AUDIO, footage, moment, numbers_of, packet, play, stamp
from tests.recorder.scripted_camera import SDP, ScriptedCamera


def with_audio(_: Request) -> Response:
    return Response(200, "OK", body=SDP + AUDIO)


def set_up_both(request: Request) -> Response:
    channels = "2-3" if request.uri.endswith("track2") else "0-1"
    transport = f"RTP/AVP/TCP;unicast;interleaved={channels}"
    return Response(200, "OK", Headers([("Session", "42"), ("Transport", transport)]))


async def test_audio_comes_with_its_own_times(recorder: ScriptedCamera) -> None:
    recorder.answers |= {"DESCRIBE": with_audio, "SETUP": set_up_both}
    for number in range(6):
        recorder.media += footage([number])
        recorder.media += packet(320 * number, bytes(320), stamp(moment(number) + 5), media=1)

    frames, stream = await play(recorder)

    sounds = [each for each in frames if isinstance(each, AudioFrame)]
    assert [each.time for each in sounds] == [moment(number) + 5 for number in range(5)]
    assert [each.duration for each in sounds] == [320] * 5
    assert numbers_of(frames) == [0, 1, 2, 3, 4]
    assert stream.proven


async def test_audio_that_comes_late_is_waited_for(recorder: ScriptedCamera) -> None:
    recorder.answers |= {"DESCRIBE": with_audio, "SETUP": set_up_both}
    recorder.media = footage(range(8))
    for number in range(8):
        recorder.media += packet(320 * number, bytes(320), stamp(moment(number)), media=1)

    frames, stream = await play(recorder)

    sounds = [each for each in frames if isinstance(each, AudioFrame)]
    assert [each.time for each in sounds] == [moment(number) for number in range(5)]
    assert stream.proven


async def test_audio_that_comes_early_waits_for_its_video(recorder: ScriptedCamera) -> None:
    recorder.answers |= {"DESCRIBE": with_audio, "SETUP": set_up_both}
    for number in range(8):
        recorder.media += packet(320 * number, bytes(320), stamp(moment(number)), media=1)
    recorder.media += footage(range(40))

    frames, stream = await play(recorder)

    order = [moment(number) for number in range(5) for _ in range(2)]
    assert [each.time for each in frames] == order
    assert [isinstance(each, VideoFrame) for each in frames] == [True, False] * 5
    assert stream.proven


async def test_audio_without_times_is_left_out(recorder: ScriptedCamera) -> None:
    recorder.answers |= {"DESCRIBE": with_audio, "SETUP": set_up_both}
    recorder.media = packet(0, bytes(320), media=1) + footage(range(40))

    frames, stream = await play(recorder)

    assert numbers_of(frames) == [0, 1, 2, 3, 4]
    assert len(frames) == 5
    assert stream.proven
