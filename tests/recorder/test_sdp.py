"""Session descriptions of cameras, the odd ones included."""

from base64 import b64encode
from contextlib import suppress

from hypothesis import given, strategies as st
import pytest

from custom_components.nvr_hotspare.recorder.errors import (
    SourceError,
    SourceProtocolError,
    SourceUnsupportedError,
)
from custom_components.nvr_hotspare.recorder.model import AudioTrack, Codec
from custom_components.nvr_hotspare.recorder.rtsp.sdp import AudioMedia, VideoMedia, parse_sdp
from tests.recorder.scripted_camera import PPS, SPS

BASE = "rtsp://camera/main"

FULL = b"""v=0\r
o=- 1 1 IN IP4 192.0.2.1\r
s=Media Presentation\r
a=control:*\r
m=audio 0 RTP/AVP 0\r
a=rtpmap:0 PCMU/8000\r
a=control:trackID=2\r
m=video 0 RTP/AVP 97 96\r
b=AS:5000\r
a=rtpmap:97 AV1/90000\r
a=rtpmap:96 h264/90000\r
a=fmtp:97 profile=0\r
a=fmtp:96 packetization-mode=1; sprop-parameter-sets=%b\r
a=control:trackID=1\r
m=application 0 RTP/AVP 107\r
a=rtpmap:107 vnd.onvif.metadata/90000\r
""".replace(b"%b", b64encode(SPS) + b"," + b64encode(PPS))


def test_video_and_audio_are_found_among_all_others() -> None:
    found = parse_sdp(FULL, BASE + "/")

    assert found.aggregate == "rtsp://camera/main/"
    assert found.video == VideoMedia(
        control="rtsp://camera/main/trackID=1",
        payload_type=96,
        codec=Codec.H264,
        parameter_sets=(SPS, PPS),
    )
    assert found.audio == AudioMedia(
        control="rtsp://camera/main/trackID=2",
        payload_type=0,
        track=AudioTrack(codec=Codec.PCMU, rate=8000, channels=1),
    )


@pytest.mark.parametrize(
    ("base", "session", "track", "aggregate", "control"),
    [
        (BASE, "*", "track1", BASE, BASE + "/track1"),
        (BASE, "*", "/track1", BASE, BASE + "/track1"),
        (BASE + "?a=1&b=2", "*", "track1", BASE + "?a=1&b=2", BASE + "?a=1&b=2/track1"),
        (BASE, "*", "*", BASE, BASE),
        (BASE, "rtsp://10.0.0.1/all", "*", "rtsp://10.0.0.1/all", "rtsp://10.0.0.1/all"),
        (BASE, "rtsp://n/all", "rtsp://n/all/1", "rtsp://n/all", "rtsp://n/all/1"),
    ],
)
def test_control_uris(base: str, session: str, track: str, aggregate: str, control: str) -> None:
    text = f"a=control:{session}\nm=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\na=control:{track}\n"

    media = parse_sdp(text.encode(), base)

    assert (media.aggregate, media.video.control) == (aggregate, control)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b"m=video 0 RTP/AVP 96\ra=rtpmap:96 H264/90000\r", id="only CR"),
        pytest.param(b"  m=video 0 RTP/AVP 96 \n a=rtpmap: 96  H264/90000/1", id="blanks"),
        pytest.param(b"\xff\xfe\nm=video\na=rtpmap:96 H264/90000\n=\nx", id="rubbish between"),
        pytest.param(
            b"m=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\na=fmtp:96 sprop-parameter-sets=!,\xff",
            id="broken parameter sets",
        ),
        pytest.param(
            b"m=video\na=fmtp:x\na=fmtp:\na=fmtp:"
            + b"9" * 5000
            + b" a=b\na=control:\na=rtpmap:x\na=rtpmap:96 H264/90000",
            id="empty attributes",
        ),
    ],
)
def test_odd_descriptions_are_understood(text: bytes) -> None:
    media = parse_sdp(text, BASE).video

    assert (media.payload_type, media.parameter_sets) == (96, ())
    assert media.control == BASE


def test_another_codec_is_named() -> None:
    with pytest.raises(SourceUnsupportedError, match=r"JPEG, MP4V-ES"):
        parse_sdp(b"m=video 0 RTP/AVP 97\na=rtpmap:97 MP4V-ES/90000\na=rtpmap:26 JPEG/90000", BASE)


def test_h265_with_its_parameter_sets() -> None:
    video = parse_sdp(
        b"m=video 0 RTP/AVP 97\na=rtpmap:97 H265/90000\n"
        b"a=fmtp:97 sprop-vps=dnBz; sprop-sps=c3Bz; sprop-pps=cHBz",
        BASE,
    ).video
    assert (video.codec, video.parameter_sets) == (Codec.H265, (b"vps", b"sps", b"pps"))


def test_h265_out_of_order_is_refused() -> None:
    text = b"m=video 0 RTP/AVP 97\na=rtpmap:97 H265/90000\na=fmtp:97 sprop-max-don-diff=1"
    with pytest.raises(SourceUnsupportedError, match="order"):
        parse_sdp(text, BASE)


VIDEO = b"m=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\n"
HBR = b"mode=AAC-hbr; SizeLength=13;indexlength=3; indexdeltalength=3"


@pytest.mark.parametrize(
    ("text", "track"),
    [
        (
            b"m=audio 0 RTP/AVP 97\na=rtpmap:97 mpeg4-generic/16000/1\na=fmtp:97 config=1408;"
            + HBR,
            AudioTrack(codec=Codec.AAC, rate=16_000, channels=1, config=b"\x14\x08"),
        ),
        (b"m=audio 0 RTP/AVP 0", AudioTrack(codec=Codec.PCMU, rate=8000, channels=1)),
        (b"m=audio 0 RTP/AVP 8 0", AudioTrack(codec=Codec.PCMA, rate=8000, channels=1)),
        (b"m=audio 0 RTP/AVP 10", AudioTrack(codec=Codec.L16, rate=44_100, channels=2)),
        (
            b"m=audio 0 RTP/AVP 98\na=rtpmap:98 L16/16000",
            AudioTrack(codec=Codec.L16, rate=16_000, channels=1),
        ),
    ],
)
def test_audio_is_understood(text: bytes, track: AudioTrack) -> None:
    audio = parse_sdp(VIDEO + text, BASE).audio
    assert audio is not None
    assert audio.track == track


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b"m=audio 0 RTP/AVP 97\na=rtpmap:97 opus/48000/2", id="other codec"),
        pytest.param(b"m=audio 0 RTP/AVP 0\na=sendonly", id="what the camera wants to hear"),
        pytest.param(b"m=audio 0 RTP/AVP 97\na=rtpmap:97 PCMU/0", id="no rate"),
        pytest.param(b"m=audio 0 RTP/AVP 97\na=rtpmap:97 L16/16000/99", id="many channels"),
        pytest.param(
            b"m=audio 0 RTP/AVP 97\na=rtpmap:97 mpeg4-generic/16000\na=fmtp:97 " + HBR,
            id="no configuration",
        ),
        pytest.param(
            b"m=audio 0 RTP/AVP 97\na=rtpmap:97 mpeg4-generic/16000\na=fmtp:97 config=1408",
            id="no layout",
        ),
        pytest.param(
            b"m=audio 0 RTP/AVP 97\na=rtpmap:97 mpeg4-generic/16000\n"
            b"a=fmtp:97 config=1408;ctsdeltalength=4;" + HBR,
            id="more headers",
        ),
    ],
)
def test_audio_that_is_not_understood_is_left_out(text: bytes) -> None:
    assert parse_sdp(VIDEO + text, BASE).audio is None


def test_interleaved_mode_is_refused() -> None:
    with pytest.raises(SourceUnsupportedError, match="interleaved"):
        parse_sdp(FULL.replace(b"mode=1", b"mode=2"), BASE)


@pytest.mark.parametrize("text", [b"", b"<html></html>", b"v=0\r\n"])
def test_no_description(text: bytes) -> None:
    with pytest.raises(SourceProtocolError):
        parse_sdp(text, BASE)


@given(st.lists(st.sampled_from(FULL.split(b"\r\n")) | st.binary(max_size=30)))
def test_no_description_breaks_the_parser(lines: list[bytes]) -> None:
    with suppress(SourceError):
        assert parse_sdp(b"\r\n".join(lines), BASE).video.codec is Codec.H264
