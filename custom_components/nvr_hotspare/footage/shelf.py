"""What every spare tells of its footage, wherever that is."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util

from ..const import DOMAIN
from ..failover.model import Camera

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class ShelfError(HomeAssistantError):
    """A spare's footage can't be had now; the text is a translated sentence."""

    def __init__(self, key: str, **placeholders: str) -> None:
        """Say why, by the key of the sentence and what stands in it."""
        super().__init__(
            translation_domain=DOMAIN,
            translation_key=key,
            translation_placeholders=placeholders or None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A stretch of one camera's footage that is played as one."""

    start: int
    """When it begins: nanoseconds since 1970 UTC, and what it is named by."""
    length: int
    """Nanoseconds."""

    @property
    def begins(self) -> datetime:
        """When it begins, in the user's time zone."""
        return local(self.start)

    @property
    def lasts(self) -> timedelta:
        """How long it is."""
        return timedelta(microseconds=self.length // 1000)


class Shelf(ABC):
    """The footage on one spare. Every method may raise a `ShelfError`."""

    def __init__(self, recorder: str) -> None:
        self.recorder = recorder
        """Which unit recorded it."""

    @abstractmethod
    async def cameras(self) -> frozenset[Camera]:
        """Return the cameras that there is footage of."""

    @abstractmethod
    async def days(self, camera: Camera) -> Mapping[date, int]:
        """Return how many scenes begin on each of the user's days that has any."""

    @abstractmethod
    async def scenes(self, camera: Camera, day: date) -> list[Scene]:
        """Return the scenes that begin on a day, in order."""

    @abstractmethod
    async def file(self, camera: Camera, start: int) -> Path:
        """Return the file of the scene that begins at this time.

        Raises:
            FileNotFoundError: There is no such scene.
        """

    async def beginning(self, camera: Camera, start: int) -> Path:
        """Return a file that has the first picture of that scene; it may hold no more.

        Raises:
            FileNotFoundError: There is no such scene.
        """
        return await self.file(camera, start)


def local(time: int) -> datetime:
    """Return a time by the user's clock."""
    return dt_util.as_local(_EPOCH + timedelta(microseconds=time // 1000))


def day_of(time: int) -> date:
    """Return the user's day of a time."""
    return local(time).date()
