"""Cameras that move to other addresses: the decisions are the same, but the spare is to know."""

from collections.abc import Container, Mapping

from ..failover.model import Camera
from ..nvr.model import Place


class Moves:
    """Which cameras are elsewhere than the spare was told."""

    def __init__(self) -> None:
        self._places: Mapping[Camera, Place] = {}
        self._moved: set[Camera] = set()

    def look(self, places: Mapping[Camera, Place]) -> None:
        """Take where the group's cameras are now."""
        before, self._places = self._places, places
        self._moved = {
            camera
            for camera, place in places.items()
            if camera in self._moved or (camera in before and place.source != before[camera].source)
        }

    def take(self, held: Container[Camera]) -> tuple[Camera, ...]:
        """Return those that the spare holds, each move once."""
        moved = tuple(camera for camera in self._moved if camera in held)
        self._moved.difference_update(moved)
        return moved
