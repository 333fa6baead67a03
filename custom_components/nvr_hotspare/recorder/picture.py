"""A program: `picture.py FILE` writes the first picture of a recording to stdout, as a small JPEG.

It runs in a process of its own, because what decodes damaged footage may crash.
"""

import os
from pathlib import Path
import sys

import av
from av.video.codeccontext import VideoCodecContext

WIDTH = 320
"""Pixels of the picture, at most."""
_MAX_PIXELS = 64 << 20
"""Of a frame; larger ones are no camera's."""


def picture(path: Path) -> bytes:
    """Return the first picture of a file.

    Raises:
        av.FFmpegError: It can't be read or decoded.
        ValueError: It has no picture, or an absurd one.
    """
    with av.open(path) as container:
        video = container.streams.video[0]
        if video.width * video.height > _MAX_PIXELS:
            raise ValueError("The picture is too large.")
        frame = next(container.decode(video), None)
        if frame is None:
            raise ValueError("There is no picture.")
        width = min(WIDTH, frame.width) // 2 * 2
        height = max(2, frame.height * width // frame.width // 2 * 2)
        small = frame.reformat(width, height, "yuvj420p")
    encoder = VideoCodecContext.create("mjpeg", "w")
    assert isinstance(encoder, VideoCodecContext)  # noqa: S101 (narrows the type)
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuvj420p"
    encoder.time_base = small.time_base or video.time_base
    return b"".join(bytes(packet) for packet in (*encoder.encode(small), *encoder.encode(None)))


if __name__ == "__main__":
    av.logging.set_level(av.logging.PANIC)
    os.nice(10)
    try:
        sys.stdout.buffer.write(picture(Path(sys.argv[1])))
    except (av.FFmpegError, ValueError, IndexError) as error:
        sys.exit(str(error))
