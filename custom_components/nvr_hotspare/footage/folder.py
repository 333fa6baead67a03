"""The folder for the built-in spare's footage: where it may be, and who else gets at it there.

Everything here waits for the disk, which may be a network's: it runs in the executor.
"""

from collections.abc import Iterator
from dataclasses import dataclass
import os
from pathlib import Path
import tempfile
from typing import Final, Self

from homeassistant.core import HomeAssistant
from homeassistant.helpers.hassio import is_hassio

from ..const import DOMAIN
from ..nvr.builtin import disk_of, prepare_folder
from ..recorder.archive import MARK
from ..settings.builtin import FREE_FLOOR, GIGABYTE

_LEAST: Final = FREE_FLOOR + GIGABYTE
"""Bytes without which standing by makes no sense."""
_BACKED_UP: Final = (Path("/media"), Path("/share"))
"""What Home Assistant OS adds to a backup when the user ticks it."""


class FolderError(Exception):
    """The folder will not do; `key` is that of a translation, the text is the system's reason."""

    def __init__(self, key: str, reason: str = "") -> None:
        super().__init__(reason)
        self.key = key


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """The folders of Home Assistant that have other readers."""

    config: Path
    media: tuple[Path, ...]
    supervised: bool
    """Whether backups may include more than the configuration."""

    @classmethod
    def of(cls, hass: HomeAssistant) -> Self:
        """Return those of this Home Assistant."""
        return cls(
            config=Path(hass.config.config_dir),
            media=tuple(map(Path, hass.config.media_dirs.values())),
            supervised=is_hassio(hass),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """Bytes."""

    total: int
    free: int

    @classmethod
    def of(cls, folder: Path) -> Self:
        """Return those of the disk that holds a folder, or would hold it."""
        total, free = disk_of(folder)
        return cls(total=total, free=free)


def default_folder(hass: HomeAssistant) -> Path:
    """Return a folder that no media browser shows and no backup includes."""
    return Path(hass.config.cache_path(DOMAIN, "footage"))


def make_ready(folder: Path, around: Surroundings) -> Disk:
    """Make the folder and prove that footage can be written there.

    Raises:
        FolderError: It can't, or must not.
    """
    if not folder.is_absolute():
        raise FolderError("folder_not_absolute")
    try:
        if folder.resolve().is_relative_to((around.config / "www").resolve()):
            raise FolderError("folder_public")
        if folder.exists() and not (folder / MARK).exists() and any(folder.iterdir()):
            raise FolderError("folder_not_empty")
        prepare_folder(folder)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"footage")
            file.flush()
            os.fsync(file.fileno())
        disk = Disk.of(folder)
    except (OSError, ValueError) as error:  # a null byte in a path is a ValueError
        reason = error.strerror if isinstance(error, OSError) else None
        raise FolderError("folder_not_writable", reason or str(error)) from error
    if disk.free < _LEAST:
        raise FolderError("no_space")
    return disk


def in_backups(folder: Path, around: Surroundings) -> bool:
    """Tell whether Home Assistant's backups include the folder, or do when the user ticks it."""
    folder, config = folder.resolve(), around.config.resolve()
    if folder.is_relative_to(config):
        return not folder.is_relative_to(config / ".cache")
    return around.supervised and any(
        folder.is_relative_to(root) and not any(map(os.path.ismount, _between(root, folder)))
        for root in _BACKED_UP
    )


def _between(root: Path, folder: Path) -> Iterator[Path]:
    """Yield the folder and its parents below `root`: mounted storage is in no backup."""
    while folder != root:
        yield folder
        folder = folder.parent


def warnings(folder: Path, around: Surroundings) -> list[str]:
    """Return the keys of what the user should know about a folder that will do."""
    found = []
    resolved = folder.resolve()
    if in_backups(folder, around):
        found.append("in_backups")
    elif resolved.is_relative_to(around.config.resolve()):
        found.append("lost_on_restore")
    for root in around.media:
        below = resolved.parts[len(root.resolve().parts) :]
        if resolved.is_relative_to(root.resolve()) and not any(p.startswith(".") for p in below):
            found.append("in_media_browser")
    return found
