"""Footage of a time span as files in a folder of the user's, from whichever spare has it."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import FileIO
from itertools import chain, count
from pathlib import Path
import shutil
import threading
from typing import BinaryIO, Final

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.util import dt as dt_util

from ..const import DOMAIN
from ..failover.model import Camera
from ..recorder.archive import Clip
from ..recorder.errors import DamagedFootageError
from ..recorder.giving.copying import copy
from ..recorder.giving.pace import Pace
from ..recorder.giving.pieces import Piece, find, read
from ..recorder.holdings import open_clip
from ..recorder.spans import Span
from .library import Library
from .shelf import Scene, day_of

LONGEST: Final = timedelta(days=1)
"""As much at once: nobody fills a disk by a slip of a date."""
_FREE: Final = 512 << 20
"""Bytes that stay free on the folder's disk."""
_SECOND: Final = 1_000_000_000
_LONGEST_SCENE: Final = 600 * _SECOND
"""Nanoseconds, generously: so long before the span one may begin that reaches into it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """A file that was written: whole groups of pictures, so it may begin a little early."""

    path: Path
    camera: Camera
    span: Span
    frames: int
    recorder: str
    """The unit that recorded it."""


def span_between(start: datetime, end: datetime | None) -> Span:
    """Return the span between two moments, by the user's clock if they don't say which.

    Args:
        start: When it begins.
        end: When it ends; None for now.

    Raises:
        ServiceValidationError: It is none, or too long.
    """
    start, end = dt_util.as_utc(start), dt_util.as_utc(end) if end else dt_util.utcnow()
    if end <= start:
        raise _refusal("export_ends_before")
    if end - start > LONGEST:
        raise _refusal("export_too_long")
    return Span(*(round(moment.timestamp() * _SECOND) for moment in (start, end)))


def prepare_folder(hass: HomeAssistant, name: str) -> Path:
    """Return a folder to export into, made if need be; runs in the executor.

    Raises:
        ServiceValidationError: Home Assistant does not allow it, or shows it to everybody.
        HomeAssistantError: It can't be made.
    """
    folder = Path(name)
    if folder.is_absolute():
        folder = folder.resolve()  # before anything is made on the way
        if folder.is_relative_to(Path(hass.config.path("www")).resolve()):
            raise _refusal("export_folder_public", folder=name)
        if hass.config.is_allowed_path(str(folder)):
            with _disk_errors(folder):
                folder.mkdir(parents=True, exist_ok=True)
            return folder
    raise _refusal("export_folder_not_allowed", folder=name)


async def export(
    hass: HomeAssistant, library: Library, camera: Camera, span: Span, folder: Path
) -> list[Exported]:
    """Write what the spares have of a camera into files, in order; other files stay as they are.

    Raises:
        ShelfError: The spares' footage can't be had now.
        HomeAssistantError: The folder's disk is full or fails, or a clip is damaged.
    """
    exported = list[Exported]()
    for scene, recorder in await _scenes(library, camera, span):
        try:
            path = await library.file(camera, scene.start)
        except FileNotFoundError:
            continue  # its time is over
        clip = Clip(path, scene.start, open=path.suffix == ".open")
        pieces = await hass.async_add_executor_job(_write, library, camera, clip, span, folder)
        exported += [
            Exported(
                path=target,
                camera=camera,
                span=piece.span,
                frames=piece.frames,
                recorder=recorder,
            )
            for target, piece in pieces
        ]
    return exported


async def _scenes(library: Library, camera: Camera, span: Span) -> list[tuple[Scene, str]]:
    """Return the scenes of which something is in a span, each with who recorded it."""
    day, found = day_of(span.start - _LONGEST_SCENE), list[tuple[Scene, str]]()
    while day <= day_of(span.end):
        found += await library.scenes(camera, day)
        day += timedelta(days=1)
    return [
        (scene, recorder)
        for scene, recorder in found
        if scene.start < span.end and span.start < scene.start + scene.length
    ]


def _write(
    library: Library, camera: Camera, clip: Clip, span: Span, folder: Path
) -> list[tuple[Path, Piece]]:
    """Write what a clip has of a span; returns what, and where."""
    written = list[tuple[Path, Piece]]()
    with _disk_errors(folder), open_clip(clip.path) as source:
        for piece in find([clip], [span], read).pieces:
            if shutil.disk_usage(folder).free - piece.size < _FREE:
                raise _failure("export_no_room", folder=str(folder))
            target = folder / library.file_name(camera, piece.span.start)
            written.append((_copy(source, piece, target), piece))
    return written


def _copy(source: BinaryIO, piece: Piece, target: Path) -> Path:
    """Copy a piece into a new file of this name, or of one like it; half a file is removed."""
    file, path = _create(target)
    try:
        with file:
            copy(source, piece, file, Pace(), threading.Event())
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path


def _create(target: Path) -> tuple[FileIO, Path]:
    """Create a file, with a number in its name where there is one of this name."""
    names = chain((target.stem,), (f"{target.stem}_{number}" for number in count(2)))
    while True:
        path = target.with_stem(next(names))
        with suppress(FileExistsError):
            return path.open("x+b", buffering=0), path


@contextmanager
def _disk_errors(folder: Path) -> Iterator[None]:
    """Tell in words what goes wrong with files."""
    try:
        yield
    except DamagedFootageError as error:
        raise _failure("export_failed", folder=str(folder), reason=str(error)) from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise _failure("export_failed", folder=str(folder), reason=reason) from error


def _refusal(key: str, **placeholders: str) -> ServiceValidationError:
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key=key,
        translation_placeholders=placeholders or None,
    )


def _failure(key: str, **placeholders: str) -> HomeAssistantError:
    return HomeAssistantError(
        translation_domain=DOMAIN,
        translation_key=key,
        translation_placeholders=placeholders,
    )
