"""The form for a recorder's folder that footage is given back into, and what must be true of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
import time
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers.selector import (
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
)
import voluptuous as vol

from ..const import CONF_FOLDER
from ..recorder.giving.inspection import inspect
from ..recorder.giving.model import Inspection, Target
from ..recorder.giving.naming import DATES, MEDIAMTX, VIRTUAL_NVR, example
from ..settings.giving import CONF_TEMPLATE, CONF_ZONE, GivingBack, Way
from .unit import UnitFormError

_UTC: Final = "UTC"
PRESETS: Final = {"mediamtx": MEDIAMTX, "dates": DATES, "virtual_nvr": VIRTUAL_NVR}
"""The templates of recorders that were tried, and of those that name files by plain dates."""
FOLDER_SCHEMA: Final = vol.Schema(
    {
        vol.Required(CONF_FOLDER): TextSelector(),
        vol.Required(CONF_TEMPLATE): SelectSelector(
            SelectSelectorConfig(
                options=list(PRESETS),
                translation_key=CONF_TEMPLATE,
                custom_value=True,
                mode=SelectSelectorMode.DROPDOWN,
            )
        ),
        vol.Required(CONF_ZONE): TextSelector(),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What came of trying a folder."""

    inspection: Inspection
    example: str
    """What a recording of the first camera that begins now would be called."""


def read_form(values: Mapping[str, Any]) -> GivingBack:
    """Return what was entered; the template of a preset may settle the time zone too."""
    chosen = values[CONF_TEMPLATE]
    template = PRESETS.get(chosen, chosen).strip()
    zone = _UTC if template == VIRTUAL_NVR else values[CONF_ZONE].strip()
    folder = values[CONF_FOLDER].strip()
    return GivingBack(way=Way.FOLDER, folder=folder, template=template, zone=zone)


def filled_form(hass: HomeAssistant, giving: GivingBack) -> dict[str, Any]:
    """Return what the form suggests."""
    names = {template: name for name, template in PRESETS.items()}
    filled = {CONF_ZONE: giving.zone if giving.gives else hass.config.time_zone}
    if giving.gives:
        filled[CONF_FOLDER] = giving.folder
        filled[CONF_TEMPLATE] = names.get(giving.template, giving.template)
    return filled


async def try_folder(hass: HomeAssistant, first: Target, own: Path, *, mark: bool) -> Found:
    """Find out whether footage can be given into a folder.

    Args:
        hass: Home Assistant.
        first: What was entered, for the device's first camera.
        own: Where the spare's own footage is.
        mark: Whether to mark the folder, so that it is not mistaken for another one later.

    Raises:
        UnitFormError: It can't, and why.
    """
    inspection = await hass.async_add_executor_job(lambda: inspect(first, own, mark=mark))
    if inspection.problem is not None:
        raise UnitFormError(f"giving_{inspection.problem}", {"reason": inspection.error})
    return Found(inspection=inspection, example=example(first, time.time_ns()))
