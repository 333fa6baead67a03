"""Motion JPEG and MPEG-4 part 2: what pictures and headers say, and the files that hold them."""

from io import BytesIO
from pathlib import Path

import av
from hypothesis import given, strategies as st
import pytest

from custom_components.nvr_hotspare.recorder.libav.messages import Opened, Packet
from custom_components.nvr_hotspare.recorder.libav.video import video_receiver
from custom_components.nvr_hotspare.recorder.model import Codec, Tracks, VideoFrame, VideoTrack
from custom_components.nvr_hotspare.recorder.mp4.header import room_for
from custom_components.nvr_hotspare.recorder.mp4.reader import Mp4Reader
from custom_components.nvr_hotspare.recorder.mp4.writer import FragmentWriter
from custom_components.nvr_hotspare.recorder.rtp import jpeg, mpeg4
from tests.recorder.footage import START, decode, indexed

STEP, TICKS = 40_000_000, 3600


def encode(name: str, count: int = 25, size: tuple[int, int] = (320, 240)) -> list[bytes]:
    """Return frames as an encoder of libav makes them, headers before each key frame."""
    encoder = av.CodecContext.create(name, "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height = size
    encoder.pix_fmt = "yuvj420p" if name == "mjpeg" else "yuv420p"
    encoder.framerate = 25
    encoder.gop_size = 5
    found = list[bytes]()
    for number in range(count):
        frame = av.VideoFrame(*size, encoder.pix_fmt)
        for plane in frame.planes:
            stripes = bytes(range(number, 256)) * (plane.buffer_size // 200)
            plane.update(stripes[: plane.buffer_size])
        frame.pts = number
        found += map(bytes, encoder.encode(frame))
    return found + list(map(bytes, encoder.encode(None)))


def film(codec: Codec, pictures: list[bytes], headers: bytes = b"") -> list[VideoFrame | Tracks]:
    """Return pictures as they come from a reader, each after its tracks."""
    receiver = video_receiver(Opened(video=codec, headers=headers.hex()))
    found = list[VideoFrame | Tracks]()
    for number, picture in enumerate(pictures):
        packet = Packet(
            video=True,
            key=codec is Codec.MJPEG or number % 5 == 0,
            ticks=number * TICKS,
            duration=TICKS,
            captured=START + number * STEP,
            arrival=START + number * STEP,
            data=picture,
        )
        frame = receiver.push(packet)
        assert receiver.track is not None
        found += [Tracks(receiver.track), frame]
    return found


@pytest.mark.parametrize("codec", [Codec.MJPEG, Codec.MPEG4])
async def test_a_file_holds_every_frame(tmp_path: Path, codec: Codec) -> None:
    pictures = encode(codec)
    found = film(codec, pictures)
    tracks = found[0]
    frames = [each for each in found if isinstance(each, VideoFrame)]
    assert isinstance(tracks, Tracks)
    assert all(each == tracks for each in found if isinstance(each, Tracks))
    writer = FragmentWriter(tracks)
    data = writer.header() + writer.fragment(frames[:1], None) + writer.fragment(frames[1:], None)

    reader = Mp4Reader(BytesIO(data))
    samples = [sample for fragment in reader.fragments() for sample in fragment.samples]
    assert reader.tracks == tracks
    assert [reader.nal_units(sample) for sample in samples] == [[each] for each in pictures]
    assert [sample.time for sample in samples] == [frame.time for frame in frames]
    path = tmp_path / "old.mp4"
    path.write_bytes(indexed(data))
    assert await decode(path) == (25, "")


def test_another_size_is_another_track() -> None:
    large, small = encode("mjpeg", 1), encode("mjpeg", 1, (160, 120))
    tracks = [each for each in film(Codec.MJPEG, large + small) if isinstance(each, Tracks)]

    assert [(each.video.width, each.video.height) for each in tracks] == [(320, 240), (160, 120)]


def test_headers_of_any_length_come_back() -> None:
    config = mpeg4.headers(encode("mpeg4", 1)[0]) + b"\0\0\1\xb2" + 600 * b"x"
    track = VideoTrack(codec=Codec.MPEG4, config=config, width=320, height=240)

    assert Mp4Reader(BytesIO(FragmentWriter(Tracks(track)).header())).tracks.video == track


def test_headers_may_come_in_the_description_alone() -> None:
    whole = encode("mpeg4", 1)[0]
    headers = mpeg4.headers(whole)
    (tracks, frame) = film(Codec.MPEG4, [whole.removeprefix(headers)], headers)

    assert isinstance(tracks, Tracks)
    assert tracks.video.config == headers
    assert isinstance(frame, VideoFrame)
    assert frame.nal_units == [whole.removeprefix(headers)]


@pytest.mark.parametrize(("b_frames", "reorders"), [(0, False), (2, True)])
def test_where_pictures_may_be_reordered_there_is_room(b_frames: int, *, reorders: bool) -> None:
    encoder = av.CodecContext.create("mpeg4", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt, encoder.framerate = 320, 240, "yuv420p", 25
    encoder.options = {"bf": str(b_frames), "flags": "+global_header"}
    encoder.open()
    config = bytes(encoder.extradata or b"")
    layer = mpeg4.parse_layer(config)

    assert layer == (320, 240, reorders)
    track = VideoTrack(codec=Codec.MPEG4, config=config, width=320, height=240)
    assert bool(room_for(track)) is reorders


@given(st.binary())
def test_what_is_no_picture_has_no_size(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        jpeg.parse_size(data)
    with pytest.raises(ValueError, match=r"."):
        jpeg.parse_size(b"\xff\xd8\xff\xe0\0\x04\0\0" + data[:4])


@given(st.binary())
def test_what_describes_nothing_is_no_header(data: bytes) -> None:
    assert mpeg4.headers(b"\0\0\1\xb6" + data) == b""
    with pytest.raises(ValueError, match=r"."):
        mpeg4.parse_layer(data[:8])
