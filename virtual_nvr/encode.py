"""Encodes the scene that the virtual cameras show. The only module that needs PyAV and NumPy."""

from collections.abc import Iterator
import re

import av
import numpy as np
from numpy.typing import NDArray

from custom_components.nvr_hotspare.recorder.model import AudioTrack, Codec

from .clip import ClipFormat

_START_CODE = re.compile(rb"\x00\x00\x00?\x01")
_RATE = 25
_SAMPLES = 16_000
"""Of audio a second, as common cameras have it."""


def encode(wanted: ClipFormat) -> Iterator[list[bytes]]:
    """Yield the NAL units of each frame, in decoding order: no B-frames, closed GOPs."""
    name = "x265" if wanted.codec is Codec.H265 else "x264"
    gop, bit_rate = wanted.gop, wanted.bit_rate
    encoder = av.CodecContext.create(f"lib{name}", "w")
    assert isinstance(encoder, av.VideoCodecContext)  # noqa: S101 (narrows the type)
    encoder.width, encoder.height, encoder.pix_fmt = wanted.width, wanted.height, "yuv420p"
    encoder.framerate = _RATE
    encoder.bit_rate = bit_rate
    encoder.gop_size = gop
    parameters = f"keyint={gop}:min-keyint={gop}:scenecut=0:repeat-headers=1"
    if wanted.codec is Codec.H265:
        parameters += f":open-gop=0:bframes=0:log-level=error:vbv-maxrate={bit_rate // 1000}"
        parameters += f":vbv-bufsize={bit_rate // 1000}"
    encoder.options = {
        "preset": "ultrafast" if wanted.codec is Codec.H265 else "veryfast",
        "tune": "zerolatency",
        "maxrate": str(bit_rate),
        "bufsize": str(bit_rate),
        f"{name}-params": parameters,
    }
    for number, picture in enumerate(_scene(wanted.width, wanted.height, gop * wanted.gops)):
        frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
        frame.pts = number
        yield from map(_nal_units, encoder.encode(frame))
    yield from map(_nal_units, encoder.encode(None))


def encode_sound(seconds: float) -> tuple[AudioTrack, list[bytes]]:
    """Return a melody of about this length in AAC: what a decoder must know, and access units."""
    encoder = av.AudioCodecContext.create("aac", "w")
    encoder.sample_rate, encoder.layout, encoder.format = _SAMPLES, "mono", "fltp"
    encoder.bit_rate = 32_000
    encoder.open()
    count = int(seconds * _SAMPLES) // encoder.frame_size
    units: list[bytes] = []
    for number in range(count):
        times = (number * encoder.frame_size + np.arange(encoder.frame_size)) / _SAMPLES
        tone = np.sin(2 * np.pi * (440 + 55 * (number % 8)) * times) / 4
        frame = av.AudioFrame.from_ndarray(tone.astype(np.float32)[np.newaxis], "fltp", "mono")
        frame.sample_rate, frame.pts = _SAMPLES, number * encoder.frame_size
        units += map(bytes, encoder.encode(frame))
    units += map(bytes, encoder.encode(None))
    config = bytes(encoder.extradata or b"")
    track = AudioTrack(codec=Codec.AAC, rate=_SAMPLES, channels=1, config=config)
    return track, units[:count]


def _nal_units(packet: av.Packet[av.VideoStream]) -> list[bytes]:
    """Split what is in Annex B format, whose start codes may have zeros before them."""
    return [unit.rstrip(b"\0") for unit in _START_CODE.split(bytes(packet)) if unit]


def _scene(width: int, height: int, frames: int) -> Iterator[NDArray[np.uint8]]:
    """Yield pictures as planes below one another: a drifting texture behind a falling bar.

    A little noise that no frame shares with the next keeps the encoder at its bit rate.
    """
    generator = np.random.default_rng(1)
    blocks = generator.integers(40, 200, (height // 8 + 1, width // 8 + 1), np.uint8)
    texture = np.kron(blocks, np.ones((8, 8), np.uint8))[:height, :width]
    noise = generator.integers(0, 24, (height + frames, width), np.uint8)
    colours = generator.integers(96, 160, (2, height // 40 + 1, width // 40 + 1), np.uint8)
    planes = np.kron(colours, np.ones((1, 20, 20), np.uint8))[:, : height // 2, : width // 2]
    for number in range(frames):
        picture = np.empty((height * 3 // 2, width), np.uint8)
        picture[:height] = np.roll(texture, (number, 4 * number), (0, 1))
        picture[:height] += noise[number : number + height]
        top = number * height // frames
        picture[top : top + height // 16] = 235
        picture[height:] = planes.reshape(height // 2, width)
        yield picture
