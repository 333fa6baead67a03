"""The form for this Home Assistant as a spare, and what must be true of the answer."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers import instance_id
from homeassistant.helpers.selector import (
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
)
import voluptuous as vol

from ..const import (
    CONF_CAPACITY,
    CONF_DAYS,
    CONF_DRIVER,
    CONF_FOLDER,
    CONF_RING_SECONDS,
    CONF_SPACE_LIMIT,
    CONF_STANDBY,
    CONF_WORK_MODE,
    Standby,
    WorkMode,
)
from ..footage.folder import Disk, FolderError, Surroundings, default_folder, make_ready
from ..nvr.model import Driver, Identity
from ..settings.builtin import CAPACITY, FREE_FLOOR, GIGABYTE, BuiltinConfig
from ..settings.unit import identity_data
from .fields import whole_number
from .unit import UnitFormError

TITLE: Final = "Built-in recorder"
MAX_RING: Final = 120
"""Seconds; memory is dear, and no unit takes this long to be found dead."""

BUILTIN_SCHEMA: Final = vol.Schema(
    {
        vol.Required(CONF_FOLDER): TextSelector(),
        vol.Required(CONF_SPACE_LIMIT, default=100): whole_number(0, 1_000_000, "GB"),
        vol.Required(CONF_DAYS, default=14): whole_number(0, 3650, "d"),
        vol.Required(CONF_STANDBY, default=Standby.WARM): SelectSelector(
            SelectSelectorConfig(
                options=list(Standby),
                mode=SelectSelectorMode.LIST,
                translation_key=CONF_STANDBY,
            )
        ),
        vol.Required(CONF_RING_SECONDS, default=30): whole_number(1, MAX_RING, "s"),
    }
)


async def suggestion(hass: HomeAssistant) -> dict[str, Any]:
    """Return what a new built-in spare may be like: half of what is free is its."""
    folder = default_folder(hass)
    disk = await hass.async_add_executor_job(Disk.of, folder)
    room = max(disk.free - FREE_FLOOR, 0) // 2 // GIGABYTE
    return {CONF_FOLDER: str(folder), CONF_SPACE_LIMIT: min(100, max(1, room))}


async def free_space(hass: HomeAssistant, folder: str) -> str:
    """Return the gigabytes that are free where a folder is, or would be."""
    try:
        disk = await hass.async_add_executor_job(Disk.of, Path(folder))
    except OSError:
        return "0"
    return f"{disk.free / GIGABYTE:.0f}"


async def read_form(
    hass: HomeAssistant, user_input: Mapping[str, Any], shortest_ring: int
) -> BuiltinConfig:
    """Return what was entered into `BUILTIN_SCHEMA`, its folder made ready.

    Raises:
        UnitFormError: It will not do, or a ring holds fewer seconds than the cameras need.
    """
    options = BuiltinConfig.from_data({**user_input, CONF_FOLDER: user_input[CONF_FOLDER].strip()})
    if not options.bridges(shortest_ring):
        raise UnitFormError("ring_too_short", {"shortest": str(shortest_ring)})
    try:
        ready = partial(make_ready, options.folder, Surroundings.of(hass))
        await hass.async_add_executor_job(ready)
    except FolderError as error:
        raise UnitFormError(error.key, {"reason": str(error)}) from error
    return options


async def builtin_serial(hass: HomeAssistant) -> str:
    """Return the id of this Home Assistant as a unit: there is one of it."""
    return f"builtin-{await instance_id.async_get(hass)}"


def builtin_data(options: BuiltinConfig, serial: str) -> dict[str, Any]:
    """Return what a subentry keeps of the built-in spare."""
    identity = Identity(
        manufacturer="NVR Hot Spare", model="Built-in recorder", firmware="", serial=serial
    )
    return {
        CONF_WORK_MODE: WorkMode.HOT_SPARE,
        CONF_DRIVER: Driver.BUILTIN,
        CONF_CAPACITY: CAPACITY,
        **options.as_data(),
        **identity_data(identity),
    }
