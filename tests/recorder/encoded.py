"""Video as encoders make it that are set like those of odd cameras, and what it looks like."""

from fractions import Fraction
import hashlib
import re

import av
import numpy as np

from custom_components.nvr_hotspare.recorder.model import Codec, VideoFrame
from custom_components.nvr_hotspare.recorder.rtp import h264, h265
from tests.recorder.scripted_camera import NOW

TICKS = 3600
STEP = 40_000_000
SIZE = 320, 192
_ENCODERS = {Codec.H264: ("libx264", "x264-params"), Codec.H265: ("libx265", "x265-params")}
_START_CODE = re.compile(rb"\x00\x00\x00?\x01")


def encode(count: int, parameters: str, codec: Codec = Codec.H264) -> list[VideoFrame]:
    """Encode so many moving pictures; frames in decoding order, the first shown at tick 0."""
    name, option = _ENCODERS[codec]
    encoder = av.CodecContext.create(name, "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height = SIZE
    encoder.pix_fmt, encoder.framerate, encoder.time_base = "yuv420p", Fraction(25), Fraction(1, 25)
    quiet = ":log-level=error:repeat-headers=1" if codec is Codec.H265 else ""
    encoder.options = {"preset": "veryfast", option: parameters + quiet}
    packets = [packet for number in range(count) for packet in encoder.encode(_picture(number))]
    packets += encoder.encode(None)
    return [_frame(codec, bytes(packet), packet.pts or 0) for packet in packets]


def _picture(number: int) -> av.VideoFrame:
    """Return a picture in which much moves, so that nothing of it can be guessed."""
    width, height = SIZE
    y, x = np.mgrid[:height, :width]
    noise = np.random.default_rng(number // 10).integers(0, 40, (height, width))
    grey = (128 + 80 * np.sin((x + 5 * number) / 15) * np.cos((y - 3 * number) / 11) + noise) % 256
    picture = av.VideoFrame.from_ndarray(grey.astype(np.uint8), format="gray")
    picture = picture.reformat(format="yuv420p")
    picture.pts = number
    return picture


def _frame(codec: Codec, data: bytes, number: int) -> VideoFrame:
    units = [unit for unit in _START_CODE.split(data) if unit]
    kinds = {h264.nal_type(unit) if codec is Codec.H264 else h265.nal_type(unit) for unit in units}
    key = h264.IDR in kinds if codec is Codec.H264 else bool(kinds & set(h265.KEYS))
    return VideoFrame(nal_units=units, time=NOW + number * STEP, ticks=number * TICKS, key=key)


def looks(frames: list[VideoFrame], codec: Codec = Codec.H264) -> dict[int, str]:
    """Decode frames, and return a checksum of each picture by the number it was encoded with."""
    decoder = av.CodecContext.create(codec.value.replace("h265", "hevc"), "r")
    assert isinstance(decoder, av.VideoCodecContext)
    found = {}
    for frame in [*frames, None]:
        packet = None
        if frame is not None:
            packet = av.Packet(b"".join(b"\0\0\0\1" + unit for unit in frame.nal_units))
            packet.pts = frame.ticks // TICKS
        for picture in decoder.decode(packet):
            assert picture.pts is not None
            found[picture.pts] = _checksum(picture)
    return found


def looks_of_file(path: str) -> dict[float, str]:
    """Decode a file, and return a checksum of each picture by when it is shown, in seconds."""
    with av.open(path) as file:
        return {
            float(picture.pts * picture.time_base): _checksum(picture)
            for picture in file.decode(video=0)
            if picture.pts is not None and picture.time_base is not None
        }


def _checksum(picture: av.VideoFrame) -> str:
    return hashlib.sha256(picture.to_ndarray().tobytes()).hexdigest()
