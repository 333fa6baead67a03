"""What cameras send: RTSP, SDP, RTP and RTCP, video and audio, and what libraries make of it."""

from contextlib import suppress
from functools import partial
from io import BytesIO

from hypothesis import strategies as st

from custom_components.nvr_hotspare.recorder.auth import Authenticator, Guard
from custom_components.nvr_hotspare.recorder.errors import SourceError, SourceProtocolError
from custom_components.nvr_hotspare.recorder.libav.messages import (
    Opened as LibavOpened,
    Packet,
    Parser,
    encode,
    head,
)
from custom_components.nvr_hotspare.recorder.libav.video import video_receiver
from custom_components.nvr_hotspare.recorder.media import AudioReceiver, VideoReceiver
from custom_components.nvr_hotspare.recorder.model import (
    AudioTrack,
    Codec,
    Tracks,
    VideoFrame,
)
from custom_components.nvr_hotspare.recorder.mp4.reader import Mp4Reader
from custom_components.nvr_hotspare.recorder.mp4.writer import FragmentWriter
from custom_components.nvr_hotspare.recorder.rtp import h264_sps, h265_sps, jpeg, mpeg4
from custom_components.nvr_hotspare.recorder.rtp.aac import AacFormat, parse_config
from custom_components.nvr_hotspare.recorder.rtp.clock import CaptureClock
from custom_components.nvr_hotspare.recorder.rtp.packet import parse_sender_report
from custom_components.nvr_hotspare.recorder.rtp.packetize import RtpSender, payload_type
from custom_components.nvr_hotspare.recorder.rtp.parameters import find_track
from custom_components.nvr_hotspare.recorder.rtp.replay_clock import ReplayClock
from custom_components.nvr_hotspare.recorder.rtsp.message import (
    Headers,
    InterleavedRun,
    MalformedMessageError,
    MessageParser,
    Request,
    Response,
)
from custom_components.nvr_hotspare.recorder.rtsp.order import RefusedOrderError, parse_order
from custom_components.nvr_hotspare.recorder.rtsp.sdp import AudioMedia, VideoMedia, parse_sdp
from custom_components.nvr_hotspare.recorder.rtsp.server import _channels
from tests.fuzz.target import Target, each, in_turn, lines, structured
from tests.recorder.encoded import encode as encode_video
from tests.recorder.footage import frames
from tests.recorder.scripted_camera import PPS, SPS, gops, rtp, sender_report
from tests.recorder.test_rtsp_message import STREAM
from tests.recorder.test_sdp import FULL

_URI = "rtsp://camera/1"
_NOW = 1_795_458_660_000_000_000
_AAC = AacFormat(size_length=13, index_length=3, delta_length=3, ticks=1024)
_FULL_AAC = (
    b"m=audio 0 RTP/AVP 97\na=rtpmap:97 MPEG4-GENERIC/48000/2\na=fmtp:97 streamtype=5;"
    b" sizelength=13; indexlength=3; indexdeltalength=3; config=1190\n"
)
_WORDS = st.sampled_from(
    [
        "H264",
        "H265",
        "MPEG4-GENERIC",
        "PCMU",
        "L16",
        "/90000",
        "/0",
        "96",
        "97",
        "config=1190",
        ";",
        "sizelength=13",
        "indexlength=3",
        "packetization-mode=2",
        "sprop-sps=AAAA",
        "=",
    ]
) | st.sampled_from([" ", "9" * 5000])
_SDP_LINE = st.tuples(
    st.sampled_from(["m=video 0 RTP/AVP ", "m=audio 0 RTP/AVP ", "a=rtpmap:", "a=fmtp:"]),
    st.lists(_WORDS | st.text(max_size=10), max_size=6).map("".join),
).map("".join)


def _describe(data: bytes) -> None:
    found = parse_sdp(data, _URI)
    for uri in (found.aggregate, found.video.control):
        with suppress(ValueError):  # which the client takes for nonsense of the camera
            Request("SETUP", uri, Headers()).encode()


def _messages(data: bytes) -> None:
    half = len(data) // 2
    parser = MessageParser()
    for message in parser.feed(data[:half]) + parser.feed(data[half:]):
        if isinstance(message, Request | Response):
            _use(message)


def _use(message: Request | Response) -> None:
    account = Authenticator("admin", "secret")
    if account.accept(message.headers.get_all("WWW-Authenticate")):
        account.authorization("PLAY", _URI)
    guard = Guard("x", {"a": "b"}, basic=True)
    guard.verify(message.headers.get("Authorization"), "PLAY", _URI)
    _channels(message.headers.get("Transport") or "")
    in_turn(lambda: parse_order(message.headers), errors=(RefusedOrderError,))


def _record(codec: Codec, data: bytes) -> None:
    """Make frames of a stream, write them, and read what was written."""
    media = VideoMedia(control=_URI, payload_type=payload_type(codec), codec=codec)
    video = VideoReceiver(media, CaptureClock())
    track = AudioTrack(codec=Codec.AAC, rate=48_000, channels=2, config=b"\x11\x90")
    sound = AudioMedia(control=_URI, payload_type=96, track=track, aac=_AAC)
    audio = AudioReceiver(sound, CaptureClock(48_000, video.clock))
    shown = list[VideoFrame]()
    for run in MessageParser().feed_runs(data):
        if not isinstance(run, InterleavedRun):
            continue
        if run.channel == 0:
            shown += video.push_run(run, _NOW)
        elif run.channel == 1:
            for payload in run.payloads():
                if (report := parse_sender_report(payload)) is not None:
                    video.clock.report(report, _NOW)
        else:
            audio.push_run(run, _NOW)
    shown += video.flush()
    if video.track is not None and shown:
        writer = FragmentWriter(Tracks(video.track))
        file = BytesIO(writer.header() + writer.fragment(shown, None))
        assert len(list(Mp4Reader(file).fragments())) == 1


def _replay(data: bytes) -> None:
    clock = ReplayClock()
    for message in MessageParser().feed(data):
        if not isinstance(message, Request | Response):
            clock.note(message.payload)
            if len(message.payload) >= 8:
                clock.capture(int.from_bytes(message.payload[4:8]))


def _audio(data: bytes) -> None:
    """Take the first bytes for the layout, the rest for packets of audio."""
    size, index, delta = data[:3].ljust(3, b"\0")
    layout = AacFormat(1 + size % 16, index % 17, delta % 17, 1024)
    track = AudioTrack(codec=Codec.AAC, rate=8000, channels=1)
    media = AudioMedia(control=_URI, payload_type=96, track=track, aac=layout)
    receiver = AudioReceiver(media, CaptureClock(8000))
    for message in MessageParser().feed(data[3:]):
        if not isinstance(message, Request | Response):
            receiver.push(message.payload, _NOW)


def _read_libav(data: bytes) -> None:
    receiver = None
    for message in Parser().feed(data):
        if isinstance(message, LibavOpened):
            in_turn(partial(video_receiver, message), errors=(ValueError,))
            receiver = video_receiver(LibavOpened(video=Codec.H264))
        elif isinstance(message, Packet) and receiver is not None:
            receiver.push(message)


def _pictures(data: bytes) -> None:
    in_turn(
        lambda: jpeg.parse_size(data),
        lambda: mpeg4.parse_layer(mpeg4.headers(data)),
        lambda: parse_config(data),
        lambda: h264_sps.parse_size(data),
        lambda: h264_sps.may_reorder(data),
        lambda: h264_sps.may_have_fields(data),
        lambda: h264_sps.parse_samples(data),
        lambda: h265_sps.parse(data),
        errors=(ValueError,),
    )


def _sent(codec: Codec, pictures: list[VideoFrame]) -> bytes:
    sender = RtpSender((0, 1), codec)
    sender.source = sender.sequence = sender._origin = 1  # the same seeds each time
    return b"".join(map(sender.frame, pictures))


_H265 = encode_video(10, "keyint=5", Codec.H265)
_H265_TRACK = find_track(_H265[0].nal_units, codec=Codec.H265)
assert _H265_TRACK is not None
_STREAM = gops(range(12)) + sender_report(_NOW, 3600)
_SOUND = rtp(1, 1, bytes.fromhex("0010 0040") + b"\x21" * 8).replace(b"$\0", b"$\2", 1)
_PICTURE = head(Packet(True, True, 1, 1, 0, 1, b"\0\0\1" + SPS + b"\0\0\1" + PPS)) + (  # noqa: FBT003
    b"\0\0\1" + SPS + b"\0\0\1" + PPS
)

TARGETS = (
    Target(
        name="session descriptions",
        parse=_describe,
        errors=(SourceError,),
        seeds=(FULL, _FULL_AAC + FULL, FULL + b"a=fmtp:" + b"9" * 5000 + b" x=y\n"),
    ),
    structured(
        "session descriptions, line by line",
        st.lists(_SDP_LINE, max_size=12),
        lambda told: _describe("\n".join(told).encode(errors="replace")),
        (SourceError,),
    ),
    Target(
        name="RTSP",
        parse=_messages,
        errors=(MalformedMessageError,),
        seeds=(
            STREAM,
            *lines(
                'RTSP/1.0 401 No\r\nWWW-Authenticate: Digest realm="a", nonce="b"\r\n\r\n',
                "SETUP rtsp://a/1 RTSP/1.0\r\nTransport: RTP/AVP/TCP;interleaved=0-1\r\n"
                'Authorization: Digest username="a", realm="x", nonce="0-f", uri="u", response="r"'
                "\r\n\r\n",
                "PLAY rtsp://a/1 RTSP/1.0\r\nRange: clock=20261123T180000Z-20261123T190000.5Z\r\n"
                "Frames: intra/4000\r\nScale: 1.0\r\nRate-Control: no\r\n\r\n",
            ),
        ),
    ),
    Target(
        name="a stream of H.264",
        parse=lambda data: _record(Codec.H264, data),
        errors=(MalformedMessageError,),
        seeds=(_STREAM, _STREAM + _SOUND * 3, _sent(Codec.H264, frames(30))),
    ),
    Target(
        name="a stream of H.265",
        parse=lambda data: _record(Codec.H265, data),
        errors=(MalformedMessageError,),
        seeds=(_STREAM, _sent(Codec.H265, _H265)),
    ),
    Target(
        name="a stream of AAC",
        parse=_audio,
        errors=(MalformedMessageError,),
        seeds=(b"\x0c\x03\x03" + _SOUND * 4, b"\0\0\0" + rtp(1, 1, b"\xf9\0" + b"\xff" * 8200)),
    ),
    Target(
        name="a replay's times",
        parse=_replay,
        errors=(MalformedMessageError, SourceError),
        seeds=(_STREAM.replace(b"\x80", b"\x90"),),
    ),
    Target(
        name="parameter sets and pictures",
        parse=_pictures,
        seeds=(SPS, PPS, _H265_TRACK.sps, b"\xff\xd8\xff\xc0\0\x11\x08\0\x10\0\x10"),
    ),
    Target(
        name="what the reader of a camera says",
        parse=_read_libav,
        errors=(SourceProtocolError,),
        seeds=(encode(LibavOpened(video=Codec.H264, headers=SPS.hex())) + _PICTURE,),
    ),
    Target(
        name="challenges",
        parse=each(lambda text: _use(Response(401, "No", Headers([("WWW-Authenticate", text)])))),
        seeds=lines('Digest realm="a", nonce="b", algorithm=SHA-256, qop="auth", Basic realm="c"'),
    ),
)
