"""Whether the whole group is protected: told before anything fails."""

from collections.abc import Mapping
from itertools import islice
from typing import Any, Final, override

from homeassistant.components.binary_sensor import (
    BinarySensorEntity,
    BinarySensorEntityDescription,
)
from homeassistant.const import EntityCategory

from ..entity import GroupEntity
from ..failover.model import Camera, UnitId

GROUP_SENSORS: Final = (
    BinarySensorEntityDescription(
        key="fully_protected",
        translation_key="fully_protected",
        entity_category=EntityCategory.DIAGNOSTIC,
    ),
)

PAIRS_NAMED: Final = 20
"""Pairs of units that are named with their cameras: a group may have thousands."""


class FullyProtectedSensor(GroupEntity, BinarySensorEntity):
    """On while every single failure and every pair could be served, as far as is proven."""

    _unrecorded_attributes = frozenset(
        {"stranded", "stranded_by_pairs", "stranding_pairs", "unproven"}
    )

    @property
    @override
    def is_on(self) -> bool:
        """Tell whether it is so."""
        return self._manager.protection.full

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any]:
        """Tell which cameras would be stranded by what, and which were never tried."""
        found = self._manager.protection
        return {
            "stranded": {
                self._title(unit): self._names(cameras) for unit, cameras in found.singles.items()
            },
            "stranded_by_pairs": {
                " + ".join(map(self._title, pair)): self._names(cameras)
                for pair, cameras in islice(found.pairs.items(), PAIRS_NAMED)
            },
            "stranding_pairs": len(found.pairs),
            "unproven": self._names(found.unproven),
        }

    def _title(self, unit: UnitId) -> str:
        return self._manager.config(unit).title

    def _names(self, cameras: tuple[Camera, ...]) -> list[str]:
        return [f"{self._title(unit)}: {self._channel(unit, number)}" for unit, number in cameras]

    def _channel(self, unit: UnitId, number: int) -> str:
        channels = self._manager.config(unit).channels
        names = (channel.name for channel in channels if channel.number == number)
        return next(names, str(number))
