"""What stands in folders and media identifiers: recordings, their names, templates."""

from base64 import urlsafe_b64encode
from io import BytesIO
from pathlib import Path, PurePosixPath
import tempfile

from aiohttp import web
from hypothesis import strategies as st

from custom_components.nvr_hotspare.engine.config import ConfigError, read as read_config
from custom_components.nvr_hotspare.footage.identifier import FootageId
from custom_components.nvr_hotspare.footage.views import _from_path
from custom_components.nvr_hotspare.nvr.engine_places import channel_of, key_of
from custom_components.nvr_hotspare.recorder.archive import Archive, _clip
from custom_components.nvr_hotspare.recorder.errors import ArchiveError, FootageError
from custom_components.nvr_hotspare.recorder.giving import isomedia
from custom_components.nvr_hotspare.recorder.giving.gops import gops
from custom_components.nvr_hotspare.recorder.giving.model import Target as Folder, TransferError
from custom_components.nvr_hotspare.recorder.giving.naming import (
    DATES,
    MEDIAMTX,
    VIRTUAL_NVR,
    Names,
)
from custom_components.nvr_hotspare.recorder.mp4.index import read_length, write_index
from custom_components.nvr_hotspare.recorder.mp4.reader import Mp4Reader
from custom_components.nvr_hotspare.recorder.mp4.splice import parts
from custom_components.nvr_hotspare.recorder.spans import Span
from tests.fuzz.target import Target, each, in_turn, lines, structured
from tests.recorder.footage import indexed, recording

_RECORDING = recording(2)
_TOKEN = st.sampled_from(
    r"%Y %m %d %j %H %M %S %f %z %s %% {name} {path} {channel} / .. . - % { ~ // C: \\ ~".split()  # noqa: SIM905
)
_TEMPLATE = st.lists(_TOKEN | st.text(max_size=3), max_size=14).map(lambda it: "".join(it) + ".mp4")
_ZONES = st.sampled_from(
    ["UTC", "Europe/Berlin", "../../etc/passwd", "", "/etc", "posix", "\0", "Asia/Kolkata"]
)
_FOLDER = st.builds(
    Folder,
    folder=st.just("/srv"),
    template=_TEMPLATE | st.sampled_from([VIRTUAL_NVR, MEDIAMTX, DATES]),
    zone=_ZONES,
    channel=st.integers(0, 300),
    name=st.text(max_size=30) | st.sampled_from(["..", "../..", "/etc/x", ".", "a/../b", "\udc80"]),
)
_MOMENT = st.integers(0, 1 << 63)


def _read(data: bytes) -> None:
    """Read a recording in every way that it is read in."""
    write_index(BytesIO(data))
    in_turn(
        lambda: _frames(data),
        lambda: list(gops(Mp4Reader(BytesIO(data)))),
        lambda: read_length(BytesIO(data)),
        lambda: _parts(data),
        errors=(FootageError,),
    )
    isomedia.length(BytesIO(data))


def _frames(data: bytes) -> None:
    reader = Mp4Reader(BytesIO(data))
    for fragment in reader.fragments():
        for sample in fragment.samples:
            reader.nal_units(sample)


def _parts(data: bytes) -> None:
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        list(parts(file.fileno(), max(0, data.find(b"prft") - 4), len(data)))


def _names(told: tuple[Folder, int]) -> None:
    """Name a recording, see that it stays in its folder, and understand the name."""
    folder, moment = told
    names = Names(folder)
    try:
        path = next(names.candidates(moment))
    except OverflowError:
        return  # beyond the year 9999
    inside = PurePosixPath(path)
    if inside.is_absolute() or {"..", ".", ""} & {*path.split("/")} or "\0" in path:
        raise AssertionError("A recording would not be in its folder")
    if inside.suffix != ".mp4" or len(inside.parts) != names.depth:
        raise AssertionError("A recording has another name than the template says")
    names.times(path)


def _understand(text: str) -> None:
    for template in (VIRTUAL_NVR, MEDIAMTX, DATES, "%s-%f%z.mp4", "{path}/%Y/%j/%H%M%S%z.mp4"):
        names = Names(Folder(folder="/srv", template=template, channel=1, name="a/b"))
        names.times(text)
        for depth in range(names.depth):
            names.may_hold(text, depth, Span(0, 1 << 62))


def _channel(text: str) -> None:
    key_of(text)
    channel_of(text.replace("\udc80", ""))
    _clip(Path(text.replace("\0", "") or "x"))
    folder = Archive(Path("/srv")).folder_of(text)
    if folder.parent != Path("/srv") or folder.name in {".", ".."}:
        raise AssertionError("A channel's footage would not be in the folder")


def _config(data: bytes) -> None:
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        read_config(Path(file.name))


_ID = str(FootageId(group="G", unit="a/b", channel=1))
_BOX = b"\0\0\0\x18ftypisom\0\0\0\0isomiso6"

TARGETS = (
    Target(
        name="recordings",
        parse=_read,
        seeds=(_RECORDING[:12_000], indexed(_RECORDING)[:6000], recording(1)[:3000], _BOX * 3),
    ),
    structured("names of recordings", st.tuples(_FOLDER, _MOMENT), _names, (TransferError,)),
    Target(
        name="files in a recorder's folder",
        parse=each(_understand),
        seeds=lines(
            "recording-channel-1/2026-11-23T18-31-00.123456Z.mp4",
            "a/b/2026-11-23_19-31-00-123456.mp4",
            "a_b/2026-11-23/13-31-00.mp4",
            "99999999999-000000+9999.mp4",
            "a/b/9999/366/235959-2359.mp4",
            "a/b/0001/001/000000+2359.mp4",
        ),
    ),
    Target(
        name="channels of an engine",
        parse=each(_channel),
        errors=(ArchiveError,),
        seeds=lines("DS-7608.3", "a_C3_BC.1", "2026-11-23T18-31-00.123456Z.mp4.open"),
    ),
    Target(
        name="media identifiers",
        parse=each(FootageId.parse),
        errors=(ValueError,),
        seeds=lines(_ID, f"{_ID}/2026-11-20/5", "G/U/1/2026-11-20/" + "9" * 900),
    ),
    Target(
        name="paths of views",
        parse=each(_from_path),
        errors=(web.HTTPNotFound,),
        seeds=(urlsafe_b64encode(f"{_ID}/2026-11-20/5".encode()), b"-_=="),
    ),
    Target(
        name="an engine's configuration",
        parse=_config,
        errors=(ConfigError,),
        seeds=lines(
            'folder = "/srv/a"\nstate = "/srv/b"\nlisten = "[::]:8554"\n[limits]\ncameras = 3\n'
        ),
    ),
)
