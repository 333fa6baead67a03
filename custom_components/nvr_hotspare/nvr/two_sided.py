"""Recorders whose side as a spare is an object of its own."""

from collections.abc import Iterable, Mapping
from typing import Protocol, override

from .base import Recorder
from .model import Place, PlaceState


class SpareSide(Protocol):
    """What of a `Spare` puts cameras onto the unit, and takes them off."""

    async def places(self) -> Mapping[str, PlaceState]:
        """See `Spare`."""

    async def provision(self, places: Iterable[Place]) -> None:
        """See `Spare`."""

    async def record(self, places: Iterable[Place]) -> Mapping[str, str]:
        """See `Spare`."""

    async def release(self, keys: Iterable[str]) -> None:
        """See `Spare`."""

    async def unprovision(self, keys: Iterable[str], *, delete_footage: bool = False) -> None:
        """See `Spare`."""


class TwoSidedUnit[S: SpareSide](Recorder):
    """A driver that leaves these to that object."""

    _spare: S

    @override
    async def places(self) -> Mapping[str, PlaceState]:
        return await self._spare.places()

    @override
    async def provision(self, places: Iterable[Place]) -> None:
        await self._spare.provision(places)

    @override
    async def record(self, places: Iterable[Place]) -> Mapping[str, str]:
        return await self._spare.record(places)

    @override
    async def release(self, keys: Iterable[str]) -> None:
        await self._spare.release(keys)

    @override
    async def unprovision(self, keys: Iterable[str], *, delete_footage: bool = False) -> None:
        await self._spare.unprovision(keys, delete_footage=delete_footage)
