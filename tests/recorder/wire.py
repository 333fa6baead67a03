"""Frames on the wire, sent by the rules or against them, and what the engine makes of them."""

from collections.abc import Iterable
from pathlib import Path

from custom_components.nvr_hotspare.recorder.archive import Archive
from custom_components.nvr_hotspare.recorder.engine import Engine
from custom_components.nvr_hotspare.recorder.model import Codec, VideoFrame
from custom_components.nvr_hotspare.recorder.mp4.reader import Mp4Reader
from custom_components.nvr_hotspare.recorder.rtp.packetize import RtpSender
from custom_components.nvr_hotspare.recorder.rtsp.message import (
    Headers,
    InterleavedPacket,
    MessageParser,
    Response,
)
from tests.recorder.scripted_camera import NOW, ScriptedCamera, eventually, scripted_camera

SDP = (
    b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=camera\r\nt=0 0\r\n"
    b"m=video 0 RTP/AVP 96\r\na=rtpmap:96 %s/90000\r\na=control:track1\r\n"
)
_MARKER = 0x80


class Wire:
    """A sender of one stream, whose packets follow one another."""

    def __init__(self, codec: Codec = Codec.H264, origin: int | None = None) -> None:
        self._sender = RtpSender((0, 1), codec)
        if origin is not None:
            self._sender._origin = origin

    def by_the_rules(self, frames: Iterable[VideoFrame]) -> bytes:
        return b"".join(map(self._sender.frame, frames))

    def report(self, frame: VideoFrame) -> bytes:
        return self._sender.report(frame)

    def marked_after_each_unit(self, frames: Iterable[VideoFrame]) -> bytes:
        return self.by_the_rules(
            VideoFrame(nal_units=[unit], time=frame.time, ticks=frame.ticks, key=False)
            for frame in frames
            for unit in frame.nal_units
        )

    def without_markers(self, frames: Iterable[VideoFrame]) -> bytes:
        data = b""
        for packet in MessageParser().feed(self.by_the_rules(frames)):
            assert isinstance(packet, InterleavedPacket)
            head = bytes((packet.payload[0], packet.payload[1] & ~_MARKER))
            data += InterleavedPacket(packet.channel, head + packet.payload[2:]).encode()
        return data


async def record(
    media: bytes, folder: Path, frames: Iterable[VideoFrame], codec: Codec = Codec.H264
) -> list[Path]:
    """Record a camera that sends this at once until these frames have come; return the files."""
    size = sum(frame.size for frame in frames)
    engine = Engine(folder)
    await engine.start()
    async with scripted_camera() as camera:
        speak(camera, codec)
        camera.media = media
        engine.record("c1", camera.source())
        try:
            await eventually(lambda: engine._channels["c1"]._received >= size)
        finally:
            await engine.stop()
    return [clip.path for clip in Archive(folder).clips("c1")]


def speak(camera: ScriptedCamera, codec: Codec) -> None:
    """Have a camera describe its stream as one of a codec."""
    described = SDP % codec.name.encode()
    camera.answers["DESCRIBE"] = lambda _: Response(
        200, "OK", Headers([("Content-Base", camera.uri + "/")]), described
    )


def recorded(paths: Iterable[Path]) -> list[tuple[int, bool, list[bytes]]]:
    """Return of each recorded frame its time since NOW, whether it is key, and its NAL units."""
    found = []
    for path in paths:
        with path.open("rb") as file:
            reader = Mp4Reader(file)
            found += [
                (sample.time - NOW, sample.key, reader.nal_units(sample))
                for fragment in reader.fragments()
                for sample in fragment.samples
            ]
    return found
