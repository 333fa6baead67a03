"""Encodes the scene that the virtual cameras show. The only module that needs PyAV and NumPy."""

from collections.abc import Iterator
import re

import av
import numpy as np
from numpy.typing import NDArray

_START_CODE = re.compile(rb"\x00\x00\x00?\x01")
_RATE = 25


def encode(width: int, height: int, bit_rate: int, gop: int, frames: int) -> Iterator[list[bytes]]:
    """Yield the NAL units of each frame, in decoding order (H.264, no B-frames, closed GOPs)."""
    codec = av.VideoCodecContext.create("libx264", "w")
    codec.width, codec.height, codec.pix_fmt = width, height, "yuv420p"
    codec.framerate = _RATE
    codec.bit_rate = bit_rate
    codec.gop_size = gop
    codec.options = {
        "preset": "veryfast",
        "tune": "zerolatency",
        "maxrate": str(bit_rate),
        "bufsize": str(bit_rate),
        "x264-params": f"keyint={gop}:min-keyint={gop}:scenecut=0:repeat-headers=1",
    }
    for number, picture in enumerate(_scene(width, height, frames)):
        frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
        frame.pts = number
        yield from map(_nal_units, codec.encode(frame))
    yield from map(_nal_units, codec.encode(None))


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
