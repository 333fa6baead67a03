"""The form that asks how to reach a recorder, and what must be true of the answer."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.const import CONF_HOST, CONF_PASSWORD, CONF_PORT, CONF_USERNAME
from homeassistant.core import HomeAssistant, callback
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
import voluptuous as vol

from .const import (
    CONF_CAPACITY,
    CONF_FIRMWARE,
    CONF_MAC,
    CONF_MANUFACTURER,
    CONF_MODEL,
    CONF_SERIAL,
    CONF_WORK_MODE,
    DEFAULT_PORT,
    DEFAULT_USERNAME,
    DOMAIN,
    SUBENTRY_UNIT,
    WorkMode,
)
from .driver import open_unit
from .errors import unit_error_key
from .nvr.errors import UnitError
from .nvr.model import Capability, Credentials, Endpoint, Identity, Probe

SECTION_MORE: Final = "more"

PASSWORD_SELECTOR: Final = TextSelector(
    TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="current-password")
)
UNIT_SCHEMA: Final = vol.Schema(
    {
        vol.Required(CONF_HOST): TextSelector(),
        vol.Required(CONF_PASSWORD): PASSWORD_SELECTOR,
        vol.Required(SECTION_MORE): section(
            vol.Schema(
                {
                    vol.Required(CONF_USERNAME, default=DEFAULT_USERNAME): TextSelector(
                        TextSelectorConfig(autocomplete="username")
                    ),
                    vol.Required(CONF_PORT, default=DEFAULT_PORT): vol.All(
                        NumberSelector(
                            NumberSelectorConfig(min=1, max=65535, mode=NumberSelectorMode.BOX)
                        ),
                        vol.Coerce(int),
                    ),
                }
            ),
            {"collapsed": True},
        ),
    }
)


class UnitFormError(Exception):
    """A reason to ask again; `key` and `placeholders` are those of a translation."""

    def __init__(self, key: str, placeholders: Mapping[str, str] | None = None) -> None:
        super().__init__(key)
        self.key = key
        self.placeholders = dict(placeholders or {})


def read_form(user_input: Mapping[str, Any]) -> tuple[Endpoint, Credentials]:
    """Return what was entered into `UNIT_SCHEMA`."""
    more = user_input[SECTION_MORE]
    return (
        Endpoint(host=user_input[CONF_HOST].strip(), port=more[CONF_PORT]),
        Credentials(username=more[CONF_USERNAME], password=user_input[CONF_PASSWORD]),
    )


def filled_form(endpoint: Endpoint, credentials: Credentials) -> dict[str, Any]:
    """Return the suggested values of `UNIT_SCHEMA`; a password is never shown again."""
    return {
        CONF_HOST: endpoint.host,
        SECTION_MORE: {CONF_USERNAME: credentials.username, CONF_PORT: endpoint.port},
    }


async def probe_unit(hass: HomeAssistant, endpoint: Endpoint, credentials: Credentials) -> Probe:
    """Find out what the unit can do.

    Raises:
        UnitFormError: It can't be had.
    """
    try:
        return await open_unit(hass, endpoint, credentials).probe()
    except UnitError as error:
        raise UnitFormError(unit_error_key(error), {"reason": str(error)}) from error


async def probe_spare(hass: HomeAssistant, endpoint: Endpoint, credentials: Credentials) -> Probe:
    """Find out what the unit can do, and that it can stand in for others.

    Raises:
        UnitFormError: It can't be had, or can't be a spare.
    """
    probe = await probe_unit(hass, endpoint, credentials)
    if Capability.SPARE not in probe.capabilities or probe.capacity < 1:
        raise UnitFormError("cannot_record_others")
    if probe.own_recordings:
        raise UnitFormError("busy_recording", {"recordings": str(probe.own_recordings)})
    return probe


@callback
def is_configured(hass: HomeAssistant, serial: str) -> bool:
    """Return whether a unit is in a group already: it can be in one only."""
    return any(
        subentry.unique_id == serial
        for entry in hass.config_entries.async_entries(DOMAIN)
        for subentry in entry.get_subentries_of_type(SUBENTRY_UNIT)
    )


def unit_title(identity: Identity, endpoint: Endpoint) -> str:
    """Return how people tell the unit from others of its model."""
    return f"{identity.manufacturer} {identity.model} ({endpoint.host})".strip()


def unit_data(
    mode: WorkMode, endpoint: Endpoint, credentials: Credentials, probe: Probe
) -> dict[str, Any]:
    """Return what a subentry keeps of a unit of either mode."""
    return {
        CONF_WORK_MODE: mode,
        CONF_HOST: endpoint.host,
        CONF_PORT: endpoint.port,
        CONF_USERNAME: credentials.username,
        CONF_PASSWORD: credentials.password,
        CONF_MANUFACTURER: probe.identity.manufacturer,
        CONF_MODEL: probe.identity.model,
        CONF_FIRMWARE: probe.identity.firmware,
        CONF_SERIAL: probe.identity.serial,
        CONF_MAC: probe.identity.mac,
        CONF_CAPACITY: probe.capacity,
    }
